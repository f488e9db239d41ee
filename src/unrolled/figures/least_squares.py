"""The drawings of what a feature costs: least squares orange, nearest neighbours magenta.

As on the pages beside this one, bias is blue, variance orange and noise mauve. What was measured is
teal where it stands beside a formula, a formula that holds is drawn in the colour of the text, and
one that does not hold here is brick and dashed.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from unrolled.figures.style import (
    DASHES,
    DATA,
    EIGHTH,
    FIRST,
    FOURTH,
    INK,
    LOW,
    MARKERS,
    MEDIUM,
    QUIET,
    SECOND,
    SERIES,
    SIXTH,
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
    "LINE",
    "MEAN",
    "NEIGHBOURS",
    "draw_errors_at_break_even",
    "draw_excess_error",
    "draw_kept_neighbours",
    "draw_many_features",
    "draw_noise_features",
    "draw_prices",
    "draw_tails",
    "draw_training_and_new",
    "figure_parts",
]

LINE, NEIGHBOURS, MEAN = FIRST, EIGHTH, QUIET
VARIANCE, BIAS, NOISE = FIRST, SECOND, SIXTH
STEPS = [1, 2, 5, 10]


@book_style()
def draw_training_and_new(
    n_dims: np.ndarray,
    training: np.ndarray,
    new: np.ndarray,
    noise: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the errors on the training points and on new ones against the number of features.

    Parameters
    ----------
    n_dims : ndarray of int of shape (n_dimensions,)
    training, new : ndarray of shape (n_dimensions,)
        Mean squared errors.
    noise : float
        The variance of the noise, a dotted line.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("features $D$", "mean squared error", ax=ax)
    ax.axhline(noise, color=NOISE, lw=1.4, ls=DASHES[2])
    ax.plot(n_dims, new, "o-", color=LINE, ms=5)
    ax.plot(n_dims, training, "s", color=DATA, ls=DASHES[1], ms=5)
    ax.set_xlim(float(n_dims[0]) - 0.5, float(n_dims[-1]) + 0.5)
    ax.set_ylim(0, 1.08 * float(np.max(new)))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(7, steps=STEPS))
    ends = np.array([new, np.full(len(n_dims), noise), training])
    label_ends(ax, ("new points", "noise", "training"), n_dims, ends)
    return ax


@book_style()
def draw_excess_error(
    n_dims: np.ndarray,
    measured: np.ndarray,
    exact: np.ndarray,
    naive: np.ndarray,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the price of D features, measured and by two formulas of which one is for old points.

    Parameters
    ----------
    n_dims : ndarray of int of shape (n_dimensions,)
    measured, exact, naive : ndarray of shape (n_dimensions,)
        In units of the noise's variance.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("features $D$", "excess error over $\\sigma^2$", ax=ax)
    ax.plot(n_dims, naive, color=WRONG, ls=DASHES[1])
    ax.plot(n_dims, exact, color=INK, lw=1.4)
    ax.plot(n_dims, measured, "o", color=DATA, ms=6)
    middle = int(0.6 * len(n_dims))
    label(ax, "$D / n$", (float(n_dims[-1]), float(naive[-1])), (-4, 10), align="right")
    label(ax, "$D / (n - D - 1)$", (float(n_dims[-2]), float(exact[-2])), (-12, 0), align="right")
    label(ax, "measured", (float(n_dims[middle]), float(measured[middle])), (-8, 10), align="right")
    ax.set_xlim(float(n_dims[0]) - 0.5, float(n_dims[-1]) + 0.5)
    ax.set_ylim(0, 1.06 * float(max(np.max(exact), np.max(measured))))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=STEPS))
    return ax


@book_style()
def draw_prices(
    n_dims: Sequence[np.ndarray],
    prices: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the price of D features for several numbers of points, on logarithmic axes.

    Parameters
    ----------
    n_dims, prices : sequence of ndarray of shape (n_dimensions,)
        A series for each number of points; they may differ in length.
    names : sequence of str
        What each series is, at most four; written at its end.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("features $D$", "excess error over $\\sigma^2$", ax=ax)
    ax.axhline(1, color=QUIET, lw=THIN, ls=DASHES[2])
    for k, (dims, price, name) in enumerate(zip(n_dims, prices, names, strict=True)):
        ax.plot(dims, price, color=SERIES[k], ls=DASHES[k])
        label(ax, name, (float(dims[-1]), float(price[-1])), (0, 9), align="right")
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    return ax


@book_style()
def draw_errors_at_break_even(
    coefficients: np.ndarray,
    without: np.ndarray,
    with_it: np.ndarray,
    break_even: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the error without and with a feature against its coefficient.

    Parameters
    ----------
    coefficients : ndarray of shape (n_coefficients,)
    without, with_it : ndarray of shape (n_coefficients,)
        Excess errors.
    break_even : float
        The coefficient at which the two are equal.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("coefficient of the last feature", "excess error over $\\sigma^2$", ax=ax)
    ax.plot(coefficients, without, color=BIAS, ls=DASHES[1])
    ax.plot(coefficients, with_it, color=VARIANCE)
    at = float(np.interp(break_even, coefficients, with_it))
    ax.plot([break_even], [at], "o", color=INK, ms=7)
    label(ax, "worth its price from here on", (break_even, at), (9, -12), align="left")
    label_ends(ax, ("left out", "put in"), coefficients, np.array([without, with_it]))
    ax.set_xlim(0, float(coefficients[-1]))
    ax.set_ylim(0, 1.06 * float(max(np.max(without), np.max(with_it))))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    return ax


@book_style()
def draw_tails(
    edges: np.ndarray,
    shares: np.ndarray,
    medians: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw histograms of the excess error on a logarithmic axis, with their medians.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Powers of ten.
    shares : ndarray of shape (n_series, n_bins)
        Share of the training sets in each bin.
    medians : ndarray of shape (n_series,)
        Excess errors.
    names : sequence of str
        What each series is, at most four.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("excess error over $\\sigma^2$", "share of the training sets", ax=ax)
    for k, (share, median, name) in enumerate(zip(shares, medians, names, strict=True)):
        colour = (WRONG, DATA, SECOND, FIRST)[k]
        ax.stairs(share, 10.0**edges, fill=True, color=colour, alpha=0.25, lw=0)
        ax.stairs(share, 10.0**edges, color=colour, lw=1.4, ls=DASHES[k])
        peak = int(np.argmax(share))
        ax.plot([median] * 2, [0, float(share[peak])], color=colour, lw=THIN, ls=DASHES[2])
        label(ax, name, (float(median), float(share[peak])), (0, 11))
    ax.set_xscale("log")
    ax.set_xlim(10.0 ** float(edges[0]), 10.0 ** float(edges[-1]))
    ax.set_ylim(0, 1.18 * float(np.max(shares)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    return ax


@book_style()
def draw_noise_features(
    n_noise: np.ndarray,
    neighbours: np.ndarray,
    line: np.ndarray,
    mean: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the errors of three methods against the number of features that carry nothing.

    Parameters
    ----------
    n_noise : ndarray of int of shape (n_counts,)
    neighbours, line : ndarray of shape (n_counts,)
        Mean squared errors, the noise of the new points not counted.
    mean : float
        The error of predicting the same value everywhere.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("noise features", "mean squared error against the truth", ax=ax)
    ax.axhline(mean, color=MEAN, lw=1.4, ls=DASHES[2])
    ax.plot(n_noise, neighbours, "o-", color=NEIGHBOURS, ms=5)
    ax.plot(n_noise, line, "s", color=LINE, ls=DASHES[1], ms=5)
    end = float(n_noise[-1])
    label(ax, "nearest neighbours", (end, float(neighbours[-1])), (0, 11), align="right")
    label(ax, "least squares", (end, float(line[-1])), (0, -13), align="right")
    label(ax, "always the mean", (float(n_noise[0]), mean), (2, 9), align="left")
    ax.set_xlim(float(n_noise[0]) - 0.6, end + 0.6)
    ax.set_ylim(0, 1.18 * float(max(mean, neighbours.max(), line.max())))
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=STEPS))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=STEPS))
    return ax


@book_style()
def draw_kept_neighbours(
    n_noise: np.ndarray,
    kept: np.ndarray,
    chance: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw which share of the true neighbours are neighbours still, among noise features.

    Parameters
    ----------
    n_noise : ndarray of int of shape (n_counts,)
    kept : ndarray of shape (n_counts,)
        Between 0 and 1.
    chance : float
        The share that points picked blindly would keep.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("noise features", "true neighbours that are kept", ax=ax, height=LOW + 0.4)
    ax.axhline(chance, color=QUIET, lw=THIN, ls=DASHES[2])
    ax.plot(n_noise, kept, "o-", color=NEIGHBOURS, ms=5)
    label(ax, "picked blindly", (float(n_noise[-1]), chance), (0, -9), align="right", rim=False)
    ax.set_xlim(float(n_noise[0]) - 0.6, float(n_noise[-1]) + 0.6)
    ax.set_ylim(-0.09, 1.05)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=STEPS))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    return ax


@book_style()
def figure_parts(
    n_noise: np.ndarray,
    bias: np.ndarray,
    variance: np.ndarray,
    names: Sequence[str],
    *,
    floor: float,
) -> Figure:
    """Draw squared bias and variance of two methods side by side, against the noise features.

    Parameters
    ----------
    n_noise : ndarray of int of shape (n_counts,)
    bias, variance : ndarray of shape (2, n_counts)
        Squared bias and variance, a method a row.
    names : sequence of str
        The two methods.
    floor : float
        The part of the first method's variance that is due to noise in the targets.

    Returns
    -------
    Figure
    """
    figure, axes = panels(WIDE, MEDIUM, (1, 1))
    top = 1.25 * float(np.max([bias, variance]))
    for k, (ax, name) in enumerate(zip(axes, names, strict=True)):
        frame(f"noise features, {name}", "part of the error" if k == 0 else "", ax=ax)
        ax.plot(n_noise, bias[k], "^", color=BIAS, ls=DASHES[1], ms=5)
        ax.plot(n_noise, variance[k], "v-", color=VARIANCE, ms=5)
        for text, part in (("bias²", bias[k]), ("variance", variance[k])):
            label(ax, text, (float(n_noise[-1]), float(part[-1])), (0, 11), align="right")
        ax.set_xlim(float(n_noise[0]) - 0.6, float(n_noise[-1]) + 0.6)
        ax.set_ylim(0, top)
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=STEPS))
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    axes[0].axhline(floor, color=NOISE, lw=1.4, ls=DASHES[2])
    axes[1].set_ylabel("part of the error")
    return figure


@book_style()
def draw_many_features(
    n_features: np.ndarray,
    errors: np.ndarray,
    names: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the errors of one method with features of several kinds, against their number.

    Parameters
    ----------
    n_features : ndarray of int of shape (n_counts,)
    errors : ndarray of shape (n_series, n_counts)
    names : sequence of str
        What each series is, at most four; written at its end.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("features in all", "mean squared error against the truth", ax=ax)
    colours = (WRONG, FOURTH, SECOND, FIRST)
    for k, error in enumerate(errors):
        ax.plot(n_features, error, MARKERS[k], color=colours[k], ls=DASHES[k], ms=5)
    ax.set_ylim(0, 1.08 * float(np.max(errors)))
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=STEPS))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=STEPS))
    label_ends(ax, names, n_features, errors)
    return ax
