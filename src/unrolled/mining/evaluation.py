"""How good a classifier of two classes is: rates, curves, probabilities and costs.

A row is flagged, that is, predicted to be positive, if its score is at least a threshold. Curves
hold every threshold that makes a difference, the strictest first.
"""

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.mining.labels import check_positives, check_scores, check_two_classes
from unrolled.shapes import (
    check_integer,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "ROC",
    "Calibration",
    "Cheapest",
    "Confusion",
    "PrecisionRecall",
    "Rates",
    "ThresholdCounts",
    "auc",
    "average_precision",
    "brier_score",
    "calibration_curve",
    "cheapest_threshold",
    "confusion",
    "confusion_at",
    "cost_threshold",
    "count_by_threshold",
    "log_loss",
    "precision_recall_curve",
    "rates",
    "roc_curve",
]


class Confusion(NamedTuple):
    """How many rows of each class were flagged, and how many were not."""

    tp: int  # true positives: positive and flagged
    fn: int  # false negatives: positive and missed, an error of type 2
    fp: int  # false positives: negative and flagged, an error of type 1
    tn: int  # true negatives: negative and not flagged


class Rates(NamedTuple):
    """What is computed from a confusion matrix."""

    accuracy: float  # of all rows, the share that is classified correctly
    error: float  # the share that is not
    recall: float  # of the positives, the share that is flagged: TPR, sensitivity
    false_alarm: float  # of the negatives, the share that is flagged: FPR
    specificity: float  # of the negatives, the share that is not: TNR
    precision: float  # of the flagged rows, the share that is positive
    prevalence: float  # of all rows, the share that is positive
    balanced_accuracy: float  # the mean of recall and specificity
    f1: float  # the harmonic mean of precision and recall
    mcc: float  # Matthews' coefficient: the correlation of truth and flag, from -1 to 1


class ThresholdCounts(NamedTuple):
    """How many rows are flagged at each threshold that makes a difference."""

    thresholds: NDArray[np.float64]  # (n_thresholds,)   falling, infinity first
    fp: NDArray[np.int64]  # (n_thresholds,)   negatives among them
    tp: NDArray[np.int64]  # (n_thresholds,)   positives among them


class ROC(NamedTuple):
    """The receiver operating characteristic: a staircase from (0, 0) to (1, 1)."""

    false_alarm: NDArray[np.float64]  # (n_thresholds,)   rising
    recall: NDArray[np.float64]  # (n_thresholds,)   rising
    thresholds: NDArray[np.float64]  # (n_thresholds,)   falling, infinity first


class PrecisionRecall(NamedTuple):
    """Precision and recall at each threshold that flags a row."""

    precision: NDArray[np.float64]  # (n_thresholds,)
    recall: NDArray[np.float64]  # (n_thresholds,)   rising
    thresholds: NDArray[np.float64]  # (n_thresholds,)   falling


class Cheapest(NamedTuple):
    """The threshold with the lowest cost on some rows."""

    threshold: float  # infinity: flag none
    cost: float  # per row


class Calibration(NamedTuple):
    """Predicted and observed shares of positives, by bins of the prediction; no bin is empty."""

    predicted: NDArray[np.float64]  # (n_bins,)   mean prediction
    observed: NDArray[np.float64]  # (n_bins,)   share of positives
    counts: NDArray[np.int64]  # (n_bins,)   rows


def confusion(y: ArrayLike, predicted: ArrayLike, *, positive: Any = 1) -> Confusion:
    """Count true and false positives and negatives.

    Parameters
    ----------
    y, predicted : array_like of int, bool or str, of shape (n_rows,)
        True and predicted labels.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    Confusion

    Raises
    ------
    ValueError
        If the shapes do not match, or the labels are not those of two classes.

    Notes
    -----
    Page ``judging-classifiers``, equation ``judge-rates``.
    """
    truth, negative = check_positives("y", y, positive)
    flagged, other = check_positives("predicted", predicted, positive)
    check_shape("predicted", flagged, "n_rows", n_rows=len(truth))
    if negative is not None and other is not None and negative != other:
        raise ValueError(
            f"predicted must have the labels of y, got {other!r} beside the positive class "
            f"{positive!r}, and {negative!r} in y."
        )
    return _count(truth, flagged)


def confusion_at(
    y: ArrayLike, scores: ArrayLike, threshold: float, *, positive: Any = 1
) -> Confusion:
    """Count true and false positives and negatives if scores from a threshold on are flagged.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
    scores : array_like of shape (n_rows,)
        Higher for what is more probably positive.
    threshold : float
        May be infinite.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    Confusion

    Raises
    ------
    ValueError
        If the shapes do not match, a score is not finite, or the labels are not those of two
        classes.

    Notes
    -----
    Page ``judging-classifiers``, equation ``judge-rates``.
    """
    truth, _ = check_positives("y", y, positive)
    scores = check_scores("scores", scores, len(truth))
    if not math.isinf(threshold):
        threshold = check_number("threshold", threshold)
    return _count(truth, scores >= threshold)


def rates(counts: Confusion, *, undefined: float | None = None) -> Rates:
    """Compute all rates from the four counts of a confusion matrix.

    Parameters
    ----------
    counts : Confusion
    undefined : float, optional
        What stands for a rate whose denominator is zero, for instance NaN. If None, it is refused.

    Returns
    -------
    Rates

    Raises
    ------
    ValueError
        If a count is not an integer of at least 0; or if a denominator is zero and `undefined` is
        None. The message names rate and denominator.

    Notes
    -----
    Page ``judging-classifiers``, equations ``judge-rates``, ``judge-f1`` and ``judge-mcc``.

    Examples
    --------
    >>> rates(Confusion(tp=80, fn=20, fp=10, tn=90)).false_alarm
    0.1
    >>> rates(Confusion(tp=0, fn=20, fp=0, tn=90), undefined=float("nan")).precision
    nan
    """
    tp, fn, fp, tn = (
        check_integer(name, count, at_least=0)
        for name, count in zip(Confusion._fields, counts, strict=True)
    )
    positives, negatives, flagged, passed = tp + fn, fp + tn, tp + fp, fn + tn
    n_rows = positives + negatives
    fractions = {
        "accuracy": (tp + tn, n_rows, "the number of rows"),
        "error": (fp + fn, n_rows, "the number of rows"),
        "recall": (tp, positives, "TP + FN"),
        "false_alarm": (fp, negatives, "FP + TN"),
        "specificity": (tn, negatives, "FP + TN"),
        "precision": (tp, flagged, "TP + FP"),
        "prevalence": (positives, n_rows, "the number of rows"),
        "balanced_accuracy": (
            tp * negatives + tn * positives,
            2 * positives * negatives,
            "(TP + FN) (FP + TN)",
        ),
        "f1": (2 * tp, 2 * tp + fp + fn, "2 TP + FP + FN"),
        "mcc": (
            tp * tn - fp * fn,
            math.sqrt(positives * negatives * flagged * passed),
            "(TP + FN) (FP + TN) (TP + FP) (FN + TN)",
        ),
    }
    found = {}
    for name, (numerator, denominator, words) in fractions.items():
        if denominator:
            found[name] = numerator / denominator
        elif undefined is not None:
            found[name] = float(undefined)
        else:
            raise ValueError(
                f"counts must give {name} a denominator, got {words} = 0. Say what stands for it "
                "with undefined=."
            )
    return Rates(**found)


def count_by_threshold(y: ArrayLike, scores: ArrayLike, *, positive: Any = 1) -> ThresholdCounts:
    """Count what is flagged at each threshold: none of the rows, then one score after the other.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
        Labels of both classes.
    scores : array_like of shape (n_rows,)
        Higher for what is more probably positive. Rows with equal scores are flagged together.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    ThresholdCounts
        At infinity, where none is flagged, and at each of the distinct scores.

    Raises
    ------
    ValueError
        If the shapes do not match, a score is not finite, an integer score is beyond 2**53, or the
        labels are not those of two classes that both occur.

    Notes
    -----
    Page ``judging-classifiers``, equation ``judge-roc``.
    """
    truth = check_two_classes("y", y, positive)
    scores = check_scores("scores", scores, len(truth))
    order = np.argsort(scores)[::-1]  # unstable and fast: rows of equal score are counted together
    ranked = scores[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    tp = np.cumsum(truth[order], dtype=np.int64)[last]
    return ThresholdCounts(
        np.append(np.inf, ranked[last]), np.append(0, last + 1 - tp), np.append(0, tp)
    )


def roc_curve(y: ArrayLike, scores: ArrayLike, *, positive: Any = 1) -> ROC:
    """Compute recall and false-alarm rate at each threshold.

    Parameters
    ----------
    y, scores, positive
        As for `count_by_threshold`.

    Returns
    -------
    ROC
        All points, also those in the middle of a straight stretch.

    Raises
    ------
    ValueError
        As `count_by_threshold`.

    Notes
    -----
    Page ``judging-classifiers``, equation ``judge-roc``.
    """
    counts = count_by_threshold(y, scores, positive=positive)
    return ROC(counts.fp / counts.fp[-1], counts.tp / counts.tp[-1], counts.thresholds)


def auc(y: ArrayLike, scores: ArrayLike, *, positive: Any = 1) -> float:
    """Compute the probability that a positive row scores higher than a negative one.

    Parameters
    ----------
    y, scores, positive
        As for `count_by_threshold`. A pair of equal scores counts one half.

    Returns
    -------
    float
        The area under the ROC curve, from 0 to 1.

    Raises
    ------
    ValueError
        As `count_by_threshold`.

    Notes
    -----
    Page ``judging-classifiers``, equations ``judge-auc`` and ``judge-area``.
    """
    _, fp, tp = count_by_threshold(y, scores, positive=positive)
    twice = np.sum(np.diff(fp) * (tp[1:] + tp[:-1]))  # in integers, and therefore exact
    return int(twice) / (2 * int(tp[-1]) * int(fp[-1]))


def precision_recall_curve(
    y: ArrayLike, scores: ArrayLike, *, positive: Any = 1
) -> PrecisionRecall:
    """Compute precision and recall at each threshold that flags a row.

    Parameters
    ----------
    y, scores, positive
        As for `count_by_threshold`.

    Returns
    -------
    PrecisionRecall
        Without a point at recall 0 and precision 1, which no threshold has.

    Raises
    ------
    ValueError
        As `count_by_threshold`.

    Notes
    -----
    Page ``judging-classifiers``, equation ``judge-average-precision``.
    """
    counts = count_by_threshold(y, scores, positive=positive)
    fp, tp = counts.fp[1:], counts.tp[1:]
    return PrecisionRecall(tp / (tp + fp), tp / tp[-1], counts.thresholds[1:])


def average_precision(y: ArrayLike, scores: ArrayLike, *, positive: Any = 1) -> float:
    """Average the precision over all positives, each at the threshold that just flags it.

    Parameters
    ----------
    y, scores, positive
        As for `count_by_threshold`.

    Returns
    -------
    float
        Above 0 and at most 1; about the prevalence for scores that know nothing.

    Raises
    ------
    ValueError
        As `count_by_threshold`.

    Notes
    -----
    Page ``judging-classifiers``, equation ``judge-average-precision``.
    """
    precision, recall, _ = precision_recall_curve(y, scores, positive=positive)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def calibration_curve(
    y: ArrayLike,
    probabilities: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
    positive: Any = 1,
) -> Calibration:
    """Compare predicted probabilities with the shares of positives, bin by bin.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
    probabilities : array_like of shape (n_rows,)
        Of the positive class, from 0 to 1.
    n_bins : int, optional
        At least 1.
    strategy : {"uniform", "quantile"}, optional
        Whether bins are equally wide, or hold nearly equal numbers of rows. A prediction on the
        border of two bins belongs to the lower one.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    Calibration
        Empty bins are left out.

    Raises
    ------
    ValueError
        If the shapes do not match, a probability is not one, the labels are not those of two
        classes, or the strategy is unknown.

    Notes
    -----
    Page ``honest-number``.
    """
    truth, _ = check_positives("y", y, positive)
    p = _check_probabilities(probabilities, len(truth))
    n_bins = check_integer("n_bins", n_bins)
    inner = np.linspace(0, 1, n_bins + 1)[1:-1]
    if strategy == "quantile":
        inner = np.quantile(p, inner)
    elif strategy != "uniform":
        raise ValueError(f"strategy must be 'uniform' or 'quantile', got {strategy!r}.")
    bins = np.searchsorted(inner, p)
    counts = np.bincount(bins, minlength=n_bins)
    full = counts > 0
    sums = (np.bincount(bins, weights=column, minlength=n_bins)[full] for column in (p, truth))
    predicted, observed = (total / counts[full] for total in sums)
    return Calibration(predicted, observed, counts[full].astype(np.int64))


def brier_score(y: ArrayLike, probabilities: ArrayLike, *, positive: Any = 1) -> float:
    """Compute the mean squared difference between predicted probability and outcome.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
    probabilities : array_like of shape (n_rows,)
        Of the positive class, from 0 to 1.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    float
        From 0 to 1; lower is better.

    Raises
    ------
    ValueError
        If the shapes do not match, a probability is not one, or the labels are not those of two
        classes.

    Notes
    -----
    Brier (1950). Page ``honest-number``, equation ``judge-brier``.
    """
    truth, _ = check_positives("y", y, positive)
    return float(np.mean(np.square(_check_probabilities(probabilities, len(truth)) - truth)))


def log_loss(y: ArrayLike, probabilities: ArrayLike, *, positive: Any = 1) -> float:
    """Compute the mean surprise at the outcome, in nats: the cross-entropy.

    Parameters
    ----------
    y : array_like of int, bool or str, of shape (n_rows,)
    probabilities : array_like of shape (n_rows,)
        Of the positive class, from 0 to 1.
    positive : int, bool or str, optional
        The label of the positive class.

    Returns
    -------
    float
        At least 0; infinite if something happened that had probability 0.

    Raises
    ------
    ValueError
        If the shapes do not match, a probability is not one, or the labels are not those of two
        classes.

    Notes
    -----
    Page ``honest-number``, equation ``judge-brier``.
    """
    truth, _ = check_positives("y", y, positive)
    p = _check_probabilities(probabilities, len(truth))
    with np.errstate(divide="ignore"):
        logs = np.where(truth, np.log(p), np.log1p(-p))
    return float(0 - np.mean(logs))  # without a minus zero


def cost_threshold(cost_fp: float, cost_fn: float) -> float:
    """Compute the probability from which on flagging a row is the cheaper mistake to risk.

    Parameters
    ----------
    cost_fp, cost_fn : float
        Costs of a false positive and of a false negative, in any unit, above 0.

    Returns
    -------
    float
        Between 0 and 1; for probabilities that are calibrated.

    Raises
    ------
    ValueError
        If a cost is not above 0.

    Notes
    -----
    Page ``honest-number``, equation ``judge-cost-threshold``.
    """
    cost_fp, cost_fn = _check_costs(cost_fp, cost_fn)
    return 1 / (1 + cost_fn / cost_fp)


def cheapest_threshold(
    y: ArrayLike, scores: ArrayLike, cost_fp: float, cost_fn: float, *, positive: Any = 1
) -> Cheapest:
    """Find the threshold with the lowest cost on given rows, for scores of any kind.

    Parameters
    ----------
    y, scores, positive
        As for `count_by_threshold`: rows that the model was not fitted to, and on which it is not
        judged afterwards.
    cost_fp, cost_fn : float
        Costs of a false positive and of a false negative, in any unit, above 0.

    Returns
    -------
    Cheapest
        The strictest of the thresholds that cost the least.

    Raises
    ------
    ValueError
        As `count_by_threshold`; and if a cost is not above 0.

    Notes
    -----
    Page ``honest-number``, equation ``judge-cost-threshold``.
    """
    cost_fp, cost_fn = _check_costs(cost_fp, cost_fn)
    thresholds, fp, tp = count_by_threshold(y, scores, positive=positive)
    costs = (cost_fp * fp + cost_fn * (tp[-1] - tp)) / (fp[-1] + tp[-1])
    best = int(np.argmin(costs))
    return Cheapest(float(thresholds[best]), float(costs[best]))


def _count(truth: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> Confusion:
    hits = int(np.count_nonzero(truth & flagged))
    positives, alarms = int(np.count_nonzero(truth)), int(np.count_nonzero(flagged))
    return Confusion(hits, positives - hits, alarms - hits, len(truth) - positives - alarms + hits)


def _check_probabilities(probabilities: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    p = check_numbers("probabilities", probabilities, at_least=0, at_most=1)
    check_shape("probabilities", p, "n_rows", n_rows=n_rows)
    return p


def _check_costs(cost_fp: float, cost_fn: float) -> tuple[float, float]:
    return check_number("cost_fp", cost_fp, above=0), check_number("cost_fn", cost_fn, above=0)
