"""What the page about growing dimensions shows, held against components, draws and libraries."""

import itertools

import numpy as np
import pytest
import sympy
from scipy import integrate, stats

from unrolled.foundations import least_squares as numeric
from unrolled.symbolic import least_squares as symbolic
from unrolled.symbolic.least_squares import D, beta, k, m, n, sigma

N_POINTS, N_DIMS, SIGMA = 5, 3, 0.7


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(7).integers(-5, 6, (N_POINTS, N_DIMS))


@pytest.fixture(scope="module")
def meaning(points):
    return symbolic.meaning_of_design(sympy.Matrix(points.tolist()), 1)


def draws(n_points, n_dims, n_sets, seed=7):
    return np.random.default_rng(seed).standard_normal((n_sets, n_points, n_dims))


def numbers(matrix):
    return np.array(matrix.tolist(), dtype=float)


@pytest.mark.equation("least-squares")
@pytest.mark.parametrize(("n_points", "n_dims"), [(7, 3), (11, 5)])
def test_the_normal_equations_have_the_solution_that_is_shown(evidence, n_points, n_dims):
    rng = np.random.default_rng(7)
    X, y = rng.normal(size=(n_points, n_dims)), rng.normal(size=n_points)
    evidence.evaluates(
        {"X": X, "y": y, r"\widehat{w}": np.linalg.lstsq(X, y, rcond=None)[0]},
        witness="the singular value decomposition of NumPy's lstsq",
        within=1e-12,
    )
    code = numeric.least_squares(X, y).coefficients
    evidence.agrees(code, np.linalg.solve(X.T @ X, X.T @ y), witness="NumPy", within=1e-12)


def test_every_step_of_the_derivation_holds(meaning):
    for step in symbolic.derive_least_squares():
        assert symbolic.written_out(step, meaning).applyfunc(sympy.expand).is_zero_matrix


@pytest.mark.equation("coefficient-covariance")
def test_coefficients_spread_as_the_inverse_says(evidence, points, meaning):
    equation = symbolic.coefficient_covariance()
    evidence.rendered(equation)
    evidence.identity(symbolic.written_out(equation, meaning))
    ours = numeric.coefficient_covariance(points, noise=SIGMA)
    exact = numbers(meaning[symbolic.COVARIANCE].subs(sigma, sympy.Rational(7, 10)))
    evidence.agrees(ours, exact, witness="exact fractions", within=1e-13)
    noise = np.random.default_rng(7).normal(0, SIGMA, (N_POINTS, 100_000))
    fits = np.linalg.lstsq(points.astype(float), noise, rcond=None)[0]
    evidence.agrees(ours, np.cov(fits), witness="simulation", within=0.02)


@pytest.mark.equation("in-sample-variance")
def test_fitted_values_hold_a_share_of_the_noise_for_each_feature(evidence, points, meaning):
    equation = symbolic.in_sample_variance()
    evidence.rendered(equation)
    evidence.identity(symbolic.written_out(equation, meaning))
    evidence.identity(meaning[symbolic.FITTED_VARIANCE] - sigma**2 * sympy.Rational(3, 5))
    noise = np.random.default_rng(11).normal(0, SIGMA, (N_POINTS, 100_000))
    fitted = points @ np.linalg.lstsq(points.astype(float), noise, rcond=None)[0]
    ours = float(equation.rhs.subs({n: N_POINTS, D: N_DIMS, sigma: SIGMA}))
    evidence.agrees(ours, fitted.var(axis=1).mean(), witness="simulation", within=0.01)
    evidence.agrees(numeric.leverages(points).sum(), 3.0, witness="a trace", within=1e-13)


@pytest.mark.equation("training-error")
def test_residuals_lose_what_the_fit_has_taken(evidence, meaning):
    equation = symbolic.training_error()
    evidence.rendered(equation)
    evidence.identity(symbolic.written_out(equation, meaning))
    ours = float(equation.rhs.subs({n: 19, D: 7, sigma: SIGMA}))
    X, rng = draws(19, 7, 1)[0], np.random.default_rng(13)
    squares = np.linalg.lstsq(X, rng.normal(0, SIGMA, (19, 40_000)), rcond=None)[1]
    evidence.agrees(ours, squares.mean() / 19, witness="simulation", within=0.01)


@pytest.mark.equation("column-residual")
def test_a_diagonal_entry_is_one_over_what_is_a_columns_own(evidence, points):
    equation = symbolic.column_residual()
    evidence.rendered(equation)
    for column in range(N_DIMS):
        meaning = symbolic.meaning_of_design(sympy.Matrix(points.tolist()), column)
        evidence.identity(symbolic.written_out(equation, meaning))
    X = draws(17, 5, 1)[0]
    ours = [
        1 / np.linalg.lstsq(np.delete(X, j, axis=1), X[:, j], rcond=None)[1][0] for j in range(5)
    ]
    theirs = np.diag(np.linalg.inv(X.T @ X))
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-12)


def test_the_squared_residual_of_a_normal_column_is_chi_squared():
    X = draws(11, 4, 20_000)
    squares = 1 / np.linalg.inv(np.swapaxes(X, 1, 2) @ X)[:, 2, 2]
    assert stats.kstest(squares, stats.chi2(11 - 4 + 1).cdf).pvalue > 0.01
    assert stats.kstest(squares, stats.chi2(11 - 4).cdf).pvalue < 1e-6


@pytest.mark.equation("inverse-chi-square")
def test_mean_of_one_over_a_chi_squared_number(evidence):
    equation = symbolic.inverse_chi_square()
    evidence.rendered(equation)
    above_two = sympy.Symbol("t", positive=True)
    evidence.identity(sympy.simplify(equation.residual.subs(m, above_two + 2).doit()))
    for freedom in (3, 5, 16):
        ours = float(equation.rhs.subs(m, freedom))
        theirs = stats.chi2(freedom).expect(lambda q: 1 / q)
        evidence.agrees(ours, theirs, witness="SciPy", within=1e-7)


def test_the_density_under_the_integral_is_that_of_chi_squared():
    density = sympy.lambdify((symbolic.q, m), symbolic.chi_square_density())
    q = np.linspace(0.1, 30, 53)
    np.testing.assert_allclose([density(each, 7.0) for each in q], stats.chi2(7).pdf(q), rtol=1e-12)
    under = symbolic.inverse_chi_square().sides[1].function
    assert sympy.simplify(under * symbolic.q - symbolic.chi_square_density()) == 0


def test_the_integral_has_no_value_with_two_degrees_of_freedom():
    integral = symbolic.inverse_chi_square().sides[1]
    assert integral.subs(m, 2).doit() == sympy.oo
    reached = [
        integrate.quad(lambda q: stats.chi2(2).pdf(q) / q, low, 50)[0] for low in (1e-2, 1e-4)
    ]
    np.testing.assert_allclose(np.diff(reached), np.log(100) / 2, rtol=0.01)


@pytest.mark.equation("excess-error")
def test_price_of_features_on_new_points(evidence):
    equation = symbolic.excess_error()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for n_points, n_dims in ((20, 5), (11, 3), (29, 13)):
        values = {n: n_points, D: n_dims, sigma: SIGMA}
        ours = float(equation.rhs.subs(values))
        wishart = stats.invwishart(df=n_points, scale=np.eye(n_dims)).mean()
        evidence.agrees(ours, SIGMA**2 * np.trace(wishart), witness="SciPy", within=1e-13)
        code = numeric.excess_error(n_points, n_dims, noise=SIGMA)
        evidence.agrees(code, ours, witness="SymPy", within=1e-14)
        X = draws(n_points, n_dims, 20_000)
        noise = SIGMA * draws(n_points, 1, 20_000, seed=11)
        moments = np.swapaxes(X, 1, 2)
        off = np.linalg.solve(moments @ X, moments @ noise)[..., 0]
        new = draws(1, n_dims, 20_000, seed=13)[:, 0]
        measured = np.mean(np.sum(off * new, axis=1) ** 2)
        evidence.agrees(ours, measured, witness="simulation", within=0.05)


def test_the_price_is_the_same_for_any_covariance_and_not_for_any_mean():
    n_points, n_dims = 20, 5
    X, noise = draws(n_points, n_dims, 60_000), draws(n_points, 1, 60_000, seed=11)
    mix = np.random.default_rng(3).normal(size=(n_dims, n_dims))
    for moved, second_moment, price in (
        (X @ mix, mix.T @ mix, 5 / 14),
        (X + 3, np.eye(5) + 9, 0.3495),  # near 1 / 20 + 21 / 20 * 4 / 14: a mean is a rough ones
    ):
        moments = np.swapaxes(moved, 1, 2)
        off = np.linalg.solve(moments @ moved, moments @ noise)[..., 0]
        measured = np.mean(np.sum(off @ second_moment * off, axis=1))
        np.testing.assert_allclose(measured, price, rtol=0.01)


@pytest.mark.equation("prediction-variance")
def test_variance_of_a_prediction_grows_away_from_the_middle(evidence, points):
    equation = symbolic.prediction_variance()
    evidence.rendered(equation)
    exact = symbolic.meaning_of_centred_design(sympy.Matrix(points.tolist()))
    evidence.identity(symbolic.written_out(equation, exact))
    x = np.array([2.0, -1, 3])
    values = {sympy.Symbol(f"x_{i + 1}", real=True): int(value) for i, value in enumerate(x)}
    far_out = exact[symbolic.FAR_OUT].subs(values)
    ours = float(equation.rhs.xreplace({symbolic.FAR_OUT: far_out}).subs({n: 5, sigma: SIGMA}))
    noise = np.random.default_rng(7).normal(0, SIGMA, (N_POINTS, 100_000))
    with_ones = np.column_stack([np.ones(N_POINTS), points])
    predicted = np.array([1, *x]) @ np.linalg.lstsq(with_ones, noise, rcond=None)[0]
    evidence.agrees(ours, predicted.var(), witness="simulation", within=0.02)


@pytest.mark.equation("excess-error-intercept")
def test_price_with_an_intercept(evidence):
    equation = symbolic.excess_error_intercept()
    evidence.rendered(equation)
    for n_points, n_dims in ((20, 5), (29, 13)):
        ours = float(equation.rhs.subs({n: n_points, D: n_dims, sigma: SIGMA}))
        # the scatter round the mean is a Wishart matrix with one degree of freedom less
        scatter = np.trace(stats.invwishart(df=n_points - 1, scale=np.eye(n_dims)).mean())
        theirs = SIGMA**2 * (1 / n_points + (1 + 1 / n_points) * scatter)
        evidence.agrees(ours, theirs, witness="SciPy", within=1e-13)
        code = numeric.excess_error(n_points, n_dims, noise=SIGMA, intercept=True)
        evidence.agrees(code, ours, witness="SymPy", within=1e-14)
        X = np.concatenate([np.ones((40_000, n_points, 1)), draws(n_points, n_dims, 40_000)], 2)
        noise = SIGMA * draws(n_points, 1, 40_000, seed=11)
        moments = np.swapaxes(X, 1, 2)
        off = np.linalg.solve(moments @ X, moments @ noise)[..., 0]
        evidence.agrees(ours, np.mean(np.sum(off**2, axis=1)), witness="simulation", within=0.03)


@pytest.mark.equation("feature-worth")
def test_a_feature_pays_from_the_same_coefficient_on_both_sides(evidence):
    equivalence = symbolic.feature_worth()
    evidence.rendered(equivalence)
    for step in symbolic.derive_feature_worth()[2:]:
        evidence.identity(sympy.factor(step.residual))
    sizes = [
        (p, d, factor / (p - d - 1) ** 0.5)  # near the threshold on both sides, and far from it
        for p, d in itertools.product((7, 20, 2000), (1, 3, 5))
        for factor in (0.1, 0.9999, 1.0001, 3)
    ]
    first, second = (
        [bool(side.subs({n: p, D: d, beta: b, sigma: 1})) for p, d, b in sizes]
        for side in equivalence
    )
    evidence.agrees(np.int64(first), np.int64(second), witness="SymPy", within=0)
    code = [bool(b > numeric.break_even_coefficient(p, d)) for p, d, b in sizes]
    evidence.agrees(np.int64(code), np.int64(first), witness="SymPy", within=0)
    assert 0 < sum(first) < len(first)


@pytest.mark.equation("feature-worth")
def test_errors_without_and_with_a_feature_are_those_that_are_measured(evidence):
    evidence.rendered(symbolic.feature_worth())
    without, with_it = (step.rhs for step in symbolic.derive_feature_worth()[:2])
    values = {n: 17, D: 5, beta: sympy.Rational(3, 2), sigma: 1}
    X, noise = draws(17, 5, 40_000), draws(17, 1, 40_000, seed=11)
    y = noise + 1.5 * X[..., -1:]
    for used, formula in ((4, without), (5, with_it)):
        some = X[..., :used]
        moments = np.swapaxes(some, 1, 2)
        fits = np.linalg.solve(moments @ some, moments @ y)[..., 0]
        off = np.pad(fits, ((0, 0), (0, 5 - used))) - np.array([0, 0, 0, 0, 1.5])
        measured = np.mean(np.sum(off**2, axis=1))
        evidence.agrees(float(formula.subs(values)), measured, witness="simulation", within=0.02)


@pytest.mark.equation("neighbourhood-side")
def test_a_cube_with_this_side_holds_its_share_of_uniform_points(evidence):
    equation = symbolic.neighbourhood_side()
    evidence.rendered(equation)
    points = np.random.default_rng(7).random((200_000, 6))
    for n_dims in (1, 2, 6):
        side = float(equation.rhs.subs({k: 10, n: 200, D: n_dims}))
        within = np.abs(points[:, :n_dims] - 0.5).max(axis=1) < side / 2
        evidence.agrees(np.mean(within), 0.05, witness="counted", within=0.03)
