"""A chart of nearest neighbours among noise features, for a number that the reader chooses."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, named, records, sentences, slider
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
        alt.Chart(records(3, k=choices, x=np.tile(n_noise, (len(choices), 1)), y=neighbours))
        .transform_filter("datum.k == k")
        .transform_flatten(["x", "y"])
    )
    top = 1.1 * float(max(neighbours.max(), line.max(), mean))
    y = alt.Y("y:Q", axis=axis("mean squared error"), scale=alt.Scale(domain=[0, top], nice=False))
    x = alt.X("x:Q", axis=axis("noise features"), scale=alt.Scale(nice=False))
    steady = alt.Chart(records(3, x=n_noise, y=line))
    last = len(n_noise) - 1
    told = {
        k: f"With k = {k} the neighbours' error is {few:.3f} without noise features and {many:.3f} "
        f"with {n_noise[last]} of them; that of least squares goes from {line[0]:.3f} to "
        f"{line[last]:.3f}."
        for k, few, many in zip(choices, neighbours[:, 0], neighbours[:, last], strict=True)
    }
    return book_chart(
        alt.Chart(records(3, y=[mean]))
        .mark_rule(color=MEAN, strokeDash=[2, 3], strokeWidth=2)
        .encode(y=y),
        steady.mark_line(color=LINE, strokeDash=[6, 3]).encode(x=x, y="y:Q"),
        shown.mark_line(color=NEIGHBOURS, strokeWidth=2.5, point={"color": NEIGHBOURS}).encode(
            x="x:Q", y="y:Q"
        ),
        shown.transform_filter(f"datum.x == {int(n_noise[last])}")
        .mark_text(align="right", dy=-14)
        .encode(x="x:Q", y="y:Q", text=alt.datum("nearest neighbours")),
        named("always the mean", n_noise[0], mean, align="left"),
        named("least squares", n_noise[last], line[last], up=-18, align="right"),
        controls=[
            slider("k", "neighbours k", choices, start=start),
            *sentences(told, "k"),
        ],
    )
