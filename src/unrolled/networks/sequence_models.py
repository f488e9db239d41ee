"""Small networks for every kind of task on sequences, made of gated units and dense layers.

Three shapes suffice. A chain puts out something at every step; whether the task wants one answer or
many is a matter of which steps count in the loss. A writer turns one vector into a sequence, and a
translator reads a sequence into a vector first.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.dense import (
    DenseCache,
    DenseParams,
    dense_backward,
    dense_forward,
    dense_init,
)
from unrolled.networks.gru import (
    GRUCache,
    GRUParams,
    gru_backward,
    gru_forward,
    gru_init,
    gru_step,
)
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.optimizers import adam_start, adam_step
from unrolled.shapes import check_generator, check_integer, check_shape

__all__ = [
    "Chain",
    "Translator",
    "TwoChains",
    "Writer",
    "chain_init",
    "chains_backward",
    "chains_forward",
    "chains_gradient",
    "train",
    "translate",
    "translator_gradient",
    "translator_init",
    "two_chains_init",
    "write",
    "writer_gradient",
    "writer_init",
]

Floats = NDArray[Any]
Params = TypeVar("Params")


class Chain(NamedTuple):
    """A recurrent layer that runs forwards, and an output at every step."""

    ahead: GRUParams
    out: DenseParams  # (n_hidden, n_out)


class TwoChains(NamedTuple):
    """Two recurrent layers, one for each direction, and an output that sees both states."""

    ahead: GRUParams
    back: GRUParams
    out: DenseParams  # (2 * n_hidden, n_out)


class Writer(NamedTuple):
    """A recurrent layer that starts from one vector and reads what it has written."""

    start: DenseParams  # (n_start, n_hidden)
    rnn: GRUParams
    out: DenseParams  # (n_hidden, n_words)


class Translator(NamedTuple):
    """A recurrent layer that reads, and a writer that starts from its last state."""

    reader: GRUParams
    writer: Writer


class ChainsCache(NamedTuple):
    """What the chains remember."""

    layers: tuple[GRUCache, ...]
    out: DenseCache


class WriterCache(NamedTuple):
    """What a writer remembers."""

    start: DenseCache
    state: Floats  # (batch, n_hidden); before the first step
    rnn: GRUCache
    out: DenseCache


def chain_init(n_in: int, n_hidden: int, n_out: int, *, rng: np.random.Generator) -> Chain:
    """Draw the weights of a network that reads in one direction.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
    rng : numpy.random.Generator

    Returns
    -------
    Chain
    """
    return Chain(gru_init(n_in, n_hidden, rng=rng), dense_init(n_hidden, n_out, rng=rng))


def two_chains_init(n_in: int, n_hidden: int, n_out: int, *, rng: np.random.Generator) -> TwoChains:
    """Draw the weights of a network that reads in both directions.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        `n_hidden` units for each direction.
    rng : numpy.random.Generator

    Returns
    -------
    TwoChains
    """
    ahead, back = (gru_init(n_in, n_hidden, rng=rng) for _ in range(2))
    return TwoChains(ahead, back, dense_init(2 * n_hidden, n_out, rng=rng))


def chains_forward(
    params: Chain | TwoChains, x: Floats, mask: NDArray[np.bool_] | None = None
) -> tuple[Floats, ChainsCache]:
    """Put out logits at every step.

    Parameters
    ----------
    params : Chain or TwoChains
    x : ndarray of shape (batch, time, n_in)
    mask : ndarray of bool, of shape (batch, time), optional
        True is a real step. At a padded step at the end the last state is carried on.

    Returns
    -------
    logits : ndarray of shape (batch, time, n_out)
    cache : ChainsCache
        For `chains_backward`.

    Raises
    ------
    ValueError
        When a shape, a kind or a number does not fit.

    Notes
    -----
    Two directions: Schuster and Paliwal (1997). Page ``sequence-tasks``, equation ``two-chains``.
    """
    check_shape("x", x, "batch time n_in")
    states, layers = [], []
    for n, layer in enumerate(params[:-1]):
        turn = slice(None, None, -1 if n else 1)  # the second chain reads from the end
        real = None if mask is None else np.asarray(mask)[:, turn]
        h, cache = gru_forward(layer, np.asarray(x)[:, turn], mask=real)
        states.append(h[:, turn])
        layers.append(cache)
    logits, seen = _at_every_step(params.out, np.concatenate(states, axis=2))
    return logits, ChainsCache(tuple(layers), seen)


def chains_backward(params: Any, cache: ChainsCache, d_logits: Floats) -> Any:
    """Carry derivatives of the loss back to the weights.

    Parameters
    ----------
    params : Chain or TwoChains
        Those of the forward pass.
    cache : ChainsCache
    d_logits : ndarray of shape (batch, time, n_out)

    Returns
    -------
    Chain or TwoChains
        Derivatives, with the shapes of the weights.
    """
    d_out, d_h = _back_at_every_step(params.out, cache.out, d_logits)
    layers = params[:-1]
    found = []
    for n, (layer, seen) in enumerate(zip(layers, cache.layers, strict=True)):
        turn = slice(None, None, -1 if n else 1)
        share = np.split(d_h, len(layers), axis=2)[n][:, turn]
        found.append(gru_backward(layer, seen, share).params)
    return type(params)(*found, d_out)


def chains_gradient(
    params: Params,
    x: Floats,
    targets: NDArray[np.int64],
    counts: NDArray[np.bool_],
    mask: NDArray[np.bool_] | None = None,
) -> tuple[float, Params]:
    """Compute the loss of one batch, and its derivatives by the weights.

    Parameters
    ----------
    params : Chain or TwoChains
    x : ndarray of shape (batch, time, n_in)
    targets : ndarray of int, of shape (batch, time)
        The right class of each step.
    counts : ndarray of bool, of shape (batch, time)
        Which steps the loss looks at: the last one for a single answer, all for a tag each.
    mask : ndarray of bool, of shape (batch, time), optional
        Which steps are real.

    Returns
    -------
    loss : float
        Mean cross-entropy over the steps that count.
    gradients : Chain or TwoChains
    """
    given: Any = params
    logits, cache = chains_forward(given, x, mask)
    loss, cost = cross_entropy_forward(logits, targets, mask=counts)
    found: Params = chains_backward(given, cache, cross_entropy_backward(cost))
    return loss, found


def writer_init(n_start: int, n_hidden: int, n_words: int, *, rng: np.random.Generator) -> Writer:
    """Draw the weights of a network that writes.

    Parameters
    ----------
    n_start, n_hidden, n_words : int
        Widths of the vector that it starts from, of its state, and of what it reads and writes.
    rng : numpy.random.Generator

    Returns
    -------
    Writer
    """
    start = dense_init(n_start, n_hidden, rng=rng)
    return Writer(start, *chain_init(n_words, n_hidden, n_words, rng=rng))


def writer_gradient(
    params: Writer,
    start: Floats,
    words: Floats,
    targets: NDArray[np.int64],
    counts: NDArray[np.bool_],
) -> tuple[float, Writer]:
    """Compute the loss of one batch when the right words are fed in, and its derivatives.

    Parameters
    ----------
    params : Writer
    start : ndarray of shape (batch, n_start)
    words : ndarray of shape (batch, time, n_words)
        At each step the word before the one to be written, as a row with a single 1.
    targets : ndarray of int, of shape (batch, time)
    counts : ndarray of bool, of shape (batch, time)
        False after the end of a sequence.

    Returns
    -------
    loss : float
    gradients : Writer
    """
    logits, cache = _writer_forward(params, start, words)
    loss, cost = cross_entropy_forward(logits, targets, mask=counts)
    return loss, _writer_backward(params, cache, cross_entropy_backward(cost))[0]


def write(params: Writer, start: Floats, n_steps: int, *, first: int) -> NDArray[np.int64]:
    """Write a sequence from one vector, each word fed back as the next input.

    Parameters
    ----------
    params : Writer
    start : ndarray of shape (batch, n_start)
    n_steps : int
    first : int
        The word that is fed in at the first step; most often the sign for the end.

    Returns
    -------
    ndarray of int, of shape (batch, n_steps)
        At each step the most likely word.
    """
    n_steps, n_words = check_integer("n_steps", n_steps), len(params.out.b)
    first = check_integer("first", first, at_least=0, at_most=n_words - 1)
    h = np.tanh(dense_forward(params.start, start)[0])
    said = [np.full(len(h), first)]
    for _ in range(n_steps):
        _, h = gru_step(params.rnn, np.eye(n_words)[said[-1]], h)
        said.append(dense_forward(params.out, h)[0].argmax(axis=1))
    return np.stack(said[1:], axis=1)


def translator_init(
    n_in: int, n_hidden: int, n_words: int, *, rng: np.random.Generator
) -> Translator:
    """Draw the weights of a reader and a writer.

    Parameters
    ----------
    n_in, n_hidden, n_words : int
        Widths of what is read, of the states, and of what is written.
    rng : numpy.random.Generator

    Returns
    -------
    Translator
    """
    reader = gru_init(n_in, n_hidden, rng=rng)
    return Translator(reader, writer_init(n_hidden, n_hidden, n_words, rng=rng))


def translator_gradient(
    params: Translator,
    x: Floats,
    mask: NDArray[np.bool_],
    words: Floats,
    targets: NDArray[np.int64],
    counts: NDArray[np.bool_],
) -> tuple[float, Translator]:
    """Compute the loss of one batch, and its derivatives by the weights of both networks.

    Parameters
    ----------
    params : Translator
    x : ndarray of shape (batch, time, n_in)
        What is read.
    mask : ndarray of bool, of shape (batch, time)
    words, targets, counts
        As for `writer_gradient`; their number of steps is their own.

    Returns
    -------
    loss : float
    gradients : Translator

    Notes
    -----
    Cho et al. (2014), Sutskever et al. (2014). Page ``sequence-tasks``.
    """
    h, reading = gru_forward(params.reader, x, mask=mask)
    logits, cache = _writer_forward(params.writer, h[:, -1], words)
    loss, cost = cross_entropy_forward(logits, targets, mask=counts)
    d_writer, d_start = _writer_backward(params.writer, cache, cross_entropy_backward(cost))
    d_h = np.zeros_like(h)
    d_h[:, -1] = d_start
    return loss, Translator(gru_backward(params.reader, reading, d_h).params, d_writer)


def translate(
    params: Translator, x: Floats, mask: NDArray[np.bool_], n_steps: int, *, first: int
) -> NDArray[np.int64]:
    """Read a sequence to its end, then write another one.

    Parameters
    ----------
    params : Translator
    x : ndarray of shape (batch, time, n_in)
    mask : ndarray of bool, of shape (batch, time)
    n_steps, first : int
        As for `write`.

    Returns
    -------
    ndarray of int, of shape (batch, n_steps)
    """
    h, _ = gru_forward(params.reader, x, mask=mask)
    return write(params.writer, h[:, -1], n_steps, first=first)


def train(
    params: Params,
    gradient_of: Callable[..., tuple[float, Params]],
    arrays: Sequence[NDArray[Any]],
    *,
    n_steps: int,
    batch_size: int = 64,
    rate: float = 0.02,
    rng: np.random.Generator,
) -> tuple[Params, NDArray[np.float64]]:
    """Walk downhill with Adam, on rows that are drawn anew for each step.

    Parameters
    ----------
    params : named tuple
    gradient_of : callable
        From parameters and some rows of every array to a loss and its derivatives.
    arrays : sequence of ndarray, each of shape (n_examples, ...)
        The training set.
    n_steps, batch_size : int, optional
    rate : float, optional
    rng : numpy.random.Generator

    Returns
    -------
    params : named tuple
    losses : ndarray of shape (n_steps,)
        The loss of each batch before its step.

    Raises
    ------
    ValueError
        When the arrays have different numbers of examples, or an argument does not fit.
    """
    n_steps, batch_size = check_integer("n_steps", n_steps), check_integer("batch_size", batch_size)
    check_generator("rng", rng)
    n_examples = [len(array) for array in arrays]
    if len(set(n_examples)) != 1:
        raise ValueError(f"arrays must hold equally many examples, got {n_examples}.")
    state, losses = adam_start(params), np.zeros(n_steps)
    for n in range(n_steps):
        rows = rng.integers(n_examples[0], size=batch_size)
        losses[n], gradients = gradient_of(params, *(array[rows] for array in arrays))
        params, state = adam_step(params, gradients, state, rate=rate)
    return params, losses


def _writer_forward(params: Writer, start: Floats, words: Floats) -> tuple[Floats, WriterCache]:
    summed, starting = dense_forward(params.start, start)
    state = np.tanh(summed)
    h, running = gru_forward(params.rnn, words, state)
    logits, seen = _at_every_step(params.out, h)
    return logits, WriterCache(starting, state, running, seen)


def _writer_backward(params: Writer, cache: WriterCache, d_logits: Floats) -> tuple[Writer, Floats]:
    d_out, d_h = _back_at_every_step(params.out, cache.out, d_logits)
    running = gru_backward(params.rnn, cache.rnn, d_h)
    starting = dense_backward(params.start, cache.start, running.h0 * (1 - cache.state**2))
    return Writer(starting.params, running.params, d_out), starting.x


def _at_every_step(params: DenseParams, h: Floats) -> tuple[Floats, DenseCache]:
    """Apply one dense layer to every step of every sequence."""
    batch, time, n_hidden = h.shape
    logits, cache = dense_forward(params, h.reshape(batch * time, n_hidden))
    return logits.reshape(batch, time, -1), cache


def _back_at_every_step(
    params: DenseParams, cache: DenseCache, d_logits: Floats
) -> tuple[DenseParams, Floats]:
    batch, time, n_out = d_logits.shape
    gradients = dense_backward(params, cache, d_logits.reshape(batch * time, n_out))
    return gradients.params, gradients.x.reshape(batch, time, -1)
