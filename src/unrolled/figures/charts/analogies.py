"""A chart of pairs of words that one relation joins, for the relation that the reader chooses."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import numpy as np

from unrolled.figures.charts.style import book_chart, equal_scale, menu, records, sentences
from unrolled.figures.style import FIRST, INK, SECOND

__all__ = ["chart_offsets"]

REACH = 1.0  # of the words from the middle, to the side and upwards
ROOM = 0.72  # to each side, for names
LETTER = 0.068, 0.15  # width of a letter, and height of a line
GAP = 0.06  # between a point and its name


def chart_offsets(
    names: Sequence[str],
    places: Sequence[np.ndarray],
    words: Sequence[Sequence[tuple[str, str]]],
    told: Sequence[str],
    *,
    start: int,
) -> alt.LayerChart:
    """Show where the words of each pair lie, joined by a line, for a relation.

    Parameters
    ----------
    names : sequence of str
        Of the relations.
    places : sequence of ndarray of shape (n_pairs, 2, 2)
        For each relation, pair and word two coordinates; each relation to its own scale. The
        second words should lie to the right.
    words : sequence of sequences of (str, str)
        A pair is named where there is room for it, from the first one on.
    told : sequence of str
        A sentence for each relation.
    start : int
        The relation that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    fitted = [_fitted(table) for table in places]
    joined = np.concatenate(fitted)
    of = np.repeat(np.arange(len(names)), [len(table) for table in fitted])
    (x1, y1), (x2, y2) = joined.transpose(1, 2, 0)
    table = records(3, r=of, x=x1, y=y1, x2=x2, y2=y2)
    pairs = alt.Chart(table).transform_filter("datum.r == relation")
    reach = REACH + ROOM, REACH + LETTER[1] / 2
    x = alt.X("x:Q", axis=None, scale=equal_scale(0, "width", *reach))
    y = alt.Y("y:Q", axis=None, scale=equal_scale(0, "height", *reach))
    layers = [
        pairs.mark_rule(color=INK, strokeWidth=1.2, opacity=0.55).encode(
            x=x, y=y, x2="x2:Q", y2="y2:Q"
        ),
        pairs.mark_circle(color=SECOND, size=36, opacity=1).encode(x="x:Q", y="y:Q"),
        pairs.mark_square(color=FIRST, size=36, opacity=1).encode(x="x2:Q", y="y2:Q"),
    ]
    named = [
        (r, *ends[n, side], words[r][n][side], side)
        for r, ends in enumerate(fitted)
        for n in _with_room(ends, words[r])
        for side in (0, 1)
    ]
    keys = dict(zip(("r", "x", "y", "text", "side"), zip(*named, strict=True), strict=True))
    texts = alt.Chart(records(3, **keys))
    beside: tuple[tuple[int, Literal["left", "right"], int], ...]
    beside = (0, "right", -7), (1, "left", 7)
    layers += [
        texts.transform_filter(f"datum.r == relation && datum.side == {side}")
        .mark_text(align=align, dx=dx)
        .encode(x="x:Q", y="y:Q", text="text:N")
        for side, align, dx in beside
    ]
    return book_chart(
        *layers,
        controls=[
            menu("relation", "relation", names, start=start),
            *sentences(dict(enumerate(told)), "relation"),
        ],
    )


def _fitted(table: np.ndarray) -> np.ndarray:
    """Move the middle of all words to zero, and scale them to fit."""
    ends = table.reshape(-1, 2)
    around = table - (ends.max(axis=0) + ends.min(axis=0)) / 2
    fitted: np.ndarray = around * REACH / np.abs(around).max()
    return fitted


def _with_room(table: np.ndarray, words: Sequence[tuple[str, str]]) -> list[int]:
    """Choose pairs whose names would not be written over a point or over other names."""
    widths = np.array([[len(one), len(other)] for one, other in words]) * LETTER[0]
    sizes = np.stack([widths, np.full_like(widths, LETTER[1])], axis=-1)
    middles = table.copy()
    middles[..., 0] += (widths / 2 + GAP) * (-1, 1)
    chosen: list[int] = []
    for n in range(len(table)):
        points = np.delete(table, n, axis=0).reshape(-1, 1, 2)
        over = np.abs(points - middles[n]) < sizes[n] / 2
        others, theirs = (part[chosen].reshape(-1, 1, 2) for part in (middles, sizes))
        names = np.abs(others - middles[n]) < (theirs + sizes[n]) / 2
        if not over.all(axis=-1).any() and not names.all(axis=-1).any():
            chosen.append(n)
    return chosen
