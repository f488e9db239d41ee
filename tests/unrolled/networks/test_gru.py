import math
import re

import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import gru
from unrolled.networks.gru import (
    GRUGate,
    GRUParams,
    gru_backward,
    gru_forward,
    gru_init,
    gru_n_params,
)
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves

BATCH, TIME, N_IN, N_HIDDEN = 2, 3, 5, 7
HOLES = np.array([[True, False, True], [False, True, False]])  # padding in front, between, behind


def draw(seed=7, *, dtype=np.float64):
    rng = np.random.default_rng(seed)
    params = gru_init(N_IN, N_HIDDEN, rng=rng)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 2, params)
    shapes = (BATCH, TIME, N_IN), (BATCH, N_HIDDEN), (BATCH, TIME, N_HIDDEN)
    x, h0, d_h = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    return map_leaves(lambda leaf: leaf.astype(dtype), params), (x, h0), d_h


def gradients(params, arrays, d_h, mask=None, module=gru):
    _, cache = module.gru_forward(params, *arrays, mask=mask)
    return leaves_of(module.gru_backward(params, cache, d_h))


def differences(params, arrays, d_h, mask=None):
    """Central differences of the loss ``sum(d_h * h)``."""

    def loss():
        return (d_h * gru_forward(params, *arrays, mask=mask)[0]).sum()

    leaves = {**leaves_of(params, "params"), **dict(zip(("x", "h0"), arrays, strict=True))}
    return {name: oracles.central_differences(loss, leaf) for name, leaf in leaves.items()}


def same(ours, theirs, within=1e-13):
    assert oracles.worst_difference(ours, theirs) <= within


# By hand -------------------------------------------------------------------------------------


def test_one_step_by_hand():
    one = np.ones((1, 1))
    params = GRUParams(*(GRUGate(n * one, -n * one, np.array([0.1])) for n in (1.0, 2.0, 3.0)))
    h, _ = gru_forward(params, np.array([[[0.3]]]), np.array([[0.5]]))
    z = 1 / (1 + math.exp(-(0.3 - 0.5 + 0.1)))
    r = 1 / (1 + math.exp(-(0.6 - 1.0 + 0.1)))
    g = math.tanh(0.9 - 3 * (r * 0.5) + 0.1)
    assert h.item() == pytest.approx(z * 0.5 + (1 - z) * g, rel=1e-15)


def test_open_update_gate_keeps_the_state():
    params, (x, h0), _ = draw()
    kept = params.update_gate._replace(b=np.full(N_HIDDEN, 100.0))
    h, _ = gru_forward(params._replace(update_gate=kept), x, h0)
    np.testing.assert_array_equal(h[:, -1], h0)


def test_counts_by_hand():
    assert gru_n_params(3, 4) == 3 * (12 + 16 + 4)
    params = gru_init(N_IN, N_HIDDEN, rng=np.random.default_rng(7), dtype=np.float32)
    assert count_parameters(params) == gru_n_params(N_IN, N_HIDDEN)
    assert {leaf.dtype for leaf in leaves_of(params).values()} == {np.dtype(np.float32)}


# Laws ----------------------------------------------------------------------------------------


def test_changed_future_input_changes_no_earlier_output():
    params, (x, h0), _ = draw()
    h, _ = gru_forward(params, x, h0)
    later = x.copy()
    later[:, 2] += 1
    h_later, _ = gru_forward(params, later, h0)
    np.testing.assert_array_equal(h[:, :2], h_later[:, :2])
    assert (h[:, 2] != h_later[:, 2]).all()


def test_batch_of_two_equals_two_batches_of_one():
    params, arrays, d_h = draw()
    whole = gradients(params, arrays, d_h, HOLES)
    halves = [
        gradients(params, [a[n : n + 1] for a in arrays], d_h[n : n + 1], mask)
        for n, mask in enumerate(HOLES[:, None])
    ]
    joined = {
        name: sum(half[name] for half in halves)
        if name.startswith("params")
        else np.concatenate([half[name] for half in halves])
        for name in whole
    }
    same(whole, joined)


@pytest.mark.parametrize("garbage", [0.0, 1.7e308])
def test_padding_changes_nothing(garbage):
    params, (x, h0), d_h = draw()
    padded = np.full((BATCH, TIME + 3, N_IN), garbage)
    d_padded = np.zeros((BATCH, TIME + 3, N_HIDDEN))
    real = [1, 2, 4]  # in front, in between and behind
    padded[:, real], d_padded[:, real] = x, d_h
    mask = np.zeros((BATCH, TIME + 3), dtype=int)
    mask[:, real] = 1
    h, _ = gru_forward(params, x, h0)
    h_padded, _ = gru_forward(params, padded, h0, mask=mask)
    np.testing.assert_array_equal(h_padded[:, real], h)
    np.testing.assert_array_equal(h_padded[:, [0, 3, 5]], np.stack([h0, h[:, 1], h[:, 2]], axis=1))
    theirs = gradients(params, (padded, h0), d_padded, mask)
    assert not theirs["x"][:, [0, 3, 5]].any()
    theirs["x"] = theirs["x"][:, real]
    same(gradients(params, (x, h0), d_h), theirs)


def test_missing_state_and_mask_are_zeros_and_ones():
    params, (x, _), d_h = draw()
    zeros, ones = np.zeros((BATCH, N_HIDDEN)), np.ones((BATCH, TIME), dtype=bool)
    same(gradients(params, (x,), d_h), gradients(params, (x, zeros), d_h, ones), within=0)


def test_float32_stays_float32_and_is_close():
    single = gradients(*draw(dtype=np.float32), HOLES)
    assert {derivative.dtype for derivative in single.values()} == {np.dtype(np.float32)}
    same(single, gradients(*draw(), HOLES), within=1e-5)


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_backward_matches_central_differences(evidence, mask):
    case = draw()
    ours, theirs = gradients(*case, mask), differences(*case, mask)
    assert ours.keys() == theirs.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, theirs[name], witness="central differences", within=1e-8)


SLIPS = {
    "the reset after the matrix product": ("d_seen = d_g_bar @", "d_seen = d_g_bar * r @"),
    "the candidate's sum over the state that was not reset": (
        "cache.r * cache.h_prev)",
        "cache.h_prev)",
    ),
    "no way back through the reset gate": (" + d_r_bar @ params.reset_gate.R.T", ""),
    "the update gate the other way round": ("d_h * (h_prev - g)", "d_h * (g - h_prev)"),
    "padded steps that swallow what they carry": (
        "np.where(real, d_prev, d_total)",
        "np.where(real, d_prev, 0)",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(slip):
    case = draw()
    ours = gradients(*case, HOLES, mutant(gru, *SLIPS[slip]))
    assert oracles.worst_difference(ours, differences(*case, HOLES)) > 1e-3


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"x": np.zeros((2, 3, 4))}, "x must have shape (batch, time, n_in=5), got (2, 3, 4)."),
        ({"x": np.zeros((2, 0, 5))}, "x must hold at least one step of at least one sequence"),
        ({"x": np.full((2, 3, 5), np.nan)}, "x must be finite, got nan."),
        ({"x": np.ones((2, 3, 5), int)}, "x must hold float64 or float32, got int64."),
        ({"h0": np.zeros((2, 6))}, "h0 must have shape (batch=2, n_hidden=7), got (2, 6)."),
        ({"mask": np.ones((3, 2), bool)}, "mask must have shape (batch=2, time=3), got (3, 2)."),
        ({"mask": np.ones((2, 3))}, "mask must hold truth values, or the integers 0 and 1"),
        ({"params": [1]}, "params must be a named tuple GRUParams, got list."),
    ],
    ids=range(8),
)
def test_what_does_not_fit_forwards_is_named(changes, complaint):
    params, (x, h0), _ = draw()
    with pytest.raises(ValueError, match=re.escape(complaint)):
        gru_forward(**{"params": params, "x": x, "h0": h0, **changes})


def test_what_does_not_fit_backwards_is_named():
    params, arrays, d_h = draw()
    _, cache = gru_forward(params, *arrays)
    complaints = [
        ((map_leaves(np.copy, params), cache, d_h), "cache must come from a forward pass"),
        ((params, (), d_h), "cache must be the GRUCache of a forward pass, got tuple."),
        ((params, cache, d_h[:, :, 1:]), "d_h must have shape (batch=2, time=3, n_hidden=7)"),
        ((params, cache, d_h.astype(np.float32)), "d_h must be float64 as x is, got float32."),
        ((params, cache, np.full(d_h.shape, 1e308)), "d_h must give numbers that float64 can hold"),
    ]
    for arguments, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            gru_backward(*arguments)
