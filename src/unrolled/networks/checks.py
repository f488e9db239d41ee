"""Checks of what a network is given and returns, made once and in one order."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.pytrees import check_params, check_same, leaves_of, replace_leaves
from unrolled.shapes import check_floats, check_mask, check_shape

__all__ = ["Inputs", "check_cache", "check_gradients", "check_held", "check_inputs"]

Params = TypeVar("Params")


class Inputs(NamedTuple, Generic[Params]):
    """The checked arguments of a recurrent network."""

    params: Params
    x: NDArray[Any]  # (batch, time, n_in); zero at padded steps
    states: tuple[NDArray[Any], ...]  # each (batch, n_hidden)
    mask: NDArray[np.bool_] | None  # (batch, time)


def check_inputs(
    params: Params, axes: Params, x: Any, states: Mapping[str, Any], mask: Any
) -> Inputs[Params]:
    """Check the arguments of a recurrent network.

    Parameters
    ----------
    params : named tuple of array_like
        Weights.
    axes : named tuple of str
        The kind of `params` with the axes of each leaf.
    x : array_like of shape (batch, time, n_in)
        Neither batch nor time may be empty.
    states : mapping of str to array_like of shape (batch, n_hidden), or None
        Initial states by name; None stands for zeros.
    mask : array_like of bool, or of 0 and 1, of shape (batch, time), or None
        True is a real step. Where it is False, `x` is ignored.

    Returns
    -------
    Inputs

    Raises
    ------
    ValueError
        If a shape, a type or a number is not as described, or a sum might overflow: a saturating
        activation would hide this, and the sign may be wrong.
    """
    sizes = check_params("params", params, axes)
    batch, time, _ = check_shape("x", x, "batch time n_in", n_in=sizes["n_in"])
    if not batch or not time:
        shape = f"shape {np.shape(x)}"
        raise ValueError(f"x must hold at least one step of at least one sequence, got {shape}.")
    given = {name: state for name, state in states.items() if state is not None}
    for name, state in given.items():
        check_shape(name, state, "batch n_hidden", batch=batch, n_hidden=sizes["n_hidden"])
    if mask is not None:
        mask = check_mask("mask", mask, "batch time", batch=batch, time=time)
    named = {**leaves_of(params, "params"), "x": x, **given}
    arrays = dict(zip(named, check_floats(named), strict=True))
    inputs = arrays["x"] if mask is None else np.where(mask[:, :, None], arrays["x"], 0)
    zeros = np.zeros((batch, sizes["n_hidden"]), inputs.dtype)
    _check_sums(axes, leaves_of(params).values(), inputs, [arrays[name] for name in given])
    return Inputs(
        replace_leaves(params, arrays, "params"),
        inputs,
        tuple(arrays.get(name, zeros) for name in states),
        mask,
    )


def _check_sums(axes: Any, leaves: Any, x: NDArray[Any], states: list[NDArray[Any]]) -> None:
    """Refuse weights and inputs for which a sum of products might overflow."""
    largest = [float(np.abs(array).max()) for array in (x, *states)]
    # A state is bounded, and a cell state grows by at most 1 a step.
    sizes = {"n_in": largest[0], "n_hidden": x.shape[1] + max(largest[1:], default=0.0)}
    bound = 0.0
    for names, leaf in zip(leaves_of(axes).values(), leaves, strict=True):
        source = names.split()[0]
        n_terms = len(leaf) if " " in names else 1
        bound += n_terms * float(np.abs(leaf).max()) * sizes.get(source, 0.0)
    if not bound < float(np.finfo(x.dtype).max):
        _refuse_overflow("params and x", x.dtype)


def check_cache(params: Params, cache: Any, kind: type[Any]) -> Params:
    """Check that a cache has the right type and belongs to the same parameters.

    Parameters
    ----------
    params : named tuple of array_like
        What the backward pass was given.
    cache : kind
        With a field ``params``.
    kind : type
        What the forward pass returns.

    Returns
    -------
    named tuple of ndarray
        The parameters as arrays.

    Raises
    ------
    ValueError
        If the cache has the wrong type or stores other parameters.
    """
    if not isinstance(cache, kind):
        _refuse("cache", f"be the {kind.__name__} of a forward pass", type(cache).__name__)
    check_same(params, cache.params)
    leaves = {name: np.asarray(leaf) for name, leaf in leaves_of(params, "params").items()}
    return replace_leaves(params, leaves, "params")


def check_gradients(like: NDArray[Any], **gradients: tuple[Any, str, tuple[int, ...]]) -> Any:
    """Check gradients that a backward pass is given.

    Parameters
    ----------
    like : ndarray
        Sets the dtype.
    **gradients : tuple of (array_like, str, tuple of int)
        Each with its axes and their sizes, by name. None stands for zeros.

    Returns
    -------
    list of ndarray

    Raises
    ------
    ValueError
        When a shape or a number does not fit, or the dtype is not that of the forward pass.
    """
    given = {name: array for name, (array, _, _) in gradients.items() if array is not None}
    for name, array in given.items():
        _, axes, shape = gradients[name]
        check_shape(name, array, axes, **dict(zip(axes.split(), shape, strict=True)))
    checked = check_floats({"x": like.ravel()[:0], **given})[1:]
    found = dict(zip(given, checked, strict=True))
    return [
        found[name] if name in found else np.zeros(shape, like.dtype)
        for name, (_, _, shape) in gradients.items()
    ]


def check_held(names: str, *trees: Any) -> None:
    """Check that every number of a result is one that a float can hold.

    Parameters
    ----------
    names : str
        The arguments to name in the error message.
    *trees : ndarray, or named tuple of arrays, of any shape
        What was computed.

    Raises
    ------
    ValueError
        If a number overflowed.
    """
    for leaf in (leaf for tree in trees for leaf in leaves_of(tree).values()):
        if not np.isfinite(leaf).all():
            _refuse_overflow(names, leaf.dtype)


def _refuse_overflow(names: str, dtype: np.dtype[Any]) -> NoReturn:
    _refuse(names, f"give numbers that {dtype} can hold", "an overflow", "Scale them down.")


def _refuse(name: str, expectation: str, arrival: str, repair: str = "") -> NoReturn:
    sentence = f"{name} must {expectation}, got {arrival}. {repair}"
    raise ValueError(sentence.rstrip())
