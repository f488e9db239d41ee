"""Fit and choose models: polynomials on a noisy sine, ridge regression, cross-validation.

The page makes its own data, so that conclusions from curves can be compared with the truth.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike, NDArray
from scipy import special

from unrolled.foundations.bias_variance import sine
from unrolled.shapes import (
    check_generator,
    check_integer,
    check_integers,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "LearningCurve",
    "RidgeFit",
    "Sample",
    "best_of_guesses",
    "cross_validate",
    "double_descent_errors",
    "error_with_features",
    "k_fold_indices",
    "learning_curve",
    "leave_one_out_residuals",
    "leverages",
    "mean_squared_error",
    "polynomial_features",
    "random_features",
    "ridge_fit",
    "ridge_predict",
    "sample_linear",
    "sample_sine",
    "shrinkage",
]

MAX_DEGREE = 60
"""The highest degree of `polynomial_features`; above it no data of this book would do."""

_LARGE = 1e100  # squares and products of such numbers still fit into a float
_ROUNDING = 4 * np.finfo(np.float64).eps
_REPAIR = "Choose another unit."


class Sample(NamedTuple):
    """Inputs and the targets that were measured there."""

    x: NDArray[np.float64]  # (n_points,)
    y: NDArray[np.float64]  # (n_points,)


class RidgeFit(NamedTuple):
    """What a linear model has learnt: ``intercept + features @ weights``."""

    intercept: float
    weights: NDArray[np.float64]  # (n_dims,)


class LearningCurve(NamedTuple):
    """Errors of many fits, each to a training set of its own."""

    training: NDArray[np.float64]  # (n_sizes, n_sets)
    validation: NDArray[np.float64]  # (n_sizes, n_sets)


# Data ----------------------------------------------------------------------------------------


def sample_sine(n_points: int, noise: float, *, rng: np.random.Generator) -> Sample:
    """Measure a sine at random inputs between 0 and 1, with normal noise.

    Parameters
    ----------
    n_points : int
        Number of points, 0 or above.
    noise : float
        Standard deviation of what is added to the sine, 0 or above.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    x, y : ndarray of float64 of shape (n_points,)

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Page ``diagnosis``.
    """
    size = check_integer("n_points", n_points, at_least=0, at_most=10**7)
    spread = check_number("noise", noise, at_least=0, at_most=_LARGE, repair=_REPAIR)
    x = check_generator("rng", rng).random(size)
    return Sample(x, sine(x) + spread * rng.standard_normal(size))


def sample_linear(
    n_points: int, weights: ArrayLike, noise: float, *, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw independent normal features, and targets that are linear in them, with normal noise.

    Parameters
    ----------
    n_points : int
        Number of points, 0 or above.
    weights : array_like of shape (n_dims,)
        The true weights; a feature of weight zero is irrelevant.
    noise : float
        Standard deviation of what is added to the targets, 0 or above.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    features : ndarray of float64 of shape (n_points, n_dims)
    targets : ndarray of float64 of shape (n_points,)

    Raises
    ------
    ValueError
        If an argument has the wrong type or `weights` has another shape.

    Notes
    -----
    Page ``diagnosis``.
    """
    size = check_integer("n_points", n_points, at_least=0, at_most=10**6)
    true_weights = _check_limited("weights", weights)
    (n_dims,) = check_shape("weights", true_weights, "n_dims")
    spread = check_number("noise", noise, at_least=0, at_most=_LARGE, repair=_REPAIR)
    features = check_generator("rng", rng).standard_normal((size, n_dims))
    return features, features @ true_weights + spread * rng.standard_normal(size)


# Features ------------------------------------------------------------------------------------


def polynomial_features(x: ArrayLike, degree: int) -> NDArray[np.float64]:
    """Turn one number into the values of polynomials of degree 1 to `degree`.

    Parameters
    ----------
    x : array_like of shape (n_points,)
        Between 0 and 1.
    degree : int
        Highest degree, from 0 (no feature at all) to `MAX_DEGREE`.

    Returns
    -------
    ndarray of float64 of shape (n_points, degree)
        Legendre polynomials, stretched to the interval and scaled to a mean square of one.

    Raises
    ------
    ValueError
        When `x` has another shape, is not finite or lies outside, or `degree` is out of range.

    Notes
    -----
    With the powers of x in their place a fit of degree 15 is the same polynomial, but its
    equations lose nearly all digits: the powers are almost parallel. The constant is left to the
    intercept. Page ``diagnosis``.
    """
    points = check_numbers(
        "x", x, at_least=0, at_most=1, repair="Subtract the least and divide by the range first."
    )
    check_shape("x", points, "n_points")
    top = check_integer("degree", degree, at_least=0, at_most=MAX_DEGREE)
    degrees = np.arange(1, top + 1)
    columns = np.asarray(legendre.legvander(2 * points - 1, top)[:, 1:], dtype=np.float64)
    scaled: NDArray[np.float64] = columns * np.sqrt(2.0 * degrees + 1)
    return scaled


def random_features(points: ArrayLike, directions: ArrayLike) -> NDArray[np.float64]:
    """One hidden layer without training: rectified projections on random directions.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
    directions : array_like of shape (n_dims, n_features)
        At least one column.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_features)
        ``max(points @ directions, 0)``, over the square root of the number of features.

    Raises
    ------
    ValueError
        If the shapes do not match or a number is not finite.

    Notes
    -----
    Belkin et al. (2019). Page ``diagnosis``.
    """
    inputs = _check_limited("points", points)
    _, n_dims = check_shape("points", inputs, "n_points n_dims")
    columns = _check_limited("directions", directions)
    _, n_features = check_shape("directions", columns, "n_dims n_features", n_dims=n_dims)
    if n_features == 0:
        raise ValueError("directions must have at least one column, got none.")
    with np.errstate(under="ignore"):
        reached: NDArray[np.float64] = np.maximum(inputs @ columns, 0) / np.sqrt(n_features)
    return reached


# Ridge regression ----------------------------------------------------------------------------


def ridge_fit(features: ArrayLike, targets: ArrayLike, *, penalty: float) -> RidgeFit:
    """Fit a linear model with a penalty on squared weights; the intercept is not penalised.

    Parameters
    ----------
    features : array_like of shape (n_points, n_dims)
        At least one point; without a column, the fit is the mean.
    targets : array_like of shape (n_points,)
    penalty : float
        The letter lambda, 0 or above. With 0 this is least squares, and where many weights fit
        equally well, those of the least sum of squares.

    Returns
    -------
    intercept : float
    weights : ndarray of float64 of shape (n_dims,)

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite or above 1e100, or the weights are more
        than a float can hold.

    Notes
    -----
    Hoerl and Kennard (1970). Solved by singular values rather than by the normal equations, whose
    condition is the square of the features'. Page ``diagnosis``, equation ``ridge-solution``.
    """
    columns, y, strength = _check_problem(features, targets, penalty)
    centre, middle = columns.mean(axis=0), y.mean()
    centred = _centred(columns)
    with np.errstate(all="ignore"):
        weights = _solve(centred, y - middle, strength)
        intercept = float(middle - centre @ weights)
    if not (np.isfinite(weights).all() and np.isfinite(intercept)):
        raise ValueError(
            "features must give weights that a float can hold, got larger ones. " + _REPAIR
        )
    return RidgeFit(intercept, weights)


def ridge_predict(fit: RidgeFit, features: ArrayLike) -> NDArray[np.float64]:
    """Predict with the result of `ridge_fit`.

    Parameters
    ----------
    fit : RidgeFit
    features : array_like of shape (n_points, n_dims)

    Returns
    -------
    ndarray of float64 of shape (n_points,)

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite or above 1e100, or a prediction is more
        than a float can hold.
    """
    columns = _check_limited("features", features)
    check_shape("features", columns, "n_points n_dims", n_dims=len(fit.weights))
    with np.errstate(all="ignore"):
        predictions: NDArray[np.float64] = fit.intercept + columns @ fit.weights
    if not np.isfinite(predictions).all():
        raise ValueError("features must give predictions that a float can hold, got larger ones.")
    return predictions


def shrinkage(features: ArrayLike, *, penalty: float) -> NDArray[np.float64]:
    """Compute the share of the least-squares fit that a penalty leaves along each direction.

    Parameters
    ----------
    features : array_like of shape (n_points, n_dims)
        At least one point. Their means are subtracted first.
    penalty : float
        The letter lambda, 0 or above.

    Returns
    -------
    ndarray of float64 of shape (min(n_points, n_dims),)
        From 0 to 1, falling. A direction in which the features do not vary has 0.

    Raises
    ------
    ValueError
        If the shape does not match or a number is not finite or above 1e100.

    Notes
    -----
    Page ``diagnosis``, equation ``ridge-shrinkage``.
    """
    columns, strength = _check_features(features), _check_penalty(penalty)
    singular_values = np.linalg.svd(_centred(columns), compute_uv=False).astype(np.float64)
    return _factors(singular_values, columns.shape, strength)


def leverages(features: ArrayLike, *, penalty: float) -> NDArray[np.float64]:
    """How much each target pulls the fit at its own point: the diagonal of the hat matrix.

    Parameters
    ----------
    features : array_like of shape (n_points, n_dims)
        At least one point.
    penalty : float
        The letter lambda, 0 or above.

    Returns
    -------
    ndarray of float64 of shape (n_points,)
        At least ``1 / n_points``, which is the intercept's share, and at most 1.

    Raises
    ------
    ValueError
        If the shape does not match or a number is not finite or above 1e100.

    Notes
    -----
    Page ``diagnosis``, equation ``leverage``.
    """
    columns, strength = _check_features(features), _check_penalty(penalty)
    left, singular_values, _ = np.linalg.svd(_centred(columns), full_matrices=False)
    with np.errstate(under="ignore"):
        own = left**2 @ _factors(singular_values, columns.shape, strength)
    return np.minimum(1 / len(columns) + own, 1.0)


def leave_one_out_residuals(
    features: ArrayLike, targets: ArrayLike, *, penalty: float
) -> NDArray[np.float64]:
    """Compute the error at each point of the fit to all other points, from a single fit.

    Parameters
    ----------
    features : array_like of shape (n_points, n_dims)
        At least two points.
    targets : array_like of shape (n_points,)
    penalty : float
        The letter lambda, 0 or above.

    Returns
    -------
    ndarray of float64 of shape (n_points,)
        Target minus prediction.

    Raises
    ------
    ValueError
        As `ridge_fit`; and when a point has leverage 1, so that without it the fit is not
        determined.

    Notes
    -----
    Page ``diagnosis``, equation ``leave-one-out``.
    """
    fit = ridge_fit(features, targets, penalty=penalty)
    y = np.asarray(targets, dtype=np.float64)
    leverage = leverages(features, penalty=penalty)
    if (1 - leverage < 1e-9).any():
        raise ValueError(
            "features must leave every point a leverage below 1, got a point that the fit passes "
            "through whatever its target. Raise penalty or leave out features."
        )
    residuals: NDArray[np.float64] = (y - ridge_predict(fit, features)) / (1 - leverage)
    return residuals


# Judging -------------------------------------------------------------------------------------


def mean_squared_error(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Mean of the squared differences over one set of points.

    Parameters
    ----------
    targets, predictions : array_like of shape (n_points,)
        At least one point.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        When the shapes differ, there is no point, or a number is not finite or above 1e100.

    Notes
    -----
    Page ``diagnosis``, equation ``error-on-a-set``.
    """
    y, y_hat = (
        _check_limited("targets", targets),
        _check_limited("predictions", predictions),
    )
    (n_points,) = check_shape("targets", y, "n_points")
    check_shape("predictions", y_hat, "n_points", n_points=n_points)
    if n_points == 0:
        raise ValueError("targets must hold at least one point, got none.")
    with np.errstate(under="ignore"):
        return float(np.mean((y - y_hat) ** 2))


def k_fold_indices(order: ArrayLike, n_folds: int) -> list[NDArray[np.int64]]:
    """Divide points into folds of sizes as equal as possible.

    Parameters
    ----------
    order : array_like of int of shape (n_points,)
        Every index from 0 to ``n_points - 1`` once; ``rng.permutation(n_points)`` shuffles them.
    n_folds : int
        At least 2 and at most the number of points.

    Returns
    -------
    list of ndarray of int64
        One array of indices for each fold; the first folds have one point more where the number of
        points cannot be divided.

    Raises
    ------
    ValueError
        When an index is missing or stands twice, or `n_folds` is out of range.

    Notes
    -----
    Page ``diagnosis``, equation ``cross-validation``.
    """
    indices = check_integers("order", order, at_least=0)
    (n_points,) = check_shape("order", indices, "n_points")
    if not np.array_equal(np.sort(indices), np.arange(n_points)):
        raise ValueError(
            f"order must hold every index from 0 to {n_points - 1} once, got others. "
            "Make it with rng.permutation(n_points)."
        )
    folds = check_integer("n_folds", n_folds, at_least=2, at_most=n_points)
    return list(np.array_split(indices, folds))


def cross_validate(
    features: ArrayLike,
    targets: ArrayLike,
    folds: Sequence[ArrayLike],
    *,
    penalty: float,
) -> NDArray[np.float64]:
    """Fit without each fold in turn, and measure the error on that fold.

    Parameters
    ----------
    features : array_like of shape (n_points, n_dims)
    targets : array_like of shape (n_points,)
    folds : sequence of array_like of int
        Indices of the points of each fold, as `k_fold_indices` makes them.
    penalty : float
        The letter lambda, 0 or above.

    Returns
    -------
    ndarray of float64 of shape (n_folds,)
        Mean squared error on each fold.

    Raises
    ------
    ValueError
        As `ridge_fit`; and when the folds do not hold every point once.

    Notes
    -----
    Page ``diagnosis``, equation ``cross-validation``.
    """
    columns, y, strength = _check_problem(features, targets, penalty)
    held_out = _check_folds(folds, len(columns))
    errors = []
    for fold in held_out:
        rest = np.setdiff1d(np.arange(len(columns)), fold)
        fit = ridge_fit(columns[rest], y[rest], penalty=strength)
        predictions = ridge_predict(fit, columns[fold])
        errors.append(mean_squared_error(y[fold], predictions))
    return np.array(errors)


def best_of_guesses(n_points: int, n_models: ArrayLike) -> NDArray[np.float64]:
    """Return the expected accuracy of the luckiest of many models that toss coins.

    Parameters
    ----------
    n_points : int
        Questions with two equally likely answers each, from 1 to 100000.
    n_models : array_like of int of any shape
        How many models are tried, at least 1.

    Returns
    -------
    ndarray of float64
        The same shape as `n_models`; shares of correct answers.

    Raises
    ------
    ValueError
        If an argument has the wrong type or out of range.

    Notes
    -----
    Page ``diagnosis``, equation ``luckiest``.
    """
    size = check_integer("n_points", n_points, at_most=10**5)
    models = check_integers("n_models", n_models)
    right = np.arange(size, dtype=float)
    at_most, more = special.bdtr(right, size, 0.5), special.bdtrc(right, size, 0.5)
    with np.errstate(under="ignore", divide="ignore"):
        # The smaller of both has all its digits, and many models need them.
        logs = np.where(more < 0.5, np.log1p(-more), np.log(at_most))
        some_above = -np.expm1(models[..., None] * logs)
    best: NDArray[np.float64] = np.mean(some_above, axis=-1)
    return best


# Experiments ---------------------------------------------------------------------------------


def learning_curve(
    sizes: Sequence[int],
    degree: int,
    *,
    noise: float,
    n_sets: int,
    rng: np.random.Generator,
    n_validation: int = 200,
) -> LearningCurve:
    """Fit polynomials by least squares to more and more points of a noisy sine, many times.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training points, each above `degree`.
    degree : int
        Of the polynomial.
    noise : float
        Standard deviation of the noise in the targets, 0 or above.
    n_sets : int
        How many training sets of each size, each with a validation set of its own.
    rng : numpy.random.Generator
        Source of randomness.
    n_validation : int, optional
        Points of a validation set.

    Returns
    -------
    training, validation : ndarray of float64 of shape (n_sizes, n_sets)
        Mean squared errors.

    Raises
    ------
    ValueError
        If an argument has the wrong type or a size is not above `degree`.

    Notes
    -----
    Page ``diagnosis``, equations ``expected-training-error`` and ``expected-new-error``.
    """
    check_generator("rng", rng)
    top = check_integer("degree", degree, at_least=0, at_most=MAX_DEGREE)
    counts = check_integers("sizes", sizes, at_least=top + 1, repair="Lower degree or add points.")
    n_sets, n_new = check_integer("n_sets", n_sets), check_integer("n_validation", n_validation)
    errors = np.array(
        [[_two_errors(size, n_new, top, noise, rng) for _ in range(n_sets)] for size in counts]
    ).reshape(len(counts), n_sets, 2)
    return LearningCurve(errors[..., 0], errors[..., 1])


def error_with_features(
    weights: ArrayLike,
    n_used: int,
    *,
    n_points: int,
    noise: float,
    n_sets: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Least squares on the first features only: the error on new points, for many training sets.

    Parameters
    ----------
    weights : array_like of shape (n_dims,)
        The true weights of independent normal features of variance one.
    n_used : int
        How many of the features the model gets, from 0 to all.
    n_points : int
        Points of each training set, at least ``n_used + 1``.
    noise : float
        Standard deviation of the noise in the targets, 0 or above.
    n_sets : int
        Number of training sets.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64 of shape (n_sets,)
        Expected squared error on a new point: noise, wrong intercept, wrong weights, and the
        weights of the features that were not used.

    Raises
    ------
    ValueError
        If an argument has the wrong type or there are too few points.

    Notes
    -----
    No test set is needed: for features of variance one the expectation over new points is the sum
    of squares of what is wrong. Page ``diagnosis``.
    """
    truth = _check_limited("weights", weights)
    (n_dims,) = check_shape("weights", truth, "n_dims")
    used = check_integer("n_used", n_used, at_least=0, at_most=n_dims)
    size = check_integer("n_points", n_points)
    if size <= used:
        raise ValueError(
            f"n_points must be at least n_used + 1 = {used + 1}, got {size}. Use fewer features."
        )
    errors = []
    for _ in range(check_integer("n_sets", n_sets)):
        features, targets = sample_linear(size, truth, noise, rng=rng)
        fit = ridge_fit(features[:, :used], targets, penalty=0)
        wrong = np.concatenate([[fit.intercept], fit.weights - truth[:used], truth[used:]])
        errors.append(noise**2 + wrong @ wrong)
    return np.array(errors)


def double_descent_errors(
    n_features: Sequence[int],
    penalties: Sequence[float],
    *,
    n_points: int,
    n_dims: int,
    noise: float,
    n_draws: int,
    rng: np.random.Generator,
    n_test: int = 300,
) -> NDArray[np.float64]:
    """Fit random features, from fewer than there are points to many more.

    Parameters
    ----------
    n_features : sequence of int
        Numbers of random features, each at least 1.
    penalties : sequence of float
        Values of the letter lambda, each 0 or above; 0 takes the fit of least norm.
    n_points, n_dims : int
        Training points and coordinates of a point, each at least 1.
    noise : float
        Standard deviation of the noise in the training targets, 0 or above.
    n_draws : int
        How many times everything is redrawn: the truth, the points, the features.
    rng : numpy.random.Generator
        Source of randomness.
    n_test : int, optional
        Number of test points.

    Returns
    -------
    ndarray of float64 of shape (n_draws, n_penalties, n_sizes)
        Mean squared error on test points, including the noise of their targets.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    The truth is one random direction of length about one. Within a draw the features are nested:
    the larger models have those of the smaller ones and more. Belkin et al. (2019).
    Page ``diagnosis``.
    """
    check_generator("rng", rng)
    sizes = check_integers("n_features", n_features)
    strengths = check_numbers("penalties", penalties, at_least=0, at_most=_LARGE)
    size, new = check_integer("n_points", n_points), check_integer("n_test", n_test)
    dims, n_draws = check_integer("n_dims", n_dims), check_integer("n_draws", n_draws)
    spread = check_number("noise", noise, at_least=0, at_most=_LARGE, repair=_REPAIR)
    errors = np.empty((n_draws, len(strengths), len(sizes)))
    for draw in errors:
        truth = rng.standard_normal(dims) / np.sqrt(dims)
        x, y = sample_linear(size, truth, spread, rng=rng)
        x_test, y_test = sample_linear(new, truth, 0.0, rng=rng)
        directions = rng.standard_normal((dims, int(sizes.max())))
        for j, count in enumerate(sizes):
            known = random_features(x, directions[:, :count])
            unseen = random_features(x_test, directions[:, :count])
            for i, strength in enumerate(strengths):
                guess = ridge_predict(ridge_fit(known, y, penalty=strength), unseen)
                draw[i, j] = mean_squared_error(y_test, guess) + spread**2
    return errors


# Private -------------------------------------------------------------------------------------


def _two_errors(
    n_points: int, n_new: int, degree: int, noise: float, rng: np.random.Generator
) -> tuple[float, float]:
    training, new = sample_sine(n_points, noise, rng=rng), sample_sine(n_new, noise, rng=rng)
    fit = ridge_fit(polynomial_features(training.x, degree), training.y, penalty=0)
    guesses = [ridge_predict(fit, polynomial_features(x, degree)) for x in (training.x, new.x)]
    return mean_squared_error(training.y, guesses[0]), mean_squared_error(new.y, guesses[1])


def _centred(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Subtract the means; a column that only rounding keeps from being constant becomes zero."""
    centred = columns - columns.mean(axis=0)
    rounding = _ROUNDING * np.abs(columns).max(axis=0, initial=0)
    return np.where(np.abs(centred).max(axis=0, initial=0) > rounding, centred, 0.0)


def _solve(
    centred: NDArray[np.float64], y: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    units = _units(centred) if penalty == 0 else np.ones(centred.shape[1])
    left, singular_values, right = np.linalg.svd(centred / units, full_matrices=False)
    kept = singular_values > _rank_tolerance(singular_values, centred.shape)
    singular_values = np.where(kept, singular_values, 1.0)
    # 1 / (d + penalty / d) is d / (d ** 2 + penalty) where the square would leave the range
    gains = np.where(kept, 1 / (singular_values + penalty / singular_values), 0.0)
    weights: NDArray[np.float64] = right.T @ (gains * (left.T @ y)) / units
    return weights


def _units(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide columns by these: least squares does not mind their units, its rank test does."""
    n_points, n_dims = centred.shape
    largest = np.abs(centred).max(axis=0, initial=0)
    largest = np.where(largest > 0, largest, 1.0)
    spread = np.sqrt(np.mean((centred / largest) ** 2, axis=0)) * largest
    units = np.where(spread > 0, spread, 1.0)
    if n_dims < n_points and np.linalg.matrix_rank(centred / units) == n_dims:
        return units
    return np.ones(n_dims)  # of many solutions the shortest is one in the units of the caller


def _factors(
    singular_values: NDArray[np.float64], shape: tuple[int, ...], penalty: float
) -> NDArray[np.float64]:
    kept = singular_values > _rank_tolerance(singular_values, shape)
    singular_values = np.where(kept, singular_values, 1.0)
    with np.errstate(over="ignore", under="ignore"):
        return np.where(kept, 1 / (1 + penalty / singular_values / singular_values), 0.0)


def _rank_tolerance(singular_values: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Below this a singular value is what rounding has left of zero."""
    return float(singular_values.max(initial=0.0) * max(shape) * np.finfo(np.float64).eps)


def _check_limited(name: str, value: ArrayLike) -> NDArray[np.float64]:
    return check_numbers(name, value, at_least=-_LARGE, at_most=_LARGE, repair=_REPAIR)


def _check_features(features: ArrayLike) -> NDArray[np.float64]:
    columns = _check_limited("features", features)
    n_points, _ = check_shape("features", columns, "n_points n_dims")
    if n_points == 0:
        raise ValueError(f"features must hold at least one point, got shape {columns.shape}.")
    return columns


def _check_penalty(penalty: float) -> float:
    return check_number("penalty", penalty, at_least=0, at_most=1e300)


def _check_problem(
    features: ArrayLike, targets: ArrayLike, penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    columns, y = _check_features(features), _check_limited("targets", targets)
    check_shape("targets", y, "n_points", n_points=len(columns))
    return columns, y, _check_penalty(penalty)


def _check_folds(folds: Sequence[ArrayLike], n_points: int) -> list[NDArray[np.int64]]:
    dealt = [check_integers("folds", fold, at_least=0) for fold in folds]
    together = np.sort(np.concatenate([fold.ravel() for fold in dealt])) if dealt else np.array([])
    if len(dealt) < 2 or not np.array_equal(together, np.arange(n_points)):
        raise ValueError(
            f"folds must hold each of the {n_points} points once, in two folds or more, got "
            f"{len(together)} indices in {len(dealt)}. Make them with k_fold_indices."
        )
    return [fold.ravel() for fold in dealt]
