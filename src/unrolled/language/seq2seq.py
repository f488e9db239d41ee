"""From a sentence to its translation: a recurrent encoder and decoder, with or without attention.

The encoder reads the source, and its last state is the decoder's first. At each step the decoder
also gets a context, a weighted mean of the encoder's states. The weights are those of attention,
with one of three scores; or, without attention, one for the last state and zero for all others. So
both kinds are the same network but for the weights.

Tokens are integers. Zero is the border: the end of a source and of a target, and the beginning of
what the decoder reads, as in `unrolled.language.recurrent_model`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from unrolled.language.embeddings import embedding_backward, embedding_forward
from unrolled.language.recurrent_model import BORDER, draw_rows, teacher_forced
from unrolled.networks.activations import trusted_softmax
from unrolled.networks.attention_scores import (
    additive_scores,
    additive_scores_backward,
    bilinear_scores,
    bilinear_scores_backward,
)
from unrolled.networks.checks import check_cache, check_gradients, check_held
from unrolled.networks.clipping import clip_by_norm
from unrolled.networks.gru import (
    GRUCache,
    GRUGate,
    GRUParams,
    gru_backward,
    gru_forward,
    gru_init,
    gru_step,
)
from unrolled.networks.initialisers import glorot_uniform
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.pytrees import check_params
from unrolled.shapes import (
    check_floats,
    check_generator,
    check_integer,
    check_integers,
    check_mask,
    check_shape,
)

__all__ = [
    "SCORES",
    "AdditiveScore",
    "BilinearScore",
    "DotScore",
    "LastState",
    "PairBatch",
    "Readout",
    "Seq2Seq",
    "Seq2SeqCache",
    "Translation",
    "clipped_gradient",
    "draw_pairs",
    "pair_batch",
    "seq2seq_backward",
    "seq2seq_forward",
    "seq2seq_gradient",
    "seq2seq_init",
    "translate",
]

CHUNK = 256  # sentences that are translated at once
SPREAD = 0.5  # standard deviation of the numbers of an embedding before training

Floats = NDArray[Any]
Bools = NDArray[np.bool_]
Ids = NDArray[np.int64]
Sentences = Sequence[Sequence[int]]


class LastState(NamedTuple):
    """No attention: all of the weight is on the encoder's last state."""


class DotScore(NamedTuple):
    """The dot product of the two states, which has no parameters."""


class BilinearScore(NamedTuple):
    """Parameters of `bilinear_scores`, the score that is called *general*."""

    W: Floats  # (n_hidden, n_hidden)


class AdditiveScore(NamedTuple):
    """Parameters of `additive_scores`."""

    U_q: Floats  # (n_hidden, n_units)
    U_k: Floats  # (n_hidden, n_units)
    w: Floats  # (n_units,)


class Readout(NamedTuple):
    """From a state and a context to logits, by way of a hidden layer."""

    W_q: Floats  # (n_hidden, n_hidden)  of the state
    W_z: Floats  # (n_hidden, n_hidden)  of the context
    b_a: Floats  # (n_hidden,)
    W_o: Floats  # (n_hidden, n_target)
    b_o: Floats  # (n_target,)


class Seq2Seq(NamedTuple):
    """Weights of an encoder and a decoder; their gradient has the same form."""

    source: Floats  # (n_source, n_dims)  embeddings of what the encoder reads
    encoder: GRUParams  # from n_dims to n_hidden
    target: Floats  # (n_target, n_dims)  embeddings of what the decoder reads
    decoder: GRUParams  # from n_dims to n_hidden
    score: AdditiveScore | BilinearScore | DotScore | LastState
    readout: Readout


class PairBatch(NamedTuple):
    """Sources and targets, padded; each target is one step ahead of what is read."""

    source: Ids  # (batch, n_source_steps)  ends in the border
    source_mask: Bools  # (batch, n_source_steps)
    ids: Ids  # (batch, n_steps)  what the decoder reads: begins with the border
    targets: Ids  # (batch, n_steps)  what it is to predict: ends in the border
    mask: Bools  # (batch, n_steps)


class Seq2SeqCache(NamedTuple):
    """What a forward pass stores for the backward pass, and to be looked at."""

    params: Seq2Seq  # the very object that was passed in
    source: Ids  # (batch, n_source_steps); zero where padded, like the next
    ids: Ids  # (batch, n_steps)
    encoder: GRUCache
    decoder: GRUCache
    keys: Floats  # (batch, n_source_steps, n_hidden)  states of the encoder
    states: Floats  # (batch, n_steps, n_hidden)  states of the decoder, which are the queries
    weights: Floats  # (batch, n_steps, n_source_steps); each row sums to one
    context: Floats  # (batch, n_steps, n_hidden)
    a: Floats  # (batch, n_steps, n_hidden)  hidden layer of the readout


class Translation(NamedTuple):
    """What was written, and where the decoder looked."""

    ids: list[int]  # ends in the border, unless the limit came first
    weights: Floats  # (len(ids), length of the source with its border)


_GATE = GRUGate("n_dims n_hidden", "n_hidden n_hidden", "n_hidden")  # type: ignore[arg-type]
_GRU = GRUParams(_GATE, _GATE, _GATE)
_SCORES: Any = {
    LastState: LastState(),
    DotScore: DotScore(),
    BilinearScore: BilinearScore("n_hidden n_hidden"),  # type: ignore[arg-type]
    AdditiveScore: AdditiveScore("n_hidden n_units", "n_hidden n_units", "n_units"),  # type: ignore[arg-type]
}
_AXES: Any = Seq2Seq(
    "n_source n_dims",  # type: ignore[arg-type]
    _GRU,
    "n_target n_dims",  # type: ignore[arg-type]
    _GRU,
    LastState(),
    Readout(
        "n_hidden n_hidden",  # type: ignore[arg-type]
        "n_hidden n_hidden",  # type: ignore[arg-type]
        "n_hidden",  # type: ignore[arg-type]
        "n_hidden n_target",  # type: ignore[arg-type]
        "n_target",  # type: ignore[arg-type]
    ),
)
SCORES = {"none": LastState, "dot": DotScore, "general": BilinearScore, "additive": AdditiveScore}
"""The kinds of weights by their names."""


def seq2seq_init(
    n_source: int,
    n_target: int,
    n_dims: int,
    n_hidden: int,
    *,
    score: str,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> Seq2Seq:
    """Draw initial weights.

    Parameters
    ----------
    n_source, n_target : int
        Numbers of different tokens, with the border.
    n_dims, n_hidden : int
        Dimensions of an embedding and of a state.
    score : {"none", "dot", "general", "additive"}
        How the decoder weighs the encoder's states; "none" is without attention. All else is drawn
        alike for each of the four.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    Seq2Seq
        The hidden layer of the additive score has ``n_hidden`` units. Embeddings are normally
        distributed, with standard deviation 0.5: smaller ones are slow to grow.

    Raises
    ------
    ValueError
        If a size is below one, `score` is none of the four, `rng` is not a generator, or `dtype` is
        neither float64 nor float32.
    """
    check_generator("rng", rng)
    if score not in SCORES:
        raise ValueError(f"score must be one of {', '.join(SCORES)}, got {score!r}.")

    def draw(n_in: int, n_out: int) -> Floats:
        return glorot_uniform(n_in, n_out, rng=rng, dtype=dtype)

    source, target = (
        SPREAD * rng.normal(size=(check_integer(name, n), check_integer("n_dims", n_dims)))
        for name, n in (("n_source", n_source), ("n_target", n_target))
    )
    encoder, decoder = (gru_init(n_dims, n_hidden, rng=rng, dtype=dtype) for _ in range(2))
    W_q, W_z, W_o = draw(n_hidden, n_hidden), draw(n_hidden, n_hidden), draw(n_hidden, n_target)
    b_a, b_o = np.zeros(n_hidden, W_q.dtype), np.zeros(n_target, W_q.dtype)
    if SCORES[score] is AdditiveScore:
        hidden = draw(n_hidden, n_hidden), draw(n_hidden, n_hidden)
        weighing: Any = AdditiveScore(*hidden, draw(n_hidden, 1)[:, 0])
    else:
        weighing = SCORES[score](*(draw(n_hidden, n_hidden) for _ in _SCORES[SCORES[score]]))
    readout = Readout(W_q, W_z, b_a, W_o, b_o)
    source, target = source.astype(W_q.dtype), target.astype(W_q.dtype)
    return Seq2Seq(source, encoder, target, decoder, weighing, readout)


def pair_batch(sources: Sentences, targets: Sentences) -> PairBatch:
    """Put sentences and their translations into arrays.

    Parameters
    ----------
    sources, targets : sequence of sequence of int
        Token ids, from 1 on, without the border. A sentence may be empty.

    Returns
    -------
    PairBatch
        Each sentence ends in the border. Padding holds zeros.

    Raises
    ------
    ValueError
        If there is no sentence, the numbers of sources and targets differ, or an id is not an
        integer above zero.

    Notes
    -----
    Page ``sequence-to-sequence``.
    """
    _check_pairs(sources, targets)
    _, source, source_mask = teacher_forced(sources)
    return PairBatch(source, source_mask, *teacher_forced(targets))


def draw_pairs(
    sources: Sentences, targets: Sentences, batch_size: int, *, rng: np.random.Generator
) -> Iterator[PairBatch]:
    """Draw batches without end; in each epoch every pair occurs once.

    Parameters
    ----------
    sources, targets : sequence of sequence of int
        As for `pair_batch`.
    batch_size : int
        Number of pairs in a batch, at most.
    rng : numpy.random.Generator

    Yields
    ------
    PairBatch
        Pairs of similar length, so that little is padded.

    Raises
    ------
    ValueError
        If there is no pair, or an argument has the wrong type.
    """
    _check_pairs(sources, targets)
    lengths = [len(pair[0]) + len(pair[1]) for pair in zip(sources, targets, strict=True)]
    for rows in draw_rows(lengths, batch_size, rng=rng):
        yield pair_batch([sources[row] for row in rows], [targets[row] for row in rows])


@np.errstate(all="ignore")
def seq2seq_forward(
    params: Seq2Seq,
    source: ArrayLike,
    ids: ArrayLike,
    *,
    source_mask: ArrayLike | None = None,
    mask: ArrayLike | None = None,
) -> tuple[Floats, Seq2SeqCache]:
    """Compute the logits of the next target token at every step.

    Parameters
    ----------
    params : Seq2Seq
        All float64, or all float32.
    source : array_like of int, of shape (batch, n_source_steps)
        What the encoder reads, from 0 to ``n_source - 1``; anything where padded.
    ids : array_like of int, of shape (batch, n_steps)
        What the decoder reads, from 0 to ``n_target - 1``; anything where padded.
    source_mask, mask : array_like of bool, or of 0 and 1, of the shapes of the two, optional
        True is a real step. A source has at least one.

    Returns
    -------
    logits : ndarray of shape (batch, n_steps, n_target)
    cache : Seq2SeqCache
        What `seq2seq_backward` needs; its `weights` are the alignment.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a number overflows.

    Notes
    -----
    Page ``sequence-to-sequence``, equations ``s2s-context`` and ``s2s-readout``.
    """
    sizes = _check_params(params)
    read, real = _check_ids("source", source, source_mask, sizes["n_source"])
    written, shown = _check_ids("ids", ids, mask, sizes["n_target"], batch=len(read))
    keys, encoder = gru_forward(params.encoder, embedding_forward(params.source, read), mask=real)
    known = embedding_forward(params.target, written)
    states, decoder = gru_forward(params.decoder, known, keys[:, -1], mask=shown)
    weights, context = _attend(params.score, states, keys, real)
    a, logits = _read_out(params.readout, states, context)
    check_held("params", logits)
    return logits, Seq2SeqCache(
        params, read, written, encoder, decoder, keys, states, weights, context, a
    )


def _attend(score: Any, queries: Floats, keys: Floats, real: Bools) -> tuple[Floats, Floats]:
    """Weigh the states of the encoder for each state of the decoder, and average them."""
    if isinstance(score, LastState):
        last = real.shape[1] - 1 - real[:, ::-1].argmax(axis=1)
        one_hot = (np.arange(real.shape[1]) == last[:, None]).astype(keys.dtype)
        weights = np.repeat(one_hot[:, None], queries.shape[1], axis=1)
    else:
        scores = _scores(score, queries, keys)
        weights = trusted_softmax(np.where(real[:, None], scores, -np.inf))
    return weights, weights @ keys


def _scores(score: Any, queries: Floats, keys: Floats) -> Floats:
    if isinstance(score, AdditiveScore):
        return additive_scores(queries, keys, *score)
    if isinstance(score, BilinearScore):
        return bilinear_scores(queries, keys, *score)
    products: Floats = queries @ keys.swapaxes(-1, -2)
    return products


def _read_out(readout: Readout, states: Floats, context: Floats) -> tuple[Floats, Floats]:
    """Compute the hidden layer and the logits."""
    a_bar = states @ readout.W_q + context @ readout.W_z + readout.b_a
    check_held("params", a_bar)  # behind tanh nobody would see an overflow
    a = np.tanh(a_bar)
    return a, a @ readout.W_o + readout.b_o


@np.errstate(all="ignore")
def seq2seq_backward(params: Seq2Seq, cache: Seq2SeqCache, d_logits: ArrayLike) -> Seq2Seq:
    """Propagate derivatives of the loss back to the weights.

    Parameters
    ----------
    params : Seq2Seq
        Those of the forward pass.
    cache : Seq2SeqCache
    d_logits : array_like of shape (batch, n_steps, n_target)
        Zero where padded.

    Returns
    -------
    Seq2Seq
        Derivatives, with the shapes of the weights.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.

    Notes
    -----
    Page ``sequence-to-sequence``, equation ``s2s-keys-gradient``.
    """
    weights = check_cache(params, cache, Seq2SeqCache)
    shape = (*cache.ids.shape, len(weights.target))
    (d_o,) = check_gradients(cache.a, d_logits=(d_logits, "batch n_steps n_target", shape))
    readout, d_states, d_context = _read_out_backward(weights.readout, cache, d_o)
    check_held("d_logits", d_states, d_context)
    score, d_queries, d_keys = _attend_backward(weights.score, cache, d_context)
    check_held("d_logits", d_keys)
    decoder = gru_backward(cache.decoder.params, cache.decoder, d_states + d_queries)
    d_keys[:, -1] += decoder.h0
    encoder = gru_backward(cache.encoder.params, cache.encoder, d_keys)
    return Seq2Seq(
        source=embedding_backward(cache.source, encoder.x, len(weights.source)),
        encoder=encoder.params,
        target=embedding_backward(cache.ids, decoder.x, len(weights.target)),
        decoder=decoder.params,
        score=score,
        readout=readout,
    )


def _read_out_backward(
    readout: Readout, cache: Seq2SeqCache, d_o: Floats
) -> tuple[Readout, Floats, Floats]:
    d_a_bar = d_o @ readout.W_o.T * (1 - cache.a**2)
    d_readout = Readout(
        W_q=_over_all(cache.states, d_a_bar),
        W_z=_over_all(cache.context, d_a_bar),
        b_a=d_a_bar.sum(axis=(0, 1)),
        W_o=_over_all(cache.a, d_o),
        b_o=d_o.sum(axis=(0, 1)),
    )
    check_held("d_logits", d_readout)
    return d_readout, d_a_bar @ readout.W_q.T, d_a_bar @ readout.W_z.T


def _attend_backward(
    score: Any, cache: Seq2SeqCache, d_context: Floats
) -> tuple[Any, Floats | float, Floats]:
    """Go back through the mean, the softmax and the score; weights of zero pass nothing on."""
    weights, queries, keys = cache.weights, cache.states, cache.keys
    d_keys = weights.swapaxes(-1, -2) @ d_context  # as values
    if isinstance(score, LastState):
        return score, 0.0, d_keys
    d_weights = d_context @ keys.swapaxes(-1, -2)
    d_scores = weights * (d_weights - (weights * d_weights).sum(axis=-1, keepdims=True))
    if isinstance(score, AdditiveScore):
        d_queries, d_as_keys, *own = additive_scores_backward(queries, keys, *score, d_scores)
    elif isinstance(score, BilinearScore):
        d_queries, d_as_keys, *own = bilinear_scores_backward(queries, keys, *score, d_scores)
    else:
        d_queries, d_as_keys, own = d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries, []
    return type(score)(*own), d_queries, d_keys + d_as_keys


def _over_all(x: Floats, d_y: Floats) -> Floats:
    """Gradient of a matrix that all steps of all sentences share."""
    return x.reshape(-1, x.shape[-1]).T @ d_y.reshape(-1, d_y.shape[-1])


def seq2seq_gradient(
    params: Seq2Seq,
    source: ArrayLike,
    source_mask: ArrayLike,
    ids: ArrayLike,
    targets: ArrayLike,
    mask: ArrayLike,
) -> tuple[float, Seq2Seq]:
    """Compute the loss of one batch, and its gradient.

    Parameters
    ----------
    params : Seq2Seq
    source, source_mask, ids, targets, mask
        A `PairBatch`.

    Returns
    -------
    loss : float
        Mean cross-entropy over the real steps of the targets, in nats.
    gradient : Seq2Seq

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or no step is real.

    Notes
    -----
    Page ``sequence-to-sequence``, equation ``s2s-loss``.
    """
    logits, cache = seq2seq_forward(params, source, ids, source_mask=source_mask, mask=mask)
    loss, cost = cross_entropy_forward(logits, targets, mask=mask)
    return loss, seq2seq_backward(params, cache, cross_entropy_backward(cost))


def clipped_gradient(
    params: Seq2Seq, *batch: ArrayLike, max_norm: float = 1.0
) -> tuple[float, Seq2Seq]:
    """Compute the loss of one batch, and its gradient, scaled down if its norm is too large.

    Parameters
    ----------
    params : Seq2Seq
    *batch
        The five arrays of a `PairBatch`.
    max_norm : float, optional
        The largest norm allowed; above zero.

    Returns
    -------
    loss : float
    gradient : Seq2Seq

    Raises
    ------
    ValueError
        As `seq2seq_gradient`, or if `max_norm` is not above zero.
    """
    loss, gradient = seq2seq_gradient(params, *batch)
    return loss, clip_by_norm(gradient, max_norm)


def translate(params: Seq2Seq, sources: Sentences, *, limit: int) -> list[Translation]:
    """Translate greedily: read the source, then write the likeliest token, read it, and so on.

    Parameters
    ----------
    params : Seq2Seq
    sources : sequence of sequence of int
        Token ids, from 1 on, without the border.
    limit : int
        How many tokens are written at most, the border included.

    Returns
    -------
    list of Translation
        In the order of the sources. Of equally likely tokens the smallest id is taken.

    Raises
    ------
    ValueError
        If there is no sentence, or an argument has the wrong type or is out of range.

    Notes
    -----
    Page ``sequence-to-sequence``.
    """
    limit = check_integer("limit", limit)
    order = np.argsort([len(source) for source in sources], kind="stable")
    found: dict[int, Translation] = {}
    for first in range(0, max(1, len(order)), CHUNK):
        rows = order[first : first + CHUNK]
        written = _write(params, [sources[row] for row in rows], limit)
        found |= zip(rows.tolist(), written, strict=True)
    return [found[row] for row in range(len(order))]


def _write(params: Seq2Seq, sources: Sentences, limit: int) -> list[Translation]:
    """Translate a few sentences at once; each is cut where its border was written."""
    _, source, real = teacher_forced(sources)
    start = np.full((len(source), 1), BORDER)
    logits, cache = seq2seq_forward(params, source, start, source_mask=real)
    state, tokens, looks = cache.states[:, -1], [logits[:, -1].argmax(axis=1)], [cache.weights]
    ended = tokens[0] == BORDER
    while len(tokens) < limit and not ended.all():
        _, state = gru_step(params.decoder, params.target[tokens[-1]], state)
        weights, context = _attend(params.score, state[:, None], cache.keys, real)
        _, logits = _read_out(params.readout, state[:, None], context)
        tokens.append(logits[:, -1].argmax(axis=1))
        looks.append(weights)
        ended |= tokens[-1] == BORDER
    ids, maps = np.stack(tokens, axis=1), np.concatenate(looks, axis=1)
    closed = np.hstack([ids[:, :-1], np.full((len(ids), 1), BORDER)])  # at the limit all end
    lengths = (closed == BORDER).argmax(axis=1) + 1
    return [
        Translation(row[:n].tolist(), weights[:n, :n_real])
        for row, weights, n, n_real in zip(ids, maps, lengths, real.sum(axis=1), strict=True)
    ]


def _check_pairs(sources: Sentences, targets: Sentences) -> None:
    if len(sources) != len(targets):
        raise ValueError(
            f"targets must hold as many sentences as sources, {len(sources)}, got {len(targets)}."
        )


def _check_params(params: Any) -> dict[str, int]:
    """Check the weights, with the axes of their own kind of score."""
    kind = type(params.score) if isinstance(params, Seq2Seq) else LastState
    if kind not in _SCORES:
        kinds = ", ".join(each.__name__ for each in _SCORES)
        raise ValueError(f"params.score must be one of {kinds}, got {kind.__name__}.")
    sizes = check_params("params", params, _AXES._replace(score=_SCORES[kind]))
    check_floats({"source": params.source, **params.readout._asdict()})
    return sizes


def _check_ids(
    name: str, ids: ArrayLike, mask: ArrayLike | None, n_tokens: int, **sizes: int
) -> tuple[Ids, Bools]:
    """Check what is read, and put the border where it is padded."""
    batch, n_steps = check_shape(name, ids, "batch n_steps", **sizes)
    real = np.ones((batch, n_steps), np.bool_)
    if mask is not None:
        label = "source_mask" if name == "source" else "mask"
        real = check_mask(label, mask, "batch n_steps", batch=batch, n_steps=n_steps)
        if name == "source" and not real.any(axis=1).all():
            raise ValueError("source_mask must be True somewhere in each row, got a row without.")
    known = np.where(real, ids, BORDER)
    return check_integers(name, known, at_least=0, at_most=n_tokens - 1), real
