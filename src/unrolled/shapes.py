"""Checks of arguments, with error messages of one form.

Every message names the argument, what was expected, what was given and, if there is one, the usual
remedy. Each check returns what it checked, so that checking and unpacking are one step. Arguments
are checked once, by the public function; private helpers do not check.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "check_broadcast",
    "check_floats",
    "check_generator",
    "check_integer",
    "check_integers",
    "check_mask",
    "check_number",
    "check_numbers",
    "check_shape",
]

_KINDS = {
    "b": "truth values",
    "c": "complex numbers",
    "O": "objects",
    "S": "bytes",
    "U": "strings",
    "M": "dates",
    "m": "spans of time",
    "V": "records",
    "T": "strings",
}


def check_shape(name: str, array: Any, axes: str, **sizes: int) -> tuple[int, ...]:
    """Check the axes of an array and return their sizes.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    array : array_like of any shape
        The argument; only its shape is checked.
    axes : str
        Names of the expected axes, separated by spaces: ``"batch time n_in"``. A leading ``...``
        stands for any number of further axes. A name that occurs twice must have the same size.
    **sizes : int
        Sizes that are already known, by the name of their axis.

    Returns
    -------
    tuple of int
        The size of each named axis, in order.

    Raises
    ------
    ValueError
        If the number of axes or a known size does not match.

    Examples
    --------
    >>> check_shape("x", np.zeros((2, 5)), "batch time n_in", n_in=3)
    Traceback (most recent call last):
        ...
    ValueError: x must have shape (batch, time, n_in=3), got (2, 5).
    """
    names = axes.split()
    open_ended = names[:1] == ["..."]
    named = names[open_ended:]
    unknown = sizes.keys() - set(named)
    if unknown:
        raise ValueError(f"sizes must name axes of {axes!r}, got {', '.join(sorted(unknown))}.")
    shape = _shape(name, array)
    found = shape[len(shape) - len(named) :] if open_ended else shape
    known = dict(sizes)
    fits = len(found) == len(named) <= len(shape) and all(
        known.setdefault(axis, size) == size for axis, size in zip(named, found, strict=True)
    )
    if not fits:
        words = [f"{axis}={sizes[axis]}" if axis in sizes else axis for axis in names]
        raise ValueError(f"{name} must have shape {_tuple(words)}, got {_tuple(shape)}.")
    return found


def check_broadcast(**arrays: NDArray[Any]) -> None:
    """Check that two or more arrays can be broadcast, axis by axis from the last.

    Parameters
    ----------
    **arrays : ndarray
        The arrays, by name.

    Raises
    ------
    ValueError
        If their shapes cannot be broadcast.
    """
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = " and ".join(_tuple(array.shape) for array in arrays.values())
        _refuse(
            " and ".join(arrays),
            "have shapes that fit together",
            shapes,
            "Give one of them an axis of length 1.",
        )


def check_numbers(
    name: str,
    value: Any,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    repair: str = "",
) -> NDArray[np.float64]:
    """Return finite real numbers within a range, as float64.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : array_like of any shape
        Integers or floating-point numbers of any width.
    at_least, at_most : float, optional
        Closed ends of the range.
    above, below : float, optional
        Open ends of the range.
    repair : str, optional
        A sentence that is added when a number lies outside the range.

    Returns
    -------
    ndarray of float64
        The same shape as `value`.

    Raises
    ------
    ValueError
        When something is not a real number, not finite, or outside the range.
    """
    array = _real_array(name, value, "real numbers")
    with np.errstate(all="ignore"):  # a long double may overflow here; the next line says so
        numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        bad = array[~np.isfinite(numbers)].flat[0]
        _refuse(name, "be finite", f"{bad}", "Remove or fill what is missing first.")
    inside = np.ones(numbers.shape, dtype=bool)
    if at_least is not None:
        inside &= numbers >= at_least
    if at_most is not None:
        inside &= numbers <= at_most
    if above is not None:
        inside &= numbers > above
    if below is not None:
        inside &= numbers < below
    if not inside.all():
        limits = {"at least": at_least, "at most": at_most, "above": above, "below": below}
        words = " and ".join(
            f"{word} {limit:.16g}" for word, limit in limits.items() if limit is not None
        )
        _refuse(name, f"be {words}", f"{numbers[~inside].flat[0]}", repair)
    return numbers


def check_number(name: str, value: Any, **limits: Any) -> float:
    """Return one finite real number within a range.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : float or array_like without axes
        One integer or floating-point number.
    **limits
        As in `check_numbers`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `check_numbers`; and when more than one number arrived.
    """
    numbers = check_numbers(name, value, **limits)
    if numbers.ndim:
        _refuse(name, "be a single number", f"shape {_tuple(numbers.shape)}", "")
    return float(numbers)


def check_integers(
    name: str, value: Any, *, at_least: int = 1, at_most: int | None = None, repair: str = ""
) -> NDArray[np.int64]:
    """Return integers within a range, as int64.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : array_like of int, of any shape
        Integers; a floating-point number is refused even where it is whole.
    at_least, at_most : int, optional
        Closed ends of the range; int64 holds at most ``2**63 - 1``.
    repair : str, optional
        A sentence that is added when an integer lies outside the range.

    Returns
    -------
    ndarray of int64
        The same shape as `value`.

    Raises
    ------
    ValueError
        When something is not an integer or outside the range.
    """
    top = np.iinfo(np.int64).max if at_most is None else at_most

    def refuse_outside(bad: int) -> NoReturn:
        limited = at_most is not None or bad > top
        wanted = f"be at least {at_least}" + (f" and at most {top}" if limited else "")
        _refuse(name, wanted, _digits(bad), repair)

    if isinstance(value, int) and not isinstance(value, bool):  # NumPy has no room for 10**30
        if not at_least <= value <= top:
            refuse_outside(value)
        return np.asarray(value, dtype=np.int64)
    array = _real_array(name, value, "integers")
    if array.dtype.kind == "f" and array.size:  # NumPy takes an empty list for one of floats
        _refuse(name, "hold integers", f"{array.flat[0]}", "Convert with int() or round() first.")
    outside = (array < at_least) | (array > top)
    if outside.any():
        refuse_outside(int(array[outside].flat[0]))
    return array.astype(np.int64)


def check_integer(
    name: str, value: Any, *, at_least: int = 1, at_most: int | None = None, repair: str = ""
) -> int:
    """Return one integer within a range, as a Python integer of any length.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : int or array_like of int without axes
        One integer.
    at_least, at_most : int, optional
        Closed ends of the range.
    repair : str, optional
        A sentence that is added when the integer lies outside the range.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        When it is not one integer, or outside the range.
    """
    if isinstance(value, int) and not isinstance(value, bool) and at_most is None:
        if value < at_least:
            _refuse(name, f"be at least {at_least}", _digits(value), repair)
        return value
    integers = check_integers(name, value, at_least=at_least, at_most=at_most, repair=repair)
    if integers.ndim:
        _refuse(name, "be a single integer", f"shape {_tuple(integers.shape)}", "")
    return int(integers)


def check_floats(arrays: Mapping[str, Any]) -> tuple[NDArray[Any], ...]:
    """Return finite arrays that are all float64, or all float32, as they are.

    Parameters
    ----------
    arrays : mapping of str to array_like
        The arguments of the caller, by name.

    Returns
    -------
    tuple of ndarray
        In the same order, with one dtype; an argument that is an array already is returned itself.

    Raises
    ------
    ValueError
        If something is not an array of float64 or float32, not finite, or has another dtype than
        the first.

    Examples
    --------
    >>> check_floats({"x": [1.0, 2.0], "y0": np.zeros(2, np.float32)})
    Traceback (most recent call last):
        ...
    ValueError: y0 must be float64 as x is, got float32. Convert one of them with astype first.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, value in arrays.items():
        array = _real_array(name, value, "floating-point numbers")
        if array.dtype not in (np.float64, np.float32):
            repair = "Convert with astype(float) first."
            _refuse(name, "hold float64 or float32", f"{array.dtype}", repair)
        if not np.isfinite(array).all():
            bad = array[~np.isfinite(array)].flat[0]
            _refuse(name, "be finite", f"{bad}", "Remove or fill what is missing first.")
        first, like = next(iter(found.items()), (name, array))
        if array.dtype != like.dtype:
            repair = "Convert one of them with astype first."
            _refuse(name, f"be {like.dtype} as {first} is", f"{array.dtype}", repair)
        found[name] = array
    return tuple(found.values())


def check_mask(name: str, mask: Any, axes: str, **sizes: int) -> NDArray[np.bool_]:
    """Return a mask of Boolean values, or of the integers 0 and 1, as Boolean values.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    mask : array_like of bool, or of 0 and 1
        True where something is real.
    axes : str
        Names of the expected axes, as in `check_shape`.
    **sizes : int
        Sizes that are already known.

    Returns
    -------
    ndarray of bool
        The same shape as `mask`.

    Raises
    ------
    ValueError
        If the shape does not match, or the mask has the wrong type.
    """
    check_shape(name, mask, axes, **sizes)
    array = np.asarray(mask)
    whole = array.dtype.kind in "iu" and bool(((array == 0) | (array == 1)).all())
    whole |= array.dtype.kind == "f" and not array.size  # NumPy takes an empty list for that
    if np.ma.isMaskedArray(mask) or not (whole or array.dtype.kind == "b"):
        arrived = _KINDS.get(array.dtype.kind, str(array.dtype))
        if np.ma.isMaskedArray(mask):
            arrived = "a masked array"
        elif array.dtype.kind in "iu":
            arrived = f"{array[(array != 0) & (array != 1)].flat[0]}"
        repair = "Compare first: lengths[:, None] > np.arange(n_steps)."
        _refuse(name, "hold truth values, or the integers 0 and 1", arrived, repair)
    return array.astype(np.bool_, copy=False)


def check_generator(name: str, value: Any) -> np.random.Generator:
    """Return a NumPy random generator, and refuse anything else.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : numpy.random.Generator
        The argument.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    ValueError
        If it is anything else, for instance a seed.
    """
    if not isinstance(value, np.random.Generator):
        _refuse(
            name,
            "be a numpy.random.Generator",
            type(value).__name__,
            "Make one with np.random.default_rng(7).",
        )
    return value


def _real_array(name: str, value: Any, wanted: str) -> NDArray[Any]:
    if np.ma.isMaskedArray(value):
        _refuse(name, f"hold {wanted}", "a masked array", "Fill or drop its masked entries first.")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        _refuse(
            name,
            f"be a rectangular array of {wanted}",
            "rows of different lengths or entries of another kind",
            "Make every row equally long.",
        )
    if array.dtype.kind not in "iuf":
        arrived = _KINDS.get(array.dtype.kind, str(array.dtype))
        _refuse(name, f"hold {wanted}", arrived, "Convert with astype first.")
    return array


def _shape(name: str, array: Any) -> tuple[int, ...]:
    try:
        return tuple(np.shape(array))
    except (ValueError, TypeError):
        _refuse(name, "be rectangular", "rows of different lengths", "Make every row equally long.")


def _tuple(items: Any) -> str:
    """Write a shape as Python does, with the comma that a single axis needs."""
    words = [str(item) for item in items]
    return f"({words[0]},)" if len(words) == 1 else f"({', '.join(words)})"


def _digits(value: int) -> str:
    """Write an integer, or its size if it is very long."""
    return str(value) if value.bit_length() <= 64 else f"an integer of {value.bit_length()} bits"


def _refuse(name: str, expectation: str, arrival: str, repair: str) -> NoReturn:
    sentence = f"{name} must {expectation}, got {arrival}."
    raise ValueError(f"{sentence} {repair}".rstrip())
