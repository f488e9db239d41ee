"""A simple recurrent network, drawn with every connection, folded and unfolded, and in use.

The three matrices keep one colour and one dash in every drawing: U orange and solid, W mauve and
dashed, since it connects to the previous step, V olive and solid.
"""

from collections.abc import Iterable
from functools import partial
from itertools import pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path

from unrolled.figures.diagrams import Box, Diagram, Edge, Kind, Node, Part, Point, Words, draw_arrow
from unrolled.figures.style import (
    DATA,
    FIRST,
    FOURTH,
    HIDDEN,
    INK,
    LINE_WIDTH,
    MARKERS,
    QUIET,
    THIN,
    book_style,
    frame,
)

__all__ = [
    "columns",
    "draw_echo",
    "feedback",
    "folded",
    "matrix_wiring",
    "shared_parameters",
    "unrolled_wires",
    "wires",
]

COLOURS = {"U": FIRST, "W": HIDDEN, "V": FOURTH}
TINTS = {"x": FIRST, "h": HIDDEN, "o": FOURTH}


# Neurons and wires ---------------------------------------------------------------------------


def wires(n_in: int, n_hidden: int, n_out: int, *, chosen: int = 2) -> Diagram:
    """Describe every neuron, every connection between layers, and the recurrent ones of one neuron.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Dimensions of the three layers.
    chosen : int, optional
        Hidden neuron whose recurrent connections are drawn, counted from 1.

    Returns
    -------
    Diagram
        Neurons are called ``h2``; the recurrent connections are the edges from the previous step.
    """
    levels = {"x": (n_in, 0.0), "h": (n_hidden, 2.6), "o": (n_out, 5.4)}
    nodes: dict[str, Part] = {}
    for letter, (n, y) in levels.items():
        nodes |= _layer(letter, n, (0.0, y), (1.9, 0.0))
    edges = [*_bundle("U", "x", n_in, "h", n_hidden), *_bundle("V", "h", n_hidden, "o", n_out)]
    x, y = nodes[f"h{chosen}"].at
    for unit in range(1, n_hidden + 1):
        ends = f"h{chosen}", f"h{unit}"
        back = partial(Edge, *ends, kind="before", colour=HIDDEN)
        if unit == chosen:
            loop = ((x + 0.12, y + 0.95), (x + 0.75, y + 0.95), (x + 0.75, y))
            edges.append(back(via=loop))
        else:
            edges.append(back(bend=0.75 if unit > chosen else -0.75))
    left = -0.95 * (n_hidden - 1)
    names = (("outputs", 5.4), ("hidden", 2.6), ("inputs", 0.0))
    nodes |= {name: Words(name, (left - 0.7, at), align="right") for name, at in names}
    nodes |= {"U": _words("U", (left - 0.1, 1.3)), "V": _words("V", (left + 0.5, 4.3))}
    nodes["W"] = _words("W", (-left - 0.55, 3.75))
    return Diagram(nodes, edges, limits=(left - 2.4, -0.5, 0.7 - left, 5.9))


def unrolled_wires(n_in: int, n_hidden: int, n_out: int, n_steps: int) -> Diagram:
    """Describe the network once for each step, with every connection between the steps.

    Parameters
    ----------
    n_in, n_hidden, n_out, n_steps : int

    Returns
    -------
    Diagram
        The first hidden neuron of step 2 is called ``h(2)1``.
    """
    pitch, deep = 4.2, (0.36, 0.62)
    nodes: dict[str, Part] = {}
    edges = []
    for t in range(1, n_steps + 1):
        x = pitch * (t - 1)
        for letter, n, y in (("x", n_in, 0.0), ("h", n_hidden, 3.2), ("o", n_out, 6.4)):
            nodes |= _layer(f"{letter}({t})", n, (x, y), deep, 0.2)
        edges += _bundle("U", f"x({t})", n_in, f"h({t})", n_hidden)
        edges += _bundle("V", f"h({t})", n_hidden, f"o({t})", n_out)
        if t > 1:
            edges += _bundle("W", f"h({t - 1})", n_hidden, f"h({t})", n_hidden, "before")
        nodes[f"step {t}"] = Words(f"$t = {t}$", (x, -1.5))
    nodes |= {"U": _words("U", (-0.85, 1.5)), "V": _words("V", (-0.75, 5.4))}
    nodes["W"] = _words("W", (pitch / 2, 4.75))
    return Diagram(nodes, edges, limits=(-1.3, -1.9, pitch * (n_steps - 1) + 1.3, 7.0))


def columns(n_old: int, n_new: int) -> Diagram:
    """Describe the hidden layer as two columns: pre-activations, and their activations.

    Parameters
    ----------
    n_old, n_new : int
        Number of previous states, which is that of pre-activations, and number of inputs.

    Returns
    -------
    Diagram
    """
    down = (0.0, -0.85)
    nodes = {
        **_layer("old", n_old, (0.0, 2.3), down, 0.26, HIDDEN),
        **_layer("x", n_new, (0.0, -1.5), down, 0.26),
        **_layer("a", n_old, (3.4, 0.55), (0.0, -1.05), 0.26),
        **_layer("h", n_old, (5.9, 0.55), (0.0, -1.05), 0.26),
    }
    edges = _bundle("W", "old", n_old, "a", n_old, "before") + _bundle("U", "x", n_new, "a", n_old)
    edges += [Edge(f"a{n}", f"h{n}", "g") for n in range(1, n_old + 1)]
    marks = {"h^{(t-1)}": (-0.8, 2.3), "x^{(t)}": (-0.8, -1.5), "a^{(t)}": (3.4, 2.75),
             "h^{(t)}": (5.9, 2.75)}  # fmt: skip
    nodes |= {text: _words(text, at) for text, at in marks.items()}
    return Diagram(nodes, edges, limits=(-1.5, -2.75, 6.5, 4.0))


def matrix_wiring(matrix: np.ndarray, row: int) -> Diagram:
    """Describe a matrix, and beside it the connections that it stands for.

    Parameters
    ----------
    matrix : ndarray of shape (n_to, n_from)
        A row for each neuron at which connections end.
    row : int
        The row to tint, counted from 1.

    Returns
    -------
    Diagram
        Connections lead from ``i1`` to ``j1``, and are labelled with their weights.
    """
    n_to, n_from = matrix.shape
    nodes: dict[str, Part] = {}
    edges = []
    for (j, i), weight in np.ndenumerate(matrix):
        at, chosen = (1.05 * i, 0.8 * ((n_to - 1) / 2 - j)), j == row - 1
        text = f"{weight:g}".replace("-", "−")
        look = (HIDDEN, 0.22) if chosen else (QUIET, 0.0)
        nodes[f"weight {j + 1} {i + 1}"] = Box(text, at, (1.05, 0.8), *look, width=THIN, sharp=True)
        side = -0.22 if i < n_from / 2 else 0.22
        edges.append(Edge(f"i{i + 1}", f"j{j + 1}", text, colour=HIDDEN, head=False, label_at=0.3,
                          label_side=side))  # fmt: skip
    nodes |= _layer("i", n_from, (5.6, 0.0), (0.0, -1.05), 0.3, HIDDEN)
    nodes |= _layer("j", n_to, (8.9, 0.0), (0.0, -1.05), 0.3, HIDDEN)
    for name in [name for name in nodes if name[0] in "ij"]:
        x, y = nodes[name].at
        shift, text = (-0.75 if name[0] == "i" else 0.75), f"{name[0]} = {name[1:]}"
        nodes[text] = _words(text, (x + shift, y))
    return Diagram(nodes, edges, limits=(-0.6, -2.1, 10.3, 2.1))


# Folded and unfolded -------------------------------------------------------------------------


def folded(n_steps: int) -> Diagram:
    """Describe a black box with a loop, and beside it the same with one box for each step.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    Diagram
    """
    nodes, edges = _black_box("", 0.0, "UV")
    loop = ((1.5, 0.28), (1.5, -0.28))
    edges.append(Edge("h", "h", via=loop, kind="before", colour=HIDDEN))
    nodes["W"] = _words("W", (1.8, 0.0))
    row, uses = _steps(n_steps, 5.4, "UV", "W")
    return Diagram(nodes | row, edges + uses, limits=(-0.9, -2.0, 5.4 + 2.1 * n_steps - 1.2, 2.0))


def shared_parameters(n_steps: int) -> Diagram:
    """Describe the steps as boxes, and the five parameters once, with a line to every step.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    Diagram
    """
    nodes, edges = _steps(n_steps, 0.0)
    middle = 1.05 * (n_steps - 1)
    for name, text, y in (("below", r"U,\quad W,\quad b", -2.5), ("above", r"V,\quad c", 2.5)):
        nodes[name] = Box(f"${text}$", (middle, y), (2 * middle + 1.6, 0.7))
        for step in range(1, n_steps + 1):
            x = nodes[f"h({step})"].at[0] + 0.45
            edges.append(Edge(name, f"h({step})", via=((x, y / 2),), colour=QUIET, head=False))
    return Diagram(nodes, edges, limits=(-2.3, -3.0, 2 * middle + 1.0, 3.0))


def feedback() -> Diagram:
    """Describe the two classical loops: from the hidden layer, and from the output.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {}
    edges = []
    for x, name, source in ((0.0, "Elman", "h"), (5.4, "Jordan", "o")):
        for letter, y, text in (("x", -1.5, "input"), ("h", 0.0, "hidden"), ("o", 1.5, "output")):
            nodes[name + letter] = Box(text, (x, y), (1.6, 0.75), TINTS[letter])
        nodes[name] = Words(name, (x - 1.0, 0.0), align="right")
        for start, end, matrix in (("x", "h", "U"), ("h", "o", "V")):
            edges.append(Edge(name + start, name + end, colour=COLOURS[matrix]))
        height = nodes[name + source].at[1] + 0.15
        loop = ((x + 1.5, height), (x + 1.5, -0.15))
        edges.append(Edge(name + source, f"{name}h", via=loop, kind="before", colour=HIDDEN))
        nodes[f"{name} later"] = Words("one step\nlater", (x + 1.65, height / 2), align="left")
    return Diagram(nodes, edges, limits=(-2.0, -2.05, 8.6, 2.05))


# At work -------------------------------------------------------------------------------------


@book_style()
def draw_echo(given: np.ndarray, output: np.ndarray, delay: int, *, ax: Axes | None = None) -> Axes:
    """Draw the input and the output of a network in two rows, with an arrow for the delay.

    Parameters
    ----------
    given, output : ndarray of shape (n_steps,)
    delay : int
        Number of steps after which the output repeats the input.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step $t$", "", ax=ax)
    steps = np.arange(1, len(given) + 1)
    height = 1.05 * max(np.abs(given).max(), np.abs(output).max())
    rows = ((given / height, 1.0, DATA, MARKERS[0]), (output / height, -1.2, HIDDEN, MARKERS[1]))
    for values, base, colour, marker in rows:
        ax.axhline(base, color=QUIET, lw=THIN)
        ax.vlines(steps, base, base + values, color=colour, lw=LINE_WIDTH)
        ax.plot(steps, base + values, marker, color=colour, ms=6, mew=0)
    at = int(np.abs(given[:-delay]).argmax())
    tips = [(steps[place], base + values[place])
            for place, (values, base, *_) in zip((at, at + delay), rows, strict=True)]  # fmt: skip
    (x, y), (aim, low) = tips
    bowed = Path([(x + 0.1, y - 0.1), ((x + aim) / 2 + 0.6, y), (aim, low + 0.15)], [1, 3, 3])
    draw_arrow(ax, bowed, before=True)
    ax.set_yticks([1.0, -1.2], ["input", "output"])
    ax.tick_params(axis="y", length=0, pad=9)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(-2.3, 2.1)
    ax.set_xlim(0.5, len(given) + 0.5)
    ax.set_xticks(steps if len(steps) <= 12 else steps[::2])
    return ax


# Private -------------------------------------------------------------------------------------


def _words(tex: str, at: Point) -> Words:
    return Words(f"${tex}$", at)


def _layer(
    name: str, n: int, middle: Point, apart: Point, radius: float = 0.32, colour: str = ""
) -> dict[str, Part]:
    """Place the neurons of one layer on a line, called by its name and their number."""
    places = [np.add(middle, np.multiply(apart, unit - (n - 1) / 2)) for unit in range(n)]
    return {
        f"{name}{unit}": Node("", tuple(at), colour or TINTS.get(name[0], INK), radius=radius)
        for unit, at in enumerate(places, 1)
    }


def _bundle(
    matrix: str, start: str, n_start: int, end: str, n_end: int, kind: Kind = "now"
) -> list[Edge]:
    """Wire every neuron of one layer to every one of another."""
    return [
        Edge(f"{start}{i + 1}", f"{end}{j + 1}", kind=kind, colour=COLOURS[matrix], head=False)
        for i, j in product(range(n_start), range(n_end))
    ]


def _black_box(
    mark: str, x: float, names: Iterable[str] = ()
) -> tuple[dict[str, Part], list[Edge]]:
    """Describe one step as a box with an input, a state and an output."""
    up = f"^{{{mark}}}" if mark else ""
    nodes: dict[str, Part] = {
        f"x{mark}": Words(f"$x{up}$", (x, -1.7), (0.3, 0.25)),
        f"h{mark}": Box(f"$h{up}$", (x, 0.0), (1.2, 1.0), HIDDEN),
        f"y{mark}": Words(rf"$\hat{{y}}{up}$", (x, 1.7), (0.3, 0.25)),
    }
    below, above = names or ("", "")
    edges = [
        Edge(f"x{mark}", f"h{mark}", below, colour=COLOURS["U"], label_side=-0.25),
        Edge(f"h{mark}", f"y{mark}", above, colour=COLOURS["V"], label_side=-0.25),
    ]
    return nodes, edges


def _steps(
    n_steps: int, x: float, names: Iterable[str] = (), recurrent: str = ""
) -> tuple[dict[str, Part], list[Edge]]:
    """Describe one box for each step, each connected to the previous one."""
    nodes: dict[str, Part] = {"h(0)": Words("$h^{(0)}$", (x - 1.9, 0.0), (0.42, 0.3))}
    edges: list[Edge] = []
    for step in range(1, n_steps + 1):
        some, uses = _black_box(f"({step})", x + 2.1 * (step - 1), names)
        nodes |= some
        edges += uses
    states = [name for name in nodes if name.startswith("h")]
    edges += [Edge(*pair, recurrent, "before", colour=HIDDEN) for pair in pairwise(states)]
    return nodes, edges
