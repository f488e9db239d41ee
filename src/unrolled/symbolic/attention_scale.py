"""Why scores are divided by the root of the width: variances of products, and slopes of weights.

A `Mean` is written as such until ``doit()`` carries it out. It then knows that the components of
query and key are independent, have mean zero and variance one, and nothing else; ``carried_out``
takes other moments. Slopes are written with the weights that come out.
"""

from typing import Any, NamedTuple

from sympy import (
    Expr,
    Function,
    Indexed,
    IndexedBase,
    KroneckerDelta,
    Mul,
    S,
    Sum,
    Symbol,
    expand,
)

from unrolled.symbolic.equations import Equation, named, product, ratio, root, total

__all__ = [
    "Mean",
    "Moments",
    "aligned_mean",
    "component_covariance",
    "component_variance",
    "general_variance",
    "query_key_product",
    "scaled_variance",
    "score_variance",
    "trace",
    "trace_by_products",
    "weight_slope",
]

d = Symbol("d_k", integer=True, positive=True)
"""Width of queries and keys."""
c = Symbol("c", integer=True, positive=True)
"""Counts components."""
e = Symbol("e", integer=True, positive=True)
"""Counts them a second time."""
n = Symbol("n", integer=True, positive=True)
"""Number of keys."""
j = Symbol("j", integer=True, positive=True)
"""Counts keys."""
m = Symbol("l", integer=True, positive=True)
"""Counts them a second time."""
q, k, a, s = (IndexedBase(letter) for letter in "qkas")
DOT = named(r"q \cdot k")


class Moments(NamedTuple):
    """Mean and variance of every component of a vector."""

    mean: Expr
    variance: Expr

    def of(self, exponent: Expr) -> Expr:
        """Return the mean of a power, the first or the second."""
        return {1: self.mean, 2: self.variance + self.mean**2}[int(exponent)]


STANDARD = Moments(S.Zero, S.One)
mu_q, mu_k = Symbol("mu_q", real=True), Symbol("mu_k", real=True)
sigma_q, sigma_k = Symbol("sigma_q", positive=True), Symbol("sigma_k", positive=True)


class Mean(Function):  # type: ignore[misc]
    """A mean over all queries and keys that chance could give."""

    nargs = 1

    def carried_out(self, queries: Moments, keys: Moments) -> Expr:
        """Put in moments; different components are independent, and so are query and key."""
        terms = expand(self.args[0]).as_ordered_terms()
        return sum((_moment(term, {q: queries, k: keys}) for term in terms), S.Zero)

    def doit(self, **hints: Any) -> Expr:
        """Carry it out for mean zero and variance one."""
        return self.carried_out(STANDARD, STANDARD)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        raised = f"^{{{exp}}}" if exp else ""
        return rf"\mathbb{{E}}\left[{printer._print(self.args[0])}\right]{raised}"


class Var(Function):  # type: ignore[misc]
    """A variance: of a polynomial in components, or of a multiple of the whole product."""

    nargs = 1

    def doit(self, **hints: Any) -> Expr:
        """Mean square less squared mean; that of the whole product is `score_variance`."""
        inside = self.args[0]
        if inside.has(DOT):
            return (inside / DOT) ** 2 * score_variance().rhs
        return Mean(inside**2).doit() - Mean(inside).doit() ** 2

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\operatorname{{Var}}\left({printer._print(self.args[0])}\right)"


# Variances -----------------------------------------------------------------------------------


def query_key_product() -> Equation:
    """Compare a query with a key: one sum over the width."""
    return Equation(DOT, Sum(product(q[c], k[c]), (c, 1, d)))


def component_variance() -> Equation:
    """One summand: its mean is zero, so its variance is its mean square."""
    squares = product(Mean(q[c] ** 2), Mean(k[c] ** 2))
    return Equation(Var(product(q[c], k[c])), squares, S.One)


def component_covariance() -> Equation:
    """Two different summands: four independent factors with mean zero."""
    four = product(q[c], k[c], q[e], k[e])
    return Equation(Mean(four), product(*(Mean(one) for one in four.args)), S.Zero)


def score_variance() -> Equation:
    """Add up the variances of uncorrelated summands."""
    return Equation(Var(DOT), Sum(Var(product(q[c], k[c])), (c, 1, d)), d)


def scaled_variance() -> Equation:
    """Divide by the root of the width, and so the variance by the width."""
    return Equation(Var(ratio(DOT, root(d))), ratio(Var(DOT), d), S.One)


def general_variance() -> Equation:
    """Do the same for components with any mean and variance."""
    first = product(sigma_q**2, sigma_k**2)
    bracket = total(first, product(mu_q**2, sigma_k**2), product(sigma_q**2, mu_k**2))
    return Equation(Var(DOT), product(d, bracket))


def aligned_mean() -> Equation:
    """Compare a query with a key that is the same vector: now the mean grows."""
    return Equation(Mean(named(r"q \cdot q")), Sum(Mean(q[c] ** 2), (c, 1, d)), d)


# Slopes --------------------------------------------------------------------------------------


def weight_slope() -> Equation:
    """Derive a weight by a score, with the weights that come out."""
    slope = ratio(named(r"\partial a_j"), named(r"\partial s_l"))
    return Equation(slope, product(a[j], total(KroneckerDelta(j, m), -a[m])))


def trace() -> Equation:
    """Add up what every weight does for its own score."""
    own = Sum(product(a[j], total(1, -a[j])), (j, 1, n))
    return Equation(_trace_of(r"\partial s"), own, total(1, -Sum(a[j] ** 2, (j, 1, n))))


def trace_by_products() -> Equation:
    """Go one step further back, through the division."""
    spread = total(1, -Sum(a[j] ** 2, (j, 1, n)))
    return Equation(_trace_of(r"\partial (q \cdot k)"), ratio(spread, root(d)))


def _trace_of(below: str) -> Expr:
    return named(rf"\operatorname{{tr}} \frac{{\partial a}}{{{below}}}")


def _moment(term: Expr, moments: dict[IndexedBase, Moments]) -> Expr:
    """Take the mean of a product of powers of independent components."""
    found = S.One
    for factor, exponent in Mul(term).as_powers_dict().items():
        known = isinstance(factor, Indexed)
        found *= moments[factor.base].of(exponent) if known else factor**exponent
    return found
