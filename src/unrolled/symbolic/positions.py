"""Positions as waves: how they are written, how they shift, and what two of them have in common.

A pair of columns is one angle, seen by its sine and its cosine. Everything on the page follows from
that, with the rules for sums of angles.
"""

from typing import Any

from sympy import (
    IndexedBase,
    MatMul,
    Matrix,
    Sum,
    Symbol,
    cos,
    exp,
    pi,
    sin,
)

from unrolled.symbolic.bias_variance import Lines
from unrolled.symbolic.equations import Equation, named, power, product, ratio, total

__all__ = [
    "masked_weights",
    "position_dot",
    "position_pair",
    "position_shift",
    "rotation",
    "sinusoidal_positions",
    "wavelength",
]

p, r = Symbol("p", real=True), Symbol("r", real=True)
"""A position, and how far another one is from it."""
d = Symbol("d", integer=True, positive=True)
"""Width of a token."""
i, j, m = (Symbol(letter, integer=True, nonnegative=True) for letter in "ijl")
n = Symbol("n", integer=True, positive=True)
"""Number of keys."""
base = Symbol("B", positive=True)
"""What the longest waves approach, in units of the shortest; 10000 in the original."""
omega = Symbol("omega", positive=True)
"""A frequency."""
frequency = IndexedBase("omega", positive=True)
allowed, scores, weights = IndexedBase("m"), IndexedBase("s"), IndexedBase("a")


def masked_weights() -> Equation:
    """Share out among the keys that a query may look at."""
    shown = product(allowed[i, j], exp(scores[i, j]))
    everything = Sum(product(allowed[i, m], exp(scores[i, m])), (m, 1, n))
    return Equation(weights[i, j], ratio(shown, everything))


def sinusoidal_positions() -> Lines:
    """Write the entries of a position: a sine and a cosine of every angle."""
    angle = product(p, power(base, -ratio(2 * i, d)))
    return Lines(
        (
            Equation(named(r"\mathrm{PE}_{p,\,2i}"), sin(angle)),
            Equation(named(r"\mathrm{PE}_{p,\,2i+1}"), cos(angle)),
        )
    )


def wavelength() -> Equation:
    """Say after how many positions a pair of columns is where it was."""
    first = ratio(2 * pi, frequency[i])
    return Equation(named(r"\lambda_i"), first, product(2, pi, power(base, ratio(2 * i, d))))


def rotation(angle: Any) -> Matrix:
    """Turn the pair of a sine and a cosine on by an angle."""
    return Matrix([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])


def position_shift() -> Equation:
    """Move a pair on by some positions: a product with a matrix that does not know where it is."""
    later = Matrix([sin(product(omega, total(p, r))), cos(product(omega, total(p, r)))])
    here = Matrix([sin(omega * p), cos(omega * p)])
    return Equation(later, MatMul(rotation(omega * r), here, evaluate=False))


def position_pair() -> Equation:
    """Multiply the pairs of two positions: the rule for the cosine of a difference."""
    one, other = (product(omega, place) for place in (p, total(p, r)))
    pairs = total(product(sin(one), sin(other)), product(cos(one), cos(other)))
    return Equation(pairs, cos(product(omega, r)))


def position_dot() -> Equation:
    """Multiply two positions: only their distance is left."""
    common = Sum(cos(product(frequency[i], r)), (i, 0, d / 2 - 1))
    return Equation(named(r"\mathrm{PE}_{p} \cdot \mathrm{PE}_{p+r}"), common)
