"""The drawings of heads: how a layer is shared out among them, and what they can reach.

Each head has its colour, in the order of `unrolled.figures.style.HEADS`. Queries are orange, keys
blue and values brick where the three maps of one head are drawn.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator

from unrolled.figures.plots import heat_map
from unrolled.figures.style import (
    DASHES,
    FIRST,
    GROUND,
    HEADS,
    INK,
    KEYS,
    MARKERS,
    MEDIUM,
    QUERIES,
    QUIET,
    SECOND,
    SINGLE,
    TALL,
    TARGET,
    TEXT_SIZE,
    THIN,
    VALUES,
    WRONG,
    bare_axes,
    book_style,
    frame,
    label,
    panels,
)

__all__ = [
    "draw_bands",
    "draw_fits",
    "draw_layer",
    "draw_pieces",
    "draw_reach",
    "draw_weights",
    "figure_maps",
    "figure_one_head",
    "figure_two_reshapes",
]

TINT = 0.34
ROLES = {"Q": QUERIES, "K": KEYS, "V": VALUES}
Place = tuple[float, float]


@book_style()
def draw_weights(
    weights: np.ndarray, rows: Sequence[str], words: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw a few rows of weights over the words of a sentence.

    Parameters
    ----------
    weights : ndarray of shape (n_rows, n_words)
        From 0 to 1.
    rows, words : sequence of str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    return heat_map(weights, rows, words, limits=(0, 0.5), digits=2, ax=ax)


@book_style()
def figure_one_head(n_tokens: int, d_model: int, n_heads: int, head: int = 2) -> Figure:
    """Draw the usual scheme of attention, and one head of a layer with its shapes.

    Parameters
    ----------
    n_tokens, d_model, n_heads : int
    head : int, optional
        Which one, from 1.

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, MEDIUM + 0.25, [1, 1])
    d_head = d_model // n_heads
    written = (
        ("linear", "", "attention", "result", "tokens"),
        (
            f"{d_model} × {d_head}", f"{n_tokens} × {d_head}",
            f"attention\nof head {head}", f"{n_tokens} × {d_head}", f"{n_tokens} × {d_model}",
        ),
    )  # fmt: skip
    for ax, words, colour in zip(axes, written, (QUIET, HEADS[head - 1]), strict=True):
        _draw_head(bare_axes(ax), words, colour)
    return figure


def _draw_head(ax: Axes, words: Sequence[str], colour: str) -> None:
    """Draw three maps of the same tokens, and attention to what comes out of them."""
    linear, between, attention, result, tokens = words
    _box(ax, (0, 0.0), (4.6, 0.62), tokens, INK, 0)
    _box(ax, (0, 4.35), (4.6, 1.2), attention, colour)
    _box(ax, (0, 6.25), (2.3, 0.62), result, colour)
    for at, (role, tone) in enumerate(ROLES.items()):
        x = 1.65 * (at - 1)
        _box(ax, (x, 1.75), (1.5, 0.82), linear.replace(" × ", "\n× "), tone)
        _arrow(ax, (x, 0.31), (x, 1.34))
        _arrow(ax, (x, 2.16), (x, 3.75))
        label(ax, f"${role}$", (x, 3.2 if between else 2.95), (-10, 0))
        if between:
            label(ax, between, (x, 2.66))
    _arrow(ax, (0, 4.95), (0, 5.94))
    ax.set_xlim(-2.5, 2.5)
    ax.set_ylim(-0.4, 6.7)


def _box(ax: Axes, at: Place, size: Place, text: str, colour: str, tint: float = TINT) -> None:
    """Draw a tinted box around its middle, with words in it."""
    corner = (at[0] - size[0] / 2, at[1] - size[1] / 2)
    ax.add_patch(Rectangle(corner, *size, fc=colour, alpha=tint, lw=0))
    ax.add_patch(Rectangle(corner, *size, fc="none", ec=colour, lw=1.4))
    label(ax, text, at, rim=False)


def _arrow(ax: Axes, start: Place, end: Place) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>,head_length=4,head_width=2.2", color=INK, lw=1.1,
            shrinkA=1, shrinkB=1, zorder=2,
        )
    )  # fmt: skip


@book_style()
def draw_layer(n_tokens: int, d_model: int, n_heads: int, *, ax: Axes | None = None) -> Axes:
    """Draw a layer with all its heads: three maps, the heads, side by side, one more map.

    Parameters
    ----------
    n_tokens, d_model, n_heads : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=TALL + 0.6)
    d_head, wide = d_model // n_heads, 2.0 * n_heads
    whole = f"{n_tokens} × {d_model}"
    _box(ax, (0, 0), (wide, 1.5), f"tokens $X$, {whole}", INK, 0)
    for at, (role, tone) in enumerate(ROLES.items()):
        x = (at - 1) * wide / 3
        _box(ax, (x, 3.6), (wide / 3 - 0.5, 1.7), f"$W^{role}$", tone)
        _arrow(ax, (x, 0.75), (x, 2.75))
        ax.plot([x, x], [4.45, 5.5], color=INK, lw=1.1)
    ax.plot([-wide / 2 + 1, wide / 2 - 1], [5.5, 5.5], color=INK, lw=1.1, solid_capstyle="butt")
    label(ax, "split", (wide / 2 + 0.4, 5.5), align="left", rim=False)
    for at, x in enumerate(_middles(n_heads)):
        _box(ax, (x, 7.9), (1.6, 2.0), str(at + 1), HEADS[at % len(HEADS)])
        _arrow(ax, (x, 5.5), (x, 6.9))
        _arrow(ax, (x, 8.9), (x, 10.1))
        ax.add_patch(Rectangle((x - 1, 10.1), 2, 1.4, fc=HEADS[at % len(HEADS)], alpha=TINT, lw=0))
    ax.add_patch(Rectangle((-wide / 2, 10.1), wide, 1.4, fc="none", ec=INK, lw=1.4))
    label(ax, f"heads of {n_tokens} × {d_head}, side by side", (0, 10.8), rim=False)
    label(ax, "attend", (wide / 2 + 0.4, 7.9), align="left", rim=False)
    label(ax, "merge", (wide / 2 + 0.4, 10.8), align="left", rim=False)
    _arrow(ax, (0, 11.5), (0, 12.9))
    _box(ax, (0, 13.75), (wide / 3 - 0.5, 1.7), "$W^O$", QUIET)
    _arrow(ax, (0, 14.6), (0, 16.0))
    _box(ax, (0, 16.75), (wide, 1.5), f"output, {whole}", INK, 0)
    ax.set_xlim(-wide / 2 - 0.2, wide / 2 + 3.6)
    ax.set_ylim(-0.9, 17.7)
    return ax


def _middles(n_heads: int) -> np.ndarray:
    """Return where heads of width two stand, centred at zero."""
    return 2.0 * (np.arange(n_heads) - (n_heads - 1) / 2)


@book_style()
def draw_bands(words: Sequence[str], d_model: int, n_heads: int, *, ax: Axes | None = None) -> Axes:
    """Draw mapped tokens as a table with a band of columns for each head, cut and joined again.

    Parameters
    ----------
    words : sequence of str
        Names of the rows.
    d_model, n_heads : int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=TALL + 0.5)
    wide, row = 2.0 * n_heads, 0.78
    tall, small = row * len(words), 3.6
    for at, x in enumerate(_middles(n_heads)):
        colour = HEADS[at % len(HEADS)]
        for left, low, across, up in (
            (x - 1, 0.0, 2.0, tall),
            (x - 0.75, -2.0 - small, 1.5, small),
            (x - 1, -5.4 - 2 * small, 2.0, small),
        ):
            ax.add_patch(Rectangle((left, low), across, up, fc=colour, alpha=TINT, lw=0))
            ax.add_patch(Rectangle((left, low), across, up, fc="none", ec=colour, lw=1.2))
        _arrow(ax, (x, 0.0), (x, -2.0))
        label(ax, str(at + 1), (x, -2.0 - small / 2), rim=False)
        _arrow(ax, (x, -2.0 - small), (x, -5.4 - small))
    for at, word in enumerate(words):
        middle = tall - (at + 0.5) * row
        label(ax, word, (-wide / 2, middle), (-5, 0), align="right", rim=False)
        ax.plot([-wide / 2, wide / 2], [middle - row / 2] * 2, color=QUIET, lw=0.5)
    d_head, n_tokens = d_model // n_heads, len(words)
    for text, height in (
        (f"heads of\n{n_tokens} × {d_head}", -2.0 - small / 2),
        (f"merged\n{n_tokens} × {d_model}", -5.4 - 1.5 * small),
    ):
        label(ax, text, (-wide / 2, height), (-5, 0), align="right", rim=False)
    ax.set_xlim(-wide / 2 - 5.4, wide / 2 + 0.2)
    ax.set_ylim(-5.6 - 2 * small, tall + 0.2)
    return ax


@book_style()
def draw_pieces(
    pieces: np.ndarray,
    rows: Sequence[str] = (),
    marks: Sequence[int] = (),
    *,
    d_model: int,
    x: str = "head",
    y: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw pieces of tokens as cells, each with its first number and in the colour of its head.

    Parameters
    ----------
    pieces : ndarray of int of shape (n_rows, n_columns, d_head)
        Consecutive integers from 1, in any order of pieces.
    rows : sequence of str, optional
        Their names; without, they are counted from 1 as columns are.
    marks : sequence of int, optional
        Numbers whose cells get a frame; one that is not the first of its piece is written itself.
    d_model : int
        Width of a token: which band of columns a piece came from.
    x, y : str, optional
        What columns and rows are.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, MEDIUM)[1][0] if ax is None else ax
    n_rows, n_columns, d_head = pieces.shape
    bands = (pieces[..., 0] - 1) % d_model // d_head
    ax.pcolormesh(
        np.arange(n_columns + 1), np.arange(n_rows + 1), bands, cmap=ListedColormap(HEADS),
        norm=Normalize(-0.5, len(HEADS) - 0.5), alpha=TINT, edgecolor=GROUND, lw=1.5,
    )  # fmt: skip
    for row, column in np.ndindex(n_rows, n_columns):
        first, held = int(pieces[row, column, 0]), set(marks) & set(pieces[row, column].tolist())
        shown = str(min(held) if held and first not in held else first)
        ax.text(column + 0.5, row + 0.5, shown, ha="center", va="center", fontsize=TEXT_SIZE)
        if held:
            corner = (column + 0.01, row + 0.02)
            ax.add_patch(Rectangle(corner, 0.98, 0.96, fc="none", ec=INK, lw=1.6))
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(n_columns) + 0.5, [str(number + 1) for number in range(n_columns)])
    names = list(rows) or [str(number + 1) for number in range(n_rows)]
    ax.set_yticks(np.arange(n_rows) + 0.5, names)
    ax.tick_params(length=0, labelsize=TEXT_SIZE)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlim(-0.04, n_columns + 0.04)
    ax.set_ylim(n_rows + 0.04, -0.04)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return ax


@book_style()
def figure_two_reshapes(
    right: np.ndarray, wrong: np.ndarray, marks: Sequence[int], *, d_model: int
) -> Figure:
    """Draw which piece each head gets for each of its rows, one way above and the other below.

    Parameters
    ----------
    right, wrong : ndarray of int of shape (n_heads, n_tokens, d_head)
    marks : sequence of int
    d_model : int

    Returns
    -------
    Figure
    """
    figure, (above,) = panels(SINGLE, 2 * MEDIUM)
    above.remove()
    axes = figure.subplots(2, 1)
    names = ("split: row of the head, one for each token", "bare reshape: row of the head")
    for ax, pieces, name in zip(axes, (right, wrong), names, strict=True):
        draw_pieces(pieces, (), marks, d_model=d_model, x=name, y="head", ax=ax)
    return figure


@book_style()
def figure_maps(n_heads: int, weights: tuple[int, int]) -> Figure:
    """Draw which entries of a map may differ from zero, mapped first and cut first.

    Parameters
    ----------
    n_heads : int
    weights : (int, int)
        How many weights there are, one way and the other.

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, 2.9, [1, 1])
    for ax, is_cut, name, count in zip(
        axes, (False, True), ("map, then cut", "cut, then map"), weights, strict=True
    ):
        bare_axes(ax)
        for at in range(n_heads):
            low, tall = (at, 1) if is_cut else (0, n_heads)
            colour = HEADS[at % len(HEADS)]
            ax.add_patch(Rectangle((at, low), 1, tall, fc=colour, alpha=2 * TINT, lw=0))
        ax.add_patch(Rectangle((0, 0), n_heads, n_heads, fc="none", ec=INK, lw=THIN))
        label(ax, f"{name}\n{count:,} weights", (n_heads / 2, n_heads + 0.3), level="top",
              rim=False)  # fmt: skip
        label(ax, "columns of the map", (n_heads / 2, -0.55), rim=False)
        ax.set_xlim(-1.1, n_heads + 0.1)
        ax.set_ylim(n_heads + 2.4, -1.1)
    side = label(axes[0], "features of a token", (-0.55, n_heads / 2), rim=False)
    side.set_rotation(90)
    return figure


@book_style()
def draw_fits(
    losses: np.ndarray, names: Sequence[str], floor: float, *, ax: Axes | None = None
) -> Axes:
    """Draw how two layers learn, and the error below which one of them cannot come.

    Parameters
    ----------
    losses : ndarray of shape (2, n_steps + 1)
        Mapped first, then cut first.
    names : sequence of str
    floor : float
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("steps", "mean squared error", ax=ax)
    steps = np.arange(losses.shape[1])
    ax.set_yscale("log")
    ax.set_xlim(0, float(steps[-1]))
    ax.set_ylim(1e-4, 2)
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.yaxis.set_major_locator(LogLocator(numticks=6))
    ax.axhline(floor, color=QUIET, lw=THIN, ls=DASHES[1])
    for line, colour, dash in zip(losses, (TARGET, WRONG), DASHES[:2], strict=True):
        ax.plot(steps, line, color=colour, ls=dash)
    label(ax, names[0], _passing(steps, losses[0], 1e-2), (8, 0), align="left")
    label(ax, names[1], (0.55 * steps[-1], floor), (0, 12))
    label(ax, "the best sum", (0.55 * steps[-1], floor), (0, -12))
    return ax


def _passing(steps: np.ndarray, losses: np.ndarray, level: float) -> Place:
    """Return where a falling line passes a level, or its end."""
    below = np.flatnonzero(losses < level)
    at = int(below[0]) if len(below) else len(steps) - 1
    return float(steps[at]), float(losses[at])


@book_style()
def draw_reach(values: np.ndarray, wanted: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the averages that one head can give, and those of two heads of half its width.

    Parameters
    ----------
    values : ndarray of shape (3, 2)
        What three tokens offer.
    wanted : ndarray of shape (2,)
        A pair of which the one head is not capable.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("first feature", "second feature", ax=ax, height=MEDIUM)
    low, high = values.min(axis=0), values.max(axis=0)
    ax.add_patch(Rectangle(tuple(low), *(high - low), fc=SECOND, alpha=0.18, lw=0))
    ax.add_patch(Rectangle(tuple(low), *(high - low), fc="none", ec=SECOND, lw=2, ls=DASHES[1]))
    ax.add_patch(Polygon(values, fc=FIRST, alpha=TINT, lw=0))
    ax.add_patch(Polygon(values, fc="none", ec=FIRST, lw=2))
    ax.plot(*values.T, MARKERS[0], color=INK, ms=7, zorder=3, clip_on=False)
    ax.plot(*wanted, MARKERS[3], color=TARGET, ms=9, zorder=3)
    middle = values.mean(axis=0)
    label(ax, "one head", (float(middle[0]), float(middle[1])), rim=False)
    label(ax, "two heads", (float(low[0]), float(high[1])), (0, 9), align="left")
    label(ax, "wanted", (float(wanted[0]), float(wanted[1])), (-4, -15), align="right",
          rim=False)  # fmt: skip
    margin = 0.08 * (high - low)
    ax.set_xlim(low[0] - margin[0], high[0] + margin[0])
    ax.set_ylim(low[1] - margin[1], high[1] + 2 * margin[1])
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return ax
