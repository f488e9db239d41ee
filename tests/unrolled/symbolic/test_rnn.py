import functools
import math
from functools import partial

import numpy as np
import pytest
import sympy
import tensorflow as tf
from sympy import Symbol, tanh

from bookkeeping.check.formulas.evaluating import Defined
from printed_network import KEYS, SIZES, defined, delta, in_print, last_step, numbers
from unrolled.networks.clipping import clip_by_norm
from unrolled.symbolic import computation_graph, rnn
from unrolled.symbolic.recurrences import edges_from
from unrolled.symbolic.rnn import NETWORK, G, U, W, a, b, h, loss, o, x, y, y_hat
from unrolled.symbolic.vectors import Delta, VectorEquation, sigma, t

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
    sides = [
        np.array(sympy.Matrix([side]).evalf(40).tolist(), dtype=object).ravel()
        for side in equation.evaluate(components, **indices)[-2:]
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
BACKWARD_STEPS = rnn.rnn_backward_steps(TIME)
SHOWN = {  # the equations under the drawings of both passes, by what they compute
    **{step.equation.lhs.node: str(step.equation) for step in rnn.rnn_forward_steps(2)},
    **{f"δ {step.equation.lhs.args[0].node}": step.shown for step in BACKWARD_STEPS[: 2 * TIME]},
    **{
        f"δ {step.equation.lhs.args[0].node}": step.shown for step in BACKWARD_STEPS[2 * TIME + 5 :]
    },
    **{f"δ {key}": str(rnn.parameter_gradient(key).at(T=TIME)) for key in KEYS},
}


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


# The forward pass ----------------------------------------------------------------------------


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
    found = {time: numbers_of(truth, quantity.at(time))[:, 0] for time in STEPS}
    found |= {0: given["h", 0]} if quantity is h else {}
    evaluate = partial(
        evidence.evaluates, {tex: found}, background=in_print(given), within=1e-14,
        witness="the book's own network unrolled unit by unit in SymPy, to forty digits",
    )  # fmt: skip
    evaluate(at={"t": STEPS})
    for time in (1, 2):
        evaluate(tex=SHOWN[f"{quantity.key}({time})"])


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
        witness="all parameters of the book's own network unrolled unit by unit, counted", within=0,
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
    derivatives = {time: numbers_of(truth, Delta(h.at(time)))[:, 0] for time in (0, *STEPS)}
    evidence.evaluates(
        {r"\delta h^{(t)}": derivatives}, background=defined(given), at={"t": (0, *STEPS)},
        witness="derivatives of the book's own network unrolled unit by unit, by SymPy",
        within=1e-14,
    )  # fmt: skip


def deltas_of(printed, label):
    """Say which letter comes from complex steps, and at which steps an equation is tried."""
    every = {"t": range(1, printed["T"] + 1)}
    before = {"t": range(1, printed["T"])}
    letter = {"rnn-delta-o": "o", "rnn-delta-x": "x"}.get(label, "h")
    at = {"rnn-delta-h": before, "rnn-delta-o": every, "rnn-delta-x": every}.get(label, {})
    single = {"rnn-delta-h-last": [printed["T"]], "rnn-delta-h0": [0]}
    return letter, at, [f"δ {letter}({t})" for t in at.get("t") or single[label]]


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
        letter, at, steps = deltas_of(printed, label)
        error = rf"\delta {letter}^{{(t)}}"
        evaluate = partial(
            evidence.evaluates, {error: printed[error]}, background=printed | defined(given),
            witness="steps in the complex plane through the whole network", within=1e-14,
        )  # fmt: skip
        evaluate(at=at)
        for step in steps if printed["T"] == TIME else ():
            evaluate(tex=SHOWN[step])


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
    evaluate = partial(
        evidence.evaluates, background=printed, within=1e-13,
        witness="steps in the complex plane through the whole network",
    )  # fmt: skip
    evaluate({letter: printed[letter], "T": printed["T"]})
    if printed["T"] == TIME:
        evaluate({letter: printed[letter]}, tex=SHOWN[f"δ {key}"])


@pytest.mark.parametrize("source", ["h_1(1)", "W_12", "x_3(1)", "b_2"])
def test_one_composed_expression_gives_the_same(source):
    components = rnn.components(3, N_HIDDEN, 2, 2)
    exact = components.by_composition("J", source)
    ours = components._derivative(components.graph.find("source", source), Symbol("J"))
    assert abs(ours - exact) < TINY
    assert (
        abs(computation_graph.remainder(components.graph, source, "J", at=components.numbers))
        < TINY
    )


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
        local = edge.local.subs(t, 2).evaluate(truth)
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
            witness="the book's own network unrolled unit by unit in SymPy", within=1e-14,
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

PLANE = "steps in the complex plane through the definitions of the network"


def letters_of(given):
    """Return the letters of a network, each by its definition, and its activation."""
    return {**defined(given), "g": np.tanh}


def pairs_of(given, least=0):
    """Return every late step with every one that is at least so many steps earlier."""
    steps = range(1, last_step(given) + 1)
    return [{"t": late, "k": k} for late in steps for k in range(late - least + 1)]


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(label, marks=claim(label))
        for label in ("rnn-step-jacobian", "rnn-step-jacobian-transposed")
    ],
)
def test_a_push_of_the_old_state_moves_the_new_one_by_a_column(evidence, label):
    for sizes in SIZES:
        given = numbers(sizes)
        evidence.evaluates(
            {}, background=letters_of(given), at={"s": range(1, last_step(given) + 1)},
            witness=PLANE, within=1e-14,
        )  # fmt: skip


@pytest.mark.parametrize(
    "label",
    [pytest.param(label, marks=claim(label)) for label in ("rnn-row-form", "rnn-column-form")],
)
def test_a_push_of_an_early_state_moves_a_late_loss(evidence, label):
    for sizes in SIZES:
        given = numbers(sizes)
        evidence.evaluates(
            {}, background=letters_of(given), at=pairs_of(given), witness=PLANE, within=1e-13
        )


def stretching_alike(sizes, seed=7):
    """Draw a network that stretches all directions alike: a rotation, and equal derivatives."""
    given = numbers(sizes, seed)
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=given["W"].shape))
    given["W"] = 1.3 * rotation
    state = given["h", 0]
    for step in range(1, last_step(given) + 1):
        entering = rng.choice([-1, 1], size=state.shape) * rng.uniform(0.3, 0.9)
        from_input = entering - given["b"] - given["W"] @ state
        given["x", step] = np.linalg.pinv(given["U"]) @ from_input
        state = np.tanh(entering)
    return given


@claim("rnn-bound")
def test_what_arrives_is_never_longer_than_the_bound_and_may_be_as_long(evidence):
    for sizes in SIZES:
        given = numbers(sizes)
        evidence.evaluates(
            {}, background=letters_of(given), at=pairs_of(given), witness=PLANE, within=1e-13
        )
    for sizes in ((5, 2, 7, 3), (7, 3, 2, 4)):
        given = stretching_alike(sizes)
        for pair in pairs_of(given, least=1):
            evidence.evaluates(
                {}, background=letters_of(given), at=[pair], within=1e-13,
                witness=f"{PLANE}, for weights that stretch all directions alike",
            )  # fmt: skip


def between(components, late, earlier):
    """Return W, the derivatives of g between two states, and those of a late loss at both."""
    steps = range(earlier + 1, late + 1)
    derivatives = [floats(G.prime(a.at(s)).evaluate(components))[:, 0] for s in steps]
    last, early = (floats(components.jacobian(loss.at(late), h.at(s)))[0] for s in (late, earlier))
    return numbers_of(components, W), derivatives, last, early


def test_transposed_matrices_on_the_right_of_a_row_are_false(truth):
    for late, earlier in ((3, 0), (2, 1)):
        weights, derivatives, last, early = between(truth, late, earlier)
        steps = [weights.T * derivative for derivative in derivatives]
        for order in (steps, steps[::-1]):
            slip = functools.reduce(np.matmul, order, last)
            assert np.abs(slip - early).max() > 0.1 * np.abs(early).max()


def factored(components, late, earlier):
    """Sort weights to the left and derivatives to the right; return by how much that is wrong."""
    weights, derivatives, last, early = between(components, late, earlier)
    sorted_out = np.linalg.matrix_power(weights.T, late - earlier) @ (
        np.prod(derivatives, axis=0) * last
    )
    return np.abs(sorted_out - early).max() / np.abs(early).max()


def test_the_product_does_not_factor(truth):
    for late, earlier in PAIRS:
        error = factored(truth, late, earlier)
        assert error < 1e-14 if late - earlier < 2 else error > 1e-3


def test_the_product_factors_where_all_derivatives_are_equal():
    linear = rnn.components(3, N_HIDDEN, 3, TIME, activation=lambda u: 2 * u)
    assert factored(linear, 3, 0) < 1e-14


@claim("clipping-norm")
def test_a_gradient_that_is_too_long_is_shortened_and_keeps_its_direction(evidence):
    rng = np.random.default_rng(7)
    for size in (2, 3, 5):
        gradient = rng.normal(size=size)
        length = math.hypot(*gradient)
        for witness, shorten in (
            ("TensorFlow's clip_by_global_norm", by_tensorflow),
            ("the book's own clip_by_norm", clip_by_norm),
        ):
            clipped = Defined(lambda of, g=gradient, shorten=shorten: shorten(g, of("v")))
            evidence.evaluates(
                {"g": gradient}, at={"v": [0.3 * length, 0.7 * length, length, 1.9 * length]},
                after={"g": clipped}, witness=witness, within=1e-14,
            )  # fmt: skip


def by_tensorflow(gradient, limit):
    (clipped,), _ = tf.clip_by_global_norm([tf.constant(gradient)], limit)
    return clipped.numpy()


# Steps of the passes -------------------------------------------------------------------------


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
        assert {path[-1] for path in step.paths} <= known
        of = step.equation.lhs.args[0]
        known.add(getattr(of, "node", of.key))
    assert steps[0].paths == (("o(3)", "y_hat(3)", "J(3)", "J"),)
    (state,) = (step for step in steps if step.name == "step 2: δ of the hidden state")
    assert state.paths == (("h(2)", "o(2)"), ("h(2)", "a(3)", "h(3)"))
    assert state.edges == (("h(2)", "o(2)"), ("h(2)", "a(3)"), ("a(3)", "h(3)"))
    assert repr(state.local["h(2)", "a(3)"]) == "W"
    (weights,) = (step for step in steps if step.equation.lhs == Delta(W))
    assert weights.paths == tuple(("W", f"a({time})", f"h({time})") for time in STEPS)


def test_equations_of_the_steps_are_true(truth):
    for step in (*rnn.rnn_forward_steps(TIME), *rnn.rnn_backward_steps(TIME)):
        assert residual(step.equation, truth) < TINY


# Complaints ----------------------------------------------------------------------------------


def test_complaints(truth):
    with pytest.raises(ValueError, match="key must be one of U, W, b, V, c, got 'Q'"):
        rnn.parameter_gradient("Q")
    with pytest.raises(ValueError, match="n_out must be at least 1, got 0"):
        rnn.components(3, 2, 0, 1)
    with pytest.raises(ValueError, match="n_steps must hold integers, got"):
        rnn.rnn_forward_steps(True)
    with pytest.raises(ValueError, match=r"letter must stand in the network of 3 steps, got h\^"):
        VectorEquation(h, W @ h.at(t - 1)).evaluate(truth, t=0)
