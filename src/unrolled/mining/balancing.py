"""Change how frequent two classes are by copying or dropping rows, and undo it in probabilities."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from unrolled.mining.labels import check_two_classes
from unrolled.shapes import check_generator, check_number, check_numbers, check_shape

__all__ = ["oversample", "undersample", "undo_balancing"]


def oversample(
    X: ArrayLike, y: ArrayLike, *, positive: Any = 1, rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Copy random rows of the rarer class until both are equally frequent; for training rows only.

    Parameters
    ----------
    X : array_like of shape (n_rows, n_features)
        Anything.
    y : array_like of int, bool or str, of shape (n_rows,)
        Two classes.
    positive : int, bool or str, optional
        The label of one of them.
    rng : numpy.random.Generator

    Returns
    -------
    X : ndarray of shape (n_rows_of_the_larger_class * 2, n_features)
        The rows as they came, and behind them the copies.
    y : ndarray of shape (n_rows_of_the_larger_class * 2,)

    Raises
    ------
    ValueError
        If the shapes do not match or there are not two classes.

    Notes
    -----
    Page ``balancing``.
    """
    X, y, rarer, n_more = _take(X, y, positive, rng)
    rows = np.concatenate([np.arange(len(y)), rng.choice(rarer, n_more)])
    return X[rows], y[rows]


def undersample(
    X: ArrayLike, y: ArrayLike, *, positive: Any = 1, rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Drop random rows of the larger class until both are equally frequent; for training rows only.

    Parameters
    ----------
    X : array_like of shape (n_rows, n_features)
        Anything.
    y : array_like of int, bool or str, of shape (n_rows,)
        Two classes.
    positive : int, bool or str, optional
        The label of one of them.
    rng : numpy.random.Generator

    Returns
    -------
    X : ndarray of shape (n_rows_of_the_rarer_class * 2, n_features)
        What is left, in the same order.
    y : ndarray of shape (n_rows_of_the_rarer_class * 2,)

    Raises
    ------
    ValueError
        If the shapes do not match or there are not two classes.

    Notes
    -----
    Page ``balancing``.
    """
    X, y, rarer, n_more = _take(X, y, positive, rng)
    larger = np.setdiff1d(np.arange(len(y)), rarer)
    rows = np.setdiff1d(np.arange(len(y)), rng.choice(larger, n_more, replace=False))
    return X[rows], y[rows]


def undo_balancing(
    probabilities: ArrayLike, prevalence: float, *, balanced: float = 0.5
) -> NDArray[np.float64]:
    """Turn probabilities of a model of balanced rows into those for rows as frequent as they are.

    Parameters
    ----------
    probabilities : array_like of any shape
        Of the positive class, from 0 to 1.
    prevalence : float
        Share of the positive class where the model is used, above 0 and below 1.
    balanced : float, optional
        Its share among the rows of which the model was made.

    Returns
    -------
    ndarray of float64 of the same shape

    Raises
    ------
    ValueError
        If a number is not finite or outside its range.

    Notes
    -----
    It shifts the logarithm of the odds, and assumes that the rows of each class are distributed as
    before. Saerens et al. (2002). Page ``balancing``, equation ``undo-balancing``.
    """
    p = check_numbers("probabilities", probabilities, at_least=0, at_most=1)
    prevalence = check_number("prevalence", prevalence, above=0, below=1)
    balanced = check_number("balanced", balanced, above=0, below=1)
    undone: NDArray[np.float64] = expit(logit(p) + (logit(prevalence) - logit(balanced)))
    return undone


def _take(
    X: ArrayLike, y: ArrayLike, positive: Any, rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.intp], int]:
    """Return both as arrays, the rows of the rarer class, and how many it has less."""
    table, labels = np.asarray(X), np.asarray(y)
    (n_rows,) = check_shape("y", labels, "n_rows")
    check_shape("X", table, "n_rows n_features", n_rows=n_rows)
    check_generator("rng", rng)
    truth = check_two_classes("y", y, positive)
    classes = sorted((np.flatnonzero(truth), np.flatnonzero(~truth)), key=len)
    return table, labels, classes[0], len(classes[1]) - len(classes[0])
