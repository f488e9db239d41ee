"""A recurrent network as definitions at step t: its gradients derived, unrolled and evaluated.

The definitions alone give the paths that leave a quantity, the local derivative on each edge, and
the equation of every δ. `Components` writes the same definitions out unit by unit, as a graph of
scalars, in which SymPy differentiates the composed loss: each equation is compared with that.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sympy import (
    Expr,
    Function,
    ImmutableDenseMatrix,
    Integer,
    Rational,
    S,
    Symbol,
    sympify,
    zeros,
)

from unrolled.shapes import check_integer
from unrolled.symbolic import computation_graph
from unrolled.symbolic.vectors import (
    Activation,
    Apply,
    Delta,
    Diag,
    Hadamard,
    Immediate,
    Jacobian,
    MatrixProduct,
    Negative,
    OneMinus,
    Parameter,
    Plus,
    Quantity,
    Square,
    SumOver,
    T,
    Term,
    Transpose,
    VectorEquation,
    derivative_of,
    t,
)

__all__ = [
    "Components",
    "Definition",
    "Edge",
    "Network",
    "Step",
    "WholeVector",
    "backward_steps",
    "delta",
    "edges_from",
    "forward_steps",
    "gradient",
    "gradient_by_key",
    "paths_from",
]


SIGN = re.compile(r"\\[A-Za-z]+|[^\s{}^_]")
ROOM = 36  # characters of a formula that fit on a line of a phone


class Definition(NamedTuple):
    """What a quantity is at step t, and what to call the act of computing it."""

    name: Quantity
    value: Term
    words: str

    @property
    def equation(self) -> VectorEquation:
        """Name and value."""
        return VectorEquation(self.name, self.value)

    def at(self, time: Any) -> "Definition":
        """Give the definition at another step."""
        return Definition(self.name.subs(t, time), self.value.subs(t, time), self.words)


class Network(NamedTuple):
    """A recurrent network, described once."""

    definitions: tuple[Definition, ...]
    """At step t, in the order of the forward pass."""
    parameters: tuple[Parameter, ...]
    axes: Mapping[str, tuple[str, ...]]
    """Names of the axes of every letter, by its key: a quantity has one, a matrix two."""
    states: tuple[Quantity, ...]
    """States that are carried from step to step, and given at step 0."""
    nodes_with_delta: tuple[str, ...]
    """Keys of the quantities that have a δ: paths are followed from one to the next."""
    output: Quantity
    """The direct argument of a step's loss."""
    loss: Callable[[Mapping[str, Any]], Expr]
    """Loss of one step, from the matrices of its quantities by key; ``target`` is given."""
    target: Quantity
    """What the loss compares with, under the key ``target``."""
    target_values: Callable[[int, int], Sequence[Any]]
    """Numbers of the target: from its dimension and the time step."""
    writes_diag: bool = False
    """Whether derivatives within a unit are written as matrices, and not by ⊙."""


class WholeVector(NamedTuple):
    """A function that mixes the units of a vector, as softmax does."""

    of: Callable[[Any], Any]


class Edge(NamedTuple):
    """One use of a quantity by another, with the local derivative."""

    tail: Quantity
    head: Quantity
    local: Term
    is_matrix: bool
    """Whether `local` is a whole Jacobian; otherwise it holds the diagonal of one."""


# Paths ---------------------------------------------------------------------------------------


def edges_from(network: Network, tail: Quantity) -> tuple[Edge, ...]:
    """List the uses of a quantity, in this step and the next.

    Parameters
    ----------
    network : Network
    tail : Quantity
        At any step.

    Returns
    -------
    tuple of Edge
        In the order of the definitions. Where nothing is computed, at step 0, none leads there.

    Raises
    ------
    ValueError
        When a definition uses the quantity in a way that no rule here differentiates.
    """
    found = []
    for entry in network.definitions:
        for use in entry.value.atoms(Quantity):
            if use.key == tail.key:
                here = entry.at(t + tail.time - use.time)
                if here.name.time != 0:
                    term, is_matrix = _local(here.value, tail, here.name)
                    found.append(Edge(tail, here.name, term, is_matrix))
    return tuple(found)


def paths_from(network: Network, tail: Quantity) -> tuple[tuple[Edge, ...], ...]:
    """Follow the uses of a quantity to the next quantities that have a δ.

    Parameters
    ----------
    network : Network
    tail : Quantity

    Returns
    -------
    tuple of tuple of Edge
    """
    found: list[tuple[Edge, ...]] = []
    for edge in edges_from(network, tail):
        if edge.head.key in network.nodes_with_delta:
            found.append((edge,))
        else:
            found += [(edge, *rest) for rest in paths_from(network, edge.head)]
    return tuple(found)


# Derivatives ---------------------------------------------------------------------------------


def delta(
    network: Network, quantity: Quantity, *, through: Sequence[Quantity] = ()
) -> VectorEquation:
    """Derive the δ of a quantity: one term for each path that leaves it.

    Parameters
    ----------
    network : Network
    quantity : Quantity
    through : sequence of Quantity, optional
        The ends of the paths, in the order in which the terms are to be written.

    Returns
    -------
    VectorEquation

    Raises
    ------
    ValueError
        If `through` does not name the ends of the paths.
    """
    terms = [_term(network, path) for path in _in_order(network, quantity, through)]
    if quantity.key == network.output.key and quantity.time != 0:
        terms.insert(0, Immediate(quantity))
    return VectorEquation(Delta(quantity), _sum(terms))


def gradient(network: Network, parameter: Parameter) -> VectorEquation:
    """Derive the δ of a parameter: the sum over all steps, since all steps share it.

    Parameters
    ----------
    network : Network
    parameter : Parameter

    Returns
    -------
    VectorEquation

    Raises
    ------
    ValueError
        When no definition uses it.
    """
    for entry in network.definitions:
        if parameter in entry.value.atoms(Parameter):
            body = _share(entry.value, parameter, _delta_of(network, entry.name))
            return VectorEquation(Delta(parameter), SumOver(body, t, 1, T))
    raise ValueError(f"parameter must be used by a definition, got {parameter!r}.")


def gradient_by_key(network: Network, key: str) -> VectorEquation:
    """Derive the δ of the parameter with a given key.

    Parameters
    ----------
    network : Network
    key : str

    Returns
    -------
    VectorEquation

    Raises
    ------
    ValueError
        When there is no such parameter.
    """
    known = {parameter.key: parameter for parameter in network.parameters}
    if key not in known:
        raise ValueError(f"key must be one of {', '.join(known)}, got {key!r}.")
    return gradient(network, known[key])


# Steps of a pass ----------------------------------------------------------------------------


class Step(NamedTuple):
    """One step of a pass through a short sequence: a name, an equation, and what it uses."""

    name: str
    equation: VectorEquation
    paths: tuple[tuple[str, ...], ...]
    """Each as its nodes, ``c(2)``, in the direction of the forward pass."""
    local: Mapping[tuple[str, str], Term]
    """Local derivative on each edge, where there is one to show."""

    @property
    def shown(self) -> str:
        """Its equation as TeX, with a line for each term if it is too wide for a phone."""
        if (
            not isinstance(self.equation.rhs, Plus)
            or len(SIGN.findall(repr(self.equation))) <= ROOM
        ):
            return repr(self.equation)
        rows = r" \\ &\quad + ".join(map(repr, self.equation.rhs.args))
        return rf"\begin{{aligned}} {self.equation.lhs} &= {rows} \end{{aligned}}"

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Every edge of the paths, once."""
        pairs = (pair for path in self.paths for pair in itertools.pairwise(path))
        return tuple(dict.fromkeys(pairs))


def forward_steps(network: Network, n_steps: int) -> tuple[Step, ...]:
    """List the forward pass: each quantity is computed once, from what is known.

    Parameters
    ----------
    network : Network
    n_steps : int
        At least 1.

    Returns
    -------
    tuple of Step
        The paths of a step are the edges into the quantity that it computes.

    Raises
    ------
    ValueError
        If `n_steps` is not a positive integer.
    """
    n_steps = check_integer("n_steps", n_steps)
    steps = []
    for time in range(1, n_steps + 1):
        for entry in (definition.at(time) for definition in network.definitions):
            uses = _quantities(entry.value)
            edges = [
                edge for q in uses for edge in edges_from(network, q) if edge.head == entry.name
            ]
            local = {(edge.tail.node, edge.head.node): edge.local for edge in edges}
            name = f"step {time}: {entry.words}"
            steps.append(Step(name, entry.equation, tuple(local), local))
    return tuple(steps)


def backward_steps(
    network: Network,
    n_steps: int,
    *,
    order: Sequence[VectorEquation],
    words: Mapping[str, str],
    last: Sequence[VectorEquation] = (),
) -> tuple[Step, ...]:
    """List the backward pass: every δ of a step from known ones, then what all steps share.

    Parameters
    ----------
    network : Network
    n_steps : int
        At least 1.
    order : sequence of VectorEquation
        The δ equations at step t, in the order in which they can be computed.
    words : mapping of str to str
        What to call each quantity or parameter, by its key.
    last : sequence of VectorEquation, optional
        Equations of parameters, inputs and initial states, that come after all steps.

    Returns
    -------
    tuple of Step

    Raises
    ------
    ValueError
        If `n_steps` is not a positive integer.
    """
    n_steps = check_integer("n_steps", n_steps)
    steps = []
    for time in range(n_steps, 0, -1):
        for equation in (general.at(t=time, T=n_steps) for general in order):
            steps.append(_backward_step(network, equation, n_steps, words))
    for general in last:
        (of,) = general.lhs.args
        per_step = isinstance(of, Quantity) and of.time == t
        for time in range(n_steps, 0, -1) if per_step else (0,):
            equation = general.at(t=time, T=n_steps)
            steps.append(_backward_step(network, equation, n_steps, words))
    return tuple(steps)


# Components ----------------------------------------------------------------------------------


class UnitSymbol(Symbol):  # type: ignore[misc]
    """A scalar of the unrolled network: ``c_1(2)`` in code, with a TeX of its own."""

    def __new__(cls, name: str, tex: str) -> "UnitSymbol":
        """Name it for the code and for the page."""
        symbol: UnitSymbol = super().__new__(cls, name)
        symbol.tex = tex
        return symbol

    def _latex(self, printer: Any) -> str:
        return str(self.tex)


class Components:
    """A network unrolled over a short sequence, unit by unit, with numbers in it.

    Called with a letter of an equation it gives the matrix of numbers behind it: a value, a
    derivative of the loss, a Jacobian. All derivatives are SymPy's own: it differentiates every
    definition with its quantities as functions of the source. `by_composition` puts all definitions
    into one expression first, which takes seconds for one derivative; the results are the same.

    Parameters
    ----------
    network : Network
    sizes : mapping of str to int
        The size of every axis, by name.
    n_steps : int
        Length of the sequence.
    numbers : mapping of str to number, optional
        For some or all inputs of the graph, by name; the others get fractions between -3/4 and 3/4,
        always the same.
    functions : mapping of str to callable or WholeVector, optional
        What stands for the letters of activations, from a SymPy expression to another.

    Attributes
    ----------
    graph : unrolled.symbolic.computation_graph.Graph
    numbers : dict of sympy.Symbol to number

    Raises
    ------
    ValueError
        When a size is missing or not a positive integer, or a number has no place.
    """

    def __init__(
        self,
        network: Network,
        sizes: Mapping[str, int],
        n_steps: int,
        *,
        numbers: Mapping[str, Any] | None = None,
        functions: Mapping[str, Callable[[Any], Any] | WholeVector] | None = None,
    ) -> None:
        self.network = network
        self.n_steps = check_integer("n_steps", n_steps)
        needed = sorted({axis for axes in network.axes.values() for axis in axes})
        if sorted(sizes) != needed:
            got = ", ".join(sorted(sizes)) or "none"
            raise ValueError(f"sizes must name the axes {', '.join(needed)}, got {got}.")
        self.sizes = {axis: check_integer(axis, sizes[axis]) for axis in needed}
        self.functions = functions or {}
        self._symbols: dict[tuple[str, int | None], ImmutableDenseMatrix] = {}
        self._derivatives: dict[Symbol, dict[Symbol, Expr]] = {}
        self.graph = computation_graph.Graph(dict(self._definitions()))
        self.numbers = self._numbers(numbers or {})

    def __repr__(self) -> str:
        sizes = ", ".join(f"{axis}={size}" for axis, size in self.sizes.items())
        return (
            f"Components of {len(self.graph.definitions)} scalars ({sizes}, {self.n_steps} steps)"
        )

    @functools.cached_property
    def values(self) -> dict[Symbol, Expr]:
        """Every scalar of the network, evaluated."""
        return computation_graph.values_at(self.graph, self.numbers)

    def symbols(self, letter: Any) -> ImmutableDenseMatrix:
        """Give the scalars behind a quantity, a parameter or a loss.

        Parameters
        ----------
        letter : Quantity or Parameter

        Returns
        -------
        sympy.Matrix of sympy.Symbol

        Raises
        ------
        ValueError
            When the unrolled network has no such letter at that step.
        """
        time = letter.time if isinstance(letter, Quantity) else None
        found = self._symbols.get((getattr(letter, "key", ""), time))
        if found is None:
            raise ValueError(
                f"letter must stand in the network of {self.n_steps} steps, got {letter!r}. "
                "Put numbers in for t and T, at steps where the letter is computed."
            )
        return found

    def jacobian(self, head: Any, tail: Any) -> ImmutableDenseMatrix:
        """Differentiate every unit of one quantity with respect to every unit of another.

        Parameters
        ----------
        head, tail : Quantity or Parameter

        Returns
        -------
        sympy.Matrix
            One row for each unit of `head`, one column for each of `tail`.
        """
        rows = [
            [self._derivative(source, target) for source in self.symbols(tail)]
            for target in self.symbols(head)
        ]
        return ImmutableDenseMatrix(rows)

    def by_composition(self, target: Any, source: Any) -> Expr:
        """Differentiate one scalar with respect to another the slow way, by composition.

        Parameters
        ----------
        target, source : sympy.Symbol or str
            Scalars of the graph, ``J`` and ``c_1(2)`` for instance.

        Returns
        -------
        sympy.Float

        Raises
        ------
        ValueError
            When one is unknown.
        """
        return computation_graph.derivative_at(self.graph, source, target, self.numbers)

    def __call__(self, letter: Any) -> Any:
        """Give the numbers behind a letter of an equation."""
        if isinstance(letter, Activation):
            return self._function(letter)
        if isinstance(letter, Jacobian):
            return self.jacobian(*letter.args)
        if isinstance(letter, Immediate):
            return self._immediate(letter.args[0])
        of = letter.args[0] if isinstance(letter, Delta) else letter
        if isinstance(of, Quantity) and of.time.is_Integer and of.time > self.n_steps:
            return ImmutableDenseMatrix(zeros(*self._shape(of.key)))
        symbols = self.symbols(of)
        if isinstance(letter, Delta):
            return symbols.applyfunc(lambda unit: self._derivative(unit, Symbol("J")))
        return symbols.applyfunc(lambda unit: self.values[unit])

    # Private

    def _derivative(self, source: Symbol, target: Symbol) -> Expr:
        if source not in self._derivatives:
            self._derivatives[source] = self._derivatives_along(source)
        return self._derivatives[source].get(target, S.Zero)

    def _derivatives_along(self, source: Symbol) -> dict[Symbol, Expr]:
        """Differentiate, one definition at a time, everything that depends on the source."""
        derivatives = {source: S.One}
        for name, (differential, rates) in self._differentials.items():
            if not rates.keys().isdisjoint(derivatives):
                moving = {rate: derivatives.get(unit, S.Zero) for unit, rate in rates.items()}
                derivatives[name] = differential.xreplace(moving)
        return derivatives

    @functools.cached_property
    def _differentials(self) -> dict[Symbol, tuple[Expr, dict[Symbol, Symbol]]]:
        """Let SymPy differentiate every definition, its quantities being functions of a variable.

        Numbers are substituted for everything except the rates at which these quantities change.
        """
        u = Symbol("u")
        found = {}
        for name, expr in self.graph.definitions.items():
            units = sorted(expr.free_symbols, key=str)  # in one order, so that rounding is one too
            moving = {unit: Function(f"F{n}")(u) for n, unit in enumerate(units)}
            rates = {unit: Symbol(f"rate{n}") for n, unit in enumerate(moving)}
            derivative = expr.xreplace(moving).diff(u)
            derivative = derivative.xreplace(
                {path.diff(u): rates[unit] for unit, path in moving.items()}
            )
            derivative = derivative.xreplace(
                {path: self.values[unit] for unit, path in moving.items()}
            )
            found[name] = (derivative, rates)
        return found

    def _immediate(self, of: Quantity) -> ImmutableDenseMatrix:
        (loss,) = self.symbols(Quantity("J", "J", of.time))
        entries = [
            computation_graph.local_derivative(self.graph, unit, loss).xreplace(self.values)
            for unit in self.symbols(of)
        ]
        return ImmutableDenseMatrix(entries)

    def _function(self, activation: Activation) -> Callable[[Any], Any]:
        function = self.functions[activation.name]
        if isinstance(function, WholeVector):
            return function.of
        return lambda matrix: matrix.applyfunc(derivative_of(function, activation.order))

    def _shape(self, key: str) -> tuple[int, int]:
        rows, columns = (*(self.sizes[axis] for axis in self.network.axes[key]), 1)[:2]
        return rows, columns

    def _make(self, letter: Any, time: int | None = None) -> ImmutableDenseMatrix:
        """Make the scalars of a letter, and remember them."""
        rows, columns = self._shape(letter.key)
        tex = letter.args[1].name
        after = "" if time is None else f"({time})"
        tex_after = "" if time is None else f"^{{({time})}}"
        if tex.endswith("}") and "_" in tex:
            tex, inside = tex[:-1].split("_{")
            inside += ","
        else:
            inside = ""

        def scalar(row: int, column: int) -> UnitSymbol:
            two_axes = len(self.network.axes[letter.key]) == 2
            places = [row + 1, column + 1] if two_axes else [row + 1]
            index = "".join(map(str, places))
            alone = rows == columns == 1
            subscript = f"{inside}{'' if alone else index}".rstrip(",")
            name = f"{letter.key}{'' if alone else '_' + index}{after}"
            return UnitSymbol(name, f"{tex}{f'_{{{subscript}}}' if subscript else ''}{tex_after}")

        made = ImmutableDenseMatrix(rows, columns, scalar)
        self._symbols[letter.key, time] = made
        return made

    def _definitions(self) -> Iterator[tuple[Symbol, Expr]]:
        losses = []
        for parameter in self.network.parameters:
            self._make(parameter)
        for state in self.network.states:
            self._make(state, 0)
        for time in range(1, self.n_steps + 1):
            for given in self._given():
                self._make(given, time)
            for entry in self.network.definitions:
                expressions = entry.at(time).value.evaluate(self._symbol_of)
                yield from zip(self._make(entry.name, time), expressions, strict=True)
            loss = UnitSymbol(f"J({time})", f"J^{{({time})}}")
            self._symbols["J", time] = ImmutableDenseMatrix([loss])
            losses.append(loss)
            yield loss, self._loss(time)
        yield Symbol("J"), sum(losses, Integer(0))

    def _given(self) -> list[Quantity]:
        used = {q.at(t) for entry in self.network.definitions for q in entry.value.atoms(Quantity)}
        computed = {entry.name for entry in self.network.definitions}
        return [*sorted(used - computed, key=lambda q: q.key), self.network.target]

    def _symbol_of(self, letter: Any) -> Any:
        if isinstance(letter, Activation):
            return self._function(letter)
        return self.symbols(letter)

    def _loss(self, time: int) -> Expr:
        matrices = {key: matrix for (key, when), matrix in self._symbols.items() if when == time}
        return self.network.loss(matrices)

    def _numbers(self, given: Mapping[str, Any]) -> dict[Symbol, Any]:
        # distinct, mixed in sign, without a pattern that a wrong index could repeat
        numbers: dict[Symbol, Any] = {
            name: Rational(pow(11, place + 1, 1009) - 505, 673)
            for place, name in enumerate(self.graph.inputs)
        }
        for (key, time), matrix in self._symbols.items():
            if key == "target":
                values = self.network.target_values(len(matrix), int(time or 0))
                numbers.update(zip(matrix, map(sympify, values), strict=True))
        by_name = {self.graph.find("numbers", name): value for name, value in given.items()}
        return {**numbers, **by_name}


# Private -------------------------------------------------------------------------------------


def _quantities(term: Term) -> list[Quantity]:
    """Quantities in the order in which they are written, each once."""
    if isinstance(term, Quantity):
        return [term]
    found = (q for part in term.args if isinstance(part, Term) for q in _quantities(part))
    return list(dict.fromkeys(found))


def _sum(terms: Sequence[Term]) -> Term:
    return terms[0] if len(terms) == 1 else Plus(*terms)


def _local(value: Term, tail: Quantity, name: Term) -> tuple[Term, bool]:
    """Differentiate a definition with respect to a quantity: a matrix, or the diagonal of one."""
    if isinstance(value, Plus):
        summands = [term for term in value.args if term.has(tail)]
        if len(summands) == 1:
            return _local(summands[0], tail, summands[0])
        return Plus(*(_within_unit(summand, tail) for summand in summands)), False
    if isinstance(value, MatrixProduct):
        matrix, vector = value.args
        if vector == tail:
            return matrix, True
    users = [term for term in value.args if isinstance(term, Term) and term.has(tail)]
    if isinstance(value, Hadamard) and len(users) == 1:
        factor = users[0]
        others = [term for term in value.args if term != factor]
        if factor == OneMinus(tail):
            return Negative(_product(others)), False
        if factor != tail:
            others.append(_local(factor, tail, factor)[0])
        return _product(others), False
    if isinstance(value, Apply) and value.args[1] == tail:
        if value.args[0].mixes_units:
            return Jacobian(name, tail), True
        return _derivative_of(value, name), False
    raise _no_rule(value, tail)


def _within_unit(summand: Term, tail: Quantity) -> Term:
    """Differentiate one of several terms that use a quantity, each within its own unit."""
    local, is_matrix = _local(summand, tail, summand)
    if is_matrix:
        raise _no_rule(summand, tail)
    return local


def _no_rule(value: Term, tail: Quantity) -> ValueError:
    """Report a definition that the rules of this module cannot differentiate."""
    return ValueError(
        f"a definition must use {tail!r} in one product with a matrix, in one factor of a product "
        f"by ⊙ or as what an activation is applied to, got {value!r}. Give the inner part a name "
        "and a definition of its own."
    )


def _derivative_of(value: Apply, name: Term) -> Term:
    """Differentiate an activation, written with its own value where that has a name."""
    activation, argument = value.args
    if activation.name == "sigma":
        return name * OneMinus(name)
    if activation.name == "tanh":
        return OneMinus(Square(name))
    return activation.prime(argument)  # type: ignore[no-any-return]


def _product(factors: Sequence[Term]) -> Term:
    return functools.reduce(lambda left, right: left * right, factors)


def _term(network: Network, path: Sequence[Edge]) -> Term:
    """Propagate the δ at the end of a path back to its beginning."""
    arrived: Term = Delta(path[-1].head)
    if network.writes_diag or any(edge.is_matrix for edge in path):
        parts = [Transpose(e.local) if e.is_matrix else Diag(e.local) for e in path]
        return MatrixProduct(*parts, arrived)
    factors = [
        factor
        for edge in reversed(path)
        for factor in (edge.local.args if isinstance(edge.local, Hadamard) else (edge.local,))
    ]
    before = [factor for factor in factors if isinstance(factor, Parameter)]
    after = [factor for factor in factors if not isinstance(factor, Parameter)]
    return Hadamard(*before, arrived, *after)


def _delta_of(network: Network, name: Quantity) -> Term:
    if name.key in network.nodes_with_delta:
        return Delta(name)
    return _sum([_term(network, path) for path in paths_from(network, name)])


def _share(value: Term, parameter: Parameter, arrived: Term) -> Term:
    """Give what one step contributes to the gradient of a parameter, from the δ of what uses it."""
    if isinstance(value, Plus):
        (summand,) = (term for term in value.args if term.has(parameter))
        return _share(summand, parameter, arrived)
    if isinstance(value, MatrixProduct):
        outer: Term = arrived @ Transpose(value.args[1])
        return outer
    if isinstance(value, Hadamard):
        return Hadamard(value.args[1], arrived)
    return arrived


def _in_order(
    network: Network, quantity: Quantity, through: Sequence[Quantity]
) -> list[tuple[Edge, ...]]:
    found = {path[-1].head: path for path in paths_from(network, quantity)}
    if not through:
        return list(found.values())
    if set(through) != found.keys():
        ends = ", ".join(q.node for q in found)
        got = ", ".join(q.node for q in through)
        raise ValueError(f"through must name the ends of all paths, {ends}, got {got}.")
    return [found[end] for end in through]


def _backward_step(
    network: Network, equation: VectorEquation, n_steps: int, words: Mapping[str, str]
) -> Step:
    (of,) = equation.lhs.args
    if isinstance(of, Parameter):
        (entry,) = (e for e in network.definitions if of in e.value.atoms(Parameter))
        used_by = [entry.at(time).name for time in range(1, n_steps + 1)]
        on = [
            (q, path)
            for q in used_by
            for path in ([()] if q.key in network.nodes_with_delta else paths_from(network, q))
        ]
        uses = tuple((of.key, q.node, *(edge.head.node for edge in path)) for q, path in on)
        beyond = {(e.tail.node, e.head.node): e.local for _, path in on for e in path}
        return Step(f"all steps: {words[of.key]}", equation, uses, beyond)
    name = f"step {of.time}: {words[of.key]}" if of.time != 0 else words[f"{of.key}(0)"]
    ends = {term.args[0] for term in equation.rhs.atoms(Delta)}
    found = [path for path in paths_from(network, of) if path[-1].head in ends]
    terms = equation.rhs.args if isinstance(equation.rhs, Plus) else (equation.rhs,)
    written = [d.args[0] for term in terms for d in term.atoms(Delta)]  # one in each term
    found.sort(key=lambda path: written.index(path[-1].head))
    to_loss = (f"J({of.time})", "J")
    paths = [(of.node, *(edge.head.node for edge in path)) for path in found]
    local = {(e.tail.node, e.head.node): e.local for path in found for e in path}
    if isinstance(terms[0], Immediate):
        paths.insert(0, (of.node, *to_loss))
        local[of.node, to_loss[0]] = terms[0]
    elif not paths:  # all of the step's loss in one expression
        (path,) = paths_from(network, of)
        paths.append((of.node, *(edge.head.node for edge in path), *to_loss))
    return Step(name, equation, tuple(paths), local)
