"""What an LSTM costs: time and memory, for longer and longer sequences."""

import numpy as np
from matplotlib.axes import Axes

from unrolled.figures.style import (
    DASHES,
    FIRST,
    INK,
    LINE_WIDTH,
    MARKERS,
    SECOND,
    THIN,
    chart,
    house_style,
    label_ends,
)

__all__ = ["draw_growth"]


@house_style()
def draw_growth(
    length: np.ndarray, time: np.ndarray, memory: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw time and memory over the length of a sequence, as multiples of the shortest one's.

    Parameters
    ----------
    length : ndarray of shape (n_lengths,)
        Numbers of steps, rising.
    time, memory : ndarray of shape (n_lengths,)
        In any unit.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = chart(ax, "steps", "times the cost of the shortest")
    ax.plot(length, length / length[0], color=INK, lw=THIN, ls=DASHES[1], zorder=1)
    costs = time / time[0], memory / memory[0]
    for multiples, colour, marker in zip(costs, (FIRST, SECOND), MARKERS, strict=False):
        ax.plot(length, multiples, color=colour, lw=LINE_WIDTH, marker=marker, ms=6, clip_on=False)
    ax.set_xlim(0, length[-1])
    ax.set_ylim(bottom=0)
    ax.set_xticks(length)
    label_ends(ax, ("time", "memory"), length, np.array(costs))
    return ax
