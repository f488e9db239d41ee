"""The drawings of tasks on sequences: unrolled chains, contexts, alignments and what was read.

Inputs are orange, hidden states mauve, outputs olive, as in the whole part. What comes from the
step before is dashed. What a tag may look at is tinted.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from unrolled.figures.style import (
    AMOUNTS,
    DASHES,
    DATA,
    FIRST,
    FOURTH,
    GROUND,
    HIDDEN,
    INK,
    LOW,
    MEDIUM,
    QUIET,
    SECOND,
    SINGLE,
    WRONG,
    bare_axes,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "Unrolled",
    "draw_collapse",
    "draw_contexts",
    "draw_reading",
    "draw_shares",
    "draw_unrolled",
    "figure_unrolled",
]

INPUT, OUTPUT = FIRST, FOURTH
HEIGHTS = {"x": 0.0, "h": 1.05, "g": 1.85}  # rows of inputs, of states, and of a second chain


class Unrolled(NamedTuple):
    """A recurrent network over some steps: what goes in and what comes out at each."""

    inputs: Sequence[str]  # an empty word where nothing goes in
    outputs: Sequence[str]  # an empty word where nothing comes out
    start: str = ""  # a vector that the first state is made of
    fed_back: bool = False  # whether an output is the next input
    both_ways: bool = False  # whether a second chain runs backwards
    reads_until: int = 0  # steps of an encoder; the others belong to a decoder


@book_style()
def figure_unrolled(*networks: Unrolled) -> Figure:
    """Draw several unrolled networks under one another.

    Parameters
    ----------
    *networks : Unrolled

    Returns
    -------
    Figure
    """
    figure, (first,) = panels(SINGLE, 2.1 * len(networks))
    boxes = first.get_subplotspec()
    first.remove()
    assert boxes is not None
    grid = boxes.subgridspec(len(networks), 1)
    for row, network in enumerate(networks):
        draw_unrolled(network, ax=figure.add_subplot(grid[row]))
    return figure


@book_style()
def draw_unrolled(network: Unrolled, *, ax: Axes | None = None) -> Axes:
    """Draw a recurrent network over its steps.

    Parameters
    ----------
    network : Unrolled
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    both, n_steps = network.both_ways, len(network.inputs)
    ax = bare_axes(ax, height=MEDIUM if both else LOW)
    top = HEIGHTS["g" if both else "h"]
    chains = ("h", "g") if both else ("h",)
    for t, (given, said) in enumerate(zip(network.inputs, network.outputs, strict=True)):
        for name in chains:
            _state(ax, (t, HEIGHTS[name]), filled=t < network.reads_until)
        if given:
            label(ax, given, (t, -0.08), level="baseline", rim=False)
            _arrow(ax, (t, 0.17), (t, HEIGHTS["h"] - 0.24))
            if both:
                _arrow(ax, (t - 0.06, 0.17), (t - 0.2, top - 0.14), bend=-0.3)
        if said:
            label(ax, said, (t, top + 0.87), level="baseline", rim=False)
            _arrow(ax, (t, top + 0.24), (t, top + 0.77))
            if both:
                _arrow(ax, (t + 0.2, HEIGHTS["h"] + 0.14), (t + 0.06, top + 0.77), bend=0.3)
    for t in range(n_steps - 1):
        _arrow(ax, (t + 0.24, HEIGHTS["h"]), (t + 0.76, HEIGHTS["h"]), before=True)
        if both:
            _arrow(ax, (t + 0.76, top), (t + 0.24, top), before=True)
        if network.fed_back and network.outputs[t] and network.inputs[t + 1]:
            _feed_back(ax, t, top)
    if network.start:
        label(ax, network.start, (-1.0, HEIGHTS["h"]), rim=False)
        _arrow(ax, (-0.62, HEIGHTS["h"]), (-0.24, HEIGHTS["h"]))
    ax.set_xlim(-1.4 if network.start else -0.5, n_steps - 0.5)
    ax.set_ylim(-0.25, top + 1.2)
    return ax


@book_style()
def draw_contexts(
    sentences: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    at: int,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw tagged sentences, and what a network has seen of them when it tags one word.

    Parameters
    ----------
    sentences, tags : sequence of sequence of str
    at : int
        The place of the word.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    right = 0.0
    for row, (words, said) in enumerate(zip(sentences, tags, strict=True)):
        y, x, edges = -2.6 * row, 0.0, [0.0]
        for word, tag in zip(words, said, strict=True):
            width = 0.4 + 0.17 * max(len(word), len(tag))
            label(ax, word, (x + width / 2, y - 0.1), level="baseline", rim=False)
            label(ax, tag, (x + width / 2, y + 0.5), level="baseline", rim=False)
            x += width
            edges.append(x)
        box = Rectangle((edges[at], y - 0.3), edges[at + 1] - edges[at], 1.2, fc="none", ec=INK)
        ax.add_patch(box)
        spans = ((edges[at + 1], SECOND, "one way"), (edges[-1], HIDDEN, "both ways"))
        for level, (end, colour, name) in enumerate(spans):
            height = y - 0.52 - 0.42 * level
            dash = DASHES[1] if level else DASHES[0]
            ax.plot([0.05, end - 0.05], [height, height], color=colour, lw=5, ls=dash,
                    dash_capstyle="butt", solid_capstyle="butt")  # fmt: skip
            label(ax, name, (end, height), (5, 0), align="left", rim=False)
        right = max(right, x)
    ax.set_xlim(-0.1, right + 1.5)
    ax.set_ylim(-2.6 * len(sentences) + 1.4, 1.0)
    return ax


@book_style()
def draw_collapse(path: str, blank: str, *, ax: Axes | None = None) -> Axes:
    """Draw how a row of frames collapses: runs are merged, then blanks dropped.

    Parameters
    ----------
    path : str
        One letter, or the blank, for each frame.
    blank : str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=LOW)
    at, runs = 0, []
    for letter, run in groupby(path):
        length = len(list(run))
        runs.append((letter, at, length))
        at += length
    for letter, start, length in runs:
        quiet = letter == blank
        for k in range(length):
            _cell(ax, (start + k, 3.0), 1.0, letter, QUIET if quiet else INPUT)
        middle = start + length / 2
        _cell(ax, (middle - 0.5, 1.5), 1.0, letter, QUIET if quiet else HIDDEN)
        for k in range(length):
            ax.plot([start + k + 0.5, middle], [3.0, 2.5], color=QUIET, lw=1.0)
        if not quiet:
            ax.plot([middle, middle], [1.5, 1.0], color=QUIET, lw=1.0)
            _cell(ax, (middle - 0.5, 0.0), 1.0, letter, OUTPUT)
    for y, name in ((3.5, "frames"), (2.0, "merged"), (0.5, "dropped")):
        label(ax, name, (0, y), (-6, 0), align="right", rim=False)
    ax.set_xlim(-2.5, len(path) + 0.1)
    ax.set_ylim(-0.15, 4.15)
    return ax


@book_style()
def draw_reading(
    amounts: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    x: str,
    y: str,
    bar: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw amounts between zero and one as a table of cells.

    Parameters
    ----------
    amounts : ndarray of shape (n_rows, n_columns)
    rows, columns : sequence of str
        Drawn from the top to the bottom, and from left to right.
    x, y, bar : str
        What columns, rows and colours mean.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    ax.spines[:].set_visible(False)
    n_rows, n_columns = amounts.shape
    cells = ax.pcolormesh(
        np.arange(n_columns + 1), np.arange(n_rows + 1), amounts, cmap=AMOUNTS, vmin=0, vmax=1,
        edgecolor=QUIET, lw=0.5,
    )  # fmt: skip
    ax.set_xticks(np.arange(n_columns) + 0.5, list(columns))
    ax.set_yticks(np.arange(n_rows) + 0.5, list(rows))
    ax.tick_params(length=0)
    ax.set_ylim(n_rows + 0.04, -0.04)
    ax.set_xlim(-0.04, n_columns + 0.04)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    scale = ax.figure.colorbar(cells, ax=ax, label=bar, ticks=[0, 0.5, 1])
    scale.outline.set_visible(False)
    return ax


@book_style()
def draw_shares(
    shares: Mapping[str, Sequence[float]], names: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw shares of right answers: a row for each question, a mark for each method.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        One share for each method, by question.
    names : two of str
        Of the methods.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("share of right answers", "", ax=ax, height=LOW)
    rows = np.arange(len(shares))
    ax.axvline(0.5, color=QUIET, lw=1.0, ls=DASHES[2])
    found = np.array([list(values) for values in shares.values()])
    for row, values in zip(rows, found, strict=True):
        ax.plot(values, [row, row], color=QUIET, lw=1.0)
    marks = ((WRONG, "s"), (DATA, "o"))
    for k, (name, (colour, marker)) in enumerate(zip(names, marks, strict=True)):
        ax.plot(found[:, k], rows, marker, color=colour, ms=9, clip_on=False, zorder=3)
        low = found[-1, k] < found[-1].max()  # beside the mark, where no line runs
        shift, align = ((-10, 0), "right") if low else ((0, 14), "center")
        label(ax, name, (float(found[-1, k]), float(rows[-1])), shift, align=align)
    ax.set_yticks(rows, list(shares))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "chance", "1"])
    ax.set_ylim(len(rows) - 0.6, -0.5)
    return ax


def _state(ax: Axes, at: tuple[float, float], *, filled: bool) -> None:
    ax.add_patch(Circle(at, 0.24, fc=GROUND, ec=HIDDEN, lw=1.8, zorder=3))
    if filled:
        ax.add_patch(Circle(at, 0.24, fc=HIDDEN, ec=HIDDEN, lw=1.8, zorder=3, alpha=0.4))


def _cell(ax: Axes, corner: tuple[float, float], side: float, letter: str, colour: str) -> None:
    inner = (corner[0] + 0.06, corner[1])
    ax.add_patch(Rectangle(inner, side - 0.12, side, fc=GROUND, ec=colour, lw=1.6, zorder=2))
    label(ax, letter, (corner[0] + side / 2, corner[1] + side / 2), rim=False)


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    before: bool = False,
    bend: float = 0.0,
) -> None:
    """Draw one use; dashed where it comes from the step before."""
    arrow = FancyArrowPatch(
        start, end, arrowstyle="-|>,head_length=4,head_width=2.2", color=INK, lw=1.2,
        shrinkA=0, shrinkB=0, ls=DASHES[1] if before else "-", mutation_scale=1,
        connectionstyle=f"arc3,rad={bend}", zorder=1,
    )  # fmt: skip
    ax.add_patch(arrow)


def _feed_back(ax: Axes, t: int, top: float) -> None:
    """Lead an output of one step down to the input of the next."""
    corners = [(t + 0.02, top + 0.5), (t + 0.5, top + 0.5), (t + 0.5, 0.36), (t + 0.8, 0.36)]
    for start, end in pairwise(corners):
        ax.plot([start[0], end[0]], [start[1], end[1]], color=OUTPUT, lw=1.2, zorder=0.5)
    arrow = FancyArrowPatch(
        corners[-1], (t + 0.93, 0.2), arrowstyle="-|>,head_length=4,head_width=2.2",
        color=OUTPUT, lw=1.2, shrinkA=0, shrinkB=0, mutation_scale=1, zorder=0.5,
    )  # fmt: skip
    ax.add_patch(arrow)
