"""Charts of bias and variance, for settings that the reader chooses."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, named, records, sentences, slider
from unrolled.figures.style import FIRST, QUIET, TARGET

__all__ = ["chart_degrees", "chart_neighbours"]

DASHED = [9, 5]


def chart_degrees(
    x: np.ndarray,
    means: np.ndarray,
    wobbles: np.ndarray,
    truth: np.ndarray,
    parts: np.ndarray,
    *,
    noises: np.ndarray,
    start: tuple[int, float],
) -> alt.LayerChart:
    """Show many fits, their mean and the truth, for the degree and the noise the reader chooses.

    Parameters
    ----------
    x : ndarray of shape (n_queries,)
        Equally spaced.
    means : ndarray of shape (n_degrees, n_queries)
        Mean fit of each degree, from 0 on.
    wobbles : ndarray of shape (n_degrees, n_sets, n_queries)
        How far each fit is from the mean one when the noise is one.
    truth : ndarray of shape (n_queries,)
    parts : ndarray of shape (2, n_degrees)
        Squared bias, and variance when the noise is one, averaged over `x`.
    noises : ndarray of shape (n_noises,)
        Equally spaced.
    start : (int, float)
        The degree and the noise that are shown first.

    Returns
    -------
    altair.LayerChart
    """
    n_degrees, n_sets, _ = wobbles.shape
    low, step = float(x[0]), float(x[1] - x[0])
    top = int(np.argmax(truth))
    told = {
        degree: {
            noise: f"On average over x the squared bias is {offset:.4f}, the variance "
            f"{spread * noise**2:.4f}, and both together {offset + spread * noise**2:.4f}."
            for noise in noises
        }
        for degree, (offset, spread) in enumerate(parts.T)
    }
    degrees, sets = np.divmod(np.arange(n_degrees * n_sets), n_sets)
    along = alt.X("x:Q", axis=axis("x"), scale=alt.Scale(domain=[low, float(x[-1])], nice=False))
    up = alt.Y("y:Q", axis=axis("target"), scale=alt.Scale(domain=[-2, 2], nice=False))
    fits = (
        alt.Chart(records(2, d=degrees, s=sets, w=wobbles.reshape(-1, len(x))))
        .transform_filter("datum.d == degree")
        .transform_flatten(["w"])
        .transform_window(i="row_number()", groupby=["s"])
        .transform_calculate(
            x=f"{low} + (datum.i - 1) * {step}",
            y="means[degree][datum.i - 1] + noise * datum.w",
        )
        .mark_line(color=FIRST, strokeWidth=1, opacity=0.55, clip=True, interpolate="monotone")
        .encode(x=along, y=up, detail="s:N")
    )
    mean = (
        alt.Chart(records(3, d=np.arange(n_degrees), y=means))
        .transform_filter("datum.d == degree")
        .transform_flatten(["y"])
        .transform_window(i="row_number()")
        .transform_calculate(x=f"{low} + (datum.i - 1) * {step}")
        .mark_line(color=FIRST, strokeWidth=4, clip=True)
        .encode(x="x:Q", y="y:Q")
    )
    aim = (
        alt.Chart(records(3, x=x, y=truth))
        .mark_line(color=TARGET, strokeWidth=2.5, strokeDash=DASHED)
        .encode(x="x:Q", y="y:Q")
    )
    return book_chart(
        fits,
        mean,
        aim,
        named("truth", x[top], truth[top], align="center"),
        controls=[
            slider("degree", "degree", np.arange(n_degrees), start=start[0]),
            slider("noise", "noise σ", noises, start=start[1]),
            alt.param(name="means", value=np.round(means, 3).tolist()),
            *sentences(told, "degree", "noise"),
        ],
    )


def chart_neighbours(
    x: np.ndarray,
    means: np.ndarray,
    truth: np.ndarray,
    n_neighbours: np.ndarray,
    parts: np.ndarray,
    *,
    at: float,
    start: int,
) -> alt.LayerChart:
    """Show the mean prediction and its spread, for the number of neighbours the reader chooses.

    Parameters
    ----------
    x : ndarray of shape (n_queries,)
    means : ndarray of shape (n_choices, n_queries)
        Mean prediction over training sets.
    truth : ndarray of shape (n_queries,)
    n_neighbours : ndarray of int of shape (n_choices,)
        Equally spaced.
    parts : ndarray of shape (2, n_choices)
        Squared bias at the marked place, and variance everywhere.
    at : float
        The marked place.
    start : int
        The number of neighbours that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    spreads = np.sqrt(parts[1])
    top = int(np.argmax(truth))
    told = {
        k: f"At x = {at:g} the squared bias is {offset:.4f}, the variance {spread:.4f}, and both "
        f"together {offset + spread:.4f}."
        for k, offset, spread in zip(n_neighbours, *parts, strict=True)
    }
    chosen = (
        alt.Chart(records(3, k=n_neighbours, x=np.tile(x, (len(means), 1)), m=means, s=spreads))
        .transform_filter("datum.k == k")
        .transform_flatten(["x", "m"])
        .transform_calculate(low="datum.m - datum.s", high="datum.m + datum.s")
    )
    reach = float(np.ceil(10 * (np.abs(means).max(axis=1) + spreads).max()) / 10) + 0.1
    across = alt.Scale(domain=[float(x[0]), float(x[-1])], nice=False)
    band = chosen.mark_area(color=FIRST, opacity=0.35).encode(
        x=alt.X("x:Q", axis=axis("x"), scale=across),
        y=alt.Y("low:Q", axis=axis("target"), scale=alt.Scale(domain=[-reach, reach], nice=False)),
        y2="high:Q",
    )
    line = chosen.mark_line(color=FIRST, strokeWidth=3).encode(x="x:Q", y="m:Q")
    aim = (
        alt.Chart(records(3, x=x, y=truth))
        .mark_line(color=TARGET, strokeWidth=2.5, strokeDash=DASHED)
        .encode(x="x:Q", y="y:Q")
    )
    place = alt.Chart(records(x=[at])).mark_rule(color=QUIET, strokeDash=[2, 3]).encode(x="x:Q")
    return book_chart(
        place,
        band,
        line,
        aim,
        named("truth", x[top], truth[top], align="center"),
        controls=[
            slider("k", "neighbours k", n_neighbours, start=start),
            *sentences(told, "k"),
        ],
    )
