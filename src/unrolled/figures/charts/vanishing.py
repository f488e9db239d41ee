"""A chart of what arrives through an LSTM, with the forget bias at the reader's hand."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, house_chart, records, sentence, slider
from unrolled.figures.style import FORGET_GATE, GRADIENT, QUIET

__all__ = ["chart_forget_bias"]

TICK = 5  # powers of ten


def chart_forget_bias(
    distances: np.ndarray,
    norms: np.ndarray,
    direct: np.ndarray,
    biases: np.ndarray,
    *,
    start: float,
) -> alt.LayerChart:
    """Show the norm of the Jacobian of the cell against its length, for a forget bias.

    Parameters
    ----------
    distances : ndarray of int of shape (n,)
    norms, direct : ndarray of shape (n_biases, n)
        Along all routes, and along the direct path alone.
    biases : ndarray of shape (n_biases,)
        Equally spaced.
    start : float
        The bias that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    first, step = float(biases[0]), float(biases[1] - biases[0])
    index = f"round((bias - {first:g}) / {step:g})"
    whole, path = np.log10(norms), np.log10(direct)
    low = TICK * float(np.floor(min(whole.min(), path.min()) / TICK))
    high = TICK * float(np.ceil(max(whole.max(), path.max()) / TICK))
    chosen = (
        alt.Chart(records(2, n=np.arange(len(biases)), d=np.tile(distances, (len(biases), 1)),
                          whole=whole, path=path))
        .transform_filter(f"datum.n == {index}")
        .transform_flatten(["d", "whole", "path"])
    )  # fmt: skip
    across = alt.X(
        "d:Q",
        axis=axis("steps back, t − k"),
        scale=alt.Scale(domain=[0, int(distances[-1])], nice=False),
    )
    up = alt.Scale(domain=[low, high], nice=False)
    ticks = np.arange(low, high + 1, TICK).tolist()
    one = alt.Chart(records(y=[0])).mark_rule(color=QUIET, strokeDash=[2, 3]).encode(y="y:Q")
    all_routes = chosen.mark_line(color=GRADIENT, strokeWidth=3).encode(
        x=across, y=alt.Y("whole:Q", axis=axis("norm, as a power of ten", values=ticks), scale=up)
    )
    along = chosen.mark_line(color=FORGET_GATE, strokeWidth=2, strokeDash=[7, 4]).encode(
        x="d:Q", y="path:Q"
    )
    last = chosen.transform_filter(f"datum.d == {int(distances[-1])}")
    upper, lower = (
        last.mark_text(align="right", dy=shift, dx=-4, text=text).encode(x="d:Q", y=f"{line}:Q")
        for line, text, shift in (("whole", "all routes", 14), ("path", "direct path", 14))
    )
    return house_chart(
        one,
        along,
        all_routes,
        upper,
        lower,
        controls=[
            slider("bias", "forget bias", first, float(biases[-1]), step=step, start=start),
            alt.param(name="ends", value=np.round(whole[:, -1], 1).tolist()),
            alt.param(name="paths", value=np.round(path[:, -1], 1).tolist()),
            sentence(
                f"'With a forget bias of ' + bias + ', after {int(distances[-1])} steps the norm "
                f"is ten to the power ' + format(ends[{index}], '.1f') + ' along all routes, and "
                f"ten to the power ' + format(paths[{index}], '.1f') + ' along the direct path.'"
            ),
        ],
    )
