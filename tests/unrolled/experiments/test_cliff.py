import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.experiments import cliff
from unrolled.experiments.cliff import CliffParams, cliff_descend, cliff_gradient

START = CliffParams(4.8, -2.0)


def test_without_a_weight_the_bias_is_the_state():
    loss, gradient = cliff_gradient(0.0, np.log(7 / 3))  # whose sigmoid is 0.7
    assert loss == pytest.approx(0, abs=1e-30)
    assert abs(gradient.w) < 1e-15
    loss, gradient = cliff_gradient(0.0, 0.0)
    assert loss == pytest.approx(0.04, rel=1e-14)
    assert gradient.b == pytest.approx(2 * (0.5 - 0.7) / 4, rel=1e-14)


def test_many_places_at_once():
    w, b = np.array([1.0, 3, 5]), np.array([[-2.0], [1]])
    losses, gradient = cliff_gradient(w, b)
    assert losses.shape == gradient.w.shape == gradient.b.shape == (2, 3)
    one, derivative = cliff_gradient(5.0, -2.0)
    assert (losses[0, 2], gradient.w[0, 2], gradient.b[0, 2]) == (one, derivative.w, derivative.b)


def gradient_error(module):
    places = np.array([[2.0, -1.0], [4.8, -2.0], [4.0, -2.5], [1.0, 3.0]])
    worst = 0.0
    for place in places:
        derivatives = module.cliff_gradient(*place)[1]
        theirs = oracles.central_differences(lambda p=place: cliff_gradient(*p)[0], place)
        worst = max(
            worst, float(np.abs(np.array(derivatives) - theirs).max() / np.abs(theirs).max())
        )
    return worst


def test_gradient_matches_central_differences(evidence):
    evidence.agrees(1 + gradient_error(cliff), 1.0, witness="central differences", within=1e-8)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("squashed + step * by_w", "squashed"),
        ("1 + step * by_b", "step * by_b"),
        ("shown * (1 - shown)", "shown"),
    ],
)
def test_slip_is_caught_by_central_differences(right, wrong):
    assert gradient_error(mutant(cliff, right, wrong)) > 1e-3


def test_first_step_by_hand():
    loss, derivative = cliff_gradient(*START)
    path = cliff_descend(START, learning_rate=0.2, n_updates=3)
    assert path.w.shape == (4,)
    assert path.loss[0] == loss
    assert path.norm[0] == pytest.approx(np.sqrt(derivative.w**2 + derivative.b**2), rel=1e-14)
    assert path.w[1] == pytest.approx(4.8 - 0.2 * derivative.w, rel=1e-14)
    assert path.b[1] == pytest.approx(-2.0 - 0.2 * derivative.b, rel=1e-14)


def test_clipped_steps_are_short_and_free_ones_leap():
    free = cliff_descend(START, learning_rate=0.2, n_updates=80)
    held = cliff_descend(START, learning_rate=0.2, n_updates=80, max_norm=0.2)
    leaps = [np.hypot(np.diff(path.w), np.diff(path.b)).max() for path in (free, held)]
    assert leaps[0] > 1
    assert leaps[1] == pytest.approx(0.2 * 0.2, rel=1e-9)


def test_complaints():
    with pytest.raises(ValueError, match="learning_rate must be above 0"):
        cliff_descend(START, learning_rate=0.0, n_updates=1)
    with pytest.raises(ValueError, match="w must be finite"):
        cliff_gradient(np.nan, 0.0)
