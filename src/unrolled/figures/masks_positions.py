"""The drawings of masks and positions: who may look where, and waves that tell places apart."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from unrolled.figures.plots import heat_map
from unrolled.figures.style import (
    DASHES,
    FIFTH,
    FIRST,
    INK,
    LINE_WIDTH,
    LOW,
    MEDIUM,
    QUIET,
    SECOND,
    SIGNED,
    SINGLE,
    TALL,
    TARGET,
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
    "draw_distances",
    "draw_learning",
    "draw_positions",
    "draw_waves",
    "figure_dials",
    "figure_masks",
]


@book_style()
def figure_masks(masks: Sequence[np.ndarray], names: Sequence[str], words: Sequence[str]) -> Figure:
    """Draw several masks side by side: light where a query may look.

    Parameters
    ----------
    masks : sequence of ndarray of bool of shape (n_queries, n_keys)
    names : sequence of str
        One for each mask.
    words : sequence of str
        One for each token.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1,) * len(masks))
    for ax, mask, name in zip(axes, masks, names, strict=True):
        first = ax is axes[0]
        heat_map(
            mask.astype(float), words if first else [""] * len(words), words, x=name, limits=(0, 1),
            y="queries" if first else "", ax=ax,
        )  # fmt: skip
    return figure


@book_style()
def draw_positions(positions: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the vectors of many positions, one in each row.

    Parameters
    ----------
    positions : ndarray of shape (n_positions, d_model)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(SINGLE, TALL)[1][0] if ax is None else ax
    image = ax.imshow(positions, cmap=SIGNED, vmin=-1, vmax=1, aspect="auto",
                      interpolation="nearest")  # fmt: skip
    _plain_image(ax, "column", "position")
    scale = ax.figure.colorbar(image, ax=ax, label="entry", ticks=[-1, 0, 1])
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0)
    return ax


@book_style()
def draw_waves(positions: np.ndarray, columns: Sequence[int], *, ax: Axes | None = None) -> Axes:
    """Draw some columns against the position.

    Parameters
    ----------
    positions : ndarray of shape (n_positions, d_model)
    columns : up to four of int
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("position", "entry", ax=ax)
    places = np.arange(len(positions))
    colours = (FIRST, SECOND, TARGET, FIFTH)
    for colour, dash, column in zip(colours, DASHES, columns, strict=False):
        ax.plot(places, positions[:, column], color=colour, ls=dash, lw=LINE_WIDTH)
    ax.set_xlim(0, float(places[-1]))
    ax.set_ylim(-1.05, 1.05)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(2))
    names = [f"column {column}" for column in columns]
    label_ends(ax, names, places, positions[:, list(columns)].T)
    return ax


@book_style()
def figure_dials(frequencies: np.ndarray, starts: Sequence[int], shift: int) -> Figure:
    """Draw pairs of columns as hands of dials, for positions and for those some places later.

    Parameters
    ----------
    frequencies : ndarray of shape (n_dials,)
    starts : sequence of int
        Positions, a row of dials for each.
    shift : int
        How many places later.

    Returns
    -------
    Figure
    """
    figure, axes = panels(SINGLE, MEDIUM if len(starts) > 1 else LOW, (1,) * len(frequencies))
    for ax, frequency in zip(axes, frequencies, strict=True):
        ax.set_axis_off()
        ax.set_aspect("equal")
        for row, start in enumerate(starts):
            middle = -2.6 * row
            ax.add_patch(Circle((0, middle), 1, fill=False, ec=QUIET, lw=THIN))
            for place, colour, dash in (
                (start, INK, DASHES[0]), (start + shift, FIRST, DASHES[1]),
            ):  # fmt: skip
                angle = frequency * place
                ax.plot([0, np.sin(angle)], [middle, middle + np.cos(angle)], color=colour, ls=dash,
                        lw=2.4)  # fmt: skip
            if ax is axes[0]:
                label(ax, f"{start},\n{start + shift}", (-1.15, middle), align="right", rim=False)
        ax.set_xlim(-1.1, 1.1)
        ax.set_ylim(-2.6 * (len(starts) - 1) - 1.1, 1.1)
    return figure


@book_style()
def draw_distances(products: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw the products of some positions with all others, each against the distance.

    Parameters
    ----------
    products : ndarray of shape (n_positions, n_positions)
        Of every position with every other.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("distance of two positions", "product", ax=ax)
    n_positions = len(products)
    for row, size in ((n_positions // 2, 3.0), (n_positions // 3, 5.5)):
        ax.plot(np.arange(n_positions) - row, products[row], "o", color=FIRST if size < 4 else
                SECOND, ms=size, mew=0, zorder=9 - size)  # fmt: skip
    ax.set_xlim(-n_positions // 2, n_positions // 2)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return ax


@book_style()
def draw_learning(
    losses: dict[str, np.ndarray],
    *,
    level: float,
    every: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw how two losses fall, the first without positions and the second with them.

    Parameters
    ----------
    losses : dict of two ndarray of shape (n_updates,)
        By what to write at their ends.
    level : float
        Loss of one who weighs all alike.
    every : int, optional
        Updates in a mean.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("updates", "squared error", ax=ax, height=LOW)
    means = [row.reshape(-1, every).mean(axis=1) for row in losses.values()]
    x = (np.arange(len(means[0])) + 0.5) * every
    ax.axhline(level, color=QUIET, lw=THIN, ls=DASHES[2])
    for row, colour, dash in zip(means, (WRONG, TARGET), (DASHES[1], DASHES[0]), strict=True):
        ax.plot(x, row, color=colour, ls=dash, lw=2.4)
    ax.set_xlim(0, float(x[-1] + every / 2))
    ax.set_ylim(0, 1.08 * max(float(row.max()) for row in means))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(4))
    label_ends(ax, list(losses), x, np.array(means))
    return ax


def _plain_image(ax: Axes, x: str, y: str) -> None:
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
