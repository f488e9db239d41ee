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
    MEDIUM,
    QUIET,
    SECOND,
    SIXTH,
    TALL,
    THIN,
    THIRD,
    WIDE,
    canvas,
    chart,
    house_style,
    label,
    label_ends,
    sketch,
)

DIGITS = (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, EIGHTH, INK, FIFTH, EIGHTH)
"""Colours of the ten digits: eight for ten, and the digit itself tells the rest."""
GROUPS = (DATA, FIRST, SIXTH)


@house_style()
def draw_map(
    y: np.ndarray,
    classes: np.ndarray | None = None,
    *,
    digits: bool = False,
    thread: bool = False,
    name: str = "",
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
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = sketch(ax, height=TALL)
    if thread:
        ax.plot(*y.T, color=QUIET, lw=THIN, zorder=1)
    classes = np.zeros(len(y), dtype=int) if classes is None else classes
    for k in np.unique(classes):
        style: dict[str, Any] = {"color": GROUPS[k % 3], "marker": MARKERS[k % 3], "ms": 3.6}
        if digits:
            style = {"color": DIGITS[k], "marker": rf"$\mathbf{{{k}}}$", "ms": 5.6}
        ax.plot(*y[classes == k].T, ls="", mew=0, zorder=2, **style)
    if name:
        low, middle = y[:, 1].min(), (y[:, 0].min() + y[:, 0].max()) / 2
        label(ax, name, (float(middle), float(low)), (0, -12), level="top", rim=False)
    return ax


@house_style()
def figure_maps(
    maps: Sequence[np.ndarray],
    names: Sequence[str],
    classes: np.ndarray | None = None,
    *,
    digits: bool = False,
    thread: bool = False,
    height: float = MEDIUM,
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
    height : float, optional
        Inches.

    Returns
    -------
    Figure
    """
    figure, axes = canvas(WIDE, height, (1,) * len(maps))
    for ax, y, name in zip(axes, maps, names, strict=True):
        draw_map(y, classes, digits=digits, thread=thread, name=name, ax=ax)
    return figure


@house_style()
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
    ax = sketch(ax)
    ax.plot(*points.T, "o", color=DATA, ms=3.2, mew=0, zorder=1)
    for row in chosen:
        ring: dict[str, Any] = {"ec": FIRST, "fc": "none", "lw": 1.8, "zorder": 2}
        ax.add_patch(Circle(tuple(points[row]), widths[row], **ring))
        ax.plot(*points[row], "s", color=FIRST, ms=5.5, mew=0, zorder=3)
        above = (points[row, 0], points[row, 1] + widths[row])
        label(ax, rf"$\sigma = {widths[row]:.2f}$", above, (0, 5), level="bottom")
    ax.autoscale_view()
    ax.margins(0.08)
    return ax


@house_style()
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
    ax = chart(ax, "distance on the map", "similarity, 1 at distance 0")
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


@house_style()
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
    figure, axes = canvas(WIDE, MEDIUM, (1,) * len(arrows))
    length = max(np.hypot(*part.T).max() for part in arrows)
    factor = longest * np.ptp(y[:, 0]) / length
    ends = np.concatenate([y, *(y + factor * part for part in arrows)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    for ax, part, name in zip(axes, arrows, names, strict=True):
        draw_map(y, classes, digits=True, ax=ax)
        for start, step in zip(y, factor * part, strict=True):
            ax.annotate(
                "", start + step, start, zorder=1,
                arrowprops={"arrowstyle": "->", "color": GRADIENT, "lw": 1.3,
                            "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8},
            )  # fmt: skip
        ax.set_xlim(low[0], high[0])
        ax.set_ylim(low[1], high[1])
        middle = (float(low[0] + high[0]) / 2, float(low[1]))
        label(ax, name, middle, (0, -8), level="top", rim=False)
    return figure


@house_style()
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
    ax = chart(ax, "step", "cost $C$ in nats")
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
