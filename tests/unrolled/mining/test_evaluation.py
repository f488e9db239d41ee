"""Rates, curves, probabilities, costs: by hand, their laws, scikit-learn, and what is refused."""

import math
import re
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from sklearn import calibration, metrics

from unrolled.mining.evaluation import (
    Confusion,
    auc,
    average_precision,
    brier_score,
    calibration_curve,
    cheapest_threshold,
    confusion,
    confusion_at,
    cost_threshold,
    count_by_threshold,
    log_loss,
    precision_recall_curve,
    rates,
    roc_curve,
)

N_POSITIVE, N_NEGATIVE = 41, 127
HUNDREDS = Confusion(tp=80, fn=20, fp=10, tn=90)


def two_classes(digits=None, seed=7):
    """Return labels and scores, with ties if the scores are rounded."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([1, 0], [N_POSITIVE, N_NEGATIVE]))
    scores = rng.normal(size=len(y)) + 0.9 * y
    return y, scores if digits is None else np.round(scores, digits)


SAMPLES = pytest.mark.parametrize(
    ("y", "scores"),
    [two_classes(), two_classes(1), two_classes(0), two_classes(0, seed=11)],
    ids=["no ties", "few ties", "many ties", "many ties, other draws"],
)
LABELS = st.lists(st.integers(0, 1), min_size=2, max_size=23).filter(lambda y: 0 < sum(y) < len(y))


def by_pairs(y, scores):
    """Return the AUC as a fraction, by comparing each positive with each negative."""
    pairs = [(p, n) for p, a in zip(scores, y, strict=True) if a for n, b in
             zip(scores, y, strict=True) if not b]  # fmt: skip
    return Fraction(sum(2 * (p > n) + (p == n) for p, n in pairs), 2 * len(pairs))


# By hand -------------------------------------------------------------------------------------


def test_rates_of_two_hundred_rows_by_hand():
    found = rates(HUNDREDS)
    exact = {
        "accuracy": 0.85, "error": 0.15, "recall": 0.8, "false_alarm": 0.1, "specificity": 0.9,
        "precision": 8 / 9, "prevalence": 0.5, "balanced_accuracy": 0.85, "f1": 16 / 19,
        "mcc": 7000 / math.sqrt(100 * 100 * 90 * 110),
    }  # fmt: skip
    assert found._asdict() == pytest.approx(exact, rel=1e-15)
    assert (found.f1, found.mcc) == pytest.approx((0.842, 0.704), abs=5e-4)


def test_counts_by_hand():
    y = ["ill", "well", "ill", "well", "well", "ill", "well"]
    said = ["ill", "ill", "well", "well", "well", "ill", "well"]
    assert confusion(y, said, positive="ill") == (2, 1, 1, 3)
    assert confusion(y, said, positive="well") == (3, 1, 1, 2)


def test_a_score_at_the_threshold_is_flagged():
    y, scores = [1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1]
    assert confusion_at(y, scores, 0.5) == (2, 0, 1, 1)
    assert confusion_at(y, scores, np.nextafter(0.5, 1)) == (1, 1, 0, 2)
    assert confusion_at(y, scores, math.inf) == (0, 2, 0, 2)
    assert confusion_at(y, scores, -math.inf) == (2, 0, 2, 0)


def test_curve_by_hand():
    y, scores = [1, 0, 1, 0, 0], [4, 3, 3, 2, 1]
    curve = roc_curve(y, scores)
    assert curve.thresholds.tolist() == [np.inf, 4, 3, 2, 1]
    assert curve.recall.tolist() == [0, 0.5, 1, 1, 1]
    np.testing.assert_allclose(curve.false_alarm, np.array([0, 0, 1, 2, 3]) / 3, rtol=1e-15)
    assert auc(y, scores) == 5.5 / 6
    found = precision_recall_curve(y, scores)
    np.testing.assert_allclose(found.precision, [1, 2 / 3, 1 / 2, 2 / 5], rtol=1e-15)
    assert average_precision(y, scores) == pytest.approx(0.5 + 0.5 * 2 / 3, rel=1e-15)


def test_bins_by_hand():
    found = calibration_curve([0, 1, 1, 0, 1], [0.1, 0.3, 0.5, 0.9, 0.95], n_bins=2)
    np.testing.assert_allclose(found.predicted, [0.3, 0.925], rtol=1e-15)
    np.testing.assert_allclose(found.observed, [2 / 3, 0.5], rtol=1e-15)
    assert found.counts.tolist() == [3, 2]


def test_losses_by_hand():
    assert brier_score([1, 0], [0.9, 0.5]) == pytest.approx((0.01 + 0.25) / 2, rel=1e-15)
    assert log_loss([1, 0], [0.9, 0.5]) == pytest.approx(-math.log(0.45) / 2, rel=1e-15)
    assert brier_score(["b", "a"], [1, 0], positive="b") == 0
    assert str(log_loss([1, 0], [1, 0])) == "0.0"


def test_what_had_no_chance_and_happened_costs_infinitely_much():
    with np.errstate(all="raise"):
        assert log_loss([1, 0, 1], [0.9, 0.5, 0]) == math.inf


def test_costs_by_hand():
    assert cost_threshold(1, 9) == pytest.approx(0.1, rel=1e-15)
    assert cost_threshold(1e-320, 1e300) == 0
    y, scores = [1, 0, 1, 0, 0], [4, 3, 2, 1, 0]
    assert cheapest_threshold(y, scores, 1, 5) == (2, 1 / 5)
    assert cheapest_threshold(y, scores, 7, 1) == (4, 1 / 5)
    assert cheapest_threshold([0, 1], [2, 1], 7, 1) == (math.inf, 1 / 2)


# Laws ----------------------------------------------------------------------------------------


@given(LABELS, st.data())
def test_auc_is_the_share_of_pairs_in_the_right_order(y, data):
    scores = data.draw(st.lists(st.integers(-3, 3), min_size=len(y), max_size=len(y)))
    assert auc(y, scores) == float(by_pairs(y, scores))


@given(LABELS, st.data())
def test_no_order_of_the_rows_changes_a_curve(y, data):
    scores = data.draw(st.lists(st.integers(-2, 2), min_size=len(y), max_size=len(y)))
    order = data.draw(st.permutations(range(len(y))))
    moved = roc_curve(np.array(y)[order], np.array(scores)[order])
    for ours, theirs in zip(roc_curve(y, scores), moved, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@SAMPLES
def test_every_point_of_the_curve_is_a_confusion_matrix(y, scores):
    for threshold, fp, tp in zip(*count_by_threshold(y, scores), strict=True):
        counts = confusion_at(y, scores, threshold)
        assert (counts.fp, counts.tp) == (fp, tp)


@SAMPLES
def test_a_stricter_threshold_flags_no_more_of_either_class(y, scores):
    curve = roc_curve(y, scores)
    assert (np.diff(curve.thresholds) < 0).all()
    assert (np.diff(curve.false_alarm) >= 0).all()
    assert (np.diff(curve.recall) >= 0).all()
    assert (curve.false_alarm[0], curve.recall[0]) == (0, 0)
    assert (curve.false_alarm[-1], curve.recall[-1]) == (1, 1)


@SAMPLES
def test_auc_and_average_precision_are_blind_to_what_keeps_the_order(y, scores):
    for other in (np.exp(scores), scores**3, 1e300 * scores, 5e-300 * scores):
        assert auc(y, other) == auc(y, scores)
        assert average_precision(y, other) == average_precision(y, scores)


@SAMPLES
def test_turned_scores_and_turned_classes_give_the_rest(y, scores):
    assert auc(y, -scores) == pytest.approx(1 - auc(y, scores), abs=1e-15)
    assert auc(y, scores, positive=0) == pytest.approx(1 - auc(y, scores), abs=1e-15)
    assert auc(y, -scores, positive=0) == auc(y, scores)


def test_equal_scores_know_nothing():
    y, _ = two_classes()
    assert auc(y, np.zeros(len(y))) == 0.5
    assert average_precision(y, np.zeros(len(y))) == pytest.approx(N_POSITIVE / len(y))
    assert len(roc_curve(y, np.zeros(len(y))).thresholds) == 2


def test_perfect_order_says_nothing_of_accuracy_at_one_half():
    y = np.repeat([0, 1], [N_NEGATIVE, N_POSITIVE])
    scores = 0.5 + np.arange(len(y)) / 1000
    assert auc(y, scores) == 1
    found = rates(confusion_at(y, scores, 0.5), undefined=0)
    assert found.accuracy == pytest.approx(y.mean(), rel=1e-15)


def test_always_yes_has_an_f1_of_its_own():
    for tp, fp in ((50, 50), (5, 95)):
        found = rates(Confusion(tp, 0, fp, 0), undefined=math.nan)
        share = tp / (tp + fp)
        assert found.f1 == pytest.approx(2 * share / (1 + share), rel=1e-15)
        assert math.isnan(found.mcc)


def test_recall_may_fall_and_f1_rise():
    before, after = rates(Confusion(90, 0, 90, 10)), rates(Confusion(81, 9, 9, 91))
    assert (before.precision, before.recall, after.precision, after.recall) == (0.5, 1, 0.9, 0.9)
    assert after.f1 > before.f1


def test_bins_hold_all_rows_and_keep_both_means():
    y, scores = two_classes()
    p = 1 / (1 + np.exp(-scores))
    for strategy in ("uniform", "quantile"):
        found = calibration_curve(y, p, n_bins=7, strategy=strategy)
        assert found.counts.sum() == len(y)
        assert (found.counts > 0).all()
        assert found.counts @ found.observed == pytest.approx(y.sum(), rel=1e-14)
        assert found.counts @ found.predicted == pytest.approx(p.sum(), rel=1e-14)
    np.testing.assert_array_equal(found.counts, 24)


@pytest.mark.parametrize("costs", [(1, 1), (3, 0.5), (1, 19)])
@SAMPLES
def test_no_threshold_is_cheaper(y, scores, costs):
    best = cheapest_threshold(y, scores, *costs)
    seen = [confusion_at(y, scores, t) for t in np.append(np.unique(scores), np.inf)]
    prices = [(costs[0] * one.fp + costs[1] * one.fn) / len(y) for one in seen]
    assert best.cost == pytest.approx(min(prices), rel=1e-14)
    own = confusion_at(y, scores, best.threshold)
    assert best.cost == pytest.approx((costs[0] * own.fp + costs[1] * own.fn) / len(y), rel=1e-14)


# Witnesses -----------------------------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 31)] * 4))
def test_rates_match_scikit_learn(counts):
    counts = Confusion(*counts)
    y, said = np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)
    found = rates(counts, undefined=math.nan)
    for name, theirs in (
        ("accuracy", metrics.accuracy_score),
        ("recall", lambda *a: metrics.recall_score(*a, zero_division=np.nan)),
        ("precision", lambda *a: metrics.precision_score(*a, zero_division=np.nan)),
        ("f1", lambda *a: metrics.f1_score(*a, zero_division=np.nan)),
        ("mcc", metrics.matthews_corrcoef),
        ("balanced_accuracy", metrics.balanced_accuracy_score),
    ):
        if math.isfinite(ours := getattr(found, name)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a single class
                assert ours == pytest.approx(theirs(y, said), abs=1e-14), name
    if len(y):
        assert confusion(y, said) == counts


@SAMPLES
def test_curves_match_scikit_learn(y, scores):
    theirs = metrics.roc_curve(y, scores, drop_intermediate=False)
    for one, other in zip(roc_curve(y, scores), theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-14)
    precision, recall, thresholds = metrics.precision_recall_curve(y, scores)
    ours = precision_recall_curve(y, scores)
    np.testing.assert_allclose(ours.precision, precision[-2::-1], atol=1e-14)
    np.testing.assert_allclose(ours.recall, recall[-2::-1], atol=1e-14)
    np.testing.assert_array_equal(ours.thresholds, thresholds[::-1])
    assert (precision[-1], recall[-1]) == (1, 0)  # the point that no threshold has


@SAMPLES
def test_areas_match_scikit_learn(y, scores):
    assert auc(y, scores) == pytest.approx(metrics.roc_auc_score(y, scores), abs=1e-14)
    theirs = metrics.average_precision_score(y, scores)
    assert average_precision(y, scores) == pytest.approx(theirs, abs=1e-14)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("n_bins", [1, 7, 10])
@SAMPLES
def test_bins_match_scikit_learn(y, scores, n_bins, strategy):
    p = np.round(1 / (1 + np.exp(-scores)), 2)
    observed, predicted = calibration.calibration_curve(y, p, n_bins=n_bins, strategy=strategy)
    ours = calibration_curve(y, p, n_bins=n_bins, strategy=strategy)
    np.testing.assert_allclose(ours.predicted, predicted, atol=1e-14)
    np.testing.assert_allclose(ours.observed, observed, atol=1e-14)


@SAMPLES
def test_losses_match_scikit_learn(y, scores):
    p = 1 / (1 + np.exp(-scores))
    assert brier_score(y, p) == pytest.approx(metrics.brier_score_loss(y, p), rel=1e-13)
    assert log_loss(y, p) == pytest.approx(metrics.log_loss(y, p), rel=1e-13)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0, 3, 5), "recall a denominator, got TP + FN = 0"),
        ((3, 5, 0, 0), "false_alarm a denominator, got FP + TN = 0"),
        ((0, 3, 0, 5), "precision a denominator, got TP + FP = 0"),
        ((3, 0, 5, 0), "mcc a denominator, got (TP + FN) (FP + TN) (TP + FP) (FN + TN) = 0"),
        ((0, 0, 0, 0), "accuracy a denominator, got the number of rows = 0"),
    ],
)
def test_a_denominator_of_zero_is_named(counts, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        rates(Confusion(*counts))
    found = rates(Confusion(*counts), undefined=-7)
    assert found[found._fields.index(words.split()[0])] == -7


@pytest.mark.parametrize("function", [roc_curve, auc, precision_recall_curve, average_precision])
@pytest.mark.parametrize(
    ("y", "scores", "message"),
    [
        ([1, 1], [0.1, 0.2], "y must have rows of both classes"),
        ([0, 0], [0.1, 0.2], "y must have rows of both classes"),
        ([0, 1], [0.1, np.nan], "scores must be finite, got nan"),
        ([0, 1], [0.1], "scores must have shape (n_rows=2,), got (1,)"),
        ([0, 1], [[0.1, 0.9], [0.2, 0.8]], "scores must have shape (n_rows=2,), got (2, 2)"),
        (["no", "yes"], [0.1, 0.2], "y must hold integers or truth values"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "y must have one label beside"),
    ],
)
def test_no_curve_of_what_has_none(function, y, scores, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        function(y, scores)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rates(Confusion(-1, 2, 3, 4)), "tp must be at least 0, got -1"),
        (lambda: rates(Confusion(1, 2.0, 3, 4)), "fn must hold integers, got 2.0"),
        (lambda: confusion([0, 1], [1, 2]), "predicted must have the labels of y, got 2"),
        (lambda: confusion([0, 1], [1]), "predicted must have shape (n_rows=2,), got (1,)"),
        (lambda: confusion([0, 1], ["0", "1"]), "predicted must hold integers"),
        (lambda: confusion_at([0, 1], [0.1, 0.2], math.nan), "threshold must be finite, got nan"),
        (lambda: brier_score([0, 1], [0.1, 1.2]), "probabilities must be at least 0 and at most 1"),
        (lambda: log_loss([0, 1], [0.1, np.nan]), "probabilities must be finite, got nan"),
        (lambda: calibration_curve([0, 1], [0.1, 0.2], n_bins=0), "n_bins must be at least 1"),
        (lambda: calibration_curve([0, 1], [0.1, 0.2], strategy="x"), "strategy must be 'uniform'"),
        (lambda: cost_threshold(0, 1), "cost_fp must be above 0, got 0"),
        (lambda: cheapest_threshold([0, 1], [1, 2], 1, -3), "cost_fn must be above 0, got -3"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


# The page's equations ------------------------------------------------------------------------

MATRICES = pytest.mark.parametrize(
    "counts", [HUNDREDS, Confusion(7, 3, 11, 2), Confusion(13, 5, 1, 17)]
)


def as_rows(counts):
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def four_letters(counts):
    return {rf"\mathrm{{{name.upper()}}}": count for name, count in counts._asdict().items()}


@pytest.mark.equation("judge-rates")
@MATRICES
def test_rates_are_shares_of_rows(evidence, counts):
    y, said = as_rows(counts)
    evidence.evaluates(
        {
            **four_letters(counts), "N": len(y),
            r"\text{accuracy}": np.mean(y == said), r"\text{error}": np.mean(y != said),
            r"\mathrm{TPR}": said[y == 1].mean(), r"\mathrm{FPR}": said[y == 0].mean(),
            r"\mathrm{TNR}": 1 - said[y == 0].mean(), "P": y[said == 1].mean(), r"\pi": y.mean(),
        },
        witness="means over the rows themselves", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("judge-f1")
@MATRICES
def test_f1_is_that_of_scikit_learn(evidence, counts):
    y, said = as_rows(counts)
    evidence.evaluates(
        {
            **{name: n for name, n in four_letters(counts).items() if name != r"\mathrm{TN}"},
            "P": y[said == 1].mean(), r"\mathrm{TPR}": said[y == 1].mean(),
            "F_1": metrics.f1_score(y, said),
        },
        witness="the F1 score of scikit-learn", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("judge-mcc")
@MATRICES
def test_mcc_is_a_correlation(evidence, counts):
    evidence.evaluates(
        {**four_letters(counts), r"\mathrm{MCC}": np.corrcoef(*as_rows(counts))[0, 1]},
        witness="the correlation of the two columns",
        within=1e-13,
    )


def pairs_of(y, scores):
    """Return all equally likely pairs of a positive and a negative, as cases of chance."""
    pairs = [(p, n) for p in scores[y == 1] for n in scores[y == 0]]
    return [(1 / len(pairs), {"s_1": p, "s_0": n}) for p, n in pairs]


@pytest.mark.equation("judge-roc")
@pytest.mark.parametrize("threshold", [-0.5, 0.0, 1.0])
def test_points_of_the_curve_are_probabilities(evidence, threshold):
    y, scores = two_classes(1)
    y, scores = y[:29], scores[:29]
    theirs = metrics.roc_curve(y, scores, drop_intermediate=False)
    at = int(np.flatnonzero(theirs[2] >= threshold)[-1])
    evidence.evaluates(
        {"t": threshold, r"\mathrm{FPR}": theirs[0][at], r"\mathrm{TPR}": theirs[1][at]},
        chance=pairs_of(y, scores), witness="the curve of scikit-learn", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("judge-auc")
@pytest.mark.parametrize("digits", [None, 0])
def test_area_is_a_probability_about_pairs(evidence, digits):
    y, scores = two_classes(digits)
    y, scores = y[:31], scores[:31]
    evidence.evaluates(
        {"A": metrics.roc_auc_score(y, scores)}, chance=pairs_of(y, scores),
        witness="the area of scikit-learn", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("judge-area")
@pytest.mark.parametrize("digits", [None, 0])
@pytest.mark.parametrize("sign", [1, -1])
def test_area_is_a_sum_of_trapezia(evidence, digits, sign):
    y, scores = two_classes(digits)
    y, scores = y[:31], sign * scores[:31]
    y[np.argmax(scores)] = 0  # the tie at the top then holds both classes: an area
    curve = roc_curve(y, scores)
    evidence.evaluates(
        {
            "A": float(by_pairs(y, scores)), "u_k": lambda k: curve.false_alarm[k],
            "v_k": lambda k: curve.recall[k], "K": len(curve.recall) - 1,
        },
        witness="comparing each positive with each negative", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("judge-normal")
@pytest.mark.parametrize("distance", [-1.0, 0.358, 2.0])
def test_area_of_normal_classes_is_an_integral(evidence, distance):
    density = stats.norm(distance).pdf
    area = integrate.quad(lambda s: density(s) * stats.norm.cdf(s), -12, 12, epsabs=1e-13)[0]
    evidence.evaluates(
        {"A": area, r"\Delta": distance, r"\Phi": stats.norm.cdf},
        witness="the integral of density times share below",
        within=1e-9,
    )


@pytest.mark.equation("judge-average-precision")
@pytest.mark.parametrize("digits", [None, 0])
@pytest.mark.parametrize("sign", [1, -1])
def test_average_precision_is_that_of_scikit_learn(evidence, digits, sign):
    y, scores = two_classes(digits)
    scores = sign * scores
    curve = precision_recall_curve(y, scores)
    evidence.evaluates(
        {
            r"\mathrm{AP}": metrics.average_precision_score(y, scores), "K": len(curve.recall),
            "P_k": lambda k: curve.precision[k - 1],
            "v_k": lambda k: curve.recall[k - 1] if k else 0.0,
        },
        witness="the average precision of scikit-learn", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("judge-brier")
@pytest.mark.parametrize("n_rows", [5, 11])
def test_losses_are_those_of_scikit_learn(evidence, n_rows):
    y, scores = two_classes()
    y, p = y[:n_rows], 1 / (1 + np.exp(-scores[:n_rows]))
    evidence.evaluates(
        {
            "N": n_rows, "y_i": lambda i: y[i - 1], "p_i": lambda i: p[i - 1],
            "B": metrics.brier_score_loss(y, p), "L": metrics.log_loss(y, p),
        },
        witness="the losses of scikit-learn", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("judge-cost-threshold")
@pytest.mark.parametrize("costs", [(1, 9), (3, 0.5)])
def test_threshold_is_where_both_decisions_cost_the_same(evidence, costs):
    even = optimize.brentq(lambda p: (1 - p) * costs[0] - p * costs[1], 0, 1, xtol=1e-15)
    evidence.evaluates(
        {r"C_{\mathrm{FP}}": costs[0], r"C_{\mathrm{FN}}": costs[1], "p": even},
        witness="the zero of the difference of both costs",
        within=1e-12,
    )
    assert cost_threshold(*costs) == pytest.approx(even, rel=1e-12)


@pytest.mark.equation("judge-normal-threshold")
@pytest.mark.parametrize("costs", [(1, 1), (3, 0.5)])
@pytest.mark.parametrize(("distance", "share"), [(2.0, 0.05), (1.3, 0.6)])
def test_threshold_of_normal_classes_costs_the_least(evidence, costs, distance, share):
    def cost(t):
        miss, alarm = share * stats.norm.cdf(t - distance), (1 - share) * stats.norm.sf(t)
        return costs[1] * miss + costs[0] * alarm

    best = optimize.minimize_scalar(cost, bracket=(0, distance), options={"xtol": 1e-12}).x
    evidence.evaluates(
        {
            r"C_{\mathrm{FP}}": costs[0], r"C_{\mathrm{FN}}": costs[1], r"\Delta": distance,
            r"\pi": share, "t": best,
        },
        witness="the minimum found numerically", within=1e-6,
    )  # fmt: skip
