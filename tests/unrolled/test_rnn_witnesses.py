"""What the library computes for the simple recurrent network, against what the pages print."""

import numpy as np
import pytest

from printed_network import SIZES, defined, delta, in_print, last_step, numbers
from unrolled.networks.optimizers import descent_step
from unrolled.networks.rnn import RNNParams, rnn_backward, rnn_deltas, rnn_forward, rnn_n_params

WITHIN = 1e-13


@pytest.fixture(scope="module", params=SIZES, ids=str)
def given(request):
    return numbers(request.param, seed=11)


@pytest.fixture(scope="module")
def printed(given):
    return in_print(given) | defined(given)


def over_time(given, letter):
    """Numbers of a quantity, of shape (1, time, width)."""
    return np.stack([given[letter, t] for t in range(1, last_step(given) + 1)])[None]


def by_step(array, first=1):
    """Rows of the only sequence by their step."""
    return dict(enumerate(array[0], first))


@pytest.fixture(scope="module")
def code(given):
    """The same numbers in the library: rows for columns, and matrices transposed."""
    params = RNNParams(*(given[key].T for key in RNNParams._fields))
    logits, states, cache = rnn_forward(params, over_time(given, "x"), given["h", 0][None])
    d_logits = in_rows_of_shares(logits) - over_time(given, "y")
    return params, logits, states, cache, d_logits


def in_rows_of_shares(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.equation("rnn-preactivation")
@pytest.mark.equation("rnn-hidden")
@pytest.mark.equation("rnn-logits")
@pytest.mark.equation("rnn-estimate")
def test_the_library_runs_the_printed_equations(evidence, given, printed, code):
    _, logits, states, _, _ = code
    start = {0: given["h", 0]}
    for label, letters in {
        "preactivation": {"a^{(t)}": by_step(np.arctanh(states))},
        "hidden": {"h^{(t)}": start | by_step(states)},
        "logits": {"o^{(t)}": by_step(logits)},
        "estimate": {r"\hat{y}^{(t)}": by_step(in_rows_of_shares(logits))},
    }.items():
        evidence.evaluates(
            letters, background=printed, at={"t": by_step(states)}, label=f"rnn-{label}",
            witness="the book's own rnn_forward", within=WITHIN,
        )  # fmt: skip


@pytest.mark.equation("rnn-parameter-count")
@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 7, 11)])
def test_the_library_counts_as_many_parameters(evidence, sizes):
    letters = dict(zip("mnq", sizes, strict=True))
    letters[r"\text{parameters}"] = rnn_n_params(*sizes)
    evidence.evaluates(letters, witness="the book's own rnn_n_params", within=0)


@pytest.mark.equation("rnn-gradient-U")
@pytest.mark.equation("rnn-gradient-W")
@pytest.mark.equation("rnn-gradient-b")
@pytest.mark.equation("rnn-gradient-V")
@pytest.mark.equation("rnn-gradient-c")
def test_the_library_finds_the_printed_gradients(evidence, printed, code):
    params, _, _, cache, d_logits = code
    for key, gradient in rnn_backward(params, cache, d_logits).params._asdict().items():
        evidence.evaluates(
            {rf"\delta {key}": gradient.T}, background=printed, label=f"rnn-gradient-{key}",
            witness="the book's own rnn_backward", within=WITHIN,
        )  # fmt: skip


@pytest.mark.equation("rnn-delta")
@pytest.mark.equation("rnn-delta-o")
@pytest.mark.equation("rnn-delta-h")
@pytest.mark.equation("rnn-delta-h-last")
@pytest.mark.equation("rnn-delta-x")
@pytest.mark.equation("rnn-delta-h0")
def test_the_library_finds_every_printed_delta(evidence, printed, code):
    params, _, _, cache, d_logits = code
    gradients = rnn_backward(params, cache, d_logits)
    states = {0: gradients.h0[0]} | by_step(rnn_deltas(params, cache, d_logits).h)
    errors = {
        r"\delta h^{(t)}": states, r"\delta o^{(t)}": by_step(d_logits),
        r"\delta x^{(t)}": by_step(gradients.x),
    }  # fmt: skip
    every, last = [*errors[r"\delta o^{(t)}"]], len(states) - 1
    for label, letter, at in (
        ("delta", "h", every), ("delta-o", "o", every), ("delta-h", "h", every[:-1]),
        ("delta-h-last", "h", ()), ("delta-x", "x", every), ("delta-h0", "h", ()),
    ):  # fmt: skip
        letter = rf"\delta {letter}^{{(t)}}"
        evidence.evaluates(
            {letter: errors[letter]}, background=printed | errors | {"T": last},
            at={"t": at} if at else {}, label=f"rnn-{label}", within=WITHIN,
            witness="the book's own rnn_deltas and rnn_backward",
        )  # fmt: skip


def test_the_library_finds_the_deltas_of_the_preactivations(given, code):
    params, _, _, cache, d_logits = code
    ours = by_step(rnn_deltas(params, cache, d_logits).a)
    for step, error in ours.items():
        np.testing.assert_allclose(error, delta(given, ("a", step)), rtol=0, atol=WITHIN)


@pytest.mark.equation("rnn-update")
@pytest.mark.parametrize("rate", [0.25, 0.6])
def test_the_library_goes_one_printed_step_down(evidence, given, code, rate):
    params, _, _, cache, d_logits = code
    better = descent_step(params, rnn_backward(params, cache, d_logits).params, learning_rate=rate)
    letters = defined(given, shared="V")
    evidence.evaluates(
        {r"\theta": letters[r"\theta"], r"\eta": rate}, background=letters,
        after={r"\theta": better.V.T}, within=WITHIN,
        witness="the book's own rnn_backward and descent_step",
    )  # fmt: skip
