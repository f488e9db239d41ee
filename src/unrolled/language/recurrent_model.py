"""A recurrent language model: it predicts the next token from all tokens before it, and writes.

Tokens are integers. Zero is the border of a sentence: where the model reads it, it is the beginning
(BOS), and where the model predicts it, the end (EOS). So there are as many rows to look up as
tokens to choose from, and they may share their weights.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from unrolled.language.embeddings import embedding_backward, embedding_forward
from unrolled.networks.activations import trusted_softmax
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
    check_number,
    check_shape,
)

__all__ = [
    "BORDER",
    "Batch",
    "ModelCache",
    "RecurrentModel",
    "TiedModel",
    "chances",
    "clipped_gradient",
    "draw_batches",
    "draw_rows",
    "generate",
    "greedy",
    "log_probabilities",
    "model_backward",
    "model_forward",
    "model_gradient",
    "model_init",
    "sample",
    "teacher_forced",
]

BORDER = 0  # the id that is BOS where it is read and EOS where it is predicted
POOL = 16  # batches that are put together from sentences of similar length
CHUNK = 256  # sentences that are scored at once

Floats = NDArray[Any]
Ids = NDArray[np.int64]
Sentences = Sequence[Sequence[int]]
Params = TypeVar("Params", "RecurrentModel", "TiedModel")


class RecurrentModel(NamedTuple):
    """Weights of a language model; their gradient has the same form."""

    W: Floats  # (n_tokens, n_dims)    embeddings: a row for each token that is read
    gru: GRUParams  # from n_dims to n_hidden
    W_o: Floats  # (n_tokens, n_hidden)  output layer: a row for each token to predict
    b_o: Floats  # (n_tokens,)           its bias


class TiedModel(NamedTuple):
    """Weights of a language model whose output layer has the rows of the embeddings."""

    W: Floats  # (n_tokens, n_dims), where n_dims is n_hidden
    gru: GRUParams
    b_o: Floats  # (n_tokens,)


class ModelCache(NamedTuple):
    """What a forward pass stores for the backward pass."""

    params: Any  # the very object that was passed in
    ids: Ids  # (batch, time); the border where padded
    gru: GRUCache
    h: Floats  # (batch, time, n_hidden); states


class Batch(NamedTuple):
    """Sentences for teacher forcing; each array of shape (batch, time)."""

    ids: Ids  # what is read: BOS, then the tokens
    targets: Ids  # what is predicted: the tokens, then EOS
    mask: NDArray[np.bool_]  # True where there is something to predict


_GATE = GRUGate("n_dims n_hidden", "n_hidden n_hidden", "n_hidden")  # type: ignore[arg-type]
_AXES: Any = RecurrentModel(
    "n_tokens n_dims",  # type: ignore[arg-type]
    GRUParams(_GATE, _GATE, _GATE),
    "n_tokens n_hidden",  # type: ignore[arg-type]
    "n_tokens",  # type: ignore[arg-type]
)


def model_init(
    n_tokens: int,
    n_dims: int,
    n_hidden: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> RecurrentModel:
    """Draw initial weights.

    Parameters
    ----------
    n_tokens : int
        Number of different tokens, with the border.
    n_dims, n_hidden : int
        Dimensions of an embedding and of the state.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    RecurrentModel
        For a tied one take ``TiedModel(model.W, model.gru, model.b_o)``; its `n_dims` and
        `n_hidden` must be equal.

    Raises
    ------
    ValueError
        If a size is below one, `rng` is not a generator, or `dtype` is neither float64 nor float32.
    """
    W = glorot_uniform(n_tokens, n_dims, rng=rng, dtype=dtype)
    gru = gru_init(n_dims, n_hidden, rng=rng, dtype=dtype)
    W_o = glorot_uniform(n_tokens, n_hidden, rng=rng, dtype=dtype)
    return RecurrentModel(W, gru, W_o, np.zeros(n_tokens, W.dtype))


def teacher_forced(sentences: Sentences) -> Batch:
    """Put sentences into arrays, with the targets one step ahead of what is read.

    Parameters
    ----------
    sentences : sequence of sequence of int
        Token ids, from 1 on; without BOS and EOS. A sentence may be empty.

    Returns
    -------
    Batch
        As many steps as the longest sentence has tokens, and one more. Padding holds zeros.

    Raises
    ------
    ValueError
        If there is no sentence, or an id is not an integer above zero.

    Notes
    -----
    Page ``language-network``.
    """
    _check_some(sentences)
    lengths = np.array([len(sentence) for sentence in sentences])
    mask = np.arange(lengths.max() + 1) <= lengths[:, None]
    tokens = np.zeros((len(lengths), lengths.max()), np.int64)
    repair = "0 is the border, which is added here."
    flat = [token for sentence in sentences for token in sentence]
    tokens[mask[:, 1:]] = check_integers("sentences", flat, at_least=1, repair=repair)
    border = np.full((len(lengths), 1), BORDER)
    return Batch(np.hstack([border, tokens]), np.hstack([tokens, border]), mask)


@np.errstate(all="ignore")
def model_forward(
    params: RecurrentModel | TiedModel,
    ids: ArrayLike,
    h0: ArrayLike | None = None,
    *,
    mask: ArrayLike | None = None,
) -> tuple[Floats, ModelCache]:
    """Compute the logits of the next token at every step.

    Parameters
    ----------
    params : RecurrentModel or TiedModel
        All float64, or all float32.
    ids : array_like of int, of shape (batch, time)
        What is read, from 0 to ``n_tokens - 1``; anything where padded.
    h0 : array_like of shape (batch, n_hidden), optional
        State before the first step; zeros by default.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time), optional
        True is a real step.

    Returns
    -------
    logits : ndarray of shape (batch, time, n_tokens)
        Their softmax gives the probabilities of the next token.
    cache : ModelCache
        What `model_backward` needs, and the states.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a number overflows.

    Notes
    -----
    Page ``language-network``, equation ``lm-output``.
    """
    model = _untied(params)
    n_tokens = check_params("params", model, _AXES)["n_tokens"]
    shape = check_shape("ids", ids, "batch time")
    real = None if mask is None else check_mask("mask", mask, "batch time", **_sizes(shape))
    known = check_integers("ids", _drop(ids, real), at_least=0, at_most=n_tokens - 1)
    W, W_o, b_o = check_floats({"W": model.W, "W_o": model.W_o, "b_o": model.b_o})
    h, cache = gru_forward(model.gru, embedding_forward(W, known), h0, mask=real)
    logits = h @ W_o.T + b_o
    check_held("params", logits)
    return logits, ModelCache(params, known, cache, h)


@np.errstate(all="ignore")
def model_backward(params: Params, cache: ModelCache, d_logits: ArrayLike) -> Params:
    """Propagate derivatives of the loss back to the weights.

    Parameters
    ----------
    params : RecurrentModel or TiedModel
        Those of the forward pass.
    cache : ModelCache
    d_logits : array_like of shape (batch, time, n_tokens)
        Zero where padded.

    Returns
    -------
    RecurrentModel or TiedModel
        Derivatives, with the shapes of the weights.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.

    Notes
    -----
    Page ``language-network``, equation ``lm-tied-gradient`` where the output layer is tied.
    """
    model = _untied(check_cache(params, cache, ModelCache))
    shape = (*cache.ids.shape, len(model.W))
    (d_o,) = check_gradients(cache.h, d_logits=(d_logits, "batch time n_tokens", shape))
    d_W_o = np.einsum("btw,bth->wh", d_o, cache.h, optimize=True)
    d_h = d_o @ model.W_o
    check_held("d_logits", d_h)
    through = gru_backward(cache.gru.params, cache.gru, d_h)
    d_W = embedding_backward(cache.ids, through.x, len(model.W))
    gradient = RecurrentModel(d_W, through.params, d_W_o, d_o.sum(axis=(0, 1)))
    check_held("d_logits", gradient)
    if isinstance(params, TiedModel):
        return TiedModel(gradient.W + gradient.W_o, gradient.gru, gradient.b_o)
    return gradient


def model_gradient(
    params: Params, ids: ArrayLike, targets: ArrayLike, mask: ArrayLike
) -> tuple[float, Params]:
    """Compute the loss of one batch, and its gradient.

    Parameters
    ----------
    params : RecurrentModel or TiedModel
    ids, targets : array_like of int, of shape (batch, time)
        What is read, and what is to be predicted at each step.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time)
        Which steps are real; the others count nowhere.

    Returns
    -------
    loss : float
        Mean cross-entropy over the real steps, in nats: the logarithm of the perplexity.
    gradient : RecurrentModel or TiedModel

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or no step is real.

    Notes
    -----
    Page ``language-network``, equation ``lm-masked-loss``.
    """
    logits, cache = model_forward(params, ids, mask=mask)
    loss, cost = cross_entropy_forward(logits, targets, mask=mask)
    return loss, model_backward(params, cache, cross_entropy_backward(cost))


def clipped_gradient(
    params: Params, ids: ArrayLike, targets: ArrayLike, mask: ArrayLike, *, max_norm: float = 1.0
) -> tuple[float, Params]:
    """Compute the loss of one batch, and its gradient, scaled down if its norm is too large.

    Parameters
    ----------
    params, ids, targets, mask
        As for `model_gradient`.
    max_norm : float, optional
        The largest norm allowed; above zero.

    Returns
    -------
    loss : float
    gradient : RecurrentModel or TiedModel

    Raises
    ------
    ValueError
        As `model_gradient`, or if `max_norm` is not above zero.
    """
    loss, gradient = model_gradient(params, ids, targets, mask)
    return loss, clip_by_norm(gradient, max_norm)


def draw_batches(
    sentences: Sentences, batch_size: int, *, rng: np.random.Generator
) -> Iterator[Batch]:
    """Draw batches without end; in each epoch every sentence occurs once.

    Parameters
    ----------
    sentences : sequence of sequence of int
        As for `teacher_forced`.
    batch_size : int
        Number of sentences in a batch, at most.
    rng : numpy.random.Generator

    Yields
    ------
    Batch
        Sentences of similar length, so that little is padded.

    Raises
    ------
    ValueError
        If there is no sentence, or an argument has the wrong type.
    """
    _check_some(sentences)
    lengths = [len(sentence) for sentence in sentences]
    for rows in draw_rows(lengths, batch_size, rng=rng):
        yield teacher_forced([sentences[row] for row in rows])


def draw_rows(
    lengths: Sequence[int], batch_size: int, *, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Draw the numbers of the sentences of each batch, without end.

    Parameters
    ----------
    lengths : sequence of int
        Of the sentences; those of a batch are of similar length.
    batch_size : int
        Number of sentences in a batch, at most.
    rng : numpy.random.Generator

    Yields
    ------
    ndarray of int, of shape (batch,)
        In each epoch every sentence occurs once.

    Raises
    ------
    ValueError
        If there is no sentence, or an argument has the wrong type.
    """
    batch_size = check_integer("batch_size", batch_size)
    check_generator("rng", rng)
    _check_some(lengths)
    sizes = np.array(lengths)
    while True:
        order = rng.permutation(len(sizes))
        for first in range(0, len(order), POOL * batch_size):
            pool = order[first : first + POOL * batch_size]
            pool = pool[np.argsort(sizes[pool], kind="stable")]
            batches = [pool[n : n + batch_size] for n in range(0, len(pool), batch_size)]
            for n in rng.permutation(len(batches)):
                yield batches[n]


def log_probabilities(
    params: RecurrentModel | TiedModel, sentences: Sentences
) -> tuple[NDArray[np.float64], ...]:
    """Compute the logarithm of the probability of every token, given the true tokens before it.

    Parameters
    ----------
    params : RecurrentModel or TiedModel
    sentences : sequence of sequence of int
        As for `teacher_forced`.

    Returns
    -------
    tuple of ndarray
        One for each sentence: natural logarithms of its tokens and of EOS, in their order.

    Raises
    ------
    ValueError
        If a token or a number is not as described.
    """
    _check_some(sentences)
    order = np.argsort([len(sentence) for sentence in sentences], kind="stable")
    found: dict[int, NDArray[np.float64]] = {}
    for first in range(0, len(order), CHUNK):
        rows = order[first : first + CHUNK]
        ids, targets, mask = teacher_forced([sentences[row] for row in rows])
        logits, _ = model_forward(params, ids, mask=mask)
        highest = logits.max(axis=2, keepdims=True)
        logits = logits.astype(np.float64) - highest
        right = np.take_along_axis(logits, targets[..., None], axis=2)[..., 0]
        logs = right - np.log(np.exp(logits).sum(axis=2))
        found |= {int(row): line[real] for row, line, real in zip(rows, logs, mask, strict=True)}
    return tuple(found[row] for row in range(len(order)))


def chances(
    logits: ArrayLike, *, temperature: float = 1.0, top_k: int | None = None
) -> NDArray[np.float64]:
    """Turn logits into the probabilities with which the next token is drawn.

    Parameters
    ----------
    logits : array_like of float64 or float32, of shape (n_tokens,)
    temperature : float, optional
        Above zero; logits are divided by it. Below one likely tokens become likelier, above one the
        choice becomes more even.
    top_k : int, optional
        How many of the likeliest tokens are kept; all of them by default. Of equally likely ones
        those with smaller ids are kept.

    Returns
    -------
    ndarray of shape (n_tokens,)
        They sum to one.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Page ``language-network``, equation ``lm-temperature``.
    """
    scores = _check_logits(logits)
    repair = "Its limit at zero is `greedy`."
    temperature = check_number("temperature", temperature, above=0, repair=repair)
    kept = len(scores) if top_k is None else check_integer("top_k", top_k, at_most=len(scores))
    dropped = np.argsort(-scores, kind="stable")[kept:]
    with np.errstate(over="ignore", under="ignore"):
        scaled = (scores.astype(np.float64) - float(scores.max())) / temperature
        scaled[dropped] = -np.inf
        return trusted_softmax(scaled)


def greedy(logits: ArrayLike) -> int:
    """Choose the likeliest token.

    Parameters
    ----------
    logits : array_like of float64 or float32, of shape (n_tokens,)

    Returns
    -------
    int
        Its id; of equally likely ones the smallest.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.
    """
    return int(_check_logits(logits).argmax())


def sample(
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    rng: np.random.Generator,
) -> int:
    """Draw a token.

    Parameters
    ----------
    logits, temperature, top_k
        As for `chances`.
    rng : numpy.random.Generator

    Returns
    -------
    int
        Its id.

    Raises
    ------
    ValueError
        If a shape or a number is not as described, or `rng` is not a generator.
    """
    p = chances(logits, temperature=temperature, top_k=top_k)
    return int(check_generator("rng", rng).choice(len(p), p=p))


def generate(
    params: RecurrentModel | TiedModel,
    choose: Callable[[Floats], int],
    *,
    limit: int,
    start: Sequence[int] = (),
) -> list[int]:
    """Write a sentence: read BOS and the start, choose a token, read it, and so on until EOS.

    Parameters
    ----------
    params : RecurrentModel or TiedModel
    choose : callable
        From the logits of the next token, of shape (n_tokens,), to its id: `greedy`, or `sample`
        with a generator.
    limit : int
        How many tokens it writes at most, EOS included.
    start : sequence of int, optional
        Tokens, from 1 on, with which the sentence begins.

    Returns
    -------
    list of int
        The start and what was written; it ends in EOS, 0, unless the limit came first.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    limit = check_integer("limit", limit)
    model, text = _untied(params), [int(token) for token in start]
    logits, cache = model_forward(params, teacher_forced([start]).ids)
    state, scores = cache.h[:, -1], logits[0, -1]
    for _ in range(limit):
        token = check_integer("choose", choose(scores), at_least=0, at_most=len(scores) - 1)
        text.append(token)
        if token == BORDER:
            break
        _, state = gru_step(model.gru, model.W[[token]], state)
        scores = (state @ model.W_o.T + model.b_o)[0]
    return text


def _untied(params: Any) -> RecurrentModel:
    """Give a tied model an output layer of its own name: the same array."""
    if isinstance(params, TiedModel):
        return RecurrentModel(params.W, params.gru, params.W, params.b_o)
    model: RecurrentModel = params  # of another kind, `check_params` says so
    return model


def _check_some(sentences: Sequence[Any]) -> None:
    if not len(sentences):
        raise ValueError("sentences must hold at least one sentence, got none.")


def _check_logits(logits: ArrayLike) -> Floats:
    (scores,) = check_floats({"logits": logits})
    if not check_shape("logits", scores, "n_tokens")[0]:
        raise ValueError("logits must hold at least one token, got none.")
    return scores


def _drop(ids: ArrayLike, real: NDArray[np.bool_] | None) -> ArrayLike:
    """Put the border where padded."""
    return ids if real is None else np.where(real, ids, BORDER)


def _sizes(shape: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(("batch", "time"), shape, strict=True))
