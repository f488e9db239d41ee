"""The drawings of the chain rule: graphs with their paths, and areas that grow.

A graph comes as plain words from `unrolled.symbolic.computation_graph.described`, so that its
picture has the nodes, edges and derivatives that the mathematics has; only the places are chosen
here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from unrolled.figures.diagrams import Diagram, Edge, Node, Point
from unrolled.figures.style import (
    CELL,
    HIDDEN,
    INK,
    MEDIUM,
    OUTPUT_GATE,
    QUIET,
    THIN,
    WIDE,
    book_style,
    frame,
    label,
    panels,
)
from unrolled.figures.unrolled import LSTM

__all__ = [
    "CELLS",
    "COPIES",
    "DIAMOND",
    "MANY",
    "ONE",
    "TWO",
    "UNIT",
    "Layout",
    "figure_strips",
    "lay_out",
]

DIRECT, BY_GATE, BOTH = CELL, OUTPUT_GATE, QUIET
NAMED = 0.08, 0.05  # as wide and as high a piece must be to hold its name


class Layout(NamedTuple):
    """Places for the quantities of one graph; what has none is not drawn."""

    nodes: Mapping[str, Point]
    edges: Mapping[tuple[str, str], Mapping[str, Any]] = {}  # what `Edge` takes
    colours: Mapping[str, str] = {}
    letters: Mapping[str, str] = {}
    side: float = 0.45  # how far from its edge a local derivative stands
    margin: float = 0.45


def lay_out(
    letters: Mapping[str, str],
    uses: Sequence[tuple[str, str, str]],
    layout: Layout,
    *,
    named: bool = True,
) -> Diagram:
    """Put the quantities of a graph in their places.

    Parameters
    ----------
    letters : mapping of str to str
        The TeX of every quantity, by name.
    uses : sequence of (str, str, str)
        Tail, head and local derivative of every edge.
    layout : Layout
    named : bool, optional
        Whether paths show the local derivatives on their edges.

    Returns
    -------
    Diagram

    Raises
    ------
    ValueError
        When the layout places something that the graph does not have.
    """
    strangers = sorted(layout.nodes.keys() - letters.keys())
    if strangers:
        raise ValueError(f"layout must place quantities of the graph, got {', '.join(strangers)}.")
    nodes = {
        name: Node(layout.letters.get(name, letters[name]), at, layout.colours.get(name, INK))
        for name, at in layout.nodes.items()
    }
    edges = []
    for tail, head, local in uses:
        if {tail, head} <= nodes.keys():
            look = {"label_side": layout.side, **layout.edges.get((tail, head), {})}
            tex = local.replace(r"\frac", r"\dfrac") if named else ""  # large enough to be read
            edges.append(Edge(tail, head, tex, **look))
    return Diagram(nodes, edges, margin=layout.margin)


UNIT = Layout(
    {"c": (0, 0), "a": (0, 2), "p_out": (1.7, 2.7), "obar": (1.7, 1.3), "o": (3.4, 1.3),
     "y": (5.1, 0)},
    {
        ("c", "y"): {"bend": -0.09, "label_side": -0.42},
        ("c", "obar"): {"kind": "peephole"},
        ("obar", "o"): {"label_side": 0.55},
    },
    {"c": CELL, "obar": OUTPUT_GATE, "o": OUTPUT_GATE, "y": HIDDEN},
    margin=0.9,
)  # fmt: skip
"""How one unit leaves an LSTM block."""

ONE = Layout({"y": (0, 0), "x": (2.4, 0), "f": (4.8, 0)}, side=0.55, margin=0.6)
"""One quantity between."""

TWO = Layout(
    {"y_1": (0, 1), "y_2": (0, -1), "x_1": (2.4, 1), "x_2": (2.4, -1), "f": (4.8, 0)},
    {
        ("y_1", "x_1"): {"label_side": 0.55},
        ("y_1", "x_2"): {"label_at": 0.78},
        ("x_1", "f"): {"label_side": 0.55},
        ("x_2", "f"): {"label_side": -0.55},
    },
    margin=0.6,
)
"""Two quantities between, two that they depend on."""

MANY = Layout(
    {"y_1": (0, 0), "x_1": (2.4, 2.9), "x_2": (2.4, 0.75), "x_3": (2.4, -0.75),
     "x_4": (2.4, -2.9), "f": (4.8, 0)},
    {
        ("y_1", "x_2"): {"label_at": 0.68},
        ("y_1", "x_3"): {"label_side": -0.45, "label_at": 0.68},
        ("y_1", "x_4"): {"label_side": -0.5},
        ("x_2", "f"): {"label_at": 0.32},
        ("x_3", "f"): {"label_side": -0.45, "label_at": 0.32},
        ("x_4", "f"): {"label_side": -0.5},
    },
)  # fmt: skip
"""Four quantities between: as many paths as there are of them."""

DIAMOND = Layout(
    {"y": (0, 0), "a": (2.2, 1), "b": (2.2, -1), "f": (4.4, 0)},
    {("y", "b"): {"label_side": -0.3}, ("b", "f"): {"label_side": -0.3}},
    side=0.3,
)
"""The smallest graph with two paths."""

_CELLS = {
    "c(1)": (0, 0), "obar(1)": (1.1, 2.2), "o(1)": (2.4, 2.2), "y(1)": (2.8, 0.85),
    "fbar(2)": (4.4, 2.2), "ibar(2)": (4.4, 0.6), "zbar(2)": (4.4, 3.5), "f(2)": (5.7, 2.2),
    "i(2)": (5.7, 0.6), "z(2)": (5.7, 3.5), "c(2)": (7.2, 0),
}  # fmt: skip

CELLS = Layout(
    _CELLS,
    {
        ("c(1)", "c(2)"): {"bend": -0.1},
        ("c(1)", "fbar(2)"): {"kind": "peephole before", "bend": 0.04},
        ("c(1)", "ibar(2)"): {"kind": "peephole before", "bend": -0.08},
        ("c(1)", "obar(1)"): {"kind": "peephole"},
    },
    {name: LSTM[name[:-3]].colour for name in _CELLS},
    {name: LSTM[name[:-3]].text + "'" * (name[-2] == "2") for name in _CELLS},
    margin=0.6,
)
"""From one cell to the next; a prime marks the next step."""

COPIES = Layout(
    {
        "w": (1.7, -2.8),
        **{f"w({t})": (1.7 * (t - 1), -1.3) for t in (1, 2, 3)},
        **{f"h({t})": (1.7 * (t - 1), 0.2) for t in (1, 2, 3)},
        "J": (5.1, 0.2),
    },
    {},
    {f"h({t})": HIDDEN for t in (1, 2, 3)},
    {f"{letter}({t})": f"{letter}^{{({t})}}" for letter in "wh" for t in (1, 2, 3)},
)
"""A weight with a copy for each of three steps."""


@book_style()
def figure_strips(
    sides: tuple[float, float],
    grown: tuple[float, float],
    step: float,
    *,
    room: tuple[float, float],
) -> Figure:
    """Draw a product as an area, what it gains when both factors grow, and the gain piece by piece.

    Parameters
    ----------
    sides : (float, float)
        The gate o, to the right, and tanh c, upwards.
    grown : (float, float)
        By how much each grows.
    step : float
        Of the cell, to which that belongs.
    room : (float, float)
        By how much each may grow, so that several drawings have one frame.

    Returns
    -------
    Figure
    """
    (o, h), (do, dh) = sides, grown
    figure, (ax, pieces) = panels(WIDE, MEDIUM, (1.25, 1))
    frame("gate $o$", "$\\tanh c$", ax=ax, aspect="equal",
          xlim=(0, 1.04 * (o + room[0])), ylim=(0, 1.06 * (h + room[1])),
          xticks={0: "0", o: f"{o:.2f}"}, yticks={0: "0", h: f"{h:.2f}"})  # fmt: skip
    parts = (
        ("$y$ before", (0, 0), o, h, HIDDEN, 0.16),
        ("cell changes, gate held", (0, h), o, dh, DIRECT, 0.6),
        ("gate", (o, 0), do, h, BY_GATE, 0.6),
        ("both", (o, h), do, dh, BOTH, 0.5),
    )
    for name, (x, y), width, height, colour, alpha in parts:
        ax.add_patch(Rectangle((x, y), width, height, fc=colour, ec="none", alpha=alpha))
        ax.add_patch(Rectangle((x, y), width, height, fc="none", ec=INK, lw=THIN))
        if width > NAMED[0] and height > NAMED[1]:
            label(ax, name, (x + width / 2, y + height / 2), rim=False)
    names = ("cell changes", "gate changes", "both")
    areas = [o * dh / step, h * do / step, do * dh / step]
    frame("area, divided by the step", "", ax=pieces, xlim=(0, 0.42), xticks=[0, 0.2, 0.4])
    for at, (area, colour) in enumerate(zip(areas, (DIRECT, BY_GATE, BOTH), strict=True)):
        pieces.barh(at, area, height=0.55, color=colour, alpha=0.75)
        label(pieces, f"{area:.3f}", (area, at), (5, 0), align="left", rim=False)
    pieces.set_yticks(range(3), names)
    pieces.tick_params(axis="y", length=0)
    pieces.spines["left"].set_visible(False)
    pieces.set_ylim(2.6, -0.6)
    return figure
