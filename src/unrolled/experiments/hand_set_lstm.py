"""An LSTM of a single unit with weights set by hand, to show how gates work without training."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.lstm import BlockInput, Gate, LSTMParams
from unrolled.shapes import check_number, check_numbers

__all__ = ["single_unit"]


def single_unit(
    z: Sequence[ArrayLike],
    i: Sequence[ArrayLike],
    f: Sequence[ArrayLike],
    o: Sequence[ArrayLike],
) -> LSTMParams:
    """Make the parameters of an LSTM from chosen numbers.

    Parameters
    ----------
    z : (W, R, b)
        Block input: a number of `W` for each input, one recurrent weight and one bias.
    i, f, o : (W, R, b, p)
        Input gate, forget gate and output gate, each with its peephole.

    Returns
    -------
    LSTMParams
        For ``n_in`` inputs and one unit, in float64.

    Raises
    ------
    ValueError
        If a number is missing, is not a number, or is not finite, or the numbers of inputs differ.

    Notes
    -----
    Pages ``lstm-block`` and ``lab-of-gates``.
    """
    block_input = BlockInput(*_arrays("z", z, "WRb"))
    gates = (Gate(*_arrays(name, w, "WRbp")) for name, w in (("i", i), ("f", f), ("o", o)))
    params = LSTMParams(block_input, *gates)
    lengths = [len(gate.W) for gate in params]
    if len(set(lengths)) > 1:
        raise ValueError(f"W must have the same length in z, i, f and o, got {lengths}.")
    return params


def _arrays(name: str, weights: Sequence[ArrayLike], roles: str) -> list[NDArray[np.float64]]:
    """Put the numbers of one gate into their shapes: W is a column, R one number in a matrix."""
    if len(weights) != len(roles):
        raise ValueError(f"{name} must hold {', '.join(roles)}, got {len(weights)} of these.")
    W = np.atleast_1d(check_numbers(f"{name}'s W", weights[0]))
    others = [
        check_number(f"{name}'s {role}", weight)
        for role, weight in zip(roles[1:], weights[1:], strict=True)
    ]
    return [W[:, None], np.array([others[:1]]), *(np.array([other]) for other in others[1:])]
