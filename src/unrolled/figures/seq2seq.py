"""The drawings of an encoder and a decoder: what crosses between them, and the weights as bars."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from unrolled.figures.diagrams import Diagram, Edge, Group, Node, Part, Words
from unrolled.figures.style import (
    FIRST,
    HIDDEN,
    INK,
    KEYS,
    MEDIUM,
    QUERIES,
    QUIET,
    SINGLE,
    THIN,
    VALUES,
    book_style,
    panels,
)

__all__ = ["draw_stacked_weights", "encoder_decoder"]

PITCH, GAP = 1.5, 1.3  # from one state to the next, and between encoder and decoder
TOKENS, STATES, CONTEXT, PREDICTED = 0.0, 1.2, 2.9, 4.3  # heights
LOWER = 0.75  # every other token stands lower, so that long ones have room
THICKEST = 5.0  # points, of the arrow that has all of the weight


def encoder_decoder(
    source: Sequence[str],
    target: Sequence[str],
    *,
    step: int = 0,
    weights: Sequence[float] | None = None,
) -> Diagram:
    """Describe how a translator writes one word.

    Parameters
    ----------
    source : sequence of str
        What the encoder reads, its end included.
    target : sequence of str
        What is written, its end included; the decoder reads each word one step later.
    step : int, optional
        Which word is written now, from 0 on.
    weights : sequence of float, optional
        How much of each encoder state is in the context of this step: the thickness of an arrow.
        Without them the context is the last state alone.

    Returns
    -------
    Diagram
        Encoder on the left, decoder on the right, up to this step.
    """
    n, nodes, edges = len(source), dict[str, Part](), list[Edge]()
    start = PITCH * n + GAP
    read = ["begin", *target][: step + 1]
    for side, tokens, left in (("k", source, 0.0), ("q", read, start)):
        for place, token in enumerate(tokens):
            number, x = place + (side == "k"), left + PITCH * place
            colour, text = KEYS if side == "k" else QUERIES, f"{side}_{{{number}}}"
            nodes[f"read {side} {place}"] = Words(
                token, (x, TOKENS - LOWER * (place % 2)), (0.5, 0.3)
            )
            nodes[f"{side} {place}"] = Node(text, (x, STATES), colour, radius=0.45)
            edges.append(Edge(f"read {side} {place}", f"{side} {place}"))
            if place:
                edges.append(Edge(f"{side} {place - 1}", f"{side} {place}", kind="before"))
    edges.append(Edge(f"k {n - 1}", "q 0", colour=HIDDEN, width=2.4))
    x = start + PITCH * step
    nodes["z"] = Node(f"z_{{{step}}}", (x - GAP, CONTEXT), VALUES, radius=0.45)
    nodes["written"] = Words(target[step], (x, PREDICTED), (0.6, 0.3))
    shares = [0.0] * (n - 1) + [1.0] if weights is None else weights
    edges += [
        Edge(f"k {place}", "z", colour=KEYS, width=THICKEST * share, bend=0.06, head=share > 0.2)
        for place, share in enumerate(shares)
        if share >= 0.02
    ]
    edges += [Edge("z", "written"), Edge(f"q {step}", "written")]
    groups = [
        Group([f"k {place}" for place in range(n)], "encoder", 0.16),
        Group([f"q {place}" for place in range(step + 1)], "decoder", 0.16),
    ]
    right = start + PITCH * (len(target) - 1) + 0.9  # the same for all steps
    return Diagram(nodes, edges, groups, limits=(-0.8, -0.5 - LOWER, right, PREDICTED + 0.5))


@book_style()
def draw_stacked_weights(
    weights: np.ndarray,
    source: Sequence[str],
    written: Sequence[str],
    *,
    now: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a bar chart of the weights for each word that was written, one below another.

    Parameters
    ----------
    weights : ndarray of shape (n_written, n_source)
    source, written : sequence of str
        Names of columns and rows.
    now : int, optional
        The row that is drawn at full strength, the last that is drawn; all of them when None.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    places = np.arange(len(source))
    for row, line in enumerate(weights if now is None else weights[: now + 1]):
        strong = now is None or row == now
        ax.bar(places, 0.82 * line, 0.7, -row, color=FIRST, alpha=1.0 if strong else 0.45)
        ax.axhline(-row, color=QUIET, lw=THIN)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, colors=INK)
    ax.set_xticks(places, list(source), rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(0.35 - np.arange(len(written)), list(written))
    ax.set(xlim=(-0.6, len(source) - 0.4), ylim=(0.05 - len(written), 1.0))
    ax.set(xlabel="read", ylabel="written")
    return ax
