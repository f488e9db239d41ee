"""From a gradient to the next parameters: gradient descent, momentum, Adagrad and Adam.

An optimizer has no hidden state: its state is an argument and a result of each step.
"""

from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from unrolled.networks.checks import check_held
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.shapes import check_floats, check_number, check_shape

__all__ = [
    "AdagradState",
    "AdamState",
    "MomentumState",
    "adagrad_init",
    "adagrad_step",
    "adam_init",
    "adam_step",
    "descent_step",
    "momentum_init",
    "momentum_step",
]

Params = TypeVar("Params")


class MomentumState(NamedTuple):
    """State of momentum: the direction of the previous step."""

    velocity: Any  # a tree like the parameters


class AdagradState(NamedTuple):
    """State of Adagrad: the root of the sum of all squared gradients so far."""

    root: Any  # a tree like the parameters


class AdamState(NamedTuple):
    """State of Adam: running means of the gradient and of its square, and the number of steps."""

    mean: Any  # a tree like the parameters
    square: Any  # a tree like the parameters
    n_steps: int


def descent_step(params: Params, gradients: Params, *, learning_rate: float) -> Params:
    """Take one step of gradient descent.

    Parameters
    ----------
    params : named tuple of ndarray of any shape, or of further named tuples
    gradients : named tuple of the same kind
        Derivatives of the loss.
    learning_rate : float
        Learning rate, above 0.

    Returns
    -------
    named tuple of the same kind
        New parameters; the old ones are left unchanged.

    Raises
    ------
    ValueError
        If the two do not match, or a number is not finite.

    Notes
    -----
    Page ``optimisers``, equation ``opt-descent``.
    """
    learning_rate = check_number("learning_rate", learning_rate, above=0)
    _check_pair(params, gradients)
    return _stepped(params, gradients, learning_rate)


def momentum_init(params: Any) -> MomentumState:
    """Return the state of momentum before the first step: zeros.

    Parameters
    ----------
    params : named tuple of ndarray of any shape, or of further named tuples

    Returns
    -------
    MomentumState
    """
    return MomentumState(velocity=map_leaves(np.zeros_like, params))


def momentum_step(
    params: Params,
    gradients: Params,
    state: MomentumState,
    *,
    learning_rate: float,
    beta: float = 0.9,
) -> tuple[Params, MomentumState]:
    """Take one step of gradient descent with momentum.

    Parameters
    ----------
    params, gradients : named tuples of the same kind
    state : MomentumState
        From `momentum_init`, or from the previous step.
    learning_rate : float
        Learning rate, above 0.
    beta : float, optional
        Share of the previous direction that is kept, from 0 to below 1. In a constant gradient
        steps grow to ``1 / (1 - beta)`` times those of gradient descent.

    Returns
    -------
    params : named tuple of the same kind
    state : MomentumState

    Raises
    ------
    ValueError
        If they do not match, a number is not finite, or a number overflows.

    Notes
    -----
    Polyak (1964). Page ``optimisers``, equation ``opt-momentum``.
    """
    learning_rate = check_number("learning_rate", learning_rate, above=0)
    beta = check_number("beta", beta, at_least=0, below=1)
    _check_pair(params, gradients)
    _check_pair(params, state.velocity, "state.velocity")
    with np.errstate(all="ignore"):
        velocity = map_leaves(
            lambda v, g: (beta * v + g).astype(v.dtype), state.velocity, gradients
        )
    check_held("gradients", velocity)
    return _stepped(params, velocity, learning_rate), MomentumState(velocity)


def adagrad_init(params: Any) -> AdagradState:
    """Return the state of Adagrad before the first step: zeros.

    Parameters
    ----------
    params : named tuple of ndarray of any shape, or of further named tuples

    Returns
    -------
    AdagradState
    """
    return AdagradState(root=map_leaves(np.zeros_like, params))


def adagrad_step(
    params: Params,
    gradients: Params,
    state: AdagradState,
    *,
    learning_rate: float,
    epsilon: float = 1e-8,
) -> tuple[Params, AdagradState]:
    """Take one step of Adagrad, in which each parameter has its own, ever smaller step size.

    Parameters
    ----------
    params, gradients : named tuples of the same kind
    state : AdagradState
        From `adagrad_init`, or from the previous step.
    learning_rate : float
        Learning rate, above 0: how far a parameter moves in the first step.
    epsilon : float, optional
        Prevents division by zero; above 0.

    Returns
    -------
    params : named tuple of the same kind
    state : AdagradState

    Raises
    ------
    ValueError
        If they do not match, a number is not finite, or a number overflows.

    Notes
    -----
    Duchi, Hazan and Singer (2011), with a diagonal matrix. Page ``optimisers``, equation
    ``opt-adagrad``. The state keeps the root, since squares would overflow and underflow.
    """
    learning_rate, epsilon = (
        check_number("learning_rate", learning_rate, above=0),
        check_number("epsilon", epsilon, above=0),
    )
    _check_pair(params, gradients)
    _check_pair(params, state.root, "state.root")
    with np.errstate(all="ignore"):
        root = map_leaves(np.hypot, state.root, gradients)
        move = map_leaves(lambda g, r: (g / (r + epsilon)).astype(g.dtype), gradients, root)
    check_held("gradients", root, move)
    return _stepped(params, move, learning_rate), AdagradState(root)


def adam_init(params: Any) -> AdamState:
    """Return the state of Adam before the first step: zeros.

    Parameters
    ----------
    params : named tuple of ndarray of any shape, or of further named tuples

    Returns
    -------
    AdamState
    """
    zeros = map_leaves(np.zeros_like, params)
    return AdamState(mean=zeros, square=zeros, n_steps=0)


def adam_step(
    params: Params,
    gradients: Params,
    state: AdamState,
    *,
    learning_rate: float = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Params, AdamState]:
    """Take one step of Adam, in which each parameter has its own step size.

    Parameters
    ----------
    params, gradients : named tuples of the same kind
    state : AdamState
        From `adam_init`, or from the previous step.
    learning_rate : float, optional
        Learning rate, above 0: roughly how far a parameter moves in one step.
    beta_1, beta_2 : float, optional
        Decay rates of the running means, from 0 to below 1.
    epsilon : float, optional
        Prevents division by zero; above 0. If squares of gradients are too small for a float, it
        must be large enough to make them negligible: about 1e-12 in float32.

    Returns
    -------
    params : named tuple of the same kind
    state : AdamState

    Raises
    ------
    ValueError
        If they do not match, a number is not finite, or a number overflows or underflows.

    Notes
    -----
    Kingma and Ba (2015), algorithm 1. Page ``optimisers``, equation ``opt-adam``. The running means
    start at zero and are too small at first; dividing by ``1 - beta**n_steps`` corrects this.
    """
    learning_rate, epsilon = (
        check_number("learning_rate", learning_rate, above=0),
        check_number("epsilon", epsilon, above=0),
    )
    beta_1 = check_number("beta_1", beta_1, at_least=0, below=1)
    beta_2 = check_number("beta_2", beta_2, at_least=0, below=1)
    _check_pair(params, gradients)
    _check_pair(params, state.mean, "state.mean")
    n_steps = state.n_steps + 1
    with np.errstate(all="ignore"):
        mean = _running(state.mean, gradients, beta_1)
        square = _running(state.square, map_leaves(np.square, gradients), beta_2)
        move = map_leaves(
            lambda m, s: (
                (m / (1 - beta_1**n_steps)) / (np.sqrt(s / (1 - beta_2**n_steps)) + epsilon)
            ),
            mean,
            square,
        )
    check_held("gradients", square, move)
    map_leaves(partial(_check_kept, epsilon=epsilon), mean, square)
    return _stepped(params, move, learning_rate), AdamState(mean, square, n_steps)


def _check_kept(mean: Any, square: Any, *, epsilon: float) -> None:
    """Refuse squares that underflow, unless their root would be negligible beside epsilon."""
    kind = np.finfo(square.dtype)
    if ((mean != 0) & (square < kind.tiny)).any():
        least = float(np.sqrt(float(kind.tiny)) / kind.eps)
        repair = f"Gradients have squares too small for {square.dtype}."
        check_number("epsilon", epsilon, at_least=least, repair=repair)


def _running(mean: Params, new: Params, beta: float) -> Params:
    """Update a running mean with a new value."""
    return map_leaves(lambda m, n: (beta * m + (1 - beta) * n).astype(m.dtype), mean, new)


def _stepped(params: Params, direction: Params, learning_rate: float) -> Params:
    """Move the parameters against a direction."""
    with np.errstate(all="ignore"):
        new = map_leaves(lambda w, d: (w - learning_rate * d).astype(w.dtype), params, direction)
    check_held("params, gradients and learning_rate", new)
    return new


def _check_pair(params: Any, others: Any, name: str = "gradients") -> None:
    """Check that two trees have the same leaves, of one dtype and shape, all finite."""
    map_leaves(lambda *leaves: None, params, others)
    for (path, ours), theirs in zip(
        leaves_of(params, "params").items(), leaves_of(others).values(), strict=True
    ):
        there = path.replace("params", name, 1)
        check_floats({path: ours, there: theirs})
        axes = " ".join(f"axis_{n}" for n in range(np.ndim(ours)))
        sizes = dict(zip(axes.split(), np.shape(ours), strict=True))
        check_shape(there, theirs, axes, **sizes)
