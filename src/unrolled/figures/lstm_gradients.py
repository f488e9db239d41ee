"""The gradients of an LSTM beside its unrolled graph: the uses of one quantity; errors."""

import re
from collections.abc import Iterable, Mapping, Sequence

from unrolled.figures.diagrams import Diagram, Edge, Node, Part, Words
from unrolled.figures.unrolled import LSTM, kind_of

__all__ = ["SLIPS", "chain", "fan", "short"]

Uses = Mapping[str, tuple[int, str]]


def chain(keys: Sequence[str], local: Iterable[str]) -> Diagram:
    """Describe quantities of one step in a row, each used by the next.

    Parameters
    ----------
    keys : sequence of str
        Such as ``obar``.
    local : iterable of str
        The TeX of the local derivative on each edge.

    Returns
    -------
    Diagram
    """
    nodes = {}
    for place, key in enumerate(keys):
        text, _, colour = LSTM[key]
        text = "J" if key == "J" else f"{text}^{{(t)}}"
        nodes[key] = Node(text, (2.2 * place, 0.0), colour, key == "J", 0.42)
    edges = [
        Edge(start, end, tex, label_side=0.4)
        for start, end, tex in zip(keys, keys[1:], local, strict=False)
    ]
    return Diagram(nodes, edges, limits=(-0.55, -0.55, 2.2 * len(keys) - 1.65, 0.75))


def fan(source: str, uses: Uses) -> Diagram:
    """Describe all uses of one quantity, each with its time step beside it.

    Parameters
    ----------
    source : str
        Its key.
    uses : mapping of str to (int, str)
        From `unrolled.symbolic.lstm.uses_of`: by the key of what uses it, from the top, how many
        steps later that stands, and the TeX of the local derivative.

    Returns
    -------
    Diagram
    """
    rise = 1.3
    nodes: dict[str, Part] = {source: _node(source, (0.0, 0.0)), "step": _time(0, (0.0, -0.72))}
    edges = []
    for row, (key, (later, tex)) in enumerate(uses.items()):
        name, y = f"{key} {later}", rise * ((len(uses) - 1) / 2 - row)
        nodes |= {name: _node(key, (5.4, y)), f"step of {name}": _time(later, (5.95, y))}
        kind = kind_of(source == "c" and key.endswith("bar"), later > 0)
        at, side = (0.62, 0.78) if row == 0 else (0.82, 0.36)
        edges.append(Edge(source, name, tex, kind, label_at=at, label_side=side))
    top = rise * (len(uses) - 1) / 2 + 0.5
    return Diagram(nodes, edges, limits=(-0.6, -top, 6.9, top))


def _node(key: str, at: tuple[float, float]) -> Node:
    return Node(LSTM[key].text.removesuffix("^{#}"), at, LSTM[key].colour, key == "J", 0.4)


def _time(later: int, at: tuple[float, float]) -> Words:
    return Words("$t + 1$" if later else "$t$", at, align="left" if at[0] else "center")


def short(tex: str) -> str:
    """Write a local derivative for one unit, without the mark of the step that all share.

    Parameters
    ----------
    tex : str

    Returns
    -------
    str
    """
    marks = {"^{(t)}": "", r" \odot ": r"\,", r"\left": "", r"\right": "", " + ": "+", " - ": "-"}
    for long, brief in marks.items():
        tex = tex.replace(long, brief)
    return re.sub(r"\(([a-z])\)", r" \1", tex)


# Measured errors -----------------------------------------------------------------------------


SLIPS = (
    "as derived",
    r"$p_{in}$ instead of $p_{for}$",
    r"$\partial\bar{\imath}$ instead of $\partial\bar{z}$",
    r"$J^{(t)}$ instead of $J$",
    r"$\delta R$ without $y^{(0)}$",
    r"$R$ instead of $R^\top$",
)
"""The gradient that the page derives, and five mistakes in it."""
