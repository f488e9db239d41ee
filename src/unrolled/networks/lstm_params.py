"""The weights and caches of an LSTM, and the checks of its arguments."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unrolled.networks.checks import Inputs, check_gradients, check_held, check_inputs
from unrolled.networks.initialisers import glorot_uniform, orthogonal
from unrolled.networks.pytrees import map_leaves
from unrolled.shapes import check_integer, check_number

__all__ = [
    "BlockInput",
    "Gate",
    "LSTMCache",
    "LSTMDeltas",
    "LSTMGradients",
    "LSTMParams",
    "LSTMStep",
    "check_lstm_gradients",
    "check_lstm_inputs",
    "freeze",
    "lstm_init",
    "lstm_n_params",
]


class BlockInput(NamedTuple):
    """Weights of the block input: ``x @ W + y_prev @ R + b``."""

    W: NDArray[Any]  # (n_in, n_hidden)      input weights
    R: NDArray[Any]  # (n_hidden, n_hidden)  recurrent weights
    b: NDArray[Any]  # (n_hidden,)           bias


class Gate(NamedTuple):
    """Weights of one gate: ``x @ W + y_prev @ R + p * c + b``; ``p`` of zeros is no peephole."""

    W: NDArray[Any]  # (n_in, n_hidden)      input weights
    R: NDArray[Any]  # (n_hidden, n_hidden)  recurrent weights
    b: NDArray[Any]  # (n_hidden,)           bias
    p: NDArray[Any]  # (n_hidden,)           peephole


class LSTMParams(NamedTuple):
    """Weights of an LSTM; their gradient has the same form."""

    block_input: BlockInput
    input_gate: Gate
    forget_gate: Gate
    output_gate: Gate


class LSTMStep(NamedTuple):
    """What one step must store for the backward pass; each of shape (batch, n_hidden)."""

    y_prev: NDArray[Any]  # output of the previous step
    c_prev: NDArray[Any]  # cell state of the previous step
    z: NDArray[Any]  # block input
    i: NDArray[Any]  # input gate
    f: NDArray[Any]  # forget gate
    o: NDArray[Any]  # output gate
    c: NDArray[Any]  # new cell state


class LSTMCache(NamedTuple):
    """What a forward pass stores; each array of shape (batch, time, n_hidden) but the first."""

    params: LSTMParams  # the very object that was passed in
    mask: NDArray[np.bool_] | None  # (batch, time)
    x: NDArray[Any]  # (batch, time, n_in)
    y_prev: NDArray[Any]
    c_prev: NDArray[Any]
    z: NDArray[Any]
    i: NDArray[Any]
    f: NDArray[Any]
    o: NDArray[Any]
    c: NDArray[Any]


class LSTMDeltas(NamedTuple):
    """Derivatives of the whole loss with respect to every neuron."""

    z_bar: NDArray[Any]  # (batch, time, n_hidden), of the pre-activations
    i_bar: NDArray[Any]
    f_bar: NDArray[Any]
    o_bar: NDArray[Any]
    c: NDArray[Any]
    y: NDArray[Any]
    c0: NDArray[Any]  # (batch, n_hidden)
    y0: NDArray[Any]


class LSTMGradients(NamedTuple):
    """Derivatives of the loss with respect to parameters, inputs and initial states."""

    params: LSTMParams
    x: NDArray[Any]  # (batch, time, n_in)
    y0: NDArray[Any]  # (batch, n_hidden)
    c0: NDArray[Any]  # (batch, n_hidden)


GATE_AXES = ("n_in n_hidden", "n_hidden n_hidden", "n_hidden", "n_hidden")
AXES: Any = LSTMParams(
    BlockInput(*GATE_AXES[:3]),  # type: ignore[arg-type]
    *(Gate(*GATE_AXES) for _ in range(3)),  # type: ignore[arg-type]
)


def lstm_init(
    n_in: int,
    n_hidden: int,
    *,
    rng: np.random.Generator,
    forget_bias: float = 1.0,
    dtype: DTypeLike = np.float64,
) -> LSTMParams:
    """Draw initial weights.

    Parameters
    ----------
    n_in, n_hidden : int
        Dimensions of the input and of the block.
    rng : numpy.random.Generator
    forget_bias : float, optional
        A forget gate that starts open preserves the cell state, and with it the gradient.
    dtype : float64 or float32, optional

    Returns
    -------
    LSTMParams
        Glorot's uniform `W`, orthogonal `R`, and zeros for peepholes and the other biases.

    Raises
    ------
    ValueError
        If a size is below one, `rng` is not a generator, or `dtype` is neither float64 nor float32.

    Notes
    -----
    Jozefowicz et al. (2015) on the bias of the forget gate; otherwise as Keras does.
    """
    check_number("forget_bias", forget_bias)
    zeros = np.zeros(check_integer("n_hidden", n_hidden), np.float64)

    def draw() -> BlockInput:
        W = glorot_uniform(n_in, n_hidden, rng=rng, dtype=dtype)
        return BlockInput(W, orthogonal(n_hidden, rng=rng, dtype=dtype), zeros.astype(W.dtype))

    block_input, input_gate, forget_gate, output_gate = (draw() for _ in range(4))
    params = LSTMParams(
        block_input,
        Gate(*input_gate, p=zeros),
        Gate(*forget_gate._replace(b=zeros + forget_bias), p=zeros),
        Gate(*output_gate, p=zeros),
    )
    return map_leaves(lambda leaf: leaf.astype(block_input.W.dtype), params)


def lstm_n_params(n_in: int, n_hidden: int, *, peepholes: bool = True) -> int:
    """Count the parameters of an LSTM.

    Parameters
    ----------
    n_in, n_hidden : int
        Dimensions of the input and of the block.
    peepholes : bool, optional
        Whether the three gates receive the cell state.

    Returns
    -------
    int
        ``4 * (n_in * n_hidden + n_hidden**2 + n_hidden)``, and ``3 * n_hidden`` for the peepholes.

    Raises
    ------
    ValueError
        If a size is not an integer, or is below one.
    """
    n_in, n_hidden = check_integer("n_in", n_in), check_integer("n_hidden", n_hidden)
    return 4 * (n_in * n_hidden + n_hidden**2 + n_hidden) + 3 * n_hidden * bool(peepholes)


def check_lstm_inputs(params: Any, x: Any, y0: Any, c0: Any, mask: Any) -> Inputs[LSTMParams]:
    """Check the arguments of `lstm_forward`."""
    return check_inputs(params, AXES, x, {"y0": y0, "c0": c0}, mask)


def check_lstm_gradients(
    cache: LSTMCache, d_y: Any, d_c_last: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Check the arguments of `lstm_backward` except the cache; zeros for a missing `d_c_last`."""
    batch, _, n_hidden = cache.c.shape
    d_y, d_c_last = check_gradients(
        cache.x,
        d_y=(d_y, "batch time n_hidden", cache.c.shape),
        d_c_last=(d_c_last, "batch n_hidden", (batch, n_hidden)),
    )
    return d_y, d_c_last


def freeze(y: NDArray[Any], cache: LSTMCache) -> tuple[NDArray[Any], NDArray[Any], LSTMCache]:
    """Check the results of a forward pass, and make read-only what the cache shares."""
    check_held("params and x", y, cache.c)
    y.flags.writeable = cache.c.flags.writeable = False
    return y, cache.c, cache
