"""Flow charts of a data-mining process: which steps see training rows, and which test rows."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from unrolled.figures.diagrams import Box, Diagram, Edge, Group, Part, Words
from unrolled.figures.style import FOURTH, INK, THIN, WRONG

__all__ = ["Step", "flow_charts"]

LANES = {"train": 0.0, "test": 2.6}
HEADS = {"train": "training rows", "test": "test rows"}
PITCH, BESIDE = 1.2, 6.1  # from one step to the next, and from one flow to the next
LANE, BOTH, HEIGHT = 2.35, 4.95, 0.78
LOOKS = {"leak": (WRONG, 0.22, 2.0), "fit": (FOURTH, 0.22, 2.0), "": (INK, 0.0, THIN)}


class Step(NamedTuple):
    """One step of a flow, and what it looks at."""

    text: str
    row: int  # from the top
    lane: Literal["train", "test", "both"]
    look: Literal["leak", "fit", ""] = ""  # it learns from test rows, from others, or not at all


def flow_charts(flows: dict[str, Sequence[Step]], framed: Sequence[int], words: str) -> Diagram:
    """Describe flows side by side, each with a lane for training rows and one for test rows.

    Parameters
    ----------
    flows : dict of str to sequence of Step
        The steps of each flow, by its heading. Rows of data run down their lane from step to step.
    framed : sequence of int
        The steps of the last flow that are repeated in each fold of a cross-validation.
    words : str
        What stands above their frame.

    Returns
    -------
    Diagram
    """
    nodes, edges = dict[str, Part](), list[Edge]()
    for number, (heading, steps) in enumerate(flows.items()):
        left, middle = BESIDE * number, BESIDE * number + LANES["test"] / 2
        nodes[heading] = Words(heading, (middle, 1.35))
        for lane, across in LANES.items():
            nodes[f"{number} {lane}"] = Words(HEADS[lane], (left + across, 0.7))
        for place, step in enumerate(steps):
            x = middle if step.lane == "both" else left + LANES[step.lane]
            size = (BOTH if step.lane == "both" else LANE, HEIGHT)
            nodes[f"{number} {place}"] = Box(
                step.text, (x, -PITCH * step.row), size, *LOOKS[step.look]
            )
        edges += _edges(number, steps)
    frame = Group([f"{len(flows) - 1} {place}" for place in framed], words, margin=0.16)
    bottom = -PITCH * max(step.row for steps in flows.values() for step in steps) - 0.55
    right = BESIDE * (len(flows) - 1) + LANES["test"] + LANE / 2 + 0.2
    return Diagram(nodes, edges, [frame], limits=(-LANE / 2 - 0.3, bottom, right, 1.65))


def _edges(number: int, steps: Sequence[Step]) -> Iterator[Edge]:
    """Lead down each lane, from one of its steps to the next."""
    for lane, across in LANES.items():
        inside = [place for place, step in enumerate(steps) if step.lane in (lane, "both")]
        for start, end in pairwise(inside):
            half_way = -PITCH * (steps[start].row + steps[end].row) / 2
            corner = (BESIDE * number + across, half_way)
            yield Edge(f"{number} {start}", f"{number} {end}", via=[corner])
