"""Gradient clipping: by the norm of the whole gradient, or by value."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.shapes import check_floats, check_number

__all__ = ["clip_by_norm", "clip_by_value", "global_norm"]

Gradient = TypeVar("Gradient")


def global_norm(gradient: Any) -> float:
    """Norm of a whole gradient, with all its numbers in one vector.

    Parameters
    ----------
    gradient : array_like of floats, or named tuple of such, of any shape

    Returns
    -------
    float
        Infinity if no float can hold it.

    Raises
    ------
    ValueError
        If something is not a finite floating-point number, or the dtypes are mixed.
    """
    largest, scaled_norm = _measure(_check_leaves(gradient))
    with np.errstate(over="ignore"):
        return float(np.float64(largest) * scaled_norm)


def clip_by_norm(gradient: Gradient, max_norm: float) -> Gradient:
    """Scale a gradient down if its norm is too large; its direction is kept.

    Parameters
    ----------
    gradient : array_like of floats, or named tuple of such, of any shape
        All of it: the derivatives with respect to every weight, once per update.
    max_norm : float
        The largest norm allowed; above zero.

    Returns
    -------
    named tuple of the same kind, or ndarray of the same shape
        ``gradient * max_norm / norm`` if the norm is larger than that; otherwise unchanged.

    Raises
    ------
    ValueError
        If something is not a finite floating-point number, the dtypes are mixed, or `max_norm` is
        not above zero.

    Notes
    -----
    Pascanu et al. (2013), algorithm 1.
    """
    leaves = _check_leaves(gradient)
    max_norm = check_number("max_norm", max_norm, above=0)
    largest, scaled_norm = _measure(leaves)
    if largest == 0 or scaled_norm <= max_norm / largest:
        return map_leaves(np.array, gradient)
    factor = max_norm / scaled_norm
    with np.errstate(under="ignore"):  # the largest number first: the norm may be beyond all floats
        return map_leaves(lambda leaf: np.asarray(leaf) / largest * factor, gradient)


def clip_by_value(gradient: Gradient, max_value: float) -> Gradient:
    """Limit every number of a gradient separately; the direction may change.

    Parameters
    ----------
    gradient : array_like of floats, or named tuple of such, of any shape
    max_value : float
        The largest absolute value allowed; above zero.

    Returns
    -------
    named tuple of the same kind, or ndarray of the same shape

    Raises
    ------
    ValueError
        If something is not a finite floating-point number, the dtypes are mixed, or `max_value` is
        not above zero.
    """
    leaves = _check_leaves(gradient)
    limit = check_number("max_value", max_value, above=0)
    if leaves:
        limit = min(limit, float(np.finfo(leaves[0].dtype).max))
    return map_leaves(lambda leaf: np.clip(np.asarray(leaf), -limit, limit), gradient)


def _check_leaves(gradient: Any) -> tuple[NDArray[Any], ...]:
    return check_floats(leaves_of(gradient, "gradient"))


def _measure(leaves: tuple[NDArray[Any], ...]) -> tuple[float, float]:
    """Largest number, and the norm of the gradient divided by it: squares cannot overflow."""
    largest = max((float(np.abs(leaf).max(initial=0)) for leaf in leaves), default=0.0)
    if largest == 0:
        return 0.0, 0.0
    with np.errstate(under="ignore"):
        squares = sum(float(np.sum((leaf.astype(np.float64) / largest) ** 2)) for leaf in leaves)
    return largest, float(np.sqrt(squares))
