"""The drawings about gates: one unit whose gates were set by hand.

Gates, block input, cell and output have the colours that they have in the drawings of the block.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from unrolled.figures.plots import levels
from unrolled.figures.style import (
    BLOCK_INPUT,
    CELL,
    FORGET_GATE,
    HIDDEN,
    INPUT_GATE,
    OUTPUT_GATE,
    SINGLE,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "COLOURS",
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
    figure, rows = panels(SINGLE, 0.72 * len(traces) + 0.75, rows=len(traces))
    for ax, (letter, values) in zip(rows, traces.items(), strict=True):
        low, high = min(0.0, float(values.min())), max(1.0, float(values.max()))
        room = 0.08 * (high - low)
        frame(
            "",
            f"${letter}$",
            ax=ax,
            xlim=(1, len(values)),
            ylim=(low - room, high + room),
            yticks=sorted({round(low), 0, round(high)}),
        )
        ax.yaxis.label.set(rotation=0, va="center")
        levels(ax, x=list(marks or {}))
        steps = np.arange(1, len(values) + 1)
        ax.fill_between(steps, 0, values, step="mid", color=COLOURS[letter], alpha=0.22, lw=0)
        ax.plot(steps, values, drawstyle="steps-mid", color=COLOURS[letter], lw=1.6)
        ax.tick_params(labelbottom=ax is rows[-1], bottom=ax is rows[-1])
    for step, word in (marks or {}).items():
        label(rows[0], word, (step, rows[0].get_ylim()[1]), (0, 3), level="bottom")
    rows[-1].set_xlabel("step")
    figure.align_ylabels(rows)
    return figure
