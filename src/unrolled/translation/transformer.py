"""The Transformer in plain TensorFlow operations: an encoder, a decoder, and the weights of both.

Layers normalise before they attend (pre-norm), and one embedding serves the source, the target and
the output. The weights are named as in `unrolled.networks.transformer`, and so is their file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_generator, check_integer, check_number, check_shape
from unrolled.translation.masks import look_ahead_mask
from unrolled.translation.pairs import PAD
from unrolled.translation.positions import sinusoidal_positions
from unrolled.translation.tensors import check_axes, check_integers, sizes_of

__all__ = [
    "Dropout",
    "Sizes",
    "Transformer",
    "initial_weights",
    "padding_penalties",
    "weight_shapes",
]

EPSILON = 1e-6  # added to a variance
FORBIDDEN = -1e9  # added to a score; finite, so that a row without any key has a gradient


class Sizes(NamedTuple):
    """Sizes of a Transformer; those of the shipped translator but for the number of tokens.

    Attributes
    ----------
    n_tokens : int
        Of the vocabulary, special ones included.
    d_model : int
        Dimension of a token, even.
    n_heads : int
        Must divide `d_model`.
    d_ff : int
        Width of the hidden layer of each feed-forward network.
    n_layers : int
        Of the encoder, and as many of the decoder.
    """

    n_tokens: int
    d_model: int = 128
    n_heads: int = 8
    d_ff: int = 512
    n_layers: int = 4


class Dropout:
    """Drop numbers at random, by masks that hang on a seed alone.

    The state of no generator has to be saved: with the seed of a step, the step is repeated. Each
    call gets a mask of its own.

    Parameters
    ----------
    rate : float
        Share of the numbers that become zero, from 0 to below 1; the others grow accordingly.
    seed : tensor of int32 without axes
        Such as the number of the step.
    """

    def __init__(self, rate: float, seed: Any) -> None:
        self.rate = check_number("rate", rate, at_least=0, below=1)
        self.seed = tf.cast(seed, tf.int32)
        self.calls = 0

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return the tensor with some numbers set to zero.

        Parameters
        ----------
        x : tensor of any shape

        Returns
        -------
        tensor of the same shape
        """
        if not self.rate:
            return x
        self.calls += 1
        seed = tf.stack([self.seed, self.calls])
        drawn = tf.random.stateless_uniform(tf.shape(x), seed=seed)
        return tf.where(drawn < self.rate, tf.zeros((), x.dtype), x / (1 - self.rate))


def initial_weights(sizes: Sizes, *, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Draw the weights of a Transformer.

    Parameters
    ----------
    sizes : Sizes
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to ndarray of float32
        By name. Matrices of layers as by Glorot and Bengio (2010), uniform; embeddings normal with
        variance 1/d_model; gains one; biases zero.

    Raises
    ------
    ValueError
        If a size is invalid, or `rng` is not a generator.
    """
    check_generator("rng", rng)

    def drawn(name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        if name == "embedding":
            return rng.normal(size=shape) / math.sqrt(sizes.d_model)
        if len(shape) == 2:
            bound = math.sqrt(6 / sum(shape))
            return rng.uniform(-bound, bound, size=shape)
        return np.full(shape, float(name.endswith(".gain")))

    return {
        name: drawn(name, shape).astype(np.float32) for name, shape in weight_shapes(sizes).items()
    }


def weight_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all weights by their names.

    Parameters
    ----------
    sizes : Sizes

    Returns
    -------
    dict of str to tuple of int
        In the order of the file.

    Raises
    ------
    ValueError
        If a size is not a positive integer, the width is odd, or the heads do not divide it.
    """
    n_tokens, d_model, n_heads, d_ff, n_layers = (
        check_integer(name, size) for name, size in sizes._asdict().items()
    )
    if d_model % n_heads or d_model % 2:
        raise ValueError(f"d_model must be even and divisible by n_heads={n_heads}, got {d_model}.")
    norm = {"gain": (d_model,), "bias": (d_model,)}
    attention = {
        f"{name}.{letter}": shape
        for name in ("query", "key", "value", "output")
        for letter, shape in (("W", (d_model, d_model)), ("b", (d_model,)))
    }
    feed_forward = {
        "inner.W": (d_model, d_ff), "inner.b": (d_ff,),
        "outer.W": (d_ff, d_model), "outer.b": (d_model,),
    }  # fmt: skip
    parts: dict[str, Mapping[str, tuple[int, ...]]] = {}
    for stack, attentions in (("encoder", ENCODER), ("decoder", DECODER)):
        for layer in range(n_layers):
            for norm_name, name in attentions:
                parts[f"{stack}.{layer}.{norm_name}"] = norm
                parts[f"{stack}.{layer}.{name}"] = attention
            parts[f"{stack}.{layer}.feed_forward_norm"] = norm
            parts[f"{stack}.{layer}.feed_forward"] = feed_forward
        parts[f"{stack}_norm"] = norm
    inner = {f"{part}.{name}": shape for part, of in parts.items() for name, shape in of.items()}
    return {"embedding": (n_tokens, d_model), **inner}


ENCODER = (("attention_norm", "attention"),)
DECODER = (("self_norm", "self_attention"), ("cross_norm", "cross_attention"))


class Transformer(tf.Module):
    """An encoder and a decoder.

    Parameters
    ----------
    sizes : Sizes
    weights : mapping of str to array_like
        All of them, by name; they become variables of float32.

    Raises
    ------
    ValueError
        If a weight is missing, too much, or of another shape.
    """

    def __init__(self, sizes: Sizes, weights: Mapping[str, ArrayLike]) -> None:
        super().__init__(name="transformer")
        self.sizes = sizes
        shapes = weight_shapes(sizes)
        if missing := shapes.keys() - weights.keys():
            raise ValueError(f"weights must hold {min(missing)!r}, got none of that name.")
        if surplus := weights.keys() - shapes.keys():
            raise ValueError(f"weights must hold those of these sizes, got also {min(surplus)!r}.")
        for name, shape in shapes.items():
            axes = [f"axis_{number}" for number in range(len(shape))]
            check_shape(name, weights[name], " ".join(axes), **dict(zip(axes, shape, strict=True)))
        self.weights = {
            name: tf.Variable(np.asarray(weights[name], np.float32), name=name.replace(".", "_"))
            for name in shapes
        }

    def encode(self, source: Any, dropout: Dropout | None = None) -> tuple[tf.Tensor, list[Any]]:
        """Read sentences.

        Parameters
        ----------
        source : tensor of int, of shape (batch, n_source)
            BOS, tokens, EOS; then padding.
        dropout : Dropout, optional
            In training.

        Returns
        -------
        memory : tensor of shape (batch, n_source, d_model)
        maps : list of tensor of shape (batch, n_heads, n_source, n_source)
            Weights of the attention, a tensor for each layer.

        Raises
        ------
        ValueError
            If `source` has the wrong shape or type; also while a graph is traced.
        """
        source = _check_ids("source", source)
        penalties, maps = padding_penalties(source), []
        x = _dropped(dropout, self.embed(source))
        for layer in range(self.sizes.n_layers):
            name = f"encoder.{layer}"
            y = self._normalise(f"{name}.attention_norm", x)
            query, key, value = self._project(f"{name}.attention", y, "query", "key", "value")
            y, weights = self._attend(f"{name}.attention", query, (key, value), penalties)
            x = x + _dropped(dropout, y)
            x = x + _dropped(dropout, self._feed_forward(name, x))
            maps.append(weights)
        return self._normalise("encoder_norm", x), maps

    def decode(
        self, target: Any, memory: Any, source: Any, dropout: Dropout | None = None
    ) -> tuple[tf.Tensor, list[Any], list[Any]]:
        """Predict each next token from the tokens up to it, and from the source.

        Parameters
        ----------
        target : tensor of int, of shape (batch, n_target)
            BOS, then tokens; then anything, for nothing looks ahead.
        memory : tensor of shape (batch, n_source, d_model)
            From `encode`.
        source : tensor of int, of shape (batch, n_source)
            What was encoded; nothing looks at its padding.
        dropout : Dropout, optional
            In training.

        Returns
        -------
        logits : tensor of shape (batch, n_target, n_tokens)
            Row ``t`` predicts what follows token ``t``.
        self_maps : list of tensor of shape (batch, n_heads, n_target, n_target)
        cross_maps : list of tensor of shape (batch, n_heads, n_target, n_source)

        Raises
        ------
        ValueError
            If an argument has the wrong shape or type; also while a graph is traced.
        """
        target, source = _check_ids("target", target), _check_ids("source", source)
        batch, n_source = source.shape
        d_model = self.sizes.d_model
        check_axes("memory", memory, "batch n_source d_model", **_known(batch, n_source, d_model))
        later = tf.where(look_ahead_mask(sizes_of(target)[1]), 0.0, FORBIDDEN)
        penalties = later, padding_penalties(source)
        x, self_maps, cross_maps = _dropped(dropout, self.embed(target)), [], []
        for layer, read in enumerate(self.keys_and_values(memory)):
            x, own, cross = self.decoder_layer(layer, x, read, penalties, dropout=dropout)
            self_maps.append(own)
            cross_maps.append(cross)
        return self.logits(x), self_maps, cross_maps

    def keys_and_values(self, memory: Any) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Project the memory for the attention of each layer of the decoder, once a sentence.

        Parameters
        ----------
        memory : tensor of shape (batch, n_source, d_model)

        Returns
        -------
        list of (tensor, tensor)
            Keys and values of each layer, of shape (batch, n_heads, n_source, d_head).
        """
        layers = range(self.sizes.n_layers)
        name = "decoder.{}.cross_attention"
        return [tuple(self._project(name.format(n), memory, "key", "value")) for n in layers]

    def decoder_layer(
        self,
        layer: int,
        x: tf.Tensor,
        read: tuple[tf.Tensor, tf.Tensor],
        penalties: tuple[tf.Tensor, tf.Tensor],
        *,
        extend: Any = None,
        dropout: Dropout | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Pass tokens through a layer of the decoder.

        Parameters
        ----------
        layer : int
            From 0 on.
        x : tensor of shape (batch, n_target, d_model)
        read : tuple of two tensors of shape (batch, n_heads, n_source, d_head)
            Keys and values of the source, from `keys_and_values`.
        penalties : tuple of two tensors
            Added to the scores of the target and of the source.
        extend : callable, optional
            From keys and values of these tokens to those of all tokens that they may look at.
        dropout : Dropout, optional

        Returns
        -------
        x : tensor of shape (batch, n_target, d_model)
        self_map : tensor of shape (batch, n_heads, n_target, n_keys)
        cross_map : tensor of shape (batch, n_heads, n_target, n_source)
        """
        name = f"decoder.{layer}"
        y = self._normalise(f"{name}.self_norm", x)
        query, key, value = self._project(f"{name}.self_attention", y, "query", "key", "value")
        own = extend(key, value) if extend else (key, value)
        y, self_map = self._attend(f"{name}.self_attention", query, own, penalties[0])
        x = x + _dropped(dropout, y)
        y = self._normalise(f"{name}.cross_norm", x)
        (query,) = self._project(f"{name}.cross_attention", y, "query")
        y, cross_map = self._attend(f"{name}.cross_attention", query, read, penalties[1])
        x = x + _dropped(dropout, y)
        return x + _dropped(dropout, self._feed_forward(name, x)), self_map, cross_map

    def logits(self, x: tf.Tensor) -> tf.Tensor:
        """Compare what the last layer returned with the embedding of every token.

        Parameters
        ----------
        x : tensor of shape (batch, n_target, d_model)

        Returns
        -------
        tensor of shape (batch, n_target, n_tokens)
        """
        return self._map(
            self._normalise("decoder_norm", x), tf.transpose(self.weights["embedding"])
        )

    def embed(self, ids: tf.Tensor, start: Any = 0) -> tf.Tensor:
        """Look tokens up, and add to each the encoding of its position.

        Parameters
        ----------
        ids : tensor of int32, of shape (batch, n)
        start : int or tensor of int32 without axes, optional
            Position of the first one.

        Returns
        -------
        tensor of shape (batch, n, d_model)
        """
        d_model = self.sizes.d_model
        end = start + sizes_of(ids)[1]
        positions = sinusoidal_positions(end, d_model, dtype=tf.float32)[start:]
        return tf.gather(self.weights["embedding"], ids) * math.sqrt(d_model) + positions

    def _normalise(self, name: str, x: tf.Tensor) -> tf.Tensor:
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
        scaled = centred * tf.math.rsqrt(variance + EPSILON)
        return scaled * self.weights[f"{name}.gain"] + self.weights[f"{name}.bias"]

    def _project(self, name: str, x: tf.Tensor, *parts: str) -> list[tf.Tensor]:
        """Map tokens by several matrices in one product, and split each result into heads."""
        W = tf.concat([self.weights[f"{name}.{part}.W"] for part in parts], axis=1)
        b = tf.concat([self.weights[f"{name}.{part}.b"] for part in parts], axis=0)
        batch, n_tokens, d_model = sizes_of(x)
        n_heads = self.sizes.n_heads
        shape = (batch, n_tokens, n_heads, d_model // n_heads)
        mapped = tf.split(self._map(x, W, b), len(parts), axis=-1)
        return [tf.transpose(tf.reshape(each, shape), (0, 2, 1, 3)) for each in mapped]

    def _attend(
        self, name: str, query: Any, keys_and_values: tuple[Any, Any], penalties: Any
    ) -> tuple[tf.Tensor, tf.Tensor]:
        key, value = keys_and_values
        batch, n_heads, n_queries, d_head = sizes_of(query)
        scores = tf.matmul(query / math.sqrt(d_head), key, transpose_b=True)
        weights = tf.nn.softmax(scores + penalties)
        context = tf.transpose(tf.matmul(weights, value), (0, 2, 1, 3))
        merged = tf.reshape(context, (batch, n_queries, n_heads * d_head))
        W, b = (self.weights[f"{name}.output.{letter}"] for letter in "Wb")
        return self._map(merged, W, b), weights

    def _feed_forward(self, name: str, x: tf.Tensor) -> tf.Tensor:
        x = self._normalise(f"{name}.feed_forward_norm", x)
        for layer, activation in (("inner", tf.nn.relu), ("outer", tf.identity)):
            W, b = (self.weights[f"{name}.feed_forward.{layer}.{letter}"] for letter in "Wb")
            x = activation(self._map(x, W, b))
        return x

    @staticmethod
    def _map(x: tf.Tensor, W: tf.Tensor, b: Any = 0.0) -> tf.Tensor:
        """Map all tokens of a batch as the rows of one matrix, the fastest way."""
        batch, n_tokens, width = sizes_of(x)
        mapped = tf.matmul(tf.reshape(x, (-1, width)), W) + b
        return tf.reshape(mapped, (batch, n_tokens, W.shape[1]))


def _dropped(dropout: Dropout | None, x: tf.Tensor) -> tf.Tensor:
    return dropout(x) if dropout else x


def padding_penalties(ids: tf.Tensor) -> tf.Tensor:
    """Return what is added to the scores of keys, so that nothing looks at padding.

    Parameters
    ----------
    ids : tensor of int32, of shape (batch, n_keys)

    Returns
    -------
    tensor of float32, of shape (batch, 1, 1, n_keys)
    """
    return tf.where(ids == PAD, FORBIDDEN, 0.0)[:, None, None]


def _check_ids(name: str, ids: Any) -> tf.Tensor:
    ids = check_integers(name, ids)
    check_axes(name, ids, f"batch n_{name}")
    return tf.cast(ids, tf.int32)


def _known(batch: Any, n_source: Any, d_model: int) -> dict[str, Any]:
    return {"batch": batch, "n_source": n_source, "d_model": d_model}
