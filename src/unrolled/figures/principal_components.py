"""The drawings of principal components: clouds, axes, ellipsoids and handwritten digits.

Measured points are teal. The first axis is orange, the second blue, a third mauve; what goes wrong
is brick. Solid bodies are drawn in parallel projection, seen from where all their axes show.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator, PercentFormatter

from unrolled.figures.style import (
    AMOUNTS,
    DASHES,
    DATA,
    FIRST,
    INK,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SERIES,
    SIGNED,
    SIXTH,
    THIN,
    WIDE,
    WRONG,
    bare_axes,
    book_style,
    frame,
    halo,
    label,
    label_end,
    label_ends,
    panels,
)

AXES = (FIRST, SECOND, SIXTH)
_AZIMUTH, _ELEVATION = np.radians(-110.0), np.radians(30.0)
_RIGHT = np.array([-np.sin(_AZIMUTH), np.cos(_AZIMUTH), 0.0])
_TOWARDS = np.array([*np.array([np.cos(_AZIMUTH), np.sin(_AZIMUTH)]) * np.cos(_ELEVATION), 0.5])
VIEW = np.array([_RIGHT, np.cross(_TOWARDS, _RIGHT), _TOWARDS])
NUMERALS = (*SERIES, QUIET, SECOND)  # ten classes: each is drawn as its own numeral besides


# --- clouds and axes ------------------------------------------------------------------------------


@book_style()
def draw_projection(
    points: np.ndarray,
    feet: np.ndarray,
    axis: np.ndarray,
    *,
    features: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw points, an axis through their mean, and where each point lands on it.

    Parameters
    ----------
    points, feet : ndarray of shape (n_points, 2)
        The points, and their projections.
    axis : ndarray of shape (2, 2)
        Both ends of the axis.
    features : (str, str)
        Names of the axes, with units.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(*features, ax=ax)
    ax.set_aspect("equal", adjustable="datalim")
    falls = LineCollection(list(np.stack([points, feet], axis=1)), colors=QUIET, lw=0.6, alpha=0.6)
    ax.add_collection(falls)
    ax.plot(*axis.T, color=FIRST, lw=1.6)
    ax.plot(*points.T, "o", color=DATA, ms=3.4, mew=0)
    ax.plot(*feet.T, "D", color=FIRST, ms=3.2, mew=0)
    ax.margins(0.05)
    return ax


@book_style()
def draw_variance_by_angle(
    degrees: np.ndarray,
    variances: np.ndarray,
    marks: Sequence[tuple[float, float]],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the variance along an axis against the axis' angle.

    Parameters
    ----------
    degrees, variances : ndarray of shape (n_angles,)
    marks : sequence of (float, float)
        Angles and variances that are marked: of the first component, then of the second.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("angle of the axis in degrees", "variance along it in °C²", ax=ax)
    ax.plot(degrees, variances, color=DATA)
    for mark, colour, marker, lift in zip(marks, AXES, MARKERS, (12, 36), strict=False):
        ax.plot(*mark, marker, color=colour, ms=8, mew=0)
        label(ax, f"{mark[1]:.1f} at {mark[0]:.0f}°", mark, (0, lift), rim=False)
    ax.set_xlim(0, 180)
    ax.set_xticks([0, 45, 90, 135, 180])
    ax.set_ylim(0, 1.15 * float(variances.max()))
    return ax


@book_style()
def draw_ellipse(
    points: np.ndarray,
    outline: np.ndarray,
    centre: np.ndarray,
    tips: np.ndarray,
    *,
    features: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a cloud in the plane with the ellipse of its covariance matrix.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    outline : ndarray of shape (n_steps, 2)
        Points along the ellipse.
    centre : ndarray of shape (2,)
    tips : ndarray of shape (2, 2)
        Where the half-axes end, the longest first.
    features : (str, str)
        Names of the axes, with units.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(*features, ax=ax)
    ax.set_aspect("equal", adjustable="datalim")
    ax.plot(*points.T, "o", color=DATA, ms=2.8, mew=0, alpha=0.7)
    ax.add_patch(Polygon(outline, fc="none", ec=INK, lw=1.3))
    _draw_half_axes(ax, centre, tips)
    return ax


@book_style()
def draw_ellipsoid(
    points: np.ndarray,
    circles: np.ndarray,
    centre: np.ndarray,
    tips: np.ndarray,
    *,
    features: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a cloud in space with the ellipsoid of its covariance matrix.

    Parameters
    ----------
    points : ndarray of shape (n_points, 3)
    circles : ndarray of shape (3, n_steps, 3)
        The three ellipses in which the ellipsoid meets the planes of two of its axes.
    centre : ndarray of shape (3,)
    tips : ndarray of shape (3, 3)
        Where the half-axes end, the longest first.
    features : sequence of three str
        Names of the axes.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = bare_axes(ax)
    low, high = points.min(axis=0), points.max(axis=0)
    for k, name in enumerate(features):
        end = np.where(np.arange(3) == k, low + 0.6 * (high - low), low)
        ax.plot(*_flat(np.stack([low, end])).T, color=QUIET, lw=THIN)
        shift, align, level = (
            ((6, -2), (-5, 2), (0, 5))[k],
            ("left", "right", "center")[k],
            "bottom",
        )
        label(ax, name, tuple(_flat(end)), shift, align=align, level=level)
    near = np.argsort(points @ VIEW[2])
    ax.plot(*_flat(points[near]).T, "o", color=DATA, ms=2.8, mew=0, alpha=0.7)
    for circle, dash in zip(circles, DASHES, strict=False):
        ax.plot(*_flat(circle).T, color=INK, lw=1.2, ls=dash)
    _draw_half_axes(ax, _flat(centre), _flat(tips))
    return ax


@book_style()
def figure_ellipsoids(
    plane: Sequence[np.ndarray], space: Sequence[np.ndarray], *, features: Sequence[str], unit: str
) -> Figure:
    """Draw the ellipse of a cloud in the plane beside the ellipsoid of one in space.

    Parameters
    ----------
    plane : sequence of four ndarray
        Points, outline, centre and tips, as for `draw_ellipse`.
    space : sequence of four ndarray
        Points, circles, centre and tips, as for `draw_ellipsoid`.
    features : sequence of three str
        Names of the axes.
    unit : str
        Of all three.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1.1, 1))
    draw_ellipse(*plane, features=[f"{name} in {unit}" for name in features[:2]], ax=axes[0])
    draw_ellipsoid(*space, features=features, ax=axes[1])
    return figure


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


@book_style()
def draw_lines_of_fit(
    points: np.ndarray,
    lines: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    features: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw a cloud and straight lines that were fitted to it in different ways.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    lines : sequence of ndarray of shape (2, 2)
        Both ends of each line, the right one last, at the same two places across.
    names : sequence of str
        Written at the right ends.
    features : (str, str)
        Names of the axes, with units.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(*features, ax=ax)
    ax.set_aspect("equal", adjustable="datalim")
    ax.plot(*points.T, "o", color=DATA, ms=3, mew=0, alpha=0.6)
    for line, colour, dash in zip(lines, AXES, DASHES, strict=False):
        ax.plot(*line.T, color=colour, ls=dash)
    label_ends(ax, names, lines[0][:, 0], np.array([line[:, 1] for line in lines]))
    return ax


@book_style()
def draw_useful_direction(
    points: np.ndarray,
    labels: np.ndarray,
    centre: np.ndarray,
    tips: np.ndarray,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw two classes that lie beside each other, and the axes of the whole cloud.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    centre : ndarray of shape (2,)
    tips : ndarray of shape (2, 2)
        Where the half-axes end, the longest first.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("first feature", "second feature", ax=ax, height=2.6)
    ax.set_aspect("equal", adjustable="datalim")
    for k, colour in enumerate((DATA, SIXTH)):
        ax.plot(*points[labels == k].T, MARKERS[k], color=colour, ms=3.4, mew=0, alpha=0.75)
    _draw_half_axes(ax, centre, tips)
    return ax


def _flat(points: np.ndarray) -> np.ndarray:
    """Project points in space (..., 3) to points on the paper (..., 2)."""
    return np.asarray(points @ VIEW[:2].T)


def _draw_half_axes(ax: Axes, centre: np.ndarray, tips: np.ndarray) -> None:
    """Draw each half-axis from the centre to its tip, and its number beyond the tip."""
    for k, tip in enumerate(tips):
        ax.plot(*np.stack([centre, tip]).T, color=AXES[k], lw=3, zorder=4)
        ax.plot(*tip, MARKERS[k], color=AXES[k], ms=7, mew=0, zorder=4)
        away = (tip - centre) / np.linalg.norm(tip - centre)
        label(ax, f"{k + 1}", (float(tip[0]), float(tip[1])), tuple(13 * away)).set_zorder(5)


# --- digits ---------------------------------------------------------------------------------------


@book_style()
def figure_images(
    images: np.ndarray,
    names: Sequence[str],
    *,
    unit: str,
    limits: tuple[float, float],
    signed: bool = False,
) -> Figure:
    """Draw rows of small images that share one colour map, and its bar.

    Parameters
    ----------
    images : ndarray of shape (n_rows, n_columns, height, width)
    names : sequence of str
        One for each column, written above it.
    unit : str
        What the colours mean, written at the bar.
    limits : (float, float)
        The values at both ends of the bar.
    signed : bool
        Whether the values lie on both sides of zero.

    Returns
    -------
    Figure
    """
    n_rows, n_columns = images.shape[:2]
    figure, axes = plt.subplots(
        n_rows + 1,
        n_columns,
        figsize=(WIDE, 1.05 + 1.02 * n_rows),
        height_ratios=[1.0] * n_rows + [0.13],
        squeeze=False,
        layout="constrained",
    )
    colours = SIGNED if signed else AMOUNTS
    for row, ax in np.ndenumerate(axes[:-1]):
        ax.imshow(images[row], cmap=colours, vmin=limits[0], vmax=limits[1])
        ax.set_axis_off()
    for ax, name in zip(axes[0], names, strict=True):
        label(ax, name, (images.shape[3] / 2 - 0.5, -0.5), (0, 7), level="baseline", rim=False)
    _draw_bar(figure, axes[-1], colours, limits, unit)
    return figure


@book_style()
def draw_scree(shares: np.ndarray, mark: tuple[int, float], *, ax: Axes | None = None) -> Axes:
    """Draw the share of the variance along each component, and their running sum.

    Parameters
    ----------
    shares : ndarray of shape (n_components,)
        Falling.
    mark : (int, float)
        A number of components and the share that they keep together.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("components", "share of the variance", ax=ax)
    number = np.arange(1, len(shares) + 1)
    ax.vlines(number, 0, shares, color=FIRST, lw=2.2)
    ax.plot(number, shares, "o", color=FIRST, ms=3, mew=0)
    ax.plot(number, np.cumsum(shares), color=DATA)
    ax.plot(*mark, "s", color=DATA, ms=7, mew=0)
    label(ax, f"the first {mark[0]}: {mark[1]:.0%}", mark, (8, -12), align="left", rim=False)
    few = max(len(shares) // 8, 1)
    together = (few, float(shares[:few].sum()))
    label(ax, "the first so many together", together, (9, -5), align="left", rim=False)
    label(ax, "each alone", (6, float(shares[5])), (6, 10), align="left", rim=False)
    ax.set_ylim(0, 1.05)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return ax


@book_style()
def draw_digit_map(coordinates: np.ndarray, labels: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Draw digits as numerals at their first two coordinates, and a large one at each median.

    Parameters
    ----------
    coordinates : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 to 9.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = panels(WIDE, 5.2)[1][0] if ax is None else ax
    ax = frame("first component, in grey levels", "second component, in grey levels", ax=ax)
    ax.set_aspect("equal", adjustable="datalim")
    for digit in np.unique(labels):
        here = coordinates[labels == digit]
        ax.plot(
            *here.T,
            ls="",
            marker=rf"$\mathbf{{{digit}}}$",
            color=NUMERALS[digit],
            ms=5.6,
            mew=0,
            alpha=0.8,
        )
    for digit in np.unique(labels):
        middle = np.median(coordinates[labels == digit], axis=0)
        text = label(ax, f"{digit}", (float(middle[0]), float(middle[1])))
        text.set(fontsize=24, fontweight="semibold")
        halo(text, 4.0)
    return ax


def _draw_bar(
    figure: Figure, row: np.ndarray, colours: Colormap, limits: tuple[float, float], unit: str
) -> None:
    """Draw a colour bar over the middle of a row of Axes, whose other places stay empty."""
    for ax in row:
        ax.set_axis_off()
    grid = row[0].get_subplotspec().get_gridspec()
    few = max(len(row) // 4, 1) if len(row) > 2 else 0
    bar = figure.add_subplot(grid[-1, few : len(row) - few])
    frame(unit, "", ax=bar)
    bar.imshow(
        np.linspace(*limits, 128)[None],
        cmap=colours,
        aspect="auto",
        extent=(*limits, 0, 1),
    )
    bar.set_yticks([])
    bar.spines[["left", "bottom"]].set_visible(False)
    bar.xaxis.set_major_locator(MaxNLocator(5))
