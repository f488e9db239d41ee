"""Distances of two samples and their alarms: by hand, their laws, SciPy, and what is refused."""

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from unrolled.mining.drift import (
    count_bins,
    ks_distance,
    ks_threshold,
    psi,
    psi_of_counts,
    psi_threshold,
    quantile_edges,
    serve,
)

N_REFERENCE, N_CURRENT = 211, 307
COUNTS = st.lists(st.integers(0, 9), min_size=3, max_size=3)
VALUES = st.lists(st.integers(-5, 5), min_size=2, max_size=23)  # SciPy divides by zero for two ones


def two_samples(shift=0.0, seed=7):
    rng = np.random.default_rng(seed)
    return rng.normal(size=N_REFERENCE), rng.normal(shift, 1.3, N_CURRENT)


# By hand -------------------------------------------------------------------------------------


def test_four_equal_bins_that_became_unequal():
    found = psi_of_counts([25, 25, 25, 25], [10, 20, 30, 40])
    assert found == pytest.approx(
        0.15 * math.log(2.5) + 0.05 * math.log(1.25) + 0.05 * math.log(1.2) + 0.15 * math.log(1.6)
    )
    assert round(found, 3) == 0.228


def test_shares_part_most_between_three_and_four():
    # up to 3: all of the reference, a third of the current values
    assert ks_distance([1, 2, 3], [2, 4, 5]) == pytest.approx(2 / 3)


def test_edges_are_values_and_belong_to_the_bin_below():
    edges = quantile_edges([1, 2, 3, 4, 5, 6], 3)
    assert edges.tolist() == [2, 4]
    assert count_bins([1, 2, 2.5, 4, 4.5, 99, -99], edges).tolist() == [3, 2, 2]


def test_tied_values_make_fewer_bins_and_none_is_empty():
    reference = [0] * 6 + [1] * 2 + [2] * 2
    edges = quantile_edges(reference, 10)
    assert edges.tolist() == [0, 1]
    assert count_bins(reference, edges).tolist() == [6, 2, 2]


# Laws ----------------------------------------------------------------------------------------


@given(COUNTS, COUNTS)
def test_index_is_symmetric_and_zero_for_equal_shares(expected, actual):
    assume(sum(expected) and sum(actual))
    found = psi_of_counts(expected, actual)
    assert found == pytest.approx(psi_of_counts(actual, expected), abs=1e-15)
    assert psi_of_counts(expected, np.multiply(expected, 7)) == pytest.approx(0, abs=1e-15)
    same = np.allclose(np.divide(expected, sum(expected)), np.divide(actual, sum(actual)))
    assert found == pytest.approx(0, abs=1e-15) if same else found > 0
    assert math.isinf(found) == any((a == 0) != (e == 0) for a, e in zip(actual, expected))  # noqa: B905


@given(VALUES, VALUES)
def test_distance_is_that_of_scipy_with_ties_too(reference, current):
    theirs = stats.ks_2samp(reference, current, method="asymp").statistic
    assert ks_distance(reference, current) == pytest.approx(theirs, abs=1e-15)
    assert ks_distance(current, reference) == ks_distance(reference, current)


@pytest.mark.parametrize("change", [np.exp, np.arctan, lambda x: 3 * x - 100])
def test_what_keeps_the_order_keeps_both_distances(change):
    reference, current = two_samples(0.4)
    told = psi(change(reference), change(current)), ks_distance(change(reference), change(current))
    assert told == (psi(reference, current), ks_distance(reference, current))


@given(VALUES, st.integers(2, 11))
def test_no_bin_is_without_a_reference_value(reference, n_bins):
    assume(len(set(reference)) > 1)
    try:
        edges = quantile_edges(reference, n_bins)
    except ValueError as complaint:
        assert str(complaint).startswith("reference must have values that a quantile divides")  # noqa: PT017
    else:
        counts = count_bins(reference, edges)
        assert (counts > 0).all()
        assert counts.sum() == len(reference)


def test_values_without_ties_fill_the_bins_evenly():
    counts = count_bins(np.arange(53), quantile_edges(np.arange(53), 10))
    assert len(counts) == 10
    assert set(counts.tolist()) <= {5, 6}


# Alarms --------------------------------------------------------------------------------------


def rate(alarm, n_reference, n_current, n_pairs=600):
    rng = np.random.default_rng(7)
    pairs = ((rng.normal(size=n_reference), rng.normal(size=n_current)) for _ in range(n_pairs))
    return np.mean([alarm(*pair) for pair in pairs])


@pytest.mark.parametrize(("n_reference", "n_current"), [(503, 997), (997, 503)])
def test_thresholds_have_the_rate_of_false_alarms_that_was_asked_for(n_reference, n_current):
    sizes = n_reference, n_current
    for level in (0.05, 0.2):
        psi_most = psi_threshold(*sizes, level=level)
        ks_most = ks_threshold(*sizes, level=level)
        margin = 4 * math.sqrt(level * (1 - level) / 600)
        assert rate(lambda a, b, m=psi_most: psi(a, b) > m, *sizes) == pytest.approx(
            level, abs=margin
        )
        assert rate(lambda a, b, m=ks_most: ks_distance(a, b) > m, *sizes) == pytest.approx(
            level, abs=margin
        )


@pytest.mark.parametrize("level", [0.001, 0.05, 0.2])
def test_ks_threshold_is_a_quantile_of_kolmogorovs_distribution(level):
    for sizes in ((N_REFERENCE, N_CURRENT), (N_CURRENT, N_REFERENCE), (5000, 83)):
        n, m = sizes
        theirs = stats.kstwobign.isf(level) * math.sqrt((n + m) / (n * m))
        assert ks_threshold(n, m, level=level) == pytest.approx(theirs, rel=1e-3)


# The claims of the page ----------------------------------------------------------------------


@pytest.mark.equation("opt-in-bias")
@pytest.mark.parametrize("slope", [0.7, -0.2])
def test_opt_ins_are_off_by_a_covariance(evidence, slope):
    """Five kinds of household, equally frequent; chance draws one."""
    usage = np.array([0.5, 1.0, 2.0, 4.0, 9.0])
    inclined = special.expit(slope * (usage - 2))
    mean = float(np.average(usage, weights=inclined))
    evidence.evaluates(
        {"m": mean},
        chance=[
            (1 / 5, {"U": float(u), r"\pi": float(p)}) for u, p in zip(usage, inclined, strict=True)
        ],
        witness="the mean of all households, each counted by its chance to be seen",
        within=1e-13,
    )


@pytest.mark.equation("drift-psi")
@pytest.mark.parametrize(("expected", "actual"), [
    ([25, 25, 25, 25], [10, 20, 30, 40]), ([2, 3, 5, 7, 11], [13, 3, 1, 9, 4]),
])  # fmt: skip
def test_index_is_the_sum_of_both_divergences(evidence, expected, actual):
    e, a = (np.divide(row, sum(row)) for row in (expected, actual))
    both = float(special.rel_entr(a, e).sum() + special.rel_entr(e, a).sum())
    assert psi_of_counts(expected, actual) == pytest.approx(both, rel=1e-13)
    evidence.evaluates(
        {
            r"\mathrm{PSI}": both, "B": len(e),
            "e_i": lambda i: e[i - 1], "a_i": lambda i: a[i - 1],
        },
        witness="the sum of the two Kullback-Leibler divergences of SciPy", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("drift-psi-threshold")
@pytest.mark.parametrize(("n", "m", "n_bins", "level"), [(200, 300, 10, 0.05), (97, 41, 5, 0.2)])
def test_index_exceeds_a_quantile_of_chi_square(evidence, n, m, n_bins, level):
    quantile = 2 * special.gammainccinv((n_bins - 1) / 2, level)
    found = psi_threshold(n, m, n_bins=n_bins, level=level)
    evidence.evaluates(
        {r"c_{\alpha}": found, "n": n, "m": m, r"q_{\alpha}": quantile},
        witness="a quantile by the incomplete gamma function", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("drift-ks")
@pytest.mark.parametrize("shift", [0.0, 0.6])
def test_distance_is_the_largest_gap_of_two_staircases(evidence, shift):
    reference, current = (np.round(values, 1) for values in two_samples(shift))
    places = np.unique(np.concatenate([reference, current])).tolist()
    theirs = stats.ks_2samp(reference, current, method="asymp").statistic
    evidence.evaluates(
        {
            "D": float(theirs), r"\mathcal{X}": frozenset(places),
            "F_n": lambda x: float(np.mean(reference <= x)),
            "G_m": lambda x: float(np.mean(current <= x)),
        },
        witness="the statistic of SciPy", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("drift-ks-threshold")
@pytest.mark.parametrize(("n", "m", "level"), [(200, 300, 0.05), (97, 41, 0.001)])
def test_distance_exceeds_a_quantile_of_kolmogorovs_distribution(evidence, n, m, level):
    theirs = float(stats.kstwobign.isf(level)) * math.sqrt(1 / n + 1 / m)
    evidence.evaluates(
        {"D_{\\alpha}": theirs, "n": n, "m": m, r"\alpha": level},
        witness="Kolmogorov's distribution, all terms of its series, by SciPy", within=1e-5,
    )  # fmt: skip


# A model in service --------------------------------------------------------------------------


def test_service_by_hand():
    """The model is the batch that it was fitted to; its error is the difference."""
    calls = []

    def due(reference, batch, age):
        calls.append((reference, batch, age))
        return batch - reference >= 3

    found = serve([0, 1, 3, 4, 7], lambda batch: batch, lambda model, batch: batch - model, due)
    assert found.errors.tolist() == [1, 3, 1, 4]
    assert found.refits == (2, 4)
    assert calls == [(0, 1, 1), (0, 3, 2), (3, 4, 1), (3, 7, 2)]


def test_a_batch_is_judged_before_the_model_is_fitted_to_it():
    found = serve([0, 10, 20], lambda b: b, lambda m, b: b - m, lambda r, b, age: True)
    assert found.errors.tolist() == [10, 10]
    assert serve([0, 10], lambda b: b, lambda m, b: b - m, lambda r, b, age: False).refits == ()


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantile_edges([1, 1, 1]), "reference must have values that a quantile divides"),
        (lambda: quantile_edges([0] + [1] * 19), "got 19 of 20 equal to the largest"),
        (lambda: quantile_edges([1, 2], 1), "n_bins must be at least 2"),
        (lambda: quantile_edges([1, np.nan]), "reference must be finite, got nan"),
        (lambda: quantile_edges([]), "len(reference) must be at least 1"),
        (lambda: quantile_edges(["a"]), "reference must hold real numbers"),
        (lambda: count_bins([1], [2, 2]), "edges must rise"),
        (lambda: count_bins([[1]], [2]), "values must have shape"),
        (lambda: psi_of_counts([1, 2], [1, 2, 3]), "actual must have shape (n_bins=2,)"),
        (lambda: psi_of_counts([1, -2], [1, 2]), "expected must be at least 0"),
        (lambda: psi_of_counts([0.5, 0.5], [1, 2]), "expected must hold integers"),
        (lambda: psi_of_counts([1, 2], [0, 0]), "actual must count at least one value"),
        (lambda: psi_of_counts([], []), "expected must count at least one value"),
        (lambda: psi([1, 2], [np.inf]), "values must be finite"),
        (lambda: ks_distance([1], []), "len(current) must be at least 1"),
        (lambda: ks_distance([1], [[1]]), "current must have shape"),
        (lambda: ks_threshold(0, 5), "n_reference must be at least 1"),
        (lambda: ks_threshold(5, 5, level=0.3), "level must be at most 0.2 and above 0"),
        (lambda: psi_threshold(5, 0), "n_current must be at least 1"),
        (lambda: psi_threshold(5, 5, level=1), "level must be above 0 and below 1"),
        (lambda: serve([1], None, None, None), "len(batches) must be at least 2"),
    ],
)
def test_what_has_no_answer_is_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_an_empty_bin_is_infinitely_surprising():
    assert psi([1, 2, 3, 4], [9, 9, 9, 9], n_bins=2) == math.inf
