"""The drawings of back propagation through time: the parts of a gradient, and truncation.

Whatever flows backwards is violet. Two trainings that differ in how far they look back are olive
where they look far enough and brick where they do not.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from unrolled.figures.style import (
    DASHES,
    GRADIENT,
    INK,
    LINE_WIDTH,
    MARKERS,
    QUIET,
    SIGNED,
    TALL,
    TARGET,
    TEXT_SIZE,
    THIN,
    WIDE,
    WRONG,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

__all__ = [
    "draw_bias",
    "draw_contributions",
    "draw_learnt",
    "draw_losses",
    "figure_stack",
]


# The parts of a gradient ---------------------------------------------------------------------


@book_style()
def figure_stack(parts: np.ndarray) -> Figure:
    """Draw the derivatives by the copies of a matrix, and their sum.

    Parameters
    ----------
    parts : ndarray of shape (n_steps, n_rows, n_columns)

    Returns
    -------
    Figure
    """
    whole = parts.sum(axis=0)
    tables = [*parts, whole]
    figure, axes = panels(WIDE, 2.0, [*(1.0 for _ in tables), 0.14])
    largest = float(np.abs(tables).max())
    limits: dict[str, Any] = {"cmap": SIGNED, "vmin": -largest, "vmax": largest}
    for place, (ax, panel) in enumerate(zip(axes, tables, strict=False)):
        last = place == len(parts)
        ax.imshow(panel, **limits)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel("sum" if last else f"$t = {place + 1}$")
        if place:
            ax.annotate("=" if last else "+", (-0.13, 0.5), xycoords="axes fraction", ha="center",
                        va="center", color=INK, fontsize=TEXT_SIZE)  # fmt: skip
    _scale(axes[-1], largest, limits)
    return figure


def _scale(ax: Axes, largest: float, limits: dict[str, Any]) -> None:
    """Draw the colour bar of signed derivatives."""
    shades = np.linspace(-largest, largest, 101)[:, None]
    ax.imshow(shades, origin="lower", aspect="auto", extent=(0, 1, -largest, largest), **limits)
    ax.set_xticks([])
    ax.yaxis.tick_right()
    ax.yaxis.set_label_position("right")
    ax.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    ax.tick_params(axis="y", colors=INK, labelsize=TEXT_SIZE)
    ax.set_ylabel("derivative of $J$")
    ax.set_box_aspect(7)


@book_style()
def draw_contributions(lengths: Mapping[str, np.ndarray], *, ax: Axes | None = None) -> Axes:
    """Draw how much each step's copy of a matrix contributes to its gradient.

    Parameters
    ----------
    lengths : mapping of str to ndarray of shape (n_steps,)
        Two, by what is differentiated, the larger one first.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step $t$ of the copy", "length of the contribution", ax=ax)
    curves = np.array(list(lengths.values()))
    steps = np.arange(1, curves.shape[1] + 1)
    for values, dash, marker in zip(curves, DASHES, MARKERS, strict=False):
        ax.plot(steps, values, color=GRADIENT, ls=dash, marker=marker, ms=5, mew=0)
    ax.set_yscale("log")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlim(float(steps[0]) - 0.2, float(steps[-1]) + 0.2)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    for (name, values), lift in zip(lengths.items(), (16, -16), strict=True):
        label(ax, name, (float(steps[1]), float(values[1])), (4, lift), align="left")
    return ax


# Truncation ----------------------------------------------------------------------------------


@book_style()
def draw_losses(losses: Mapping[str, np.ndarray], chance: float, *, ax: Axes | None = None) -> Axes:
    """Draw the loss of two trainings against the number of updates.

    Parameters
    ----------
    losses : mapping of str to ndarray of shape (n_updates,)
        Two, the one that fails first.
    chance : float
        Loss of a guess.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("update", "loss in nats", ax=ax)
    curves = np.array(list(losses.values()))
    updates = np.arange(1, curves.shape[1] + 1)
    ax.axhline(chance, color=QUIET, lw=THIN, ls=DASHES[2])
    for values, colour, dash in zip(curves, (WRONG, TARGET), DASHES, strict=False):
        ax.plot(updates, values, color=colour, ls=dash)
    ax.set_xlim(1, float(updates[-1]))
    ax.set_ylim(0, 1.18 * float(curves.max()))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ends = np.append(curves[:, -1], chance)
    label_ends(ax, [*losses, "guessing"], updates, ends[:, None])
    return ax


@book_style()
def draw_bias(
    reach: np.ndarray, biases: Mapping[str, np.ndarray], needed: int, *, ax: Axes | None = None
) -> Axes:
    """Draw the error of a truncated gradient against how far it looks back.

    Parameters
    ----------
    reach : ndarray of shape (n,)
    biases : mapping of str to ndarray of shape (n,)
        Length of what is missing, as a share of the gradient; the curves of a pair share a dash.
    needed : int
        From which reach on the task can be learnt.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("steps $k$ that are looked back", "share that is missing", ax=ax, height=TALL)
    curves = np.array(list(biases.values()))
    ax.axvline(needed, color=QUIET, lw=THIN, ls=DASHES[2])
    dashes = [DASHES[place // 2] for place in range(len(curves))]
    for values, dash, marker in zip(curves, dashes, MARKERS, strict=False):
        ax.plot(reach, values, color=GRADIENT, ls=dash, marker=marker, ms=5, mew=0, clip_on=False)
    ax.set_yscale("log")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlim(float(reach[0]), float(reach[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    label_ends(ax, list(biases), reach, curves)
    return ax


@book_style()
def draw_learnt(
    reach: np.ndarray, losses: np.ndarray, chance: float, *, ax: Axes | None = None
) -> Axes:
    """Draw the loss after training against how far the training looked back.

    Parameters
    ----------
    reach : ndarray of shape (n,)
    losses : ndarray of shape (n,)
    chance : float
        Loss of a guess.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("steps $k$ that are looked back", "loss after training in nats", ax=ax)
    ax.axhline(chance, color=QUIET, lw=THIN, ls=DASHES[2])
    label(ax, "guessing", (float(reach[-1]), chance), (0, 9), align="right", rim=False)
    fails = losses > chance / 4
    for chosen, colour, marker in ((fails, WRONG, MARKERS[1]), (~fails, TARGET, MARKERS[0])):
        ax.vlines(reach[chosen], 0, losses[chosen], color=colour, lw=LINE_WIDTH)
        ax.plot(reach[chosen], losses[chosen], marker, color=colour, ms=7, mew=0, clip_on=False)
    ax.set_ylim(0, 1.25 * chance)
    ax.set_xlim(float(reach[0]) - 0.4, float(reach[-1]) + 0.4)
    ax.xaxis.set_major_locator(FixedLocator([float(k) for k in reach]))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return ax
