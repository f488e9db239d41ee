"""Derivatives from the loss alone, with which every gradient of the book can be compared."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.shapes import check_number, check_numbers

__all__ = ["central_differences"]

Params = TypeVar("Params")


def central_differences(
    loss: Callable[[Params], float], params: Params, *, step: float = 1e-5
) -> Params:
    """Change each parameter by a small step up and down, and compare the losses.

    Parameters
    ----------
    loss : callable
        From parameters to one number; it must not keep or change its argument.
    params : named tuple of array_like of any shape, or of further named tuples
    step : float, optional
        How much each number is changed, above 0.

    Returns
    -------
    named tuple of the same kind
        Derivatives, with a truncation error of the order of ``step**2`` and a rounding error of the
        order of ``1e-16 / step`` times the loss.

    Raises
    ------
    ValueError
        If `step` is not a positive number, or is lost in rounding beside one of the parameters, so
        that the actual change would differ from it.

    Notes
    -----
    Two evaluations of the loss for each number. Page ``through-time``.

    Examples
    --------
    >>> import numpy as np
    >>> central_differences(lambda v: float(v @ v), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    step = check_number("step", step, above=0)
    for leaf in leaves_of(params, "params").values():
        largest = np.abs(check_numbers("params", leaf)).max(initial=0)
        if largest * np.finfo(np.float64).eps > 2e-3 * step:
            raise ValueError(
                f"step must be large enough to move {largest:g}, got "
                f"{step:g}. Take a larger one, or scale the parameters."
            )
    moved = map_leaves(lambda leaf: np.array(leaf, dtype=np.float64), params)
    return map_leaves(lambda leaf: _leaf_gradient(lambda: loss(moved), leaf, step), moved)


def _leaf_gradient(
    loss: Callable[[], float],
    leaf: NDArray[Any],
    step: float,
) -> NDArray[Any]:
    """Differentiate with respect to every number of an array, and leave it unchanged."""
    gradient = np.empty_like(leaf)
    for place in np.ndindex(leaf.shape):
        kept = leaf[place]
        leaf[place] = kept + step
        above = loss()
        leaf[place] = kept - step
        gradient[place] = (above - loss()) / (2 * step)
        leaf[place] = kept
    return gradient
