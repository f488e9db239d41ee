"""The drawings of what a sequence asks for: mappings, tensors, sentences, order and windows.

Data are teal, what a window holds is blue, its target olive. Inputs of a network are orange, hidden
units mauve, outputs olive, as in the whole part.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    FOURTH,
    GROUND,
    HIDDEN,
    INK,
    LOW,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SERIES,
    SIGNED,
    SINGLE,
    TALL,
    TARGET,
    THIN,
    WIDE,
    bare_axes,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "draw_differences",
    "draw_errors",
    "draw_sentences",
    "draw_strips",
    "draw_tensors",
    "draw_window",
    "figure_mapping",
    "figure_maps",
    "figure_shapes",
    "figure_wiring",
]

INPUT, OUTPUT = FIRST, FOURTH


@book_style()
def figure_wiring(n_in: int, n_hidden: int, n_out: int, n_steps: int) -> Figure:
    """Draw a recurrent network as a box with a loop, and as neurons over several steps.

    Parameters
    ----------
    n_in, n_hidden, n_out, n_steps : int

    Returns
    -------
    Figure
    """
    figure, (left, right) = panels(WIDE, MEDIUM, (1, 3.2))
    _draw_loop(bare_axes(left))
    ax = bare_axes(right)
    levels = {"x": (0.0, n_in, INPUT), "h": (1.7, n_hidden, HIDDEN), "o": (3.4, n_out, OUTPUT)}
    places = {
        (name, t): [(3.1 * t + 0.62 * (i - (n - 1) / 2), y) for i in range(n)]
        for name, (y, n, _) in levels.items()
        for t in range(n_steps)
    }
    for t in range(n_steps):
        for low, high in (("x", "h"), ("h", "o")):
            _wire(ax, places[low, t], places[high, t])
        if t:
            _wire(ax, places["h", t - 1], places["h", t], bend=0.34)
        label(ax, f"step {t + 1}", (3.1 * t, 0), (0, -21), rim=False)
    for (name, _), centres in places.items():
        for centre in centres:
            ax.add_patch(Circle(centre, 0.21, fc=GROUND, ec=levels[name][2], lw=1.8, zorder=3))
    ax.set_xlim(-1.2, 3.1 * (n_steps - 1) + 1.2)
    ax.set_ylim(-0.95, 3.8)
    return figure


@book_style()
def figure_mapping() -> Figure:
    """Draw a mapping twice: arrows from a set to a set, and a curve.

    Returns
    -------
    Figure
    """
    figure, (left, right) = panels(SINGLE, LOW, (1.15, 1))
    ax = bare_axes(left)
    for x, colour, name in ((0.0, INPUT, "inputs"), (3.2, OUTPUT, "outputs")):
        ax.add_patch(Ellipse((x, 0), 1.6, 3.2, fc=colour, ec=colour, alpha=0.18))
        label(ax, name, (x, -1.6), (0, -10), rim=False)
    for start, end in ((1.0, 0.7), (0.3, 0.7), (-0.4, -0.1), (-1.1, -0.9)):
        _arrow(ax, (0.0, start), (3.2, end), gap=5)
        ax.plot([0.0], [start], "o", color=INPUT, ms=6)
        ax.plot([3.2], [end], "o", color=OUTPUT, ms=6)
    label(ax, "$f$", (1.6, 1.0), (0, 12), rim=False)
    ax.set_xlim(-1, 4.2)
    ax.set_ylim(-2.35, 1.75)
    ax = frame("x", "y = f(x)", ax=right)
    places = np.linspace(0, 1, 101)
    ax.plot(places, 0.25 + 0.5 * places + 0.22 * np.sin(2 * np.pi * places), color=INK)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    return figure


@book_style()
def draw_tensors(shapes: Sequence[tuple[int, ...]], *, ax: Axes | None = None) -> Axes:
    """Draw a vector as a column, a matrix as a sheet and a tensor as a stack of sheets.

    Parameters
    ----------
    shapes : three tuples of one, two and three int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=LOW)
    cell, at = 0.42, 0.0
    for shape, name in zip(shapes, ("vector", "matrix", "tensor of rank 3"), strict=True):
        rows, columns = shape[-2:] if len(shape) > 1 else (shape[0], 1)
        n_sheets = shape[0] if len(shape) == 3 else 1
        for sheet in reversed(range(n_sheets)):
            corner = (at + 0.3 * sheet, 0.3 * sheet)
            _sheet(ax, corner, rows, columns, cell)
        width = cell * columns + 0.3 * (n_sheets - 1)
        text = f"{name}\n({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
        label(ax, text, (at + width / 2, 0), (0, -20), rim=False)
        at += width + 1.5
    top = max(cell * (s[-2] if len(s) > 1 else s[0]) for s in shapes)
    ax.set_xlim(-0.55, at - 0.75)
    ax.set_ylim(-1.35, top + 0.75)
    return ax


@book_style()
def figure_shapes(shapes: Sequence[tuple[int, ...]], steps: Sequence[str]) -> Figure:
    """Draw what becomes of an image on its way through a network, with the shape at each arrow.

    Parameters
    ----------
    shapes : sequence of tuple of int
        Of height, width and channels first, of one number then.
    steps : sequence of str
        What happens between one shape and the next.

    Returns
    -------
    Figure
    """
    figure, (ax,) = panels(WIDE, MEDIUM)
    bare_axes(ax)
    at, ends = 0.0, []
    largest = shapes[0][0]
    for shape in shapes:
        if len(shape) == 3:
            height, depth = 0.35 + 2.2 * shape[0] / largest, 3
            width = height
            colour = DATA if shape is shapes[0] else HIDDEN
            for k in reversed(range(depth)):
                corner = (at + 0.1 * k, 0.1 * k - height / 2)
                ax.add_patch(Rectangle(corner, width, height, fc=GROUND, ec=colour, lw=1.4))
            width += 0.1 * (depth - 1)
        else:
            height, width = min(2.6, 0.3 + 0.32 * np.log2(shape[0] + 1) * 0.55), 0.3
            colour = OUTPUT if shape is shapes[-1] else HIDDEN
            ax.add_patch(Rectangle((at, -height / 2), width, height, fc=GROUND, ec=colour, lw=1.4))
        text = "\n".join(f"{size:,}".replace(",", "\u2009") for size in shape)
        label(ax, text, (at + width / 2, -1.6), level="top", rim=False)
        ends.append((at, at + width))
        at += width + 0.95
    for (_, start), (end, _), step in zip(ends[:-1], ends[1:], steps, strict=True):
        _arrow(ax, (start + 0.07, 0.0), (end - 0.05, 0.0), gap=0)
        label(ax, step, ((start + end) / 2, 1.75), level="top", rim=False)
    ax.set_xlim(-0.2, at - 0.7)
    ax.set_ylim(-3.0, 1.95)
    return figure


@book_style()
def figure_maps(maps: Sequence[np.ndarray], classes: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw the same images on two maps, with a colour and a marker for each class.

    Parameters
    ----------
    maps : two of ndarray of shape (n_images, 2)
    classes : ndarray of int, of shape (n_images,)
    names : two of str

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    for ax, points, name in zip(axes, maps, names, strict=True):
        frame(f"first axis, {name}", "second axis", ax=ax)
        for k, one in enumerate(np.unique(classes)):
            ax.plot(
                *points[classes == one].T, MARKERS[k], color=SERIES[k], ms=4.5, mew=0, alpha=0.8
            )
        ax.set_xticks([])
        ax.set_yticks([])
        ax.margins(0.12)
    for one in np.unique(classes):
        at, shift = _outside(maps[1], classes == one)
        label(axes[1], str(one), at, shift)
    return figure


def _outside(
    points: np.ndarray, chosen: np.ndarray
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Say where some of the points end away from all others, and which way leads out there."""
    scale = points.std(axis=0)
    away = (points[chosen].mean(axis=0) - points.mean(axis=0)) / scale
    away /= np.linalg.norm(away)
    x, y = points[chosen][(points[chosen] / scale @ away).argmax()]
    return (float(x), float(y)), (12 * float(away[0]), 12 * float(away[1]))


@book_style()
def draw_sentences(
    sentences: Mapping[str, Sequence[str]],
    parts: Sequence[Sequence[int]],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw sentences as rows of words, with lines between the words that play the same part.

    Parameters
    ----------
    sentences : mapping of str to sequence of str
        The words by the name of the language.
    parts : sequence of sequence of int
        The part that each word plays, by number.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=MEDIUM)
    ends = []
    for row, (words, played) in enumerate(zip(sentences.values(), parts, strict=True)):
        ends.append(_row_of_words(ax, words, played, -1.75 * row))
    for above, below in pairwise(ends):
        for part, x, y in above:
            for _, x_end, y_end in (end for end in below if end[0] == part):
                dash = DASHES[part % len(DASHES)]
                line = [x, x_end], [y - 0.3, y_end + 0.3]
                ax.plot(*line, color=SERIES[part], lw=1.6, ls=dash, zorder=0.5)
    for row, language in enumerate(sentences):
        label(ax, language, (0.73, 0.6 - 1.75 * row), align="left")  # right of the first line
    ax.set_xlim(-0.1, 7.1)
    ax.set_ylim(-1.75 * len(sentences) + 1.3, 0.85)
    return ax


@book_style()
def draw_strips(sequences: Mapping[str, np.ndarray], *, ax: Axes | None = None) -> Axes:
    """Draw sequences of vectors, one column a step, under one another.

    Parameters
    ----------
    sequences : mapping of str to ndarray of shape (n_steps, n_dims)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    ax.spines[:].set_visible(False)
    top = max(float(np.abs(sequence).max()) for sequence in sequences.values())
    drawn = None
    for row, (name, sequence) in enumerate(sequences.items()):
        n_steps, n_dims = sequence.shape
        y = -row * (n_dims + 1.6)
        drawn = ax.pcolormesh(
            np.arange(n_steps + 1), y - np.arange(n_dims + 1), sequence.T,
            cmap=SIGNED, vmin=-top, vmax=top, edgecolor=QUIET, lw=0.6,
        )  # fmt: skip
        label(ax, f"{name}: {n_steps} vectors", (0, y), (0, 4), align="left", level="bottom",
              rim=False)  # fmt: skip
    longest = max(len(sequence) for sequence in sequences.values())
    ax.set_xticks(np.arange(longest) + 0.5, [str(t + 1) for t in range(longest)])
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.set_xlabel("step")
    ax.set_xlim(-0.05, longest + 0.05)
    ax.set_ylim(y - n_dims - 0.1, 1.0)
    figure = ax.figure
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=ax, shrink=0.8, label="entry of the vector")
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_locator(MaxNLocator(5))
        bar.solids.set_rasterized(False)  # type: ignore[union-attr]
    return ax


@book_style()
def draw_differences(
    names: Sequence[str], values: Sequence[float], *, ax: Axes | None = None
) -> Axes:
    """Draw differences between outputs on a logarithmic axis.

    Parameters
    ----------
    names : sequence of str
    values : sequence of float
        A difference of zero is drawn at the left end.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("largest difference of the outputs", "", ax=ax, height=MEDIUM)
    lowest = 1e-19
    rows = np.arange(len(names))
    shown = np.maximum(np.asarray(values, float), lowest)
    ax.set_xscale("log")
    ax.hlines(rows, lowest, shown, color=QUIET, lw=THIN)
    for row, value, at in zip(rows, values, shown, strict=True):
        same = value < 1e-12
        marker, colour = (MARKERS[0], FOURTH) if same else (MARKERS[1], FIRST)
        ax.plot([at], [row], marker, color=colour, ms=8, clip_on=False)
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(lowest / 10, 30)
    ax.set_xticks([lowest, 1e-16, 1e-8, 1], ["0", "$10^{-16}$", "$10^{-8}$", "1"])
    ax.minorticks_off()
    ax.set_ylim(len(names) - 0.5, -0.5)
    return ax


@book_style()
def draw_window(
    series: np.ndarray,
    names: Sequence[str],
    lookback: int,
    horizon: int,
    *,
    per_day: int = 144,
    ax: Axes | None = None,
) -> Axes:
    """Draw some days of a series, one window of it, and the row that is to be foretold.

    Parameters
    ----------
    series : ndarray of shape (n_steps, n_features)
        The window begins one day after its first row.
    names : sequence of str
        Of the features.
    lookback, horizon : int
    per_day : int, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("day", "", ax=ax, height=TALL)
    days = np.arange(len(series)) / per_day
    start, end = per_day, per_day + lookback - 1
    low, high = series.min(axis=0), series.max(axis=0)
    levels = 0.66 * (series - low) / (high - low) - np.arange(len(names))
    ax.axvspan(days[start], days[end], color=SECOND, alpha=0.22, lw=0)
    ax.axvline(days[end + horizon], color=TARGET, lw=1.4, ls=DASHES[1])
    for k, name in enumerate(names):
        ax.plot(days, levels[:, k], color=DATA, lw=1.1)
        label(ax, name, (0.0, -k + 0.72), (3, 0), align="left", level="bottom",
              rim=False)  # fmt: skip
    ax.plot([days[end + horizon]], [levels[end + horizon, 0]], "o", color=TARGET, ms=8, zorder=5)
    label(ax, f"window: {lookback} rows", ((days[start] + days[end]) / 2, 1.16))
    label(ax, f"+{horizon}", (days[end + horizon], 1.16), (5, 0), align="left")
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, float(days[-1]))
    ax.set_ylim(-len(names) + 0.9, 1.3)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    return ax


@book_style()
def draw_errors(
    names: Sequence[str], errors: Sequence[float], *, unit: str, ax: Axes | None = None
) -> Axes:
    """Draw one error for each method, as bars with their numbers.

    Parameters
    ----------
    names : sequence of str
    errors : sequence of float
    unit : str
        What the axis says.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(unit, "", ax=ax, height=LOW)
    rows = np.arange(len(names))
    ax.barh(rows, errors, height=0.5, color=FIRST)
    for row, error in zip(rows, errors, strict=True):
        label(ax, f"{error:.2f}", (float(error), float(row)), (5, 0), align="left", rim=False)
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1.18 * max(errors))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    return ax


def _row_of_words(
    ax: Axes, words: Sequence[str], played: Sequence[int], y: float
) -> list[tuple[int, float, float]]:
    """Draw words side by side, neighbours of one part together; say where each part stands."""
    x, found = 0.0, []
    for part, group in groupby(zip(words, played, strict=True), key=lambda pair: pair[1]):
        left = x
        for word, _ in group:
            width = 0.3 + 0.165 * len(word)
            box = Rectangle((x, y - 0.3), width, 0.6, fc=SERIES[part], alpha=0.28, lw=0)
            ax.add_patch(box)
            label(ax, word, (x + width / 2, y), rim=False)
            x += width
        found.append((part, (left + x) / 2, y))
        x += 0.22
    return found


def _draw_loop(ax: Axes) -> None:
    """Draw the box that hides the wiring."""
    for y, text, colour in ((0.0, "$x^{(t)}$", INPUT), (3.4, "$o^{(t)}$", OUTPUT)):
        ax.add_patch(Circle((0, y), 0.42, fc=GROUND, ec=colour, lw=1.8))
        label(ax, text, (0, y), rim=False)
    ax.add_patch(Rectangle((-0.75, 1.2), 1.5, 1.0, fc=GROUND, ec=HIDDEN, lw=1.8))
    label(ax, "$h^{(t)}$", (0, 1.7), rim=False)
    _arrow(ax, (0, 0.42), (0, 1.2), gap=2)
    _arrow(ax, (0, 2.2), (0, 2.98), gap=2)
    loop = FancyArrowPatch(
        (0.75, 1.95), (0.75, 1.45), connectionstyle="arc3,rad=-1.9", color=INK, lw=1.3,
        arrowstyle="-|>,head_length=4.5,head_width=2.4", shrinkA=0, shrinkB=0,
    )  # fmt: skip
    ax.add_patch(loop)
    ax.set_xlim(-1.1, 1.9)
    ax.set_ylim(-0.95, 3.9)


def _wire(
    ax: Axes,
    starts: Sequence[tuple[float, float]],
    ends: Sequence[tuple[float, float]],
    bend: float = 0.0,
) -> None:
    """Join every unit of one layer with every unit of another."""
    for start in starts:
        for end in ends:
            line = FancyArrowPatch(
                start, end, arrowstyle="-", color=QUIET, lw=0.8, shrinkA=0, shrinkB=0,
                connectionstyle=f"arc3,rad={-bend}", zorder=1,
                ls=DASHES[1] if bend else "-",
            )  # fmt: skip
            ax.add_patch(line)


def _sheet(ax: Axes, corner: tuple[float, float], rows: int, columns: int, cell: float) -> None:
    """Draw a table of empty cells."""
    x, y = corner
    for row in range(rows):
        for column in range(columns):
            at = (x + cell * column, y + cell * row)
            ax.add_patch(Rectangle(at, cell, cell, fc=GROUND, ec=DATA, lw=1.2))


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], *, gap: float) -> None:
    arrow = FancyArrowPatch(
        start, end, arrowstyle="-|>,head_length=4.5,head_width=2.4", color=INK, lw=1.2,
        shrinkA=gap, shrinkB=gap, mutation_scale=1,
    )  # fmt: skip
    ax.add_patch(arrow)
