"""The whole Transformer, forward: an encoder, and a decoder that remembers keys and values.

Every sublayer normalises its input and adds its output to what passes it by (pre-norm). It needs
nothing but NumPy, so that a browser can run it. Training is done elsewhere.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.attention import (
    MultiHeadParams,
    merge_heads,
    split_heads,
    trusted_attention,
)
from unrolled.networks.checks import check_held
from unrolled.networks.dense import DenseParams
from unrolled.networks.layer_norm import LayerNormParams, trusted_layer_norm
from unrolled.networks.masks import look_ahead_mask
from unrolled.networks.positions import sinusoidal_positions
from unrolled.networks.pytrees import map_leaves
from unrolled.networks.transformer_params import (
    DecoderLayerParams,
    EncoderLayerParams,
    FeedForwardParams,
    TransformerParams,
    check_transformer,
    params_from,
    transformer_init,
)
from unrolled.shapes import check_integer, check_integers, check_mask, check_shape

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "DecoderCache",
    "DecoderLayerCache",
    "DecoderLayerParams",
    "DecoderMaps",
    "EncoderLayerParams",
    "FeedForwardParams",
    "KeysValues",
    "Memory",
    "TransformerParams",
    "decode",
    "decode_step",
    "decoder_start",
    "encode",
    "params_from",
    "select_sentences",
    "transformer_init",
    "translate_ids",
]

Floats = NDArray[Any]
Mask = NDArray[np.bool_] | None

PAD, BOS, EOS = 0, 1, 2
"""Numbers of the tokens that fill up, begin and end a sentence."""


class Memory(NamedTuple):
    """What the encoder hands to every layer of the decoder."""

    tokens: Floats  # (batch, n_source, d_model)
    real: NDArray[np.bool_]  # (batch, n_source); False at padding


class DecoderMaps(NamedTuple):
    """Attention weights of a decoder; each row sums to one."""

    self_attention: Floats  # (n_layers, batch, n_heads, n_target, n_target)
    cross_attention: Floats  # (n_layers, batch, n_heads, n_target, n_source)


class KeysValues(NamedTuple):
    """What attention needs of the tokens that are attended to, split into heads."""

    keys: Floats  # (batch, n_heads, n_keys, d_head)
    values: Floats  # (batch, n_heads, n_keys, d_head)


class DecoderLayerCache(NamedTuple):
    """Keys and values that one layer need not compute again."""

    target: KeysValues  # of the target so far
    source: KeysValues  # of the memory


class DecoderCache(NamedTuple):
    """All that decoding remembers from step to step; the first axis of each array is the batch."""

    layers: tuple[DecoderLayerCache, ...]
    real: NDArray[np.bool_]  # (batch, n_source)


def encode(
    params: TransformerParams, source_ids: ArrayLike, *, n_heads: int
) -> tuple[Memory, Floats]:
    """Read a batch of source sentences.

    Parameters
    ----------
    params : TransformerParams
    source_ids : array_like of int, of shape (batch, n_source)
        Numbers of tokens: `BOS`, the sentence, `EOS`, then `PAD`.
    n_heads : int
        Must divide ``d_model``.

    Returns
    -------
    memory : Memory
        For the decoder.
    maps : ndarray of shape (n_layers, batch, n_heads, n_source, n_source)
        Attention weights.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.

    Notes
    -----
    Vaswani et al. (2017), with the normalisation before each sublayer. Page ``transformer``.
    """
    params = check_transformer(params)
    n_heads = _check_heads(params, n_heads)
    ids = _check_ids("source_ids", source_ids, params)
    real, maps = ids != PAD, []
    with np.errstate(all="ignore"):
        x = _embed(params, ids)
        for layer in params.encoder:
            normal = _norm(layer.attention_norm, x)
            source = _keys_values(layer.attention, normal, n_heads)
            change, weights = _attend(layer.attention, normal, source, real[:, None, None])
            x = x + change
            x = x + _feed_forward(layer.feed_forward, _norm(layer.feed_forward_norm, x))
            maps.append(weights)
        tokens = _norm(params.encoder_norm, x)
    return Memory(tokens, real), np.stack(maps)


def decode(
    params: TransformerParams, target_ids: ArrayLike, memory: Memory, *, n_heads: int
) -> tuple[Floats, DecoderMaps]:
    """Score every next token of a batch of target sentences.

    Parameters
    ----------
    params : TransformerParams
    target_ids : array_like of int, of shape (batch, n_target)
        Numbers of tokens: `BOS`, the sentence, then `PAD`.
    memory : Memory
        From `encode`.
    n_heads : int
        Must divide ``d_model``.

    Returns
    -------
    logits : ndarray of shape (batch, n_target, n_tokens)
        At each position those of the token that follows; without meaning where the target is
        padded.
    maps : DecoderMaps

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or padding precedes a token.

    Notes
    -----
    Vaswani et al. (2017), with the normalisation before each sublayer. Page ``transformer``.
    """
    cache = decoder_start(params, memory, n_heads=n_heads)
    ids = _check_ids("target_ids", target_ids, params)
    _check_batch("target_ids", ids, cache)
    real = ids != PAD
    if (real[:, 1:] > real[:, :-1]).any():
        raise ValueError(
            "target_ids must be padded at the end, got padding before a token. Move it behind: the "
            "look-ahead mask hides nothing else."
        )
    logits, maps, _ = _decode(params, ids, cache)
    return logits, maps


def decoder_start(params: TransformerParams, memory: Memory, *, n_heads: int) -> DecoderCache:
    """Compute what every step of decoding needs of the source: keys and values of each layer.

    Parameters
    ----------
    params : TransformerParams
    memory : Memory
        From `encode`.
    n_heads : int
        Must divide ``d_model``.

    Returns
    -------
    DecoderCache
        For the first `decode_step`.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.
    """
    params = check_transformer(params)
    n_heads = _check_heads(params, n_heads)
    memory = _check_memory(params, memory)
    with np.errstate(all="ignore"):
        layers = tuple(
            DecoderLayerCache(
                target=_keys_values(layer.self_attention, memory.tokens[:, :0], n_heads),
                source=_keys_values(layer.cross_attention, memory.tokens, n_heads),
            )
            for layer in params.decoder
        )
    check_held("params and memory", layers)
    return DecoderCache(layers, memory.real)


def decode_step(
    params: TransformerParams, ids: ArrayLike, cache: DecoderCache
) -> tuple[Floats, DecoderMaps, DecoderCache]:
    """Read one more token of each target sentence, and score what follows.

    Parameters
    ----------
    params : TransformerParams
        Those that the cache began with. They are not checked again: in a loop that would take
        longer than the step.
    ids : array_like of int, of shape (batch,)
        Numbers of the tokens; at the first step `BOS`.
    cache : DecoderCache
        From `decoder_start` or the step before.

    Returns
    -------
    logits : ndarray of shape (batch, n_tokens)
    maps : DecoderMaps
        With one row, that of the new token.
    cache : DecoderCache
        For the next step; the one that was passed in stays as it is.

    Raises
    ------
    ValueError
        If the batch does not fit the cache, or a number is out of range.
    """
    check_shape("ids", ids, "batch")
    found = _check_ids("ids", np.asarray(ids)[:, None], params)
    _check_batch("ids", found, cache)
    logits, maps, cache = _decode(params, found, cache)
    return logits[:, 0], maps, cache


def select_sentences(cache: DecoderCache, rows: ArrayLike) -> DecoderCache:
    """Go on with some sentences of a batch, each once, several times or not at all.

    Parameters
    ----------
    cache : DecoderCache
    rows : array_like of int, of shape (n_selected,)
        Their places in the batch.

    Returns
    -------
    DecoderCache
    """
    check_shape("rows", rows, "n_selected")
    places = check_integers("rows", rows, at_least=0, at_most=len(cache.real) - 1)
    selected: DecoderCache = map_leaves(lambda array: array[places], cache)
    return selected


def translate_ids(
    params: TransformerParams, source_ids: ArrayLike, *, n_heads: int, limit: int
) -> NDArray[np.int64]:
    """Translate a batch greedily: write the token with the highest score until `EOS`.

    Parameters
    ----------
    params : TransformerParams
    source_ids : array_like of int, of shape (batch, n_source)
        As for `encode`.
    n_heads : int
        Must divide ``d_model``.
    limit : int
        How many tokens to write at most.

    Returns
    -------
    ndarray of int64 of shape (batch, n_written)
        At most `limit` tokens, the last of which is `EOS` if the sentence ended, then `PAD`.
        Neither `PAD` nor `BOS` is written within a sentence.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.
    """
    limit = check_integer("limit", limit)
    memory, _ = encode(params, source_ids, n_heads=n_heads)
    cache = decoder_start(params, memory, n_heads=n_heads)
    ids = np.full(len(memory.real), BOS)
    ended = np.zeros(len(ids), np.bool_)
    written: list[NDArray[np.int64]] = []
    while len(written) < limit and not ended.all():
        logits, _, cache = decode_step(params, ids, cache)
        logits[:, [PAD, BOS]] = -np.inf
        ids = np.where(ended, PAD, logits.argmax(axis=-1))
        written.append(ids)
        ended |= ids == EOS
    return np.stack(written, axis=1)


# Private -------------------------------------------------------------------------------------


def _decode(
    params: TransformerParams, ids: NDArray[np.int64], cache: DecoderCache
) -> tuple[Floats, DecoderMaps, DecoderCache]:
    """Read further tokens, (batch, n_new), after those that the cache remembers."""
    _, n_heads, n_old, _ = cache.layers[0].target.keys.shape
    ahead = look_ahead_mask(n_old + ids.shape[1])[n_old:]
    maps, layers = [], []
    with np.errstate(all="ignore"):
        x = _embed(params, ids, n_old)
        for layer, (target, source) in zip(params.decoder, cache.layers, strict=True):
            normal = _norm(layer.self_norm, x)
            target = _joined(target, _keys_values(layer.self_attention, normal, n_heads))
            change, own = _attend(layer.self_attention, normal, target, ahead)
            x = x + change
            normal, real = _norm(layer.cross_norm, x), cache.real[:, None, None]
            change, across = _attend(layer.cross_attention, normal, source, real)
            x = x + change
            x = x + _feed_forward(layer.feed_forward, _norm(layer.feed_forward_norm, x))
            maps.append((own, across))
            layers.append(DecoderLayerCache(target, source))
        logits = _map(_norm(params.decoder_norm, x), params.embedding.T)
    check_held("params and memory", logits)
    stacked = DecoderMaps(*(np.stack(each) for each in zip(*maps, strict=True)))
    return logits, stacked, DecoderCache(tuple(layers), cache.real)


def _embed(params: TransformerParams, ids: NDArray[np.int64], first: int = 0) -> Floats:
    """Give tokens their vectors, and positions from `first` on."""
    d_model, dtype = params.embedding.shape[1], params.embedding.dtype
    positions = sinusoidal_positions(first + ids.shape[1], d_model, dtype=dtype)[first:]
    x: Floats = params.embedding[ids] * np.sqrt(d_model).astype(dtype) + positions
    return x


def _norm(params: LayerNormParams, x: Floats) -> Floats:
    y, _, deviation = trusted_layer_norm(params, x)
    check_held("params", deviation)  # of an infinite one the output would be the bias
    return y


def _dense(params: DenseParams, x: Floats) -> Floats:
    return _map(x, params.W) + params.b


def _map(x: Floats, W: Floats) -> Floats:
    """Multiply all tokens as rows of one matrix: NumPy would take sentence after sentence."""
    rows: Floats = x.reshape(-1, x.shape[-1]) @ W
    return rows.reshape(*x.shape[:-1], W.shape[1])


def _feed_forward(params: FeedForwardParams, x: Floats) -> Floats:
    return _dense(params.outer, np.maximum(_dense(params.inner, x), 0))


def _keys_values(params: MultiHeadParams, x: Floats, n_heads: int) -> KeysValues:
    keys, values = (split_heads(_dense(part, x), n_heads) for part in (params.key, params.value))
    return KeysValues(keys, values)


def _attend(
    params: MultiHeadParams, x: Floats, seen: KeysValues, allowed: Mask
) -> tuple[Floats, Floats]:
    """Let tokens attend to what keys and values were made of."""
    query = split_heads(_dense(params.query, x), seen.keys.shape[1])
    context, weights = trusted_attention(query, *seen, allowed)
    return _dense(params.output, merge_heads(context)), weights


def _joined(old: KeysValues, new: KeysValues) -> KeysValues:
    return KeysValues(*(np.concatenate(pair, axis=2) for pair in zip(old, new, strict=True)))


def _check_heads(params: TransformerParams, n_heads: int) -> int:
    d_model = params.embedding.shape[1]
    if d_model % check_integer("n_heads", n_heads):
        raise ValueError(f"n_heads must divide d_model={d_model}, got {n_heads}.")
    return n_heads


def _check_ids(name: str, ids: ArrayLike, params: TransformerParams) -> NDArray[np.int64]:
    batch, n_ids = check_shape(name, ids, "batch n_ids")
    if not batch or not n_ids:
        raise ValueError(f"{name} must hold at least one token, got shape {(batch, n_ids)}.")
    return check_integers(name, ids, at_least=0, at_most=len(params.embedding) - 1)


def _check_batch(name: str, ids: NDArray[np.int64], cache: DecoderCache) -> None:
    if len(ids) != len(cache.real):
        raise ValueError(
            f"{name} must be as many sentences as the source, {len(cache.real)}, got {len(ids)}."
        )


def _check_memory(params: TransformerParams, memory: Memory) -> Memory:
    if not isinstance(memory, tuple) or len(memory) != len(Memory._fields):
        raise ValueError(
            f"memory must be the Memory that encode returns, got {type(memory).__name__}."
        )
    d_model, dtype = params.embedding.shape[1], params.embedding.dtype
    batch, n_source, _ = check_shape(
        "memory.tokens", memory[0], "batch n_source d_model", d_model=d_model
    )
    real = check_mask("memory.real", memory[1], "batch n_source", batch=batch, n_source=n_source)
    tokens = np.asarray(memory[0])
    if tokens.dtype != dtype:
        raise ValueError(
            f"memory.tokens must be {dtype} as the parameters are, got {tokens.dtype}."
        )
    return Memory(tokens, real)
