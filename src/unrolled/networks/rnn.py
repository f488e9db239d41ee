"""Elman's simple recurrent network, and back propagation through time, full or truncated."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from unrolled.networks.checks import check_cache, check_gradients, check_held, check_inputs
from unrolled.networks.initialisers import glorot_uniform, orthogonal
from unrolled.shapes import check_integer

__all__ = [
    "RNNCache",
    "RNNDeltas",
    "RNNGradients",
    "RNNParams",
    "rnn_backward",
    "rnn_deltas",
    "rnn_forward",
    "rnn_init",
    "rnn_n_params",
]


class RNNParams(NamedTuple):
    """Weights of a simple RNN: ``h = tanh(x @ U + h_prev @ W + b)``, ``logits = h @ V + c``."""

    U: NDArray[Any]  # (n_in, n_hidden)      input weights
    W: NDArray[Any]  # (n_hidden, n_hidden)  recurrent weights
    b: NDArray[Any]  # (n_hidden,)           bias of the hidden layer
    V: NDArray[Any]  # (n_hidden, n_out)     output weights
    c: NDArray[Any]  # (n_out,)              bias of the output


class RNNCache(NamedTuple):
    """What a forward pass stores."""

    params: RNNParams  # the very object that was passed in
    mask: NDArray[np.bool_] | None  # (batch, time)
    x: NDArray[Any]  # (batch, time, n_in)
    h_prev: NDArray[Any]  # (batch, time, n_hidden)
    h: NDArray[Any]  # (batch, time, n_hidden)


class RNNDeltas(NamedTuple):
    """Derivatives of the whole loss with respect to every hidden neuron."""

    a: NDArray[Any]  # (batch, time, n_hidden), of the pre-activation
    h: NDArray[Any]  # (batch, time, n_hidden)
    h0: NDArray[Any]  # (batch, n_hidden)


class RNNGradients(NamedTuple):
    """Derivatives of the loss with respect to parameters, inputs and initial states."""

    params: RNNParams
    x: NDArray[Any]  # (batch, time, n_in)
    h0: NDArray[Any]  # (batch, n_hidden)


AXES: Any = RNNParams(
    *("n_in n_hidden", "n_hidden n_hidden", "n_hidden", "n_hidden n_out", "n_out")  # type: ignore[arg-type]
)


@np.errstate(all="ignore")
def rnn_forward(
    params: RNNParams,
    x: ArrayLike,
    h0: ArrayLike | None = None,
    *,
    mask: ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any], RNNCache]:
    """Run a simple RNN over a batch of sequences.

    Parameters
    ----------
    params : RNNParams
        All float64, or all float32, like every array below.
    x : array_like of shape (batch, time, n_in)
        Sequences.
    h0 : array_like of shape (batch, n_hidden), optional
        Hidden state before the first step; zeros by default.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time), optional
        True is a real step. At a padded step the state, and with it the output, is carried on.

    Returns
    -------
    logits : ndarray of shape (batch, time, n_out)
        Outputs before any softmax.
    h : ndarray of shape (batch, time, n_hidden)
        States of all steps; read-only, since the cache shares them.
    cache : RNNCache
        What `rnn_backward` needs.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a number overflows.

    Notes
    -----
    Goodfellow et al. (2016), equations 10.8 to 10.10.
    """
    inputs = check_inputs(params, AXES, x, {"h0": h0}, mask)
    weights, states = inputs.params, list(inputs.states)
    for t in range(inputs.x.shape[1]):
        a = inputs.x[:, t] @ weights.U + states[-1] @ weights.W + weights.b
        real = True if inputs.mask is None else inputs.mask[:, t, None]
        states.append(np.where(real, np.tanh(a), states[-1]))
    h = np.stack(states[1:], axis=1)
    logits = h @ weights.V + weights.c
    check_held("params and x", logits, h)
    h.flags.writeable = False
    h_prev = np.stack(states[:-1], axis=1)
    return logits, h, RNNCache(params, inputs.mask, inputs.x, h_prev, h)


@np.errstate(all="ignore")
def rnn_backward(
    params: RNNParams,
    cache: RNNCache,
    d_logits: ArrayLike,
    truncate: int | None = None,
) -> RNNGradients:
    """Propagate derivatives of the loss back through time to parameters and inputs.

    Parameters
    ----------
    params : RNNParams
        Those of the forward pass.
    cache : RNNCache
        From `rnn_forward`.
    d_logits : array_like of shape (batch, time, n_out)
        Derivative of the loss with respect to each output.
    truncate : int, optional
        With ``truncate=k`` the loss J(t) of step t is propagated only to the steps t, t - 1, …, t -
        k + 1: every derivative of J(t) with respect to a copy of the weights, an input or a state
        of step s is dropped if t - s >= k. Padded steps are counted too; `h0` belongs to the first
        step. If k is at least the number of steps, nothing is dropped.

    Returns
    -------
    RNNGradients
        A padded step contributes nothing for its input and its copy of `U`, `W` and `b`;
        derivatives of its output are passed on to the last real step, from which it was carried.

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, the cache belongs to other parameters,
        or a number overflows.

    Notes
    -----
    Goodfellow et al. (2016), equations 10.18 to 10.28, with an initial state.
    """
    d_a, _, d_h0 = rnn_deltas(params, cache, d_logits, truncate)
    d_out = np.asarray(d_logits)
    d_params = RNNParams(
        U=np.einsum("bti,bth->ih", cache.x, d_a, optimize=True),
        W=np.einsum("btr,bth->rh", cache.h_prev, d_a, optimize=True),
        b=d_a.sum(axis=(0, 1)),
        V=np.einsum("bth,bto->ho", cache.h, d_out, optimize=True),
        c=d_out.sum(axis=(0, 1)),
    )
    gradients = RNNGradients(d_params, d_a @ np.transpose(params.U), d_h0)
    check_held("d_logits", gradients)
    return gradients


@np.errstate(all="ignore")
def rnn_deltas(
    params: RNNParams,
    cache: RNNCache,
    d_logits: ArrayLike,
    truncate: int | None = None,
) -> RNNDeltas:
    """Propagate derivatives of the loss back to every neuron, as part of `rnn_backward`.

    Parameters
    ----------
    params, cache, d_logits, truncate
        As for `rnn_backward`.

    Returns
    -------
    RNNDeltas
        Total derivatives: through this step and all later ones within reach.

    Raises
    ------
    ValueError
        As `rnn_backward`.
    """
    weights = check_cache(params, cache, RNNCache)
    shape = (*cache.h.shape[:2], weights.c.size)
    (d_out,) = check_gradients(cache.x, d_logits=(d_logits, "batch time n_out", shape))
    n_steps = shape[1]
    reach = n_steps if truncate is None else check_integer("truncate", truncate)
    derivative = 1 - cache.h**2
    real = np.True_ if cache.mask is None else cache.mask[:, :, None]
    immediate = d_out @ weights.V.T
    d_h = (
        _through_all_steps(weights.W, derivative, real, immediate)
        if reach >= n_steps
        else _through_a_window(weights.W, derivative, real, immediate, reach)
    )
    d_a = np.where(real, d_h * derivative, 0)
    d_h0 = _step_back(weights.W, derivative, real, d_h)[:, 0]
    return RNNDeltas(d_a, d_h, d_h0)


def _step_back(W: Any, derivative: Any, real: Any, d_h: Any) -> NDArray[Any]:
    """Propagate derivatives with respect to h(s) to h(s - 1), for one s or many at once."""
    carried: NDArray[Any] = np.where(real, (d_h * derivative) @ W.T, d_h)
    return carried


def _through_all_steps(
    W: Any,
    derivative: Any,
    real: Any,
    immediate: NDArray[Any],
) -> NDArray[Any]:
    """Sum, from the last step on, the derivatives of all later losses for each state."""
    d_h = immediate.copy()
    real = np.broadcast_to(real, (*d_h.shape[:2], 1))
    for t in reversed(range(1, d_h.shape[1])):
        d_h[:, t - 1] += _step_back(W, derivative[:, t], real[:, t], d_h[:, t])
    return d_h


def _through_a_window(
    W: Any, derivative: Any, real: Any, immediate: NDArray[Any], reach: int
) -> NDArray[Any]:
    """Sum the derivatives of this loss and ``reach - 1`` later ones with respect to each state.

    Every loss needs its own count of steps, since the sum of several cannot be truncated
    afterwards. So all of them are propagated together, one step at a time: in round j, ``d_later[:,
    s]`` is dJ(s + j)/dh(s).
    """
    d_later, d_h = immediate, immediate.copy()
    for _ in range(reach - 1):
        d_earlier = _step_back(W, derivative, real, d_later)
        d_later = np.zeros_like(d_h)
        d_later[:, :-1] = d_earlier[:, 1:]
        d_h += d_later
    return d_h


def rnn_init(
    n_in: int, n_hidden: int, n_out: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> RNNParams:
    """Draw initial weights.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Dimensions of the three layers.
    rng : numpy.random.Generator
    dtype : float64 or float32, optional

    Returns
    -------
    RNNParams
        Glorot's uniform `U` and `V`, orthogonal `W`, biases of zero.

    Raises
    ------
    ValueError
        If a size is below one, `rng` is not a generator, or `dtype` is neither float64 nor float32.
    """
    U = glorot_uniform(n_in, n_hidden, rng=rng, dtype=dtype)
    W = orthogonal(n_hidden, rng=rng, dtype=dtype)
    V = glorot_uniform(n_hidden, n_out, rng=rng, dtype=dtype)
    return RNNParams(U, W, np.zeros(n_hidden, U.dtype), V, np.zeros(n_out, U.dtype))


def rnn_n_params(n_in: int, n_hidden: int, n_out: int) -> int:
    """Count the parameters of a simple RNN.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Dimensions of the three layers.

    Returns
    -------
    int
        ``n_in * n_hidden + n_hidden**2 + n_hidden + n_hidden * n_out + n_out``.

    Raises
    ------
    ValueError
        If a size is not an integer, or is below one.
    """
    n_in, n_hidden = check_integer("n_in", n_in), check_integer("n_hidden", n_hidden)
    n_out = check_integer("n_out", n_out)
    return n_in * n_hidden + n_hidden**2 + n_hidden + n_hidden * n_out + n_out
