import itertools

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, tanh

from printed_network import KEYS, SIZES, defined, delta, in_print, numbers
from unrolled.networks.clipping import clip_by_norm
from unrolled.symbolic import flows, rnn
from unrolled.symbolic.lines import in_lines
from unrolled.symbolic.recurrences import edges_from
from unrolled.symbolic.rnn import NETWORK, G, U, W, a, b, h, loss, o, x, y, y_hat
from unrolled.symbolic.vectors import (
    Column,
    Delta,
    Diag,
    Inequality,
    Jacobian,
    Parameter,
    Power,
    ProductDown,
    ProductOver,
    Scalar,
    Transpose,
    VectorEquation,
    k,
    s,
    sigma,
    t,
)

N_HIDDEN, TIME, N_IN, N_OUT = 2, 3, 5, 7
STEPS = range(1, TIME + 1)
TINY = 1e-30  # what is left of forty digits
LAST_STEP = {("x", TIME), ("y", TIME)}
PAIRS = [(time, earlier) for time in STEPS for earlier in range(time + 1)]


@pytest.fixture(scope="module")
def truth():
    """The network unrolled, with tanh for g."""
    return rnn.components(N_IN, N_HIDDEN, N_OUT, TIME)


def residual(equation, components, **indices):
    """Return the largest difference of the last two sides, as a share of the largest entry."""
    evaluated = equation.on(components, **indices)
    sides = [
        np.array(sympy.Matrix([side]).evalf(40).tolist(), dtype=object).ravel()
        for side in evaluated.sides[-2:]
    ]
    assert sides[0].shape == sides[1].shape
    scale = max(abs(sides[0]))
    assert scale > 0, "nothing was compared"
    return float(max(abs(sides[0] - sides[1])) / scale)


def numbers_of(components, letter):
    return floats(components(letter))


def floats(matrix):
    return np.array(matrix.tolist(), dtype=float)


claim = pytest.mark.equation


# By hand -------------------------------------------------------------------------------------


def test_one_unit_and_two_steps_by_hand():
    numbers = {"U": 1, "W": 1, "b": 0, "V_11": 0, "V_21": 1, "c_1": 0, "c_2": 0}
    numbers |= {"h(0)": 0, "x(1)": 0, "x(2)": 0}
    components = rnn.components(1, 1, 2, 2, numbers=numbers)
    assert components(h.at(2))[0] == 0
    assert list(map(float, components(y_hat.at(2)))) == [0.5, 0.5]
    up = float(components(y.at(2))[1])
    assert float(components(Delta(h.at(2)))[0]) == pytest.approx(0.5 - up, rel=1e-15)
    before = float(components(y.at(1))[1])
    assert float(components(Delta(h.at(1)))[0]) == pytest.approx(1 - before - up, abs=1e-15)


# The forward sweep ---------------------------------------------------------------------------


def forward(values, inject=None, activation=np.tanh):
    """Run the network in NumPy, written down by itself; complex numbers pass through.

    The parameters are one dictionary, or a list with one for each step.
    """
    parameters, xs, state, targets = values
    copies = parameters if isinstance(parameters, list) else [parameters] * TIME
    inject = inject or {}

    def given(name, time, vector):
        return vector + inject.get((name, time), 0)

    state = given("h", 0, state)
    total, trace = 0, {}
    for time in STEPS:
        parameters = copies[time - 1]
        entering = given("x", time, xs[time - 1])
        into = parameters["U"] @ entering + parameters["W"] @ state + parameters["b"]
        state = given("h", time, activation(into))
        out = given("o", time, parameters["V"] @ state + parameters["c"])
        shares = np.exp(out) / np.exp(out).sum()
        total = total - (targets[time - 1] * np.log(shares)).sum()
        trace[time] = {"a": into, "h": state, "o": out, "y_hat": shares}
    return total, trace


def values_of(components):
    parameters = {}
    for parameter in NETWORK.parameters:
        entries = numbers_of(components, parameter)
        parameters[parameter.key] = entries[:, 0] if parameter.key in "bc" else entries
    columns = [
        [numbers_of(components, q.at(time))[:, 0] for time in steps]
        for q, steps in ((x, STEPS), (h, [0]), (y, STEPS))
    ]
    return parameters, columns[0], columns[1][0], columns[2]


@pytest.fixture(scope="module")
def values(truth):
    return values_of(truth)


def test_definitions_compute_what_numpy_computes(truth, values):
    _, trace = forward(values)
    for time in STEPS:
        for quantity in (a, h, o, y_hat):
            ours = numbers_of(truth, quantity.at(time))[:, 0]
            np.testing.assert_allclose(ours, trace[time][quantity.key], rtol=1e-14, atol=1e-15)


@pytest.fixture(scope="module")
def given(truth):
    """The numbers of the unrolled network, as `printed_network` takes them."""
    steps = [(x, "x", STEPS), (y, "y", STEPS), (h, "h", [0])]
    numbers = {
        (key, time): numbers_of(truth, letter.at(time))[:, 0]
        for letter, key, times in steps
        for time in times
    }
    for parameter in NETWORK.parameters:
        entries = numbers_of(truth, parameter)
        numbers[parameter.key] = entries[:, 0] if parameter.key in "bc" else entries
    return numbers


@pytest.fixture(scope="module", params=SIZES, ids=str)
def printed(request):
    """Every letter of a network with its number; errors and gradients by complex steps."""
    return in_print(numbers(request.param))


@pytest.mark.parametrize(
    ("tex", "quantity"),
    [
        pytest.param("a^{(t)}", a, marks=claim("rnn-preactivation")),
        pytest.param("h^{(t)}", h, marks=claim("rnn-hidden")),
        pytest.param("o^{(t)}", o, marks=claim("rnn-logits")),
        pytest.param(r"\hat{y}^{(t)}", y_hat, marks=claim("rnn-estimate")),
    ],
)
def test_each_quantity_of_the_unrolled_network_is_what_its_equation_says(
    evidence, truth, given, tex, quantity
):
    evidence.evaluates(
        {tex: {time: numbers_of(truth, quantity.at(time))[:, 0] for time in [*STEPS]}
         | ({0: given["h", 0]} if quantity is h else {})},
        background=in_print(given), at={"t": STEPS},
        witness="the network unrolled unit by unit in SymPy, to forty digits", within=1e-14,
    )  # fmt: skip


@claim("rnn-weighted-sum")
def test_a_unit_gathers_over_its_wires_the_one_from_itself_included(evidence, printed):
    evidence.evaluates(
        {letter: printed[letter] for letter in ("W", "h^{(t)}", "n")}, background=printed,
        at={"t": [1, 2], "j": range(1, printed["n"] + 1)},
        witness="NumPy's product of a matrix and a vector", within=1e-14,
    )  # fmt: skip


def test_old_state_stands_inside_the_activation(truth):
    outside = VectorEquation(h, G(b + U @ x) + W @ h.at(t - 1))
    assert residual(outside, truth, t=2) > 1e-2


@claim("rnn-parameter-count")
@pytest.mark.parametrize("sizes", [(3, 4, 2), (N_IN, N_HIDDEN, N_OUT), (2, 5, 3)])
def test_parameters_are_counted(evidence, sizes):
    components = rnn.components(*sizes, 1)
    counted = sum(len(components.symbols(parameter)) for parameter in NETWORK.parameters)
    evidence.evaluates(
        {r"\text{parameters}": counted, **dict(zip("mnq", sizes, strict=True))},
        witness="all parameters of the network unrolled unit by unit, counted", within=0,
    )  # fmt: skip


# Every delta ---------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", [tanh, sigma])
def test_deltas_are_derivatives_of_the_total_loss(activation):
    components = rnn.components(3, N_HIDDEN, 3, TIME, activation=activation)
    for time in STEPS:
        for equation in (rnn.delta_o(), rnn.delta_h(), rnn.delta_x()):
            assert residual(equation, components, t=time, T=TIME) < TINY
    assert residual(rnn.delta_h0(), components) < TINY
    for equation in rnn.parameter_gradients():
        assert residual(equation, components, T=TIME) < TINY


@claim("rnn-delta")
def test_an_error_is_the_total_derivative_that_sympy_finds(evidence, truth, given):
    slopes = {time: numbers_of(truth, Delta(h.at(time)))[:, 0] for time in (0, *STEPS)}
    evidence.evaluates(
        {r"\delta h^{(t)}": slopes}, background=defined(given), at={"t": (0, *STEPS)},
        witness="derivatives of the network unrolled unit by unit, by SymPy", within=1e-14,
    )  # fmt: skip


def errors_of(printed, label):
    """Say at which steps an equation is tried, and which letter comes from complex steps."""
    every = {"t": range(1, printed["T"] + 1)}
    before = {"t": range(1, printed["T"])}
    letter = {"rnn-delta-o": "o", "rnn-delta-x": "x"}.get(label, "h")
    at = {"rnn-delta-h": before, "rnn-delta-o": every, "rnn-delta-x": every}.get(label, {})
    return rf"\delta {letter}^{{(t)}}", at


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(label, marks=claim(label))
        for label in (
            "rnn-delta-o", "rnn-delta-h", "rnn-delta-h-last", "rnn-delta-x", "rnn-delta-h0"
        )
    ],
)  # fmt: skip
def test_errors_that_steps_in_the_complex_plane_find_obey_the_recursion(evidence, label):
    for sizes in SIZES:
        given = numbers(sizes)
        printed = in_print(given)
        letter, at = errors_of(printed, label)
        evidence.evaluates(
            {letter: printed[letter]}, background=printed | defined(given), at=at,
            witness="steps in the complex plane through the whole network", within=1e-14,
        )  # fmt: skip


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(label[-1], marks=claim(label))
        for label in (
            "rnn-gradient-U", "rnn-gradient-W", "rnn-gradient-b", "rnn-gradient-V", "rnn-gradient-c"
        )
    ],
)  # fmt: skip
def test_gradients_that_steps_in_the_complex_plane_find_are_the_sums_over_steps(
    evidence, printed, key
):
    letter = rf"\delta {key}"
    evidence.evaluates(
        {letter: printed[letter], "T": printed["T"]}, background=printed,
        witness="steps in the complex plane through the whole network", within=1e-13,
    )  # fmt: skip


@pytest.mark.parametrize("source", ["h_1(1)", "W_12", "x_3(1)", "b_2"])
def test_one_composed_expression_gives_the_same(source):
    components = rnn.components(3, N_HIDDEN, 2, 2)
    exact = components.by_composition("J", source)
    ours = components._slope(components.graph.find("source", source), Symbol("J"))
    assert abs(ours - exact) < TINY
    assert abs(flows.remainder(components.graph, source, "J", at=components.numbers)) < TINY


def test_every_local_derivative_is_what_sympy_says(truth):
    found = [edge for quantity in (a, h, o, x) for edge in edges_from(NETWORK, quantity)]
    assert [(edge.tail.node, edge.head.node) for edge in found] == [
        ("a(t)", "h(t)"),
        ("h(t)", "a(t + 1)"),
        ("h(t)", "o(t)"),
        ("o(t)", "y_hat(t)"),
        ("x(t)", "a(t)"),
    ]
    for edge in found:
        head, tail = (q.subs(t, 2) for q in (edge.head, edge.tail))
        rows = [
            [truth.graph.definitions[new].diff(old) for old in truth.symbols(tail)]
            for new in truth.symbols(head)
        ]
        local = edge.local.subs(t, 2).on(truth)
        ours = local if edge.is_matrix else sympy.diag(*local)
        difference = sympy.Matrix(rows).xreplace(truth.values) - ours
        assert max(abs(entry) for entry in difference) < TINY


# Shared parameters ---------------------------------------------------------------------------


@claim("rnn-shared-parameter")
@pytest.mark.parametrize("key", KEYS)
def test_derivative_by_a_shared_parameter_is_the_sum_over_its_copies(evidence, key):
    for sizes in SIZES:
        letters = defined(numbers(sizes), shared=key)
        evidence.evaluates(
            {letter: letters[letter] for letter in ("J", "T", r"\theta", r"\theta^{(t)}")},
            background=letters, within=1e-13,
            witness="steps in the complex plane, of one copy after the other and of all at once",
        )  # fmt: skip


@claim("rnn-total-loss")
def test_total_loss_is_the_sum_over_steps(evidence, truth, given):
    shorter = {letter: value for letter, value in given.items() if letter not in LAST_STEP}
    for network, total in (
        (given, float(truth.values[Symbol("J")])),
        (shorter, float(sum(truth(loss.at(time))[0] for time in (1, 2)))),
    ):
        printed = in_print(network)
        evidence.evaluates(
            {"J": total, "J^{(t)}": printed["J^{(t)}"], "T": printed["T"]},
            witness="the network unrolled unit by unit in SymPy", within=1e-14,
        )  # fmt: skip


@claim("rnn-update")
def test_update_goes_down(evidence):
    given = numbers(SIZES[0])
    letters = defined(given, shared="W")
    for rate in (0.25, 0.6):
        evidence.evaluates(
            {r"\theta": letters[r"\theta"], r"\eta": rate, "J": letters["J"]},
            background=letters, after={r"\theta": given["W"] - rate * delta(given, "W")},
            witness="steps in the complex plane through the whole network", within=1e-14,
        )  # fmt: skip


# From step to step ---------------------------------------------------------------------------


@pytest.mark.parametrize("time", STEPS)
def test_jacobian_of_a_step_and_its_transpose(truth, time):
    assert residual(rnn.step_jacobian(), truth, s=time) < TINY
    assert residual(rnn.step_jacobian_transposed(), truth, s=time) < TINY


@pytest.mark.parametrize(("time", "earlier"), PAIRS)
def test_rows_and_columns_of_derivatives_go_back_alike(truth, time, earlier):
    assert residual(rnn.row_form(), truth, t=time, k=earlier) < TINY
    assert residual(rnn.column_form(), truth, t=time, k=earlier) < TINY
    row = rnn.row_form().on(truth, t=time, k=earlier).rhs
    assert row.shape == (1, N_HIDDEN)
    assert rnn.column_form().on(truth, t=time, k=earlier).rhs.shape == (N_HIDDEN, 1)


def pushed_jacobian(values, start, end):
    """Push every unit of one hidden state in the complex plane, and look at a later one."""
    step, columns = 1e-30, []
    for unit in range(N_HIDDEN):
        push = np.zeros(N_HIDDEN, dtype=complex)
        push[unit] = 1j * step
        columns.append(forward(values, {("h", start): push})[1][end]["h"].imag / step)
    return np.array(columns).T


def pushed_loss(values, start, end):
    """Do the same, and look at the loss of one step."""
    step, slopes = 1e-30, []
    for unit in range(N_HIDDEN):
        push = np.zeros(N_HIDDEN, dtype=complex)
        push[unit] = 1j * step
        shares = forward(values, {("h", start): push})[1][end]["y_hat"]
        slopes.append(-(values[3][end - 1] * np.log(shares)).sum().imag / step)
    return np.array(slopes)


@pytest.mark.equation("rnn-step-jacobian")
@pytest.mark.equation("rnn-step-jacobian-transposed")
def test_a_push_of_the_old_state_moves_the_new_one_by_a_column(evidence, truth, values):
    layouts = {
        "rnn-step-jacobian": (rnn.step_jacobian(), np.asarray),
        "rnn-step-jacobian-transposed": (rnn.step_jacobian_transposed(), np.transpose),
    }
    for label, (equation, laid_out) in layouts.items():
        evidence.rendered(equation, label)
        for time in STEPS:
            ours = np.array(equation.on(truth, s=time).rhs.tolist(), dtype=float)
            theirs = laid_out(pushed_jacobian(values, time - 1, time))
            evidence.agrees(ours, theirs, witness="complex differences", within=1e-13)


@pytest.mark.equation("rnn-row-form")
@pytest.mark.equation("rnn-column-form")
def test_a_push_of_an_early_state_moves_a_late_loss(evidence, truth, values):
    evidence.rendered(rnn.row_form(), "rnn-row-form")
    evidence.rendered(in_lines(rnn.column_form()), "rnn-column-form")
    for equation in (rnn.row_form(), rnn.column_form()):
        for time, earlier in PAIRS:
            ours = np.array(equation.on(truth, t=time, k=earlier).rhs.tolist(), dtype=float)
            theirs = pushed_loss(values, earlier, time)
            evidence.agrees(ours.ravel(), theirs, witness="complex differences", within=1e-13)


@pytest.mark.equation("rnn-bound")
def test_what_arrives_is_never_longer_than_the_bound(evidence, truth, values):
    bound = rnn.bound()
    evidence.rendered(in_lines(bound))
    matrix = values[0]["W"]
    for time, earlier in PAIRS:
        arrived, allowed = (float(side) for side in bound.on(truth, t=time, k=earlier).sides)
        theirs = np.linalg.norm(pushed_loss(values, earlier, time))
        evidence.agrees(arrived, theirs, witness="complex differences", within=1e-13)
        start = np.linalg.norm(pushed_loss(values, time, time))
        states = [numbers_of(truth, h.at(step)) for step in range(earlier + 1, time + 1)]
        slopes = np.prod([np.max(1 - state**2) for state in states])
        theirs = start * np.linalg.norm(matrix, 2) ** (time - earlier) * slopes
        evidence.agrees(allowed, theirs, witness="NumPy", within=1e-13)
        assert arrived <= allowed * (1 + 1e-15)


def test_transposed_matrices_on_the_right_of_a_row_are_false(truth):
    slopes = Diag(G.prime(a.at(s)))
    row, last = Jacobian(loss, h.at(k)), Jacobian(loss, h)
    for steps in (
        ProductDown(Transpose(W) @ slopes, s, t, k + 1),
        ProductOver(Transpose(W) @ slopes, s, k + 1, t),
    ):
        slip = VectorEquation(row, last @ steps)
        assert residual(slip, truth, t=3, k=0) > 0.1
        assert residual(slip, truth, t=2, k=1) > 0.1


def test_the_transpose_is_not_w_transposed_and_the_slopes_the_other_way_round(truth):
    slip = VectorEquation(rnn.step_jacobian_transposed().lhs, Diag(G.prime(a.at(s))) @ Transpose(W))
    assert residual(slip, truth, s=2) > 1e-2
    assert residual(VectorEquation(rnn.step_jacobian().lhs, slip.rhs), truth, s=2) > 1e-2
    layout = VectorEquation(rnn.step_jacobian().lhs, rnn.step_jacobian_transposed().rhs)
    assert residual(layout, truth, s=2) > 1e-2


def test_the_product_does_not_factor(truth):
    slopes = ProductOver(Diag(G.prime(a.at(s))), s, k + 1, t)
    factored = VectorEquation(
        Column(loss, h.at(k)), Power(Transpose(W), t - k) @ slopes @ Column(loss, h)
    )
    for time, earlier in PAIRS:
        error = residual(factored, truth, t=time, k=earlier)
        assert error < TINY if time - earlier < 2 else error > 1e-3


def test_the_product_factors_where_all_slopes_are_equal():
    linear = rnn.components(3, N_HIDDEN, 3, TIME, activation=lambda u: 2 * u)
    slopes = ProductOver(Diag(G.prime(a.at(s))), s, k + 1, t)
    factored = VectorEquation(
        Column(loss, h.at(k)), Power(Transpose(W), t - k) @ slopes @ Column(loss, h)
    )
    assert residual(factored, linear, t=3, k=0) < TINY


@pytest.mark.parametrize(("time", "earlier"), PAIRS)
def test_bound_holds(truth, time, earlier):
    arrived, allowed = rnn.bound().on(truth, t=time, k=earlier).sides
    assert arrived <= allowed * (1 + TINY)
    numpy = np.linalg.norm(numbers_of(truth, Jacobian(loss.at(time), h.at(earlier))))
    assert float(arrived) == pytest.approx(numpy, rel=1e-13)
    matrix = numbers_of(truth, W)
    slopes = [1 - numbers_of(truth, h.at(step)) ** 2 for step in range(earlier + 1, time + 1)]
    product = np.prod([np.linalg.norm(np.diag(slope[:, 0]), 2) for slope in slopes])
    start = np.linalg.norm(numbers_of(truth, Jacobian(loss.at(time), h.at(time))))
    theirs = start * np.linalg.norm(matrix, 2) ** (time - earlier) * product
    assert float(allowed) == pytest.approx(theirs, rel=1e-13)


def test_bound_is_no_equality_a_long_matrix_may_forget_at_once():
    nilpotent = {"W_11": 0, "W_12": 3, "W_21": 0, "W_22": 0}
    components = rnn.components(1, 2, 2, 3, numbers=nilpotent, activation=lambda u: u)
    arrived, allowed = rnn.bound().on(components, t=3, k=0).sides
    assert abs(arrived) < TINY
    assert allowed > 0.1


def test_bound_without_its_slopes_is_false_where_they_exceed_one():
    steep = rnn.components(1, 2, 2, 3, activation=lambda u: 3 * u)
    bound = rnn.bound()
    norms = bound.rhs.args[:2]
    arrived, allowed = Inequality(bound.lhs, bound.rhs.func(*norms)).on(steep, t=3, k=1).sides
    assert arrived > allowed


@pytest.mark.parametrize(
    ("gradient", "threshold", "clipped"),
    [
        ([3, 4], 1, [Rational(3, 5), Rational(4, 5)]),
        ([3, 4], 5, [3, 4]),
        ([3, 4], 7, [3, 4]),
        ([0, 0], 1, [0, 0]),
        ([-6, 0], 2, [-2, 0]),
    ],
)
def test_clipping_shortens_and_keeps_the_direction(gradient, threshold, clipped):
    letters = {Parameter("g", "g"): sympy.Matrix(gradient), Scalar("v", "v"): sympy.S(threshold)}
    new = rnn.clipping().new_value(letters.__getitem__)
    assert max(abs(entry) for entry in new - sympy.Matrix(clipped)) < TINY


@pytest.mark.equation("clipping-norm")
def test_clipping_is_what_numpy_clips(evidence):
    clipping = rnn.clipping()
    evidence.rendered(clipping)
    long, short = np.array([3.0, -4.0, 12.0]), np.array([0.3, -0.4, 1.2])
    for gradient, threshold in itertools.product((long, short), (1.0, 2.0, 17.0)):
        letters = {Parameter("g", "g"): sympy.Matrix(gradient), Scalar("v", "v"): threshold}
        ours = np.array(clipping.new_value(letters.__getitem__).tolist(), dtype=float)[:, 0]
        length = np.linalg.norm(gradient)
        by_hand = gradient * min(1, threshold / length)
        evidence.agrees(ours, by_hand, witness="NumPy", within=1e-15)
        evidence.agrees(
            clip_by_norm(gradient, threshold), ours, witness="the library", within=1e-15
        )


# Steps of the sweeps -------------------------------------------------------------------------


def test_forward_steps_compute_each_quantity_once_from_what_is_known():
    known = {"h(0)", *(f"x({time})" for time in STEPS)}
    steps = rnn.rnn_forward_steps(TIME)
    assert len(steps) == 4 * TIME
    for step in steps:
        made = step.equation.lhs.node
        assert {head for _, head in step.edges} == {made}
        assert {tail for tail, _ in step.edges} <= known
        known.add(made)


def test_backward_steps_use_known_deltas():
    steps = rnn.rnn_backward_steps(TIME)
    assert len(steps) == 2 * TIME + 5 + TIME + 1
    known = {"J"}
    for step in steps:
        assert {route[-1] for route in step.routes} <= known
        of = step.equation.lhs.args[0]
        known.add(getattr(of, "node", of.key))
    assert steps[0].routes == (("o(3)", "y_hat(3)", "J(3)", "J"),)
    (state,) = (step for step in steps if step.name == "step 2: δ of the hidden state")
    assert state.routes == (("h(2)", "o(2)"), ("h(2)", "a(3)", "h(3)"))
    assert state.edges == (("h(2)", "o(2)"), ("h(2)", "a(3)"), ("a(3)", "h(3)"))
    assert repr(state.local["h(2)", "a(3)"]) == "W"
    (weights,) = (step for step in steps if step.equation.lhs == Delta(W))
    assert weights.routes == tuple(("W", f"a({time})", f"h({time})") for time in STEPS)


def test_equations_of_the_steps_are_true(truth):
    for step in (*rnn.rnn_forward_steps(TIME), *rnn.rnn_backward_steps(TIME)):
        assert residual(step.equation, truth) < TINY


# How they read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "tex"),
    [
        (
            rnn.delta_h,
            r"\delta h^{(t)} = V^{\top} \delta o^{(t)} + W^{\top} "
            r"\operatorname{diag}\left(g'(a^{(t + 1)})\right) \delta h^{(t + 1)}",
        ),
        (
            rnn.column_form,
            r"\nabla_{h^{(k)}} J^{(t)} = \Big[\prod_{s=k + 1}^{t} W^{\top} "
            r"\operatorname{diag}\left(g'(a^{(s)})\right)\Big] \nabla_{h^{(t)}} J^{(t)}",
        ),
        (
            rnn.clipping,
            r"\left\lVert g \right\rVert > v \implies "
            r"g \leftarrow \frac{v}{\left\lVert g \right\rVert} \, g",
        ),
    ],
)
def test_equations_read_as_in_the_book(equation, tex):
    assert equation()._repr_latex_() == rf"$\displaystyle {tex}$"


# Complaints ----------------------------------------------------------------------------------


def test_complaints(truth):
    with pytest.raises(ValueError, match="key must be one of U, W, b, V, c, got 'Q'"):
        rnn.parameter_gradient("Q")
    with pytest.raises(ValueError, match="n_out must be at least 1, got 0"):
        rnn.components(3, 2, 0, 1)
    with pytest.raises(ValueError, match="n_steps must hold integers, got"):
        rnn.rnn_forward_steps(True)
    with pytest.raises(ValueError, match=r"letter must stand in the network of 3 steps, got h\^"):
        rnn.step_jacobian().on(truth, s=0)
