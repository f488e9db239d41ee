"""Attention masks as tensors: True where a query may attend. Combine two of them with ``&``.

The same masks as those of `unrolled.networks.masks`, for lengths that a graph knows only when it
runs.
"""

from typing import Any

import tensorflow as tf

from unrolled.translation.tensors import check_axes, check_count, check_integers

__all__ = ["look_ahead_mask", "padding_mask"]


def padding_mask(lengths: Any, n_keys: Any) -> tf.Tensor:
    """Allow every query to attend to the real tokens of its own sequence only.

    Parameters
    ----------
    lengths : tensor of int, of shape (batch,)
        Numbers of real tokens; 0 is an empty sequence.
    n_keys : int or tensor of int without axes
        Length to which the sequences were padded.

    Returns
    -------
    tensor of bool, of shape (batch, 1, n_keys)
        The axis of length 1 stands for all queries.

    Raises
    ------
    ValueError
        If `lengths` or `n_keys` has the wrong shape or type; also while a graph is traced.
    """
    lengths = check_integers("lengths", lengths)
    check_axes("lengths", lengths, "batch")
    return tf.range(check_count("n_keys", n_keys)) < lengths[:, None, None]


def look_ahead_mask(n_tokens: Any) -> tf.Tensor:
    """Allow every token to attend to itself and to the tokens before it.

    Parameters
    ----------
    n_tokens : int or tensor of int without axes
        At least 1.

    Returns
    -------
    tensor of bool, of shape (n_tokens, n_tokens)
        True on and below the diagonal: rows are queries, columns are keys.

    Raises
    ------
    ValueError
        If `n_tokens` is not an integer, or is below one; also while a graph is traced.
    """
    places = tf.range(check_count("n_tokens", n_tokens))
    return places <= places[:, None]
