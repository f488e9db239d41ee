"""The axes of a cloud, its ellipsoid, and the triangle of what an axis keeps and loses.

Measured points are teal. The first axis is orange, the second blue, a third mauve. Solid bodies are
drawn in parallel projection, seen from where all their axes show.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    INK,
    MARKERS,
    QUIET,
    SECOND,
    SIXTH,
    THIN,
    WRONG,
    bare_axes,
    book_style,
    label,
    label_end,
)

AXES = (FIRST, SECOND, SIXTH)
_AZIMUTH, _ELEVATION = np.radians(-110.0), np.radians(30.0)
_RIGHT = np.array([-np.sin(_AZIMUTH), np.cos(_AZIMUTH), 0.0])
_TOWARDS = np.array([*np.array([np.cos(_AZIMUTH), np.sin(_AZIMUTH)]) * np.cos(_ELEVATION), 0.5])
VIEW = np.array([_RIGHT, np.cross(_TOWARDS, _RIGHT), _TOWARDS])


@book_style()
def draw_ellipsoid(
    ax: Axes,
    points: np.ndarray,
    circles: Sequence[np.ndarray],
    centre: np.ndarray,
    tips: np.ndarray,
    *,
    features: Sequence[str],
) -> None:
    """Draw a cloud in space with the ellipsoid of its covariance matrix.

    Parameters
    ----------
    ax : Axes
    points : ndarray of shape (n_points, 3)
    circles : three ndarray of shape (n_steps, 3)
        The three ellipses in which the ellipsoid meets the planes of two of its axes.
    centre : ndarray of shape (3,)
    tips : ndarray of shape (3, 3)
        Where the half-axes end, the longest first.
    features : sequence of three str
        Names of the axes.
    """
    bare_axes(ax)
    low, high = points.min(axis=0), points.max(axis=0)
    for k, name in enumerate(features):
        end = np.where(np.arange(3) == k, low + 0.6 * (high - low), low)
        ax.plot(*_flat(np.stack([low, end])).T, color=QUIET, lw=THIN)
        shift, align = ((6, -2), (-5, 2), (0, 5))[k], ("left", "right", "center")[k]
        label(ax, name, tuple(_flat(end)), shift, align=align, level="bottom")
    near = np.argsort(points @ VIEW[2])
    ax.plot(*_flat(points[near]).T, "o", color=DATA, ms=2.8, mew=0, alpha=0.7)
    for circle, dash in zip(circles, DASHES, strict=False):
        ax.plot(*_flat(circle).T, color=INK, lw=1.2, ls=dash)
    draw_half_axes(ax, _flat(centre), _flat(tips))


@book_style()
def draw_kept_and_lost(*, ax: Axes | None = None) -> Axes:
    """Draw the right triangle of the mean, a point, and the point's foot on an axis.

    Parameters
    ----------
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax, height=2.3)
    along, across = np.array([0.94, 0.342]), np.array([-0.342, 0.94])
    foot = 5 * along
    point = foot + 2.2 * across
    ax.plot(*np.stack([-0.8 * along, 7.2 * along]).T, color=FIRST, lw=1.4)
    ax.plot(*np.stack([0 * foot, foot]).T, color=FIRST, lw=3.2)
    ax.plot(*np.stack([foot, point]).T, color=WRONG, lw=2.2, ls=DASHES[1])
    ax.plot(*np.stack([0 * foot, point]).T, color=DATA, lw=2.2)
    corner = np.stack([foot - 0.35 * along, foot - 0.35 * (along - across), foot + 0.35 * across])
    ax.plot(*corner.T, color=QUIET, lw=THIN)
    for at, colour in (((0.0, 0.0), INK), (foot, FIRST), (point, DATA)):
        ax.plot(*at, "o", color=colour, ms=7, mew=0)
    label(ax, "mean", (0, 0), (-6, 12), align="right")
    label(ax, "$x$", tuple(point), (0, 13))
    label(ax, r"$\hat{x}$", tuple(foot), (6, -13))
    label(ax, "kept", tuple(0.55 * foot), (8, -14))
    label(ax, "lost", tuple((foot + point) / 2), (8, 2), align="left")
    label(ax, "the whole", tuple(0.5 * point), (-8, 10), align="right")
    label_end(ax, "$w$", *(7.2 * along)[:, None])
    ax.set_xlim(-2.2, 8.0)
    return ax


def _flat(points: np.ndarray) -> np.ndarray:
    """Project points in space (..., 3) to points on the paper (..., 2)."""
    return np.asarray(points @ VIEW[:2].T)


@book_style()
def draw_half_axes(ax: Axes, centre: np.ndarray, tips: np.ndarray) -> None:
    """Draw each half-axis from the centre to its tip, and its number beyond the tip.

    Parameters
    ----------
    ax : Axes
    centre : ndarray of shape (2,)
    tips : ndarray of shape (n_axes, 2)
        Where the half-axes end, the longest first.
    """
    for k, tip in enumerate(tips):
        ax.plot(*np.stack([centre, tip]).T, color=AXES[k], lw=3, zorder=4)
        ax.plot(*tip, MARKERS[k], color=AXES[k], ms=7, mew=0, zorder=4)
        away = (tip - centre) / np.linalg.norm(tip - centre)
        label(ax, f"{k + 1}", (float(tip[0]), float(tip[1])), tuple(13 * away)).set_zorder(5)
