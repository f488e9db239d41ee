"""A chart of the chain rule: two strips and a corner, for the step that the reader chooses."""

import altair as alt
import numpy as np

from unrolled.figures.chain_rule import BOTH, BY_GATE, DIRECT
from unrolled.figures.charts.style import axis, house_chart, records, sentence, slider
from unrolled.figures.style import HIDDEN, INK

__all__ = ["chart_strips"]

ROOM = 0.07  # share of the height that a piece must have for its name to fit


def chart_strips(
    sides: tuple[float, float], grown: np.ndarray, steps: np.ndarray, *, start: int
) -> alt.LayerChart:
    """Show a product as an area and its gain as two strips and a corner.

    Parameters
    ----------
    sides : (float, float)
        The gate o, to the right, and the squashed cell, upwards.
    grown : ndarray of shape (n_steps, 2)
        By how much each of them grows.
    steps : ndarray of shape (n_steps,)
        The steps of the cell to which this belongs.
    start : int
        Index of the step that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    o, h = sides
    do, dh = grown.T
    n, zero = len(steps), np.zeros(len(steps))
    boxes = (
        (HIDDEN, 0.2, zero, zero, zero + o, zero + h),
        (DIRECT, 0.65, zero, zero + h, zero + o, h + dh),
        (BY_GATE, 0.65, zero + o, zero, o + do, zero + h),
        (BOTH, 0.6, zero + o, zero + h, o + do, h + dh),
    )
    along = alt.Scale(domain=[0, round(1.04 * float(o + do.max()), 2)], nice=False)
    up = alt.Scale(domain=[0, round(1.06 * float(h + dh.max()), 2)], nice=False)
    layers = [
        alt.Chart(records(5, k=np.arange(n), x=x, y=y, x2=x2, y2=y2))
        .transform_filter("datum.k == k")
        .mark_rect(color=colour, opacity=opacity, stroke=INK, strokeWidth=1)
        .encode(
            x=alt.X("x:Q", axis=axis("gate o"), scale=along),
            y=alt.Y("y:Q", axis=axis("squashed cell tanh c"), scale=up),
            x2="x2:Q",
            y2="y2:Q",
        )
        for colour, opacity, x, y, x2, y2 in boxes
    ]
    names = (
        ("y before", 0, o / 2 + zero, h / 2 + zero, zero + 1),
        ("cell moves, gate held", 0, o / 2 + zero, h + dh / 2, dh),
        ("gate moves", 270, o + do / 2, h / 2 + zero, do),
        ("both", 0, o + do / 2, h + dh / 2, np.minimum(dh, do / 2)),
    )
    layers += [
        alt.Chart(records(5, k=np.arange(n)[room], x=x[room], y=y[room]))
        .transform_filter("datum.k == k")
        .mark_text(text=words, angle=angle)
        .encode(
            x=alt.X("x:Q", axis=axis("gate o"), scale=along),
            y=alt.Y("y:Q", axis=axis("squashed cell tanh c"), scale=up),
        )
        for words, angle, x, y, across in names
        for room in [across > ROOM * (h + dh.max())]
    ]
    shares = np.array([o * dh / steps, h * do / steps, do * dh / steps])
    return house_chart(
        *layers,
        controls=[
            slider("k", "halvings of the step", 0, n - 1, start=start),
            alt.param(name="steps", value=np.round(steps, 6).tolist()),
            alt.param(name="shares", value=np.round(shares, 6).tolist()),
            sentence(
                "'ε = ' + format(steps[k], '.4f') + '. Divided by ε, the strip of the cell is ' + "
                "format(shares[0][k], '.4f') + ', the strip of the gate ' + "
                "format(shares[1][k], '.4f') + ', and the corner ' + "
                "format(shares[2][k], '.4f') + '.'"
            ),
        ],
    )
