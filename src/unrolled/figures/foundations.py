"""The drawings of the first part: what grows strange when features are many.

Balls that belong to a cube are orange, the ball between them blue, a shell brick and measured data
teal, in every figure of the chapter. Solid bodies are drawn in parallel projection, where a ball is
a circle of its own radius, so that sizes may be compared with the eye.
"""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon, Rectangle, Wedge
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    GROUND,
    INK,
    LINE_WIDTH,
    LOW,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SERIES,
    SINGLE,
    TALL,
    THIN,
    THIRD,
    WIDE,
    canvas,
    chart,
    house_style,
    label,
    label_end,
    sketch,
)

BALL, MIDDLE_BALL, SHELL = FIRST, SECOND, THIRD


# --- a parallel projection ------------------------------------------------------------------------


def _view(azimuth: float = -62.0, elevation: float = 22.0) -> np.ndarray:
    """Rows: rightwards, upwards and towards the eye, as unit vectors in space."""
    a, e = np.radians(azimuth), np.radians(elevation)
    right = [-np.sin(a), np.cos(a), 0.0]
    up = [-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)]
    towards = [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]
    return np.array([right, up, towards])


VIEW = _view()


def _flat(points: np.ndarray) -> np.ndarray:
    """Points in space (..., 3) as points on the paper (..., 2)."""
    return np.asarray(points) @ VIEW[:2].T


def _draw_cube(ax: Axes, corner: np.ndarray, side: float, colour: str = INK) -> None:
    """Draw a cube's twelve edges, the three behind it dashed."""
    corners = [np.array(bits) for bits in product((0, 1), repeat=3)]
    hidden = min(corners, key=lambda bits: float(bits @ VIEW[2]))
    for start in corners:
        for axis in range(3):
            if start[axis] == 0:
                end = start + np.eye(3, dtype=int)[axis]
                ends = _flat(np.array([start, end]) * side + corner)
                behind = any((hidden == bits).all() for bits in (start, end))
                style = {"color": QUIET, "ls": (0, (3, 3))} if behind else {"color": colour}
                ax.plot(*ends.T, lw=THIN if behind else 1.4, zorder=1 if behind else 4, **style)


def _draw_ball(ax: Axes, centre: np.ndarray, radius: float, colour: str, zorder: float = 2) -> None:
    """Draw a disc, or a ball seen from far away: a circle of the ball's own radius."""
    x, y = centre if len(centre) == 2 else _flat(centre)
    for fill in (True, False):
        ax.add_patch(
            Circle(
                (float(x), float(y)),
                radius,
                fill=fill,
                facecolor=colour if fill else "none",
                alpha=0.22 if fill else 1.0,
                edgecolor="none" if fill else colour,
                lw=1.6,
                zorder=zorder,
            )
        )


def _frame(ax: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Say what part of a drawing is shown."""
    ax.set_xlim(*x)
    ax.set_ylim(*y)


def _plain(value: float, digits: int = 3) -> str:
    """A number as it is said: no trailing zeros."""
    return f"{value:.{digits}g}"


# --- grids ----------------------------------------------------------------------------------------


@house_style()
def draw_classes(
    points: np.ndarray,
    labels: np.ndarray,
    query: Sequence[float],
    *,
    features: Sequence[str] = ("first feature", "second feature"),
    ax: Axes | None = None,
) -> Axes:
    """Scatter points of up to three classes, and one point whose class is asked for.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0, 1 or 2.
    query : (float, float)
        Drawn as a cross.
    features : (str, str)
        Names of the axes, with units.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = chart(ax, *features, height=TALL)
    for k in np.unique(labels):
        x, y = points[labels == k].T
        ax.plot(x, y, MARKERS[k], color=SERIES[k], ms=4.2, mew=0, alpha=0.85, label=f"class {k}")
    _draw_query(ax, query)
    return ax


@house_style()
def draw_majority(
    x_edges: np.ndarray,
    y_edges: np.ndarray,
    winners: np.ndarray,
    query: Sequence[float],
    *,
    features: Sequence[str] = ("first feature", "second feature"),
    ax: Axes | None = None,
) -> Axes:
    """Colour each cell of a grid by the class that most of its points have.

    Parameters
    ----------
    x_edges, y_edges : ndarray of shape (n_columns + 1,) and (n_rows + 1,)
    winners : ndarray of int of shape (n_columns, n_rows)
        0, 1 or 2; -1 where a cell is empty and stays blank.
    query : (float, float)
        Drawn as a cross.
    features : (str, str)
        Names of the axes, with units.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = chart(ax, *features, height=TALL)
    for k in np.unique(winners[winners >= 0]):
        columns, rows = np.nonzero(winners == k)
        boxes = [
            [(x_edges[i + a], y_edges[j + b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
            for i, j in zip(columns, rows, strict=True)
        ]
        ax.add_collection(PolyCollection(boxes, facecolor=SERIES[k], alpha=0.4, lw=0, zorder=1))
        x = (x_edges[columns] + x_edges[columns + 1]) / 2
        y = (y_edges[rows] + y_edges[rows + 1]) / 2
        ax.plot(x, y, MARKERS[k], color=SERIES[k], ms=4.2, mew=0, label=f"class {k}")
    x_lines = [[(x, y_edges[0]), (x, y_edges[-1])] for x in x_edges]
    y_lines = [[(x_edges[0], y), (x_edges[-1], y)] for y in y_edges]
    ax.add_collection(LineCollection(x_lines + y_lines, colors=QUIET, lw=0.6, zorder=2))
    _draw_query(ax, query)
    _frame(ax, (x_edges[0], x_edges[-1]), (y_edges[0], y_edges[-1]))
    return ax


def _draw_query(ax: Axes, query: Sequence[float]) -> None:
    """A cross with a rim, above everything else."""
    for colour, width in ((GROUND, 6.0), (INK, 2.6)):
        ax.plot(*query, "x", color=colour, ms=11, mew=width, zorder=6)


@house_style()
def figure_grid_vote(
    points: np.ndarray,
    labels: np.ndarray,
    query: Sequence[float],
    x_edges: np.ndarray,
    y_edges: np.ndarray,
    winners: np.ndarray,
    *,
    classes: Sequence[str],
    features: Sequence[str] = ("first feature", "second feature"),
) -> Figure:
    """Points of three classes, and beside them the grid in which cells vote.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
    query : (float, float)
    x_edges, y_edges : ndarray of shape (n_columns + 1,) and (n_rows + 1,)
    winners : ndarray of int of shape (n_columns, n_rows)
    classes : sequence of str
        Names of the classes 0, 1 and 2.
    features : (str, str)
        Names of the axes, with units.

    Returns
    -------
    Figure
    """
    figure, axes = canvas(WIDE, 3.9, (1, 1))
    draw_classes(points, labels, query, features=features, ax=axes[0])
    draw_majority(x_edges, y_edges, winners, query, features=features, ax=axes[1])
    _frame(axes[0], axes[1].get_xlim(), axes[1].get_ylim())
    marks = [
        Line2D([], [], marker=MARKERS[k], color=SERIES[k], ls="", ms=7, mew=0, label=name)
        for k, name in enumerate(classes)
    ]
    marks.append(
        Line2D([], [], marker="x", color=INK, ls="", ms=8, mew=2.4, label="to be classified")
    )
    figure.legend(
        handles=marks,
        loc="outside upper center",
        ncols=len(marks),
        frameon=False,
        handletextpad=0.2,
        columnspacing=1.8,
    )
    return figure


@house_style()
def figure_cells(points: np.ndarray, occupied: Sequence[np.ndarray]) -> Figure:
    """The same points in a row, a square and a cube of cells; cells with a point are filled.

    Parameters
    ----------
    points : ndarray of shape (n_points, 3)
        Between 0 and 1; the row shows the first coordinate, the square the first two.
    occupied : three ndarrays of bool of shape (k,), (k, k) and (k, k, k)
        True where a cell holds a point.

    Returns
    -------
    Figure
    """
    row, square, cube = (np.asarray(cells, dtype=bool) for cells in occupied)
    k = len(row)
    figure, axes = canvas(WIDE, 3.1, (1.06, 1.06, 1.5))
    for ax in axes:
        sketch(ax)
    below = _flat(np.array([1.0, 0.0, 0.0]))[1] - 0.02

    middle = 0.5 + below / 2
    _fill_squares(axes[0], [(i / k, middle - 0.5 / k) for i in np.flatnonzero(row)], k)
    _rule(axes[0], k, middle - 0.5 / k, middle + 0.5 / k)
    axes[0].plot(points[:, 0], np.full(len(points), middle), "o", color=DATA, ms=2.6, mew=0)

    _fill_squares(axes[1], [(i / k, j / k) for i, j in np.argwhere(square)], k)
    _rule(axes[1], k, 0.0, 1.0)
    axes[1].plot(points[:, 0], points[:, 1], "o", color=DATA, ms=2.6, mew=0)

    _draw_cube(axes[2], np.zeros(3), 1.0, QUIET)
    _draw_small_cubes(axes[2], np.argwhere(cube) / k, 1 / k)

    for ax, cells in zip(axes, (row, square, cube), strict=True):
        plural = "s" if cells.ndim > 1 else ""
        text = f"{cells.ndim} feature{plural}, {cells.size} cells\n{1 - cells.mean():.0%} empty"
        centre = 0.5 if cells.ndim < 3 else float(_flat(np.full(3, 0.5))[0])
        label(ax, text.replace("%", " %"), (centre, below), (0, -10), level="top")
    return figure


def _fill_squares(ax: Axes, corners: Sequence[tuple[float, float]], k: int) -> None:
    """Fill squares with side 1/k."""
    for corner in corners:
        ax.add_patch(Rectangle(corner, 1 / k, 1 / k, facecolor=DATA, alpha=0.35, lw=0))


def _rule(ax: Axes, k: int, low: float, high: float) -> None:
    """Rule the lines between cells with side 1/k from height low to high."""
    upright = [[(i / k, low), (i / k, high)] for i in range(k + 1)]
    level = [[(0, y), (1, y)] for y in np.arange(low, high + 0.5 / k, 1 / k)]
    ax.add_collection(LineCollection(upright + level, colors=QUIET, lw=0.7))
    ax.update_datalim([(0, low), (1, high)])
    ax.autoscale_view()


def _draw_small_cubes(ax: Axes, corners: np.ndarray, side: float) -> None:
    """Draw solid cubes, those farther from the eye first; each shows three faces."""
    faces = []
    for axis in range(3):
        at = 1.0 if VIEW[2][axis] > 0 else 0.0
        others = [other for other in range(3) if other != axis]
        face = np.full((4, 3), at)
        face[:, others] = [(0, 0), (1, 0), (1, 1), (0, 1)]
        faces.append(face * side)
    order = np.argsort(corners @ VIEW[2])
    shapes = [_flat(corner + face) for corner in corners[order] for face in faces]
    # The page's ground under each tinted face hides what stands behind it.
    layered = [shape for k in range(0, len(shapes), 3) for shape in 2 * shapes[k : k + 3]]
    tints = 3 * [to_rgba(GROUND)] + [to_rgba(DATA, alpha) for alpha in (0.9, 0.65, 0.4)]
    ax.add_collection(
        PolyCollection(
            layered,
            facecolors=tints * len(corners),
            edgecolors=(3 * [to_rgba(DATA, 0.0)] + 3 * [to_rgba(DATA)]) * len(corners),
            lw=0.5,
            zorder=3,
        )
    )


# --- spiky cubes ----------------------------------------------------------------------------------


@house_style()
def figure_inscribed_balls(diagonals: Sequence[str]) -> Figure:
    """The unit square and the unit cube, each with the ball that just fits and a diagonal.

    Parameters
    ----------
    diagonals : (str, str)
        Lengths of the two diagonals, as TeX without dollar signs.

    Returns
    -------
    Figure
    """
    figure, axes = canvas(WIDE, 3.0, (1, 1.25))
    for ax, dimension, length in zip(axes, (2, 3), diagonals, strict=True):
        sketch(ax)
        _draw_ball(ax, np.full(dimension, 0.5), 0.5, BALL)
        corners = np.array([np.zeros(dimension), np.ones(dimension)])
        if dimension == 2:
            ax.add_patch(Rectangle((0, 0), 1, 1, fill=False, ec=INK, lw=1.4, zorder=4))
        else:
            _draw_cube(ax, np.zeros(3), 1.0)
            corners = _flat(corners)
        ax.plot(*corners.T, color=INK, lw=LINE_WIDTH, ls=DASHES[1], zorder=5)
        for end in corners:
            ax.plot(*end, "o", color=INK, ms=5, zorder=5)
        label(ax, f"${length}$", tuple(corners.mean(axis=0)), (-9, 12))
    bottom = _flat(np.array([[0.0, 0, 0], [1, 0, 0]]))
    label(axes[0], "1", (0.5, 0.0), (0, -10))
    label(axes[0], "1", (1.0, 0.5), (10, 0))
    label(axes[1], "1", tuple(bottom.mean(axis=0)), (-4, -10))
    _frame(axes[0], (-0.25, 1.25), (-0.2, 1.3))
    return figure


@house_style()
def figure_stacks(diameters: Sequence[float]) -> Figure:
    """Four squares and eight cubes, a ball in each, and the ball that fits between the balls.

    Parameters
    ----------
    diameters : (float, float)
        Of the ball in the middle, in two and in three dimensions; a cube has side 1.

    Returns
    -------
    Figure
    """
    figure, axes = canvas(WIDE, 3.3, (1, 1.2))
    for ax, dimension, diameter in zip(axes, (2, 3), diameters, strict=True):
        sketch(ax)
        centres = np.array(list(product((0.5, 1.5), repeat=dimension)))
        middle = np.ones(dimension)
        if dimension == 2:
            for x, y in centres:
                ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, ec=INK, lw=1.4))
        else:
            _draw_cube(ax, np.zeros(3), 2.0)
            _draw_faces_ruled(ax)
        for centre in centres:
            _draw_ball(ax, centre, 0.5, BALL)
        _draw_ball(ax, middle, diameter / 2, MIDDLE_BALL, zorder=3)
        x, y = middle if dimension == 2 else _flat(middle)
        ax.add_patch(
            Circle((float(x), float(y)), diameter / 2, color=MIDDLE_BALL, alpha=0.55, lw=0)
        )
    return figure


def _draw_faces_ruled(ax: Axes) -> None:
    """Halve the three faces of a stack with side 2 that look at the eye."""
    for axis in range(3):
        at = 2.0 if VIEW[2][axis] > 0 else 0.0
        for split in (other for other in range(3) if other != axis):
            ends = np.full((2, 3), at)
            ends[:, split] = 1.0
            along = 3 - axis - split
            ends[:, along] = [0.0, 2.0]
            ax.plot(*_flat(ends).T, color=INK, lw=0.8, zorder=4)


@house_style()
def draw_middle_ball_diameter(
    dimensions: np.ndarray,
    diameter: np.ndarray,
    sides: Sequence[float],
    crossings: Sequence[float],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Diameter of the middle ball against the side of its stack.

    Parameters
    ----------
    dimensions : ndarray of shape (n_dimensions,)
    diameter : ndarray of shape (n_dimensions,)
        Of the middle ball; a cube has side 1.
    sides : sequence of float
        Of the stacks: cubes per axis, each drawn as a level line.
    crossings : sequence of float
        For each stack, the dimension where the ball touches its faces.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = chart(ax, "dimension $D$", "length, in sides of a cube")
    right = float(dimensions[-1])
    for side, crossing in zip(sides, crossings, strict=True):
        ax.axhline(side, color=QUIET, lw=1.2, ls=DASHES[1], zorder=1)
        ax.vlines(crossing, 0, side, color=QUIET, lw=1.2, ls=DASHES[2], zorder=1)
        label(ax, f"side of the stack, {_plain(side)}", (right, side), (0, -9), align="right")
    ax.plot(dimensions, diameter, color=MIDDLE_BALL, zorder=3)
    ax.plot(crossings, sides, "o", color=INK, ms=6, zorder=4)
    ax.set_ylim(0, None)
    ax.set_xlim(float(dimensions[0]), right)
    for side, crossing in zip(sides, crossings, strict=True):
        label(ax, f"$D = {_plain(crossing)}$", (crossing, side), (-6, 9), align="right")
    return ax
