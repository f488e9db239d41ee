"""Drawings of balls, cubes and a sphere: what grows strange when features are many.

Balls that belong to a cube are orange, the ball between them blue, a shell brick and measured data
teal, in every figure of the chapter. Solid bodies are drawn in parallel projection, where a ball is
a circle of its own radius, so that sizes may be compared with the eye.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle, Wedge
from matplotlib.transforms import AffineDeltaTransform

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    GROUND,
    INK,
    LINE_WIDTH,
    MEDIUM,
    QUIET,
    SECOND,
    THIN,
    THIRD,
    WIDE,
    bare_axes,
    book_style,
    label,
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


# --- angles ---------------------------------------------------------------------------------------


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
