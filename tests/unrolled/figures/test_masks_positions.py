"""Hands of dials show positions, and a shift as a turn."""

import numpy as np
import pytest

from unrolled.figures.masks_positions import figure_dials


def test_hands_of_a_dial_stand_as_far_apart_wherever_they_begin():
    dial, _ = figure_dials(np.array([1.0, 0.3]), [2, 9], 3).axes
    hands = [line.get_xydata() for line in dial.lines if len(line.get_xydata()) == 2]
    angles = [np.arctan2(*(tip - middle)) for middle, tip in hands]
    assert (angles[1] - angles[0]) % (2 * np.pi) == pytest.approx(3)
    assert (angles[3] - angles[2]) % (2 * np.pi) == pytest.approx(3)
    assert angles[0] % (2 * np.pi) == pytest.approx(2)


def test_each_row_of_dials_names_its_positions_and_each_column_its_frequency():
    left, right = figure_dials(np.array([1.0, 0.3]), [2, 9], 3).axes
    assert [text.get_text() for text in left.texts] == [
        "positions\n2 and 5",
        "positions\n9 and 12",
        r"$\omega = 1$",
    ]
    assert [text.get_text() for text in right.texts] == [r"$\omega = 0.3$"]
