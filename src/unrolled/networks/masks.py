"""Attention masks: True where a query may attend. Combine two of them with ``&``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_integer, check_integers, check_shape

__all__ = ["look_ahead_mask", "padding_mask"]


def padding_mask(lengths: Any, n_keys: int) -> NDArray[np.bool_]:
    """Allow every query to attend to the real tokens of its own sequence only.

    Parameters
    ----------
    lengths : array_like of int, of shape (batch,)
        Numbers of real tokens; 0 is an empty sequence.
    n_keys : int
        Length to which the sequences were padded.

    Returns
    -------
    ndarray of bool, of shape (batch, 1, n_keys)
        The axis of length 1 stands for all queries.

    Raises
    ------
    ValueError
        If a length is negative, larger than `n_keys`, or not an integer.
    """
    n_keys = check_integer("n_keys", n_keys)
    check_shape("lengths", lengths, "batch")
    found = check_integers("lengths", lengths, at_least=0, at_most=n_keys)
    return np.arange(n_keys) < found[:, None, None]


def look_ahead_mask(n_tokens: int) -> NDArray[np.bool_]:
    """Allow every token to attend to itself and to the tokens before it.

    Parameters
    ----------
    n_tokens : int
        At least 1.

    Returns
    -------
    ndarray of bool, of shape (n_tokens, n_tokens)
        True on and below the diagonal: rows are queries, columns are keys.

    Raises
    ------
    ValueError
        If `n_tokens` is not an integer, or is below one.
    """
    places = np.arange(check_integer("n_tokens", n_tokens))
    return places <= places[:, None]
