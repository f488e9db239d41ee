"""Layer normalisation, forward and backward: each token gets mean 0 and variance 1.

The numbers of one token are normalised together, so neither the batch nor other tokens matter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.checks import check_cache, check_gradients, check_held
from unrolled.networks.initialisers import check_dtype
from unrolled.networks.pytrees import check_params
from unrolled.shapes import check_floats, check_integer, check_shape

__all__ = [
    "EPSILON",
    "LayerNormCache",
    "LayerNormGradients",
    "LayerNormParams",
    "layer_norm_backward",
    "layer_norm_forward",
    "layer_norm_init",
    "trusted_layer_norm",
]

Floats = NDArray[Any]

EPSILON = 1e-6
"""What is added to the variance, so that a token of equal numbers can be divided too."""


class LayerNormParams(NamedTuple):
    """What follows the normalisation: ``normalised * gain + bias``."""

    gain: Floats  # (d_model,)
    bias: Floats  # (d_model,)


_AXES = LayerNormParams(gain="d_model", bias="d_model")  # type: ignore[arg-type]


class LayerNormCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    params: LayerNormParams  # the very object that was passed in
    normalised: Floats  # (..., d_model)
    deviation: Floats  # (..., 1): root of the variance plus `EPSILON`


class LayerNormGradients(NamedTuple):
    """Derivatives of the loss, each in the shape of the array it belongs to."""

    params: LayerNormParams
    x: Floats  # (..., d_model)


def layer_norm_init(d_model: int, *, dtype: DTypeLike = np.float64) -> LayerNormParams:
    """Start with gain one and bias zero, which change nothing.

    Parameters
    ----------
    d_model : int
        Dimension of a token, at least 1.
    dtype : float64 or float32, optional

    Returns
    -------
    LayerNormParams

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    d_model, dtype = check_integer("d_model", d_model), check_dtype(dtype)
    return LayerNormParams(gain=np.ones(d_model, dtype), bias=np.zeros(d_model, dtype))


def layer_norm_forward(params: LayerNormParams, x: Floats) -> tuple[Floats, LayerNormCache]:
    """Give each token mean 0 and variance 1, then scale and shift each of its numbers.

    Parameters
    ----------
    params : LayerNormParams
    x : ndarray of shape (..., d_model)

    Returns
    -------
    y : ndarray of shape (..., d_model)
    cache : LayerNormCache
        For `layer_norm_backward`.

    Raises
    ------
    ValueError
        If the shapes do not match, something is not float64 or float32 or not finite, or a
        variance overflows.

    Notes
    -----
    Ba et al. (2016), equation 3, with `EPSILON`. Page ``transformer``, equation ``layer-norm``.
    """
    sizes = check_params("params", params, _AXES)
    check_shape("x", x, "... d_model", d_model=sizes["d_model"])
    gain, bias, x = check_floats({"params.gain": params.gain, "params.bias": params.bias, "x": x})
    with np.errstate(all="ignore"):
        y, normalised, deviation = trusted_layer_norm(LayerNormParams(gain, bias), x)
    check_held("params and x", deviation, y)
    return y, LayerNormCache(params, normalised, deviation)


def trusted_layer_norm(params: LayerNormParams, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Compute `layer_norm_forward` without checks, for use inside a loop.

    Parameters
    ----------
    params : LayerNormParams
    x : ndarray of shape (..., d_model)

    Returns
    -------
    y : ndarray of shape (..., d_model)
    normalised : ndarray of shape (..., d_model)
    deviation : ndarray of shape (..., 1)
        Infinite where a variance overflowed, with outputs that do not show it.
    """
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    normalised = centred / deviation
    return normalised * params.gain + params.bias, normalised, deviation


def layer_norm_backward(
    params: LayerNormParams, cache: LayerNormCache, d_y: Floats
) -> LayerNormGradients:
    """Propagate derivatives with respect to the outputs back to parameters and inputs.

    Parameters
    ----------
    params : LayerNormParams
        Those of the forward pass.
    cache : LayerNormCache
        From `layer_norm_forward`.
    d_y : ndarray of shape (..., d_model)
        Derivative of the loss with respect to each output.

    Returns
    -------
    LayerNormGradients
        Of the parameters, summed over all tokens, and of the input.

    Raises
    ------
    ValueError
        When the cache belongs to other parameters, or the shapes do not fit.

    Notes
    -----
    Page ``transformer``, equation ``layer-norm-gradient``.
    """
    gain, _ = check_cache(params, cache, LayerNormCache)
    normalised = cache.normalised
    (d_y,) = check_gradients(normalised, d_y=(d_y, *_named(normalised.shape)))
    tokens = tuple(range(normalised.ndim - 1))
    with np.errstate(all="ignore"):
        d_params = LayerNormParams((normalised * d_y).sum(axis=tokens), d_y.sum(axis=tokens))
        d_normalised = d_y * gain
        mean = d_normalised.mean(axis=-1, keepdims=True)
        along = normalised * (normalised * d_normalised).mean(axis=-1, keepdims=True)
        gradients = LayerNormGradients(d_params, (d_normalised - mean - along) / cache.deviation)
    check_held("d_y and the cache", gradients)
    return gradients


def _named(shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Name the axes of tokens by their places, however many there are."""
    leading = [f"axis_{place}" for place in range(len(shape) - 1)]
    return " ".join([*leading, "d_model"]), shape
