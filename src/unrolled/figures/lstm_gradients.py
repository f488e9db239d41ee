"""Drawings of the gradients of an LSTM: the unrolled graph with its routes, and measured errors.

The unrolled graph is described once. A drawing of it lights some routes; nothing moves from one
drawing to the next.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Protocol, cast, get_args

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, NullLocator

from unrolled.figures.diagrams import (
    Arrow,
    Diagram,
    Edge,
    Kind,
    Node,
    curve_between,
    draw_diagram,
)
from unrolled.figures.stepping import Picture
from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    DATA,
    FORGET_GATE,
    FORMULA_SIZE,
    GRADIENT,
    GROUND,
    HIDDEN,
    INK,
    INPUT_GATE,
    LINE_WIDTH,
    MEDIUM,
    OUTPUT_GATE,
    PEEPHOLE,
    QUIET,
    SINGLE,
    THIN,
    WRONG,
    bare_axes,
    book_style,
    frame,
    label,
)

__all__ = [
    "SLIPS",
    "backward_pictures",
    "draw_cell_routes",
    "draw_error_by_step",
    "draw_gate_route",
    "draw_output_routes",
    "draw_slips",
    "draw_unrolled",
    "draw_uses",
    "forward_pictures",
    "unrolled_lstm",
]

PITCH = 4.35  # from one time step to the next
FADED = 0.28
VEIL = "not on a route"  # name of what lies over quantities that are neither known nor lit
HEIGHT = 3.25  # inches
NODE = 20.0  # points across
BOX = 28.0  # points across: the loss of a step, which carries its time
LETTERS, WITH_TIME = 14.5, 16.0  # points; on a phone the time of a loss still has 11 pixels
TALLEST = 14.5  # points: letters that would touch their ring are written smaller
RIM, BOX_RIM = 0.5, 0.68  # how far from a centre lines begin and end
BOX_SHAPE = Path([(-1.4, -1), (1.4, -1), (1.4, 1), (-1.4, 1), (-1.4, -1)])
GAP = -0.59  # from the first quantity of a step to the line before it
BEFORE_LINE = (0, (4, 2.5))
SQUARES = ("x", "J")
# Letters, colour and place of each quantity within its time step.
PLACES: dict[str, tuple[str, str, float, float]] = {
    "f": ("f", FORGET_GATE, 0.0, 5.4),
    "i": ("i", INPUT_GATE, 1.05, 5.4),
    "z": ("z", BLOCK_INPUT, 2.1, 5.4),
    "fbar": (r"\bar{f}", FORGET_GATE, 0.0, 3.4),
    "ibar": (r"\bar{\imath}", INPUT_GATE, 1.05, 3.4),
    "zbar": (r"\bar{z}", BLOCK_INPUT, 2.1, 3.4),
    "c": ("c", CELL, 2.3, 7.3),
    "obar": (r"\bar{o}", OUTPUT_GATE, 3.2, 4.6),
    "o": ("o", OUTPUT_GATE, 3.2, 3.2),
    "y": ("y", HIDDEN, 3.05, 1.85),
    "x": ("x", INK, 1.05, 0.5),
    "J": ("J", INK, 3.05, 0.12),
}
# Uses within a step, and how far each arrow bows to its left.
USES_NOW = (
    ("x", "fbar", 0.0),
    ("x", "ibar", 0.0),
    ("x", "zbar", 0.0),
    ("x", "obar", -0.1),
    ("fbar", "f", 0.0),
    ("ibar", "i", 0.0),
    ("zbar", "z", 0.0),
    ("f", "c", 0.0),
    ("i", "c", 0.0),
    ("z", "c", 0.0),
    ("c", "obar", 0.0),
    ("obar", "o", 0.0),
    ("o", "y", 0.0),
    ("c", "y", -0.04),
    ("y", "J", 0.0),
)
USES_OF_BEFORE = (
    ("c", "c", 0.0),
    ("c", "fbar", 0.0),
    ("c", "ibar", -0.06),
    ("y", "fbar", 0.0),
    ("y", "ibar", 0.0),
    ("y", "zbar", 0.0),
    ("y", "obar", -0.36),
)


def unrolled_lstm(n_steps: int = 3) -> Diagram:
    """Describe the graph of an LSTM with peepholes over a short sequence.

    Parameters
    ----------
    n_steps : int, optional

    Returns
    -------
    Diagram
        Nodes are named as in the steps of `unrolled.symbolic.lstm`: ``fbar(2)``, ``c(0)``, ``J``.
    """
    nodes = {
        "c(0)": Node("c", (-1.1, PLACES["c"][3]), CELL),
        "y(0)": Node("y", (3.05 - PITCH, PLACES["y"][3]), HIDDEN),
    }
    edges = []
    for t in range(1, n_steps + 1):
        for key, (text, colour, x, y) in PLACES.items():
            at = (x + (t - 1) * PITCH, y)
            text = rf"J^{{({t})}}" if key == "J" else text
            nodes[f"{key}({t})"] = Node(text, at, colour, square=key in SQUARES)
        for tail, head, bend in USES_NOW:
            kind: Kind = "peephole" if (tail, head) == ("c", "obar") else "now"
            edges.append(Edge(f"{tail}({t})", f"{head}({t})", kind=kind, bend=bend))
        for tail, head, bend in USES_OF_BEFORE:
            kind = "peephole before" if tail == "c" and head != "c" else "before"
            if t == 1 and (tail, head) == ("c", "ibar"):
                bend = -0.2
            edges.append(Edge(f"{tail}({t - 1})", f"{head}({t})", kind=kind, bend=bend))
        edges.append(Edge(f"J({t})", "J"))
    nodes["J"] = Node("J", (3.05 + (n_steps - 1) * PITCH - 1.8, -1.1), INK, square=True)
    return Diagram(nodes, edges)


@book_style()
def draw_unrolled(
    diagram: Diagram,
    *,
    routes: Sequence[Sequence[str]] = (),
    known: Collection[str] = (),
    now: Collection[str] = (),
    forward: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw an unrolled graph with some routes through it.

    Parameters
    ----------
    diagram : Diagram
        From `unrolled_lstm`.
    routes : sequence of sequence of str, optional
        Each a list of nodes in the direction of the edges.
    known : collection of str, optional
        Nodes that are known already: solid going forwards, tinted violet going backwards.
    now : collection of str, optional
        Nodes that are found now; they get a thick ring.
    forward : bool, optional
        Whether the routes are walked forwards; else they are violet, with arrows running back.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        When a route steps along no edge, or a name is no node.
    """
    lit = {pair for route in routes for pair in pairwise(route)}
    touched = {node for pair in lit for node in pair}
    _check(diagram, lit, {*known, *now, *(node for route in routes for node in route)})
    strong = touched | {*now} | ({*known} if forward else set())
    ax = bare_axes(_whole_figure() if ax is None else ax)
    for style in get_args(Kind):
        _draw_quiet_edges(ax, diagram, style, lit)
    for edge in diagram.edges:
        if (edge.start, edge.end) in lit:
            _draw_lit_edge(ax, diagram, edge, forward=forward)
    tinted = () if forward else [n for n in diagram.nodes if n in known or n in now]
    _draw_nodes(ax, diagram, strong | {*tinted}, tinted, now)
    _frame(ax, diagram)
    return ax


def draw_uses(step: "Sweep") -> Axes:
    """Draw all uses of one quantity in a graph of three steps.

    Parameters
    ----------
    step : step
        From `unrolled.symbolic.lstm.lstm_backward_steps`, of three time steps.

    Returns
    -------
    Axes
    """
    return draw_unrolled(unrolled_lstm(3), routes=step.routes, now=[step.routes[0][0]])


def _whole_figure() -> Axes:
    """Make a figure that is all Axes: no layout has to be found for each of many drawings."""
    return plt.figure(figsize=(SINGLE, HEIGHT)).add_axes((0, 0, 1, 1))


def _check(diagram: Diagram, lit: set[tuple[str, str]], named: set[str]) -> None:
    uses = {(edge.start, edge.end) for edge in diagram.edges}
    strangers = sorted(named - set(diagram.nodes))
    if strangers:
        raise ValueError(f"routes, known and now must name nodes, got {', '.join(strangers)}.")
    if lit - uses:
        tail, head = sorted(lit - uses)[0]
        raise ValueError(f"routes must run along edges, got {tail} to {head}.")


def _path(diagram: Diagram, edge: Edge) -> np.ndarray:
    ends = (edge.start, edge.end)
    start, end = (diagram.nodes[name].at for name in ends)
    first, last = (BOX_RIM if _shape(name) == "box" else RIM for name in ends)
    return curve_between(start, end, edge.bend, (first, last))


def _shape(name: str) -> str:
    """Name the outline of a quantity: a ring, a square, or a box for the loss of one step."""
    return "box" if name.startswith("J(") else "s" if name[0] in SQUARES else "o"


def _draw_quiet_edges(
    ax: Axes, diagram: Diagram, kind: str, lit: Collection[tuple[str, str]]
) -> None:
    """Draw all unlit uses of one kind as a single light artist."""
    curves = [
        _path(diagram, edge)
        for edge in diagram.edges
        if edge.kind == kind and (edge.start, edge.end) not in lit
    ]
    if not curves:
        return
    codes = [Path.MOVETO, Path.CURVE3, Path.CURVE3] * len(curves)
    ax.add_patch(
        PathPatch(
            Path(np.concatenate(curves), codes),
            fc="none",
            ec=PEEPHOLE if kind.startswith("peephole") else INK,
            ls=BEFORE_LINE if kind.endswith("before") else "-",
            lw=0.9,
            alpha=FADED,
            capstyle="butt",
            zorder=1,
        )
    )


def _draw_lit_edge(ax: Axes, diagram: Diagram, edge: Edge, *, forward: bool) -> None:
    curve = _path(diagram, edge)
    colour = PEEPHOLE if edge.kind.startswith("peephole") else INK
    arrow = Arrow(
        path=Path(curve if forward else curve[::-1], [Path.MOVETO, Path.CURVE3, Path.CURVE3]),
        arrowstyle="-|>,head_length=4.5,head_width=2.6",
        color=colour if forward else GRADIENT,
        lw=1.5 if forward else LINE_WIDTH,
        ls=BEFORE_LINE if edge.kind.endswith("before") else "-",
        zorder=2,
        capstyle="butt",
    )
    ax.add_patch(arrow)


def _draw_nodes(
    ax: Axes,
    diagram: Diagram,
    strong: Collection[str],
    tinted: Collection[str],
    ringed: Collection[str],
) -> None:
    """Draw all quantities; those that look alike are one artist, which keeps the drawing light."""
    rims: dict[tuple[str, str, bool], list[str]] = {}
    letters: dict[str, list[str]] = {}
    for name, node in diagram.nodes.items():
        colour = GRADIENT if name in ringed and name in tinted else node.colour
        look = (_shape(name), colour, name in ringed)
        rims.setdefault(look, []).append(name)
        letters.setdefault(node.text, []).append(name)

    def places(names: Iterable[str]) -> list[tuple[float, float]]:
        return [diagram.nodes[name].at for name in names]

    for shape, names in _by_shape(diagram.nodes).items():
        _stamp(ax, places(names), shape, mfc=GROUND, zorder=3)
    _stamp(ax, places(tinted), "o", mfc=GRADIENT, alpha=0.3, zorder=3.1)
    for (shape, colour, ring), names in rims.items():
        rim: dict[str, Any] = {"mec": colour, "mew": 2.8 if ring else 1.5}
        _stamp(ax, places(names), shape, mfc="none", zorder=3.2, **rim)
    for text, names in letters.items():
        _write(ax, places(names), text)
    for shape, names in _by_shape(n for n in diagram.nodes if n not in strong).items():
        _stamp(ax, places(names), shape, 2.5, mfc=GROUND, alpha=0.66, zorder=5, label=VEIL)


def _by_shape(names: Iterable[str]) -> dict[str, list[str]]:
    """Sort names by the outline of their quantities."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_shape(name), []).append(name)
    return found


def _stamp(
    ax: Axes, places: Sequence[tuple[float, float]], shape: Any, more: float = 0.0, **look: Any
) -> None:
    """Put the same mark on several places; `more` makes an outline larger, in points."""
    if places:
        x, y = np.transpose(places)
        size = {"box": BOX, "o": NODE, "s": NODE}.get(shape, 0.0) if type(shape) is str else 0.0
        marker = BOX_SHAPE if shape == "box" else shape
        ax.add_line(
            Line2D(
                x, y, marker=marker, ms=size + more, ls="none",
                **{"color": INK, "mec": "none", **look},
            )
        )  # fmt: skip


def _write(ax: Axes, places: Sequence[tuple[float, float]], tex: str) -> None:
    """Write the same letters on several places: as a mark, since a text takes ten times longer."""
    shape, size = _letters(tex)
    _stamp(ax, places, shape, size, mfc=INK, zorder=4, label=f"${tex}$")


@cache
def _letters(tex: str) -> tuple[Path, float]:
    """Return letters as a mark, and how large it is; those of a ring leave its rim alone."""
    size = WITH_TIME if "^" in tex else FORMULA_SIZE if tex.startswith("t=") else LETTERS
    path = TextPath((0, 0), f"${tex}$", size=size)
    corners = path.get_extents()
    tall = r"\bar" in tex or "^" in tex
    height = (corners.y0 + corners.y1) / 2 if tall else 0.24 * size
    middle = (corners.x0 + corners.x1) / 2, height
    vertices = (path.vertices - middle) * min(1, TALLEST / corners.height)
    return Path(vertices, path.codes), 2 * float(np.abs(vertices).max())


def _frame(ax: Axes, diagram: Diagram) -> None:
    """Part the steps and name them, and fix the limits."""
    places = np.array([node.at for node in diagram.nodes.values()])
    low, high = places[:, 1].min() - 0.65, places[:, 1].max() + 1.4
    left, right = places[:, 0].min() - 0.65, places[:, 0].max() + 0.6
    begins = [node.at[0] + GAP for name, node in diagram.nodes.items() if name.startswith("f(")]
    ax.vlines(begins, low, high, colors=QUIET, ls=(0, (1, 3)), lw=0.9, zorder=0)
    for step, (start, end) in enumerate(pairwise([left, *begins, right])):
        _write(ax, [((start + end) / 2, high - 0.4)], f"t={step}")
    ax.set_xlim(left, right)
    ax.set_ylim(low, high)


# Routes of one quantity ----------------------------------------------------------------------

HERE, LATER = "$t$", "$t + 1$"
Uses = Mapping[str, tuple[int, str]]
End = tuple[Node, str, str, Kind]  # of a route: quantity, its step, local derivative, kind of edge
LOOKS = {  # of what uses a cell or an output: its letter, and its colour
    "y": ("y", HIDDEN),
    "c": ("c", CELL),
    "fbar": (r"\bar{f}", FORGET_GATE),
    "ibar": (r"\bar{\imath}", INPUT_GATE),
    "obar": (r"\bar{o}", OUTPUT_GATE),
    "zbar": (r"\bar{z}", BLOCK_INPUT),
}
LABEL_PLACES, LABEL_SIDES = (0.62, 0.82, 0.82, 0.82, 0.82), (0.78, 0.36, 0.34, 0.34, 0.4)
ROUTE_LETTERS = 15.0  # points


def draw_gate_route(uses: Uses) -> Axes:
    """Draw the one route from what enters the output gate to the loss.

    Parameters
    ----------
    uses : mapping of str to tuple
        From `unrolled.symbolic.lstm.uses_of`: that of ``obar`` by ``o``, and that of ``o`` by
        ``y``.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        When `uses` names others.
    """
    (_, slope), (_, shown) = _ordered(uses, ("o", "y"))
    nodes = {
        "obar": Node(r"\bar{o}^{(t)}", (0, 0), OUTPUT_GATE),
        "o": Node("o^{(t)}", (2.1, 0), OUTPUT_GATE),
        "y": Node("y^{(t)}", (4.1, 0), HIDDEN),
        "J": Node("J", (5.8, 0), square=True),
    }
    edges = [
        Edge("obar", "o", _short(slope), label_side=0.38),
        Edge("o", "y", _short(shown), label_side=0.38),
        Edge("y", "J", r"\delta y", label_side=0.38),
    ]
    route = ("J", "y", "o", "obar")
    return draw_diagram(Diagram(nodes, edges), routes=[route], height=1.1, size=ROUTE_LETTERS)


def draw_cell_routes(uses: Uses) -> Axes:
    """Draw the five routes that leave a cell, with the local derivative on each.

    Parameters
    ----------
    uses : mapping of str to tuple
        From `unrolled.symbolic.lstm.uses_of`: by what uses the cell, how many steps later it does,
        and the TeX of the local derivative.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        When `uses` names other than the five.
    """
    order = ("y", "obar", "c", "ibar", "fbar")
    return _draw_fan(
        Node("c", (0, 0), CELL),
        [
            _end(key, later, _short(local), peephole=key.endswith("bar"))
            for key, (later, local) in zip(order, _ordered(uses, order), strict=True)
        ],
    )


def draw_output_routes(uses: Uses) -> Axes:
    """Draw the five routes that leave a block output, with what each multiplies by on its way back.

    Parameters
    ----------
    uses : mapping of str to tuple
        As for `draw_cell_routes`: four uses by sums of the next step, each by a matrix.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        When `uses` names other than the four.
    """
    order = ("fbar", "ibar", "obar", "zbar")
    loss = (Node("J", (0, 0), square=True), HERE, r"\partial J^{(t)}/\partial y^{(t)}", "now")
    sums = [
        _end(key, later, rf"{matrix}^{{\top}}")
        for key, (later, matrix) in zip(order, _ordered(uses, order), strict=True)
    ]
    return _draw_fan(Node("y", (0, 0), HIDDEN), [cast(End, loss), *sums])


def _ordered(uses: Uses, order: Sequence[str]) -> list[tuple[int, str]]:
    if set(uses) != set(order):
        raise ValueError(f"uses must be by {', '.join(order)}, got {', '.join(uses)}.")
    return [uses[key] for key in order]


def _end(key: str, later: int, local: str, *, peephole: bool = False) -> End:
    """Say how the end of a route looks."""
    letter, colour = LOOKS[key]
    kind = " ".join(["peephole"] * peephole + ["before"] * bool(later)) or "now"
    return Node(letter, (0, 0), colour), LATER if later else HERE, local, cast(Kind, kind)


def _short(tex: str) -> str:
    """Write a local derivative for one unit, without the mark of the step that all share."""
    marks = {"^{(t)}": "", r" \odot ": r"\,", r"\left": "", r"\right": "", " + ": "+", " - ": "-"}
    for long, brief in marks.items():
        tex = tex.replace(long, brief)
    return re.sub(r"\(([a-z])\)", r" \1", tex)


@book_style()
def _draw_fan(source: Node, ends: Sequence[End]) -> Axes:
    """Spread the ends of all routes from one quantity, each with its time step beside it."""
    nodes, edges = {"source": source}, []
    for row, (node, _, local, kind) in enumerate(ends):
        nodes[f"end {row}"] = node._replace(at=(5.4, 1.3 * (2 - row)))
        at, side = LABEL_PLACES[row], LABEL_SIDES[row]
        edges.append(Edge("source", f"end {row}", local, kind, label_at=at, label_side=side))
    routes = [(name, "source") for name in nodes if name != "source"]
    ax = draw_diagram(Diagram(nodes, edges), routes=routes, height=3.7, size=ROUTE_LETTERS)
    for place, time in [
        ((0.0, 0.0), HERE),
        *((nodes[f"end {r}"].at, e[1]) for r, e in enumerate(ends)),
    ]:
        shift, align = ((20, 0), "left") if place[0] else ((0, -28), "center")
        label(ax, time, place, shift, align=align, rim=False)
    ax.set_xlim(-0.6, 7.1)
    return ax


# Sweeps --------------------------------------------------------------------------------------

WORDS = {
    "y": "the block output",
    "c": "the cell",
    "f": "the forget gate",
    "i": "the input gate",
    "z": "the block input",
    "o": "the output gate",
    "fbar": "what enters the forget gate",
    "ibar": "what enters the input gate",
    "zbar": "what enters the block input",
    "obar": "what enters the output gate",
    "x": "the input",
    "J": "the loss",
}
FORWARD = {
    "fbar": "What enters the forget gate: input, old output, and the old cell by a peephole. "
    "{eq}`lstm-preactivation-forget`",
    "ibar": "The same three enter the input gate. {eq}`lstm-preactivation-input`",
    "zbar": "The block input has no peephole. {eq}`lstm-preactivation-block`",
    "f": "How much of the old cell shall be kept? {eq}`lstm-forget-gate`",
    "i": "How much shall be let in? {eq}`lstm-input-gate`",
    "z": "What could be let in, with its sign. {eq}`lstm-block-input`",
    "c": "Old cell times forget gate, plus block input times input gate. {eq}`lstm-cell`",
    "obar": "Only now the output gate: its peephole looks at the new cell. "
    "{eq}`lstm-preactivation-output`",
    "o": "How much of the cell shall be shown? {eq}`lstm-output-gate`",
    "y": "What is shown goes to the loss, and to the next step. {eq}`lstm-block-output`",
}
BACKWARD = {
    "y": "Five routes leave the output: to its own loss, and into four sums of the next step, "
    "whose $\\delta$ are known. {eq}`lstm-delta-y`",
    "obar": "One route, through the gate to the output. {eq}`lstm-delta-output`",
    "c": "Five routes leave the cell: two to this step's output, one straight to the next cell, "
    "two by peepholes. {eq}`lstm-delta-c`",
    "fbar": "One route, through the gate to the cell. There it is multiplied by the old cell. "
    "{eq}`lstm-delta-forget`",
    "ibar": "One route. At the cell the gate is multiplied by the block input. "
    "{eq}`lstm-delta-input`",
    "zbar": "One route. At the cell the block input is multiplied by the gate. "
    "{eq}`lstm-delta-block`",
}
BACKWARD_LAST = {
    "y": "The sweep begins. Nothing comes later, so one route is left: to the loss. "
    "{eq}`lstm-delta-y`",
    "c": "At the last step two routes leave the cell, and both lead to the output. "
    "{eq}`lstm-delta-c`",
}
SUMS = {
    "W": "Every step uses the same $W$. What arrives at the head of each lit edge, times what "
    "left at its tail. {eq}`lstm-gradient-W`",
    "R": "The same for $R$, whose edges come from the step before. The first one begins at "
    "$y^{(0)}$. {eq}`lstm-gradient-R`",
    "b": "A bias is multiplied by one, so what arrives is added up. {eq}`lstm-gradient-b`",
    "p": "Peepholes: two of them look at the old cell, the output gate's at the new one. "
    "{eq}`lstm-gradient-p-in`, {eq}`lstm-gradient-p-for`, {eq}`lstm-gradient-p-out`",
    "x": "Four routes leave each input. {eq}`lstm-delta-x`",
    "y(0)": "Four routes leave the initial output: no loss looks at it. {eq}`lstm-delta-y0`",
    "c(0)": "Three routes leave the initial cell: there is no output to be shown. "
    "{eq}`lstm-delta-c0`",
}
SHARED = {
    "W": r"\delta W_{\star} = \sum_{t=1}^{T} \delta \bar{\star}^{(t)} x^{(t)\top}",
    "R": r"\delta R_{\star} = \sum_{t=1}^{T} \delta \bar{\star}^{(t)} y^{(t-1)\top}",
    "b": r"\delta b_{\star} = \sum_{t=1}^{T} \delta \bar{\star}^{(t)}",
    "p": r"""\begin{aligned}
        \delta p_{in} &= \sum_{t=1}^{T} c^{(t-1)} \odot \delta \bar{i}^{(t)} \\
        \delta p_{for} &= \sum_{t=1}^{T} c^{(t-1)} \odot \delta \bar{f}^{(t)} \\
        \delta p_{out} &= \sum_{t=1}^{T} c^{(t)} \odot \delta \bar{o}^{(t)}
    \end{aligned}""",
    "x": r"""\begin{aligned}
        \delta x^{(t)} &= W_{for}^{\top} \delta \bar{f}^{(t)} \\
        &\quad + W_{in}^{\top} \delta \bar{i}^{(t)} \\
        &\quad + W_{out}^{\top} \delta \bar{o}^{(t)} \\
        &\quad + W_{z}^{\top} \delta \bar{z}^{(t)}
    \end{aligned}""",
    "y(0)": r"""\begin{aligned}
        \delta y^{(0)} &= R_{for}^{\top} \delta \bar{f}^{(1)} \\
        &\quad + R_{in}^{\top} \delta \bar{i}^{(1)} \\
        &\quad + R_{out}^{\top} \delta \bar{o}^{(1)} \\
        &\quad + R_{z}^{\top} \delta \bar{z}^{(1)}
    \end{aligned}""",
    "c(0)": r"""\begin{aligned}
        \delta c^{(0)} &= \delta c^{(1)} \odot f^{(1)} \\
        &\quad + p_{in} \odot \delta \bar{i}^{(1)} \\
        &\quad + p_{for} \odot \delta \bar{f}^{(1)}
    \end{aligned}""",
}
ALT_SUMS = {
    "W": "Violet arrows on all edges from inputs into the sums, at every step.",
    "R": "Violet arrows on all edges from the outputs of the step before into the sums.",
    "b": "All sums are ringed in violet, at every step, and no edge is lit.",
    "p": "Violet arrows on all edges from cells into gates.",
    "x": "Violet arrows run back to all three inputs, four to each.",
    "y(0)": "Violet arrows run back to the initial output from the four sums of step 1.",
    "c(0)": "Violet arrows run back to the initial cell from the cell and two gates of step 1.",
}


class Sweep(Protocol):
    """What a drawing needs to know of a step: `unrolled.symbolic.recurrences.Step` has it."""

    @property
    def shown(self) -> str:
        """Equation as TeX."""

    @property
    def routes(self) -> Sequence[Sequence[str]]:
        """Nodes of each route, in the direction of the forward sweep."""


def forward_pictures(steps: Sequence[Sweep]) -> Iterator[Picture]:
    """Draw the forward sweep of the second of three steps, and the third at once.

    Parameters
    ----------
    steps : sequence of steps
        From `unrolled.symbolic.lstm.lstm_forward_steps`, of three time steps.

    Yields
    ------
    Picture
    """
    diagram = unrolled_lstm(3)
    heads = [step.routes[0][-1] for step in steps]
    known = {"y(0)", "c(0)", *(f"x({t})" for t in (1, 2, 3)), "J(1)", *heads[:10]}
    for head, step in zip(heads[10:20], steps[10:20], strict=True):
        key = head.split("(")[0]
        routes, now = [*step.routes], [head]
        if key == "y":
            routes, now = [*routes, (head, "J(2)")], [head, "J(2)"]
        ax = draw_unrolled(diagram, routes=routes, known=known, now=now, forward=True)
        alt = f"Arrows run into {WORDS[key]} of step 2 from {_named(r[0] for r in step.routes)}."
        yield Picture(_figure_of(ax), FORWARD[key], alt, step.shown)
        known.update(now)
    routes = [route for step in steps[20:] for route in step.routes]
    losses = [("y(3)", "J(3)"), *((f"J({t})", "J") for t in (1, 2, 3))]
    ax = draw_unrolled(
        diagram,
        routes=[*routes, *losses],
        known=known,
        now=[*heads[20:], "J(3)", "J"],
        forward=True,
    )
    says = "Step 3 does the same ten things again, with the same weights; the losses add up to $J$."
    alt = "All arrows of step 3 are lit, all its quantities are known, and so is the total loss."
    yield Picture(_figure_of(ax), says, alt)


def backward_pictures(steps: Sequence[Sweep]) -> Iterator[Picture]:
    """Draw the backward sweep over three steps: every δ, then what the steps share.

    Parameters
    ----------
    steps : sequence of steps
        From `unrolled.symbolic.lstm.lstm_backward_steps`, of three time steps.

    Yields
    ------
    Picture
    """
    diagram = unrolled_lstm(3)
    known: list[str] = []
    for step in steps[:12]:
        at = step.routes[0][0]
        key, time = at[:-1].split("(")
        says = BACKWARD_LAST.get(key, BACKWARD[key]) if time == "3" else BACKWARD[key]
        ax = draw_unrolled(diagram, routes=step.routes, known=known, now=[at])
        ends = _named(route[1 if key == "y" else -1] for route in step.routes)
        alt = f"Violet arrows run back to {WORDS[key]} of step {time} from {ends}."
        yield Picture(_figure_of(ax), says, alt, step.shown)
        known.append(at)
    first = [route for step in steps[12:18] for route in step.routes]
    now = [step.routes[0][0] for step in steps[12:18]]
    ax = draw_unrolled(diagram, routes=first, known=known, now=now)
    says = "Step 1 does the same six things in the same order, and with the same weights."
    alt = "All violet arrows that run back to quantities of step 1 are lit, and these are ringed."
    yield Picture(_figure_of(ax), says, alt)
    known += now
    for key, tex in SHARED.items():
        routes, now = _shared(key, steps[18:])
        ax = draw_unrolled(diagram, routes=routes, known=known, now=now)
        yield Picture(_figure_of(ax), SUMS[key], ALT_SUMS[key], tex)
        known += now if key in ("x", "y(0)", "c(0)") else []


def _figure_of(ax: Axes) -> Figure:
    return cast(Figure, ax.get_figure(root=True))


def _named(nodes: Iterable[str]) -> str:
    """Write nodes as words, each once: a quantity and its step."""
    parts = (node.strip(")").split("(") for node in nodes)
    words = [f"{WORDS[part[0]]} of step {part[1]}" for part in parts if len(part) == 2]
    return ", ".join(dict.fromkeys(words))


def _shared(key: str, steps: Sequence[Sweep]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Find the edges on which a kind of parameter sits, or those from one kind of given node."""
    routes = [route for step in steps for route in step.routes]
    if key in ("x", "y(0)", "c(0)"):
        found = [tuple(route) for route in routes if route[0].startswith(key)]
        return found, list(dict.fromkeys(route[0] for route in found))
    heads = [route[1] for route in routes if route[0].startswith(f"{key}_")]
    tails = [_tail(key, head) for head in heads]
    if key == "b":
        return [], heads
    return list(zip(tails, heads, strict=True)), []


def _tail(key: str, head: str) -> str:
    """Name what a weight is multiplied by on its way into a sum."""
    into, time = head[:-1].split("(")
    letter = {"W": "x", "R": "y", "b": "b", "p": "c"}[key]
    same_step = key == "W" or (key == "p" and into == "obar")
    return f"{letter}({int(time) - (not same_step)})"


# Measured errors -----------------------------------------------------------------------------


@book_style()
def draw_error_by_step(moves: np.ndarray, errors: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the error of central differences against how far a number is moved for them.

    Parameters
    ----------
    moves : ndarray of shape (n_moves,)
        To either side, descending or ascending.
    errors : ndarray of shape (n_directions, n_moves)
        Relative differences from the gradient.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("ε, by which the numbers are moved", "relative difference", ax=ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.plot(moves, errors.T, color=QUIET, lw=THIN, alpha=0.7)
    middle = np.median(errors, axis=0)
    ax.plot(moves, middle, color=GRADIENT, lw=LINE_WIDTH + 0.6)
    ax.xaxis.set_major_locator(FixedLocator([1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(FixedLocator([1e-12, 1e-9, 1e-6, 1e-3, 1]))
    ax.yaxis.set_minor_locator(NullLocator())
    big, small = int(np.argmax(moves)), int(np.argmin(moves))
    ax.set_ylim(1e-13, 10)
    label(ax, "rounding ∝ 1/ε", (float(moves[small]), float(middle[small])), (6, 22), align="left")
    label(ax, "truncation ∝ ε²", (float(moves[big]), float(middle[big])), (2, 18), align="right")
    return ax


SLIPS = (
    "as derived",
    r"$p_{in}$ in the place of $p_{for}$",
    r"$\partial\bar{\imath}$ in the place of $\partial\bar{z}$",
    r"$J^{(t)}$ in the place of $J$",
    r"$\delta R$ without $y^{(0)}$",
    r"$R$ in the place of $R^\top$",
)
"""The gradient that the page derives, and its five slips of the pen."""


@book_style()
def draw_slips(names: Sequence[str], errors: Sequence[float], *, ax: Axes | None = None) -> Axes:
    """Draw how far gradients are off, on a logarithmic axis, the right one first.

    Parameters
    ----------
    names : sequence of str
    errors : sequence of float
        Relative differences from central differences; above zero.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("relative difference from central differences", "", ax=ax, height=MEDIUM)
    rows = np.arange(len(names))
    ax.set_xscale("log")
    for row, error in zip(rows, errors, strict=True):
        colour, marker = (DATA, "o") if row == 0 else (WRONG, "D")
        ax.plot([1e-12, error], [row, row], color=QUIET, lw=THIN)
        ax.plot(error, row, marker, color=colour, ms=7, mew=0, clip_on=False, zorder=4)
    for row, name in zip(rows, names, strict=True):
        label(ax, name, (1e-12, float(row)), (4, 11), align="left", rim=True)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_ylim(len(names) - 0.6, -0.85)
    ax.set_xlim(1e-12, 2)
    ax.xaxis.set_major_locator(FixedLocator([1e-12, 1e-9, 1e-6, 1e-3, 1]))
    ax.xaxis.set_minor_locator(NullLocator())
    return ax
