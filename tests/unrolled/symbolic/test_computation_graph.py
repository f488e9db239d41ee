import itertools

import mpmath
import pytest
import sympy
from sympy import Function, Integer, Rational, Symbol, cos, exp, expand, log, sin, symbols, tanh

from printed_graph import letters_of
from unrolled.symbolic import computation_graph
from unrolled.symbolic.computation_graph import Graph

x, y, a, b, c, f = symbols("x y a b c f")
DIAMOND = {a: 2 * y, b: y**2, f: a * b}
WINDING = {a: sin(y) * x, b: a * tanh(y), c: exp(a) + b**2, f: log(1 + c**2) * y + b}
POINT = {x: Rational(7, 5), y: Rational(3, 11)}


def test_diamond_by_hand():
    graph = Graph(DIAMOND)
    assert [repr(path) for path in computation_graph.paths(graph, y, f)] == [
        "y → a → f",
        "y → b → f",
    ]
    assert [path.product for path in computation_graph.paths(graph, y, f)] == [2 * b, 2 * a * y]
    assert computation_graph.total_derivative(graph, y, f) == 2 * b + 2 * a * y
    assert computation_graph.composed(graph, y, f) == 2 * y**3
    assert computation_graph.remainder(graph, y, f) == 0


def test_local_derivative_holds_the_other_arguments_fixed():
    graph = Graph({b: tanh(a), f: a * b})
    assert computation_graph.local_derivative(graph, a, f) == b
    assert computation_graph.total_derivative(graph, a, f) == b + a * (1 - tanh(a) ** 2)


def test_a_defined_quantity_can_be_the_source():
    graph = Graph(WINDING)
    assert computation_graph.composed(graph, b, f) == log(1 + (exp(a) + b**2) ** 2) * y + b
    assert computation_graph.remainder(graph, b, f) == 0


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), [(y, f), (x, f), (a, f), (b, c), (y, c), (c, f)])
def test_sum_over_paths_is_the_derivative_of_the_composed_expression(source, target):
    graph = Graph(WINDING)
    assert computation_graph.remainder(graph, source, target) == 0
    ours = computation_graph.total_derivative(graph, source, target)
    whole = computation_graph.composed(graph, source, target)
    for name, expr in reversed(list(WINDING.items())):  # composes by another way: from the end
        if name != source:
            ours = ours.xreplace({name: expr})
            whole = whole.xreplace({name: expr})
    difference = (ours - whole.diff(source)).xreplace({**POINT, a: 2, b: Rational(-1, 3), c: 5})
    assert abs(difference.evalf(40)) < 1e-35


def test_leaving_one_path_out_is_not_the_derivative():
    graph = Graph(WINDING)
    found = computation_graph.paths(graph, y, f)
    values = computation_graph.values_at(graph, POINT)
    exact = computation_graph.derivative_at(graph, y, f, POINT)
    for left_out in found:
        rest = sum(path.product.xreplace(values) for path in found if path != left_out)
        assert abs(rest - exact) > 1e-3


def test_every_path_is_listed_once_and_counted():
    n_layers, width = 4, 3
    layers = [symbols(f"v{layer}_:{width}") for layer in range(n_layers)]
    definitions = {
        unit: sum(layers[layer - 1]) for layer in range(1, n_layers) for unit in layers[layer]
    }
    graph = Graph({**definitions, f: sum(layers[-1])})
    found = computation_graph.paths(graph, layers[0][0], f)
    assert len(found) == len(set(found)) == width ** (n_layers - 1)
    assert computation_graph.count_paths(graph, layers[0][0], f) == width ** (n_layers - 1)
    assert computation_graph.total_derivative(graph, layers[0][0], f) == width ** (n_layers - 1)
    expected = {(layers[0][0], *between, f) for between in itertools.product(*layers[1:])}
    assert {path.nodes for path in found} == expected


def test_order_of_the_definitions_does_not_matter():
    for shuffled in itertools.permutations(WINDING.items()):
        graph = Graph(dict(shuffled))
        assert list(graph.definitions) == [a, b, c, f]
        assert graph.inputs == (x, y)


def test_from_a_quantity_to_itself_leads_the_empty_path():
    (path,) = computation_graph.paths(Graph(DIAMOND), a, "a")
    assert (path.nodes, path.edges, path.product) == ((a,), (), 1)
    assert computation_graph.remainder(Graph(DIAMOND), a, a) == 0
    assert computation_graph.derivative_at(Graph(DIAMOND), a, a, {y: 1}) == 1


def test_edges_are_uses():
    graph = Graph(DIAMOND)
    assert [edge[:2] for edge in graph.edges] == [(y, a), (y, b), (a, f), (b, f)]
    assert [edge.local for edge in graph.edges] == [2, 2 * y, b, a]


# The chain rule in general -------------------------------------------------------------------


@pytest.mark.parametrize(("n_between", "n_sources"), [(1, 1), *((n, 2) for n in range(1, 6))])
def test_chain_rule_holds_for_any_functions(n_between, n_sources):
    graph = computation_graph.graph_between(n_between, n_sources=n_sources)
    source = "y" if n_sources == 1 else "y_1"
    whole = computation_graph.composed(graph, source, "f").diff(source)
    assert expand(whole - sum(computation_graph.shares(graph, source, "f"))) == 0
    assert whole.atoms(Function), "nothing was assumed about the functions"


@pytest.mark.equation("chain-one")
@pytest.mark.parametrize("start", [0.5, -1.3])
def test_one_quantity_between(evidence, start):
    letters = letters_of(Graph({x: sin(y) + y**3, f: exp(x)}), {y: start})
    evidence.evaluates(letters, witness="steps in the complex plane", within=1e-14)
    derivative = mpmath.diff(lambda y: mpmath.exp(mpmath.sin(y) + y**3), start)
    ours = computation_graph.derivative_at(Graph({x: sin(y) + y**3, f: exp(x)}), y, f, {y: start})
    evidence.agrees(float(ours), float(derivative), witness="differences by mpmath", within=1e-12)


@pytest.mark.equation("chain-two")
@pytest.mark.parametrize("numbers", [(0.3, 0.7), (-1.1, 0.4)])
def test_two_quantities_between(evidence, numbers):
    y1, y2, x1, x2 = symbols("y_1 y_2 x_1 x_2")
    graph = Graph({x1: sin(y1 * y2), x2: y1**2 + y2, f: x1 * tanh(x2)})
    letters = letters_of(graph, dict(zip((y1, y2), numbers, strict=True)))
    evidence.evaluates(letters, witness="steps in the complex plane", within=1e-14)


@pytest.mark.equation("chain-many")
@pytest.mark.parametrize("n_between", [1, 3, 5])
def test_any_number_of_quantities_between(evidence, n_between):
    y1, y2 = symbols("y_1 y_2")
    between = symbols(f"x_1:{n_between + 1}")
    inner = {x_j: sin(j * y1) + y2**j for j, x_j in enumerate(between, start=1)}
    letters = letters_of(Graph({**inner, f: sympy.prod(between)}), {y1: 0.3, y2: 0.7})
    evidence.evaluates(
        letters | {"n": n_between}, at={"i": [1, 2]}, witness="steps in the complex plane",
        within=1e-14,
    )  # fmt: skip


def test_a_function_that_uses_the_source_twice_keeps_its_places_apart():
    graph = Graph({a: Function("G")(y), f: Function("F")(a, y)})
    by_a, direct = computation_graph.shares(graph, y, f)
    assert computation_graph.remainder(graph, y, f) == 0
    assert direct != computation_graph.composed(graph, y, f).diff(y), "its other argument is held"
    meant = {Function("F"): lambda p, q: p**2 * q, Function("G"): sin}
    found = direct.subs(Function("F"), sympy.Lambda((x, c), x**2 * c)).subs(Function("G"), sin)
    assert found.doit() == meant[Function("F")](sin(y), 1)
    assert by_a.has(sympy.Derivative)


def test_chain_rule_holds_for_functions_put_in_and_differentiated_by_mpmath():
    y1, y2 = symbols("y_1 y_2")
    between = [sin(y1 * y2), y1**2 + y2, cos(y1) * y2]
    x1, x2, x3 = symbols("x_1:4")
    graph = Graph({x1: between[0], x2: between[1], x3: between[2], f: x1 * x2 + tanh(x3) * x1})
    ours = computation_graph.total_derivative(graph, y1, f).xreplace(
        computation_graph.values_at(graph, {y1: 2, y2: 3})
    )
    whole = sympy.lambdify(y1, computation_graph.composed(graph, y1, f).subs(y2, 3), "mpmath")
    with mpmath.workdps(40):
        assert abs(mpmath.diff(whole, 2) - ours) < 1e-15


@pytest.mark.parametrize("n_between", [2, 3])
def test_a_term_too_few_breaks_the_chain_rule(n_between):
    graph = computation_graph.graph_between(n_between)
    kept = computation_graph.shares(graph, "y_1", "f")[1:]
    assert expand(computation_graph.composed(graph, "y_1", "f").diff("y_1") - sum(kept)) != 0


# Numbers -------------------------------------------------------------------------------------


def test_derivative_at_a_point_agrees_with_differences_and_with_the_paths():
    graph = Graph(WINDING)
    values = computation_graph.values_at(graph, POINT)
    step = Rational(1, 10**12)
    for source in (x, y):
        up, down = (
            computation_graph.values_at(graph, {**POINT, source: POINT[source] + h})[f]
            for h in (step, -step)
        )
        exact = computation_graph.derivative_at(graph, source, f, POINT)
        assert abs((up - down) / (2 * step) - exact) < 1e-20
        assert (
            abs(computation_graph.total_derivative(graph, source, f).xreplace(values) - exact)
            < 1e-35
        )
        assert abs(computation_graph.remainder(graph, source, f, at=POINT)) < 1e-35


def test_no_path_is_a_zero_derivative():
    assert computation_graph.derivative_at(Graph(WINDING), f, a, POINT) == 0
    assert computation_graph.count_paths(Graph(WINDING), f, a) == 0


def test_values_follow_the_definitions():
    values = computation_graph.values_at(Graph(DIAMOND), {"y": 0.5})
    assert {str(name): float(value) for name, value in values.items()} == {
        "y": 0.5,
        "a": 1.0,
        "b": 0.25,
        "f": 0.25,
    }


# Plain words ---------------------------------------------------------------------------------


def test_a_graph_is_described_by_name_or_by_number():
    letters, uses = computation_graph.described(
        Graph({Symbol("obar"): 2 * y, f: y * Symbol("obar")})
    )
    assert letters == {"y": "y", "obar": r"\bar{o}", "f": "f"}
    assert uses == [
        ("y", "obar", r"\frac{\partial \bar{o}}{\partial y}"),
        ("y", "f", r"\frac{\partial f}{\partial y}"),
        ("obar", "f", r"\frac{\partial f}{\partial \bar{o}}"),
    ]
    _, uses = computation_graph.described(Graph(DIAMOND), at={y: 3})
    assert [local for *_, local in uses] == ["2", "6", "9", "6"]
    with pytest.raises(ValueError, match="hold a number for every input, got none for y"):
        computation_graph.described(Graph(DIAMOND), at={})


@pytest.mark.parametrize("n_between", [1, 4])
def test_graph_between_is_that_of_the_rule(n_between):
    graph = computation_graph.graph_between(n_between, n_sources=3)
    assert len(computation_graph.paths(graph, "y_1", "f")) == n_between
    assert len(graph.edges) == 4 * n_between


# How they read -------------------------------------------------------------------------------


def test_a_graph_says_its_definitions():
    assert repr(Graph(DIAMOND)) == "Graph of 3 definitions\n  a = 2*y\n  b = y**2\n  f = a*b"


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definitions", "complaint"),
    [
        ({}, "definitions must hold at least one quantity, got none"),
        ([(a, b)], "definitions must map symbols to expressions, got list"),
        ({"a": b}, "definitions must be named by symbols, got 'a'"),
        ({a: a + 1}, r"definitions must not run in a circle, got a → a\. Give each time step"),
        ({a: b, b: c, c: a + x, f: a}, r"not run in a circle, got a → c → b → a"),
        ({f: a, b: c, c: b, a: c}, r"not run in a circle, got \w → \w → \w\."),
        ({a: "b + 1"}, "definition of a must be a SymPy expression, got str"),
        ({a: True}, "definition of a must be a SymPy expression, got bool"),
        ({a: sympy.Matrix([b])}, "definition of a must be a SymPy expression, got MutableDense"),
        ({a: sympy.MatrixSymbol("M", 2, 2)}, "definition of a must be a finite scalar, got M"),
        ({a: sympy.nan}, "definition of a must be a finite scalar, got nan"),
        ({a: float("inf")}, "definition of a must be a finite scalar, got inf"),
    ],
)
def test_what_is_no_graph_is_refused(definitions, complaint):
    with pytest.raises(ValueError, match=complaint):
        Graph(definitions)


@pytest.mark.parametrize(
    "function",
    [computation_graph.paths, computation_graph.total_derivative, computation_graph.shares],
)
def test_no_path_is_named(function):
    graph = Graph({**DIAMOND, c: x**2})
    with pytest.raises(ValueError, match=r"got no path from x to f\. That derivative is zero"):
        function(graph, x, f)
    with pytest.raises(ValueError, match=r"no path from f to y\. There is one in the opposite"):
        function(graph, f, y)


@pytest.mark.parametrize(
    "function",
    [
        computation_graph.paths,
        computation_graph.total_derivative,
        computation_graph.shares,
        computation_graph.composed,
        computation_graph.count_paths,
    ],
)
def test_unknown_names_are_named(function):
    with pytest.raises(ValueError, match=r"source must be a quantity .*, got 'q'\. It knows a, b"):
        function(Graph(DIAMOND), "q", f)
    with pytest.raises(ValueError, match="target must be a quantity of the graph, got 3"):
        function(Graph(DIAMOND), y, 3)
    with pytest.raises(ValueError, match="A symbol of that name has other assumptions"):
        function(Graph(DIAMOND), Symbol("y", positive=True), f)


def test_an_edge_that_is_none_is_refused():
    with pytest.raises(ValueError, match="head must use y in its definition, got f"):
        computation_graph.local_derivative(Graph(DIAMOND), y, f)


@pytest.mark.parametrize(
    ("numbers", "complaint"),
    [
        ({}, "numbers must hold a number for every input, got none for x, y"),
        ({x: 1, y: 2, a: 3}, r"numbers must be for inputs only, got one for a\. It is computed"),
        ({x: 1, y: 2, "q": 3}, "numbers must be a quantity of the graph, got 'q'"),
        ({x: 1, y: "2"}, "number for y must be finite and real, got '2'"),
        ({x: 1, y: True}, "number for y must be finite and real, got True"),
        ({x: 1, y: 1j}, "number for y must be finite and real"),
        ({x: 1, y: float("nan")}, "number for y must be finite and real, got nan"),
        ({x: 1, y: b}, "number for y must be finite and real, got b"),
    ],
)
def test_numbers_are_checked(numbers, complaint):
    with pytest.raises(ValueError, match=complaint):
        computation_graph.values_at(Graph(WINDING), numbers)


def test_what_nobody_would_read_is_counted_but_not_listed():
    names = symbols("v:16")
    graph = Graph({name: sum(names[:place]) for place, name in enumerate(names) if place})
    assert computation_graph.count_paths(graph, names[0], names[-1]) == 2**14
    with pytest.raises(ValueError, match="joined by at most 10000 paths, got 16384"):
        computation_graph.paths(graph, names[0], names[-1])


def test_what_may_never_end_is_refused():
    names = symbols("v:7")
    definitions = {
        name: tanh(sum(names[:place])) * Integer(place) for place, name in enumerate(names) if place
    }
    graph = Graph(definitions)
    with pytest.raises(ValueError, match=r"compose to at most 2000 operations.* Give numbers by"):
        computation_graph.remainder(graph, names[0], names[-1])
    assert abs(computation_graph.remainder(graph, names[0], names[-1], at={names[0]: 0.3})) < 1e-35


@pytest.mark.parametrize("number", [0, -1, 1.0, True, "2"])
def test_the_general_rule_needs_something_between(number):
    with pytest.raises(ValueError, match=r"n_between must (be at least 1|hold integers)"):
        computation_graph.graph_between(number)
