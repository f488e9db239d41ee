import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import gradient_check
from unrolled.networks.gradient_check import central_differences
from unrolled.networks.pytrees import map_leaves
from unrolled.networks.rnn import RNNParams, rnn_init


def draw():
    rng = np.random.default_rng(7)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape), rnn_init(2, 3, 5, rng=rng))


def loss(params):
    """A function of every number, of which no two have the same derivative."""
    return sum(float(np.sin(leaf).sum() ** 2) for leaf in params)


def test_parabola_by_hand():
    derivatives = central_differences(lambda v: float(v @ v), np.array([1.0, -3.0]))
    np.testing.assert_allclose(derivatives, [2, -6], rtol=1e-10)


def test_cubic_is_off_by_the_square_of_the_step():
    (derivative,) = central_differences(lambda v: float(v[0] ** 3), np.array([2.0]), step=0.1)
    assert derivative == pytest.approx(12 + 0.01, rel=1e-12)


def test_gradient_has_the_shape_of_the_parameters_and_leaves_them_alone():
    params = draw()
    before = map_leaves(np.copy, params)
    derivatives = central_differences(loss, params)
    assert isinstance(derivatives, RNNParams)
    for derivative, leaf, kept in zip(derivatives, params, before, strict=True):
        assert derivative.shape == leaf.shape
        np.testing.assert_array_equal(leaf, kept)


@pytest.mark.parametrize("role", RNNParams._fields)
def test_every_number_has_the_derivative_of_the_formula(role):
    leaf = getattr(draw(), role)
    theirs = 2 * np.sin(leaf).sum() * np.cos(leaf)
    np.testing.assert_allclose(getattr(central_differences(loss, draw()), role), theirs, rtol=1e-7)
    again = leaf.copy()
    oracle = oracles.central_differences(lambda: float(np.sin(again).sum() ** 2), again)
    np.testing.assert_allclose(getattr(central_differences(loss, draw()), role), oracle, rtol=1e-7)


def test_numbers_may_be_integers():
    derivatives = central_differences(lambda v: float(v @ v), np.array([1, -3]))
    np.testing.assert_allclose(derivatives, [2, -6], rtol=1e-10)


def test_a_one_sided_difference_would_be_seen():
    slip = mutant(gradient_check, "leaf[place] = kept - step", "leaf[place] = kept")
    (derivative,) = slip.central_differences(lambda v: float(v[0] ** 3), np.array([2.0]), step=0.1)
    assert abs(derivative - 12.01) > 1


@pytest.mark.parametrize("step", [0, -1e-5, np.nan])
def test_step_must_be_positive(step):
    with pytest.raises(ValueError, match="step must be"):
        central_differences(loss, draw(), step=step)


def test_a_step_that_vanishes_beside_a_number_is_refused():
    """It would move by nothing, or by something else."""
    with pytest.raises(ValueError, match=r"step must be large enough to move 1e\+10, got 1e-05"):
        central_differences(lambda v: float(v.sum()), np.array([1.0, 1e10]))
    found = central_differences(lambda v: float(v.sum()), np.array([1.0, 1e10]), step=0.5)
    np.testing.assert_array_equal(found, 1)
