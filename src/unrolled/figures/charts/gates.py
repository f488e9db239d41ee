"""A chart of the laboratory of gates: the forget gate at the reader's hand."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, house_chart, records, sentence, slider
from unrolled.figures.style import FORGET_GATE, QUIET

__all__ = ["chart_keeping"]


def chart_keeping(
    n_steps: int, *, values: tuple[float, float, float], start: float
) -> alt.LayerChart:
    """Show the share of a cell that is left after each step, for the forget gate of the reader.

    Parameters
    ----------
    n_steps : int
    values : (float, float, float)
        Lowest and highest number that enters the forget gate, and the step between two.
    start : float
        The number that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    steps = np.arange(n_steps + 1)
    gate = "1 / (1 + exp(-a))"
    left = f"pow({gate}, {n_steps})"
    along = alt.X("t:Q", axis=axis("step"), scale=alt.Scale(domain=[0, n_steps], nice=False))
    up = alt.Y(
        "kept:Q", axis=axis("share of the cell that is left", format="%"),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )  # fmt: skip
    shares = alt.Chart(records(t=steps)).transform_calculate(kept=f"pow({gate}, datum.t)")
    area = shares.mark_area(color=FORGET_GATE, opacity=0.2).encode(x=along, y=up)
    line = shares.mark_line(color=FORGET_GATE, strokeWidth=3).encode(x=along, y=up)
    middle = alt.Chart(records(t=[0], kept=[0.5]))
    half = middle.mark_rule(color=QUIET, strokeDash=[2, 3]).encode(y=up)
    named = middle.mark_text(align="left", dx=6, dy=11, text="one half").encode(x=along, y=up)
    return house_chart(
        half,
        area,
        line,
        named,
        controls=[
            slider("a", "into the forget gate", *values[:2], step=values[2], start=start),
            sentence(
                f"'The gate is ' + format({gate}, '.5f') + '. After {n_steps} steps a share of ' + "
                f"format({left}, {left} < 0.001 ? '.1e' : '.3f') + ' is left. The cell is ' + "
                "'halved every ' + format(log(2) / log(1 + exp(-a)), '.3~r') + ' steps.'"
            ),
        ],
    )
