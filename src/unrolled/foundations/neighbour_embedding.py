"""Neighbour embedding: t-SNE, from the neighbourhood widths to the last step of descent.

Everything here compares each point with each other one: exact, and fit for some hundred points.
Logarithms are natural. A row of an array is a point, before and after. Distances are as exact as
the largest coordinate, to sixteen digits of it; those that agree to as many digits count as equal.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.special import xlogy

from unrolled.shapes import check_integer, check_number, check_numbers, check_shape

__all__ = [
    "Descent",
    "Forces",
    "conditional_probabilities",
    "effective_neighbours",
    "embedding_similarities",
    "forces",
    "joint_probabilities",
    "kl_divergence",
    "kl_gradient",
    "neighbourhood_widths",
    "neighbours_kept",
    "principal_start",
    "tsne",
]

Floats = NDArray[np.float64]

_WIDEST, _NARROWEST = -64.0, 1000.0  # powers of two between which a precision is looked for
_HALVINGS = 64


class Forces(NamedTuple):
    """Forces on the points of a map; their sum is minus the gradient."""

    attraction: Floats  # (n_points, n_dims)  towards the neighbours
    repulsion: Floats  # (n_points, n_dims)  away from everything


class Descent(NamedTuple):
    """A run of gradient descent, step by step."""

    path: Floats  # (n_steps + 1, n_points, n_dims)  all maps, the start first
    costs: Floats  # (n_steps + 1,)  divergence of each of them

    @property
    def last(self) -> Floats:
        """The map after the last step, of shape (n_points, n_dims)."""
        last: Floats = self.path[-1]
        return last


# Neighbourhoods ------------------------------------------------------------------------------


def conditional_probabilities(points: ArrayLike, perplexity: float) -> Floats:
    """Probability with which each point would choose each other one as its neighbour.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        At least three points.
    perplexity : float
        Effective number of neighbours: at least 1 and below ``n_points - 1``.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_points)
        Entry (i, j) is p(j | i). Each row sums to one; the diagonal is zero.

    Raises
    ------
    ValueError
        When a number is not finite or out of range, or no float can hold a squared distance.

    Notes
    -----
    The width of each point's Gaussian is found by bisection. Where more points than the perplexity
    lie nearest at exactly the same distance, copies of a point for instance, no width is narrow
    enough: they share the probability equally, which is the limit of narrow widths.
    Hinton and Roweis (2002). Page ``neighbour-embedding``, equation ``conditional-probability``.
    """
    gaps, _ = _gaps(points)
    target = _log_perplexity(perplexity, len(gaps))
    return _with_diagonal(_gaussian(gaps, _precisions(gaps, target)))


def neighbourhood_widths(points: ArrayLike, perplexity: float) -> Floats:
    """Find the width (sigma) of each point's Gaussian that gives it the wanted perplexity.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
    perplexity : float
        At least 1 and below ``n_points - 1``.

    Returns
    -------
    ndarray of float64 of shape (n_points,)
        In units of the points. Zero where no width is narrow enough; see
        `conditional_probabilities`.

    Raises
    ------
    ValueError
        As `conditional_probabilities`; and when no float can hold a width.

    Notes
    -----
    Page ``neighbour-embedding``, equation ``perplexity``.
    """
    gaps, scales = _gaps(points)
    log2_precisions = _precisions(gaps, _log_perplexity(perplexity, len(gaps)))
    with np.errstate(all="ignore"):
        widths: Floats = scales * np.exp2(-0.5 - log2_precisions / 2)
    widths[log2_precisions == _NARROWEST] = 0.0
    if not np.isfinite(widths).all():
        raise ValueError(
            "points must have neighbourhoods whose width a float can hold, got one above 1e308. "
            "Divide them by a common factor."
        )
    return widths


def effective_neighbours(probabilities: ArrayLike) -> Floats:
    """Perplexity of each row: the number of equally likely choices that are as uncertain.

    Parameters
    ----------
    probabilities : array_like of shape (n_rows, n_choices)
        Not negative; each row sums to one.

    Returns
    -------
    ndarray of float64 of shape (n_rows,)
        From 1, a sure choice, to ``n_choices``.

    Raises
    ------
    ValueError
        When a row is no distribution.

    Notes
    -----
    Page ``neighbour-embedding``, equation ``perplexity``.
    """
    rows = check_numbers("probabilities", probabilities, at_least=0)
    check_shape("probabilities", rows, "n_rows n_choices")
    _check_sums("probabilities", rows.sum(axis=1), "sum to one in every row")
    counts: Floats = np.exp(-xlogy(rows, rows).sum(axis=1))
    return counts


def joint_probabilities(points: ArrayLike, perplexity: float) -> Floats:
    """Similarity of each pair of points: the symmetrised conditional probabilities, with sum one.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        At least three points.
    perplexity : float
        At least 1 and below ``n_points - 1``.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_points)
        Symmetric, with sum one and a diagonal of zeros. Each row sums to at least
        ``1 / (2 n_points)``, so that no point is forgotten.

    Raises
    ------
    ValueError
        As `conditional_probabilities`.

    Notes
    -----
    Van der Maaten and Hinton (2008), section 3.1. Page ``neighbour-embedding``, equation
    ``joint-probability``.
    """
    conditional = conditional_probabilities(points, perplexity)
    return (conditional + conditional.T) / (2 * len(conditional))


# The map -------------------------------------------------------------------------------------


def embedding_similarities(y: ArrayLike) -> Floats:
    """Similarity of each pair of points of a map, by Student's t with one degree of freedom.

    Parameters
    ----------
    y : array_like of shape (n_points, n_dims)
        At least two points.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_points)
        Symmetric, with sum one and a diagonal of zeros.

    Raises
    ------
    ValueError
        When a number is not finite, or no float can hold a squared distance.

    Notes
    -----
    Page ``neighbour-embedding``, equation ``embedding-similarity``.
    """
    weights = _weights(_check_map(y))
    similarities: Floats = weights / weights.sum()
    return similarities


def kl_divergence(p: ArrayLike, y: ArrayLike) -> float:
    """Cost of a map: the Kullback-Leibler divergence of its similarities from the wanted ones.

    Parameters
    ----------
    p : array_like of shape (n_points, n_points)
        Symmetric and not negative, with sum one and a diagonal of zeros.
    y : array_like of shape (n_points, n_dims)
        The map.

    Returns
    -------
    float
        In nats; zero when all similarities are as wanted, and never less.

    Raises
    ------
    ValueError
        When the arguments do not fit, or are not what is said above.

    Notes
    -----
    Page ``neighbour-embedding``, equation ``kl-cost``.
    """
    y = _check_map(y)
    p = _check_joint(p, len(y))
    return max(_cost(p, _weights(y), float(xlogy(p, p).sum())), 0.0)


def kl_gradient(p: ArrayLike, y: ArrayLike) -> Floats:
    """Gradient of `kl_divergence` with respect to each point of the map.

    Parameters
    ----------
    p : array_like of shape (n_points, n_points)
        Symmetric and not negative, with sum one and a diagonal of zeros.
    y : array_like of shape (n_points, n_dims)
        The map.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_dims)
        The rows sum to zero: the map as a whole does not move.

    Raises
    ------
    ValueError
        When the arguments do not fit, or are not what is said above.

    Notes
    -----
    Van der Maaten and Hinton (2008), equation 5. Page ``neighbour-embedding``, equation
    ``tsne-gradient``.
    """
    y = _check_map(y)
    p = _check_joint(p, len(y))
    return _gradient(p, y, _weights(y))


def forces(p: ArrayLike, y: ArrayLike) -> Forces:
    """Split the negative gradient into attraction by neighbours and repulsion by all points.

    Parameters
    ----------
    p : array_like of shape (n_points, n_points)
        Symmetric and not negative, with sum one and a diagonal of zeros.
    y : array_like of shape (n_points, n_dims)
        The map.

    Returns
    -------
    Forces
        Their sum is minus `kl_gradient`.

    Raises
    ------
    ValueError
        When the arguments do not fit, or are not what is said above.

    Notes
    -----
    Page ``neighbour-embedding``, equation ``tsne-forces``.
    """
    y = _check_map(y)
    p = _check_joint(p, len(y))
    weights = _weights(y)
    repulsion = 4 * _pull(weights**2 / weights.sum(), y)
    return Forces(-4 * _pull(p * weights, y), repulsion)


# Descent -------------------------------------------------------------------------------------


def principal_start(points: ArrayLike, *, spread: float = 1e-4) -> Floats:
    """Start a map with the first two principal components, scaled down to a small cloud.

    Parameters
    ----------
    points : array_like of shape (n_points, n_features)
    spread : float, optional
        Standard deviation along the first component, positive.

    Returns
    -------
    ndarray of float64 of shape (n_points, 2)
        Signs are chosen such that the largest entry of each direction is positive.

    Raises
    ------
    ValueError
        When a number is not finite, or the points vary in less than two directions.

    Notes
    -----
    On a line they would stay on it: no gradient points away. Kobak and Berens (2019).
    """
    points, _ = _check_points(points)
    spread = check_number("spread", spread, above=0)
    centred = points - points.mean(axis=0)
    left, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    if len(lengths) < 2 or lengths[1] <= lengths[0] * 1e-12:
        raise ValueError(
            "points must vary in at least two directions, got points on a line or on one spot. "
            "Start from small random numbers."
        )
    largest = directions[[0, 1], np.abs(directions[:2]).argmax(axis=1)]
    scores = left[:, :2] * (lengths[:2] / lengths[0] * np.sign(largest))
    start: Floats = scores * (spread * np.sqrt(len(points)))
    return start


def tsne(
    points: ArrayLike,
    perplexity: float,
    *,
    start: ArrayLike,
    n_steps: int = 500,
    step_size: float | None = None,
    momentum: float = 0.8,
    exaggeration: float = 4.0,
    n_exaggerated: int = 100,
) -> Descent:
    """Compute a map that keeps neighbours together: t-SNE by gradient descent with momentum.

    Parameters
    ----------
    points : array_like of shape (n_points, n_features)
        At least three points.
    perplexity : float
        Effective number of neighbours: at least 1 and below ``n_points - 1``.
    start : array_like of shape (n_points, n_dims)
        The first map: `principal_start`, or small random numbers.
    n_steps : int, optional
    step_size : float, optional
        Factor of the gradient, positive; ``n_points / exaggeration`` when None.
    momentum : float, optional
        Share of the last step that is repeated, from 0 and below 1.
    exaggeration : float, optional
        Factor of the attraction during the first steps, at least 1.
    n_exaggerated : int, optional
        The number of these first steps.

    Returns
    -------
    Descent
        All maps and their costs; the cost is never exaggerated.

    Raises
    ------
    ValueError
        When an argument is out of range or does not fit, or if the descent diverges.

    Notes
    -----
    Van der Maaten and Hinton (2008). Page ``neighbour-embedding``, section *Go downhill*.
    """
    p = joint_probabilities(points, perplexity)
    y = check_numbers("start", start)
    check_shape("start", y, "n_points n_dims", n_points=len(p))
    y = _check_map(y, "start")
    n_steps = check_integer("n_steps", n_steps, at_least=0)
    n_exaggerated = check_integer("n_exaggerated", n_exaggerated, at_least=0)
    momentum = check_number("momentum", momentum, at_least=0, below=1)
    factor = check_number("exaggeration", exaggeration, at_least=1)
    step = len(p) / factor if step_size is None else step_size
    step_size = check_number("step_size", step, above=0)
    factors = np.where(np.arange(n_steps) < n_exaggerated, factor, 1.0)
    return _descend(p, y - y.mean(axis=0), factors, step_size, momentum)


def _descend(
    p: Floats,
    y: Floats,
    factors: Floats,
    step_size: float,
    momentum: float,
) -> Descent:
    own = float(xlogy(p, p).sum())
    velocity, weights = np.zeros_like(y), _weights(y)
    path, costs = [y], [_cost(p, weights, own)]
    for factor in factors:
        gradient = _gradient(factor * p, y, weights)
        velocity = momentum * velocity - step_size * gradient
        y = _check_near(y + velocity, step_size)
        weights = _weights(y)
        path.append(y)
        costs.append(_cost(p, weights, own))
    return Descent(np.array(path), np.maximum(costs, 0.0))


def _check_near(y: Floats, step_size: float) -> Floats:
    if not np.abs(y).max() < 1e100:
        raise ValueError(
            f"step_size must be small enough for the descent to stay near, got {step_size:g}. "
            "Try a tenth of it."
        )
    return y


# What was kept -------------------------------------------------------------------------------


def neighbours_kept(points: ArrayLike, y: ArrayLike, n_neighbours: int) -> float:
    """Share of each point's nearest neighbours that are its nearest neighbours on the map too.

    Parameters
    ----------
    points : array_like of shape (n_points, n_features)
        At least three points.
    y : array_like of shape (n_points, n_dims)
        The map.
    n_neighbours : int
        At least 1 and below ``n_points - 1``: all others are kept by any map.

    Returns
    -------
    float
        The mean over all points, from 0 to 1. A map drawn at random keeps
        ``n_neighbours / (n_points - 1)`` on average.

    Raises
    ------
    ValueError
        When the arguments do not fit, or no float can hold a squared distance.

    Notes
    -----
    Of points at equal distance the earlier row counts as nearer, before and after.
    """
    points, _ = _check_points(points)
    y = check_numbers("y", y)
    check_shape("y", y, "n_points n_dims", n_points=len(points))
    k = check_integer("n_neighbours", n_neighbours, at_most=len(points) - 2)
    before, after = _nearest(points, k), _nearest(_check_map(y), k)
    return float((before & after).sum() / (k * len(points)))


def _nearest(points: Floats, n_neighbours: int) -> NDArray[np.bool_]:
    """Mark the nearest neighbours of each row among the columns."""
    squared = cdist(points, points, "sqeuclidean")
    np.fill_diagonal(squared, np.inf)
    order = np.argsort(squared, axis=1, kind="stable")[:, :n_neighbours]
    marked = np.zeros(squared.shape, dtype=bool)
    np.put_along_axis(marked, order, True, axis=1)
    return marked


# Private -------------------------------------------------------------------------------------


def _gaps(points: ArrayLike) -> tuple[Floats, Floats]:
    """Return how much farther than the nearest each other point is, squared; and the unit.

    The first has shape (n_points, n_points - 1) and entries from 0 to 1, in units of each row's
    largest; the second, of shape (n_points,), holds the roots of these units.
    """
    scaled, exponent = _check_points(points)
    n_points = len(scaled)
    squared = cdist(scaled, scaled, "sqeuclidean")
    others = squared[~np.eye(n_points, dtype=bool)].reshape(n_points, n_points - 1)
    gaps = others - others.min(axis=1, keepdims=True)
    largest = gaps.max(axis=1)
    with np.errstate(all="ignore"):
        units = np.ldexp(np.sqrt(largest), exponent)
        return gaps / np.where(largest > 0, largest, 1.0)[:, None], units


def _precisions(gaps: Floats, log_perplexity: float) -> Floats:
    """Find the precision of each row, as a power of two."""
    low = np.full(len(gaps), _WIDEST)
    high = np.full(len(gaps), _NARROWEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        too_wide = _entropies(gaps, middle) > log_perplexity
        low = np.where(too_wide, middle, low)
        high = np.where(too_wide, high, middle)
    return high


def _entropies(gaps: Floats, log2_precisions: Floats) -> Floats:
    """Entropy of each row in nats, as the logarithm of a sum whose largest term is one."""
    with np.errstate(under="ignore"):
        energies = gaps * np.exp2(log2_precisions)[:, None]
        weights = np.exp(-energies)
        sums = weights.sum(axis=1)
        entropies: Floats = np.log(sums) + (weights * energies).sum(axis=1) / sums
    return entropies


def _gaussian(gaps: Floats, log2_precisions: Floats) -> Floats:
    with np.errstate(under="ignore"):
        weights = np.exp(-gaps * np.exp2(log2_precisions)[:, None])
        shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _with_diagonal(rows: Floats) -> Floats:
    """Put a diagonal of zeros into an array of shape (n, n - 1)."""
    square = np.zeros((len(rows), len(rows)))
    square[~np.eye(len(rows), dtype=bool)] = rows.ravel()
    return square


def _weights(y: Floats) -> Floats:
    """Unnormalised similarities 1 / (1 + squared distance), with a diagonal of zeros."""
    weights: Floats = 1 / (1 + cdist(y, y, "sqeuclidean"))
    np.fill_diagonal(weights, 0.0)
    return weights


def _cost(p: Floats, weights: Floats, self_entropy: float) -> float:
    """Sum of p ln p, less that of p ln w, plus ln of the sum of w."""
    logs = np.log(weights, where=weights > 0, out=np.zeros_like(weights))
    return float(self_entropy - np.vdot(p, logs) + np.log(weights.sum()))


def _gradient(p: Floats, y: Floats, weights: Floats) -> Floats:
    return 4 * _pull((p - weights / weights.sum()) * weights, y)


def _pull(strengths: Floats, y: Floats) -> Floats:
    """Sum strengths[i, j] * (y[i] - y[j]) over j, for each i."""
    sums = strengths.sum(axis=1, keepdims=True)
    pulls: Floats = sums * y - strengths @ y
    return pulls


def _log_perplexity(perplexity: float, n_points: int) -> float:
    value = check_number(
        "perplexity",
        perplexity,
        at_least=1,
        below=n_points - 1,
        repair=f"Each of the {n_points} points has {n_points - 1} others, and fewer neighbours.",
    )
    return float(np.log(value))


def _check_points(points: ArrayLike) -> tuple[Floats, int]:
    """Return points between -1 and 1 and the power of two that was taken out."""
    array = check_numbers("points", points)
    n_points, n_features = check_shape("points", array, "n_points n_features")
    if n_points < 3 or n_features < 1:
        raise ValueError(
            f"points must hold at least three points with a coordinate, got shape {array.shape}."
        )
    exponent = int(np.frexp(np.abs(array).max())[1])
    with np.errstate(under="ignore"):
        scaled = np.ldexp(array, -exponent)
        widest = cdist(scaled, scaled, "chebyshev")
    if ((widest > 0) & (widest < 1e-140)).any() or (np.ldexp(scaled, exponent) != array).any():
        raise ValueError(
            "points must lie at distances that can be compared, got some 1e140 times nearer than "
            "the largest coordinate. Take out the farthest points."
        )
    return scaled, exponent


def _check_map(y: ArrayLike, name: str = "y") -> Floats:
    array = check_numbers(name, y)
    n_points, n_dims = check_shape(name, array, "n_points n_dims")
    if n_points < 2 or n_dims < 1:
        raise ValueError(f"{name} must hold at least two points, got shape {array.shape}.")
    if np.abs(array).max() > 1e100:
        raise ValueError(
            f"{name} must lie within 1e100 of the origin, got {np.abs(array).max():g}. "
            "Divide it by a common factor."
        )
    centred: Floats = array - array.mean(axis=0)
    return centred


def _check_joint(p: ArrayLike, n_points: int) -> Floats:
    array = check_numbers("p", p, at_least=0)
    check_shape("p", array, "n_points n_points", n_points=n_points)
    _check_sums("p", array.sum(), "sum to one")
    if np.diagonal(array).any():
        raise ValueError("p must have a diagonal of zeros, got a point that is its own neighbour.")
    if not np.allclose(array, array.T, rtol=1e-6, atol=1e-12):
        raise ValueError(
            "p must be symmetric, got two sides that differ. Use joint_probabilities, or the mean "
            "of p and p.T."
        )
    return array


def _check_sums(name: str, sums: Any, words: str) -> None:
    wrong = np.atleast_1d(sums)[np.abs(np.atleast_1d(sums) - 1) > 1e-6]
    if wrong.size:
        raise ValueError(f"{name} must {words}, got {wrong[0]:g}. Divide by the sum first.")
