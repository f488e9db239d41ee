"""The multi-head layer in drawings: its place, its parts, its shapes, and the backward pass.

A box is an operation and an arrow carries an array: queries are orange, keys blue, values brick,
what flows backwards violet. The eight heads have the colours of `unrolled.figures.style.HEADS`.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from unrolled.figures.diagrams import Box, Diagram, Edge, Group, Node, Part, Point, Words
from unrolled.figures.style import (
    HEADS,
    INK,
    KEYS,
    QUERIES,
    QUIET,
    SINGLE,
    THIN,
    VALUES,
    bare_axes,
    book_style,
    label,
)

__all__ = [
    "BACKWARD_GRAPH",
    "BACKWARD_PATHS",
    "draw_shapes",
    "inside",
    "three_attentions",
]

ROLES = {"Q": QUERIES, "K": KEYS, "V": VALUES}
ENCODER, DECODER = 2.25, 6.55
STACKS = {  # boxes, upwards; those of attention are what the drawing is about
    ENCODER: {
        0.9: "embed",
        3.15: "multi-head\nattention",
        4.2: "add, normalise",
        5.35: "feed forward",
        6.2: "add, normalise",
    },
    DECODER: {
        0.9: "embed",
        3.15: "masked multi-\nhead attention",
        4.2: "add, normalise",
        6.05: "multi-head\nattention",
        7.1: "add, normalise",
        8.25: "feed forward",
        9.1: "add, normalise",
        10.6: "linear, softmax",
    },
}


def three_attentions() -> Diagram:
    """Describe the Transformer, and where queries, keys and values of its attentions come from.

    Returns
    -------
    Diagram
        Boxes are called by their column and their place in it, from 0: ``encoder 1``.
    """
    nodes: dict[str, Part] = {
        "source": Words("source tokens", (ENCODER, 0.0), (1.0, 0.25)),
        "target": Words("target tokens so far", (DECODER, 0.0), (1.0, 0.25)),
        "out": Words("next token", (DECODER, 11.45), (0.5, 0.2)),
        "encoder": Words("encoder, N ×", (0.45, 6.95), align="left"),
        "decoder": Words("decoder, N ×", (4.75, 9.85), align="left"),
    }
    groups = []
    for side, x, left, top in (("encoder", ENCODER, 0.4, 6.65), ("decoder", DECODER, 4.7, 9.55)):
        for place, (y, text) in enumerate(STACKS[x].items()):
            strong = "attention" in text
            size, width = (2.7, 0.96 if strong else 0.62), 2.2 if strong else THIN
            nodes[f"{side} {place}"] = Box(text, (x, y), size, width=width)
        nodes[f"{side} low"] = Words("", (left, 1.6))
        nodes[f"{side} high"] = Words("", (left + 3.7, top))
        groups.append(Group((f"{side} low", f"{side} high"), margin=0.0))
    pairs = [("source", "encoder 0"), ("target", "decoder 0"), ("decoder 7", "out")]
    for side, links in (("encoder", ((1, 2), (2, 3), (3, 4))),
                        ("decoder", ((1, 2), (3, 4), (4, 5), (5, 6), (6, 7)))):  # fmt: skip
        pairs += [(f"{side} {start}", f"{side} {end}") for start, end in links]
    edges = [Edge(*pair, width=1.7) for pair in pairs]
    for side, x in (("encoder", ENCODER), ("decoder", DECODER)):
        fork = (x, 2.07)
        edges.append(_trunk(nodes, f"{side} 0", fork))
        for role, at in zip("QKV", (x + 0.85, x, x - 0.85), strict=True):
            edges.append(_array(nodes, f"{side} 0", f"{side} 1", role, at, fork))
    fork = (DECODER - 0.85, 5.0)
    edges.append(_trunk(nodes, "encoder 4", fork, (ENCODER, 7.2), (4.42, 7.2), (4.42, 5.0)))
    edges.append(_array(nodes, "encoder 4", "decoder 3", "V", fork[0], fork))
    edges.append(_array(nodes, "encoder 4", "decoder 3", "K", DECODER, fork))
    edges.append(_array(nodes, "decoder 2", "decoder 3", "Q", DECODER + 0.85))
    for start, end, x, aside, low in (
        ("encoder 0", "encoder 2", ENCODER, 0.62, 1.85),
        ("encoder 2", "encoder 4", ENCODER, 0.62, 4.75),
        ("decoder 0", "decoder 2", DECODER, 8.18, 1.85),
        ("decoder 2", "decoder 4", DECODER + 0.85, 8.18, 4.75),
        ("decoder 4", "decoder 6", DECODER, 8.18, 7.65),
    ):
        corners = ((aside, low), (aside, nodes[end].at[1]))
        edges.append(Edge(start, end, via=corners, begin=(x, low), colour=QUIET))
    return Diagram(nodes, edges, groups, (0.3, -0.35, 8.5, 11.75))


def _trunk(nodes: dict[str, Part], start: str, fork: Point, *corners: Point) -> Edge:
    """Lead one array to where it becomes several."""
    nodes[f"fork of {start}"] = Words("", fork)
    return Edge(start, f"fork of {start}", via=corners, head=False, width=1.7)


def _array(
    nodes: dict[str, Part], start: str, end: str, role: str, x: float, fork: Point | None = None
) -> Edge:
    """Lead queries, keys or values into an attention, and label the arrow with their letter."""
    low = nodes[end].at[1] - nodes[end].half[1]
    nodes[f"{role} of {end}"] = Words(f"${role}$", (x + 0.24, low - 0.3))
    corner = (x, fork[1]) if fork and fork[0] != x else (x, low - 0.4)
    return Edge(start, end, via=(corner,), begin=fork, colour=ROLES[role], width=1.7)


LEFT, RIGHT = 1.7, 6.2
SIDES = {"Q": -1.3, "K": 0.0, "V": 1.3}


def inside() -> Diagram:
    """Describe scaled dot-product attention, and beside it the layer that does it once a head.

    Returns
    -------
    Diagram
    """
    one = {
        "product": (r"product $QK^{\!\top}$", 1.6), "divide": (r"divide by $\sqrt{d_k}$", 2.75),
        "mask": ("mask, if any", 3.9), "softmax": ("softmax", 5.05), "mix": ("product $AV$", 6.45),
    }  # fmt: skip
    nodes: dict[str, Part] = {
        name: Box(text, (LEFT, y), (2.5, 0.62), width=THIN, dashed=name == "mask")
        for name, (text, y) in one.items()
    }
    places = {"Q": LEFT - 0.8, "K": LEFT + 0.5, "V": LEFT + 1.75}
    nodes |= {role: Words(f"${role}$", (x, 0.0), (0.3, 0.3)) for role, x in places.items()}
    nodes["Z"] = Words("$Z$", (LEFT, 7.65), (0.3, 0.25))
    corners = {"Q": ((LEFT - 0.8, 1.0),), "K": ((LEFT + 0.5, 1.0),),
               "V": ((LEFT + 1.75, 5.75), (LEFT + 0.8, 5.75))}  # fmt: skip
    wire = partial(Edge, width=1.7)
    edges = [
        wire(role, "mix" if role == "V" else "product", via=via, colour=ROLES[role])
        for role, via in corners.items()
    ]
    edges += [wire(*pair) for pair in pairwise([*one, "Z"])]
    words = ("queries", "keys", "values")
    nodes |= {
        "split": Box("split into heads", (RIGHT, 2.75), (3.7, 0.62), width=THIN),
        "heads": Box("attention", (RIGHT, 4.1), (2.9, 0.8), HEADS[0], width=2.2, behind=HEADS[1:]),
        "merge": Box("concatenate", (RIGHT, 5.6), (3.7, 0.62), width=THIN),
        "map": Box("linear", (RIGHT, 6.75), (1.15, 0.62), width=THIN),
        "output": Words("output", (RIGHT, 7.85), (0.5, 0.25)),
    }
    for (role, shift), word in zip(SIDES.items(), words, strict=True):
        x = RIGHT + shift
        nodes |= {word: Words(word, (x, 0.0), (0.5, 0.3)),
                  f"map {role}": Box("linear", (x, 1.6), (1.15, 0.62), width=THIN)}  # fmt: skip
        colour = ROLES[role]
        edges += [
            wire(word, f"map {role}", colour=colour),
            wire(f"map {role}", "split", via=((x, 2.2),), colour=colour),
            wire("split", "heads", begin=(RIGHT + 0.8 * shift, 3.06), colour=colour,
                 via=((RIGHT + 0.8 * shift, 3.3),)),
        ]  # fmt: skip
    top = (RIGHT, 4.5 + 0.075 * (len(HEADS) - 1))
    edges.append(wire("heads", "merge", begin=top, via=((RIGHT, 5.2),)))
    edges += [wire("merge", "map"), wire("map", "output")]
    return Diagram(nodes, edges, limits=(0.25, -0.35, 8.35, 8.15))


@book_style()
def draw_shapes(steps: Sequence[tuple[str, tuple[int, ...]]], *, ax: Axes | None = None) -> Axes:
    """Draw what every array of the layer looks like, one beneath the other.

    Parameters
    ----------
    steps : sequence of (str, tuple of int)
        Name and shape, (batch, tokens, dimension) or (batch, heads, rows, columns).
    ax : Axes, optional

    Returns
    -------
    Axes
        A patch for each head of an array with heads, one for an array without.
    """
    ax = bare_axes(ax, width=SINGLE, height=0.66 * len(steps))
    for at, (name, shape) in enumerate(steps):
        y = -1.35 * at
        near = [other for _, other in steps[max(at - 1, 0) : at + 2]]
        _blocks(ax, shape, y, n_bands=max(len(other) == 4 and other[1] for other in near))
        label(ax, name, (0.0, y + 0.62), align="left", rim=False)
        label(ax, str(shape), (6.1, y), align="left", rim=False)
    ax.set_xlim(-0.1, 8.9)
    ax.set_ylim(-1.35 * len(steps) + 0.85, 0.95)
    return ax


def _blocks(ax: Axes, shape: tuple[int, ...], y: float, *, n_bands: int) -> None:
    """Draw one array: a block for each head, or one bar, with bands where heads are beside it."""
    whole, height = 5.6, 0.5
    split = len(shape) == 4
    square = split and shape[-1] == shape[-2]
    for head in range(n_bands):
        place = whole / n_bands
        width = height if square else 0.84 * place if split else place
        left = head * place + (place - width) / 2
        colour = HEADS[head % len(HEADS)]
        ax.add_patch(Rectangle((left, y - height / 2), width, height, fc=colour, ec="none",
                               alpha=0.95 if square else 0.5))  # fmt: skip
    if not split:
        ax.add_patch(Rectangle((0, y - height / 2), whole, height, fc="none", ec=INK, lw=1.4))


BACKWARD_GRAPH = Diagram(
    nodes={
        "Q": Node("Q", (0, 1.7), QUERIES, square=True),
        "K": Node("K", (0, -0.1), KEYS, square=True),
        "S": Node("S", (2.3, 0.8)),
        "A": Node("A", (4.3, 0.8)),
        "V": Node("V", (4.3, -1.3), VALUES, square=True),
        "Z": Node("Z", (6.5, 0.8)),
        "J": Node("J", (8.0, 0.8), square=True),
    },
    edges=(
        Edge("Q", "S", r"\delta S K", label_side=0.42),
        Edge("K", "S", r"(\delta S)^{\top} Q", label_side=-0.55),
        Edge("S", "A", r"\mathrm{softmax}", label_side=0.55),
        Edge("A", "Z", r"\delta Z V^{\top}", label_side=0.45),
        Edge("V", "Z", r"A^{\top} \delta Z", label_side=-0.62),
        Edge("Z", "J", r"\delta Z", label_side=0.45),
    ),
)
"""One head as a graph; each edge shows the derivative that the backward pass computes."""

BACKWARD_PATHS = (("Q", "S", "A", "Z", "J"), ("K", "S", "A", "Z", "J"), ("V", "Z", "J"))
"""The paths that lead to the loss."""
