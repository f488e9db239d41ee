"""Maps of points, framed and without axes, since their axes mean nothing.

Each digit has a colour and a marker of its own, and stands in large print among its points.
"""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unrolled.figures.plots import scatter
from unrolled.figures.style import (
    DATA,
    FIRST,
    QUIET,
    SINGLE,
    SIXTH,
    THIN,
    WIDE,
    book_style,
    halo,
    label,
    panels,
)

__all__ = ["draw_digits", "embedding_panels", "figure_embeddings"]

GROUPS = (DATA, FIRST, SIXTH)
NUMERAL = 19.0  # points


@book_style()
def draw_digits(ax: Axes, points: np.ndarray, digits: np.ndarray) -> None:
    """Draw digits as points in ten looks, and each digit in large in the midst of its own.

    Parameters
    ----------
    ax : Axes
    points : ndarray of shape (n_points, 2)
    digits : ndarray of int of shape (n_points,)
        0 to 9.
    """
    scatter(ax, points, digits)
    for digit in np.unique(digits):
        own = points[digits == digit]
        apart = np.linalg.norm(own - own.mean(axis=0), axis=1)
        x, y = own[apart.argmin()]  # so that it lies where points are
        numeral = label(ax, str(digit), (float(x), float(y)))
        numeral.set(fontsize=NUMERAL, fontweight="semibold")
        halo(numeral, 3.6)


@book_style()
def embedding_panels(embeddings: Sequence[np.ndarray], names: Iterable[str]) -> list[Axes]:
    """Make a framed panel for each embedding, one unit as long across as up, its name above it.

    Parameters
    ----------
    embeddings : sequence of ndarray of shape (n_points, 2)
        Each fits into its panel, to its own scale.
    names : iterable of str

    Returns
    -------
    list of Axes
    """
    sides = [np.ptp(y, axis=0) for y in embeddings]
    shape = float(np.clip(max(up / max(across, 1e-12) for across, up in sides), 0.4, 1.1))
    width = WIDE if len(embeddings) > 1 else SINGLE
    axes = panels(width, width / len(embeddings) * shape + 0.3, (1,) * len(embeddings))[1]
    for ax, y, (across, up), name in zip(axes, embeddings, sides, names, strict=True):
        half = 0.54 * np.array([1, shape]) * max(across, up / shape, 1e-12)
        low, high = np.stack([-half, half]) + (y.min(axis=0) + y.max(axis=0)) / 2
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xticks=[], yticks=[])
        ax.spines[:].set(color=QUIET, linewidth=THIN)
        label(ax, name, (float(low[0] + half[0]), float(high[1])), (0, 4), level="bottom")
    return axes


@book_style()
def figure_embeddings(
    embeddings: Sequence[np.ndarray],
    names: Iterable[str],
    classes: np.ndarray | None = None,
    *,
    digits: bool = False,
    thread: bool = False,
) -> Figure:
    """Draw embeddings of the same points side by side, each to its own scale.

    Parameters
    ----------
    embeddings : sequence of ndarray of shape (n_points, 2)
    names : iterable of str
        Written above the embeddings.
    classes : ndarray of int of shape (n_points,), optional
        Which group each point belongs to, or which digit it is.
    digits : bool, optional
        The classes are digits.
    thread : bool, optional
        Join the points in the order of the rows.

    Returns
    -------
    Figure
    """
    axes = embedding_panels(embeddings, names)
    for ax, y in zip(axes, embeddings, strict=True):
        if thread:
            ax.plot(*y.T, color=QUIET, lw=THIN)
        if digits and classes is not None:
            draw_digits(ax, y, classes)
        else:
            scatter(ax, y, classes, colours=GROUPS, ms=3.6)
    return cast(Figure, axes[0].get_figure(root=True))
