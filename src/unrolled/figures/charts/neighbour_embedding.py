"""The chart of the neighbour embedding: one perplexity at a time, at the reader's hand."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from unrolled.figures.charts.style import house_chart, menu, records, sentence
from unrolled.figures.neighbour_embedding import DIGITS

__all__ = ["chart_perplexities"]


def chart_perplexities(
    maps: Sequence[np.ndarray],
    digits: np.ndarray,
    perplexities: Sequence[int],
    kept: Sequence[float],
    *,
    start: int,
) -> alt.LayerChart:
    """Show the map of digits that belongs to the perplexity which the reader chooses.

    Parameters
    ----------
    maps : sequence of ndarrays of shape (n_points, 2)
        One for each perplexity; each is drawn to its own scale.
    digits : ndarray of int of shape (n_points,)
    perplexities : sequence of int
    kept : sequence of float
        Share of neighbours that each map keeps.
    start : int
        The perplexity that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    scaled = np.array([y / np.abs(y).max() for y in (y - _middle(y) for y in maps)])
    data = records(
        3,
        P=np.array(perplexities),
        x=scaled[:, :, 0],
        y=scaled[:, :, 1],
        d=np.tile(digits, (len(scaled), 1)),
    )
    frame = alt.Scale(domain=[-1.05, 1.05], nice=False)
    colours = alt.Scale(domain=list(range(10)), range=list(DIGITS))
    points = (
        alt.Chart(data)
        .transform_filter("datum.P == perplexity")
        .transform_flatten(["x", "y", "d"])
        .mark_text(fontSize=13, fontWeight="bold")
        .encode(
            x=alt.X("x:Q", axis=None, scale=frame),
            y=alt.Y("y:Q", axis=None, scale=frame),
            text="d:Q",
            color=alt.Color("d:O", scale=colours, legend=None),
        )
    )
    values = [int(value) for value in perplexities]
    shares = {str(value): round(float(share), 3) for value, share in zip(values, kept, strict=True)}
    return house_chart(
        points,
        height=380,
        controls=[
            menu("perplexity", "perplexity", values, words=[str(v) for v in values], start=start),
            alt.param(name="kept", value=shares),
            sentence(
                "'At perplexity ' + perplexity + ' the map keeps ' + "
                "format(kept[perplexity], '.0%') + ' of the ten nearest neighbours.'"
            ),
        ],
    )


def _middle(y: np.ndarray) -> np.ndarray:
    """Return the middle of the frame round a map."""
    middle: np.ndarray = (y.min(axis=0) + y.max(axis=0)) / 2
    return middle
