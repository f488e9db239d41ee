"""The multi-head layer in drawings: where it stands, what is in it, its shapes, and the way back.

A box is an operation and an arrow carries an array: queries are orange, keys blue, values brick,
what flows backwards violet. The eight heads have the colours of `unrolled.figures.style.HEADS`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text

from unrolled.figures.diagrams import Diagram, Edge, Node, draw_diagram
from unrolled.figures.plots import heat_map
from unrolled.figures.style import (
    FORMULA_SIZE,
    GROUND,
    HEADS,
    INK,
    KEYS,
    QUERIES,
    QUIET,
    SINGLE,
    TEXT_SIZE,
    THIN,
    VALUES,
    bare_axes,
    book_style,
    halo,
    panels,
)

__all__ = [
    "draw_shapes",
    "draw_three_boxes",
    "draw_way_back",
    "figure_inside",
    "figure_shuffled",
    "figure_weights_by_keys",
]

Point = tuple[float, float]
ROLES = {"Q": QUERIES, "K": KEYS, "V": VALUES}


class Box(NamedTuple):
    """An operation and the place of its middle."""

    text: str
    at: Point
    height: float = 0.62
    width: float = 2.7
    strong: bool = False  # what the drawing is about
    copies: int = 1  # drawn behind one another, one for each head
    dashed: bool = False  # may be left out


class Wire(NamedTuple):
    """An array on its way, along a route of points."""

    route: tuple[Point, ...]
    role: str = ""  # Q, K or V
    head: bool = True
    quiet: bool = False


def _self_attention(x: float, height: float) -> tuple[Wire, ...]:
    """Lead one array into a box as queries, keys and values."""
    fork, top = height - 1.08, height - 0.48
    side = ((x + 0.85, "Q"), (x, "K"), (x - 0.85, "V"))
    return tuple(Wire(((x, fork), (to, fork), (to, top)), role) for to, role in side)


def _bypass(x: float, side: float, low: float, high: float, edge: float) -> Wire:
    """Lead an array past a sublayer, to be added behind it."""
    return Wire(((x, low), (side, low), (side, high), (edge, high)), quiet=True)


ENCODER, DECODER = 2.25, 6.55

THREE_BOXES = (
    Box("embed", (ENCODER, 0.9)),
    Box("multi-head\nattention", (ENCODER, 3.15), 0.96, strong=True),
    Box("add, normalise", (ENCODER, 4.2)),
    Box("feed forward", (ENCODER, 5.35)),
    Box("add, normalise", (ENCODER, 6.2)),
    Box("embed", (DECODER, 0.9)),
    Box("masked multi-\nhead attention", (DECODER, 3.15), 0.96, strong=True),
    Box("add, normalise", (DECODER, 4.2)),
    Box("multi-head\nattention", (DECODER, 6.05), 0.96, strong=True),
    Box("add, normalise", (DECODER, 7.1)),
    Box("feed forward", (DECODER, 8.25)),
    Box("add, normalise", (DECODER, 9.1)),
    Box("linear, softmax", (DECODER, 10.6)),
)

FORK = (DECODER - 0.85, 5.0)

THREE_BOXES_WIRES = (
    Wire(((ENCODER, 0.28), (ENCODER, 0.59))),
    Wire(((ENCODER, 1.21), (ENCODER, 2.07)), head=False),
    *_self_attention(ENCODER, 3.15),
    Wire(((ENCODER, 3.63), (ENCODER, 3.89))),
    Wire(((ENCODER, 4.51), (ENCODER, 5.04))),
    Wire(((ENCODER, 5.66), (ENCODER, 5.89))),
    _bypass(ENCODER, 0.62, 1.85, 4.2, ENCODER - 1.35),
    _bypass(ENCODER, 0.62, 4.75, 6.2, ENCODER - 1.35),
    Wire(((DECODER, 0.28), (DECODER, 0.59))),
    Wire(((DECODER, 1.21), (DECODER, 2.07)), head=False),
    *_self_attention(DECODER, 3.15),
    Wire(((DECODER, 3.63), (DECODER, 3.89))),
    Wire(((ENCODER, 6.51), (ENCODER, 7.2), (4.42, 7.2), (4.42, 5.0), FORK), head=False),
    Wire((FORK, (DECODER - 0.85, 5.57)), "V"),
    Wire((FORK, (DECODER, 5.0), (DECODER, 5.57)), "K"),
    Wire(((DECODER + 0.85, 4.51), (DECODER + 0.85, 5.57)), "Q"),
    Wire(((DECODER, 6.53), (DECODER, 6.79))),
    Wire(((DECODER, 7.41), (DECODER, 7.94))),
    Wire(((DECODER, 8.56), (DECODER, 8.79))),
    Wire(((DECODER, 9.41), (DECODER, 10.29))),
    Wire(((DECODER, 10.91), (DECODER, 11.25))),
    _bypass(DECODER, 8.18, 1.85, 4.2, DECODER + 1.35),
    _bypass(DECODER + 0.85, 8.18, 4.75, 7.1, DECODER + 1.35),
    _bypass(DECODER, 8.18, 7.65, 9.1, DECODER + 1.35),
)


@book_style()
def draw_three_boxes(*, ax: Axes | None = None) -> Axes:
    """Draw the Transformer, and where queries, keys and values of its three attentions come from.

    Parameters
    ----------
    ax : Axes, optional

    Returns
    -------
    Axes
        Each arrow into an attention has its role, Q, K or V, as its gid.
    """
    ax = bare_axes(ax, width=SINGLE, height=5.9)
    for left, top in ((0.4, 6.65), (4.7, 9.55)):
        frame = FancyBboxPatch((left, 1.6), 3.7, top - 1.6, fc="none", ec=QUIET, lw=THIN,
                               boxstyle="round,pad=0,rounding_size=0.2", zorder=0)  # fmt: skip
        ax.add_patch(frame)
    _draw(ax, THREE_BOXES, THREE_BOXES_WIRES)
    _write(ax, "source tokens", (ENCODER, 0.0))
    _write(ax, "target tokens so far", (DECODER, 0.0))
    _write(ax, "next token", (DECODER, 11.5))
    _write(ax, "encoder, N ×", (0.45, 6.95), align="left")
    _write(ax, "decoder, N ×", (4.75, 9.85), align="left")
    ax.set_xlim(0.3, 8.5)
    ax.set_ylim(-0.3, 11.8)
    return ax


LEFT, RIGHT = 1.7, 6.2

ONE_HEAD = (
    Box(r"product $QK^{\!\top}$", (LEFT, 1.6), width=2.5),
    Box(r"divide by $\sqrt{d_k}$", (LEFT, 2.75), width=2.5),
    Box("mask, if any", (LEFT, 3.9), width=2.5, dashed=True),
    Box("softmax", (LEFT, 5.05), width=2.5),
    Box("product $AV$", (LEFT, 6.45), width=2.5),
)
ONE_HEAD_WIRES = (
    Wire(((LEFT - 0.8, 0.3), (LEFT - 0.8, 1.29)), "Q"),
    Wire(((LEFT + 0.5, 0.3), (LEFT + 0.5, 1.29)), "K"),
    Wire(((LEFT + 1.75, 0.3), (LEFT + 1.75, 5.75), (LEFT + 0.8, 5.75), (LEFT + 0.8, 6.14)), "V"),
    Wire(((LEFT, 1.91), (LEFT, 2.44))),
    Wire(((LEFT, 3.06), (LEFT, 3.59))),
    Wire(((LEFT, 4.21), (LEFT, 4.74))),
    Wire(((LEFT - 0.6, 5.36), (LEFT - 0.6, 6.14))),
    Wire(((LEFT, 6.76), (LEFT, 7.4))),
)
MANY_HEADS = (
    *(Box("map", (RIGHT + x, 1.6), width=1.0) for x in (-1.3, 0.0, 1.3)),
    Box("split into heads", (RIGHT, 2.75), width=3.7),
    Box("attention", (RIGHT, 4.1), 0.8, 2.9, strong=True, copies=8),
    Box("put side by side", (RIGHT, 5.6), width=3.7),
    Box("map", (RIGHT, 6.75), width=1.0),
)
SIDES = tuple(zip((-1.3, 0.0, 1.3), "QKV", strict=True))
MANY_HEADS_WIRES = (
    *(Wire(((RIGHT + x, 0.3), (RIGHT + x, 1.29)), role) for x, role in SIDES),
    *(Wire(((RIGHT + x, 1.91), (RIGHT + x, 2.44)), role) for x, role in SIDES),
    *(Wire(((RIGHT + 0.8 * x, 3.06), (RIGHT + 0.8 * x, 3.7)), role) for x, role in SIDES),
    Wire(((RIGHT, 4.92), (RIGHT, 5.29))),
    Wire(((RIGHT, 5.91), (RIGHT, 6.44))),
    Wire(((RIGHT, 7.06), (RIGHT, 7.6))),
)


@book_style()
def figure_inside() -> Figure:
    """Draw scaled dot-product attention, and beside it the layer that does it once a head.

    Returns
    -------
    Figure
    """
    figure, (ax,) = panels(SINGLE, 4.3)
    bare_axes(ax)
    _draw(ax, (*ONE_HEAD, *MANY_HEADS), (*ONE_HEAD_WIRES, *MANY_HEADS_WIRES), letters=False)
    for x, letter in ((LEFT - 0.8, "Q"), (LEFT + 0.5, "K"), (LEFT + 1.75, "V")):
        _write(ax, f"${letter}$", (x, 0.0))
    for x, word in ((-1.3, "queries"), (0.0, "keys"), (1.3, "values")):
        _write(ax, word, (RIGHT + x, 0.0))
    _write(ax, "$Z$", (LEFT, 7.65))
    _write(ax, "output", (RIGHT, 7.85))
    ax.set_xlim(0.25, 8.3)
    ax.set_ylim(-0.3, 8.1)
    return figure


@book_style()
def draw_shapes(steps: Sequence[tuple[str, tuple[int, ...]]], *, ax: Axes | None = None) -> Axes:
    """Draw what every array of the layer looks like, one beneath the other.

    Parameters
    ----------
    steps : sequence of (str, tuple of int)
        Name and shape, (batch, tokens, width) or (batch, heads, rows, columns).
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
        _array(ax, shape, y, n_bands=max(len(other) == 4 and other[1] for other in near))
        _write(ax, name, (0.0, y + 0.62), align="left")
        _write(ax, str(shape), (6.1, y), align="left")
    ax.set_xlim(-0.1, 8.9)
    ax.set_ylim(-1.35 * len(steps) + 0.85, 0.95)
    return ax


def _array(ax: Axes, shape: tuple[int, ...], y: float, *, n_bands: int) -> None:
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


@book_style()
def figure_weights_by_keys(
    weights: np.ndarray, queries: Sequence[str], keys: Sequence[str]
) -> Figure:
    """Draw the weights of one head when other tokens ask than answer, and count both.

    Parameters
    ----------
    weights : ndarray of shape (n_queries, n_keys)
    queries, keys : sequence of str

    Returns
    -------
    Figure
    """
    figure, (ax,) = panels(SINGLE, 4.6)
    heat_map(
        weights, queries, keys, x=f"{len(keys)} keys", y=f"{len(queries)} queries",
        bar="weight, each row sums to one", limits=(0, 1), ax=ax,
    )  # fmt: skip
    return figure


@book_style()
def figure_shuffled(weights: np.ndarray, after: np.ndarray, order: Sequence[int]) -> Figure:
    """Draw the weights of one head before and after the tokens changed places.

    Parameters
    ----------
    weights, after : ndarray of shape (n, n)
    order : sequence of int
        Which token stands at each place afterwards, counted from 0.

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, 2.75, (1, 1))
    limits = (0.0, float(max(weights.max(), after.max())))
    names = [str(number + 1) for number in range(len(order))]
    moved = [names[number] for number in order]
    for ax, table, words in zip(axes, (weights, after), (names, moved), strict=True):
        heat_map(table, words, words, x="word that answers", limits=limits, ax=ax)
    axes[0].set_ylabel("word that asks")
    return figure


WAY_BACK = Diagram(
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
        Edge("Q", "S", r"\delta S\,K", label_side=0.42),
        Edge("K", "S", r"\delta S^{\!\top} Q", label_side=-0.5),
        Edge("S", "A", r"\mathrm{softmax}", label_side=0.55),
        Edge("A", "Z", r"\delta Z\,V^{\!\top}", label_side=0.45),
        Edge("V", "Z", r"A^{\!\top} \delta Z", label_side=-0.62),
        Edge("Z", "J", r"\delta Z", label_side=0.45),
    ),
)
ROUTES = (("J", "Z", "A", "S", "Q"), ("J", "Z", "A", "S", "K"), ("J", "Z", "V"))


@book_style()
def draw_way_back(*, ax: Axes | None = None) -> Axes:
    """Draw one head as a graph, with all routes by which a derivative flows back.

    Parameters
    ----------
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = draw_diagram(WAY_BACK, routes=ROUTES, height=2.25, ax=ax)
    ax.set_xlim(-0.5, 8.5)
    return ax


# What the drawings of boxes share ------------------------------------------------------------


def _draw(ax: Axes, boxes: Sequence[Box], wires: Sequence[Wire], *, letters: bool = True) -> None:
    """Draw operations and the arrays between them."""
    for box in boxes:
        _box(ax, box)
    for wire in wires:
        _wire(ax, wire)
        if letters and wire.role:
            x, y = wire.route[-1]
            halo(_write(ax, f"${wire.role}$", (x + 0.25, y - 0.3)))


def _box(ax: Axes, box: Box) -> None:
    """Draw one operation; what stands behind it are its copies for the other heads."""
    x, y = box.at
    for copy in range(box.copies - 1, -1, -1):
        shift = 0.075 * copy
        ax.add_patch(
            FancyBboxPatch(
                (x - box.width / 2 + shift, y - box.height / 2 + shift), box.width, box.height,
                boxstyle="round,pad=0,rounding_size=0.1", fc=GROUND, zorder=3,
                ec=HEADS[copy] if box.copies > 1 else INK,
                lw=2.2 if box.strong else THIN, ls=(0, (4, 2.5)) if box.dashed else "-",
            )
        )  # fmt: skip
    _write(ax, box.text, box.at)


def _wire(ax: Axes, wire: Wire) -> None:
    """Draw one array on its way."""
    arrow = FancyArrowPatch(
        path=Path(wire.route),
        arrowstyle="-|>,head_length=4.2,head_width=2.3" if wire.head else "-",
        color=QUIET if wire.quiet else ROLES.get(wire.role, INK),
        lw=THIN if wire.quiet else 1.7,
        capstyle="butt",
        joinstyle="round",
        zorder=1 if wire.quiet else 2,
    )
    arrow.set_gid(wire.role or None)
    ax.add_patch(arrow)


def _write(ax: Axes, text: str, at: Point, *, align: str = "center") -> Text:
    """Write in the letters of the house."""
    size = FORMULA_SIZE if text.startswith("$") else TEXT_SIZE
    return ax.text(*at, text, color=INK, ha=align, va="center", fontsize=size, zorder=5,
                   linespacing=1.0)  # fmt: skip
