"""A time line in lanes, and the wiring of the first machine that learned to see."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from unrolled.figures.diagrams import draw_arrow
from unrolled.figures.stepping import full_axes
from unrolled.figures.style import (
    DATA,
    FIRST,
    INK,
    QUIET,
    SECOND,
    SERIES,
    SIXTH,
    WIDE,
    WRONG,
    book_style,
    frame,
    label,
)

__all__ = ["draw_mark_one", "draw_time_line"]

HEIGHT = 8.6  # inches of a time line
LINE = 0.165  # inches from one line of words to the next


@book_style()
def draw_time_line(
    years: Sequence[float],
    lanes: Sequence[str],
    names: Sequence[str],
    *,
    order: Sequence[str],
    winters: Mapping[str, tuple[float, float]],
) -> Axes:
    """Draw events from above, each in its lane, with its name beside it.

    Parameters
    ----------
    years : sequence of float of shape (n_events,)
    lanes : sequence of str of shape (n_events,)
        The lane of each event.
    names : sequence of str of shape (n_events,)
        Of one line or two.
    order : sequence of str
        Lanes from the left.
    winters : mapping of str to (float, float)
        Spans that are shaded across all lanes, by their names.

    Returns
    -------
    Axes
    """
    first, last = 1940.0, 2021.0
    per_inch = (last - first) / (HEIGHT - 0.55)
    ax = frame(
        "",
        "",
        width=WIDE,
        height=HEIGHT,
        xlim=(0, len(order)),
        ylim=(last, first),
        xticks={lane + 0.1: name for lane, name in enumerate(order)},
        yticks=[*range(1940, 2021, 10)],
    )
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    for tick in ax.get_xticklabels():
        tick.set(ha="left")
    ax.spines[["bottom", "left"]].set_visible(False)
    for name, (start, end) in winters.items():
        ax.axhspan(start, end, color=SECOND, alpha=0.2, lw=0, zorder=0)
        label(ax, name, (1.1, (start + end) / 2), align="left", rim=False)
    for lane, (title, colour) in enumerate(zip(order, SERIES, strict=False)):
        own = sorted(
            (y, n) for y, where, n in zip(years, lanes, names, strict=True) if where == title
        )
        ax.plot([lane + 0.03] * 2, [first, last], color=QUIET, lw=0.8, zorder=1)
        heights = [(0.04 + LINE * (1 + name.count("\n"))) * per_inch for _, name in own]
        places = spread([year for year, _ in own], heights)
        for (year, name), place in zip(own, places, strict=True):
            ax.plot([lane + 0.03, lane + 0.09], [year, place], color=QUIET, lw=0.8, zorder=1)
            ax.plot(lane + 0.03, year, "o", color=colour, ms=6, zorder=3)
            label(ax, name, (lane + 0.1, place), align="left", rim=False)
    return ax


def spread(places: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Move labels apart until none touches the next, as little as is needed.

    Parameters
    ----------
    places : sequence of float of shape (n_labels,)
        Where they would stand, rising.
    heights : sequence of float of shape (n_labels,)

    Returns
    -------
    list of float
    """
    found = np.array(places, dtype=float)
    gaps = (np.array(heights[1:]) + np.array(heights[:-1])) / 2
    for _ in range(100 * len(found)):
        short = np.maximum(gaps - np.diff(found), 0) / 2
        if not short.any():
            break
        found[1:] += short
        found[:-1] -= short
    return [float(place) for place in found]


@book_style()
def draw_mark_one(
    lit: np.ndarray, wires: Sequence[tuple[int, int]], n_units: int, *, shown: int = 7
) -> Axes:
    """Draw the perceptron as a machine: a grid of photocells, random wires, units, weights, lamp.

    Parameters
    ----------
    lit : ndarray of bool of shape (n_rows, n_columns)
        Which photocells see light.
    wires : sequence of (int, int)
        From a photocell, counted row by row, to one of the units that are shown.
    n_units : int
        Number of association units of the machine.
    shown : int, optional
        How many of them are drawn.

    Returns
    -------
    Axes
    """
    n_rows, n_columns = lit.shape
    ax = full_axes(WIDE, 2.75)
    ax.set_axis_off()
    ax.set(xlim=(0, WIDE), ylim=(0, 2.75))
    side = 2.0 / n_rows
    cells = np.argwhere(np.ones_like(lit))
    at = np.column_stack([0.15 + (cells[:, 1] + 0.5) * side, 2.55 - (cells[:, 0] + 0.5) * side])
    on = lit.ravel()
    ax.plot(*at[~on].T, "s", color=QUIET, ms=2.4, mew=0)
    ax.plot(*at[on].T, "s", color=FIRST, ms=4.4, mew=0)
    units = np.column_stack([np.full(shown, 4.05), np.linspace(2.45, 0.65, shown)])
    ends = [[at[cell], units[unit]] for cell, unit in wires]
    ax.add_collection(LineCollection(ends, colors=DATA, lw=0.6, alpha=0.7, zorder=1))
    ax.plot(*units.T, "o", color=SECOND, ms=10, zorder=3)
    answer = (6.35, 1.55)
    for unit in units:
        draw_arrow(ax, [(unit[0] + 0.1, unit[1]), answer], colour=SIXTH, head=False)
        dial = unit + 0.4 * (np.array(answer) - unit)
        ax.plot(*dial, "o", color=SIXTH, ms=8, zorder=3)
        ax.plot([dial[0] - 0.1, dial[0] + 0.1], [dial[1] - 0.1, dial[1] + 0.1], color=INK, lw=1.2,
                zorder=4)  # fmt: skip
    ax.plot(*answer, "o", color=WRONG, ms=16, zorder=3)
    for x, text in (
        (0.15 + n_columns * side / 2, f"{lit.size} photocells"),
        (2.95, "wired at random"),
        (4.05, f"{n_units} units"),
        (5.1, "weights that\nmotors turn"),
        (6.35, "answer"),
    ):
        label(ax, text, (x, 0.38), level="top", rim=False)
    return ax
