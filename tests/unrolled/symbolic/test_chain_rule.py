"""What the page about the chain rule shows, against differences, complex steps and algebra."""

import cmath
import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Function, Rational, Symbol, cos, exp, expand, sin, symbols, tanh

from unrolled.symbolic import chain_rule, flows
from unrolled.symbolic.flows import Graph

A, P, C = -1.0, 2.0, 0.5  # the numbers of the page: the gate is one half
TINY = 1e-30


def gate(c):
    return 1 / (1 + cmath.exp(-(A + P * c)))


def output(c):
    return gate(c) * cmath.tanh(c)


def at_the_point(expression):
    graph = chain_rule.output_unit()
    values = flows.values_at(graph, {"a": A, "p_out": P, "c": C})
    return float(expression.xreplace(values))


# By hand -------------------------------------------------------------------------------------


def test_product_by_hand():
    graph = chain_rule.product_by_hand()
    values = flows.values_at(graph, {"y": 3})
    shares = [route.product.xreplace(values) for route in flows.routes(graph, "y", "f")]
    assert [int(share) for share in shares] == [18, 36]
    assert int(sum(shares)) == 6 * 3**2
    assert flows.described(graph, at={"y": 3})[1] == [
        ("y", "a", "2"), ("y", "b", "6"), ("a", "f", "9"), ("b", "f", "6")
    ]  # fmt: skip


def test_output_unit_by_hand():
    t = math.tanh(0.5)
    direct, by_gate = (1 - t**2) / 2, 2 * t / 4
    shares = {
        len(route.edges): at_the_point(route.product)
        for route in flows.routes(chain_rule.output_unit(), "c", "y")
    }
    assert shares == pytest.approx({1: direct, 3: by_gate}, rel=1e-14)


def test_one_weight_in_three_steps_has_one_route_a_step():
    for copies in (False, True):
        graph = chain_rule.shared_weight(3, copies=copies)
        assert [len(route.edges) for route in flows.routes(graph, "w", "J")] == [
            4 + copies, 3 + copies, 2 + copies
        ]  # fmt: skip


# What a derivative holds ---------------------------------------------------------------------

LOCAL = (
    r"\frac{\partial y}{\partial c} = "
    r"\lim_{\varepsilon \to 0} \frac{F(o, c + \varepsilon) - F(o, c)}{\varepsilon}"
)
TOTAL = (
    r"\frac{d y}{d c} = "
    r"\lim_{\varepsilon \to 0} \frac{F(o_\varepsilon, c + \varepsilon) - F(o, c)}{\varepsilon}"
)


@pytest.mark.equation("chain-local", tex=LOCAL)
def test_local_derivative_is_a_limit_with_the_gate_held(evidence):
    ours = at_the_point(flows.local_derivative(chain_rule.output_unit(), "c", "y"))
    with mpmath.workdps(40):
        held = mpmath.mpf(gate(C).real)
        limit = mpmath.limit(
            lambda n: n * held * (mpmath.tanh(C + 1 / n) - mpmath.tanh(C)), mpmath.inf
        )
    evidence.agrees(ours, float(limit), witness="a limit in mpmath", within=1e-12)


@pytest.mark.equation("chain-total", tex=TOTAL)
def test_total_derivative_is_a_limit_with_the_gate_following(evidence):
    ours = at_the_point(flows.total_derivative(chain_rule.output_unit(), "c", "y"))
    with mpmath.workdps(40):
        whole = lambda c: mpmath.tanh(c) / (1 + mpmath.exp(1 - 2 * c))  # noqa: E731
        limit = mpmath.limit(lambda n: n * (whole(C + 1 / n) - whole(C)), mpmath.inf)
    evidence.agrees(ours, float(limit), witness="a limit in mpmath", within=1e-12)
    step = output(C + 1e-30j).imag / 1e-30
    evidence.agrees(ours, step, witness="complex step", within=1e-14)
    held = at_the_point(flows.local_derivative(chain_rule.output_unit(), "c", "y"))
    assert abs(held / ours - 1) > 0.3


HELD = (
    r"\begin{aligned} \left.\frac{\partial f}{\partial x}\right|_{y} &= y \\ "
    r"\left.\frac{\partial f}{\partial x}\right|_{r} &= r - 2x = y - x \end{aligned}"
)


@pytest.mark.equation("chain-held", tex=HELD)
def test_what_is_held_makes_the_difference(evidence):
    x, y, r = symbols("x y r")
    f = Symbol("f")
    graph = Graph({y: r - x, f: x * y})
    evidence.identity(flows.local_derivative(graph, x, f) - y)
    evidence.identity(flows.total_derivative(graph, x, f) - (y - x))
    evidence.identity((x * (r - x)).diff(x) - (r - 2 * x))
    evidence.identity((r - 2 * x).subs(r, x + y) - (y - x))


# Why it is the sum ---------------------------------------------------------------------------

STRIPS = r"\Delta y = o \, \Delta q + q \, \Delta o + \Delta o \, \Delta q"
SLOTS = (
    r"\begin{aligned} & F(o_\varepsilon, c_\varepsilon) - F(o, c) \\ "
    r"&\quad = F(o_\varepsilon, c_\varepsilon) - F(o, c_\varepsilon) \\ "
    r"&\qquad + F(o, c_\varepsilon) - F(o, c) \end{aligned}"
)


@pytest.mark.equation("chain-strips", tex=STRIPS)
def test_area_gains_two_strips_and_a_corner(evidence):
    o, h, d_o, d_h = symbols("o h Delta_o Delta_h")
    gain = (o + d_o) * (h + d_h) - o * h
    evidence.identity(gain - (o * d_h + h * d_o + d_o * d_h))
    step = 0.3
    d_gate = (gate(C + step) - gate(C)).real
    d_cell = math.tanh(C + step) - math.tanh(C)
    ours = gate(C).real * d_cell + math.tanh(C) * d_gate + d_gate * d_cell
    change = (output(C + step) - output(C)).real
    evidence.agrees(ours, change, witness="the function itself", within=1e-14)


@pytest.mark.equation("chain-slots", tex=SLOTS)
def test_one_place_at_a_time_is_exact_and_each_line_has_its_limit(evidence):
    o, o_after, c, c_after = symbols("o o_after c c_after")
    big_f = Function("F")
    lines = [
        big_f(o_after, c_after) - big_f(o, c_after),
        big_f(o, c_after) - big_f(o, c),
    ]
    evidence.identity(big_f(o_after, c_after) - big_f(o, c) - sum(lines))

    def strange(o, c):
        return mpmath.sin(o * c) + o**2 / (1 + mpmath.exp(c))

    graph = Graph({Symbol("o"): cos(c) + c**2, Symbol("y"): sin(o * c) + o**2 / (1 + exp(c))})
    values = flows.values_at(graph, {c: C})
    by_route = {
        len(route.edges): float(route.product.xreplace(values))
        for route in flows.routes(graph, c, "y")
    }
    with mpmath.workdps(40):
        inner = lambda c: mpmath.cos(c) + c**2  # noqa: E731
        step = mpmath.mpf(10) ** -18
        before, after, moved = inner(mpmath.mpf(C)), inner(C + step), C + step
        first = (strange(after, moved) - strange(before, moved)) / step
        second = (strange(before, moved) - strange(before, C)) / step
    evidence.agrees(
        [by_route[2], by_route[1]], [float(first), float(second)],
        witness="a tiny step, in many digits", within=1e-14,
    )  # fmt: skip


def test_corner_is_of_second_order():
    whole = at_the_point(flows.total_derivative(chain_rule.output_unit(), "c", "y"))
    steps = [1e-2, 1e-3, 1e-4]
    rest = [abs((output(C + e) - output(C)).real - whole * e) for e in steps]
    for large, small in itertools.pairwise(rest):
        assert large / small == pytest.approx(100, rel=0.05)


@pytest.mark.equation("chain-unit")
def test_two_routes_of_the_output_unit(evidence):
    graph = chain_rule.output_unit()
    equation = flows.chain_rule(graph, "c", "y")
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.agrees(
        at_the_point(flows.total_derivative(graph, "c", "y")),
        output(C + 1e-30j).imag / 1e-30,
        witness="complex step",
        within=1e-14,
    )


@pytest.mark.equation("chain-unit")
def test_a_tape_agrees_and_stops_at_a_gate_that_is_held(evidence):
    import tensorflow as tf

    graph = chain_rule.output_unit()
    evidence.rendered(flows.chain_rule(graph, "c", "y"))
    cell = tf.Variable(C, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        o = tf.sigmoid(A + P * cell)
        follows, held = o * tf.tanh(cell), tf.stop_gradient(o) * tf.tanh(cell)
    for y, derivative in (
        (follows, flows.total_derivative(graph, "c", "y")),
        (held, flows.local_derivative(graph, "c", "y")),
    ):
        theirs = float(tape.gradient(y, cell))
        evidence.agrees(at_the_point(derivative), theirs, witness="GradientTape", within=1e-14)


@pytest.mark.equation("chain-unit-slope")
def test_slope_of_the_output_unit_worked_out(evidence):
    equation = chain_rule.output_unit_slope()
    evidence.rendered(equation)
    graph = chain_rule.output_unit()
    known = {Symbol("q"): tanh(Symbol("c")), Symbol("o"): flows.composed(graph, "c", "o")}
    evidence.identity(expand(equation.lhs.doit() - equation.rhs.subs(known)))
    ours = at_the_point(equation.rhs.subs(Symbol("q"), tanh(Symbol("c"))))
    theirs = output(C + 1e-30j).imag / 1e-30
    evidence.agrees(ours, theirs, witness="complex step", within=1e-14)


def test_rule_holds_for_functions_without_properties():
    graph = chain_rule.any_unit()
    assert flows.remainder(graph, "c", "y") == 0
    equation = flows.chain_rule(graph, "c", "y")
    direct = equation.rhs.args[1]
    assert expand(equation.lhs.doit() - direct.doit()) != 0
    assert expand(equation.lhs.doit() - equation.rhs.doit() - direct.doit()) != 0


# Any graph -----------------------------------------------------------------------------------

ROUTES = (
    r"\frac{d f}{d s} = \sum_{\text{routes } s \to f} \ "
    r"\prod_{\text{edges } u \to v} \frac{\partial v}{\partial u}"
)
BACK = (
    r"\frac{d f}{d s} = \sum_{v \text{ uses } s} \frac{d f}{d v} \, \frac{\partial v}{\partial s}"
)
FORWARD = (
    r"\frac{d f}{d s} = \sum_{f \text{ uses } u} \frac{\partial f}{\partial u} \, \frac{d u}{d s}"
)


def random_graph(seed, n=7):
    """Return a graph in which each quantity uses two or three of those before it."""
    rng = np.random.default_rng(seed)
    names = symbols(f"q_0:{n}")
    definitions = {}
    for place in range(1, n):
        used = [names[int(k)] for k in rng.permutation(place)[:3]]
        weights = [Rational(int(w), 7) for w in rng.integers(1, 9, size=len(used))]
        inner = sum(w * u for w, u in zip(weights, used, strict=True))
        definitions[names[place]] = sin(inner) + used[0] * used[-1]
    return Graph(definitions), names


def by_difference(graph, names):
    """Differentiate by plain numbers: no route, no symbol."""
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


@pytest.mark.equation("chain-routes", tex=ROUTES)
def test_sum_over_routes_of_random_graphs(evidence):
    for seed in range(5):
        graph, names = random_graph(seed)
        values = flows.values_at(graph, {names[0]: Rational(3, 10)})
        found = flows.routes(graph, names[0], names[-1])
        assert len(found) > 3
        ours = sum(
            math.prod(float(e.local.xreplace(values)) for e in route.edges) for route in found
        )
        evidence.agrees(
            ours, float(by_difference(graph, names)), witness="central differences", within=1e-12
        )


@pytest.mark.equation("chain-back", tex=BACK)
@pytest.mark.equation("chain-forward", tex=FORWARD)
def test_taking_off_the_first_edge_or_the_last(evidence):
    for seed in range(3):
        graph, names = random_graph(seed)
        start, end = names[0], names[-1]
        numbers = {start: Rational(3, 10)}
        values = flows.values_at(graph, numbers)

        def slope(source, target, graph=graph, numbers=numbers):
            return flows.derivative_at(graph, source, target, numbers)

        def local(tail, head, graph=graph, values=values):
            return flows.local_derivative(graph, tail, head).xreplace(values)

        backward = sum(slope(v, end) * local(start, v) for v in graph.uses_of(start))
        arguments = graph.definitions[end].free_symbols
        forward = sum(local(u, end) * slope(start, u) for u in arguments)
        theirs = float(by_difference(graph, names))
        evidence.agrees(float(backward), theirs, witness="central differences", within=1e-12)
        evidence.agrees(float(forward), theirs, witness="central differences", within=1e-12)


# Many routes ---------------------------------------------------------------------------------

DISTRIBUTE = (
    r"\begin{aligned} & \alpha_1 \alpha_2 + \alpha_1 \beta_2 + \beta_1 \alpha_2 + "
    r"\beta_1 \beta_2 \\ "
    r"&\quad = (\alpha_1 + \beta_1)(\alpha_2 + \beta_2) \end{aligned}"
)


@pytest.mark.equation("chain-distribute", tex=DISTRIBUTE)
def test_two_diamonds_have_four_routes_and_two_brackets(evidence):
    graph = chain_rule.chain_of_diamonds(2)
    edges = {(str(e.tail), str(e.head)): e.local for e in graph.edges}
    alpha, beta = (
        [edges[f"v_{k - 1}", f"{s}_{k}"] * edges[f"{s}_{k}", f"v_{k}"] for k in (1, 2)]
        for s in "ab"
    )
    walked = sum(route.product for route in flows.routes(graph, "v_0", "v_2"))
    one_by_one = sum(p * q for p in (alpha[0], beta[0]) for q in (alpha[1], beta[1]))
    brackets = (alpha[0] + beta[0]) * (alpha[1] + beta[1])
    evidence.identity(walked - one_by_one)
    evidence.identity(walked - brackets)
    values = flows.values_at(graph, {"v_0": 1})
    ours = float(brackets.xreplace(values))
    pencil = math.cos(2) * math.cos(2 * math.sin(1) * math.cos(1))
    evidence.agrees(ours, pencil, witness="the slope by pencil", within=1e-14)


@pytest.mark.parametrize("n_diamonds", [1, 2, 5, 11])
def test_diamonds_double_the_routes_and_add_four_edges(n_diamonds):
    graph = chain_rule.chain_of_diamonds(n_diamonds)
    assert flows.count_routes(graph, "v_0", f"v_{n_diamonds}") == 2**n_diamonds
    assert len(graph.edges) == 4 * n_diamonds


def test_each_edge_once_gives_the_sum_over_all_routes():
    graph = chain_rule.chain_of_diamonds(5)
    values = flows.values_at(graph, {"v_0": 1})
    delta = {Symbol("v_5"): 1}
    for tail, head, local in reversed(graph.edges):
        delta[tail] = delta.get(tail, 0) + delta[head] * local.xreplace(values)
    walked = flows.total_derivative(graph, "v_0", "v_5").xreplace(values)
    assert abs(delta[Symbol("v_0")] - walked) < TINY


# Shared weights ------------------------------------------------------------------------------

COPIES = r"\frac{d J}{d w} = \sum_{t=1}^{T} \frac{d J}{d w^{(t)}}"
IMMEDIATE = (
    r"\frac{d h^{(t)}}{d w} = \frac{\partial h^{(t)}}{\partial w} + "
    r"\frac{\partial h^{(t)}}{\partial h^{(t-1)}} \, \frac{d h^{(t-1)}}{d w}"
)


def last_state(w, n_steps, h=0.7):
    for _ in range(n_steps):
        h = cmath.tanh(w * h)
    return h


@pytest.mark.equation("chain-copies", tex=COPIES)
def test_gradient_of_a_shared_weight_is_the_sum_over_its_copies(evidence):
    for n_steps in (1, 3, 5):
        graph = chain_rule.shared_weight(n_steps, copies=True)
        numbers = {"w": 0.9, "h(0)": 0.7}
        shares = [
            float(flows.derivative_at(graph, f"w({t})", "J", numbers))
            for t in range(1, n_steps + 1)
        ]
        theirs = (last_state(0.9 + 1e-30j, n_steps) ** 2 / 2).imag / 1e-30
        evidence.agrees(sum(shares), theirs, witness="complex step", within=1e-14)
        assert n_steps == 1 or abs(sum(shares[:-1]) - theirs) > 1e-3


@pytest.mark.equation("chain-immediate", tex=IMMEDIATE)
def test_total_is_immediate_and_what_came_before(evidence):
    graph = chain_rule.shared_weight(3)
    numbers = {"w": 0.9, "h(0)": 0.7}
    values = flows.values_at(graph, numbers)
    for t in (2, 3):
        immediate = flows.local_derivative(graph, "w", f"h({t})").xreplace(values)
        carried = flows.local_derivative(graph, f"h({t - 1})", f"h({t})").xreplace(values)
        before = flows.derivative_at(graph, "w", f"h({t - 1})", numbers)
        theirs = last_state(0.9 + 1e-30j, t).imag / 1e-30
        evidence.agrees(
            float(immediate + carried * before), theirs, witness="complex step", within=1e-14
        )
        assert abs(float(immediate) / theirs - 1) > 0.3


# Vectors -------------------------------------------------------------------------------------

VECTOR = (
    r"\frac{d f}{d s} = \frac{\partial f}{\partial u} \frac{\partial u}{\partial s} + "
    r"\frac{\partial f}{\partial v} \frac{\partial v}{\partial s}"
)
COLUMN = (
    r"\delta s = \left(\frac{\partial u}{\partial s}\right)^{\top} \delta u + "
    r"\left(\frac{\partial v}{\partial s}\right)^{\top} \delta v"
)


@pytest.mark.equation("chain-vector", tex=VECTOR)
@pytest.mark.equation("chain-column", tex=COLUMN)
def test_jacobians_multiply_from_the_end_and_columns_by_transposes(evidence):
    rng = np.random.default_rng(7)
    a, b, c = rng.normal(size=(3, 5)), rng.normal(size=(3, 5)), rng.normal(size=(2, 3))
    s, d_f = rng.normal(size=5), rng.normal(size=2)
    u, v = np.tanh(a @ s), np.sin(b @ s)
    u_by_s, v_by_s = np.diag(1 - u**2) @ a, np.diag(np.cos(b @ s)) @ b
    f_by_u, f_by_v = c @ np.diag(v), c @ np.diag(u)

    def whole(s):
        return c @ (np.tanh(a @ s) * np.sin(b @ s))

    columns = [whole(s + 1e-30j * unit).imag / 1e-30 for unit in np.eye(5)]
    theirs = np.array(columns).T
    ours = f_by_u @ u_by_s + f_by_v @ v_by_s
    evidence.agrees(ours, theirs, witness="complex step", within=1e-14)
    column = u_by_s.T @ (f_by_u.T @ d_f) + v_by_s.T @ (f_by_v.T @ d_f)
    gradient = np.array([(d_f @ whole(s + 1e-30j * unit)).imag / 1e-30 for unit in np.eye(5)])
    evidence.agrees(column, gradient, witness="complex step", within=1e-14)


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
