"""The drawings of layers: connections, and the backward pass through a layer.

Inputs are teal and hidden neurons mauve; biases are orange; everything that flows backwards is
violet. Where two networks are compared the dense one is orange and the convolution blue.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from unrolled.figures.diagrams import Diagram, Edge, Node
from unrolled.figures.style import (
    DATA,
    FIRST,
    GROUND,
    HIDDEN,
    INK,
    MEDIUM,
    SECOND,
    TARGET,
    book_style,
    frame,
    label,
)

__all__ = [
    "draw_wires",
    "neuron_delta",
]

BIAS, DENSE, CONVOLUTION = FIRST, FIRST, SECOND


@book_style()
def draw_wires(widths: Sequence[int], *, ax: Axes | None = None) -> Axes:
    """Draw a dense network with every connection and every bias, and count both.

    Parameters
    ----------
    widths : sequence of int
        Neurons in each layer, the input first.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("", "", ax=ax, height=MEDIUM)
    ax.set_axis_off()
    places = [_column(4.0 * at, width) for at, width in enumerate(widths)]
    wires = [(one, other) for left, right in pairwise(places) for one in left for other in right]
    ax.add_collection(LineCollection(wires, colors=INK, linewidths=0.8, alpha=0.55, zorder=1))
    colours = [DATA, *[HIDDEN] * (len(widths) - 2), TARGET]
    for at, (layer, colour) in enumerate(zip(places, colours, strict=True)):
        ax.plot(*layer.T, "o", ms=15, mfc=GROUND, mec=colour, mew=2.2, zorder=3)
        if at:
            ax.plot(*layer.T, "s", ms=5.5, color=BIAS, mew=0, zorder=4)
            label(ax, f"{widths[at]} biases", (4.0 * at, -3.0), rim=False)
            count = widths[at - 1] * widths[at]
            label(ax, f"{count} weights", (4.0 * at - 2.0, -3.75), rim=False)
    ax.set_xlim(-0.7, 4.0 * (len(widths) - 1) + 0.9)
    ax.set_ylim(-4.1, max(widths) / 2)
    return ax


def _column(x: float, width: int) -> np.ndarray:
    """Return the places of a layer's neurons, (width, 2), centred at height zero."""
    heights = (width - 1) / 2 - np.arange(width)
    return np.column_stack([np.full(width, x), heights])


def neuron_delta(n_hidden: int, n_out: int) -> Diagram:
    """Describe the derivatives that hidden neurons receive from all neurons of the next layer.

    Parameters
    ----------
    n_hidden, n_out : int
        Dimensions of the two layers.

    Returns
    -------
    Diagram
    """
    hidden, out = _column(0.0, n_hidden), _column(4.2, n_out) * [1, 1.45]
    nodes = {f"h{i + 1}": Node(f"h_{i + 1}", tuple(at), HIDDEN) for i, at in enumerate(hidden)}
    nodes |= {f"o{j + 1}": Node(f"o_{j + 1}", tuple(at)) for j, at in enumerate(out)}
    nodes["J"] = Node("J", (6.6, 0.0), square=True)
    edges = [
        Edge(f"h{i + 1}", f"o{j + 1}", f"V_{{{j + 1}{i + 1}}}", label_at=0.68, label_side=0.0)
        for j in range(n_out)
        for i in range(n_hidden)
    ]
    edges += [
        Edge(f"o{j + 1}", "J", rf"\delta o_{j + 1}", label_side=0.34 if j <= n_out // 2 else -0.34)
        for j in range(n_out)
    ]
    return Diagram(nodes, edges)
