"""The loop that trains every network of the book, and the ways of choosing its batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.optimizers import (
    adagrad_init,
    adagrad_step,
    adam_init,
    adam_step,
    descent_step,
    momentum_init,
    momentum_step,
)
from unrolled.shapes import check_generator, check_integer

__all__ = [
    "Optimizer",
    "accuracy",
    "adagrad",
    "adam",
    "descent",
    "loss_and_gradient",
    "momentum",
    "train",
    "train_epochs",
    "train_on_batches",
    "updates",
]

Floats = NDArray[Any]
Params = TypeVar("Params")
Gradient = Callable[..., tuple[Any, Params]]


class Optimizer(NamedTuple):
    """An update rule, and its state before the first step."""

    step: Callable[[Any, Any, Any], tuple[Any, Any]]
    """From parameters, gradients and state to new parameters and a new state."""
    state: Any


def descent(params: Any, *, learning_rate: float) -> Optimizer:
    """Prepare gradient descent, which has no state.

    Parameters
    ----------
    params : named tuple
    learning_rate : float
        Learning rate, above 0.

    Returns
    -------
    Optimizer
    """

    def step(params: Any, gradients: Any, state: None) -> tuple[Any, None]:
        return descent_step(params, gradients, learning_rate=learning_rate), state

    return Optimizer(step, None)


def momentum(params: Any, *, learning_rate: float, beta: float = 0.9) -> Optimizer:
    """Prepare gradient descent with momentum for these parameters.

    Parameters
    ----------
    params : named tuple
    learning_rate : float
        Learning rate, above 0.
    beta : float, optional
        Share of the previous direction that is kept.

    Returns
    -------
    Optimizer
    """
    step = partial(momentum_step, learning_rate=learning_rate, beta=beta)
    return Optimizer(step, momentum_init(params))


def adagrad(params: Any, *, learning_rate: float) -> Optimizer:
    """Prepare Adagrad for these parameters.

    Parameters
    ----------
    params : named tuple
    learning_rate : float
        Learning rate, above 0.

    Returns
    -------
    Optimizer
    """
    return Optimizer(partial(adagrad_step, learning_rate=learning_rate), adagrad_init(params))


def adam(params: Any, *, learning_rate: float) -> Optimizer:
    """Prepare Adam for these parameters.

    Parameters
    ----------
    params : named tuple
    learning_rate : float
        Learning rate, above 0.

    Returns
    -------
    Optimizer
    """
    return Optimizer(partial(adam_step, learning_rate=learning_rate), adam_init(params))


def updates(
    params: Params,
    gradient_of: Gradient[Params],
    batches: Iterable[Iterable[Any]],
    optimizer: Optimizer,
) -> Iterator[tuple[Params, Any]]:
    """Update the parameters once for each batch: the one training loop.

    Parameters
    ----------
    params : named tuple
        Initial parameters.
    gradient_of : callable
        From parameters and the arrays of a batch to a loss and its gradient.
    batches : iterable of sequence of ndarray
        Each is taken when it is needed, so it may be drawn at that time.
    optimizer : Optimizer

    Yields
    ------
    params : named tuple
        After the update.
    loss : float or ndarray
        Of the batch, before the update.
    """
    state = optimizer.state
    for batch in batches:
        loss, gradient = gradient_of(params, *batch)
        params, state = optimizer.step(params, gradient, state)
        yield params, loss


def train_on_batches(
    params: Params,
    gradient_of: Gradient[Params],
    batches: Iterable[Iterable[Any]],
    optimizer: Optimizer,
) -> tuple[Params, NDArray[np.float64]]:
    """Train to the end, and keep the losses.

    Parameters
    ----------
    params, gradient_of, batches, optimizer
        As for `updates`.

    Returns
    -------
    params : named tuple
        After the last update.
    losses : ndarray of shape (n_batches, ...)
        The loss of each batch before its update.
    """
    losses = []
    for update in updates(params, gradient_of, batches, optimizer):
        params, loss = update
        losses.append(loss)
    return params, np.array(losses)


def train(
    params: Params,
    gradient_of: Gradient[Params],
    arrays: Sequence[NDArray[Any]],
    *,
    n_steps: int,
    batch_size: int = 64,
    learning_rate: float = 0.02,
    rng: np.random.Generator,
) -> tuple[Params, NDArray[np.float64]]:
    """Train with Adam on random rows, sampled with replacement for each step.

    Parameters
    ----------
    params : named tuple
    gradient_of : callable
        From parameters and some rows of every array to a loss and its gradient.
    arrays : sequence of ndarray, each of shape (n_examples, ...)
        The training set.
    n_steps, batch_size : int, optional
    learning_rate : float, optional
        Learning rate.
    rng : numpy.random.Generator

    Returns
    -------
    params : named tuple
    losses : ndarray of shape (n_steps,)
        The loss of each batch before its step.

    Raises
    ------
    ValueError
        If the arrays have different numbers of examples, or an argument is invalid.
    """
    n_steps, batch_size = check_integer("n_steps", n_steps), check_integer("batch_size", batch_size)
    check_generator("rng", rng)
    n_examples = [len(array) for array in arrays]
    if len(set(n_examples)) != 1:
        raise ValueError(f"arrays must hold the same number of examples, got {n_examples}.")
    samples = (rng.integers(n_examples[0], size=batch_size) for _ in range(n_steps))
    batches = ([array[rows] for array in arrays] for rows in samples)
    return train_on_batches(params, gradient_of, batches, adam(params, learning_rate=learning_rate))


def train_epochs(
    params: Any,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    x: Floats,
    targets: NDArray[np.int64],
    *,
    n_epochs: int,
    batch_size: int = 40,
    learning_rate: float = 0.01,
    rng: np.random.Generator,
) -> list[Any]:
    """Train a classifier with Adam, for several epochs.

    Parameters
    ----------
    params : named tuple
        Initial parameters.
    forward, backward : callable
        Of the network: ``forward(params, x)`` and ``backward(params, cache, d_logits)``.
    x : ndarray of shape (n_examples, ...)
    targets : ndarray of int, of shape (n_examples,)
        The right class of each example.
    n_epochs : int
        How many times every example is used.
    batch_size : int, optional
        Approximate number of examples in a batch.
    learning_rate : float, optional
        Learning rate.
    rng : numpy.random.Generator
        Shuffles the examples.

    Returns
    -------
    list of named tuple
        The initial parameters, and those after each epoch.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    n_steps = max(1, len(x) // check_integer("batch_size", batch_size))
    check_generator("rng", rng)
    orders = (rng.permutation(len(x)) for _ in range(check_integer("n_epochs", n_epochs)))
    batches = (
        (x[rows], targets[rows]) for order in orders for rows in np.array_split(order, n_steps)
    )

    def gradient_of(params: Any, *batch: Any) -> tuple[float, Any]:
        return loss_and_gradient(params, forward, backward, *batch)

    path = updates(params, gradient_of, batches, adam(params, learning_rate=learning_rate))
    return [params, *(after for after, _ in islice(path, n_steps - 1, None, n_steps))]


def loss_and_gradient(
    params: Any,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    x: Floats,
    targets: NDArray[np.int64],
) -> tuple[float, Any]:
    """Compute the mean cross-entropy of a batch, and its gradient for all parameters.

    Parameters
    ----------
    params : named tuple
    forward, backward : callable
        Of the network: ``forward(params, x)`` and ``backward(params, cache, d_logits)``.
    x : ndarray of shape (batch, ...)
    targets : ndarray of int, of shape (batch,)
        The right class of each example.

    Returns
    -------
    loss : float
    gradient : named tuple of the same kind as `params`

    Raises
    ------
    ValueError
        As the network and `unrolled.networks.losses.cross_entropy_forward`.
    """
    logits, cache = forward(params, x)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, backward(params, cache, cross_entropy_backward(loss_cache))


def accuracy(
    params: Any, forward: Callable[..., Any], x: Floats, targets: NDArray[np.int64]
) -> float:
    """Compute the share of examples whose largest logit is that of the right class.

    Parameters
    ----------
    params : named tuple
    forward : callable
        Of the network: ``forward(params, x)``.
    x : ndarray of shape (n_examples, ...)
    targets : ndarray of int, of shape (n_examples,)

    Returns
    -------
    float
        From 0 to 1.
    """
    logits, _ = forward(params, x)
    return float(np.mean(logits.argmax(axis=1) == targets))
