"""Variance and intervals of scores: by hand, their laws, simulated coverage, what is refused."""

import math
import re
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unrolled.mining.evaluation import auc
from unrolled.mining.intervals import bootstrap_interval, delong_interval, delong_variance

N_POSITIVE, N_NEGATIVE = 31, 83


def sample(rng, distance=1.0, n_positive=N_POSITIVE, n_negative=N_NEGATIVE):
    y = np.repeat([1, 0], [n_positive, n_negative])
    return y, rng.normal(size=len(y)) + distance * y


def by_pairs(y, scores):
    """Return DeLong's variance from the table of all pairs."""
    p, n = (np.asarray(scores)[np.asarray(y) == label] for label in (1, 0))
    table = (p[:, None] > n) + (p[:, None] == n) / 2
    return sum(table.mean(axis=axis).var(ddof=1) / table.shape[1 - axis] for axis in (0, 1))


# By hand and laws ----------------------------------------------------------------------------


def test_variance_by_hand():
    # positives 4 and 2, negatives 3, 1 and 0: shares below 1 and 2/3, above 1/2, 1 and 1
    found = delong_variance([1, 0, 1, 0, 0], [4, 3, 2, 1, 0])
    assert found == pytest.approx((1 / 18) / 2 + (1 / 12) / 3, rel=1e-14)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=4, max_size=23))
def test_variance_is_that_of_the_table_of_pairs(rows):
    y, scores = zip(*rows, strict=True)
    if 2 <= sum(y) <= len(y) - 2:
        assert delong_variance(y, scores) == pytest.approx(by_pairs(y, scores), abs=1e-15)
    else:
        with pytest.raises(ValueError, match="y must have"):
            delong_variance(y, scores)


def test_what_keeps_the_order_changes_nothing_and_turning_mirrors():
    y, scores = sample(np.random.default_rng(7))
    variance, (low, high) = delong_variance(y, scores), delong_interval(y, scores)
    assert delong_variance(y, np.exp(scores)) == variance
    assert delong_variance(y, -scores) == pytest.approx(variance, rel=1e-12)
    assert delong_interval(y, -scores) == pytest.approx((1 - high, 1 - low), rel=1e-12)
    assert 0 < low < auc(y, scores) < high < 1


def test_a_classifier_does_not_differ_from_itself():
    rng = np.random.default_rng(7)
    y, scores = sample(rng)
    assert delong_variance(y, scores, scores) == 0
    other = scores + rng.normal(0, 0.3, len(y))
    paired = delong_variance(y, scores, other)
    apart = delong_variance(y, scores) + delong_variance(y, other)
    assert 0 < paired < apart / 2, "both made their mistakes on the same rows"


def test_more_rows_make_intervals_narrower():
    rng = np.random.default_rng(7)
    widths = [
        np.mean([np.diff(delong_interval(*sample(rng, 1, n, 2 * n)))[0] for _ in range(20)])
        for n in (13, 53, 211)
    ]
    assert widths[0] > 1.7 * widths[1] > 1.7**2 * widths[2]


def test_interval_is_normal_in_the_log_odds():
    y, scores = sample(np.random.default_rng(7))
    area, deviation = auc(y, scores), math.sqrt(delong_variance(y, scores))
    for level in (0.5, 0.95):
        ends = stats.norm.interval(level, np.log(area / (1 - area)), deviation / area / (1 - area))
        wanted = 1 / (1 + np.exp(-np.array(ends)))
        assert delong_interval(y, scores, level=level) == pytest.approx(tuple(wanted), rel=1e-12)


def test_strata_keep_their_numbers_of_rows():
    y, scores = sample(np.random.default_rng(7))

    def watched(labels, values):
        assert labels.sum() == N_POSITIVE
        return values.mean()

    bootstrap_interval(watched, y, scores, rng=np.random.default_rng(7), strata=y, n_draws=50)


# Simulated and other witnesses ---------------------------------------------------------------


def test_variance_is_that_of_the_auc_from_sample_to_sample():
    rng = np.random.default_rng(7)
    seen = [(auc(*rows), delong_variance(*rows)) for rows in (sample(rng) for _ in range(1000))]
    areas, variances = np.transpose(seen)
    assert np.mean(areas) == pytest.approx(NormalDist().cdf(1 / math.sqrt(2)), abs=0.01)
    assert np.mean(variances) == pytest.approx(areas.var(), rel=0.12)


@pytest.mark.parametrize(("distance", "n_positive"), [(0, 31), (1, 31), (2, 31), (2, 19)])
def test_it_contains_the_truth_in_nearly_95_of_100_samples(distance, n_positive):
    rng = np.random.default_rng(11)
    truth = NormalDist().cdf(distance / math.sqrt(2))
    ends = np.array([delong_interval(*sample(rng, distance, n_positive)) for _ in range(600)])
    assert np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])) == pytest.approx(0.95, abs=0.03)


def test_variance_of_a_difference_is_that_from_sample_to_sample():
    rng = np.random.default_rng(7)
    differences, variances = [], []
    for _ in range(700):
        y, scores = sample(rng)
        other = scores + rng.normal(0, 1, len(y))
        differences.append(auc(y, scores) - auc(y, other))
        variances.append(delong_variance(y, scores, other))
    assert np.mean(variances) == pytest.approx(np.var(differences), rel=0.15)


def test_drawing_gives_nearly_the_same_interval():
    rng = np.random.default_rng(7)
    y, scores = sample(rng, 1, 101, 211)
    drawn = bootstrap_interval(auc, y, scores, rng=rng, strata=y, n_draws=2000)
    assert drawn == pytest.approx(delong_interval(y, scores), abs=0.015)


def test_quantiles_of_a_mean_are_those_of_scipy():
    rng = np.random.default_rng(7)
    values = rng.exponential(size=53)
    ours = bootstrap_interval(np.mean, values, rng=rng, n_draws=20_000, level=0.9)
    theirs = stats.bootstrap(
        (values,), np.mean, confidence_level=0.9, method="percentile", n_resamples=20_000, rng=rng
    ).confidence_interval
    assert ours == pytest.approx(tuple(theirs), abs=0.02)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: delong_interval([1, 1, 0, 0], [4, 3, 2, 1]), "got an AUC of 1 without any"),
        (lambda: delong_interval([1, 1, 0, 0], [1, 2, 3, 4]), "got an AUC of 0 without any"),
        (lambda: delong_interval([1, 1, 0, 0], [1, 1, 1, 1]), "got an AUC of 0.5 without any"),
        (lambda: delong_variance([1, 0, 0], [1, 2, 3]), "y must have at least two positive rows"),
        (lambda: delong_variance([1, 1, 0], [1, 2, 3]), "y must have at least two negative rows"),
        (lambda: delong_variance([1, 1, 0, 0], [1, 2, 3, 4], [1, 2]), "other must have shape"),
        (lambda: delong_interval([1, 0, 1, 0], [4, 3, 2, 1], level=1), "level must be above 0 and"),
    ],
)
def test_what_has_no_interval_is_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ((), {}, "columns must have the same number of rows, got no column"),
        (([1, 2], [1]), {}, "columns must have the same number of rows, got [1, 2]"),
        (([],), {}, "columns must have the same number of rows, got [0]"),
        ((3.0,), {}, "columns must have the same number of rows, got [0]"),
        (([1, 1],), {}, "statistic must vary from draw to draw, got 1 in all of them"),
        (([1, 2],), {"strata": [1]}, "strata must have shape (n_rows=2,), got (1,)"),
        (([1, 2],), {"n_draws": 1}, "n_draws must be at least 2"),
        (([1, 2],), {"level": 0}, "level must be above 0 and below 1"),
        (([1, 2],), {"rng": 7}, "rng must be a numpy.random.Generator"),
    ],
)
def test_what_cannot_be_drawn_is_refused(columns, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        bootstrap_interval(np.mean, *columns, **{"rng": np.random.default_rng(7), **options})


def test_a_draw_without_a_positive_is_named():
    y, scores = np.eye(1, 7, dtype=int)[0], np.arange(7)
    with pytest.raises(ValueError, match="got none of the positive class 1"):
        bootstrap_interval(auc, y, scores, rng=np.random.default_rng(7))


def test_anything_is_an_interval_or_refused():
    for y, scores in product(product((0, 1), repeat=5), product((0, 1, 2), repeat=5)):
        try:
            low, high = delong_interval(y, scores)
        except ValueError as complaint:
            assert str(complaint).startswith(("y must", "scores must"))  # noqa: PT017
        else:
            assert 0 < low < auc(y, scores) < high < 1


# The page's equations ------------------------------------------------------------------------


@pytest.mark.equation("judge-delong")
@pytest.mark.parametrize(("digits", "n_positive", "n_negative"), [(1, 7, 11), (0, 13, 5)])
def test_printed_variance_is_that_of_the_code(evidence, digits, n_positive, n_negative):
    y, scores = sample(np.random.default_rng(7), 1, n_positive, n_negative)
    scores = np.round(scores, digits)
    p, n = scores[y == 1], scores[y == 0]
    table = (p[:, None] > n) + (p[:, None] == n) / 2
    evidence.evaluates(
        {
            "A": auc(y, scores), r"\hat{\sigma}": math.sqrt(delong_variance(y, scores)),
            "n_1": len(p), "n_0": len(n), "V_i": lambda i: table[i - 1].mean(),
            "W_j": lambda j: table[:, j - 1].mean(),
        },
        witness="the book's own code, which sorts and never makes pairs", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("judge-delong-interval")
@pytest.mark.parametrize(("level", "distance"), [(0.5, 1.0), (0.95, 1.0), (0.95, 0.4)])
def test_printed_ends_are_those_of_the_code(evidence, level, distance):
    y, scores = sample(np.random.default_rng(7), distance)
    z = stats.norm.ppf((1 + level) / 2)
    ends = delong_interval(y, scores, level=level)
    evidence.evaluates(
        {"A": auc(y, scores), r"\hat{\sigma}": math.sqrt(by_pairs(y, scores))},
        at=[{"z": -z, "a": ends.low}, {"z": z, "a": ends.high}],
        witness="the book's own code", within=1e-9,
    )  # fmt: skip
