"""Recall one bit: a small task that a network can learn only if gradients reach far back.

The first step shows the bit, every step shows noise, and the network must output the bit at the
last step. As a program, ``python -m unrolled.experiments.recall book/recurrent/recall.csv`` trains
every network of `CONTENDERS` with every seed and writes the curves that the pages show.
"""

import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.activations import trusted_sigmoid as sigmoid
from unrolled.networks.clipping import clip_by_norm
from unrolled.networks.gru import GRUParams, gru_backward, gru_forward, gru_init
from unrolled.networks.gru_reset_after import (
    GRUResetAfterParams,
    gru_reset_after_backward,
    gru_reset_after_forward,
    gru_reset_after_init,
)
from unrolled.networks.initialisers import glorot_uniform
from unrolled.networks.lstm import (
    LSTMParams,
    lstm_backward_fused,
    lstm_forward_fused,
    lstm_init,
)
from unrolled.networks.rnn import RNNParams, rnn_backward, rnn_forward, rnn_init
from unrolled.networks.training import adam, train_on_batches
from unrolled.shapes import check_generator, check_integer, check_number

__all__ = [
    "CONTENDERS",
    "RecallNetwork",
    "add_readout",
    "recall_batch",
    "recall_gradient",
    "simple_cell",
    "train_recall",
]

N_FEATURES = 2
N_STEPS, N_HIDDEN, N_UPDATES, N_SEEDS, EVERY = 60, 16, 600, 5, 10


class RecallNetwork(NamedTuple):
    """A recurrent network, and a unit that uses its last state; a gradient has the same form."""

    cell: Any  # RNNParams, LSTMParams, GRUParams or GRUResetAfterParams
    v: NDArray[Any]  # (n_hidden,)  weights of the output
    c: NDArray[Any]  # (1,)         its bias


def recall_batch(
    n_sequences: int, n_steps: int, *, rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Draw sequences that begin with a bit.

    Parameters
    ----------
    n_sequences, n_steps : int
    rng : numpy.random.Generator

    Returns
    -------
    x : ndarray of shape (n_sequences, n_steps, 2)
        First feature: the bit as -1 or 1 at the first step, and 0 after it. Second: noise.
    bits : ndarray of bool of shape (n_sequences,)

    Raises
    ------
    ValueError
        When a size is below one, or `rng` is not a generator.
    """
    n_sequences = check_integer("n_sequences", n_sequences)
    n_steps = check_integer("n_steps", n_steps)
    bits = check_generator("rng", rng).random(n_sequences) < 0.5
    x = np.zeros((n_sequences, n_steps, N_FEATURES))
    x[:, 0, 0] = np.where(bits, 1, -1)
    x[:, :, 1] = rng.normal(size=(n_sequences, n_steps))
    return x, bits


def simple_cell(n_hidden: int, *, rng: np.random.Generator, orthogonal: bool = False) -> RNNParams:
    """Draw a simple RNN whose outputs are its states, for use by the output unit.

    Parameters
    ----------
    n_hidden : int
    rng : numpy.random.Generator
    orthogonal : bool, optional
        Whether the recurrent matrix is orthogonal; otherwise it is drawn like the input weights.

    Returns
    -------
    RNNParams
    """
    cell = rnn_init(N_FEATURES, n_hidden, n_hidden, rng=rng)
    W = cell.W if orthogonal else glorot_uniform(n_hidden, n_hidden, rng=rng)
    return cell._replace(W=W, V=np.eye(n_hidden), c=np.zeros(n_hidden))


def add_readout(cell: Any, *, rng: np.random.Generator) -> RecallNetwork:
    """Add an output unit that uses the last state of a network.

    Parameters
    ----------
    cell : RNNParams, LSTMParams, GRUParams or GRUResetAfterParams
        A simple RNN from `simple_cell`.
    rng : numpy.random.Generator

    Returns
    -------
    RecallNetwork
    """
    n_hidden = (cell.W if isinstance(cell, RNNParams) else cell[0].R).shape[1]
    return RecallNetwork(cell, rng.normal(size=n_hidden) / np.sqrt(n_hidden), np.zeros(1))


def recall_gradient(
    network: RecallNetwork, x: NDArray[Any], bits: NDArray[Any]
) -> tuple[float, RecallNetwork]:
    """Loss of a batch, and its gradient.

    Parameters
    ----------
    network : RecallNetwork
    x : ndarray of shape (batch, time, 2)
    bits : ndarray of bool of shape (batch,)

    Returns
    -------
    loss : float
        Mean negative log-likelihood, in nats: ``log(2)`` for a guess.
    gradient : RecallNetwork

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described.
    """
    forward, backward = _passes(network.cell)
    states, cache = forward(x)
    last = states[:, -1]
    logits = last @ network.v + network.c
    loss = float(np.mean(np.logaddexp(0, np.where(bits, -logits, logits))))
    d_logits = (sigmoid(logits) - bits) / len(bits)
    d_states = np.zeros_like(states)
    d_states[:, -1] = d_logits[:, None] * network.v
    d_cell = backward(cache, d_states)
    return loss, RecallNetwork(d_cell, d_logits @ last, d_logits.sum(keepdims=True))


def train_recall(
    cell: Any,
    *,
    n_steps: int,
    n_updates: int,
    rng: np.random.Generator,
    n_sequences: int = 32,
    learning_rate: float = 0.01,
    max_norm: float = 1.0,
) -> tuple[RecallNetwork, NDArray[Any]]:
    """Train a network to remember a bit, with Adam and clipping, on new sequences each time.

    Parameters
    ----------
    cell : RNNParams, LSTMParams, GRUParams or GRUResetAfterParams
        Initial weights; a simple RNN from `simple_cell`.
    n_steps : int
        Length of the sequences.
    n_updates : int
    rng : numpy.random.Generator
    n_sequences : int, optional
        In a batch.
    learning_rate : float, optional
        Learning rate.
    max_norm : float, optional
        Largest norm of the whole gradient.

    Returns
    -------
    network : RecallNetwork
        After the last update.
    losses : ndarray of shape (n_updates,)
        Loss of each batch before the update with it, in nats.

    Raises
    ------
    ValueError
        When a size is below one, or a number is not finite.
    """
    network = add_readout(cell, rng=check_generator("rng", rng))
    learning_rate = check_number("learning_rate", learning_rate, above=0)
    n_updates = check_integer("n_updates", n_updates)

    def gradient_of(network: RecallNetwork, *batch: NDArray[Any]) -> tuple[float, RecallNetwork]:
        loss, gradient = recall_gradient(network, *batch)
        return loss, clip_by_norm(gradient, max_norm)

    batches = (recall_batch(n_sequences, n_steps, rng=rng) for _ in range(n_updates))
    return train_on_batches(
        network, gradient_of, batches, adam(network, learning_rate=learning_rate)
    )


def _passes(cell: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return both passes of a network, on states of shape (batch, time, n_hidden)."""
    if isinstance(cell, LSTMParams):
        return (
            lambda x: lstm_forward_fused(cell, x)[::2],
            lambda cache, d: lstm_backward_fused(cell, cache, d).params,
        )
    if isinstance(cell, GRUParams):
        return (
            lambda x: gru_forward(cell, x),
            lambda cache, d: gru_backward(cell, cache, d).params,
        )
    if isinstance(cell, GRUResetAfterParams):
        return (
            lambda x: gru_reset_after_forward(cell, x),
            lambda cache, d: gru_reset_after_backward(cell, cache, d).params,
        )
    if isinstance(cell, RNNParams):
        return lambda x: rnn_forward(cell, x)[1:], lambda cache, d: _simple_gradient(cell, cache, d)
    kinds = "RNNParams, LSTMParams, GRUParams or GRUResetAfterParams"
    raise ValueError(f"cell must be {kinds}, got {type(cell).__name__}.")


def _simple_gradient(cell: RNNParams, cache: Any, d_states: NDArray[Any]) -> RNNParams:
    """Propagate back through a network whose outputs are its states."""
    gradient = rnn_backward(cell, cache, d_states).params
    return gradient._replace(V=np.zeros_like(cell.V), c=np.zeros_like(cell.c))


# The curves of the pages ---------------------------------------------------------------------


def _lstm(forget_bias: float) -> Callable[[np.random.Generator], LSTMParams]:
    return lambda rng: lstm_init(N_FEATURES, N_HIDDEN, rng=rng, forget_bias=forget_bias)


def _gru(
    update_bias: float, init: Callable[..., Any] = gru_init
) -> Callable[[np.random.Generator], Any]:
    def draw(rng: np.random.Generator) -> Any:
        cell: Any = init(N_FEATURES, N_HIDDEN, rng=rng)
        gate = cell.update_gate
        return cell._replace(update_gate=gate._replace(b=gate.b + update_bias))

    return draw


CONTENDERS: Mapping[str, Callable[[np.random.Generator], Any]] = {
    "simple RNN": lambda rng: simple_cell(N_HIDDEN, rng=rng),
    "simple RNN, orthogonal": lambda rng: simple_cell(N_HIDDEN, rng=rng, orthogonal=True),
    "LSTM, bias 0": _lstm(0),
    "LSTM, bias 1": _lstm(1),
    "LSTM, bias 4": _lstm(4),
    "GRU, bias 0": _gru(0),
    "GRU, bias 4": _gru(4),
    "GRU, bias 4, reset after": _gru(4, gru_reset_after_init),
}
"""Networks by name; each draws its initial weights with a generator."""


def _curve(name: str, seed: int, n_updates: int = N_UPDATES) -> NDArray[Any]:
    """Train one network, and average its losses over every ten updates."""
    rng = np.random.default_rng(seed)
    cell = CONTENDERS[name](rng)
    _, losses = train_recall(cell, n_steps=N_STEPS, n_updates=n_updates, rng=rng)
    return losses.reshape(-1, EVERY).mean(axis=1)  # type: ignore[no-any-return]


def _write(path: Path) -> None:
    """Train everything, and write a row for each network and seed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["network", "seed", *range(EVERY, N_UPDATES + 1, EVERY)])
        for name in CONTENDERS:
            for seed in range(1, N_SEEDS + 1):
                rows.writerow([name, seed, *(f"{loss:.4f}" for loss in _curve(name, seed))])


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
