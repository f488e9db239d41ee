"""The drawings of Fisher's discriminant show what they are given, in the hand of the house."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from unrolled.figures import fisher, style

RNG = np.random.default_rng(7)
LABELS = np.repeat([0, 1], [17, 23])
POINTS = RNG.normal(size=(40, 2)) * [3, 1] + LABELS[:, None] * [0, 2]
DIRECTIONS = np.array([[3.0, 1.0], [-1.0, 2.0]])
DEGREES = np.arange(0, 181, 3)
WAVE = (1 + np.cos(np.radians(2 * DEGREES - 60))) / 2
SIZES = np.array([13, 29, 53])
SHARES = np.array([[1.0, 0.9, 0.7], [0.5, 0.52, 0.6]])
STAGE = fisher.Stage(POINTS, np.array([[0.0, 0], [0, 2]]), POINTS[:19], np.array([0, 1]), "round")
DIGITS = np.arange(40) % 10

FIGURES = {
    "shadows": lambda ax: fisher.draw_shadows(POINTS[:, 1], LABELS, ax=ax),
    "by angle": lambda ax: fisher.draw_by_angle(DEGREES, WAVE, WAVE[::-1], ax=ax),
    "accuracies": lambda ax: fisher.draw_accuracies(
        SIZES, SHARES, ("own", "new"), x_name="points", guess=0.5, ax=ax
    ),
}
PANELS = {
    "two axes": lambda: fisher.figure_two_axes(POINTS, LABELS, DIRECTIONS),
    "turned axis": lambda: fisher.figure_turned_axis(POINTS, LABELS, 60, 0.123, 4.567),
    "whitening": lambda: fisher.figure_whitening(LABELS, [STAGE] * 3),
    "cases": lambda: fisher.figure_cases([(POINTS, DIRECTIONS)] * 3, LABELS, ("a", "b", "c")),
    "digits": lambda: fisher.figure_digits(
        [POINTS, POINTS[::-1]], DIGITS, [("one", "two"), ("three", "four")]
    ),
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_each_class_has_its_colour_and_its_marker():
    ax = PANELS["two axes"]().axes[0]
    for k, marker in enumerate("os"):
        (line,) = lines(ax, style.SERIES[k])
        assert line.get_marker() == marker
        np.testing.assert_array_equal(line.get_xydata(), POINTS[k == LABELS])


def test_both_axes_run_through_the_mean_in_their_directions():
    ax = PANELS["two axes"]().axes[0]
    for direction, colour in zip(DIRECTIONS, (style.INK, style.TARGET), strict=True):
        (line,) = lines(ax, colour)
        np.testing.assert_allclose(line.get_xydata().mean(axis=0), POINTS.mean(axis=0))
        step = np.diff(line.get_xydata(), axis=0)[0]
        assert step @ direction == pytest.approx(np.linalg.norm(step) * np.linalg.norm(direction))
    assert ax.get_aspect() == 1


def test_shadows_lie_on_the_unit_direction_through_the_mean():
    panels = PANELS["two axes"]().axes[1:]
    for ax, direction, colour in zip(panels, DIRECTIONS, (style.INK, style.TARGET), strict=True):
        shadows = (POINTS - POINTS.mean(axis=0)) @ direction / np.linalg.norm(direction)
        assert ax.get_xlim()[1] == pytest.approx(1.05 * np.abs(shadows).max())
        assert to_hex(ax.spines["bottom"].get_edgecolor()) == colour


def test_histograms_count_every_point_of_their_class():
    ax = FIGURES["shadows"](None)
    outlines = [patch for patch in ax.patches if not patch.get_fill()]
    assert [patch.get_data().values.sum() for patch in outlines] == [17, 23]


def test_peaks_are_marked_where_the_curves_are_highest():
    ax = FIGURES["by angle"](None)
    marks = [line.get_xydata().tolist() for line in ax.lines if len(line.get_xdata()) == 1]
    assert marks == [[[30, 1.0]], [[150, 1.0]]]
    assert written(ax) == ["variance", "Fisher's $J$"]


def test_the_turned_axis_says_its_numbers():
    plane, shadows = PANELS["turned axis"]().axes
    assert "60°" in shadows.get_xlabel()
    assert "0.12" in shadows.get_xlabel()
    assert "4.57" in shadows.get_xlabel()
    (line,) = lines(plane, style.INK)
    step = np.diff(line.get_xydata(), axis=0)[0]
    assert np.degrees(np.arctan2(step[1], step[0])) == pytest.approx(60)


def test_stages_and_cases_are_named_below():
    for name, texts in (("whitening", ["round"] * 3), ("cases", ["a", "b", "c"])):
        assert [written(ax)[0] for ax in PANELS[name]().axes] == texts


def test_outlines_stand_around_their_means():
    ax = PANELS["whitening"]().axes[1]
    rings = [line for line in ax.lines if len(line.get_xdata()) == 19]
    for ring, mean in zip(rings, STAGE.means, strict=True):
        np.testing.assert_allclose(ring.get_xydata(), STAGE.outline + mean)


def test_digits_are_drawn_as_numerals_and_named_at_their_means():
    left, right = PANELS["digits"]().axes
    assert [line.get_marker() for line in left.lines] == [f"${k}$" for k in range(10)]
    assert written(right) == [str(k) for k in range(10)]
    for k, text in enumerate(left.texts):
        np.testing.assert_allclose(text.xy, POINTS[k == DIGITS].mean(axis=0))


def test_accuracies_are_those_given_and_named():
    ax = FIGURES["accuracies"](None)
    for share, colour in zip(SHARES, (style.WRONG, style.TARGET), strict=True):
        (line,) = lines(ax, colour)
        np.testing.assert_array_equal(line.get_ydata(), share)
    assert written(ax) == ["guessing", "own", "new"]
    (guess,) = lines(ax, style.QUIET)
    assert guess.get_ydata() == [0.5, 0.5]
    alone = fisher.draw_accuracies(SIZES, SHARES, ("own", "new"), x_name="points")
    assert written(alone) == ["own", "new"]
