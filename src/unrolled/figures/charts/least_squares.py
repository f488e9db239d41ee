"""A chart of nearest neighbours among noise features: their number at the reader's hand."""

from typing import Literal

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, records, sentences, slider
from unrolled.figures.style import EIGHTH, FIRST, QUIET

LINE, NEIGHBOURS, MEAN = FIRST, EIGHTH, QUIET

__all__ = ["chart_noise_features"]


def chart_noise_features(
    n_noise: np.ndarray,
    neighbours: np.ndarray,
    line: np.ndarray,
    mean: float,
    *,
    start: int,
) -> alt.LayerChart:
    """Show the errors of three methods, for the number of neighbours that the reader chooses.

    Parameters
    ----------
    n_noise : ndarray of int of shape (n_counts,)
    neighbours : ndarray of shape (n_choices, n_counts)
        Mean squared errors, with 1, 2 and so on neighbours.
    line : ndarray of shape (n_counts,)
        The error of least squares.
    mean : float
        The error of predicting the same value everywhere.
    start : int
        The number of neighbours that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    choices = np.arange(1, len(neighbours) + 1)
    shown = (
        alt.Chart(records(3, k=choices, p=np.tile(n_noise, (len(choices), 1)), e=neighbours))
        .transform_filter("datum.k == k")
        .transform_flatten(["p", "e"])
    )
    top = 1.1 * float(max(neighbours.max(), line.max(), mean))
    y = alt.Y("e:Q", axis=axis("mean squared error"), scale=alt.Scale(domain=[0, top], nice=False))
    x = alt.X("p:Q", axis=axis("noise features"), scale=alt.Scale(nice=False))
    steady = alt.Chart(records(3, p=n_noise, e=line))
    last = len(n_noise) - 1
    told = {
        k: f"With k = {k} the neighbours' error is {few:.3f} without noise features and {many:.3f} "
        f"with {n_noise[last]} of them; that of least squares goes from {line[0]:.3f} to "
        f"{line[last]:.3f}."
        for k, few, many in zip(choices, neighbours[:, 0], neighbours[:, last], strict=True)
    }
    return book_chart(
        alt.Chart(records(3, e=[mean]))
        .mark_rule(color=MEAN, strokeDash=[2, 3], strokeWidth=2)
        .encode(y=y),
        steady.mark_line(color=LINE, strokeDash=[6, 3]).encode(x=x, y="e:Q"),
        shown.mark_line(color=NEIGHBOURS, strokeWidth=2.5, point={"color": NEIGHBOURS}).encode(
            x="p:Q", y="e:Q"
        ),
        shown.transform_filter(f"datum.p == {int(n_noise[last])}")
        .mark_text(align="right", dy=-14)
        .encode(x="p:Q", y="e:Q", text=alt.datum("nearest neighbours")),
        _name("always the mean", n_noise[0], mean, dy=-9, align="left"),
        _name("least squares", n_noise[last], line[last], dy=18, align="right"),
        controls=[
            slider("k", "neighbours k", choices, start=start),
            *sentences(told, "k"),
        ],
    )


def _name(
    text: str, x: float, y: float, *, dy: float, align: Literal["left", "right"]
) -> alt.Chart:
    """Write a series' name beside one of its ends."""
    data = records(3, p=[float(x)], e=[float(y)], text=[text])
    written: alt.Chart = (
        alt.Chart(data)
        .mark_text(align=align, dx=4 if align == "left" else 0, dy=dy)
        .encode(x="p:Q", y="e:Q", text="text:N")
    )
    return written
