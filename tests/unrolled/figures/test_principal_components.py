"""The drawings of principal components show the numbers they are given, in the house's hand."""

import io

import numpy as np
import pytest

from unrolled.figures import principal_components as drawings
from unrolled.figures import style

RNG = np.random.default_rng(7)
POINTS = RNG.normal(0, [7, 3], (31, 2))
SOLID = RNG.normal(0, [7, 3, 2], (37, 3))
FEET = POINTS * [1, 0]
AXIS = np.array([[-17.0, 0.0], [17.0, 0.0]])
LABELS = np.arange(31) % 2
TURN = np.linspace(0, 2 * np.pi, 41)
RING = np.column_stack([np.cos(TURN), np.sin(TURN), 0 * TURN])
CIRCLES = np.array([RING, RING[:, [0, 2, 1]], RING[:, [2, 0, 1]]])
PLANE = (POINTS, RING[:, :2], np.zeros(2), np.eye(2))
SPACE = (SOLID, CIRCLES, np.zeros(3), np.eye(3))
NAMES = ("length", "width", "height")
SHARES = np.array([0.5, 0.2, 0.1, 0.08, 0.06, 0.04, 0.02])
DIGITS = np.arange(201) % 10
MAP = RNG.normal(0, 9, (201, 2))
IMAGES = RNG.uniform(-0.3, 0.3, (2, 3, 5, 4))

FIGURES = {
    "projection": lambda ax: drawings.draw_projection(
        POINTS, FEET, AXIS, features=NAMES[:2], ax=ax
    ),
    "variance": lambda ax: drawings.draw_variance_by_angle(
        np.arange(181), 5 + np.cos(np.radians(2 * np.arange(181))), [(0, 6), (90, 4)], ax=ax
    ),
    "ellipse": lambda ax: drawings.draw_ellipse(*PLANE, features=NAMES[:2], ax=ax),
    "ellipsoid": lambda ax: drawings.draw_ellipsoid(*SPACE, features=NAMES, ax=ax),
    "kept and lost": lambda ax: drawings.draw_kept_and_lost(ax=ax),
    "lines": lambda ax: drawings.draw_lines_of_fit(
        POINTS, [AXIS, AXIS * [1, 2], AXIS + 1], NAMES, features=NAMES[:2], ax=ax
    ),
    "useful": lambda ax: drawings.draw_useful_direction(
        POINTS, LABELS, np.zeros(2), np.eye(2), ax=ax
    ),
    "scree": lambda ax: drawings.draw_scree(SHARES, (4, 0.88), ax=ax),
    "digit map": lambda ax: drawings.draw_digit_map(MAP, DIGITS, ax=ax),
}
PANELS = {
    "ellipsoids": lambda: drawings.figure_ellipsoids(PLANE, SPACE, features=NAMES, unit="cm"),
    "images": lambda: drawings.figure_images(
        IMAGES, ("a", "b", "c"), unit="ink", limits=(-0.3, 0.3), signed=True
    ),
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def written(ax):
    return [text.get_text() for text in ax.texts]


# --- what holds of every figure -------------------------------------------------------------------


def test_seven_hundred_digits_are_light_enough_to_send():
    ax = drawings.draw_digit_map(RNG.normal(0, 9, (700, 2)), np.arange(700) % 10)
    drawing = io.StringIO()
    ax.figure.savefig(drawing, format="svg")
    assert len(drawing.getvalue()) < 150_000


# --- each by itself -------------------------------------------------------------------------------


def test_each_point_falls_onto_its_own_foot():
    ax = FIGURES["projection"](None)
    (falls,) = ax.collections
    np.testing.assert_array_equal(falls.get_segments(), np.stack([POINTS, FEET], axis=1))
    (points,) = lines(ax, style.DATA)
    np.testing.assert_array_equal(points.get_xydata(), POINTS)
    axis, feet = lines(ax, style.FIRST)
    np.testing.assert_array_equal(axis.get_xydata(), AXIS)
    np.testing.assert_array_equal(feet.get_xydata(), FEET)


def test_top_and_bottom_of_the_curve_are_named():
    ax = FIGURES["variance"](None)
    assert written(ax) == ["6.0 at 0°", "4.0 at 90°"]
    assert ax.get_ylim()[0] == 0


def test_half_axes_run_from_the_centre_to_their_tips():
    for name, draw in (("ellipse", np.asarray), ("ellipsoid", drawings._flat)):
        ax = FIGURES[name](None)
        size = 2 if name == "ellipse" else 3
        for k, colour in zip(range(size), drawings.AXES, strict=False):
            half_axis, _ = lines(ax, colour)
            ends = draw(np.stack([np.zeros(size), np.eye(size)[k]]))
            np.testing.assert_allclose(half_axis.get_xydata(), ends)


def test_the_drawn_triangle_has_a_right_angle():
    ax = FIGURES["kept and lost"](None)
    kept = lines(ax, style.FIRST)[1].get_xydata()
    lost = lines(ax, style.WRONG)[0].get_xydata()
    assert np.dot(kept[1] - kept[0], lost[1] - lost[0]) == pytest.approx(0, abs=1e-3)
    np.testing.assert_array_equal(kept[1], lost[0])


def test_lines_of_fit_are_named_at_their_ends():
    assert written(FIGURES["lines"](None)) == list(NAMES)


def test_the_running_sum_ends_at_one():
    ax = FIGURES["scree"](None)
    running, mark = lines(ax, style.DATA)
    np.testing.assert_allclose(running.get_ydata(), np.cumsum(SHARES))
    assert mark.get_xydata().tolist() == [[4, 0.88]]
    assert "the first 4: 88%" in written(ax)


def test_each_digit_stands_at_its_place_and_at_its_median():
    ax = FIGURES["digit map"](None)
    assert written(ax) == [str(digit) for digit in range(10)]
    for digit, line in enumerate(ax.lines):
        np.testing.assert_array_equal(line.get_xydata(), MAP[digit == DIGITS])
        np.testing.assert_allclose(ax.texts[digit].xy, np.median(MAP[digit == DIGITS], axis=0))


def test_images_share_one_scale_centred_at_zero():
    figure = PANELS["images"]()
    shown = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(shown) == 7
    for image, array in zip(shown[:6], IMAGES.reshape(6, 5, 4), strict=True):
        np.testing.assert_array_equal(image.get_array(), array)
        assert image.get_clim() == (-0.3, 0.3)
        assert image.get_cmap() == style.SIGNED
    assert figure.axes[-1].get_xlabel() == "ink"
