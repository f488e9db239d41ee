"""Equations of judging and choosing a model: errors on sets, ridge regression, leaving one out.

Matrices carry their shape: with letters for it an equation is written, with numbers for it a test
multiplies it out. Both come from the same function.
"""

from typing import Any

from sympy import (
    Expr,
    Function,
    Identity,
    Indexed,
    IndexedBase,
    Inverse,
    MatAdd,
    MatMul,
    MatrixSymbol,
    S,
    Sum,
    Symbol,
    UnevaluatedExpr,
    binomial,
    diff,
    fraction,
    solve,
)

from unrolled.symbolic.equations import (
    Equation,
    named,
    power,
    product,
    ratio,
    total,
)

__all__ = [
    "SquaredLength",
    "cross_validation",
    "derive_leave_one_out",
    "derive_ridge",
    "error_on_a_set",
    "expected_new_error",
    "expected_training_error",
    "leave_one_out",
    "leverage",
    "luckiest",
    "ridge_gradient",
    "ridge_objective",
    "ridge_shrinkage",
    "ridge_solution",
]

n = Symbol("n", integer=True, positive=True)
"""Number of points."""
D = Symbol("D", integer=True, positive=True)
"""Number of features."""
K = Symbol("K", integer=True, positive=True)
"""Number of folds."""
m = Symbol("m", integer=True, positive=True)
"""Number of models tried."""
i = Symbol("i", integer=True, positive=True)
"""Index of a point."""
j = Symbol("j", integer=True, positive=True)
"""Index of a direction."""
k = Symbol("k", integer=True, positive=True)
"""Index of a fold."""
a = Symbol("a", integer=True, nonnegative=True)
"""A number of right answers."""
b = Symbol("b", integer=True, nonnegative=True)
"""A number of right answers that is summed over."""
penalty = Symbol("lambda", nonnegative=True)
"""Penalty of a ridge regression."""
sigma = Symbol("sigma", positive=True)
"""Standard deviation of the noise."""
x = IndexedBase("x", real=True)
"""Inputs of the points, one by one."""
y = IndexedBase("y", real=True)
"""Answers of the points, one by one."""
E = IndexedBase("E", real=True)
"""Errors of the folds, one by one."""
d = Symbol("d_j", positive=True)
"""Singular value of one direction."""
w = Symbol("w", real=True)
"""The weight of a single feature."""
fitted = Symbol(r"{\hat{y}_i}", real=True)
"""Prediction of the fit to all points, at one of them."""
left_out = Symbol(r"{\hat{y}_i^{(-i)}}", real=True)
"""Prediction of the fit to all other points."""
own = Symbol("h_ii", real=True)
"""Leverage of a point."""
answer = Symbol("y_i", real=True)
"""Answer of one point."""

Shape = tuple[Expr | int, Expr | int]


class SquaredLength(Expr):  # type: ignore[misc]
    """Sum of the squares of a column's entries, written with bars until ``doit()``."""

    def doit(self, **hints: Any) -> Expr:
        """Multiply out; the column must have numbers for its shape."""
        column = self.args[0].as_explicit()
        return (column.T * column)[0, 0]

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\lVert {printer._print(self.args[0])} \rVert^{{2}}"


class _Unit(Identity):  # type: ignore[misc]
    """The identity matrix, written I."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return "I"


class _Total(MatAdd):  # type: ignore[misc]
    """A sum of matrices, written in the order in which it was made."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        first, *rest = (printer._print(term) for term in self.args)
        signed = (f" {t}" if t.startswith("-") else f" + {t}" for t in rest)
        return str(first) + "".join(signed)


class _Product(MatMul):  # type: ignore[misc]
    """A product of matrices, and perhaps a number, written in the order in which it was made."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        factors = ((factor, printer._print(factor)) for factor in self.args)
        return " ".join(
            rf"\left({tex}\right)" if isinstance(factor, MatAdd) else tex for factor, tex in factors
        )


class _Prediction(Function):  # type: ignore[misc]
    """What the learnt model says at a point."""

    nargs = 1

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\hat{{f}}({printer._print(self.args[0])})" + (f"^{{{exp}}}" if exp else "")


class _MatrixEquation(Equation):
    """An equation between matrices, whose entries a test can have one by one."""

    @property
    def residual(self) -> Any:
        """Difference of the last two sides, entry by entry."""
        before, last = self.sides[-2:]
        return before.doit().as_explicit() - last.doit().as_explicit()


def prediction(point: Expr) -> Expr:
    """Return the model's answer at a point, as a name.

    Parameters
    ----------
    point : sympy.Expr

    Returns
    -------
    sympy.Expr
    """
    return _Prediction(point)


# Judging -------------------------------------------------------------------------------------


def error_on_a_set() -> Equation:
    """Mean squared error on a set of points."""
    squares = power(y[i] - prediction(x[i]), 2)
    return Equation(named(r"E(\hat{f})"), product(_one_over(n), Sum(squares, (i, 1, n))))


def cross_validation() -> Equation:
    """Mean of the errors on the folds, each left out in its turn."""
    return Equation(named(r"\mathrm{CV}"), product(_one_over(K), Sum(E[k], (k, 1, K))))


def expected_training_error() -> Equation:
    """Error of least squares on its own training set, when the truth is within its reach."""
    share = total(S.One, product(S.NegativeOne, ratio(D + 1, n)))
    return Equation(named(r"\mathbb{E}[E_{\mathrm{train}}]"), product(power(sigma, 2), share))


def expected_new_error() -> Equation:
    """Error of least squares on new answers at the training inputs, the truth within its reach."""
    share = total(UnevaluatedExpr(S.One), ratio(D + 1, n))
    return Equation(named(r"\mathbb{E}[E_{\mathrm{new}}]"), product(power(sigma, 2), share))


def luckiest() -> Equation:
    """Return the expected accuracy of the best of m models that toss coins on n questions."""
    at_most = product(power(S(2), -n), Sum(binomial(n, b), (b, 0, a)))
    above = total(S.One, product(S.NegativeOne, power(at_most, m)))
    return Equation(
        named(r"\mathbb{E}\Bigl[\max_{1, \dots, m} A\Bigr]"),
        product(_one_over(n), Sum(above, (a, 0, n - 1))),
    )


# Ridge regression ----------------------------------------------------------------------------


def ridge_objective(shape: Shape = (n, D)) -> Equation:
    """Write down what ridge regression makes small: squared misses, and squared weights at a price.

    Parameters
    ----------
    shape : (int or sympy.Expr, int or sympy.Expr)
        Points and features.

    Returns
    -------
    Equation
    """
    features, answers, weights = _matrices(shape)
    misses = SquaredLength(_Total(answers, -features * weights))
    return Equation(named("J(w)"), total(misses, product(penalty, SquaredLength(weights))))


def ridge_gradient(shape: Shape = (n, D)) -> Equation:
    """How the objective changes with each weight.

    Parameters
    ----------
    shape : (int or sympy.Expr, int or sympy.Expr)
        Points and features.

    Returns
    -------
    Equation
    """
    features, answers, weights = _matrices(shape)
    pull = _Product(S(-2), features.T, _Total(answers, -features * weights))
    return _MatrixEquation(named(r"\nabla J(w)"), _Total(pull, 2 * penalty * weights))


def ridge_solution(shape: Shape = (n, D)) -> Equation:
    """Weights at which the gradient is zero.

    Parameters
    ----------
    shape : (int or sympy.Expr, int or sympy.Expr)
        Points and features.

    Returns
    -------
    Equation
    """
    features, answers, _ = _matrices(shape)
    heavier = _Total(features.T * features, penalty * _Unit(shape[1]))
    return _MatrixEquation(named(r"\hat{w}"), _Product(Inverse(heavier), features.T, answers))


def ridge_shrinkage() -> Equation:
    """Write the fit along one singular direction as a share of what the answers have there."""
    kept = ratio(power(d, 2), total(power(d, 2), penalty))
    return Equation(named(r"u_j^{T} \hat{y}"), product(kept, named("u_j^{T} y")))


def leverage() -> Equation:
    """How much of an answer comes back in the fit at its own place, the intercept included."""
    u, lengths = IndexedBase("u", real=True), IndexedBase("d", positive=True)
    squared = power(Indexed(lengths, j), 2)
    pulled = Sum(product(power(u[i, j], 2), ratio(squared, total(squared, penalty))), (j, 1, D))
    return Equation(own, total(_one_over(n), pulled))


def leave_one_out() -> Equation:
    """Tell what the fit to the other points misses from the fit to all of them."""
    return Equation(total(answer, -left_out), ratio(total(answer, -fitted), total(S.One, -own)))


# Derivations ---------------------------------------------------------------------------------


def derive_ridge(n_points: int) -> tuple[Equation, ...]:
    """Derive the ridge solution for a single feature, point by point.

    Parameters
    ----------
    n_points : int
        At least 1.

    Returns
    -------
    tuple of Equation
        The objective, its derivative, and the weight at which that is zero.
    """
    points = range(1, n_points + 1)
    inputs, answers = ([Symbol(f"{letter}_{t}", real=True) for t in points] for letter in "xy")
    misses = [(yt - w * xt) ** 2 for xt, yt in zip(inputs, answers, strict=True)]
    objective = total(*misses, penalty * w**2)
    slope = diff(objective, w)
    (best,) = solve(slope, w)
    return (
        Equation(named("J(w)"), objective),
        Equation(named("J'(w)"), slope),
        Equation(named(r"\hat{w}"), best),
    )


def derive_leave_one_out() -> tuple[Equation, ...]:
    """Derive the fit without a point from the fit with it.

    Returns
    -------
    tuple of Equation
        What the fit at the point becomes when its answer is changed to the left-out prediction,
        which is that prediction; and the prediction, solved for.
    """
    changed = total(fitted, product(own, total(left_out, -answer)))
    (solved,) = solve(Equation(left_out, changed).residual, left_out)
    above, below = fraction(solved)
    return Equation(left_out, changed), Equation(left_out, ratio(-above, -below))


# Private -------------------------------------------------------------------------------------


def _matrices(shape: Shape) -> tuple[Any, Any, Any]:
    points, dims = shape
    return (
        MatrixSymbol("X", points, dims),
        MatrixSymbol("y", points, 1),
        MatrixSymbol("w", dims, 1),
    )


def _one_over(whole: Expr) -> Expr:
    return UnevaluatedExpr(power(whole, S.NegativeOne))
