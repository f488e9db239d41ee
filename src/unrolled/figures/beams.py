"""The tree of beginnings that a beam search grows, step by step."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from matplotlib.figure import Figure

from unrolled.figures.stepping import full_axes
from unrolled.figures.style import (
    FIRST,
    FOURTH,
    LINE_WIDTH,
    QUIET,
    THIN,
    WIDE,
    book_style,
    halo,
    label,
)

__all__ = ["Twig", "figure_beams"]

GAP, ROW, LEFT, TOP = 1.13, 0.44, 0.45, 0.35  # inches


class Twig(NamedTuple):
    """A beginning in the tree."""

    before: int  # row of what it extends, in the column before
    token: str  # the last one, as it is written on the page
    log_probability: float
    is_kept: bool
    is_ended: bool


@book_style()
def figure_beams(columns: Sequence[Sequence[Twig]], n_columns: int, n_rows: int) -> Figure:
    """Draw the beginnings that are known after a step, from the left to the right.

    Parameters
    ----------
    columns : sequence of sequence of Twig
        For each token that was written, the most probable beginning first. The newest ones stand
        at the right; those that do not lead to a kept one are grey.
    n_columns, n_rows : int
        Of the whole sequence of drawings, so that nothing moves from one to the next. At most six
        columns are shown, the latest.

    Returns
    -------
    Figure
    """
    height = TOP + ROW * n_rows + 0.2
    ax = full_axes(WIDE, height)
    ax.set_axis_off()
    ax.set(xlim=(0, WIDE), ylim=(height, 0))
    alive = _alive(columns)
    first = max(0, len(columns) - 6)
    gap = min(GAP, (WIDE - LEFT - 0.55) / min(6, n_columns))
    if not first:
        label(ax, "start", (LEFT - 0.12, TOP), rim=False)
    for number in range(first, len(columns)):
        x = LEFT + gap * (number - first + 1)
        for row, twig in enumerate(columns[number]):
            lives = alive[number][row]
            colour = FOURTH if lives and twig.is_ended else FIRST if lives else QUIET
            here = (x, TOP + ROW * row)
            if number > first or not first:
                start = (x - gap, TOP + ROW * (twig.before if number else 0))
                shares = np.linspace(0.3, 0.68, 2)
                points = [
                    [a + share * (b - a) for share in shares]
                    for a, b in zip(start, here, strict=True)
                ]
                ax.plot(*points, color=colour, lw=LINE_WIDTH if lives else THIN, zorder=1)
            text = label(ax, twig.token, here, (0, 5), rim=False)
            text.set_color(QUIET if colour == QUIET else text.get_color())
            number_text = label(
                ax, f"{twig.log_probability:.2f}".replace("-", "−"), here, (0, -7), rim=False
            )
            number_text.set(fontsize=10.5, color=QUIET)
            halo(text, 2.5)
    return cast(Figure, ax.get_figure(root=True))


def _alive(columns: Sequence[Sequence[Twig]]) -> list[list[bool]]:
    """Say which beginnings have ended, or lead to one of the last column that is kept."""
    alive = [[twig.is_kept and twig.is_ended for twig in column] for column in columns]
    alive[-1] = [twig.is_kept for twig in columns[-1]]
    for number in range(len(columns) - 1, 0, -1):
        for twig, lives in zip(columns[number], alive[number], strict=True):
            if lives:
                alive[number - 1][twig.before] = True
    return alive
