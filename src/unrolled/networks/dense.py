"""A densely connected layer, forwards and backwards: every input is wired to every output.

The layer adds up; an activation from `unrolled.networks.activations` comes after it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_floats, check_generator, check_integer, check_number, check_shape

__all__ = [
    "DenseCache",
    "DenseGradients",
    "DenseParams",
    "dense_backward",
    "dense_forward",
    "dense_params",
]

Floats = NDArray[Any]


class DenseParams(NamedTuple):
    """Weights of one layer: ``x @ W + b``."""

    W: Floats  # (n_in, n_out)
    b: Floats  # (n_out,)


class DenseCache(NamedTuple):
    """What the backward pass needs to know of the forward pass."""

    params: DenseParams
    x: Floats  # (batch, n_in)


class DenseGradients(NamedTuple):
    """Derivatives of the loss, each with the shape of what it belongs to."""

    params: DenseParams
    x: Floats  # (batch, n_in)


def dense_params(
    n_in: int, n_out: int, *, rng: np.random.Generator, gain: float = 1.0
) -> DenseParams:
    """Draw weights that keep the size of what passes through; biases begin at zero.

    Parameters
    ----------
    n_in, n_out : int
        Widths, at least 1.
    rng : numpy.random.Generator
        Source of chance.
    gain : float, optional
        Factor on the weights: 1 before a tanh or softmax, the square root of 2 before a ReLU.

    Returns
    -------
    DenseParams
        In float64. The weights are normal with variance ``gain**2 / n_in``.

    Raises
    ------
    ValueError
        When an argument is not of its kind.

    Notes
    -----
    With inputs of mean square one, each output has the mean square ``gain**2`` (LeCun et al.,
    1998; He et al., 2015).
    """
    shape = check_integer("n_in", n_in), check_integer("n_out", n_out)
    scale = check_number("gain", gain, above=0) / np.sqrt(shape[0])
    drawn = check_generator("rng", rng).standard_normal(shape)
    return DenseParams(W=scale * drawn, b=np.zeros(shape[1]))


def dense_forward(params: DenseParams, x: Floats) -> tuple[Floats, DenseCache]:
    """Add up the inputs of every output.

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
        When the shapes do not fit, or something is not float64 or float32 or not finite.
    """
    W, b, x = check_floats({"params.W": params.W, "params.b": params.b, "x": x})
    n_in, n_out = check_shape("params.W", W, "n_in n_out")
    check_shape("params.b", b, "n_out", n_out=n_out)
    check_shape("x", x, "batch n_in", n_in=n_in)
    return x @ W + b, DenseCache(params, x)


def dense_backward(params: DenseParams, cache: DenseCache, d_y: Floats) -> DenseGradients:
    """Send the derivatives by the outputs back to the weights and to the inputs.

    Parameters
    ----------
    params : DenseParams
        Those of the forward pass.
    cache : DenseCache
        From `dense_forward`.
    d_y : ndarray of shape (batch, n_out)
        Derivative of the loss by each output.

    Returns
    -------
    DenseGradients
        Of the parameters, summed over the batch, and of the input.

    Raises
    ------
    ValueError
        When the cache is from other parameters, or the shapes do not fit.
    """
    if cache.params is not params:
        raise ValueError(
            "cache must come from dense_forward with these params, got one from others. "
            "Run the forward pass again."
        )
    _, d_y = check_floats({"x": cache.x, "d_y": d_y})
    check_shape("d_y", d_y, "batch n_out", batch=len(cache.x), n_out=len(params.b))
    weights = DenseParams(W=cache.x.T @ d_y, b=d_y.sum(axis=0))
    return DenseGradients(params=weights, x=d_y @ params.W.T)
