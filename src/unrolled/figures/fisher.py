"""The drawings of Fisher's discriminant: classes, axes through them, and shadows on the axes.

Class 0 is orange and round, class 1 blue and square. Fisher's axis is olive, as what is right is
everywhere in the book; the axis of largest variance is a dashed line in the colour of the text.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from unrolled.figures.style import (
    DASHES,
    INK,
    LINE_WIDTH,
    LOW,
    MARKERS,
    MEDIUM,
    QUIET,
    SERIES,
    TALL,
    TARGET,
    WIDE,
    WRONG,
    bare_axes,
    book_style,
    frame,
    halo,
    label,
    panels,
)

__all__ = [
    "Stage",
    "draw_accuracies",
    "draw_by_angle",
    "draw_shadows",
    "figure_cases",
    "figure_digits",
    "figure_turned_axis",
    "figure_two_axes",
    "figure_whitening",
]

N_BINS = 36
AXES = (("the axis of largest variance", INK, DASHES[1]), ("Fisher's axis", TARGET, DASHES[0]))


class Stage(NamedTuple):
    """One of the three pictures of `figure_whitening`."""

    points: np.ndarray  # (n_points, 2)
    means: np.ndarray  # (2, 2)          a class a row
    outline: np.ndarray  # (n_outline, 2)   of the spread within, around the origin
    direction: np.ndarray  # (2,)            of the line through the middle of the means
    text: str


@book_style()
def figure_two_axes(points: np.ndarray, labels: np.ndarray, directions: np.ndarray) -> Figure:
    """Draw two classes with two axes through them, and the shadows on each axis.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    directions : ndarray of shape (2, 2)
        The axis of largest variance, then Fisher's; of any length.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, LOW, (1.5, 1, 1))
    centre = points.mean(axis=0)
    frame("first feature", "second feature", ax=axes[0])
    _draw_classes(axes[0], points, labels)
    for direction, (_, colour, dash) in zip(directions, AXES, strict=True):
        _draw_axis(axes[0], centre, direction, _reach(points), colour, dash)
    _frame(axes[0], points)
    for ax, direction, (name, colour, dash) in zip(axes[1:], directions, AXES, strict=True):
        draw_shadows((points - centre) @ _unit(direction), labels, name=name, ax=ax)
        ax.spines["bottom"].set(color=colour, linestyle=dash, linewidth=2.4)
    axes[2].set_ylabel("")
    return figure


@book_style()
def draw_shadows(
    shadows: np.ndarray,
    labels: np.ndarray,
    *,
    name: str = "the axis",
    limit: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the points of two classes lie along one axis.

    Parameters
    ----------
    shadows : ndarray of shape (n_points,)
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    name : str
        Of the axis.
    limit : float, optional
        How far the axis reaches to both sides; as far as the shadows when None.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(f"along {name}", "points", ax=ax, height=LOW)
    reach = float(np.abs(shadows).max()) * 1.05 if limit is None else limit
    edges = np.linspace(-reach, reach, N_BINS + 1)
    for k in (0, 1):
        counts, _ = np.histogram(shadows[labels == k], edges)
        ax.stairs(counts, edges, fill=True, color=SERIES[k], alpha=0.3, lw=0)
        ax.stairs(counts, edges, color=SERIES[k], lw=LINE_WIDTH, ls=DASHES[k])
    ax.set_xlim(-reach, reach)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return ax


@book_style()
def draw_by_angle(
    degrees: np.ndarray,
    variance: np.ndarray,
    criterion: np.ndarray,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw variance and Fisher's criterion against the angle of an axis, and mark both peaks.

    Parameters
    ----------
    degrees : ndarray of shape (n_angles,)
        From 0 to 180.
    variance, criterion : ndarray of shape (n_angles,)
        Each as a share of its own largest value.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("angle of the axis, in degrees", "share of its largest value", ax=ax)
    names = ("variance", "Fisher's $J$")
    for values, name, (_, colour, dash) in zip((variance, criterion), names, AXES, strict=True):
        best = int(values.argmax())
        ax.plot(degrees, values, color=colour, ls=dash)
        ax.plot(degrees[best], values[best], "o", color=colour, ms=7, clip_on=False)
        label(ax, name, (float(degrees[best]), float(values[best])), (0, 8), level="bottom")
    ax.set_xlim(float(degrees[0]), float(degrees[-1]))
    ax.set_ylim(0, 1.12)
    ax.set_xticks(np.arange(0, 181, 45))
    ax.yaxis.set_major_formatter(_percent())
    ax.set_yticks([0, 0.5, 1])
    return ax


@book_style()
def figure_turned_axis(
    points: np.ndarray, labels: np.ndarray, degrees: float, criterion: float, variance: float
) -> Figure:
    """Draw two classes, one axis through them, and the shadows on it.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    degrees : float
        Angle of the axis.
    criterion, variance : float
        Of the shadows; written beside them.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1.1))
    centre, reach = points.mean(axis=0), _reach(points)
    direction = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    shadows = (points - centre) @ direction
    frame("first feature", "second feature", ax=axes[0])
    _draw_classes(axes[0], points, labels)
    _draw_axis(axes[0], centre, direction, reach, INK, "-")
    _frame(axes[0], points)
    draw_shadows(shadows, labels, limit=reach, ax=axes[1])
    text = f"{degrees:.0f}°:  $J$ = {criterion:.2f},  variance {variance:.2f}"
    axes[1].set_xlabel(f"along the axis at {text}")
    return figure


@book_style()
def figure_whitening(labels: np.ndarray, stages: Sequence[Stage]) -> Figure:
    """Draw how a round spread within the classes makes the best direction plain.

    Parameters
    ----------
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    stages : three Stages

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1, 1))
    for ax, stage in zip(axes, stages, strict=True):
        bare_axes(ax)
        _draw_classes(ax, stage.points, labels, alpha=0.3)
        colour, dash = (INK, DASHES[2]) if stage is stages[0] else (TARGET, DASHES[0])
        middle = stage.means.mean(axis=0)
        _draw_axis(ax, middle, stage.direction, _reach(stage.points), colour, dash)
        for k, mean in enumerate(stage.means):
            ax.plot(*(mean + stage.outline).T, color=SERIES[k], lw=LINE_WIDTH, ls=DASHES[k])
            ax.plot(*mean, MARKERS[k], color=SERIES[k], ms=8, mec=INK, mew=1.2, zorder=6)
        _fill_panel(ax, stage.points, stage.text)
    return figure


@book_style()
def figure_cases(
    cases: Sequence[tuple[np.ndarray, np.ndarray]], labels: np.ndarray, texts: Sequence[str]
) -> Figure:
    """Draw clouds of two classes side by side, each with both axes through it.

    Parameters
    ----------
    cases : sequence of (points, directions)
        Of shapes (n_points, 2) and (2, 2): the axis of largest variance, then Fisher's.
    labels : ndarray of int of shape (n_points,)
        0 or 1.
    texts : sequence of str
        Written below each cloud.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1,) * len(cases))
    for ax, (points, directions), text in zip(axes, cases, texts, strict=True):
        bare_axes(ax)
        centre, reach = points.mean(axis=0), _reach(points)
        _draw_classes(ax, points, labels)
        for direction, (_, colour, dash) in zip(directions, AXES, strict=True):
            _draw_axis(ax, centre, direction, reach, colour, dash)
        _fill_panel(ax, points, text)
    return figure


@book_style()
def figure_digits(
    planes: Sequence[np.ndarray], labels: np.ndarray, names: Sequence[tuple[str, str]]
) -> Figure:
    """Draw written digits in two planes, each as its own numeral.

    Parameters
    ----------
    planes : two ndarrays of shape (n_points, 2)
    labels : ndarray of int of shape (n_points,)
        0 to 9.
    names : two pairs of str
        What the axes of each plane are.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, TALL, (1, 1))
    for ax, plane, (x_name, y_name) in zip(axes, planes, names, strict=True):
        frame(x_name, y_name, ax=ax)
        for digit in np.unique(labels):
            chosen = plane[labels == digit]
            colour = SERIES[digit % len(SERIES)]
            ax.plot(*chosen.T, ls="", marker=f"${digit}$", color=colour, ms=6, mew=0, alpha=0.75)
        for digit in np.unique(labels):
            x, y = plane[labels == digit].mean(axis=0)
            mean = label(ax, str(digit), (float(x), float(y)))
            mean.set_fontsize(17)
            mean.set_fontweight("semibold")
            halo(mean, 4)
        ax.set_xticks([])
        ax.set_yticks([])
    return figure


@book_style()
def draw_accuracies(
    x: np.ndarray,
    accuracies: np.ndarray,
    names: Sequence[str],
    *,
    x_name: str,
    guess: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of points classified correctly: what fails in brick, then what is right.

    Parameters
    ----------
    x : ndarray of shape (n,)
    accuracies : ndarray of shape (2, n)
        Between 0 and 1.
    names : (str, str)
        Written at the ends.
    x_name : str
        What the axis below means.
    guess : float, optional
        Share that a guess gets right, drawn as a thin line.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(x_name, "classified correctly", ax=ax)
    for k, (share, colour) in enumerate(zip(accuracies, (WRONG, TARGET), strict=True)):
        ax.plot(x, share, MARKERS[k], color=colour, ls=DASHES[k], ms=5, clip_on=False)
    lowest = float(accuracies.min()) if guess is None else guess
    ax.set_ylim(np.floor(10 * lowest - 0.5) / 10, 1.005)
    ax.yaxis.set_major_formatter(_percent())
    if guess is not None:
        ax.axhline(guess, color=QUIET, lw=1, ls=DASHES[2])
        end = (float(x[-1]), guess)
        label(ax, "guessing", end, (-4, -6), align="right", level="top", rim=False)
    for name, share in zip(names, accuracies, strict=True):
        above = guess is not None or share[-1] == accuracies[:, -1].max()
        shift, level = ((0, 9), "bottom") if above else ((0, -9), "top")
        label(ax, name, (float(x[-1]), float(share[-1])), shift, align="right", level=level)
    return ax


def _draw_classes(ax: Axes, points: np.ndarray, labels: np.ndarray, alpha: float = 0.75) -> None:
    """Scatter two classes, each with its colour and marker."""
    for k in (0, 1):
        x, y = points[labels == k].T
        ax.plot(x, y, MARKERS[k], color=SERIES[k], ms=3.6, mew=0, alpha=alpha)


def _draw_axis(
    ax: Axes, centre: np.ndarray, direction: np.ndarray, reach: float, colour: str, dash: object
) -> None:
    """Draw a line through the centre, as long as the picture."""
    ends = centre + reach * np.array([[-1.0], [1.0]]) * _unit(direction)
    (line,) = ax.plot(*ends.T, color=colour, lw=2.4, zorder=5, dash_capstyle="butt")
    line.set_linestyle(dash)  # type: ignore[arg-type]
    halo(line, 4.5)


def _frame(ax: Axes, points: np.ndarray) -> None:
    """Show all points, one unit as long across as up."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.06 * float((high - low).max())
    ax.set_aspect("equal")
    ax.set_xlim(low[0] - margin, high[0] + margin)
    ax.set_ylim(low[1] - margin, high[1] + margin)


def _fill_panel(ax: Axes, points: np.ndarray, text: str) -> None:
    """Show all points in the whole of a panel, with a text below."""
    _frame(ax, points)
    ax.set_aspect("equal", adjustable="datalim")
    below = label(ax, text, (0.5, 0), (0, -5), level="top", rim=False)
    below.xycoords = "axes fraction"


def _reach(points: np.ndarray) -> float:
    """Distance of the farthest point from the mean, and a little more."""
    return float(np.linalg.norm(points - points.mean(axis=0), axis=1).max()) * 1.05


def _unit(direction: np.ndarray) -> np.ndarray:
    return np.asarray(direction / np.linalg.norm(direction))


def _percent() -> PercentFormatter:
    return PercentFormatter(1, decimals=0, symbol=" %")
