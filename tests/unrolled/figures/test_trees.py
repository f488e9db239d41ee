"""Trees as boxes, regions of a plane, and the making of a forest."""

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch

from unrolled.figures import style, trees

LEFT = [1, 3, -1, -1, 5, -1, -1]


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]


def test_each_node_stands_below_its_parent_and_between_its_children():
    names = list("abcdefg")
    ax = trees.draw_nodes(LEFT, names, ["p", "q", "", "", "r", "", ""], width=style.WIDE)
    at = {text.get_text(): text.get_position() for text in ax.texts if text.get_text() in names}
    assert {*at} == {*names}
    for node, left in enumerate(LEFT):
        if left < 0:
            continue
        one, other = at[names[left]], at[names[left + 1]]
        assert at[names[node]][0] == pytest.approx((one[0] + other[0]) / 2)
        assert one[0] < other[0]
        assert one[1] == other[1] < at[names[node]][1]
    written = [text.get_text() for text in ax.texts]
    assert written.count("no") == written.count("yes") == 3
    assert {"p", "q", "r"} <= {*written}
    assert not style.style_violations(ax.figure)


def test_regions_lie_where_they_were_asked_and_rows_on_them():
    ax = style.frame("", "", xlim=(-1, 3), ylim=(0, 2))
    share = np.array([[0.0, 0.5, 1.0], [0.25, 0.5, 0.75]])
    points, sought = np.array([[0, 1], [2, 1.5], [1, 0.5]]), np.array([True, False, True])
    trees.draw_regions(ax, share, points, sought)
    (image,) = ax.images
    assert image.get_extent() == [-1, 3, 0, 2]
    np.testing.assert_allclose(image.get_array(), 2 * share - 1)
    assert image.origin == "lower"
    others, found = ax.lines
    np.testing.assert_array_equal(found.get_xydata(), points[sought])
    np.testing.assert_array_equal(others.get_xydata(), points[~sought])
    assert (found.get_color(), others.get_color()) == (style.FIRST, style.SECOND)
    assert not style.style_violations(ax.figure)


def test_a_forest_shows_its_bags_what_they_lack_and_the_mean():
    figure = trees.draw_forest(np.array([[2, 0, 1], [0, 3, 0]]), [0.25, 1.0])
    written = [text.get_text() for text in figure.axes[0].texts]
    for text in ("1  1  3", "2", "2  2  2", "1  3", "0.25", "1.00", "0.62"):
        assert text in written
    assert not style.style_violations(figure)
