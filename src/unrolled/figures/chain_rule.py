"""The drawings of the chain rule: graphs with their routes, areas that grow, and counts.

A graph comes as plain words from `unrolled.symbolic.computation_graph.described`, so that its
picture has the nodes, edges and derivatives that the mathematics has; only the places are chosen
here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullLocator

from unrolled.figures.diagrams import Diagram, Edge, Kind, Node, draw_diagram
from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    DASHES,
    FORGET_GATE,
    GRADIENT,
    HIDDEN,
    INK,
    INPUT_GATE,
    LINE_WIDTH,
    LOW,
    MARKERS,
    MEDIUM,
    OUTPUT_GATE,
    QUIET,
    THIN,
    WRONG,
    book_style,
    frame,
    label,
    label_ends,
)

__all__ = [
    "CELLS",
    "COPIES",
    "DIAMOND",
    "MANY",
    "ONE",
    "TWO",
    "UNIT",
    "Layout",
    "Place",
    "draw_counts",
    "draw_errors",
    "draw_graph",
    "draw_shares",
    "draw_strips",
    "draw_two_slopes",
    "lay_out",
]

DIRECT, BY_GATE, BOTH = CELL, OUTPUT_GATE, QUIET


class Place(NamedTuple):
    """Where an edge bends, and where its local derivative stands."""

    bend: float = 0.0
    label_at: float = 0.5
    label_side: float = 0.45
    kind: Kind = "now"


class Layout(NamedTuple):
    """Places for the quantities of one graph; what has none is not drawn."""

    nodes: Mapping[str, tuple[float, float]]
    edges: Mapping[tuple[str, str], Place]
    colours: Mapping[str, str] = {}
    letters: Mapping[str, str] = {}


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
        Whether routes show the local derivatives on their edges.

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
            place = layout.edges.get((tail, head), Place())
            tex = local.replace(r"\frac", r"\dfrac") if named else ""  # large enough to be read
            edges.append(
                Edge(tail, head, tex, place.kind, place.bend, place.label_at, place.label_side)
            )
    return Diagram(nodes, edges)


class Route(Protocol):
    """Anything that has nodes, in the direction of computation."""

    @property
    def nodes(self) -> Sequence[Any]:
        """Quantities, whose names are their text."""


def draw_graph(
    description: tuple[Mapping[str, str], Sequence[tuple[str, str, str]]],
    layout: Layout,
    routes: Sequence[Route] = (),
    *,
    named: bool = True,
    height: float = MEDIUM,
    ax: Axes | None = None,
) -> Axes:
    """Draw a graph with some of its routes, backwards and in violet.

    Parameters
    ----------
    description : (mapping of str to str, sequence of (str, str, str))
        As for `lay_out`.
    layout : Layout
    routes : sequence of Route, optional
    named : bool, optional
        Whether routes show the local derivatives on their edges.
    height : float, optional
        Of a new figure, in inches.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        As `lay_out`; and when a route is none of the graph.
    """
    backwards = [[str(node) for node in reversed(route.nodes)] for route in routes]
    diagram = lay_out(*description, layout, named=named)
    return draw_diagram(diagram, routes=backwards, height=height, ax=ax)


UNIT = Layout(
    {
        "c": (0, 0),
        "a": (0, 2.2),
        "p_out": (1.7, 2.7),
        "obar": (1.7, 1.3),
        "o": (3.4, 1.3),
        "y": (5.1, 0),
    },
    {
        ("c", "y"): Place(bend=-0.12, label_side=-0.52),
        ("c", "obar"): Place(label_side=0.5, kind="peephole"),
        ("obar", "o"): Place(label_side=0.55),
        ("o", "y"): Place(label_side=0.5),
    },
    {"c": CELL, "obar": OUTPUT_GATE, "o": OUTPUT_GATE, "y": HIDDEN},
)
"""One unit's way out of an LSTM block."""

ONE = Layout(
    {"y": (0, 0), "x": (2.4, 0), "f": (4.8, 0)},
    dict.fromkeys((("y", "x"), ("x", "f")), Place(label_side=0.6)),
)
"""One quantity between."""

TWO = Layout(
    {"y_1": (0, 1), "y_2": (0, -1), "x_1": (2.4, 1), "x_2": (2.4, -1), "f": (4.8, 0)},
    {
        ("y_1", "x_1"): Place(label_side=0.55),
        ("y_1", "x_2"): Place(label_side=0.45, label_at=0.78),
        ("x_1", "f"): Place(label_side=0.55),
        ("x_2", "f"): Place(label_side=-0.55),
    },
)
"""Two quantities between, two that they depend on."""

MANY = Layout(
    {
        "y_1": (0, 0),
        "x_1": (2.4, 2.9),
        "x_2": (2.4, 0.75),
        "x_3": (2.4, -0.75),
        "x_4": (2.4, -2.9),
        "f": (4.8, 0),
    },
    {
        ("y_1", "x_1"): Place(label_side=0.5),
        ("y_1", "x_2"): Place(label_side=0.45, label_at=0.68),
        ("y_1", "x_3"): Place(label_side=-0.45, label_at=0.68),
        ("y_1", "x_4"): Place(label_side=-0.5),
        ("x_1", "f"): Place(label_side=0.5),
        ("x_2", "f"): Place(label_side=0.45, label_at=0.32),
        ("x_3", "f"): Place(label_side=-0.45, label_at=0.32),
        ("x_4", "f"): Place(label_side=-0.5),
    },
)
"""Four quantities between: as many routes as there are of them."""

DIAMOND = Layout(
    {"y": (0, 0), "a": (2.2, 1), "b": (2.2, -1), "f": (4.4, 0)},
    {
        ("y", "a"): Place(label_side=0.3),
        ("a", "f"): Place(label_side=0.3),
        ("y", "b"): Place(label_side=-0.3),
        ("b", "f"): Place(label_side=-0.3),
    },
)
"""The smallest graph with two routes."""

CELLS = Layout(
    {
        "c(1)": (0, 0),
        "obar(1)": (1.1, 2.2),
        "o(1)": (2.4, 2.2),
        "y(1)": (2.8, 0.85),
        "fbar(2)": (4.4, 2.2),
        "ibar(2)": (4.4, 0.6),
        "zbar(2)": (4.4, 3.5),
        "f(2)": (5.7, 2.2),
        "i(2)": (5.7, 0.6),
        "z(2)": (5.7, 3.5),
        "c(2)": (7.2, 0),
    },
    {
        ("c(1)", "c(2)"): Place(bend=-0.1),
        ("c(1)", "fbar(2)"): Place(kind="peephole before", bend=0.04),
        ("c(1)", "ibar(2)"): Place(kind="peephole before", bend=-0.08),
        ("c(1)", "obar(1)"): Place(kind="peephole"),
    },
    {
        "c(1)": CELL,
        "c(2)": CELL,
        "y(1)": HIDDEN,
        **dict.fromkeys(("obar(1)", "o(1)"), OUTPUT_GATE),
        **dict.fromkeys(("fbar(2)", "f(2)"), FORGET_GATE),
        **dict.fromkeys(("ibar(2)", "i(2)"), INPUT_GATE),
        **dict.fromkeys(("zbar(2)", "z(2)"), BLOCK_INPUT),
    },
    {
        "c(1)": "c",
        "c(2)": "c'",
        "y(1)": "y",
        "obar(1)": r"\bar{o}",
        "o(1)": "o",
        **{f"{gate}bar(2)": rf"\bar{{{gate}}}'" for gate in "fiz"},
        **{f"{gate}(2)": f"{gate}'" for gate in "fiz"},
    },
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
    dict.fromkeys(("h(1)", "h(2)", "h(3)"), HIDDEN),
    {
        **{f"w({t})": f"w^{{({t})}}" for t in (1, 2, 3)},
        **{f"h({t})": f"h^{{({t})}}" for t in (1, 2, 3)},
    },
)
"""A weight with a copy for each of three steps."""


@book_style()
def draw_two_slopes(
    c: np.ndarray,
    y: np.ndarray,
    held: np.ndarray,
    at: int,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw one output twice: as the cell moves everything, and with the gate held.

    Parameters
    ----------
    c : ndarray of shape (n_points,)
    y, held : ndarray of shape (n_points,)
        The output when the gate follows, and when it keeps the value that it has at the point.
    at : int
        Index of the point, where both are equal.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("cell c", "output y", ax=ax)
    ax.plot(c, y, color=HIDDEN, lw=2.6)
    ax.plot(c, held, color=CELL, ls=DASHES[1], lw=2.2)
    for curve in (y, held):
        slope = (curve[at + 1] - curve[at - 1]) / (c[at + 1] - c[at - 1])
        reach = np.array([-0.42, 0.42])
        ax.plot(c[at] + reach, y[at] + slope * reach, color=INK, lw=THIN)
    ax.plot(c[at], y[at], MARKERS[0], color=INK, ms=6, zorder=5)
    ax.set_xlim(float(c[0]), float(c[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    names = ("gate\nfollows", "gate\nheld")
    label_ends(ax, names, c, np.array([y, held]))
    return ax


@book_style()
def draw_strips(
    sides: tuple[float, float], steps: tuple[float, float], *, ax: Axes | None = None
) -> Axes:
    """Draw a product as an area, and what it gains when both factors grow.

    Parameters
    ----------
    sides : (float, float)
        The gate o, to the right, and the squashed cell, upwards.
    steps : (float, float)
        By how much each grows.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    (o, h), (do, dh) = sides, steps
    ax = frame("gate o", "squashed cell tanh c", ax=ax)
    parts = (
        ((0, 0), o, h, HIDDEN, 0.16),
        ((0, h), o, dh, DIRECT, 0.6),
        ((o, 0), do, h, BY_GATE, 0.6),
        ((o, h), do, dh, BOTH, 0.5),
    )
    for corner, width, height, colour, alpha in parts:
        ax.add_patch(Rectangle(corner, width, height, fc=colour, ec="none", alpha=alpha))
        ax.add_patch(Rectangle(corner, width, height, fc="none", ec=INK, lw=THIN))
    label(ax, "y before", (o / 2, h / 2), rim=False)
    label(ax, "cell moves, gate held", (o / 2, h + dh / 2), rim=False)
    label(ax, "gate\nmoves", (o + do / 2, h / 2), rim=False)
    label(ax, "both", (o + do / 2, h + dh / 2), rim=False)
    ax.set_xlim(0, 1.04 * (o + do))
    ax.set_ylim(0, 1.06 * (h + dh))
    ax.set_aspect("equal")
    ax.xaxis.set_major_locator(FixedLocator([0, o, o + do]))
    ax.yaxis.set_major_locator(FixedLocator([0, h, h + dh]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.2f}" if value else "0")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.2f}" if value else "0")
    return ax


@book_style()
def draw_shares(
    steps: np.ndarray, shares: np.ndarray, names: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw the parts of a change against the size of the step, both on logarithmic axes.

    Parameters
    ----------
    steps : ndarray of shape (n_steps,)
        From large to small.
    shares : ndarray of shape (3, n_steps)
        The share of the direct route, that of the other one, and what is left.
    names : three of str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step ε", "part of the change of y", ax=ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(float(steps[0]), float(steps[-1]))
    for share, colour, dash, marker in zip(
        shares, (DIRECT, BY_GATE, WRONG), DASHES[:3], MARKERS[:3], strict=True
    ):
        ax.plot(
            steps, share, color=colour, ls=dash, marker=marker, ms=5, lw=LINE_WIDTH, clip_on=False
        )
    ax.xaxis.set_major_locator(LogLocator(numticks=5))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(LogLocator(numticks=6))
    ax.yaxis.set_minor_locator(NullLocator())
    label_ends(ax, names, steps, shares)
    return ax


@book_style()
def draw_counts(
    n: np.ndarray,
    counts: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw numbers of routes and of edges against the size of a graph, on a logarithmic axis.

    Parameters
    ----------
    n : ndarray of int of shape (n_sizes,)
    counts : ndarray of shape (n_series, n_sizes)
    names : sequence of str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("time steps", "how many", ax=ax)
    ax.set_yscale("log")
    for row, colour, dash in zip(counts, (GRADIENT, INK), DASHES, strict=False):
        ax.plot(n, row, color=colour, ls=dash, lw=LINE_WIDTH)
    ax.set_xlim(float(n[0]), float(n[-1]))
    ax.set_ylim(1, None)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(LogLocator(numticks=6))
    ax.yaxis.set_minor_locator(NullLocator())
    label_ends(ax, names, n, counts)
    return ax


@book_style()
def draw_errors(
    names: Sequence[str], values: np.ndarray, right: float, *, ax: Axes | None = None
) -> Axes:
    """Draw results as bars, and the right one as a line that all should reach.

    Parameters
    ----------
    names : sequence of str
    values : ndarray of shape (n_results,)
    right : float
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("slope of y by c", "", ax=ax, height=LOW)
    rows = np.arange(len(names))
    good = np.isclose(values, right)
    colours = [GRADIENT if fine else WRONG for fine in good]
    ax.barh(rows, values, height=0.5, color=colours)
    ax.axvline(right, color=INK, lw=THIN, ls=DASHES[1])
    for row, value in zip(rows, values, strict=True):
        label(ax, f"{value:.3f}", (float(value), float(row)), (6, 0), align="left")
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1.2 * float(values.max()))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    return ax
