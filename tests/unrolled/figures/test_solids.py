"""Balls, cubes and the sphere are drawn to scale."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Circle

from unrolled.figures import solids

CLOUD = np.random.default_rng(7).random((31, 3))
OCCUPIED = [np.histogramdd(CLOUD[:, :d], bins=5, range=[(0, 1)] * d)[0] > 0 for d in (1, 2, 3)]


def written(ax):
    return [text.get_text() for text in ax.texts]


def circles(ax, colour):
    wanted = mpl.colors.to_rgba(colour)
    return [p for p in ax.patches if isinstance(p, Circle) and p.get_edgecolor() == wanted]


def test_cells_say_how_many_of_them_are_empty():
    row = np.array([True, True])
    square = np.array([[True, False], [False, True]])
    cube = np.zeros((2, 2, 2), dtype=bool)
    cube[0, 0, 0] = cube[1, 1, 1] = True
    figure = solids.figure_cells(np.array([[0.2, 0.2, 0.2], [0.7, 0.8, 0.9]]), [row, square, cube])
    assert [written(ax)[0] for ax in figure.axes] == [
        "1 feature, 2 cells:\n0 % empty",
        "2 features, 4 cells:\n50 % empty",
        "3 features, 8 cells:\n75 % empty",
    ]


def test_each_occupied_cell_of_the_cube_is_one_small_cube():
    (small,) = solids.figure_cells(CLOUD, OCCUPIED).axes[2].collections
    places, n_faces = np.unique(small.get_offsets(), axis=0, return_counts=True)
    assert len(places) == OCCUPIED[2].sum()
    assert (n_faces == 4).all()  # an outline that hides what is behind, and three faces


def test_balls_are_drawn_to_scale():
    for ax, n_balls, diameter in zip(
        solids.figure_stacks((0.4, 0.7)).axes, (4, 8), (0.4, 0.7), strict=True
    ):
        balls = circles(ax, solids.BALL)
        assert [ball.radius for ball in balls] == [0.5] * n_balls
        (middle,) = circles(ax, solids.MIDDLE_BALL)
        assert middle.radius == pytest.approx(diameter / 2)
        assert ax.get_aspect() == 1
        assert f"{diameter} across" in written(ax)[0]


def test_the_projection_keeps_lengths_across_the_line_of_sight():
    assert pytest.approx(np.eye(3)) == solids.VIEW @ solids.VIEW.T


def test_the_inscribed_ball_touches_the_faces_and_the_diagonal_has_its_length():
    square, cube = solids.figure_inscribed_balls((r"\sqrt{2}", r"\sqrt{3}")).axes
    assert [ball.radius for ball in circles(square, solids.BALL)] == [0.5]
    assert [ball.radius for ball in circles(cube, solids.BALL)] == [0.5]
    assert r"$\sqrt{2}$" in written(square)
    assert r"$\sqrt{3}$" in written(cube)


@pytest.mark.parametrize("angle", [20, 55, 90, 140])
def test_band_lies_on_the_sphere(angle):
    ax = solids.draw_latitude_band(angle, 8)
    for band in (p for p in ax.patches if isinstance(p, mpl.patches.Polygon)):
        assert np.hypot(*band.get_xy().T).max() <= 1 + 1e-9


def test_shell_is_as_thick_as_it_is_told():
    ax = solids.draw_shell(0.2)
    (shell,) = (p for p in ax.patches if isinstance(p, mpl.patches.Wedge))
    assert (shell.r, shell.width) == (1, 0.2)
