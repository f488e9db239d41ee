"""The drawings of the first part show the numbers they are given, in the hand of the house."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.patches import Circle

from unrolled.figures import dimensions, style

DIMENSIONS = np.arange(1, 24)
RNG = np.random.default_rng(7)
CORNERS = [np.linspace(-2, 2, 6), np.linspace(-3, 3, 8)]
POINTS = RNG.uniform(-2, 2, (33, 2))
LABELS = np.arange(33) % 3
WINNERS = RNG.integers(-1, 3, (5, 7))
EDGES = np.linspace(0, 180, 19)
ANGLES = np.linspace(0, 180, 61)
CLOUD = RNG.random((31, 3))
OCCUPIED = [np.histogramdd(CLOUD[:, :d], bins=5, range=[(0, 1)] * d)[0] > 0 for d in (1, 2, 3)]
STEPS = np.arange(38)
WALKS = np.array([np.sqrt(STEPS) * 1.3, np.sqrt(STEPS) * 0.9])
NEAR_AND_FAR = np.array([[0.1, 0.6, 0.3, 0, 0], [0, 0, 0.1, 0.2, 0.7]])

FIGURES = {
    "classes": lambda ax: dimensions.draw_classes(POINTS, LABELS, (0, 1), ax=ax),
    "majority": lambda ax: dimensions.draw_majority(*CORNERS, WINNERS, (0, 1), ax=ax),
    "empty shares": lambda ax: dimensions.draw_empty_shares(
        DIMENSIONS, np.array([DIMENSIONS / 29, 1 - 0.7**DIMENSIONS]), ("many", "few"), ax=ax
    ),
    "answers": lambda ax: dimensions.draw_grid_answers(
        DIMENSIONS, np.array([1 / DIMENSIONS, 0.5 / DIMENSIONS]), ("many", "few"), ax=ax
    ),
    "radii": lambda ax: dimensions.draw_radius_histograms(
        np.linspace(0, 1, 6), np.array([[0, 1, 3, 1, 0], [0, 0, 5, 0, 0]]), (2, 17), 0.6, ax=ax
    ),
    "middle ball": lambda ax: dimensions.draw_middle_ball_diameter(
        DIMENSIONS, np.sqrt(DIMENSIONS) - 1, [2], [9], ax=ax
    ),
    "inside": lambda ax: dimensions.draw_inside_profile(
        np.linspace(0, 1, 11), np.linspace([1, 1], [0, 0.8], 11).T, (2, 17), ax=ax
    ),
    "middle ball share": lambda ax: dimensions.draw_middle_ball_share(
        DIMENSIONS, np.cos(DIMENSIONS / 4), (13, -1), 19, ax=ax
    ),
    "angles": lambda ax: dimensions.draw_angle_histogram(EDGES, np.full(18, 1 / 180), ax=ax),
    "band": lambda ax: dimensions.draw_latitude_band(55, 8, ax=ax),
    "shell": lambda ax: dimensions.draw_shell(0.1, ax=ax),
    "shell share": lambda ax: dimensions.draw_shell_share(
        DIMENSIONS, 1 - 0.9**DIMENSIONS, [(7, 1 - 0.9**7)], ax=ax
    ),
    "ball volume": lambda ax: dimensions.draw_ball_volume(
        DIMENSIONS, 1 / DIMENSIONS, (1, 1), ax=ax
    ),
    "ball share": lambda ax: dimensions.draw_ball_share(DIMENSIONS, -1.0 * DIMENSIONS, ax=ax),
    "distances": lambda ax: dimensions.draw_distance_histograms(
        np.linspace(0, 2, 6), NEAR_AND_FAR, ("near", "far"), ax=ax
    ),
    "contrast": lambda ax: dimensions.draw_relative_contrast(
        DIMENSIONS, np.array([3 / DIMENSIONS, 5 / DIMENSIONS]), ("few", "many"), ax=ax
    ),
}
PANELS = {
    "vote": lambda: dimensions.figure_grid_vote(
        POINTS, LABELS, (0, 1), *CORNERS, WINNERS, classes=("a", "b", "c")
    ),
    "cells": lambda: dimensions.figure_cells(CLOUD, OCCUPIED),
    "inscribed": lambda: dimensions.figure_inscribed_balls((r"\sqrt{2}", r"\sqrt{3}")),
    "stacks": lambda: dimensions.figure_stacks((0.4, 0.7)),
    "histograms": lambda: dimensions.figure_angle_histograms(
        EDGES, np.full((4, 18), 1 / 180), ANGLES, np.full((4, 61), 1 / 180), (2, 3, 50, 100)
    ),
    "walk": lambda: dimensions.figure_random_walk(
        np.column_stack([STEPS, -STEPS]), STEPS, WALKS, np.sqrt(STEPS), (2, 100)
    ),
    "volumes": lambda: dimensions.figure_ball_volume(
        DIMENSIONS, 1 / DIMENSIONS, -1.0 * DIMENSIONS, (1, 1)
    ),
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def written(ax):
    return [text.get_text() for text in ax.texts]


def circles(ax, colour):
    wanted = mpl.colors.to_rgba(colour)
    return [p for p in ax.patches if isinstance(p, Circle) and p.get_edgecolor() == wanted]


# --- what holds of every figure -------------------------------------------------------------------


# --- grids ----------------------------------------------------------------------------------------


def test_each_class_has_its_colour_and_its_marker():
    ax = FIGURES["classes"](None)
    for k, marker in enumerate("os^"):
        (line,) = lines(ax, style.SERIES[k])
        assert line.get_marker() == marker
        np.testing.assert_array_equal(line.get_xydata(), POINTS[k == LABELS])


def test_every_cell_that_is_won_is_filled_and_no_other():
    ax = FIGURES["majority"](None)
    filled = [c for c in ax.collections if isinstance(c, PolyCollection)]
    assert [len(c.get_paths()) for c in filled] == [int((k == WINNERS).sum()) for k in range(3)]
    for k in range(3):
        (line,) = lines(ax, style.SERIES[k])
        columns = np.searchsorted(CORNERS[0], line.get_xdata()) - 1
        rows = np.searchsorted(CORNERS[1], line.get_ydata()) - 1
        assert (WINNERS[columns, rows] == k).all()


def test_both_panels_of_the_vote_show_the_same_part_and_the_query():
    scatter, grid = PANELS["vote"]().axes
    assert scatter.get_xlim() == grid.get_xlim() == (-2, 2)
    assert scatter.get_ylim() == grid.get_ylim() == (-3, 3)
    for ax in (scatter, grid):
        (cross,) = lines(ax, style.INK)
        assert cross.get_xydata().tolist() == [[0, 1]]


def test_the_vote_names_its_classes_once():
    (legend,) = PANELS["vote"]().legends
    assert [text.get_text() for text in legend.texts] == ["a", "b", "c", "to be classified"]


def test_cells_say_how_many_of_them_are_empty():
    row = np.array([True, True])
    square = np.array([[True, False], [False, True]])
    cube = np.zeros((2, 2, 2), dtype=bool)
    cube[0, 0, 0] = cube[1, 1, 1] = True
    figure = dimensions.figure_cells(
        np.array([[0.2, 0.2, 0.2], [0.7, 0.8, 0.9]]), [row, square, cube]
    )
    assert [written(ax)[0] for ax in figure.axes] == [
        "1 feature, 2 cells:\n0 % empty",
        "2 features, 4 cells:\n50 % empty",
        "3 features, 8 cells:\n75 % empty",
    ]


def test_each_occupied_cell_of_the_cube_is_one_small_cube():
    (small,) = PANELS["cells"]().axes[2].collections
    places, n_faces = np.unique(small.get_offsets(), axis=0, return_counts=True)
    assert len(places) == OCCUPIED[2].sum()
    assert (n_faces == 4).all()  # an outline that hides what is behind, and three faces


# --- spiky cubes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [dimensions.draw_empty_shares, dimensions.draw_grid_answers])
def test_each_share_is_drawn_as_given_and_named(draw):
    shares = np.array([1 - 0.9**DIMENSIONS, 1 - 0.5**DIMENSIONS])
    ax = draw(DIMENSIONS, shares, ("many points", "few points"))
    for line, share in zip(ax.lines, shares, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), share)
    assert written(ax) == ["many points", "few points"]


def test_empty_shares_are_named_where_half_of_the_cells_are_empty():
    ax = dimensions.draw_empty_shares(np.array([1, 3, 5]), np.array([[0, 0.25, 0.75]]), ("few",))
    assert ax.texts[0].xy == pytest.approx((4, 0.5))


def test_radii_run_from_the_middle_to_the_corner():
    edges, heights = np.linspace(0, 1, 6), np.array([[0, 1, 3, 1, 0], [0, 0, 5, 0, 0]])
    ax = dimensions.draw_radius_histograms(edges, heights, (2, 17), 0.6)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["middle", "0.5", "corner"]
    assert written(ax) == ["$D = 2$", "$D = 17$"]
    np.testing.assert_array_equal(lines(ax, style.QUIET)[0].get_xdata(), [0.6, 0.6])
    outlines = [patch for patch in ax.patches if not patch.get_fill()]
    for outline, height in zip(outlines, heights, strict=True):
        np.testing.assert_array_equal(outline.get_data().values, height)


def test_balls_are_drawn_to_scale():
    for ax, n_balls, diameter in zip(PANELS["stacks"]().axes, (4, 8), (0.4, 0.7), strict=True):
        balls = circles(ax, dimensions.BALL)
        assert [ball.radius for ball in balls] == [0.5] * n_balls
        (middle,) = circles(ax, dimensions.MIDDLE_BALL)
        assert middle.radius == pytest.approx(diameter / 2)
        assert ax.get_aspect() == 1
        assert f"{diameter} across" in written(ax)[0]


def test_the_projection_keeps_lengths_across_the_line_of_sight():
    assert pytest.approx(np.eye(3)) == dimensions.VIEW @ dimensions.VIEW.T


def test_the_inscribed_ball_touches_the_faces_and_the_diagonal_has_its_length():
    square, cube = PANELS["inscribed"]().axes
    assert [ball.radius for ball in circles(square, dimensions.BALL)] == [0.5]
    assert [ball.radius for ball in circles(cube, dimensions.BALL)] == [0.5]
    assert r"$\sqrt{2}$" in written(square)
    assert r"$\sqrt{3}$" in written(cube)


def test_diameter_and_crossings_are_those_given():
    ax = dimensions.draw_middle_ball_diameter(DIMENSIONS, np.sqrt(DIMENSIONS) - 1, [2, 3], [9, 16])
    (curve,) = lines(ax, dimensions.MIDDLE_BALL)
    np.testing.assert_allclose(curve.get_ydata(), np.sqrt(DIMENSIONS) - 1)
    (touching,) = lines(ax, style.INK)
    assert touching.get_xydata().tolist() == [[9, 2], [16, 3]]
    assert {"2 cubes", "3 cubes", "$D = 9$", "$D = 16$"} <= set(written(ax))


def test_each_dimension_has_its_profile_its_dash_and_its_name():
    ax = FIGURES["inside"](None)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.linspace(1, 0, 11))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), np.linspace(1, 0.8, 11))
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert written(ax) == ["$D = 2$", "$D = 17$"]


def test_smallest_share_and_crossing_are_marked_where_they_are_given():
    ax = FIGURES["middle ball share"](None)
    assert [line.get_xydata().tolist() for line in lines(ax, style.INK)] == [[[13, -1]], [[19, 0]]]
    assert written(ax) == ["smallest at $D = 13$", "larger from $D = 19$"]


# --- angles ---------------------------------------------------------------------------------------


def test_histogram_shows_the_heights_it_is_given():
    heights = np.arange(18) / 17
    ax = dimensions.draw_angle_histogram(EDGES, heights, ANGLES, ANGLES / 180)
    (bars,) = ax.patches
    np.testing.assert_array_equal(bars.get_data().values, heights)
    np.testing.assert_array_equal(bars.get_data().edges, EDGES)
    np.testing.assert_array_equal(lines(ax, style.FIRST)[0].get_ydata(), ANGLES / 180)


def test_four_histograms_share_their_axes():
    heights = np.outer([1, 2, 7, 3], np.full(18, 1 / 180))
    curves = np.full((4, 61), 1 / 180)
    figure = dimensions.figure_angle_histograms(EDGES, heights, ANGLES, curves, (2, 3, 50, 100))
    ((bottom, top),) = {ax.get_ylim() for ax in figure.axes}
    assert bottom == 0
    assert top > heights.max()
    assert {ax.get_xlim() for ax in figure.axes} == {(0, 180)}
    assert [written(ax) for ax in figure.axes] == [[f"$D = {d}$"] for d in (2, 3, 50, 100)]


@pytest.mark.parametrize("angle", [20, 55, 90, 140])
def test_band_lies_on_the_sphere(angle):
    ax = dimensions.draw_latitude_band(angle, 8)
    for band in (p for p in ax.patches if isinstance(p, mpl.patches.Polygon)):
        assert np.hypot(*band.get_xy().T).max() <= 1 + 1e-9


def test_walk_is_drawn_beside_its_distance_and_the_square_root():
    walk, distance = PANELS["walk"]().axes
    np.testing.assert_array_equal(walk.lines[0].get_xydata(), np.column_stack([STEPS, -STEPS]))
    for k in range(2):
        (line,) = lines(distance, style.SERIES[k])
        np.testing.assert_array_equal(line.get_ydata(), WALKS[k])
    np.testing.assert_array_equal(lines(distance, style.INK)[0].get_ydata(), np.sqrt(STEPS))
    assert {"$D = 2$", "$D = 100$", r"$\sqrt{n}$"} <= set(written(distance))


# --- shells ---------------------------------------------------------------------------------------


def test_shell_is_as_thick_as_it_is_told():
    ax = dimensions.draw_shell(0.2)
    (shell,) = (p for p in ax.patches if isinstance(p, mpl.patches.Wedge))
    assert (shell.r, shell.width) == (1, 0.2)


def test_marks_of_the_shell_are_data():
    ax = dimensions.draw_shell_share(DIMENSIONS, 1 - 0.9**DIMENSIONS, [(7, 0.5217), (11, 0.6862)])
    assert written(ax) == ["52.2 % at 7", "68.6 % at 11"]
    np.testing.assert_allclose(lines(ax, dimensions.SHELL)[0].get_ydata(), 1 - 0.9**DIMENSIONS)
    marks = [line.get_xydata().tolist() for line in lines(ax, style.INK)]
    assert marks == [[[7, 0.5217]], [[11, 0.6862]]]


def test_volume_and_share_are_those_given():
    volume, share = PANELS["volumes"]().axes
    np.testing.assert_array_equal(volume.lines[0].get_ydata(), 1 / DIMENSIONS)
    np.testing.assert_array_equal(share.lines[0].get_ydata(), -1.0 * DIMENSIONS)
    assert written(volume) == ["largest at $D = 1$"]
    assert share.yaxis.get_major_formatter()(-4) == "$10^{-4}$"
    assert share.yaxis.get_major_formatter()(0) == "1"


# --- distances ------------------------------------------------------------------------------------


def test_each_histogram_of_distances_is_named_at_its_highest_bin():
    ax = FIGURES["distances"](None)
    named = [(text.get_text(), *np.round(text.xy, 9)) for text in ax.texts]
    assert named == [("near", 0.6, 0.6), ("far", 1.8, 0.7)]
    outlines = [patch.get_data() for patch in ax.patches[1::2]]
    for outline, shares in zip(outlines, NEAR_AND_FAR, strict=True):
        np.testing.assert_array_equal(outline.values, shares)


def test_each_series_of_contrasts_is_named_at_its_end():
    ax = FIGURES["contrast"](None)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    for k, factor in enumerate((3, 5)):
        np.testing.assert_allclose(ax.lines[k].get_ydata(), factor / DIMENSIONS)
    assert [(text.get_text(), text.xy[0]) for text in ax.texts] == [("few", 23), ("many", 23)]
