"""A convolutional layer and the pooling after it, forward and backward.

One small set of weights is applied at every position of an image. As in every library of the field,
the kernel is not flipped: what is called convolution is a cross-correlation.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.checks import check_cache, check_gradients, check_held
from unrolled.networks.initialisers import glorot_uniform
from unrolled.networks.pytrees import check_params
from unrolled.shapes import check_floats, check_integer, check_shape

__all__ = [
    "ConvolutionCache",
    "ConvolutionGradients",
    "ConvolutionParams",
    "PoolingCache",
    "convolution_backward",
    "convolution_forward",
    "convolution_init",
    "pooling_backward",
    "pooling_forward",
]

Floats = NDArray[Any]


class ConvolutionParams(NamedTuple):
    """Weights of one layer: a kernel and a bias for every output channel."""

    K: Floats  # (kernel_height, kernel_width, n_in, n_out)
    b: Floats  # (n_out,)


_AXES = ConvolutionParams(K="kernel_height kernel_width n_in n_out", b="n_out")  # type: ignore[arg-type]


class ConvolutionCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    params: ConvolutionParams
    padded: Floats  # (batch, height + 2 padding, width + 2 padding, n_in)
    padding: int
    stride: int


class ConvolutionGradients(NamedTuple):
    """Derivatives of the loss, each in the shape of the array it belongs to."""

    params: ConvolutionParams
    x: Floats  # (batch, height, width, n_in)


class PoolingCache(NamedTuple):
    """Which pixel of each window was largest, and the shape of the images."""

    largest: NDArray[np.int64]  # (batch, height // size, width // size, n_in)
    shape: tuple[int, ...]
    size: int


def convolution_init(
    kernel_height: int,
    kernel_width: int,
    n_in: int,
    n_out: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> ConvolutionParams:
    """Draw initial kernels; the biases are zero.

    Parameters
    ----------
    kernel_height, kernel_width : int
        Pixels, at least 1.
    n_in, n_out : int
        Channels, at least 1.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    ConvolutionParams
        As `unrolled.networks.initialisers.glorot_uniform` draws a layer in which every output has
        the inputs of one kernel.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    named = {"kernel_height": kernel_height, "kernel_width": kernel_width, "n_in": n_in}
    height, width, channels = (check_integer(name, size) for name, size in named.items())
    drawn = glorot_uniform(height * width * channels, n_out, rng=rng, dtype=dtype)
    K = drawn.reshape(height, width, channels, n_out)
    return ConvolutionParams(K=K, b=np.zeros(n_out, K.dtype))


def convolution_forward(
    params: ConvolutionParams, x: Floats, *, padding: int = 0, stride: int = 1
) -> tuple[Floats, ConvolutionCache]:
    """Apply every kernel at every position of every image.

    Parameters
    ----------
    params : ConvolutionParams
    x : ndarray of shape (batch, height, width, n_in)
    padding : int, optional
        Number of rows and columns of zeros added on each side of an image.
    stride : int, optional
        Distance from one position to the next, in pixels.

    Returns
    -------
    y : ndarray of shape (batch, out_height, out_width, n_out)
        With ``out_height = (height + 2 * padding - kernel_height) // stride + 1``.
    cache : ConvolutionCache
        For `convolution_backward`.

    Raises
    ------
    ValueError
        If the shapes do not match, the kernel is larger than the padded image, or something is not
        float64 or float32 or not finite.
    """
    sizes = check_params("params", params, _AXES)
    height, width = sizes["kernel_height"], sizes["kernel_width"]
    check_shape("x", x, "batch height width n_in", n_in=sizes["n_in"])
    K, b, x = check_floats({"params.K": params.K, "params.b": params.b, "x": x})
    stride = check_integer("stride", stride)
    padding = check_integer("padding", padding, at_least=0)
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    if padded.shape[1] < height or padded.shape[2] < width:
        raise ValueError(
            f"x must be at least as large as the kernel, ({height}, {width}), got "
            f"{padded.shape[1:3]} with its padding. Add padding or take a smaller kernel."
        )
    windows = _windows(padded, height, width, stride)
    with np.errstate(all="ignore"):
        y = np.einsum("bhwcij,ijcd->bhwd", windows, K, optimize=True) + b
    check_held("params and x", y)
    return y, ConvolutionCache(params, padded, padding, stride)


def convolution_backward(
    params: ConvolutionParams, cache: ConvolutionCache, d_y: Floats
) -> ConvolutionGradients:
    """Propagate derivatives with respect to the outputs back to kernels and images.

    The same weights were used at every position, so their derivatives are summed over positions;
    every pixel was used at several positions, so its derivatives are summed as well.

    Parameters
    ----------
    params : ConvolutionParams
        Those of the forward pass.
    cache : ConvolutionCache
        From `convolution_forward`.
    d_y : ndarray of shape (batch, out_height, out_width, n_out)
        Derivative of the loss with respect to each output.

    Returns
    -------
    ConvolutionGradients
        Of the parameters, summed over batch and positions, and of the images.

    Raises
    ------
    ValueError
        When the cache belongs to other parameters, or the shapes do not fit.
    """
    K, _ = check_cache(params, cache, ConvolutionCache)
    height, width, _, n_out = K.shape
    windows = _windows(cache.padded, height, width, cache.stride)
    sizes = (*windows.shape[:3], n_out)
    (d_y,) = check_gradients(cache.padded, d_y=(d_y, "batch out_height out_width n_out", sizes))
    with np.errstate(all="ignore"):
        d_K = np.einsum("bhwcij,bhwd->ijcd", windows, d_y, optimize=True)
        weights = ConvolutionParams(K=d_K, b=d_y.sum(axis=(0, 1, 2)))
        d_x = _back_to_pixels(K, cache, d_y)
    gradients = ConvolutionGradients(params=weights, x=d_x)
    check_held("d_y and the cache", gradients)
    return gradients


def _back_to_pixels(K: Floats, cache: ConvolutionCache, d_y: Floats) -> Floats:
    """Sum the derivatives of each pixel over all positions at which it was used."""
    height, width = K.shape[:2]
    out_height, out_width = d_y.shape[1:3]
    d_padded = np.zeros_like(cache.padded)
    for i in range(height):
        for j in range(width):
            rows = slice(i, i + cache.stride * out_height, cache.stride)
            columns = slice(j, j + cache.stride * out_width, cache.stride)
            d_padded[:, rows, columns] += d_y @ K[i, j].T
    inside = slice(cache.padding, -cache.padding or None)
    return d_padded[:, inside, inside]


def pooling_forward(x: Floats, size: int = 2) -> tuple[Floats, PoolingCache]:
    """Keep the largest of every ``size`` by ``size`` pixels of a channel.

    Parameters
    ----------
    x : ndarray of shape (batch, height, width, n_in)
        Height and width must be multiples of `size`.
    size : int, optional
        At least 1.

    Returns
    -------
    y : ndarray of shape (batch, height // size, width // size, n_in)
    cache : PoolingCache
        For `pooling_backward`.

    Raises
    ------
    ValueError
        When the size does not divide height and width, or something is not float64 or float32.
    """
    (x,) = check_floats({"x": x})
    batch, height, width, n_in = check_shape("x", x, "batch height width n_in")
    size = check_integer("size", size)
    if height % size or width % size:
        raise ValueError(
            f"x must have a height and a width that size={size} divides, got {(height, width)}. "
            f"Crop the images or pad them first."
        )
    tiles = x.reshape(batch, height // size, size, width // size, size, n_in)
    tiles = tiles.swapaxes(2, 3).reshape(batch, height // size, width // size, size**2, n_in)
    largest = tiles.argmax(axis=3)
    y = np.take_along_axis(tiles, largest[:, :, :, None], axis=3)[:, :, :, 0]
    return y, PoolingCache(largest, x.shape, size)


def pooling_backward(cache: PoolingCache, d_y: Floats) -> Floats:
    """Pass each derivative back to the pixel that was kept; the first of equal ones.

    Parameters
    ----------
    cache : PoolingCache
        From `pooling_forward`.
    d_y : ndarray of shape (batch, height // size, width // size, n_in)

    Returns
    -------
    ndarray of shape (batch, height, width, n_in)
        Derivative of the loss with respect to each pixel: zero where it was not the largest.

    Raises
    ------
    ValueError
        If the shapes do not match.
    """
    (d_y,) = check_floats({"d_y": d_y})
    rows, columns = cache.largest.shape[1:3]
    batch, _, _, n_in = check_shape(
        "d_y", d_y, "batch rows columns n_in",
        batch=cache.shape[0], rows=rows, columns=columns, n_in=cache.shape[3],
    )  # fmt: skip
    tiles = np.zeros((batch, rows, columns, cache.size**2, n_in), dtype=d_y.dtype)
    np.put_along_axis(tiles, cache.largest[:, :, :, None], d_y[:, :, :, None], axis=3)
    tiles = tiles.reshape(batch, rows, columns, cache.size, cache.size, n_in).swapaxes(2, 3)
    return tiles.reshape(cache.shape)


def _windows(padded: Floats, height: int, width: int, stride: int) -> Floats:
    """List every window: (batch, out_height, out_width, n_in, kernel_height, kernel_width)."""
    windows = sliding_window_view(padded, (height, width), axis=(1, 2))
    return windows[:, ::stride, ::stride]
