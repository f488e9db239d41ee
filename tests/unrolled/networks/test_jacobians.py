import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import jacobians
from unrolled.networks.jacobians import chained, lstm_cell_jacobians, rnn_step_jacobians
from unrolled.networks.lstm import lstm_deltas, lstm_forward, lstm_init
from unrolled.networks.pytrees import map_leaves
from unrolled.networks.rnn import rnn_deltas, rnn_forward, rnn_init

BATCH, TIME, N_IN, N_HIDDEN, N_OUT = 2, 3, 5, 7, 11


def shaken(params, rng):
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 2, params)


@pytest.fixture(scope="module")
def simple():
    rng = np.random.default_rng(7)
    params = shaken(rnn_init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    return params, rng.normal(size=(BATCH, TIME, N_IN)), rng.normal(size=(BATCH, N_HIDDEN))


@pytest.fixture(scope="module")
def gated():
    rng = np.random.default_rng(7)
    params = shaken(lstm_init(N_IN, N_HIDDEN, rng=rng), rng)
    return params, rng.normal(size=(BATCH, TIME, N_IN)), rng.normal(size=(2, BATCH, N_HIDDEN))


# By hand -------------------------------------------------------------------------------------


def test_products_by_hand():
    first, second = np.array([[0.0, 1], [2, 3]]), np.array([[5.0, 7], [11, 13]])
    products = chained([first, second])
    np.testing.assert_array_equal(products[0], np.eye(2))
    np.testing.assert_array_equal(products[1], second)
    np.testing.assert_array_equal(products[2], [[14, 26], [26, 50]])


def test_open_forget_gate_and_cut_wires_leave_the_identity(gated):
    params, x, _ = gated
    cut = map_leaves(np.zeros_like, params)
    cut = cut._replace(forget_gate=cut.forget_gate._replace(b=np.full(N_HIDDEN, 100.0)))
    _, _, cache = lstm_forward(cut, x)
    direct, gates = lstm_cell_jacobians(cut, cache)
    np.testing.assert_array_equal(direct, np.broadcast_to(np.eye(N_HIDDEN), direct.shape))
    assert not gates.any()


# Witnesses -----------------------------------------------------------------------------------


def pushed(run, state):
    """Jacobian of what `run` gives by a state that it reads, one row for each new unit."""
    rows = []
    for unit in range(N_HIDDEN):
        rows.append(oracles.central_differences(lambda unit=unit: run()[unit], state))
    return np.array(rows).reshape(N_HIDDEN, N_HIDDEN)


def simple_differences(case):
    params, x, h0 = case
    states = np.concatenate([h0[:, None], rnn_forward(params, x, h0)[1]], axis=1)
    found = np.zeros((BATCH, TIME, N_HIDDEN, N_HIDDEN))
    for n, t in np.ndindex(BATCH, TIME):
        old = states[n : n + 1, t].copy()
        found[n, t] = pushed(
            lambda n=n, t=t, old=old: rnn_forward(params, x[n : n + 1, t : t + 1], old)[1][0, 0],
            old,
        )
    return found


def gated_differences(case):
    """Push the old cell, and let the old output follow where it was computed."""
    params, x, (y0, c0) = case
    found = np.zeros((BATCH, TIME, N_HIDDEN, N_HIDDEN))
    for n, t in np.ndindex(BATCH, TIME):
        _, c, _ = lstm_forward(params, x, y0, c0)
        old = (c0[n] if t == 0 else c[n, t - 1]).copy()

        def new_cell(n=n, t=t, old=old):
            y_old = y0[n] if t == 0 else output_of(params, x[n], (y0[n], c0[n]), t - 1, old)
            here = x[n : n + 1, t : t + 1]
            return lstm_forward(params, here, y_old[None], old[None])[1][0, 0]

        found[n, t] = pushed(new_cell, old)
    return found


def output_of(params, x, initial, t, cell):
    """Output of step t for another cell there, its gate as it looks at that cell."""
    y_prev = (
        initial[0]
        if t == 0
        else lstm_forward(params, x[None], *(s[None] for s in initial))[0][0, t - 1]
    )
    gate = params.output_gate
    total = x[t] @ gate.W + y_prev @ gate.R + gate.b + gate.p * cell
    return np.tanh(cell) / (1 + np.exp(-total))


def test_steps_of_the_simple_rnn_match_central_differences(evidence, simple):
    params, x, h0 = simple
    ours = rnn_step_jacobians(params, rnn_forward(params, x, h0)[2])
    evidence.agrees(ours, simple_differences(simple), witness="central differences", within=1e-8)


def test_cells_of_the_lstm_match_central_differences(evidence, gated):
    params, x, states = gated
    direct, gates = lstm_cell_jacobians(params, lstm_forward(params, x, *states)[2])
    theirs = gated_differences(gated)
    evidence.agrees(direct + gates, theirs, witness="central differences", within=1e-8)
    assert np.abs(direct - theirs).max() > 0.1  # the direct path is not all


SLIPS = {
    "weights not transposed": ("weights.W.T", "weights.W"),
    "the route by the output gate": (" + squashed * o * (1 - o) * output_gate.p", ""),
    "the peephole of the other gate": ("np.diag(forget_gate.p)", "np.diag(input_gate.p)"),
    "the block input left out": ("(block.R.T * _columns(by_cell))", "0"),
    "derivatives on the wrong side": (
        "block.R.T * _columns(by_cell)",
        "block.R.T * _rows(by_cell)",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(slip, simple, gated):
    module = mutant(jacobians, *SLIPS[slip])
    if slip == "weights not transposed":
        params, x, h0 = simple
        ours = module.rnn_step_jacobians(params, rnn_forward(params, x, h0)[2])
        theirs = simple_differences(simple)
    else:
        params, x, states = gated
        ours = sum(module.lstm_cell_jacobians(params, lstm_forward(params, x, *states)[2]))
        theirs = gated_differences(gated)
    assert np.abs(ours - theirs).max() > 1e-3


def test_chained_steps_match_the_backward_pass(evidence, simple):
    params, x, h0 = simple
    reading = params._replace(V=np.eye(N_HIDDEN), c=np.zeros(N_HIDDEN))
    copies = np.repeat(x[:1], N_HIDDEN, axis=0), np.repeat(h0[:1], N_HIDDEN, axis=0)
    _, _, cache = rnn_forward(reading, *copies)
    d_h = np.zeros((N_HIDDEN, TIME, N_HIDDEN))
    d_h[:, -1] = np.eye(N_HIDDEN)
    deltas = rnn_deltas(reading, cache, d_h)
    theirs = [deltas.h[:, 2], deltas.h[:, 1], deltas.h[:, 0], deltas.h0]
    ours = chained(rnn_step_jacobians(reading, cache)[0])
    evidence.agrees(ours, np.array(theirs), witness="the backward sweep", within=1e-14)


def test_last_step_of_the_lstm_matches_the_backward_pass(evidence, gated):
    """From the last cell, a pass finds what the old cell does to it, by all paths in one step."""
    params, x, states = gated
    copies = [np.repeat(array[:1], N_HIDDEN, axis=0) for array in (x, *states)]
    y, _, cache = lstm_forward(params, *copies)
    theirs = lstm_deltas(params, cache, np.zeros_like(y), np.eye(N_HIDDEN)).c[:, -2]
    direct, gates = lstm_cell_jacobians(params, cache)
    evidence.agrees((direct + gates)[0, -1], theirs, witness="the backward sweep", within=1e-14)


# Complaints ----------------------------------------------------------------------------------


def test_complaints(simple, gated):
    params, x, h0 = simple
    mask = np.ones((BATCH, TIME), bool)
    with pytest.raises(ValueError, match="cache must come from a forward pass without a mask"):
        rnn_step_jacobians(params, rnn_forward(params, x, h0, mask=mask)[2])
    with pytest.raises(ValueError, match="cache must be the LSTMCache of a forward pass, got tup"):
        lstm_cell_jacobians(gated[0], ())
    with pytest.raises(ValueError, match=r"jacobians must have shape \(time, n_hidden=2, n_hidde"):
        chained(np.zeros((3, 2, 5)))


def test_products_that_no_float_holds_are_refused():
    with pytest.raises(ValueError, match="jacobians must give numbers that float64 can hold"):
        chained(np.full((100, 2, 2), 1e10))
    with pytest.raises(ValueError, match="jacobians must be finite, got nan"):
        chained(np.full((3, 2, 2), np.nan))
