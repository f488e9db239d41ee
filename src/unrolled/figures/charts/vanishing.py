"""A chart of gradients through an LSTM, for a forget bias that the reader chooses."""

import altair as alt
import numpy as np

from unrolled.figures.charts.style import axis, book_chart, records, sentences, slider
from unrolled.figures.style import FORGET_GATE, GRADIENT, QUIET

__all__ = ["chart_forget_bias"]

TICK = 5  # powers of ten
APART = 2.0  # powers of ten between two names, so that they do not touch
ROOM = 0.42  # of the width, for the names at the ends of the lines


def chart_forget_bias(
    distances: np.ndarray,
    norms: np.ndarray,
    direct: np.ndarray,
    biases: np.ndarray,
    *,
    start: float,
) -> alt.LayerChart:
    """Show the norm of the Jacobian of the cell state against the distance, for a forget bias.

    The lines of the bias that is shown first remain as faint lines behind the others.

    Parameters
    ----------
    distances : ndarray of int of shape (n,)
    norms, direct : ndarray of shape (n_biases, n)
        Along all paths, and along the direct path alone.
    biases : ndarray of shape (n_biases,)
        Equally spaced.
    start : float
        The bias that is shown first.

    Returns
    -------
    altair.LayerChart
    """
    whole, path = np.log10(norms), np.log10(direct)
    n, last = len(biases), int(distances[-1])
    low = TICK * float(np.floor(min(whole.min(), path.min()) / TICK))
    high = TICK * float(np.ceil(max(whole.max(), path.max()) / TICK))
    x = alt.X(
        "d:Q",
        axis=axis("steps back, t − k", values=np.linspace(0, last, 3).tolist()),
        scale=alt.Scale(domain=[0, last * (1 + ROOM)], nice=False),
    )
    ticks = np.arange(low, high + 1, TICK).tolist()
    up = axis("norm, as a power of ten", values=ticks)
    scale = alt.Scale(domain=[low, high], nice=False)
    lines = alt.Chart(records(2, b=biases, d=np.tile(distances, (n, 1)), whole=whole, path=path))
    named = alt.Chart(records(2, b=biases, d=np.full(n, last), **_places(whole, path)))
    looks = (
        ("path", "direct path", {"color": FORGET_GATE, "strokeDash": [7, 4]}),
        ("whole", "all paths", {"color": GRADIENT}),
    )
    layers = [alt.Chart(records(d=[0, last], y=[0, 0])).mark_line(
        color=QUIET, strokeWidth=1, strokeDash=[2, 3]).encode(x=x, y="y:Q")]  # fmt: skip
    for wanted, width, opacity in ((str(float(start)), 1.5, 0.4), ("bias", 3, 1)):
        chosen = lines.transform_filter(f"datum.b == {wanted}").transform_flatten(
            ["d", "whole", "path"]
        )
        layers += [
            chosen.mark_line(strokeWidth=width, opacity=opacity, **look).encode(
                x=x, y=alt.Y(f"{line}:Q", axis=up, scale=scale)
            )
            for line, _, look in looks
        ]
    layers += [
        named.transform_filter("datum.b == bias")
        .mark_text(align="left", dx=6, text=text)
        .encode(x=x, y=f"{line}:Q")
        for line, text, _ in looks
    ]
    told = {
        bias: f"With a forget bias of {bias:g}, after {last} steps the norm is ten to the power "
        f"{all_paths:.1f} along all paths, and ten to the power {alone:.1f} along the direct "
        f"path.".replace("-", "−")
        for bias, all_paths, alone in zip(biases, whole[:, -1], path[:, -1], strict=True)
    }
    return book_chart(
        *layers,
        controls=[slider("bias", "forget bias", biases, start=start), *sentences(told, "bias")],
    )


def _places(whole: np.ndarray, path: np.ndarray) -> dict[str, np.ndarray]:
    """Return how high the names at the ends of the lines stand: there, but not on each other."""
    ends = whole[:, -1], path[:, -1]
    short = np.maximum(0, APART - np.abs(ends[0] - ends[1])) / 2
    upwards = np.where(ends[0] >= ends[1], short, -short)
    return {"whole": ends[0] + upwards, "path": ends[1] - upwards}
