"""Texts cut into pieces: rows of boxes over one ruler, on which longer pieces are wider."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from unrolled.figures.diagrams import TINT, draw_box
from unrolled.figures.stepping import full_axes
from unrolled.figures.style import SINGLE, THIN, book_style, label

__all__ = ["Piece", "draw_pieces"]

GAP = 0.1  # between two boxes, in units of the ruler
HEIGHT = 0.36  # inches, of a row
BOX = 0.78  # of this a box


class Piece(NamedTuple):
    """A part of a text: what is written in its box, how long it is, and what fills it."""

    text: str
    width: float = 1.0
    colour: str = ""  # empty: nothing
    tint: float = TINT


@book_style()
def draw_pieces(
    rows: Iterable[tuple[str, Sequence[Piece]]], *, margin: float = 0.9, width: float = SINGLE
) -> Axes:
    """Draw rows of pieces, each row with its name before it.

    Parameters
    ----------
    rows : iterable of (str, sequence of Piece)
        Name and pieces of each row, from the top; the longest row fills the figure.
    margin : float, optional
        Room for the names, in inches.
    width : float, optional
        Of the figure, in inches.

    Returns
    -------
    Axes
    """
    rows = list(rows)
    ax = full_axes(width, HEIGHT * len(rows) + 0.1)
    longest = max(sum(piece.width for piece in row) for _, row in rows)
    unit = (width - margin - 0.05) / longest
    ax.set_axis_off()
    ax.set(xlim=(-margin / unit, longest + 0.05 / unit), ylim=(len(rows) + 0.14, -0.14))
    for level, (name, row) in enumerate(rows):
        label(ax, name, (-margin / unit, level + 0.5), (3, 0), align="left", rim=False)
        start = 0.0
        for text, long, colour, tint in row:
            at = start + long / 2, level + 0.5
            filled = tint if colour else 0.0
            size = long - GAP, BOX
            draw_box(ax, text, at, size, fill=colour, tint=filled, width=THIN, round_by=0.0)
            start += long
    return ax
