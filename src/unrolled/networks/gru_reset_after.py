"""The gated recurrent unit whose reset comes after the matrix product."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_sigmoid as sigmoid
from unrolled.networks.checks import check_cache, check_gradients, check_held, check_inputs
from unrolled.networks.gru import GRUGate, gru_init

__all__ = [
    "GRUResetAfterCache",
    "GRUResetAfterGradients",
    "GRUResetAfterParams",
    "gru_reset_after_backward",
    "gru_reset_after_forward",
    "gru_reset_after_init",
]


class GRUResetAfterParams(NamedTuple):
    """Weights of the variant; their gradient has the same form."""

    update_gate: GRUGate
    reset_gate: GRUGate
    candidate: GRUGate
    b_R: NDArray[Any]  # (n_hidden,)  bias inside the part that is reset


class GRUResetAfterCache(NamedTuple):
    """What a forward pass stores; each array of shape (batch, time, n_hidden) but the first."""

    params: GRUResetAfterParams  # the very object that was passed in
    mask: None  # this variant accepts no padded steps
    x: NDArray[Any]  # (batch, time, n_in)
    h_prev: NDArray[Any]
    z: NDArray[Any]
    r: NDArray[Any]
    part: NDArray[Any]  # what the reset gate multiplies
    g: NDArray[Any]


class GRUResetAfterGradients(NamedTuple):
    """Derivatives of the loss with respect to parameters, inputs and initial states."""

    params: GRUResetAfterParams
    x: NDArray[Any]  # (batch, time, n_in)
    h0: NDArray[Any]  # (batch, n_hidden)


GATE_AXES = ("n_in n_hidden", "n_hidden n_hidden", "n_hidden")
AXES: Any = GRUResetAfterParams._make([*(GRUGate(*GATE_AXES) for _ in range(3)), "n_hidden"])  # type: ignore[arg-type]


@np.errstate(all="ignore")
def gru_reset_after_forward(
    params: GRUResetAfterParams, x: ArrayLike, h0: ArrayLike | None = None
) -> tuple[NDArray[Any], GRUResetAfterCache]:
    """Run the variant over a batch of sequences.

    Parameters
    ----------
    params : GRUResetAfterParams
        All float64, or all float32, like every array below.
    x : array_like of shape (batch, time, n_in)
    h0 : array_like of shape (batch, n_hidden), optional
        State before the first step; zeros by default.

    Returns
    -------
    h : ndarray of shape (batch, time, n_hidden)
    cache : GRUResetAfterCache
        What `gru_reset_after_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a number overflows.

    Notes
    -----
    Keras' ``GRU`` with its default, ``reset_after=True``. Page ``gru``, equation
    ``gru-reset-after``.
    """
    inputs = check_inputs(params, AXES, x, {"h0": h0}, None)
    update, reset, candidate, b_R = inputs.params
    (h,) = inputs.states
    steps, states = [], []
    for t in range(inputs.x.shape[1]):
        x_now, h_prev = inputs.x[:, t], h
        z = sigmoid(x_now @ update.W + h_prev @ update.R + update.b)
        r = sigmoid(x_now @ reset.W + h_prev @ reset.R + reset.b)
        part = h_prev @ candidate.R + b_R
        g = np.tanh(x_now @ candidate.W + r * part + candidate.b)
        h = z * h_prev + (1 - z) * g
        steps.append((h_prev, z, r, part, g))
        states.append(h)
    outputs = np.stack(states, axis=1)
    check_held("params and x", outputs)
    remembered = (np.stack(arrays, axis=1) for arrays in zip(*steps, strict=True))
    return outputs, GRUResetAfterCache(params, None, inputs.x, *remembered)


@np.errstate(all="ignore")
def gru_reset_after_backward(
    params: GRUResetAfterParams, cache: GRUResetAfterCache, d_h: ArrayLike
) -> GRUResetAfterGradients:
    """Propagate derivatives of the loss back to parameters, inputs and initial states.

    Parameters
    ----------
    params : GRUResetAfterParams
        Those of the forward pass.
    cache : GRUResetAfterCache
        From `gru_reset_after_forward`.
    d_h : array_like of shape (batch, time, n_hidden)
        Immediate derivative of the loss with respect to each state.

    Returns
    -------
    GRUResetAfterGradients

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.
    """
    update, reset, candidate, _ = check_cache(params, cache, GRUResetAfterCache)
    _, _, x, h_prev, z, r, part, g = cache
    (immediate,) = check_gradients(x, d_h=(d_h, "batch time n_hidden", h_prev.shape))
    d_bars = np.zeros((4, *h_prev.shape), immediate.dtype)  # z, r, g, and the part that is reset
    d_later = np.zeros_like(immediate[:, 0])
    for t in reversed(range(h_prev.shape[1])):
        d_now = immediate[:, t] + d_later
        d_z = d_now * (h_prev[:, t] - g[:, t]) * z[:, t] * (1 - z[:, t])
        d_g = d_now * (1 - z[:, t]) * (1 - g[:, t] ** 2)
        d_r = d_g * part[:, t] * r[:, t] * (1 - r[:, t])
        d_part = d_g * r[:, t]
        d_bars[:, :, t] = d_z, d_r, d_g, d_part
        d_later = d_now * z[:, t] + d_z @ update.R.T + d_r @ reset.R.T + d_part @ candidate.R.T
    d_z, d_r, d_g, d_part = d_bars
    pairs = ((d_z, d_z), (d_r, d_r), (d_g, d_part))
    gates = [
        GRUGate(
            np.einsum("bti,bth->ih", x, d_in, optimize=True),
            np.einsum("btr,bth->rh", h_prev, d_back, optimize=True),
            d_in.sum(axis=(0, 1)),
        )
        for d_in, d_back in pairs
    ]
    d_x = d_z @ update.W.T + d_r @ reset.W.T + d_g @ candidate.W.T
    gradients = GRUResetAfterGradients(
        GRUResetAfterParams._make([*gates, d_part.sum(axis=(0, 1))]), d_x, d_later
    )
    check_held("d_h", gradients)
    return gradients


def gru_reset_after_init(
    n_in: int, n_hidden: int, *, rng: np.random.Generator
) -> GRUResetAfterParams:
    """Draw initial weights, as `unrolled.networks.gru.gru_init` does.

    Parameters
    ----------
    n_in, n_hidden : int
    rng : numpy.random.Generator

    Returns
    -------
    GRUResetAfterParams

    Raises
    ------
    ValueError
        As `gru_init`.
    """
    drawn = gru_init(n_in, n_hidden, rng=rng)
    return GRUResetAfterParams._make([*drawn, np.zeros_like(drawn.candidate.b)])
