"""The LSTM as libraries write it: the same results as the clear version, in less time.

Six ideas. The matrices of the four gates stand side by side, so that one product serves all of
them. The products with the inputs need no earlier step and are computed for all steps at once; the
biases are included as weights of an input that is always 1. Arrays reuse memory that was used
before, and are written in place. Time comes first in memory, and then the gate, so that each step
is contiguous, and so is each of its gates. In the backward pass the local derivatives, which need
no later step, are computed before the loop. And no product is divided among threads, since those of
the steps are small.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.blas_threads import one_blas_thread
from unrolled.networks.checks import check_cache, check_held
from unrolled.networks.lstm_params import (
    BlockInput,
    Gate,
    LSTMCache,
    LSTMGradients,
    LSTMParams,
    check_lstm_gradients,
    check_lstm_inputs,
    freeze,
)
from unrolled.networks.memory_pool import pooled_empty

__all__ = ["lstm_backward_fused", "lstm_forward_fused"]


class Stacked(NamedTuple):
    """Weights of the four gates side by side: block input, input, forget and output gate."""

    W: NDArray[Any]  # (n_in + 1, 4 * n_hidden); the last row holds the biases
    R: NDArray[Any]  # (n_hidden, 4 * n_hidden)
    p: NDArray[Any] | None  # (3, n_hidden); input, forget and output gate; None for zeros only


@one_blas_thread()
@np.errstate(all="ignore")  # exp may overflow: 1 / (1 + inf) is the 0 that is meant
def lstm_forward_fused(
    params: LSTMParams,
    x: ArrayLike,
    y0: ArrayLike | None = None,
    c0: ArrayLike | None = None,
    *,
    mask: ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any], LSTMCache]:
    """Run an LSTM over a batch of sequences, fast.

    Parameters
    ----------
    params, x, y0, c0, mask
        As for `unrolled.networks.lstm.lstm_forward`.

    Returns
    -------
    y, c : ndarray of shape (batch, time, n_hidden)
    cache : LSTMCache
        Either backward pass takes the cache of either forward pass.

    Raises
    ------
    ValueError
        As `unrolled.networks.lstm.lstm_forward`.

    Notes
    -----
    The weights of the gates are negated once, so that a sigmoid is ``1 / (1 + exp(g))``.
    """
    inputs = check_lstm_inputs(params, x, y0, c0, mask)
    batch, time, _ = inputs.x.shape
    n, dtype = inputs.states[0].shape[1], inputs.x.dtype
    W, R, p = _stack(inputs.params, gate_sign=-1)
    state = (time + 1, batch, n)
    gates, y, c, with_ones, sums, product = pooled_empty(
        dtype,
        (time, 4, batch, n),
        state,
        state,
        (time, batch, len(W)),
        (batch, 4 * n),
        (2, batch, n),
    )
    from_x = gates.reshape(time, batch, 4 * n)  # held there until the gates of its step replace it
    np.matmul(_with_ones(inputs.x, with_ones), W, out=from_x.reshape(time * batch, 4 * n))
    y[0], c[0] = inputs.states
    padded = _padded(inputs.mask)
    for t in range(time):
        np.matmul(y[t], R, out=sums)
        sums += from_x[t]
        gates[t] = sums.reshape(batch, 4, n).swapaxes(0, 1)
        _step(gates[t], c[t], p, c[t + 1], y[t + 1], product)
        if padded is not None:
            np.copyto(y[t + 1], y[t], where=padded[t])
            np.copyto(c[t + 1], c[t], where=padded[t])
    z, i, f, o = gates.transpose(1, 2, 0, 3)
    y, c = y.swapaxes(0, 1), c.swapaxes(0, 1)
    cache = LSTMCache(params, inputs.mask, inputs.x, y[:, :-1], c[:, :-1], z, i, f, o, c[:, 1:])
    return freeze(y[:, 1:], cache)


def _step(
    gates: NDArray[Any],
    c_prev: NDArray[Any],
    p: NDArray[Any] | None,
    c: NDArray[Any],
    y: NDArray[Any],
    product: NDArray[Any],
) -> None:
    """Turn the four pre-activations of a step into gates, in place; write cell state and output.

    The pre-activations of the three gates, and their peepholes `p`, have the opposite sign.
    """
    (z, i, f, o), once = gates, product[0]
    ready = gates[1:]
    if p is not None:
        ready = gates[1:3]
        ready += np.multiply(c_prev, p[:2, None], out=product)
    np.tanh(z, out=z)
    _sigmoid_of_minus(ready)
    np.multiply(f, c_prev, out=c)
    c += np.multiply(z, i, out=once)
    if p is not None:
        o += np.multiply(c, p[2], out=once)
        _sigmoid_of_minus(o)
    np.tanh(c, out=y)
    y *= o


@one_blas_thread()
@np.errstate(all="ignore")
def lstm_backward_fused(
    params: LSTMParams, cache: LSTMCache, d_y: ArrayLike, d_c_last: ArrayLike | None = None
) -> LSTMGradients:
    """Propagate derivatives of the loss back to parameters, inputs and initial states, fast.

    Parameters
    ----------
    params, cache, d_y, d_c_last
        As for `unrolled.networks.lstm.lstm_backward`.

    Returns
    -------
    LSTMGradients

    Raises
    ------
    ValueError
        As `unrolled.networks.lstm.lstm_backward`.
    """
    W, R, p = _stack(check_cache(params, cache, LSTMCache))
    immediate, d_c = check_lstm_gradients(cache, d_y, d_c_last)
    batch, time, n = cache.c.shape
    d_c = d_c.copy()
    gates, steps, step = (time, batch, 4 * n), (time, batch, n), (batch, n)
    d_bars, derivatives_c, scratch, with_ones, d_total, d_later, product = pooled_empty(
        d_c.dtype, gates, steps, steps, (time, batch, len(W)), step, step, step
    )
    _local_derivatives(cache, d_bars.reshape(time, batch, 4, n), derivatives_c, scratch)
    d_later[:] = 0
    back, padded = np.ascontiguousarray(R.T), _padded(cache.mask)
    forget = cache.f.swapaxes(0, 1)
    for t in reversed(range(time)):
        d_bar = d_bars[t].reshape(batch, 4, n)
        np.add(immediate[:, t], d_later, out=d_total)
        if padded is not None:
            kept = np.where(padded[t], d_total, 0), np.where(padded[t], d_c, 0)
            for gradient in (d_total, d_c):
                np.copyto(gradient, 0, where=padded[t])
        d_bar[:, 3] *= d_total
        d_c += np.multiply(d_total, derivatives_c[t], out=product)
        if p is not None:
            d_c += np.multiply(d_bar[:, 3], p[2], out=product)
        d_bar[:, :3] *= d_c[:, None]
        d_c *= forget[t]
        if p is not None:
            d_c += np.multiply(d_bar[:, 1], p[0], out=product)
            d_c += np.multiply(d_bar[:, 2], p[1], out=product)
        np.matmul(d_bars[t], back, out=d_later)
        if padded is not None:
            d_later += kept[0]
            d_c = np.where(padded[t], kept[1], d_c)
    gradients = LSTMGradients(
        *_sum_up(_with_ones(cache.x, with_ones), cache, W, d_bars), d_later, d_c
    )
    check_held("d_y", gradients)
    return gradients


def _stack(params: LSTMParams, *, gate_sign: int = 1) -> Stacked:
    """Put the weights side by side; those of the three gates times a sign."""
    W = np.hstack([np.vstack([gate.W, gate.b]) for gate in params])
    R = np.hstack([gate.R for gate in params])
    p = np.stack([gate.p for gate in params[1:]])
    for of_gates in (W[:, len(R) :], R[:, len(R) :], p):
        of_gates *= gate_sign
    return Stacked(W, R, p if p.any() else None)


def _with_ones(x: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
    """Put time first and a 1 after each input, for the bias: (time * batch, n_in + 1)."""
    out[:, :, :-1] = x.swapaxes(0, 1)
    out[:, :, -1] = 1
    return out.reshape(-1, out.shape[2])


def _padded(mask: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    return None if mask is None else ~mask.T[:, :, None]


def _sigmoid_of_minus(x: NDArray[Any]) -> None:
    """Compute ``1 / (1 + exp(x))`` in place."""
    np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)


def _local_derivatives(
    cache: LSTMCache, derivatives: NDArray[Any], of_c: NDArray[Any], product: NDArray[Any]
) -> None:
    """Compute derivatives along single edges: of c by z, i, f, of y by o, and of y by c."""
    c_prev, z, i, f, o, c = (array.swapaxes(0, 1) for array in cache[4:])
    of_z, of_i, of_f, of_o = np.moveaxis(derivatives, 2, 0)
    squashed = np.tanh(c, out=of_c)
    np.multiply(i, np.subtract(1, np.multiply(z, z, out=product), out=product), out=of_z)
    for derivative, gate, factor in ((of_i, i, z), (of_f, f, c_prev), (of_o, o, squashed)):
        np.subtract(1, gate, out=derivative)
        derivative *= np.multiply(gate, factor, out=product)
    np.subtract(1, np.multiply(squashed, squashed, out=product), out=of_c)
    of_c *= o


def _sum_up(
    x_and_ones: NDArray[Any], cache: LSTMCache, W: NDArray[Any], d_bars: NDArray[Any]
) -> tuple[LSTMParams, NDArray[Any]]:
    """Sum over batch and time: one product for all W and b, one for all R, one for x."""
    time, batch, width = d_bars.shape
    n, n_in = width // 4, W.shape[0] - 1
    flat = d_bars.reshape(time * batch, width)
    d_W = np.split(x_and_ones.T @ flat, 4, axis=1)
    d_R = np.split(cache.y_prev.swapaxes(0, 1).reshape(time * batch, n).T @ flat, 4, axis=1)
    d_b = [matrix[-1] for matrix in d_W]
    cells = (cache.c_prev, cache.c_prev, cache.c)
    d_p = [
        np.einsum("btn,tbn->n", cell, d_bars[:, :, k * n : (k + 1) * n])
        for k, cell in enumerate(cells, start=1)
    ]
    block_input = BlockInput(d_W[0][:-1], d_R[0], d_b[0])
    gates = (Gate(d_W[k][:-1], d_R[k], d_b[k], d_p[k - 1]) for k in (1, 2, 3))
    d_x = (flat @ W[:-1].T).reshape(time, batch, n_in).swapaxes(0, 1)
    return LSTMParams(block_input, *gates), d_x
