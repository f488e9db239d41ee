"""Jacobians of recurrent networks: how a small change of the state affects later states.

A Jacobian is laid out as the book prints it: one row for each new unit, one column for each old
one. Since vectors are rows in code, its weight matrices appear transposed.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.checks import check_cache, check_held
from unrolled.networks.lstm_params import LSTMCache, LSTMParams
from unrolled.networks.rnn import RNNCache, RNNParams
from unrolled.shapes import check_numbers, check_shape

__all__ = ["CellJacobians", "chained", "lstm_cell_jacobians", "rnn_step_jacobians"]


class CellJacobians(NamedTuple):
    """Jacobian of one step of the cell state, in two parts; each (batch, time, new, old)."""

    direct: NDArray[Any]  # along the cell state: the forget gate on the diagonal
    gates: NDArray[Any]  # through the gates and the block input


def rnn_step_jacobians(params: RNNParams, cache: RNNCache) -> NDArray[Any]:
    """Jacobian of every hidden state with respect to the previous one, inputs held fixed.

    Parameters
    ----------
    params : RNNParams
        Those of the forward pass.
    cache : RNNCache
        From `unrolled.networks.rnn.rnn_forward`, without a mask.

    Returns
    -------
    ndarray of shape (batch, time, n_hidden, n_hidden)
        The first one is with respect to the initial state.

    Raises
    ------
    ValueError
        If the cache has the wrong type or belongs to other parameters, or steps are padded.

    Notes
    -----
    Page ``vanishing``, equation ``rnn-step-jacobian``.
    """
    weights = check_cache(params, cache, RNNCache)
    _refuse_mask(cache.mask)
    derivatives = 1 - cache.h**2
    return derivatives[..., :, None] * weights.W.T  # type: ignore[no-any-return]


def chained(jacobians: ArrayLike) -> NDArray[Any]:
    """Multiply Jacobians of single steps to those of the last state and ever earlier ones.

    Parameters
    ----------
    jacobians : array_like of shape (time, n_hidden, n_hidden)
        Each of a state with respect to the previous one.

    Returns
    -------
    ndarray of shape (time + 1, n_hidden, n_hidden)
        Entry d is the Jacobian of the last state with respect to the one d steps earlier: the
        identity, then the last factor, then the last two, the later one on the left.

    Raises
    ------
    ValueError
        If they are not square matrices of one size, or a number is not finite or overflows.
    """
    factors = check_numbers("jacobians", jacobians)
    sizes = check_shape("jacobians", factors, "time n_hidden n_old")
    check_shape("jacobians", factors, "time n_hidden n_hidden", n_hidden=sizes[1])
    products = [np.eye(sizes[1])]
    with np.errstate(all="ignore"):
        for factor in factors[::-1]:
            products.append(products[-1] @ factor)
    check_held("jacobians", *products)
    return np.stack(products)


def lstm_cell_jacobians(params: LSTMParams, cache: LSTMCache) -> CellJacobians:
    """Jacobian of every cell state with respect to the previous one, along all paths.

    Parameters
    ----------
    params : LSTMParams
        Those of the forward pass.
    cache : LSTMCache
        From `unrolled.networks.lstm.lstm_forward` or its fused twin, without a mask.

    Returns
    -------
    CellJacobians
        Paths through the previous output count as paths through the gates; inputs are held fixed.
        The initial output is given and depends on no cell state, so at the first step only
        peepholes contribute.

    Raises
    ------
    ValueError
        If the cache has the wrong type or belongs to other parameters, or steps are padded.

    Notes
    -----
    Page ``vanishing``, equations ``lstm-output-by-cell`` and ``lstm-cell-jacobian``.
    """
    block, input_gate, forget_gate, output_gate = check_cache(params, cache, LSTMCache)
    _refuse_mask(cache.mask)
    z, i, f, o, c = cache.z, cache.i, cache.f, cache.o, cache.c
    squashed = np.tanh(c)
    by_cell = np.zeros_like(c)  # how the previous output depends on the previous cell state
    by_cell[:, 1:] = (o * (1 - squashed**2) + squashed * o * (1 - o) * output_gate.p)[:, :-1]
    through_forget = cache.c_prev * f * (1 - f)
    through_input = z * i * (1 - i)
    gates = (
        _rows(through_forget) * (np.diag(forget_gate.p) + forget_gate.R.T * _columns(by_cell))
        + _rows(through_input) * (np.diag(input_gate.p) + input_gate.R.T * _columns(by_cell))
        + _rows(i * (1 - z**2)) * (block.R.T * _columns(by_cell))
    )
    return CellJacobians(_rows(f) * np.eye(f.shape[-1], dtype=f.dtype), gates)


def _rows(factors: NDArray[Any]) -> NDArray[Any]:
    """Multiply each row by one factor: a diagonal matrix on the left."""
    return factors[..., :, None]


def _columns(factors: NDArray[Any]) -> NDArray[Any]:
    """Multiply each column by one factor: a diagonal matrix on the right."""
    return factors[..., None, :]


def _refuse_mask(mask: NDArray[np.bool_] | None) -> None:
    if mask is not None:
        raise ValueError("cache must come from a forward pass without a mask, got one with a mask.")
