"""Drawings of what becomes of a gradient on its way back through many steps."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from unrolled.figures.diagrams import Diagram, Edge, Node, draw_diagram
from unrolled.figures.plots import levels
from unrolled.figures.style import (
    CELL,
    DASHES,
    HIDDEN,
    MEDIUM,
    WRONG,
    book_style,
    frame,
    label,
)

__all__ = [
    "draw_cell_chain",
    "draw_chain",
    "draw_success",
]

KINDS = {"RNN": (HIDDEN, "o"), "LSTM": (CELL, "D"), "GRU": (HIDDEN, "s")}  # by what they carry on
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
    ticks = [EARLIEST, 30, 100, 300, n_updates]
    ax = frame(
        "updates until the bit is recalled",
        "",
        ax=ax,
        height=0.42 * len(updates) + 1.0,
        xscale="log",
        xlim=(0.8 * EARLIEST, 2.6 * n_updates),
        ylim=(len(updates) - 0.5, -0.5),
        xticks=ticks,
        yticks=dict(enumerate(updates)),
    )
    levels(ax, y=range(len(updates)))
    for row, (name, found) in enumerate(updates.items()):
        colour, marker = next(look for kind, look in KINDS.items() if kind in name)
        learnt = [u for u in found if np.isfinite(u)]
        apart = row + 0.16 * (np.arange(len(learnt)) - (len(learnt) - 1) / 2)  # none hides another
        ax.plot(learnt, apart, marker, color=colour, ms=6.5, mec="none")
        places = 1.35 * n_updates * 1.13 ** np.arange(len(found) - len(learnt))
        ax.plot(places, np.full(len(places), row), "x", color=WRONG, ms=7, mew=1.8)
    levels(ax, x=1.15 * n_updates, dash=DASHES[0])
    label(ax, f"not in {n_updates}", (1.72 * n_updates, -0.5), (0, 5), level="bottom")
    return ax
