"""Ridge regression of a single feature, derived with SymPy."""

from sympy import Symbol, diff, solve

from unrolled.symbolic.equations import Equation, named, total

__all__ = ["derive_ridge"]

penalty = Symbol("lambda", nonnegative=True)
"""Penalty of a ridge regression."""
w = Symbol("w", real=True)
"""The weight of a single feature."""


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
