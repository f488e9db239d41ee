"""The drawings of tasks on sequences: unrolled chains, contexts, alignments and what was read.

Inputs are orange, hidden states mauve, outputs olive, as in the whole part. What comes from the
previous step is dashed. What a tag may depend on is tinted.
"""

from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from unrolled.figures.diagrams import Box, Diagram, Edge, Node, Part, Words
from unrolled.figures.style import (
    DASHES,
    FIRST,
    FOURTH,
    HIDDEN,
    INK,
    MEDIUM,
    QUIET,
    SECOND,
    bare_axes,
    book_style,
    label,
)

__all__ = [
    "collapse",
    "draw_contexts",
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
    bidirectional: bool = False,
    reads_until: int = 0,
) -> Diagram:
    """Describe a recurrent network over some steps: the input and the output of each.

    Parameters
    ----------
    inputs, outputs : sequence of str
        An empty word where there is no input or output.
    start : str, optional
        A vector that the first state is made of.
    fed_back : bool, optional
        Whether an output is the next input.
    bidirectional : bool, optional
        Whether a second chain runs backwards.
    reads_until : int, optional
        Steps of an encoder; the others belong to a decoder.

    Returns
    -------
    Diagram
    """
    n_steps, top = len(inputs), 1.9 if bidirectional else 1.05
    nodes: dict[str, Part] = {}
    edges = []
    for t, (given, said) in enumerate(zip(inputs, outputs, strict=True)):
        tint = 0.4 if t < reads_until else 0.0
        for name, y in (("h", 1.05), ("g", top))[: 1 + bidirectional]:
            nodes[f"{name}{t}"] = Node("", (t, y), HIDDEN, radius=0.24, tint=tint)
        for word, key, y in ((given, "in", 0.0), (said, "out", top + 1.05)):
            if word:
                nodes[f"{key}{t}"] = Words(word, (t, y), (0.08 + 0.035 * len(word), 0.2))
        if given:
            edges.append(Edge(f"in{t}", f"h{t}"))
        if said:
            edges.append(Edge(f"g{t}" if bidirectional else f"h{t}", f"out{t}"))
        if bidirectional:
            edges += [Edge(f"in{t}", f"g{t}", bend=0.3), Edge(f"h{t}", f"out{t}", bend=-0.3)]
        if t:
            edges.append(Edge(f"h{t - 1}", f"h{t}", kind="before"))
            edges += [Edge(f"g{t}", f"g{t - 1}", kind="before")] * bidirectional
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
