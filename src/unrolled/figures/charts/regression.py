"""Charts about choosing a model: one degree, or one penalty, at a time."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, house_chart, records, sentence, slider
from unrolled.figures.regression import FIT, TRAINING, VALIDATION
from unrolled.figures.style import TARGET

__all__ = ["chart_degrees", "chart_penalties"]

_OUT_OF_SIGHT = 4.0  # a fit is cut off here, far outside the picture
_SHOWN = alt.Scale(domain=[-2, 2], nice=False)


def chart_degrees(
    x: np.ndarray,
    truth: np.ndarray,
    fits: np.ndarray,
    training: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    errors: np.ndarray,
    *,
    start: int,
) -> alt.LayerChart:
    """Show the fit of the degree that the reader chooses, and its two errors.

    Parameters
    ----------
    x, truth : ndarray of shape (n,)
    fits : ndarray of shape (n_degrees, n)
        Degree 1 first.
    training, validation : (x, y), each ndarray of shape (n_points,)
        Dots, and open squares.
    errors : ndarray of shape (2, n_degrees)
        Training error and validation error.
    start : int
        The degree that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    control = slider("degree", "degree", 1, len(fits), start=start)
    says = _say(errors, "'Degree ' + degree", "degree - 1")
    return _chart_fits(x, truth, fits, training, validation, "degree - 1", [control, *says])


def chart_penalties(
    x: np.ndarray,
    truth: np.ndarray,
    fits: np.ndarray,
    training: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    errors: np.ndarray,
    *,
    start: int,
) -> alt.LayerChart:
    """Show the fit with the penalty that the reader chooses, and its two errors.

    Parameters
    ----------
    x, truth : ndarray of shape (n,)
    fits : ndarray of shape (n_penalties, n)
        One for each penalty; these are powers of ten, as many below one as above.
    training, validation : (x, y), each ndarray of shape (n_points,)
        Dots, and open squares.
    errors : ndarray of shape (2, n_penalties)
        Training error and validation error.
    start : int
        The power of ten of the penalty that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    last = len(fits) // 2
    control = slider("power", "power of ten of the penalty λ", -last, last, start=start)
    index = f"power + {last}"
    says = _say(errors, "'Penalty ' + format(pow(10, power), '~g')", index)
    return _chart_fits(x, truth, fits, training, validation, index, [control, *says])


def _chart_fits(
    x: np.ndarray,
    truth: np.ndarray,
    fits: np.ndarray,
    training: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    index: str,
    controls: list[alt.Parameter],
) -> alt.LayerChart:
    places = alt.X("x:Q", axis=axis("input x"), scale=alt.Scale(domain=[0, 1], nice=False))
    answers = alt.Y("y:Q", axis=axis("answer y"), scale=_SHOWN)
    wave = (
        alt.Chart(records(3, x=x, y=truth))
        .mark_line(color=TARGET, strokeDash=[6, 3], strokeWidth=2)
        .encode(x=places, y=answers)
    )
    cut = np.clip(fits, -_OUT_OF_SIGHT, _OUT_OF_SIGHT)
    curve = (
        alt.Chart(records(3, i=np.arange(len(fits)), x=np.tile(x, (len(fits), 1)), y=cut))
        .transform_filter(f"datum.i == {index}")
        .transform_flatten(["x", "y"])
        .mark_line(color=FIT, strokeWidth=2.5, clip=True)
        .encode(x="x:Q", y="y:Q")
    )
    unseen, seen = (alt.Chart(records(3, x=p[0], y=p[1])) for p in (validation, training))
    return house_chart(
        wave,
        curve,
        unseen.mark_square(
            filled=False, color=VALIDATION, size=45, strokeWidth=1.5, opacity=1, clip=True
        ).encode(x="x:Q", y="y:Q"),
        seen.mark_circle(color=TRAINING, size=55, opacity=1, clip=True).encode(x="x:Q", y="y:Q"),
        controls=controls,
    )


def _say(errors: np.ndarray, subject: str, index: str) -> list[alt.Parameter]:
    rounded = np.round(errors, 4).tolist()
    return [
        alt.param(name="learnt", value=rounded[0]),
        alt.param(name="unseen", value=rounded[1]),
        sentence(
            f"{subject} + ': training error ' + format(learnt[{index}], '.3f') + "
            f"', validation error ' + format(unseen[{index}], '.3f') + '.'"
        ),
    ]
