"""What can be read off the maps of attention: how spread a row is, and maps of words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_floats, check_integers, check_mask, check_shape

__all__ = ["join_words", "normalised_entropy"]

OFF = 1e-3  # how far the sum of a row may be from one


def normalised_entropy(weights: ArrayLike, visible: ArrayLike | None = None) -> NDArray[Any]:
    """Say how evenly each row of a map is spread: 0 for a single key, 1 for all of them alike.

    Parameters
    ----------
    weights : array_like of shape (..., n_queries, n_keys)
        Not negative; each row sums to one.
    visible : array_like of bool, of shape (n_queries, n_keys), optional
        Keys that a query may look at; all when None.

    Returns
    -------
    ndarray of shape (..., n_queries)
        The entropy, divided by that of equal weights on all visible keys. NaN where only one key
        is visible: such a row has no choice.

    Raises
    ------
    ValueError
        If weights are no rows of weights, or lie on a key that cannot be seen.

    Notes
    -----
    Page ``what-heads-look-at``, equation ``normalised-entropy``.
    """
    n_keys, n_queries = np.shape(weights)[-1:], np.shape(weights)[-2:-1]
    if not n_keys or not n_queries or not np.size(weights):
        raise ValueError(
            "weights must have axes for queries and keys, both with something in them, got shape "
            f"{np.shape(weights)}."
        )
    (rows,) = check_floats({"weights": weights})
    if (rows < 0).any() or (np.abs(rows.sum(axis=-1, dtype=np.float64) - 1) > OFF).any():
        raise ValueError(
            "weights must be at least 0 and sum to one in each row, got others. Give what a "
            "softmax returned, without rows that see nothing."
        )
    seen = np.ones((*n_queries, *n_keys), np.bool_)
    if visible is not None:
        seen = check_mask("visible", visible, "n_queries n_keys",
                          n_queries=n_queries[0], n_keys=n_keys[0])  # fmt: skip
        if (rows[..., ~seen] != 0).any():
            raise ValueError("weights must be 0 on keys that are not visible, got others.")
    logarithms = np.log(rows, out=np.zeros_like(rows), where=rows > 0)
    n_seen = seen.sum(axis=-1)
    most = np.full(n_queries, np.nan, rows.dtype)
    most[n_seen > 1] = np.log(n_seen[n_seen > 1])
    found: NDArray[Any] = -(rows * logarithms).sum(axis=-1) / most + 0.0
    return found


def join_words(weights: ArrayLike, queries: Sequence[int], keys: Sequence[int]) -> NDArray[Any]:
    """Turn maps of tokens into maps of words.

    The weights of the tokens of a key word are added, those of a query word averaged, so that a
    row still sums to one (Clark et al., 2019).

    Parameters
    ----------
    weights : array_like of shape (..., n_queries, n_keys)
    queries, keys : sequence of int
        Which word each token belongs to, counted from 0; each word has a token.

    Returns
    -------
    ndarray of shape (..., n_query_words, n_key_words)

    Raises
    ------
    ValueError
        If the numbers do not fit the map, or a word has no token.

    Notes
    -----
    Page ``what-heads-look-at``.
    """
    (tokens,) = check_floats({"weights": weights})
    sides = []
    for name, words, axis in (("queries", queries, -2), ("keys", keys, -1)):
        if tokens.ndim < 2:
            raise ValueError(f"weights must have two axes or more, got {tokens.ndim}.")
        check_shape(name, words, "n", n=tokens.shape[axis])
        numbers = check_integers(name, words, at_least=0)
        counts = np.bincount(numbers)
        if not counts.size or not counts.all():
            raise ValueError(f"{name} must count words from 0 without a gap, got {list(words)}.")
        sides.append((numbers[:, None] == np.arange(len(counts))).astype(tokens.dtype))
    rows, columns = sides
    joined: NDArray[Any] = (rows / rows.sum(axis=0)).T @ tokens @ columns
    return joined
