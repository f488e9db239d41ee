"""A chart of a forget gate whose pre-activation the reader chooses."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, records, sentences, slider
from unrolled.figures.style import FORGET_GATE, QUIET

__all__ = ["chart_keeping"]


def chart_keeping(
    n_steps: int, values: np.ndarray, *, beside: Sequence[float], start: float
) -> alt.LayerChart:
    """Show the share of a cell state left after each step, for the reader's forget gate.

    Parameters
    ----------
    n_steps : int
    values : ndarray of shape (n_values,)
        Pre-activations of the forget gate, equally spaced.
    beside : sequence of float
        Those whose curves are drawn behind the reader's.
    start : float
        The pre-activation that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    along = alt.X("t:Q", axis=axis("step"), scale=alt.Scale(domain=[0, n_steps], nice=False))
    up = alt.Y(
        "kept:Q", axis=axis("share of the cell state left", format="%", tickCount=4),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )  # fmt: skip
    steps = np.arange(n_steps + 1)
    shares = alt.Chart(records(t=steps)).transform_calculate(kept="pow(1 + exp(-a), -datum.t)")
    area = shares.mark_area(color=FORGET_GATE, opacity=0.2).encode(x=along, y=up)
    line = shares.mark_line(color=FORGET_GATE, strokeWidth=3).encode(x=along, y=up)
    middle = alt.Chart(records(kept=[0.5]))
    half = middle.mark_rule(color=QUIET, strokeDash=[2, 3]).encode(y=up)
    others = alt.Chart(
        records(
            3, a=np.repeat(beside, n_steps + 1), t=np.tile(steps, len(beside)),
            kept=np.concatenate([_sigmoid(a) ** steps for a in beside]),
        )
    )  # fmt: skip
    curves = others.mark_line(color=QUIET, strokeWidth=1.5).encode(x=along, y=up, detail="a:N")
    at = [_label_step(a, n_steps) for a in beside]
    texts = alt.Chart(
        records(
            3, t=at, kept=[_sigmoid(a) ** t for a, t in zip(beside, at, strict=True)],
            text=[f"a = {a:g}" for a in beside],
        )
    )  # fmt: skip
    told = {a: _sentence(_sigmoid(a), n_steps) for a in values}
    return book_chart(
        half,
        area,
        curves,
        line,
        texts.mark_text(align="left", dx=6, dy=-8).encode(x=along, y=up, text="text:N"),
        controls=[slider("a", "pre-activation a of the forget gate", values, start=start),
                  *sentences(told, "a")],
    )  # fmt: skip


def _sigmoid(a: float) -> float:
    """Return the gate for a pre-activation."""
    return float(1 / (1 + np.exp(-a)))


def _label_step(a: float, n_steps: int) -> int:
    """Return the step at which a third is left, or one near the right end if that is earlier."""
    return int(min(np.log(0.35) / np.log(_sigmoid(a)), 0.8 * n_steps))


def _sentence(gate: float, n_steps: int) -> str:
    """Say what a forget gate leaves."""
    left = gate**n_steps
    share = f"{left:.3f}" if left >= 0.001 else f"{left:.1e}".replace("-", "−")
    return (
        f"The gate is {gate:.5f}. After {n_steps} steps a share of {share} is left. "
        f"The cell state halves every {np.log(0.5) / np.log(gate):.3g} steps."
    )
