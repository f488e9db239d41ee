"""Clouds of two classes with axes through them.

Class 0 is orange and round, class 1 blue and square. Fisher's axis is olive, as what is right is
everywhere in the book; the axis of largest variance is a dashed line in the colour of the text.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from unrolled.figures.plots import scatter
from unrolled.figures.style import DASHES, INK, QUIET, TARGET, THIN, book_style, halo, label

__all__ = ["FISHERS", "LARGEST", "draw_axis", "draw_cloud"]

Look = tuple[str, Any]
LARGEST: Look = (INK, DASHES[1])
FISHERS: Look = (TARGET, DASHES[0])


@book_style()
def draw_cloud(
    ax: Axes, points: np.ndarray, labels: np.ndarray, text: str = "", *, alpha: float = 0.75
) -> None:
    """Draw two classes in the whole of a panel, one unit as long across as up.

    Parameters
    ----------
    ax : Axes
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    text : str, optional
        Written above a panel that has a frame and no axes.
    alpha : float, optional
        Opacity of the points.
    """
    scatter(ax, points, labels, ms=3.6, alpha=alpha)
    ax.margins(0.06)
    ax.set_aspect("equal", adjustable="datalim")
    if text:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(color=QUIET, linewidth=THIN)
        label(ax, text, (0.5, 1), (0, 5), level="bottom", rim=False).xycoords = "axes fraction"


@book_style()
def draw_axis(
    ax: Axes,
    points: np.ndarray,
    direction: np.ndarray,
    look: Look = FISHERS,
    *,
    centre: np.ndarray | None = None,
) -> None:
    """Draw a line through a cloud, as long as the cloud.

    Parameters
    ----------
    ax : Axes
    points : ndarray of shape (n_points, 2)
    direction : ndarray of shape (2,)
        Of any length.
    look : (str, dash), optional
        Its colour and its dash.
    centre : ndarray of shape (2,), optional
        A point on the line; the mean of the points when None.
    """
    mean = points.mean(axis=0)
    centre = mean if centre is None else centre
    reach = 1.05 * np.linalg.norm(points - mean, axis=1).max() / np.linalg.norm(direction)
    ends = centre + reach * np.array([[-1.0], [1.0]]) * direction
    colour, dash = look
    line = ax.add_artist(Line2D(*ends.T, color=colour, ls=dash, lw=2.4, zorder=5))
    halo(line, 4.5)
