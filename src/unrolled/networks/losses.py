"""Losses over batches of sequences, forward and backward; padding does not count."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_sigmoid, trusted_softmax
from unrolled.shapes import check_floats, check_integers, check_mask, check_shape

__all__ = [
    "BinaryCrossEntropyCache",
    "CrossEntropyCache",
    "SquaredErrorCache",
    "binary_cross_entropy_backward",
    "binary_cross_entropy_forward",
    "cross_entropy_backward",
    "cross_entropy_forward",
    "squared_error_backward",
    "squared_error_forward",
]

Reduction = Literal["mean", "sum"]


class CrossEntropyCache(NamedTuple):
    """What the cross-entropy must store for the backward pass."""

    probabilities: NDArray[Any]  # (..., n_classes)
    targets: NDArray[np.int64]  # (...); zero where padded
    weights: NDArray[Any]  # (...); weight of each position, zero where padded


class BinaryCrossEntropyCache(NamedTuple):
    """What the cross-entropy of two classes must store for the backward pass."""

    errors: NDArray[Any]  # (...); probability minus target


class SquaredErrorCache(NamedTuple):
    """What the squared error must store for the backward pass."""

    errors: NDArray[Any]  # (..., n_out)
    weights: NDArray[Any]  # (...); weight of each position, zero where padded


@np.errstate(all="ignore")
def cross_entropy_forward(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> tuple[float, CrossEntropyCache]:
    """Compute the cross-entropy of classes under the softmax of logits.

    Parameters
    ----------
    logits : array_like of float64 or float32, of shape (..., n_classes)
        For sequences (batch, time, n_classes).
    targets : array_like of int, of shape (...)
        The right class at each position, from 0 on; anything where padded.
    mask : array_like of bool, or of 0 and 1, of shape (...), optional
        True is a real position.
    reduction : {"mean", "sum"}, optional
        Whether the loss is the mean over all real positions, or the sum.

    Returns
    -------
    loss : float
        In nats.
    cache : CrossEntropyCache
        What `cross_entropy_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or no position is real.

    Notes
    -----
    Computed directly from the logits, since a softmax may round to 0, which has no logarithm.
    """
    (scores,) = check_floats({"logits": logits})
    (n_classes,) = check_shape("logits", scores, "... n_classes")
    if not scores.size:
        raise ValueError(f"logits must not be empty, got shape {scores.shape}.")
    real = _check_places("logits", scores.shape[:-1], mask)
    _check_same_shape("targets", np.shape(targets), scores.shape[:-1])
    lowest = np.iinfo(np.int64).min
    classes = np.where(real, check_integers("targets", targets, at_least=lowest), 0)
    check_integers("targets", classes, at_least=0, at_most=n_classes - 1)
    shifted = scores - scores.max(axis=-1, keepdims=True)
    right = np.take_along_axis(shifted, classes[..., None], axis=-1)[..., 0]
    losses = np.log(np.exp(shifted).sum(axis=-1)) - right
    weights = _weigh(real, reduction, scores.dtype)
    cache = CrossEntropyCache(trusted_softmax(scores), classes, weights)
    return _total("logits", losses, real, weights), cache


@np.errstate(all="ignore")
def cross_entropy_backward(cache: CrossEntropyCache) -> NDArray[Any]:
    """Propagate the cross-entropy back to the logits: probability minus target.

    Parameters
    ----------
    cache : CrossEntropyCache
        From `cross_entropy_forward`.

    Returns
    -------
    ndarray of shape (..., n_classes)
        Derivative of the loss with respect to the logits; zero where padded.

    Raises
    ------
    ValueError
        If the cache has the wrong type.
    """
    _check_kind(cache, CrossEntropyCache)
    d_logits = cache.probabilities.copy()
    places = cache.targets[..., None]
    right = np.take_along_axis(d_logits, places, axis=-1)
    np.put_along_axis(d_logits, places, right - 1, axis=-1)
    d_logits *= cache.weights[..., None]
    return d_logits


@np.errstate(all="ignore")
def binary_cross_entropy_forward(
    logits: ArrayLike, targets: ArrayLike
) -> tuple[float, BinaryCrossEntropyCache]:
    """Compute the mean cross-entropy of two classes under the sigmoid of logits.

    Parameters
    ----------
    logits : array_like of float64 or float32, of any shape
        One for each example.
    targets : array_like of bool, or of 0 and 1, of the same shape
        Whether the example is positive.

    Returns
    -------
    loss : float
        In nats.
    cache : BinaryCrossEntropyCache
        What `binary_cross_entropy_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or there is no example.

    Notes
    -----
    Page ``optimisers``, equation ``mlp-stable``: computed directly from the logits, since a sigmoid
    may round to 0 or 1.
    """
    (scores,) = check_floats({"logits": logits})
    if not scores.size:
        raise ValueError(f"logits must not be empty, got shape {scores.shape}.")
    _check_same_shape("targets", np.shape(targets), scores.shape)
    positive = check_mask("targets", targets, "...")
    away = np.where(positive, -scores, scores)  # from the right side of zero
    losses = np.maximum(away, 0) + np.log1p(np.exp(-np.abs(away)))  # exp is at most 1
    missing = trusted_sigmoid(away)
    cache = BinaryCrossEntropyCache(np.where(positive, -missing, missing))
    weights = np.full(scores.shape, 1 / scores.size, scores.dtype)
    return _total("logits", losses, np.ones(scores.shape, np.bool_), weights), cache


@np.errstate(all="ignore")
def binary_cross_entropy_backward(cache: BinaryCrossEntropyCache) -> NDArray[Any]:
    """Propagate the cross-entropy of two classes back to the logits: probability minus target.

    Parameters
    ----------
    cache : BinaryCrossEntropyCache
        From `binary_cross_entropy_forward`.

    Returns
    -------
    ndarray of the shape of the logits
        Derivative of the mean loss with respect to each of them.

    Raises
    ------
    ValueError
        If the cache has the wrong type.

    Notes
    -----
    Page ``optimisers``, equation ``mlp-delta``.
    """
    _check_kind(cache, BinaryCrossEntropyCache)
    return cache.errors / cache.errors.size


@np.errstate(all="ignore")
def squared_error_forward(
    y: ArrayLike,
    targets: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> tuple[float, SquaredErrorCache]:
    """Compute half the squared distance of outputs from their targets.

    Parameters
    ----------
    y, targets : array_like of float64 or float32, of shape (..., n_out)
        For sequences (batch, time, n_out).
    mask : array_like of bool, or of 0 and 1, of shape (...), optional
        True is a real position.
    reduction : {"mean", "sum"}, optional
        Whether the loss is the mean over all real positions, or the sum; over the `n_out` numbers
        of a position it is always the sum.

    Returns
    -------
    loss : float
        ``sum((y - targets)**2) / 2`` at a position, so that its derivative is ``y - targets``.
    cache : SquaredErrorCache
        What `squared_error_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, no position is real, or the loss
        overflows.
    """
    outputs, wanted = check_floats({"y": y, "targets": targets})
    check_shape("y", outputs, "... n_out")
    if not outputs.size:
        raise ValueError(f"y must not be empty, got shape {outputs.shape}.")
    _check_same_shape("targets", wanted.shape, outputs.shape)
    real = _check_places("y", outputs.shape[:-1], mask)
    errors = np.where(real[..., None], outputs - wanted, 0)
    weights = _weigh(real, reduction, outputs.dtype)
    loss = _total("y and targets", (errors**2).sum(axis=-1) / 2, real, weights)
    return loss, SquaredErrorCache(errors, weights)


@np.errstate(all="ignore")
def squared_error_backward(cache: SquaredErrorCache) -> NDArray[Any]:
    """Propagate the squared error back to the outputs.

    Parameters
    ----------
    cache : SquaredErrorCache
        From `squared_error_forward`.

    Returns
    -------
    ndarray of shape (..., n_out)
        Derivative of the loss with respect to `y`; zero where padded.

    Raises
    ------
    ValueError
        If the cache has the wrong type.
    """
    _check_kind(cache, SquaredErrorCache)
    return cache.errors * cache.weights[..., None]  # type: ignore[no-any-return]


def _check_places(name: str, shape: tuple[int, ...], mask: Any) -> NDArray[np.bool_]:
    if mask is None:
        return np.ones(shape, np.bool_)
    real = check_mask("mask", mask, "...")
    if real.shape != shape:
        expected = f"the shape of {name} without its last axis, {shape}"
        raise ValueError(f"mask must have {expected}, got {real.shape}.")
    if not real.any():
        raise ValueError("mask must be True at one place at least, got none. Leave the batch out.")
    return real


def _check_same_shape(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(f"{name} must have shape {expected}, got {shape}.")


def _check_kind(cache: Any, kind: type[Any]) -> None:
    if not isinstance(cache, kind):
        arrived = type(cache).__name__
        raise ValueError(f"cache must be the {kind.__name__} of a forward pass, got {arrived}.")


def _weigh(real: NDArray[np.bool_], reduction: str, dtype: Any) -> NDArray[Any]:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', got {reduction!r}.")
    share = 1 / np.count_nonzero(real) if reduction == "mean" else 1.0
    return np.where(real, share, 0).astype(dtype)


def _total(
    names: str, losses: NDArray[Any], real: NDArray[np.bool_], weights: NDArray[Any]
) -> float:
    loss = float(np.sum(np.where(real, losses, 0) * weights))
    if not np.isfinite(loss):
        raise ValueError(
            f"{names} must give a loss that {losses.dtype} can hold, got an overflow. "
            "Scale them down."
        )
    return loss
