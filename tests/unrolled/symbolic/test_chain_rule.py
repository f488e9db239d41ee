"""What the page about the chain rule shows, against differences, complex steps and algebra."""

import cmath
import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, cos, exp, expand, sin, symbols, tanh

from bookkeeping.check.formulas.evaluating import Defined
from printed_graph import edges_of, letter, letters_of, paths_between
from unrolled.symbolic import chain_rule, computation_graph
from unrolled.symbolic.computation_graph import Graph

A, P, C = -1.0, 2.0, 0.5  # the numbers of the page: the gate is one half
WEIGHTS = [{"w": 0.9, "h(0)": 0.7}, {"w": -1.3, "h(0)": 0.4}]
TINY = 1e-30


def gate(c):
    return 1 / (1 + cmath.exp(-(A + P * c)))


def output(c):
    return gate(c) * cmath.tanh(c)


def at_the_point(expression):
    graph = chain_rule.output_unit()
    values = computation_graph.values_at(graph, {"a": A, "p_out": P, "c": C})
    return float(expression.xreplace(values))


# By hand -------------------------------------------------------------------------------------


def test_product_by_hand():
    graph = chain_rule.product_by_hand()
    values = computation_graph.values_at(graph, {"y": 3})
    shares = [path.product.xreplace(values) for path in computation_graph.paths(graph, "y", "f")]
    assert [int(share) for share in shares] == [18, 36]
    assert int(sum(shares)) == 6 * 3**2
    assert computation_graph.described(graph, at={"y": 3})[1] == [
        ("y", "a", "2"), ("y", "b", "6"), ("a", "f", "9"), ("b", "f", "6")
    ]  # fmt: skip


def test_output_unit_by_hand():
    t = math.tanh(0.5)
    direct, by_gate = (1 - t**2) / 2, 2 * t / 4
    shares = {
        len(path.edges): at_the_point(path.product)
        for path in computation_graph.paths(chain_rule.output_unit(), "c", "y")
    }
    assert shares == pytest.approx({1: direct, 3: by_gate}, rel=1e-14)


def test_one_weight_in_three_steps_has_one_path_a_step():
    for copies in (False, True):
        graph = chain_rule.shared_weight(3, copies=copies)
        assert [len(path.edges) for path in computation_graph.paths(graph, "w", "J")] == [
            4 + copies, 3 + copies, 2 + copies
        ]  # fmt: skip


# What a derivative holds ---------------------------------------------------------------------


def strange(o, c):
    """Take two numbers; it has no property that a proof might use."""
    return np.sin(o * c) + o**2 / (1 + np.exp(c))


UNITS = [  # the function of gate and cell, then a, the peephole and the cell
    (lambda o, c: o * np.tanh(c), A, P, C),
    (strange, 0.4, -1.3, -0.7),
]


def letters_of_a_unit(function, a, p_out, c):
    """Gate and output follow the cell; the output is any function of both."""

    def gate_at(c):
        return 1 / (1 + np.exp(-(a + p_out * c)))

    return {
        "F": function, "c": c, "o": Defined(lambda of: gate_at(of("c"))),
        "y": Defined(lambda of: function(of("o"), of("c"))),
        r"o_\varepsilon": Defined(lambda of: gate_at(of("c") + of(r"\varepsilon"))),
    }  # fmt: skip


@pytest.mark.equation("chain-local")
@pytest.mark.equation("chain-total")
@pytest.mark.parametrize("unit", UNITS, ids=["the unit", "any function"])
def test_both_derivatives_are_limits_with_the_gate_held_and_with_the_gate_following(evidence, unit):
    for label in ("chain-local", "chain-total"):
        letters = letters_of_a_unit(*unit)
        evidence.evaluates(
            {letter: letters[letter] for letter in "Fcoy"}, background=letters, label=label,
            witness="steps in the complex plane", within=1e-12,
        )  # fmt: skip


@pytest.mark.equation("chain-held")
@pytest.mark.parametrize(("x", "y"), [(0.3, 1.1), (-0.7, 2.3)])
def test_what_is_held_makes_the_difference(evidence, x, y):
    evidence.evaluates(
        {"f": Defined(lambda of: of("x") * of("y")), "x": x, "y": y, "r": x + y},
        holding={"y": {}, "r": {"y": Defined(lambda of: of("r") - of("x"))}},
        witness="steps in the complex plane", within=1e-14,
    )  # fmt: skip


# Why it is the sum ---------------------------------------------------------------------------


@pytest.mark.equation("chain-strips")
def test_area_gains_two_strips_and_a_corner(evidence):
    gained = [
        {
            "o": gate(at).real, "q": math.tanh(at),
            r"\Delta q": math.tanh(at + step) - math.tanh(at),
            r"\Delta o": (gate(at + step) - gate(at)).real,
            r"\Delta y": (output(at + step) - output(at)).real,
        }
        for at, step in ((C, 0.3), (C, -0.7), (-1.1, 2.0))
    ]  # fmt: skip
    evidence.evaluates(
        {}, at=gained, witness="the output itself, before and after a step", within=1e-14
    )


@pytest.mark.equation("chain-slots")
def test_one_place_at_a_time_is_exact_and_each_line_has_its_limit(evidence):
    o, c = symbols("o c")
    evidence.evaluates(
        {"F": strange},
        at={"o": [0.4, -1.2], r"o_\varepsilon": [0.9, 2.1], "c": [0.3, 1.7],
            r"c_\varepsilon": [-0.8, 0.5]},
        witness="a function without any property, at numbers without any relation", within=1e-14,
    )  # fmt: skip
    graph = Graph({o: cos(c) + c**2, Symbol("y"): sin(o * c) + o**2 / (1 + exp(c))})
    values = computation_graph.values_at(graph, {c: C})
    by_path = {
        len(path.edges): float(path.product.xreplace(values))
        for path in computation_graph.paths(graph, c, "y")
    }
    with mpmath.workdps(40):
        inner = lambda c: mpmath.cos(c) + c**2  # noqa: E731
        outer = lambda o, c: mpmath.sin(o * c) + o**2 / (1 + mpmath.exp(c))  # noqa: E731
        step = mpmath.mpf(10) ** -18
        before, after, moved = inner(mpmath.mpf(C)), inner(C + step), C + step
        first = (outer(after, moved) - outer(before, moved)) / step
        second = (outer(before, moved) - outer(before, C)) / step
    evidence.agrees(
        [by_path[2], by_path[1]], [float(first), float(second)],
        witness="a tiny step, in many digits", within=1e-14,
    )  # fmt: skip


def test_corner_is_of_second_order():
    whole = at_the_point(computation_graph.total_derivative(chain_rule.output_unit(), "c", "y"))
    steps = [1e-2, 1e-3, 1e-4]
    rest = [abs((output(C + e) - output(C)).real - whole * e) for e in steps]
    for large, small in itertools.pairwise(rest):
        assert large / small == pytest.approx(100, rel=0.05)


UNIT_INPUTS = [{"a": A, "p_out": P, "c": C}, {"a": 0.4, "p_out": -1.3, "c": -0.7}]


@pytest.mark.equation("chain-unit")
@pytest.mark.equation("chain-unit-slope")
@pytest.mark.parametrize("inputs", UNIT_INPUTS)
def test_two_paths_of_the_output_unit(evidence, inputs):
    letters = letters_of(chain_rule.output_unit(), inputs)
    letters["q"] = Defined(lambda of: np.tanh(of("c")))
    for label in ("chain-unit", "chain-unit-slope"):
        evidence.evaluates(
            {letter: letters[letter] for letter in "yoc"}, background=letters, label=label,
            witness="steps in the complex plane", within=1e-14,
        )  # fmt: skip


@pytest.mark.equation("chain-unit")
@pytest.mark.equation("chain-unit-slope")
def test_a_tape_agrees_and_stops_at_a_gate_that_is_held(evidence):
    import tensorflow as tf

    graph = chain_rule.output_unit()
    cell = tf.Variable(C, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        o = tf.sigmoid(A + P * cell)
        follows, held = o * tf.tanh(cell), tf.stop_gradient(o) * tf.tanh(cell)
    total, local = (float(tape.gradient(y, cell)) for y in (follows, held))
    for theirs, derivative in (
        (total, computation_graph.total_derivative(graph, "c", "y")),
        (local, computation_graph.local_derivative(graph, "c", "y")),
    ):
        evidence.agrees(at_the_point(derivative), theirs, witness="GradientTape", within=1e-14)
    letters = letters_of(graph, UNIT_INPUTS[0])
    evidence.evaluates(
        {letter: letters[letter] for letter in "yoc"}, background=letters, label="chain-unit",
        witness="steps in the complex plane", within=1e-14,
    )  # fmt: skip
    tangent = {"y": Defined(lambda of: total * of("c")), "c": C, "o": float(o), "p_{out}": P}
    evidence.evaluates(
        {**tangent, "q": math.tanh(C)}, witness="the derivative that GradientTape finds",
        label="chain-unit-slope", within=1e-14,
    )  # fmt: skip


def test_rule_holds_for_functions_without_properties():
    graph = chain_rule.any_unit()
    assert computation_graph.remainder(graph, "c", "y") == 0
    whole = computation_graph.composed(graph, "c", "y").diff("c")
    for share in computation_graph.shares(graph, "c", "y"):
        assert expand(whole - share) != 0


# Any graph -----------------------------------------------------------------------------------


def random_graph(seed, n=7):
    """Return a graph in which each quantity uses two or three of those before it."""
    rng = np.random.default_rng(seed)
    names = symbols(f"x_0:{n}")
    definitions = {}
    for place in range(1, n):
        used = [names[int(k)] for k in rng.permutation(place)[:3]]
        weights = [Rational(int(w), 7) for w in rng.integers(1, 9, size=len(used))]
        inner = sum(w * u for w, u in zip(weights, used, strict=True))
        definitions[names[place]] = sin(inner) + used[0] * used[-1]
    return Graph(definitions), names


def by_difference(graph, names):
    """Differentiate by plain numbers: no path, no symbol."""
    program = [
        sympy.lambdify(names, definition, "mpmath") for definition in graph.definitions.values()
    ]

    def run(start):
        numbers = [start, *[mpmath.mpf(0)] * (len(names) - 1)]
        for place, (name, line) in enumerate(zip(graph.definitions, program, strict=True)):
            assert name == names[place + 1]
            numbers[place + 1] = line(*numbers)
        return numbers[-1]

    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -20
        return (run(mpmath.mpf("0.3") + step) - run(mpmath.mpf("0.3") - step)) / (2 * step)


@pytest.mark.equation("chain-routes")
@pytest.mark.equation("chain-back")
@pytest.mark.equation("chain-forward")
@pytest.mark.parametrize("seed", range(3))
def test_random_graphs_obey_the_rule_path_by_path_and_edge_by_edge(evidence, seed):
    graph, names = random_graph(seed)
    start = {names[0]: 0.3}
    edges, letters = edges_of(graph), letters_of(graph, start)
    nodes = [letter(name) for name in names]
    listed = {
        frozenset((letter(e.tail), letter(e.head)) for e in path.edges)
        for path in computation_graph.paths(graph, names[0], names[-1])
    }
    assert paths_between(edges, nodes[0], nodes[-1]) == listed
    assert len(listed) > 3
    sets = {
        "chain-routes": {r"\mathcal{P}": lambda s, f: paths_between(edges, s, f)},
        "chain-back": {r"\mathcal{U}": lambda s: frozenset(v for u, v in edges if u == s)},
        "chain-forward": {r"\mathcal{A}": lambda f: frozenset(u for u, v in edges if v == f)},
    }
    for label, found in sets.items():
        evidence.evaluates(
            found, background=letters, at={"s": nodes[:2], "f": nodes[-2:]}, label=label,
            witness="steps in the complex plane through all definitions at once", within=1e-13,
        )  # fmt: skip
        ours = float(computation_graph.derivative_at(graph, names[0], names[-1], start))
        theirs = float(by_difference(graph, names))
        evidence.agrees(ours, theirs, witness="central differences", within=1e-12)


# Many paths ---------------------------------------------------------------------------------


@pytest.mark.equation("chain-distribute")
@pytest.mark.parametrize("start", [1.0, 0.3])
def test_two_diamonds_have_four_paths_and_two_brackets(evidence, start):
    graph = chain_rule.chain_of_diamonds(2)
    values = computation_graph.values_at(graph, {"v_0": start})
    edges = {(str(e.tail), str(e.head)): float(e.local.xreplace(values)) for e in graph.edges}
    alpha, beta = (
        {k: edges[f"v_{k - 1}", f"{s}_{k}"] * edges[f"{s}_{k}", f"v_{k}"] for k in (1, 2)}
        for s in "ab"
    )
    evidence.evaluates(
        {r"\alpha_k": alpha, r"\beta_k": beta},
        witness="its other side, for the local derivatives of two diamonds", within=1e-14,
    )  # fmt: skip
    walked = float(computation_graph.total_derivative(graph, "v_0", "v_2").xreplace(values))
    inner = math.sin(start) * math.cos(start)
    pencil = math.cos(2 * start) * math.cos(2 * inner)
    evidence.agrees(walked, pencil, witness="the derivative by pencil", within=1e-14)


@pytest.mark.parametrize("n_diamonds", [1, 2, 5, 11])
def test_diamonds_double_the_paths_and_add_four_edges(n_diamonds):
    graph = chain_rule.chain_of_diamonds(n_diamonds)
    assert computation_graph.count_paths(graph, "v_0", f"v_{n_diamonds}") == 2**n_diamonds
    assert len(graph.edges) == 4 * n_diamonds


def test_each_edge_once_gives_the_sum_over_all_paths():
    graph = chain_rule.chain_of_diamonds(5)
    values = computation_graph.values_at(graph, {"v_0": 1})
    delta = {Symbol("v_5"): 1}
    for tail, head, local in reversed(graph.edges):
        delta[tail] = delta.get(tail, 0) + delta[head] * local.xreplace(values)
    walked = computation_graph.total_derivative(graph, "v_0", "v_5").xreplace(values)
    assert abs(delta[Symbol("v_0")] - walked) < TINY


# Shared weights ------------------------------------------------------------------------------


@pytest.mark.equation("chain-copies")
@pytest.mark.parametrize(("n_steps", "start"), list(zip((3, 5), WEIGHTS, strict=True)))
def test_gradient_of_a_shared_weight_is_the_sum_over_its_copies(evidence, n_steps, start):
    letters = letters_of(chain_rule.shared_weight(n_steps, copies=True), start)
    evidence.evaluates(
        {letter: letters[letter] for letter in ("J", "w", "w^{(t)}")} | {"T": n_steps},
        background=letters, within=1e-14,
        witness="steps in the complex plane, of one copy after the other and of all at once",
    )  # fmt: skip


@pytest.mark.equation("chain-immediate")
@pytest.mark.parametrize("start", WEIGHTS)
def test_total_is_immediate_and_what_came_before(evidence, start):
    letters = letters_of(chain_rule.shared_weight(5), start)
    evidence.evaluates(
        {letter: letters[letter] for letter in ("h^{(t)}", "w")}, at={"t": [2, 3, 4]},
        witness="steps in the complex plane", within=1e-14,
    )  # fmt: skip


# Vectors -------------------------------------------------------------------------------------


def gradient(function, at):
    """Differentiate a number by each entry of a vector, by steps in the complex plane."""
    units = np.eye(at.size)
    return np.array([function(at + 1e-30j * unit).imag / 1e-30 for unit in units])


@pytest.mark.equation("chain-vector")
@pytest.mark.equation("chain-column")
@pytest.mark.parametrize("sizes", [(2, 3, 5), (5, 7, 3)])
def test_jacobians_multiply_from_the_end_and_columns_by_transposes(evidence, sizes):
    n_out, n_between, n_in = sizes
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(2, n_between, n_in))
    c, s, d_f = rng.normal(size=(n_out, n_between)), rng.normal(size=n_in), rng.normal(size=n_out)
    letters = {
        "s": s,
        "u": Defined(lambda of: np.tanh(a @ of("s"))), "v": Defined(lambda of: np.sin(b @ of("s"))),
        "f": Defined(lambda of: c @ (of("u") * of("v"))),
    }  # fmt: skip
    evidence.evaluates(
        letters, label="chain-vector", witness="steps in the complex plane", within=1e-14
    )
    u, v = np.tanh(a @ s), np.sin(b @ s)
    letters |= {
        r"\delta s": gradient(lambda s: d_f @ c @ (np.tanh(a @ s) * np.sin(b @ s)), s),
        r"\delta u": gradient(lambda u: d_f @ c @ (u * v), u),
        r"\delta v": gradient(lambda v: d_f @ c @ (u * v), v),
    }
    evidence.evaluates(
        {letter: value for letter, value in letters.items() if letter != "f"},
        label="chain-column", witness="steps in the complex plane", within=1e-14,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [chain_rule.chain_of_diamonds, chain_rule.shared_weight])
@pytest.mark.parametrize("number", [0, -1, 2.0, True])
def test_a_chain_has_at_least_one_link(function, number):
    with pytest.raises(ValueError, match=r"n_\w+ must (be at least 1|hold integers)"):
        function(number)


def test_nothing_is_assumed_about_the_unit_of_any_functions():
    graph = chain_rule.any_unit()
    assert not any(definition.has(tanh) for definition in graph.definitions.values())
    assert {str(name) for name in graph.inputs} == {"c"}
