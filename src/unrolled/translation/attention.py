"""Attention in TensorFlow: a function without weights, and a Keras layer with them.

The same names, shapes and masks as `unrolled.networks.attention`, written with tensors.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from unrolled.shapes import check_integer
from unrolled.translation.tensors import check_axes, check_floats, check_mask, sizes_of

__all__ = ["MultiHeadAttention", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, mask: Any = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Average the values, weighted by how well their keys match each query.

    Parameters
    ----------
    query : tensor of shape (..., n_queries, d_k)
    key : tensor of shape (..., n_keys, d_k)
    value : tensor of shape (..., n_keys, d_v)
    mask : tensor of bool, or of 0 and 1, broadcastable to (..., n_queries, n_keys), optional
        True where a query may attend. If a row allows nothing, its weights and context are zero.

    Returns
    -------
    context : tensor of shape (..., n_queries, d_v)
    weights : tensor of shape (..., n_queries, n_keys)
        Each row sums to one, or to zero where nothing is allowed. A row of several keys with a
        score that float32 (or, of float64, float64) cannot hold may hold NaN.

    Raises
    ------
    ValueError
        If known shapes do not match, or numbers have the wrong type; also while a graph is traced.

    Notes
    -----
    Vaswani et al. (2017), equation 1. Page ``multi-head-attention``.
    """
    query, key, value = _check_attention(query, key, value)
    # Half precision ends at 65504, and scores may be larger: they are at least float32.
    wide = tf.float64 if query.dtype == tf.float64 else tf.float32
    d_k = tf.cast(sizes_of(query)[-1], wide)
    scores = tf.matmul(tf.cast(query, wide) / tf.sqrt(d_k), tf.cast(key, wide), transpose_b=True)
    if mask is None:
        weights = tf.nn.softmax(scores)
    else:
        weights = _softmax_of_allowed(scores, _check_scores_mask(mask, scores))
    weights = tf.cast(weights, value.dtype)
    return tf.matmul(weights, value), weights


@keras.saving.register_keras_serializable(package="unrolled")
class MultiHeadAttention(keras.layers.Layer):
    """Several heads that attend in parallel, each with its own share of the model dimension.

    Called as ``layer(query, key, value, mask=None)``, it returns the output, of shape
    (batch, n_queries, d_model), and the weights, of shape (batch, n_heads, n_queries, n_keys).

    Parameters
    ----------
    d_model : int
        Dimension of a token.
    n_heads : int
        Must divide `d_model`.
    **options
        As for every Keras layer: ``name``, ``dtype`` and so on.

    Raises
    ------
    ValueError
        If the number of heads does not divide the dimension.

    Notes
    -----
    Vaswani et al. (2017), section 3.2.2, with biases. Page ``multi-head-attention``. The masks that
    Keras attaches to tensors (``Embedding(mask_zero=True)``) change nothing here: the output passes
    on that of the query, and only ``mask`` says which query may attend to which key.
    """

    def __init__(self, d_model: int, n_heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.d_model = check_integer("d_model", d_model)
        self.n_heads = _check_heads(self.d_model, n_heads)
        self.wq, self.wk, self.wv, self.dense = (
            keras.layers.Dense(self.d_model, name=name, dtype=self.dtype_policy)
            for name in ("query", "key", "value", "output")
        )

    def build(self, query_shape: Any, key_shape: Any = None, value_shape: Any = None) -> None:
        """Make the weights of the four projections, all of the dimension of a token."""
        for layer in (self.wq, self.wk, self.wv, self.dense):
            layer.build((None, None, self.d_model))

    def call(self, query: Any, key: Any, value: Any, mask: Any = None) -> Any:
        """Let every query attend to the keys.

        Parameters
        ----------
        query : tensor of shape (batch, n_queries, d_model)
        key : tensor of shape (batch, n_keys, d_model)
        value : tensor of shape (batch, n_keys, d_model)
        mask : tensor of bool, or of 0 and 1, optional
            Of shape (n_queries, n_keys) or (batch, n_queries, n_keys); an axis may have length 1.
            True where a query may attend.

        Returns
        -------
        output : tensor of shape (batch, n_queries, d_model)
        weights : tensor of shape (batch, n_heads, n_queries, n_keys)

        Raises
        ------
        ValueError
            If known shapes do not match, or numbers have the wrong type; also while a graph is
            traced.
        """
        query, key, value = self._check_tokens(query, key, value)
        context, weights = scaled_dot_product_attention(
            self.split_heads(self.wq(query)),
            self.split_heads(self.wk(key)),
            self.split_heads(self.wv(value)),
            _with_axis_of_heads(mask, query, key),
        )
        return self.dense(self.merge_heads(context)), weights

    def split_heads(self, x: Any) -> tf.Tensor:
        """Split each token into one part for each head.

        Parameters
        ----------
        x : tensor of shape (batch, n_tokens, d_model)

        Returns
        -------
        tensor of shape (batch, n_heads, n_tokens, d_head)
        """
        batch, n_tokens, _ = sizes_of(x)
        d_head = self.d_model // self.n_heads
        pieces = tf.reshape(x, (batch, n_tokens, self.n_heads, d_head))
        return tf.transpose(pieces, (0, 2, 1, 3))

    def merge_heads(self, x: Any) -> tf.Tensor:
        """Concatenate the parts again.

        Parameters
        ----------
        x : tensor of shape (batch, n_heads, n_tokens, d_head)

        Returns
        -------
        tensor of shape (batch, n_tokens, d_model)
        """
        batch, _, n_tokens, _ = sizes_of(x)
        pieces = tf.transpose(x, (0, 2, 1, 3))
        return tf.reshape(pieces, (batch, n_tokens, self.d_model))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> list[Any]:
        """Return the mask that Keras attached to the query; the weights get none."""
        return [getattr(inputs, "_keras_mask", None), None]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which a saved layer is made again."""
        return {**super().get_config(), "d_model": self.d_model, "n_heads": self.n_heads}

    def _check_tokens(self, query: Any, key: Any, value: Any) -> tuple[tf.Tensor, ...]:
        query, key, value = check_floats(query=query, key=key, value=value)
        width = {"d_model": self.d_model}
        batch, _, _ = check_axes("query", query, "batch n_queries d_model", **width)
        _, n_keys, _ = check_axes("key", key, "batch n_keys d_model", batch=batch, **width)
        sizes = {"batch": batch if batch is not None else key.shape[0], "n_keys": n_keys}
        check_axes("value", value, "batch n_keys d_model", **sizes, **width)
        return query, key, value


def _softmax_of_allowed(scores: tf.Tensor, allowed: tf.Tensor) -> tf.Tensor:
    """Weight the allowed keys of each row; infinity minus infinity would have no gradient."""
    # A mask that turns out larger than the scores only now is refused here.
    allowed = tf.broadcast_to(allowed, sizes_of(scores))
    n_allowed = tf.math.count_nonzero(allowed, axis=-1, keepdims=True)
    # A lone key gets all the weight, whatever its score, and a row without any needs no score.
    compared = tf.where(n_allowed > 1, scores, tf.zeros((), scores.dtype))
    forbidden = tf.cast(tf.where(n_allowed > 0, -math.inf, 0.0), scores.dtype)
    shares = tf.nn.softmax(tf.where(allowed, compared, forbidden))
    return tf.where(allowed, shares, tf.zeros((), shares.dtype))


def _check_attention(query: Any, key: Any, value: Any) -> tuple[tf.Tensor, ...]:
    query, key, value = check_floats(query=query, key=key, value=value)
    _, d_k = check_axes("query", query, "... n_queries d_k")
    n_keys, _ = check_axes("key", key, "... n_keys d_k", d_k=d_k)
    check_axes("value", value, "... n_keys d_v", n_keys=n_keys)
    for name, tensor in (("key", key), ("value", value)):
        if not tensor.shape[:-2].is_compatible_with(query.shape[:-2]):
            raise ValueError(
                f"{name} must have the leading axes of query, {query.shape[:-2]}, got "
                f"{tensor.shape[:-2]}. Repeat it with tf.broadcast_to first."
            )
    return query, key, value


def _check_scores_mask(mask: Any, scores: tf.Tensor) -> tf.Tensor:
    allowed = check_mask("mask", mask)
    try:
        fits = tf.broadcast_static_shape(allowed.shape, scores.shape)
    except ValueError:
        fits = None
    if fits is None or not fits.is_compatible_with(scores.shape):
        raise ValueError(
            f"mask must broadcast to the scores, {scores.shape}, got {allowed.shape}. A mask of a "
            "batch needs an axis for the heads: mask[:, None]."
        )
    return allowed


def _with_axis_of_heads(mask: Any, query: tf.Tensor, key: tf.Tensor) -> tf.Tensor | None:
    """Return the mask as it broadcasts to (batch, n_heads, n_queries, n_keys)."""
    if mask is None:
        return None
    allowed = check_mask("mask", mask)
    sizes = {"batch": query.shape[0], "n_queries": query.shape[1], "n_keys": key.shape[1]}
    axes = list(sizes)[1:] if allowed.shape.rank == 2 else list(sizes)
    if allowed.shape.rank == len(axes):
        sizes = {name: sizes[name] for name, n in zip(axes, allowed.shape, strict=True) if n != 1}
    check_axes("mask", allowed, " ".join(axes), **sizes)
    return allowed if len(axes) == 2 else allowed[:, None]


def _check_heads(d_model: int, n_heads: Any) -> int:
    heads = check_integer("n_heads", n_heads)
    if d_model % heads:
        raise ValueError(
            f"n_heads must divide d_model={d_model}, got {heads}. "
            f"Choose one of {', '.join(str(n) for n in range(1, d_model + 1) if d_model % n == 0)}."
        )
    return heads
