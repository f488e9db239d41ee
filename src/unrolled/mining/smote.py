"""SMOTE: new points of a rare class, each on a line between two points that were measured.

Rows are points and columns are features. What is measured is interpolated; what is a category is
taken from the nearer of the two points, because nothing lies between an apple and a banana.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from unrolled.mining.labels import check_two_classes
from unrolled.shapes import (
    check_generator,
    check_integer,
    check_integers,
    check_numbers,
    check_shape,
)

__all__ = ["Synthetic", "nearest_within", "smote", "synthesise"]

_LEAF = 64  # points in a leaf of the tree: the fastest for five neighbours in ten dimensions


class Synthetic(NamedTuple):
    """New points, and between which two of the given ones each of them lies."""

    points: NDArray[np.float64]  # (n_new, n_features)
    bases: NDArray[np.intp]  # (n_new,)        row of the point where its line begins
    neighbours: NDArray[np.intp]  # (n_new,)   row of the point where its line ends
    shares: NDArray[np.float64]  # (n_new,)    how far along the line, from 0 to below 1


def smote(
    X: ArrayLike,
    y: ArrayLike,
    *,
    positive: Any = 1,
    n_neighbours: int = 5,
    n_new: int | None = None,
    categorical: Sequence[int] | None = None,
    rng: np.random.Generator,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Add synthetic rows to the rarer of two classes; for training rows only.

    Parameters
    ----------
    X : array_like of shape (n_rows, n_features)
        Numbers; in the columns named by `categorical` anything, strings for instance. Columns
        should be in comparable units, because distances decide who is a neighbour.
    y : array_like of int, bool or str, of shape (n_rows,)
        Two classes.
    positive : int, bool or str, optional
        The label of the class that gets more rows.
    n_neighbours : int, optional
        Each new row lies between a row and one of so many nearest ones of its class.
    n_new : int, optional
        How many rows to add. As many as make the two classes equally frequent when None.
    categorical : sequence of int, optional
        Columns whose values are names, counted from 0; an empty one says that there are none. A new
        row takes them from the nearer of its two ends. When None, a column of several values that
        are all whole numbers is refused, since nothing tells whether they are names.
    rng : numpy.random.Generator

    Returns
    -------
    X : ndarray of shape (n_rows + n_new, n_features)
        The rows as they came, and behind them the new ones: float64, or objects where objects came.
    y : ndarray of shape (n_rows + n_new,)

    Raises
    ------
    ValueError
        If the shapes do not match, a value is missing or not finite, there are not two classes, the
        positive class is the larger one and `n_new` is not given, the class has no more rows than
        neighbours are asked for, no column is measured, or whole numbers may be names.

    Notes
    -----
    Two rows that differ in a category are further apart by the median of the standard deviations of
    the measured columns, as in SMOTE-NC of Chawla et al. (2002). There the neighbours vote on a
    category, by which rare ones can get rarer. Page ``balancing``, equation ``smote-point``.
    """
    table = np.asarray(X)
    n_rows, n_features = check_shape("X", table, "n_rows n_features")
    check_shape("y", y, "n_rows", n_rows=n_rows)
    labels, rare = np.asarray(y), check_two_classes("y", y, positive)
    named = _named("categorical", categorical, n_features)
    measured = _measured(table, named, told=categorical is not None)[rare]
    codes = [code[rare] for code in _codes(table[:, named])]
    drawn = synthesise(
        measured,
        _n_missing(rare, positive) if n_new is None else n_new,
        n_neighbours=n_neighbours,
        places=_places(measured, codes),
        rng=rng,
    )
    nearer = np.where(drawn.shares < 0.5, drawn.bases, drawn.neighbours)
    new = table[rare][nearer].astype(object if table.dtype == object else np.float64)
    new[:, ~named] = drawn.points
    return np.vstack([table, new]), np.concatenate([labels, labels[rare][nearer]])


def synthesise(
    points: ArrayLike,
    n_new: int,
    *,
    n_neighbours: int = 5,
    places: ArrayLike | None = None,
    rng: np.random.Generator,
) -> Synthetic:
    """Draw new points on the lines between points of one class and their nearest neighbours.

    Parameters
    ----------
    points : array_like of shape (n_points, n_features)
        Measurements of one class.
    n_new : int
        How many points to draw; each begins at a random one of the points.
    n_neighbours : int, optional
        Each ends at a random one of so many nearest neighbours.
    places : array_like of shape (n_points, n_places), optional
        What distances are computed from; the points themselves when None.
    rng : numpy.random.Generator

    Returns
    -------
    Synthetic

    Raises
    ------
    ValueError
        If a number is not finite, there are no more points than neighbours are asked for, or a
        difference of two points is too large for a float.

    Notes
    -----
    Chawla et al. (2002). Page ``balancing``, equation ``smote-point``.
    """
    points = check_numbers("points", points)
    n_points, _ = check_shape("points", points, "n_points n_features")
    n_new = check_integer("n_new", n_new, at_least=0)
    rng = check_generator("rng", rng)
    near = nearest_within(points if places is None else places, n_neighbours)
    check_shape("places", near, "n_points n_neighbours", n_points=n_points)
    bases = rng.integers(n_points, size=n_new)
    neighbours = near[bases, rng.integers(n_neighbours, size=n_new)]
    shares = rng.random(n_new)
    start, end = points[bases], points[neighbours]
    return Synthetic(start + shares[:, None] * (end - start), bases, neighbours, shares)


def nearest_within(points: ArrayLike, n_neighbours: int) -> NDArray[np.intp]:
    """Find the nearest other points of each point.

    Parameters
    ----------
    points : array_like of shape (n_points, n_features)
    n_neighbours : int

    Returns
    -------
    ndarray of int of shape (n_points, n_neighbours)
        Rows, the nearest first. A point is never its own neighbour, but a copy of it may be.

    Raises
    ------
    ValueError
        If a number is not finite, there are no more points than neighbours are asked for, or a
        difference of two points is too large for a float.
    """
    points = check_numbers("points", points)
    n_points, _ = check_shape("points", points, "n_points n_features")
    n_neighbours = check_integer("n_neighbours", n_neighbours)
    if n_neighbours >= n_points:
        raise ValueError(
            f"n_neighbours must be below the number of points of the class, {n_points}, got "
            f"{n_neighbours}. Ask for fewer, or copy rows with oversample."
        )
    tree = cKDTree(_scaled(points), leafsize=_LEAF, balanced_tree=False)
    found = np.asarray(tree.query(tree.data, n_neighbours + 1)[1])
    own = found == np.arange(n_points)[:, None]
    own[~own.any(axis=1), -1] = True  # among many copies it did not find itself
    others: NDArray[np.intp] = found[~own].reshape(n_points, n_neighbours)
    return others


def _scaled(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shift points, and divide all of them by one power of two, so that squares are harmless."""
    with np.errstate(over="ignore", under="ignore"):
        shifted = points - points.min(axis=0)
        if not np.isfinite(shifted).all():
            raise ValueError(
                "points must have differences that a float can hold, got some above 1e308. "
                "Divide them by a common factor."
            )
        _, exponent = np.frexp(shifted.max(initial=0))
        scaled: NDArray[np.float64] = np.ldexp(shifted, -exponent)
    return scaled


def _named(name: str, columns: Sequence[int] | None, n_features: int) -> NDArray[np.bool_]:
    """Return which columns are named."""
    named = np.zeros(n_features, dtype=bool)
    if columns is not None and len(columns):
        named[check_integers(name, columns, at_least=0, at_most=n_features - 1)] = True
    if named.all():
        raise ValueError(
            f"{name} must leave a column that is measured, got all {n_features}. "
            "Nothing can be interpolated: copy rows with oversample."
        )
    return named


def _measured(table: NDArray[Any], named: NDArray[np.bool_], *, told: bool) -> NDArray[np.float64]:
    """Return the measured columns, and refuse whole numbers of which nothing is told."""
    columns = table[:, ~named]
    if columns.dtype.kind in "OSUT":
        columns = _numbers(columns, np.flatnonzero(~named))
    numbers = check_numbers("X", columns)
    whole = (numbers == np.rint(numbers)).all(axis=0) & (numbers != numbers[0]).any(axis=0)
    if whole.any() and not told:
        raise ValueError(
            "X must hold measurements where `categorical` says nothing, got only whole numbers in "
            f"column {np.argmax(whole)}. Name the columns of categories, or say categorical=() if "
            "all are measured."
        )
    return numbers


def _numbers(columns: NDArray[Any], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return objects as numbers, and refuse strings even where they could be read as such."""
    for place, column in zip(places, columns.T, strict=True):
        for value in column:
            if value is not None and not isinstance(value, (float, int, np.floating, np.integer)):
                raise ValueError(
                    f"X must hold numbers where they are measured, got {str(value)!r} in column "
                    f"{place}. Name the columns of categories in `categorical`."
                )
    return columns.astype(np.float64)


def _codes(names: NDArray[Any]) -> list[NDArray[np.intp]]:
    """Return the values of each column of names as numbers from 0 on."""
    for value in names.flat:
        if value is None or value != value:
            raise ValueError(
                f"X must have no missing categories, got {value}. Make missing a category of its "
                "own, or fill it first."
            )
    return [np.unique(column.astype(str), return_inverse=True)[1] for column in names.T]


def _places(measured: NDArray[np.float64], codes: list[NDArray[np.intp]]) -> NDArray[np.float64]:
    """Return coordinates in which another category is the penalty further away."""
    if not codes:
        return measured
    places = _scaled(measured)
    penalty = np.median(places.std(axis=0))
    corners = [np.eye(code.max() + 1)[code] * penalty / np.sqrt(2) for code in codes]
    return np.hstack([places, *corners])


def _n_missing(rare: NDArray[np.bool_], positive: Any) -> int:
    """Return how many rows the positive class lacks."""
    n_positive = int(np.count_nonzero(rare))
    missing = len(rare) - 2 * n_positive
    if missing < 0:
        raise ValueError(
            f"positive must be the rarer class, got {positive!r} with {n_positive} of {len(rare)} "
            "rows. Name the other class, or say n_new."
        )
    return missing
