"""A chart of optimisers: the path of one of them down a bowl, at a learning rate."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from unrolled.figures.charts.style import (
    axis,
    book_chart,
    equal_scale,
    menu,
    named,
    records,
    sentences,
    slider,
)
from unrolled.figures.style import FIRST, QUIET, TARGET

__all__ = ["chart_descent"]

_OUT_OF_SIGHT = 60.0  # a path is cut here, far outside the picture
_SHARES = (0.005, 0.05, 0.2, 0.5, 1.0)  # of the loss at the start, for the contour lines


def chart_descent(
    paths: np.ndarray,
    excess: np.ndarray,
    curvatures: tuple[float, float],
    lowest: tuple[float, float],
    *,
    rules: Sequence[str],
    powers: np.ndarray,
    start: tuple[int, float],
) -> alt.LayerChart:
    """Show contour lines of a bowl, and the path of the chosen rule at the chosen rate.

    Parameters
    ----------
    paths : ndarray of shape (n_rules, n_rates, n_steps + 1, 2)
        Both weights before the first step and after each one.
    excess : ndarray of shape (n_rules, n_rates, n_steps + 1)
        How far the loss is above its minimum, along these paths.
    curvatures : (float, float)
        Of the bowl along its two axes.
    lowest : (float, float)
        Its lowest point.
    rules : sequence of str
        Names of the optimisers.
    powers : ndarray of shape (n_rates,)
        The learning rates are these powers of two; equally spaced.
    start : (int, float)
        Place of the rule, and the power, that are shown first.

    Returns
    -------
    altair.LayerChart
    """
    n_rules, n_rates, n_places, _ = paths.shape
    x = alt.X("x:Q", axis=axis("first weight"), scale=equal_scale(2.2, "width", 3.6, 1.9))
    y = alt.Y("y:Q", axis=axis("second weight"), scale=equal_scale(0.9, "height", 3.6, 1.9))
    around = np.linspace(0, 2 * np.pi, 73)
    size = np.sqrt(2 * np.outer(_SHARES, 1 / np.array(curvatures)) * excess[0, 0, 0])
    rings = (
        alt.Chart(
            records(
                3,
                x=lowest[0] + size[:, :1] * np.cos(around),
                y=lowest[1] + size[:, 1:] * np.sin(around),
                ring=np.arange(len(_SHARES)),
                turn=np.tile(np.arange(len(around)), (len(_SHARES), 1)),
            )
        )
        .transform_flatten(["x", "y", "turn"])
        .mark_line(color=QUIET, strokeWidth=1, clip=True)
        .encode(x=x, y=y, detail="ring:N", order="turn:Q")
    )
    cut = np.clip(paths, -_OUT_OF_SIGHT, _OUT_OF_SIGHT).reshape(-1, n_places, 2)
    rule, power = np.repeat(np.arange(n_rules), n_rates), np.tile(powers, n_rules)
    walked = (
        alt.Chart(records(2, r=rule, p=power, x=cut[..., 0], y=cut[..., 1]))
        .transform_filter("datum.r == rule && datum.p == power")
        .transform_flatten(["x", "y"])
        .transform_window(step="row_number()")
    )
    line = walked.mark_line(color=FIRST, strokeWidth=2, clip=True)
    dots = walked.mark_circle(color=FIRST, size=34, opacity=1, clip=True)
    bottom = (
        alt.Chart(records(3, x=[lowest[0]], y=[lowest[1]]))
        .mark_point(shape="cross", color=TARGET, size=110, strokeWidth=2, filled=True, opacity=1)
        .encode(x="x:Q", y="y:Q")
    )
    told = {
        place: {
            power: _told(name, 2.0**power, above)
            for power, above in zip(powers, rows, strict=True)
        }
        for place, (name, rows) in enumerate(zip(rules, excess, strict=True))
    }  # fmt: skip
    return book_chart(
        rings,
        line.encode(x="x:Q", y="y:Q", order="step:Q"),
        dots.encode(x="x:Q", y="y:Q"),
        bottom,
        named("start", *paths[0, 0, 0], up=-14, align="center"),
        controls=[
            menu("rule", "optimiser", rules, start=start[0]),
            slider("power", "log₂ of the learning rate", powers, start=start[1]),
            *sentences(told, "rule", "power"),
        ],
    )


def _told(name: str, rate: float, above: np.ndarray) -> str:
    """Say where a path has arrived."""
    begun, n_steps = (
        f"{name[0].upper()}{name[1:]} with a learning rate of {rate:.3g}",
        len(above) - 1,
    )
    if above[-1] > above[0]:
        return f"{begun} leaves the bowl: the loss grows."
    share = above[-1] / above[0]
    left = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
    return f"{begun}: after {n_steps} steps {left} of the loss above the minimum is left."
