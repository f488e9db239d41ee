"""Initial weights."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.shapes import check_generator, check_integer

__all__ = ["check_dtype", "glorot_uniform", "orthogonal"]


def glorot_uniform(
    n_in: int, n_out: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Draw weights that roughly keep the variance of signals in both directions.

    Parameters
    ----------
    n_in, n_out : int
        Dimensions before and after.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    ndarray of shape (n_in, n_out)
        Uniform within ``sqrt(6 / (n_in + n_out))`` of zero.

    Raises
    ------
    ValueError
        If a size is below one, `rng` is not a generator, or `dtype` is neither float64 nor float32.

    Notes
    -----
    Glorot and Bengio (2010), equation 16.
    """
    n_in, n_out = check_integer("n_in", n_in), check_integer("n_out", n_out)
    limit = np.sqrt(6 / (n_in + n_out))
    weights = check_generator("rng", rng).uniform(-limit, limit, (n_in, n_out))
    return weights.astype(check_dtype(dtype))


def orthogonal(n: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Draw an orthogonal matrix, which keeps norms and angles: a rotation, perhaps reflected.

    Parameters
    ----------
    n : int
        Dimension before and after.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    ndarray of shape (n, n)
        Every orthogonal matrix is equally likely.

    Raises
    ------
    ValueError
        If `n` is below one, `rng` is not a generator, or `dtype` is neither float64 nor float32.

    Notes
    -----
    Saxe et al. (2014); the signs of the diagonal make it uniform (Mezzadri, 2007).
    """
    n = check_integer("n", n)
    q, r = np.linalg.qr(check_generator("rng", rng).standard_normal((n, n)))
    return (q * np.sign(np.diagonal(r))).astype(check_dtype(dtype))  # type: ignore[no-any-return]


def check_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return float64 or float32, and refuse any other type of number.

    Parameters
    ----------
    dtype : dtype_like
        The argument of the caller.

    Returns
    -------
    numpy.dtype

    Raises
    ------
    ValueError
        If it is neither of the two.
    """
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float64, np.float32):
        raise ValueError(f"dtype must be float64 or float32, got {dtype!r}.")
    return found
