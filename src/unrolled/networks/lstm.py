"""LSTM with peepholes: forward pass, and backward pass to all parameters and inputs.

`lstm_forward` and `lstm_backward` are the lesson, with one line for each equation.
`lstm_forward_fused` and `lstm_backward_fused` have the same signatures and results, and are built
for speed. Other modules import everything about the LSTM from here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_sigmoid as sigmoid
from unrolled.networks.checks import check_cache, check_held
from unrolled.networks.lstm_fused import lstm_backward_fused, lstm_forward_fused
from unrolled.networks.lstm_params import (
    BlockInput,
    Gate,
    LSTMCache,
    LSTMDeltas,
    LSTMGradients,
    LSTMParams,
    LSTMStep,
    check_lstm_gradients,
    check_lstm_inputs,
    freeze,
    lstm_init,
    lstm_n_params,
)

__all__ = [
    "BlockInput",
    "Gate",
    "LSTMParams",
    "lstm_backward",
    "lstm_backward_fused",
    "lstm_deltas",
    "lstm_forward",
    "lstm_forward_fused",
    "lstm_init",
    "lstm_n_params",
    "lstm_step",
    "lstm_step_backward",
]


@np.errstate(all="ignore")
def lstm_forward(
    params: LSTMParams,
    x: ArrayLike,
    y0: ArrayLike | None = None,
    c0: ArrayLike | None = None,
    *,
    mask: ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any], LSTMCache]:
    """Run an LSTM over a batch of sequences.

    Parameters
    ----------
    params : LSTMParams
        All float64, or all float32, like every array below.
    x : array_like of shape (batch, time, n_in)
        Sequences.
    y0, c0 : array_like of shape (batch, n_hidden), optional
        Output and cell state before the first step; zeros by default.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time), optional
        True is a real step. At a padded step output and cell state are carried on.

    Returns
    -------
    y, c : ndarray of shape (batch, time, n_hidden)
        Outputs and cell states of all steps; read-only, since the cache shares them.
    cache : LSTMCache
        What `lstm_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a number overflows.

    Notes
    -----
    Greff et al. (2017), "LSTM: A Search Space Odyssey", section 2, with peepholes.
    """
    inputs = check_lstm_inputs(params, x, y0, c0, mask)
    y, c = inputs.states
    steps, outputs = [], []
    for t in range(inputs.x.shape[1]):
        step, y_new = lstm_step(inputs.params, inputs.x[:, t], y, c)
        y, c = _carry(inputs.mask, t, (y_new, step.c), (y, c))
        steps.append(step._replace(c=c))
        outputs.append(y)
    remembered = (np.stack(arrays, axis=1) for arrays in zip(*steps, strict=True))
    cache = LSTMCache(params, inputs.mask, inputs.x, *remembered)
    return freeze(np.stack(outputs, axis=1), cache)


def lstm_step(
    params: LSTMParams,
    x: NDArray[Any],
    y_prev: NDArray[Any],
    c_prev: NDArray[Any],
) -> tuple[LSTMStep, NDArray[Any]]:
    """Compute one step forward: six equations, six lines. Arguments are not checked.

    Parameters
    ----------
    params : LSTMParams
    x : ndarray of shape (batch, n_in)
    y_prev, c_prev : ndarray of shape (batch, n_hidden)

    Returns
    -------
    step : LSTMStep
    y : ndarray of shape (batch, n_hidden)
    """
    p_in, p_for, p_out = (gate.p for gate in params[1:])
    z = np.tanh(_affine(params.block_input, x, y_prev))
    i = sigmoid(_affine(params.input_gate, x, y_prev) + p_in * c_prev)
    f = sigmoid(_affine(params.forget_gate, x, y_prev) + p_for * c_prev)
    c = z * i + c_prev * f
    o = sigmoid(_affine(params.output_gate, x, y_prev) + p_out * c)  # new cell state
    y = o * np.tanh(c)
    return LSTMStep(y_prev, c_prev, z, i, f, o, c), y


@np.errstate(all="ignore")
def lstm_backward(
    params: LSTMParams, cache: LSTMCache, d_y: ArrayLike, d_c_last: ArrayLike | None = None
) -> LSTMGradients:
    """Propagate derivatives of the loss back to parameters, inputs and initial states.

    Parameters
    ----------
    params : LSTMParams
        Those of the forward pass.
    cache : LSTMCache
        From `lstm_forward`.
    d_y : array_like of shape (batch, time, n_hidden)
        Immediate derivative of the loss with respect to each output, ignoring its effect on later
        steps.
    d_c_last : array_like of shape (batch, n_hidden), optional
        Immediate derivative with respect to the last cell state, if the loss depends on it.

    Returns
    -------
    LSTMGradients
        A padded step contributes nothing to the gradients of `params`, and the gradient of its `x`
        is zero; derivatives of its output and cell state are passed on to the last real step, from
        which they were carried.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.

    Notes
    -----
    The sums run over all steps; the term of the first step contains the initial states.
    """
    deltas = lstm_deltas(params, cache, d_y, d_c_last)
    d_params = LSTMParams(
        _weights(cache, deltas.z_bar),
        Gate(*_weights(cache, deltas.i_bar), p=_peephole(cache.c_prev, deltas.i_bar)),
        Gate(*_weights(cache, deltas.f_bar), p=_peephole(cache.c_prev, deltas.f_bar)),
        Gate(*_weights(cache, deltas.o_bar), p=_peephole(cache.c, deltas.o_bar)),
    )
    d_x = _back_through(deltas[:4], [gate.W for gate in params])
    gradients = LSTMGradients(d_params, d_x, deltas.y0, deltas.c0)
    check_held("d_y", gradients)
    return gradients


@np.errstate(all="ignore")
def lstm_deltas(
    params: LSTMParams, cache: LSTMCache, d_y: ArrayLike, d_c_last: ArrayLike | None = None
) -> LSTMDeltas:
    """Propagate derivatives of the loss back to every neuron, as part of `lstm_backward`.

    Parameters
    ----------
    params, cache, d_y, d_c_last
        As for `lstm_backward`.

    Returns
    -------
    LSTMDeltas
        Total derivatives: through this step and all later ones.

    Raises
    ------
    ValueError
        As `lstm_backward`.
    """
    params = check_cache(params, cache, LSTMCache)
    d_y, d_c = check_lstm_gradients(cache, d_y, d_c_last)
    d_y_later = np.zeros_like(d_c)
    deltas = []
    for t in reversed(range(d_y.shape[1])):
        step = LSTMStep(*(array[:, t] for array in cache[3:]))
        d_y_total = d_y[:, t] + d_y_later
        real, carried = _split(cache.mask, t, (d_y_total, d_c))
        *d_bars, d_c_total, d_y_prev, d_c_prev = lstm_step_backward(params, step, *real)
        deltas.append((*d_bars, d_c_total + carried[1], d_y_total))
        d_y_later, d_c = d_y_prev + carried[0], d_c_prev + carried[1]
    over_time = [np.stack(arrays[::-1], axis=1) for arrays in zip(*deltas, strict=True)]
    return LSTMDeltas._make([*over_time, d_c, d_y_later])


def lstm_step_backward(
    params: LSTMParams, step: LSTMStep, d_y: NDArray[Any], d_c: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    """Propagate derivatives back through one step. Arguments are not checked.

    Parameters
    ----------
    params : LSTMParams
    step : LSTMStep
    d_y : ndarray of shape (batch, n_hidden)
        Total derivative with respect to the output of this step.
    d_c : ndarray of shape (batch, n_hidden)
        Derivative with respect to its cell state that arrives from later steps.

    Returns
    -------
    d_z_bar, d_i_bar, d_f_bar, d_o_bar, d_c, d_y_prev, d_c_prev : ndarray of shape (batch, n_hidden)
        Total derivatives, and those passed on to the previous step.
    """
    _, c_prev, z, i, f, o, c = step
    p_in, p_for, p_out = params.input_gate.p, params.forget_gate.p, params.output_gate.p
    d_o_bar = d_y * np.tanh(c) * o * (1 - o)
    d_c = d_c + d_y * o * (1 - np.tanh(c) ** 2) + p_out * d_o_bar
    d_f_bar = d_c * c_prev * f * (1 - f)
    d_i_bar = d_c * z * i * (1 - i)
    d_z_bar = d_c * i * (1 - z**2)
    d_c_prev = d_c * f + p_in * d_i_bar + p_for * d_f_bar
    d_bars = (d_z_bar, d_i_bar, d_f_bar, d_o_bar)
    d_y_prev = _back_through(d_bars, [gate.R for gate in params])
    return *d_bars, d_c, d_y_prev, d_c_prev


def _affine(gate: BlockInput | Gate, x: NDArray[Any], y_prev: NDArray[Any]) -> NDArray[Any]:
    return x @ gate.W + y_prev @ gate.R + gate.b  # type: ignore[no-any-return]


def _carry(mask: NDArray[np.bool_] | None, t: int, new: Any, old: Any) -> Any:
    """Take the new states at real steps and keep the old ones at padded steps."""
    if mask is None:
        return new
    real = mask[:, t, None]
    return tuple(np.where(real, *states) for states in zip(new, old, strict=True))


def _split(mask: NDArray[np.bool_] | None, t: int, gradients: Any) -> tuple[Any, Any]:
    """Split gradients into those that a real step uses and those that a padded step passes on."""
    if mask is None:
        return gradients, (0.0,) * len(gradients)
    real = mask[:, t, None]
    taken = tuple(np.where(real, gradient, 0) for gradient in gradients)
    return taken, tuple(np.where(real, 0, gradient) for gradient in gradients)


def _weights(cache: LSTMCache, d_bar: NDArray[Any]) -> BlockInput:
    """Sum the derivatives of all copies of W, R and b over batch and time."""
    d_W = np.einsum("bti,bth->ih", cache.x, d_bar, optimize=True)
    d_R = np.einsum("btr,bth->rh", cache.y_prev, d_bar, optimize=True)
    return BlockInput(d_W, d_R, d_bar.sum(axis=(0, 1)))


def _peephole(c: NDArray[Any], d_bar: NDArray[Any]) -> NDArray[Any]:
    return (c * d_bar).sum(axis=(0, 1))  # type: ignore[no-any-return]


def _back_through(d_bars: Sequence[NDArray[Any]], weights: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Sum the derivatives that come back through the four matrices."""
    d_z, d_i, d_f, d_o = (d_bar @ np.transpose(W) for d_bar, W in zip(d_bars, weights, strict=True))
    return d_z + d_i + d_f + d_o  # type: ignore[no-any-return]
