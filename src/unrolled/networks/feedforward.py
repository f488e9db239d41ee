"""Two small feedforward networks.

`DenseNetwork` has two dense layers. `ImageNetwork` applies kernels at every position of an image,
keeps the largest activation of each and ends in a dense layer, so images may have any size.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.activations import relu, relu_backward
from unrolled.networks.convolution import (
    ConvolutionCache,
    ConvolutionParams,
    PoolingCache,
    convolution_backward,
    convolution_forward,
    convolution_init,
    pooling_backward,
    pooling_forward,
)
from unrolled.networks.dense import (
    DenseCache,
    DenseParams,
    dense_backward,
    dense_forward,
    dense_init,
)
from unrolled.networks.training import loss_and_gradient

__all__ = [
    "DenseNetwork",
    "DenseNetworkCache",
    "ImageNetwork",
    "ImageNetworkCache",
    "dense_network_backward",
    "dense_network_forward",
    "dense_network_init",
    "image_network_backward",
    "image_network_forward",
    "image_network_gradient",
    "image_network_init",
]

Floats = NDArray[Any]


class DenseNetwork(NamedTuple):
    """A hidden layer with rectifiers, and logits; its gradient has the same form."""

    hidden: DenseParams
    output: DenseParams


class DenseNetworkCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    hidden: DenseCache
    h: Floats  # (batch, n_hidden)
    output: DenseCache


class ImageNetwork(NamedTuple):
    """Convolutions, and logits from the largest activation of each kernel of the last one."""

    convolutions: tuple[ConvolutionParams, ...]
    output: DenseParams


class ImageLayerCache(NamedTuple):
    """What the backward pass needs from one convolution."""

    pooling: PoolingCache | None  # of its input; None for the image itself
    convolution: ConvolutionCache
    h: Floats  # (batch, height, width, n_kernels)


class ImageNetworkCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    layers: tuple[ImageLayerCache, ...]
    features: Floats  # (batch, n_features)
    output: DenseCache


def dense_network_init(
    n_in: int,
    n_hidden: int,
    n_out: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> DenseNetwork:
    """Draw initial weights; the biases are zero.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Dimensions, at least 1.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    DenseNetwork

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    hidden = dense_init(n_in, n_hidden, rng=rng, dtype=dtype)
    return DenseNetwork(hidden, dense_init(n_hidden, n_out, rng=rng, dtype=dtype))


def dense_network_forward(params: DenseNetwork, x: Floats) -> tuple[Floats, DenseNetworkCache]:
    """Compute the logits of a batch.

    Parameters
    ----------
    params : DenseNetwork
    x : ndarray of shape (batch, ...)
        With ``n_in`` numbers in each example: an image is flattened row by row.

    Returns
    -------
    logits : ndarray of shape (batch, n_out)
    cache : DenseNetworkCache
        For `dense_network_backward`.

    Raises
    ------
    ValueError
        As `unrolled.networks.dense.dense_forward`.

    Notes
    -----
    Page ``dense-layers``.
    """
    a, hidden = dense_forward(params.hidden, np.reshape(x, (len(x), -1)))
    h = relu(a)
    logits, output = dense_forward(params.output, h)
    return logits, DenseNetworkCache(hidden, h, output)


def dense_network_backward(
    params: DenseNetwork, cache: DenseNetworkCache, d_logits: Floats
) -> DenseNetwork:
    """Propagate derivatives with respect to the logits back to all parameters.

    Parameters
    ----------
    params : DenseNetwork
        Those of the forward pass.
    cache : DenseNetworkCache
        From `dense_network_forward`.
    d_logits : ndarray of shape (batch, n_out)

    Returns
    -------
    DenseNetwork
        Derivatives, summed over the batch.

    Raises
    ------
    ValueError
        As `unrolled.networks.dense.dense_backward`.

    Notes
    -----
    Page ``dense-layers``.
    """
    output = dense_backward(params.output, cache.output, d_logits)
    d_a = relu_backward(cache.h, output.x)
    hidden = dense_backward(params.hidden, cache.hidden, d_a)
    return DenseNetwork(hidden.params, output.params)


def image_network_init(
    kernel_size: int,
    n_kernels: Sequence[int],
    n_out: int,
    *,
    n_in: int = 1,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> ImageNetwork:
    """Draw initial kernels and weights; the biases are zero.

    Parameters
    ----------
    kernel_size : int
        Height and width of every kernel, in pixels.
    n_kernels : sequence of int
        For each convolution; the last number is the number of features.
    n_out : int
        Number of classes.
    n_in : int, optional
        Channels of an image.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    ImageNetwork

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    widths = [n_in, *n_kernels]
    convolutions = tuple(
        convolution_init(kernel_size, kernel_size, *pair, rng=rng, dtype=dtype)
        for pair in pairwise(widths)
    )
    return ImageNetwork(convolutions, dense_init(widths[-1], n_out, rng=rng, dtype=dtype))


def image_network_forward(
    params: ImageNetwork, x: Floats, *, padding: int = 0
) -> tuple[Floats, ImageNetworkCache]:
    """Compute the logits of a batch of images of any size.

    Between two convolutions the largest of every two by two pixels is kept.

    Parameters
    ----------
    params : ImageNetwork
    x : ndarray of shape (batch, height, width, n_in)
        Height and width must be even where they are pooled.
    padding : int, optional
        Pixels of zeros around the input of each convolution. With one less than the kernel size, a
        single convolution covers every position at which it touches a pixel: an image on a
        background of zeros may be moved without any change of the logits.

    Returns
    -------
    logits : ndarray of shape (batch, n_out)
    cache : ImageNetworkCache
        For `image_network_backward`; its ``features`` are the largest activation of each kernel of
        the last convolution, at whatever position.

    Raises
    ------
    ValueError
        As `unrolled.networks.convolution.convolution_forward` and ``pooling_forward``.

    Notes
    -----
    Pages ``dense-layers`` and ``sequences``.
    """
    layers = []
    for n, layer in enumerate(params.convolutions):
        x, pooling = pooling_forward(x) if n else (x, None)
        a, convolution = convolution_forward(layer, x, padding=padding)
        x = relu(a)
        layers.append(ImageLayerCache(pooling, convolution, x))
    features = x.max(axis=(1, 2))
    logits, output = dense_forward(params.output, features)
    return logits, ImageNetworkCache(tuple(layers), features, output)


def image_network_backward(
    params: ImageNetwork, cache: ImageNetworkCache, d_logits: Floats
) -> ImageNetwork:
    """Propagate derivatives with respect to the logits back to all parameters.

    Parameters
    ----------
    params : ImageNetwork
        Those of the forward pass.
    cache : ImageNetworkCache
        From `image_network_forward`.
    d_logits : ndarray of shape (batch, n_out)

    Returns
    -------
    ImageNetwork
        Derivatives, summed over positions and batch. Of a kernel's activations in the last
        convolution only the largest gets a derivative; equal ones share it.

    Raises
    ------
    ValueError
        As `unrolled.networks.dense.dense_backward`.

    Notes
    -----
    Pages ``dense-layers`` and ``sequences``.
    """
    output = dense_backward(params.output, cache.output, d_logits)
    last = cache.layers[-1].h
    kept = last == cache.features[:, None, None]
    d_h = kept / kept.sum(axis=(1, 2), keepdims=True) * output.x[:, None, None]
    d_h, found = d_h.astype(last.dtype), []
    for layer, seen in zip(params.convolutions[::-1], cache.layers[::-1], strict=True):
        gradients = convolution_backward(layer, seen.convolution, relu_backward(seen.h, d_h))
        found.append(gradients.params)
        d_h = gradients.x if seen.pooling is None else pooling_backward(seen.pooling, gradients.x)
    return ImageNetwork(tuple(found[::-1]), output.params)


def image_network_gradient(
    params: ImageNetwork, x: Floats, targets: NDArray[np.int64]
) -> tuple[float, ImageNetwork]:
    """Compute the mean cross-entropy of a batch, and its gradient, without padding.

    Parameters
    ----------
    params : ImageNetwork
    x : ndarray of shape (batch, height, width, n_in)
    targets : ndarray of int, of shape (batch,)

    Returns
    -------
    loss : float
    gradient : ImageNetwork

    Raises
    ------
    ValueError
        As `image_network_forward`.
    """
    return loss_and_gradient(params, image_network_forward, image_network_backward, x, targets)
