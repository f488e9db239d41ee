"""A restricted Boltzmann machine: binary units in two layers, which learns without labels.

Each visible unit is connected with each hidden one, and no two units of one layer are. So given
one layer, the units of the other are independent, and drawn in one step. Stacked, such machines
give a deep network its first weights: each is trained on what the one below it makes of the data.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_sigmoid
from unrolled.networks.checks import check_held
from unrolled.networks.dense import DenseParams
from unrolled.networks.optimizers import descent_step
from unrolled.networks.pytrees import check_params, map_leaves
from unrolled.shapes import (
    check_floats,
    check_generator,
    check_integer,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "BoltzmannParams",
    "boltzmann_init",
    "contrastive_divergence",
    "exact_gradient",
    "free_energy",
    "hidden_probabilities",
    "log_partition",
    "pretrain",
    "train_boltzmann",
    "visible_probabilities",
]

Floats = NDArray[Any]
MOST_STATES = 16  # hidden units whose states are gone through one by one


class BoltzmannParams(NamedTuple):
    """Weights between the layers and the biases of both; a gradient has the same form."""

    W: Floats  # (n_visible, n_hidden)
    b: Floats  # (n_visible,)
    c: Floats  # (n_hidden,)


_AXES = BoltzmannParams("n_visible n_hidden", "n_visible", "n_hidden")  # type: ignore[arg-type]


def boltzmann_init(n_visible: int, n_hidden: int, *, rng: np.random.Generator) -> BoltzmannParams:
    """Draw small weights; the biases are zero.

    Parameters
    ----------
    n_visible, n_hidden : int
    rng : numpy.random.Generator

    Returns
    -------
    BoltzmannParams
        Weights with a standard deviation of 0.01, so that at first nothing depends on anything.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    shape = check_integer("n_visible", n_visible), check_integer("n_hidden", n_hidden)
    W = check_generator("rng", rng).normal(0, 0.01, shape)
    return BoltzmannParams(W, np.zeros(shape[0]), np.zeros(shape[1]))


def hidden_probabilities(params: BoltzmannParams, v: ArrayLike) -> Floats:
    """Compute for each hidden unit the probability that it is on.

    Parameters
    ----------
    params : BoltzmannParams
    v : array_like of shape (batch, n_visible)
        States of the visible units, or probabilities in their stead.

    Returns
    -------
    ndarray of shape (batch, n_hidden)

    Raises
    ------
    ValueError
        If the shapes do not match, or something is not float64 or float32 or not finite.

    Notes
    -----
    Page ``history-experiments``, equation ``rbm-hidden``.
    """
    W, _, c, states = _check(params, v=v)
    return trusted_sigmoid(_sum(states, W, c))


def visible_probabilities(params: BoltzmannParams, h: ArrayLike) -> Floats:
    """Compute for each visible unit the probability that it is on.

    Parameters
    ----------
    params : BoltzmannParams
    h : array_like of shape (batch, n_hidden)

    Returns
    -------
    ndarray of shape (batch, n_visible)

    Raises
    ------
    ValueError
        As `hidden_probabilities`.
    """
    W, b, _, states = _check(params, h=h)
    return trusted_sigmoid(_sum(states, W.T, b))


def free_energy(params: BoltzmannParams, v: ArrayLike) -> Floats:
    """Compute the free energy of visible states: the lower, the more probable.

    Parameters
    ----------
    params : BoltzmannParams
    v : array_like of shape (batch, n_visible)

    Returns
    -------
    ndarray of shape (batch,)
        The logarithm of the probability is minus this, minus `log_partition`.

    Raises
    ------
    ValueError
        As `hidden_probabilities`.
    """
    W, b, c, states = _check(params, v=v)
    with np.errstate(all="ignore"):
        energy = -(states @ b) - np.logaddexp(0, _sum(states, W, c)).sum(axis=1)
    check_held("params and v", energy)
    return energy  # type: ignore[no-any-return]


def log_partition(params: BoltzmannParams) -> float:
    """Compute the logarithm of the partition function, state by state.

    Parameters
    ----------
    params : BoltzmannParams
        With at most 16 hidden units: the number of their states doubles with each.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `hidden_probabilities`; or if there are more hidden units.
    """
    energies = _hidden_energies(params)
    return float(np.logaddexp.reduce(-energies))


def exact_gradient(params: BoltzmannParams, v: ArrayLike) -> BoltzmannParams:
    """Differentiate the mean of minus the log-likelihood of some data.

    Parameters
    ----------
    params : BoltzmannParams
        With at most 16 hidden units.
    v : array_like of 0 and 1, of shape (batch, n_visible)

    Returns
    -------
    BoltzmannParams

    Raises
    ------
    ValueError
        As `log_partition`.

    Notes
    -----
    Page ``history-experiments``, equation ``rbm-gradient``.
    """
    _check(params, v=v)
    energies = _hidden_energies(params)
    shares = np.exp(-energies - np.logaddexp.reduce(-energies))
    h = _states(params.W.shape[1]).astype(params.W.dtype)
    seen = visible_probabilities(params, h)
    model = BoltzmannParams((seen * shares[:, None]).T @ h, shares @ seen, shares @ h)
    data = _moments(np.asarray(v), hidden_probabilities(params, v))
    return map_leaves(np.subtract, model, data)


def contrastive_divergence(
    params: BoltzmannParams, v: ArrayLike, *, n_steps: int = 1, rng: np.random.Generator
) -> BoltzmannParams:
    """Estimate `exact_gradient` from where a short chain leads that begins at the data.

    Parameters
    ----------
    params : BoltzmannParams
    v : array_like of shape (batch, n_visible)
    n_steps : int, optional
        How often both layers are drawn anew.
    rng : numpy.random.Generator

    Returns
    -------
    BoltzmannParams

    Raises
    ------
    ValueError
        As `hidden_probabilities`; or if an argument has the wrong type.

    Notes
    -----
    Hinton (2002). Page ``history-experiments``.
    """
    n_steps, rng = check_integer("n_steps", n_steps), check_generator("rng", rng)
    on = hidden_probabilities(params, v)
    data = _moments(np.asarray(v), on)
    for _ in range(n_steps):
        h = (rng.random(on.shape) < on).astype(on.dtype)
        seen = visible_probabilities(params, h)
        again = (rng.random(seen.shape) < seen).astype(seen.dtype)
        on = hidden_probabilities(params, again)
    return map_leaves(np.subtract, _moments(again, on), data)


def train_boltzmann(
    params: BoltzmannParams,
    v: ArrayLike,
    *,
    n_epochs: int,
    batch_size: int = 20,
    learning_rate: float = 0.1,
    rng: np.random.Generator,
) -> BoltzmannParams:
    """Train by contrastive divergence with one step, on shuffled batches.

    Parameters
    ----------
    params : BoltzmannParams
    v : array_like of shape (n_examples, n_visible)
        From 0 to 1.
    n_epochs : int
    batch_size : int, optional
    learning_rate : float, optional
    rng : numpy.random.Generator

    Returns
    -------
    BoltzmannParams

    Raises
    ------
    ValueError
        As `contrastive_divergence`; or if `v` holds numbers that are no probabilities.
    """
    n_epochs, rng = check_integer("n_epochs", n_epochs), check_generator("rng", rng)
    batch_size = check_integer("batch_size", batch_size)
    learning_rate = check_number("learning_rate", learning_rate, above=0)
    _check(params, v=v)
    check_numbers("v", v, at_least=0, at_most=1, repair="Divide by the largest value first.")
    examples = np.asarray(v)
    n_batches = max(1, len(examples) // batch_size)
    for _ in range(n_epochs):
        for rows in np.array_split(rng.permutation(len(examples)), n_batches):
            gradient = contrastive_divergence(params, examples[rows], rng=rng)
            params = descent_step(params, gradient, learning_rate=learning_rate)
    return params


def pretrain(
    v: ArrayLike,
    n_hidden: Sequence[int],
    *,
    n_epochs: int,
    learning_rate: float = 0.1,
    rng: np.random.Generator,
) -> tuple[DenseParams, ...]:
    """Train a stack of machines from below, and return their weights as those of dense layers.

    Parameters
    ----------
    v : array_like of shape (n_examples, n_visible)
        From 0 to 1.
    n_hidden : sequence of int
        Number of hidden units of each machine.
    n_epochs : int
        For each machine.
    learning_rate : float, optional
    rng : numpy.random.Generator

    Returns
    -------
    tuple of DenseParams
        For layers with sigmoids.

    Raises
    ------
    ValueError
        As `train_boltzmann`.

    Notes
    -----
    Hinton, Osindero and Teh (2006). Each machine sees the probabilities of the hidden units below.
    """
    layers, data = [], np.asarray(v)
    check_shape("v", data, "n_examples n_visible")
    for n in n_hidden:
        machine = boltzmann_init(data.shape[1], n, rng=rng)
        machine = train_boltzmann(
            machine, data, n_epochs=n_epochs, learning_rate=learning_rate, rng=rng
        )
        layers.append(DenseParams(W=machine.W, b=machine.c))
        data = hidden_probabilities(machine, data)
    return tuple(layers)


# Private -------------------------------------------------------------------------------------


def _check(params: BoltzmannParams, **given: ArrayLike) -> tuple[Floats, ...]:
    ((name, value),) = given.items()
    sizes = check_params("params", params, _AXES)
    axis = "n_visible" if name == "v" else "n_hidden"
    check_shape(name, value, f"batch {axis}", **{axis: sizes[axis]})
    if not len(np.asarray(value)):
        raise ValueError(f"{name} must hold at least one state, got none.")
    return check_floats(
        {"params.W": params.W, "params.b": params.b, "params.c": params.c, name: value}
    )


def _sum(states: Floats, W: Floats, bias: Floats) -> Floats:
    with np.errstate(all="ignore"):
        total = states @ W + bias
    check_held("params and states", total)
    return total


def _moments(v: Floats, on: Floats) -> BoltzmannParams:
    """How often two units are on together, and each alone."""
    return BoltzmannParams(v.T @ on / len(v), v.mean(axis=0), on.mean(axis=0))


def _states(n_units: int) -> NDArray[np.int64]:
    """List all states of some units."""
    return np.arange(2**n_units)[:, None] >> np.arange(n_units) & 1


def _hidden_energies(params: BoltzmannParams) -> Floats:
    """Free energies of all states of the hidden units."""
    swapped = BoltzmannParams(np.transpose(params.W), params.c, params.b)
    sizes = check_params("params", params, _AXES)
    n_hidden = sizes["n_hidden"]
    if n_hidden > MOST_STATES:
        raise ValueError(f"params must have at most {MOST_STATES} hidden units, got {n_hidden}.")
    return free_energy(swapped, _states(n_hidden).astype(swapped.W.dtype))
