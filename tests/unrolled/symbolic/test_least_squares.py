"""What the page about growing dimensions prints, held against enumerated noise and libraries.

The price on new points is a mean over normal tables. Such a table is an orthonormal frame times
Bartlett's triangle: independent normal numbers above the diagonal, and on it roots of chi-squared
ones. The squared error holds each of them to few powers, so that a law with few values and the same
moments gives the same mean, without any chance.
"""

import itertools

import numpy as np
import pytest
from scipy import integrate, special, stats

from unrolled.foundations import least_squares as numeric

SIZES = [(5, 2, 0.7), (7, 3, 1.3)]  # rows, columns, standard deviation of the noise
ON_NEW_POINTS = [(5, 2, 0.7), (7, 1, 1.3)]  # the same, where tables are random too
SIGNS = "every pattern of noise ±σ on the rows, each fitted by NumPy's lstsq"
MOMENTS = "tables of few values that have the moments of normal ones, fitted by NumPy's pinv"


def draws(n_points, n_dims, n_sets, seed=7):
    return np.random.default_rng(seed).standard_normal((n_sets, n_points, n_dims))


def signs(size):
    """All patterns of +1 and -1: independent, of mean zero and variance one."""
    return np.array(list(itertools.product((-1.0, 1.0), repeat=size)))


def along_axes(size):
    """A few vectors, equally probable, with mean zero and the unit matrix as covariance."""
    return np.sqrt(size) * np.concatenate([np.eye(size), -np.eye(size)])


def fit(X, y):
    return np.linalg.lstsq(X, y, rcond=None)[0]


def with_ones(X):
    return np.column_stack([np.ones(len(X)), X])


def chi_squared(freedom):
    """Two values and their probabilities, with the moments -1 to 2 of a chi-squared number."""
    nodes, weights = special.roots_genlaguerre(2, freedom / 2 - 2)
    return list(zip(weights * nodes / special.gamma(freedom / 2), 2 * nodes, strict=True))


def triangles(freedom, n_dims):
    """Yield probabilities and triangles T: TᵀT has the moments of a Wishart matrix's inverse."""
    above = np.triu_indices(n_dims, 1)
    diagonals = itertools.product(*(chi_squared(freedom - j) for j in range(n_dims)))
    for squares, entries in itertools.product(diagonals, signs(len(above[0]))):
        T = np.diag(np.sqrt([square for _, square in squares]))
        T[above] = entries
        yield np.prod([share for share, _ in squares]) / 2 ** len(entries), T


def tables(n_points, n_dims):
    """Yield probabilities and tables like normal ones of mean zero."""
    frame = np.linalg.qr(draws(n_points, n_dims, 1)[0])[0]
    for share, T in triangles(n_points, n_dims):
        yield share, frame @ T


def tables_around_means(n_points, n_dims):
    """Yield probabilities, tables, and new points that are independent of them."""
    rows = draws(n_points, n_dims, 1)[0]
    frame = np.linalg.qr(np.column_stack([np.ones(n_points), rows]))[0][:, 1:]
    for share, T in triangles(n_points - 1, n_dims):
        for both in along_axes(2 * n_dims):
            middle, new = both[:n_dims] / np.sqrt(n_points), both[n_dims:]
            yield share / (4 * n_dims), frame @ T + middle, new


def expected_error(n_points, w, sigma, used):
    """Mean squared error of a fit to the first features only, over all tables and new points."""
    total, noise = 0.0, sigma * along_axes(n_points)
    for share, X in tables(n_points, len(w)):
        fits = np.linalg.pinv(X[:, :used]) @ (X @ w + noise).T
        off = np.pad(fits.T, ((0, 0), (0, len(w) - used))) - w
        total += share * np.mean((off @ along_axes(len(w)).T) ** 2)
    return total


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# The fit and its variance --------------------------------------------------------------------


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


@pytest.mark.equation("coefficient-error")
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), SIZES)
def test_the_error_of_the_fit_is_made_of_noise_alone(evidence, rng, n_points, n_dims, sigma):
    X, w = rng.normal(size=(n_points, n_dims)), rng.normal(size=n_dims)
    noise = sigma * rng.normal(size=n_points)
    evidence.evaluates(
        {"X": X, "w": w, r"\varepsilon": noise, r"\widehat{w}": fit(X, X @ w + noise)},
        witness="a fit by NumPy's lstsq",
        within=1e-12,
    )


@pytest.mark.equation("coefficient-covariance")
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), SIZES)
def test_coefficients_spread_as_the_inverse_says(evidence, rng, n_points, n_dims, sigma):
    X, w = rng.normal(size=(n_points, n_dims)), rng.normal(size=n_dims)
    fits = [fit(X, X @ w + sigma * s) for s in signs(n_points)]
    evidence.evaluates(
        {"X": X, "w": w, r"\sigma": sigma},
        chance=[(1 / len(fits), {r"\widehat{w}": each}) for each in fits],
        witness=SIGNS,
        within=1e-12,
    )
    ours = numeric.coefficient_covariance(X, noise=sigma)
    evidence.agrees(ours, np.cov(np.transpose(fits), ddof=0), witness=SIGNS, within=1e-12)


@pytest.mark.equation("in-sample-variance")
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), SIZES)
def test_each_feature_takes_the_same_share_of_noise(evidence, rng, n_points, n_dims, sigma):
    X, w = rng.normal(size=(n_points, n_dims)), rng.normal(size=n_dims)
    noise = signs(n_points)
    evidence.evaluates(
        {
            "X": X, "x_i": dict(enumerate(X, 1)), "n": n_points, "D": n_dims,
            r"\sigma": sigma,
        },
        chance=[(1 / len(noise), {r"\widehat{w}": fit(X, X @ w + sigma * s)}) for s in noise],
        witness=SIGNS,
        within=1e-12,
    )  # fmt: skip
    evidence.agrees(numeric.leverages(X).sum(), n_dims, witness="a trace", within=1e-13)


@pytest.mark.equation("training-error")
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), SIZES)
def test_residuals_lose_what_the_fit_has_taken(evidence, rng, n_points, n_dims, sigma):
    X, w = rng.normal(size=(n_points, n_dims)), rng.normal(size=n_dims)
    targets = X @ w + sigma * signs(n_points)
    evidence.evaluates(
        {"X": X, "n": n_points, "D": n_dims, r"\sigma": sigma},
        chance=[(1 / len(targets), {"y": y, r"\widehat{w}": fit(X, y)}) for y in targets],
        witness=SIGNS,
        within=1e-12,
    )


# New points ----------------------------------------------------------------------------------


@pytest.mark.equation("column-residual")
@pytest.mark.parametrize(("n_points", "n_dims"), [(7, 3), (11, 5)])
def test_a_diagonal_entry_is_one_over_what_is_a_columns_own(evidence, rng, n_points, n_dims):
    X = rng.normal(size=(n_points, n_dims))

    def from_others(j):
        others = np.delete(X, j - 1, axis=1)
        return others @ fit(others, X[:, j - 1])

    evidence.evaluates(
        {"X": X, "X_j": lambda j: X[:, j - 1], r"\widehat{X}_j": from_others},
        at={"j": range(1, n_dims + 1)},
        witness="the regression of each column on the others, by NumPy's lstsq",
        within=1e-11,
    )


def test_the_squared_residual_of_a_normal_column_is_chi_squared():
    X = draws(11, 4, 20_000)
    squares = 1 / np.linalg.inv(np.swapaxes(X, 1, 2) @ X)[:, 2, 2]
    assert stats.kstest(squares, stats.chi2(11 - 4 + 1).cdf).pvalue > 0.01
    assert stats.kstest(squares, stats.chi2(11 - 4).cdf).pvalue < 1e-6


@pytest.mark.parametrize("freedom", [3, 5, 16])
def test_two_values_have_the_moments_of_a_chi_squared_number(freedom):
    shares, values = np.transpose(chi_squared(freedom))
    law = stats.chi2(freedom)
    for power in (0, 1, 2):
        assert shares @ values**power == pytest.approx(law.moment(power), rel=1e-12)
    assert shares @ values**-1 == pytest.approx(law.expect(lambda q: 1 / q), rel=1e-7)


@pytest.mark.equation("inverse-chi-square")
@pytest.mark.parametrize("freedom", [5, 7.4])
def test_mean_of_one_over_a_chi_squared_number(evidence, freedom):
    evidence.evaluates(
        {"m": freedom, r"\Gamma": special.gamma},
        chance=[(share, {"Q": value}) for share, value in chi_squared(freedom)],
        witness="two values, found by SciPy, that have the moments of a chi-squared number",
        within=1e-10,
    )
    theirs = stats.invgamma(freedom / 2, scale=0.5).mean()
    evidence.agrees(1 / (freedom - 2), theirs, witness="SciPy", within=1e-13)


def test_the_integral_has_no_value_with_two_degrees_of_freedom():
    reached = [
        integrate.quad(lambda q: stats.chi2(2).pdf(q) / q, low, 50)[0] for low in (1e-2, 1e-4)
    ]
    np.testing.assert_allclose(np.diff(reached), np.log(100) / 2, rtol=0.01)


@pytest.mark.equation("excess-error-by-trace")
@pytest.mark.equation("excess-error")
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), ON_NEW_POINTS)
def test_price_of_features_on_new_points(evidence, rng, n_points, n_dims, sigma):
    w = rng.normal(size=n_dims)
    rest = list(itertools.product(along_axes(n_dims), sigma * along_axes(n_points)))
    chance = [
        (share / len(rest), {"X": X, r"\widehat{w}": inverse @ (X @ w + noise), "x": x})
        for share, X in tables(n_points, n_dims)
        for inverse in [np.linalg.pinv(X)]
        for x, noise in rest
    ]
    given = {"w": w, r"\sigma": sigma}
    evidence.evaluates(
        given, chance=chance, label="excess-error-by-trace", witness=MOMENTS, within=1e-11
    )
    evidence.evaluates(
        given | {"n": n_points, "D": n_dims},
        chance=[(share, {k: v for k, v in case.items() if k != "X"}) for share, case in chance],
        label="excess-error", witness=MOMENTS, within=1e-11,
    )  # fmt: skip


@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), SIZES)
def test_tables_with_few_values_cost_what_normal_ones_do(n_points, n_dims, sigma):
    ours = expected_error(n_points, np.ones(n_dims), sigma, n_dims)
    wishart = stats.invwishart(df=n_points, scale=np.eye(n_dims)).mean()
    assert ours == pytest.approx(sigma**2 * np.trace(wishart), rel=1e-12)
    assert ours == pytest.approx(numeric.excess_error(n_points, n_dims, noise=sigma), rel=1e-12)


def test_normal_tables_cost_as_much():
    X, noise = draws(20, 5, 20_000), draws(20, 1, 20_000, seed=11)
    moments = np.swapaxes(X, 1, 2)
    off = np.linalg.solve(moments @ X, moments @ noise)[..., 0]
    measured = np.mean(np.sum(off * draws(1, 5, 20_000, seed=13)[:, 0], axis=1) ** 2)
    assert measured == pytest.approx(numeric.excess_error(20, 5), rel=0.05)


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
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), SIZES)
def test_variance_of_a_prediction_grows_away_from_the_middle(
    evidence, rng, n_points, n_dims, sigma
):
    X, x, w = rng.normal(size=(n_points, n_dims)), rng.normal(size=n_dims), rng.normal(size=n_dims)
    noise = signs(n_points)

    def prediction(noise):
        found = fit(with_ones(X), X @ w + 1.7 + noise)
        return lambda x: found[0] + found[1:] @ x

    evidence.evaluates(
        {
            "x": x, r"\bar{x}": X.mean(axis=0), r"\sigma": sigma, "n": n_points,
            "S": (n_points - 1) * np.cov(X.T),
        },
        chance=[(1 / len(noise), {r"\widehat{y}": prediction(sigma * s)}) for s in noise],
        witness=SIGNS,
        within=1e-11,
    )  # fmt: skip


@pytest.mark.equation("excess-error-intercept")
@pytest.mark.parametrize(("n_points", "n_dims", "sigma"), ON_NEW_POINTS)
def test_price_with_an_intercept(evidence, rng, n_points, n_dims, sigma):
    w, noises = rng.normal(size=n_dims), sigma * along_axes(n_points)

    def prediction(found):
        return lambda x: found[0] + found[1:] @ x

    chance = [
        (share / len(noises), {r"\widehat{y}": prediction(inverse @ (X @ w + 1.7 + e)), "x": x})
        for share, X, x in tables_around_means(n_points, n_dims)
        for inverse in [np.linalg.pinv(with_ones(X))]
        for e in noises
    ]
    evidence.evaluates(
        {"f": lambda x: x @ w + 1.7, "n": n_points, "D": n_dims, r"\sigma": sigma},
        chance=chance,
        witness=MOMENTS,
        within=1e-11,
    )
    # the scatter round the mean is a Wishart matrix with one degree of freedom less
    inverse = np.reshape(stats.invwishart(n_points - 1, np.eye(n_dims)).mean(), (n_dims, n_dims))
    scatter = np.trace(inverse)
    theirs = sigma**2 * (1 / n_points + (1 + 1 / n_points) * scatter)
    code = numeric.excess_error(n_points, n_dims, noise=sigma, intercept=True)
    evidence.agrees(code, theirs, witness="SciPy", within=1e-13)


@pytest.mark.equation("feature-difference")
@pytest.mark.equation("feature-worth")
def test_a_feature_pays_from_the_same_coefficient_on_both_sides(evidence, rng):
    points = []
    for (n_points, n_dims, sigma), factor in itertools.product(
        [*SIZES, (11, 3, 0.9)], (0.1, 0.9999, 1, 1.0001, 3)
    ):
        beta = factor * sigma / np.sqrt(n_points - n_dims - 1)
        w = np.append(rng.normal(size=n_dims - 1), beta)
        without, with_it = (
            expected_error(n_points, w, sigma, used) for used in (n_dims - 1, n_dims)
        )
        points.append(
            {
                "n": n_points, "D": n_dims, r"\sigma": sigma, r"\beta": beta,
                r"E_{\text{without}}": without, r"E_{\text{with}}": with_it,
            }
        )  # fmt: skip
        if factor != 1:
            pays = beta > sigma * numeric.break_even_coefficient(n_points, n_dims)
            assert pays == (without > with_it)
    evidence.evaluates({}, at=points, label="feature-difference", witness=MOMENTS, within=1e-11)
    evidence.evaluates({}, at=points, label="feature-worth", witness=MOMENTS, within=1e-12)


@pytest.mark.equation("neighbourhood-side")
def test_a_cube_with_this_side_holds_its_share_of_a_lattice(evidence):
    points = []
    for n_dims, along, wanted in ((2, 7, 3), (3, 5, 2), (5, 4, 3)):
        lattice = np.array(list(itertools.product(range(along), repeat=n_dims))) + 0.5
        inside = np.count_nonzero((lattice < wanted).all(axis=1))
        points.append({"D": n_dims, "n": len(lattice), "k": inside, "s": wanted / along})
    evidence.evaluates({}, at=points, witness="points of a lattice, counted", within=1e-14)
