"""The interval of a share: by hand, its laws, SciPy's, and what is refused."""

import re
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unrolled.language.intervals import wilson_interval

CASES = [(0, 7), (3, 7), (11, 13), (17, 17), (1, 1009)]


def test_half_of_four_by_hand():
    assert wilson_interval(0.5, 4, deviations=2) == pytest.approx(
        (0.5 - 0.125**0.5, 0.5 + 0.125**0.5)
    )


def test_none_and_all_reach_the_ends():
    assert wilson_interval(0, 5, deviations=2) == (0, pytest.approx(4 / 9))
    assert wilson_interval(1, 5, deviations=2) == (pytest.approx(5 / 9), 1)


@given(st.integers(0, 41), st.floats(0.01, 30))
def test_failures_have_the_mirror_image(n_hits, deviations):
    low, high = wilson_interval(n_hits / 41, 41, deviations=deviations)
    mirrored = wilson_interval((41 - n_hits) / 41, 41, deviations=deviations)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)
    assert 0 <= low <= n_hits / 41 <= high <= 1


def test_more_trials_make_it_narrower():
    widths = [high - low for low, high in (wilson_interval(0.3, n) for n in (7, 31, 211))]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("case", CASES)
def test_scipy_has_the_same_interval(case):
    theirs = stats.binomtest(*case).proportion_ci(method="wilson")
    n_hits, n_trials = case
    ours = wilson_interval(n_hits / n_trials, n_trials, deviations=stats.norm.ppf(0.975))
    assert ours == pytest.approx(tuple(theirs), abs=1e-12)


def test_it_contains_the_truth_in_nearly_95_of_100_samples():
    for n_trials, share in product((30, 211), (0.1, 0.37, 0.5)):
        chances = stats.binom.pmf(range(n_trials + 1), n_trials, share)
        holding = [
            low <= share <= high
            for low, high in (wilson_interval(n / n_trials, n_trials) for n in range(n_trials + 1))
        ]
        assert chances @ holding == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((0.5, 0, 1.96), "n_trials must be at least 1, got 0."),
        ((1.1, 3, 1.96), "share must be at least 0 and at most 1, got 1.1."),
        ((-0.1, 3, 1.96), "share must be at least 0 and at most 1, got -0.1."),
        ((0.5, 3.0, 1.96), "n_trials must hold integers, got 3.0."),
        ((0.5, 3, 0.0), "deviations must be above 0, got 0.0."),
        ((0.5, 3, float("nan")), "deviations must be finite, got nan."),
    ],
)
def test_what_does_not_fit_is_named(arguments, complaint):
    share, n_trials, deviations = arguments
    with pytest.raises(ValueError, match=re.escape(complaint)):
        wilson_interval(share, n_trials, deviations=deviations)


@pytest.mark.equation("wilson-interval")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("deviations", [1.7, 2.3])
def test_both_ends_are_as_far_from_the_count_as_scipy_says(evidence, case, deviations):
    confidence = float(2 * stats.norm.cdf(deviations) - 1)
    ends = stats.binomtest(*case).proportion_ci(confidence, method="wilson")
    evidence.evaluates(
        {r"\hat{p}": float(Fraction(*case)), "n": case[1], r"\kappa": deviations},
        at={"p": [end for end in ends if 0 < end < 1]},
        witness="SciPy's Wilson interval",
        within=1e-9,
    )
