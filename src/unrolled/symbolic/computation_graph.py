"""A graph of named definitions, its paths, and the chain rule as a sum over them.

A quantity is defined as an expression of others; whatever is used and not defined is an input. An
edge leads from a quantity to one that uses it, and carries the *local* derivative: all other
arguments of that one definition are held fixed. In the *total* derivative everything that depends
on the source changes with it; it is the sum, over all paths, of the products of the local ones.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sympy import (
    Add,
    Derivative,
    Dummy,
    Expr,
    Float,
    Function,
    Integer,
    Mul,
    S,
    Symbol,
    count_ops,
    expand,
    latex,
    sympify,
)

from unrolled.shapes import check_integer

__all__ = [
    "Edge",
    "Graph",
    "Path",
    "composed",
    "count_paths",
    "derivative_at",
    "described",
    "graph_between",
    "local_derivative",
    "paths",
    "remainder",
    "shares",
    "total_derivative",
    "values_at",
]

DIGITS = 40
"""Decimal digits of every number that `values_at` and `derivative_at` give."""
MANY_PATHS = 10_000
"""More paths than this are counted, but not listed."""
MANY_OPERATIONS = 2_000
"""Above this, SymPy's `expand` may take forever."""


class Edge(NamedTuple):
    """One use: the definition of `head` mentions `tail`."""

    tail: Symbol
    head: Symbol
    local: Expr
    """Derivative of the head's definition with respect to the tail, other arguments held fixed."""


class Path(NamedTuple):
    """One path through the graph, in the direction of computation."""

    nodes: tuple[Symbol, ...]
    edges: tuple[Edge, ...]

    @property
    def product(self) -> Expr:
        """Product of the local derivatives, from the end of the path to its beginning."""
        return Mul(*(edge.local for edge in reversed(self.edges)))

    def __repr__(self) -> str:
        return " → ".join(map(str, self.nodes))


class Graph:
    """Named definitions, each an expression of other quantities.

    Parameters
    ----------
    definitions : mapping of sympy.Symbol to sympy.Expr
        In any order. A symbol that is used and not defined is an input.

    Attributes
    ----------
    definitions : dict of sympy.Symbol to sympy.Expr
        In an order in which they can be computed, the given one where that is possible.
    inputs : tuple of sympy.Symbol
        What is used and not defined, in the order of the alphabet.
    edges : tuple of Edge
        Every use, in the order of `definitions`.

    Raises
    ------
    ValueError
        If a name is not a symbol, a definition is not an expression, or the definitions are
        circular.

    Examples
    --------
    >>> from sympy import symbols
    >>> y, x, f = symbols("y x f")
    >>> Graph({f: x**3, x: 2 * y})
    Graph of 2 definitions
      x = 2*y
      f = x**3
    """

    def __init__(self, definitions: Any) -> None:
        if not isinstance(definitions, Mapping):
            kind = type(definitions).__name__
            raise _complaint("definitions", "map symbols to expressions", kind, "Give a dict.")
        checked = {
            _check_name(name): _check_expression(name, definitions[name]) for name in definitions
        }
        if not checked:
            raise _complaint("definitions", "hold at least one quantity", "none")
        used = {name: expr.free_symbols for name, expr in checked.items()}
        order = _sorted_by_use(used)
        self.definitions: dict[Symbol, Expr] = {name: checked[name] for name in order}
        leaves = set().union(*used.values()) - checked.keys()
        self.inputs = tuple(sorted(leaves, key=str))
        self._position = {name: place for place, name in enumerate((*self.inputs, *order))}
        self._out: dict[Symbol, list[Symbol]] = {name: [] for name in self._position}
        for head in order:
            for tail in sorted(used[head], key=self._position.__getitem__):
                self._out[tail].append(head)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every use with its local derivative."""
        return tuple(
            Edge(tail, head, local_derivative(self, tail, head))
            for head in self.definitions
            for tail in self._position
            if head in self._out[tail]
        )

    def find(self, role: str, quantity: Any) -> Symbol:
        """Find a symbol of the graph.

        Parameters
        ----------
        role : str
            What the caller calls it, for error messages.
        quantity : sympy.Symbol or str
            A symbol of the graph, or its name.

        Returns
        -------
        sympy.Symbol

        Raises
        ------
        ValueError
            If it is not in the graph.
        """
        names = {str(name): name for name in self._position}
        if isinstance(quantity, Symbol) and quantity in self._position:
            return quantity
        if isinstance(quantity, str) and quantity in names:
            return names[quantity]
        known = ", ".join(sorted(names)[:12]) + (", …" if len(names) > 12 else "")
        if str(quantity) in names:
            repair = "A symbol of that name has other assumptions: take the graph's own."
        else:
            repair = f"It knows {known}."
        raise _complaint(role, "be a quantity of the graph", repr(quantity), repair)

    def __repr__(self) -> str:
        lines = [f"  {name} = {expr}" for name, expr in self.definitions.items()]
        count = f"{len(lines)} definition{'s' * (len(lines) != 1)}"
        return "\n".join([f"Graph of {count}", *lines])


def described(
    graph: Graph, *, at: Mapping[Any, Any] | None = None
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Describe a graph in plain strings, for drawing it.

    Parameters
    ----------
    graph : Graph
    at : mapping of sympy.Symbol or str to number, optional
        A number for every input: an edge is then described by the value of its local derivative,
        and otherwise by its name.

    Returns
    -------
    letters : dict of str to str
        The TeX of every quantity, by name.
    uses : list of (str, str, str)
        Tail, head and local derivative, as TeX, of every edge.

    Raises
    ------
    ValueError
        As `values_at`.
    """
    values = {} if at is None else values_at(graph, at)
    letters = {str(name): latex(name) for name in graph._position}
    uses = []
    for tail, head, local in graph.edges:
        value = local.xreplace(values)
        named = rf"\frac{{\partial {latex(head)}}}{{\partial {latex(tail)}}}"
        tex = named if at is None else f"{float(value):g}"
        uses.append((str(tail), str(head), tex))
    return letters, uses


# Paths ---------------------------------------------------------------------------------------


def local_derivative(graph: Graph, tail: Any, head: Any) -> Expr:
    """Differentiate one definition with respect to one argument, the others held fixed.

    Parameters
    ----------
    graph : Graph
    tail, head : sympy.Symbol or str
        The definition of `head` mentions `tail`.

    Returns
    -------
    sympy.Expr

    Raises
    ------
    ValueError
        If one is unknown, or the definition does not mention the tail.
    """
    tail, head = graph.find("tail", tail), graph.find("head", head)
    if head not in graph._out[tail]:
        raise _complaint("head", f"use {tail} in its definition", f"{head}")
    return graph.definitions[head].diff(tail)


def count_paths(graph: Graph, source: Any, target: Any) -> int:
    """Count the paths without listing them.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str

    Returns
    -------
    int
        0 where nothing leads from `source` to `target`; 1 from a quantity to itself.

    Raises
    ------
    ValueError
        When one is unknown.
    """
    source, target = graph.find("source", source), graph.find("target", target)
    return _path_counts(graph, target)[source]


def paths(graph: Graph, source: Any, target: Any) -> tuple[Path, ...]:
    """List every path from one quantity to another.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str

    Returns
    -------
    tuple of Path
        In the order in which the definitions are computed. From a quantity to itself: one path
        without edges, whose product is one.

    Raises
    ------
    ValueError
        If one is unknown, there is no path, or there are too many to list.

    Examples
    --------
    >>> from sympy import symbols
    >>> y, a, b, f = symbols("y a b f")
    >>> paths(Graph({a: 2 * y, b: y**2, f: a * b}), "y", "f")
    (y → a → f, y → b → f)
    """
    source, target = graph.find("source", source), graph.find("target", target)
    counts = _path_counts(graph, target)
    if not counts[source]:
        back = _path_counts(graph, source)[target]
        repair = "There is one in the opposite direction." if back else "That derivative is zero."
        raise _complaint("target", "depend on source", f"no path from {source} to {target}", repair)
    if counts[source] > MANY_PATHS:
        raise _complaint(
            "source and target",
            f"be joined by at most {MANY_PATHS} paths",
            f"{counts[source]}",
            "`count_paths` counts them, and `derivative_at` uses none.",
        )
    edges: dict[tuple[Symbol, Symbol], Edge] = {}
    found = []
    for nodes in _walk(graph, source, target, counts):
        pairs = tuple(itertools.pairwise(nodes))
        for pair in pairs:
            if pair not in edges:
                edges[pair] = Edge(*pair, local_derivative(graph, *pair))
        found.append(Path(nodes, tuple(edges[pair] for pair in pairs)))
    return tuple(found)


# Derivatives ---------------------------------------------------------------------------------


def total_derivative(graph: Graph, source: Any, target: Any) -> Expr:
    """Sum, over all paths, the products of the local derivatives.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str

    Returns
    -------
    sympy.Expr
        In the symbols of the graph: definitions are not substituted.

    Raises
    ------
    ValueError
        As `paths`.

    Notes
    -----
    That this sum is the derivative is proved, case by case, by `remainder`.

    Examples
    --------
    >>> from sympy import symbols
    >>> y, a, b, f = symbols("y a b f")
    >>> total_derivative(Graph({a: 2 * y, b: y**2, f: a * b}), y, f)
    2*a*y + 2*b
    """
    return Add(*(path.product for path in paths(graph, source, target)))


def composed(graph: Graph, source: Any, target: Any) -> Expr:
    """Substitute the definitions until the target is an expression of the source.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str

    Returns
    -------
    sympy.Expr
        `source` stays a symbol, even if it has a definition; so does everything that does not
        depend on it.

    Raises
    ------
    ValueError
        When one is unknown.
    """
    source, target = graph.find("source", source), graph.find("target", target)
    if source == target:
        return source
    return _expressions(graph, source, target).get(target, target)


def shares(graph: Graph, source: Any, target: Any) -> tuple[Expr, ...]:
    """Give what each path adds to the total derivative, as an expression of the source.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str

    Returns
    -------
    tuple of sympy.Expr
        In the order of `paths`. The definitions are substituted into each local derivative, whose
        other arguments stay fixed.

    Raises
    ------
    ValueError
        As `paths`.
    """
    found = paths(graph, source, target)
    whole = _expressions(graph, graph.find("source", source), graph.find("target", target))
    return tuple(
        Mul(*(_local_composed(graph, edge, whole) for edge in path.edges)) for path in found
    )


def remainder(
    graph: Graph, source: Any, target: Any, *, at: Mapping[Any, Any] | None = None
) -> Expr:
    """Prove the chain rule: SymPy's derivative of the composed expression minus the sum over paths.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str
    at : mapping of sympy.Symbol or str to number, optional
        A number for every input: the difference is then evaluated there to `DIGITS` digits, and not
        expanded, which may take SymPy forever.

    Returns
    -------
    sympy.Expr
        Zero.

    Raises
    ------
    ValueError
        As `paths` and `values_at`; and if the expressions are too large to be expanded.
    """
    if at is not None:
        numbers = values_at(graph, at)
        by_paths = total_derivative(graph, source, target).xreplace(numbers)
        return derivative_at(graph, source, target, at) - by_paths
    by_composition = composed(graph, source, target).diff(graph.find("source", source))
    difference = by_composition - Add(*shares(graph, source, target))
    if count_ops(difference) > MANY_OPERATIONS:
        raise _complaint(
            "graph",
            f"compose to at most {MANY_OPERATIONS} operations",
            f"{count_ops(difference)}",
            "Give numbers by `at`.",
        )
    return expand(difference)


# Numbers -------------------------------------------------------------------------------------


def values_at(graph: Graph, numbers: Mapping[Any, Any]) -> dict[Symbol, Expr]:
    """Evaluate every definition, in the order in which they can be computed.

    Parameters
    ----------
    graph : Graph
    numbers : mapping of sympy.Symbol or str to number
        One for every input.

    Returns
    -------
    dict of sympy.Symbol to sympy.Float
        Inputs included, to `DIGITS` digits.

    Raises
    ------
    ValueError
        When an input is missing, a name is unknown or defined by the graph, or a value is not a
        finite real number.
    """
    given = {graph.find("numbers", name): number for name, number in numbers.items()}
    missing = [str(name) for name in graph.inputs if name not in given]
    if missing:
        raise _complaint(
            "numbers", "hold a number for every input", f"none for {', '.join(missing)}"
        )
    defined = [str(name) for name in given if name in graph.definitions]
    if defined:
        raise _complaint(
            "numbers", "be for inputs only", f"one for {', '.join(defined)}", "It is computed."
        )
    values = {name: _check_number(name, number) for name, number in given.items()}
    for name, expr in graph.definitions.items():
        values[name] = expr.xreplace(values).evalf(DIGITS)
    return values


def derivative_at(graph: Graph, source: Any, target: Any, numbers: Mapping[Any, Any]) -> Expr:
    """Let SymPy differentiate the composed expression, and evaluate it, without any paths.

    Parameters
    ----------
    graph : Graph
    source, target : sympy.Symbol or str
    numbers : mapping of sympy.Symbol or str to number
        One for every input.

    Returns
    -------
    sympy.Float
        To `DIGITS` digits; zero where nothing leads from `source` to `target`.

    Raises
    ------
    ValueError
        As `values_at`.

    Notes
    -----
    Numbers are substituted for everything that does not depend on the source before the definitions
    are composed: the result is the same, and SymPy needs milliseconds instead of minutes.
    """
    source, target = graph.find("source", source), graph.find("target", target)
    values = values_at(graph, numbers)
    if source == target:
        return S.One
    known = {name: value for name, value in values.items() if name != source}
    expressions = _expressions(graph, source, target, known)
    if target not in expressions:
        return S.Zero
    return expressions[target].diff(source).xreplace({source: values[source]}).evalf(DIGITS)


# The chain rule in general -------------------------------------------------------------------


def graph_between(n_between: int, *, n_sources: int = 2) -> Graph:
    """Give a graph with any number of quantities in between, and with arbitrary functions.

    Parameters
    ----------
    n_between : int
        Number of quantities in between, at least 1: as many paths, each of two edges.
    n_sources : int, optional
        Number of quantities on which these depend.

    Returns
    -------
    Graph
        From ``y_1``, … by ``x_1``, … to ``f``; without a number where there is one only.

    Raises
    ------
    ValueError
        When a number is below one.
    """
    n_between, n_sources = (
        check_integer(role, number)
        for role, number in (("n_between", n_between), ("n_sources", n_sources))
    )
    sources, between = _numbered("y", n_sources), _numbered("x", n_between)
    inner = {x: Function(f"X{j}")(*sources) for j, x in enumerate(between)}
    return Graph({**inner, Symbol("f"): Function("F")(*between)})


# Private -------------------------------------------------------------------------------------


def _numbered(letter: str, count: int) -> list[Symbol]:
    if count == 1:
        return [Symbol(letter)]
    return [Symbol(f"{letter}_{number}") for number in range(1, count + 1)]


def _expressions(
    graph: Graph, source: Symbol, target: Symbol, known: Mapping[Symbol, Expr] | None = None
) -> dict[Symbol, Expr]:
    """Compose the definitions from the quantities that depend on the source to the target."""
    reaches = _path_counts(graph, target)
    known = known or {}
    expressions: dict[Symbol, Expr] = {}
    moved = {source}
    for name, expr in graph.definitions.items():
        if reaches[name] and expr.free_symbols & moved:
            fixed = {s: known[s] for s in expr.free_symbols - moved if s in known}
            between = {s: expressions[s] for s in expr.free_symbols if s in expressions}
            expressions[name] = expr.xreplace({**fixed, **between})
            moved.add(name)
    return expressions


def _local_composed(graph: Graph, edge: Edge, whole: Mapping[Symbol, Expr]) -> Expr:
    """Substitute expressions into a local derivative without turning it into a total one."""
    if not edge.local.has(Derivative):
        return edge.local.xreplace(whole)
    slot = Dummy()  # else d/dc F(o, c), with c put in for o as well, would change both arguments
    definition = graph.definitions[edge.head].xreplace({edge.tail: slot}).xreplace(whole)
    return definition.diff(slot).subs(slot, whole.get(edge.tail, edge.tail))


def _path_counts(graph: Graph, target: Symbol) -> dict[Symbol, int]:
    counts = dict.fromkeys(graph._position, 0)
    counts[target] = 1
    for name in reversed(graph._position):
        if name != target:
            counts[name] = sum(counts[head] for head in graph._out[name])
    return counts


def _walk(
    graph: Graph, node: Symbol, target: Symbol, counts: Mapping[Symbol, int]
) -> Iterator[tuple[Symbol, ...]]:
    if node == target:
        yield (node,)
        return
    for head in graph._out[node]:
        if counts[head]:
            for rest in _walk(graph, head, target, counts):
                yield (node, *rest)


def _sorted_by_use(used: Mapping[Symbol, set[Symbol]]) -> list[Symbol]:
    """Put each definition after those it uses; report a circle if there is one."""
    order: dict[Symbol, None] = {}
    waiting = list(used)
    while waiting:
        ready = (name for name in waiting if not (used[name] & used.keys()) - order.keys())
        first = next(ready, None)
        if first is None:
            raise _circle(used, set(waiting))
        order[first] = None
        waiting.remove(first)
    return list(order)


def _circle(used: Mapping[Symbol, set[Symbol]], waiting: set[Symbol]) -> ValueError:
    path = [min(waiting, key=str)]
    while path[-1] not in path[:-1]:
        path.append(min(used[path[-1]] & waiting, key=str))
    circle = path[path.index(path[-1]) :]
    return _complaint(
        "definitions",
        "not run in a circle",
        " → ".join(str(name) for name in reversed(circle)),
        "Give each time step names of its own.",
    )


def _check_name(name: Any) -> Symbol:
    if not isinstance(name, Symbol):
        raise _complaint(
            "definitions", "be named by symbols", repr(name), "Make one with sympy.Symbol."
        )
    return name


def _check_expression(name: Symbol, value: Any) -> Expr:
    expression = value if isinstance(value, Expr) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        expression = sympify(value)
    if expression is None:
        raise _complaint(f"definition of {name}", "be a SymPy expression", type(value).__name__)
    if expression.is_Matrix or expression.has(S.NaN, S.ComplexInfinity, S.Infinity):
        raise _complaint(
            f"definition of {name}", "be a finite scalar", str(value), "One entry a quantity."
        )
    return expression


def _check_number(name: Symbol, number: Any) -> Expr:
    if not isinstance(number, bool | str):
        try:
            value = sympify(number)
        except (TypeError, ValueError, AttributeError):
            value = None
        if isinstance(value, Expr) and value.is_number and value.is_real and value.is_finite:
            return Float(value, DIGITS) if not isinstance(value, Integer) else value
    raise _complaint(f"number for {name}", "be finite and real", repr(number))


def _complaint(name: str, expectation: str, arrival: str, repair: str = "") -> ValueError:
    return ValueError(f"{name} must {expectation}, got {arrival}. {repair}".rstrip())
