"""Maps show their points, and digits where they are."""

import io

import numpy as np
import pytest

from unrolled.figures import neighbour_embedding as drawings
from unrolled.figures import style

RNG = np.random.default_rng(7)
Y = RNG.standard_normal((23, 2))
GROUPS = np.arange(23) % 3


def test_four_hundred_digits_are_light():
    y, labels = RNG.standard_normal((400, 2)), RNG.integers(10, size=400)
    drawing = io.StringIO()
    figure = drawings.figure_embeddings([y, y, y], ("a", "b", "c"), labels, digits=True)
    figure.savefig(drawing, format="svg")
    assert len(drawing.getvalue()) < 220_000


def test_each_digit_has_its_own_look_and_its_numeral_on_the_point_in_its_midst():
    digits = np.arange(53) % 10
    points = RNG.standard_normal((53, 2)) + digits[:, None]
    points[digits == 7] = [[0, 0], [1, 0], [0, 1], [0.4, 0.3], [2, 0]]
    ax = style.frame("", "")
    drawings.draw_digits(ax, points, digits)
    assert len({(line.get_marker(), line.get_color()) for line in ax.lines}) == 10
    for digit, line in enumerate(ax.lines):
        np.testing.assert_array_equal(line.get_xydata(), points[digit == digits])
    assert [text.get_text() for text in ax.texts] == [str(digit) for digit in range(10)]
    assert ax.texts[7].xy == (0.4, 0.3)


def test_groups_differ_by_marker_and_colour():
    ax = drawings.figure_embeddings([Y, 7 * Y], ("a", "b"), GROUPS).axes[1]
    assert len({line.get_marker() for line in ax.lines}) == 3
    assert len({line.get_color() for line in ax.lines}) == 3
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), 7 * Y[GROUPS == 2])


def test_maps_side_by_side_have_frames_of_one_shape_round_all_points():
    embeddings = [Y, Y * [3, 1], Y * [1, 0]]
    shapes = []
    for ax, y, name in zip(
        drawings.embedding_panels(embeddings, "abc"), embeddings, "abc", strict=True
    ):
        low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
        assert (low < y.min(axis=0)).all()
        assert (high > y.max(axis=0)).all()
        shapes.append(np.divide(*(high - low)[::-1]))
        assert ax.get_aspect() == 1
        assert ax.texts[0].get_text() == name
    assert shapes == pytest.approx([shapes[0]] * 3)


def test_a_thread_joins_the_points_in_their_order():
    for ax in drawings.figure_embeddings([Y, Y], ("a", "b"), thread=True).axes:
        (thread,) = (line for line in ax.lines if line.get_color() == style.QUIET)
        np.testing.assert_array_equal(thread.get_xydata(), Y)
