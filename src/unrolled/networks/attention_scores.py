"""Scores that learn how to compare: additive and bilinear, forwards and backwards.

Both compare each query with each key, whose dimensions may differ. What follows the scores, the
softmax and the weighted sum, is the same as in `unrolled.networks.attention`.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.checks import check_held
from unrolled.shapes import check_floats, check_shape

__all__ = [
    "AdditiveGradients",
    "BilinearGradients",
    "additive_scores",
    "additive_scores_backward",
    "bilinear_scores",
    "bilinear_scores_backward",
]

Floats = NDArray[Any]

AXES = {
    "query": "... n_queries d_q", "key": "... n_keys d_k", "W": "d_q d_k",
    "U_q": "d_q n_hidden", "U_k": "d_k n_hidden", "w": "n_hidden",
}  # fmt: skip


class AdditiveGradients(NamedTuple):
    """Derivatives of the loss, each with the shape of what it belongs to."""

    query: Floats  # (..., n_queries, d_q)
    key: Floats  # (..., n_keys, d_k)
    U_q: Floats  # (d_q, n_hidden)
    U_k: Floats  # (d_k, n_hidden)
    w: Floats  # (n_hidden,)


class BilinearGradients(NamedTuple):
    """Derivatives of the loss, each with the shape of what it belongs to."""

    query: Floats  # (..., n_queries, d_q)
    key: Floats  # (..., n_keys, d_k)
    W: Floats  # (d_q, d_k)


def additive_scores(query: Floats, key: Floats, U_q: Floats, U_k: Floats, w: Floats) -> Floats:
    """Compare every query with every key by a network with one hidden layer.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_q)
    key : ndarray of shape (..., n_keys, d_k)
        With the leading axes of `query`.
    U_q : ndarray of shape (d_q, n_hidden)
    U_k : ndarray of shape (d_k, n_hidden)
    w : ndarray of shape (n_hidden,)

    Returns
    -------
    ndarray of shape (..., n_queries, n_keys)
        Up to rounding none is larger than the sum of the absolute values of `w`.

    Raises
    ------
    ValueError
        When the shapes do not fit, or a number is not finite, also on the way.

    Notes
    -----
    Bahdanau et al. (2015), appendix A.1.2, with tokens as rows. Page ``attention-scores``,
    equation ``additive-score``.
    """
    query, key, U_q, U_k, w = _check(query, key, U_q=U_q, U_k=U_k, w=w)
    with np.errstate(all="ignore"):
        hidden = _hidden(query, key, U_q, U_k)
        scores = hidden @ w
    check_held("w", scores)
    return scores


def additive_scores_backward(
    query: Floats, key: Floats, U_q: Floats, U_k: Floats, w: Floats, d_scores: Floats
) -> AdditiveGradients:
    """Send the derivatives with respect to additive scores back to all that made them.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_q)
    key : ndarray of shape (..., n_keys, d_k)
    U_q : ndarray of shape (d_q, n_hidden)
    U_k : ndarray of shape (d_k, n_hidden)
    w : ndarray of shape (n_hidden,)
        Those of `additive_scores`, which is computed once more.
    d_scores : ndarray of shape (..., n_queries, n_keys)
        Derivative of the loss with respect to the scores.

    Returns
    -------
    AdditiveGradients
        Those of the parameters are summed over all pairs.

    Raises
    ------
    ValueError
        When the shapes do not fit, or a number is not finite, also on the way.

    Notes
    -----
    Page ``attention-scores``, equation ``additive-score-gradient``.
    """
    query, key, U_q, U_k, w, d_scores = _check(query, key, d_scores, U_q=U_q, U_k=U_k, w=w)
    with np.errstate(all="ignore"):
        hidden = _hidden(query, key, U_q, U_k)
        d_preactivation = d_scores[..., None] * (1 - hidden**2) * w
        by_query, by_key = d_preactivation.sum(axis=-2), d_preactivation.sum(axis=-3)
        gradients = AdditiveGradients(
            query=by_query @ U_q.T,
            key=by_key @ U_k.T,
            U_q=_over_all(query, by_query),
            U_k=_over_all(key, by_key),
            w=d_scores.ravel() @ hidden.reshape(-1, len(w)),
        )
    check_held("d_scores, query, key and the parameters", gradients)
    return gradients


def bilinear_scores(query: Floats, key: Floats, W: Floats) -> Floats:
    """Compare every query with every key by a matrix between the two.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_q)
    key : ndarray of shape (..., n_keys, d_k)
        With the leading axes of `query`.
    W : ndarray of shape (d_q, d_k)

    Returns
    -------
    ndarray of shape (..., n_queries, n_keys)
        Not divided by anything.

    Raises
    ------
    ValueError
        When the shapes do not fit, or a number is not finite, also on the way.

    Notes
    -----
    Luong et al. (2015), section 3.1, there called *general*. Page ``attention-scores``, equation
    ``bilinear-score``.
    """
    query, key, W = _check(query, key, W=W)
    with np.errstate(all="ignore"):
        scores = query @ W @ key.swapaxes(-1, -2)
    check_held("query, key and W", scores)
    return scores


def bilinear_scores_backward(
    query: Floats, key: Floats, W: Floats, d_scores: Floats
) -> BilinearGradients:
    """Send the derivatives with respect to bilinear scores back to all that made them.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_q)
    key : ndarray of shape (..., n_keys, d_k)
    W : ndarray of shape (d_q, d_k)
        Those of `bilinear_scores`.
    d_scores : ndarray of shape (..., n_queries, n_keys)
        Derivative of the loss with respect to the scores.

    Returns
    -------
    BilinearGradients
        That of the matrix is summed over all pairs.

    Raises
    ------
    ValueError
        When the shapes do not fit, or a number is not finite, also on the way.

    Notes
    -----
    Page ``attention-scores``, equation ``bilinear-score-gradient``.
    """
    query, key, W, d_scores = _check(query, key, d_scores, W=W)
    with np.errstate(all="ignore"):
        by_query = d_scores @ key  # derivative with respect to query @ W
        gradients = BilinearGradients(
            query=by_query @ W.T,
            key=d_scores.swapaxes(-1, -2) @ (query @ W),
            W=_over_all(query, by_query),
        )
    check_held("d_scores, query, key and W", gradients)
    return gradients


def _hidden(query: Floats, key: Floats, U_q: Floats, U_k: Floats) -> Floats:
    from_query, from_key = query @ U_q, key @ U_k
    preactivation = from_query[..., :, None, :] + from_key[..., None, :, :]
    check_held("query, key, U_q and U_k", preactivation)  # behind tanh nobody would see an overflow
    hidden: Floats = np.tanh(preactivation)
    return hidden


def _over_all(x: Floats, d_y: Floats) -> Floats:
    """Gradient of a matrix that all rows share."""
    return x.reshape(-1, x.shape[-1]).T @ d_y.reshape(-1, d_y.shape[-1])


def _check(query: Any, key: Any, d_scores: Any = None, **parameters: Any) -> list[Floats]:
    """Check what a score is made of, and the derivatives that come back to it if there are any."""
    given, sizes = {"query": query, "key": key, **parameters}, dict[str, int]()
    for name, array in given.items():
        axes = [axis for axis in AXES[name].split() if axis != "..."]
        known = {axis: sizes[axis] for axis in axes if axis in sizes}
        sizes |= zip(axes, check_shape(name, array, AXES[name], **known), strict=True)
    arrays = check_floats(given)
    for name, array in zip(given, arrays, strict=True):
        if 0 in array.shape:
            raise ValueError(f"{name} must not be empty, got shape {array.shape}.")
    leading, found = (array.shape[:-2] for array in arrays[:2])
    if found != leading:
        raise ValueError(
            f"key must have the leading axes of query, {leading}, got {found}. "
            "Repeat it with np.broadcast_to first."
        )
    if d_scores is None:
        return [*arrays]
    known = {axis: sizes[axis] for axis in ("n_queries", "n_keys")}
    check_shape("d_scores", d_scores, "... n_queries n_keys", **known)
    _, checked = check_floats({"query": arrays[0], "d_scores": d_scores})
    if checked.shape[:-2] != leading:
        raise ValueError(
            f"d_scores must have the leading axes of query, {leading}, got {checked.shape[:-2]}."
        )
    return [*arrays, checked]
