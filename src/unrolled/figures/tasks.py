"""The drawings of tasks on sequences: unrolled chains, contexts, alignments and what was read.

Inputs are orange, hidden states mauve, outputs olive, as in the whole part. What comes from the
step before is dashed. What a tag may look at is tinted.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from unrolled.figures.diagrams import Box, Diagram, Edge, Node, Part, Words
from unrolled.figures.style import (
    AMOUNTS,
    DASHES,
    DATA,
    FIRST,
    FOURTH,
    HIDDEN,
    INK,
    LOW,
    MEDIUM,
    QUIET,
    SECOND,
    SINGLE,
    WRONG,
    bare_axes,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "collapse",
    "draw_contexts",
    "draw_reading",
    "draw_shares",
    "network",
]

INPUT, OUTPUT = FIRST, FOURTH
HEIGHTS = {"x": 0.0, "h": 1.05, "g": 1.85}  # rows of inputs, of states, and of a second chain


def network(
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    start: str = "",
    fed_back: bool = False,
    both_ways: bool = False,
    reads_until: int = 0,
) -> Diagram:
    """Describe a recurrent network over some steps: what goes in and what comes out at each.

    Parameters
    ----------
    inputs, outputs : sequence of str
        An empty word where nothing goes in, or comes out.
    start : str, optional
        A vector that the first state is made of.
    fed_back : bool, optional
        Whether an output is the next input.
    both_ways : bool, optional
        Whether a second chain runs backwards.
    reads_until : int, optional
        Steps of an encoder; the others belong to a decoder.

    Returns
    -------
    Diagram
    """
    n_steps, top = len(inputs), 1.9 if both_ways else 1.05
    nodes: dict[str, Part] = {}
    edges = []
    for t, (given, said) in enumerate(zip(inputs, outputs, strict=True)):
        tint = 0.4 if t < reads_until else 0.0
        for name, y in (("h", 1.05), ("g", top))[: 1 + both_ways]:
            nodes[f"{name}{t}"] = Node("", (t, y), HIDDEN, radius=0.24, tint=tint)
        for word, key, y in ((given, "in", 0.0), (said, "out", top + 1.05)):
            if word:
                nodes[f"{key}{t}"] = Words(word, (t, y), (0.1 + 0.06 * len(word), 0.2))
        if given:
            edges.append(Edge(f"in{t}", f"h{t}"))
        if said:
            edges.append(Edge(f"g{t}" if both_ways else f"h{t}", f"out{t}"))
        if both_ways:
            edges += [Edge(f"in{t}", f"g{t}", bend=0.3), Edge(f"h{t}", f"out{t}", bend=-0.3)]
        if t:
            edges.append(Edge(f"h{t - 1}", f"h{t}", kind="before"))
            edges += [Edge(f"g{t}", f"g{t - 1}", kind="before")] * both_ways
        if t and fed_back and outputs[t - 1] and given:
            corners = ((t - 0.5, top + 1.05), (t - 0.5, 0.0))
            edges.append(Edge(f"out{t - 1}", f"in{t}", via=corners, colour=OUTPUT))
    if start:
        nodes["start"] = Words(start, (-1.1, 1.05), (0.45, 0.2))
        edges.append(Edge("start", "h0"))
    left = -1.65 if start else -0.55
    return Diagram(nodes, edges, limits=(left, -0.35, max(n_steps, 4 + left) - 0.45, top + 1.4))


def collapse(path: str, blank: str) -> Diagram:
    """Describe how a row of frames collapses: runs are merged, then blanks dropped.

    Parameters
    ----------
    path : str
        One letter, or the blank, for each frame.
    blank : str

    Returns
    -------
    Diagram
    """
    rows = ((3.0, "frames"), (1.5, "merged"), (0.0, "dropped"))
    nodes: dict[str, Part] = {name: Words(name, (-0.7, y), align="right") for y, name in rows}
    edges = []
    at = 0
    for run, group in enumerate(groupby(path)):
        letter, length = group[0], len(list(group[1]))
        middle, size, quiet = at + (length - 1) / 2, (0.88, 1.0), letter == blank
        nodes[f"run {run}"] = Box(letter, (middle, 1.5), size, QUIET if quiet else HIDDEN)
        for k in range(at, at + length):
            nodes[f"frame {k}"] = Box(letter, (k, 3.0), size, QUIET if quiet else INPUT)
            edges.append(Edge(f"frame {k}", f"run {run}", colour=QUIET, head=False))
        if not quiet:
            nodes[f"letter {run}"] = Box(letter, (middle, 0.0), size, OUTPUT)
            edges.append(Edge(f"run {run}", f"letter {run}", colour=QUIET, head=False))
        at += length
    return Diagram(nodes, edges, limits=(-3.0, -0.6, len(path) - 0.4, 3.6))


@book_style()
def draw_contexts(
    sentences: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    at: int,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw tagged sentences, and what a network has seen of them when it tags one word.

    Parameters
    ----------
    sentences, tags : sequence of sequence of str
    at : int
        The place of the word.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    right = 0.0
    for row, (words, said) in enumerate(zip(sentences, tags, strict=True)):
        y, x, edges = -2.6 * row, 0.0, [0.0]
        for word, tag in zip(words, said, strict=True):
            width = 0.4 + 0.17 * max(len(word), len(tag))
            label(ax, word, (x + width / 2, y - 0.1), level="baseline", rim=False)
            label(ax, tag, (x + width / 2, y + 0.5), level="baseline", rim=False)
            x += width
            edges.append(x)
        box = Rectangle((edges[at], y - 0.3), edges[at + 1] - edges[at], 1.2, fc="none", ec=INK)
        ax.add_patch(box)
        spans = ((edges[at + 1], SECOND, "one way"), (edges[-1], HIDDEN, "both ways"))
        for level, (end, colour, name) in enumerate(spans):
            height = y - 0.52 - 0.42 * level
            dash = DASHES[1] if level else DASHES[0]
            ax.plot([0.05, end - 0.05], [height, height], color=colour, lw=5, ls=dash,
                    dash_capstyle="butt", solid_capstyle="butt")  # fmt: skip
            label(ax, name, (end, height), (5, 0), align="left", rim=False)
        right = max(right, x)
    ax.set_xlim(-0.1, right + 1.5)
    ax.set_ylim(-2.6 * len(sentences) + 1.4, 1.0)
    return ax


@book_style()
def draw_reading(
    amounts: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    x: str,
    y: str,
    bar: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw amounts between zero and one as a table of cells.

    Parameters
    ----------
    amounts : ndarray of shape (n_rows, n_columns)
    rows, columns : sequence of str
        Drawn from the top to the bottom, and from left to right.
    x, y, bar : str
        What columns, rows and colours mean.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    ax.spines[:].set_visible(False)
    n_rows, n_columns = amounts.shape
    cells = ax.pcolormesh(
        np.arange(n_columns + 1), np.arange(n_rows + 1), amounts, cmap=AMOUNTS, vmin=0, vmax=1,
        edgecolor=QUIET, lw=0.5,
    )  # fmt: skip
    ax.set_xticks(np.arange(n_columns) + 0.5, list(columns))
    ax.set_yticks(np.arange(n_rows) + 0.5, list(rows))
    ax.tick_params(length=0)
    ax.set_ylim(n_rows + 0.04, -0.04)
    ax.set_xlim(-0.04, n_columns + 0.04)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    scale = ax.figure.colorbar(cells, ax=ax, label=bar, ticks=[0, 0.5, 1])
    scale.outline.set_visible(False)
    return ax


@book_style()
def draw_shares(
    shares: Mapping[str, Sequence[float]], names: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw shares of right answers: a row for each question, a mark for each method.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        One share for each method, by question.
    names : two of str
        Of the methods.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("share of right answers", "", ax=ax, height=LOW)
    rows = np.arange(len(shares))
    ax.axvline(0.5, color=QUIET, lw=1.0, ls=DASHES[2])
    found = np.array([list(values) for values in shares.values()])
    for row, values in zip(rows, found, strict=True):
        ax.plot(values, [row, row], color=QUIET, lw=1.0)
    marks = ((WRONG, "s"), (DATA, "o"))
    for k, (name, (colour, marker)) in enumerate(zip(names, marks, strict=True)):
        ax.plot(found[:, k], rows, marker, color=colour, ms=9, clip_on=False, zorder=3)
        low = found[-1, k] < found[-1].max()  # beside the mark, where no line runs
        shift, align = ((-10, 0), "right") if low else ((0, 14), "center")
        label(ax, name, (float(found[-1, k]), float(rows[-1])), shift, align=align)
    ax.set_yticks(rows, list(shares))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "chance", "1"])
    ax.set_ylim(len(rows) - 0.6, -0.5)
    return ax
