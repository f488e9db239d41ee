"""A chart of Fisher's discriminant, for the angle of an axis that the reader chooses."""

from typing import Any

import altair as alt
import numpy as np

from unrolled.figures.charts.style import (
    book_chart,
    equal_scale,
    records,
    sentences,
    slider,
)
from unrolled.figures.style import INK, SERIES

__all__ = ["chart_rotated_axis"]

N_BINS = 48


def chart_rotated_axis(
    points: np.ndarray,
    labels: np.ndarray,
    degrees: np.ndarray,
    criterion: np.ndarray,
    variance: np.ndarray,
    *,
    start: float,
) -> alt.LayerChart:
    """Show two classes with an axis, and how they lie along it, for the angle the reader chooses.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    degrees : ndarray of int of shape (n_angles,)
        Equally spaced.
    criterion, variance : ndarray of shape (n_angles,)
        Of the projections.
    start : float
        The angle that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    around, angles = points - points.mean(axis=0), np.radians(degrees)
    shadows = around @ np.array([np.cos(angles), np.sin(angles)])
    reach = 1.05 * float(np.abs(shadows).max())
    # The clouds lie around (0, 0); beside them, from `left` on, stands what lies along the axis.
    left, floor, height = 1.2 * reach, -0.7 * reach, 1.5 * reach
    x = alt.X("x:Q", axis=None, scale=equal_scale(1.1 * reach, "width", 2.1 * reach, reach))
    y = alt.Y("y:Q", axis=None, scale=equal_scale(0, "height", 2.1 * reach, reach))
    layers = [
        alt.Chart(records(2, x=around[labels == c, 0], y=around[labels == c, 1]))
        .mark_circle(color=SERIES[c], size=16, opacity=0.8)
        .encode(x=x, y=y)
        for c in (0, 1)
    ]
    ends = alt.Chart(records(1, t=[-reach, reach])).transform_calculate(
        x="datum.t * cos(angle * PI / 180)", y="datum.t * sin(angle * PI / 180)"
    )
    edges = np.linspace(-reach, reach, N_BINS + 1)
    counts = np.array(
        [[np.histogram(row, edges)[0] for row in shadows[labels == c].T] for c in (0, 1)]
    )
    tops = floor + height * counts / counts.max(axis=(0, 2))[:, None]
    bars = (
        alt.Chart(records(2, g=degrees, a=tops[0], b=tops[1]))
        .transform_filter("datum.g == angle")
        .transform_flatten(["a", "b"])
        .transform_window(n="row_number()")
        .transform_calculate(
            x=f"{left} + (datum.n - 1) * {2 * reach / N_BINS}",
            x2=f"{left} + datum.n * {2 * reach / N_BINS}",
        )
    )
    layers += [
        bars.mark_rect(color=SERIES[c], opacity=0.6).encode(
            x=x, x2="x2:Q", y=alt.Y(f"{column}:Q", axis=None), y2=alt.datum(floor)
        )
        for c, column in enumerate("ab")
    ]
    base = records(2, x=[left, left + 2 * reach], y=[floor, floor])
    middle = records(2, x=[left + reach], y=[floor])
    tip: dict[str, Any] = {"color": INK, "size": 60, "opacity": 1}
    told = {
        angle: f"At {angle} degrees J is {J:.2f} and the variance {spread:.2f}."
        for angle, J, spread in zip(degrees, criterion, variance, strict=True)
    }
    return book_chart(
        *layers,
        ends.mark_line(color=INK, strokeWidth=2).encode(x=x, y=y),
        ends.transform_filter("datum.t > 0").mark_circle(**tip).encode(x=x, y=y),
        alt.Chart(base).mark_line(color=INK, strokeWidth=2).encode(x=x, y=y),
        alt.Chart(base)
        .transform_filter(f"datum.x > {left + reach}")
        .mark_circle(**tip)
        .encode(x=x, y=y),
        alt.Chart(middle).mark_text(dy=16, text="along the axis").encode(x=x, y=y),
        height=230,
        controls=[
            slider("angle", "angle in degrees", degrees, start=start),
            *sentences(told, "angle"),
        ],
    )
