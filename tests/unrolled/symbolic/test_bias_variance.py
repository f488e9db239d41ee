"""What the page about the decomposition shows, held against worlds in which all can be counted."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from unrolled.foundations import bias_variance as numeric

PLACES = np.array([0.0, 0.13, 0.29, 0.53, 0.71, 0.97])
TRUTH = Fraction(3, 7)
FITS = [Fraction(1, 2), Fraction(-2, 3), Fraction(5, 11)]  # predictions of equally likely sets
NOISES = [Fraction(-1), Fraction(-1, 5), Fraction(6, 5)]  # equally likely, with mean zero
FEW = PLACES[[0, 2, 3, 5]]
LARGER = [(0.2, 0.8), (0.5, 1.1)]  # probability and size of a two-point noise's larger value
SETTINGS = [(0.37, 1, *LARGER[0]), (0.61, 2, *LARGER[1])]  # where, degree of the fit, noise


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / Fraction(len(numbers))


def truth(x):
    return np.exp(x) + np.sin(5 * x)


def noises(share, larger):
    """Return both values of a noise with mean zero, with their probabilities, and its spread."""
    smaller = -share * larger / (1 - share)
    cases = [(share, larger), (1 - share, smaller)]
    return cases, sum(p * e**2 for p, e in cases) ** 0.5


def worlds(cases, count):
    """Yield the probability of each way in which several noises can fall, and the noises."""
    for world in itertools.product(cases, repeat=count):
        yield np.prod([p for p, _ in world]).item(), np.array([e for _, e in world])


def weights(x, degree):
    """Tell a polynomial fit's weights from its answers to one at one place, zero elsewhere."""
    fit = np.polynomial.Polynomial.fit
    return np.array([fit(FEW, unit, degree)(x) for unit in np.eye(len(FEW))])


def polynomials(degree, share, larger):
    """Fit every training set that chance can give.

    Returns
    -------
    list of (float, dict), and the noise's spread
    """
    cases, spread = noises(share, larger)
    sets = []
    for p, noise in worlds(cases, len(FEW)):
        answers = truth(FEW) + noise
        sets.append(
            (
                p,
                {
                    r"\hat f_{\mathcal D}": np.polynomial.Polynomial.fit(FEW, answers, degree),
                    "y_i": dict(enumerate(answers, 1)),
                    r"\varepsilon_i": dict(enumerate(noise, 1)),
                },
            )
        )
    return sets, spread


def only(sets, *letters):
    return [(p, {letter: values[letter] for letter in letters}) for p, values in sets]


def bias_of(degree):
    return lambda x: weights(x, degree) @ truth(FEW) - truth(x)


def variance_of(degree, spread):
    return lambda x: spread**2 * np.sum(weights(x, degree) ** 2)


def new_answers(x, share, larger):
    """Return all cases of a new answer, and the noise's spread."""
    cases, spread = noises(share, larger)
    return [(p, {r"\varepsilon": e, "y": truth(x) + e}) for p, e in cases], spread


FIT = r"\hat f_{\mathcal D}"
WEIGHTS = "the weights that numpy.polynomial gives the answers"


class Nodes(np.random.Generator):
    """A source of chance that hands out the nodes of a Gauss-Hermite rule."""

    nodes, shares = np.polynomial.hermite_e.hermegauss(7)

    def standard_normal(self, size):
        return self.nodes.reshape(size)


@pytest.mark.equation("regression-model")
@pytest.mark.parametrize(("x", "spread"), [(0.37, 0.3), (0.61, 1.7)])
def test_targets_are_the_truth_and_a_noise_with_mean_zero(evidence, x, spread):
    shares = Nodes.shares / Nodes.shares.sum()
    drawn = numeric.sample_targets(np.full(7, truth(x)), spread, rng=Nodes(np.random.PCG64(7)))
    evidence.evaluates(
        {
            "f": truth, "x": x, r"\sigma": spread, "y": drawn[2],
            r"\varepsilon": drawn[2] - truth(x),
        },
        chance=[(p, {r"\varepsilon": a - truth(x)}) for p, a in zip(shares, drawn, strict=True)],
        witness="the book's own sample_targets, fed with the nodes of a Gauss rule",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("bias")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_bias_is_the_mean_fit_less_the_truth(evidence, x, degree, share, larger):
    sets, _ = polynomials(degree, share, larger)
    evidence.evaluates(
        {r"\operatorname{Bias}": bias_of(degree), "f": truth, "x": x},
        chance={r"\mathcal D": only(sets, FIT)}, witness=WEIGHTS, within=1e-12,
    )  # fmt: skip


def test_code_takes_the_same_bias_and_variance():
    parts = numeric.decompose(np.array([FITS], float).T, [float(TRUTH)], 0)
    expected = mean(FITS) - TRUTH
    np.testing.assert_allclose(parts.bias_squared, float(expected**2), rtol=1e-14)
    expected = mean((fit - mean(FITS)) ** 2 for fit in FITS)
    np.testing.assert_allclose(parts.variance, float(expected), rtol=1e-14)


@pytest.mark.equation("variance")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_variance_does_not_know_the_truth(evidence, x, degree, share, larger):
    sets, spread = polynomials(degree, share, larger)
    evidence.evaluates(
        {r"\operatorname{Var}": variance_of(degree, spread), "x": x},
        chance={r"\mathcal D": only(sets, FIT)}, witness=WEIGHTS, within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("decomposition")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_expected_squared_error_has_three_parts(evidence, x, degree, share, larger):
    sets, spread = polynomials(degree, share, larger)
    answers, noise = new_answers(x, 0.3, larger)
    evidence.evaluates(
        {
            r"\operatorname{Bias}": bias_of(degree), "x": x, r"\sigma": noise,
            r"\operatorname{Var}": variance_of(degree, spread),
        },
        chance={r"\mathcal D": only(sets, FIT), r"\varepsilon": only(answers, "y")},
        witness=WEIGHTS, within=1e-12,
    )  # fmt: skip


def test_code_adds_the_three_parts_up():
    pairs = itertools.product(FITS, NOISES)  # every noise with every fit: independent
    expected = mean((TRUTH + noise - fit) ** 2 for fit, noise in pairs)
    spread = float(mean(noise**2 for noise in NOISES)) ** 0.5
    parts = numeric.decompose(np.array([FITS], float).T, [float(TRUTH)], spread)
    np.testing.assert_allclose(parts.total, float(expected), rtol=1e-14)


@pytest.mark.equation("error-split")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_an_error_is_a_noise_a_wobble_and_the_bias(evidence, x, degree, share, larger):
    sets, _ = polynomials(degree, share, larger)
    answers, _ = new_answers(x, share, larger)
    bias = bias_of(degree)
    for (_, fit), (_, answer) in itertools.product(sets[2::5], answers):
        evidence.evaluates(
            {
                **only([(1, fit)], FIT)[0][1], **answer, "f": truth, "x": x,
                r"\bar f": lambda at: truth(at) + bias(at),
            },
            chance={r"\mathcal D": only(sets, FIT)}, witness=WEIGHTS, within=1e-12,
        )  # fmt: skip


@pytest.mark.equation("three-squares")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_the_three_squares_are_the_three_parts(evidence, x, degree, share, larger):
    sets, spread = polynomials(degree, share, larger)
    answers, noise = new_answers(x, 0.3, larger)
    evidence.evaluates(
        {
            r"\operatorname{Bias}": bias_of(degree), "x": x, r"\sigma": noise, "f": truth,
            r"\operatorname{Var}": variance_of(degree, spread),
            r"\bar f": lambda at: weights(at, degree) @ truth(FEW),
        },
        chance={r"\mathcal D": only(sets, FIT), r"\varepsilon": only(answers, r"\varepsilon")},
        witness=WEIGHTS, within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("mixed-products")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_mixed_products_have_products_of_means(evidence, x, degree, share, larger):
    """Neither has the noise mean zero here, nor is the function the mean fit: it need not be."""
    sets, _ = polynomials(degree, share, larger)
    evidence.evaluates(
        {"f": truth, "x": x, r"\bar f": np.cosh},
        chance={
            r"\mathcal D": only(sets, FIT),
            r"\varepsilon": [(share, {r"\varepsilon": larger}), (1 - share, {r"\varepsilon": 0.7})],
        },
        witness="all pairs of a training set and a noise, counted", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("mean-wobble")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_predictions_lie_around_their_mean(evidence, x, degree, share, larger):
    sets, _ = polynomials(degree, share, larger)
    evidence.evaluates(
        {"x": x, r"\bar f": lambda at: weights(at, degree) @ truth(FEW)},
        chance={r"\mathcal D": only(sets, FIT)}, witness=WEIGHTS, within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("dependent-noise")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_a_target_that_was_seen_takes_twice_its_covariance_away(evidence, x, degree, share, larger):
    sets, spread = polynomials(degree, share, larger)
    evidence.evaluates(
        {
            r"\operatorname{Bias}": bias_of(degree), r"\sigma": spread,
            r"\operatorname{Var}": variance_of(degree, spread),
            "x_i": dict(enumerate(FEW, 1)),
        },
        at={"i": [1, 2, 4]}, chance={r"\mathcal D": sets}, witness=WEIGHTS, within=1e-12,
    )  # fmt: skip


# Nearest neighbours --------------------------------------------------------------------------

NEIGHBOURS = [(0.45, 2, *LARGER[0]), (0.2, 4, *LARGER[1])]
NEAR = PLACES[:5]


def by_distance(values, x):
    """Number what belongs to the training points from the nearest on."""
    order = np.argsort(np.abs(NEAR - x), kind="stable")
    return dict(enumerate(np.asarray(values)[order], 1))


def nearest(answers, x, k):
    fit = KNeighborsRegressor(n_neighbors=k).fit(NEAR[:, None], answers)
    return fit.predict([[x]])[0]


def measured(x, k, sets):
    """Let scikit-learn predict from every training set; return mean and variance."""
    answers = truth(NEAR)[:, None] + np.array([noise for _, noise in sets]).T
    fits, shares = nearest(answers, x, k), np.array([p for p, _ in sets])
    return shares @ fits, shares @ (fits - shares @ fits) ** 2


EVERY_SET = "scikit-learn's neighbours, trained on every set that chance can give"


@pytest.mark.equation("knn-mean")
@pytest.mark.parametrize(("x", "k"), [(0.45, 2), (0.2, 4)])
def test_prediction_is_the_mean_target_of_the_nearest(evidence, x, k):
    answers = [2, 3, 5, 7, 11]
    evidence.evaluates(
        {
            FIT: lambda at: nearest(answers, at, k), "x": x, "k": k,
            "y_{(i)}": by_distance(answers, x),
        },
        witness="the neighbours of scikit-learn", within=1e-14,
    )  # fmt: skip
    code = numeric.knn_predict(NEAR, answers, [x], k)[0]
    evidence.agrees(code, nearest(answers, x, k), witness="scikit-learn", within=1e-14)


@pytest.mark.equation("knn-bias")
@pytest.mark.parametrize(("x", "k", "share", "larger"), NEIGHBOURS)
def test_bias_of_neighbours_is_what_the_truth_does_between_them(evidence, x, k, share, larger):
    cases, _ = noises(share, larger)
    sets = list(worlds(cases, len(NEAR)))
    bias = measured(x, k, sets)[0] - truth(x)
    evidence.evaluates(
        {
            r"\operatorname{Bias}": {x: bias}.__getitem__, "f": truth, "x": x, "k": k,
            "x_{(i)}": by_distance(NEAR, x),
        },
        chance={
            r"\mathcal D": [(p, {"y_{(i)}": by_distance(truth(NEAR) + e, x)}) for p, e in sets]
        },
        witness=EVERY_SET, within=1e-12,
    )  # fmt: skip
    code = numeric.knn_bias(NEAR, truth(NEAR), [x], [truth(x)], k)[0]
    evidence.agrees(code, bias, witness="scikit-learn", within=1e-12)


@pytest.mark.equation("knn-noises")
@pytest.mark.parametrize(("x", "k", "share", "larger"), NEIGHBOURS)
def test_variance_of_neighbours_is_that_of_pairs_of_noises(evidence, x, k, share, larger):
    """Each noise has a part of the others in it here, so that every pair counts."""
    mix = np.random.default_rng(7).uniform(0.5, 1.5, (len(NEAR), len(NEAR)))
    sets = [(p, mix @ noise) for p, noise in worlds(noises(share, larger)[0], len(NEAR))]
    evidence.evaluates(
        {r"\operatorname{Var}": {x: measured(x, k, sets)[1]}.__getitem__, "x": x, "k": k},
        chance={
            r"\mathcal D": [(p, {r"\varepsilon_{(i)}": by_distance(e, x)}) for p, e in sets]
        },
        witness=EVERY_SET, within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("knn-variance")
@pytest.mark.parametrize(("x", "k", "share", "larger"), NEIGHBOURS)
def test_variance_of_neighbours_falls_with_their_number(evidence, x, k, share, larger):
    cases, spread = noises(share, larger)
    variance = measured(x, k, list(worlds(cases, len(NEAR))))[1]
    evidence.evaluates(
        {r"\operatorname{Var}": {x: variance}.__getitem__, "x": x, "k": k, r"\sigma": spread},
        witness=EVERY_SET, within=1e-12,
    )  # fmt: skip
    code = numeric.knn_variance(spread, k)
    evidence.agrees(code, variance, witness="scikit-learn", within=1e-12)


# Other weights -------------------------------------------------------------------------------


@pytest.mark.equation("weighted-sum")
@pytest.mark.parametrize(("x", "degree", "n_points"), [(0.37, 2, 5), (0.61, 1, 6)])
def test_polynomials_are_weighted_sums(evidence, x, degree, n_points):
    places, answers = PLACES[:n_points], np.array([2.0, 3, 5, 7, 11, 13])[:n_points]
    weighed = numeric.polynomial_weights(places, [x], degree)[0]
    evidence.evaluates(
        {
            FIT: np.polynomial.Polynomial.fit(places, answers, degree), "x": x, "n": n_points,
            "w_i": dict(enumerate(weighed, 1)), "y_i": dict(enumerate(answers, 1)),
        },
        witness="numpy.polynomial; the weights are the book's own polynomial_weights",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("smoother-variance")
@pytest.mark.parametrize(("x", "degree", "share", "larger"), SETTINGS)
def test_variance_of_a_weighted_sum_is_that_of_its_noises(evidence, x, degree, share, larger):
    for n_points in (4, 5):
        places = PLACES[:n_points]
        cases, spread = noises(share, larger)
        sets = [
            (p, np.polynomial.Polynomial.fit(places, truth(places) + noise, degree)(x))
            for p, noise in worlds(cases, n_points)
        ]
        average = sum(p * fit for p, fit in sets)
        variance = sum(p * (fit - average) ** 2 for p, fit in sets)
        weighed = numeric.polynomial_weights(places, [x], degree)
        evidence.evaluates(
            {
                r"\operatorname{Var}": {x: variance}.__getitem__, "x": x, "n": n_points,
                r"\sigma": spread, "w_i": dict(enumerate(weighed[0], 1)),
            },
            witness="numpy.polynomial on every training set that chance can give; "
            "the weights are the book's own polynomial_weights",
            within=1e-11,
        )  # fmt: skip
        code = numeric.smoother_parts(weighed, truth(places), [truth(x)], spread)
        evidence.agrees(code.variance, [variance], witness="every training set", within=1e-11)


@pytest.mark.equation("bagged-weight")
@pytest.mark.parametrize("size", [3, 5])
def test_weights_in_bags_are_those_of_all_bags(evidence, size):
    bags = itertools.product(range(1, size + 1), repeat=size)
    best = [min(bag) for bag in bags]
    shares = {at: best.count(at) / len(best) for at in range(1, size + 1)}
    evidence.evaluates(
        {"w_{(i)}": shares, "n": size}, at={"i": range(1, size + 1)},
        witness="the nearest point of every bag, counted", within=1e-14,
    )  # fmt: skip
    code = numeric.bagged_neighbour_weights(size)
    evidence.agrees(code, list(shares.values()), witness="every bag counted", within=1e-14)
