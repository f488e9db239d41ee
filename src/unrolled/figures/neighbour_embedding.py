"""The drawings of neighbour embeddings: maps without axes, since their axes mean nothing.

A digit is drawn as itself, so that colour is never alone; other points carry the marker of their
group. What belongs to the gradient is violet.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from unrolled.figures.style import (
    DASHES,
    DATA,
    EIGHTH,
    FIFTH,
    FIRST,
    FOURTH,
    GRADIENT,
    INK,
    MARKERS,
    QUIET,
    SECOND,
    SIXTH,
    TALL,
    THIN,
    THIRD,
    WIDE,
    bare_axes,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

DIGITS = (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, EIGHTH, INK, FIFTH, EIGHTH)
"""Colours of the ten digits: eight for ten, and the digit itself tells the rest."""
GROUPS = (DATA, FIRST, SIXTH)


@book_style()
def draw_map(
    y: np.ndarray,
    classes: np.ndarray | None = None,
    *,
    digits: bool = False,
    thread: bool = False,
    name: str = "",
    shape: float | None = None,
    size: float = 1.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw a map of points, one unit as long across as up, without axes.

    Parameters
    ----------
    y : ndarray of shape (n_points, 2)
    classes : ndarray of int of shape (n_points,), optional
        Which group each point belongs to, or which digit it is.
    digits : bool, optional
        Draw each point as the digit that it is.
    thread : bool, optional
        Join the points in the order of the rows.
    name : str, optional
        Written below.
    shape : float, optional
        Height over width of the frame; that of the map when None.
    size : float, optional
        Factor of the marks' size.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=TALL)
    if thread:
        ax.plot(*y.T, color=QUIET, lw=THIN, zorder=1)
    classes = np.zeros(len(y), dtype=int) if classes is None else classes
    for k in np.unique(classes):
        style: dict[str, Any] = {"color": GROUPS[k % 3], "marker": MARKERS[k % 3], "ms": 3.6 * size}
        if digits:
            style = {"color": DIGITS[k], "marker": rf"$\mathbf{{{k}}}$", "ms": 5.6 * size}
        ax.plot(*y[classes == k].T, ls="", mew=0, zorder=2, **style)
    _frame(ax, y, shape, name)
    return ax


def _shape(maps: Sequence[np.ndarray]) -> float:
    """Height over width of the frames into which all maps fit well: that of the tallest."""
    sides = [np.ptp(y, axis=0) for y in maps]
    return float(np.clip(max(up / max(across, 1e-12) for across, up in sides), 0.4, 1.1))


def _frame(ax: Axes, y: np.ndarray, shape: float | None, name: str) -> None:
    """Put a map in the middle of a frame of a given shape, and its name below."""
    shape = _shape([y]) if shape is None else shape
    middle = (y.min(axis=0) + y.max(axis=0)) / 2
    across, up = np.ptp(y, axis=0)
    half = 0.54 * max(across, up / shape, 1e-12)
    ax.set_xlim(middle[0] - half, middle[0] + half)
    ax.set_ylim(middle[1] - shape * half, middle[1] + shape * half)
    if name:
        below = (float(middle[0]), float(middle[1] - shape * half))
        label(ax, name, below, (0, -4), level="top", rim=False)


@book_style()
def figure_maps(
    maps: Sequence[np.ndarray],
    names: Sequence[str],
    classes: np.ndarray | None = None,
    *,
    digits: bool = False,
    thread: bool = False,
) -> Figure:
    """Draw maps of the same points side by side, each to its own scale.

    Parameters
    ----------
    maps : sequence of ndarrays of shape (n_points, 2)
    names : sequence of str
        Written below the maps.
    classes : ndarray of int of shape (n_points,), optional
    digits, thread : bool, optional
        As in `draw_map`.

    Returns
    -------
    Figure
    """
    shape = _shape(maps)
    figure, axes = panels(WIDE, WIDE / len(maps) * shape + 0.35, (1,) * len(maps))
    for ax, y, name in zip(axes, maps, names, strict=True):
        draw_map(y, classes, digits=digits, thread=thread, name=name, shape=shape, ax=ax)
    return figure


@book_style()
def draw_neighbourhoods(
    points: np.ndarray, chosen: Sequence[int], widths: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw points of the plane and, round some of them, circles as wide as their Gaussians.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    chosen : sequence of int
        Rows of the points that get a circle.
    widths : ndarray of shape (n_points,)
        Radii.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax)
    ax.plot(*points.T, "o", color=DATA, ms=3.2, mew=0, zorder=1)
    for row in chosen:
        ring: dict[str, Any] = {"ec": FIRST, "fc": "none", "lw": 1.8, "zorder": 2}
        ax.add_patch(Circle(tuple(points[row]), widths[row], **ring))
        ax.plot(*points[row], "s", color=FIRST, ms=4.0, mew=0, zorder=3)
        above = (points[row, 0], points[row, 1] + widths[row])
        label(ax, rf"$\sigma = {widths[row]:.2f}$", above, (0, 4), level="bottom")
    ax.margins(0.04)
    ax.autoscale_view()
    return ax


@book_style()
def draw_tails(
    distances: np.ndarray,
    curves: np.ndarray,
    names: Sequence[str],
    level: float,
    reaches: Sequence[float],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how similarity falls with distance, and where each curve comes down to one level.

    Parameters
    ----------
    distances : ndarray of shape (n,)
    curves : ndarray of shape (n_curves, n)
        From 1 downwards, at most four of them.
    names : sequence of str
        Of the curves.
    level : float
        A similarity.
    reaches : sequence of float
        The distance at which each curve has that similarity.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("distance on the map", "similarity, 1 at distance 0", ax=ax)
    ax.set_yscale("log")
    ax.set_xlim(0, float(distances[-1]))
    ax.set_ylim(level**2, 1.6)
    ax.axhline(level, color=QUIET, lw=THIN, ls=DASHES[2], zorder=0)
    styles = zip((FIRST, FOURTH, SECOND, THIRD), (DASHES[1], DASHES[0], *DASHES[2:]), strict=True)
    for curve, name, reach, (colour, dash) in zip(curves, names, reaches, styles, strict=False):
        ax.plot(distances, curve, color=colour, ls=dash)
        ax.plot(reach, level, "o", color=colour, ms=6, mew=0)
        text = f"{name}: {level:g}\nat distance {reach:.1f}"
        label(ax, text, (reach, level), (6, -6), align="left", level="top", rim=False)
    return ax


@book_style()
def figure_forces(
    y: np.ndarray,
    classes: np.ndarray,
    arrows: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    longest: float = 0.3,
) -> Figure:
    """Draw the parts of a gradient as arrows on the points that they move, to one scale.

    Parameters
    ----------
    y : ndarray of shape (n_points, 2)
    classes : ndarray of int of shape (n_points,)
        Digits.
    arrows : sequence of ndarrays of shape (n_points, 2)
        One for each panel.
    names : sequence of str
        Written below the panels.
    longest : float, optional
        Length of the longest arrow as a share of the width of the map.

    Returns
    -------
    Figure
    """
    length = max(np.hypot(*part.T).max() for part in arrows)
    factor = longest * np.ptp(y[:, 0]) / length
    ends = np.concatenate([y, *(y + factor * part for part in arrows)])
    shape = _shape([ends])
    figure, axes = panels(WIDE, WIDE / len(arrows) * shape + 0.35, (1,) * len(arrows))
    for ax, part, name in zip(axes, arrows, names, strict=True):
        draw_map(y, classes, digits=True, size=1.4, ax=ax)
        for start, step in zip(y, factor * part, strict=True):
            ax.annotate(
                "", start + step, start, zorder=1,
                arrowprops={"arrowstyle": "->", "color": GRADIENT, "lw": 1.4,
                            "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9},
            )  # fmt: skip
        _frame(ax, ends, shape, name)
    return figure


@book_style()
def draw_costs(
    costs: np.ndarray,
    names: Sequence[str],
    n_exaggerated: int,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cost of maps, step by step.

    Parameters
    ----------
    costs : ndarray of shape (n_runs, n_steps + 1)
        At most four runs.
    names : sequence of str
    n_exaggerated : int
        Steps with exaggerated attraction; their end is marked.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step", "cost $C$ in nats", ax=ax)
    steps = np.arange(costs.shape[1])
    for run, colour, dash in zip(costs, (FOURTH, FIRST, SECOND, THIRD), DASHES, strict=False):
        ax.plot(steps, run, color=colour, ls=dash)
    ax.set_xlim(0, steps[-1])
    ax.set_ylim(0, 1.08 * float(costs.max()))
    ax.axvline(n_exaggerated, color=QUIET, lw=THIN, ls=DASHES[2], zorder=0)
    top = (float(n_exaggerated), 1.08 * float(costs.max()))
    label(ax, "exaggeration ends", top, (5, -2), align="left", level="top", rim=False)
    label_ends(ax, names, steps, costs)
    return ax
