"""Drawings of what becomes of a gradient on its way back through many steps."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from unrolled.figures.diagrams import Diagram, Edge, Node, draw_diagram
from unrolled.figures.style import (
    CELL,
    DASHES,
    FORGET_GATE,
    GRADIENT,
    HIDDEN,
    INK,
    LINE_WIDTH,
    MARKERS,
    MEDIUM,
    QUIET,
    THIN,
    WRONG,
    book_style,
    frame,
    label,
    label_ends,
)

__all__ = [
    "draw_cell_chain",
    "draw_chain",
    "draw_learning",
    "draw_norms",
    "draw_success",
]

KINDS = {"RNN": (HIDDEN, "o"), "LSTM": (CELL, "D"), "GRU": (HIDDEN, "s")}  # by what they carry on
GUESSING = float(np.log(2))
LARGE = 14.0  # points: letters that carry a time
EARLIEST = 10  # updates: the losses are means of ten


@book_style()
def draw_chain(n_steps: int = 3, *, ax: Axes | None = None) -> Axes:
    """Draw a simple RNN as a chain, the factor that a column of derivatives meets on each edge.

    Parameters
    ----------
    n_steps : int, optional
        Number of edges between hidden states.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    names = [f"h({step})" for step in range(n_steps + 1)]
    nodes = {
        name: Node(rf"h^{{({step})}}", (0.0, 1.35 * step), HIDDEN)
        for step, name in enumerate(names)
    }
    nodes["J"] = Node(rf"J^{{({n_steps})}}", (0.0, 1.35 * (n_steps + 1)), square=True)
    edges = [Edge(*pair, kind="before") for pair in pairwise(names)] + [Edge(names[-1], "J")]
    path = [*names, "J"]
    ax = draw_diagram(Diagram(nodes, edges), paths=[path], height=MEDIUM + 0.6, size=LARGE, ax=ax)
    factors = [
        rf"$W^{{\top}}\,\mathrm{{diag}}(g'(a^{{({step})}}))$" for step in range(1, n_steps + 1)
    ]
    factors.append(rf"$\nabla_{{h^{{({n_steps})}}}} J^{{({n_steps})}}$")
    for place, factor in enumerate(factors):
        written = label(ax, factor, (0.0, 1.35 * place + 0.68), (14, 0), align="left", rim=False)
        written.set_fontsize(LARGE)
    ax.set_xlim(-2.0, 3.8)
    return ax


@book_style()
def draw_cell_chain(n_steps: int = 3, *, ax: Axes | None = None) -> Axes:
    """Draw the cells of an LSTM: the direct way back lit, those through the gates faded.

    Parameters
    ----------
    n_steps : int, optional
        Number of steps.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    nodes, edges = {"c(0)": Node("c^{(0)}", (0.0, 2.0), CELL)}, []
    for step in range(1, n_steps + 1):
        old, new, gates, out = f"c({step - 1})", f"c({step})", f"gates({step})", f"y({step - 1})"
        nodes[new] = Node(f"c^{{({step})}}", (2.3 * step, 2.0), CELL)
        nodes[gates] = Node(r"f,\!i,\!z", (2.3 * step - 0.95, 0.75))
        nodes[out] = Node(f"y^{{({step - 1})}}", (2.3 * (step - 1), -0.35), HIDDEN)
        edges += [
            Edge(old, new, f"f^{{({step})}}", kind="before", label_side=0.42),
            Edge(old, out, kind="now"),
            Edge(old, gates, kind="peephole before"),
            Edge(out, gates, kind="before"),
            Edge(gates, new, kind="now"),
        ]
    path = [f"c({step})" for step in range(n_steps + 1)]
    ax = draw_diagram(Diagram(nodes, edges), paths=[path], height=2.7, size=13.0, ax=ax)
    ax.set_ylim(-1.0, 3.0)
    return ax


@book_style()
def draw_norms(
    distances: np.ndarray,
    norms: np.ndarray,
    dashed: np.ndarray,
    names: Sequence[str],
    dashed_names: Sequence[str],
    *,
    of_cell: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the norm of a long Jacobian against its length in steps, on a logarithmic axis.

    Parameters
    ----------
    distances : ndarray of int of shape (n,)
        From 0 on.
    norms, dashed : ndarray of shape (n_series, n)
        The truth; and a bound for it, or the norm along the direct path alone.
    names, dashed_names : sequence of str
        What to write at the ends of the solid lines, and of the dashed ones.
    of_cell : bool, optional
        The dashed lines are products of forget gates, and brick; otherwise bounds, in grey.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("steps back, t − k", "norm, as a power of ten", ax=ax, height=MEDIUM + 0.4)
    logs, dashed_logs = np.log10(norms), np.log10(dashed)
    ax.axhline(0, color=QUIET, lw=THIN, ls=DASHES[2])
    colour = FORGET_GATE if of_cell else INK
    every = max(1, len(distances) // 5)
    for place, (line, other) in enumerate(zip(logs, dashed_logs, strict=True)):
        marks: dict[str, Any] = {
            "marker": MARKERS[place],
            "markevery": (every, every),
            "ms": 6.0,
            "mew": 0.0,
        }
        ax.plot(distances, other, color=colour, ls=DASHES[1], lw=1.3, clip_on=False, **marks)
        ax.plot(distances, line, color=GRADIENT, lw=LINE_WIDTH, clip_on=False, **marks)
    ax.set_xlim(0, float(distances[-1]))
    ticks = MaxNLocator(7, integer=True).tick_values(
        min(0.0, logs.min(), dashed_logs.min()), max(0.0, logs.max(), dashed_logs.max())
    )
    ax.set_ylim(ticks[0], ticks[-1])
    ax.set_yticks(ticks)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    label_ends(ax, [*names, *dashed_names], distances, np.concatenate([logs, dashed_logs]))
    return ax


@book_style()
def draw_learning(
    losses: np.ndarray, names: Sequence[str], kinds: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw the losses of a few trainings, update by update, and what guessing costs.

    Parameters
    ----------
    losses : ndarray of shape (n_trainings, n_updates)
    names, kinds : sequence of str
        What to write at the end of each line, and which colour it gets: ``RNN``, ``LSTM``, ``GRU``.
        A line that ends where guessing is has the colour of what fails.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("updates", "loss, in nats", ax=ax)
    updates = np.arange(1, losses.shape[1] + 1)
    ax.axhline(GUESSING, color=QUIET, lw=THIN, ls=DASHES[2])
    for place, (line, kind) in enumerate(zip(losses, kinds, strict=True)):
        failed = line[-8:].mean() > 0.9 * GUESSING
        colour = WRONG if failed else KINDS[kind][0]
        ax.plot(updates, line, color=colour, ls=DASHES[place % len(DASHES)], lw=1.7)
    ax.set_xlim(0, len(updates))
    ax.set_ylim(0, max(0.85, float(losses.max())))
    label(ax, "guessing", (0, GUESSING), (4, -26), align="left")
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ends = np.repeat(losses[:, -8:].mean(axis=1)[:, None], 2, axis=1)
    label_ends(ax, names, updates[-2:], ends)
    return ax


@book_style()
def draw_success(
    updates: Mapping[str, Sequence[float]], n_updates: int, *, ax: Axes | None = None
) -> Axes:
    """Draw after how many updates each training had learnt, and a cross for each that had not.

    Parameters
    ----------
    updates : mapping of str to sequence of float
        For each network, by its name, one number for each training; infinity for those that had
        not learnt at the end.
    n_updates : int
        How long the trainings were.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("updates until the bit is recalled", "", ax=ax, height=0.42 * len(updates) + 1.0)
    ax.set_xscale("log")
    for row, (name, found) in enumerate(updates.items()):
        colour, marker = next(look for kind, look in KINDS.items() if kind in name)
        ax.axhline(row, color=QUIET, lw=0.7, ls=DASHES[2], zorder=0)
        learnt = [u for u in found if np.isfinite(u)]
        apart = row + 0.16 * (np.arange(len(learnt)) - (len(learnt) - 1) / 2)  # none hides another
        ax.plot(learnt, apart, marker, color=colour, ms=6.5, mec="none")
        missed = len(found) - len(learnt)
        if missed:
            places = 1.35 * n_updates * 1.13 ** np.arange(missed)
            ax.plot(places, np.full(missed, row), "x", color=WRONG, ms=7, mew=1.8)
    ax.axvline(1.15 * n_updates, color=QUIET, lw=THIN)
    label(ax, f"not in {n_updates}", (1.72 * n_updates, -0.5), (0, 5), level="bottom")
    ax.set_yticks(range(len(updates)), list(updates))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0.8 * EARLIEST, 2.6 * n_updates)
    ax.set_ylim(len(updates) - 0.5, -0.5)
    ax.xaxis.set_major_locator(FixedLocator([EARLIEST, 30, 100, 300, n_updates]))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    return ax
