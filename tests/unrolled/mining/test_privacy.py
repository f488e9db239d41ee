"""Randomised answers and a mean with noise: by hand, their laws, simulated, and what is refused."""

import math
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from unrolled.mining.privacy import (
    estimate_share,
    privacy_loss,
    private_mean,
    randomise,
    share_deviation,
    truth_probability,
)

N_PEOPLE = 10_007
LOW, HIGH = -3.0, 17.0


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# By hand and laws ----------------------------------------------------------------------------


def test_two_coins_are_epsilon_log_three():
    """Heads: the truth. Tails: what a second coin says. So three of four answers are true."""
    assert truth_probability(math.log(3)) == pytest.approx(0.75, rel=1e-15)
    assert estimate_share([1, 1, 1, 0], math.log(3)) == pytest.approx((3 / 4 - 1 / 4) * 2)


@pytest.mark.parametrize("epsilon", [0.5, 1.1])
def test_answers_are_true_as_often_as_they_should_be(epsilon, rng):
    for answer in (True, False):
        reported = randomise(np.full(N_PEOPLE, answer), epsilon, rng=rng)
        wanted = special.expit(epsilon)
        assert np.mean(reported == answer) == pytest.approx(wanted, abs=0.02)


def test_large_epsilon_tells_the_truth(rng):
    answers = rng.random(N_PEOPLE) < 0.3
    assert (randomise(answers, 50, rng=rng) == answers).all()
    assert estimate_share(answers, 800) == answers.mean()
    kept = answers.copy()
    randomise(answers, 1, rng=rng)
    assert (answers == kept).all(), "input is not changed"


@given(st.lists(st.booleans(), min_size=1, max_size=19), st.floats(0.01, 20))
def test_estimates_of_opposite_answers_add_up_to_one(reported, epsilon):
    both = estimate_share(reported, epsilon) + estimate_share(~np.array(reported), epsilon)
    assert both == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("share", "epsilon"), [(0.2, 0.7), (0.9, 1.5)])
def test_estimate_is_right_on_average_and_varies_as_told(share, epsilon, rng):
    found = [
        estimate_share(randomise(rng.random(211) < share, epsilon, rng=rng), epsilon)
        for _ in range(4000)
    ]
    told = share_deviation(share, 211, epsilon)
    assert np.mean(found) == pytest.approx(share, abs=4 * told / math.sqrt(4000))
    assert np.std(found) == pytest.approx(told, rel=0.06)


def test_mean_is_right_on_average_and_clipped_first(rng):
    values = np.array([-99.0, 0, 5, 99])
    found = [private_mean(values, LOW, HIGH, 2.0, rng=rng) for _ in range(8000)]
    scale = (HIGH - LOW) / (4 * 2.0)
    assert np.mean(found) == pytest.approx((LOW + 0 + 5 + HIGH) / 4, abs=5 * scale / 90)
    assert np.std(found) == pytest.approx(math.sqrt(2) * scale, rel=0.06)
    assert values.tolist() == [-99, 0, 5, 99]


def test_loss_by_hand():
    loss = privacy_loss([6, 2, 0, 0, 4], [2, 6, 0, 4, 0])
    assert loss == pytest.approx([math.log(3), -math.log(3), 0, -math.inf, math.inf])


# Epsilon is met ------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", [0.4, 1.0])
def test_randomised_answers_lose_no_more_than_epsilon(epsilon, rng):
    counts = [
        np.bincount(randomise(np.full(400_000, answer), epsilon, rng=rng), minlength=2)
        for answer in (False, True)
    ]
    assert privacy_loss(*counts) == pytest.approx([epsilon, -epsilon], abs=0.01)


def test_means_of_neighbours_lose_no_more_than_epsilon():
    """One person at one end of the range and at the other; the noise is that of one draw each."""
    epsilon, n_runs = 0.8, 40_000
    rng, others = np.random.default_rng(7), [0.0, 5.0, 7.0, 11.0]
    outcomes = [
        [private_mean([*others, last], LOW, HIGH, epsilon, rng=rng) for _ in range(n_runs)]
        for last in (LOW, HIGH)
    ]
    edges = np.linspace(-2, 12, 29)
    loss = privacy_loss(*(np.histogram(one, edges)[0] for one in _same_total(outcomes, edges)))
    assert np.abs(loss).max() < epsilon + 0.2
    assert loss[0] == pytest.approx(epsilon, abs=0.2)
    assert loss[-1] == pytest.approx(-epsilon, abs=0.2)


def _same_total(outcomes, edges):
    """Move what lies outside into the outer bins, so that both have equally many."""
    inner = (edges[0] + edges[1]) / 2, (edges[-2] + edges[-1]) / 2
    return [np.clip(one, *inner) for one in outcomes]


# The claims of the page ----------------------------------------------------------------------


@pytest.mark.equation("privacy-truth")
@pytest.mark.parametrize("epsilon", [0.5, 1.7])
def test_ratio_of_both_probabilities_is_the_bound(evidence, epsilon):
    q = float(special.expit(epsilon))
    assert truth_probability(epsilon) == pytest.approx(q, rel=1e-15)
    evidence.evaluates(
        {"q": q, r"\varepsilon": epsilon}, witness="the logistic function of SciPy", within=1e-13
    )


@pytest.mark.equation("privacy-bound")
@pytest.mark.parametrize("epsilon", [0.5, 1.7])
@pytest.mark.parametrize("outcomes", [{1}, {0}])
def test_randomised_answers_meet_the_definition(evidence, epsilon, outcomes):
    """Coins decide whether M tells the truth; the data are one answer."""
    q = float(special.expit(epsilon))
    evidence.evaluates(
        {"S": frozenset(outcomes), r"\varepsilon": epsilon},
        at=[{"x": 1, "x'": 0}, {"x": 0, "x'": 1}, {"x": 1, "x'": 1}],
        chance=[(q, {"M": lambda x: x}), (1 - q, {"M": lambda x: 1 - x})],
        witness="all cases of the coins", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("privacy-estimate")
@pytest.mark.parametrize(("yes", "true"), [(3, 5), (1, 7)])
def test_the_share_among_all_cases_is_found(evidence, yes, true):
    """Ten people, and eight equally likely coins for each: every case is written down."""
    cases = [(answer if coin < true else not answer)
             for answer in [True] * yes + [False] * (10 - yes) for coin in range(8)]  # fmt: skip
    reported = float(np.mean(cases))
    assert estimate_share(cases, special.logit(true / 8)) == pytest.approx(yes / 10)
    evidence.evaluates(
        {r"\hat{p}": yes / 10, r"\bar{y}": reported, "q": true / 8},
        witness="a count of all cases", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("privacy-share-variance")
@pytest.mark.parametrize(("p", "q", "n"), [(0.3, 0.75, 41), (0.8, 0.6, 97)])
def test_variance_is_that_of_a_binomial_variable(evidence, p, q, n):
    reported = p * q + (1 - p) * (1 - q)
    deviation = float(stats.binom(n, reported).std()) / n / (2 * q - 1)
    assert share_deviation(p, n, special.logit(q)) == pytest.approx(deviation, rel=1e-12)
    evidence.evaluates(
        {r"\sigma": deviation, "p": p, "q": q, "n": n},
        witness="the standard deviation of a binomial variable, by SciPy", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("privacy-laplace")
@pytest.mark.parametrize("epsilon", [0.5, 1.3])
@pytest.mark.parametrize("z", [-0.4, 1.1])
@pytest.mark.parametrize(("n", "low", "high"), [(13, LOW, HIGH), (5, 2.0, 9.0)])
def test_noise_has_the_density_of_laplace(evidence, epsilon, z, n, low, high):
    scale = (high - low) / (n * epsilon)
    evidence.evaluates(
        {
            "f": lambda x: float(stats.laplace(scale=scale).pdf(x)), "z": z, "s": scale,
            "n": n, "l": low, "h": high, r"\varepsilon": epsilon,
        },
        witness="the density of SciPy", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("privacy-ratio")
@pytest.mark.parametrize("epsilon", [0.5, 1.3])
def test_densities_around_two_means_differ_by_no_more(evidence, epsilon):
    """Thirteen people; all but one have 5, and one has either of two values."""
    n, scale = 13, (HIGH - LOW) / (13 * epsilon)
    noise = stats.laplace(scale=scale)
    pairs = [[(12 * 5 + last) / n for last in pair] for pair in ((LOW, HIGH), (HIGH, LOW), (0, 5))]
    evidence.evaluates(
        {"f": lambda z: float(noise.pdf(z)), "s": scale, r"\varepsilon": epsilon},
        at=[
            {"r": r, "m": first, "m'": second}
            for first, second in pairs for r in (-2.0, 5.1, 9.0)
        ],
        witness="the density of SciPy", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("privacy-composition")
@pytest.mark.parametrize("parts", [(0.3, 0.9), (0.5, 0.2, 1.1, 0.4)])
def test_losses_of_several_answers_add_up(evidence, parts):
    """All sequences of randomised answers, with their probabilities under yes and under no."""
    losses = []
    for truths in product((True, False), repeat=len(parts)):
        q = [float(special.expit(one)) for one in parts]
        yes = math.prod(a if true else 1 - a for a, true in zip(q, truths, strict=True))
        no = math.prod(1 - a if true else a for a, true in zip(q, truths, strict=True))
        losses.append(abs(math.log(yes / no)))
    evidence.evaluates(
        {r"\varepsilon": max(losses), r"\varepsilon_k": lambda k: parts[k - 1], "K": len(parts)},
        witness="the largest logarithm over all sequences of answers", within=1e-12,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: truth_probability(0), "epsilon must be above 0"),
        (lambda rng: truth_probability(math.nan), "epsilon must be finite"),
        (lambda rng: randomise([0.5], 1, rng=rng), "answers must hold truth values"),
        (lambda rng: randomise([2], 1, rng=rng), "answers must hold truth values"),
        (lambda rng: randomise(["yes"], 1, rng=rng), "answers must hold truth values"),
        (lambda rng: randomise([True], 1, rng=7), "rng must be a numpy.random.Generator"),
        (lambda rng: estimate_share([], 1), "len(reported) must be at least 1"),
        (lambda rng: estimate_share([True], 1e-20), "epsilon must be large enough"),
        (lambda rng: share_deviation(1.1, 5, 1), "share must be at least 0 and at most 1"),
        (lambda rng: share_deviation(0.5, 0, 1), "n_people must be at least 1"),
        (lambda rng: private_mean([], 0, 1, 1, rng=rng), "len(values) must be at least 1"),
        (lambda rng: private_mean([1, math.nan], 0, 1, 1, rng=rng), "values must be finite"),
        (lambda rng: private_mean([1], 1, 1, 1, rng=rng), "high must be above low, got 1 and 1"),
        (lambda rng: private_mean([1], 0, 1, -1, rng=rng), "epsilon must be above 0"),
        (lambda rng: private_mean([[1]], 0, 1, 1, rng=rng), "values must have shape"),
        (lambda rng: private_mean([1], -1e308, 1e308, 1, rng=rng), "high - low must be a range"),
        (lambda rng: private_mean([1], 0, 1, 1, rng=None), "rng must be a numpy.random.Generator"),
        (lambda rng: privacy_loss([1, 2], [3]), "second must have shape (n_outcomes=2,)"),
        (lambda rng: privacy_loss([1, 2], [1, 3]), "must count equally many runs, got 3 and 4"),
        (lambda rng: privacy_loss([0], [0]), "must count equally many runs, got 0 and 0"),
    ],
)
def test_what_has_no_answer_is_refused(call, message, rng):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(rng)
