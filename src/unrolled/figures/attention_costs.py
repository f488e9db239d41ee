"""The drawings of the way into attention: the road, two ways through a sentence, what they cost."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.figures.diagrams import RADIUS, Diagram, Edge, Node, draw_diagram
from unrolled.figures.style import (
    DATA,
    FIRST,
    HIDDEN,
    KEYS,
    LOW,
    QUERIES,
    QUIET,
    SECOND,
    SINGLE,
    THIRD,
    WIDE,
    book_style,
    label,
    panels,
)

__all__ = [
    "Station",
    "draw_road",
    "figure_two_ways",
]

ATTENTION, RECURRENT, MIXING = FIRST, SECOND, THIRD
GAP, RISE = 1.55, 2.6  # between tokens, and from a layer to the next


class Station(NamedTuple):
    """A page on the road, or something that is known before."""

    sign: str  # what stands in its ring, as TeX
    title: str
    at: tuple[float, float]
    needs: Sequence[str] = ()  # names of the stations right before it
    known: bool = False  # from an earlier part


@book_style()
def draw_road(stations: Mapping[str, Station], *, ax: Axes | None = None) -> Axes:
    """Draw which page stands on which: an arrow leads from what is needed to what needs it.

    Parameters
    ----------
    stations : mapping of str to Station
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    nodes = {
        name: Node(place.sign, place.at, QUIET if place.known else QUERIES, square=place.known)
        for name, place in stations.items()
    }
    edges = [Edge(need, name) for name, place in stations.items() for need in place.needs]
    ax = draw_diagram(Diagram(nodes, edges), width=SINGLE, height=LOW, ax=ax)
    for place in stations.values():
        side = -1 if place.at[0] < 0 else 1
        at = (place.at[0] + side * 1.35 * RADIUS, place.at[1])
        label(ax, place.title, at, align="left" if side > 0 else "right")
    ax.set_xlim(-3.6, 3.6)
    return ax


@book_style()
def figure_two_ways(n_tokens: int) -> Figure:
    """Draw how a recurrent layer and an attention layer pass a sequence on.

    Parameters
    ----------
    n_tokens : int

    Returns
    -------
    Figure
        Left the recurrent layer, right the attention layer.
    """
    figure, axes = panels(WIDE, LOW, (1.0, 1.0))
    steps = range(1, n_tokens + 1)
    below = {f"x{t}": Node(f"x_{t}", (GAP * t, 0.0), DATA, square=True) for t in steps}
    states = {f"h{t}": Node(f"h_{t}", (GAP * t, RISE), HIDDEN) for t in steps}
    chain = [Edge(f"x{t}", f"h{t}") for t in steps]
    chain += [Edge(f"h{t}", f"h{t + 1}", kind="before") for t in steps[:-1]]
    contexts = {f"z{t}": Node(f"z_{t}", (GAP * t, RISE), KEYS) for t in steps}
    fan = [Edge(f"x{j}", f"z{i}") for i in steps for j in steps]
    for ax, above, edges in zip(axes, (states, contexts), (chain, fan), strict=True):
        draw_diagram(Diagram({**below, **above}, edges), ax=ax)
    return figure
