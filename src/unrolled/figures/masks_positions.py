"""Positional encodings as hands of dials."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from unrolled.figures.style import (
    DASHES,
    FIRST,
    INK,
    QUIET,
    SINGLE,
    TARGET,
    THIN,
    bare_axes,
    book_style,
    label,
    panels,
)

__all__ = ["figure_dials"]


@book_style()
def figure_dials(frequencies: np.ndarray, starts: Sequence[int], shift: int) -> Figure:
    """Draw pairs of columns as hands of dials, at some positions and a few positions later.

    Parameters
    ----------
    frequencies : ndarray of shape (n_dials,)
    starts : sequence of int
        Positions, a row of dials for each.
    shift : int
        How many positions later.

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, 0.8 * len(starts) + 0.45, (1,) * len(frequencies))
    for ax, frequency in zip(axes, frequencies, strict=True):
        bare_axes(ax)
        for row, start in enumerate(starts):
            middle = -2.4 * row
            ax.add_patch(Circle((0, middle), 1, fill=False, ec=QUIET, lw=THIN))
            angles = float(frequency) * start, float(frequency) * (start + shift)
            arc = np.linspace(*angles, 40)
            ax.plot(0.4 * np.sin(arc), middle + 0.4 * np.cos(arc), color=TARGET, lw=1.4)
            for angle, colour, dash in zip(angles, (INK, FIRST), DASHES, strict=False):
                ax.plot([0, np.sin(angle)], [middle, middle + np.cos(angle)], color=colour, ls=dash,
                        lw=2.4)  # fmt: skip
            if ax is axes[0]:
                name = f"positions\n{start} and {start + shift}"
                label(ax, name, (-1.15, middle), align="right", rim=False)
        label(ax, rf"$\omega = {frequency:.2g}$", (0, 1.1), (0, 8), rim=False)
        ax.set(xlim=(-1.1, 1.1), ylim=(-2.4 * (len(starts) - 1) - 1.1, 1.1))
    return figure
