"""Charts of the first chapter: one dimension at a time, at the reader's hand."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, house_chart, records, sentence, slider
from unrolled.figures.style import DATA, FIRST, QUIET, THIRD

__all__ = ["chart_angles", "chart_shell_share"]


def chart_angles(
    centres: np.ndarray,
    measured: np.ndarray,
    exact: np.ndarray,
    near: np.ndarray,
    n_dims: np.ndarray,
    *,
    start: int,
) -> alt.LayerChart:
    """Show measured angles and their exact density, for the dimension that the reader chooses.

    Parameters
    ----------
    centres : ndarray of shape (n_bins,)
        Middles of the bins in degrees.
    measured, exact : ndarray of shape (n_choices, n_bins)
        Share of pairs per degree, counted and computed.
    near : ndarray of shape (n_choices,)
        Share of the pairs that meet within ten degrees of the right angle.
    n_dims : ndarray of int of shape (n_choices,)
        The dimensions, one after the other.
    start : int
        The dimension that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    width = centres[1] - centres[0]
    chosen = (
        alt.Chart(records(5, D=n_dims, a=np.tile(centres, (len(n_dims), 1)), m=measured, e=exact))
        .transform_filter("datum.D == D")
        .transform_flatten(["a", "m", "e"])
    )
    along = axis("angle in degrees", values=[0, 45, 90, 135, 180])
    degrees = alt.Scale(domain=[0, 180], nice=False)
    height = alt.Scale(domain=[0, float(1.05 * max(measured.max(), exact.max()))], nice=False)
    bars = (
        chosen.transform_calculate(left=f"datum.a - {width / 2}", right=f"datum.a + {width / 2}")
        .mark_rect(color=DATA, opacity=0.6)
        .encode(
            x=alt.X("left:Q", axis=along, scale=degrees),
            x2="right:Q",
            y=alt.Y("m:Q", axis=axis("share of pairs per degree", format="%"), scale=height),
            y2=alt.datum(0),
        )
    )
    line = chosen.mark_line(color=FIRST, strokeWidth=2.5).encode(
        x="a:Q", y=alt.Y("e:Q", scale=height)
    )
    return house_chart(
        bars,
        line,
        controls=[
            slider("D", "dimensions D", int(n_dims[0]), int(n_dims[-1]), start=start),
            alt.param(name="shares", value=np.round(near, 4).tolist()),
            sentence(
                f"'In ' + D + ' dimensions ' + format(shares[D - {n_dims[0]}], '.0%') + "
                "' of the pairs meet within 10 degrees of the right angle.'"
            ),
        ],
    )


def chart_shell_share(
    n_dims: np.ndarray,
    thicknesses: np.ndarray,
    shares: np.ndarray,
    halves: np.ndarray,
    *,
    start: float,
) -> alt.LayerChart:
    """Show the share of a ball in its shell, for the thickness that the reader chooses.

    Parameters
    ----------
    n_dims : ndarray of int of shape (n_points,)
    thicknesses : ndarray of shape (n_choices,)
        Equally spaced shares of the radius.
    shares : ndarray of shape (n_choices, n_points)
        Share of the volume in the shell.
    halves : ndarray of int of shape (n_choices,)
        From which dimension on the shell holds half of the ball.
    start : float
        The thickness that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    step = float(thicknesses[1] - thicknesses[0])
    index = f"round((thickness - {thicknesses[0]}) / {step})"
    data = records(
        i=np.arange(len(thicknesses)), D=np.tile(n_dims, (len(thicknesses), 1)), s=shares
    )
    x = alt.X("D:Q", axis=axis("dimensions D"), scale=alt.Scale(nice=False))
    y = alt.Y("s:Q", axis=axis("share in the shell", format="%"), scale=alt.Scale(domain=[0, 1]))
    curve = (
        alt.Chart(data)
        .transform_filter(f"datum.i == {index}")
        .transform_flatten(["D", "s"])
        .mark_line(color=THIRD, strokeWidth=2.5)
        .encode(x=x, y=y)
    )
    half = (
        alt.Chart(records(i=np.arange(len(thicknesses)), h=halves))
        .transform_filter(f"datum.i == {index}")
        .encode(x=alt.X("h:Q"), y=alt.datum(0.5))
    )
    guide = alt.Chart(records(y=[0.5])).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(y="y:Q")
    return house_chart(
        guide,
        curve,
        half.mark_point(color=FIRST, filled=True, size=90, opacity=1),
        controls=[
            slider(
                "thickness", "thickness ε of the shell",
                float(thicknesses[0]), float(thicknesses[-1]), step=step, start=start,
            ),
            alt.param(name="halves", value=halves.tolist()),
            sentence(
                "'A shell of thickness ' + format(thickness, '.3f') + ' holds half of the ball "
                f"from dimension ' + halves[{index}] + ' on.'"
            ),
        ],
    )  # fmt: skip
