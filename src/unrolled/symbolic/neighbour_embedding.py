"""Equations of the neighbour embedding, and its gradient derived with SymPy.

Points are not written out here: a squared distance, a width, a probability and a position are names
with indices. ``doit()`` carries sums out for a given number of points, numbered from 1, and
`written_out` puts symbols in for what has indices, so that SymPy can differentiate.
"""

from typing import Any

from sympy import Add, Derivative, Expr, Function, Integer, Pow, Rational, S, Symbol, exp, log

from unrolled.symbolic.equations import Equation, named, product, ratio, total

__all__ = [
    "Apart",
    "Away",
    "Chosen",
    "Exp",
    "Gap",
    "Heavy",
    "Joint",
    "Log2",
    "OnePlus",
    "Similar",
    "Square",
    "SumOfOthers",
    "SumOfPairs",
    "Weight",
    "Width",
    "conditional_probability",
    "coordinate",
    "cost_of_points",
    "derive_kl_slope",
    "derive_square",
    "embedding_similarity",
    "gradient_of_points",
    "joint_probability",
    "kl_by_distances",
    "kl_cost",
    "kl_slope",
    "perplexity",
    "tsne_forces",
    "tsne_gradient",
    "written_out",
]

i = Symbol("i", integer=True, positive=True)
"""Number of the point that is looked at."""
j = Symbol("j", integer=True, positive=True)
"""Number of another point."""
k = Symbol("k", integer=True, positive=True)
"""A number that runs through points under a sum."""
m = Symbol("ell", integer=True, positive=True)
"""Another number that runs through points under a sum."""
n = Symbol("n", integer=True, positive=True)
"""Number of points."""


class _Indexed(Function):  # type: ignore[misc]
    """A quantity that belongs to one point or to two of them."""

    letters = ""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        tex = self.letters % tuple(printer._print(index) for index in self.args)
        return rf"{tex}^{{{exp}}}" if exp else tex


class Gap(_Indexed):
    r"""Squared distance of two data points."""

    nargs = 2
    letters = r"\lVert x_{%s} - x_{%s} \rVert^2"


class Width(_Indexed):
    """Width of a point's Gaussian."""

    nargs = 1
    letters = r"\sigma_{%s}"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        index = printer._print(self.args[0])
        return rf"\sigma_{{{index}}}" + (f"^{{{exp}}}" if exp else "")


class Chosen(_Indexed):
    """Probability that the second point chooses the first as its neighbour."""

    nargs = 2
    letters = r"p_{%s \mid %s}"


class Joint(_Indexed):
    """Similarity of two data points, the same both ways."""

    nargs = 2
    letters = r"p_{%s%s}"


class Similar(_Indexed):
    """Similarity of two points of the map, the same both ways."""

    nargs = 2
    letters = r"q_{%s%s}"


class Apart(_Indexed):
    """Squared distance of two points of the map."""

    nargs = 2
    letters = r"\lVert y_{%s} - y_{%s} \rVert^2"


class Square(_Indexed):
    """The same, with a letter of its own to be differentiated by."""

    nargs = 2
    letters = r"s_{%s%s}"


class Weight(_Indexed):
    """Student's t of a squared distance of the map, as one letter until ``doit()``."""

    nargs = 2
    letters = r"w_{%s%s}"

    def doit(self, **hints: Any) -> Expr:
        """Write it as a function of the squared distance."""
        return Heavy(Apart(*self.args)).doit(**hints)


class Away(_Indexed):
    """Vector from the second point of the map to the first."""

    nargs = 2
    letters = r"\left(y_{%s} - y_{%s}\right)"


class Log2(Function):  # type: ignore[misc]
    """Logarithm to base two, a name until ``doit()`` makes it a quotient."""

    nargs = 1

    def doit(self, **hints: Any) -> Expr:
        """Divide natural logarithms."""
        return log(self.args[0].doit(**hints)) / log(2)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\log_2 {printer._print(self.args[0])}"


class Exp(Function):  # type: ignore[misc]
    """Exponential function with its argument on the line."""

    nargs = 1

    def doit(self, **hints: Any) -> Expr:
        """Be SymPy's own function."""
        return exp(self.args[0].doit(**hints))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\exp\left({printer._print(self.args[0])}\right)"


class OnePlus(Function):  # type: ignore[misc]
    """One more than the argument, with the one in front. For places that need no parentheses."""

    nargs = 1

    def doit(self, **hints: Any) -> Expr:
        """Add."""
        return 1 + self.args[0].doit(**hints)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"1 + {printer._print(self.args[0])}"


class Heavy(Function):  # type: ignore[misc]
    """Student's t with one degree of freedom, of a squared distance, without its constant."""

    nargs = 1

    def doit(self, **hints: Any) -> Expr:
        """Divide."""
        return 1 / (1 + self.args[0].doit(**hints))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"\left(1 + {printer._print(self.args[0])}\right)^{{-1}}"


class SumOfOthers(Function):  # type: ignore[misc]
    """Sum over all points but one: (summand, running index, index left out, number of points)."""

    nargs = 4

    def doit(self, **hints: Any) -> Expr:
        """Add up, once the number of points and the one left out are numbers."""
        summand, running, left_out, n_points = self.args
        if not (left_out.is_Integer and n_points.is_Integer):
            return self
        others = [a for a in range(1, int(n_points) + 1) if a != left_out]
        return Add(*(summand.xreplace({running: Integer(a)}).doit(**hints) for a in others))

    def _eval_subs(self, old: Any, new: Any) -> Expr | None:
        return self if old == self.args[1] else None  # a running index cannot be put in

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        summand, running, left_out, _ = self.args
        below = rf"{printer._print(running)} \ne {printer._print(left_out)}"
        return rf"\sum_{{{below}}} {printer._print(summand)}"


class SumOfPairs(Function):  # type: ignore[misc]
    """Sum over all ordered pairs: (summand, first index, second index, number of points)."""

    nargs = 4

    def doit(self, **hints: Any) -> Expr:
        """Add up, once the number of points is a number."""
        summand, first, second, n_points = self.args
        if not n_points.is_Integer:
            return self
        numbers = range(1, int(n_points) + 1)
        pairs = [(a, b) for a in numbers for b in numbers if a != b]
        return Add(
            *(
                summand.xreplace({first: Integer(a), second: Integer(b)}).doit(**hints)
                for a, b in pairs
            )
        )

    def _eval_subs(self, old: Any, new: Any) -> Expr | None:
        return self if old in self.args[1:3] else None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        summand, first, second, _ = self.args
        below = rf"{printer._print(first)} \ne {printer._print(second)}"
        return rf"\sum_{{{below}}} {printer._print(summand)}"


# Neighbourhoods ------------------------------------------------------------------------------


def conditional_probability() -> Equation:
    """Probability that point i chooses j. Equation ``conditional-probability``."""
    above = _gaussian(i, j)
    return Equation(Chosen(j, i), ratio(above, SumOfOthers(_gaussian(i, k), k, i, n)))


def perplexity() -> Equation:
    """Logarithm of the effective number of neighbours. Equation ``perplexity``.

    The entropy of the choice: in bits, and from natural logarithms.
    """
    chosen = Chosen(j, i)
    bits = SumOfOthers(product(chosen, Log2(chosen)), j, i, n)
    nats = SumOfOthers(product(chosen, log(chosen)), j, i, n)
    return Equation(Log2(named(r"\operatorname{Perp}_i")), _minus(bits), _minus(nats, log(2)))


def joint_probability() -> Equation:
    """Similarity of a pair, from both views of it. Equation ``joint-probability``."""
    return Equation(Joint(i, j), ratio(total(Chosen(j, i), Chosen(i, j)), product(S(2), n)))


# The map -------------------------------------------------------------------------------------


def embedding_similarity() -> Equation:
    """Similarity of two points of the map. Equation ``embedding-similarity``."""
    below = SumOfPairs(Heavy(Apart(k, m)), k, m, n)
    return Equation(Similar(i, j), ratio(Heavy(Apart(i, j)), below))


def kl_cost() -> Equation:
    """Kullback-Leibler divergence of the map. Equation ``kl-cost``."""
    summand = product(Joint(i, j), log(ratio(Joint(i, j), Similar(i, j))))
    return Equation(named("C"), SumOfPairs(summand, i, j, n))


def kl_by_distances() -> Equation:
    """Write the cost as a function of squared distances. Equation ``kl-by-distances``."""
    own = SumOfPairs(product(Joint(i, j), log(Joint(i, j))), i, j, n)
    pull = SumOfPairs(product(Joint(i, j), log(OnePlus(Square(i, j)))), i, j, n)
    weights = SumOfPairs(Heavy(Square(k, m)), k, m, n)
    return Equation(named("C"), total(own, pull, log(weights)))


def kl_slope() -> Equation:
    """Slope of the cost in one squared distance. Equation ``kl-slope``."""
    name = named(r"\frac{\partial C}{\partial s_{ij}}")
    difference = total(Joint(i, j), -Similar(i, j))
    return Equation(name, product(S(2), difference, Heavy(Square(i, j))))


def tsne_gradient() -> Equation:
    """Gradient of the cost in one point of the map. Equation ``tsne-gradient``."""
    difference = total(Joint(i, j), -Similar(i, j))
    summand = product(difference, Away(i, j), Heavy(Apart(i, j)))
    name = named(r"\frac{\partial C}{\partial y_i}")
    return Equation(name, product(S(4), SumOfOthers(summand, j, i, n)))


def tsne_forces() -> Equation:
    """Split the gradient into a pull and a push. Equation ``tsne-forces``."""
    pull = SumOfOthers(product(Joint(i, j), Weight(i, j), Away(j, i)), j, i, n)
    push = SumOfOthers(product(Similar(i, j), Weight(i, j), Away(i, j)), j, i, n)
    name = named(r"-\frac{\partial C}{\partial y_i}")
    return Equation(name, total(product(S(4), pull), product(S(4), push)))


# Derivation ----------------------------------------------------------------------------------


def derive_kl_slope() -> tuple[Equation, ...]:
    """Differentiate the two parts of the cost that one squared distance touches.

    Returns
    -------
    tuple of Equation
        The part that pulls, in which the pair stands twice; and the logarithm of the sum of all
        weights, where R is what the other pairs add to it.
    """
    s, p, rest = Symbol("s_{ij}", positive=True), Symbol("p_{ij}"), Symbol("R", positive=True)
    pull, push = product(S(2), p, log(OnePlus(s))), log(total(rest, product(S(2), Heavy(s))))
    share = ratio(Heavy(s), total(rest, product(S(2), Heavy(s))))
    return (
        Equation(Derivative(pull, s), product(S(2), p, Heavy(s))),
        Equation(Derivative(push, s), product(S(-2), share, Heavy(s))),
    )


def derive_square() -> Equation:
    """Differentiate the squared distance of two points of the plane by a coordinate."""
    a, b, c, d = (Symbol(f"y_{{{name}}}", real=True) for name in ("i1", "i2", "j1", "j2"))
    square = total(Pow(a - c, 2), Pow(b - d, 2))
    return Equation(Derivative(square, a), product(S(2), a - c))


def coordinate(point: int, axis: int) -> Symbol:
    """Name a coordinate of a point of the map; both are numbered from 1."""
    return Symbol(f"y_{{{point}{axis}}}", real=True)


def written_out(expression: Expr, n_points: int, *, n_dims: int = 2, axis: int = 1) -> Expr:
    """Write an expression out for a number of points, with symbols for all that has indices.

    Parameters
    ----------
    expression : sympy.Expr
        Without an index that stands for no number.
    n_points : int
        At least 3.
    n_dims : int, optional
        Coordinates of a point of the map.
    axis : int, optional
        The coordinate that is meant where a vector stands, from 1.

    Returns
    -------
    sympy.Expr
        Similarities p become symbols, the last of which is what the others leave of one; q and
        distances of the map become functions of coordinates.
    """

    def square(a: Any, b: Any) -> Expr:
        axes = range(1, n_dims + 1)
        return Add(*((coordinate(a, axis) - coordinate(b, axis)) ** 2 for axis in axes))

    def similar(a: Any, b: Any) -> Expr:
        return embedding_similarity().rhs.subs({i: a, j: b, n: n_points}).doit()

    def joint(a: Any, b: Any) -> Expr:
        pairs = [(c, d) for d in range(1, n_points + 1) for c in range(1, d)]
        symbols = [Symbol(f"p_{{{c}{d}}}", positive=True) for c, d in pairs]
        place = pairs.index((min(a, b), max(a, b)))
        last = Rational(1, 2) - Add(*symbols[:-1])
        return last if place == len(pairs) - 1 else symbols[place]

    written = expression.subs(n, n_points).doit().replace(Similar, similar)
    away = written.replace(Away, lambda a, b: coordinate(a, axis) - coordinate(b, axis))
    return away.replace(Apart, square).replace(Square, square).replace(Joint, joint)


def cost_of_points(n_points: int, *, n_dims: int = 2) -> Expr:
    """Cost of a map as a function of all its coordinates, from the definition.

    Parameters
    ----------
    n_points : int
        At least 3.
    n_dims : int, optional

    Returns
    -------
    sympy.Expr
    """
    return written_out(kl_cost().rhs, n_points, n_dims=n_dims)


def gradient_of_points(n_points: int, point: int, axis: int, *, n_dims: int = 2) -> Expr:
    """Entry of the gradient as a function of all coordinates, by the formula.

    Parameters
    ----------
    n_points : int
        At least 3.
    point, axis : int
        From 1.
    n_dims : int, optional

    Returns
    -------
    sympy.Expr
    """
    formula = tsne_gradient().rhs.subs(i, point)
    return written_out(formula, n_points, n_dims=n_dims, axis=axis)


# Private -------------------------------------------------------------------------------------


def _gaussian(first: Expr, second: Expr) -> Expr:
    return Exp(-Gap(first, second) / (2 * Width(first) ** 2))


def _minus(expression: Expr, divisor: Expr | None = None) -> Expr:
    factors = () if divisor is None else (Pow(divisor, S.NegativeOne, evaluate=False),)
    return product(S.NegativeOne, *factors, expression)
