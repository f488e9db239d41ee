"""Attention in TensorFlow: a function without weights, and a Keras layer with them.

The same names, shapes and masks as `unrolled.networks.attention`, written with tensors.
"""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["MultiHeadAttention", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, mask: Any = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mix values by how well their keys answer each query.

    Parameters
    ----------
    query : tensor of shape (..., n_queries, d_k)
    key : tensor of shape (..., n_keys, d_k)
    value : tensor of shape (..., n_keys, d_v)
    mask : tensor of bool, or of 0 and 1, broadcastable to (..., n_queries, n_keys), optional
        True where a query may look. A row that allows nothing gets weights and context zero.

    Returns
    -------
    context : tensor of shape (..., n_queries, d_v)
    weights : tensor of shape (..., n_queries, n_keys)
        Each row sums to one.

    Notes
    -----
    Vaswani et al. (2017), equation 1. Page ``multi-head-attention``.
    """
    d_k = tf.cast(tf.shape(key)[-1], key.dtype)
    scores = tf.matmul(query, key, transpose_b=True) / tf.sqrt(d_k)
    if mask is None:
        weights = tf.nn.softmax(scores)
    else:
        allowed = tf.cast(mask, tf.bool)
        shares = tf.nn.softmax(tf.where(allowed, scores, scores.dtype.min))
        weights = tf.where(allowed, shares, tf.zeros((), shares.dtype))
    return tf.matmul(weights, value), weights


@keras.saving.register_keras_serializable(package="unrolled")
class MultiHeadAttention(keras.layers.Layer):
    """Several heads that attend at once, each in its own share of the width.

    Parameters
    ----------
    d_model : int
        Width of a token.
    n_heads : int
        Must divide `d_model`.
    **options
        As for every Keras layer: ``name``, ``dtype`` and so on.
    """

    def __init__(self, d_model: int, n_heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.d_model, self.n_heads = d_model, n_heads
        self.wq, self.wk, self.wv, self.dense = (
            keras.layers.Dense(d_model, name=name, dtype=self.dtype_policy)
            for name in ("query", "key", "value", "output")
        )

    def call(self, query: Any, key: Any, value: Any, mask: Any = None) -> Any:
        """Attend; returns output (batch, n_queries, d_model) and weights with an axis of heads."""
        if mask is not None and mask.shape.rank == 3:
            mask = mask[:, None]
        context, weights = scaled_dot_product_attention(
            self.split_heads(self.wq(query)),
            self.split_heads(self.wk(key)),
            self.split_heads(self.wv(value)),
            mask,
        )
        return self.dense(self.merge_heads(context)), weights

    def split_heads(self, x: Any) -> tf.Tensor:
        """Cut each token into one piece for each head: (batch, n_heads, n_tokens, d_head)."""
        batch, n_tokens = tf.unstack(tf.shape(x)[:2])
        pieces = (batch, n_tokens, self.n_heads, self.d_model // self.n_heads)
        return tf.transpose(tf.reshape(x, pieces), (0, 2, 1, 3))

    def merge_heads(self, x: Any) -> tf.Tensor:
        """Put the pieces side by side again: (batch, n_tokens, d_model)."""
        batch, n_tokens = tf.unstack(tf.gather(tf.shape(x), (0, 2)))
        return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (batch, n_tokens, self.d_model))

    def get_config(self) -> dict[str, Any]:
        """Return what a saved layer is made from again."""
        return {**super().get_config(), "d_model": self.d_model, "n_heads": self.n_heads}
