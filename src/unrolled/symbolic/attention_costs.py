"""What attention costs, as SymPy objects: multiplications within products of matrices.

A product of a matrix of m rows and k columns with one of k rows and n columns takes m k n of them.
"""

from sympy import Integer, Symbol

from unrolled.symbolic.equations import Equation, named, power, product, ratio, total

__all__ = ["attention_cost", "cost_ratio", "mixing_cost", "recurrent_cost"]

n = Symbol("n", integer=True, positive=True)
"""Number of tokens."""
d = Symbol("d", integer=True, positive=True)
"""Width of a token."""
h = Symbol("h", integer=True, positive=True)
"""Number of heads."""

TWO, FOUR = Integer(2), Integer(4)
MIXING, ATTENTION, RECURRENT = (
    named(rf"M_{{\mathrm{{{name}}}}}") for name in ("mix", "attention", "recurrent")
)


def mixing_cost() -> Equation:
    """Add scores and weighted sums of all heads: their number drops out."""
    one = product(power(n, TWO), ratio(d, h))
    return Equation(MIXING, product(h, total(one, one)), product(TWO, power(n, TWO), d))


def attention_cost() -> Equation:
    """Add four maps and the mixing."""
    maps = product(FOUR, n, power(d, TWO))
    return Equation(ATTENTION, total(maps, product(TWO, power(n, TWO), d)))


def recurrent_cost() -> Equation:
    """Add inputs and states of a simple recurrent layer that is as wide as a token."""
    one = product(n, power(d, TWO))
    return Equation(RECURRENT, total(one, one), product(TWO, n, power(d, TWO)))


def cost_ratio() -> Equation:
    """Compare the two layers."""
    both = ratio(attention_cost().rhs, recurrent_cost().rhs)
    return Equation(ratio(ATTENTION, RECURRENT), both, total(TWO, ratio(n, d)))
