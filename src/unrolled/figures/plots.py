"""What plain figures are made of: lines, levels, bars, histograms, scattered points, heat maps.

A page draws with a few of these in its own cell, on an Axes from `unrolled.figures.style.frame`.
Each takes arrays as they are; colours, dashes and markers go through the book's own in their order,
so that no line is told by its colour alone, and names stand beside what they name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from unrolled.figures.style import (
    AMOUNTS,
    DASHES,
    INK,
    MARKERS,
    QUIET,
    SERIES,
    SIGNED,
    SINGLE,
    TALL,
    TEXT_SIZE,
    THIN,
    WIDE,
    book_style,
    halo,
    label,
    label_ends,
    panels,
)

__all__ = [
    "bars",
    "heat_map",
    "histogram",
    "image_grid",
    "key",
    "levels",
    "mark",
    "scatter",
    "series",
]

Rows = Mapping[str, np.ndarray] | Sequence[np.ndarray] | np.ndarray
Levels = float | Sequence[float] | Mapping[float, str]


def _named(rows: Rows) -> tuple[list[str], list[np.ndarray]]:
    """Return names and numbers of a few rows; the names are empty where none are given."""
    if isinstance(rows, Mapping):
        return list(rows), [np.asarray(row, dtype=float) for row in rows.values()]
    table = np.atleast_2d(np.asarray(rows, dtype=float))
    return [""] * len(table), list(table)


@book_style()
def series(
    ax: Axes,
    x: np.ndarray,
    lines: Rows,
    *,
    colours: Iterable[str] = SERIES,
    dashes: Iterable[Any] = DASHES,
    markers: Iterable[str] = ("",),
    **look: Any,
) -> list[Line2D]:
    """Draw lines over the same places, each named at its right end.

    Parameters
    ----------
    ax : Axes
        With its limits and scales as they will stay; without limits it is as wide as the lines.
    x : ndarray of shape (n,)
    lines : mapping of str to ndarray of shape (n,), or ndarray of shape (n_lines, n) or (n,)
        With names to write at their ends, or without.
    colours, dashes, markers : iterable, optional
        One for each line; begun again when there are more lines.
    **look
        What `Axes.plot` takes.

    Returns
    -------
    list of Line2D
    """
    names, rows = _named(lines)
    ax.margins(x=0.03 if any(markers := list(markers)) else 0)
    drawn = []
    looks = zip(rows, cycle(colours), cycle(dashes), cycle(markers), strict=False)
    for row, colour, dash, marker in looks:
        marked = {"marker": marker, "ms": 6.0, "clip_on": False} if marker else {}
        drawn += ax.plot(x, row, **{"color": colour, "ls": dash, **marked, **look})
    ends = [place for place, name in enumerate(names) if name]
    if ends:
        label_ends(ax, [names[place] for place in ends], x, np.array([rows[n] for n in ends]))
    return drawn


@book_style()
def levels(
    ax: Axes,
    *,
    x: Levels = (),
    y: Levels = (),
    at: float = 0.0,
    shift: tuple[float, float] | None = None,
    dash: Any = DASHES[2],
) -> None:
    """Draw guide lines, upright at values of x and level at values of y.

    Parameters
    ----------
    ax : Axes
        With its limits as they will stay.
    x, y : float, sequence of float or mapping of float to str, optional
        Where, and what is written beside the line.
    at : float, optional
        Where along the line: 0 is its left or lower end, 1 the other one.
    shift : (float, float), optional
        From there to the words, in points; just above a level line and right of an upright one
        when None.
    dash : optional
        One of `DASHES`.
    """
    for upright, given in ((True, x), (False, y)):
        values = list(given) if isinstance(given, Mapping) else np.atleast_1d(given)
        names = list(given.values()) if isinstance(given, Mapping) else [""] * len(values)
        for value, name in zip(values, names, strict=True):
            draw = ax.axvline if upright else ax.axhline
            draw(value, color=QUIET, lw=THIN, ls=dash, zorder=0.9)
            if name:
                place = (value, _between(ax.get_ylim(), at, ax.get_yscale()))
                if not upright:
                    place = (_between(ax.get_xlim(), at, ax.get_xscale()), value)
                away = shift or ((5.0, 9.0) if upright else (4.0, 9.0))
                label(ax, name, place, away, align=_align(away))


@book_style()
def mark(
    ax: Axes,
    at: tuple[float, float],
    text: str = "",
    shift: tuple[float, float] = (0.0, 12.0),
    *,
    marker: str = "o",
    **look: Any,
) -> None:
    """Mark a point, and say beside it what it is.

    Parameters
    ----------
    ax : Axes
    at : (float, float)
    text : str, optional
    shift : (float, float), optional
        From the point to the words, in points.
    marker : str, optional
    **look
        What `Axes.plot` takes.
    """
    ax.plot(*at, marker, **{"color": INK, "ms": 6.0, "zorder": 4, **look})
    if text:
        label(ax, text, at, shift, align=_align(shift))


def _align(shift: tuple[float, float]) -> str:
    """Say at which of their ends words stand that are moved this way."""
    return "left" if shift[0] > 0 else "right" if shift[0] < 0 else "center"


def _between(limits: tuple[float, float], share: float, scale: str) -> float:
    """Return the place at a share of the way along an axis."""
    low, high = limits
    if scale == "log":
        return float(low * (high / low) ** share)
    return low + share * (high - low)


@book_style()
def bars(
    ax: Axes,
    groups: Sequence[str],
    lengths: Rows,
    *,
    lying: bool = True,
    stacked: bool = False,
    colours: Iterable[str] = SERIES,
    form: str | Callable[[float], str] = "",
    named: int | None = 0,
) -> None:
    """Draw bars in groups, or stacked on one another.

    Parameters
    ----------
    ax : Axes
    groups : sequence of str
        Names, from the top, or from the left.
    lengths : mapping of str to ndarray of shape (n_groups,), or ndarray of shape (n_groups,)
        For each kind of bar its length in each group.
    lying : bool, optional
        From left to right; otherwise they stand.
    stacked : bool, optional
        The kinds follow one another in one bar a group.
    colours : iterable of str, optional
        One for each kind.
    form : str or function, optional
        How the length is written at the end of each bar, or of each stack: ``".2f"``, or `percent`.
    named : int, optional
        The group whose bars carry the names of the kinds; where they do not fit, None and a `key`.
    """
    names, rows = _named(lengths)
    places, wide = np.arange(len(groups)), 0.6 if stacked else 0.8 / len(rows)
    draw, starts = ax.barh if lying else ax.bar, np.zeros(len(groups))
    write = form if callable(form) else lambda length: format(length, form)
    for kind, (name, row, colour) in enumerate(zip(names, rows, cycle(colours), strict=False)):
        middles = places if stacked else places + wide * (kind - (len(rows) - 1) / 2)
        ends = starts + row
        draw(middles, row, 0.94 * wide, starts, color=colour, label=name)
        if form and (not stacked or kind == len(rows) - 1):
            for middle, end in zip(middles, ends, strict=True):
                _write_beside(ax, write(float(end)), middle, end, lying)
        if name and named is not None:
            middle, end = middles[named], ends[named]
            if stacked:
                half = (starts[named] + end) / 2
                label(ax, name, (half, middle) if lying else (middle, half))
            else:
                number = write(float(end)) if form else ""
                _write_beside(ax, name, middle, end, lying, 6.5 * len(number) + 8 * bool(form))
        starts = ends if stacked else starts
    axis = ax.yaxis if lying else ax.xaxis
    axis.set_ticks(range(len(groups)), list(groups))
    axis.set_tick_params(length=0)
    if lying:
        ax.set_ylim(len(groups) - 0.45, -0.55)
        ax.spines["left"].set_visible(False)


def _write_beside(
    ax: Axes, text: str, middle: float, end: float, lying: bool, further: float = 0.0
) -> None:
    """Write at the end of a bar, or further away in points."""
    if lying:
        label(ax, text, (end, middle), (5.0 + further, 0), align="left", rim=False)
    else:
        label(ax, text, (middle, end), (0, 9.0 + further / 2), rim=False)


@book_style()
def histogram(
    ax: Axes,
    edges: np.ndarray,
    heights: Rows,
    *,
    colours: Iterable[str] = SERIES,
    dashes: Iterable[Any] = DASHES,
) -> None:
    """Draw histograms over one another, each named at its highest bin.

    Parameters
    ----------
    ax : Axes
    edges : ndarray of shape (n_bins + 1,)
    heights : mapping of str to ndarray of shape (n_bins,), or ndarray of shape (n_bins,)
    colours, dashes : iterable, optional
        One for each histogram.
    """
    names, rows = _named(heights)
    ax.margins(x=0)
    for name, row, colour, dash in zip(names, rows, cycle(colours), cycle(dashes), strict=False):
        ax.stairs(row, edges, fill=True, color=colour, alpha=0.3, lw=0)
        ax.stairs(row, edges, color=colour, lw=1.4, ls=dash)
        peak = int(np.argmax(row))
        if name:
            label(ax, name, (float(edges[peak : peak + 2].mean()), float(row[peak])), (0, 10))


@book_style()
def scatter(
    ax: Axes,
    points: np.ndarray,
    groups: np.ndarray | None = None,
    *,
    names: Sequence[str] = (),
    colours: Sequence[str] = SERIES,
    markers: Sequence[str] = MARKERS,
    **look: Any,
) -> None:
    """Draw points of a plane, each group with its own colour and marker.

    Parameters
    ----------
    ax : Axes
    points : ndarray of shape (n_points, 2)
    groups : ndarray of int of shape (n_points,), optional
        Which colour and marker a point gets; all the first when None.
    names : sequence of str, optional
        Of the groups, for a `key`.
    colours, markers : sequence, optional
        One for each group.
    **look
        What `Axes.plot` takes.
    """
    groups = np.zeros(len(points), dtype=int) if groups is None else groups
    for group in np.unique(groups):
        own = {
            "marker": markers[group % len(markers)],
            "color": colours[group % len(colours)],
            "label": names[group] if len(names) else None,
        }
        ax.plot(*points[groups == group].T, **{"ls": "", "ms": 4.2, "mew": 0, **own, **look})


@book_style()
def key(ax: Axes) -> None:
    """Explain above all panels the marks of one of them that have a `label`.

    Parameters
    ----------
    ax : Axes
    """
    marks, names = ax.get_legend_handles_labels()
    explained = cast(Figure, ax.get_figure(root=True)).legend(
        marks, names, loc="outside upper center", ncols=len(names), frameon=False
    )
    for mark in explained.legend_handles:  # small ones of a crowd are told apart by their form here
        if isinstance(mark, Line2D):
            mark.set_markersize(max(6.0, mark.get_markersize()))


@book_style()
def heat_map(
    amounts: np.ndarray,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    x: str = "",
    y: str = "",
    bar: str = "",
    limits: tuple[float, float] | None = None,
    signed: bool = False,
    digits: int | None = None,
    square: bool = True,
    width: float = SINGLE,
    height: float = TALL,
    ax: Axes | None = None,
) -> Axes:
    """Draw a table of amounts as cells with more or less colour: nothing is an empty cell.

    Parameters
    ----------
    amounts : ndarray of shape (n_rows, n_columns)
        Yes and no are filled and empty cells. A masked or missing one (NaN) stays empty.
    rows, columns : sequence of str, optional
        Names, from the top to the bottom and from left to right; an empty one leaves no tick.
        Numbers from 0 on when None.
    x, y : str, optional
        What columns and rows are.
    bar : str, optional
        What the colours mean, with unit. Without it no colour bar is drawn.
    limits : (float, float), optional
        Amounts at the ends of the colours; from zero, or from the lowest, to the highest when None.
    signed : bool, optional
        Blue below zero and orange above it.
    digits : int, optional
        Print each amount in its cell with so many decimals.
    square : bool, optional
        Cells as high as they are wide; otherwise they fill the figure.
    width, height : float, optional
        Of a new figure, in inches.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(width, height)[1][0] if ax is None else ax
    amounts = np.ma.masked_invalid(np.asarray(amounts, dtype=float))
    n_rows, n_columns = amounts.shape
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal" if square else "auto")
    look: dict[str, Any] = {
        "cmap": SIGNED if signed else AMOUNTS,
        "norm": Normalize(*(limits or _limits(amounts, signed))),
    }
    cells: QuadMesh | AxesImage
    if max(amounts.shape) <= 24:
        cells = ax.pcolormesh(amounts, edgecolor=QUIET, linewidth=0.5, **look)
    else:  # ruled cells would be all rules
        box = (0, n_columns, n_rows, 0)
        cells = ax.imshow(
            amounts, extent=box, aspect=ax.get_aspect(), interpolation="nearest", **look
        )
    ax.tick_params(length=0, labelsize=TEXT_SIZE, colors=INK)
    ax.set(xlim=(-0.04, n_columns + 0.04), ylim=(n_rows + 0.04, -0.04), xlabel=x, ylabel=y)
    _name_cells(ax, rows, columns)
    if digits is not None:
        for (row, column), amount in np.ndenumerate(amounts.filled(np.nan)):
            if np.isfinite(amount):
                text = f"{round(amount, digits) + 0.0:.{digits}f}".replace("-", "−")
                halo(ax.text(column + 0.5, row + 0.5, text, ha="center", va="center"), 2.2)
    if bar:
        _colour_bar(ax, cells, bar)
    return ax


def _limits(amounts: np.ndarray, signed: bool) -> tuple[float, float]:
    low, high = float(amounts.min()), float(amounts.max())
    if signed:
        top = max(-low, high) or 1.0
        return -top, top
    low = min(low, 0.0)
    return low, high if high > low else low + 1


def _name_cells(ax: Axes, rows: Sequence[str] | None, columns: Sequence[str] | None) -> None:
    """Write names or numbers beside the rows and below the columns; long names are turned."""
    for axis, names in ((ax.yaxis, rows), (ax.xaxis, columns)):
        if names is None:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        else:
            axis.set_ticks(np.arange(len(names)) + 0.5, list(names))
    if columns is not None and max(map(len, columns), default=0) > 2:
        for tick in ax.get_xticklabels():
            tick.set(rotation=45, ha="right", rotation_mode="anchor")


def _colour_bar(ax: Axes, cells: QuadMesh | AxesImage, name: str) -> None:
    scale = cast(Figure, ax.get_figure(root=True)).colorbar(cells, ax=ax, label=name, shrink=0.85)
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0)


@book_style()
def image_grid(
    pixels: np.ndarray,
    names: Sequence[str],
    *,
    limits: tuple[float, float],
    bar: str = "",
    signed: bool = False,
) -> None:
    """Draw rows of small images that share one colour map.

    Parameters
    ----------
    pixels : ndarray of shape (n_rows, n_columns, height, width)
    names : sequence of str
        Of the columns, written above the first row.
    limits : (float, float)
        Amounts at the ends of the colours.
    bar : str, optional
        What the colours mean, with unit. Without it no colour bar is drawn.
    signed : bool, optional
        Blue below zero and orange above it.
    """
    n_rows, n_columns, height, width = pixels.shape
    side = 0.92 * WIDE / n_columns
    figure, axes = panels(
        WIDE, side * n_rows + 0.35 + 0.75 * bool(bar), [1] * n_columns, rows=n_rows
    )
    for ax, image in zip(axes, pixels.reshape(-1, height, width), strict=True):
        shown = ax.imshow(image, cmap=SIGNED if signed else AMOUNTS, norm=Normalize(*limits))
        ax.set_axis_off()
    for ax, name in zip(axes, names, strict=False):
        label(ax, name, (width / 2 - 0.5, -0.5), (0, 7), level="baseline", rim=False)
    if bar:
        scale = figure.colorbar(shown, ax=axes, label=bar, location="bottom", shrink=0.5, aspect=40)
        scale.outline.set_visible(False)
        scale.ax.tick_params(length=0)
