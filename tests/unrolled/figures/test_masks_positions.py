"""The drawings of masks and positions show what they are given, in the hand of the house."""

import numpy as np
import pytest

from unrolled.figures import masks_positions as figures
from unrolled.networks.masks import look_ahead_mask
from unrolled.networks.positions import sinusoidal_positions

POSITIONS = sinusoidal_positions(20, 14)
MASKS = [np.ones((3, 3), bool), look_ahead_mask(3)]
LOSSES = {"without": np.full(40, 0.9), "with": np.linspace(0.9, 0, 40)}

DRAWINGS = {
    "positions": lambda ax: figures.draw_positions(POSITIONS, ax=ax),
    "waves": lambda ax: figures.draw_waves(POSITIONS, [0, 4, 8], ax=ax),
    "distances": lambda ax: figures.draw_distances(POSITIONS @ POSITIONS.T, ax=ax),
    "learning": lambda ax: figures.draw_learning(LOSSES, level=8 / 9, ax=ax),
}
FIGURES = {name: (lambda draw=draw: draw(None).figure) for name, draw in DRAWINGS.items()} | {
    "masks": lambda: figures.figure_masks(MASKS, ("none", "ahead"), ("he", "admired", "her")),
    "dials": lambda: figures.figure_dials(np.array([1.0, 0.3]), [2, 9], 3),
    "one row of dials": lambda: figures.figure_dials(np.array([1.0, 0.3]), [2], 3),
}


def test_masks_are_light_where_a_query_may_look():
    none, ahead = FIGURES["masks"]().axes
    np.testing.assert_array_equal(ahead.collections[0].get_array().reshape(3, 3), MASKS[1])
    assert (none.get_xlabel(), ahead.get_xlabel()) == ("none", "ahead")
    assert [tick.get_text() for tick in none.get_yticklabels()] == ["he", "admired", "her"]


def test_table_of_positions_has_a_row_for_each():
    image = DRAWINGS["positions"](None).images[0]
    np.testing.assert_array_equal(image.get_array(), POSITIONS)
    assert image.get_clim() == (-1, 1)


def test_waves_are_columns():
    ax = DRAWINGS["waves"](None)
    np.testing.assert_array_equal(
        [line.get_ydata() for line in ax.lines], POSITIONS[:, [0, 4, 8]].T
    )
    assert [text.get_text() for text in ax.texts] == ["column 0", "column 4", "column 8"]


def test_hands_of_a_dial_stand_as_far_apart_wherever_they_begin():
    (dial, _) = FIGURES["dials"]().axes
    hands = [line.get_xydata() for line in dial.lines]
    angles = [np.arctan2(*(tip - middle)) for middle, tip in hands]
    assert (angles[1] - angles[0]) % (2 * np.pi) == pytest.approx(3)
    assert (angles[3] - angles[2]) % (2 * np.pi) == pytest.approx(3)
    assert angles[0] % (2 * np.pi) == pytest.approx(2)


def test_products_lie_on_one_curve():
    small, large = DRAWINGS["distances"](None).lines
    shared = {round(float(x)): y for x, y in large.get_xydata()}
    for x, y in small.get_xydata():
        if round(float(x)) in shared:
            assert y == pytest.approx(shared[round(float(x))])


def test_losses_are_means_and_named_at_their_ends():
    ax = DRAWINGS["learning"](None)
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), LOSSES["with"].reshape(-1, 10).mean(1))
    assert [text.get_text() for text in ax.texts] == list(LOSSES)
