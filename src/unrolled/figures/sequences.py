"""The drawings about sequences: mappings, tensors, sentences, order and windows.

Data are teal, the rows of a window blue, its target olive. Inputs of a network are orange, hidden
units mauve, outputs olive, as in the whole part.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unrolled.figures.diagrams import (
    LINE,
    TINT,
    Box,
    Diagram,
    Edge,
    Group,
    Node,
    Part,
    Point,
    Words,
)
from unrolled.figures.simple_network import unrolled_wires
from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    FOURTH,
    GROUND,
    HIDDEN,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SERIES,
    SIGNED,
    SINGLE,
    TALL,
    TARGET,
    WIDE,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "aligned_words",
    "draw_strips",
    "draw_window",
    "figure_projections",
    "mapping",
    "shapes_of",
    "tensors",
    "wiring",
]

INPUT, OUTPUT = FIRST, FOURTH


def wiring(n_in: int, n_hidden: int, n_out: int, n_steps: int) -> Diagram:
    """Describe a recurrent network as a box with a loop, and as neurons over several steps.

    Parameters
    ----------
    n_in, n_hidden, n_out, n_steps : int

    Returns
    -------
    Diagram
    """
    net = unrolled_wires(n_in, n_hidden, n_out, n_steps)
    x = -4.2
    box: dict[str, Part] = {
        "x": Node("x^{(t)}", (x, 0.0), INPUT, radius=0.6),
        "h": Box("$h^{(t)}$", (x, 3.2), (2.0, 1.4), HIDDEN),
        "o": Node("o^{(t)}", (x, 6.4), OUTPUT, radius=0.6),
    }
    loop = ((x + 1.8, 3.55), (x + 1.8, 2.85))
    edges = [Edge("x", "h"), Edge("h", "o"), Edge("h", "h", via=loop, kind="before")]
    kept = {name: part for name, part in net.nodes.items() if name not in "UVW"}
    limits = net.limits or (0.0, 0.0, 0.0, 0.0)
    return Diagram(kept | box, [*net.edges, *edges], limits=(x - 1.4, *limits[1:3], 7.3))


def mapping(outputs: Sequence[int]) -> Diagram:
    """Describe a mapping as arrows from a set to a set.

    Parameters
    ----------
    outputs : sequence of int
        Where each input leads, counted from 0.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {"f": Words("$f$", (2.1, 1.3))}
    groups = []
    sets = (("inputs", 0.0, INPUT, len(outputs)), ("outputs", 4.2, OUTPUT, max(outputs) + 1))
    for name, x, colour, count in sets:
        dots = {
            f"{name} {k}": Node(
                "", (x, 0.75 * ((count - 1) / 2 - k)), colour, radius=0.13, tint=1.0
            )
            for k in range(count)
        }
        frame_of = {f"{name} corner {side}": Words("", (x + side, 1.5 * side)) for side in (-1, 1)}
        nodes |= {**dots, **frame_of, name: Words(name, (x, -2.1))}
        groups.append(Group([*frame_of], margin=0.1, colour=colour, tint=0.2))
    edges = [Edge(f"inputs {k}", f"outputs {to}") for k, to in enumerate(outputs)]
    return Diagram(nodes, edges, groups, limits=(-1.4, -2.45, 5.6, 1.8))


def tensors(shapes: Sequence[tuple[int, ...]]) -> Diagram:
    """Describe a vector as a column, a matrix as a sheet and a tensor as a stack of sheets.

    Parameters
    ----------
    shapes : three tuples of one, two and three int

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {}
    cell, at = 0.42, 0.0
    for shape, name in zip(shapes, ("vector", "matrix", "tensor of rank 3"), strict=True):
        rows, columns = shape[-2:] if len(shape) > 1 else (shape[0], 1)
        n_sheets = shape[0] if len(shape) == 3 else 1
        for sheet, row, column in product(reversed(range(n_sheets)), range(rows), range(columns)):
            place = (at + cell * (column + 0.5) + 0.3 * sheet, cell * (row + 0.5) + 0.3 * sheet)
            nodes[f"{name} {sheet} {row} {column}"] = Box(
                "", place, (cell, cell), DATA, width=LINE, sharp=True
            )
        width = cell * columns + 0.3 * (n_sheets - 1)
        text = f"{name}\n{shape}"
        nodes[name] = Words(text, (at + width / 2, -0.6), (0.9, 0.3))
        at += width + 1.5
    return Diagram(nodes, [], margin=0.15)


def shapes_of(shapes: Sequence[tuple[int, ...]], steps: Sequence[str]) -> Diagram:
    """Describe the shapes of an image as it passes through a network.

    Parameters
    ----------
    shapes : sequence of tuple of int
        Of height, width and channels first, of one number then; they stand below each stage.
    steps : sequence of str
        What happens between one shape and the next.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {}
    at = 0.0
    for place, shape in enumerate(shapes):
        colour = DATA if place == 0 else OUTPUT if place == len(shapes) - 1 else HIDDEN
        behind = (colour,) * 2 if len(shape) == 3 else ()
        width = height = 0.35 + 2.2 * shape[0] / shapes[0][0]
        if not behind:
            width, height = 0.3, min(2.6, 0.3 + 0.176 * float(np.log2(shape[0] + 1)))
        middle = at + width / 2
        nodes[f"{place}"] = Box(
            "", (middle, 0.0), (width, height), colour, behind=behind, sharp=True
        )
        text = "\n".join(f"{size:,}".replace(",", "\u2009") for size in shape)
        nodes[f"shape {place}"] = Words(text, (middle, -1.9 - 0.17 * len(shape)))
        at += width + 0.15 * bool(behind)
        if place < len(steps):
            nodes[f"step {place}"] = Words(steps[place], (at + 0.47, 1.6))
        at += 0.95
    edges = [Edge(f"{k}", f"{k + 1}", begin=_right(nodes[f"{k}"])) for k in range(len(steps))]
    return Diagram(nodes, edges, limits=(-0.2, -2.95, at - 0.7, 2.1))


@book_style()
def figure_projections(
    projections: Sequence[np.ndarray], classes: np.ndarray, names: Sequence[str]
) -> Figure:
    """Draw the same images in two projections, with a colour and a marker for each class.

    Parameters
    ----------
    projections : two of ndarray of shape (n_images, 2)
    classes : ndarray of int, of shape (n_images,)
    names : two of str

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    for ax, points, name in zip(axes, projections, names, strict=True):
        frame(f"first axis, {name}", "second axis", ax=ax)
        for k, one in enumerate(np.unique(classes)):
            ax.plot(
                *points[classes == one].T, MARKERS[k], color=SERIES[k], ms=4.5, mew=0, alpha=0.8
            )
        ax.set_xticks([])
        ax.set_yticks([])
        ax.margins(0.12)
    for one in np.unique(classes):
        at, shift = _outside(projections[1], classes == one)
        label(axes[1], str(one), at, shift)
    return figure


def _outside(
    points: np.ndarray, chosen: np.ndarray
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Say where some of the points end away from all others, and which way leads out there."""
    scale = points.std(axis=0)
    away = (points[chosen].mean(axis=0) - points.mean(axis=0)) / scale
    away /= np.linalg.norm(away)
    x, y = points[chosen][(points[chosen] / scale @ away).argmax()]
    return (float(x), float(y)), (12 * float(away[0]), 12 * float(away[1]))


def aligned_words(
    sentences: Mapping[str, Sequence[str]], parts: Sequence[Sequence[int]]
) -> Diagram:
    """Describe sentences as rows of words, with lines between those that play the same part.

    Parameters
    ----------
    sentences : mapping of str to sequence of str
        The words by the name of the language.
    parts : sequence of sequence of int
        The part that each word plays, by number.

    Returns
    -------
    Diagram
        Neighbours of one part stand together, as one node.
    """
    nodes: dict[str, Part] = {}
    ends: list[list[tuple[int, str]]] = []
    for row, (words, played) in enumerate(zip(sentences.values(), parts, strict=True)):
        x, y, row_ends = 0.0, -1.75 * row, []
        for part, group in groupby(zip(words, played, strict=True), key=lambda pair: pair[1]):
            text = " ".join(word for word, _ in group)
            width, name = 0.3 + 0.165 * len(text), f"{row} {text}"
            nodes[name] = Box(text, (x + width / 2, y), (width, 0.6), SERIES[part], TINT, 0.0)
            row_ends.append((part, name))
            x += width + 0.22
        ends.append(row_ends)
    edges = [
        Edge(start, end, colour=SERIES[part], head=False, width=1.6)
        for above, below in pairwise(ends)
        for part, start in above
        for other, end in below
        if part == other
    ]
    for row, language in enumerate(sentences):
        nodes[language] = Words(language, (0.9, 0.6 - 1.75 * row), align="left")
    return Diagram(nodes, edges, limits=(-0.1, -1.75 * len(sentences) + 1.3, 7.1, 0.9))


@book_style()
def draw_strips(sequences: Mapping[str, np.ndarray], *, ax: Axes | None = None) -> Axes:
    """Draw sequences of vectors, one column a step, under one another.

    Parameters
    ----------
    sequences : mapping of str to ndarray of shape (n_steps, n_dims)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    ax.spines[:].set_visible(False)
    top = max(float(np.abs(sequence).max()) for sequence in sequences.values())
    drawn = None
    for row, (name, sequence) in enumerate(sequences.items()):
        n_steps, n_dims = sequence.shape
        y = -row * (n_dims + 1.6)
        drawn = ax.pcolormesh(
            np.arange(n_steps + 1), y - np.arange(n_dims + 1), sequence.T,
            cmap=SIGNED, vmin=-top, vmax=top, edgecolor=QUIET, lw=0.6,
        )  # fmt: skip
        label(ax, f"{name}: {n_steps} vectors", (0, y), (0, 4), align="left", level="bottom",
              rim=False)  # fmt: skip
    longest = max(len(sequence) for sequence in sequences.values())
    ax.set_xticks(np.arange(longest) + 0.5, [str(t + 1) for t in range(longest)])
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.set_xlabel("step")
    ax.set_xlim(-0.05, longest + 0.05)
    ax.set_ylim(y - n_dims - 0.1, 1.0)
    figure = ax.figure
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=ax, shrink=0.8, label="entry of the vector")
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_locator(MaxNLocator(5))
        bar.solids.set_rasterized(False)  # type: ignore[union-attr]
    return ax


@book_style()
def draw_window(
    series: np.ndarray,
    names: Sequence[str],
    lookback: int,
    horizon: int,
    *,
    step: int,
    per_day: int = 144,
    ax: Axes | None = None,
) -> Axes:
    """Draw some days of a series, two windows of it, and the rows to be predicted.

    Parameters
    ----------
    series : ndarray of shape (n_steps, n_features)
        The window begins one day after its first row.
    names : sequence of str
        Of the features.
    lookback, horizon : int
    step : int
        Number of rows from one window to the next.
    per_day : int, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("day", "", ax=ax, height=TALL)
    days = np.arange(len(series)) / per_day
    start, end = per_day, per_day + lookback - 1
    low, high = series.min(axis=0), series.max(axis=0)
    levels = 0.66 * (series - low) / (high - low) - np.arange(len(names))
    ax.axvspan(days[start], days[end], color=SECOND, alpha=0.22, lw=0)
    ax.axvspan(days[start + step], days[end + step], fill=False, ec=SECOND, ls=DASHES[1], lw=1.1)
    ax.axvline(days[end + horizon], color=TARGET, lw=1.4, ls=DASHES[1])
    for k, name in enumerate(names):
        ax.plot(days, levels[:, k], color=DATA, lw=1.1)
        label(ax, name, (0.0, -k + 0.72), (3, 0), align="left", level="bottom",
              rim=False)  # fmt: skip
    for place, inside in ((end + horizon + step, GROUND), (end + horizon, TARGET)):
        ax.plot([days[place]], [levels[place, 0]], "o", color=TARGET, mfc=inside, ms=8, zorder=5)
    label(ax, f"window: {lookback} rows", ((days[start] + days[end]) / 2, 1.16))
    label(ax, f"+{horizon}", (days[end + horizon], 1.16), (5, 0), align="left")
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, float(days[-1]))
    ax.set_ylim(-len(names) + 0.9, 1.3)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    return ax


def _right(part: Part) -> Point:
    """Return where an arrow leaves a stack: right of its last sheet."""
    shift = 0.15 if isinstance(part, Box) and part.behind else 0.0
    return part.at[0] + part.half[0] + shift + 0.07, 0.0
