"""Parameters and gradients as trees: tuples of tuples, mostly named, with arrays at the leaves."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_shape

__all__ = ["check_params", "check_same", "count_parameters", "leaves_of", "map_leaves"]

Tree = TypeVar("Tree")


def leaves_of(tree: Any, name: str = "") -> dict[str, Any]:
    """Name every leaf of a tree by its path.

    Parameters
    ----------
    tree : tuple of tuples, or anything else
        Anything that is not a tuple is a leaf.
    name : str, optional
        What the paths begin with.

    Returns
    -------
    dict of str to leaf
        In the order of the fields: ``{"forget_gate.W": ..., ...}``. Fields without a name are
        numbered.
    """
    if not _is_branch(tree):
        return {name: tree}
    found: dict[str, Any] = {}
    for field, branch in zip(_fields(tree), tree, strict=True):
        found |= leaves_of(branch, f"{name}.{field}" if name else field)
    return found


def map_leaves(function: Callable[..., Any], tree: Tree, *others: Any) -> Tree:
    """Apply a function to each leaf of a tree and the same leaf of others of its kind.

    Parameters
    ----------
    function : callable
        Takes as many leaves as there are trees.
    tree, *others : named tuples of the same kind, or leaves

    Returns
    -------
    named tuple of the same kind
        With the results of the function as its leaves.

    Raises
    ------
    ValueError
        If the trees have different types.

    Examples
    --------
    >>> from unrolled.networks.lstm import BlockInput
    >>> map_leaves(lambda w, gradient: w - 2 * gradient, BlockInput(1, 2, 3), BlockInput(1, 0, 1))
    BlockInput(W=-1, R=2, b=1)
    """
    if not _is_branch(tree):
        if any(_is_branch(other) for other in others):
            raise ValueError("trees must be of one kind, got a leaf and a named tuple.")
        mapped: Tree = function(tree, *others)
        return mapped
    for other in others:
        if type(other) is not type(tree):
            kinds = f"{type(tree).__name__} and {type(other).__name__}"
            raise ValueError(f"trees must be of one kind, got {kinds}.")
    trees: Any = (tree, *others)
    numbers = [len(each) for each in trees]
    if len(set(numbers)) > 1:
        raise ValueError(
            f"trees must have the same number of branches, got {' and '.join(map(str, numbers))}."
        )
    branches = zip(*trees, strict=True)
    return _rebuilt(tree, (map_leaves(function, *branch) for branch in branches))


def count_parameters(params: Any) -> int:
    """Count the numbers at the leaves of a tree.

    Parameters
    ----------
    params : named tuple of arrays of any shape, or of further named tuples

    Returns
    -------
    int
    """
    return sum(int(np.size(leaf)) for leaf in leaves_of(params).values())


def check_params(name: str, params: Tree, axes: Tree) -> dict[str, int]:
    """Check the kind of a tree of parameters and the shapes of its leaves.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    params : named tuple of array_like
        What arrived.
    axes : named tuple of str
        A tree of the expected kind with the axes of each leaf, as in `check_shape`.

    Returns
    -------
    dict of str to int
        The size of each axis. Axes of one name have one size in the whole tree.

    Raises
    ------
    ValueError
        If a branch has the wrong type, a shape does not match, or an axis is empty.
    """
    _check_kind(name, params, axes)
    sizes: dict[str, int] = {}
    for (leaf_name, leaf), leaf_axes in zip(
        leaves_of(params, name).items(), leaves_of(axes).values(), strict=True
    ):
        names = leaf_axes.split()
        known = {axis: sizes[axis] for axis in names if axis in sizes}
        found = check_shape(leaf_name, leaf, leaf_axes, **known)
        sizes |= dict(zip(names, found, strict=True))
        if 0 in found:
            raise ValueError(f"{leaf_name} must not be empty, got shape {found}.")
    return sizes


def check_same(params: Any, cached: Any) -> None:
    """Check that a cache was made with these very parameters.

    Parameters
    ----------
    params, cached : named tuples of arrays of any shape
        Those given to the backward pass, and those stored in the cache.

    Raises
    ------
    ValueError
        If an array is not the same object.
    """
    ours, theirs = leaves_of(params, "params"), leaves_of(cached, "params")
    if ours.keys() != theirs.keys() or any(leaf is not theirs[key] for key, leaf in ours.items()):
        raise ValueError(
            "cache must come from a forward pass with the same params, got one that remembers "
            "others. Run the forward pass again after each update."
        )


def replace_leaves(tree: Tree, leaves: Mapping[str, NDArray[Any]], name: str) -> Tree:
    """Put other leaves, by their paths, into a tree of the same kind."""
    if not _is_branch(tree):
        leaf: Any = leaves[name]
        return leaf  # type: ignore[no-any-return]
    fields: Any = tree
    branches = (
        replace_leaves(branch, leaves, f"{name}.{field}")
        for field, branch in zip(_fields(fields), fields, strict=True)
    )
    return _rebuilt(tree, branches)


def _check_kind(name: str, params: Any, like: Any) -> None:
    if not _is_branch(like):
        return
    if not _is_branch(params) or _kind(params) != _kind(like):
        expected, arrived = type(like).__name__, type(params).__name__
        fields = ", ".join(like._fields)
        raise ValueError(
            f"{name} must be a named tuple {expected}, got {arrived}. Make one: "
            f"{expected}({fields})."
        )
    for field, branch, expected_branch in zip(like._fields, params, like, strict=True):
        _check_kind(f"{name}.{field}", branch, expected_branch)


def _kind(branch: Any) -> tuple[str, tuple[str, ...]]:
    """Name a branch's kind so that it is the same after its module was loaded anew."""
    return type(branch).__name__, _fields(branch)


def _is_branch(tree: Any) -> bool:
    return isinstance(tree, tuple)


def _fields(branch: Any) -> tuple[str, ...]:
    return getattr(branch, "_fields", tuple(map(str, range(len(branch)))))


def _rebuilt(tree: Tree, branches: Iterable[Any]) -> Tree:
    """Make a tuple of the same kind with other branches."""
    make: Any = getattr(tree, "_make", tuple)
    rebuilt: Tree = make(branches)
    return rebuilt
