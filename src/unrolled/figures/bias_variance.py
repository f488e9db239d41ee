"""The drawings of bias and variance: many fits, their mean, the truth, and an error taken apart.

Predictions and their spread are orange, bias is blue, noise mauve, the truth an olive dashed line
and whatever was measured teal, in every figure of the page. The sum is in the colour of the text.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    INK,
    LINE_WIDTH,
    LOW,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SIXTH,
    TALL,
    TARGET,
    THIN,
    WIDE,
    book_style,
    frame,
    label,
    label_ends,
    panels,
)

__all__ = [
    "draw_at_a_point",
    "draw_band",
    "draw_curves",
    "draw_fits",
    "draw_layers",
    "draw_sums",
    "figure_two_degrees",
]

FITS, BIAS, NOISE = FIRST, SECOND, SIXTH
DASHED = DASHES[1]


@book_style()
def figure_two_degrees(
    x: np.ndarray,
    fits: Sequence[np.ndarray],
    truth: np.ndarray,
    names: Sequence[str],
) -> Figure:
    """Draw many fits of two methods side by side.

    Parameters
    ----------
    x : ndarray of shape (n_queries,)
    fits : two of ndarray of shape (n_sets, n_queries)
    truth : ndarray of shape (n_queries,)
    names : two of str

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    for ax, some, name in zip(axes, fits, names, strict=True):
        draw_fits(x, some, some.mean(axis=0), truth, ax=ax)
        label(ax, name, (float(x[-1]), 2.0), (-2, 0), align="right", level="top")
    axes[1].set_ylabel("")
    label(axes[0], "truth", (float(x[len(x) // 4]), float(truth[len(x) // 4])), (0, 9))
    return figure


@book_style()
def draw_fits(
    x: np.ndarray,
    fits: np.ndarray,
    mean: np.ndarray,
    truth: np.ndarray,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw many fits as thin lines, their mean as a thick one, and the truth dashed.

    Parameters
    ----------
    x : ndarray of shape (n_queries,)
    fits : ndarray of shape (n_sets, n_queries)
    mean, truth : ndarray of shape (n_queries,)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("x", "answer", ax=ax)
    ax.plot(x, fits.T, color=FITS, lw=0.7, alpha=0.35, zorder=1)
    ax.plot(x, mean, color=FITS, lw=3.4, zorder=3)
    ax.plot(x, truth, color=TARGET, ls=DASHED, lw=LINE_WIDTH, zorder=4)
    ax.set_xlim(float(x[0]), float(x[-1]))
    ax.set_ylim(-2, 2)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return ax


@book_style()
def draw_at_a_point(
    fits: np.ndarray,
    answers: np.ndarray,
    mean: float,
    truth: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw predictions and new answers at one point, with the three pieces of an error.

    Parameters
    ----------
    fits, answers : ndarray of shape (n_sets,)
    mean : float
        Of the predictions.
    truth : float
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("answer at this x", "", ax=ax, height=LOW)
    for level, values, colour in ((1.0, answers, DATA), (0.0, fits, FITS)):
        rows = level + 0.09 * (np.arange(len(values)) % 5 - 2)
        ax.plot(values, rows, "o", color=colour, ms=3.6, mew=0, alpha=0.75)
    ax.plot([mean, mean], [-0.35, 0.52], color=FITS, lw=3)
    ax.plot([truth, truth], [-0.35, 1.4], color=TARGET, ls=DASHED, lw=LINE_WIDTH)
    ax.annotate(
        "",
        (mean, 0.5),
        (truth, 0.5),
        arrowprops={"arrowstyle": "-|>", "color": BIAS, "lw": 1.8, "shrinkA": 0, "shrinkB": 0},
    )
    label(ax, "bias", ((mean + truth) / 2, 0.5), (0, 8))
    label(ax, "truth", (truth, 1.4), (0, 7))
    label(ax, "mean", (mean, -0.35), (0, -7))
    ax.set_ylim(-0.62, 1.6)
    ax.spines["left"].set_visible(False)
    ax.set_yticks([1.0, 0.0], ["new\nanswers", "predic-\ntions"])
    ax.tick_params(axis="y", length=0)
    return ax


@book_style()
def draw_layers(
    x: np.ndarray,
    layers: np.ndarray,
    measured: np.ndarray,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw bias, variance and noise on top of one another, and the measured error above them.

    Parameters
    ----------
    x : ndarray of shape (n_queries,)
    layers : ndarray of shape (3, n_queries)
        Noise, variance and squared bias, from the bottom up.
    measured : ndarray of shape (n_queries,)
        Mean squared error on new answers.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("x", "squared error", ax=ax, height=TALL)
    edges = np.vstack([np.zeros_like(x), np.cumsum(layers, axis=0)])
    names = ("noise", "variance", "bias²")
    hump = len(x) // 5 + int(np.argmax(layers[2][len(x) // 5 : -len(x) // 5]))
    places = ((len(x) // 2, 0), (len(x) // 2, 0), (hump, 17))
    for k, (colour, (at, lift)) in enumerate(zip((NOISE, FITS, BIAS), places, strict=True)):
        ax.fill_between(x, edges[k], edges[k + 1], color=colour, alpha=0.32, lw=0)
        ax.plot(x, edges[k + 1], color=colour, lw=1.5, ls=DASHES[k])
        middle = float(edges[k][at] + edges[k + 1][at]) / 2
        label(ax, names[k], (float(x[at]), middle), (0, lift))
    ax.plot(x, measured, "o", color=DATA, ms=3.2, mew=0, zorder=5)
    ax.set_xlim(float(x[0]), float(x[-1]))
    ax.set_ylim(0, 1.08 * float(measured.max()))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    return ax


@book_style()
def draw_band(
    x: np.ndarray,
    mean: np.ndarray,
    spread: float,
    truth: np.ndarray,
    at: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw a mean prediction with the band of its spread, and the truth.

    Parameters
    ----------
    x : ndarray of shape (n_queries,)
    mean, truth : ndarray of shape (n_queries,)
    spread : float
        One standard deviation of the predictions over training sets.
    at : float
        A value of `x` that is marked.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("x", "answer", ax=ax)
    ax.axvline(at, color=QUIET, lw=THIN, ls=DASHES[2])
    ax.fill_between(x, mean - spread, mean + spread, color=FITS, alpha=0.28, lw=0)
    ax.plot(x, mean, color=FITS, lw=2.6)
    ax.plot(x, truth, color=TARGET, ls=DASHED, lw=LINE_WIDTH)
    ax.set_xlim(float(x[0]), float(x[-1]))
    ax.set_ylim(-1.4, 1.4)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    label(ax, "truth", (float(x[3 * len(x) // 4]), float(truth[3 * len(x) // 4])), (0, -11))
    return ax


@book_style()
def draw_curves(
    setting: np.ndarray,
    parts: np.ndarray,
    measured: tuple[np.ndarray, np.ndarray],
    best: int,
    *,
    x_name: str,
    top: float,
    reverse: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw squared bias, variance, noise and their sum against a setting of the method.

    Parameters
    ----------
    setting : ndarray of shape (n_settings,)
        Number of neighbours, or degree.
    parts : ndarray of shape (4, n_settings)
        Squared bias, variance, noise, and their sum.
    measured : two of ndarray of shape (n_measured,)
        Settings, and the mean squared error on new answers there.
    best : int
        Index of the smallest sum.
    x_name : str
        What the setting is.
    top : float
        Upper end of the axis of errors.
    reverse : bool
        Draw the setting on a logarithmic axis from large to small.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(x_name, "squared error", ax=ax)
    if reverse:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(FixedLocator([1, 3, 9, 25, 51, 101]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        ax.set_xlim(float(setting.max()), float(setting.min()))
    else:
        ax.set_xlim(float(setting.min()), float(setting.max()))
        ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.set_ylim(0, top)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    names = ("bias²", "variance", "noise", "sum")
    colours, dashes = (BIAS, FITS, NOISE, INK), (DASHES[1], DASHES[0], DASHES[2], DASHES[0])
    for line, colour, dash in zip(parts, colours, dashes, strict=True):
        ax.plot(setting, line, color=colour, ls=dash, lw=LINE_WIDTH)
    inside = np.asarray(measured)[:, measured[1] <= top]
    ax.plot(*inside, "o", color=DATA, ms=5.5, mew=0, zorder=5, clip_on=False)
    lowest = float(setting[best]), float(parts[3][best])
    ax.plot(*lowest, MARKERS[0], color=INK, ms=10, mfc="none", mew=1.6, zorder=6)
    ax.vlines(lowest[0], 0, lowest[1], color=QUIET, lw=THIN, ls=DASHES[2])
    right = np.argsort(setting)[::-1] if reverse else np.argsort(setting)
    ordered = np.minimum(parts[:, right], top)
    label_ends(ax, names, setting[right], ordered)
    return ax


@book_style()
def draw_sums(
    names: Sequence[str], bias_squared: np.ndarray, variance: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw what of the error is avoidable, as bars: squared bias first, then variance.

    Parameters
    ----------
    names : sequence of str
    bias_squared, variance : ndarray of shape (n_methods,)
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("squared error above the noise", "", ax=ax, height=LOW)
    rows = np.arange(len(names))
    ax.barh(rows, bias_squared, height=0.42, color=BIAS)
    ax.barh(rows, variance, left=bias_squared, height=0.42, color=FITS)
    label(ax, "variance", (0, float(rows[0])), (0, 15), align="left", level="bottom", rim=False)
    label(ax, "bias²", (0, float(rows[-1])), (0, 15), align="left", level="bottom", rim=False)
    for row, first, second in zip(rows, bias_squared, variance, strict=True):
        label(
            ax, f"{first + second:.4f}", (float(first + second), float(row)), (5, 0), align="left"
        )
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(0, 1.18 * float((bias_squared + variance).max()))
    ax.set_ylim(len(rows) - 0.7, -0.75)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    return ax
