"""The drawings of the chain rule: graphs with their paths, areas that grow, and counts.

A graph comes as plain words from `unrolled.symbolic.computation_graph.described`, so that its
picture has the nodes, edges and derivatives that the mathematics has; only the places are chosen
here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullLocator

from unrolled.figures.diagrams import Diagram, Edge, Node, Point
from unrolled.figures.style import (
    CELL,
    DASHES,
    GRADIENT,
    HIDDEN,
    INK,
    LINE_WIDTH,
    LOW,
    MARKERS,
    OUTPUT_GATE,
    QUIET,
    THIN,
    WRONG,
    book_style,
    frame,
    label,
    label_ends,
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
    "draw_counts",
    "draw_errors",
    "draw_shares",
    "draw_strips",
    "draw_two_slopes",
    "lay_out",
]

DIRECT, BY_GATE, BOTH = CELL, OUTPUT_GATE, QUIET


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
"""One unit's way out of an LSTM block."""

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
