"""What an LSTM costs, and what makes it cost less: times, memory, and the order of the work."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.diagrams import TINT, Box, Diagram, Edge, Part, Words
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

__all__ = ["draw_growth", "draw_memory", "draw_times", "waiting"]


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


def waiting(n_steps: int) -> Diagram:
    """Describe which products can be taken at once, and which wait for the step before.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    Diagram
    """
    middle = n_steps - 1.0
    nodes: dict[str, Part] = {"W": Box("", (middle, 1.7), (2.0 * n_steps, 1.0), DATA, TINT)}
    edges = []
    for step in range(1, n_steps + 1):
        x = 2.0 * (step - 1)
        nodes[f"W{step}"] = Words(rf"$W x^{{({step})}}$", (x, 1.7))
        nodes[f"R{step}"] = Box(rf"$R\, y^{{({step - 1})}}$", (x, 0.0), (1.4, 1.0), HIDDEN, TINT)
        edges.append(Edge("W", f"R{step}", via=((x, 0.85),)))
        edges += [Edge(f"R{step - 1}", f"R{step}", kind="before")] if step > 1 else []
    return Diagram(nodes, edges, margin=0.1)


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
