"""Tables of amounts drawn as coloured cells: scores, weights, masks, positions."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from unrolled.figures.style import (
    AMOUNTS,
    ON_DARK,
    ON_LIGHT,
    QUIET,
    SIGNED,
    TALL,
    TEXT_SIZE,
    canvas,
    house_style,
)

__all__ = ["draw_heat_map"]


@house_style()
def draw_heat_map(
    amounts: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    x: str = "",
    y: str = "",
    bar: str = "",
    limits: tuple[float, float] | None = None,
    signed: bool = False,
    digits: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a table of amounts: a row for each query, a column for each key.

    Parameters
    ----------
    amounts : ndarray of shape (n_rows, n_columns)
        A masked or missing one (NaN) leaves its cell empty.
    rows, columns : sequence of str
        Names, from the top to the bottom and from left to right; an empty one leaves no tick.
    x, y : str, optional
        What columns and rows are.
    bar : str, optional
        What the colours mean, with unit. Without it no colour bar is drawn.
    limits : (float, float), optional
        Amounts at the ends of the colours; from zero, or from the lowest, to the highest when None.
    signed : bool, optional
        Use the colours of signed amounts, with zero in the middle.
    digits : int, optional
        Print each amount in its cell with so many decimals.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = canvas(height=TALL)[1][0] if ax is None else ax
    n_rows, n_columns = amounts.shape
    low, high = limits or _limits(amounts, signed)
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal")
    cells = ax.pcolormesh(
        np.arange(n_columns + 1),
        np.arange(n_rows + 1),
        np.ma.masked_invalid(amounts),
        cmap=SIGNED if signed else AMOUNTS,
        norm=Normalize(low, high),
        edgecolor=QUIET,
        linewidth=0.5 if max(n_rows, n_columns) <= 24 else 0,
    )
    turned = max((len(name) for name in columns), default=0) > 2
    ax.set_xticks(np.arange(n_columns) + 0.5, list(columns), rotation=45 if turned else 0)
    ax.set_yticks(np.arange(n_rows) + 0.5, list(rows))
    for tick in ax.get_xticklabels():
        tick.set(
            ha="right" if turned else "center", rotation_mode="anchor" if turned else "default"
        )
    ax.tick_params(length=0, labelsize=TEXT_SIZE)
    ax.set_xlim(-0.04, n_columns + 0.04)
    ax.set_ylim(n_rows + 0.04, -0.04)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if digits is not None:
        _write_amounts(ax, amounts, cells, digits)
    if bar:
        figure = cast(Figure, ax.get_figure(root=True))
        scale = figure.colorbar(cells, ax=ax, label=bar, shrink=0.85)
        scale.outline.set_visible(False)
        scale.ax.tick_params(length=0)
    return ax


def _limits(amounts: np.ndarray, signed: bool) -> tuple[float, float]:
    low, high = float(np.nanmin(amounts)), float(np.nanmax(amounts))
    if signed:
        top = max(-low, high) or 1.0
        return -top, top
    low = min(low, 0.0)
    return low, high if high > low else low + 1


def _write_amounts(ax: Axes, amounts: np.ndarray, cells: Any, digits: int) -> None:
    """Print each amount, in letters that stand out from the colour of its cell."""
    for (row, column), amount in np.ndenumerate(amounts):
        if not np.isfinite(amount):
            continue
        red, green, blue, _ = cells.cmap(cells.norm(amount))
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.55
        ax.text(
            column + 0.5, row + 0.5, f"{amount:.{digits}f}", ha="center", va="center",
            color=ON_LIGHT if light else ON_DARK, fontsize=TEXT_SIZE,
        )  # fmt: skip
