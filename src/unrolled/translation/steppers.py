"""A Transformer that writes token by token: with a cache of keys and values, and without."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unrolled.translation.pairs import BOS, EOS, PAD, pad
from unrolled.translation.transformer import Transformer, padding_penalties

__all__ = ["Cached", "Uncached"]

# Of a frozen model all that hangs on weights alone is computed once, when a graph is traced:
# joined projections, and the embedding turned round.
Sentences = Sequence[Sequence[int]]
NEVER = [PAD, BOS]  # tokens that no translation has


class Uncached:
    """Computes everything anew for each token that is written: a `decoding.Stepper`.

    Parameters
    ----------
    model : Transformer
        As it is now: later training does not change the stepper.
    """

    bos, eos = BOS, EOS

    def __init__(self, model: Transformer) -> None:
        self.model = _frozen(model)

    def start(self, sources: Sentences) -> tuple[Any, ...]:
        """Read the sources; the state holds them, their memory, and what is written."""
        source = tf.constant(pad(sources))
        written = tf.zeros((len(sources), 0), tf.int32)
        return source, _memory(self.model, source), written

    def step(self, state: tuple[Any, ...], ids: Any) -> tuple[NDArray[Any], tuple[Any, ...]]:
        """Return the logits of the next token, and the state with a token more."""
        source, memory, written = state
        written = tf.concat([written, tf.cast(ids, tf.int32)[:, None]], axis=1)
        logits = _last_logits(self.model, written, memory, source)
        return _allowed(logits), (source, memory, written)

    def choose(self, state: tuple[Any, ...], rows: Any) -> tuple[Any, ...]:
        """Return the state of some rows."""
        return tuple(tf.gather(part, rows) for part in state)


class Cached:
    """Keeps keys and values of what is written: a `decoding.Stepper`.

    Parameters
    ----------
    model : Transformer
        As it is now: later training does not change the stepper.
    """

    bos, eos = BOS, EOS

    def __init__(self, model: Transformer) -> None:
        self.model = _frozen(model)

    def start(self, sources: Sentences) -> list[Any]:
        """Read the sources; the state holds keys and values of both attentions of each layer."""
        source = tf.constant(pad(sources))
        read = _read(self.model, source)
        d_head = self.model.sizes.d_model // self.model.sizes.n_heads
        nothing = tf.zeros((len(sources), self.model.sizes.n_heads, 0, d_head))
        return [padding_penalties(source), read, [(nothing, nothing) for _ in read]]

    def step(self, state: list[Any], ids: Any) -> tuple[NDArray[Any], list[Any]]:
        """Return the logits of the next token, and the state with its keys and values."""
        penalties, read, own = state
        logits, own = _step(self.model, tf.cast(ids, tf.int32)[:, None], penalties, read, own)
        return _allowed(logits), [penalties, read, own]

    def choose(self, state: list[Any], rows: Any) -> list[Any]:
        """Return the state of some rows."""
        chosen: list[Any] = tf.nest.map_structure(lambda part: tf.gather(part, rows), state)
        return chosen


def _frozen(model: Transformer) -> Transformer:
    """Return a model whose weights are constants of the graphs that it is traced in."""
    constant = copy(model)
    constant.weights = {name: weight.numpy() for name, weight in model.weights.items()}
    return constant


def _allowed(logits: tf.Tensor) -> NDArray[Any]:
    found: NDArray[Any] = logits.numpy()
    found[:, NEVER] = -np.inf
    return found


@tf.function(reduce_retracing=True)
def _memory(model: Transformer, source: tf.Tensor) -> tf.Tensor:
    return model.encode(source)[0]


@tf.function(reduce_retracing=True)
def _read(model: Transformer, source: tf.Tensor) -> list[Any]:
    return model.keys_and_values(model.encode(source)[0])


@tf.function(reduce_retracing=True)
def _last_logits(model: Transformer, written: Any, memory: Any, source: Any) -> tf.Tensor:
    return model.decode(written, memory, source)[0][:, -1]


@tf.function(reduce_retracing=True)
def _step(
    model: Transformer, ids: Any, penalties: Any, read: list[Any], own: list[Any]
) -> tuple[tf.Tensor, list[Any]]:
    """Pass one token of each row through the decoder; it may look at all that is kept."""
    done = tf.shape(own[0][0])[2]
    x, kept = model.embed(ids, start=done), []
    for layer, (read_here, before) in enumerate(zip(read, own, strict=True)):

        def extend(key: Any, value: Any, before: Any = before) -> tuple[Any, Any]:
            pair = tf.concat([before[0], key], axis=2), tf.concat([before[1], value], axis=2)
            kept.append(pair)
            return pair

        x, _, _ = model.decoder_layer(layer, x, read_here, (tf.zeros(()), penalties), extend=extend)
    return model.logits(x)[:, -1], kept
