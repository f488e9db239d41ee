"""Graphs of named quantities, drawn from their description: a node is a quantity, an edge a use.

Forward edges are solid and in the colour of the text, what comes from the time step before is
dashed, a peephole is magenta. A route runs backwards, violet, with the local derivative on each of
its edges; what is not on a route that is being discussed fades and keeps its place, so that the eye
can step from one drawing to the next.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path

from unrolled.figures.style import (
    EIGHTH,
    FORMULA_SIZE,
    GRADIENT,
    GROUND,
    INK,
    LINE_WIDTH,
    MEDIUM,
    SINGLE,
    bare_axes,
    book_style,
    halo,
)

__all__ = ["Arrow", "Diagram", "Edge", "Node", "curve_between", "draw_diagram"]

FADED = 0.4
RADIUS = 0.36  # of a node, in the units of the diagram

Kind = Literal["now", "before", "peephole", "peephole before"]


class Node(NamedTuple):
    """A quantity and its place."""

    text: str  # its letters as TeX, without dollar signs
    at: tuple[float, float]
    colour: str = INK
    square: bool = False  # a quantity that only enters, or a loss


class Edge(NamedTuple):
    """One use of a quantity in the definition of another."""

    start: str
    end: str
    local: str = ""  # the local derivative of the end by the start, as TeX
    kind: Kind = "now"
    bend: float = 0.0  # how far the arrow bows to its left, as a share of its length
    label_at: float = 0.5  # where along the arrow the local derivative stands
    label_side: float = 0.3  # how far to its left


class Diagram(NamedTuple):
    """A graph of named quantities."""

    nodes: Mapping[str, Node]
    edges: Sequence[Edge]


@book_style()
def draw_diagram(
    diagram: Diagram,
    *,
    routes: Sequence[Sequence[str]] = (),
    known: Sequence[str] | None = None,
    only_routes: bool = False,
    width: float = SINGLE,
    height: float = MEDIUM,
    size: float = FORMULA_SIZE,
    ax: Axes | None = None,
) -> Axes:
    """Draw a graph, and routes through it from an end back to a start.

    Parameters
    ----------
    diagram : Diagram
    routes : sequence of sequence of str, optional
        Each a list of node names against the direction of the edges. Their edges are drawn
        backwards in violet with the local derivatives; everything else fades.
    known : sequence of str, optional
        Nodes that are at full strength although no route touches them; all of them when there is
        neither a route nor this list.
    only_routes : bool, optional
        Fade all edges that are on no route, also those between nodes at full strength.
    width, height : float, optional
        Of a new figure, in inches.
    size : float, optional
        Of the letters, in points.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        When an edge or a route names a node that does not exist, or a route steps along no edge.
    """
    _check(diagram, routes, known or ())
    ax = bare_axes(ax, width=width, height=height)
    lit = {pair[::-1] for route in routes for pair in pairwise(route)}
    everything = not routes and known is None
    full = set(diagram.nodes) if everything else {*(known or ()), *(n for r in routes for n in r)}
    for edge in diagram.edges:
        among_known = {edge.start, edge.end} <= full - {n for p in lit for n in p}
        strong = everything or (among_known and not only_routes)
        _draw_edge(ax, diagram, edge, lit=(edge.start, edge.end) in lit, strong=strong, size=size)
    for name, node in diagram.nodes.items():
        _draw_node(ax, node, strong=name in full, size=size)
    places = np.array([node.at for node in diagram.nodes.values()])
    ax.set_xlim(places[:, 0].min() - 2 * RADIUS, places[:, 0].max() + 2 * RADIUS)
    ax.set_ylim(places[:, 1].min() - 2 * RADIUS, places[:, 1].max() + 2 * RADIUS)
    return ax


def _check(diagram: Diagram, routes: Sequence[Sequence[str]], known: Sequence[str]) -> None:
    """Refuse names that stand for nothing, and steps along no edge."""
    uses = {(edge.start, edge.end) for edge in diagram.edges}
    named = {n for pair in uses for n in pair} | {n for route in routes for n in route} | {*known}
    strangers = sorted(named - set(diagram.nodes))
    if strangers:
        raise ValueError(
            f"edges, routes and known must name nodes of the diagram, got {', '.join(strangers)}."
        )
    for route in routes:
        for end, start in pairwise(route):
            if (start, end) not in uses:
                raise ValueError(
                    f"routes must run against edges of the diagram, got {end} to {start}. "
                    f"Name the later quantity first."
                )


def _draw_node(ax: Axes, node: Node, *, strong: bool, size: float) -> None:
    """Draw a quantity: a ring, or a square, with its letters."""
    x, y = node.at
    outline: Patch
    if node.square:
        corner, side = (x - RADIUS, y - RADIUS), 2 * RADIUS
        outline = FancyBboxPatch(corner, side, side, boxstyle="round,pad=0,rounding_size=0.06")
    else:
        outline = Circle((x, y), RADIUS)
    outline.set(fc=GROUND, ec=node.colour, lw=1.6, zorder=3, alpha=1.0 if strong else FADED)
    ax.add_patch(outline)
    ax.text(
        x, y, f"${node.text}$", color=INK, ha="center", va="center_baseline",
        fontsize=size, zorder=4, alpha=1.0 if strong else 2 * FADED,
    )  # fmt: skip


def _draw_edge(
    ax: Axes, diagram: Diagram, edge: Edge, *, lit: bool, strong: bool, size: float
) -> None:
    """Draw one use: forwards, or backwards with its local derivative when a route takes it."""
    start, end = diagram.nodes[edge.start].at, diagram.nodes[edge.end].at
    colour = GRADIENT if lit else EIGHTH if edge.kind.startswith("peephole") else INK
    curve = curve_between(start, end, edge.bend)
    arrow = Arrow(
        path=Path(curve[::-1] if lit else curve, [Path.MOVETO, Path.CURVE3, Path.CURVE3]),
        arrowstyle="-|>,head_length=4.5,head_width=2.4",
        color=colour,
        lw=LINE_WIDTH if lit else 1.2,
        ls=(0, (4, 2.5)) if edge.kind.endswith("before") else "-",
        alpha=1.0 if lit or strong else FADED,
        zorder=2.5 if lit else 2,
        capstyle="butt",
    )
    ax.add_patch(arrow)
    if lit and edge.local:
        written = ax.text(
            *_beside(curve, edge.label_at, edge.label_side), f"${edge.local}$", color=INK,
            ha="center", va="center", fontsize=size, zorder=5,
        )  # fmt: skip
        halo(written, 4.0)


class Arrow(FancyArrowPatch):
    """An arrow whose head is solid, also where its line is dashed."""

    def _draw_paths_with_artist_properties(self, renderer: Any, draw_path_args_list: Any) -> None:
        for part in draw_path_args_list:
            dashes = self.get_linestyle()
            if part[2] is not None:  # the head is filled, the line is not
                self.set_linestyle("-")
            super()._draw_paths_with_artist_properties(renderer, [part])  # type: ignore[misc]
            self.set_linestyle(dashes)
        self.stale = False


def curve_between(
    start: tuple[float, float],
    end: tuple[float, float],
    bend: float,
    rims: tuple[float, float] = (1.12 * RADIUS, 1.12 * RADIUS),
) -> np.ndarray:
    """Return the three points of a quadratic curve from rim to rim, bowed to its left.

    Parameters
    ----------
    start, end : tuple of float
        Centres of two nodes.
    bend : float
        As of an `Edge`.
    rims : (float, float), optional
        How far from either centre the curve begins and ends.

    Returns
    -------
    ndarray of shape (3, 2)
    """
    first, last = np.array(start), np.array(end)
    across = last - first
    pulled = (first + last) / 2 + bend * np.array([-across[1], across[0]])
    begin, stop = (
        centre + rim * (pulled - centre) / np.linalg.norm(pulled - centre)
        for centre, rim in zip((first, last), rims, strict=True)
    )
    return np.array([begin, pulled, stop])


def _beside(curve: np.ndarray, share: float, side: float) -> tuple[float, float]:
    """Return a point to the left of a quadratic curve, seen from its start."""
    point = np.array([(1 - share) ** 2, 2 * share * (1 - share), share**2]) @ curve
    ahead = 2 * np.array([share - 1, 1 - 2 * share, share]) @ curve
    left = np.array([-ahead[1], ahead[0]]) / np.linalg.norm(ahead)
    x, y = point + side * left
    return float(x), float(y)
