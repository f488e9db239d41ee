r"""What a gate that is never quite open, and never quite shut, does to a cell over many steps.

One unit, whose gates do not change: :math:`f = \sigma(a)` keeps a share of the cell at each step.
"""

from sympy import Integer, Symbol, exp, log

from unrolled.symbolic.equations import Equation, named, power, product, ratio, total
from unrolled.symbolic.vectors import sigma

__all__ = [
    "T",
    "a",
    "f",
    "first_cell",
    "half_life",
    "i",
    "kept",
    "leaky_count",
    "needed",
    "open_gate",
    "s",
    "z",
]

a = Symbol("a", real=True)
"""What enters the forget gate."""
f = Symbol("f", positive=True)
i = Symbol("i", positive=True)
z = Symbol("z", real=True)
T = Symbol("T", integer=True, positive=True)
"""Number of steps."""
s = Symbol("s", positive=True)
"""Share of the cell that is to be left."""
first_cell = named("c^{(0)}")
_last_cell = named("c^{(T)}")


def open_gate() -> Equation:
    """Write the logistic function out: its value lies between 0 and 1, and is neither."""
    return Equation(f, sigma(a), power(total(Integer(1), exp(-a)), Integer(-1)))


def kept() -> Equation:
    """Keep a share of the cell at each of T steps in which nothing comes in."""
    return Equation(_last_cell, product(power(f, T), first_cell))


def half_life() -> Equation:
    """After how many steps half of the cell is left."""
    return Equation(Symbol("tau"), ratio(log(2), log(total(Integer(1), exp(-a)))))


def needed() -> Equation:
    """Say what must enter the forget gate for a share s to be left after T steps."""
    return Equation(a, -log(total(power(s, ratio(Integer(-1), T)), Integer(-1))))


def leaky_count() -> Equation:
    """Where a cell arrives to which the same is added at each step."""
    lost = total(Integer(1), -power(f, T))
    added = product(z, i, ratio(lost, total(Integer(1), -f)))
    return Equation(_last_cell, total(added, kept().rhs))
