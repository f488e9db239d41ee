"""Unrolled networks, described: quantities and their uses come from the mathematics.

A quantity is called as in the steps of `unrolled.symbolic`, ``h(2)``; only its place, its letters
and its colour are chosen here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unrolled.figures.diagrams import Diagram, Edge, Group, Kind, Node, Point
from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    FIRST,
    FORGET_GATE,
    FOURTH,
    HIDDEN,
    INK,
    INPUT_GATE,
    OUTPUT_GATE,
)

__all__ = ["LSTM", "kind_of", "unrolled_lstm", "unrolled_rnn", "with_losses"]

Pair = tuple[str, str]


class Place(NamedTuple):
    """The letters of a quantity, its colour, and its place within its time step."""

    text: str  # as TeX; # stands for the step
    at: Point
    colour: str = INK


LSTM = {
    "f": Place("f", (0.0, 5.4), FORGET_GATE),
    "i": Place("i", (1.05, 5.4), INPUT_GATE),
    "z": Place("z", (2.1, 5.4), BLOCK_INPUT),
    "fbar": Place(r"\bar{f}", (0.0, 3.4), FORGET_GATE),
    "ibar": Place(r"\bar{\imath}", (1.05, 3.4), INPUT_GATE),
    "zbar": Place(r"\bar{z}", (2.1, 3.4), BLOCK_INPUT),
    "c": Place("c", (2.3, 7.3), CELL),
    "obar": Place(r"\bar{o}", (3.2, 4.6), OUTPUT_GATE),
    "o": Place("o", (3.2, 3.2), OUTPUT_GATE),
    "y": Place("y", (3.05, 1.85), HIDDEN),
    "x": Place("x", (1.05, 0.5)),
    "J": Place("J^{#}", (3.05, 0.12)),
}
BENDS = {("x", "obar"): -0.1, ("c", "y"): -0.04, ("c", "ibar"): -0.06, ("y", "obar"): -0.36}
RNN = {
    "x": Place("x^{#}", (0, 0), FIRST),
    "a": Place("a^{#}", (0, 1)),
    "h": Place("h^{#}", (0, 2), HIDDEN),
    "o": Place("o^{#}", (0, 3), FOURTH),
    "y_hat": Place(r"\hat{y}^{#}", (0, 4), FOURTH),
    "J": Place("J^{#}", (0, 5)),
}
APPLIED = {"xa": "U", "ha": "W", "ah": "g", "ho": "V", "oy": "f"}  # what a use applies


def kind_of(peephole: bool, before: bool) -> Kind:
    """Name the kind of an edge.

    Parameters
    ----------
    peephole, before : bool
        Whether it is a peephole, and whether it comes from the previous step.

    Returns
    -------
    str
    """
    if peephole:
        return "peephole before" if before else "peephole"
    return "before" if before else "now"


def with_losses(edges: Iterable[Pair], seen: str) -> list[Pair]:
    """Connect the output of each step to the loss of that step, and these to the total loss.

    Parameters
    ----------
    edges : iterable of (str, str)
        Uses, from tail to head.
    seen : str
        Key of the argument of the loss.

    Returns
    -------
    list of (str, str)
    """
    edges = list(edges)
    steps = dict.fromkeys(n.removeprefix(seen) for _, n in edges if n.startswith(f"{seen}("))
    ends = [(f"{seen}{step}", f"J{step}") for step in steps]
    return [*edges, *ends, *((f"J{step}", "J") for step in steps)]


def unrolled_lstm(edges: Sequence[Pair], *, pitch: float = 4.35) -> Diagram:
    """Place the quantities of an LSTM with peepholes, up to its loss.

    Parameters
    ----------
    edges : sequence of (str, str)
        Uses, from tail to head.
    pitch : float, optional
        From one time step to the next.

    Returns
    -------
    Diagram
        With a frame around each step.
    """
    names = dict.fromkeys(name for edge in edges for name in edge)
    last = max(map(_step, names))
    nodes = {}
    for name in names:
        key, step = name.partition("(")[0], _step(name)
        place = LSTM[key]
        x, y = place.at[0] + pitch * (step - 1), place.at[1]
        if step == 0:
            x = -1.15
        if name == "J":
            x, y = LSTM["J"].at[0] + pitch * (last - 1) - 1.8, -1.4
        radius = 0.57 if key == "J" and step else 0.47  # room for its time
        nodes[name] = Node(_letters(place, name), (x, y), place.colour, key in "xJ", radius)
    uses = []
    for tail, head in edges:
        pair = tail.partition("(")[0], head.partition("(")[0]
        bend = -0.2 if tail == "c(0)" and pair[1] == "ibar" else BENDS.get(pair, 0.0)
        same = _step(tail) == _step(head) or head == "J"
        bend = 0.0 if pair in {("c", "ibar")} and same else bend
        peephole = pair[0] == "c" and pair[1].endswith("bar")
        uses.append(Edge(tail, head, kind=kind_of(peephole, not same), bend=bend, head=False))
    groups = [
        Group([n for n in nodes if n.endswith(f"({step})")], f"$t = {step}$", 0.06)
        for step in range(last + 1)
    ]
    return Diagram(nodes, uses, groups, (-1.75, -1.95, pitch * last - 0.4, 8.7))


def unrolled_rnn(
    edges: Sequence[Pair],
    local: Mapping[Pair, str] | None = None,
    *,
    apart: float = 2.4,
    rise: float = 1.3,
    groups: Sequence[Group] = (),
) -> Diagram:
    """Place the quantities of a simple recurrent network: a column for each step, inputs below.

    Parameters
    ----------
    edges : sequence of (str, str)
        Uses, from tail to head, by names such as ``h(2)``; ``J`` alone is the total loss.
    local : mapping of (str, str) to str, optional
        The local derivative on an edge, as TeX; without it, the edge shows what the use applies.
    apart, rise : float, optional
        From step to step, and from quantity to quantity.
    groups : sequence of Group, optional

    Returns
    -------
    Diagram
    """
    names = dict.fromkeys(name for edge in edges for name in edge)
    steps = [_step(name) for name in names if _step(name)]
    nodes = {}
    for name in names:
        key = name.partition("(")[0]
        place = RNN[key]
        x = max(_step(name), 0.44)  # step 0 has no column of its own
        x, level = ((min(steps) + max(steps)) / 2, 6.0) if name == "J" else (x, place.at[1])
        at = (apart * x, rise * level)
        nodes[name] = Node(_letters(place, name), at, place.colour, key in "xJ")
    uses = []
    for tail, head in edges:
        before, pair = _step(tail) < _step(head), tail[0] + head[0]
        text = APPLIED.get(pair, "") if local is None else local.get((tail, head), "")
        # beside a frame around a sum there is room above it only
        share, side = (0.5, -0.32) if before else (0.62 if pair[0] == "a" else 0.38, -0.36)
        kind = kind_of(False, before)
        uses.append(Edge(tail, head, text, kind, label_at=share, label_side=side))
    centre = float(np.mean([apart * max(min(map(_step, names)), 0.44), apart * max(steps)]))
    heights = [node.at[1] for node in nodes.values()]
    room = (centre - 3.9, min(heights) - 0.6, centre + 4.9, max(heights) + 0.6)
    return Diagram(nodes, uses, groups, room)


def _step(name: str) -> int:
    """Return the time step of ``h(2)``; the total loss has none."""
    return int(name.partition("(")[2].removesuffix(")") or 0)


def _letters(place: Place, name: str) -> str:
    return "J" if name == "J" else place.text.replace("#", f"({_step(name)})")
