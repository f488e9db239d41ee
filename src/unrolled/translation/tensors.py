"""Checks of tensors, using what is known while a graph is being traced.

Messages as in `unrolled.shapes`. A size that is not known yet matches everything, and TensorFlow
itself complains when the graph runs. Values are not checked, because a compiled graph cannot.
"""

from typing import Any

import tensorflow as tf

from unrolled.shapes import check_integer

__all__ = ["check_axes", "check_count", "check_floats", "check_integers", "check_mask", "sizes_of"]

Size = int | None


def check_axes(name: str, tensor: Any, axes: str, **sizes: Size) -> tuple[Size, ...]:
    """Check the axes of a tensor and return their sizes.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    tensor : tensor
        The argument; only its shape is checked.
    axes : str
        Names of the expected axes, separated by spaces. A leading ``...`` stands for any number of
        further axes.
    **sizes : int or None
        Sizes by the name of their axis; None where one is not known yet.

    Returns
    -------
    tuple of int or None
        The size of each named axis, in order.

    Raises
    ------
    ValueError
        If the number of axes or a known size does not match.
    """
    names = axes.split()
    named = names[names[0] == "..." :]
    if tensor.shape.rank is None:
        raise ValueError(
            f"{name} must have shape {_tuple(names)}, got one with an unknown number of axes. "
            "Name it with tf.ensure_shape first."
        )
    shape = tuple(tensor.shape)
    found = shape[max(len(shape) - len(named), 0) :] if names != named else shape
    fits = len(found) == len(named) and all(
        None in (size, sizes.get(axis)) or size == sizes[axis]
        for axis, size in zip(named, found, strict=True)
    )
    if not fits:
        known = {axis: size for axis, size in sizes.items() if size is not None}
        words = [f"{axis}={known[axis]}" if axis in known else axis for axis in names]
        raise ValueError(f"{name} must have shape {_tuple(words)}, got {_tuple(shape)}.")
    return found


def check_floats(**arrays: Any) -> tuple[tf.Tensor, ...]:
    """Return tensors of floating-point numbers that are all of one dtype.

    Parameters
    ----------
    **arrays : tensor or array_like
        The arguments of the caller, by name.

    Returns
    -------
    tuple of tensor

    Raises
    ------
    ValueError
        If something holds other numbers, or has another dtype than the first.
    """
    tensors = {name: tf.convert_to_tensor(array) for name, array in arrays.items()}
    first, like = next(iter(tensors.items()))
    for name, tensor in tensors.items():
        if not tensor.dtype.is_floating:
            _refuse_kind(name, "hold floating-point numbers", tensor, "Convert with tf.cast first.")
        if tensor.dtype != like.dtype:
            repair = "Convert one of them with tf.cast first."
            _refuse_kind(name, f"be {like.dtype.name} as {first} is", tensor, repair)
    return tuple(tensors.values())


def check_integers(name: str, array: Any) -> tf.Tensor:
    """Return integers as a tensor.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    array : tensor or array_like of int

    Returns
    -------
    tensor of int64

    Raises
    ------
    ValueError
        If it is anything else, for instance whole floating-point numbers.
    """
    tensor = tf.convert_to_tensor(array)
    if not (tensor.dtype.is_integer or _is_empty(tensor)):
        _refuse_kind(name, "hold integers", tensor, "Convert with tf.cast first.")
    return tf.cast(tensor, tf.int64)


def check_count(name: str, count: Any) -> Any:
    """Return a number of tokens: an integer, or a tensor that holds one when the graph runs.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    count : int or tensor of int without axes
        At least 1, which is checked unless it is a tensor.

    Returns
    -------
    int64 tensor without axes

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not tf.is_tensor(count):
        return tf.constant(check_integer(name, count), tf.int64)
    if count.shape.rank != 0:
        raise ValueError(f"{name} must be a single integer, got shape {_tuple(count.shape)}.")
    return check_integers(name, count)


def check_mask(name: str, mask: Any) -> tf.Tensor:
    """Return a mask of Boolean values, or of the integers 0 and 1, as Boolean values.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    mask : tensor or array_like of bool, or of 0 and 1
        True where something may be used.

    Returns
    -------
    tensor of bool

    Raises
    ------
    ValueError
        If it has the wrong type.
    """
    tensor = tf.convert_to_tensor(mask)
    if not (tensor.dtype.is_integer or tensor.dtype.is_bool or _is_empty(tensor)):
        repair = "Compare first: lengths[:, None] > tf.range(n_keys)."
        _refuse_kind(name, "hold truth values, or the integers 0 and 1", tensor, repair)
    return tf.cast(tensor, tf.bool)


def sizes_of(tensor: tf.Tensor) -> list[Any]:
    """Return the size of each axis: a number where it is known, a tensor where it is not.

    Parameters
    ----------
    tensor : tensor
        With a known number of axes.

    Returns
    -------
    list of int or tensor without axes
    """
    known = tensor.shape.as_list()
    if None not in known:
        return list(known)
    found = tf.unstack(tf.shape(tensor))
    return [size if size is not None else found[axis] for axis, size in enumerate(known)]


def _is_empty(tensor: tf.Tensor) -> bool:
    """Say whether it has no number at all, and so none of the wrong kind, like an empty list."""
    return bool(tensor.dtype.is_floating and tensor.shape.num_elements() == 0)


def _refuse_kind(name: str, expectation: str, tensor: tf.Tensor, repair: str) -> None:
    raise ValueError(f"{name} must {expectation}, got {tensor.dtype.name}. {repair}")


def _tuple(items: Any) -> str:
    """Write a shape as Python does, with the comma that a single axis needs."""
    words = [str(item) for item in items]
    return f"({words[0]},)" if len(words) == 1 else f"({', '.join(words)})"
