"""A small convolutional classifier that takes images of any size.

Two convolutions look for patterns, the largest response of each kernel is kept wherever it stood,
and a dense layer decides.
"""

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
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward

__all__ = [
    "ImageClassifier",
    "image_backward",
    "image_forward",
    "image_gradient",
    "image_init",
]

Floats = NDArray[Any]


class ImageClassifier(NamedTuple):
    """Weights of the two convolutions and of the dense layer."""

    first: ConvolutionParams  # (3, 3, n_in, n_first)
    second: ConvolutionParams  # (3, 3, n_first, n_features)
    out: DenseParams  # (n_features, n_classes)


class ImageCache(NamedTuple):
    """What the way back needs."""

    first: ConvolutionCache
    edges: Floats  # (batch, height - 2, width - 2, n_first)
    pooling: PoolingCache
    second: ConvolutionCache
    parts: Floats  # (batch, rows, columns, n_features)
    features: Floats  # (batch, n_features)
    out: DenseCache


def image_init(
    n_in: int,
    n_first: int,
    n_features: int,
    n_classes: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> ImageClassifier:
    """Draw weights to begin with; all kernels have three by three pixels.

    Parameters
    ----------
    n_in, n_first, n_features, n_classes : int
        Channels of an image, kernels of the first and of the second convolution, and classes.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    ImageClassifier
    """
    return ImageClassifier(
        convolution_init(3, 3, n_in, n_first, rng=rng, dtype=dtype),
        convolution_init(3, 3, n_first, n_features, rng=rng, dtype=dtype),
        dense_init(n_features, n_classes, rng=rng, dtype=dtype),
    )


def image_forward(params: ImageClassifier, x: Floats) -> tuple[Floats, Floats, ImageCache]:
    """Turn images into feature vectors, and those into logits.

    Parameters
    ----------
    params : ImageClassifier
    x : ndarray of shape (batch, height, width, n_in)
        Channels last; height and width must be even, and at least 8.

    Returns
    -------
    logits : ndarray of shape (batch, n_classes)
    features : ndarray of shape (batch, n_features)
        The largest response of each kernel of the second convolution, wherever it stood.
    cache : ImageCache

    Raises
    ------
    ValueError
        When the shapes do not fit.

    Notes
    -----
    Page ``sequences``.
    """
    summed, first = convolution_forward(params.first, x)
    edges = relu(summed)
    pooled, pooling = pooling_forward(edges)
    summed, second = convolution_forward(params.second, pooled)
    parts = relu(summed)
    features = parts.max(axis=(1, 2))
    logits, out = dense_forward(params.out, features)
    return logits, features, ImageCache(first, edges, pooling, second, parts, features, out)


def image_backward(params: ImageClassifier, cache: ImageCache, d_logits: Floats) -> ImageClassifier:
    """Carry derivatives of the loss back to the weights.

    Parameters
    ----------
    params : ImageClassifier
        Those of the forward pass.
    cache : ImageCache
    d_logits : ndarray of shape (batch, n_classes)

    Returns
    -------
    ImageClassifier
    """
    out = dense_backward(params.out, cache.out, d_logits)
    kept = cache.parts == cache.features[:, None, None]
    d_parts = kept / kept.sum(axis=(1, 2), keepdims=True) * out.x[:, None, None]
    d_summed = relu_backward(cache.parts, d_parts.astype(cache.parts.dtype))
    second = convolution_backward(params.second, cache.second, d_summed)
    d_edges = relu_backward(cache.edges, pooling_backward(cache.pooling, second.x))
    first = convolution_backward(params.first, cache.first, d_edges)
    return ImageClassifier(first.params, second.params, out.params)


def image_gradient(
    params: ImageClassifier, x: Floats, targets: NDArray[np.int64]
) -> tuple[float, ImageClassifier]:
    """Compute the mean cross-entropy of a batch, and its derivatives by the weights.

    Parameters
    ----------
    params : ImageClassifier
    x : ndarray of shape (batch, height, width, n_in)
    targets : ndarray of int, of shape (batch,)

    Returns
    -------
    loss : float
    gradients : ImageClassifier
    """
    logits, _, cache = image_forward(params, x)
    loss, cost = cross_entropy_forward(logits, targets)
    return loss, image_backward(params, cache, cross_entropy_backward(cost))
