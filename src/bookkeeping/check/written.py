"""Values of letters as a page writes them down beside an exercise: plain numbers and lists."""

from __future__ import annotations

import cmath
import json
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from bookkeeping.check.formulas.evaluating import STEP, Evaluator, Layer, largest
from bookkeeping.check.formulas.faults import FormulaError, Misfit, Unusable
from bookkeeping.check.formulas.names import Name, Names
from bookkeeping.check.formulas.plain import Plain, Table
from bookkeeping.check.formulas.reading import Formula, Node, Reader, read
from bookkeeping.check.formulas.surface import parse

STEPS = 200_000  # evaluated nodes of one answer
LONGEST = 200  # members of a sum, and the largest whole power
SUMMED = re.compile(r"\\(?:sum|prod)\s*_\s*\{\s*([A-Za-z])\s*=")
PLAIN = Plain()


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + (cmath.exp(-x) if isinstance(x, complex) else math.exp(-x)))


def _tanh(x: Any) -> Any:
    return cmath.tanh(x) if isinstance(x, complex) else math.tanh(x)


def _relu(x: Any) -> Any:
    return x if complex(x).real > 0 else 0 * x


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": _sigmoid, "tanh": _tanh, "relu": _relu, "identity": lambda x: x,
    "sin": lambda x: cmath.sin(x) if isinstance(x, complex) else math.sin(x),
    "exp": lambda x: cmath.exp(x) if isinstance(x, complex) else math.exp(x),
}  # fmt: skip
FIXED = frozenset({r"\sigma", r"\tanh"})  # letters that mean one function on every page


class TooLong(FormulaError):
    """An answer that would take more steps than any answer of this book needs."""


class Of:
    """A function of the names above, for numbers and lists of them."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, value: Any) -> Any:
        """Apply it to a number or to each entry."""
        if isinstance(value, list):
            return [self(each) for each in value]
        return self.function(value)


class Listed:
    """A function that is known where the page needs it: arguments and values, side by side."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def __call__(self, *arguments: Any) -> Any:
        """Return the value at arguments that are listed."""
        for given, value in self.rows:
            if _same_numbers(arguments, given):
                return value
        raise Misfit("the page knows this function at other places only")


def _same_numbers(one: Any, other: Any) -> bool:
    """Whether two values hold the same numbers, but for rounding."""
    here, there = list(_numbers(one)), list(_numbers(other))
    return len(here) == len(there) and all(
        a == b or abs(a - b) <= 1e-9 * max(1.0, abs(a)) for a, b in zip(here, there, strict=True)
    )


def _numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _numbers(each)
    else:
        yield value


def decoded(value: Any) -> Any:
    """Return a value as an evaluator takes it, from what stands in the file of an exercise."""
    if isinstance(value, Mapping):
        ((kind, held),) = value.items()
        if kind == "function":
            return Of(FUNCTIONS[held])
        if kind == "listed":
            return Listed(held)
        return frozenset(map(decoded, held)) if kind == "set" else tuple(map(decoded, held))
    return value


@lru_cache(maxsize=64)
def _names_of(declared: str, gradient: str) -> Names:
    return Names(json.loads(declared), gradient)


def names_of(box: Mapping[str, Any], answer: str = "") -> Names:
    """Return the letters of the page that a box stands on, and those that an answer sums over."""
    names = box["names"]
    summed = dict.fromkeys(SUMMED.findall(answer), "index")
    return _names_of(json.dumps({**summed, **names["declared"]}), names["gradient"])


def expression(tex: str, names: Names) -> Node:
    """Read a side of an equation by itself."""
    (form,) = parse(tex).children
    return Reader(names).expression(form)


class Written(Evaluator):
    """Evaluates with the values that a page has written down, in a bounded number of steps.

    Parameters
    ----------
    names : Names
        The letters of the page.
    case : mapping
        One of the ``cases`` of a box: ``values`` and, optionally, ``derivatives`` and ``ranges``.
    """

    def __init__(self, names: Names, case: Mapping[str, Any]) -> None:
        values = {tex: _held(names.name(tex), v) for tex, v in case["values"].items()}
        ranges = {tex: tuple(map(decoded, r)) for tex, r in case.get("ranges", {}).items()}
        super().__init__(names, PLAIN, values, ranges=ranges)
        self.derivatives = case.get("derivatives", {})
        self.steps = 0
        self.points = [
            {
                name.key: decoded(v) if name.kind == "index" else PLAIN.take(decoded(v), name.kind)
                for name, v in ((names.name(tex), v) for tex, v in point.items())
            }
            for point in case["points"]
        ]

    @contextmanager
    def at(self, number: int) -> Iterator[None]:
        """Stand at one of the points, for as long as this lasts."""
        with self.binding(self.points[number]):
            yield

    def evaluate(self, node: Node) -> Any:
        """Return the value of a node, unless the answer has taken too many steps."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooLong("this would take too long to work out", *node.place)
        try:
            return super().evaluate(node)
        except FormulaError as error:
            if failed_at(error) is None:
                error.args = (*error.args, node)
            raise

    def _worked_out(self, layer: Layer, name: Name, indices: tuple[Any, ...]) -> Any:
        if name.key not in layer.given:
            if name.kind == "index":
                raise Unusable(f"${name.tex}$ is an index, and stands in no sum over it here")
            raise Unusable(f"the letter ${name.tex}$ plays no part in this exercise")
        return super()._worked_out(layer, name, indices)

    def _member(self, name: Name, given: Any, indices: tuple[Any, ...]) -> Any:
        key = indices[0] if len(indices) == 1 else indices
        if key not in given:
            at = ", ".join(f"{s} = {i}" for s, i in zip(name.slots, indices, strict=True))
            raise Misfit(f"${name.tex}$ has no value at ${at}$")
        return given[key]

    def derivative(self, of: Node, by: Node, *, local: bool, row: bool) -> Any:
        """Return a derivative that the page has written down."""
        return self._taken(self._derivative(of, by, local))

    def _derivative(self, of: Node, by: Node, local: bool) -> Any:
        key = derivative_key(self, of, by, local=local)
        if key not in self.derivatives:
            raise Unusable("this derivative is none of those whose values the page knows")
        return self.derivatives[key]

    def _taken(self, value: Any) -> Any:
        nested = isinstance(value, list)
        return Table([list(line) for line in value]) if nested else value

    def do_slope(self, function: Node) -> Any:
        """Return the derivative of a function of one number, for numbers and lists of them."""
        called = self.evaluate(function)
        if not callable(called):
            raise Misfit("this letter is no function")

        def slope(argument: Any) -> Any:
            if isinstance(argument, list):
                return [slope(each) for each in argument]
            return complex(called(argument + STEP * 1j)).imag / STEP

        return slope

    def range_of(self, name: Name) -> tuple[Any, ...]:
        """Return what a letter runs over, if the page says so."""
        if name.key not in self.ranges:
            raise Unusable(f"say from where to where ${name.tex}$ runs")
        return super().range_of(name)

    def span(self, node: Node) -> list[dict[str, Any]]:
        """Return the values of a range, if it is not too long."""
        if node.op == "from_to":
            _, first, last = node.args
            if self.whole(last) - self.whole(first) > LONGEST:
                raise TooLong(f"a range of more than {LONGEST} members", *node.place)
        return super().span(node)

    def do_power(self, base: Node, exponent: Node) -> Any:
        """Raise to a power that is not too large."""
        power = self.number(exponent)
        if abs(power) > LONGEST:
            raise TooLong(f"a power above {LONGEST}", *exponent.place)
        value = self.evaluate(base)
        if self.ops.shape(value) == () and isinstance(value, int) and abs(value) > LONGEST:
            return float(value) ** power
        return super().do_power(base, exponent)

    def do_factorial(self, node: Node) -> Any:
        """Return a factorial that is not too large."""
        if self.whole(node) > LONGEST:
            raise TooLong(f"a factorial above {LONGEST}", *node.place)
        return super().do_factorial(node)

    def do_binomial(self, above: Node, below: Node) -> Any:
        """Return a binomial coefficient that is not too large."""
        if self.whole(above) > LONGEST:
            raise TooLong(f"a binomial coefficient above {LONGEST}", *above.place)
        return super().do_binomial(above, below)


def _held(name: Name, value: Any) -> Any:
    """Return the value of a letter; of one with slots a mapping of its indices."""
    if not name.slots:
        return decoded(value)
    single = len(name.slots) == 1
    return {
        (decoded(at[0]) if single else tuple(map(decoded, at))): decoded(member)
        for at, member in value
    }


def failed_at(error: FormulaError) -> Node | None:
    """Return the smallest part of a formula that could not be worked out."""
    return next((each for each in error.args if isinstance(each, Node)), None)


def derivative_key(evaluator: Evaluator, of: Node, by: Node, *, local: bool) -> str:
    """Return the same text for the same derivative at the same indices."""
    return f"{'∂' if local else 'd'}{said(evaluator, of)} by {said(evaluator, by)}"


def said(evaluator: Evaluator, part: Any) -> str:
    """Return a part of a formula with the values of its indices."""
    if isinstance(part, Node):
        if part.op == "name" and part.args[0].kind == "index":
            return repr(evaluator.bound.get(part.args[0].key, part.args[0].tex))
        if part.op == "name" and not part.args[1] and part.args[0].kind == "number":
            value = evaluator.bound.get(
                part.args[0].key, evaluator.layer.given.get(part.args[0].key)
            )
            if isinstance(value, int):  # the last time step, for instance
                return repr(value)
        if part.op == "number":
            return repr(part.args[0])
        if part.op == "sum" and all(_whole(evaluator, term) for term in part.args[1]):
            return repr(evaluator.evaluate(part))
        if part.op == "name":
            inner = ", ".join(said(evaluator, each) for each in part.args[1])
            return f"{part.args[0].key}[{inner}]"
        return f"{part.op}({', '.join(said(evaluator, each) for each in part.args)})"
    if isinstance(part, tuple):
        return ", ".join(said(evaluator, each) for each in part)
    return getattr(part, "key", repr(part))


def _whole(evaluator: Evaluator, node: Node) -> bool:
    """Whether a node is a number or an index, of which sums are worked out."""
    text = said(evaluator, node)
    return text.lstrip("-").isdigit()


class Blurred(Written):
    r"""Puts random numbers in place of all values: what is equal even then is equal as a formula.

    Whole numbers, which are sizes and bounds, stay as they are, and so do the functions that mean
    the same on every page, letters of which every value is 0 or 1, and the zeros beside a diagonal.
    A letter that the box defines by others is worked out from those; in its own definition it is
    any value: by ``S = S + S^{\top}`` it is any symmetric matrix.

    Parameters
    ----------
    names, case
        As for `Written`.
    definitions : mapping from str to (Node, Node)
        By the key of a letter its left side, with an index letter in each slot, and its right side.
    seed : int, optional
    sized : bool, optional
        Whether the whole numbers stay as they are.
    """

    def __init__(
        self, names: Names, case: Mapping[str, Any],
        definitions: Mapping[str, tuple[Node, Node]], seed: int = 0, *, sized: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(names, case)
        self.definitions, self.seed, self.sized = definitions, seed, sized
        self.defining: set[str] = set()  # the letters whose definitions are being worked out
        self.fixed = {names.name(tex).key for tex, v in case["values"].items() if _is_marking(v)}

    def is_defined(self, name: Name) -> bool:
        """Whether a letter is worked out from its definition, which is not being worked out."""
        return name.key in self.definitions and name.key not in self.defining

    def _worked_out(self, layer: Layer, name: Name, indices: tuple[Any, ...]) -> Any:
        if self.is_defined(name):
            left, right = self.definitions[name.key]
            if left.op == "call":
                return self._defined_function(left, right)
            slots = [node.args[0].key for node in left.args[1]]
            self.defining.add(name.key)
            try:
                with self.binding(dict(zip(slots, indices, strict=True))):
                    return self.evaluate(right)
            finally:
                self.defining.discard(name.key)
        value = super()._worked_out(layer, name, indices)
        if callable(value):
            return value if name.tex in FIXED else self.function(name.key)
        if name.key in self.fixed:
            return value
        if not self.sized and type(value) is int and name.kind == "number":
            value = float(value)
        return self.blurred(value, (name.key, indices))

    def _defined_function(self, left: Node, right: Node) -> Callable[..., Any]:
        """Return a function that a box defines, at the letters of its definition."""

        def at(*arguments: Any) -> Any:
            if not _same_numbers([self.evaluate(each) for each in left.args[1]], arguments):
                raise Misfit("the page knows this function at other places only")
            return self.evaluate(right)

        return at

    def derivative(self, of: Node, by: Node, *, local: bool, row: bool) -> Any:
        """Return random values in the shape of a derivative, the same for the same one."""
        key = derivative_key(self, of, by, local=local)
        return self.blurred(self._taken(self._derivative(of, by, local)), key)

    def function(self, key: str) -> Callable[..., Any]:
        """Return a smooth function of any arguments that nobody has named."""
        chance = random.Random(f"{self.seed} {key}")
        weights = [chance.uniform(0.3, 1.2) for _ in range(16)]

        def one(*arguments: Any) -> Any:
            if len(arguments) == 1 and isinstance(arguments[0], list) and self.by_entry(key):
                return [one(each) for each in arguments[0]]
            numbers = list(_numbers(arguments))
            total = sum(w * x for w, x in zip(weights, numbers, strict=False))
            sine = cmath.sin(total) if isinstance(total, complex) else math.sin(total)
            return weights[-1] + sine + weights[-2] * total * total

        return one

    def by_entry(self, key: str) -> bool:
        """Whether a function is applied to each entry, and not to a whole vector."""
        return not isinstance(self.layer.given.get(key), Listed)

    def blurred(self, value: Any, key: Any) -> Any:
        """Return random values in the shape of a value."""
        if isinstance(value, tuple):
            return tuple(self.blurred(v, (key, k)) for k, v in enumerate(value))
        chance = random.Random(f"{self.seed} {key!r}")
        if isinstance(value, Table):
            kept = _is_diagonal(value)
            return PLAIN.apply(lambda x: x if kept and not x else chance.uniform(0.2, 0.9), value)
        return chance.uniform(0.2, 0.9) if isinstance(value, float) else value

    def point(self, number: int) -> dict[str, Any]:
        """Return a point with random numbers in place of those that are no indices."""
        return {k: self.blurred(v, ("point", k, repr(v))) for k, v in self.points[number].items()}


def definitions_of(box: Mapping[str, Any], names: Names) -> dict[str, tuple[Node, Node]]:
    """Return which letters a box defines by others, from its equations ``knows``.

    Raises
    ------
    FormulaError
        When one of them is no ``letter = expression``.
    """
    found = {}
    for tex in box.get("knows", ()):
        left, right = _sides(read(tex, names))
        if not _defines(left):
            raise FormulaError(
                f"{tex!r} defines no letter: write it with the letter alone before '=', and an "
                "index such as t in each of its slots, or a function of letters"
            )
        name = left.args[0].args[0] if left.op == "call" else left.args[0]
        found[name.key] = (left, right)
    return found


def _defines(left: Node) -> bool:
    """Whether a side is a letter with an index in each slot, or a function of letters."""
    if left.op == "call":
        return all(at.op == "name" and not at.args[1] for at in left.args[1])
    return left.op == "name" and all(
        at.op == "name" and at.args[0].kind == "index" and not at.args[1] for at in left.args[1]
    )


def _is_marking(value: Any) -> bool:
    """Whether all values of a letter are 0 or 1, and not one of them only."""
    if not isinstance(value, list):
        return False
    members = [at[1] for at in value] if _has_slots(value) else value
    return set(_numbers(members)) == {0, 1}


def _has_slots(value: list[Any]) -> bool:
    """Whether values are written with their indices before them."""
    return all(isinstance(at, list) and len(at) == 2 and isinstance(at[0], list) for at in value)


def _is_diagonal(value: Table) -> bool:
    """Whether a square matrix has entries on its diagonal alone."""
    square = len(value) == len(value[0]) > 1
    return square and all(
        bool(x) == (r == c) for r, row in enumerate(value) for c, x in enumerate(row)
    )


def _sides(formula: Formula) -> tuple[Node, Node]:
    chain = formula.statements[0].first
    if len(formula.statements) != 1 or chain.relations != ("=",):
        raise FormulaError(f"{formula.tex!r} is no definition: expected one '='")
    left, right = chain.sides
    return left, right


def same_shape(left: Any, right: Any) -> bool:
    """Whether two values can be compared entry by entry."""
    return PLAIN.shape(left) == PLAIN.shape(right)


def difference(left: Any, right: Any) -> float:
    """Return the largest difference of two values of one shape."""
    return largest(a - b for a, b in zip(entries(left), entries(right), strict=True))


def entries(value: Any) -> list[Any]:
    """Return the numbers in a value, row by row."""
    return [x for row in value for x in row] if isinstance(value, Table) else [value]
