"""The smallest recurrent network with a cliff in its loss: one unit, two parameters, many steps."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.activations import trusted_sigmoid as sigmoid
from unrolled.networks.clipping import clip_by_norm
from unrolled.shapes import check_integer, check_number, check_numbers

__all__ = ["CliffParams", "Descent", "cliff_descend", "cliff_gradient"]

N_STEPS, START, TARGET = 50, 0.5, 0.7


class CliffParams(NamedTuple):
    """The parameters of the unit: ``h = w * sigmoid(h_prev) + b``; a gradient has the same form."""

    w: NDArray[Any]
    b: NDArray[Any]


class Descent(NamedTuple):
    """A path of gradient descent."""

    w: NDArray[Any]  # (n_updates + 1,)
    b: NDArray[Any]  # (n_updates + 1,)
    loss: NDArray[Any]  # (n_updates + 1,)
    norm: NDArray[Any]  # (n_updates + 1,)  norm of the gradient before clipping


def cliff_gradient(w: ArrayLike, b: ArrayLike) -> tuple[NDArray[Any], CliffParams]:
    """Loss of a single unit after fifty steps, and its gradient, for many parameters at once.

    Parameters
    ----------
    w, b : array_like of shape (...)
        Recurrent weight and bias; they may broadcast.

    Returns
    -------
    loss : ndarray of shape (...)
        Squared distance of the sigmoid of the last state from 0.7; the first state is 0.5.
    gradient : CliffParams
        Each of shape (...).

    Raises
    ------
    ValueError
        When a number is not finite.

    Notes
    -----
    Pascanu et al. (2013), figure 6. The derivatives are computed forward, together with the states:
    with two parameters this is as cheap as a backward pass.
    """
    w, b = np.broadcast_arrays(check_numbers("w", w), check_numbers("b", b))
    h, by_w, by_b = np.full(w.shape, START), np.zeros(w.shape), np.zeros(w.shape)
    for _ in range(N_STEPS):
        squashed = sigmoid(h)
        step = w * squashed * (1 - squashed)
        h, by_w, by_b = w * squashed + b, squashed + step * by_w, 1 + step * by_b
    shown = sigmoid(h)
    d_h = 2 * (shown - TARGET) * shown * (1 - shown)
    return (shown - TARGET) ** 2, CliffParams(d_h * by_w, d_h * by_b)


def cliff_descend(
    start: CliffParams, *, learning_rate: float, n_updates: int, max_norm: float | None = None
) -> Descent:
    """Follow gradient descent from a start, with or without clipping of the gradient's norm.

    Parameters
    ----------
    start : CliffParams
    learning_rate : float
        Learning rate, above 0.
    n_updates : int
    max_norm : float, optional
        Above 0; no limit by default.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    learning_rate, n_updates = (
        check_number("learning_rate", learning_rate, above=0),
        check_integer("n_updates", n_updates),
    )
    place = CliffParams(*(np.asarray(check_number("start", part)) for part in start))
    path = []
    for _ in range(n_updates + 1):
        loss, gradient = cliff_gradient(*place)
        path.append((*place, loss, np.hypot(*gradient)))
        if max_norm is not None:
            gradient = clip_by_norm(gradient, max_norm)
        place = CliffParams(
            *(part - learning_rate * d for part, d in zip(place, gradient, strict=True))
        )
    return Descent(*np.array(path).T)
