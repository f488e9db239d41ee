import numpy as np
import pytest
import sympy
from scipy import optimize
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA as Library

from unrolled.foundations import projections
from unrolled.symbolic import principal_components as symbolic
from unrolled.symbolic.principal_components import D, K, direction, entries, k, lam, mu, n

N_POINTS, N_DIMS = 11, 3
STRETCH = np.array([[3.0, 0.4, -1.1], [0.0, 1.3, 0.7], [0.0, 0.0, 0.6]])


def cloud(n_points=N_POINTS):
    return np.random.default_rng(7).standard_normal((n_points, N_DIMS)) @ STRETCH + 17


def centred(points):
    return points - np.add.reduce(points) / len(points)


def in_numbers(expression, **arrays):
    """Put numbers into an expression of matrices with n, D as their sizes."""
    X = arrays["X"]
    sizes = {n: len(X), D: X.shape[1]}
    small = expression.subs(sizes)
    for name, array in arrays.items():
        small = small.subs(sympy.MatrixSymbol(name, *array.shape), sympy.Matrix(array))
    return np.array(sympy.Matrix(small.doit()), dtype=float)


def power_method(S, n_steps=4000):
    """First eigenvalue and eigenvector, without any library for them."""
    w = np.ones(len(S))
    for _ in range(n_steps):
        w = S @ w / np.sqrt((S @ w) @ (S @ w))
    return w @ S @ w, w


@pytest.mark.equation("covariance")
def test_covariance_is_that_of_numpy(evidence):
    equation = symbolic.covariance()
    evidence.rendered(equation)
    points = cloud()
    ours = in_numbers(equation.rhs, X=centred(points))
    evidence.agrees(ours, np.cov(points.T), witness="NumPy", within=1e-14)
    evidence.agrees(projections.covariance(points), np.cov(points.T), witness="NumPy", within=1e-14)


@pytest.mark.equation("pca-variance")
def test_one_matrix_knows_the_variance_along_every_direction(evidence):
    equation = symbolic.variance_along()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(symbolic.variance_along(2).residual)
    points, w = cloud(), np.array([2, -3, 6]) / 7
    values = dict(zip(entries, np.cov(points.T).ravel(), strict=True))
    form = symbolic.lagrangian().rhs.args[0].doit()
    ours = form.subs(values).subs(dict(zip(direction, w, strict=True)))
    evidence.agrees(float(ours), np.var(points @ w, ddof=1), witness="NumPy", within=1e-14)


@pytest.mark.equation("pca-lagrangian")
def test_the_lagrangian_is_stationary_where_the_constrained_variance_is_largest(evidence):
    equation = symbolic.lagrangian()
    evidence.rendered(equation)
    S = np.cov(cloud().T)
    found = optimize.minimize(
        lambda w: -w @ S @ w,
        np.ones(3) / np.sqrt(3),
        constraints={"type": "eq", "fun": lambda w: w @ w - 1},
        options={"ftol": 1e-15, "maxiter": 500},
    )
    gradient = sympy.Matrix([equation.rhs.doit()]).jacobian([*direction, lam])
    at = dict(zip(entries, S.ravel(), strict=True)) | {lam: -found.fun}
    slopes = gradient.subs(at).subs(dict(zip(direction, found.x, strict=True)))
    evidence.agrees(
        np.array(slopes, dtype=float)[0] / -found.fun + 1,
        np.ones(4),
        witness="SciPy, climbing under the condition",
        within=1e-6,
    )


@pytest.mark.equation("pca-eigen")
def test_the_gradient_vanishes_at_eigenvectors(evidence):
    equation = symbolic.eigenvector()
    evidence.rendered(equation)
    written = symbolic.lagrangian().rhs.doit()
    gradient = sympy.Matrix([sympy.diff(written, entry) for entry in direction])
    ours = (equation.lhs - equation.rhs).as_explicit()
    small = {sympy.MatrixSymbol("S", 3, 3): entries, sympy.MatrixSymbol("w", 3, 1): direction}
    for symbol, matrix in small.items():
        ours = ours.subs({symbol[i, j]: matrix[i, j] for i, j in np.ndindex(matrix.shape)})
    evidence.identity(gradient / 2 - ours)
    evidence.identity(symbolic.derive_stationary_point()[1].rhs / 2 - ours[0])
    value, w = power_method(np.cov(cloud().T))
    fitted = projections.pca(cloud())
    evidence.agrees(fitted.variances[0], value, witness="power method", within=1e-12)
    evidence.agrees(np.abs(fitted.components[0]), np.abs(w), witness="power method", within=1e-12)


@pytest.mark.equation("pca-multiplier")
def test_the_multiplier_is_the_variance(evidence):
    equation = symbolic.multiplier()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(equation.sides[0].doit() - equation.sides[1].doit())
    fitted = projections.pca(cloud())
    theirs = [np.var(cloud() @ w, ddof=1) for w in fitted.components]
    evidence.agrees(fitted.variances, theirs, witness="NumPy", within=1e-13)


@pytest.mark.equation("pca-second")
def test_the_second_multiplier_is_zero(evidence):
    equation = symbolic.second_lagrangian()
    evidence.rendered(equation)
    written = equation.rhs.doit()
    assert sympy.diff(written, mu) == -direction.dot(symbolic._unit_vector())
    evidence.identity(symbolic.derive_second_multiplier().residual)
    S = np.cov(cloud().T)
    value, first = power_method(S)
    second, _ = power_method(S - value * np.outer(first, first))
    fitted = projections.pca(cloud())
    evidence.agrees(fitted.variances[1], second, witness="power method, deflated", within=1e-10)


@pytest.mark.equation("pca-ellipsoid")
def test_the_ellipsoid_has_the_spreads_for_half_axes(evidence):
    equation = symbolic.ellipsoid()
    evidence.rendered(equation)
    points = cloud()
    fitted = projections.pca(points)
    x, inverse = centred(points)[0], np.linalg.inv(np.cov(points.T))
    summed = equation.rhs.subs(D, N_DIMS).doit()
    values = {symbolic.variances[i + 1]: fitted.variances[i] for i in range(N_DIMS)}
    values |= {symbolic.z[i + 1]: x @ fitted.components[i] for i in range(N_DIMS)}
    evidence.agrees(float(summed.subs(values)), x @ inverse @ x, witness="NumPy", within=1e-12)
    unit = np.array([[1, 0, 0], [2, -3, 6], [0, 0, -1]]) / [[1], [7], [1]]
    edge = projections.ellipsoid(fitted, unit) - fitted.mean
    on_it = np.einsum("ia,ab,ib->i", edge, inverse, edge)
    evidence.agrees(on_it, np.ones(3), witness="NumPy", within=1e-12)


@pytest.mark.equation("pca-pythagoras")
def test_what_is_kept_and_what_is_lost_make_the_whole(evidence):
    equation = symbolic.pythagoras()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    x, w = np.array([3.0, -1.0, 2.0]), np.array([2, -3, 6]) / 7
    foot = np.linalg.lstsq(w[:, None], x, rcond=None)[0][0] * w
    parts = foot @ foot + (x - foot) @ (x - foot)
    evidence.agrees(x @ x, parts, witness="least squares", within=1e-14)


@pytest.mark.equation("pca-lost")
def test_the_loss_is_the_variance_along_what_was_left_out(evidence):
    equation = symbolic.lost_variance()
    evidence.rendered(equation)
    points = load_digits(return_X_y=True)[0][:211, 10:29]
    fitted = projections.pca(points)
    for kept in (2, 5, 13):
        library = Library(kept).fit(points)
        back = library.inverse_transform(library.transform(points))
        summed = equation.rhs.subs({K: kept, D: points.shape[1]}).doit()
        ours = summed.subs({symbolic.variances[i + 1]: v for i, v in enumerate(fitted.variances)})
        theirs = np.sum((points - back) ** 2) / (len(points) - 1)
        evidence.agrees(float(ours), theirs, witness="scikit-learn", within=1e-12)


@pytest.mark.equation("explained-share")
def test_shares_are_those_of_the_library(evidence):
    equation = symbolic.explained_share()
    evidence.rendered(equation)
    points = cloud(29)
    fitted, library = projections.pca(points), Library().fit(points)
    values = {symbolic.variances[i + 1]: v for i, v in enumerate(fitted.variances)}
    ours = [
        float(equation.rhs.subs({K: kept, D: N_DIMS}).doit().subs(values)) for kept in (1, 2, 3)
    ]
    theirs = np.cumsum(library.explained_variance_ratio_)
    evidence.agrees(ours, theirs, witness="scikit-learn", within=1e-12)


@pytest.mark.equation("pca-svd")
def test_singular_vectors_diagonalise_the_covariance(evidence):
    equation = symbolic.singular_value_decomposition()
    evidence.rendered(equation)
    X = centred(cloud())
    _, s, Vt = np.linalg.svd(X, full_matrices=False)
    by_values = in_numbers(equation.rhs, X=X, V=Vt.T, Sigma=np.diag(s))
    evidence.agrees(by_values, np.cov(cloud().T), witness="NumPy", within=1e-13)
    middle = in_numbers(equation.sides[1], X=X)
    evidence.agrees(middle, np.cov(cloud().T), witness="NumPy", within=1e-13)


@pytest.mark.equation("pca-values")
def test_a_variance_is_a_squared_singular_value_divided(evidence):
    statement = symbolic.singular_values()
    evidence.rendered(statement)
    library = Library().fit(cloud())
    ours = [
        float(statement.relation.rhs.subs({n: N_POINTS, symbolic.values[k]: s}))
        for s in library.singular_values_
    ]
    theirs = np.linalg.eigvalsh(np.cov(cloud().T))[::-1]
    evidence.agrees(ours, theirs, witness="NumPy, eigenvalues", within=1e-12)
