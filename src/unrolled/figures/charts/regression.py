"""A chart about choosing a model, for a degree and a penalty that the reader chooses."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, named, records, sentences, slider
from unrolled.figures.regression import FIT, TRAINING, VALIDATION
from unrolled.figures.style import TARGET

__all__ = ["chart_fits"]

_OUT_OF_SIGHT = 4.0  # a fit is clipped here, far outside the picture


def chart_fits(
    truth: np.ndarray,
    fits: np.ndarray,
    training: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    errors: np.ndarray,
    powers: np.ndarray,
    *,
    start: tuple[int, int],
) -> alt.LayerChart:
    """Show the fit with the degree and the penalty that the reader chooses, and its two errors.

    Parameters
    ----------
    truth : ndarray of shape (n,)
        At equally spaced inputs from 0 to 1.
    fits : ndarray of shape (n_degrees, n_penalties, n)
        At the same inputs; degree 1 first.
    training, validation : (x, y), each ndarray of shape (n_points,)
        Dots, and open squares.
    errors : ndarray of shape (2, n_degrees, n_penalties)
        Training error and validation error.
    powers : ndarray of int of shape (n_penalties,)
        One integer after the other: the penalties are these powers of ten.
    start : (int, int)
        Degree and power that are shown first.

    Returns
    -------
    altair.LayerChart
    """
    n_degrees, n_penalties, n_places = fits.shape
    degrees = np.arange(1, n_degrees + 1)
    places = alt.X("x:Q", axis=axis("input x"), scale=alt.Scale(domain=[0, 1], nice=False))
    answers = alt.Y("y:Q", axis=axis("target y"), scale=alt.Scale(domain=[-2, 2], nice=False))
    wave = (
        alt.Chart(records(3, x=np.linspace(0, 1, n_places), y=truth))
        .mark_line(color=TARGET, strokeDash=[6, 3], strokeWidth=2)
        .encode(x=places, y=answers)
    )
    cut = np.clip(fits, -_OUT_OF_SIGHT, _OUT_OF_SIGHT).reshape(-1, n_places)
    curve = (
        alt.Chart(
            records(2, d=np.repeat(degrees, n_penalties), p=np.tile(powers, n_degrees), y=cut)
        )
        .transform_filter("datum.d == degree && datum.p == power")
        .transform_flatten(["y"])
        .transform_window(place="row_number()")
        .transform_calculate(x=f"(datum.place - 1) / {n_places - 1}")
        .mark_line(color=FIT, strokeWidth=2.5, clip=True, interpolate="monotone")
        .encode(x="x:Q", y="y:Q")
    )
    unseen, seen = (alt.Chart(records(3, x=p[0], y=p[1])) for p in (validation, training))
    squares: dict[str, Any] = {"filled": False, "size": 45, "strokeWidth": 1.5, "opacity": 1}
    told = {
        d: {
            p: f"Degree {d} with penalty {10.0**p:g}: training error {learnt:.3f}, "
            f"validation error {new:.3f}."
            for p, learnt, new in zip(powers, *rows, strict=True)
        }
        for d, rows in zip(degrees, errors.swapaxes(0, 1), strict=True)
    }
    top = int(np.argmax(truth))
    return book_chart(
        wave,
        curve,
        unseen.mark_square(color=VALIDATION, **squares).encode(x="x:Q", y="y:Q"),
        seen.mark_circle(color=TRAINING, size=55, opacity=1).encode(x="x:Q", y="y:Q"),
        named("truth", top / (n_places - 1), truth[top], align="center"),
        controls=[
            slider("degree", "degree", degrees, start=start[0]),
            slider("power", "log₁₀ λ", powers, start=start[1]),
            *sentences(told, "degree", "power"),
        ],
    )
