"""Equations of bias and variance as SymPy objects: the page shows what the tests evaluate.

An expectation is written as such until ``doit()`` carries it out. It then knows three things and
no more: it is linear, the noise has mean zero and variance sigma squared, and the noise of a new
answer is independent of the prediction (or has a covariance with it, where an equation says so).
What is left are the first two moments of the prediction, whatever its distribution.
"""

from typing import Any, NamedTuple

from sympy import (
    Expr,
    Function,
    IndexedBase,
    KroneckerDelta,
    Poly,
    S,
    Sum,
    Symbol,
    diff,
    expand,
)

from unrolled.symbolic.equations import Equation, named, power, product, ratio, tex_of, total

__all__ = [
    "Expectation",
    "Lines",
    "bagged_weight",
    "bias",
    "decomposition",
    "dependent_noise",
    "derive_decomposition",
    "derive_knn_variance",
    "derive_mixed_products",
    "derive_squares",
    "knn_bias",
    "knn_mean",
    "knn_variance",
    "smoother_variance",
    "variance",
    "weighted_sum",
]

sigma = Symbol("sigma", positive=True)
"""Standard deviation of the noise."""
epsilon = Symbol("varepsilon", real=True)
"""Noise of a new answer."""
y = Symbol("y", real=True)
"""A new answer."""
k = Symbol("k", integer=True, positive=True)
"""Number of neighbours."""
n = Symbol("n", integer=True, positive=True)
"""Number of training points."""
i = Symbol("i", integer=True, positive=True)
"""Counts training points, or neighbours from the nearest on."""
j = Symbol("j", integer=True, positive=True)
"""Counts them a second time."""
w = IndexedBase("w")
"""Weights of the training answers in one prediction."""
covariance = named(r"\operatorname{Cov}(\varepsilon, \hat f)")
"""Of the noise of an answer and the prediction."""

SETS = named(r"\mathcal D")


class Letters(NamedTuple):
    """One point's truth, prediction, mean prediction and mean squared prediction."""

    truth: Symbol
    prediction: Symbol
    mean: Symbol
    mean_square: Symbol


AT_X = Letters(
    named("f(x)"),
    named(r"\hat f_{\mathcal D}(x)"),
    named(r"\bar f(x)"),
    named(r"\mathbb{E}\left[\hat f(x)^2\right]"),
)
SHORT = Letters(
    named("f"), named(r"\hat f"), named(r"\bar f"), named(r"\mathbb{E}\left[\hat f^{\,2}\right]")
)
f, f_hat, f_bar, f_square = SHORT


class Truth(Function):  # type: ignore[misc]
    """The truth at a training point, numbered from the nearest on."""

    nargs = 1

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"f\left(x_{{({printer._print(self.args[0])})}}\right)" + _raised(exp)


class Answer(Function):  # type: ignore[misc]
    """The answer at a training point, numbered from the nearest on."""

    nargs = 1

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return f"y_{{({printer._print(self.args[0])})}}" + _raised(exp)


class Noise(Function):  # type: ignore[misc]
    """The noise in the answer at a training point."""

    nargs = 1

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\varepsilon_{{({printer._print(self.args[0])})}}" + _raised(exp)


class Expectation(Function):  # type: ignore[misc]
    """A mean over all that chance could have given; the second argument says over what."""

    nargs = (1, 2)

    def doit(self, **hints: Any) -> Expr:
        """Carry the mean out, with a noise that is independent of the prediction."""
        return _expected(self.args[0], S.Zero)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        over = f"_{{{printer._print(self.args[1])}}}" if len(self.args) > 1 else ""
        return rf"\mathbb{{E}}{over}\left[{printer._print(self.args[0])}\right]" + _raised(exp)


class OwnExpectation(Expectation):
    """The same mean where the answer may have had a say in the prediction."""

    def doit(self, **hints: Any) -> Expr:
        """Carry the mean out, with a noise whose covariance with the prediction is not zero."""
        return _expected(self.args[0], covariance)


class Bias(Function):  # type: ignore[misc]
    """Bias of the prediction at a point, left as a name until ``doit()``."""

    nargs = (0, 1)

    def doit(self, **hints: Any) -> Expr:
        """Put in the mean prediction less the truth."""
        return f_bar - f

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"{{\operatorname{{Bias}}}}{_at(self, printer)}{_raised(exp)}"


class Variance(Function):  # type: ignore[misc]
    """Variance of the prediction at a point, left as a name until ``doit()``."""

    nargs = (0, 1)

    def doit(self, **hints: Any) -> Expr:
        """Put in the mean square less the square of the mean."""
        return f_square - f_bar**2

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"{{\operatorname{{Var}}}}{_at(self, printer)}{_raised(exp)}"


class OneOver(Function):  # type: ignore[misc]
    """A factor written before what it divides."""

    nargs = 1

    def doit(self, **hints: Any) -> Expr:
        """Divide."""
        return 1 / self.args[0]

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\frac{{1}}{{{printer._print(self.args[0])}}}" + _raised(exp)


class Lines(NamedTuple):
    """Equations written below one another."""

    equations: tuple[Equation, ...]

    def _repr_latex_(self) -> str:
        rows = r" \\ ".join(" &= ".join(_halves(equation)) for equation in self.equations)
        return rf"$\displaystyle \begin{{aligned}} {rows} \end{{aligned}}$"


X = Symbol("x", real=True)


# Definitions ---------------------------------------------------------------------------------


def bias() -> Equation:
    """Mean prediction over training sets, less the truth. Equation ``bias``."""
    return Equation(Bias(X), total(Expectation(AT_X.prediction, SETS), -AT_X.truth))


def variance() -> Equation:
    """Mean squared distance of a prediction from the mean one. Equation ``variance``."""
    apart = total(AT_X.prediction, -Expectation(AT_X.prediction, SETS))
    return Equation(Variance(X), Expectation(power(apart, 2), SETS))


def knn_mean() -> Equation:
    """Mean answer of the nearest neighbours. Equation ``knn-mean``."""
    return Equation(AT_X.prediction, _mean_of(Answer(i)))


def weighted_sum() -> Equation:
    """Prediction of any method that weighs answers. Equation ``weighted-sum``."""
    return Equation(AT_X.prediction, Sum(product(w[i], named("y_i")), (i, 1, n)))


# Three parts ---------------------------------------------------------------------------------


def decomposition() -> Equation:
    """Split the expected squared error in three. Equation ``decomposition``."""
    error = Expectation(power(total(y, -f_hat), 2))
    return Equation(error, total(power(Bias(), 2), Variance(), sigma**2))


def dependent_noise() -> Equation:
    """Do the same for an answer that the method has seen. Equation ``dependent-noise``."""
    error = OwnExpectation(power(total(y, -f_hat), 2))
    parts = total(power(Bias(), 2), Variance(), sigma**2)
    return Equation(error, total(*parts.args, -product(S(2), covariance)))


def derive_decomposition() -> tuple[Equation, Lines, Lines]:
    """From the error to its three parts.

    Returns
    -------
    tuple of (Equation, Lines, Lines)
        The error split by adding and subtracting the mean prediction; `derive_squares`;
        `derive_mixed_products`. The three squares are the parts, and twice the three mixed products
        are all that is left of the square of the sum.
    """
    noise, wobble, offset = _pieces()
    split = total(noise, _minus(wobble), _minus(offset))
    return Equation(total(y, -f_hat), split), derive_squares(), derive_mixed_products()


def derive_squares() -> Lines:
    """Take the expected squares of the three pieces of an error."""
    noise, wobble, offset = _pieces()
    return Lines(
        (
            Equation(Expectation(power(noise, 2)), sigma**2),
            Equation(Expectation(power(wobble, 2)), Variance()),
            Equation(Expectation(power(offset, 2)), power(Bias(), 2)),
        )
    )


def derive_mixed_products() -> Lines:
    """Take the expected products of any two of the three pieces; the first needs independence."""
    noise, wobble, offset = _pieces()
    return Lines(
        (
            _apart(Expectation(product(noise, wobble)), Expectation(noise), Expectation(wobble)),
            _apart(Expectation(product(noise, offset)), Expectation(noise), offset),
            _apart(Expectation(product(wobble, offset)), Expectation(wobble), offset),
        )
    )


def _pieces() -> tuple[Expr, Expr, Expr]:
    """Name the noise, the prediction less its mean, and the mean less the truth."""
    return epsilon, total(f_hat, -f_bar), total(f_bar, -f)


def _minus(bracket: Expr) -> Expr:
    """Take a bracket away as a whole."""
    return product(S.NegativeOne, bracket)


def _apart(together: Expr, first: Expr, second: Expr) -> Equation:
    return Equation(together, product(first, second), S.Zero)


# Nearest neighbours and other weights ---------------------------------------------------------


def knn_bias() -> Equation:
    """Bias of nearest neighbours with fixed inputs. Equation ``knn-bias``."""
    expected = total(Expectation(_mean_of(Answer(i)), SETS), -AT_X.truth)
    return Equation(Bias(X), expected, total(_mean_of(Truth(i)), -AT_X.truth))


def knn_variance() -> Equation:
    """Variance of nearest neighbours with fixed inputs. Equation ``knn-variance``."""
    same = product(OneOver(k**2), Sum(sigma**2, (i, 1, k)))
    return Equation(Variance(X), same, ratio(sigma**2, k))


def derive_knn_variance() -> Equation:
    """Covariances of all pairs of noises: only those of a noise with itself are not zero."""
    pairs = Sum(Sum(sigma**2 * KroneckerDelta(i, j), (j, 1, k)), (i, 1, k))
    return Equation(product(OneOver(k**2), pairs), ratio(sigma**2, k))


def smoother_variance() -> Equation:
    """Variance of any method that weighs answers. Equation ``smoother-variance``."""
    return Equation(Variance(X), product(sigma**2, Sum(w[i] ** 2, (i, 1, n))))


def bagged_weight() -> Equation:
    """Weight of the i-th neighbour in infinitely many bags. Equation ``bagged-weight``."""
    missed = power(total(S.One, -ratio(total(i, -S.One), n)), n)
    also = power(total(S.One, -ratio(i, n)), n)
    return Equation(w[i], total(missed, -also))


def _mean_of(summand: Expr) -> Expr:
    return product(OneOver(k), Sum(summand, (i, 1, k)))


# How means are carried out --------------------------------------------------------------------


def _expected(expression: Expr, shared: Expr) -> Expr:
    """Replace powers of noise and prediction by their means."""
    inner = expression.replace(Expectation, lambda inside, *_: _expected(inside, shared))
    inner = inner.xreplace(dict(zip(AT_X, SHORT, strict=True))).xreplace({y: f + epsilon})
    inner = _without_training_noise(inner).replace(OneOver, lambda below: 1 / below)
    means = {
        (0, 0): S.One,
        (1, 0): S.Zero,
        (2, 0): sigma**2,
        (0, 1): f_bar,
        (1, 1): shared,
        (0, 2): f_square,
    }
    terms = Poly(expand(inner), epsilon, f_hat).terms()
    return sum((factor * means[powers] for powers, factor in terms), S.Zero)


def _without_training_noise(expression: Expr) -> Expr:
    """Take the mean over the noise of training answers, which stands there once at most."""
    t = Symbol("t")
    scaled = expression.replace(Answer, lambda at: Truth(at) + t * Noise(at))
    if scaled.has(Noise) and diff(scaled, t, 2).doit() != 0:
        raise ValueError("expression must be linear in the answers, got a product of two.")
    return scaled.subs(t, 0)


# How they are written -------------------------------------------------------------------------


def _halves(equation: Equation) -> tuple[str, str]:
    sides = [tex_of(side) for side in equation.sides]
    return sides[0], " = ".join(sides[1:])


def _raised(exp: str | None) -> str:
    return f"^{{{exp}}}" if exp else ""


def _at(name: Expr, printer: Any) -> str:
    return f"({printer._print(name.args[0])})" if name.args else ""
