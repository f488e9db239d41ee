"""Axes, ellipsoids and the triangle of principal components are drawn where they lie."""

import numpy as np
import pytest

from unrolled.figures import principal_components as drawings
from unrolled.figures import style

TIPS = np.diag([7.0, 3.0, 2.0])


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def test_half_axes_run_from_the_centre_to_their_tips():
    ax = style.frame("length", "width")
    drawings.draw_half_axes(ax, np.array([5.0, 11.0]), np.array([[18.0, 11.0], [5.0, 13.0]]))
    for colour, tip in zip(drawings.AXES, ((18, 11), (5, 13)), strict=False):
        half_axis, end = lines(ax, colour)
        assert half_axis.get_xydata().tolist() == [[5, 11], list(tip)]
        assert end.get_xydata().tolist() == [list(tip)]
    assert [text.get_text() for text in ax.texts] == ["1", "2"]


def test_an_ellipsoid_in_space_is_projected_with_its_axes():
    ax = style.frame("", "")
    points = np.random.default_rng(7).normal(size=(37, 3)) @ TIPS
    turn = np.linspace(0, 2 * np.pi, 41)
    ring = np.column_stack([np.cos(turn), np.sin(turn), 0 * turn])
    names = ("length", "width", "height")
    drawings.draw_ellipsoid(ax, points, [ring @ TIPS] * 3, np.zeros(3), TIPS, features=names)
    (cloud,) = lines(ax, style.DATA)
    assert len(cloud.get_xdata()) == 37
    for tip, colour in zip(TIPS, drawings.AXES, strict=True):
        half_axis, _ = lines(ax, colour)
        flat = np.stack([np.zeros(3), tip]) @ drawings.VIEW[:2].T
        np.testing.assert_allclose(half_axis.get_xydata(), flat)
    assert [text.get_text() for text in ax.texts] == [*names, "1", "2", "3"]


def test_the_drawn_triangle_has_a_right_angle():
    ax = drawings.draw_kept_and_lost()
    kept = lines(ax, style.FIRST)[1].get_xydata()
    lost = lines(ax, style.WRONG)[0].get_xydata()
    assert np.dot(kept[1] - kept[0], lost[1] - lost[0]) == pytest.approx(0, abs=1e-3)
    np.testing.assert_array_equal(kept[1], lost[0])
