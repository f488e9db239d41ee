"""The drawings of attention by hand: one query, all queries, blocks to scale, the view upright.

Queries are orange, keys blue, values brick and their weighted means teal, in every figure of the
page. Weights, and nothing else, are drawn as lengths or areas.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from unrolled.figures.diagrams import draw_arrow, draw_box
from unrolled.figures.style import (
    DATA,
    INK,
    KEYS,
    QUERIES,
    QUIET,
    SINGLE,
    TARGET,
    THIN,
    VALUES,
    bare_axes,
    book_style,
    label,
)

__all__ = [
    "Block",
    "draw_blocks",
    "draw_nine_queries",
    "draw_one_query",
    "draw_query_times_keys",
    "draw_values_times_weights",
]

WEIGHTS, CONTEXT = TARGET, DATA
LARGEST = 0.46  # radius of the circle of the largest weight, in cells


class Block(NamedTuple):
    """A matrix as a rectangle."""

    name: str  # TeX, without dollar signs
    n_rows: int
    n_columns: int
    colour: str = INK


@book_style()
def draw_one_query(
    words: Sequence[str],
    query: int,
    weights: np.ndarray,
    values: np.ndarray,
    *,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw one query, an arrow to every key, the weights, and the values scaled and summed.

    Parameters
    ----------
    words : sequence of str
        The tokens.
    query : int
        Index of the query.
    weights : ndarray of shape (n_tokens,)
    values : ndarray of shape (n_tokens, d_v)
    names : sequence of str
        Names of the columns of the values.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    n_tokens, d_v = values.shape
    ax = bare_axes(ax, height=4.35)
    ax.set_aspect("auto")
    start, bars, right, wide = (0.88, (n_tokens - 1) / 2), 3.75, 6.35, 1.12
    draw_box(ax, words[query], start, (1.56, 0.9), QUERIES)
    for row, (word, share) in enumerate(zip(words, weights, strict=True)):
        line = ((start[0] + 0.78, start[1]), (1.96, float(row)))
        draw_arrow(ax, line, colour=KEYS, width=0.6 + 7 * float(share))
        label(ax, word, (2.1, row), align="left", rim=False)
        ax.add_patch(Rectangle((bars, row - 0.3), 3.6 * float(share), 0.6, fc=WEIGHTS, lw=0))
        label(ax, f"{share:.2f}", (bars + 3.6 * float(share), row), (5, 0), align="left")
        _cells(ax, share * values[row], (right, row - 0.38), VALUES, height=0.76, width=wide)
    for at, text in ((start[0], "query"), (2.5, "keys"), (bars + 0.8, "weights")):
        label(ax, text, (at, -0.95), rim=False)
    for column, name in enumerate(names):
        label(ax, name, (right + wide * (column + 0.5), -0.95), rim=False)
    _cells(ax, weights @ values, (right, n_tokens + 0.12), CONTEXT, height=0.76, width=wide)
    label(ax, "sum of the scaled values", (right - 0.15, n_tokens + 0.5), align="right", rim=False)
    ax.plot([right, right + wide * d_v], [n_tokens - 0.25] * 2, color=INK, lw=THIN)
    ax.set_xlim(0.05, right + wide * d_v + 0.05)
    ax.set_ylim(n_tokens + 1.05, -1.35)
    return ax


@book_style()
def draw_query_times_keys(
    query: np.ndarray,
    keys: np.ndarray,
    weights: np.ndarray,
    words: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw one row of a matrix product with all its numbers, and the resulting weights.

    Parameters
    ----------
    query : ndarray of shape (d_k,)
    keys : ndarray of shape (n_tokens, d_k)
    weights : ndarray of shape (n_tokens,)
    words : sequence of str
        The tokens of the keys.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    n_tokens, d_k = keys.shape
    ax = bare_axes(ax, height=3.45)
    left = d_k + 0.5
    for row, line in enumerate(keys.T):
        _numbers(ax, line, (left, row), KEYS)
    _numbers(ax, query, (0, d_k + 0.4), QUERIES)
    products = query @ keys.T
    _numbers(ax, products, (left, d_k + 0.4), QUIET)
    _numbers(ax, products / np.sqrt(d_k), (left, d_k + 1.7), QUIET)
    for column, (word, share) in enumerate(zip(words, weights, strict=True)):
        _circle(ax, (left + column + 0.5, d_k + 3.5), share, weights)
        written = label(
            ax, word, (left + column + 0.3, -0.15), align="left", level="bottom", rim=False
        )
        written.set(rotation=45, rotation_mode="anchor")
    label(ax, r"$K^{\top}$", (left - 0.25, d_k / 2), align="right", rim=False)
    label(ax, "$q$", (d_k / 2, d_k), rim=False)
    label(ax, "scaled scores", (left - 0.25, d_k + 2.2), align="right", rim=False)
    label(ax, "weights", (left - 0.25, d_k + 3.5), align="right", rim=False)
    ax.set_xlim(-0.1, left + n_tokens + 0.9)
    ax.set_ylim(d_k + 4.1, -2.4)
    return ax


@book_style()
def draw_values_times_weights(
    values: np.ndarray, weights: np.ndarray, words: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """Draw values as columns, times the weights of one query as circles: one column of the output.

    Parameters
    ----------
    values : ndarray of shape (n_tokens, d_v)
    weights : ndarray of shape (n_tokens,)
    words : sequence of str
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    n_tokens, d_v = values.shape
    ax = bare_axes(ax, height=4.0)
    middle = n_tokens / 2
    for row, line in enumerate(values.T):
        _numbers(ax, line, (0, middle - d_v / 2 + row), VALUES)
    for column, word in enumerate(words):
        at = (column + 0.3, middle - d_v / 2 - 0.15)
        written = label(ax, word, at, align="left", level="bottom", rim=False)
        written.set(rotation=45, rotation_mode="anchor")
    at = n_tokens + 0.9
    for row, share in enumerate(weights):
        _circle(ax, (at + 0.5, row + 0.5), share, weights)
    ax.add_patch(Rectangle((at, 0), 1, n_tokens, fc="none", ec=WEIGHTS, lw=1.6))
    after = at + 1.9
    for row, amount in enumerate(weights @ values):
        _cells(ax, np.array([amount]), (after, middle - d_v / 2 + row), CONTEXT, width=1.75)
    label(ax, "=", (after - 0.45, middle), rim=False)
    label(ax, r"$V^{\top}$", (n_tokens / 2, middle + d_v / 2 + 0.6), rim=False)
    label(ax, r"$a_i^{\top}$", (at + 0.5, n_tokens + 0.55), rim=False)
    label(ax, r"$z_i^{\top}$", (after + 0.87, middle + d_v / 2 + 0.6), rim=False)
    ax.set_xlim(-0.1, after + 1.85)
    ax.set_ylim(n_tokens + 1.1, -0.3)
    return ax


@book_style()
def draw_nine_queries(
    words: Sequence[str],
    weights: np.ndarray,
    context: np.ndarray,
    *,
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of every query as a row of bars, and beside them its weighted mean.

    Parameters
    ----------
    words : sequence of str
    weights : ndarray of shape (n_tokens, n_tokens)
    context : ndarray of shape (n_tokens, d_v)
    names : sequence of str
        Names of the columns of the context.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    n_tokens, d_v = context.shape
    ax = bare_axes(ax, height=4.6)
    ax.set_aspect("auto")
    right = 0.62 * n_tokens + 0.5
    for row, word in enumerate(words):
        label(ax, word, (-0.25, row + 0.6), align="right", rim=False)
        ax.plot([0, 0.62 * n_tokens], [row + 0.96] * 2, color=QUIET, lw=0.6)
        for column, share in enumerate(weights[row]):
            box = Rectangle((0.62 * column + 0.06, row + 0.96), 0.5, -0.9 * share / 0.75,
                            fc=WEIGHTS, lw=0)  # fmt: skip
            ax.add_patch(box)
        _cells(ax, context[row], (right, row + 0.1), CONTEXT, height=0.86, width=1.25)
    below = n_tokens + 0.2
    tags = [(0.62 * at + 0.31, word) for at, word in enumerate(words)]
    tags += [(right + 1.25 * at + 0.62, name) for at, name in enumerate(names)]
    for across, text in tags:
        written = label(ax, text, (across, below), align="right", level="top", rim=False)
        written.set(rotation=45, rotation_mode="anchor")
    ax.set_xlim(-2.05, right + 1.25 * d_v + 0.05)
    ax.set_ylim(n_tokens + 2.3, 0)
    return ax


@book_style()
def draw_blocks(lines: Sequence[Sequence[Block]], *, ax: Axes | None = None) -> Axes:
    """Draw products of matrices as rectangles to scale: the last of each line is the product.

    Parameters
    ----------
    lines : sequence of sequence of Block
        No wider than 165 rows and columns together, gaps included: all drawings have one scale.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    gap, shelf, span = 9.0, 17.0, 165.0
    widths = [sum(block.n_columns + gap for block in line) - gap for line in lines]
    ax = bare_axes(ax, height=SINGLE * _height(lines, shelf) / span)
    top = 0.0
    for line, width in zip(lines, widths, strict=True):
        tall = max(block.n_rows for block in line)
        across = (span - width) / 2
        for place, block in enumerate(line):
            low = top + (tall - block.n_rows) / 2
            _block(ax, block, (across, low))
            across += block.n_columns
            if place < len(line) - 1:
                sign = "=" if place == len(line) - 2 else "·"
                label(ax, sign, (across + gap / 2, top + tall / 2), rim=False)
            across += gap
        top += tall + shelf
    ax.set_xlim(0, span)
    ax.set_ylim(top - 6, -11)
    return ax


def _height(lines: Sequence[Sequence[Block]], shelf: float) -> float:
    return sum(max(block.n_rows for block in line) + shelf for line in lines) + 5


def _block(ax: Axes, block: Block, at: tuple[float, float]) -> None:
    (left, top), (_, n_rows, n_columns, colour) = at, block
    middle = left + n_columns / 2
    draw_box(ax, "", (middle, top + n_rows / 2), (n_columns, n_rows), colour, round_by=0.001)
    label(ax, f"${block.name}$", (middle, top), (0, 10), rim=False)
    label(ax, f"{n_rows} × {n_columns}", (middle, top + n_rows), (0, -9), rim=False)


def _cells(
    ax: Axes, amounts: np.ndarray, at: tuple[float, float], colour: str,
    *, height: float = 1.0, width: float = 1.0,
) -> None:  # fmt: skip
    """Write numbers into boxes side by side, each tinted by its size."""
    for column, amount in enumerate(amounts):
        corner = (at[0] + width * column, at[1])
        tint = min(abs(float(amount)), 1.0) * 0.6
        ax.add_patch(Rectangle(corner, width, height, fc=colour, alpha=tint, lw=0))
        ax.add_patch(Rectangle(corner, width, height, fc="none", ec=colour, lw=0.8))
        text = f"{amount + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")
        label(ax, text, (corner[0] + width / 2, corner[1] + height / 2), rim=False)


def _numbers(ax: Axes, numbers: np.ndarray, at: tuple[float, float], colour: str) -> None:
    """Write whole numbers into squares side by side."""
    for column, number in enumerate(numbers):
        corner = (at[0] + column, at[1])
        ax.add_patch(Rectangle(corner, 1, 1, fc="none", ec=colour, lw=1.2))
        text = f"{number:g}".replace("-", "−")
        label(ax, text, (corner[0] + 0.5, corner[1] + 0.5), rim=False)


def _circle(ax: Axes, at: tuple[float, float], share: float, shares: np.ndarray) -> None:
    """Draw a weight as a circle whose area is in proportion to it."""
    radius = LARGEST * float(np.sqrt(share / shares.max()))
    ax.add_patch(Circle(at, radius, fc=WEIGHTS, lw=0))
