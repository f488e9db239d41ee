"""The drawings about judging and choosing a model.

Training is teal, validation blue and a test mauve, as dots and as curves; a fit is orange, the
truth and the floor of noise under every error are olive.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from unrolled.figures.diagrams import TINT, Box, Diagram, Edge, Part, Words
from unrolled.figures.style import (
    DASHES,
    DATA,
    FIRST,
    INK,
    MARKERS,
    QUIET,
    SECOND,
    SINGLE,
    SIXTH,
    TALL,
    TARGET,
    THIN,
    THIRD,
    book_style,
    frame,
    label,
    label_end,
    label_ends,
)

TRAINING, VALIDATION, TEST, FIT = DATA, SECOND, SIXTH, FIRST
_SETS = (TRAINING, VALIDATION)
_FRAME = 2.0  # a fit may leave the picture above and below this


def learning_loop() -> Diagram:
    """Describe how data become a model and how the model is judged.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {
        "training": Box("training", (2.15, 8.55), (4.3, 1.1), TRAINING, TINT),
        "validation": Box("validation", (5.95, 8.55), (2.9, 1.1), VALIDATION, TINT),
        "test": Box("test", (8.8, 8.55), (2.4, 1.1), TEST, TINT),
        "learner": Box("learner", (1.0, 5.15), (2.0, 1.1)),
        "model": Box("model", (3.25, 5.15), (1.3, 1.1)),
        "prediction": Box("prediction", (5.58, 5.15), (2.15, 1.1)),
        "evaluation": Box("evaluation", (5.95, 1.45), (2.9, 1.1)),
        "last word": Box("last word", (8.8, 1.45), (2.4, 1.1)),
        "examples": Words("inputs and\nanswers", (1.2, 6.85), align="left"),
        "inputs": Words("inputs", (5.1, 6.85), align="right"),
        "answers": Words("answers", (7.25, 3.3), align="left"),
        "choose": Words("choose again", (2.75, 1.85)),
        "once": Words("once", (9.1, 6.85), align="left"),
    }
    edges = [
        Edge("training", "learner", via=((1.0, 7.0),)),
        Edge("learner", "model"),
        Edge("model", "prediction"),
        Edge("validation", "prediction", via=((5.3, 7.0),)),
        Edge("prediction", "evaluation", via=((5.3, 3.0),)),
        Edge("validation", "evaluation", via=((7.05, 5.0),)),
        Edge("evaluation", "learner", via=((1.0, 1.45),)),
        Edge("test", "last word", kind="before"),
    ]
    return Diagram(nodes, edges, limits=(-0.1, 0.8, 10.1, 9.2))


@book_style()
def draw_fit(
    x: np.ndarray,
    truth: np.ndarray,
    fit: np.ndarray,
    training: Sequence[np.ndarray],
    validation: Sequence[np.ndarray] | None = None,
    *,
    note: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw a fit beside the truth and the points that it has seen, and those that it has not.

    Parameters
    ----------
    x, truth, fit : ndarray of shape (n,)
        Two curves over the same places.
    training, validation : (x, y), each ndarray of shape (n_points,)
        Filled dots, and open squares.
    note : str
        Which fit it is.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("input $x$", "answer $y$", ax=ax)
    ax.plot(x, truth, color=TARGET, ls=DASHES[1], lw=1.8, zorder=2)
    ax.plot(x, fit, color=FIT, zorder=3)
    if validation is not None:
        ax.plot(*validation, "s", mfc="none", mec=VALIDATION, mew=1.3, ms=4.4, zorder=4)
    ax.plot(*training, "o", color=TRAINING, ms=5, mew=0, zorder=5)
    ax.set_xlim(0, 1)
    ax.set_ylim(-_FRAME, _FRAME)
    ax.yaxis.set_major_locator(FixedLocator([-1, 0, 1]))
    if note:
        label(ax, note, (1.0, 1.75), (-2, 0), align="right")
    return ax


@book_style()
def figure_fits(
    x: np.ndarray,
    truth: np.ndarray,
    fits: np.ndarray,
    training: Sequence[np.ndarray],
    notes: Sequence[str],
) -> Figure:
    """Draw several fits to the same points, one below the other.

    Parameters
    ----------
    x, truth : ndarray of shape (n,)
    fits : ndarray of shape (n_fits, n)
    training : (x, y), each ndarray of shape (n_points,)
    notes : sequence of str
        One for each fit.

    Returns
    -------
    Figure
    """
    figure, panels = _stack(len(fits), 1.75)
    for ax, fit, note in zip(panels, fits, notes, strict=True):
        draw_fit(x, truth, fit, training, note=note, ax=ax)
    _share_x(panels)
    return figure


@book_style()
def draw_errors(
    x: np.ndarray,
    errors: np.ndarray,
    *,
    across: str,
    floor: float | None = None,
    best: int | None = None,
    logarithmic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw training and validation error, on a logarithmic axis, against what was chosen.

    Parameters
    ----------
    x : ndarray of shape (n,)
    errors : ndarray of shape (2, n)
        Training error, then validation error.
    across : str
        What `x` means.
    floor : float, optional
        Variance of the noise.
    best : int, optional
        Index of the point that validation chooses; marked.
    logarithmic : bool
        Whether `x` has a logarithmic axis too.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame(across, "mean squared error", ax=ax)
    ax.set_yscale("log")
    ax.set_xscale("log" if logarithmic else "linear")
    ax.set_ylim(float(errors.min()) / 1.5, float(errors.max()) * 1.6)
    if not logarithmic:
        ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    _name_ticks(ax)
    _draw_pair(ax, x, errors, floor)
    if best is not None:
        ax.plot(x[best], errors[1][best], "o", mfc="none", mec=INK, mew=1.5, ms=11, zorder=6)
    return ax


@book_style()
def figure_learning_curves(
    sizes: np.ndarray,
    errors: Sequence[np.ndarray],
    notes: Sequence[str],
    *,
    floor: float,
    top: float,
) -> Figure:
    """Draw the error against the number of training points, one model below the other.

    Parameters
    ----------
    sizes : ndarray of shape (n_sizes,)
    errors : sequence of ndarray of shape (2, n_sizes)
        For each model, training error and validation error.
    notes : sequence of str
        Which model it is.
    floor : float
        Variance of the noise.
    top : float
        The largest error shown.

    Returns
    -------
    Figure
    """
    figure, panels = _stack(len(errors), 2.2)
    for ax, pair, note in zip(panels, errors, notes, strict=True):
        frame("training points $n$", "error", ax=ax).set_xscale("log")
        ax.set_ylim(0, top)
        _name_x_ticks(ax, [20, 50, 100, 200, 500])
        _draw_pair(ax, sizes, np.minimum(pair, 1e3 * top), floor)
        label(ax, note, (float(sizes[-1]), 0.93 * top), (-2, 0), align="right")
    _share_x(panels)
    return figure


@book_style()
def draw_luck(
    n_models: np.ndarray,
    expected: np.ndarray,
    found: np.ndarray,
    untouched: np.ndarray,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw what the best of many useless models scores where it was chosen, and elsewhere.

    Parameters
    ----------
    n_models : ndarray of shape (n,)
    expected, found : ndarray of shape (n,)
        Accuracy of the best on the validation set, computed and simulated.
    untouched : ndarray of shape (n,)
        Its accuracy on a test set.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("useless models tried $m$", "accuracy of the chosen one", ax=ax)
    ax.set_xscale("log")
    ax.plot(n_models, expected, color=VALIDATION, zorder=2)
    ax.plot(n_models, found, MARKERS[1], color=VALIDATION, ms=6, mew=0, zorder=3, clip_on=False)
    ax.plot(
        n_models,
        untouched,
        MARKERS[2],
        color=TEST,
        ms=6.5,
        mew=0,
        ls=DASHES[2],
        zorder=3,
        clip_on=False,
    )
    ax.axhline(0.5, color=TARGET, ls=DASHES[1], lw=1.4, zorder=1)
    _limit(ax, n_models, (0.4, 0.8))
    _name_x_ticks(ax, [1, 10, 100, 1000])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}".replace("%", " %")))
    ax.yaxis.set_major_locator(FixedLocator([0.4, 0.5, 0.6, 0.7, 0.8]))
    label_ends(ax, ("validation", "test"), n_models, np.array([expected, untouched]))
    return ax


@book_style()
def draw_feature_errors(
    n_used: np.ndarray,
    errors: np.ndarray,
    *,
    n_useful: int,
    floor: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw the test error against the number of features, useful ones first.

    Parameters
    ----------
    n_used : ndarray of int of shape (n,)
    errors : ndarray of shape (n,)
    n_useful : int
        How many features carry something.
    floor : float
        Variance of the noise.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = frame("features used", "test error", ax=ax)
    carries = n_used <= n_useful
    ax.plot(n_used, errors, color=TEST, zorder=2)
    ax.plot(n_used[carries], errors[carries], "o", color=TARGET, ms=6.5, mew=0, zorder=3)
    ax.plot(n_used[~carries], errors[~carries], "X", color=THIRD, ms=6.5, mew=0, zorder=3)
    _limit(ax, n_used, (0, float(errors.max() * 1.08)))
    ax.set_xlim(float(n_used[0]) - 0.6, float(n_used[-1]) + 0.6)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _draw_floor(ax, floor)
    label_end(ax, "noise", n_used, np.full(len(n_used), floor))
    first = int(np.argmin(errors))
    label(ax, "useful", (n_used[0] + 1, float(errors[1])), (12, 6), align="left")
    middle = (first + len(errors)) // 2
    label(ax, "useless", (n_used[middle], float(errors[middle])), (-4, 14), align="right")
    return ax


@book_style()
def draw_double_descent(
    n_features: Sequence[int],
    without: np.ndarray,
    ridge: np.ndarray,
    *,
    threshold: int,
    floor: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw the test error against the number of features, past the point where all answers fit.

    Parameters
    ----------
    n_features : sequence of int of length n
    without, ridge : ndarray of shape (n,)
        Test error without and with a penalty.
    threshold : int
        Number of features from which on the training error is zero.
    floor : float
        Variance of the noise.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    x, errors = np.array(n_features), np.array([without, ridge])
    ax = frame("random features", "test error", ax=ax, height=TALL)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.axvline(threshold, color=QUIET, lw=THIN, zorder=1)
    for curve, colour, dash, marker in zip(errors, (THIRD, FIRST), DASHES, MARKERS, strict=False):
        ax.plot(x, curve, color=colour, ls=dash, marker=marker, ms=4, mew=0)
    _limit(ax, x, (0.8 * floor, float(errors.max() * 1.6)))
    _name_x_ticks(ax, [5, 10, 40, 100, 400])
    _name_ticks(ax)
    _draw_floor(ax, floor)
    label(ax, "all answers fit", (threshold, float(errors.max())), (8, 2), align="left", rim=False)
    ends = np.vstack([errors, np.full(len(x), floor)])
    label_ends(ax, ["no penalty", "ridge", "noise"], x, ends)
    return ax


# Private -------------------------------------------------------------------------------------


def _stack(n_panels: int, height: float) -> tuple[Figure, list[Axes]]:
    figure, axes = plt.subplots(
        n_panels, 1, figsize=(SINGLE, height * n_panels), squeeze=False, layout="constrained"
    )
    return figure, list(axes[:, 0])


def _share_x(panels: Sequence[Axes]) -> None:
    for ax in panels[:-1]:
        ax.set_xlabel("")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda *_: ""))


def _limit(ax: Axes, x: np.ndarray, limits: tuple[float, float]) -> None:
    ax.set_xlim(float(x[0]), float(x[-1]))
    ax.set_ylim(*limits)


def _draw_pair(ax: Axes, x: np.ndarray, errors: np.ndarray, floor: float | None) -> None:
    """Draw training and validation error, and name them inside the limits that are set."""
    low, high = ax.get_ylim()
    _limit(ax, x, (low, high))
    for curve, colour, dash, marker in zip(errors, _SETS, DASHES, MARKERS, strict=False):
        ax.plot(x, curve, color=colour, ls=dash, marker=marker, ms=4, mew=0)
    names, ends = ["training", "validation"], np.clip(errors, low, high)
    if floor is not None:
        _draw_floor(ax, floor)
        names, ends = [*names, "noise"], np.vstack([ends, np.full(len(x), floor)])
    label_ends(ax, names, x, ends)


def _name_ticks(ax: Axes) -> None:
    """Name 1 and 3 of every power of ten, as they are said."""
    ticks = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 3)]
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _name_x_ticks(ax: Axes, ticks: Sequence[float]) -> None:
    ax.xaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _draw_floor(ax: Axes, floor: float) -> None:
    ax.axhline(floor, color=TARGET, ls=DASHES[1], lw=1.4, zorder=1)
