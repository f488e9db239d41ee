"""The gated recurrent unit, forward and backward; the reset comes before the matrix product."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from unrolled.networks.activations import trusted_sigmoid as sigmoid
from unrolled.networks.checks import check_cache, check_gradients, check_held, check_inputs
from unrolled.networks.initialisers import glorot_uniform, orthogonal
from unrolled.shapes import check_integer

__all__ = [
    "GRUCache",
    "GRUGate",
    "GRUGradients",
    "GRUParams",
    "GRUStep",
    "gru_backward",
    "gru_forward",
    "gru_init",
    "gru_n_params",
    "gru_step",
    "gru_step_backward",
]


class GRUGate(NamedTuple):
    """Weights of one gate, or of the candidate: ``x @ W + h @ R + b``."""

    W: NDArray[Any]  # (n_in, n_hidden)      input weights
    R: NDArray[Any]  # (n_hidden, n_hidden)  recurrent weights
    b: NDArray[Any]  # (n_hidden,)           bias


class GRUParams(NamedTuple):
    """Weights of a GRU; their gradient has the same form."""

    update_gate: GRUGate
    reset_gate: GRUGate
    candidate: GRUGate


class GRUStep(NamedTuple):
    """What one step must store for the backward pass; each of shape (batch, n_hidden)."""

    h_prev: NDArray[Any]  # state of the previous step
    z: NDArray[Any]  # update gate: how much of the old state is kept
    r: NDArray[Any]  # reset gate: how much of it enters the candidate
    g: NDArray[Any]  # candidate


class GRUCache(NamedTuple):
    """What a forward pass stores; each array of shape (batch, time, n_hidden) but the first."""

    params: GRUParams  # the very object that was passed in
    mask: NDArray[np.bool_] | None  # (batch, time)
    x: NDArray[Any]  # (batch, time, n_in)
    h_prev: NDArray[Any]
    z: NDArray[Any]
    r: NDArray[Any]
    g: NDArray[Any]


class GRUGradients(NamedTuple):
    """Derivatives of the loss with respect to parameters, inputs and initial states."""

    params: GRUParams
    x: NDArray[Any]  # (batch, time, n_in)
    h0: NDArray[Any]  # (batch, n_hidden)


GATE_AXES = ("n_in n_hidden", "n_hidden n_hidden", "n_hidden")
AXES: Any = GRUParams(*(GRUGate(*GATE_AXES) for _ in range(3)))  # type: ignore[arg-type]


@np.errstate(all="ignore")
def gru_forward(
    params: GRUParams, x: ArrayLike, h0: ArrayLike | None = None, *, mask: ArrayLike | None = None
) -> tuple[NDArray[Any], GRUCache]:
    """Run a GRU over a batch of sequences.

    Parameters
    ----------
    params : GRUParams
        All float64, or all float32, like every array below.
    x : array_like of shape (batch, time, n_in)
        Sequences.
    h0 : array_like of shape (batch, n_hidden), optional
        State before the first step; zeros by default.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time), optional
        True is a real step. At a padded step the state is carried on.

    Returns
    -------
    h : ndarray of shape (batch, time, n_hidden)
        States of all steps, which are the outputs.
    cache : GRUCache
        What `gru_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a number overflows.

    Notes
    -----
    Cho et al. (2014), equations 5 to 8; Keras' ``GRU`` with ``reset_after=False``.
    """
    inputs = check_inputs(params, AXES, x, {"h0": h0}, mask)
    (state,) = inputs.states
    steps, states = [], []
    for t in range(inputs.x.shape[1]):
        step, new = gru_step(inputs.params, inputs.x[:, t], state)
        real = True if inputs.mask is None else inputs.mask[:, t, None]
        state = np.where(real, new, state)
        steps.append(step)
        states.append(state)
    h = np.stack(states, axis=1)
    remembered = (np.stack(arrays, axis=1) for arrays in zip(*steps, strict=True))
    check_held("params and x", h)
    return h, GRUCache(params, inputs.mask, inputs.x, *remembered)


def gru_step(
    params: GRUParams, x: NDArray[Any], h_prev: NDArray[Any]
) -> tuple[GRUStep, NDArray[Any]]:
    """Compute one step forward: four equations, four lines. Arguments are not checked.

    Parameters
    ----------
    params : GRUParams
    x : ndarray of shape (batch, n_in)
    h_prev : ndarray of shape (batch, n_hidden)

    Returns
    -------
    step : GRUStep
    h : ndarray of shape (batch, n_hidden)
    """
    z = sigmoid(_affine(params.update_gate, x, h_prev))
    r = sigmoid(_affine(params.reset_gate, x, h_prev))
    g = np.tanh(_affine(params.candidate, x, r * h_prev))
    h = z * h_prev + (1 - z) * g
    return GRUStep(h_prev, z, r, g), h


@np.errstate(all="ignore")
def gru_backward(params: GRUParams, cache: GRUCache, d_h: ArrayLike) -> GRUGradients:
    """Propagate derivatives of the loss back to parameters, inputs and initial states.

    Parameters
    ----------
    params : GRUParams
        Those of the forward pass.
    cache : GRUCache
        From `gru_forward`.
    d_h : array_like of shape (batch, time, n_hidden)
        Immediate derivative of the loss with respect to each state, ignoring its effect on later
        steps.

    Returns
    -------
    GRUGradients
        A padded step contributes nothing to the gradients of `params`, and the gradient of its `x`
        is zero; derivatives of its state are passed on to the last real step, from which it was
        carried.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.
    """
    weights = check_cache(params, cache, GRUCache)
    shape = cache.h_prev.shape
    (immediate,) = check_gradients(cache.x, d_h=(d_h, "batch time n_hidden", shape))
    d_later = np.zeros_like(immediate[:, 0])
    d_bars = np.zeros((3, *shape), immediate.dtype)
    for t in reversed(range(shape[1])):
        step = GRUStep(*(array[:, t] for array in cache[3:]))
        d_total = immediate[:, t] + d_later
        real = True if cache.mask is None else cache.mask[:, t, None]
        *d_now, d_prev = gru_step_backward(weights, step, np.where(real, d_total, 0))
        d_bars[:, :, t] = d_now
        d_later = np.where(real, d_prev, d_total)
    gradients = GRUGradients(_weights(cache, d_bars), _inputs(weights, d_bars), d_later)
    check_held("d_h", gradients)
    return gradients


def gru_step_backward(
    params: GRUParams, step: GRUStep, d_h: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    """Propagate derivatives back through one step. Arguments are not checked.

    Parameters
    ----------
    params : GRUParams
    step : GRUStep
    d_h : ndarray of shape (batch, n_hidden)
        Total derivative with respect to the state of this step.

    Returns
    -------
    d_z_bar, d_r_bar, d_g_bar, d_h_prev : ndarray of shape (batch, n_hidden)
        Total derivatives, and those passed on to the previous step.
    """
    h_prev, z, r, g = step
    d_z_bar = d_h * (h_prev - g) * z * (1 - z)
    d_g_bar = d_h * (1 - z) * (1 - g**2)
    d_seen = d_g_bar @ params.candidate.R.T  # of r * h_prev
    d_r_bar = d_seen * h_prev * r * (1 - r)
    through_gates = d_z_bar @ params.update_gate.R.T + d_r_bar @ params.reset_gate.R.T
    d_h_prev = d_h * z + d_seen * r + through_gates
    return d_z_bar, d_r_bar, d_g_bar, d_h_prev


def gru_init(
    n_in: int, n_hidden: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> GRUParams:
    """Draw initial weights.

    Parameters
    ----------
    n_in, n_hidden : int
        Dimensions of the input and of the state.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    GRUParams
        Glorot's uniform `W`, orthogonal `R`, biases of zero.

    Raises
    ------
    ValueError
        If a size is below one, `rng` is not a generator, or `dtype` is neither float64 nor float32.
    """

    def draw() -> GRUGate:
        W = glorot_uniform(n_in, n_hidden, rng=rng, dtype=dtype)
        R = orthogonal(n_hidden, rng=rng, dtype=dtype)
        return GRUGate(W, R, np.zeros(n_hidden, W.dtype))

    return GRUParams(draw(), draw(), draw())


def gru_n_params(n_in: int, n_hidden: int) -> int:
    """Count the parameters of a GRU.

    Parameters
    ----------
    n_in, n_hidden : int
        Dimensions of the input and of the state.

    Returns
    -------
    int
        ``3 * (n_in * n_hidden + n_hidden**2 + n_hidden)``.

    Raises
    ------
    ValueError
        If a size is not an integer, or is below one.
    """
    n_in, n_hidden = check_integer("n_in", n_in), check_integer("n_hidden", n_hidden)
    return 3 * (n_in * n_hidden + n_hidden**2 + n_hidden)


def _affine(gate: GRUGate, x: NDArray[Any], h: NDArray[Any]) -> NDArray[Any]:
    return x @ gate.W + h @ gate.R + gate.b  # type: ignore[no-any-return]


def _weights(cache: GRUCache, d_bars: NDArray[Any]) -> GRUParams:
    """Sum the derivatives of all copies of the weights over batch and time."""
    seen = (cache.h_prev, cache.h_prev, cache.r * cache.h_prev)  # the candidate uses the reset one
    return GRUParams._make(
        GRUGate(
            np.einsum("bti,bth->ih", cache.x, d_bar, optimize=True),
            np.einsum("btr,bth->rh", h, d_bar, optimize=True),
            d_bar.sum(axis=(0, 1)),
        )
        for h, d_bar in zip(seen, d_bars, strict=True)
    )


def _inputs(params: GRUParams, d_bars: NDArray[Any]) -> NDArray[Any]:
    d_z, d_r, d_g = (d_bar @ gate.W.T for d_bar, gate in zip(d_bars, params, strict=True))
    return d_z + d_r + d_g  # type: ignore[no-any-return]
