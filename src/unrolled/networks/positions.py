"""Positional encodings: vectors that tell attention the order of the tokens."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.initialisers import check_dtype
from unrolled.shapes import check_integer, check_number

__all__ = ["sinusoidal_positions"]


def sinusoidal_positions(
    n_positions: int, d_model: int, *, base: float = 10_000.0, dtype: DTypeLike = np.float64
) -> NDArray[Any]:
    """Give every position a vector of sines and cosines with increasing wavelengths.

    Parameters
    ----------
    n_positions : int
        At least 1; positions count from 0.
    d_model : int
        Dimension of a token, even and at least 2.
    base : float, optional
        Above 1: factor by which the wavelengths grow from the first pair of columns to the end.
    dtype : float64 or float32, optional

    Returns
    -------
    ndarray of shape (n_positions, d_model)
        Column ``2 i`` holds ``sin(position / base**(2 i / d_model))``, column ``2 i + 1`` the
        cosine of the same angle.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Vaswani et al. (2017), section 3.5. Page ``positional-encodings``.
    """
    n_positions = check_integer("n_positions", n_positions)
    d_model = check_integer("d_model", d_model, at_least=2)
    if d_model % 2:
        raise ValueError(f"d_model must be even, a sine and a cosine each, got {d_model}.")
    base = check_number("base", base, above=1)
    frequencies = base ** (-np.arange(0, d_model, 2) / d_model)
    angles = np.arange(n_positions)[:, None] * frequencies
    encodings = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return encodings.reshape(n_positions, d_model).astype(check_dtype(dtype))
