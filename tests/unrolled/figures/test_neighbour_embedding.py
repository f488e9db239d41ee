"""The drawings of neighbour embeddings show what they are given, in the hand of the house."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Circle

from unrolled.figures import neighbour_embedding as drawings
from unrolled.figures import style

RNG = np.random.default_rng(7)
Y = RNG.standard_normal((23, 2))
LABELS = np.arange(23) % 10
GROUPS = np.arange(23) % 3
WIDTHS = RNG.uniform(0.1, 1, 23)
FAR = np.linspace(0, 12, 61)
CURVES = np.array([np.exp(-(FAR**2)), 1 / (1 + FAR**2)])
COSTS = np.array([np.linspace(3, 1, 18), np.linspace(2, 0.5, 18)])
PULL, PUSH = RNG.standard_normal((2, 23, 2))

FIGURES = {
    "map": lambda ax: drawings.draw_map(Y, ax=ax),
    "digits": lambda ax: drawings.draw_map(Y, LABELS, digits=True, name="digits", ax=ax),
    "neighbourhoods": lambda ax: drawings.draw_neighbourhoods(Y, [2, 7], WIDTHS, ax=ax),
    "tails": lambda ax: drawings.draw_tails(FAR, CURVES, ("a", "b"), 0.01, (2.1, 9.9), ax=ax),
    "costs": lambda ax: drawings.draw_costs(COSTS, ("one", "two"), 5, ax=ax),
}
PANELS = {
    "maps": lambda: drawings.figure_maps([Y, 7 * Y], ("a", "b"), GROUPS),
    "threads": lambda: drawings.figure_maps([Y, Y, Y], ("a", "b", "c"), thread=True),
    "forces": lambda: drawings.figure_forces(Y, LABELS, (PULL, PUSH), ("pull", "push")),
}


def written(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_four_hundred_digits_are_light():
    y, labels = RNG.standard_normal((400, 2)), RNG.integers(10, size=400)
    drawing = io.StringIO()
    figure = drawings.figure_maps([y, y, y], ("a", "b", "c"), labels, digits=True)
    figure.savefig(drawing, format="svg")
    assert len(drawing.getvalue()) < 150_000


def test_each_digit_is_drawn_as_itself_where_it_lies():
    ax = FIGURES["digits"](None)
    for k, line in enumerate(ax.lines):
        assert line.get_marker() == rf"$\mathbf{{{k}}}$"
        np.testing.assert_array_equal(line.get_xydata(), Y[k == LABELS])
    assert written(ax) == ["digits"]


def test_groups_differ_by_marker_and_colour():
    ax = PANELS["maps"]().axes[1]
    assert len({line.get_marker() for line in ax.lines}) == 3
    assert len({line.get_color() for line in ax.lines}) == 3
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), 7 * Y[GROUPS == 2])


def test_maps_side_by_side_have_frames_of_one_shape_round_all_points():
    figure = drawings.figure_maps([Y, Y * [3, 1], Y * [1, 0]], ("a", "b", "c"))
    shapes = []
    for ax, y in zip(figure.axes, (Y, Y * [3, 1], Y * [1, 0]), strict=True):
        low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
        assert (low < y.min(axis=0)).all()
        assert (high > y.max(axis=0)).all()
        shapes.append(np.divide(*(high - low)[::-1]))
        assert ax.get_aspect() == 1
    assert shapes == pytest.approx([shapes[0]] * 3)


def test_a_thread_joins_the_points_in_their_order():
    for ax in PANELS["threads"]().axes:
        (thread,) = (line for line in ax.lines if line.get_color() == style.QUIET)
        np.testing.assert_array_equal(thread.get_xydata(), Y)


def test_circles_are_as_wide_as_the_neighbourhoods():
    ax = FIGURES["neighbourhoods"](None)
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    assert [circle.radius for circle in circles] == [WIDTHS[2], WIDTHS[7]]
    np.testing.assert_array_equal([circle.center for circle in circles], Y[[2, 7]])
    assert written(ax) == [rf"$\sigma = {width:.2f}$" for width in WIDTHS[[2, 7]]]


def test_curves_and_the_distances_at_the_level():
    ax = FIGURES["tails"](None)
    drawn = [line for line in ax.lines if len(line.get_xdata()) == len(FAR)]
    for line, curve in zip(drawn, CURVES, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve)
    assert written(ax) == ["a: 0.01\nat distance 2.1", "b: 0.01\nat distance 9.9"]


def test_arrows_are_violet_and_to_one_scale():
    figure = PANELS["forces"]()
    steps = []
    for ax in figure.axes:
        arrows = [text for text in ax.texts if text.arrow_patch is not None]
        assert {arrow.arrow_patch.get_edgecolor() for arrow in arrows} == {
            mpl.colors.to_rgba(style.GRADIENT)
        }
        steps.append(np.array([np.subtract(arrow.xyann, arrow.xy) for arrow in arrows]))
    factors = np.abs(np.concatenate(steps) / np.concatenate([PULL, PUSH]))
    np.testing.assert_allclose(factors, factors[0, 0])


def test_each_run_has_its_cost_its_dash_and_its_name():
    ax = FIGURES["costs"](None)
    for line, costs in zip(ax.lines, COSTS, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), costs)
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    np.testing.assert_array_equal(ax.lines[2].get_xdata(), [5, 5])
    assert written(ax) == ["exaggeration ends", "one", "two"]
