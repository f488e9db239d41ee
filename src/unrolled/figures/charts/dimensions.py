"""Charts of the first chapter, for a dimension or a thickness that the reader chooses."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, records, sentences, slider
from unrolled.figures.style import DATA, FIRST, QUIET, THIRD

__all__ = ["chart_angles", "chart_shell_share"]


def chart_angles(
    centres: np.ndarray,
    measured: np.ndarray,
    exact: np.ndarray,
    near: np.ndarray,
    n_dims: np.ndarray,
    *,
    beside: tuple[int, ...],
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
    beside : tuple of int
        Dimensions whose exact densities stand behind the reader's.
    start : int
        The dimension that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    width = centres[1] - centres[0]
    table = alt.Chart(
        records(5, D=n_dims, a=np.tile(centres, (len(n_dims), 1)), m=measured, e=exact)
    )
    chosen = table.transform_filter("datum.D == D").transform_flatten(["a", "m", "e"])
    along = axis("angle in degrees", values=[0, 45, 90, 135, 180])
    degrees = alt.Scale(domain=[0, 180], nice=False)
    height = alt.Scale(domain=[0, float(1.08 * max(measured.max(), exact.max()))], nice=False)
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
    x, y = alt.X("a:Q", axis=along, scale=degrees), alt.Y("e:Q", scale=height)
    line = chosen.mark_line(color=FIRST, strokeWidth=3).encode(x=x, y=y)
    others = alt.FieldOneOfPredicate(field="D", oneOf=list(beside))
    ghosts = (
        table.transform_filter(others)
        .transform_flatten(["a", "e"])
        .mark_line(color=QUIET, strokeWidth=1.3)
        .encode(x=x, y=y, detail="D:N")
    )
    tops = [float(exact[list(n_dims).index(D)].max()) for D in beside]
    names = alt.Chart(records(5, a=[90] * len(beside), e=tops, text=[f"D = {D}" for D in beside]))
    told = {
        D: f"In {D} dimensions {share:.0%} of the pairs meet within 10 degrees of the right angle."
        for D, share in zip(n_dims, near, strict=True)
    }
    return book_chart(
        bars,
        ghosts,
        line,
        names.mark_text(dy=-9).encode(x=x, y=y, text="text:N"),
        controls=[slider("D", "dimensions D", n_dims, start=start), *sentences(told, "D")],
    )


def chart_shell_share(
    n_dims: np.ndarray,
    thicknesses: np.ndarray,
    shares: np.ndarray,
    reached: dict[float, np.ndarray],
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
    reached : dict of float to ndarray of int of shape (n_choices,)
        From which dimension on the shell holds these shares of the ball.
    start : float
        The thickness that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    data = records(e=thicknesses, D=np.tile(n_dims, (len(thicknesses), 1)), s=shares)
    x = alt.X("D:Q", axis=axis("dimension D"), scale=alt.Scale(nice=False))
    y = alt.Y("s:Q", axis=axis("share in the shell", format="%"), scale=alt.Scale(domain=[0, 1]))
    chosen = "datum.e == thickness"
    curve = (
        alt.Chart(data)
        .transform_filter(chosen)
        .transform_flatten(["D", "s"])
        .mark_line(color=THIRD, strokeWidth=2.5)
        .encode(x=x, y=y)
    )
    marked = alt.Chart(
        records(
            e=np.tile(thicknesses, len(reached)),
            D=np.concatenate(list(reached.values())),
            s=np.repeat(list(reached), len(thicknesses)),
            text=[f"{share:.0%} at {D}" for share, dims in reached.items() for D in dims],
        )
    ).transform_filter(chosen)
    guides = alt.Chart(records(s=list(reached))).mark_rule(color=QUIET, strokeDash=[4, 3])
    told = {
        thickness: f"A shell of thickness {thickness:.3f} holds "
        + " and ".join(
            f"{share:.0%} of the ball from dimension {dims[i]} on"
            for share, dims in reached.items()
        )
        + "."
        for i, thickness in enumerate(thicknesses)
    }
    return book_chart(
        guides.encode(y=y),
        curve,
        marked.mark_point(color=FIRST, filled=True, size=90, opacity=1).encode(x=x, y=y),
        marked.mark_text(align="left", dx=9, dy=11).encode(x=x, y=y, text="text:N"),
        controls=[
            slider("thickness", "thickness ε of the shell", thicknesses, start=start),
            *sentences(told, "thickness"),
        ],
    )
