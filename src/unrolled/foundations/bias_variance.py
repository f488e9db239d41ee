"""Squared errors decomposed: bias and variance over training sets, for linear smoothers.

Nearest neighbours and polynomials predict a weighted sum of the targets that they were trained on.
If the inputs are the same in every training set, so are the weights, and bias and variance are
known without a simulation. `decompose` measures them for any method, from many of its fits.

A noise is a standard deviation; its square is the variance that no method can avoid. A square too
small for a float is zero.
"""

from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import (
    check_generator,
    check_integer,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "MAX_DEGREE",
    "Parts",
    "bagged_knn_predict",
    "bagged_neighbour_weights",
    "decompose",
    "knn_bias",
    "knn_predict",
    "knn_variance",
    "knn_weights",
    "polynomial_predict",
    "polynomial_weights",
    "sample_targets",
    "sine",
    "smoother_parts",
]

Floats = NDArray[np.float64]

MAX_DEGREE = 60
"""The highest degree of a polynomial here; above it no data of this book would do."""

_LARGE = 1e150  # squares of such numbers still fit into a float
_BLOCK = 10**6  # differences of coordinates that are held at a time
_MAX_ENTRIES = 10**8
_UNIT = "Choose another unit."


class Parts(NamedTuple):
    """The expected squared error at each point, and its parts."""

    bias_squared: Floats  # (n_queries,)
    variance: Floats  # (n_queries,)
    noise_squared: Floats  # (n_queries,)   the same everywhere
    total: Floats  # (n_queries,)   the sum of the three


# Data ----------------------------------------------------------------------------------------


def sine(x: ArrayLike) -> Floats:
    """One full wave between 0 and 1, the truth behind the training sets of the page.

    Parameters
    ----------
    x : array_like of any shape

    Returns
    -------
    ndarray of float64
        ``sin(2 pi x)``, of the shape of `x`.

    Raises
    ------
    ValueError
        When something is not a finite real number.
    """
    values: Floats = np.sin(2 * np.pi * np.fmod(check_numbers("x", x), 1))  # fmod does not round
    return values


def sample_targets(
    truth: ArrayLike, noise: float, *, n_sets: int | None = None, rng: np.random.Generator
) -> Floats:
    """Draw targets: the truth plus independent normal noise.

    Parameters
    ----------
    truth : array_like of any shape
        What the targets would be without noise.
    noise : float
        Standard deviation of the noise, at least 0.
    n_sets : int, optional
        How many sets of targets, at least 1; one, without an axis of its own, if None.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64 of shape (n_sets, ...)
        Without its first axis when `n_sets` is None.

    Raises
    ------
    ValueError
        If an argument has the wrong type, too large to be squared, or the result would have more
        than 10**8 entries.

    Notes
    -----
    Page ``decomposition``, equation ``regression-model``.
    """
    truth = _check_moderate("truth", truth)
    noise = _check_noise(noise)
    shape = truth.shape if n_sets is None else (check_integer("n_sets", n_sets), *truth.shape)
    if shape and np.prod([float(size) for size in shape]) > _MAX_ENTRIES:
        raise ValueError(f"n_sets must leave at most {_MAX_ENTRIES} targets, got {shape[0]} sets.")
    return np.asarray(truth + noise * check_generator("rng", rng).standard_normal(shape))


# Three parts ---------------------------------------------------------------------------------


def decompose(fits: ArrayLike, truth: ArrayLike, noise: float) -> Parts:
    """Decompose the expected squared error, from the predictions of many fits.

    Parameters
    ----------
    fits : array_like of shape (n_sets, n_queries)
        What the method predicts at each point after training on each of at least two sets.
    truth : array_like of shape (n_queries,)
        What the targets would be without noise.
    noise : float
        Standard deviation of the noise, at least 0.

    Returns
    -------
    Parts
        Averages over the given sets, divided by their number: squared bias and variance then add up
        to the mean of ``(fits - truth) ** 2`` exactly. With few sets the variance is a little too
        small and the squared bias by just as much too large.

    Raises
    ------
    ValueError
        If the shapes do not match, there are fewer than two sets, or something is not a finite
        number that can be squared.

    Notes
    -----
    Page ``decomposition``, equations ``bias``, ``variance`` and ``decomposition``.
    """
    fits = _check_moderate("fits", fits)
    n_sets, n_queries = check_shape("fits", fits, "n_sets n_queries")
    truth = _check_moderate("truth", truth)
    check_shape("truth", truth, "n_queries", n_queries=n_queries)
    if n_sets < 2:
        raise ValueError(
            f"fits must come from at least two training sets, got {n_sets}. "
            "One fit has an error, but neither bias nor variance."
        )
    apart = fits - fits[0]  # fits that agree now differ by exactly zero
    mean = apart.mean(axis=0)
    return _parts(fits[0] - truth + mean, np.square(apart - mean).mean(axis=0), noise)


def smoother_parts(
    weights: ArrayLike, truth_train: ArrayLike, truth: ArrayLike, noise: float
) -> Parts:
    """Decompose the expected squared error of a method that predicts weighted sums of targets.

    Parameters
    ----------
    weights : array_like of shape (n_queries, n_points)
        Of each training target in each prediction; the same for every training set.
    truth_train : array_like of shape (n_points,)
        The truth at the training points.
    truth : array_like of shape (n_queries,)
        The truth where predictions are made.
    noise : float
        Standard deviation of the noise of each target, at least 0.

    Returns
    -------
    Parts
        Exact: no training set is drawn.

    Raises
    ------
    ValueError
        If the shapes do not match or something is not a finite number that can be squared.

    Notes
    -----
    Page ``decomposition``, equations ``weighted-sum`` and ``smoother-variance``.
    """
    weights = check_numbers("weights", weights, at_least=-1e70, at_most=1e70)
    n_queries, n_points = check_shape("weights", weights, "n_queries n_points")
    truth_train = _check_moderate("truth_train", truth_train, 1e70)
    check_shape("truth_train", truth_train, "n_points", n_points=n_points)
    truth = _check_moderate("truth", truth)
    check_shape("truth", truth, "n_queries", n_queries=n_queries)
    spread = _check_noise(noise, 1e70) ** 2 * np.square(weights).sum(axis=1)
    return _parts(weights @ truth_train - truth, spread, noise)


def _parts(bias: Floats, variance: Floats, noise: float) -> Parts:
    """Square what must be squared, and add."""
    floor = np.full_like(variance, _check_noise(noise) ** 2)
    squared = np.square(bias)
    return Parts(squared, variance, floor, squared + variance + floor)


# Nearest neighbours --------------------------------------------------------------------------


def knn_weights(x_train: ArrayLike, x: ArrayLike, n_neighbours: int) -> Floats:
    """Weights of training targets: one part in `n_neighbours` for the nearest, zero for others.

    Parameters
    ----------
    x_train : array_like of shape (n_points,) or (n_points, n_dims)
    x : array_like of shape (n_queries,) or (n_queries, n_dims)
        As many axes as `x_train`.
    n_neighbours : int
        From 1 to `n_points`.

    Returns
    -------
    ndarray of float64 of shape (n_queries, n_points)
        Each row sums to one. Distances are Euclidean, with equal weight for all columns; of points
        equally far away, to the sixteen digits of a float, those that come first are taken.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, there are too few points, or the result
        would have more than 10**8 entries.

    Notes
    -----
    Page ``decomposition``, equation ``knn-mean``.
    """
    points, queries = _check_points(x_train, x)
    n_neighbours = _check_neighbours(n_neighbours, len(points))
    order = _by_distance(points, queries)
    weights = np.zeros(order.shape)
    np.put_along_axis(weights, order[:, :n_neighbours], 1 / n_neighbours, axis=1)
    return weights


def knn_predict(x_train: ArrayLike, y_train: ArrayLike, x: ArrayLike, n_neighbours: int) -> Floats:
    """Predict the mean target of the nearest training points.

    Parameters
    ----------
    x_train : array_like of shape (n_points,) or (n_points, n_dims)
    y_train : array_like of shape (..., n_points)
        Targets, of one training set or of many.
    x : array_like of shape (n_queries,) or (n_queries, n_dims)
    n_neighbours : int
        From 1 to `n_points`.

    Returns
    -------
    ndarray of float64 of shape (..., n_queries)

    Raises
    ------
    ValueError
        As `knn_weights`.

    Notes
    -----
    Page ``decomposition``, equation ``knn-mean``.
    """
    return _weighted(y_train, knn_weights(x_train, x, n_neighbours))


def knn_bias(
    x_train: ArrayLike,
    truth_train: ArrayLike,
    x: ArrayLike,
    truth: ArrayLike,
    n_neighbours: int,
) -> Floats:
    """Bias of nearest neighbours: mean truth at the neighbours minus the truth at the query.

    Parameters
    ----------
    x_train : array_like of shape (n_points,) or (n_points, n_dims)
        The same in every training set.
    truth_train : array_like of shape (n_points,)
        The truth at the training points.
    x : array_like of shape (n_queries,) or (n_queries, n_dims)
    truth : array_like of shape (n_queries,)
        The truth at the queries.
    n_neighbours : int
        From 1 to `n_points`.

    Returns
    -------
    ndarray of float64 of shape (n_queries,)

    Raises
    ------
    ValueError
        As `knn_weights`, or when the truths are of another length.

    Notes
    -----
    Page ``decomposition``, equation ``knn-bias``.
    """
    weights = knn_weights(x_train, x, n_neighbours)
    truth_train = _check_moderate("truth_train", truth_train)
    check_shape("truth_train", truth_train, "n_points", n_points=weights.shape[1])
    truth = _check_moderate("truth", truth)
    check_shape("truth", truth, "n_queries", n_queries=weights.shape[0])
    return _weighted(truth_train, weights) - truth


def knn_variance(noise: float, n_neighbours: int) -> float:
    """Variance of nearest neighbours over training sets with the same inputs.

    Parameters
    ----------
    noise : float
        Standard deviation of the noise, at least 0.
    n_neighbours : int
        At least 1.

    Returns
    -------
    float
        ``noise ** 2 / n_neighbours``, whatever the truth and however many features there are.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    Page ``decomposition``, equation ``knn-variance``.
    """
    return _check_noise(noise) ** 2 / check_integer("n_neighbours", n_neighbours)


def bagged_neighbour_weights(n_points: int) -> Floats:
    """Weights of neighbours in infinitely many bags of a single nearest neighbour.

    Parameters
    ----------
    n_points : int
        Size of the training set, and of each bag; at least 1, at most 10**6.

    Returns
    -------
    ndarray of float64 of shape (n_points,)
        The nearest first; the sum is one.

    Raises
    ------
    ValueError
        When the argument is not an integer within its range.

    Notes
    -----
    Page ``decomposition``, equation ``bagged-weight``.
    """
    n_points = check_integer("n_points", n_points, at_most=10**6)
    missed = (np.arange(n_points, -1, -1) / n_points) ** n_points
    return np.asarray(-np.diff(missed))


def bagged_knn_predict(
    x_train: ArrayLike,
    y_train: ArrayLike,
    x: ArrayLike,
    n_neighbours: int,
    *,
    n_bags: int,
    rng: np.random.Generator,
) -> Floats:
    """Predict the mean of nearest-neighbour predictions over bags.

    A bag holds as many points as the training set, drawn from it with replacement. Each training
    set gets bags of its own.

    Parameters
    ----------
    x_train : array_like of shape (n_points,) or (n_points, n_dims)
    y_train : array_like of shape (n_sets, n_points)
        Targets of each training set.
    x : array_like of shape (n_queries,) or (n_queries, n_dims)
    n_neighbours : int
        From 1 to `n_points`.
    n_bags : int
        From 1 to 10**5.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64 of shape (n_sets, n_queries)

    Raises
    ------
    ValueError
        As `knn_weights`, or when another argument is not of its kind.

    Notes
    -----
    Breiman (1996). Page ``decomposition``.
    """
    points, queries = _check_points(x_train, x)
    n_neighbours = _check_neighbours(n_neighbours, len(points))
    n_bags = check_integer("n_bags", n_bags, at_most=10**5)
    rng = check_generator("rng", rng)
    y_train = _check_moderate("y_train", y_train)
    n_sets, n_points = check_shape("y_train", y_train, "n_sets n_points", n_points=len(points))
    order = _by_distance(points, queries)
    bags = np.full(n_points, 1 / n_points)
    fits = np.empty((n_sets, len(queries)))
    for fit, targets in zip(fits, y_train, strict=True):
        fit[:] = 0
        for copies in rng.multinomial(n_points, bags, n_bags):
            used = np.minimum(copies[order].cumsum(axis=1), n_neighbours)
            fit += (np.diff(used, prepend=0) * targets[order]).sum(axis=1)
    return fits / (n_bags * n_neighbours)


def _check_points(x_train: ArrayLike, x: ArrayLike) -> tuple[Floats, Floats]:
    """Return training points and queries, one point in each row."""
    points = _check_moderate("x_train", x_train)
    if points.ndim == 1:
        queries = _check_moderate("x", x)
        check_shape("x", queries, "n_queries")
        points, queries = points[:, None], queries[:, None]
    else:
        _, n_dims = check_shape("x_train", points, "n_points n_dims")
        queries = _check_moderate("x", x)
        check_shape("x", queries, "n_queries n_dims", n_dims=n_dims)
    if points.size == 0:
        raise ValueError(f"x_train must hold at least one number, got shape {np.shape(x_train)}.")
    if len(points) * len(queries) > _MAX_ENTRIES:
        raise ValueError(
            f"x must leave at most {_MAX_ENTRIES} distances, got {len(queries)} queries for "
            f"{len(points)} points. Ask in several calls."
        )
    return points, queries


def _check_neighbours(n_neighbours: int, n_points: int) -> int:
    return check_integer(
        "n_neighbours",
        n_neighbours,
        at_most=n_points,
        repair="There are no more training points than that.",
    )


def _by_distance(points: Floats, queries: Floats) -> NDArray[np.intp]:
    """For each query the indices of all points, the nearest first, ties by index."""
    order = np.empty((len(queries), len(points)), dtype=np.intp)
    rows = max(1, _BLOCK // points.size)
    for start in range(0, len(queries), rows):
        apart = np.abs(queries[start : start + rows, None] - points)
        longest = apart.max(axis=2)
        share = apart / np.where(longest > 0, longest, 1)[:, :, None]
        distances = longest * np.sqrt(np.square(share).sum(axis=2))
        order[start : start + rows] = np.argsort(distances, axis=1, kind="stable")
    return order


# Polynomials ---------------------------------------------------------------------------------


def polynomial_weights(x_train: ArrayLike, x: ArrayLike, degree: int) -> Floats:
    """Weights of training targets in the prediction of the least-squares polynomial.

    Parameters
    ----------
    x_train : array_like of shape (n_points,)
        More different values than `degree`.
    x : array_like of shape (n_queries,)
        At most as far outside the training points as these are spread.
    degree : int
        From 0 to `MAX_DEGREE`.

    Returns
    -------
    ndarray of float64 of shape (n_queries, n_points)
        Each row sums to one.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, or the points do not determine the
        polynomial.

    Notes
    -----
    Legendre polynomials replace powers, because the columns of powers are nearly parallel at degree
    ten already. Page ``decomposition``, equation ``weighted-sum``.
    """
    points = _check_moderate("x_train", x_train)
    check_shape("x_train", points, "n_points")
    queries = _check_moderate("x", x)
    check_shape("x", queries, "n_queries")
    degree = check_integer("degree", degree, at_least=0, at_most=MAX_DEGREE)
    n_different = len(np.unique(points))
    if n_different <= degree:
        raise ValueError(
            f"x_train must have more different values than the degree {degree}, got "
            f"{n_different}. Lower the degree."
        )
    low, width = points.min(), float(np.ptp(points)) or 1.0
    with np.errstate(over="ignore"):  # an infinite place is refused below
        place = 2 * ((queries - low) / width) - 1
    if (np.abs(place) > 3).any():
        raise ValueError(
            f"x must lie no farther outside the training points than these are spread, got "
            f"{queries[np.abs(place) > 3][0]}. A polynomial says nothing there."
        )
    basis = legendre.legvander(2 * ((points - low) / width) - 1, degree)
    left, singular_values, right = np.linalg.svd(basis, full_matrices=False)
    if singular_values[-1] <= 1e-10 * singular_values[0]:  # more than ten digits would be lost
        raise ValueError(
            f"x_train must determine a polynomial of degree {degree}, got points that nearly "
            "coincide. Lower the degree."
        )
    weights: Floats = legendre.legvander(place, degree) @ (right.T / singular_values) @ left.T
    return weights


def polynomial_predict(x_train: ArrayLike, y_train: ArrayLike, x: ArrayLike, degree: int) -> Floats:
    """Predict with the polynomial whose squared errors on the training set are smallest.

    Parameters
    ----------
    x_train : array_like of shape (n_points,)
        More different values than `degree`.
    y_train : array_like of shape (..., n_points)
        Targets, of one training set or of many.
    x : array_like of shape (n_queries,)
    degree : int
        From 0 to `MAX_DEGREE`.

    Returns
    -------
    ndarray of float64 of shape (..., n_queries)

    Raises
    ------
    ValueError
        As `polynomial_weights`.

    Notes
    -----
    Page ``decomposition``, equation ``weighted-sum``.
    """
    return _weighted(y_train, polynomial_weights(x_train, x, degree))


def _weighted(targets: ArrayLike, weights: Floats) -> Floats:
    targets = _check_moderate("y_train", targets)
    check_shape("y_train", targets, "... n_points", n_points=weights.shape[1])
    return np.asarray(targets @ weights.T)


def _check_moderate(name: str, value: ArrayLike, limit: float = _LARGE) -> Floats:
    """Return numbers whose squares a float can hold."""
    return check_numbers(name, value, at_least=-limit, at_most=limit, repair=_UNIT)


def _check_noise(noise: float, limit: float = _LARGE) -> float:
    return check_number("noise", noise, at_least=0, at_most=limit, repair=_UNIT)
