"""The fast LSTM is the clear one: whatever holds of that one holds of this one."""

import re
import tracemalloc

import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import lstm_fused, memory_pool
from unrolled.networks.lstm import (
    lstm_backward,
    lstm_backward_fused,
    lstm_forward,
    lstm_forward_fused,
    lstm_init,
)
from unrolled.networks.pytrees import leaves_of, map_leaves

BATCH, TIME, N_IN, N_HIDDEN = 3, 5, 2, 7
HOLES = np.array([[0, 1, 0, 1, 1], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
WITHIN = {np.float64: 1e-14, np.float32: 1e-5}


def draw(*, peepholes=True, dtype=np.float64, scale=1.0):
    rng = np.random.default_rng(7)
    params = lstm_init(N_IN, N_HIDDEN, rng=rng)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 2, params)
    if not peepholes:
        gates = (gate._replace(p=np.zeros(N_HIDDEN)) for gate in params[1:])
        params = type(params)(params.block_input, *gates)
    x = scale * rng.normal(size=(BATCH, TIME, N_IN))
    states = rng.normal(size=(2, BATCH, N_HIDDEN))
    d_y, d_c_last = rng.normal(size=(BATCH, TIME, N_HIDDEN)), rng.normal(size=(BATCH, N_HIDDEN))
    arrays = [array.astype(dtype) for array in (x, *states, d_y, d_c_last)]
    return map_leaves(lambda leaf: leaf.astype(dtype), params), arrays[:3], arrays[3:]


def results(forward, backward, case, mask=None):
    params, arrays, derivatives = case
    y, c, cache = forward(params, *arrays, mask=mask)
    return {"y": y, "c": c, **leaves_of(backward(params, cache, *derivatives))}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("peepholes", [True, False])
@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
@pytest.mark.parametrize("scale", [1.0, 1e30])
def test_fused_equals_clear(dtype, peepholes, mask, scale):
    case = draw(peepholes=peepholes, dtype=dtype, scale=scale)
    clear = results(lstm_forward, lstm_backward, case, mask)
    with np.errstate(all="raise"):
        fused = results(lstm_forward_fused, lstm_backward_fused, case, mask)
    assert {array.dtype for array in fused.values()} == {np.dtype(dtype)}
    for name in clear:
        largest = max(np.abs(clear[name]).max(), 1e-30)
        assert np.abs(clear[name] - fused[name]).max() <= WITHIN[dtype] * largest, name


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_either_way_back_takes_the_cache_of_either_way_forward(mask):
    case = draw()
    expected = results(lstm_forward, lstm_backward, case, mask)
    for forward, backward in (
        (lstm_forward, lstm_backward_fused),
        (lstm_forward_fused, lstm_backward),
    ):
        assert oracles.worst_difference(results(forward, backward, case, mask), expected) < 1e-13


def test_arrays_that_came_in_stay_as_they_were():
    params, arrays, derivatives = draw()
    kept = [array.copy() for array in (*arrays, *derivatives)]
    _, _, cache = lstm_forward_fused(params, *arrays)
    first = leaves_of(lstm_backward_fused(params, cache, *derivatives))
    second = leaves_of(lstm_backward_fused(params, cache, *derivatives))
    assert oracles.worst_difference(first, second) == 0
    for before, now in zip(kept, (*arrays, *derivatives), strict=True):
        np.testing.assert_array_equal(before, now)


def test_memory_grows_linearly_with_the_length(monkeypatch):
    monkeypatch.setattr(memory_pool, "_blocks", [])  # what other tests left would be used again
    params, _, _ = draw()
    peaks = []
    for time in (1000, 2000):
        x, d_y = np.ones((1, time, N_IN)), np.ones((1, time, N_HIDDEN))
        tracemalloc.start()
        _, _, cache = lstm_forward_fused(params, x)
        lstm_backward_fused(params, cache, d_y)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] == pytest.approx(2 * peaks[0], rel=0.1)


SLIPS = {
    "the wrong peephole on the way back": (
        "np.multiply(d_bar[:, 2], p[1], out=product)",
        "np.multiply(d_bar[:, 2], p[0], out=product)",
    ),
    "an output gate that sees the old cell": (
        "np.multiply(c, p[2], out=once)",
        "np.multiply(c_prev, p[2], out=once)",
    ),
    "the sigmoid's derivative for the block input": ("np.multiply(z, z, out=product)", "z"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_the_clear_version(slip):
    copy = mutant(lstm_fused, *SLIPS[slip])
    ours = results(copy.lstm_forward_fused, copy.lstm_backward_fused, draw())
    expected = results(lstm_forward, lstm_backward, draw())
    assert oracles.worst_difference(ours, expected) > 1e-3


def test_what_does_not_fit_is_named_as_by_the_clear_version():
    params, (x, y0, c0), (d_y, d_c_last) = draw()
    _, _, cache = lstm_forward_fused(params, x, y0, c0)
    for arguments in (
        (params, x[:, :, :1]),
        (params, x[:, :0]),
        (params, x * np.nan),
        (params, x, y0.astype(np.float32)),
        (None, x),
    ):
        with pytest.raises(ValueError, match="must") as clear:
            lstm_forward(*arguments)
        with pytest.raises(ValueError, match=re.escape(str(clear.value))):
            lstm_forward_fused(*arguments)
    for arguments in (
        (map_leaves(np.copy, params), cache, d_y),
        (params, None, d_y),
        (params, cache, d_y[1:]),
        (params, cache, d_y, d_c_last * np.inf),
        (params, cache, np.full(d_y.shape, 1e308)),
    ):
        with pytest.raises(ValueError, match="must") as clear:
            lstm_backward(*arguments)
        with pytest.raises(ValueError, match=re.escape(str(clear.value))):
            lstm_backward_fused(*arguments)
