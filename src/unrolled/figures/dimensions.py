"""The drawings of the first part: what grows strange when features are many.

Balls that belong to a cube are orange, the ball between them blue, a shell brick and measured data
teal, in every figure of the chapter. Solid bodies are drawn in parallel projection, where a ball is
a circle of its own radius, so that sizes may be compared with the eye.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon, Rectangle, Wedge
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
)
from matplotlib.transforms import AffineDeltaTransform

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    FORMULA_SIZE,
    GROUND,
    INK,
    LINE_WIDTH,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SERIES,
    TALL,
    THIN,
    THIRD,
    WIDE,
    bare_axes,
    book_style,
    frame,
    label,
    label_end,
    label_ends,
    panels,
)

BALL, MIDDLE_BALL, SHELL = FIRST, SECOND, THIRD
DOTS: dict[str, Any] = {"color": DATA, "ms": 2.8, "mew": 0}


# --- a parallel projection ------------------------------------------------------------------------


def _view(azimuth: float = -62.0, elevation: float = 22.0) -> np.ndarray:
    """Rows: rightwards, upwards and towards the eye, as unit vectors in space."""
    a, e = np.radians(azimuth), np.radians(elevation)
    right = [-np.sin(a), np.cos(a), 0.0]
    up = [-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)]
    towards = [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]
    return np.array([right, up, towards], dtype=float)


VIEW = _view()
_OUTLINE = (0, 4, 6, 7, 3, 1)  # corners of a cube (x, y, z read as binary) round its silhouette


def _flat(points: np.ndarray) -> np.ndarray:
    """Project points in space (..., 3) to points on the paper (..., 2)."""
    return np.asarray(np.asarray(points) @ VIEW[:2].T)


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


def _draw_ball(
    ax: Axes,
    centre: np.ndarray,
    radius: float,
    colour: str,
    *,
    zorder: float = 2,
    tinted: bool = True,
) -> None:
    """Draw a disc, or a ball seen from far away: a circle of the ball's own radius."""
    x, y = (float(value) for value in (centre if len(centre) == 2 else _flat(centre)))
    if tinted:
        ax.add_patch(Circle((x, y), radius, fc=colour, alpha=0.22, lw=0, zorder=zorder))
    ax.add_patch(Circle((x, y), radius, fill=False, ec=colour, lw=1.5, zorder=zorder))


def _frame(ax: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Say what part of a drawing is shown."""
    ax.set_xlim(*x)
    ax.set_ylim(*y)


def _plain(value: float, digits: int = 3) -> str:
    """Write a number as it is said: no trailing zeros."""
    return f"{value:.{digits}g}"


# --- grids ----------------------------------------------------------------------------------------


@book_style()
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
    ax = frame(*features, ax=ax, height=TALL)
    for k in np.unique(labels):
        x, y = points[labels == k].T
        ax.plot(x, y, MARKERS[k], color=SERIES[k], ms=4.2, mew=0, alpha=0.85, label=f"class {k}")
    _draw_query(ax, query)
    return ax


@book_style()
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
    ax = frame(*features, ax=ax, height=TALL)
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
    """Draw a cross with a rim, above everything else."""
    for colour, width in ((GROUND, 6.0), (INK, 2.6)):
        ax.plot(*query, "x", color=colour, ms=11, mew=width, zorder=6)


@book_style()
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
    """Draw points of three classes, and beside them the grid in which cells vote.

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
    figure, axes = panels(WIDE, TALL, (1, 1))
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


@book_style()
def figure_cells(points: np.ndarray, occupied: Sequence[np.ndarray]) -> Figure:
    """Draw the same points in a row, a square and a cube of cells; fill the cells with a point.

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
    right = float(_flat(np.array([1.0, 1.0, 0.0]))[0])
    low, high = (
        float(_flat(np.array([1.0, 0.0, 0.0]))[1]),
        float(_flat(np.array([0.0, 1.0, 1.0]))[1]),
    )
    figure, axes = panels(WIDE, MEDIUM, (1.04, 1.04, right + 0.04))
    lift = (low + high - 1) / 2  # the square at the height of the cube's middle

    _fill_squares(axes[0], [(i / k, lift + 0.5 - 0.5 / k) for i in np.flatnonzero(row)], k)
    _rule(axes[0], k, lift + 0.5 - 0.5 / k, 1)
    axes[0].plot(points[:, 0], np.full(len(points), lift + 0.5), "o", **DOTS)

    _fill_squares(axes[1], [(i / k, lift + j / k) for i, j in np.argwhere(square)], k)
    _rule(axes[1], k, lift, k)
    axes[1].plot(points[:, 0], points[:, 1] + lift, "o", **DOTS)

    _draw_cube(axes[2], np.zeros(3), 1.0, QUIET)
    _draw_small_cubes(axes[2], np.argwhere(cube) / k, 1 / k)

    for ax, cells in zip(axes, (row, square, cube), strict=True):
        bare_axes(ax)
        width = 1.0 if cells.ndim < 3 else right
        _frame(ax, (-0.02, width + 0.02), (low - 0.02, high + 0.02))
        plural = "s" if cells.ndim > 1 else ""
        text = f"{cells.ndim} feature{plural}, {cells.size} cells:\n{1 - cells.mean():.0%} empty"
        label(ax, text.replace("%", " %"), (width / 2, low), (0, -8), level="top", rim=False)
    return figure


@book_style()
def draw_empty_shares(
    dimensions: np.ndarray,
    shares: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of a grid's cells that are empty, number of features by number of features.

    Parameters
    ----------
    dimensions : ndarray of int of shape (n_dimensions,)
    shares : ndarray of shape (n_series, n_dimensions)
        Between 0 and 1, rising.
    names : sequence of str
        What each series is, at most four; written where it rises through one half.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = _draw_shares(ax, dimensions, shares, "cells that are empty")
    for share, name in zip(shares, names, strict=True):
        at = np.interp(0.5, share, dimensions)
        label(ax, name, (float(at), 0.5), (9, -9), align="left", rim=False)
    return ax


@book_style()
def draw_grid_answers(
    dimensions: np.ndarray,
    shares: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often a grid answers, and how often it is right, by the number of features.

    Parameters
    ----------
    dimensions : ndarray of int of shape (n_dimensions,)
    shares : ndarray of shape (n_series, n_dimensions)
        Of new points, between 0 and 1.
    names : sequence of str
        What each series is, at most four; written at its end.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = _draw_shares(ax, dimensions, shares, "share of new points")
    label_ends(ax, names, dimensions, shares)
    return ax


def _draw_shares(ax: Axes | None, dimensions: np.ndarray, shares: np.ndarray, y: str) -> Axes:
    """Draw one marked line a series over the number of features."""
    ax = frame("number of features $D$", y, ax=ax)
    for k, share in enumerate(shares):
        ax.plot(dimensions, share, MARKERS[k], color=SERIES[k], ls=DASHES[k], ms=6, clip_on=False)
    _frame(ax, (float(dimensions[0]) - 0.3, float(dimensions[-1]) + 0.3), (0, 1.04))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(_percent())
    return ax


def _fill_squares(ax: Axes, corners: Sequence[tuple[float, float]], k: int) -> None:
    """Fill squares with side 1/k."""
    steps = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) / k
    squares = [np.add(corner, steps) for corner in corners]
    ax.add_collection(PolyCollection(squares, facecolor=DATA, alpha=0.35, lw=0))


def _rule(ax: Axes, k: int, low: float, n_rows: int) -> None:
    """Rule the lines between cells with side 1/k, from height low up."""
    upright = [[(i / k, low), (i / k, low + n_rows / k)] for i in range(k + 1)]
    level = [[(0.0, low + j / k), (1.0, low + j / k)] for j in range(n_rows + 1)]
    ax.add_collection(LineCollection(upright + level, colors=QUIET, lw=0.7))


def _draw_small_cubes(ax: Axes, corners: np.ndarray, side: float) -> None:
    """Draw solid cubes, those farther from the eye first; each shows three faces."""
    faces = []
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        face = np.full((4, 3), 1.0 if VIEW[2][axis] > 0 else 0.0)
        face[:, others] = [(0, 0), (1, 0), (1, 1), (0, 1)]
        faces.append(_flat(face * side))
    # The page's ground under each cube's three tinted faces hides what stands behind it.
    corner_points = _flat(side * np.array(list(product((0, 1), repeat=3))))
    outline = [corner_points[k] for k in _OUTLINE]
    tints = [to_rgba(GROUND)] + [to_rgba(DATA, alpha) for alpha in (0.95, 0.65, 0.4)]
    order = np.argsort(corners @ VIEW[2])
    ax.add_collection(
        PolyCollection(
            [np.array(outline), *faces],
            facecolors=tints,
            edgecolors=[to_rgba(DATA, 0.0)] + 3 * [to_rgba(DATA)],
            lw=0.6,
            offsets=np.repeat(_flat(corners[order]), 4, axis=0),
            offset_transform=AffineDeltaTransform(ax.transData),  # type: ignore[arg-type]
            zorder=3,
        )
    )


# --- spiky cubes ----------------------------------------------------------------------------------


@book_style()
def figure_inscribed_balls(diagonals: Sequence[str]) -> Figure:
    """Draw the unit square and the unit cube, each with the ball that just fits and a diagonal.

    Parameters
    ----------
    diagonals : (str, str)
        Lengths of the two diagonals, as TeX without dollar signs.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    for ax, dimension, length in zip(axes, (2, 3), diagonals, strict=True):
        bare_axes(ax)
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
        x, y = corners.mean(axis=0)
        label(ax, f"${length}$", (float(x), float(y)), (-9, 12), rim=False)
    bottom = _flat(np.array([[0.0, 0, 0], [1, 0, 0]]))
    label(axes[0], "1", (0.5, 0.0), (0, -11), rim=False)
    label(axes[1], "1", tuple(bottom.mean(axis=0)), (-4, -11), rim=False)
    for ax in axes:
        middle = 0.5 if ax is axes[0] else _flat(np.full(3, 0.5))[0]
        height = 0.5 if ax is axes[0] else _flat(np.full(3, 0.5))[1]
        _frame(ax, (middle - 0.78, middle + 0.78), (height - 0.78, height + 0.74))
    return figure


@book_style()
def figure_stacks(diameters: Sequence[float]) -> Figure:
    """Draw four squares and eight cubes, a ball in each, and the ball that fits between them.

    Parameters
    ----------
    diameters : (float, float)
        Of the ball in the middle, in two and in three dimensions; a cube has side 1.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    for ax, dimension, diameter in zip(axes, (2, 3), diameters, strict=True):
        bare_axes(ax)
        centres = np.array(list(product((0.5, 1.5), repeat=dimension)))
        middle = np.ones(dimension)
        if dimension == 2:
            for x, y in centres:
                ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, ec=INK, lw=1.2))
        else:
            _draw_cube(ax, np.zeros(3), 2.0)
            _draw_faces_ruled(ax)
            centres = centres[np.argsort(centres @ VIEW[2])]
            middle = _flat(middle)
        for centre in centres:
            before = dimension == 3 and float((centre - 1) @ VIEW[2]) > 0
            _draw_ball(ax, centre, 0.5, BALL, zorder=3.5 if before else 2, tinted=not before)
        x, y = float(middle[0]), float(middle[1])
        for colour, alpha in ((GROUND, 1.0), (MIDDLE_BALL, 0.55)):
            ax.add_patch(Circle((x, y), diameter / 2, fc=colour, alpha=alpha, lw=0, zorder=3))
        ax.add_patch(Circle((x, y), diameter / 2, fill=False, ec=MIDDLE_BALL, lw=2, zorder=3))
        _frame(ax, (x - 1.55, x + 1.55), (y - 1.75, y + 1.5))
        text = f"the ball in the middle\nis {_plain(diameter)} across"
        label(ax, text, (x, y - 1.42), (0, -2), level="top", rim=False)
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


@book_style()
def draw_middle_ball_diameter(
    dimensions: np.ndarray,
    diameter: np.ndarray,
    sides: Sequence[float],
    crossings: Sequence[float],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the diameter of the middle ball against the side of its stack.

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
    ax = frame("dimension $D$", "length, in sides of a cube", ax=ax)
    right = float(dimensions[-1])
    for side, crossing in zip(sides, crossings, strict=True):
        ax.axhline(side, color=QUIET, lw=1.2, ls=DASHES[1], zorder=1)
        ax.vlines(crossing, 0, side, color=QUIET, lw=1.2, ls=DASHES[2], zorder=1)
        label(ax, f"{_plain(side)} cubes", (right, side), (7, 0), align="left", rim=False)
    ax.plot(dimensions, diameter, color=MIDDLE_BALL, zorder=3)
    label_end(ax, "middle ball", dimensions, diameter)
    ax.plot(crossings, sides, "o", color=INK, ms=6, zorder=4)
    ax.set_ylim(0, None)
    ax.set_xlim(float(dimensions[0]), right)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for crossing in crossings:
        label(ax, f"$D = {_plain(crossing)}$", (crossing, 0), (6, 11), align="left")
    return ax


@book_style()
def draw_inside_profile(
    distances: np.ndarray,
    shares: np.ndarray,
    dimensions: Sequence[int],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of directions still inside the cube, by distance from its middle.

    Parameters
    ----------
    distances : ndarray of shape (n_distances,)
        From the middle of a cube with side 1, in sides.
    shares : ndarray of shape (n_dimensions, n_distances)
        Between 0 and 1.
    dimensions : sequence of int
        Of the cubes, at most four.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(
        "distance from the middle, in sides of the cube", "share of directions inside", ax=ax
    )
    for k, (dimension, share) in enumerate(zip(dimensions, shares, strict=True)):
        ax.plot(distances, share, color=SERIES[k], ls=DASHES[k])
        level = (0.4, 0.12, 0.5, 0.6)[k]  # where names do not meet
        falls = np.flatnonzero(share <= level)
        at = falls[0] if len(falls) else len(share) - 1
        shift, align = ((-8, 0), "right") if k == 0 else ((9, 0), "left")
        if not len(falls):
            shift, align = (-2, -14), "right"
        place = (float(distances[at]), float(share[at]))
        label(ax, f"$D = {dimension}$", place, shift, align=align)
    ax.set_ylim(0, 1.04)
    ax.set_xlim(0, float(distances[-1]))
    ax.yaxis.set_major_formatter(_percent())
    return ax


@book_style()
def draw_middle_ball_share(
    dimensions: np.ndarray,
    log10_share: np.ndarray,
    lowest: tuple[float, float],
    crossing: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the volume of the middle ball as a share of its whole stack, over many dimensions.

    Parameters
    ----------
    dimensions : ndarray of shape (n_dimensions,)
    log10_share : ndarray of shape (n_dimensions,)
        Logarithm to base 10: the share itself may leave the range of numbers.
    lowest : (float, float)
        The dimension of the smallest share, and its logarithm.
    crossing : float
        The first dimension in which the ball is larger than its stack.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("dimension $D$", "volume of the middle ball\nover that of its stack", ax=ax)
    ax.axhline(0, color=QUIET, lw=1.2, ls=DASHES[1], zorder=1)
    ax.plot(dimensions, log10_share, color=MIDDLE_BALL)
    ax.plot(*lowest, MARKERS[0], color=INK, ms=6, zorder=4)
    ax.plot(crossing, 0, MARKERS[0], color=INK, ms=6, zorder=4)
    label(ax, f"smallest at $D = {_plain(lowest[0], 5)}$", lowest, (-7, -13), align="left")
    label(ax, f"larger from $D = {_plain(crossing, 5)}$", (crossing, 0), (-6, 11), align="right")
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(_power_of_ten())
    _frame(ax, (0, float(dimensions[-1])), (lowest[1] - 1.3, float(np.max(log10_share)) + 0.8))
    return ax


@book_style()
def draw_radius_histograms(
    edges: np.ndarray,
    heights: np.ndarray,
    dimensions: Sequence[int],
    typical: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how far a cube's points lie from its middle, on the way to the corner.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Distance from the middle over that of a corner, from 0 to 1.
    heights : ndarray of shape (n_dimensions, n_bins)
        Density of the points.
    dimensions : sequence of int
        Of the cubes, at most four.
    typical : float
        The typical distance over that of a corner, drawn as an upright line.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("distance from the middle, over that of a corner", "density of points", ax=ax)
    ax.axvline(typical, color=QUIET, lw=1.2, ls=DASHES[1], zorder=1)
    middles = (edges[:-1] + edges[1:]) / 2
    for k, (height, dimension) in enumerate(zip(heights, dimensions, strict=True)):
        ax.stairs(height, edges, fill=True, color=SERIES[k], alpha=0.2, lw=0)
        ax.stairs(height, edges, color=SERIES[k], lw=LINE_WIDTH, ls=DASHES[k])
        at = np.flatnonzero(height >= np.max(height) / 2)[-1]  # half way down on the right
        place = (float(middles[at]), float(height[at]))
        label(ax, f"$D = {dimension}$", place, (9, 6), align="left")
    _frame(ax, (0, 1), (0, 1.15 * float(np.max(heights))))
    ax.xaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
    ax.xaxis.set_major_formatter(FuncFormatter(_on_the_way))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return ax


def _on_the_way(share: float, _: int) -> str:
    """Name the ends of the way from a cube's middle to its corner."""
    return {0.0: "middle", 1.0: "corner"}.get(share, _plain(share))


def _percent() -> FuncFormatter:
    """Write ticks in per cent, of shares between 0 and 1."""
    return FuncFormatter(lambda share, _: f"{100 * share:.0f} %")


def _power_of_ten() -> FuncFormatter:
    """Write ticks as powers of ten, of values that are logarithms."""
    return FuncFormatter(lambda log, _: "1" if log == 0 else f"$10^{{{log:.0f}}}$")


# --- angles ---------------------------------------------------------------------------------------


@book_style()
def draw_angle_histogram(
    edges: np.ndarray,
    heights: np.ndarray,
    angles: np.ndarray | None = None,
    density: np.ndarray | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw a histogram of the angles between pairs of directions, with the exact density over it.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Degrees.
    heights : ndarray of shape (n_bins,)
        Share of the pairs, per degree.
    angles, density : ndarray of shape (n_angles,), optional
        The exact curve: degrees, and density per degree.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("angle, in degrees", "share of pairs, per degree", ax=ax)
    ax.stairs(heights, edges, fill=True, color=DATA, alpha=0.55, lw=0, label="pairs")
    if angles is not None and density is not None:
        ax.plot(angles, density, color=FIRST, label="exact density")
    ax.set_xlim(0, 180)
    ax.set_ylim(0, None)
    ax.xaxis.set_major_locator(FixedLocator([0, 45, 90, 135, 180]))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    return ax


@book_style()
def figure_angle_histograms(
    edges: np.ndarray,
    heights: np.ndarray,
    angles: np.ndarray,
    densities: np.ndarray,
    dimensions: Sequence[int],
) -> Figure:
    """Draw histograms of angles in four dimensions, on common axes, with the exact densities.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Degrees.
    heights : ndarray of shape (4, n_bins)
        Share of the pairs, per degree.
    angles : ndarray of shape (n_angles,)
        Degrees.
    densities : ndarray of shape (4, n_angles)
        Per degree.
    dimensions : sequence of four int

    Returns
    -------
    Figure
    """
    figure, grid = plt.subplots(
        2, 2, figsize=(WIDE, TALL), sharex=True, sharey=True, layout="constrained"
    )
    axes = grid.ravel()
    top = 1.06 * max(float(np.max(heights)), float(np.max(densities)))
    for ax, height, density, dimension in zip(axes, heights, densities, dimensions, strict=True):
        draw_angle_histogram(edges, height, angles, density, ax=ax)
        ax.set_ylim(0, top)
        ax.set_ylabel("pairs, per degree")
        ax.label_outer()
        ax.text(
            0.04, 0.9, f"$D = {dimension}$", transform=ax.transAxes, size=FORMULA_SIZE, va="center"
        )
    _key(figure, axes[0])
    return figure


def _key(figure: Figure, ax: Axes) -> None:
    """Explain the marks of one panel above all of them."""
    marks, names = ax.get_legend_handles_labels()
    figure.legend(marks, names, loc="outside upper center", ncols=len(names), frameon=False)


@book_style()
def draw_latitude_band(angle: float, width: float, *, ax: Axes | None = None) -> Axes:
    """Draw a sphere, the direction of its pole, and the band of all directions at one angle to it.

    Parameters
    ----------
    angle : float
        Between the pole and the middle of the band, in degrees.
    width : float
        Of the band, in degrees.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    ax.add_patch(Circle((0, 0), 1, fc=QUIET, alpha=0.12, lw=0))
    ax.add_patch(Circle((0, 0), 1, fill=False, ec=INK, lw=1.4))
    edges = [np.radians(angle + side * width / 2) for side in (1, -1)]
    for near, alpha in ((False, 0.3), (True, 0.85)):
        low, high = (_latitude(polar, near=near) for polar in edges)
        shape = Polygon(_flat(np.concatenate([low, high[::-1]])), fc=FIRST, alpha=alpha, lw=0)
        ax.add_patch(shape)
    return _label_band(ax, np.radians(angle))


def _latitude(polar: float, *, near: bool, n: int = 120) -> np.ndarray:
    """Return points (n, 3) of one angle to the pole, on the near or the far side of the sphere."""
    facing = np.arctan2(VIEW[2][1], VIEW[2][0])
    slope = VIEW[2][2] / np.hypot(*VIEW[2][:2])
    half = np.arccos(np.clip(-slope / np.tan(polar), -1, 1))
    turn = facing + (
        np.linspace(-half, half, n) if near else np.linspace(half, 2 * np.pi - half, n)
    )
    ring = [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.full(n, np.cos(polar))]
    return np.stack(ring, axis=1)


def _label_band(ax: Axes, polar: float) -> Axes:
    """Draw the two directions, the angle between them and the radius of the band."""
    pole = np.array([0.0, 0.0, 1.0])
    middle = np.cos(polar) * pole
    on_band = middle + np.sin(polar) * VIEW[0]
    for tip in (pole, on_band):
        x, y = _flat(tip)
        arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (x, y), (0.0, 0.0), arrowprops=arrow)
    radius = np.array([_flat(middle), _flat(on_band)])
    ax.plot(*radius.T, color=INK, lw=1.4, ls=DASHES[1])
    steps = np.linspace(0, polar, 30)
    arc = 0.27 * (np.outer(np.cos(steps), pole) + np.outer(np.sin(steps), VIEW[0]))
    ax.plot(*_flat(arc).T, color=INK, lw=1.2)
    inside = 0.38 * (np.cos(polar / 2) * pole + np.sin(polar / 2) * VIEW[0])
    label(ax, r"$\theta$", tuple(_flat(inside)), rim=False)
    label(ax, r"$\sin\theta$", tuple(radius.mean(axis=0)), (0, 9), rim=False)
    x, y = radius[1]
    label(ax, "circumference\n$2\\pi\\,\\sin\\theta$", (float(x), float(y)), (14, 4), align="left")
    _frame(ax, (-1.05, 1.9), (-1.05, 1.1))
    return ax


@book_style()
def figure_random_walk(
    path: np.ndarray,
    counts: np.ndarray,
    distances: np.ndarray,
    expected: np.ndarray,
    dimensions: Sequence[int],
) -> Figure:
    """Draw a random walk from above, and how far such walks get against a straight line.

    Parameters
    ----------
    path : ndarray of shape (n_steps + 1, 2)
        Two coordinates of the walk in the last of the dimensions.
    counts : ndarray of shape (n_steps + 1,)
        Numbers of steps.
    distances : ndarray of shape (n_dimensions, n_steps + 1)
        From the start, in steps.
    expected : ndarray of shape (n_steps + 1,)
        The square root of the number of steps.
    dimensions : sequence of int
        Of the walks, at most three.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1.25))
    ax = frame("first coordinate, in steps", "second coordinate, in steps", ax=axes[0])
    ax.plot(*path.T, color=SERIES[len(dimensions) - 1], lw=1.1)
    for point, text, mark in ((path[0], "start", "o"), (path[-1], "end", "s")):
        ax.plot(*point, mark, color=INK, ms=6, zorder=4)
        label(ax, text, tuple(point), (0, 11))
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.12)

    ax = frame("number of steps $n$", "distance from the start, in steps", ax=axes[1])
    top = 1.25 * float(np.max(distances))
    ax.plot(counts, counts, color=QUIET, lw=1.4, ls=DASHES[1])
    label(ax, "straight on: $n$", (top, top), (8, -8), align="left")
    for k, (dimension, distance) in enumerate(zip(dimensions, distances, strict=True)):
        ax.plot(counts, distance, color=SERIES[k], lw=1.6, label=f"$D = {dimension}$")
    ax.plot(counts, expected, color=INK, lw=1.4, ls=DASHES[2], zorder=4)
    _frame(ax, (0, float(counts[-1])), (0, top))
    names = [f"$D = {dimension}$" for dimension in dimensions]
    label_ends(ax, [*names, r"$\sqrt{n}$"], counts, np.vstack([distances, expected]))
    return figure


# --- shells ---------------------------------------------------------------------------------------


@book_style()
def draw_shell(thickness: float, *, ax: Axes | None = None) -> Axes:
    """Draw a disc with its outermost shell.

    Parameters
    ----------
    thickness : float
        Of the shell, in radii, between 0 and 1.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    inner = 1 - thickness
    ax.add_patch(Circle((0, 0), inner, fc=BALL, alpha=0.22, lw=0))
    ax.add_patch(Wedge((0, 0), 1, 0, 360, width=thickness, fc=SHELL, alpha=0.85, lw=0))
    ax.add_patch(Circle((0, 0), 1, fill=False, ec=INK, lw=1.2))
    ax.plot([0, np.cos(0.7)], [0, np.sin(0.7)], color=INK, lw=1.4)
    ax.plot(0, 0, "o", color=INK, ms=5)
    label(ax, "$r$", (0.5 * np.cos(0.7), 0.5 * np.sin(0.7)), (-5, 9), rim=False)
    ax.plot([inner, 1], [0, 0], color=INK, lw=LINE_WIDTH, solid_capstyle="butt")
    label(ax, r"$\varepsilon\,r$", (1.0, 0.0), (7, 0), align="left", rim=False)
    _frame(ax, (-1.08, 1.3), (-1.05, 1.05))
    return ax


@book_style()
def draw_shell_share(
    dimensions: np.ndarray,
    share: np.ndarray,
    marks: Sequence[tuple[float, float]] = (),
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of a ball's volume that lies in its outermost shell, over many dimensions.

    Parameters
    ----------
    dimensions : ndarray of shape (n_dimensions,)
    share : ndarray of shape (n_dimensions,)
        Between 0 and 1.
    marks : sequence of (float, float)
        Dimensions to point out, each with its share.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("dimension $D$", "share of the volume in the shell", ax=ax)
    for dimension, value in marks:
        ax.plot([dimension, dimension, 0], [0, value, value], color=QUIET, lw=1.0, ls=DASHES[2])
    ax.plot(dimensions, share, color=SHELL, zorder=3)
    for dimension, value in marks:
        ax.plot(dimension, value, MARKERS[0], color=INK, ms=6, zorder=4)
        text = f"{_plain(100 * value)} % at {_plain(dimension)}"
        label(ax, text, (dimension, value), (7, -12), align="left")
    _frame(ax, (0, float(dimensions[-1])), (0, 1.04))
    ax.yaxis.set_major_formatter(_percent())
    return ax


@book_style()
def draw_ball_volume(
    dimensions: np.ndarray,
    volume: np.ndarray,
    peak: tuple[float, float],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the volume of the ball with radius 1, dimension by dimension.

    Parameters
    ----------
    dimensions : ndarray of int of shape (n_dimensions,)
    volume : ndarray of shape (n_dimensions,)
    peak : (float, float)
        The dimension of the largest volume, and that volume.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("dimension $D$", "volume of the ball of radius 1", ax=ax)
    ax.vlines(dimensions, 0, volume, color=BALL, lw=1.2, alpha=0.45)
    ax.plot(dimensions, volume, MARKERS[0], color=BALL, ms=6)
    label(ax, f"largest at $D = {_plain(peak[0])}$", peak, (0, 12))
    _frame(ax, (0, float(dimensions[-1]) + 1), (0, 1.18 * peak[1]))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return ax


@book_style()
def draw_ball_share(
    dimensions: np.ndarray, log10_share: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw the share of a cube that its inscribed ball fills, dimension by dimension.

    Parameters
    ----------
    dimensions : ndarray of int of shape (n_dimensions,)
    log10_share : ndarray of shape (n_dimensions,)
        Logarithm to base 10.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("dimension $D$", "inscribed ball over cube", ax=ax)
    ax.plot(dimensions, log10_share, MARKERS[1], color=SECOND, ms=5)
    ax.set_xlim(0, float(dimensions[-1]) + 1)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(_power_of_ten())
    return ax


@book_style()
def figure_ball_volume(
    dimensions: np.ndarray,
    volume: np.ndarray,
    log10_share: np.ndarray,
    peak: tuple[float, float],
) -> Figure:
    """Draw the volume of a ball, and beside it the share of the cube that it fills.

    Parameters
    ----------
    dimensions : ndarray of int of shape (n_dimensions,)
    volume : ndarray of shape (n_dimensions,)
        Of the ball with radius 1.
    log10_share : ndarray of shape (n_dimensions,)
        Of the inscribed ball in its cube; logarithm to base 10.
    peak : (float, float)
        The dimension of the largest volume, and that volume.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    draw_ball_volume(dimensions, volume, peak, ax=axes[0])
    draw_ball_share(dimensions, log10_share, ax=axes[1])
    return figure


# --- distances ------------------------------------------------------------------------------------


@book_style()
def draw_distance_histograms(
    edges: np.ndarray,
    shares: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw histograms of distances over one another, each named at its highest bin.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        In radii.
    shares : ndarray of shape (n_series, n_bins)
        Share of the points in each bin, between 0 and 1.
    names : sequence of str
        What each series is, at most four.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("distance, in radii of the ball", "share in each bin", ax=ax)
    for k, (share, name) in enumerate(zip(shares, names, strict=True)):
        ax.stairs(share, edges, fill=True, color=SERIES[k], alpha=0.3, lw=0)
        ax.stairs(share, edges, color=SERIES[k], lw=1.4, ls=DASHES[k], label=name)
        peak = int(np.argmax(share))
        label(ax, name, ((edges[peak] + edges[peak + 1]) / 2, float(share[peak])), (0, 10))
    _frame(ax, (float(edges[0]), float(edges[-1])), (0, 1.16 * float(np.max(shares))))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_formatter(_percent())
    return ax


@book_style()
def draw_relative_contrast(
    dimensions: np.ndarray,
    contrasts: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the relative contrast of distances, farthest minus nearest over nearest.

    Parameters
    ----------
    dimensions : ndarray of shape (n_dimensions,)
    contrasts : ndarray of shape (n_series, n_dimensions)
        Medians over many queries.
    names : sequence of str
        What each series is, at most four.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("dimension $D$", "relative contrast, median", ax=ax)
    for k, (contrast, name) in enumerate(zip(contrasts, names, strict=True)):
        ax.plot(dimensions, contrast, MARKERS[k], color=SERIES[k], ls=DASHES[k], ms=6, label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    label_ends(ax, names, dimensions, contrasts)
    return ax
