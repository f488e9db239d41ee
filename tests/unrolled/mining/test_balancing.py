"""Copies, dropped rows, and probabilities that are what they were."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from unrolled.mining.balancing import oversample, undersample, undo_balancing

N_RARE, N_COMMON = 7, 19


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def table():
    """Return rows that tell their own numbers, and labels."""
    y = np.zeros(N_RARE + N_COMMON, dtype=int)
    y[np.random.default_rng(11).permutation(len(y))[:N_RARE]] = 1
    return np.arange(len(y))[:, None] + np.array([0, 100, 200]), y


# By hand -------------------------------------------------------------------------------------


def test_a_half_becomes_the_prevalence_and_nine_tenths_a_third():
    found = undo_balancing([0.5, 0.9, 0, 1], 0.05)
    np.testing.assert_allclose(found, [0.05, 9 / 28, 0, 1], rtol=1e-14)
    assert found[1] == pytest.approx(0.321, abs=5e-4)


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("positive", [0, 1])
def test_copies_are_rows_of_the_rarer_class_behind_all_others(table, rng, positive):
    X, y = table
    larger, labels = oversample(X, y, positive=positive, rng=rng)
    assert (labels == 1).sum() == (labels == 0).sum() == N_COMMON
    np.testing.assert_array_equal(larger[: len(y)], X)
    assert (labels == y[larger[:, 0]]).all()
    assert (larger - larger[:, :1] == [0, 100, 200]).all()


@pytest.mark.parametrize("positive", [0, 1])
def test_what_is_left_keeps_its_order_and_has_all_of_the_rarer_class(table, rng, positive):
    X, y = table
    smaller, labels = undersample(X, y, positive=positive, rng=rng)
    assert (labels == 1).sum() == (labels == 0).sum() == N_RARE
    assert (np.diff(smaller[:, 0]) > 0).all()
    assert (labels == y[smaller[:, 0]]).all()


def test_copies_and_left_rows_are_drawn_evenly(table, rng):
    X, y = table
    copied, left = np.zeros(len(y)), np.zeros(len(y))
    for _ in range(1500):
        copied += np.bincount(oversample(X, y, rng=rng)[0][len(y) :, 0], minlength=len(y))
        left += np.bincount(undersample(X, y, rng=rng)[0][:, 0], minlength=len(y))
    assert copied[y == 1] / 1500 == pytest.approx(np.full(N_RARE, 12 / 7), abs=0.15)
    assert (copied[y == 0] == 0).all()
    assert left[y == 0] / 1500 == pytest.approx(np.full(N_COMMON, 7 / 19), abs=0.06)
    assert (left[y == 1] == 1500).all()


def test_equally_frequent_classes_stay_as_they_are(table, rng):
    X, y = table
    rows = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:N_RARE]]
    for change in (oversample, undersample):
        for given_, found in zip(
            (X[rows], y[rows]), change(X[rows], y[rows], rng=rng), strict=True
        ):
            np.testing.assert_array_equal(given_, found)


@pytest.mark.parametrize("change", [oversample, undersample])
def test_rows_and_labels_may_be_strings(change, rng):
    X = np.array([["a", "x"], ["b", "y"], ["c", "z"]], dtype=object)
    rows, labels = change(X, ["no", "yes", "no"], positive="yes", rng=rng)
    assert set(labels) == {"yes", "no"}
    assert len(rows) == len(labels)


@given(st.floats(0, 1), st.floats(1e-4, 1 - 1e-4), st.floats(1e-4, 1 - 1e-4))
def test_back_and_forth_gives_the_same(p, prevalence, balanced):
    """Where the way back begins up to 1e-8 from one; a number nearer to one has lost its digits."""
    away = undo_balancing(p, prevalence, balanced=balanced)
    assert undo_balancing(away, balanced, balanced=prevalence) == pytest.approx(
        p, rel=1e-6, abs=1e-7
    )


@given(st.floats(0, 1), st.floats(1e-300, 1, exclude_max=True))
def test_any_probability_stays_one(p, prevalence):
    assert 0 <= undo_balancing(p, prevalence) <= 1


# Witnesses -----------------------------------------------------------------------------------


def bayes(x, share):
    """Return the probability that x is positive if so large a share is, for two normal classes."""
    positive, negative = math.exp(-((x - 1) ** 2) / 2), math.exp(-((x + 1) ** 2) / 2)
    return share * positive / (share * positive + (1 - share) * negative)


@pytest.mark.equation("balanced-odds")
@pytest.mark.parametrize(("x", "share"), [(0.3, 0.05), (-1.1, 0.2)])
def test_odds_are_those_of_two_normal_classes(evidence, x, share):
    evidence.evaluates(
        {"p": bayes(x, share), "p_s": bayes(x, 0.5), r"\pi": share},
        witness="the rule of Bayes for two normal classes", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("undo-balancing")
@pytest.mark.parametrize(("x", "share"), [(0.3, 0.05), (-1.1, 0.2)])
def test_probability_is_that_of_two_normal_classes(evidence, x, share):
    evidence.evaluates(
        {"p": bayes(x, share), "p_s": bayes(x, 0.5), r"\pi": share},
        witness="the rule of Bayes for two normal classes", within=1e-12,
    )  # fmt: skip
    for balanced in (0.5, 0.3):
        found = undo_balancing(bayes(x, balanced), share, balanced=balanced)
        assert found == pytest.approx(bayes(x, share), rel=1e-13)


def test_undone_it_is_what_the_plain_model_says():
    rng = np.random.default_rng(7)
    y = (rng.random(40_000) < 0.1).astype(int)
    X = rng.normal(size=(40_000, 2)) + 1.2 * y[:, None]
    plain, balanced = (
        LogisticRegression(C=np.inf, class_weight=weight).fit(X, y).predict_proba(X)[:, 1]
        for weight in (None, "balanced")
    )
    assert np.abs(balanced - plain).max() > 0.3
    undone = undo_balancing(balanced, y.mean())
    assert np.abs(undone - plain).max() < 0.03
    assert undone.mean() == pytest.approx(0.1, abs=0.005)


@pytest.mark.equation("precision-prevalence")
@pytest.mark.parametrize(("recall", "alarm"), [(0.8, 0.1), (0.6, 0.3)])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_precision_is_a_share_of_what_is_flagged(evidence, recall, alarm, share):
    """Ten thousand rows: how many of each kind are flagged."""
    true, false = round(10_000 * share * recall), round(10_000 * (1 - share) * alarm)
    evidence.evaluates(
        {
            r"\text{precision}": true / (true + false), r"\mathrm{TPR}": recall,
            r"\mathrm{FPR}": alarm, r"\pi": share,
        },
        witness="a count of ten thousand rows", within=1e-12,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [oversample, undersample])
def test_complaints_of_copying_and_dropping(table, rng, change):
    X, y = table
    with pytest.raises(ValueError, match="y must have rows of both classes"):
        change(X, np.zeros(len(y), dtype=int), rng=rng)
    with pytest.raises(ValueError, match=r"X must have shape \(n_rows=26, n_features\)"):
        change(X[:3], y, rng=rng)
    with pytest.raises(ValueError, match="rng must be a numpy"):
        change(X, y, rng=7)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0.5, 1.5], 0.1), {}, "probabilities must be at least 0 and at most 1, got 1.5"),
        (([0.5, np.nan], 0.1), {}, "probabilities must be finite, got nan"),
        (([0.5], 0), {}, "prevalence must be above 0 and below 1, got 0"),
        (([0.5], 1), {}, "prevalence must be above 0 and below 1, got 1"),
        (([0.5], 0.1), {"balanced": 1}, "balanced must be above 0 and below 1, got 1"),
    ],
)
def test_complaints_of_undoing(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        undo_balancing(*arguments, **options)
