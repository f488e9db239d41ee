"""Clouds of two classes, and the axes through them."""

import numpy as np
import pytest

from unrolled.figures import fisher, style

RNG = np.random.default_rng(7)
LABELS = np.repeat([0, 1], [17, 23])
POINTS = RNG.normal(size=(40, 2)) * [3, 1] + LABELS[:, None] * [0, 2]


@pytest.mark.parametrize("centre", [None, np.array([5.0, 11.0])])
@pytest.mark.parametrize("direction", [[3.0, 1.0], [-1.0, 2.0]])
def test_an_axis_runs_through_its_centre_in_its_direction_and_spans_the_cloud(direction, centre):
    ax = style.frame("", "")
    fisher.draw_axis(ax, POINTS, np.array(direction), centre=centre)
    (line,) = ax.lines
    mean = POINTS.mean(axis=0)
    np.testing.assert_allclose(line.get_xydata().mean(axis=0), mean if centre is None else centre)
    step = np.diff(line.get_xydata(), axis=0)[0]
    assert step @ direction == pytest.approx(np.linalg.norm(step) * np.linalg.norm(direction))
    farthest = np.linalg.norm(POINTS - mean, axis=1).max()
    assert np.linalg.norm(step) == pytest.approx(2.1 * farthest)


def test_a_cloud_shows_both_classes_and_all_points():
    ax = style.frame("", "")
    fisher.draw_cloud(ax, POINTS, LABELS, "they agree")
    ax.figure.draw_without_rendering()
    for k, line in enumerate(ax.lines):
        np.testing.assert_array_equal(line.get_xydata(), POINTS[k == LABELS])
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    assert (low < POINTS.min(axis=0)).all()
    assert (high > POINTS.max(axis=0)).all()
    assert [text.get_text() for text in ax.texts] == ["they agree"]
