"""A chart of Fisher's discriminant: the angle of an axis at the reader's hand."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, house_chart, records, sentence, slider
from unrolled.figures.style import SERIES

__all__ = ["chart_turned_axis"]

N_BINS = 48


def chart_turned_axis(
    degrees: np.ndarray,
    shadows: np.ndarray,
    labels: np.ndarray,
    criterion: np.ndarray,
    variance: np.ndarray,
    *,
    start: float,
) -> alt.LayerChart:
    """Show how two classes lie along an axis, for the angle that the reader chooses.

    Parameters
    ----------
    degrees : ndarray of int of shape (n_angles,)
        Equally spaced.
    shadows : ndarray of shape (n_points, n_angles)
        Of each point on each axis.
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    criterion, variance : ndarray of shape (n_angles,)
        Of the shadows.
    start : float
        The angle that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    reach = float(np.ceil(np.abs(shadows).max()))
    edges = np.linspace(-reach, reach, N_BINS + 1)
    counts = [[np.histogram(column, edges)[0] for column in shadows[labels == k].T] for k in (0, 1)]
    lefts = np.tile(edges[:-1], (len(degrees), 1))
    rows = (
        alt.Chart(records(2, g=degrees, z=lefts, a=np.array(counts[0]), b=np.array(counts[1])))
        .transform_filter("datum.g == angle")
        .transform_flatten(["z", "a", "b"])
        .transform_calculate(right=f"datum.z + {2 * reach / N_BINS}")
    )
    x = alt.X(
        "z:Q",
        axis=axis("along the axis"),
        scale=alt.Scale(domain=[-reach, reach], nice=False),
    )
    y = alt.Y(
        "a:Q",
        axis=axis("points"),
        scale=alt.Scale(domain=[0, float(1.05 * np.max(counts))], nice=False),
    )
    first = rows.mark_rect(color=SERIES[0], opacity=0.6).encode(
        x=x, x2="right:Q", y=y, y2=alt.datum(0)
    )
    second = rows.mark_rect(color=SERIES[1], opacity=0.6).encode(
        x="z:Q", x2="right:Q", y="b:Q", y2=alt.datum(0)
    )
    first_degree, step = float(degrees[0]), float(degrees[1] - degrees[0])
    index = f"round((angle - {first_degree}) / {step})"
    return house_chart(
        first,
        second,
        controls=[
            slider(
                "angle", "angle in degrees",
                first_degree, float(degrees[-1]), step=step, start=start,
            ),
            alt.param(name="J", value=np.round(criterion, 3).tolist()),
            alt.param(name="V", value=np.round(variance, 3).tolist()),
            sentence(
                f"'At ' + angle + ' degrees J is ' + format(J[{index}], '.2f') + "
                f"' and the variance ' + format(V[{index}], '.2f') + '.'"
            ),
        ],
    )  # fmt: skip
