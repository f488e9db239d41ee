"""What the page about principal components prints, held against points and libraries."""

import numpy as np
import pytest
from scipy import optimize
from sklearn.decomposition import PCA as Library

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.foundations import principal_components

SIZES = [(11, 3), (13, 5)]  # points, features
AND_FLAT = [*SIZES, (7, 2)]
STEP = 1e-30


def cloud(n_points=11, n_dims=3):
    rng = np.random.default_rng(7)
    stretch = np.triu(rng.normal(size=(n_dims, n_dims)), 1) + np.diag(
        3.0 / np.arange(1, n_dims + 1)
    )
    return rng.normal(size=(n_points, n_dims)) @ stretch + 17


def centred(points):
    return points - np.add.reduce(points) / len(points)


def rows_of(array):
    return dict(enumerate(array, 1))


def any_direction(n_dims, seed=11):
    return np.random.default_rng(seed).normal(size=n_dims)


def spread(points, w):
    """Variance of the points' coordinates along w, also where w has imaginary parts."""
    along = centred(points) @ w
    return np.sum(along**2) / (len(points) - 1)


def lagrangian(points):
    """Return the Lagrangian as a function, from the coordinates of the points alone."""
    return lambda w, multiplier: spread(points, w) - multiplier * (np.sum(w**2) - 1)


def stationary_points(points):
    """Yield multipliers and directions where all derivatives of the Lagrangian vanish."""
    n_dims, value = points.shape[1], lagrangian(points)

    def slopes(both):
        moved = both + STEP * 1j * np.eye(n_dims + 1)
        return [value(each[:-1], each[-1]).imag / STEP for each in moved]

    _, directions = np.linalg.eigh(np.cov(points.T))
    for near in directions.T:
        start = near + 0.02 * any_direction(n_dims)
        found = optimize.root(slopes, [*start, spread(points, start)], tol=1e-14)
        assert np.max(np.abs(slopes(found.x))) < 1e-10
        yield found.x[-1], found.x[:-1]


def power_method(S, n_steps=4000):
    """First eigenvalue and eigenvector, without any library for them."""
    w = np.ones(len(S))
    for _ in range(n_steps):
        w = S @ w / np.sqrt((S @ w) @ (S @ w))
    return w @ S @ w, w


# The variance along a direction --------------------------------------------------------------


@pytest.mark.equation("covariance")
@pytest.mark.parametrize(("n_points", "n_dims"), SIZES)
def test_covariance_is_that_of_numpy(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    evidence.evaluates(
        {"S": np.cov(points.T), "X": centred(points), "n": n_points},
        witness="NumPy's cov",
        within=1e-13,
    )
    evidence.agrees(
        principal_components.covariance(points), np.cov(points.T), witness="NumPy", within=1e-14
    )


@pytest.mark.equation("pca-variance")
@pytest.mark.parametrize(("n_points", "n_dims"), SIZES)
def test_one_matrix_knows_the_variance_along_every_direction(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    evidence.evaluates(
        {"S": np.cov(points.T), "x_i": rows_of(centred(points)), "n": n_points},
        at={"w": [any_direction(n_dims, seed) for seed in (3, 5)]},
        witness="NumPy's cov",
        within=1e-13,
    )
    w = any_direction(n_dims) / np.linalg.norm(any_direction(n_dims))
    ours = principal_components.variance_along(points, w[None])[0]
    evidence.agrees(ours, np.var(points @ w, ddof=1), witness="NumPy", within=1e-13)


@pytest.mark.equation("pca-lagrangian")
@pytest.mark.equation("pca-slope")
def test_the_lagrangian_and_its_slope_are_those_of_the_points(evidence):
    points, w = cloud(), any_direction(3)
    given = {r"\mathcal{L}": lagrangian(points), "S": np.cov(points.T), "w": w}
    evidence.evaluates(
        given,
        at={r"\lambda": (1.7, -0.6)},
        label="pca-lagrangian",
        witness="the spread of the points' own coordinates",
        within=1e-13,
    )
    for scale in (1.3, -0.7):  # λ moves with w, so that only ∂ is right
        evidence.evaluates(
            given | {r"\lambda": Defined(lambda of, by=scale: by * of("w")[0] + 0.4)},
            label="pca-slope",
            witness="the spread of the points' own coordinates, differentiated by complex steps",
            within=1e-13,
        )


@pytest.mark.equation("pca-eigen")
@pytest.mark.equation("pca-multiplier")
@pytest.mark.parametrize(("n_points", "n_dims"), SIZES)
def test_the_gradient_vanishes_at_eigenvectors(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    found = list(stationary_points(points))
    np.testing.assert_allclose(
        [multiplier for multiplier, _ in found], np.linalg.eigvalsh(np.cov(points.T)), rtol=1e-9
    )
    for label in ("pca-eigen", "pca-multiplier"):
        evidence.evaluates(
            {"S": np.cov(points.T)},
            at=[{r"\lambda": multiplier, "w": w} for multiplier, w in found],
            label=label,
            witness="the places where SciPy finds the derivatives of the Lagrangian to vanish",
            within=1e-10,
        )


def test_the_first_component_is_that_of_the_power_method():
    value, w = power_method(np.cov(cloud().T))
    fitted = principal_components.pca(cloud())
    np.testing.assert_allclose(fitted.variances[0], value, rtol=1e-12)
    np.testing.assert_allclose(np.abs(fitted.components[0]), np.abs(w), rtol=1e-11)
    theirs = [np.var(cloud() @ each, ddof=1) for each in fitted.components]
    np.testing.assert_allclose(fitted.variances, theirs, rtol=1e-13)


# The next direction --------------------------------------------------------------------------


@pytest.mark.equation("pca-second")
@pytest.mark.equation("pca-second-slope")
@pytest.mark.parametrize(("n_points", "n_dims"), SIZES)
def test_the_second_multiplier_is_zero(evidence, n_points, n_dims):
    points, w = cloud(n_points, n_dims), any_direction(n_dims)
    components = rows_of(Library().fit(points).components_)
    first = lagrangian(points)

    def second(w, multiplier, other):
        return first(w, multiplier) - other * np.sum(w * components[1])

    given = {r"\mathcal{L}_2": second, "v_k": components}
    evidence.evaluates(
        given | {"S": np.cov(points.T), "w": w},
        at={r"\lambda": (1.7, -0.6), r"\mu": (0.9, -2.3)},
        label="pca-second",
        witness="the spread of the points' own coordinates, and the components of scikit-learn",
        within=1e-13,
    )
    evidence.evaluates(
        given | {"w": w - (w @ components[1]) * components[1]},
        at={r"\lambda": (1.7, -0.6), r"\mu": (0.9, -2.3)},
        label="pca-second-slope",
        witness="the Lagrangian of the points, differentiated by complex steps",
        within=1e-12,
    )


def test_the_second_component_is_the_first_of_what_is_left():
    S = np.cov(cloud().T)
    value, first = power_method(S)
    second, _ = power_method(S - value * np.outer(first, first))
    np.testing.assert_allclose(principal_components.pca(cloud()).variances[1], second, rtol=1e-10)


@pytest.mark.equation("pca-ellipsoid")
@pytest.mark.parametrize(("n_points", "n_dims"), SIZES)
def test_the_ellipsoid_has_the_spreads_for_half_axes(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    library = Library().fit(points)
    for point in points[:2]:
        evidence.evaluates(
            {
                "x": point - library.mean_, "S": np.cov(points.T), "D": n_dims,
                "z_k": rows_of(library.transform([point])[0]),
                r"\lambda_k": rows_of(library.explained_variance_),
            },
            witness="coordinates and variances of scikit-learn",
            within=1e-11,
        )  # fmt: skip
    fitted, unit = principal_components.pca(points), np.eye(n_dims)[:3]
    edge = principal_components.ellipsoid(fitted, unit) - fitted.mean
    on_it = np.einsum("ia,ab,ib->i", edge, np.linalg.inv(np.cov(points.T)), edge)
    evidence.agrees(on_it, np.ones(3), witness="NumPy", within=1e-12)


# What is kept and what is lost ---------------------------------------------------------------


@pytest.mark.equation("pca-pythagoras")
@pytest.mark.parametrize("n_dims", [3, 5])
def test_what_is_kept_and_what_is_lost_make_the_whole(evidence, n_dims):
    frame = np.linalg.qr(np.random.default_rng(7).normal(size=(n_dims, n_dims)))[0]
    x = any_direction(n_dims)
    evidence.evaluates(
        {"x": x},
        at={"w": frame.T},
        witness="its other side, along random directions of length one",
        within=1e-13,
    )
    foot = np.linalg.lstsq(frame[:, :1], x, rcond=None)[0][0] * frame[:, 0]
    parts = foot @ foot + (x - foot) @ (x - foot)
    evidence.agrees(x @ x, parts, witness="least squares", within=1e-14)


@pytest.mark.equation("pca-lost")
@pytest.mark.parametrize(("n_points", "n_dims"), [(29, 7), (17, 11)])
def test_the_loss_is_the_variance_along_what_was_left_out(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    for kept in (2, 5):
        library = Library(kept).fit(points)
        back = library.inverse_transform(library.transform(points))
        evidence.evaluates(
            {
                "x_i": rows_of(points - library.mean_), r"\hat{x}_i": rows_of(back - library.mean_),
                "n": n_points, "D": n_dims, "K": kept,
                r"\lambda_k": rows_of(np.linalg.eigvalsh(np.cov(points.T))[::-1]),
            },
            witness="points that scikit-learn rebuilds, and NumPy's eigenvalues",
            within=1e-12,
        )  # fmt: skip


@pytest.mark.equation("explained-share")
@pytest.mark.parametrize(("n_points", "n_dims"), AND_FLAT)
def test_shares_are_those_of_the_library(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    shares = np.cumsum(Library().fit(points).explained_variance_ratio_)
    evidence.evaluates(
        {r"\lambda_k": rows_of(np.linalg.eigvalsh(np.cov(points.T))[::-1]), "D": n_dims},
        at=[{"K": kept, r"\text{share of variance}": s} for kept, s in enumerate(shares, 1)],
        witness="the shares of scikit-learn",
        within=1e-12,
    )
    ours = np.cumsum(principal_components.explained_share(principal_components.pca(points)))
    evidence.agrees(ours, shares, witness="scikit-learn", within=1e-12)


# Singular values -----------------------------------------------------------------------------


@pytest.mark.equation("pca-svd")
@pytest.mark.parametrize(("n_points", "n_dims"), AND_FLAT)
def test_singular_vectors_diagonalise_the_covariance(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    _, s, Vt = np.linalg.svd(centred(points), full_matrices=False)
    evidence.evaluates(
        {
            "S": np.cov(points.T), "X": centred(points), "V": Vt.T, r"\Sigma": np.diag(s),
            "n": n_points,
        },
        witness="NumPy's cov and its singular value decomposition",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("pca-values")
@pytest.mark.parametrize(("n_points", "n_dims"), AND_FLAT)
def test_a_variance_is_a_squared_singular_value_divided(evidence, n_points, n_dims):
    points = cloud(n_points, n_dims)
    evidence.evaluates(
        {
            r"\lambda_k": rows_of(np.linalg.eigvalsh(np.cov(points.T))[::-1]), "n": n_points,
            "s_k": rows_of(Library().fit(points).singular_values_),
        },
        at={"k": range(1, n_dims + 1)},
        witness="the singular values of scikit-learn, and NumPy's eigenvalues",
        within=1e-11,
    )  # fmt: skip
