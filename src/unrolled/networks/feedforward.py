"""Two small networks without a memory, and the loop that trains either of them.

`DenseNetwork` is wired densely twice. `ImageNetwork` lets kernels look at every place of an image,
keeps the largest answer of each, and reads those out densely: images may have any size.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.activations import relu, relu_backward
from unrolled.networks.convolution import (
    ConvolutionCache,
    ConvolutionParams,
    convolution_backward,
    convolution_forward,
    convolution_init,
)
from unrolled.networks.dense import (
    DenseCache,
    DenseParams,
    dense_backward,
    dense_forward,
    dense_init,
)
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.optimizers import adam_start, adam_step
from unrolled.shapes import check_generator, check_integer

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
    "image_network_init",
    "loss_and_gradient",
    "share_right",
    "train",
]

Floats = NDArray[Any]


class DenseNetwork(NamedTuple):
    """A hidden layer with rectified sums, and logits; its gradient has the same form."""

    hidden: DenseParams
    output: DenseParams


class DenseNetworkCache(NamedTuple):
    """What the backward pass needs to know of the forward pass."""

    hidden: DenseCache
    h: Floats  # (batch, n_hidden)
    output: DenseCache


class ImageNetwork(NamedTuple):
    """Kernels, and logits from the largest answer of each; its gradient has the same form."""

    kernels: ConvolutionParams
    output: DenseParams


class ImageNetworkCache(NamedTuple):
    """What the backward pass needs to know of the forward pass."""

    kernels: ConvolutionCache
    h: Floats  # (batch, height, width, n_kernels)
    largest: NDArray[np.int64]  # (batch, 1, n_kernels): the place of each largest answer
    output: DenseCache


def dense_network_init(
    n_in: int,
    n_hidden: int,
    n_out: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> DenseNetwork:
    """Draw weights to begin with; the biases begin at zero.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Widths, at least 1.
    rng : numpy.random.Generator
        Where chance comes in.
    dtype : float64 or float32, optional

    Returns
    -------
    DenseNetwork

    Raises
    ------
    ValueError
        When an argument is not of its kind.
    """
    hidden = dense_init(n_in, n_hidden, rng=rng, dtype=dtype)
    return DenseNetwork(hidden, dense_init(n_hidden, n_out, rng=rng, dtype=dtype))


def dense_network_forward(params: DenseNetwork, x: Floats) -> tuple[Floats, DenseNetworkCache]:
    """Compute the logits of a batch.

    Parameters
    ----------
    params : DenseNetwork
    x : ndarray of shape (batch, ...)
        With ``n_in`` numbers in each example: an image is read row after row.

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
    """Send the derivatives by the logits back to all parameters.

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
    n_kernels: int,
    n_out: int,
    *,
    n_in: int = 1,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> ImageNetwork:
    """Draw kernels and weights to begin with; the biases begin at zero.

    Parameters
    ----------
    kernel_size : int
        Height and width of a kernel, in pixels.
    n_kernels, n_out : int
        Widths, at least 1.
    n_in : int, optional
        Channels of an image.
    rng : numpy.random.Generator
        Where chance comes in.
    dtype : float64 or float32, optional

    Returns
    -------
    ImageNetwork

    Raises
    ------
    ValueError
        When an argument is not of its kind.
    """
    kernels = convolution_init(kernel_size, kernel_size, n_in, n_kernels, rng=rng, dtype=dtype)
    return ImageNetwork(kernels, dense_init(n_kernels, n_out, rng=rng, dtype=dtype))


def image_network_forward(params: ImageNetwork, x: Floats) -> tuple[Floats, ImageNetworkCache]:
    """Compute the logits of a batch of images of any size.

    The images are padded so far that a kernel looks at every place where it touches a pixel: an
    image on a ground of zeros may be moved without any change of the logits.

    Parameters
    ----------
    params : ImageNetwork
    x : ndarray of shape (batch, height, width, n_in)

    Returns
    -------
    logits : ndarray of shape (batch, n_out)
    cache : ImageNetworkCache
        For `image_network_backward`.

    Raises
    ------
    ValueError
        As `unrolled.networks.convolution.convolution_forward`.

    Notes
    -----
    Page ``dense-layers``.
    """
    a, kernels = convolution_forward(params.kernels, x, padding=len(params.kernels.K) - 1)
    h = relu(a)
    places = h.reshape(len(h), -1, h.shape[-1])
    largest = places.argmax(axis=1, keepdims=True)
    pooled = np.take_along_axis(places, largest, axis=1)[:, 0]
    logits, output = dense_forward(params.output, pooled)
    return logits, ImageNetworkCache(kernels, h, largest, output)


def image_network_backward(
    params: ImageNetwork, cache: ImageNetworkCache, d_logits: Floats
) -> ImageNetwork:
    """Send the derivatives by the logits back to all parameters.

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
        Derivatives, summed over places and batch. Only the place with the largest answer hears
        anything; the first of equal ones.

    Raises
    ------
    ValueError
        As `unrolled.networks.dense.dense_backward`.

    Notes
    -----
    Page ``dense-layers``.
    """
    output = dense_backward(params.output, cache.output, d_logits)
    d_places = np.zeros((len(cache.h), cache.h[0, ..., 0].size, cache.h.shape[-1]), cache.h.dtype)
    np.put_along_axis(d_places, cache.largest, output.x[:, None], axis=1)
    d_a = relu_backward(cache.h, d_places.reshape(cache.h.shape))
    kernels = convolution_backward(params.kernels, cache.kernels, d_a)
    return ImageNetwork(kernels.params, output.params)


def loss_and_gradient(
    params: Any,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    x: Floats,
    targets: NDArray[np.int64],
) -> tuple[float, Any]:
    """Go forwards to the mean cross-entropy of a batch, and backwards to all parameters.

    Parameters
    ----------
    params : named tuple
    forward, backward : callable
        Of the network: ``forward(params, x)`` and ``backward(params, cache, d_logits)``.
    x : ndarray of shape (batch, ...)
    targets : ndarray of int, of shape (batch,)
        The right class of each example.

    Returns
    -------
    loss : float
    gradient : named tuple of the same kind as `params`

    Raises
    ------
    ValueError
        As the network and `unrolled.networks.losses.cross_entropy_forward`.
    """
    logits, cache = forward(params, x)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, backward(params, cache, cross_entropy_backward(loss_cache))


def share_right(
    params: Any, forward: Callable[..., Any], x: Floats, targets: NDArray[np.int64]
) -> float:
    """Count how many examples get their largest logit for the right class.

    Parameters
    ----------
    params : named tuple
    forward : callable
        Of the network: ``forward(params, x)``.
    x : ndarray of shape (n_examples, ...)
    targets : ndarray of int, of shape (n_examples,)

    Returns
    -------
    float
        A share, from 0 to 1.
    """
    logits, _ = forward(params, x)
    return float(np.mean(logits.argmax(axis=1) == targets))


def train(
    params: Any,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    x: Floats,
    targets: NDArray[np.int64],
    *,
    n_epochs: int,
    batch: int = 40,
    rate: float = 0.01,
    rng: np.random.Generator,
) -> list[Any]:
    """Walk downhill with Adam, batch after batch, several times through all examples.

    Parameters
    ----------
    params : named tuple
        To begin with.
    forward, backward : callable
        Of the network: ``forward(params, x)`` and ``backward(params, cache, d_logits)``.
    x : ndarray of shape (n_examples, ...)
    targets : ndarray of int, of shape (n_examples,)
        The right class of each example.
    n_epochs : int
        How often every example is used.
    batch : int, optional
        Examples a step, about.
    rate : float, optional
        Learning rate.
    rng : numpy.random.Generator
        Shuffles the examples.

    Returns
    -------
    list of named tuple
        The parameters to begin with, and those after each epoch.

    Raises
    ------
    ValueError
        When an argument is not of its kind.
    """
    n_steps = max(1, len(x) // check_integer("batch", batch))
    check_generator("rng", rng)
    state, history = adam_start(params), [params]
    for _ in range(check_integer("n_epochs", n_epochs)):
        for rows in np.array_split(rng.permutation(len(x)), n_steps):
            some = x[rows], targets[rows]
            _, gradient = loss_and_gradient(params, forward, backward, *some)
            params, state = adam_step(params, gradient, state, rate=rate)
        history.append(params)
    return history
