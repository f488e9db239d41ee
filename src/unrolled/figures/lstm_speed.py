"""What an LSTM costs, and what makes it cost less: times, memory, and the order of the work."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    HIDDEN,
    INK,
    LINE_WIDTH,
    LOW,
    MARKERS,
    QUIET,
    SECOND,
    TEXT_SIZE,
    THIN,
    bare_axes,
    book_style,
    frame,
    label,
    label_ends,
)

__all__ = ["draw_growth", "draw_memory", "draw_times", "draw_waiting"]


@book_style()
def draw_times(milliseconds: Mapping[str, float], *, ours: int = 2, ax: Axes | None = None) -> Axes:
    """Draw how long programs take that compute the same.

    Parameters
    ----------
    milliseconds : mapping of str to float
        By name, from the top.
    ours : int, optional
        How many of them, the first ones, are this book's.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("milliseconds", "", ax=ax, height=LOW)
    rows, values = np.arange(len(milliseconds)), list(milliseconds.values())
    colours = [FIRST if row < ours else SECOND for row in rows]
    ax.barh(rows, values, height=0.5, color=colours)
    for row, value in zip(rows, values, strict=True):
        label(ax, f"{value:.0f}", (value, float(row)), (6, 0), align="left", rim=False)
    ax.set_yticks(rows, list(milliseconds))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1.12 * max(values))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    return ax


@book_style()
def draw_waiting(n_steps: int, *, ax: Axes | None = None) -> Axes:
    """Draw which products can be taken at once, and which wait for the step before.

    Parameters
    ----------
    n_steps : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=1.7)
    width = 2.0 * n_steps
    ax.add_patch(Rectangle((-0.25, 1.6), width, 1.0, fc=DATA, ec="none", alpha=0.25))
    ax.add_patch(Rectangle((-0.25, 1.6), width, 1.0, fc="none", ec=DATA, lw=1.6))
    for step in range(n_steps):
        left = 2.0 * step
        for face, edge, alpha in ((HIDDEN, "none", 0.25), ("none", HIDDEN, 1.0)):
            box = Rectangle((left, 0), 1.5, 1.0, fc=face, ec=edge, lw=1.6, alpha=alpha)
            ax.add_patch(box)
        label(ax, rf"$W x^{{({step + 1})}}$", (left + 0.75, 2.1), rim=False)
        label(ax, rf"$R\, y^{{({step})}}$", (left + 0.75, 0.5), rim=False)
        _arrow(ax, (left + 0.75, 1.6), (left + 0.75, 1.0))
        _arrow(ax, (left + 1.5, 0.5), (left + 2.0, 0.5))
    ax.set_xlim(-0.35, width + 0.1)
    ax.set_ylim(-0.1, 2.7)
    return ax


@book_style()
def draw_memory(orders: Mapping[str, np.ndarray], step: int, *, ax: Axes | None = None) -> Axes:
    """Draw in which order the vectors of a batch of sequences lie in memory.

    Parameters
    ----------
    orders : mapping of str to ndarray of int of shape (batch * time,)
        By the name of the layout: the step of each vector, from the first place in memory on.
    step : int
        Whose vectors are tinted.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=0.75 * len(orders) + 0.2)
    for row, (name, steps) in enumerate(orders.items()):
        bottom = -2.2 * row
        ax.text(0, bottom + 1.25, name, color=INK, fontsize=TEXT_SIZE, ha="left", va="bottom")
        for place, at in enumerate(steps):
            if at == step:
                ax.add_patch(Rectangle((place, bottom), 1, 1, fc=FIRST, ec="none", alpha=0.5))
            ax.add_patch(Rectangle((place, bottom), 1, 1, fc="none", ec=QUIET, lw=THIN))
            label(ax, str(at), (place + 0.5, bottom + 0.5), rim=False)
    ax.set_xlim(-0.1, max(map(len, orders.values())) + 0.1)
    ax.set_ylim(-2.2 * (len(orders) - 1) - 0.1, 2.3)
    return ax


@book_style()
def draw_growth(
    length: np.ndarray, time: np.ndarray, memory: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw time and memory over the length of a sequence, as multiples of the shortest one's.

    Parameters
    ----------
    length : ndarray of shape (n_lengths,)
        Numbers of steps, rising.
    time, memory : ndarray of shape (n_lengths,)
        In any unit.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("steps", "times the cost of the shortest", ax=ax)
    ax.plot(length, length / length[0], color=INK, lw=THIN, ls=DASHES[1], zorder=1)
    costs = time / time[0], memory / memory[0]
    for multiples, colour, marker in zip(costs, (FIRST, SECOND), MARKERS, strict=False):
        ax.plot(length, multiples, color=colour, lw=LINE_WIDTH, marker=marker, ms=6, clip_on=False)
    ax.set_xlim(0, length[-1])
    ax.set_ylim(bottom=0)
    ax.set_xticks(length)
    label_ends(ax, ("time", "memory"), length, np.array(costs))
    return ax


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    arrow = FancyArrowPatch(
        start, end, arrowstyle="-|>,head_length=4.2,head_width=2.3", color=INK, lw=1.2, shrinkA=0,
        shrinkB=0,
    )  # fmt: skip
    ax.add_patch(arrow)
