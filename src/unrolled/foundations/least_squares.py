"""Least squares, and the cost of each of its features."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import (
    check_broadcast,
    check_generator,
    check_integer,
    check_integers,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "MAX_ENTRIES",
    "Errors",
    "LeastSquares",
    "break_even_coefficient",
    "coefficient_covariance",
    "excess_error",
    "least_squares",
    "leverages",
    "predict",
    "simulate_errors",
]

MAX_ENTRIES = 10**8
"""The most numbers that a simulation draws; more would not fit into a small machine."""

_MAX_NOISE = 1e150  # its square fits into a float


class LeastSquares(NamedTuple):
    """A straight line, a plane, and so on: ``intercept + points @ coefficients``."""

    coefficients: NDArray[np.float64]  # (n_dims,)
    intercept: float


class Errors(NamedTuple):
    """Errors of many training sets."""

    training: NDArray[np.float64]  # (n_sets,)   mean squared residual
    excess: NDArray[np.float64]  # (n_sets,)     on new points, above the noise


class _Design(NamedTuple):
    """Columns divided by powers of two, so that no square leaves the range of floats."""

    columns: NDArray[np.float64]  # (n_points, n_dims)   of size about one
    means: NDArray[np.float64]  # (n_dims,)              taken off; in the same units
    exponents: NDArray[np.intc]  # (n_dims,)


@np.errstate(under="ignore")
def least_squares(
    points: ArrayLike, targets: ArrayLike, *, intercept: bool = False
) -> LeastSquares:
    """Find the coefficients with the smallest sum of squared residuals.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        No column may be a combination of the others.
    targets : array_like of shape (n_points,)
    intercept : bool, optional
        Whether the line may miss the origin.

    Returns
    -------
    LeastSquares
        Its ``intercept`` is 0 where none was asked for.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, the best coefficients are not unique, or
        no float can hold them.

    Notes
    -----
    Page ``growing-dimensions``, equation ``least-squares``; computed without XᵀX, whose condition
    is the square of that of X.
    """
    design = _check_design(points, intercept=intercept)
    targets = check_numbers("targets", targets)
    check_shape("targets", targets, "n_points", n_points=len(design.columns))
    scaled, exponent = _scaled_down(targets)
    middle = scaled.mean() if intercept else 0.0
    slopes = _solve(design.columns, scaled - middle)
    with np.errstate(over="ignore"):
        coefficients = np.ldexp(slopes, exponent - design.exponents)
        start = float(np.ldexp(middle - design.means @ slopes, exponent))
    if not (np.isfinite(coefficients).all() and np.isfinite(start)):
        raise ValueError(
            "targets must give coefficients that a float can hold, got some above 1e308. "
            "Measure points and targets in other units."
        )
    return LeastSquares(coefficients, start)


def predict(fit: LeastSquares, points: ArrayLike) -> NDArray[np.float64]:
    """Predict the targets of points.

    Parameters
    ----------
    fit : LeastSquares
    points : array_like of shape (n_points, n_dims)

    Returns
    -------
    ndarray of float64 of shape (n_points,)

    Raises
    ------
    ValueError
        When the number of columns differs from that of the coefficients, a number is not finite, or
        no float can hold a prediction.
    """
    points = check_numbers("points", points)
    check_shape("points", points, "n_points n_dims", n_dims=len(fit.coefficients))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        predicted: NDArray[np.float64] = fit.intercept + points @ fit.coefficients
    if not np.isfinite(predicted).all():
        raise ValueError(
            "points must give predictions that a float can hold, got some above 1e308."
        )
    return predicted


@np.errstate(under="ignore")
def coefficient_covariance(points: ArrayLike, *, noise: float = 1.0) -> NDArray[np.float64]:
    """Covariance of the coefficients for given points, over all noise that could have occurred.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        No column may be a combination of the others. There is no intercept.
    noise : float, optional
        Standard deviation of the noise in the targets, at least 0.

    Returns
    -------
    ndarray of float64 of shape (n_dims, n_dims)

    Raises
    ------
    ValueError
        As `least_squares`; and when the noise is negative or no float can hold the result.

    Notes
    -----
    Page ``growing-dimensions``, equation ``coefficient-covariance``.
    """
    design = _check_design(points)
    noise = _check_noise(noise)
    upper = np.linalg.qr(design.columns, mode="r")
    back = np.linalg.solve(upper, np.eye(len(upper)))  # the inverse of XᵀX is this times its turn
    with np.errstate(over="ignore"):
        half = np.ldexp(noise * back, -design.exponents[:, None])
        covariance: NDArray[np.float64] = half @ half.T
    if not np.isfinite(covariance).all():
        raise ValueError(
            "points must give a covariance that a float can hold, got entries above 1e308. "
            "Measure them in smaller units."
        )
    return covariance


@np.errstate(under="ignore")
def leverages(points: ArrayLike) -> NDArray[np.float64]:
    """Share of each target in its own fitted value: the diagonal of the hat matrix.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        No column may be a combination of the others. There is no intercept.

    Returns
    -------
    ndarray of float64 of shape (n_points,)
        Between 0 and 1; their sum is ``n_dims``.

    Raises
    ------
    ValueError
        As `least_squares`.

    Notes
    -----
    Page ``growing-dimensions``, equation ``in-sample-variance``.
    """
    across = np.linalg.qr(_check_design(points).columns)[0]
    shares: NDArray[np.float64] = np.minimum(np.sum(across**2, axis=1), 1.0)
    return shares


def excess_error(
    n_points: ArrayLike, n_dims: ArrayLike, *, noise: ArrayLike = 1.0, intercept: bool = False
) -> NDArray[np.float64]:
    """Mean squared error of least squares on new points, minus the variance of the noise.

    The points are drawn independently from one normal distribution, old and new ones alike, and the
    truth is linear. Without an intercept the distribution must have mean zero.

    Parameters
    ----------
    n_points : array_like of int
        At least ``n_dims + 2``, and one more with an intercept.
    n_dims : array_like of int
        Number of features, without the intercept.
    noise : array_like of float, optional
        Standard deviation of the noise in the targets, at least 0.
    intercept : bool, optional
        Whether an intercept is fitted.

    Returns
    -------
    ndarray of float64
        The broadcast shape of the arguments.

    Raises
    ------
    ValueError
        When there are too few points, so that the mean is infinite or the fit not unique; when a
        number is not of its kind; or when the shapes do not match.

    Notes
    -----
    Page ``growing-dimensions``, equations ``excess-error`` and ``excess-error-intercept``.
    """
    n, D = _check_counts(n_points, n_dims, spare=2 + bool(intercept))
    sigma = check_numbers("noise", noise, at_least=0, at_most=_MAX_NOISE)
    check_broadcast(n_points=n, n_dims=D, noise=sigma)
    with np.errstate(under="ignore"):
        if intercept:
            return np.asarray(sigma**2 * (1 / n + (1 + 1 / n) * (D / (n - D - 2))))
        return np.asarray(sigma**2 * (D / (n - D - 1)))


def break_even_coefficient(
    n_points: ArrayLike, n_dims: ArrayLike, *, noise: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Smallest coefficient at which the last of several features is worth its cost.

    For independent normal features of mean zero and variance one, without an intercept.

    Parameters
    ----------
    n_points : array_like of int
        At least ``n_dims + 2``.
    n_dims : array_like of int
        Number of features, the one in question among them.
    noise : array_like of float, optional
        Standard deviation of the part of the targets not explained by these features, at least 0.

    Returns
    -------
    ndarray of float64
        The broadcast shape of the arguments.

    Raises
    ------
    ValueError
        As `excess_error`.

    Notes
    -----
    Page ``growing-dimensions``, equation ``feature-worth``.
    """
    n, D = _check_counts(n_points, n_dims, spare=2)
    sigma = check_numbers("noise", noise, at_least=0, at_most=_MAX_NOISE)
    check_broadcast(n_points=n, n_dims=D, noise=sigma)
    return np.asarray(sigma / np.sqrt(n - D - 1))


def simulate_errors(
    n_points: int,
    n_dims: int,
    n_sets: int,
    *,
    rng: np.random.Generator,
    noise: float = 1.0,
    intercept: bool = False,
) -> Errors:
    """Draw training sets of normal features, fit each of them, and measure both errors exactly.

    Parameters
    ----------
    n_points : int
        At least ``n_dims``, and one more with an intercept.
    n_dims : int
        Features, independent, of mean zero and variance one.
    n_sets : int
        Number of training sets.
    rng : numpy.random.Generator
        Source of randomness.
    noise : float, optional
        Standard deviation of the noise in the targets, at least 0.
    intercept : bool, optional
        Whether an intercept is fitted.

    Returns
    -------
    Errors
        Of each training set the mean squared residual, and the mean squared error on all new points
        of the same distribution, minus the noise variance.

    Raises
    ------
    ValueError
        When there are too few points for a unique fit, a number is not of its kind, or the
        simulation would draw more than `MAX_ENTRIES` numbers.

    Notes
    -----
    The true coefficients are all zero, which changes neither error: least squares moves along with
    whatever is added to the targets as long as it is linear in the features. New features have mean
    zero and variance one, so the mean over new points of ``(x @ w) ** 2`` is ``w @ w``.
    Page ``growing-dimensions``, equation ``excess-error``.
    """
    rows, columns = check_integer("n_points", n_points), check_integer("n_dims", n_dims)
    sets, sigma = check_integer("n_sets", n_sets), _check_noise(noise)
    free = columns + bool(intercept)
    check_integer("n_points", rows, at_least=free, repair=_MORE_POINTS)
    if sets * rows * free > MAX_ENTRIES:
        raise ValueError(
            f"n_sets times n_points times n_dims must be at most {MAX_ENTRIES}, "
            f"got {sets * rows * free}. Draw fewer sets at a time."
        )
    points = check_generator("rng", rng).standard_normal((sets, rows, columns))
    targets = sigma * rng.standard_normal((sets, rows, 1))
    if intercept:
        points = np.concatenate([np.ones((sets, rows, 1)), points], axis=2)
    fits = _solve(points, targets)
    residuals = targets - points @ fits
    return Errors(np.mean(residuals[..., 0] ** 2, axis=1), np.sum(fits[..., 0] ** 2, axis=1))


# Private -----------------------------------------------------------------------------------------

_Floats = NDArray[np.float64]
_MORE_POINTS = "Collect more points or use fewer features."


def _solve(X: _Floats, y: _Floats) -> _Floats:
    Q, R = np.linalg.qr(X)
    w: _Floats = np.linalg.solve(R, np.swapaxes(Q, -1, -2) @ y)
    return w


def _scaled_down(array: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intc]]:
    """Divide each column by the power of two that brings its largest entry to between 1/2 and 1."""
    exponents = np.frexp(np.abs(array).max(axis=0))[1]
    return np.ldexp(array, -exponents), exponents


def _check_design(points: ArrayLike, *, intercept: bool = False) -> _Design:
    points = check_numbers("points", points)
    n_points, n_dims = check_shape("points", points, "n_points n_dims")
    if not n_points or not n_dims:
        raise ValueError(
            f"points must hold at least one point and one feature, got shape {points.shape}."
        )
    if n_points < n_dims + intercept:
        raise ValueError(
            f"points must hold at least {n_dims + intercept} points for {n_dims} features"
            f"{' and an intercept' if intercept else ''}, got {n_points}. {_MORE_POINTS}"
        )
    columns, exponents = _scaled_down(points)
    means = columns.mean(axis=0) if intercept else np.zeros(n_dims)
    columns = columns - means
    _check_rank(columns, n_dims, intercept=intercept)
    return _Design(columns, means, exponents)


def _check_rank(columns: NDArray[np.float64], n_dims: int, *, intercept: bool) -> None:
    """Refuse columns that depend on one another, as far as rounding lets us see."""
    rounding = max(columns.shape) * np.finfo(float).eps
    sizes = np.abs(columns).max(axis=0)  # before the means were taken off it was 1/2 to 1
    if (sizes <= rounding).any():
        kind = "constant columns beside an intercept" if intercept else "columns of zeros"
        raise ValueError(
            f"points must hold no {kind}, got one in column {int(np.argmin(sizes))}. Leave it out."
        )
    rank = int(np.linalg.matrix_rank(columns / sizes, rtol=rounding / sizes.min()))
    if rank < n_dims:
        raise ValueError(
            f"points must have columns of which none is a combination of the others, "
            f"got {n_dims} columns of rank {rank}. Leave some out."
        )


def _check_noise(noise: float) -> float:
    return check_number("noise", noise, at_least=0, at_most=_MAX_NOISE)


def _check_counts(
    n_points: ArrayLike, n_dims: ArrayLike, *, spare: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n, D = check_integers("n_points", n_points), check_integers("n_dims", n_dims)
    check_broadcast(n_points=n, n_dims=D)
    short = np.broadcast_to(n - D < spare, np.broadcast_shapes(n.shape, D.shape))
    if short.any():
        points, dims = (int(np.broadcast_to(one, short.shape)[short].flat[0]) for one in (n, D))
        raise ValueError(
            f"n_points must be at least n_dims + {spare} for a finite mean, "
            f"got {points} with n_dims = {dims}. {_MORE_POINTS}"
        )
    return n, D
