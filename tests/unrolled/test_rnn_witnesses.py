"""The simple recurrent network twice: the equations of the book, and the code that runs them."""

import numpy as np
import pytest

from unrolled.networks.activations import softmax
from unrolled.networks.rnn import RNNParams, rnn_backward, rnn_deltas, rnn_forward
from unrolled.symbolic import rnn
from unrolled.symbolic.lines import in_lines
from unrolled.symbolic.rnn import U, V, W, a, b, c, h, x, y
from unrolled.symbolic.vectors import Delta

N_IN, N_HIDDEN, N_OUT, TIME = 5, 2, 7, 3
STEPS = range(1, TIME + 1)
CODE = "unrolled.networks.rnn"
WITHIN = 1e-12


@pytest.fixture(scope="module")
def printed():
    """The network unit by unit, with a number for every letter."""
    return rnn.components(N_IN, N_HIDDEN, N_OUT, TIME)


def numbers(matrix):
    """Rows for columns, as everywhere in the code."""
    return np.array(matrix.tolist(), dtype=float).T


def over_time(printed, letter):
    """Numbers of a quantity, of shape (1, time, width)."""
    return np.stack([numbers(printed(letter(time)))[0] for time in STEPS])[None]


@pytest.fixture(scope="module")
def code(printed):
    """The same numbers in the library: parameters, what came out, and what goes back."""
    arrays = {p.key: numbers(printed(p)) for p in (U, W, b, V, c)}
    params = RNNParams(**{k: v[0] if k in "bc" else v for k, v in arrays.items()})
    start = numbers(printed(h.at(0)))
    logits, states, cache = rnn_forward(params, over_time(printed, x.at), start)
    d_logits = softmax(logits) - over_time(printed, y.at)
    return params, logits, states, cache, d_logits


@pytest.mark.equation("rnn-preactivation")
@pytest.mark.equation("rnn-hidden")
@pytest.mark.equation("rnn-logits")
@pytest.mark.equation("rnn-estimate")
def test_the_library_computes_what_the_equations_say(evidence, printed, code):
    _, logits, states, _, _ = code
    both = {
        "preactivation": (rnn.preactivation(), np.arctanh(states)),
        "hidden": (rnn.hidden_state(), states),
        "logits": (rnn.logits(), logits),
        "estimate": (rnn.estimate(), softmax(logits)),
    }
    for label, (equation, theirs) in both.items():
        evidence.rendered(equation, f"rnn-{label}")
        ours = np.stack([numbers(equation.on(printed, t=time).rhs)[0] for time in STEPS])[None]
        evidence.agrees(ours, theirs, witness=CODE, within=WITHIN)


@pytest.mark.parametrize(
    "key", [pytest.param(k, marks=pytest.mark.equation(f"rnn-gradient-{k}")) for k in "UWbVc"]
)
def test_the_library_finds_the_gradients_of_the_equations(evidence, printed, code, key):
    params, _, _, cache, d_logits = code
    equation = rnn.parameter_gradient(key)
    evidence.rendered(equation)
    theirs = getattr(rnn_backward(params, cache, d_logits).params, key)
    ours = numbers(equation.on(printed, T=TIME).rhs).reshape(theirs.shape)
    evidence.agrees(ours, theirs, witness=CODE, within=WITHIN)


@pytest.mark.equation("rnn-delta-o")
@pytest.mark.equation("rnn-delta-h")
@pytest.mark.equation("rnn-delta-x")
@pytest.mark.equation("rnn-delta-h0")
def test_the_library_finds_every_delta_of_the_equations(evidence, printed, code):
    params, _, _, cache, d_logits = code
    gradients = rnn_backward(params, cache, d_logits)
    both = {
        "o": (rnn.delta_o(), d_logits),
        "h": (rnn.delta_h(), rnn_deltas(params, cache, d_logits).h),
        "x": (rnn.delta_x(), gradients.x),
    }
    for key, (equation, theirs) in both.items():
        shown = in_lines(equation) if key == "h" else equation
        evidence.rendered(shown, f"rnn-delta-{key}")
        sides = [equation.on(printed, t=time, T=TIME).rhs for time in STEPS]
        ours = np.stack([numbers(side)[0] for side in sides])[None]
        evidence.agrees(ours, theirs, witness=CODE, within=WITHIN)
    evidence.rendered(rnn.delta_h0(), "rnn-delta-h0")
    ours = numbers(rnn.delta_h0().on(printed).rhs)
    evidence.agrees(ours, gradients.h0, witness=CODE, within=WITHIN)


def test_delta_of_a_sum_is_that_of_the_state_times_the_slope(printed, code):
    params, _, _, cache, d_logits = code
    ours = over_time(printed, lambda time: Delta(a.at(time)))
    theirs = rnn_deltas(params, cache, d_logits).a
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=WITHIN * np.abs(theirs).max())
