"""A chart of principal components: an axis through a cloud, rotated by the reader."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import (
    axis,
    book_chart,
    equal_scale,
    records,
    sentences,
    slider,
)
from unrolled.figures.style import DATA, FIRST, QUIET

__all__ = ["chart_projection"]


def chart_projection(
    points: np.ndarray,
    covariance: np.ndarray,
    *,
    features: tuple[str, str],
    unit: str,
    start: int,
) -> alt.LayerChart:
    """Show a cloud, an axis at the angle that the reader chooses, and where the points land on it.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    covariance : ndarray of shape (2, 2)
        Of these points.
    features : (str, str)
        Names of the axes, with units.
    unit : str
        Of a variance.
    start : int
        The angle that is shown first, in degrees.

    Returns
    -------
    altair.LayerChart
    """
    mean_x, mean_y = (float(mean) for mean in points.mean(axis=0))
    half = 1.08 * np.abs(points - points.mean(axis=0)).max(axis=0)
    x = alt.X("x:Q", axis=axis(features[0]), scale=equal_scale(mean_x, "width", *half))
    y = alt.Y("y:Q", axis=axis(features[1]), scale=equal_scale(mean_y, "height", *half))
    cos, sin = "cos(angle * PI / 180)", "sin(angle * PI / 180)"
    along = f"((datum.x - {mean_x}) * {cos} + (datum.y - {mean_y}) * {sin})"
    cloud = alt.Chart(records(2, x=points[:, 0], y=points[:, 1])).transform_calculate(
        fx=f"{mean_x} + {along} * {cos}", fy=f"{mean_y} + {along} * {sin}"
    )
    far = float(np.hypot(*half))
    ends = alt.Chart(records(1, t=[-far, far])).transform_calculate(
        x=f"{mean_x} + datum.t * {cos}", y=f"{mean_y} + datum.t * {sin}"
    )
    degrees = np.arange(181)
    axes = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    variances = np.sum(axes * (covariance @ axes), axis=0)
    told = {
        angle: f"Along an axis at {angle} degrees the variance is {variance:.1f} {unit}, "
        f"{variance / np.trace(covariance):.0%} of the whole."
        for angle, variance in zip(degrees, variances, strict=True)
    }
    return book_chart(
        cloud.mark_rule(color=QUIET, strokeWidth=0.8, opacity=0.6, clip=True).encode(
            x=x, y=y, x2="fx:Q", y2="fy:Q"
        ),
        ends.mark_line(color=FIRST, strokeWidth=2, clip=True).encode(x="x:Q", y="y:Q"),
        cloud.mark_point(color=DATA, filled=True, size=28, opacity=1).encode(x="x:Q", y="y:Q"),
        cloud.mark_point(color=FIRST, filled=True, size=24, opacity=1, shape="diamond").encode(
            x="fx:Q", y="fy:Q"
        ),
        controls=[
            slider("angle", "angle of the axis in degrees", degrees, start=start),
            *sentences(told, "angle"),
        ],
    )
