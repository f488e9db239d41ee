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
    label,
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
    share = length / length[0]
    ax.plot(length, share, color=INK, lw=THIN, ls=DASHES[1], zorder=1)
    for values, colour, marker, name, shift in (
        (time, FIRST, MARKERS[0], "time", (-10, 6)),
        (memory, SECOND, MARKERS[1], "memory", (10, -6)),
    ):
        multiples = values / values[0]
        ax.plot(length, multiples, color=colour, lw=LINE_WIDTH, marker=marker, ms=6)
        left = shift[0] < 0
        place = (float(length[-2]), float(multiples[-2]))
        label(ax, name, place, shift, align="right" if left else "left",
              level="bottom" if left else "top")  # fmt: skip
    ax.set_xlim(0, length[-1] * 1.03)
    ax.set_ylim(bottom=0)
    ax.set_xticks(length)
    return ax
