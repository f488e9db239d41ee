"""Drawings of how a gradient vanishes or explodes in the backward pass."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from unrolled.figures.diagrams import Diagram, Edge, Node
from unrolled.figures.plots import levels
from unrolled.figures.style import (
    CELL,
    DASHES,
    HIDDEN,
    WRONG,
    book_style,
    frame,
    label,
)

__all__ = [
    "cell_chain",
    "draw_success",
    "state_chain",
]

KINDS = {"RNN": (HIDDEN, "o"), "LSTM": (CELL, "D"), "GRU": (HIDDEN, "s")}  # by what they carry on
EARLIEST = 10  # updates: the losses are means of ten


def state_chain(n_steps: int = 3) -> Diagram:
    """Describe a simple RNN as a chain, with the factor of the derivative on each edge.

    Parameters
    ----------
    n_steps : int, optional
        Number of edges between hidden states.

    Returns
    -------
    Diagram
    """
    nodes = {
        f"h({step})": Node(rf"h^{{({step})}}", (2.5 * step, 0.0), HIDDEN)
        for step in range(n_steps + 1)
    }
    last = f"{{({n_steps})}}"
    nodes["J"] = Node(f"J^{last}", (2.5 * n_steps + 2.2, 0.0), square=True)
    factors = [
        rf"W^{{\top}}\,\mathrm{{diag}}(g'(a^{{({step})}}))" for step in range(1, n_steps + 1)
    ]
    edges = [
        Edge(*pair, factor, "before", label_side=0.62)
        for pair, factor in zip(pairwise(nodes), factors, strict=False)
    ]
    edges.append(Edge(f"h({n_steps})", "J", rf"\nabla_{{h^{last}}} J^{last}", label_side=0.62))
    return Diagram(nodes, edges, limits=(-0.45, -0.5, 2.5 * n_steps + 2.65, 1.0))


def cell_chain(n_steps: int = 3) -> Diagram:
    """Describe the cells of an LSTM, with the direct path between them and the other paths.

    Parameters
    ----------
    n_steps : int, optional
        Number of steps.

    Returns
    -------
    Diagram
    """
    nodes, edges = {"c(0)": Node("c^{(0)}", (0.0, 2.0), CELL)}, []
    for step in range(1, n_steps + 1):
        old, new, out = f"c({step - 1})", f"c({step})", f"y({step - 1})"
        gates, block = f"gates({step})", f"z({step})"
        nodes[new] = Node(f"c^{{({step})}}", (2.3 * step, 2.0), CELL)
        nodes[gates] = Node(r"f,\!i", (2.3 * step - 1.15, 0.95))
        nodes[block] = Node("z", (2.3 * step - 1.0, -0.15))
        nodes[out] = Node(f"y^{{({step - 1})}}", (2.3 * (step - 1), -0.35), HIDDEN)
        edges += [
            Edge(old, new, f"f^{{({step})}}", kind="before", label_side=0.42),
            Edge(old, out, kind="now"),
            Edge(old, gates, kind="peephole before"),
            Edge(out, gates, kind="before"),
            Edge(out, block, kind="before"),
            Edge(gates, new, kind="now"),
            Edge(block, new, kind="now"),
        ]
    return Diagram(nodes, edges, limits=(-0.45, -0.8, 2.3 * n_steps + 0.45, 2.8))


@book_style()
def draw_success(
    updates: Mapping[str, Sequence[float]], n_updates: int, *, ax: Axes | None = None
) -> Axes:
    """Draw after how many updates each training had learnt, and a cross for each that had not.

    Parameters
    ----------
    updates : mapping of str to sequence of float
        For each network, by its name, one number for each training; infinity if it had not learnt
        by the end.
    n_updates : int
        Number of updates of each training.
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
