"""The doors of the recurrent networks; what they say is tested beside each network."""

from typing import NamedTuple

import numpy as np
import pytest

from unrolled.networks.checks import check_gradients, check_held, check_inputs

BATCH, TIME, N_IN, N_HIDDEN = 2, 3, 5, 7
X = np.ones((BATCH, TIME, N_IN))


class Weights(NamedTuple):
    U: object


PARAMS, AXES = Weights(np.ones((N_IN, N_HIDDEN))), Weights("n_in n_hidden")


def test_what_is_padded_is_forgotten_at_the_door():
    mask = [[1, 0, 1], [0, 1, 0]]
    inputs = check_inputs(PARAMS, AXES, X * 1e300, {"h0": None}, mask)
    np.testing.assert_array_equal(inputs.x[:, :, 0] > 0, mask)
    assert not inputs.x[0, 1].any()


def test_nothing_is_copied_without_need():
    h0 = np.ones((BATCH, N_HIDDEN))
    inputs = check_inputs(PARAMS, AXES, X, {"h0": h0}, None)
    assert inputs.x is X
    assert inputs.states[0] is h0
    assert inputs.params.U is PARAMS.U


def test_missing_states_are_zeros_of_the_same_kind():
    params = Weights(np.ones((N_IN, N_HIDDEN), np.float32))
    inputs = check_inputs(params, AXES, X.astype(np.float32), {"h0": None}, None)
    assert inputs.states[0].dtype == np.float32
    assert inputs.states[0].shape == (BATCH, N_HIDDEN)


def test_lists_become_arrays():
    inputs = check_inputs(Weights(PARAMS.U.tolist()), AXES, X.tolist(), {}, None)
    assert inputs.params.U.dtype == inputs.x.dtype == np.float64


def test_missing_gradients_are_zeros_and_others_are_checked():
    shape, axes = (BATCH, N_HIDDEN), "batch n_hidden"
    ones, zeros = check_gradients(X, d_y=(np.ones(shape), axes, shape), d_c=(None, axes, shape))
    assert ones.all()
    assert zeros.shape == shape
    assert not zeros.any()
    with pytest.raises(ValueError, match=r"d_y must have shape \(batch=2, n_hidden=7\), got"):
        check_gradients(X, d_y=(X, axes, shape))


def test_overflow_anywhere_in_a_tree_is_named():
    check_held("x", X, PARAMS)
    with pytest.raises(ValueError, match="x must give numbers that float64 can hold, got an ov"):
        check_held("x", X, Weights(np.array([1.0, np.inf])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_that_might_overflow_are_refused(dtype):
    """Squashed, an infinity looks like any other number, and may have the wrong sign."""
    top = np.sqrt(float(np.finfo(dtype).max))
    params = Weights(np.full((N_IN, N_HIDDEN), top, dtype))
    x = np.full((BATCH, TIME, N_IN), top / N_IN / 2, dtype)
    check_inputs(params, AXES, x, {"h0": None}, None)
    with pytest.raises(ValueError, match="params and x must give numbers that float"):
        check_inputs(params, AXES, 2 * N_IN * x, {"h0": None}, None)
