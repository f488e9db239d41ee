"""How uncertain a measured score is: DeLong's variance of an AUC, the bootstrap for any score."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.mining.evaluation import auc
from unrolled.mining.labels import check_scores, check_two_classes
from unrolled.shapes import check_generator, check_integer, check_number, check_shape

__all__ = ["Interval", "bootstrap_interval", "delong_interval", "delong_variance"]


class Interval(NamedTuple):
    """The values that a sample speaks for."""

    low: float
    high: float


def delong_variance(
    y: ArrayLike, scores: ArrayLike, other: ArrayLike | None = None, *, positive: Any = 1
) -> float:
    """Estimate the variance of an AUC, or of the difference of two AUCs on the same rows.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
        At least two rows of each class.
    scores : array_like of shape (n_rows,)
    other : array_like of shape (n_rows,), optional
        Scores of a second classifier, to be compared with the first.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    float
        At least 0; it is 0 if no pair of rows is ordered wrongly, or all are.

    Raises
    ------
    ValueError
        If the shapes do not match, a score is not finite, or a class has fewer than two rows.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson (1988). Page ``honest-number``, equation ``judge-delong``.
    """
    truth = check_two_classes("y", y, positive)
    for name, rows in (("positive", truth), ("negative", ~truth)):
        if np.count_nonzero(rows) < 2:
            raise ValueError(f"y must have at least two {name} rows, got 1. One has no variance.")
    parts = _placements(truth, check_scores("scores", scores, len(truth)))
    if other is not None:
        others = _placements(truth, check_scores("other", other, len(truth)))
        parts = (parts[0] - others[0], parts[1] - others[1])
    return float(sum(part.var(ddof=1) / len(part) for part in parts))


def delong_interval(
    y: ArrayLike, scores: ArrayLike, *, level: float = 0.95, positive: Any = 1
) -> Interval:
    """Compute an interval for the AUC, normal on the scale of its log-odds.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
        At least two rows of each class.
    scores : array_like of shape (n_rows,)
    level : float, optional
        Above 0 and below 1: in about this share of samples the interval contains the AUC of the
        population.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    Interval
        Between 0 and 1.

    Raises
    ------
    ValueError
        As `delong_variance`; and if the estimated variance is 0.

    Notes
    -----
    Page ``honest-number``, equation ``judge-delong-interval``.
    """
    level = check_number("level", level, above=0, below=1)
    variance = delong_variance(y, scores, positive=positive)
    area = auc(y, scores, positive=positive)
    if variance == 0:
        raise ValueError(
            f"scores must order some pairs of rows rightly and some wrongly, got an AUC of {area:g}"
            " without any variance. Judge on more rows."
        )
    middle = math.log(area / (1 - area))
    half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(variance) / (area * (1 - area))
    low, high = (1 / (1 + math.exp(-end)) for end in (middle - half, middle + half))
    return Interval(low, high)


def bootstrap_interval(
    statistic: Callable[..., float],
    *columns: ArrayLike,
    rng: np.random.Generator,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    n_draws: int = 1000,
) -> Interval:
    """Compute an interval for a statistic by drawing rows again and again, with replacement.

    Parameters
    ----------
    statistic : callable
        Of arrays like `columns`, for instance `auc` of labels and scores.
    *columns : array_like of shape (n_rows, ...)
        The rows of all of them are drawn together.
    rng : numpy.random.Generator
    strata : array_like of shape (n_rows,), optional
        Often the labels: each draw has as many rows of each stratum as the sample.
    level : float, optional
        Above 0 and below 1: the share of the draws' values in the interval.
    n_draws : int, optional

    Returns
    -------
    Interval
        Quantiles of the values.

    Raises
    ------
    ValueError
        If the columns have different numbers of rows, or the statistic has the same value in all
        draws, which says nothing about how uncertain it is; and what the statistic refuses, for
        instance a draw without a positive: then give `strata`.

    Notes
    -----
    Efron (1979). Page ``honest-number``.
    """
    level = check_number("level", level, above=0, below=1)
    n_draws = check_integer("n_draws", n_draws, at_least=2)
    check_generator("rng", rng)
    arrays = [np.asarray(column) for column in columns]
    lengths = {array.shape[0] if array.ndim else 0 for array in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            f"columns must have the same number of rows, got {sorted(lengths) or 'no column'}."
        )
    (n_rows,) = lengths
    members = np.zeros(n_rows) if strata is None else np.asarray(strata)
    check_shape("strata", members, "n_rows", n_rows=n_rows)
    parts = [np.flatnonzero(members == one) for one in np.unique(members)]
    values = np.empty(n_draws)
    for draw in range(n_draws):
        drawn = np.concatenate([part[rng.integers(len(part), size=len(part))] for part in parts])
        values[draw] = statistic(*(array[drawn] for array in arrays))
    if np.ptp(values) == 0:
        raise ValueError(
            f"statistic must vary from draw to draw, got {values[0]:g} in all of them. Judge on "
            "more rows."
        )
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _placements(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each positive the share of negatives below it, for each negative of positives above."""
    positives, negatives = scores[truth], scores[~truth]
    below = _share_below(negatives, positives)
    return below, 1 - _share_below(positives, negatives)


def _share_below(others: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each score the share of others below it; ties count one half."""
    ranked = np.sort(others)
    sides = (np.searchsorted(ranked, scores, "left"), np.searchsorted(ranked, scores, "right"))
    return (sides[0] + sides[1]) / (2 * len(ranked))
