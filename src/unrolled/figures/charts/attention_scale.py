"""A chart of the largest weight of each row, for a dimension that the reader chooses."""

from typing import Literal

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, menu, records, sentences
from unrolled.figures.style import TARGET, WRONG

__all__ = ["chart_dimensions"]


def chart_dimensions(
    dimensions: np.ndarray,
    edges: np.ndarray,
    shares: np.ndarray,
    means: np.ndarray,
    *,
    start: int,
) -> alt.LayerChart:
    """Show how the largest weight of a row is distributed, scaled and unscaled, for a dimension.

    Parameters
    ----------
    dimensions : ndarray of int of shape (n_dimensions,)
        The powers of two, from one on.
    edges : ndarray of shape (n_bins + 1,)
        Equally spaced from 0 to 1.
    shares : ndarray of shape (n_dimensions, 2, n_bins)
        Unscaled first.
    means : ndarray of shape (n_dimensions, 2, 2)
        Mean largest weight and mean entropy in bits, unscaled first.
    start : int
        The dimension that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    middles = (edges[1:] + edges[:-1]) / 2
    first = int(np.flatnonzero(dimensions == start)[0])
    table = records(
        4, n=np.arange(len(dimensions)), x=np.tile(middles, (len(dimensions), 1)),
        unscaled=shares[:, 0], scaled=shares[:, 1],
    )  # fmt: skip
    chosen = (
        alt.Chart(table)
        .transform_filter("datum.n == power")
        .transform_flatten(["x", "unscaled", "scaled"])
    )
    across = alt.X(
        "x:Q", axis=axis("largest weight of a row"), scale=alt.Scale(domain=[0, 1], nice=False)
    )
    up = alt.Scale(domain=[0, float(np.ceil(20 * shares.max()) / 20)], nice=False)
    layers = []
    looks: tuple[tuple[str, str, list[int], Literal["left", "right"]], ...] = (
        ("unscaled", WRONG, [7, 4], "right"), ("scaled", TARGET, [1, 0], "left"),
    )  # fmt: skip
    for row, (kind, colour, dash, align) in enumerate(looks):
        height = alt.Y(f"{kind}:Q", axis=axis("share of rows"), scale=up)
        layers.append(
            chosen.mark_line(
                color=colour, strokeWidth=3, strokeDash=dash, interpolate="step"
            ).encode(x=across, y=height)
        )
        peaks = shares[:, row].argmax(axis=1)
        ends = records(
            4, n=np.arange(len(dimensions)), x=middles[peaks], y=shares[:, row].max(axis=1)
        )
        layers.append(
            alt.Chart(ends)
            .transform_filter("datum.n == power")
            .mark_text(align=align, dy=-9, text=kind)
            .encode(x="x:Q", y="y:Q")
        )
    told = {
        n: f"Dimension {d_k}: unscaled (dashed) the largest weight averages {plain[0]:.2f} and "
        f"the entropy {plain[1]:.2f} bit; scaled {scaled[0]:.2f} and {scaled[1]:.2f} bit."
        for n, (d_k, (plain, scaled)) in enumerate(zip(dimensions, means, strict=True))
    }
    return book_chart(
        *layers,
        controls=[
            menu("power", "dimension", [str(dimension) for dimension in dimensions], start=first),
            *sentences(told, "power"),
        ],
    )
