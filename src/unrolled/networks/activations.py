"""Activation functions, and the backward pass of the rectifier."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_floats, check_integer, check_shape

__all__ = [
    "relu",
    "relu_backward",
    "sigmoid",
    "softmax",
    "tanh",
    "trusted_sigmoid",
    "trusted_softmax",
]


def sigmoid(x: ArrayLike) -> NDArray[Any]:
    """Map every number to the open interval from 0 to 1: the logistic function.

    Parameters
    ----------
    x : array_like of float64 or float32, of any shape

    Returns
    -------
    ndarray of the same shape
        ``1 / (1 + exp(-x))``, accurate to the last digits even if it is tiny.

    Raises
    ------
    ValueError
        If `x` does not hold floating-point numbers, or one that is not finite.
    """
    (x,) = check_floats({"x": x})
    with np.errstate(under="ignore"):
        return trusted_sigmoid(x)


def trusted_sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    """Compute `sigmoid` without checks, for use inside a loop.

    Parameters
    ----------
    x : ndarray of any shape
        It may contain infinities.

    Returns
    -------
    ndarray of the same shape
    """
    small = np.exp(-np.abs(x))  # at most 1: exp of a large number would overflow
    return np.where(x < 0, small, 1) / (1 + small)  # type: ignore[no-any-return]


def tanh(x: ArrayLike) -> NDArray[Any]:
    """Map every number to the open interval from -1 to 1: the hyperbolic tangent.

    Parameters
    ----------
    x : array_like of float64 or float32, of any shape

    Returns
    -------
    ndarray of the same shape

    Raises
    ------
    ValueError
        If `x` does not hold floating-point numbers, or one that is not finite.
    """
    (x,) = check_floats({"x": x})
    with np.errstate(under="ignore"):
        return np.tanh(x)  # type: ignore[no-any-return]


def relu(x: ArrayLike) -> NDArray[Any]:
    """Keep positive numbers and replace all others by zero.

    Parameters
    ----------
    x : array_like of float64 or float32, of any shape

    Returns
    -------
    ndarray of the same shape

    Raises
    ------
    ValueError
        If `x` does not hold floating-point numbers, or one that is not finite.
    """
    (x,) = check_floats({"x": x})
    return np.maximum(x, 0)  # type: ignore[no-any-return]


def relu_backward(y: ArrayLike, d_y: ArrayLike) -> NDArray[Any]:
    """Propagate a derivative of the loss back through the rectifier.

    Parameters
    ----------
    y : array_like of any shape
        The output of `relu`.
    d_y : array_like of the same shape
        Derivative of the loss with respect to it.

    Returns
    -------
    ndarray of the same shape
        `d_y` where `y` is positive. At zero, where no derivative exists, zero is chosen.

    Raises
    ------
    ValueError
        When the shapes differ, or something is not a finite floating-point number.
    """
    outputs, gradients = check_floats({"y": y, "d_y": d_y})
    if outputs.shape != gradients.shape:
        raise ValueError(f"d_y must have the shape of y, {outputs.shape}, got {gradients.shape}.")
    return np.where(outputs > 0, gradients, 0)


def softmax(x: ArrayLike, *, axis: int = -1) -> NDArray[Any]:
    """Turn logits into probabilities, which are positive and sum to one.

    Parameters
    ----------
    x : array_like of float64 or float32, of shape (..., n_classes)
    axis : int, optional
        The axis along which they sum to one.

    Returns
    -------
    ndarray of the same shape

    Raises
    ------
    ValueError
        If `x` does not hold floating-point numbers, one that is not finite, or none along the axis.
    """
    (x,) = check_floats({"x": x})
    axis = _check_axis("x", x, axis)
    with np.errstate(under="ignore", over="ignore"):
        return trusted_softmax(x, axis=axis)


def trusted_softmax(x: NDArray[Any], *, axis: int = -1) -> NDArray[Any]:
    """Compute `softmax` without checks, for use inside a loop.

    Parameters
    ----------
    x : ndarray of shape (..., n_classes)
        It may contain minus infinity, but not everywhere along the axis.
    axis : int, optional
        The axis along which the probabilities sum to one.

    Returns
    -------
    ndarray of the same shape
    """
    weights = np.exp(x - x.max(axis=axis, keepdims=True))  # at most 1: exp cannot overflow
    return weights / weights.sum(axis=axis, keepdims=True)  # type: ignore[no-any-return]


def _check_axis(name: str, array: NDArray[Any], axis: int) -> int:
    check_shape(name, array, "... n_classes")
    axis = check_integer("axis", axis, at_least=-array.ndim, at_most=array.ndim - 1)
    if not array.shape[axis]:
        raise ValueError(f"{name} must hold at least one score, got shape {array.shape}.")
    return axis
