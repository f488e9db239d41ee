"""Cost of a map and its gradient, written out with SymPy for a small number of points."""

from itertools import permutations

from sympy import Add, Expr, Rational, Symbol, log

__all__ = ["coordinate", "cost_of_points", "gradient_of_points"]


def coordinate(point: int, axis: int) -> Symbol:
    """Name a coordinate of a point of the map; both are numbered from 1."""
    return Symbol(f"y_{{{point}{axis}}}", real=True)


def cost_of_points(n_points: int) -> Expr:
    """Cost of a map in the plane as a function of all its coordinates, from the definition.

    Parameters
    ----------
    n_points : int
        At least 3.

    Returns
    -------
    sympy.Expr
        The similarities of the data are symbols, the last of which is what the others leave of one.
    """
    wanted, weights = _joint(n_points), _weights(n_points)
    whole = Add(*weights.values())
    return Add(*(p * log(p * whole / weights[pair]) for pair, p in wanted.items()))


def gradient_of_points(n_points: int, point: int, axis: int) -> Expr:
    """Entry of the gradient as a function of all coordinates, by the formula.

    Parameters
    ----------
    n_points : int
        At least 3.
    point, axis : int
        From 1.

    Returns
    -------
    sympy.Expr
    """
    wanted, weights = _joint(n_points), _weights(n_points)
    whole, here = Add(*weights.values()), coordinate(point, axis)
    terms = [
        (wanted[pair] - weight / whole) * weight * (here - coordinate(pair[1], axis))
        for pair, weight in weights.items()
        if pair[0] == point
    ]
    return 4 * Add(*terms)


def _joint(n_points: int) -> dict[tuple[int, int], Expr]:
    """Name the similarities of all pairs of the data, the same both ways."""
    pairs = [pair for pair in permutations(range(1, n_points + 1), 2) if pair[0] < pair[1]]
    named = {(a, b): Symbol(f"p_{{{a}{b}}}", positive=True) for a, b in pairs[:-1]}
    named[pairs[-1]] = Rational(1, 2) - Add(*named.values())
    return {**named, **{(b, a): p for (a, b), p in named.items()}}


def _weights(n_points: int) -> dict[tuple[int, int], Expr]:
    """Return Student's t, without its constant, of the distance of each pair of the map."""
    return {
        (a, b): 1 / (1 + Add(*((coordinate(a, x) - coordinate(b, x)) ** 2 for x in (1, 2))))
        for a, b in permutations(range(1, n_points + 1), 2)
    }
