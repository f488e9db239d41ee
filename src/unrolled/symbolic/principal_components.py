"""Equations of principal components as SymPy objects: the page shows what the tests evaluate.

A `Form` is a number made of vectors, such as the variance along a direction: it is printed with the
vectors' names, and ``doit()`` writes it out in the components of three features. Functions that
begin with ``derive_`` return the steps of a derivation, in the order of reading.
"""

from typing import Any

from sympy import (
    Eq,
    Expr,
    Function,
    IndexedBase,
    Matrix,
    MatrixSymbol,
    S,
    Sum,
    Symbol,
    diff,
    expand,
    sqrt,
    symbols,
)

from unrolled.symbolic.equations import Equation, Statement, named, power, product, ratio, total

__all__ = [
    "Form",
    "MatrixEquation",
    "covariance",
    "derive_second_multiplier",
    "derive_stationary_point",
    "eigenvector",
    "ellipsoid",
    "explained_share",
    "lagrangian",
    "lost_variance",
    "multiplier",
    "pythagoras",
    "second_lagrangian",
    "singular_value_decomposition",
    "singular_values",
    "variance_along",
]

FEATURES = 3
"""How many features the derivations are written out for."""

D = Symbol("D", integer=True, positive=True)
"""Number of dimensions, that is of features."""
n = Symbol("n", integer=True, positive=True)
"""Number of points."""
K = Symbol("K", integer=True, positive=True)
"""Number of components that are kept."""
k = Symbol("k", integer=True, positive=True)
"""Number of one component."""
lam = Symbol("lambda", real=True)
"""Multiplier of the condition that w has length one; it becomes the variance along w."""
mu = Symbol("mu", real=True)
"""Multiplier of the condition that w is at a right angle to the first component."""
variances = IndexedBase("lambda")
"""Variance along each component."""
values = IndexedBase("s")
"""Singular values."""
z = IndexedBase("z")
"""Coordinates of a centred point along the components."""
direction = Matrix(symbols("w_1:4", real=True))
"""The components of w."""
entries = Matrix(3, 3, lambda a, b: Symbol(f"S_{min(a, b) + 1}{max(a, b) + 1}", real=True))
"""The covariance matrix of three features."""


class MatrixEquation(Equation):
    """Matrices that are equal; a transposed one has an upright sign."""

    def __repr__(self) -> str:
        return super().__repr__().replace("^{T}", r"^{\top}")


class Form(Function):  # type: ignore[misc]
    """A number made of vectors: printed by its name, written out in components by ``doit()``."""

    nargs = 2

    def doit(self, **hints: Any) -> Expr:
        """Write it out for three features."""
        return self.args[1]

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name = str(printer._print(self.args[0]))
        return rf"\left({name}\right)^{{{exp}}}" if exp else name


def form(tex: str, meaning: Any) -> Form:
    """Give a number a name in TeX and its meaning in components."""
    return Form(named(tex), meaning)


# The variance along a direction --------------------------------------------------------------


def covariance() -> Equation:
    """Covariance matrix of centred points. Equation ``covariance``."""
    X, matrix = MatrixSymbol("X", n, D), MatrixSymbol("S", D, D)
    return MatrixEquation(matrix, X.T * X / (n - 1))


def variance_along(n_points: int = 5) -> Equation:
    """Variance of the coordinates along a direction. Equation ``pca-variance``.

    Parameters
    ----------
    n_points : int
        For how many points the meaning is written out.

    Returns
    -------
    Equation
    """
    centred = _centred_points(n_points)
    along = centred * direction
    variance = along.dot(along) / (n_points - 1)
    matrix = centred.T * centred / (n_points - 1)
    tex = r"\frac{1}{n - 1} \sum_{i=1}^{n} \left(w^{\top} x_{i}\right)^{2}"
    return Equation(form(tex, variance), _quadratic(matrix))


def lagrangian() -> Equation:
    """Variance along w, and what a wrong length of w costs. Equation ``pca-lagrangian``."""
    condition = total(_length(), S.NegativeOne)
    right = total(_quadratic(entries), product(S.NegativeOne, lam, condition))
    return Equation(named(r"\mathcal{L}(w, \lambda)"), right)


def derive_stationary_point() -> tuple[Equation, Equation]:
    """Write the Lagrangian out for three features and differentiate by the first entry of w.

    Returns
    -------
    tuple of Equation
        The Lagrangian, and its derivative.
    """
    written = expand(_quadratic(entries).doit()) - lam * (_length().doit() - 1)
    slope = diff(written, direction[0])
    name = named(r"\mathcal{L}")
    by_first = named(r"\frac{\partial \mathcal{L}}{\partial w_{1}}")
    return Equation(name, written), Equation(by_first, expand(slope))


def eigenvector() -> Equation:
    """Where the Lagrangian's gradient vanishes. Equation ``pca-eigen``."""
    matrix, w = MatrixSymbol("S", FEATURES, FEATURES), MatrixSymbol("w", FEATURES, 1)
    return Equation(matrix * w, lam * w)


def multiplier() -> Equation:
    """Variance along an eigenvector of length one. Equation ``pca-multiplier``.

    The middle is written out with the right side of `eigenvector` in place of its left side.
    """
    w = _unit_vector()
    middle = form(r"\lambda\, w^{\top} w", (w.T * (lam * w))[0])
    return Equation(form(r"w^{\top} S w", lam), middle, lam)


# The next direction --------------------------------------------------------------------------


def second_lagrangian() -> Equation:
    """Lagrangian for a direction at a right angle to the first. Equation ``pca-second``."""
    first = form(r"w^{\top} v_{1}", direction.dot(_unit_vector()))
    condition = total(_length(), S.NegativeOne)
    right = total(
        _quadratic(entries),
        product(S.NegativeOne, lam, condition),
        product(S.NegativeOne, mu, first),
    )
    return Equation(named(r"\mathcal{L}_{2}(w, \lambda, \mu)"), right)


def derive_second_multiplier() -> Equation:
    """Multiply the gradient of `second_lagrangian` by the first component from the left.

    The covariance matrix is any that has this component, the direction any at a right angle to it.

    Returns
    -------
    Equation
        What is left is minus the second multiplier, which must therefore be zero.
    """
    v = _unit_vector()
    across = Matrix.eye(FEATURES) - v * v.T
    matrix = Symbol("lambda_1", real=True) * v * v.T + across * entries * across
    w = across * direction
    gradient = 2 * matrix * w - 2 * lam * w - mu * v
    return Equation(form(r"v_{1}^{\top}\, \nabla_{w} \mathcal{L}_{2}", v.dot(gradient)), -mu)


def ellipsoid() -> Equation:
    """Ellipsoid of a covariance matrix, seen from the mean. Equation ``pca-ellipsoid``."""
    along = ratio(power(z[k], 2), variances[k])
    return Equation(named(r"x^{\top} S^{-1} x"), Sum(along, (k, 1, D)))


# What is kept and what is lost ---------------------------------------------------------------


def pythagoras() -> Equation:
    """Split a squared distance into its parts along w and across. Equation ``pca-pythagoras``."""
    w, point = _unit_vector(), Matrix(symbols("x_1:4", real=True))
    along = w.dot(point)
    across = point - along * w
    return Equation(
        form(r"\lVert x \rVert^{2}", point.dot(point)),
        total(
            form(r"\left(w^{\top} x\right)^{2}", along**2),
            form(r"\lVert x - \left(w^{\top} x\right) w \rVert^{2}", across.dot(across)),
        ),
    )


def lost_variance() -> Equation:
    """Mean squared error of the best reconstruction. Equation ``pca-lost``."""
    error = named(r"\frac{1}{n - 1} \sum_{i=1}^{n} \lVert x_{i} - \hat{x}_{i} \rVert^{2}")
    return Equation(error, Sum(variances[k], (k, K + 1, D)))


def explained_share() -> Equation:
    """Share of the variance along the first K components. Equation ``explained-share``."""
    kept, whole = Sum(variances[k], (k, 1, K)), Sum(variances[k], (k, 1, D))
    return Equation(named(r"\text{share of variance}"), ratio(kept, whole))


# Singular values -----------------------------------------------------------------------------


def singular_value_decomposition() -> Equation:
    """Covariance matrix by singular values of the points. Equation ``pca-svd``."""
    X, matrix = MatrixSymbol("X", n, D), MatrixSymbol("S", D, D)
    V, sigma = MatrixSymbol("V", D, D), MatrixSymbol("Sigma", D, D)
    return MatrixEquation(matrix, X.T * X / (n - 1), V * sigma**2 * V.T / (n - 1))


def singular_values() -> Statement:
    """Variance along a component by its singular value. Equation ``pca-values``."""
    return Statement(Eq(variances[k], ratio(values[k] ** 2, n - 1)))


# Private -------------------------------------------------------------------------------------


def _quadratic(matrix: Any) -> Form:
    return form(r"w^{\top} S w", (direction.T * matrix * direction)[0])


def _length() -> Form:
    return form(r"w^{\top} w", direction.dot(direction))


def _unit_vector() -> Any:
    """Return any vector of length one: two free entries, and a third that makes up the length."""
    a, b = symbols("a b", real=True)
    return Matrix([a, b, sqrt(1 - a**2 - b**2)])


def _centred_points(n_points: int) -> Any:
    """Return any points whose mean is zero: the last is minus the sum of the others."""
    free = Matrix(n_points - 1, FEATURES, lambda i, j: Symbol(f"x_{i + 1}{j + 1}", real=True))
    last = -Matrix.ones(1, n_points - 1) * free
    return free.col_join(last)
