"""The drawings of scaled and unscaled scores: rows of weights, their spread, and what is learnt.

Scaled is olive and solid, unscaled brick and dashed, in every figure of the page.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from unrolled.figures.plots import heat_map
from unrolled.figures.style import (
    DASHES,
    FIFTH,
    FIRST,
    INK,
    LINE_WIDTH,
    MEDIUM,
    QUIET,
    SECOND,
    TALL,
    TARGET,
    TEXT_SIZE,
    THIN,
    WIDE,
    WRONG,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

__all__ = [
    "draw_learning",
    "draw_rates",
    "draw_shares",
    "draw_traces",
    "draw_two_rows",
    "figure_rows",
    "figure_scores",
    "figure_slopes",
]

KINDS = ("unscaled", "scaled")
COLOURS = {
    "unscaled": WRONG,
    "scaled": TARGET,
    "unscaled, low rate": FIRST,
    "unscaled, small start": SECOND,
}
STYLES = {
    "unscaled": DASHES[1],
    "scaled": DASHES[0],
    "unscaled, low rate": DASHES[3],
    "unscaled, small start": DASHES[2],
}


@book_style()
def draw_two_rows(unscaled: np.ndarray, scaled: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the weights of one query on all keys as pairs of bars.

    Parameters
    ----------
    unscaled, scaled : ndarray of shape (n_keys,)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("key", "weight", ax=ax)
    places = np.arange(1, len(scaled) + 1)
    for shift, weights, name in ((-0.2, unscaled, "unscaled"), (0.2, scaled, "scaled")):
        ax.bar(places + shift, weights, width=0.38, color=COLOURS[name])
    top = int(np.argmax(unscaled))
    label(ax, "unscaled", (top + 0.8, float(unscaled[top])), (0, 8))
    second = int(np.argmax(np.where(places == top + 1, 0, scaled)))
    label(ax, "scaled", (second + 1.2, float(scaled[second])), (0, 8))
    ax.set_xticks(places)
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, 1.08)
    ax.yaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
    return ax


@book_style()
def figure_scores(widths: Sequence[int], products: np.ndarray) -> Figure:
    """Draw how scores are spread for several widths, before and after the division.

    Parameters
    ----------
    widths : sequence of int
    products : ndarray of shape (n_widths, n_products)

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    roots = np.sqrt(np.asarray(widths))[:, None]
    styles = tuple(zip((FIRST, SECOND, FIFTH), DASHES[:3], strict=True))
    for ax, name, values, reach in (
        (axes[0], "product of query and key", products, 60.0),
        (axes[1], "product, divided by the root", products / roots, 4.5),
    ):
        frame(name, "share of all, per unit", ax=ax)
        edges = np.linspace(-reach, reach, 61)
        for (colour, dash), row, width in zip(styles, values, widths, strict=True):
            density, _ = np.histogram(row, edges)
            density = density / len(row) / np.diff(edges)
            middle = (edges[1:] + edges[:-1]) / 2
            ax.plot(middle, density, color=colour, ls=dash, lw=LINE_WIDTH)
            if ax is axes[0]:
                at = int(np.searchsorted(middle, 1.1 * np.sqrt(width)))
                label(ax, f"{width} wide", (float(middle[at]), float(density[at])), (6, 5),
                      align="left")  # fmt: skip
        ax.set_xlim(-reach, reach)
        ax.set_ylim(0, None)
        ax.yaxis.set_major_locator(MaxNLocator(4))
    label(axes[1], "all three", (1.2, 0.2), (8, 4), align="left")
    axes[1].set_ylabel("")
    return figure


@book_style()
def figure_rows(widths: Sequence[int], largest: np.ndarray, entropy: np.ndarray) -> Figure:
    """Draw, for several widths, how the largest weight and the entropy of rows are spread.

    Parameters
    ----------
    widths : sequence of int
    largest, entropy : ndarray of shape (2, n_widths, n_rows)
        Unscaled first; the entropy in bits.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, TALL, (1, 1))
    _ridges(axes[0], "largest weight of a row", largest, np.linspace(0, 1, 31))
    _ridges(axes[1], "entropy of a row, in bits", entropy, np.linspace(0, 3.2, 31))
    for ax in axes:
        ax.set_yticks(np.arange(len(widths)), [f"{width} wide" for width in widths])
    axes[1].set_yticklabels([])
    low = len(widths) - 1
    label(axes[0], "scaled", (0.3, low), (0, 40), rim=False)
    label(axes[0], "unscaled", (0.9, low), (-4, 40), align="right", rim=False)
    return figure


def _ridges(ax: Axes, name: str, values: np.ndarray, edges: np.ndarray) -> None:
    frame(name, "", ax=ax)
    for kind, rows in zip(KINDS, values, strict=True):
        for level, row in enumerate(rows):
            shares = np.histogram(row, edges)[0] / len(row)
            height = 0.85 * np.sqrt(shares)  # the root, so that a flat hill stays in sight
            ax.stairs(level - height, edges, baseline=level, fill=True, color=COLOURS[kind],
                      alpha=0.3)  # fmt: skip
            ax.stairs(level - height, edges, baseline=level, color=COLOURS[kind], ls=STYLES[kind],
                      lw=1.5)  # fmt: skip
    for level in range(values.shape[1]):
        ax.axhline(level, color=QUIET, lw=THIN)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(values.shape[1] - 0.95, -0.98)
    ax.xaxis.set_major_locator(MaxNLocator(5))


@book_style()
def draw_shares(
    edges: np.ndarray, shares: np.ndarray, width: int, *, ax: Axes | None = None
) -> Axes:
    """Draw how the largest weight of a row is spread, scaled and unscaled, for one width.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
    shares : ndarray of shape (2, n_bins)
        Unscaled first.
    width : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(f"largest weight of a row, {width} wide", "share of rows", ax=ax)
    for kind, row in zip(KINDS, shares, strict=True):
        ax.stairs(row, edges, fill=True, color=COLOURS[kind], alpha=0.25)
        ax.stairs(row, edges, color=COLOURS[kind], ls=STYLES[kind], lw=LINE_WIDTH)
        top = int(np.argmax(row))
        at = float(edges[top] + edges[top + 1]) / 2, float(row[top])
        label(ax, kind, at, (-12, 2) if top > len(row) / 2 else (14, 4),
              align="right" if top > len(row) / 2 else "left")  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.08 * float(shares.max()))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return ax


@book_style()
def figure_slopes(unscaled: np.ndarray, scaled: np.ndarray) -> Figure:
    """Draw the slopes of weights by scores as two tables, with the same colours.

    Parameters
    ----------
    unscaled, scaled : ndarray of shape (n_keys, n_keys)

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1.22))
    top = float(max(np.abs(unscaled).max(), np.abs(scaled).max()))
    names = [str(place) for place in range(1, len(scaled) + 1)]
    for ax, kind, slopes in zip(axes, KINDS, (unscaled, scaled), strict=True):
        heat_map(
            slopes,
            names,
            names,
            x=f"score of key, {kind}",
            y="weight of key" if kind == KINDS[0] else "",
            bar="slope of a weight" if kind == KINDS[1] else "",
            limits=(-top, top),
            signed=True,
            ax=ax,
        )
    return figure


@book_style()
def draw_traces(widths: np.ndarray, traces: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw how much gradient comes through a row against the width: median and middle half.

    Parameters
    ----------
    widths : ndarray of shape (n_widths,)
    traces : ndarray of shape (2, n_widths, n_rows)
        Unscaled first.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("width of queries and keys", "trace of the slopes", ax=ax)
    ax.set_xscale("log", base=2)
    quarters = np.quantile(traces, [0.25, 0.5, 0.75], axis=-1)
    for index, kind in enumerate(KINDS):
        low, middle, high = quarters[:, index]
        ax.fill_between(widths, low, high, color=COLOURS[kind], alpha=0.25, lw=0)
        ax.plot(widths, middle, color=COLOURS[kind], ls=STYLES[kind], lw=2.6)
        means = traces[index].mean(axis=-1)
        ax.plot(widths, means, "o", color=COLOURS[kind], ms=5, mew=0, zorder=4)
    ax.set_xlim(float(widths[0]), float(widths[-1]))
    ax.set_ylim(0, 0.92)
    ax.xaxis.set_major_locator(FixedLocator(list(widths[::2])))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_major_locator(MaxNLocator(5))
    label_ends(ax, KINDS, widths, quarters[1])
    return ax


@book_style()
def draw_learning(
    losses: dict[str, np.ndarray],
    *,
    every: int = 10,
    level: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the losses of several learners fall, each point a mean over some updates.

    Parameters
    ----------
    losses : dict of ndarray of shape (n_updates,)
        By kind: one of the keys of `COLOURS`.
    every : int, optional
        Updates in a mean.
    level : float, optional
        Loss of one who weighs all alike.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("updates", "squared error", ax=ax)
    means = {kind: row.reshape(-1, every).mean(axis=1) for kind, row in losses.items()}
    x = (np.arange(len(next(iter(means.values())))) + 0.5) * every
    if level is not None:
        ax.axhline(level, color=QUIET, lw=THIN, ls=DASHES[2])
        label(ax, "all alike", (float(x[-1]), level), (0, 8), align="right")
    for kind, row in means.items():
        ax.plot(x, row, color=COLOURS[kind], ls=STYLES[kind], lw=2.4)
    ax.set_xlim(0, float(x[-1] + every / 2))
    ax.set_ylim(0, 1.08 * max(float(row.max()) for row in means.values()))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    _key(ax, list(losses))
    return ax


def _key(ax: Axes, kinds: Sequence[str]) -> None:
    """Name the lines in the empty corner: their ends lie on one another."""
    for row, kind in enumerate(kinds):
        height = 0.96 - 0.085 * row
        ax.plot([0.42, 0.52], [height, height], color=COLOURS[kind], ls=STYLES[kind], lw=2.4,
                transform=ax.transAxes, clip_on=False)  # fmt: skip
        ax.annotate(kind, (0.55, height), xycoords="axes fraction", va="center", ha="left",
                    color=INK, fontsize=TEXT_SIZE)  # fmt: skip


@book_style()
def draw_rates(
    rates: np.ndarray,
    losses: dict[str, np.ndarray],
    *,
    levels: dict[str, float],
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss after training against the learning rate.

    Parameters
    ----------
    rates : ndarray of shape (n_rates,)
    losses : dict of ndarray of shape (n_rates,)
        By kind: one of the keys of `COLOURS`.
    levels : dict of float
        Losses of those who know nothing, by name.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("learning rate", "squared error at the end", ax=ax)
    ax.set_xscale("log")
    for name, height in levels.items():
        ax.axhline(height, color=QUIET, lw=THIN, ls=DASHES[2])
        label(ax, name, (float(rates[0]), height), (2, 8), align="left")
    for kind, row in losses.items():
        ax.plot(rates, row, "o", color=COLOURS[kind], ms=5, mew=0)
        ax.plot(rates, row, color=COLOURS[kind], ls=STYLES[kind], lw=LINE_WIDTH)
    ax.set_xlim(0.85 * float(rates[0]), 1.15 * float(rates[-1]))
    top = max(max(float(row.max()) for row in losses.values()), *levels.values())
    ax.set_ylim(0, 1.12 * top)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(MaxNLocator(5))
    label_ends(ax, list(losses), rates, np.array(list(losses.values())))
    return ax
