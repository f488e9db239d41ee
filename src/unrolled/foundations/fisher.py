"""Fisher's discriminant: the directions along which classes lie farthest apart.

Points are rows, and each has a label. The coordinate of a point along a direction is a dot product
with it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.foundations.principal_components import fix_signs
from unrolled.shapes import check_integer, check_integers, check_number, check_numbers, check_shape

__all__ = ["Fisher", "Scatter", "fisher", "fisher_criterion", "scatter"]

_SAME_MEANS = (
    "points must have class means that differ, got means that coincide. No straight axis pulls "
    "such classes apart."
)


class Scatter(NamedTuple):
    """Scatter of points: within their classes, between them, and in total."""

    within: NDArray[np.float64]  # (n_dims, n_dims)     around the mean of their own class
    between: NDArray[np.float64]  # (n_dims, n_dims)    class means around the mean of all points
    total: NDArray[np.float64]  # (n_dims, n_dims)      around the mean of all points
    means: NDArray[np.float64]  # (n_classes, n_dims)   classes in the order of their labels


class Fisher(NamedTuple):
    """Directions that separate classes; project with ``(points - mean) @ directions.T``."""

    mean: NDArray[np.float64]  # (n_dims,)
    directions: NDArray[np.float64]  # (n_components, n_dims)   the best first
    ratios: NDArray[np.float64]  # (n_components,)   scatter between over scatter within, falling


class _Parts(NamedTuple):
    """Points split into parts, each column divided by its own power of two."""

    mean: NDArray[np.float64]  # (n_dims,)
    means: NDArray[np.float64]  # (n_classes, n_dims)   less the mean
    within: NDArray[np.float64]  # (n_points, n_dims)   points less the mean of their class
    sizes: NDArray[np.int64]  # (n_classes,)
    exponents: NDArray[np.intc]  # (n_dims,)


@np.errstate(under="ignore")
def scatter(points: ArrayLike, labels: ArrayLike) -> Scatter:
    """Decompose the scatter of points: within their classes and between them.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
    labels : array_like of int of shape (n_points,)
        At least two classes; any integers.

    Returns
    -------
    Scatter
        Sums of squares and products, not divided by a number of points; ``total`` is computed
        from the points and not as the sum of the other two.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, there are fewer than two classes, or no
        float can hold a sum of squares.

    Notes
    -----
    Page ``fisher-discriminant``, equations ``scatter-matrices`` and ``scatter-sum``.
    """
    points, _, members = _check_classes(points, labels)
    parts = _take_apart(points, members)
    weighted = np.sqrt(parts.sizes)[:, None] * parts.means
    rows = (parts.within, weighted, parts.within + parts.means[members])
    with np.errstate(over="ignore"):
        products = [_scaled_up(matrix.T @ matrix, parts.exponents) for matrix in rows]
        means = np.ldexp(parts.mean + parts.means, parts.exponents)
    if not all(np.isfinite(matrix).all() for matrix in products):
        raise ValueError(
            "points must have squares that a float can hold, got a spread above 1e154. "
            "Divide them by a common factor."
        )
    return Scatter(products[0], products[1], products[2], means)


@np.errstate(under="ignore")
def fisher_criterion(w: ArrayLike, points: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """Scatter between the classes over scatter within them, seen along given directions.

    Parameters
    ----------
    w : array_like of shape (..., n_dims)
        One direction or many, of any norm but zero.
    points : array_like of shape (n_points, n_dims)
    labels : array_like of int of shape (n_points,)
        At least two classes.

    Returns
    -------
    ndarray of float64 of shape (...)
        At least 0; without a unit, and the same for every norm of ``w``.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, a direction is zero, there are fewer
        than two classes, or no class scatters along a direction, so that the ratio has no value.

    Notes
    -----
    Fisher (1936). Page ``fisher-discriminant``, equation ``fisher-criterion``.
    """
    points, _, members = _check_classes(points, labels)
    w = check_numbers("w", w)
    check_shape("w", w, "... n_dims", n_dims=points.shape[1])
    if not w.any(axis=-1).all():
        raise ValueError("w must have a direction, got zeros. Leave them out.")
    parts = _take_apart(points, members)
    directions = _unit_rows(w, parts.exponents)
    within = np.square(directions @ parts.within.T).sum(axis=-1)
    between = np.square(directions @ parts.means.T) @ parts.sizes
    rounding = np.finfo(float).eps * (np.abs(directions) @ np.abs(parts.within).max(axis=0))
    narrow = np.maximum(points.shape[0] * np.square(rounding), between * 2.0**-1000)
    if (within <= narrow).any():
        raise ValueError(
            "w must be a direction along which some class scatters, got one along which each "
            "class is as good as a single value. Leave that direction out."
        )
    return np.asarray(between / within)


@np.errstate(under="ignore")
def fisher(
    points: ArrayLike,
    labels: ArrayLike,
    n_components: int | None = None,
    *,
    shrinkage: float = 0.0,
) -> Fisher:
    """Find the directions along which classes lie farthest apart, relative to their spread.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
    labels : array_like of int of shape (n_points,)
        At least two classes; any integers.
    n_components : int, optional
        Number of directions, the best first. If None, as many as the class means span: one fewer
        than there are classes, or less if there are few dimensions or the means lie on a line.
    shrinkage : float, optional
        Between 0 and 1: how far the scatter within moves towards a multiple of the identity with
        the same trace.

    Returns
    -------
    Fisher
        Along each direction the (shrunk) variance within the classes, pooled with
        ``n_points - n_classes`` below, is 1, and between two directions there is no covariance
        within. The entry of each direction that is largest in size is positive. The ratios are
        those of the shrunk scatter.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, there are fewer than two classes, the
        class means coincide, more directions are asked for than there are, or the points scatter in
        some direction without any scatter within the classes. That is so when there are too few
        points for their dimensions; shrinkage above 0 repairs it.

    Notes
    -----
    Directions in which no two points differ, a constant column for instance, are harmless: they get
    weight 0. The scatter within is never inverted: its rows are decomposed, and what is left is a
    second, small decomposition of the class means in coordinates in which the classes are round.
    Fisher (1936), Rao (1948). Page ``fisher-discriminant``, equations ``fisher-eigen`` and
    ``fisher-direction``.
    """
    points, n_classes, members = _check_classes(points, labels)
    shrinkage = check_number("shrinkage", shrinkage, at_least=0, at_most=1)
    if n_components is not None:
        n_components = check_integer("n_components", n_components)
    parts = _take_apart(points, members, one_scale=shrinkage > 0)
    between = np.sqrt(parts.sizes)[:, None] * parts.means
    if not between.any():
        raise ValueError(_SAME_MEANS)
    whitening = _whitening(_shrink(parts.within, shrinkage), between)
    _, singular_values, rotation = np.linalg.svd(between @ whitening.T, full_matrices=False)
    found = _n_directions(singular_values, between, n_components)
    scaled = np.sqrt(len(points) - n_classes) * (rotation[:found] @ whitening)
    directions = fix_signs(_scale_down(scaled, parts.exponents))
    mean = np.ldexp(parts.mean, parts.exponents)
    return Fisher(mean, directions, np.square(singular_values[:found]))


def _check_classes(
    points: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], int, NDArray[np.intp]]:
    """Return points, the number of classes, and the class of each point counted from 0."""
    points = check_numbers("points", points)
    n_points, n_dims = check_shape("points", points, "n_points n_dims")
    if n_points == 0 or n_dims == 0:
        raise ValueError(f"points must hold at least one number, got shape {points.shape}.")
    labels = check_integers("labels", labels, at_least=np.iinfo(np.int64).min)
    check_shape("labels", labels, "n_points", n_points=n_points)
    classes, members = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"labels must name at least two classes, got only {classes[0]}. "
            "One class has nothing to be told apart from."
        )
    return points, len(classes), members


def _take_apart(
    points: NDArray[np.float64], members: NDArray[np.intp], *, one_scale: bool = False
) -> _Parts:
    """Split points into class means and what is left, in units in which squares are harmless."""
    _, exponents = np.frexp(np.abs(points).max(axis=0))
    if one_scale:  # shrinkage compares columns with each other
        exponents = np.full_like(exponents, exponents.max())
    scaled = np.ldexp(points, -exponents)
    origin = scaled[0]
    scaled = scaled - origin  # a constant column is now exactly zero
    shift = scaled.mean(axis=0)
    sizes = np.bincount(members)
    means = np.array([scaled[members == k].mean(axis=0) for k in range(len(sizes))])
    return _Parts(origin + shift, means - shift, scaled - means[members], sizes, exponents)


def _scaled_up(matrix: NDArray[np.float64], exponents: NDArray[np.intc]) -> NDArray[np.float64]:
    """Give products of two columns their own units back."""
    scaled: NDArray[np.float64] = np.ldexp(matrix, exponents[:, None] + exponents)
    return scaled


def _unit_rows(w: NDArray[np.float64], exponents: NDArray[np.intc]) -> NDArray[np.float64]:
    """Write directions for scaled columns, and scale each so that its largest entry is near one."""
    mantissas, powers = np.frexp(w)
    powers = np.where(mantissas == 0, np.iinfo(np.intc).min // 2, powers + exponents)
    scaled: NDArray[np.float64] = np.ldexp(mantissas, powers - powers.max(-1, keepdims=True))
    return scaled


def _shrink(within: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
    """Add rows whose squares are those of a round scatter, and take from the others instead."""
    if shrinkage == 0:
        return within
    n_dims = within.shape[1]
    radius = np.linalg.norm(within) * np.sqrt(shrinkage / n_dims)
    return np.vstack([np.sqrt(1 - shrinkage) * within, radius * np.eye(n_dims)])


def _whitening(within: NDArray[np.float64], between: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows: directions along which the scatter within is one, and zero between any two."""
    rows = np.vstack([within, between])
    lengths = np.linalg.norm(rows, axis=0)
    units = np.where(lengths > 0, lengths, 1)
    _, spreads, axes = np.linalg.svd(within / units, full_matrices=False)
    rounding = max(rows.shape) * np.finfo(float).eps
    rank = int(np.sum(spreads > rounding))
    varied = int(np.count_nonzero(lengths))
    if rank < varied:  # unless some columns are made of others
        varied = int(np.linalg.matrix_rank(rows / units, tol=rounding))
    if rank < varied:
        raise ValueError(
            "points must scatter within their classes in every direction in which they differ, got "
            f"{rank} such directions of {varied}. Give more points, fewer columns, or shrinkage "
            "above 0."
        )
    whitening: NDArray[np.float64] = axes[:rank] / spreads[:rank, None] / units
    return whitening


def _n_directions(
    singular_values: NDArray[np.float64], between: NDArray[np.float64], n_components: int | None
) -> int:
    """Count the directions that the class means span, and refuse to give more."""
    rounding = 100 * max(between.shape) * np.finfo(float).eps
    there = int(np.sum(singular_values > rounding * max(1.0, singular_values[0])))
    if there == 0:
        raise ValueError(_SAME_MEANS)
    if n_components is not None and n_components > there:
        raise ValueError(
            f"n_components must be at most {there}, got {n_components}. {len(between)} class "
            f"means span no more than {there} directions here."
        )
    return there if n_components is None else n_components


def _scale_down(
    directions: NDArray[np.float64], exponents: NDArray[np.intc]
) -> NDArray[np.float64]:
    """Write directions for the columns as they came."""
    with np.errstate(over="ignore"):
        unscaled: NDArray[np.float64] = np.ldexp(directions, -exponents)
        exact = (np.ldexp(unscaled, exponents) == directions).all()
    if not exact:
        raise ValueError(
            "points must have spreads whose inverse a float can hold, got one near the end of its "
            "range. Multiply or divide them by a common factor."
        )
    return unscaled
