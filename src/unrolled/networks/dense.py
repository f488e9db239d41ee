"""A dense layer, forward and backward: every input is connected to every output.

The layer is linear; an activation from `unrolled.networks.activations` follows it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.checks import check_cache, check_gradients, check_held
from unrolled.networks.initialisers import glorot_uniform
from unrolled.networks.pytrees import check_params
from unrolled.shapes import check_floats, check_shape

__all__ = [
    "DenseCache",
    "DenseGradients",
    "DenseParams",
    "dense_backward",
    "dense_forward",
    "dense_init",
]

Floats = NDArray[Any]


class DenseParams(NamedTuple):
    """Weights of one layer: ``x @ W + b``."""

    W: Floats  # (n_in, n_out)
    b: Floats  # (n_out,)


_AXES = DenseParams(W="n_in n_out", b="n_out")  # type: ignore[arg-type]


class DenseCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    params: DenseParams
    x: Floats  # (batch, n_in)


class DenseGradients(NamedTuple):
    """Derivatives of the loss, each in the shape of the array it belongs to."""

    params: DenseParams
    x: Floats  # (batch, n_in)


def dense_init(
    n_in: int, n_out: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> DenseParams:
    """Draw initial weights; the biases are zero.

    Parameters
    ----------
    n_in, n_out : int
        Dimensions, at least 1.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    DenseParams
        The weights as `unrolled.networks.initialisers.glorot_uniform` draws them.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    W = glorot_uniform(n_in, n_out, rng=rng, dtype=dtype)
    return DenseParams(W=W, b=np.zeros(W.shape[1], W.dtype))


def dense_forward(params: DenseParams, x: Floats) -> tuple[Floats, DenseCache]:
    """Compute the pre-activations: ``x @ W + b``.

    Parameters
    ----------
    params : DenseParams
    x : ndarray of shape (batch, n_in)

    Returns
    -------
    y : ndarray of shape (batch, n_out)
    cache : DenseCache
        For `dense_backward`.

    Raises
    ------
    ValueError
        If the shapes do not match, or something is not float64 or float32 or not finite.
    """
    sizes = check_params("params", params, _AXES)
    check_shape("x", x, "batch n_in", n_in=sizes["n_in"])
    W, b, x = check_floats({"params.W": params.W, "params.b": params.b, "x": x})
    with np.errstate(all="ignore"):
        y = x @ W + b
    check_held("params and x", y)
    return y, DenseCache(params, x)


def dense_backward(params: DenseParams, cache: DenseCache, d_y: Floats) -> DenseGradients:
    """Propagate derivatives with respect to the outputs back to parameters and inputs.

    Parameters
    ----------
    params : DenseParams
        Those of the forward pass.
    cache : DenseCache
        From `dense_forward`.
    d_y : ndarray of shape (batch, n_out)
        Derivative of the loss with respect to each output.

    Returns
    -------
    DenseGradients
        Of the parameters, summed over the batch, and of the input.

    Raises
    ------
    ValueError
        When the cache belongs to other parameters, or the shapes do not fit.
    """
    W, b = check_cache(params, cache, DenseCache)
    sizes = len(cache.x), len(b)
    (d_y,) = check_gradients(cache.x, d_y=(d_y, "batch n_out", sizes))
    with np.errstate(all="ignore"):
        weights = DenseParams(W=cache.x.T @ d_y, b=d_y.sum(axis=0))
        gradients = DenseGradients(params=weights, x=d_y @ W.T)
    check_held("d_y and the cache", gradients)
    return gradients
