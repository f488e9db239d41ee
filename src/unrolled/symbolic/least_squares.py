"""Equations of least squares with many features: the page shows what the tests evaluate.

An equation between vectors or matrices is shown with their names. What the names stand for, in
components, is what `meaning_of_design` and `meaning_of_centred_design` return; `written_out` puts
it in and leaves one residual for each component.
"""

from collections.abc import Mapping
from typing import Any

from sympy import (
    Expr,
    Gt,
    Integral,
    Matrix,
    MatrixBase,
    Poly,
    S,
    Sum,
    Symbol,
    diff,
    exp,
    eye,
    gamma,
    ones,
    oo,
    solve,
)

from unrolled.symbolic.equations import (
    Equation,
    Equivalence,
    named,
    power,
    product,
    ratio,
    total,
)

__all__ = [
    "chi_square_density",
    "coefficient_covariance",
    "column_residual",
    "derive_excess_error",
    "derive_feature_worth",
    "derive_least_squares",
    "excess_error",
    "excess_error_intercept",
    "feature_worth",
    "in_sample_variance",
    "inverse_chi_square",
    "least_squares",
    "meaning_of_centred_design",
    "meaning_of_design",
    "neighbourhood_side",
    "prediction_variance",
    "training_error",
    "written_out",
]

Meaning = dict[Symbol, Any]

D = Symbol("D", integer=True, positive=True)
"""Number of features."""
n = Symbol("n", integer=True, positive=True)
"""Number of points."""
k = Symbol("k", integer=True, positive=True)
"""Number of neighbours."""
m = Symbol("m", positive=True)
"""Degrees of freedom of a chi-squared number."""
q = Symbol("q", positive=True)
"""A squared length."""
j = Symbol("j", integer=True, positive=True)
"""Number of a column."""
sigma = Symbol("sigma", positive=True)
"""Standard deviation of the noise."""
beta = Symbol("beta", positive=True)
"""Coefficient of the feature in question, without its sign."""

SPARE = total(n, -D, S.NegativeOne)
"""What is left of the points, and one less."""

FIT, SOLUTION = named(r"\widehat{w}"), named(r"\left(X^{\top} X\right)^{-1} X^{\top} y")
GRADIENT = named(r"\nabla \lVert y - X w \rVert^2")
RESIDUALS_SEEN = named(r"X^{\top} \left(y - X w\right)")
ERROR = named(r"\widehat{w} - w")
ERROR_FROM_NOISE = named(r"\left(X^{\top} X\right)^{-1} X^{\top} \varepsilon")
COVARIANCE = named(r"\mathbb{E}\left[(\widehat{w} - w)(\widehat{w} - w)^{\top}\right]")
INVERSE = named(r"\left(X^{\top} X\right)^{-1}")
FITTED_VARIANCE = named(
    r"\frac{1}{n} \sum_{i=1}^{n} \operatorname{Var}\left(x_i^{\top} \widehat{w}\right)"
)
TRACE = named(r"\operatorname{tr}\left(X \left(X^{\top} X\right)^{-1} X^{\top}\right)")
TRAINING = named(r"\frac{1}{n}\,\mathbb{E}\,\lVert y - X \widehat{w} \rVert^2")
ENTRY = named(r"\left[\left(X^{\top} X\right)^{-1}\right]_{jj}")
COLUMN_LEFT = named(r"\lVert X_j - \widehat{X}_j \rVert^2")
MEAN_INVERSE = named(r"\mathbb{E}\left[\frac{1}{Q}\right]")
EXCESS = named(r"\mathbb{E}\left[\left(x^{\top} \widehat{w} - x^{\top} w\right)^2\right]")
EXCESS_CENTRED = named(r"\mathbb{E}\left[\left(\widehat{y}(x) - f(x)\right)^2\right]")
MEAN_TRACE = named(r"\mathbb{E}\operatorname{tr}\left(X^{\top} X\right)^{-1}")
VARIANCE_AT = named(r"\operatorname{Var}\left(\widehat{y}(x)\right)")
FAR_OUT = named(r"\left(x - \bar{x}\right)^{\top} S^{-1} \left(x - \bar{x}\right)")


# The fit and its variance --------------------------------------------------------------------


def least_squares() -> Equation:
    """Solution of the normal equations. Equation ``least-squares``."""
    return Equation(FIT, SOLUTION)


def coefficient_covariance() -> Equation:
    """Covariance of the coefficients for given points. Equation ``coefficient-covariance``."""
    return Equation(COVARIANCE, product(sigma**2, INVERSE))


def in_sample_variance() -> Equation:
    """Mean variance of the fitted values. Equation ``in-sample-variance``."""
    share = product(ratio(sigma**2, n), TRACE)
    return Equation(FITTED_VARIANCE, share, ratio(product(sigma**2, D), n))


def training_error() -> Equation:
    """Mean squared residual. Equation ``training-error``."""
    return Equation(TRAINING, product(sigma**2, total(S.One, -ratio(D, n))))


# New points ----------------------------------------------------------------------------------


def column_residual() -> Equation:
    """One entry of the inverse as a squared length. Equation ``column-residual``."""
    return Equation(ENTRY, power(COLUMN_LEFT, S.NegativeOne))


def chi_square_density() -> Expr:
    """Density of a chi-squared number with m degrees of freedom."""
    below = product(power(S(2), m / 2), gamma(m / 2))
    return ratio(product(power(q, m / 2 - 1), exp(-q / 2)), below)


def inverse_chi_square() -> Equation:
    """Mean of one over a chi-squared number. Equation ``inverse-chi-square``; m is above 2."""
    above, below = chi_square_density().args[0], chi_square_density().args[1].base
    integral = Integral(ratio(above, product(q, *below.args)), (q, 0, oo))
    return Equation(MEAN_INVERSE, integral, power(m - 2, S.NegativeOne))


def excess_error() -> Equation:
    """Price of D normal features of mean zero. Equation ``excess-error``."""
    each = power(total(total(n, -D, S.One), -S(2)), S.NegativeOne)
    price = ratio(product(sigma**2, D), SPARE)
    return Equation(EXCESS, product(sigma**2, Sum(each, (j, 1, D))), price)


def prediction_variance() -> Equation:
    """Variance at a new point, with an intercept. Equation ``prediction-variance``."""
    return Equation(VARIANCE_AT, product(sigma**2, total(1 / n, FAR_OUT)))


def excess_error_intercept() -> Equation:
    """Price of D normal features and an intercept. Equation ``excess-error-intercept``."""
    price = product(total(S.One, 1 / n), ratio(D, total(n, -D, -S(2))))
    return Equation(EXCESS_CENTRED, product(sigma**2, total(1 / n, price)))


def feature_worth() -> Equivalence:
    """When the last of D features is worth its price. Equation ``feature-worth``."""
    without, with_it = _without_and_with()
    return Equivalence(Gt(without, with_it), Gt(beta**2, ratio(sigma**2, SPARE)))


def neighbourhood_side() -> Equation:
    """Side of the cube that holds k of n uniform points. Equation ``neighbourhood-side``."""
    return Equation(named("s"), power(ratio(k, n), 1 / D))


# Derivations ---------------------------------------------------------------------------------


def derive_least_squares() -> tuple[Equation, ...]:
    """From the sum of squares to the error of its solution.

    Returns
    -------
    tuple of Equation
        The gradient of the sum of squared residuals; `least_squares`; the error of the solution,
        which is made of noise alone.
    """
    gradient = Equation(GRADIENT, product(S(-2), RESIDUALS_SEEN))
    return gradient, least_squares(), Equation(ERROR, ERROR_FROM_NOISE)


def derive_excess_error() -> tuple[Equation, ...]:
    """From the covariance of the coefficients to the price.

    Returns
    -------
    tuple of Equation
        The price as a mean trace; the mean of one diagonal entry; `excess_error`.
    """
    entry = named(r"\mathbb{E}" + ENTRY.name[1:-1])
    freedom = total(total(n, -D, S.One), -S(2))
    return (
        Equation(EXCESS, product(sigma**2, MEAN_TRACE)),
        Equation(entry, power(freedom, S.NegativeOne), power(SPARE, S.NegativeOne)),
        excess_error(),
    )


def derive_feature_worth() -> tuple[Equation, ...]:
    """Compare the errors without and with a feature.

    Returns
    -------
    tuple of Equation
        The error without the last of D features; the error with it; the first less the second, as
        one product.
    """
    without, with_it = _without_and_with()
    factor = ratio(n - 1, n - D)
    difference = product(factor, total(beta**2, -ratio(sigma**2, SPARE)))
    names = named(r"\text{without}"), named(r"\text{with}")
    return (
        Equation(names[0], without),
        Equation(names[1], with_it),
        Equation(total(without, -with_it), difference),
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


def meaning_of_design(X: Matrix, column: int = 0) -> Meaning:
    """Work everything out from given points, each name by its own definition.

    The coefficients come from the derivatives of the sum of squares, means over the noise term by
    term, and the residual of a column from its own regression on the others.

    Parameters
    ----------
    X : Matrix of shape (n_points, n_dims)
        Numbers; no column a combination of the others, at least two columns.
    column : int, optional
        The one in question.

    Returns
    -------
    dict from Symbol to Expr or Matrix
    """
    n_points, n_dims = X.shape
    y, epsilon, w = (_free(name, size) for name, size in (("y", n_points), ("e", n_points),
                                                          ("w", n_dims)))  # fmt: skip
    inverse = (X.T * X).inv()
    found = _fit(X, y)
    off = found.subs(dict(zip(y, X * w + epsilon, strict=True))) - w
    covariance = (off * off.T).applyfunc(lambda entry: _mean_over_noise(entry, epsilon))
    fitted = (X * off).applyfunc(lambda entry: _mean_over_noise(entry**2, epsilon))
    left = X * off - epsilon
    others = X.copy()
    others.col_del(column)
    from_others = others * _fit(others, X.col(column))
    sum_of_squares = sum(entry**2 for entry in y - X * w)
    return {
        n: S(n_points),
        D: S(n_dims),
        FIT: found,
        SOLUTION: inverse * X.T * y,
        GRADIENT: Matrix([diff(sum_of_squares, entry) for entry in w]),
        RESIDUALS_SEEN: X.T * (y - X * w),
        ERROR: off,
        ERROR_FROM_NOISE: inverse * X.T * epsilon,
        COVARIANCE: covariance,
        INVERSE: inverse,
        FITTED_VARIANCE: sum(fitted) / n_points,
        TRACE: (X * inverse * X.T).trace(),
        TRAINING: _mean_over_noise(sum(entry**2 for entry in left), epsilon) / n_points,
        ENTRY: inverse[column, column],
        COLUMN_LEFT: sum(entry**2 for entry in X.col(column) - from_others),
    }


def meaning_of_centred_design(X: Matrix) -> Meaning:
    """Work out a prediction with an intercept from given points, by the definition of its variance.

    Parameters
    ----------
    X : Matrix of shape (n_points, n_dims)
        Numbers; no column constant or a combination of the others.

    Returns
    -------
    dict from Symbol to Expr
    """
    n_points, n_dims = X.shape
    x, epsilon = _free("x", n_dims), _free("e", n_points)
    with_ones = ones(n_points, 1).row_join(X)
    at = Matrix([1, *x])
    middle = (ones(1, n_points) * X / n_points).T
    scatter = X.T * (eye(n_points) - ones(n_points) / n_points) * X
    off = (at.T * _fit(with_ones, epsilon))[0]
    return {
        n: S(n_points),
        VARIANCE_AT: _mean_over_noise(off**2, epsilon),
        FAR_OUT: ((x - middle).T * scatter.inv() * (x - middle))[0],
    }


# Private -------------------------------------------------------------------------------------


def _without_and_with() -> tuple[Expr, Expr]:
    """Errors with D - 1 and with D features; a feature that is left out acts as noise."""
    spread = total(sigma**2, beta**2)
    without = total(beta**2, ratio(product(spread, D - 1), n - D))
    return without, ratio(product(sigma**2, D), SPARE)


def _free(name: str, size: int) -> Matrix:
    return Matrix([Symbol(f"{name}_{i}", real=True) for i in range(1, size + 1)])


def _fit(X: Matrix, y: Matrix) -> Matrix:
    """Set every derivative of the sum of squared residuals to zero."""
    w = _free("u", X.cols)
    sum_of_squares = sum(entry**2 for entry in y - X * w)
    found = solve([diff(sum_of_squares, entry) for entry in w], list(w), dict=True)[0]
    return Matrix([found[entry] for entry in w])


def _mean_over_noise(expression: Expr, epsilon: Matrix) -> Expr:
    """Take the mean term by term: a square gives σ², anything odd gives nothing."""
    mean = S.Zero
    for powers, coefficient in Poly(expression, *epsilon).terms():
        odd = any(each % 2 for each in powers)
        mean += 0 if odd else coefficient * sigma ** sum(powers)
    return mean
