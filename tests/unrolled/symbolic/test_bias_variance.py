"""What the page about the decomposition shows, held against finite worlds in exact fractions."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy

from unrolled.foundations import bias_variance as numeric
from unrolled.symbolic import bias_variance as symbolic
from unrolled.symbolic.bias_variance import AT_X, SHORT, Expectation, epsilon, i, k, n, sigma, w

TRUTH = Fraction(3, 7)
FITS = [Fraction(1, 2), Fraction(-2, 3), Fraction(5, 11)]  # predictions of equally likely sets
NOISES = [Fraction(-1), Fraction(-1, 5), Fraction(6, 5)]  # equally likely, with mean zero
PLACES = np.array([0.0, 0.13, 0.29, 0.53, 0.71, 0.97])


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / Fraction(len(numbers))


def here():
    """Return what the letters of one point stand for in the finite world."""
    return {
        SHORT.truth: sympy.Rational(TRUTH),
        SHORT.mean: sympy.Rational(mean(FITS)),
        SHORT.mean_square: sympy.Rational(mean(fit**2 for fit in FITS)),
        sigma: sympy.sqrt(sympy.Rational(mean(noise**2 for noise in NOISES))),
    }


def value(expression):
    return sympy.expand(expression.doit().xreplace(dict(zip(AT_X, SHORT, strict=True)))).subs(
        here()
    )


def exactly(fraction):
    return sympy.Rational(fraction.numerator, fraction.denominator)


def settled(equation):
    """Write what is left of an equation in the short letters."""
    return equation.residual.xreplace(dict(zip(AT_X, SHORT, strict=True)))


@pytest.mark.equation("bias")
def test_bias_is_the_mean_fit_less_the_truth(evidence):
    equation = symbolic.bias()
    evidence.rendered(equation)
    evidence.identity(settled(equation))
    expected = exactly(mean(FITS) - TRUTH)
    evidence.agrees(value(equation.lhs), expected, witness="exact fractions", within=0)
    ours = numeric.decompose(np.array([FITS], float).T, [float(TRUTH)], 0).bias_squared
    evidence.agrees(ours, [float(expected**2)], witness="exact fractions", within=1e-14)


@pytest.mark.equation("variance")
def test_variance_does_not_know_the_truth(evidence):
    equation = symbolic.variance()
    evidence.rendered(equation)
    evidence.identity(settled(equation))
    assert SHORT.truth not in equation.lhs.doit().free_symbols
    expected = exactly(mean((fit - mean(FITS)) ** 2 for fit in FITS))
    evidence.agrees(value(equation.rhs), expected, witness="exact fractions", within=0)
    ours = numeric.decompose(np.array([FITS], float).T, [float(TRUTH)], 0).variance
    evidence.agrees(ours, [float(expected)], witness="exact fractions", within=1e-14)


@pytest.mark.equation("decomposition")
def test_expected_squared_error_has_three_parts(evidence):
    equation = symbolic.decomposition()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    pairs = itertools.product(FITS, NOISES)  # every noise with every fit: independent
    expected = exactly(mean((TRUTH + noise - fit) ** 2 for fit, noise in pairs))
    for side in equation.sides:
        evidence.agrees(value(side), expected, witness="exact fractions", within=0)
    spread = float(mean(noise**2 for noise in NOISES)) ** 0.5
    ours = numeric.decompose(np.array([FITS], float).T, [float(TRUTH)], spread).total
    evidence.agrees(ours, [float(expected)], witness="exact fractions", within=1e-14)


@pytest.mark.equation("decomposition")
def test_every_step_of_the_derivation_holds(evidence):
    evidence.rendered(symbolic.decomposition())
    split, squares, mixed = symbolic.derive_decomposition()
    evidence.identity(split.residual.subs(symbolic.y, SHORT.truth + epsilon))
    noise, wobble, offset = symbolic._pieces()
    evidence.identity(split.rhs - (noise - wobble - offset))
    steps = [*squares.equations, *mixed.equations]
    assert len(steps) == 6
    for step in steps:
        for one, other in itertools.pairwise(step.sides):
            evidence.identity(one.doit() - other.doit())
    products = [equation.lhs.args[0] for equation in steps]
    signs = (1, 1, 1, -2, -2, 2)
    square = sum(sign * term for sign, term in zip(signs, products, strict=True))
    evidence.identity(square - split.rhs**2)


@pytest.mark.equation("dependent-noise")
def test_an_answer_that_was_seen_takes_twice_its_covariance_away(evidence):
    equation = symbolic.dependent_noise()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    pairs = list(zip(FITS, NOISES, strict=True))  # one noise for each fit: dependent
    expected = exactly(mean((TRUTH + noise - fit) ** 2 for fit, noise in pairs))
    shared = exactly(mean(noise * fit for fit, noise in pairs))
    for side in equation.sides:
        ours = value(side).subs(symbolic.covariance, shared)
        evidence.agrees(ours, expected, witness="exact fractions", within=0)


def test_means_know_nothing_of_third_powers():
    with pytest.raises(KeyError):
        Expectation(epsilon**3).doit()
    with pytest.raises(ValueError, match="linear in the answers"):
        Expectation(symbolic.Answer(i) ** 2).doit()


@pytest.mark.equation("knn-mean")
def test_prediction_is_the_mean_answer_of_the_nearest(evidence):
    equation = symbolic.knn_mean()
    evidence.rendered(equation)
    answers = [2, 3, 5, 7, 11, 13]
    order = sorted(range(6), key=lambda at: abs(PLACES[at] - 0.5))
    for neighbours in (1, 2, 5):
        ours = equation.rhs.subs(k, neighbours).doit()
        ours = ours.replace(symbolic.Answer, lambda at: sympy.Integer(answers[order[at - 1]]))
        theirs = numeric.knn_predict(PLACES, answers, [0.5], neighbours)[0]
        evidence.agrees(float(ours), theirs, witness="NumPy", within=1e-15)


@pytest.mark.equation("knn-bias")
def test_bias_of_neighbours_is_what_the_truth_does_between_them(evidence):
    equation = symbolic.knn_bias()
    evidence.rendered(equation)
    evidence.identity(settled(equation))
    truth = [Fraction(at * at, 3) for at in range(3)]
    worlds = itertools.product(NOISES, repeat=3)  # every noise at each of three neighbours
    fits = (mean(f + e for f, e in zip(truth, world, strict=True)) for world in worlds)
    ours = equation.rhs.subs(k, 3).doit().xreplace({AT_X.truth: sympy.Rational(TRUTH)})
    ours = ours.replace(symbolic.Truth, lambda at: exactly(truth[at - 1]))
    evidence.agrees(ours, exactly(mean(fits) - TRUTH), witness="every answer counted", within=0)


@pytest.mark.equation("knn-variance")
def test_variance_of_neighbours_falls_with_their_number(evidence):
    equation = symbolic.knn_variance()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    square = mean(noise**2 for noise in NOISES)
    for neighbours in (1, 2, 5):
        evidence.identity(symbolic.derive_knn_variance().subs(k, neighbours).residual)
        ours = equation.rhs.subs(k, neighbours).subs(sigma, sympy.sqrt(exactly(square)))
        worlds = itertools.product(NOISES, repeat=neighbours)
        expected = mean(mean(world) ** 2 for world in worlds)
        evidence.agrees(ours, exactly(expected), witness="every answer counted", within=0)
        theirs = numeric.knn_variance(float(square) ** 0.5, neighbours)
        evidence.agrees(float(ours), theirs, witness="NumPy", within=1e-15)


@pytest.mark.equation("weighted-sum")
def test_polynomials_are_weighted_sums(evidence):
    equation = symbolic.weighted_sum()
    evidence.rendered(equation)
    answers = np.array([2.0, 3, 5, 7, 11, 13])
    weights = numeric.polynomial_weights(PLACES, [0.4], 2)[0]
    ours = sum(
        float(equation.rhs.function.subs({w[i]: weights[at], symbolic.named("y_i"): answers[at]}))
        for at in range(6)
    )
    theirs = np.polynomial.Polynomial.fit(PLACES, answers, 2)(0.4)
    evidence.agrees(ours, theirs, witness="numpy.polynomial", within=1e-13)


@pytest.mark.equation("smoother-variance")
def test_variance_of_a_weighted_sum_is_that_of_its_noises(evidence):
    equation = symbolic.smoother_variance()
    evidence.rendered(equation)
    weights = [Fraction(2, 3), Fraction(1, 2), Fraction(-1, 6)]
    square = mean(noise**2 for noise in NOISES)
    worlds = itertools.product(NOISES, repeat=3)
    expected = mean(
        sum(a * b for a, b in zip(weights, world, strict=True)) ** 2 for world in worlds
    )
    ours = equation.rhs.subs(n, 3).doit().subs(sigma, sympy.sqrt(exactly(square)))
    ours = ours.subs({w[at + 1]: exactly(weight) for at, weight in enumerate(weights)})
    evidence.agrees(ours, exactly(expected), witness="every answer counted", within=0)
    theirs = numeric.smoother_parts(
        np.array([weights], float), [0, 0, 0], [0], float(square) ** 0.5
    )
    evidence.agrees(
        theirs.variance, [float(expected)], witness="every answer counted", within=1e-14
    )


@pytest.mark.equation("bagged-weight")
def test_weights_in_bags_are_those_of_all_bags(evidence):
    equation = symbolic.bagged_weight()
    evidence.rendered(equation)
    for size in (1, 2, 5):
        bags = itertools.product(range(1, size + 1), repeat=size)
        nearest = [min(bag) for bag in bags]
        theirs = [Fraction(nearest.count(at), len(nearest)) for at in range(1, size + 1)]
        ours = [equation.rhs.subs({i: at, n: size}) for at in range(1, size + 1)]
        for one, other in zip(ours, theirs, strict=True):
            evidence.agrees(one, exactly(other), witness="every bag counted", within=0)
        weights = numeric.bagged_neighbour_weights(size)
        evidence.agrees(weights, np.array(theirs, float), witness="every bag counted", within=1e-15)
