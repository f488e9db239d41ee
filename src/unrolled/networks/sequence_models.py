"""Small networks for every kind of task on sequences, built from GRUs and dense layers.

Three architectures suffice. A GRU network has an output at every step; whether a task needs one
output or many only decides which steps count in the loss. A decoder turns one vector into a
sequence, and an encoder-decoder first turns a sequence into a vector.
"""

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
)
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.shapes import check_integer, check_shape

__all__ = [
    "BidirectionalGRUNetwork",
    "Decoder",
    "EncoderDecoder",
    "GRUNetwork",
    "bidirectional_init",
    "decode_greedy",
    "decoder_gradient",
    "decoder_init",
    "encoder_decoder_gradient",
    "encoder_decoder_init",
    "gru_network_backward",
    "gru_network_forward",
    "gru_network_gradient",
    "gru_network_init",
    "translate",
]

Floats = NDArray[Any]
Params = TypeVar("Params")


class GRUNetwork(NamedTuple):
    """A forward recurrent layer, and an output at every step."""

    ahead: GRUParams
    out: DenseParams  # (n_hidden, n_out)


class BidirectionalGRUNetwork(NamedTuple):
    """Two recurrent layers, one for each direction, and an output that uses both states."""

    ahead: GRUParams
    back: GRUParams
    out: DenseParams  # (2 * n_hidden, n_out)


class Decoder(NamedTuple):
    """A recurrent layer that starts from one vector and reads its own outputs."""

    start: DenseParams  # (n_start, n_hidden)
    rnn: GRUParams
    out: DenseParams  # (n_hidden, n_words)


class EncoderDecoder(NamedTuple):
    """A recurrent encoder, and a decoder that starts from its last state."""

    encoder: GRUParams
    decoder: Decoder


class GRUNetworkCache(NamedTuple):
    """What the backward pass of a GRU network needs."""

    layers: tuple[GRUCache, ...]
    out: DenseCache


class DecoderCache(NamedTuple):
    """What the backward pass of a decoder needs."""

    start: DenseCache
    state: Floats  # (batch, n_hidden); before the first step
    rnn: GRUCache
    out: DenseCache


def gru_network_init(
    n_in: int, n_hidden: int, n_out: int, *, rng: np.random.Generator
) -> GRUNetwork:
    """Draw the weights of a network that reads in one direction.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
    rng : numpy.random.Generator

    Returns
    -------
    GRUNetwork
    """
    return GRUNetwork(gru_init(n_in, n_hidden, rng=rng), dense_init(n_hidden, n_out, rng=rng))


def bidirectional_init(
    n_in: int, n_hidden: int, n_out: int, *, rng: np.random.Generator
) -> BidirectionalGRUNetwork:
    """Draw the weights of a network that reads in both directions.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        `n_hidden` units for each direction.
    rng : numpy.random.Generator

    Returns
    -------
    BidirectionalGRUNetwork
    """
    ahead, back = (gru_init(n_in, n_hidden, rng=rng) for _ in range(2))
    return BidirectionalGRUNetwork(ahead, back, dense_init(2 * n_hidden, n_out, rng=rng))


def gru_network_forward(
    params: GRUNetwork | BidirectionalGRUNetwork, x: Floats, mask: NDArray[np.bool_] | None = None
) -> tuple[Floats, GRUNetworkCache]:
    """Compute logits at every step.

    Parameters
    ----------
    params : GRUNetwork or BidirectionalGRUNetwork
    x : ndarray of shape (batch, time, n_in)
    mask : ndarray of bool, of shape (batch, time), optional
        True is a real step. At a padded step at the end the last state is carried on.

    Returns
    -------
    logits : ndarray of shape (batch, time, n_out)
    cache : GRUNetworkCache
        For `gru_network_backward`.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.

    Notes
    -----
    Two directions: Schuster and Paliwal (1997). Page ``sequence-tasks``, equation ``two-chains``.
    """
    check_shape("x", x, "batch time n_in")
    states, layers = [], []
    for n, layer in enumerate(params[:-1]):
        direction = slice(None, None, -1 if n else 1)  # the second layer runs backwards
        real = None if mask is None else np.asarray(mask)[:, direction]
        h, cache = gru_forward(layer, np.asarray(x)[:, direction], mask=real)
        states.append(h[:, direction])
        layers.append(cache)
    logits, seen = _at_every_step(params.out, np.concatenate(states, axis=2))
    return logits, GRUNetworkCache(tuple(layers), seen)


def gru_network_backward(params: Any, cache: GRUNetworkCache, d_logits: Floats) -> Any:
    """Propagate derivatives of the loss back to the weights.

    Parameters
    ----------
    params : GRUNetwork or BidirectionalGRUNetwork
        Those of the forward pass.
    cache : GRUNetworkCache
    d_logits : ndarray of shape (batch, time, n_out)

    Returns
    -------
    GRUNetwork or BidirectionalGRUNetwork
        Derivatives, with the shapes of the weights.
    """
    d_out, d_h = _back_at_every_step(params.out, cache.out, d_logits)
    layers = params[:-1]
    found = []
    for n, (layer, seen) in enumerate(zip(layers, cache.layers, strict=True)):
        direction = slice(None, None, -1 if n else 1)
        share = np.split(d_h, len(layers), axis=2)[n][:, direction]
        found.append(gru_backward(layer, seen, share).params)
    return type(params)(*found, d_out)


def gru_network_gradient(
    params: Params,
    x: Floats,
    targets: NDArray[np.int64],
    counts: NDArray[np.bool_],
    mask: NDArray[np.bool_] | None = None,
) -> tuple[float, Params]:
    """Compute the loss of one batch, and its derivatives with respect to the weights.

    Parameters
    ----------
    params : GRUNetwork or BidirectionalGRUNetwork
    x : ndarray of shape (batch, time, n_in)
    targets : ndarray of int, of shape (batch, time)
        The right class of each step.
    counts : ndarray of bool, of shape (batch, time)
        Which steps count in the loss: the last one for a single output, all for tagging.
    mask : ndarray of bool, of shape (batch, time), optional
        Which steps are real.

    Returns
    -------
    loss : float
        Mean cross-entropy over the steps that count.
    gradients : GRUNetwork or BidirectionalGRUNetwork
    """
    given: Any = params
    logits, cache = gru_network_forward(given, x, mask)
    loss, cost = cross_entropy_forward(logits, targets, mask=counts)
    found: Params = gru_network_backward(given, cache, cross_entropy_backward(cost))
    return loss, found


def decoder_init(n_start: int, n_hidden: int, n_words: int, *, rng: np.random.Generator) -> Decoder:
    """Draw the weights of a decoder.

    Parameters
    ----------
    n_start, n_hidden, n_words : int
        Dimensions of the initial vector, of the state, and of what it reads and writes.
    rng : numpy.random.Generator

    Returns
    -------
    Decoder
    """
    start = dense_init(n_start, n_hidden, rng=rng)
    return Decoder(start, *gru_network_init(n_words, n_hidden, n_words, rng=rng))


def decoder_gradient(
    params: Decoder,
    start: Floats,
    words: Floats,
    targets: NDArray[np.int64],
    counts: NDArray[np.bool_],
) -> tuple[float, Decoder]:
    """Compute the loss of one batch with teacher forcing, and its derivatives.

    Parameters
    ----------
    params : Decoder
    start : ndarray of shape (batch, n_start)
    words : ndarray of shape (batch, time, n_words)
        At each step the word before the one to predict, as a one-hot row.
    targets : ndarray of int, of shape (batch, time)
    counts : ndarray of bool, of shape (batch, time)
        False after the end of a sequence.

    Returns
    -------
    loss : float
    gradients : Decoder
    """
    logits, cache = _decoder_forward(params, start, words)
    loss, cost = cross_entropy_forward(logits, targets, mask=counts)
    return loss, _decoder_backward(params, cache, cross_entropy_backward(cost))[0]


def decode_greedy(params: Decoder, start: Floats, n_steps: int, *, first: int) -> NDArray[np.int64]:
    """Generate a sequence from one vector, feeding each word back as the next input.

    Parameters
    ----------
    params : Decoder
    start : ndarray of shape (batch, n_start)
    n_steps : int
    first : int
        The word that is the input of the first step; usually the end-of-sequence token.

    Returns
    -------
    ndarray of int, of shape (batch, n_steps)
        At each step the most likely word.
    """
    n_steps, n_words = check_integer("n_steps", n_steps), len(params.out.b)
    first = check_integer("first", first, at_least=0, at_most=n_words - 1)
    h = np.tanh(dense_forward(params.start, start)[0])
    words = np.eye(n_words, dtype=h.dtype)
    said = [np.full(len(h), first)]
    for _ in range(n_steps):
        states, _ = gru_forward(params.rnn, words[said[-1]][:, None], h)
        h = states[:, 0]
        said.append(dense_forward(params.out, h)[0].argmax(axis=1))
    return np.stack(said[1:], axis=1)


def encoder_decoder_init(
    n_in: int, n_hidden: int, n_words: int, *, rng: np.random.Generator
) -> EncoderDecoder:
    """Draw the weights of an encoder and a decoder.

    Parameters
    ----------
    n_in, n_hidden, n_words : int
        Dimensions of the input, of the states, and of the output.
    rng : numpy.random.Generator

    Returns
    -------
    EncoderDecoder
    """
    encoder = gru_init(n_in, n_hidden, rng=rng)
    return EncoderDecoder(encoder, decoder_init(n_hidden, n_hidden, n_words, rng=rng))


def encoder_decoder_gradient(
    params: EncoderDecoder,
    x: Floats,
    mask: NDArray[np.bool_],
    words: Floats,
    targets: NDArray[np.int64],
    counts: NDArray[np.bool_],
) -> tuple[float, EncoderDecoder]:
    """Compute the loss of one batch, and its gradient for the weights of both networks.

    Parameters
    ----------
    params : EncoderDecoder
    x : ndarray of shape (batch, time, n_in)
        What is read.
    mask : ndarray of bool, of shape (batch, time)
    words, targets, counts
        As for `decoder_gradient`; their number of steps may differ from that of `x`.

    Returns
    -------
    loss : float
    gradients : EncoderDecoder

    Notes
    -----
    Cho et al. (2014), Sutskever et al. (2014). Page ``sequence-tasks``.
    """
    h, reading = gru_forward(params.encoder, x, mask=mask)
    logits, cache = _decoder_forward(params.decoder, h[:, -1], words)
    loss, cost = cross_entropy_forward(logits, targets, mask=counts)
    d_decoder, d_start = _decoder_backward(params.decoder, cache, cross_entropy_backward(cost))
    d_h = np.zeros_like(h)
    d_h[:, -1] = d_start
    return loss, EncoderDecoder(gru_backward(params.encoder, reading, d_h).params, d_decoder)


def translate(
    params: EncoderDecoder, x: Floats, mask: NDArray[np.bool_], n_steps: int, *, first: int
) -> NDArray[np.int64]:
    """Encode a sequence, then generate another one.

    Parameters
    ----------
    params : EncoderDecoder
    x : ndarray of shape (batch, time, n_in)
    mask : ndarray of bool, of shape (batch, time)
    n_steps, first : int
        As for `decode_greedy`.

    Returns
    -------
    ndarray of int, of shape (batch, n_steps)
    """
    h, _ = gru_forward(params.encoder, x, mask=mask)
    return decode_greedy(params.decoder, h[:, -1], n_steps, first=first)


def _decoder_forward(params: Decoder, start: Floats, words: Floats) -> tuple[Floats, DecoderCache]:
    summed, starting = dense_forward(params.start, start)
    state = np.tanh(summed)
    h, running = gru_forward(params.rnn, words, state)
    logits, seen = _at_every_step(params.out, h)
    return logits, DecoderCache(starting, state, running, seen)


def _decoder_backward(
    params: Decoder, cache: DecoderCache, d_logits: Floats
) -> tuple[Decoder, Floats]:
    d_out, d_h = _back_at_every_step(params.out, cache.out, d_logits)
    running = gru_backward(params.rnn, cache.rnn, d_h)
    starting = dense_backward(params.start, cache.start, running.h0 * (1 - cache.state**2))
    return Decoder(starting.params, running.params, d_out), starting.x


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
