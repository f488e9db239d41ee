"""The drawings of back propagation through time: the parts of a gradient, and truncation.

Whatever flows backwards is violet. Of two trainings that differ in the truncation length, the one
that is long enough is olive, the other one brick.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unrolled.figures.style import (
    INK,
    SIGNED,
    TEXT_SIZE,
    WIDE,
    book_style,
    panels,
)

__all__ = [
    "figure_stack",
]


# The parts of a gradient ---------------------------------------------------------------------


@book_style()
def figure_stack(parts: np.ndarray) -> Figure:
    """Draw the derivatives with respect to the copies of a matrix, and their sum.

    Parameters
    ----------
    parts : ndarray of shape (n_steps, n_rows, n_columns)

    Returns
    -------
    Figure
    """
    whole = parts.sum(axis=0)
    tables = [*parts, whole]
    figure, axes = panels(WIDE, 2.0, [*(1.0 for _ in tables), 0.14])
    largest = float(np.abs(tables).max())
    limits: dict[str, Any] = {"cmap": SIGNED, "vmin": -largest, "vmax": largest}
    for place, (ax, panel) in enumerate(zip(axes, tables, strict=False)):
        last = place == len(parts)
        ax.imshow(panel, **limits)
        ax.set_xticks([])
        ax.set_yticks([])
        below = "sum\n" r"$\downarrow$" "\none update"
        ax.set_xlabel(below if last else f"$t = {place + 1}$")
        if place:
            ax.annotate("=" if last else "+", (-0.13, 0.5), xycoords="axes fraction", ha="center",
                        va="center", color=INK, fontsize=TEXT_SIZE)  # fmt: skip
    _scale(axes[-1], largest, limits)
    return figure


def _scale(ax: Axes, largest: float, limits: dict[str, Any]) -> None:
    """Draw the colour bar of signed derivatives."""
    shades = np.linspace(-largest, largest, 101)[:, None]
    ax.imshow(shades, origin="lower", aspect="auto", extent=(0, 1, -largest, largest), **limits)
    ax.set_xticks([])
    ax.yaxis.tick_right()
    ax.yaxis.set_label_position("right")
    ax.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    ax.tick_params(axis="y", colors=INK, labelsize=TEXT_SIZE)
    ax.set_ylabel("derivative of $J$")
    ax.set_box_aspect(7)


# Truncation ----------------------------------------------------------------------------------
