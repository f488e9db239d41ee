"""The drawings of a simple recurrent network: wire by wire, folded, unfolded, and at work.

The three matrices keep one colour and one dash in every drawing: U orange and solid, W mauve and
dashed, since it brings what comes from the step before, V olive and solid.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from unrolled.figures.diagrams import Diagram, Edge, Kind, Node, draw_diagram
from unrolled.figures.stepping import Picture, full_axes
from unrolled.figures.style import (
    DATA,
    FIRST,
    FOURTH,
    GROUND,
    HIDDEN,
    INK,
    LINE_WIDTH,
    MARKERS,
    MEDIUM,
    QUIET,
    SERIES,
    SINGLE,
    TALL,
    THIN,
    WIDE,
    bare_axes,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

__all__ = [
    "draw_columns",
    "draw_echo",
    "draw_matrix",
    "draw_shared",
    "draw_steps",
    "draw_traces",
    "draw_unrolled",
    "draw_wires",
    "figure_feedback",
    "figure_folded",
    "forward_pictures",
    "unrolled_diagram",
]

Point = tuple[float, float]

COLOURS = {"U": FIRST, "W": HIDDEN, "V": FOURTH}
BEFORE = (0, (4, 2.5))  # what comes from the step before
SIZE = 0.3  # radius of a neuron
HEAD = "-|>,head_length=4.5,head_width=2.4"
START = 0.44  # where step 0 stands: it has no column of its own
LEVELS = ("x", "a", "h", "o", "y_hat", "J", "total")  # upwards
LABELS = ((0.38, -0.36), (0.5, -0.32))  # along and beside an edge: now, and from before
LETTERS = {"x": "x", "a": "a", "h": "h", "o": "o", "y_hat": r"\hat{y}", "J": "J"}
TINTS = {"x": FIRST, "h": HIDDEN, "o": FOURTH, "y_hat": FOURTH}
MATRICES = {("x", "a"): "U", ("h", "a"): "W", ("h", "o"): "V"}


# Neurons and wires ---------------------------------------------------------------------------


@book_style()
def draw_wires(
    n_in: int, n_hidden: int, n_out: int, *, chosen: int = 1, ax: Axes | None = None
) -> Axes:
    """Draw every neuron and every wire of a recurrent network, one neuron's returns in full.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Widths of the three layers.
    chosen : int, optional
        Hidden neuron whose recurrent wires are at full strength, counted from 0.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    inputs, hidden, outputs = (
        [(1.7 * (unit - (n - 1) / 2), y) for unit in range(n)]
        for n, y in ((n_in, 0.0), (n_hidden, 2.3), (n_out, 4.9))
    )
    _wire(ax, inputs, hidden, "U", alpha=0.55)
    _wire(ax, hidden, outputs, "V", alpha=0.55)
    for start, end in product(range(n_hidden), repeat=2):
        _return(ax, hidden[start], hidden[end], strong=start == chosen)
    for places, letter in ((inputs, "x"), (hidden, "h"), (outputs, "o")):
        _neurons(ax, places, TINTS[letter])
    left = hidden[0][0] - 0.75
    for text, y in (("outputs", 4.9), ("hidden", 2.3), ("inputs", 0.0)):
        label(ax, text, (left, y), align="right", rim=False)
    for matrix, layer, y in (("U", inputs, 1.0), ("V", outputs, 4.0)):
        side = (hidden[0][0] + layer[0][0]) / 2 - 0.45
        label(ax, f"${matrix}$", (side, y), align="right", rim=False)
    label(ax, "$W$", (hidden[-1][0] + 0.4, 2.3 + 1.0), rim=False)  # where an arrow comes in
    ax.set_xlim(left - 1.6, hidden[-1][0] + 1.5)
    ax.set_ylim(-0.4, 5.3)
    return ax


@book_style()
def draw_unrolled(
    n_in: int, n_hidden: int, n_out: int, n_steps: int, *, ax: Axes | None = None
) -> Axes:
    """Draw the network once a step, with every wire between the steps.

    Parameters
    ----------
    n_in, n_hidden, n_out, n_steps : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, width=WIDE, height=TALL)
    deep, apart = np.array([0.34, 0.56]), 3.9

    def layer(n: int, step: int, level: float) -> list[Point]:
        middle = np.array([apart * step, level])
        places = [middle + (unit - (n - 1) / 2) * deep for unit in range(n)]
        return [(float(x), float(y)) for x, y in places]

    hidden = [layer(n_hidden, step, 3.1) for step in range(n_steps)]
    for before, after in pairwise(hidden):
        _wire(ax, before, after, "W", alpha=0.8)
    for step in range(n_steps):
        inputs, outputs = layer(n_in, step, 0.0), layer(n_out, step, 6.0)
        _wire(ax, inputs, hidden[step], "U", alpha=0.8)
        _wire(ax, hidden[step], outputs, "V", alpha=0.8)
        for places, letter in ((inputs, "x"), (hidden[step], "h"), (outputs, "o")):
            _neurons(ax, places, TINTS[letter], size=0.17)
        label(ax, f"$t = {step + 1}$", (apart * step, -1.35), rim=False)
    label(ax, "$W$", (apart / 2, 4.45), rim=False)
    label(ax, "$U$", (-0.75, 1.4), rim=False)
    label(ax, "$V$", (-0.55, 5.05), rim=False)
    ax.set_xlim(-1.2, apart * (n_steps - 1) + 1.0)
    ax.set_ylim(-1.7, 6.7)
    return ax


@book_style()
def draw_columns(n_before: int, n_hidden: int, *, ax: Axes | None = None) -> Axes:
    """Draw the hidden layer as two columns: sums, and what the activation makes of them.

    Parameters
    ----------
    n_before : int
        How many numbers come in, old state and input together.
    n_hidden : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    size = n_before - n_hidden
    old, new = _column(0.0, n_hidden, 2.3), _column(0.0, size, -1.45)
    sums, states = _column(3.4, n_hidden, 0.55, 1.0), _column(5.9, n_hidden, 0.55, 1.0)
    _wire(ax, old, sums, "W", alpha=0.7)
    _wire(ax, new, sums, "U", alpha=0.7)
    for start, end in zip(sums, states, strict=True):
        _arrow(ax, start, end, INK)
        middle = ((start[0] + end[0]) / 2, start[1])
        label(ax, "$g$", middle, (0, 8), rim=False)
    for places, colour in ((old, HIDDEN), (new, FIRST), (sums, INK), (states, HIDDEN)):
        _neurons(ax, places, colour, size=0.24)
    named = ((old, "$h^{(t-1)}$"), (new, "$x^{(t)}$"))
    for places, text in named:
        middle = (0.0, float(np.mean([y for _, y in places])))
        label(ax, text, middle, (-18, 0), align="right", rim=False)
    for places, text in ((sums, "$a^{(t)}$"), (states, "$h^{(t)}$")):
        label(ax, text, places[0], (0, 22), rim=False)
    ax.set_xlim(-1.7, 6.5)
    ax.set_ylim(-2.8, 4.1)
    return ax


@book_style()
def draw_matrix(matrix: np.ndarray, row: int, *, ax: Axes | None = None) -> Axes:
    """Draw a matrix beside the wires that it stands for, one row and its neuron in full.

    Parameters
    ----------
    matrix : ndarray of shape (n_to, n_from)
        A row for each neuron that the wires lead to.
    row : int
        Which one is at full strength, counted from 0.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, width=WIDE, height=MEDIUM)
    n_to, n_from = matrix.shape
    wide, high = 1.05, 0.8
    top = high * (n_to - 1) / 2
    for (j, i), weight in np.ndenumerate(matrix):
        at = (wide * i, top - high * j)
        if j == row:
            corner = (at[0] - wide / 2, at[1] - high / 2)
            tint = Rectangle(corner, wide, high, fc=HIDDEN, ec="none", alpha=0.22, lw=0)
            ax.add_patch(tint)
        label(ax, f"{weight:g}".replace("-", "−"), at, rim=False)
    _brackets(ax, -wide / 2, wide * (n_from - 0.5), top + high / 2 + 0.05)
    starts, ends = _column(5.6, n_from, 0.0, 1.05), _column(8.9, n_to, 0.0, 1.05)
    for (j, end), (i, start) in product(enumerate(ends), enumerate(starts)):
        _wire(ax, [start], [end], "W", alpha=1.0 if j == row else 0.25, solid=True)
        if j == row:
            share = 0.3
            x, y = (1 - share) * np.array(start) + share * np.array(end)
            lift = 8.5 if start[1] > end[1] else -8.5
            label(ax, f"{matrix[j, i]:g}".replace("-", "−"), (x, y), (3, lift))
    _neurons(ax, starts, HIDDEN)
    for j, end in enumerate(ends):
        _neurons(ax, [end], HIDDEN if j == row else QUIET)
        label(ax, f"$j = {j + 1}$", end, (19, 0), align="left", rim=False)
    for i, start in enumerate(starts):
        label(ax, f"$i = {i + 1}$", start, (-19, 0), align="right", rim=False)
    ax.set_xlim(-0.7, 10.3)
    ax.set_ylim(-2.1, 2.1)
    return ax


# Folded and unfolded -------------------------------------------------------------------------


@book_style()
def figure_folded(n_steps: int) -> Figure:
    """Draw a black box with a loop, and the same with one box for each step.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    Figure
    """
    figure, (left, right) = panels(WIDE, MEDIUM, (1.0, 2.6))
    for ax in (left, right):
        bare_axes(ax)
    _box(left, (0, 0), "x", "h", r"\hat{y}")
    loop = Path([(0.62, 0.3), (1.9, 1.15), (1.9, -1.15), (0.62, -0.3)], [1, 4, 4, 4])
    left.add_patch(FancyArrowPatch(path=loop, arrowstyle=HEAD, color=HIDDEN, lw=LINE_WIDTH,
                                   ls=BEFORE, capstyle="butt"))  # fmt: skip
    label(left, "$W$", (1.66, 0.0), (4, 0), align="left", rim=False)
    left.set_xlim(-1.1, 2.3)
    places = [(2.1 * step, 0.0) for step in range(n_steps)]
    for step, place in enumerate(places, 1):
        _box(right, place, *(f"{letter}^{{({step})}}" for letter in ("x", "h", r"\hat{y}")))
    for start, end in [((-1.75, 0.0), places[0]), *pairwise(places)]:
        _arrow(right, start, end, HIDDEN, before=True, gap=0.66)
        label(right, "$W$", ((start[0] + end[0]) / 2, 0.0), (0, 11), rim=False)
    for ax, xs in ((left, [0.0]), (right, [x for x, _ in places])):
        for x, (matrix, y) in product(xs, (("U", -0.95), ("V", 0.95))):
            label(ax, f"${matrix}$", (x, y), (10, 0), rim=False)
    label(right, "$h^{(0)}$", (-1.75, 0.0), rim=False)
    right.set_xlim(-2.2, places[-1][0] + 0.9)
    for ax in (left, right):
        ax.set_ylim(-2.2, 2.2)
    return figure


@book_style()
def figure_feedback() -> Figure:
    """Draw the two classical loops: from the hidden layer, and from the output.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1.0, 1.0))
    for ax, name, source in zip(axes, ("Elman", "Jordan"), (0.0, 1.5), strict=True):
        bare_axes(ax)
        for y, text, letter in ((-1.5, "input", "x"), (0.0, "hidden", "h"), (1.5, "output", "o")):
            plate = FancyBboxPatch((-0.75, y - 0.36), 1.5, 0.72, fc=GROUND, ec=TINTS[letter],
                                   boxstyle="round,pad=0,rounding_size=0.12", lw=1.8)  # fmt: skip
            ax.add_patch(plate)
            label(ax, text, (0.0, y), rim=False)
        for y, matrix in ((-1.5, "U"), (0.0, "V")):
            _arrow(ax, (0.0, y + 0.36), (0.0, y + 1.14), COLOURS[matrix], gap=0.03)
        points = [(0.8, source + 0.12), (2.0, source + 0.6), (2.0, -0.75), (0.82, -0.12)]
        ax.add_patch(FancyArrowPatch(path=Path(points, [1, 4, 4, 4]), arrowstyle=HEAD, ls=BEFORE,
                                     color=HIDDEN, lw=LINE_WIDTH, capstyle="butt"))  # fmt: skip
        label(ax, name, (-1.1, 0.0), align="right", rim=False)
        label(ax, "one step later", (1.75, source / 2), (6, 0), align="left", rim=False)
        ax.set_xlim(-2.2, 3.9)
        ax.set_ylim(-2.0, 2.0)
    return figure


@book_style()
def draw_shared(n_steps: int, *, ax: Axes | None = None) -> Axes:
    """Draw the steps as boxes, and the five parameters once, with a line to every step.

    Parameters
    ----------
    n_steps : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, width=WIDE, height=TALL)
    places = [(2.6 * step, 0.0) for step in range(n_steps)]
    wide = places[-1][0] + 2.0
    for letters, y, tip in (("U,\\quad W,\\quad b", -3.2, -0.5), ("V,\\quad c", 3.2, 0.5)):
        plate = FancyBboxPatch((-1.0, y - 0.4), wide, 0.8, fc=GROUND, ec=INK, lw=1.6,
                               boxstyle="round,pad=0,rounding_size=0.12", zorder=3)  # fmt: skip
        ax.add_patch(plate)
        label(ax, f"${letters}$", (wide / 2 - 1.0, y), rim=False)
        for x, _ in places:
            _line(ax, (x + 0.42, y - np.sign(y) * 0.4), (x + 0.42, tip), QUIET)
    for step, place in enumerate(places, 1):
        names = [f"{letter}^{{({step})}}" for letter in ("x", "h", r"\hat{y}")]
        _box(ax, place, *names, reach=1.55)
    for start, end in [((-2.1, 0.0), places[0]), *pairwise(places)]:
        _arrow(ax, start, end, HIDDEN, before=True, gap=0.66)
    label(ax, "$h^{(0)}$", (-2.1, 0.0), rim=False)
    ax.set_xlim(-2.7, places[-1][0] + 1.2)
    ax.set_ylim(-3.8, 3.8)
    return ax


def unrolled_diagram(
    edges: Sequence[tuple[str, str]],
    local: Mapping[tuple[str, str], str] | None = None,
    *,
    apart: float = 2.9,
    rise: float = 1.5,
) -> Diagram:
    """Place the quantities of an unrolled network: a column a step, what enters below.

    Parameters
    ----------
    edges : sequence of (str, str)
        Uses, from tail to head, by names such as ``h(2)``; ``J`` alone is the total loss.
    local : mapping of (str, str) to str, optional
        The local derivative on an edge, as TeX.
    apart, rise : float, optional
        From step to step, and from quantity to quantity.

    Returns
    -------
    Diagram
    """
    local = local or {}
    names = dict.fromkeys(name for edge in edges for name in edge)
    steps = [step for _, step in map(_parts, names) if step]
    middle = (min(steps) + max(steps)) / 2
    nodes = {}
    for name in names:
        letter, step = _parts(name)
        above = f"^{{({step})}}" if name.endswith(")") else ""
        level = LEVELS.index(letter if above else "total")
        place = max(step, START) if above else middle
        at = (apart * place, rise * level)
        nodes[name] = Node(LETTERS[letter] + above, at, TINTS.get(letter, INK), letter in "xJ")
    found = []
    for tail, head in edges:
        before = _parts(tail)[0] == "h" and _parts(head)[0] == "a"
        kind: Kind = "before" if before else "now"
        text = local.get((tail, head), "")
        share, side = LABELS[before]
        share = 0.62 if _parts(tail)[0] == "a" else share  # above a frame around a sum
        found.append(Edge(tail, head, text, kind, label_at=share, label_side=side))
    return Diagram(nodes, found)


@book_style()
def draw_steps(
    edges: Sequence[tuple[str, str]],
    *,
    known: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the quantities of some steps and their uses, with the matrix on each edge that has one.

    Parameters
    ----------
    edges : sequence of (str, str)
        As for `unrolled_diagram`.
    known : sequence of str, optional
        Nodes at full strength; all by default.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    diagram = unrolled_diagram(edges)
    ax = draw_diagram(diagram, known=known, height=TALL, ax=ax)
    for edge in diagram.edges:
        pair = (_parts(edge.start)[0], _parts(edge.end)[0])
        start, end = (np.array(diagram.nodes[name].at) for name in (edge.start, edge.end))
        text, middle = MATRICES.get(pair), tuple((start + end) / 2)
        if text:
            label(ax, f"${text}$", middle, (-9, -9) if text == "W" else (11, 0))
        elif pair[0] in "ao":
            label(ax, "$g$" if pair[0] == "a" else "$f$", middle, (11, 0))
    return ax


def forward_pictures(
    edges: Sequence[tuple[str, str]], steps: Sequence[tuple[str, str, str]]
) -> Iterator[Picture]:
    """Draw a forward sweep step by step: what is known grows by one quantity a picture.

    Parameters
    ----------
    edges : sequence of (str, str)
        As for `unrolled_diagram`.
    steps : sequence of (str, str, str)
        What happens in words, the node that is computed, and its equation as TeX.

    Yields
    ------
    Picture
    """
    made = {node for _, node, _ in steps}
    known = [name for edge in edges for name in edge if name not in made]
    for words, node, tex in steps:
        known.append(node)
        ax = draw_steps(edges, known=known, ax=full_axes(SINGLE, TALL))
        uses = " and ".join(tail for tail, head in edges if head == node)
        alt = f"{node} is drawn strongly now; arrows lead to it from {uses}."
        yield Picture(cast(Figure, ax.get_figure(root=True)), words, alt, tex)


# At work -------------------------------------------------------------------------------------


@book_style()
def draw_echo(
    given: np.ndarray, answered: np.ndarray, delay: int, *, ax: Axes | None = None
) -> Axes:
    """Draw what enters a network and what comes out, in two rows, with lines between equals.

    Parameters
    ----------
    given, answered : ndarray of shape (n_steps,)
    delay : int
        How many steps later the output shows the input.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step $t$", "", ax=ax)
    steps = np.arange(1, len(given) + 1)
    height = 1.05 * max(np.abs(given).max(), np.abs(answered).max())
    rows = ((given / height, 1.0, DATA, MARKERS[0]), (answered / height, -1.2, HIDDEN, MARKERS[1]))
    for values, base, colour, marker in rows:
        ax.axhline(base, color=QUIET, lw=THIN)
        ax.vlines(steps, base, base + values, color=colour, lw=LINE_WIDTH)
        ax.plot(steps, base + values, marker, color=colour, ms=6, mew=0)
    at = int(np.abs(given[:-delay]).argmax())
    tips = [(steps[place], base + values[place])
            for place, (values, base, *_) in zip((at, at + delay), rows, strict=True)]  # fmt: skip
    arrow = FancyArrowPatch(*tips, arrowstyle=HEAD, connectionstyle="arc3,rad=-0.25", color=INK,
                            lw=1.2, shrinkA=6, shrinkB=6, ls=BEFORE, capstyle="butt")  # fmt: skip
    ax.add_patch(arrow)
    ax.set_yticks([1.0, -1.2], ["input", "output"])
    ax.tick_params(axis="y", length=0, pad=9)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(-2.3, 2.1)
    ax.set_xlim(0.5, len(given) + 0.5)
    ax.set_xticks(steps if len(steps) <= 12 else steps[::2])
    return ax


@book_style()
def draw_traces(traces: np.ndarray, names: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw the states of single neurons after one pulse.

    Parameters
    ----------
    traces : ndarray of shape (n_neurons, n_steps)
    names : sequence of str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step $t$", "state $h^{(t)}$", ax=ax)
    steps = np.arange(1, traces.shape[1] + 1)
    styles = zip(traces, SERIES, MARKERS, strict=False)
    for values, colour, marker in styles:
        ax.plot(steps, values, color=colour, marker=marker, ms=4.5, mew=0, lw=1.4)
    ax.axhline(0, color=QUIET, lw=THIN)
    ax.set_xlim(1, len(steps) + 0.2)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    label_ends(ax, names, steps, traces)
    return ax


# Private -------------------------------------------------------------------------------------


def _parts(name: str) -> tuple[str, int]:
    """Split ``h(2)`` into its letter and its step; the total loss has none."""
    letter, _, step = name.removesuffix(")").partition("(")
    return letter, int(step or 0)


def _column(x: float, n: int, middle: float, apart: float = 0.8) -> list[Point]:
    return [(x, middle + apart * ((n - 1) / 2 - unit)) for unit in range(n)]


def _neurons(ax: Axes, places: Sequence[Point], colour: str, size: float = SIZE) -> None:
    for place in places:
        ax.add_patch(Circle(place, size, fc=GROUND, ec=colour, lw=1.8, zorder=4))


def _wire(
    ax: Axes, starts: Sequence[Point], ends: Sequence[Point], matrix: str, *, alpha: float,
    solid: bool = False,
) -> None:  # fmt: skip
    """Connect every neuron of one layer with every one of another."""
    lines = LineCollection(
        list(product(starts, ends)), colors=COLOURS[matrix], linewidths=1.3, alpha=alpha,
        linestyles=BEFORE if matrix == "W" and not solid else "-", zorder=1,
    )  # fmt: skip
    ax.add_collection(lines)


def _line(ax: Axes, start: Point, end: Point, colour: str) -> None:
    ax.plot(*zip(start, end, strict=True), color=colour, lw=THIN, zorder=1)


def _arrow(
    ax: Axes, start: Point, end: Point, colour: str, *, before: bool = False, gap: float = 0.3
) -> None:
    """Draw a straight arrow that stops short of both of its ends."""
    first, last = np.array(start), np.array(end)
    ahead = (last - first) / np.linalg.norm(last - first)
    ends = (tuple(first + gap * ahead), tuple(last - gap * ahead))
    ax.add_patch(FancyArrowPatch(*ends, arrowstyle=HEAD, color=colour, lw=1.6, shrinkA=0,
                                 shrinkB=0, ls=BEFORE if before else "-", capstyle="butt",
                                 zorder=2))  # fmt: skip


def _return(ax: Axes, start: Point, end: Point, *, strong: bool) -> None:
    """Draw a recurrent wire: rightwards above the layer, leftwards below it, or a loop."""
    (x, y), (aim, _) = start, end
    if x == aim:
        points = [
            (x + 0.2, y + 0.25),
            (x + 0.75, y + 1.35),
            (x + 1.35, y + 0.3),
            (x + 0.33, y + 0.05),
        ]
    else:
        up = 1 if aim > x else -1
        rise, out = up * (0.55 + 0.28 * abs(aim - x) / 1.7), np.sign(aim - x) * 0.14
        rim = y + up * SIZE
        points = [(x + out, rim), (x + out, rim + rise)]
        points += [(aim - out, rim + rise), (aim - out, rim + 0.04 * up)]
    arrow = FancyArrowPatch(
        path=Path(points, [1, 4, 4, 4]), arrowstyle=HEAD if strong else "-", color=HIDDEN,
        lw=LINE_WIDTH if strong else 1.1, alpha=1.0 if strong else 0.4, ls=BEFORE,
        capstyle="butt", zorder=5 if strong else 2,
    )  # fmt: skip
    ax.add_patch(arrow)


def _box(ax: Axes, at: Point, below: str, inside: str, above: str, *, reach: float = 1.35) -> None:
    """Draw one step as a box with an input, a state and an output."""
    x, y = at
    box = FancyBboxPatch((x - 0.6, y - 0.5), 1.2, 1.0, fc=GROUND, ec=HIDDEN, lw=1.8,
                         boxstyle="round,pad=0,rounding_size=0.12", zorder=3)  # fmt: skip
    ax.add_patch(box)
    _arrow(ax, (x, y - reach), (x, y - 0.5), COLOURS["U"], gap=0.04)
    _arrow(ax, (x, y + 0.5), (x, y + reach), COLOURS["V"], gap=0.04)
    label(ax, f"${inside}$", at, rim=False)
    label(ax, f"${below}$", (x, y - reach), (0, -11), rim=False)
    label(ax, f"${above}$", (x, y + reach), (0, 12), rim=False)


def _brackets(ax: Axes, left: float, right: float, top: float) -> None:
    for x, inwards in ((left, 0.12), (right, -0.12)):
        ax.plot([x + inwards, x, x, x + inwards], [top, top, -top, -top], color=INK, lw=1.4)
