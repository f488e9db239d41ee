"""Equations of Fisher's discriminant as SymPy objects: the page shows what the tests evaluate.

An equation between vectors or matrices is shown with their names. What the names stand for, in
components, is what `meaning_of_points` and `meaning_of_two_classes` return, and `written_out` puts
it in: one residual for each component, all of which must be zero.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Matrix, MatrixBase, Rational, S, Symbol, diff, log, pi, sqrt, zeros

from unrolled.symbolic.equations import Equation, named, power, product, ratio, total

__all__ = [
    "between_two",
    "derive_fisher_gradient",
    "fisher_bayes",
    "fisher_criterion",
    "fisher_direction",
    "fisher_eigen",
    "fisher_gradient",
    "fisher_invariance",
    "fisher_maximum",
    "fisher_total",
    "meaning_of_normal_classes",
    "meaning_of_points",
    "meaning_of_two_classes",
    "scatter_sum",
    "written_out",
]

Meaning = dict[Symbol, Any]

n_0 = Symbol("n_0", positive=True)
"""Number of points of class 0."""
n_1 = Symbol("n_1", positive=True)
"""Number of points of class 1."""
n = Symbol("n", positive=True)
"""Number of all points."""
lam = Symbol("lambda", real=True)
"""Factor of the generalised eigenvalue problem."""

WITHIN, BETWEEN, TOTAL = named("S_W"), named("S_B"), named("S_T")
W_WITHIN, W_BETWEEN = named(r"S_W\,w"), named(r"S_B\,w")
WITHIN_SEEN = named(r"w^{\top} S_W\,w")
BETWEEN_SEEN = named(r"w^{\top} S_B\,w")
TOTAL_SEEN = named(r"w^{\top} S_T\,w")
WITHIN_SHADOWS = named(r"\sum_c \sum_{i \in c} \left(z_i - \mu_c\right)^2")
BETWEEN_SHADOWS = named(r"\sum_c n_c \left(\mu_c - \mu\right)^2")
CRITERION, GRADIENT = named("J(w)"), named(r"\nabla J(w)")
GRADIENT_WITHIN = named(r"\nabla \left(w^{\top} S_W\,w\right)")
GRADIENT_BETWEEN = named(r"\nabla \left(w^{\top} S_B\,w\right)")
W = named("w")
OUTER = named(r"\left(m_1 - m_0\right)\left(m_1 - m_0\right)^{\top}")
BEST = named(r"S_W^{-1} \left(m_1 - m_0\right)")
LARGEST = named(r"\max_w J(w)")
APART = named(r"\left(m_1 - m_0\right)^{\top} S_W^{-1} \left(m_1 - m_0\right)")
MAHALANOBIS = named(r"\Delta^2")
MOVED = named(r"J_{A x}\left(A^{-\top} w\right)")
LOG_ODDS = named(r"\ln \frac{p_1(x)}{p_0(x)}")
FROM_HALF_WAY = named(
    r"\left(m_1 - m_0\right)^{\top} \Sigma^{-1} "
    r"\left(x - \tfrac{1}{2} \left(m_0 + m_1\right)\right)"
)


# Scatter -------------------------------------------------------------------------------------


def scatter_sum() -> Equation:
    """Scatter of all points as a sum of two. Equation ``scatter-sum``."""
    return Equation(TOTAL, total(WITHIN, BETWEEN))


def fisher_criterion() -> Equation:
    """Spread of the shadows, between classes over within. Equation ``fisher-criterion``."""
    shadows = ratio(BETWEEN_SHADOWS, WITHIN_SHADOWS)
    return Equation(CRITERION, shadows, ratio(BETWEEN_SEEN, WITHIN_SEEN))


def fisher_total() -> Equation:
    """Divide by the total scatter instead. Equation ``fisher-total``."""
    return Equation(ratio(BETWEEN_SEEN, TOTAL_SEEN), ratio(CRITERION, total(S.One, CRITERION)))


def fisher_invariance() -> Equation:
    """Features mixed by an invertible matrix change no value of J. Eq. ``fisher-invariance``."""
    return Equation(MOVED, CRITERION)


# The best direction --------------------------------------------------------------------------


def fisher_gradient() -> Equation:
    """Gradient of the criterion. Equation ``fisher-gradient``."""
    bracket = total(W_BETWEEN, -product(CRITERION, W_WITHIN))
    return Equation(GRADIENT, product(ratio(S(2), WITHIN_SEEN), bracket))


def fisher_eigen() -> Equation:
    """Where the gradient is zero. Equation ``fisher-eigen``; the factor is the value of J."""
    return Equation(W_BETWEEN, product(lam, W_WITHIN))


def between_two() -> Equation:
    """Scatter between two classes: one direction only. Equation ``between-two``."""
    return Equation(BETWEEN, product(ratio(product(n_0, n_1), n), OUTER))


def fisher_direction() -> Equation:
    """Best direction for two classes, up to a factor. Equation ``fisher-direction``."""
    return Equation(W, BEST)


def fisher_maximum() -> Equation:
    """Largest value of the criterion for two classes. Equation ``fisher-maximum``.

    The squared distance of Mahalanobis is taken with the pooled covariance, which is the scatter
    within over n - 2.
    """
    share = ratio(product(n_0, n_1), n)
    pooled = ratio(product(n_0, n_1), product(n, total(n, -S(2))))
    return Equation(LARGEST, product(share, APART), product(pooled, MAHALANOBIS))


def fisher_bayes() -> Equation:
    """Log odds of two normal classes of one covariance. Equation ``fisher-bayes``."""
    return Equation(LOG_ODDS, FROM_HALF_WAY)


def derive_fisher_gradient() -> tuple[Equation, ...]:
    """From the quotient to its gradient.

    Returns
    -------
    tuple of Equation
        The gradients of the two squares; the quotient rule; `fisher_gradient`.
    """
    rule = total(product(GRADIENT_BETWEEN, WITHIN_SEEN), -product(BETWEEN_SEEN, GRADIENT_WITHIN))
    return (
        Equation(GRADIENT_BETWEEN, product(S(2), W_BETWEEN)),
        Equation(GRADIENT_WITHIN, product(S(2), W_WITHIN)),
        Equation(GRADIENT, ratio(rule, power(WITHIN_SEEN, 2))),
        fisher_gradient(),
    )


# What the names stand for --------------------------------------------------------------------


def written_out(equation: Equation, meaning: Mapping[Symbol, Any]) -> Matrix:
    """Put components in for the names of an equation, and subtract its last two sides.

    Parameters
    ----------
    equation : Equation
        Each term holds at most one vector or matrix.
    meaning : mapping from Symbol to Expr or Matrix
        All matrices that occur must have one shape.

    Returns
    -------
    Matrix
        Of that shape, or one by one; zero where the equation holds.
    """
    residual = equation.residual
    used = {name: meaning[name] for name in residual.free_symbols if name in meaning}
    shapes = {value.shape for value in used.values() if isinstance(value, MatrixBase)} or {(1, 1)}
    (shape,) = shapes

    def entry(row: int, column: int) -> Expr:
        here = {
            name: value[row, column] if isinstance(value, MatrixBase) else value
            for name, value in used.items()
        }
        return residual.xreplace(here)

    return Matrix(*shape, entry)


def meaning_of_points(classes: Sequence[Matrix], w: Matrix) -> Meaning:
    """Work everything out from points, by its definition.

    Parameters
    ----------
    classes : sequence of Matrix
        One for each class, a point a row.
    w : Matrix of shape (n_dims, 1)
        Numbers or symbols.

    Returns
    -------
    dict from Symbol to Expr or Matrix
    """
    within, between, whole = _scatter_matrices(classes)
    shadows = [points * w for points in classes]
    means = [_mean(shadow)[0] for shadow in shadows]
    middle = _mean(Matrix.vstack(*shadows))[0]
    return {
        **_meaning_of_matrices(within, between, w),
        TOTAL: whole,
        TOTAL_SEEN: (w.T * whole * w)[0],
        WITHIN_SHADOWS: sum(
            (z - mean) ** 2 for shadow, mean in zip(shadows, means, strict=True) for z in shadow
        ),
        BETWEEN_SHADOWS: sum(
            len(shadow) * (mean - middle) ** 2 for shadow, mean in zip(shadows, means, strict=True)
        ),
    }


def meaning_of_two_classes(w: Matrix | None = None) -> Meaning:
    """Write two classes in three dimensions, with any scatter within and any two means.

    Parameters
    ----------
    w : Matrix of shape (3, 1), optional
        Symbols when None.

    Returns
    -------
    dict from Symbol to Expr or Matrix
    """
    within = Matrix(3, 3, lambda i, j: Symbol(f"s_{min(i, j)}{max(i, j)}", real=True))
    apart = Matrix(3, 1, lambda i, _: Symbol(f"d_{i}", real=True))
    n_both = n_0 + n_1
    between = n_0 * n_1 / n_both * apart * apart.T
    best = within.adjugate() * apart / within.det()
    w = Matrix(3, 1, lambda i, _: Symbol(f"w_{i}", real=True)) if w is None else w
    return {
        **_meaning_of_matrices(within, between, w),
        n: n_both,
        OUTER: apart * apart.T,
        BEST: best,
        APART: (apart.T * best)[0],
        MAHALANOBIS: (apart.T * (within / (n_both - 2)).adjugate() * apart)[0]
        / (within / (n_both - 2)).det(),
    }


def meaning_of_normal_classes() -> Meaning:
    """Write two normal classes of one covariance in the plane, from their densities.

    Returns
    -------
    dict from Symbol to Expr
        The odds as a quotient of two densities, and the straight line of `fisher_bayes`.
    """
    a, c = Symbol("a", positive=True), Symbol("c", positive=True)
    covariance = Matrix([[a, Symbol("b", real=True)], [Symbol("b", real=True), c]])
    x, m_0, m_1 = (Matrix([Symbol(f"{name}_{i}", real=True) for i in (1, 2)]) for name in "xuv")
    inverse = covariance.adjugate() / covariance.det()

    def log_density(mean: Matrix) -> Expr:
        height = 1 / sqrt((2 * pi) ** 2 * covariance.det())
        return log(height) - ((x - mean).T * inverse * (x - mean))[0] / 2

    line = ((m_1 - m_0).T * inverse * (x - (m_0 + m_1) * Rational(1, 2)))[0]
    return {LOG_ODDS: log_density(m_1) - log_density(m_0), FROM_HALF_WAY: line}


# Private -------------------------------------------------------------------------------------


def _meaning_of_matrices(within: Matrix, between: Matrix, w: Matrix) -> Meaning:
    within_seen, between_seen = (w.T * within * w)[0], (w.T * between * w)[0]
    meaning: Meaning = {
        WITHIN: within,
        BETWEEN: between,
        W: w,
        W_WITHIN: within * w,
        W_BETWEEN: between * w,
        WITHIN_SEEN: within_seen,
        BETWEEN_SEEN: between_seen,
        CRITERION: between_seen / within_seen,
    }
    if all(entry.is_Symbol for entry in w):
        meaning |= {
            GRADIENT: Matrix([diff(between_seen / within_seen, entry) for entry in w]),
            GRADIENT_WITHIN: Matrix([diff(within_seen, entry) for entry in w]),
            GRADIENT_BETWEEN: Matrix([diff(between_seen, entry) for entry in w]),
        }
    return meaning


def _scatter_matrices(classes: Sequence[Matrix]) -> tuple[Matrix, Matrix, Matrix]:
    """Add up products of differences: within, between, and around the mean of all points."""
    everything = Matrix.vstack(*classes)
    middle = _mean(everything)
    within = between = zeros(everything.cols)
    for points in classes:
        mean = _mean(points)
        within += _products(points, mean)
        between += points.rows * (mean - middle).T * (mean - middle)
    return within, between, _products(everything, middle)


def _products(points: Matrix, centre: Matrix) -> Matrix:
    """Add up the outer products of the rows less a centre."""
    rows = (points.row(i) - centre for i in range(points.rows))
    return sum((row.T * row for row in rows), zeros(points.cols))


def _mean(points: Matrix) -> Matrix:
    """Return the mean row."""
    return sum((points.row(i) for i in range(points.rows)), zeros(1, points.cols)) / points.rows
