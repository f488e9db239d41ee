"""The drawings of the introduction to attention: the pages, and two paths through a sentence."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from unrolled.figures.diagrams import Align, Diagram, Edge, Node, Part, Words
from unrolled.figures.style import (
    DATA,
    FIRST,
    HIDDEN,
    KEYS,
    QUERIES,
    QUIET,
    SECOND,
    THIRD,
)

__all__ = [
    "Topic",
    "prerequisite_graph",
    "recurrence_and_attention",
]

ATTENTION, RECURRENT, MIXING = FIRST, SECOND, THIRD
GAP, RISE = 1.55, 2.6  # between tokens, and from a layer to the next


class Topic(NamedTuple):
    """A page of the part, or something known from an earlier part."""

    sign: str  # what stands in its ring, as TeX
    title: str
    at: tuple[float, float]
    needs: Sequence[str] = ()  # names of the topics right before it
    known: bool = False  # from an earlier part


def prerequisite_graph(topics: Mapping[str, Topic]) -> Diagram:
    """Describe which page builds on which: an edge leads from each page to those that need it.

    Parameters
    ----------
    topics : mapping of str to Topic

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {}
    for name, (sign, title, (x, y), _, known) in topics.items():
        side: Align = "right" if x < 0 else "left"
        nodes[name] = Node(sign, (x, y), QUIET if known else QUERIES, square=known)
        place = (x + (0.5 if side == "left" else -0.5), y)
        nodes[f"title of {name}"] = Words(title, place, align=side)
    edges = [Edge(need, name) for name, place in topics.items() for need in place.needs]
    heights = [place.at[1] for place in topics.values()]
    return Diagram(nodes, edges, limits=(-3.6, min(heights) - 0.5, 3.6, max(heights) + 0.5))


def recurrence_and_attention(n_tokens: int) -> Diagram:
    """Describe how a recurrent layer, left, and an attention layer, right, pass a sequence on.

    Parameters
    ----------
    n_tokens : int

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {}
    edges = []
    layers = (("h", 0.0, HIDDEN), ("z", GAP * n_tokens + 0.5, KEYS))
    for letter, left, colour in layers:
        for t in range(1, n_tokens + 1):
            x = left + GAP * t
            nodes[f"x{t} {letter}"] = Node(f"x_{t}", (x, 0.0), DATA, square=True)
            nodes[f"{letter}{t}"] = Node(f"{letter}_{t}", (x, RISE), colour)
            from_all = range(1, n_tokens + 1) if letter == "z" else [t]
            edges += [Edge(f"x{s} {letter}", f"{letter}{t}") for s in from_all]
            if letter == "h" and t > 1:
                edges.append(Edge(f"h{t - 1}", f"h{t}", kind="before"))
    return Diagram(nodes, sorted(edges, key=lambda edge: edge.start), margin=0.15)
