"""Work out what a formula says for given values of its letters."""

from __future__ import annotations

import cmath
import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from bookkeeping.check.formulas.faults import FormulaError, Misfit, Unreadable, Unusable
from bookkeeping.check.formulas.names import Name, Names, key_of
from bookkeeping.check.formulas.reading import Node, nodes_of

STEP = 1e-30  # of a complex step: its square is nothing beside one
HALVINGS = 12
FEWEST = 4  # members of a run with dots, so that the dots stand for two at least
SAME = 1e-12


class Operations(Protocol):
    """Arithmetic on numbers and arrays. A vector is an array of one column, a row of one row."""

    def take(self, value: Any, kind: str) -> Any:
        """Turn what a test gives into what is computed with."""

    def give(self, value: Any) -> Any:
        """Turn what was computed into what a test would write."""

    def shape(self, value: Any) -> tuple[int, ...]:
        """Return the shape: nothing for a number."""

    def add(self, left: Any, right: Any) -> Any:
        """Add entry by entry."""

    def scale(self, value: Any, factor: Any) -> Any:
        """Multiply by a number."""

    def matmul(self, left: Any, right: Any) -> Any:
        """Multiply two matrices."""

    def entrywise(self, left: Any, right: Any) -> Any:
        """Multiply entry by entry."""

    def transpose(self, value: Any) -> Any:
        """Exchange rows and columns."""

    def inverse(self, value: Any) -> Any:
        """Invert a matrix."""

    def entry(self, value: Any, row: int, column: int) -> Any:
        """Return an entry, counted from zero."""

    def apply(self, function: Callable[[Any], Any], value: Any) -> Any:
        """Apply a function to each entry."""

    def stack(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Put blocks together."""

    def zeros(self, rows: int, columns: int) -> Any:
        """Return a matrix of zeros."""

    def spectral_norm(self, value: Any) -> Any:
        """Return the largest factor by which a matrix stretches."""


@dataclasses.dataclass(frozen=True)
class Defined:
    """A value that is worked out from others, so that it moves when they move.

    Parameters
    ----------
    function : callable
        Called with a function ``of(tex, *indices)``, which returns the value of another letter, and
        with the indices of this one.
    """

    function: Callable[..., Any]


@dataclasses.dataclass
class Layer:
    """What is moved at the moment, and what has been worked out since."""

    moved: dict[tuple[str, tuple[Any, ...]], Any]
    given: Mapping[str, Any]
    parent: Layer | None = None
    local: bool = False  # what is defined stays as it is in the parent
    cache: dict[tuple[str, tuple[Any, ...]], Any] = dataclasses.field(default_factory=dict)


class Evaluator:
    """Evaluates the nodes of formulas of one page.

    Parameters
    ----------
    names : Names
        The letters of the page.
    operations : Operations
        Arithmetic on arrays.
    values : mapping from str to object
        By the TeX of each letter its value: a number, an array, a function, a set; for a letter
        with slots a mapping or a function of the indices; or a `Defined` one.
    chance : sequence, or mapping from str to sequence
        All cases of what chance decides: pairs of a probability and the values in that case. With
        a mapping, independent parts by the subscript of their expectation.
    ranges : mapping from str to iterable
        What a letter runs over when a sum names only a condition.
    after : mapping from str to object
        Values of letters after an assignment.
    holding : mapping from str to mapping
        By the letter that is held fixed, which other letters then follow from others.
    """

    def __init__(
        self,
        names: Names,
        operations: Operations,
        values: Mapping[str, Any],
        *,
        chance: Any = (),
        ranges: Mapping[str, Iterable[Any]] | None = None,
        after: Mapping[str, Any] | None = None,
        holding: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.names, self.ops = names, operations
        self.declared = {tex: names.name(tex) for tex in values}
        given = {self.declared[tex].key: value for tex, value in values.items()}
        self.layer = Layer({}, given)
        groups = chance if isinstance(chance, Mapping) else {"": chance} if chance else {}
        self.chance = {
            key_of(group) if group else "": [
                (share, {names.name(t).key: v for t, v in case.items()}) for share, case in cases
            ]
            for group, cases in groups.items()
        }
        self.ranges = {names.name(t).key: tuple(r) for t, r in (ranges or {}).items()}
        self.after = {names.name(t).key: v for t, v in (after or {}).items()}
        self.holding = {
            names.name(h).key: {names.name(t).key: v for t, v in held.items()}
            for h, held in (holding or {}).items()
        }
        self.bound: dict[str, Any] = {}
        self.used: set[str] = set()
        self.seen: dict[str, set[Any]] = {}  # by a plain number the values that it took
        self.holes: list[Any] = []

    # Values of letters ---------------------------------------------------------------------

    def value(self, name: Name, indices: tuple[Any, ...] = ()) -> Any:
        """Return the value of a letter, here and now."""
        return self._in(self.layer, name, indices)

    def _in(self, layer: Layer, name: Name, indices: tuple[Any, ...]) -> Any:
        place = (name.key, indices)
        self.used.add(name.key)
        if place in layer.moved:
            return layer.moved[place]
        if not indices and name.key in self.bound:
            return self.bound[name.key]
        if layer.local and layer.parent is not None:
            return self._in(layer.parent, name, indices)
        if place not in layer.cache:
            layer.cache[place] = self._worked_out(layer, name, indices)
        return layer.cache[place]

    def _worked_out(self, layer: Layer, name: Name, indices: tuple[Any, ...]) -> Any:
        if name.key not in layer.given:
            raise Unusable(f"the letter {name.tex!r} has no value; give it one in the test")
        given = layer.given[name.key]
        if isinstance(given, Defined):
            with self._at(layer):
                given = given.function(self.of, *indices)
        elif name.slots:
            given = self._member(name, given, indices)
        try:
            taken = self.ops.take(given, name.kind)
        except Misfit as error:
            raise Unusable(f"the value of {name.tex!r}: {error.message}") from None
        if name.kind == "number" and not name.slots and not layer.moved:
            self.seen.setdefault(name.key, set()).add(taken)
        return taken

    def _member(self, name: Name, given: Any, indices: tuple[Any, ...]) -> Any:
        key = indices[0] if len(indices) == 1 else indices
        if callable(given):
            return given(*indices)
        if not isinstance(given, Mapping):
            raise Unusable(
                f"the value of {name.tex!r} has to be a mapping or a function of "
                f"{', '.join(name.slots)}, not {type(given).__name__}"
            )
        if key not in given:
            raise Unusable(f"{name.tex!r} has no value for the index {key!r}")
        return given[key]

    def of(self, tex: str, *indices: Any) -> Any:
        """Return the value of a letter as a test wrote it: a vector is a flat array."""
        return self.ops.give(self.value(self.names.name(tex), indices))

    @contextmanager
    def _at(self, layer: Layer) -> Iterator[None]:
        before, self.layer = self.layer, layer
        try:
            yield
        finally:
            self.layer = before

    @contextmanager
    def _moved(self, places: Mapping[Any, Any], *, local: bool = False) -> Iterator[None]:
        """Move some letters; what is defined by them follows, unless the move is local."""
        here = self.layer
        with self._at(Layer({**here.moved, **places}, here.given, here, local)):
            yield

    @contextmanager
    def _given(self, values: Mapping[str, Any]) -> Iterator[None]:
        here = self.layer
        with self._at(Layer(here.moved, {**here.given, **values}, here)):
            yield

    @contextmanager
    def binding(self, letters: Mapping[str, Any]) -> Iterator[None]:
        """Give values to indices, for as long as this lasts."""
        before, self.bound = self.bound, {**self.bound, **letters}
        here = self.layer
        try:
            fresh = Layer(here.moved, here.given, here.parent if here.local else here, here.local)
            with self._at(fresh if self._depends(letters) else here):
                yield
        finally:
            self.bound = before

    def _depends(self, letters: Mapping[str, Any]) -> bool:
        """Whether something that was worked out may depend on these letters."""
        return any(
            self.names.by_key[key].kind != "index" for key in letters if key in self.names.by_key
        )

    # Evaluation ----------------------------------------------------------------------------

    def evaluate(self, node: Node) -> Any:
        """Return the value of a node; an error names the place in the formula."""
        try:
            return getattr(self, "do_" + node.op)(*node.args)
        except FormulaError as error:
            if not error.line and node.place != (0, 0):
                error.line, error.column = node.place
            raise
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise Misfit(f"{type(error).__name__}: {error}", *node.place) from error

    def number(self, node: Node) -> Any:
        """Return a value that has to be a number."""
        value = self.evaluate(node)
        if self.ops.shape(value) != () or isinstance(value, tuple):
            raise Misfit("expected a number", *node.place)
        return value

    def whole(self, node: Node) -> int:
        """Return a value that has to be a whole number."""
        value = self.number(node)
        if isinstance(value, complex):
            value = value.real
        nearest = round(value)
        if abs(value - nearest) > SAME * max(1, abs(value)):
            raise Misfit(f"expected a whole number, found {value}", *node.place)
        return int(nearest)

    def index(self, node: Node) -> Any:
        """Return what stands for an index: a whole number, or the member of a set."""
        value = self.evaluate(node)
        if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
            return self.whole(node)
        return value

    def do_number(self, value: Any) -> Any:
        """Return a number."""
        return value

    def do_constant(self, which: str) -> Any:
        """Return a number that everybody knows."""
        return {"e": math.e, r"\pi": math.pi, r"\infty": math.inf}[which]

    def do_name(self, name: Name, indices: tuple[Node, ...]) -> Any:
        """Return the value of a letter."""
        return self.value(*self._quantity(name, indices))

    def _quantity(self, name: Name, indices: tuple[Node, ...]) -> tuple[Name, tuple[Any, ...]]:
        """Return which letter is meant, with its indices: a node may stand for another letter."""
        at = tuple(map(self.index, indices))
        if name.kind == "node" and isinstance(meant := self.value(name, at), tuple):
            return self.names.name(meant[0]), meant[1:]
        return name, at

    def do_entry(self, node: Node, indices: tuple[Node, ...], first: int) -> Any:
        """Return an entry of a vector, a matrix or a tuple."""
        value = self.evaluate(node)
        at = [self.whole(index) - first for index in indices]
        if isinstance(value, tuple):
            if len(at) != 1 or not 0 <= at[0] < len(value):
                raise Misfit(f"a list of {len(value)} has no member {[a + first for a in at]}")
            return value[at[0]]
        shape = self.ops.shape(value)
        if len(at) == 1 and len(shape) == 2 and 1 in shape:
            at = [at[0], 0] if shape[1] == 1 else [0, at[0]]
        if len(at) != 2 or len(shape) != 2:
            raise Misfit(f"an array of shape {shape} has no entry with {len(indices)} index(es)")
        if not all(0 <= a < size for a, size in zip(at, shape, strict=True)):
            raise Misfit(f"an array of shape {shape} has no entry {[a + first for a in at]}")
        return self.ops.entry(value, *at)

    def do_sum(self, signs: tuple[str, ...], terms: tuple[Node, ...]) -> Any:
        """Add terms; a number may be added to each entry of a vector."""
        total: Any = None
        for sign, term in zip(signs, terms, strict=True):
            value = self.evaluate(term)
            if sign == "-":
                value = self.ops.scale(value, -1)
            total = value if total is None else self.plus(total, value)
        return total

    def plus(self, left: Any, right: Any) -> Any:
        """Add two values of one shape, or a number to each entry of a vector."""
        if isinstance(left, tuple) or isinstance(right, tuple):
            raise Misfit("lists cannot be added")
        shapes = self.ops.shape(left), self.ops.shape(right)
        fits = shapes[0] == shapes[1] or (
            () in shapes and any(len(s) == 2 and 1 in s for s in shapes)
        )
        if not fits:
            raise Misfit(f"shapes {shapes[0]} and {shapes[1]} cannot be added")
        return self.ops.add(left, right)

    def do_product(self, left: Node, right: Node) -> Any:
        """Multiply: a number scales, arrays are multiplied as matrices."""
        return self.times(self.evaluate(left), self.evaluate(right))

    def times(self, left: Any, right: Any) -> Any:
        """Multiply two values."""
        if isinstance(left, bool) or isinstance(right, bool):
            raise Misfit("a truth value cannot be multiplied")
        shapes = self.ops.shape(left), self.ops.shape(right)
        if shapes[0] == ():
            return self.ops.scale(right, left)
        if shapes[1] == ():
            return self.ops.scale(left, right)
        if shapes[0][1] != shapes[1][0]:
            raise Misfit(f"shapes {shapes[0]} and {shapes[1]} cannot be multiplied")
        product = self.ops.matmul(left, right)
        return self.ops.entry(product, 0, 0) if self.ops.shape(product) == (1, 1) else product

    def do_dot(self, left: Node, right: Node) -> Any:
        """Multiply; two vectors of one kind give a number."""
        values = self.evaluate(left), self.evaluate(right)
        shapes = tuple(map(self.ops.shape, values))
        if shapes[0] == shapes[1] and len(shapes[0]) == 2 and 1 in shapes[0]:
            return self._inner(*values)
        return self.times(*values)

    def do_inner(self, left: Node, right: Node) -> Any:
        """Return the inner product of two vectors."""
        return self._inner(self.evaluate(left), self.evaluate(right))

    def _inner(self, left: Any, right: Any) -> Any:
        if self.ops.shape(left) != self.ops.shape(right):
            raise Misfit(f"shapes {self.ops.shape(left)} and {self.ops.shape(right)} differ")
        if self.ops.shape(left)[1] == 1:
            return self.times(self.ops.transpose(left), right)
        return self.times(left, self.ops.transpose(right))

    def do_entrywise(self, left: Node, right: Node) -> Any:
        """Multiply entry by entry."""
        values = self.evaluate(left), self.evaluate(right)
        shapes = tuple(map(self.ops.shape, values))
        if shapes[0] != shapes[1] or shapes[0] == ():
            raise Misfit(f"shapes {shapes[0]} and {shapes[1]} have no product entry by entry")
        return self.ops.entrywise(*values)

    def do_times(self, left: Node, right: Node) -> Any:
        """Multiply numbers."""
        return self.number(left) * self.number(right)

    def do_over(self, above: Node, below: Node) -> Any:
        """Divide by a number."""
        value, divisor = self.evaluate(above), self.number(below)
        if self.ops.shape(value) == ():
            return value / divisor
        return self.ops.scale(value, 1 / divisor)

    def do_power(self, base: Node, exponent: Node) -> Any:
        """Raise to a power: a number, each entry of a vector, or a square matrix."""
        value, power = self.evaluate(base), self.number(exponent)
        shape = self.ops.shape(value)
        if shape == ():
            return value**power
        if 1 in shape:
            return self.ops.apply(lambda entry: entry**power, value)
        if shape[0] != shape[1]:
            raise Misfit(f"an array of shape {shape} has no power")
        times = self.whole(exponent)
        if times < 0:
            value, times = self.ops.inverse(value), -times
        if times == 0:
            raise Misfit("the power zero of a matrix is not used in this book")
        result = value
        for _ in range(times - 1):
            result = self.ops.matmul(result, value)
        return result

    def do_transpose(self, node: Node) -> Any:
        """Transpose an array."""
        value = self.evaluate(node)
        if len(self.ops.shape(value)) != 2:
            raise Misfit("only a vector or a matrix can be transposed")
        return self.ops.transpose(value)

    def do_root(self, node: Node, degree: Node) -> Any:
        """Return the square root or a higher one of a number."""
        value, which = self.number(node), self.number(degree)
        if isinstance(value, complex):
            return cmath.exp(cmath.log(value) / which)
        return math.sqrt(value) if which == 2 else value ** (1 / which)

    def do_factorial(self, node: Node) -> Any:
        """Return a factorial."""
        return math.factorial(self.whole(node))

    def do_binomial(self, above: Node, below: Node) -> Any:
        """Return in how many ways some can be chosen."""
        return math.comb(self.whole(above), self.whole(below))

    def do_floor(self, node: Node) -> Any:
        """Return the next whole number below."""
        return math.floor(self.number(node))

    def do_absolute(self, node: Node) -> Any:
        """Return an absolute value."""
        return abs(self.number(node))

    def do_norm(self, node: Node) -> Any:
        """Return the length of a vector, or the spectral norm of a matrix."""
        value = self.evaluate(node)
        shape = self.ops.shape(value)
        if len(shape) != 2:
            raise Misfit("only a vector or a matrix has a norm")
        if 1 in shape:
            square = self._inner(value, value)
            return cmath.sqrt(square) if isinstance(square, complex) else math.sqrt(square)
        return self.ops.spectral_norm(value)

    def _each(self, node: Node, real: Any, complicated: Any) -> Any:
        def one(entry: Any) -> Any:
            return complicated(entry) if isinstance(entry, complex) else real(entry)

        value = self.evaluate(node)
        return one(value) if self.ops.shape(value) == () else self.ops.apply(one, value)

    def do_exp(self, node: Node) -> Any:
        """Return the exponential of a number or of each entry."""
        return self._each(node, math.exp, cmath.exp)

    def do_log(self, node: Node) -> Any:
        """Return the natural logarithm."""
        return self._each(node, math.log, cmath.log)

    def do_sin(self, node: Node) -> Any:
        """Return the sine."""
        return self._each(node, math.sin, cmath.sin)

    def do_cos(self, node: Node) -> Any:
        """Return the cosine."""
        return self._each(node, math.cos, cmath.cos)

    def do_tanh(self, node: Node) -> Any:
        """Return the hyperbolic tangent."""
        return self._each(node, math.tanh, cmath.tanh)

    def do_call(self, function: Node, arguments: tuple[Node, ...]) -> Any:
        """Apply a function that the test gave."""
        called = self.evaluate(function)
        if not callable(called):
            raise Misfit("this letter was given a value that is no function")
        values = [value for argument in arguments for value in self._arguments(argument)]
        result = called(*map(self.ops.give, values))
        row = any(len(s := self.ops.shape(v)) == 2 and s[0] == 1 for v in values)
        return self.ops.take(result, "row result" if row else "result")

    def _arguments(self, node: Node) -> list[Any]:
        """Return what a function is applied to: of a node the node itself, not its value."""
        if node.op == "name" and node.args[0].kind == "node":
            return [self.value(node.args[0], tuple(map(self.index, node.args[1])))]
        return self._listed([node])

    def do_slope(self, function: Node) -> Any:
        """Return the derivative of a function of one number, by a complex step."""
        called = self.evaluate(function)
        if not callable(called):
            raise Misfit("this letter was given a value that is no function")

        def slope(argument: Any) -> Any:
            return (called(argument + STEP * 1j)).imag / STEP

        return slope

    def do_diag(self, node: Node) -> Any:
        """Return the matrix with a vector on its diagonal."""
        value = self.evaluate(node)
        shape = self.ops.shape(value)
        if len(shape) != 2 or 1 not in shape:
            raise Misfit("diag needs a vector")
        size = max(shape)
        entries = [
            self.ops.entry(value, k, 0) if shape[1] == 1 else self.ops.entry(value, 0, k)
            for k in range(size)
        ]
        return self.ops.stack(
            [[entries[r] if r == c else 0 for c in range(size)] for r in range(size)]
        )

    def do_trace(self, node: Node) -> Any:
        """Return the sum along the diagonal."""
        value = self.evaluate(node)
        shape = self.ops.shape(value)
        if shape == ():
            return value
        if shape[0] != shape[1]:
            raise Misfit(f"an array of shape {shape} has no trace")
        return sum(self.ops.entry(value, k, k) for k in range(shape[0]))

    def do_softmax(self, node: Node) -> Any:
        """Return shares that sum to one: along a column, or along each row."""
        value = self.evaluate(node)
        shape = self.ops.shape(value)
        if len(shape) != 2:
            raise Misfit("softmax needs a vector or a matrix")
        powers = self.ops.apply(lambda x: cmath.exp(x) if isinstance(x, complex) else math.exp(x),
                                value)  # fmt: skip
        rows = [[self.ops.entry(powers, r, c) for c in range(shape[1])] for r in range(shape[0])]
        if shape[1] == 1:
            total = sum(row[0] for row in rows)
            return self.ops.scale(powers, 1 / total)
        return self.ops.stack([[entry / sum(row) for entry in row] for row in rows])

    def do_tuple(self, members: tuple[Node, ...]) -> Any:
        """Return a list of values."""
        return tuple(self._listed(members))

    def do_set(self, members: tuple[Node, ...]) -> Any:
        """Return a set of values."""
        return frozenset(self._listed(members))

    def do_space(self, sizes: Node) -> Any:
        """Return the shape that every array of a space has."""
        if sizes.op == "times":
            if any(size.op == "times" for size in sizes.args):
                raise Misfit("expected one size or two")
            return "space", tuple(map(self.whole, sizes.args))
        return "space", (self.whole(sizes), 1)

    def do_beside(self, members: tuple[Node, ...]) -> Any:
        """Put matrices side by side."""
        return self.ops.stack([self._listed(members)])

    def do_blocks(self, rows: tuple[tuple[Node, ...], ...]) -> Any:
        """Put blocks together to a matrix."""
        filled = [self._listed(row) for row in rows]
        return self.ops.stack(filled)

    def do_blank(self) -> Any:
        """Return an empty place of a matrix."""
        return 0

    def do_diagonal(self, run: Node) -> Any:
        """Put blocks along a diagonal."""
        blocks = self.members(run)
        shapes = [self.ops.shape(block) or (1, 1) for block in blocks]
        return self.ops.stack(
            [
                [
                    block if r == c else self.ops.zeros(shapes[r][0], shapes[c][1])
                    for c in range(len(blocks))
                ]
                for r, block in enumerate(blocks)
            ]
        )

    def _listed(self, members: Iterable[Node]) -> list[Any]:
        """Evaluate what is listed, with the members that dots stand for."""
        values: list[Any] = []
        for member in members:
            values += self.members(member) if member.op == "run" else [self.evaluate(member)]
        return values

    def members(self, run: Node) -> list[Any]:
        """Return every member of a run with dots."""
        pattern, holes, known = run.args
        ends = [(self.whole(first), self.whole(last)) for first, last in holes]
        lengths = {last - first + 1 for first, last in ends}
        if len(lengths) != 1 or (count := min(lengths)) < FEWEST:
            raise Unusable(
                f"dots need at least {FEWEST} members in a test, so that they stand for something; "
                f"here are {sorted(lengths)}"
            )
        values = []
        for step in range(count):
            self.holes.append([first + step for first, _ in ends])
            try:
                values.append(self.evaluate(pattern))
            finally:
                self.holes.pop()
        for place, node in enumerate(known, 1):
            if largest(self.difference(self.evaluate(node), values[place])) > SAME:
                raise Misfit("the members before the dots do not go up by one")
        return values

    def do_hole(self, number: int) -> Any:
        """Return the index of the member of a run that is being worked out."""
        return self.holes[-1][number]

    def do_sum_of_run(self, run: Node) -> Any:
        """Add the members of a run."""
        values = self.members(run)
        total = values[0]
        for value in values[1:]:
            total = self.plus(total, value)
        return total

    # Truth -----------------------------------------------------------------------------------

    def do_holds(self, sides: tuple[Node, ...], relations: tuple[str, ...]) -> bool:
        """Whether relations hold, one after the other."""
        return all(
            self.related(self.evaluate(left), relation, self.evaluate(right))
            for left, relation, right in zip(sides[:-1], relations, sides[1:], strict=True)
        )

    def related(self, left: Any, relation: str, right: Any, within: float = SAME) -> bool:
        """Whether one relation holds; what differs by rounding only is equal."""
        if relation in {r"\in", r"\notin"}:
            return self._is_in(left, right) == (relation == r"\in")
        if not (_is_number(left) and _is_number(right)):
            same = self._same(left, right, within)
            if relation == "=":
                return same
            if relation in {r"\ne", r"\neq"}:
                return not same
            raise Misfit(f"only numbers can be compared by {relation}")
        same = self._same(left, right, within)
        if relation in {"=", r"\approx"}:
            return same
        if relation in {r"\ne", r"\neq"}:
            return not same
        if relation in {r"\le", r"\leq"}:
            return same or left.real < right.real
        if relation in {r"\ge", r"\geq"}:
            return same or left.real > right.real
        if relation == "<":
            return not same and left.real < right.real
        if relation == ">":
            return not same and left.real > right.real
        raise Misfit(f"{relation} is no relation that holds or not")

    def _same(self, left: Any, right: Any, within: float) -> bool:
        if _is_number(left) and _is_number(right):
            return bool(abs(left - right) <= within * max(abs(left), abs(right), 1e-300))
        try:
            difference = largest(self.difference(left, right))
        except Misfit:
            return False
        return difference <= within * max(largest(self.entries(left)), 1e-300)

    def _is_in(self, left: Any, right: Any) -> bool:
        if isinstance(right, tuple) and right and right[0] == "space":
            return bool(self.ops.shape(left) == right[1])
        return left in right

    def entries(self, value: Any) -> list[Any]:
        """Return all numbers of a value."""
        if isinstance(value, tuple):
            return [entry for member in value for entry in self.entries(member)]
        shape = self.ops.shape(value)
        if shape == ():
            return [value]
        return [self.ops.entry(value, r, c) for r in range(shape[0]) for c in range(shape[1])]

    def difference(self, left: Any, right: Any) -> list[Any]:
        """Return the differences of all numbers of two values of one shape."""
        if isinstance(left, tuple) != isinstance(right, tuple):
            raise Misfit("a list was compared with something else")
        if isinstance(left, tuple):
            if len(left) != len(right):
                raise Misfit(f"lists of {len(left)} and {len(right)} were compared")
            pairs = zip(left, right, strict=True)
            return [entry for pair in pairs for entry in self.difference(*pair)]
        if not _is_comparable(left) or not _is_comparable(right):
            if type(left) is type(right) or {type(left), type(right)} <= {frozenset, set}:
                return [0.0 if left == right else math.inf]
            raise Misfit(f"{type(left).__name__} and {type(right).__name__} were compared")
        if self.ops.shape(left) != self.ops.shape(right):
            raise Misfit(f"shapes differ: {self.ops.shape(left)} and {self.ops.shape(right)}")
        return [
            a - b for a, b in zip(self.entries(left), self.entries(right), strict=True)
        ]  # fmt: skip

    def do_cases(self, cases: tuple[tuple[Node, Any], ...]) -> Any:
        """Return the value whose conditions hold, or else that of what is left."""
        met = [v for v, held in cases if held is not None and all(map(self.evaluate, held))]
        met = met or [v for v, held in cases if held is None]
        if len(met) != 1:
            raise Misfit("more than one of the cases holds" if met else "none of the cases holds")
        return self.evaluate(met[0])

    # Over ranges -------------------------------------------------------------------------------

    def do_over_sum(self, span: Node, body: Node) -> Any:
        """Add over a range."""
        total: Any = None
        for letters in self.span(span):
            with self.binding(letters):
                value = self.evaluate(body)
            total = value if total is None else self.plus(total, value)
        return 0 if total is None else total

    def do_over_product(self, span: Node, body: Node) -> Any:
        """Multiply over a range, from left to right."""
        total: Any = None
        for letters in self.span(span):
            with self.binding(letters):
                value = self.evaluate(body)
            total = value if total is None else self.times(total, value)
        return 1 if total is None else total

    def do_largest(self, span: Node, body: Node) -> Any:
        """Return the largest value over a range."""
        return max(self._over(span, body))

    def do_smallest(self, span: Node, body: Node) -> Any:
        """Return the smallest value over a range."""
        return min(self._over(span, body))

    def _over(self, span: Node, body: Node) -> list[Any]:
        values = []
        for letters in self.span(span):
            with self.binding(letters):
                values.append(self.number(body))
        if not values:
            raise Misfit("nothing to choose the largest or smallest of")
        return values

    def span(self, node: Node) -> list[dict[str, Any]]:
        """Return the values that the letters of a range take, one mapping each."""
        if node.op == "from_to":
            name, first, last = node.args
            start, end = self.whole(first), self.whole(last)
            if end < start - 1:
                raise Misfit(f"a range from {start} to {end} is empty: say what is meant otherwise")
            return [{name.key: k} for k in range(start, end + 1)]
        if node.op == "members":
            binder, members = node.args
            return [_bound(binder, member) for member in self.evaluate(members)]
        if node.op == "all":
            (binder,) = node.args
            return [_bound(binder, member) for member in self.range_of(binder.args[0])]
        explicit, conditions = node.args
        letters = [explicit.args[0]] if explicit else self._free(conditions)
        ranges = [self._between(letter, conditions) for letter in letters]
        found = []
        for values in itertools.product(*ranges):
            bound = dict(zip((letter.key for letter in letters), values, strict=True))
            with self.binding(bound):
                if all(self.evaluate(condition) for condition in conditions):
                    found.append(bound)
        return found

    def range_of(self, name: Name) -> tuple[Any, ...]:
        """Return what a letter runs over by the test's word."""
        if name.key not in self.ranges:
            raise Unusable(f"give the test ranges={{{name.tex!r}: …}}: what does it run over?")
        self.used.add(name.key)
        return tuple(
            self.ops.take(value, name.kind) if name.kind not in {"index", "set"} else value
            for value in self.ranges[name.key]
        )

    def _free(self, conditions: tuple[Node, ...]) -> list[Name]:
        """Return the indices in conditions that have no value yet: the sum runs over them."""
        found: list[Name] = []
        for node in nodes_of(conditions):
            if node.op == "name" and node.args[0].kind == "index":
                name = node.args[0]
                if name.key not in self.bound and name not in found:
                    found.append(name)
        if not found:
            raise Misfit("every index of this range has a value already")
        return found

    def _between(self, letter: Name, conditions: tuple[Node, ...]) -> Iterable[Any]:
        """Return the range that ``1 ≤ p ≤ w`` names, or that of the test."""
        for condition in conditions:
            sides, relations = condition.args
            if len(sides) == 3 and set(relations) <= {r"\le", r"\leq", "<"}:
                middle = sides[1]
                if middle.op == "name" and middle.args[0] == letter:
                    return range(self.whole(sides[0]), self.whole(sides[2]) + 1)
        return self.range_of(letter)

    def do_limit(self, name: Name, to: Node, body: Node) -> Any:
        """Return a limit: values nearer and nearer, extrapolated."""
        end = self.number(to)
        table: list[Any] = []
        best, smallest = None, math.inf
        for step in range(HALVINGS):
            with self.binding({name.key: end + 0.25 * 2.0**-step}):
                row = [self.number(body)]
            for order, above in enumerate(table, 1):
                row.append(row[-1] + (row[-1] - above) / (2.0**order - 1))
            if table and (change := abs(row[-1] - table[-1])) < smallest:
                best, smallest = row[-1], change
            table = row
        return best

    def do_integral(self, name: Name, low: Node, high: Node, body: Node) -> Any:
        """Return an integral by the double exponential rule."""
        start, end = self.number(low), self.number(high)

        def value(at: float) -> Any:
            with self.binding({name.key: at}):
                return self.number(body)

        return _integrate(value, start, end)

    # Chance ------------------------------------------------------------------------------------

    def do_mean(self, node: Node, group: str) -> Any:
        """Return an expectation over all cases."""
        total: Any = None
        for share, value in self._cases(node, group):
            weighed = self.ops.scale(value, share)
            total = weighed if total is None else self.plus(total, weighed)
        return total

    def do_probability(self, condition: Node, group: str) -> Any:
        """Return the probability of what holds in some cases."""
        return sum(share for share, holds in self._cases(condition, group) if holds)

    def do_variance(self, node: Node, group: str) -> Any:
        """Return the variance of a number over all cases."""
        cases = list(self._cases(node, group))
        mean = sum(share * value for share, value in cases)
        return sum(share * (value - mean) ** 2 for share, value in cases)

    def do_covariance(self, left: Node, right: Node, group: str) -> Any:
        """Return the covariance of two numbers over all cases."""
        pairs = [
            (share, *values)
            for share, values in self._cases(Node("tuple", ((left, right),)), group)
        ]
        means = [sum(share * pair[k] for share, *pair in pairs) for k in (0, 1)]
        return sum(share * (a - means[0]) * (b - means[1]) for share, a, b in pairs)

    def _cases(self, node: Node, group: str) -> Iterator[tuple[Any, Any]]:
        """Yield the probability of each case, and what a node is in it."""
        if not any(n.op == "name" and n.args[0].random for n in nodes_of(node)):
            raise Unreadable("nothing in here is declared as random")
        if group and group not in self.chance:
            raise Unusable(f"no cases are given for an expectation over {group!r}")
        groups = [self.chance[group]] if group else list(self.chance.values())
        if not groups:
            raise Unusable("give the test the cases of chance: chance=[(probability, {…}), …]")
        for cases in itertools.product(*groups):
            with self._given({k: v for _, values in cases for k, v in values.items()}):
                yield math.prod(share for share, _ in cases), self.evaluate(node)

    # Derivatives -------------------------------------------------------------------------------

    def do_derivative(self, kind: str, of: Node, by: Node) -> Any:
        """Return a derivative: d where all that depends moves along, ∂ where the rest is held."""
        return self.derivative(of, by, local=kind != "d", row=self.names.gradient == "row")

    def do_gradient(self, of: Node, by: Node) -> Any:
        """Return all derivatives of a number, in the shape of what it is differentiated by."""
        return self.derivative(of, by, local=False, row=False)

    def do_held(self, kind: str, of: Node, by: Node, held: Node) -> Any:
        """Return a derivative with one letter held, from which others follow."""
        if held.op != "name" or held.args[0].key not in self.holding:
            raise Unusable("give the test holding={…}: what follows when this is held?")
        self.used.add(held.args[0].key)
        with self._given(self.holding[held.args[0].key]):
            return self.derivative(of, by, local=False, row=False)

    def derivative(self, of: Node, by: Node, *, local: bool, row: bool) -> Any:
        """Differentiate by complex steps, entry by entry."""
        name_node, entry = (by.args[0], by.args[1:]) if by.op == "entry" else (by, None)
        if name_node.op != "name":
            raise Misfit("a derivative is taken with respect to a letter or an entry of one")
        name, indices = self._quantity(*name_node.args)
        here = self.value(name, indices)
        if callable(here) or isinstance(here, (tuple, frozenset, str)):
            raise Misfit(f"{name.tex!r} is nothing that can move")
        shape = self.ops.shape(here)
        places: list[tuple[int, ...]]
        if entry is not None:
            places = [self._place(shape, entry)]
        else:
            places = [(r, c) for r in range(shape[0]) for c in range(shape[1])] if shape else [()]
        slopes = []
        for place in places:
            with self._moved({(name.key, indices): self._nudged(here, place)}, local=local):
                slopes.append(_imaginary(self, self._moving(of, local)))
        return self._arranged(slopes, () if entry is not None else shape, row)

    def _place(self, shape: tuple[int, ...], entry: Any) -> tuple[int, int]:
        indices, first = entry
        at = [self.whole(index) - first for index in indices]
        if len(at) == 1:
            at = [at[0], 0] if shape[1] == 1 else [0, at[0]]
        if not all(0 <= a < size for a, size in zip(at, shape, strict=True)):
            raise Misfit(f"an array of shape {shape} has no entry {[a + first for a in at]}")
        return at[0], at[1]

    def _nudged(self, value: Any, place: tuple[int, ...]) -> Any:
        if not place:
            return value + STEP * 1j
        rows, columns = self.ops.shape(value)
        nudge = [
            [STEP * 1j if (r, c) == place else 0j for c in range(columns)] for r in range(rows)
        ]
        return self.ops.add(value, self.ops.stack(nudge))

    def _moving(self, of: Node, local: bool) -> Any:
        """Evaluate what is differentiated; a local derivative looks at its own definition only."""
        if not local:
            return self.evaluate(of)
        if of.op == "entry":
            return self._entry_of(self._moving(of.args[0], local), of)
        if of.op != "name":
            return self.evaluate(of)
        name, indices = self._quantity(*of.args)
        given = self.layer.given.get(name.key)
        if not isinstance(given, Defined):
            raise Unusable(
                f"{name.tex!r} is no Defined value, so it has no partial derivative: say in the "
                "test how it is defined"
            )
        self.used.add(name.key)
        return self.ops.take(given.function(self.of, *indices), name.kind)

    def _entry_of(self, value: Any, entry: Node) -> Any:
        row, column = self._place(self.ops.shape(value), entry.args[1:])
        return self.ops.entry(value, row, column)

    def _arranged(self, slopes: list[Any], by: tuple[int, ...], row: bool) -> Any:
        """Put the derivatives by all entries together."""
        of = self.ops.shape(slopes[0])
        if not by:
            return slopes[0]
        if of == ():
            table = self.ops.stack([slopes[r * by[1] : (r + 1) * by[1]] for r in range(by[0])])
            return self.ops.transpose(table) if row and by[1] == 1 else table
        if 1 not in of or 1 not in by:
            raise Misfit(f"the derivative of shape {of} by shape {by} is no matrix")
        columns = [self.entries(slope) for slope in slopes]
        return self.ops.stack([[column[r] for column in columns] for r in range(max(of))])


def largest(numbers: Iterable[Any]) -> float:
    """Return the largest absolute value, infinity where one is no number."""
    found = 0.0
    for number in numbers:
        size = abs(number)
        if size != size:
            return math.inf
        found = max(found, float(size))
    return found


def _imaginary(evaluator: Evaluator, value: Any) -> Any:
    """Return the imaginary part of what a complex step gave, divided by the step."""
    if evaluator.ops.shape(value) == ():
        return complex(value).imag / STEP
    return evaluator.ops.apply(lambda entry: complex(entry).imag / STEP, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex)) and not isinstance(value, bool)


def _is_comparable(value: Any) -> bool:
    return not isinstance(value, (bool, str, frozenset, set)) and not callable(value)


def _bound(binder: Node, member: Any) -> dict[str, Any]:
    """Return which letters take which value when a range reaches a member."""
    if binder.op == "name":
        return {binder.args[0].key: member}
    if binder.op == "tuple":
        names = [node.args[0].key for node in binder.args[0]]
        return dict(zip(names, member, strict=True))
    raise Misfit("a range runs over letters")


def _integrate(value: Callable[[float], Any], low: float, high: float) -> Any:
    """Integrate a smooth function, also over a half-line, by the double exponential rule."""
    if math.isinf(low):
        raise Misfit("an integral from minus infinity is not used in this book")
    step, reach = 1 / 16, 60
    total: Any = 0.0
    for k in range(-reach, reach + 1):
        u = k * step
        if math.isinf(high):
            shift = math.exp(math.pi / 2 * math.sinh(u))
            weight = math.pi / 2 * math.cosh(u) * shift
            at = low + shift
            if weight < 1e-290 or shift > 1e290:
                continue
        else:
            inner = math.pi / 2 * math.sinh(u)
            if abs(inner) > 340:
                continue
            weight = (high - low) / 2 * math.pi / 2 * math.cosh(u) / math.cosh(inner) ** 2
            near = (high - low) / (1 + math.exp(2 * abs(inner)))
            at = low + near if u < 0 else high - near
            if at in {low, high}:
                continue
        total += weight * step * value(at)
    return total
