"""Drawings of what heads look at: a grid of all maps of an attention, and lines between words."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from unrolled.figures.style import (
    AMOUNTS,
    HEADS,
    QUIET,
    SINGLE,
    THIN,
    WIDE,
    bare_axes,
    book_style,
    label,
    panels,
)

__all__ = ["draw_lines", "figure_maps"]

SHOWN = 0.05  # a thinner line cannot be seen
STRONG, FAINT = 0.9, 0.13  # of lines
THICKEST = 7.0  # points, of a line with all the weight


@book_style()
def figure_maps(weights: np.ndarray, *, bar: str = "weight") -> Figure:
    """Draw all maps of an attention, small: a row for each layer and a column for each head.

    Parameters
    ----------
    weights : ndarray of shape (n_layers, n_heads, n_queries, n_keys)
    bar : str, optional
        What the colours mean.

    Returns
    -------
    Figure
    """
    n_layers, n_heads, n_queries, n_keys = weights.shape
    side = 0.9 * WIDE / n_heads
    height = n_layers * side * max(0.6, n_queries / n_keys) + 1.1
    figure, axes = panels(WIDE, height, [1] * n_heads, rows=n_layers)
    for place, (ax, one) in enumerate(
        zip(axes, weights.reshape(-1, n_queries, n_keys), strict=True)
    ):
        layer, head = divmod(place, n_heads)
        shown = ax.imshow(one, cmap=AMOUNTS, norm=Normalize(0, 1), interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=QUIET, linewidth=THIN)
        if layer == 0:
            label(ax, f"head {head + 1}", (n_keys / 2 - 0.5, -0.5), (0, 5), level="bottom",
                  rim=False)  # fmt: skip
        if head == 0:
            name = label(ax, f"layer {layer + 1}", (-0.5, n_queries / 2 - 0.5), (-9, 0), rim=False)
            name.set_rotation(90)
    scale = figure.colorbar(shown, ax=axes, label=bar, location="bottom", shrink=0.5, aspect=40)
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0)
    return figure


@book_style()
def draw_lines(
    weights: np.ndarray,
    queries: Sequence[str],
    keys: Sequence[str],
    *,
    focus: int,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of a layer as lines from queries to keys, a colour for each head.

    Parameters
    ----------
    weights : ndarray of shape (n_heads, n_queries, n_keys)
    queries, keys : sequence of str
        Left and right, from the top.
    focus : int
        The query whose lines are at full strength; the others are faint.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    n_heads, n_queries, n_keys = weights.shape
    ax = bare_axes(ax, width=SINGLE, height=0.29 * max(n_queries, n_keys) + 0.2)
    ax.set_aspect("auto")
    for head, query, key in zip(*np.nonzero(weights >= SHOWN), strict=True):
        shift = 0.09 * (head - (n_heads - 1) / 2)  # so that no head hides another
        ax.plot(
            (0, 1), (query + shift, key + shift), color=HEADS[head % len(HEADS)],
            alpha=STRONG if query == focus else FAINT, zorder=2 + (query == focus),
            lw=THICKEST * weights[head, query, key], solid_capstyle="butt",
        )  # fmt: skip
    for x, words, away, align in ((0, queries, -8, "right"), (1, keys, 8, "left")):
        for place, word in enumerate(words):
            label(ax, word, (x, place), (away, 0), align=align, rim=False)
    ax.set(xlim=(-0.45, 1.45), ylim=(max(n_queries, n_keys) - 0.4, -0.6))
    return ax
