"""A classifier of texts that averages the embeddings of their tokens: forward, backward, loss."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_sigmoid as sigmoid
from unrolled.networks.checks import check_cache, check_gradients, check_held
from unrolled.networks.pytrees import check_params, leaves_of
from unrolled.shapes import (
    check_floats,
    check_generator,
    check_integer,
    check_integers,
    check_mask,
    check_shape,
)

__all__ = [
    "MeanCache",
    "MeanParams",
    "logistic_loss",
    "mean_backward",
    "mean_forward",
    "mean_gradient",
    "mean_init",
]

Floats = NDArray[np.float64]


class MeanParams(NamedTuple):
    """Embeddings of all tokens, and the weights and bias of the output; a gradient is one too."""

    W: NDArray[Any]  # (n_tokens, n_dims)   a row for each token
    u: NDArray[Any]  # (n_dims,)            output weights
    b: NDArray[Any]  # (n_out,), n_out = 1  bias


class MeanCache(NamedTuple):
    """What the backward pass needs."""

    params: MeanParams  # the very object that was passed in
    ids: NDArray[np.int64]  # (batch, time); zero where padded
    shares: NDArray[Any]  # (batch, time)  of each token in its mean; zero where padded
    mean: NDArray[Any]  # (batch, n_dims)


AXES: Any = MeanParams("n_tokens n_dims", "n_dims", "n_out")  # type: ignore[arg-type]


def mean_init(n_tokens: int, n_dims: int, *, rng: np.random.Generator) -> MeanParams:
    """Draw initial weights, uniform from -0.05 to 0.05 as Keras draws embeddings; the bias is zero.

    Parameters
    ----------
    n_tokens, n_dims : int
        Size of the vocabulary, and dimension of an embedding.
    rng : numpy.random.Generator

    Returns
    -------
    MeanParams

    Raises
    ------
    ValueError
        If a size is below one, or `rng` is not a generator.
    """
    n_tokens, n_dims = check_integer("n_tokens", n_tokens), check_integer("n_dims", n_dims)
    check_generator("rng", rng)
    W, u = (rng.uniform(-0.05, 0.05, size) for size in ((n_tokens, n_dims), n_dims))
    return MeanParams(W, u, np.zeros(1))


@np.errstate(all="ignore")
def mean_forward(
    params: MeanParams, ids: ArrayLike, mask: ArrayLike | None = None
) -> tuple[NDArray[Any], MeanCache]:
    """Compute the logit of each text: the mean of its embeddings, weighted and shifted.

    Parameters
    ----------
    params : MeanParams
        All float64, or all float32.
    ids : array_like of int of shape (batch, time)
        Tokens; anything where padded.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time), optional
        True is a real token; padding does not count. By default all are real.

    Returns
    -------
    logits : ndarray of shape (batch,)
        Above zero where the text is more likely to belong to class 1.
    cache : MeanCache
        What `mean_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, a text has no real token, or a number
        overflows.

    Notes
    -----
    Page ``sentiment``, equations ``sentiment-logit`` and ``sentiment-masked-mean``.
    """
    sizes = check_params("params", params, AXES)
    check_shape("params.b", params.b, "n_out", n_out=1)
    W, u, b = check_floats(leaves_of(params, "params"))
    batch, time = check_shape("ids", ids, "batch time")
    ones = np.ones((batch, time), dtype=bool)
    real = ones if mask is None else check_mask("mask", mask, "batch time", batch=batch, time=time)
    if not real.any(axis=1).all():
        place = int(real.any(axis=1).argmin())
        raise ValueError(f"mask must leave each text a real token, got none in text {place}.")
    lowest = np.iinfo(np.int64).min
    tokens = np.where(real, check_integers("ids", ids, at_least=lowest), 0)
    check_integers("ids", tokens, at_least=0, at_most=sizes["n_tokens"] - 1)
    shares = (real / real.sum(axis=1, keepdims=True)).astype(W.dtype)
    mean = np.einsum("bt,btd->bd", shares, W[tokens])
    logits = mean @ u + b
    check_held("params", mean, logits)
    return logits, MeanCache(params, tokens, shares, mean)


@np.errstate(all="ignore")
def mean_backward(params: MeanParams, cache: MeanCache, d_logits: ArrayLike) -> MeanParams:
    """Propagate derivatives of the loss back to embeddings and output weights.

    Parameters
    ----------
    params : MeanParams
        Those of the forward pass.
    cache : MeanCache
        From `mean_forward`.
    d_logits : array_like of shape (batch,)
        Derivatives of the loss with respect to the logits.

    Returns
    -------
    MeanParams
        A token that occurs several times receives the sum of its derivatives; rows of tokens that
        do not occur are zero.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.

    Notes
    -----
    Page ``sentiment``, equation ``sentiment-gradient``.
    """
    weights = check_cache(params, cache, MeanCache)
    shape = cache.mean.shape[:1]
    (d_z,) = check_gradients(cache.mean, d_logits=(d_logits, "batch", shape))
    d_mean = np.outer(d_z, weights.u)
    d_W = np.zeros_like(weights.W)
    np.add.at(d_W, cache.ids, cache.shares[:, :, None] * d_mean[:, None])
    gradients = MeanParams(d_W, d_z @ cache.mean, np.atleast_1d(d_z.sum()))
    check_held("d_logits", gradients)
    return gradients


@np.errstate(all="ignore")
def logistic_loss(logits: ArrayLike, labels: ArrayLike) -> tuple[float, NDArray[Any]]:
    """Compute the mean cross-entropy of two classes, and its derivatives.

    Parameters
    ----------
    logits : array_like of float64 or float32, of shape (batch,)
    labels : array_like of int, of shape (batch,)
        0 or 1.

    Returns
    -------
    loss : float
        In nats.
    d_logits : ndarray of shape (batch,)
        Probability minus label, divided by the number of texts.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.

    Notes
    -----
    Computed from the logits, since a probability may round to 0, which has no logarithm.
    Page ``sentiment``, equations ``sentiment-loss`` and ``sentiment-delta``.
    """
    (scores,) = check_floats({"logits": logits})
    (batch,) = check_shape("logits", scores, "batch")
    check_shape("labels", labels, "batch", batch=batch)
    if not batch:
        raise ValueError("logits must hold at least one number, got none.")
    targets = check_integers("labels", labels, at_least=0, at_most=1)
    losses = np.logaddexp(0, np.where(targets == 1, -scores, scores))
    d_logits = ((sigmoid(scores) - targets) / batch).astype(scores.dtype)
    return float(losses.mean(dtype=np.float64)), d_logits


def mean_gradient(
    params: MeanParams, ids: NDArray[np.int64], mask: NDArray[np.bool_], labels: NDArray[np.int64]
) -> tuple[float, MeanParams]:
    """Compute the loss of a batch, and its gradient: what `unrolled.networks.training` needs.

    Parameters
    ----------
    params : MeanParams
    ids : ndarray of int of shape (batch, time)
    mask : ndarray of bool of shape (batch, time)
    labels : ndarray of int of shape (batch,)

    Returns
    -------
    loss : float
    gradient : MeanParams

    Raises
    ------
    ValueError
        As `mean_forward` and `logistic_loss`.
    """
    logits, cache = mean_forward(params, ids, mask)
    loss, d_logits = logistic_loss(logits, labels)
    return loss, mean_backward(params, cache, d_logits)
