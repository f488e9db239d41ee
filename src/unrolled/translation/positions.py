"""Positional encodings as tensors, as in `unrolled.networks.positions`, for unknown lengths."""

from typing import Any

import numpy as np
import tensorflow as tf

from unrolled.shapes import check_integer, check_number
from unrolled.translation.tensors import check_count

__all__ = ["sinusoidal_positions"]


def sinusoidal_positions(
    n_positions: Any, d_model: int, *, base: float = 10_000.0, dtype: Any = tf.float64
) -> tf.Tensor:
    """Give every position a vector of sines and cosines with increasing wavelengths.

    Parameters
    ----------
    n_positions : int or tensor of int without axes
        At least 1; positions count from 0.
    d_model : int
        Dimension of a token, even and at least 2.
    base : float, optional
        Above 1: factor by which the wavelengths grow from the first pair of columns to the end.
    dtype : floating-point dtype, optional
        Of the result; the angles are float64 in any case.

    Returns
    -------
    tensor of shape (n_positions, d_model)
        Column ``2 i`` holds ``sin(position / base**(2 i / d_model))``, column ``2 i + 1`` the
        cosine of the same angle.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range; also while a graph is traced.

    Notes
    -----
    Vaswani et al. (2017), section 3.5. Page ``positional-encodings``.
    """
    n_positions = check_count("n_positions", n_positions)
    d_model = check_integer("d_model", d_model, at_least=2)
    if d_model % 2:
        raise ValueError(f"d_model must be even, a sine and a cosine each, got {d_model}.")
    kind = tf.as_dtype(dtype)
    if not kind.is_floating:
        raise ValueError(f"dtype must be one of floating-point numbers, got {kind.name}.")
    frequencies = check_number("base", base, above=1) ** (-np.arange(0, d_model, 2) / d_model)
    angles = tf.cast(tf.range(n_positions), tf.float64)[:, None] * tf.constant(frequencies)
    encodings = tf.stack([tf.sin(angles), tf.cos(angles)], axis=-1)
    return tf.cast(tf.reshape(encodings, (n_positions, d_model)), kind)
