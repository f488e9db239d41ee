"""What the page about Fisher's discriminant shows, held against components and other libraries."""

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial
import sympy
from scipy import stats

from unrolled.foundations import projections
from unrolled.symbolic import fisher as symbolic
from unrolled.symbolic.fisher import lam, n, n_0, n_1

SIZES, N_DIMS = (2, 3, 5), 3
W = sympy.Matrix([sympy.Symbol(f"w_{j}", real=True) for j in range(N_DIMS)])


def free_points(sizes=(2, 3), n_dims=2):
    """Return classes of points whose every coordinate is a symbol of its own."""
    return [
        sympy.Matrix(size, n_dims, lambda i, j, k=k: sympy.Symbol(f"x_{k}{i}{j}", real=True))
        for k, size in enumerate(sizes)
    ]


def whole_points(sizes=SIZES, n_dims=N_DIMS):
    """Return classes of points with whole coordinates, for SymPy and for NumPy."""
    rng = np.random.default_rng(7)
    classes = [rng.integers(-9, 10, (size, n_dims)) + 4 * k for k, size in enumerate(sizes)]
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return [sympy.Matrix(points.tolist()) for points in classes], np.vstack(classes), labels


def numbers(matrix):
    return np.array(matrix.tolist(), dtype=float)


@pytest.mark.equation("scatter-sum")
def test_scatter_within_and_between_add_up(evidence):
    equation = symbolic.scatter_sum()
    evidence.rendered(equation)
    meaning = symbolic.meaning_of_points(free_points(), W[:2, :])
    evidence.identity(symbolic.written_out(equation, meaning))
    exact, points, labels = whole_points()
    meaning = symbolic.meaning_of_points(exact, W)
    evidence.identity(symbolic.written_out(equation, meaning), witness="exact fractions")
    ours = projections.scatter(points, labels)
    theirs = np.cov(points.T, bias=True) * len(points)
    evidence.agrees(ours.total, theirs, witness="NumPy", within=1e-13)
    evidence.agrees(ours.within + ours.between, theirs, witness="NumPy", within=1e-13)
    within = numbers(meaning[symbolic.WITHIN])
    evidence.agrees(ours.within, within, witness="exact fractions", within=1e-14)


@pytest.mark.equation("fisher-criterion")
def test_criterion_is_the_spread_of_the_shadows(evidence):
    equation = symbolic.fisher_criterion()
    evidence.rendered(equation)
    meaning = symbolic.meaning_of_points(free_points(), W[:2, :])
    shadows, matrices = (
        side.xreplace({k: v for k, v in meaning.items() if not isinstance(v, sympy.MatrixBase)})
        for side in equation.sides[1:]
    )
    for one, other in zip(*(sympy.fraction(side) for side in (shadows, matrices)), strict=True):
        evidence.identity(one - other)
    exact, points, labels = whole_points()
    w = sympy.Matrix([3, -1, 2])
    meaning = symbolic.meaning_of_points(exact, w)
    evidence.identity(symbolic.written_out(equation, meaning), witness="exact fractions")
    ours = projections.fisher_criterion([3, -1, 2], points, labels)
    z = points @ [3, -1, 2]
    f = stats.f_oneway(*(z[labels == k] for k in range(3))).statistic  # J over its own freedom
    evidence.agrees(ours, f * 2 / (len(z) - 3), witness="SciPy", within=1e-13)


@pytest.mark.equation("fisher-total")
def test_total_scatter_ranks_directions_alike_with_another_value(evidence):
    equation = symbolic.fisher_total()
    evidence.rendered(equation)
    exact, points, labels = whole_points()
    evidence.identity(symbolic.written_out(equation, symbolic.meaning_of_points(exact, W)))
    scattered = projections.scatter(points, labels)
    theirs = scipy.linalg.eigh(scattered.between, scattered.total, eigvals_only=True)[:0:-1]
    ratios = projections.fisher(points, labels).ratios
    evidence.agrees(ratios / (1 + ratios), theirs, witness="SciPy", within=1e-13)


@pytest.mark.equation("fisher-invariance")
def test_mixed_features_change_no_value_of_the_criterion(evidence):
    equation = symbolic.fisher_invariance()
    evidence.rendered(equation)
    exact, points, labels = whole_points()
    mix = sympy.Matrix([[2, 1, 0], [-1, 3, 5], [0, 7, 1]])
    before = symbolic.meaning_of_points(exact, W)
    after = symbolic.meaning_of_points([cloud * mix.T for cloud in exact], mix.inv().T * W)
    meaning = {**before, symbolic.MOVED: after[symbolic.CRITERION]}
    evidence.identity(symbolic.written_out(equation, meaning))
    directions = projections.fisher(points, labels).directions
    moved = directions @ np.linalg.inv(numbers(mix))
    ours = projections.fisher_criterion(moved, points @ numbers(mix).T, labels)
    theirs = projections.fisher_criterion(directions, points, labels)
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-12)


@pytest.mark.equation("fisher-gradient")
def test_gradient_follows_by_the_quotient_rule(evidence):
    equation = symbolic.fisher_gradient()
    evidence.rendered(equation)
    for meaning in (
        symbolic.meaning_of_points(whole_points()[0], W),
        symbolic.meaning_of_two_classes(),
    ):
        for step in symbolic.derive_fisher_gradient():
            evidence.identity(symbolic.written_out(step, meaning))
    exact, points, labels = whole_points()
    at = np.array([3.0, -1, 2])
    meaning = symbolic.meaning_of_points(exact, W)
    ours = numbers(meaning[symbolic.GRADIENT].xreplace(dict(zip(W, (3, -1, 2), strict=True))))
    theirs = central_differences(
        lambda w: float(projections.fisher_criterion(w, points, labels)), at
    )
    evidence.agrees(ours.ravel(), theirs, witness="central differences", within=1e-8)


@pytest.mark.equation("fisher-eigen")
def test_gradient_is_zero_where_the_eigenproblem_is_solved(evidence):
    equation = symbolic.fisher_eigen()
    evidence.rendered(equation)
    meaning = symbolic.meaning_of_points(whole_points()[0], W)
    meaning[lam] = meaning[symbolic.CRITERION]
    left = symbolic.written_out(equation, meaning)
    half = meaning[symbolic.WITHIN_SEEN] / 2
    evidence.identity(left - half * meaning[symbolic.GRADIENT])
    _, points, labels = whole_points()
    found = projections.fisher(points, labels)
    scattered = projections.scatter(points, labels)
    ours = scattered.between @ found.directions.T
    theirs = scattered.within @ found.directions.T * found.ratios
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-12)
    values, vectors = scipy.linalg.eigh(scattered.between, scattered.within)
    evidence.agrees(found.ratios, values[:0:-1], witness="SciPy", within=1e-12)
    cosines = [
        abs(np.dot(one, other)) / np.linalg.norm(one) / np.linalg.norm(other)
        for one, other in zip(found.directions, vectors.T[:0:-1], strict=True)
    ]
    evidence.agrees(cosines, [1.0, 1.0], witness="SciPy", within=1e-13)
    for direction in found.directions:
        unit = direction / np.linalg.norm(direction)
        slope = central_differences(
            lambda w: float(projections.fisher_criterion(w, points, labels)), unit
        )
        evidence.agrees(1 + slope, np.ones(3), witness="central differences", within=1e-7)


@pytest.mark.equation("between-two")
def test_two_classes_have_one_direction_between_them(evidence):
    equation = symbolic.between_two()
    evidence.rendered(equation)
    clouds = free_points((2, 3), 3)
    meaning = symbolic.meaning_of_points(clouds, W)
    apart = (sympy.ones(1, 3) * clouds[1] / 3 - sympy.ones(1, 2) * clouds[0] / 2).T
    meaning |= {symbolic.OUTER: apart * apart.T, n_0: sympy.S(2), n_1: sympy.S(3), n: sympy.S(5)}
    evidence.identity(symbolic.written_out(equation, meaning))
    evidence.identity(symbolic.written_out(equation, symbolic.meaning_of_two_classes()))


@pytest.mark.equation("fisher-direction")
def test_closed_form_solves_the_eigenproblem(evidence):
    equation = symbolic.fisher_direction()
    evidence.rendered(equation)
    best = symbolic.meaning_of_two_classes()[symbolic.BEST]
    meaning = symbolic.meaning_of_two_classes(best)
    evidence.identity(symbolic.written_out(equation, meaning))
    meaning[lam] = n_0 * n_1 / (n_0 + n_1) * meaning[symbolic.APART]
    evidence.identity(symbolic.written_out(symbolic.fisher_eigen(), meaning))
    _, points, labels = whole_points((5, 7))
    ours = projections.fisher(points, labels).directions[0]
    scattered = projections.scatter(points, labels)
    theirs = np.linalg.solve(scattered.within, scattered.means[1] - scattered.means[0])
    theirs *= np.linalg.norm(ours) / np.linalg.norm(theirs) * np.sign(ours @ theirs)
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-13)


@pytest.mark.equation("fisher-maximum")
def test_largest_value_is_a_squared_distance(evidence):
    equation = symbolic.fisher_maximum()
    evidence.rendered(equation)
    best = symbolic.meaning_of_two_classes()[symbolic.BEST]
    meaning = symbolic.meaning_of_two_classes(best)
    evidence.identity(sympy.cancel(symbolic.written_out(equation, meaning)[0]))
    shown = equation.sides[1].xreplace({n: n_0 + n_1, symbolic.APART: meaning[symbolic.APART]})
    evidence.identity(sympy.cancel(meaning[symbolic.CRITERION] - shown))
    _, points, labels = whole_points((5, 7))
    zero, one = points[labels == 0], points[labels == 1]
    pooled = (4 * np.cov(zero.T) + 6 * np.cov(one.T)) / 10
    distance = scipy.spatial.distance.mahalanobis(
        zero.mean(axis=0), one.mean(axis=0), np.linalg.inv(pooled)
    )
    values = {n_0: 5, n_1: 7, n: 12, symbolic.MAHALANOBIS: distance**2}
    ours = projections.fisher(points, labels).ratios[0]
    theirs = float(equation.rhs.subs(values))
    evidence.agrees(ours, theirs, witness="SciPy", within=1e-13)
    tried = projections.fisher_criterion(
        np.random.default_rng(7).standard_normal((2000, 3)), points, labels
    )
    assert tried.max() <= ours
    evidence.agrees(tried.max(), ours, witness="two thousand random directions", within=0.02)


@pytest.mark.equation("fisher-bayes")
def test_odds_of_two_normal_classes_are_a_straight_line(evidence):
    equation = symbolic.fisher_bayes()
    evidence.rendered(equation)
    evidence.identity(symbolic.written_out(equation, symbolic.meaning_of_normal_classes()))
    rng = np.random.default_rng(7)
    root, m_0, m_1, x = rng.standard_normal((3, 3)), *rng.standard_normal((3, 3))
    covariance = root @ root.T
    ours = (m_1 - m_0) @ np.linalg.solve(covariance, x - (m_0 + m_1) / 2)
    theirs = np.subtract(
        *(stats.multivariate_normal(mean, covariance).logpdf(x) for mean in (m_1, m_0))
    )
    evidence.agrees(ours, theirs, witness="SciPy", within=1e-12)


def central_differences(function, at, step=1e-5):
    """Return central differences of a function of a few numbers."""
    steps = step * np.eye(len(at))
    return np.array([(function(at + h) - function(at - h)) / (2 * step) for h in steps])


def test_best_direction_reads_as_a_formula():
    tex = symbolic.fisher_direction()._repr_latex_()
    assert r"w = S_W^{-1} \left(m_1 - m_0\right)" in tex
