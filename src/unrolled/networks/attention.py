"""Attention, forward and backward: compare a query with keys, and average the values.

`scaled_dot_product_attention` has no parameters; `multi_head_forward` has four projections, three
before the attention and one after it. A token is a row.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.activations import trusted_softmax
from unrolled.networks.checks import check_cache, check_gradients, check_held
from unrolled.networks.dense import DenseParams, dense_init
from unrolled.networks.pytrees import check_params, leaves_of, replace_leaves
from unrolled.shapes import check_floats, check_integer, check_mask, check_shape

__all__ = [
    "MultiHeadCache",
    "MultiHeadGradients",
    "MultiHeadParams",
    "QueryKeyValue",
    "merge_heads",
    "multi_head_backward",
    "multi_head_forward",
    "multi_head_init",
    "scaled_dot_product_attention",
    "scaled_dot_product_attention_backward",
    "split_heads",
    "trusted_attention",
]

Floats = NDArray[Any]


class QueryKeyValue(NamedTuple):
    """The arguments of attention; their gradient has the same form."""

    query: Floats  # (..., n_queries, d_k)
    key: Floats  # (..., n_keys, d_k)
    value: Floats  # (..., n_keys, d_v)


class MultiHeadParams(NamedTuple):
    """Four projections that keep the dimension of a token; the heads share the first three."""

    query: DenseParams
    key: DenseParams
    value: DenseParams
    output: DenseParams


_SQUARE = DenseParams(W="d_model d_model", b="d_model")  # type: ignore[arg-type]
_AXES = MultiHeadParams(_SQUARE, _SQUARE, _SQUARE, _SQUARE)


class MultiHeadCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    params: MultiHeadParams  # the very object that was passed in
    inputs: QueryKeyValue  # query, key and value as passed in: (batch, n, d_model)
    heads: QueryKeyValue  # projected and split: (batch, n_heads, n, d_head)
    weights: Floats  # (batch, n_heads, n_queries, n_keys)
    merged: Floats  # (batch, n_queries, d_model): the heads side by side


class MultiHeadGradients(NamedTuple):
    """Derivatives of the loss, each in the shape of the array it belongs to."""

    params: MultiHeadParams
    query: Floats  # (batch, n_queries, d_model)
    key: Floats  # (batch, n_keys, d_model)
    value: Floats  # (batch, n_keys, d_model)


def scaled_dot_product_attention(
    query: Floats, key: Floats, value: Floats, mask: Any = None
) -> tuple[Floats, Floats]:
    """Average the values, weighted by how well their keys match each query.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_k)
    key : ndarray of shape (..., n_keys, d_k)
    value : ndarray of shape (..., n_keys, d_v)
    mask : ndarray of bool, or of 0 and 1, broadcastable to (..., n_queries, n_keys), optional
        True where a query may attend. If a row allows nothing, its weights and context are zero.

    Returns
    -------
    context : ndarray of shape (..., n_queries, d_v)
    weights : ndarray of shape (..., n_queries, n_keys)
        Each row sums to one, or to zero where nothing is allowed.

    Raises
    ------
    ValueError
        If the shapes do not match, the mask has the wrong type, or a number is not finite.

    Notes
    -----
    Vaswani et al. (2017), equation 1. Page ``attention-by-hand``.
    """
    query, key, value = _check_attention(query, key, value)
    allowed = _check_scores_mask(mask, (*query.shape[:-1], key.shape[-2]))
    with np.errstate(all="ignore"):
        context, weights = trusted_attention(query, key, value, allowed)
    check_held("query, key and value", context, weights)
    return context, weights


def trusted_attention(
    query: Floats, key: Floats, value: Floats, allowed: NDArray[np.bool_] | None
) -> tuple[Floats, Floats]:
    """Compute `scaled_dot_product_attention` without checks, for use inside a loop.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_k)
    key : ndarray of shape (..., n_keys, d_k)
    value : ndarray of shape (..., n_keys, d_v)
    allowed : ndarray of bool, broadcastable to (..., n_queries, n_keys), or None

    Returns
    -------
    context : ndarray of shape (..., n_queries, d_v)
    weights : ndarray of shape (..., n_queries, n_keys)

    Raises
    ------
    ValueError
        If scores that are compared overflow: it would not show in the weights.
    """
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1]).astype(query.dtype)
    if allowed is None:
        check_held("query and key", scores)
        weights = trusted_softmax(scores)
    else:
        # A forbidden key has no influence, and a lone key gets all the weight, whatever its score.
        several = np.broadcast_to(allowed, scores.shape).sum(axis=-1, keepdims=True) > 1
        compared = np.where(allowed & several, scores, 0)
        check_held("query and key", compared)
        weights = np.where(allowed, trusted_softmax(np.where(allowed, compared, -np.inf)), 0)
    return weights @ value, weights


def scaled_dot_product_attention_backward(
    query: Floats, key: Floats, value: Floats, weights: Floats, d_context: Floats
) -> QueryKeyValue:
    """Propagate derivatives with respect to the context back to queries, keys and values.

    Parameters
    ----------
    query : ndarray of shape (..., n_queries, d_k)
    key : ndarray of shape (..., n_keys, d_k)
    value : ndarray of shape (..., n_keys, d_v)
        Those of the forward pass.
    weights : ndarray of shape (..., n_queries, n_keys)
        As returned by the forward pass. Where a mask applied they are zero, and so are the
        derivatives of the scores, so no mask is needed here.
    d_context : ndarray of shape (..., n_queries, d_v)
        Derivative of the loss with respect to the context.

    Returns
    -------
    QueryKeyValue

    Raises
    ------
    ValueError
        If the shapes do not match, or a number is not finite.
    """
    query, key, value = _check_attention(query, key, value)
    leading, n_queries, n_keys = query.shape[:-2], query.shape[-2], key.shape[-2]
    for name, array, axes, shape in (
        ("weights", weights, "n_queries n_keys", (n_queries, n_keys)),
        ("d_context", d_context, "n_queries d_v", (n_queries, value.shape[-1])),
    ):
        check_shape(name, array, f"... {axes}", **dict(zip(axes.split(), shape, strict=True)))
        _check_leading(name, array, leading)
    _, weights, d_context = check_floats(
        {"query": query, "weights": weights, "d_context": d_context}
    )
    with np.errstate(all="ignore"):
        gradients = _attend_backward(QueryKeyValue(query, key, value), weights, d_context)
    check_held("query, key, value and d_context", gradients)
    return gradients


def split_heads(x: Floats, n_heads: int) -> Floats:
    """Split each token into equal parts, one for each head.

    Parameters
    ----------
    x : ndarray of shape (..., n_tokens, d_model)
    n_heads : int
        Must divide ``d_model``.

    Returns
    -------
    ndarray of shape (..., n_heads, n_tokens, d_head)
        Head ``h`` has the columns from ``h * d_head`` on of every token.

    Raises
    ------
    ValueError
        If the number of heads does not divide the dimension.

    Notes
    -----
    Reshape *and* swap axes: a reshape alone would mix tokens. Page
    ``splitting-heads``.
    """
    _, d_model = check_shape("x", x, "... n_tokens d_model")
    _check_heads(d_model, n_heads)
    x = np.asarray(x)
    pieces = x.reshape(*x.shape[:-1], n_heads, d_model // n_heads)
    return pieces.swapaxes(-2, -3)


def merge_heads(x: Floats) -> Floats:
    """Concatenate the parts of each token again: the inverse of `split_heads`.

    Parameters
    ----------
    x : ndarray of shape (..., n_heads, n_tokens, d_head)

    Returns
    -------
    ndarray of shape (..., n_tokens, d_model)
        With ``d_model = n_heads * d_head``.

    Raises
    ------
    ValueError
        If there are fewer than three axes.
    """
    n_heads, n_tokens, d_head = check_shape("x", x, "... n_heads n_tokens d_head")
    x = np.asarray(x)
    return x.swapaxes(-2, -3).reshape(*x.shape[:-3], n_tokens, n_heads * d_head)


def multi_head_init(
    d_model: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> MultiHeadParams:
    """Draw initial weights; the biases are zero.

    Parameters
    ----------
    d_model : int
        Dimension of a token, at least 1.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    MultiHeadParams
        The weights as `unrolled.networks.initialisers.glorot_uniform` draws them.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    return MultiHeadParams(*(dense_init(d_model, d_model, rng=rng, dtype=dtype) for _ in _AXES))


def multi_head_forward(
    params: MultiHeadParams,
    query: Floats,
    key: Floats,
    value: Floats,
    mask: Any = None,
    *,
    n_heads: int,
) -> tuple[Floats, Floats, MultiHeadCache]:
    """Let several heads attend, each with its own share of the model dimension.

    Parameters
    ----------
    params : MultiHeadParams
    query : ndarray of shape (batch, n_queries, d_model)
    key, value : ndarray of shape (batch, n_keys, d_model)
        The same array three times is self-attention.
    mask : ndarray of bool, or of 0 and 1, optional
        Of shape (n_queries, n_keys) or (batch, n_queries, n_keys); an axis may have length 1. True
        where a query may attend, for all heads. If a row allows nothing, its weights are zero.
    n_heads : int
        Must divide ``d_model``.

    Returns
    -------
    output : ndarray of shape (batch, n_queries, d_model)
    weights : ndarray of shape (batch, n_heads, n_queries, n_keys)
        Each row sums to one, or to zero where nothing is allowed.
    cache : MultiHeadCache
        For `multi_head_backward`.

    Raises
    ------
    ValueError
        If the shapes do not match, the number of heads does not divide the dimension, the mask has
        the wrong type, or a number is not finite.

    Notes
    -----
    Vaswani et al. (2017), section 3.2.2. Page ``multi-head-attention``.
    """
    inputs = _check_multi_head(params, query, key, value)
    batch, n_queries, d_model = inputs.query.shape
    _check_heads(d_model, n_heads)
    allowed = check_layer_mask(mask, (batch, n_queries, inputs.key.shape[1]))
    with np.errstate(all="ignore"):
        heads = QueryKeyValue(
            *(
                split_heads(x @ layer.W + layer.b, n_heads)
                for x, layer in zip(inputs, _arrays(params)[:3], strict=True)
            )
        )
        context, weights = trusted_attention(*heads, allowed)
        merged = merge_heads(context)
        output = merged @ np.asarray(params.output.W) + np.asarray(params.output.b)
    check_held("params, query, key and value", output, weights)
    return output, weights, MultiHeadCache(params, inputs, heads, weights, merged)


def multi_head_backward(
    params: MultiHeadParams, cache: MultiHeadCache, d_output: Floats
) -> MultiHeadGradients:
    """Propagate derivatives with respect to the output back to parameters and inputs.

    Parameters
    ----------
    params : MultiHeadParams
        Those of the forward pass.
    cache : MultiHeadCache
        From `multi_head_forward`.
    d_output : ndarray of shape (batch, n_queries, d_model)
        Derivative of the loss with respect to the output.

    Returns
    -------
    MultiHeadGradients
        Of the parameters, summed over batch and tokens, and of query, key and value separately. In
        self-attention the derivative with respect to the tokens is the sum of these three.

    Raises
    ------
    ValueError
        When the cache belongs to other parameters, or the shapes do not fit.
    """
    layers = check_cache(params, cache, MultiHeadCache)
    (d_output,) = check_gradients(
        cache.merged, d_output=(d_output, "batch n_queries d_model", cache.merged.shape)
    )
    n_heads = cache.weights.shape[1]
    with np.errstate(all="ignore"):
        d_context = split_heads(d_output @ layers.output.W.T, n_heads)
        d_heads = map(merge_heads, _attend_backward(cache.heads, cache.weights, d_context))
        passed = [
            (_layer_gradient(x, d_mapped), d_mapped @ layer.W.T)
            for x, d_mapped, layer in zip(cache.inputs, d_heads, layers[:3], strict=True)
        ]
        d_layers, d_inputs = zip(*passed, strict=True)
        d_params = MultiHeadParams(*(*d_layers, _layer_gradient(cache.merged, d_output)))
    gradients = MultiHeadGradients(d_params, *d_inputs)
    check_held("d_output and the cache", gradients)
    return gradients


def check_layer_mask(mask: Any, scores: tuple[int, int, int]) -> NDArray[np.bool_] | None:
    """Return the mask of a layer with an axis for the heads.

    Parameters
    ----------
    mask : array_like of bool, or of 0 and 1, or None
        Of shape (n_queries, n_keys) or (batch, n_queries, n_keys); an axis may have length 1.
    scores : tuple of int
        Batch, queries and keys.

    Returns
    -------
    ndarray of bool of shape (n_queries, n_keys) or (batch, 1, n_queries, n_keys), or None

    Raises
    ------
    ValueError
        If the mask has the wrong shape or type.
    """
    if mask is None:
        return None
    names = ("batch", "n_queries", "n_keys")[-max(np.ndim(mask), 2) :]
    sizes = dict(zip(names, scores[-len(names) :], strict=True))
    whole = {
        name: size
        for name, size, found in zip(names, sizes.values(), np.shape(mask), strict=False)
        if found != 1
    }
    allowed = check_mask("mask", mask, " ".join(names), **whole)
    return allowed if allowed.ndim == 2 else allowed[:, None]


def _attend_backward(
    inputs: QueryKeyValue,
    weights: Floats,
    d_context: Floats,
) -> QueryKeyValue:
    query, key, value = inputs
    d_weights = d_context @ value.swapaxes(-1, -2)
    mean = (weights * d_weights).sum(axis=-1, keepdims=True)
    d_scores = weights * (d_weights - mean)
    d_products = d_scores / np.sqrt(query.shape[-1]).astype(query.dtype)
    return QueryKeyValue(
        query=d_products @ key,
        key=d_products.swapaxes(-1, -2) @ query,
        value=weights.swapaxes(-1, -2) @ d_context,
    )


def _layer_gradient(x: Floats, d_y: Floats) -> DenseParams:
    return DenseParams(W=np.einsum("bnd,bne->de", x, d_y), b=d_y.sum(axis=(0, 1)))


def _check_attention(query: Any, key: Any, value: Any) -> QueryKeyValue:
    _, d_k = check_shape("query", query, "... n_queries d_k")
    n_keys, _ = check_shape("key", key, "... n_keys d_k", d_k=d_k)
    check_shape("value", value, "... n_keys d_v", n_keys=n_keys)
    arrays = check_floats({"query": query, "key": key, "value": value})
    for name, array in zip(("key", "value"), arrays[1:], strict=True):
        _check_leading(name, array, arrays[0].shape[:-2])
    _check_filled(*arrays)
    return QueryKeyValue(*arrays)


def _check_multi_head(params: Any, query: Any, key: Any, value: Any) -> QueryKeyValue:
    sizes = check_params("params", params, _AXES)
    batch, _, _ = check_shape("query", query, "batch n_queries d_model", **sizes)
    _, n_keys, _ = check_shape("key", key, "batch n_keys d_model", batch=batch, **sizes)
    check_shape("value", value, "batch n_keys d_model", batch=batch, n_keys=n_keys, **sizes)
    named = {"query": query, "key": key, "value": value}
    arrays = check_floats({**leaves_of(params, "params"), **named})[-3:]
    _check_filled(*arrays)
    return QueryKeyValue(*arrays)


def _check_filled(query: Floats, key: Floats, value: Floats) -> None:
    for name, array in (("query", query), ("key", key), ("value", value)):
        if 0 in array.shape:
            raise ValueError(f"{name} must not be empty, got shape {array.shape}.")


def _check_leading(name: str, array: Any, leading: tuple[int, ...]) -> None:
    found = np.shape(array)[:-2]
    if found != leading:
        raise ValueError(
            f"{name} must have the leading axes of query, {leading}, got {found}. "
            "Repeat it with np.broadcast_to first."
        )


def _check_scores_mask(mask: Any, scores: tuple[int, ...]) -> NDArray[np.bool_] | None:
    if mask is None:
        return None
    allowed = check_mask("mask", mask, "... n_queries n_keys" if np.ndim(mask) > 1 else "n_keys")
    try:
        fits = np.broadcast_shapes(allowed.shape, scores) == scores
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask must broadcast to the scores, {scores}, got {allowed.shape}. A mask of a batch "
            "needs an axis for the heads: mask[:, None]."
        )
    return allowed


def _check_heads(d_model: int, n_heads: Any) -> None:
    heads = check_integer("n_heads", n_heads)
    if d_model % heads:
        raise ValueError(
            f"n_heads must divide d_model={d_model}, got {heads}. "
            f"Choose one of {', '.join(str(n) for n in range(1, d_model + 1) if d_model % n == 0)}."
        )


def _arrays(params: MultiHeadParams) -> MultiHeadParams:
    leaves = {name: np.asarray(leaf) for name, leaf in leaves_of(params, "params").items()}
    return replace_leaves(params, leaves, "params")
