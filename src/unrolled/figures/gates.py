"""The drawings of the laboratory of gates: one unit whose gates somebody set by hand.

Gates, block input, cell and output have the colours that they have in the drawings of the block.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    DASHES,
    FORGET_GATE,
    HIDDEN,
    INK,
    INPUT_GATE,
    LINE_WIDTH,
    LOW,
    MEDIUM,
    OUTPUT_GATE,
    QUIET,
    SINGLE,
    TARGET,
    TEXT_SIZE,
    THIN,
    WRONG,
    bare_axes,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "COLOURS",
    "draw_agreement",
    "draw_counting",
    "draw_keeping",
    "draw_kernel",
    "figure_traces",
]

COLOURS = {
    "z": BLOCK_INPUT,
    "i": INPUT_GATE,
    "f": FORGET_GATE,
    "o": OUTPUT_GATE,
    "c": CELL,
    "y": HIDDEN,
}


@book_style()
def figure_traces(
    traces: Mapping[str, np.ndarray], marks: Mapping[int, str] | None = None
) -> Figure:
    """Draw what one unit does over time: a row for each gate, the cell and the output.

    Parameters
    ----------
    traces : mapping of str to ndarray of shape (n_steps,)
        By the letters of `COLOURS`; the first entry is that of step 1.
    marks : mapping of int to str, optional
        Steps that get a line through all rows, and a word above them.

    Returns
    -------
    Figure
    """
    figure, _ = panels(SINGLE, 0.72 * len(traces) + 0.75)
    figure.clear()
    rows = np.ravel(figure.subplots(len(traces), 1, sharex=True))
    for ax, (letter, values) in zip(rows, traces.items(), strict=True):
        frame("", "", ax=ax)
        steps = np.arange(1, len(values) + 1)
        for step in marks or {}:
            ax.axvline(step, color=QUIET, lw=THIN, ls=DASHES[2], zorder=0)
        ax.fill_between(steps, 0, values, step="mid", color=COLOURS[letter], alpha=0.22, lw=0)
        ax.plot(steps, values, drawstyle="steps-mid", color=COLOURS[letter], lw=1.6)
        ax.set_ylabel(f"${letter}$", rotation=0, labelpad=12, va="center")
        low, high = min(0.0, float(values.min())), max(1.0, float(values.max()))
        ax.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
        ax.set_xlim(1, len(values))
        ends = {round(low), 0, round(high)}
        ax.set_yticks(sorted(end for end in ends if low - 0.1 <= end <= high + 0.1))
        ax.tick_params(axis="x", length=0 if ax is not rows[-1] else 3.5)
    for step, word in (marks or {}).items():
        top = rows[0].get_ylim()[1]
        label(rows[0], word, (step, top), (0, 3), level="bottom")
    rows[-1].set_xlabel("step")
    rows[-1].xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    figure.align_ylabels(rows)
    return figure


@book_style()
def draw_keeping(
    steps: np.ndarray, kept: Mapping[str, np.ndarray], *, ax: Axes | None = None
) -> Axes:
    """Draw the share of a cell that is left, for several fixed forget gates, and one half.

    Parameters
    ----------
    steps : ndarray of shape (n_steps,)
    kept : mapping of str to ndarray of shape (n_steps,)
        By a short name, which stands at the line's end.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step", "share of the cell that is left", ax=ax, height=MEDIUM)
    ax.axhline(0.5, color=QUIET, lw=THIN, ls=DASHES[2], zorder=0)
    for n, (name, share) in enumerate(kept.items()):
        ax.plot(steps, share, color=FORGET_GATE, ls=DASHES[n % 4], lw=LINE_WIDTH)
        low = share[-1] < 0.02  # such a line is named where it has fallen to a third
        at = int(np.argmax(share < 0.35)) if low else len(steps) - 1
        label(
            ax, name, (float(steps[at]), float(share[at])), (7, 3 if low else 0), align="left",
            rim=False,
        )  # fmt: skip
    ax.set_xlim(0, float(steps[-1]))
    ax.set_ylim(0, 1.02)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return ax


@book_style()
def draw_counting(cell: np.ndarray, output: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw a cell that counts, and the output that cannot follow.

    Parameters
    ----------
    cell, output : ndarray of shape (n_steps,)
        From step 1 on.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("step", "value", ax=ax, height=LOW)
    steps = np.arange(1, len(cell) + 1)
    ax.axhline(1, color=QUIET, lw=THIN, ls=DASHES[2], zorder=0)
    for name, values, colour, dash, marker, lift in (
        ("cell", cell, CELL, DASHES[0], "o", 0), ("output", output, HIDDEN, DASHES[1], "s", 8),
    ):  # fmt: skip
        ax.plot(steps, values, color=colour, ls=dash, lw=LINE_WIDTH, marker=marker, ms=5.5)
        last = float(steps[-1]), float(values[-1])
        label(ax, name, last, (9, lift), align="left", rim=False)
    ax.set_xlim(0.8, len(cell) + 0.1)
    ax.set_ylim(0, 1.06 * float(cell.max()))
    ax.xaxis.set_major_locator(MaxNLocator(len(cell), integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return ax


@book_style()
def draw_kernel(orders: Mapping[str, Sequence[str]], *, ax: Axes | None = None) -> Axes:
    """Draw in which order the boxes stand side by side in one matrix.

    Parameters
    ----------
    orders : mapping of str to sequence of str
        Whose order it is, and the four letters from left to right.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=0.62 * len(orders) + 0.3)
    for row, (name, letters) in enumerate(orders.items()):
        y = -1.25 * row
        ax.text(-0.25, y, name, color=INK, fontsize=TEXT_SIZE, ha="right", va="center")
        for n, letter in enumerate(letters):
            colour, corner = COLOURS[letter], (1.5 * n, y - 0.45)
            ax.add_patch(Rectangle(corner, 1.5, 0.9, fc=colour, ec="none", alpha=0.3))
            ax.add_patch(Rectangle(corner, 1.5, 0.9, fc="none", ec=colour, lw=1.6))
            label(ax, f"${letter}$", (1.5 * n + 0.75, y), rim=False)
    ax.set_xlim(-2.8, 6.1)
    ax.set_ylim(-1.25 * (len(orders) - 1) - 0.6, 0.6)
    return ax


@book_style()
def draw_agreement(
    ours: np.ndarray, right: np.ndarray, wrong: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw the numbers of a library against ours: on the diagonal they agree.

    Parameters
    ----------
    ours, right, wrong : ndarray of the same shape
        Our outputs; the library's with the weights in its own order, and in another one.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("our output", "the library's output", ax=ax)
    reach = 1.05 * float(np.abs([ours, right, wrong]).max())
    ax.plot((-reach, reach), (-reach, reach), color=QUIET, lw=THIN, ls=DASHES[2], zorder=0)
    ax.plot(ours.ravel(), wrong.ravel(), "^", color=WRONG, ms=5, mew=0, alpha=0.8)
    ax.plot(ours.ravel(), right.ravel(), "o", color=TARGET, ms=5, mew=0)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(4))
    return ax
