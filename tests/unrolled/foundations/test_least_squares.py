import re

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn.linear_model import LinearRegression

from unrolled.foundations.least_squares import (
    break_even_coefficient,
    coefficient_covariance,
    excess_error,
    least_squares,
    leverages,
    predict,
    simulate_errors,
)

N_POINTS, N_DIMS, N_SETS = 11, 3, 7
RNG = np.random.default_rng(7)
POINTS = RNG.normal(size=(N_POINTS, N_DIMS)) + 2
TARGETS = RNG.normal(size=N_POINTS)


def test_a_line_by_hand():
    fit = least_squares([[0], [1], [2]], [1, 1, 4], intercept=True)
    np.testing.assert_allclose([fit.intercept, *fit.coefficients], [0.5, 1.5], rtol=1e-14)
    np.testing.assert_allclose(predict(fit, [[4]]), [6.5], rtol=1e-14)


def test_a_slope_through_the_origin_by_hand():
    fit = least_squares([[1], [2], [2]], [1, 0, 4])
    assert fit.intercept == 0
    np.testing.assert_allclose(fit.coefficients, [1], rtol=1e-15)
    np.testing.assert_allclose(coefficient_covariance([[1], [2], [2]], noise=3), [[1]], rtol=1e-15)
    np.testing.assert_allclose(leverages([[1], [2], [2]]), np.array([1, 4, 4]) / 9, rtol=1e-15)


def test_prices_by_hand():
    np.testing.assert_allclose(excess_error(20, 10, noise=3), 10, rtol=1e-15)
    np.testing.assert_allclose(excess_error(5, 1, intercept=True), 0.2 + 1.2 / 2, rtol=1e-15)
    np.testing.assert_allclose(break_even_coefficient(20, 10, noise=6), 2, rtol=1e-15)
    assert excess_error([[20], [200]], [3, 5, 7], noise=0).tolist() == [[0, 0, 0]] * 2


@pytest.mark.parametrize("intercept", [False, True])
def test_fit_matches_other_libraries(intercept):
    fit = least_squares(POINTS, TARGETS, intercept=intercept)
    library = LinearRegression(fit_intercept=intercept).fit(POINTS, TARGETS)
    np.testing.assert_allclose(fit.coefficients, library.coef_, rtol=1e-12)
    np.testing.assert_allclose(fit.intercept, library.intercept_, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(predict(fit, POINTS), library.predict(POINTS), rtol=1e-12)


def test_residuals_are_at_right_angles_to_every_column():
    fit = least_squares(POINTS, TARGETS)
    np.testing.assert_allclose(POINTS.T @ (TARGETS - predict(fit, POINTS)), 0, atol=1e-13)


def test_leverages_are_the_diagonal_of_the_hat_matrix_and_add_up_to_the_features():
    hat = POINTS @ np.linalg.inv(POINTS.T @ POINTS) @ POINTS.T
    np.testing.assert_allclose(leverages(POINTS), np.diag(hat), rtol=1e-12)
    np.testing.assert_allclose(leverages(POINTS).sum(), N_DIMS, rtol=1e-14)


def test_covariance_matches_the_inverse():
    theirs = 0.49 * scipy.linalg.inv(POINTS.T @ POINTS)
    np.testing.assert_allclose(coefficient_covariance(POINTS, noise=0.7), theirs, rtol=1e-12)


@pytest.mark.parametrize("intercept", [False, True])
def test_mixed_features_give_the_same_predictions(intercept):
    mix = np.array([[2.0, 1, 0], [-1, 3, 5], [0, 7, 1]])
    straight = predict(least_squares(POINTS, TARGETS, intercept=intercept), POINTS)
    mixed = least_squares(POINTS @ mix, TARGETS, intercept=intercept)
    np.testing.assert_allclose(predict(mixed, POINTS @ mix), straight, rtol=1e-11)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("scale", [2.0**-450, 2.0**450])
def test_units_are_no_matter(intercept, scale):
    units = np.array([1.0, scale, 1 / scale])
    fit = least_squares(POINTS, TARGETS, intercept=intercept)
    other = least_squares(POINTS * units, TARGETS, intercept=intercept)
    np.testing.assert_allclose(other.coefficients * units, fit.coefficients, rtol=1e-12)
    np.testing.assert_allclose(other.intercept, fit.intercept, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(leverages(POINTS * units), leverages(POINTS), rtol=1e-12)
    in_units = coefficient_covariance(POINTS * scale, noise=scale)
    np.testing.assert_allclose(in_units, coefficient_covariance(POINTS), rtol=1e-12)
    louder = least_squares(POINTS, TARGETS * scale, intercept=intercept)
    np.testing.assert_allclose(louder.coefficients / scale, fit.coefficients, rtol=1e-12)


def test_far_from_the_origin_an_intercept_keeps_its_digits():
    near = least_squares(POINTS, TARGETS, intercept=True)
    far = least_squares(POINTS + 1e6, TARGETS, intercept=True)
    np.testing.assert_allclose(far.coefficients, near.coefficients, rtol=1e-8)


@pytest.mark.parametrize(("intercept", "n_dims"), [(False, 5), (True, 5), (True, 3)])
def test_simulation_meets_both_laws(intercept, n_dims):
    rng = np.random.default_rng(7)
    errors = simulate_errors(23, n_dims, 20_000, rng=rng, noise=0.7, intercept=intercept)
    price = excess_error(23, n_dims, noise=0.7, intercept=intercept)
    np.testing.assert_allclose(errors.excess.mean(), price, rtol=0.02)
    law = 0.49 * (1 - (n_dims + intercept) / 23)
    np.testing.assert_allclose(errors.training.mean(), law, rtol=0.01)


def test_simulated_sets_are_those_that_a_fit_one_by_one_would_see():
    ours = simulate_errors(11, 3, N_SETS, rng=np.random.default_rng(5), intercept=True)
    rng = np.random.default_rng(5)
    points, noise = rng.standard_normal((N_SETS, 11, 3)), rng.standard_normal((N_SETS, 11))
    for i in range(N_SETS):
        fit = least_squares(points[i], noise[i], intercept=True)
        np.testing.assert_allclose(
            ours.training[i], np.mean((noise[i] - predict(fit, points[i])) ** 2), rtol=1e-11
        )
        at_hand = fit.intercept**2 + fit.coefficients @ fit.coefficients
        np.testing.assert_allclose(ours.excess[i], at_hand, rtol=1e-11)


def test_the_truth_changes_neither_error():
    moved = TARGETS + POINTS @ [3, -1, 2]
    before, after = least_squares(POINTS, TARGETS), least_squares(POINTS, moved)
    np.testing.assert_allclose(after.coefficients - [3, -1, 2], before.coefficients, rtol=1e-12)


def test_one_point_too_few_has_a_median_and_no_mean():
    rng = np.random.default_rng(7)
    excess = simulate_errors(11, 10, 20_000, rng=rng).excess
    halves = excess.reshape(2, -1)
    np.testing.assert_allclose(*np.median(halves, axis=1), rtol=0.1)
    few_and_many = excess[:100].mean(), excess.mean()
    assert few_and_many[1] > 3 * np.median(excess)
    hill = np.mean(np.log(np.sort(excess)[-200:] / np.sort(excess)[-201]))
    assert 1 / hill < 1.2, "the tail falls no faster than one over the size"


def test_break_even_is_where_two_prices_meet():
    n_points, n_dims = 19, 7
    beta = float(break_even_coefficient(n_points, n_dims, noise=1.3))
    without = beta**2 + excess_error(n_points, n_dims - 1, noise=np.hypot(1.3, beta))
    np.testing.assert_allclose(without, excess_error(n_points, n_dims, noise=1.3), rtol=1e-14)


def test_price_is_the_mean_of_an_inverse_wishart():
    mean = stats.invwishart(df=20, scale=np.eye(5)).mean()
    np.testing.assert_allclose(excess_error(20, 5), np.trace(mean), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: least_squares([1.0, 2.0], [1, 2]), r"points must have shape \(n_points, n_dims\)"),
        (lambda: least_squares([[1.0], [2.0]], [1, 2, 3]), r"targets must have shape"),
        (lambda: least_squares([[np.nan], [2.0]], [1, 2]), "points must be finite"),
        (lambda: least_squares(np.eye(2)[:1], [1]), "points must hold at least 2 points"),
        (lambda: least_squares(np.eye(2), [1, 2], intercept=True), "and an intercept, got 2"),
        (lambda: least_squares(np.zeros((0, 2)), []), "at least one point and one feature"),
        (lambda: least_squares([[1, 0.0], [2, 0]], [1, 2]), "no columns of zeros, got one in col"),
        (
            lambda: least_squares([[1, 0.1], [2, 0.1], [4, 0.1]], [1, 2, 3], intercept=True),
            "no constant columns beside an intercept, got one in column 1",
        ),
        (lambda: least_squares([[1, 2], [2, 4], [3, 6]], [1, 2, 3]), "got 2 columns of rank 1"),
        (lambda: least_squares([[1e-300], [2e-300]], [1e300, 0]), "targets must give coefficients"),
        (lambda: coefficient_covariance([[1e-200], [0]]), "points must give a covariance"),
        (lambda: coefficient_covariance([[1], [0]], noise=-1), "noise must be at least 0"),
        (lambda: predict(least_squares([[1], [2]], [1, 2]), [[1, 2]]), "points must have shape"),
        (lambda: predict(least_squares([[1], [2]], [9, 9]), [[1e308]]), "predictions that a float"),
        (lambda: excess_error(11, 10), r"n_points must be at least n_dims \+ 2 .* got 11 with"),
        (lambda: excess_error(12, 10, intercept=True), r"at least n_dims \+ 3"),
        (lambda: excess_error([50, 9], [3, 8]), "got 9 with n_dims = 8"),
        (lambda: excess_error(20, 2.5), "n_dims must hold integers"),
        (lambda: break_even_coefficient(5, 4), r"at least n_dims \+ 2"),
        (lambda: simulate_errors(4, 5, 3, rng=RNG), "n_points must be at least 5, got 4"),
        (lambda: simulate_errors(5, 5, 3, rng=RNG, intercept=True), "must be at least 6, got 5"),
        (lambda: simulate_errors(5, 5, 10**8, rng=RNG), "n_sets times n_points times n_dims"),
        (lambda: simulate_errors(5, 2, 3, rng=7), "rng must be a numpy.random.Generator"),
    ],
)
def test_complaints_name_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@given(
    hnp.arrays(float, (5, 2), elements=st.floats(width=64)),
    hnp.arrays(float, 5, elements=st.floats(width=64)),
    st.booleans(),
)
def test_any_numbers_give_a_fit_or_a_complaint(points, targets, intercept):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        try:
            fit = least_squares(points, targets, intercept=intercept)
        except ValueError as complaint:
            assert re.match(r"(points|targets) must ", str(complaint))  # noqa: PT017
            return
    assert np.isfinite([*fit.coefficients, fit.intercept]).all()
