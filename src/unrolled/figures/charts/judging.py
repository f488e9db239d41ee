"""A chart of two overlapping classes, for a distance and a threshold that the reader chooses."""

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
from unrolled.figures.style import FIRST, INK, QUIET, SECOND

__all__ = ["chart_overlap"]

REACH = 5.5  # scores run from minus this to this
LEFT = 1.3  # where the plane of the curve begins; each of the two pictures is one unit wide
HEIGHT = 2.2  # of a density of 1


def chart_overlap(
    distances: np.ndarray,
    thresholds: np.ndarray,
    recall: np.ndarray,
    false_alarm: np.ndarray,
    areas: np.ndarray,
    *,
    start: tuple[float, float],
) -> alt.LayerChart:
    """Show two normal densities with a threshold, and the curve with its point, as the reader sets.

    The negatives have their mean at minus half the distance, the positives at plus half of it, and
    both the standard deviation 1.

    Parameters
    ----------
    distances : ndarray of shape (n_distances,)
        Of the positives' mean from the negatives'; equally spaced.
    thresholds : ndarray of shape (n_thresholds,)
        Equally spaced.
    recall, false_alarm : ndarray of shape (n_distances, n_thresholds)
    areas : ndarray of shape (n_distances,)
        Under the curve.
    start : (float, float)
        Distance and threshold that are shown first.

    Returns
    -------
    altair.LayerChart
    """
    middle = (LEFT + 1) / 2
    x = alt.X("x:Q", axis=None, scale=equal_scale(middle, "width", middle + 0.04, 0.66))
    y = alt.Y("y:Q", axis=None, scale=equal_scale(0.45, "height", middle + 0.04, 0.66))
    scores = alt.Chart(records(2, s=np.linspace(-REACH, REACH, 141)))
    layers = []
    for sign, colour, dash in (("-", SECOND, [7, 4]), ("+", FIRST, [1, 0])):
        density = scores.transform_calculate(
            x=f"(datum.s + {REACH}) / {2 * REACH}",
            y=f"{HEIGHT} * densityNormal(datum.s, 0 {sign} distance / 2, 1)",
        )
        layers += [
            density.transform_filter("datum.s >= threshold")
            .mark_area(color=colour, opacity=0.45)
            .encode(x=x, y=y, y2=alt.datum(0)),
            density.mark_line(color=colour, strokeWidth=2.5, strokeDash=dash).encode(x=x, y=y),
        ]
    curve = scores.transform_calculate(
        x=f"{LEFT} + 1 - cumulativeNormal(1.4 * datum.s, -distance / 2, 1)",
        y="1 - cumulativeNormal(1.4 * datum.s, distance / 2, 1)",
    )
    order: dict[str, Any] = {"order": alt.Order("s:Q")}
    one = alt.Chart(records(n=[0]))
    point = one.transform_calculate(
        x=f"{LEFT} + 1 - cumulativeNormal(threshold, -distance / 2, 1)",
        y="1 - cumulativeNormal(threshold, distance / 2, 1)",
    )
    at = one.transform_calculate(x=f"(threshold + {REACH}) / {2 * REACH}", y="0.98")
    layers += [
        _line([0, 1], [0, 0], INK).encode(x=x, y=y),
        at.mark_rule(color=INK, strokeWidth=2).encode(x=x, y=y, y2=alt.datum(0)),
        curve.mark_area(color=INK, opacity=0.09).encode(x=x, y=y, y2=alt.datum(0)),
        _line([LEFT, LEFT + 1], [0, 1], QUIET, strokeDash=[3, 3]).encode(x=x, y=y),
        _line([LEFT, LEFT, LEFT + 1], [1, 0, 0], INK).encode(x=x, y=y),
        curve.mark_line(color=INK, strokeWidth=2.5).encode(x=x, y=y, **order),
        point.mark_point(color=INK, filled=True, size=110, opacity=1).encode(x=x, y=y),
        _words("score", 0.5, -0.09).encode(x=x, y=y),
        _words("false-alarm rate", LEFT + 0.5, -0.09).encode(x=x, y=y),
        _words("recall", LEFT + 0.04, 1.08).encode(x=x, y=y),
    ]
    told = {
        distance: {
            threshold: _sentence(hit, alarm, area)
            for threshold, hit, alarm in zip(thresholds, hits, alarms, strict=True)
        }
        for distance, hits, alarms, area in zip(distances, recall, false_alarm, areas, strict=True)
    }
    return book_chart(
        *layers,
        height=240,
        controls=[
            slider("distance", "distance of the positives", distances, start=start[0]),
            slider("threshold", "threshold", thresholds, start=start[1]),
            *sentences(told, "distance", "threshold"),
        ],
    )


def _sentence(hits: float, alarms: float, area: float) -> str:
    found, raised = round(100 * float(hits)), round(100 * float(alarms))
    return (
        f"Of 100 positives {found} are flagged (TP), {100 - found} missed (FN); of 100 negatives "
        f"{raised} are flagged (FP), {100 - raised} not (TN). Area {area:.2f}."
    )


def _line(x: list[float], y: list[float], colour: str, **look: Any) -> alt.Chart:
    drawn: alt.Chart = alt.Chart(records(n=range(len(x)), x=x, y=y)).mark_line(
        color=colour, strokeWidth=1.2, **look
    )
    return drawn.encode(order=alt.Order("n:Q"))


def _words(text: str, x: float, y: float) -> alt.Chart:
    written: alt.Chart = alt.Chart(records(3, x=[x], y=[y])).mark_text(text=text)
    return written
