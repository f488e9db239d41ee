"""Angles and distances between the rows of arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_numbers, check_shape

__all__ = ["angles_between", "distances_between", "relative_contrast"]


def angles_between(u: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    """Angle between each row of one array and the same row of another.

    Parameters
    ----------
    u, v : array_like of shape (n_pairs, n_dims)
        Vectors of any norm but zero.

    Returns
    -------
    ndarray of float64 of shape (n_pairs,)
        In radians, from 0 to pi.

    Raises
    ------
    ValueError
        When the shapes differ, a row is zero, or a number is not finite.

    Notes
    -----
    Half the angle between unit vectors has the tangent ``|u - v| / |u + v|``: unlike the inverse
    cosine, this keeps its digits where the vectors are nearly parallel (Kahan, 2006).
    Page ``angles``, equation ``cosine``.
    """
    u, v = _check_pairs(u, v)
    u, v = _unit("u", u), _unit("v", v)
    with np.errstate(under="ignore"):
        apart, along = np.linalg.norm(u - v, axis=1), np.linalg.norm(u + v, axis=1)
    angles: NDArray[np.float64] = np.minimum(2 * np.arctan2(apart, along), np.pi)
    return angles


def distances_between(u: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    """Distance of each row of one array from the same row of another.

    Parameters
    ----------
    u, v : array_like of shape (n_pairs, n_dims)
        Points.

    Returns
    -------
    ndarray of float64 of shape (n_pairs,)

    Raises
    ------
    ValueError
        When the shapes differ, a number is not finite, or no float can hold a distance.

    Notes
    -----
    Page ``distances``.
    """
    u, v = _check_pairs(u, v)
    scaled, exponents = _scale_rows(_differences("u and v", u, v))
    with np.errstate(all="ignore"):
        norms = np.linalg.norm(scaled, axis=1)
        distances: NDArray[np.float64] = np.ldexp(norms, exponents)
    _check_held("u and v", distances)
    return distances


def relative_contrast(points: ArrayLike, queries: ArrayLike) -> NDArray[np.float64]:
    """How much farther the farthest point is than the nearest, seen from each query.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        At least one point.
    queries : array_like of shape (n_queries, n_dims)
        None of them may coincide with a point.

    Returns
    -------
    ndarray of float64 of shape (n_queries,)
        ``(max - min) / min`` of the distances from a query to all points.

    Raises
    ------
    ValueError
        If the shapes do not match, a number is not finite, a query coincides with a point, or no
        float can hold a distance or the contrast.

    Notes
    -----
    One query at a time: the memory needed is that of the points, however many queries there are.
    Beyer et al. (1999). Page ``distances``, equation ``relative-contrast``.
    """
    points = check_numbers("points", points)
    n_points, n_dims = check_shape("points", points, "n_points n_dims")
    if n_points == 0 or n_dims == 0:
        raise ValueError(f"points must hold at least one point, got shape {points.shape}.")
    queries = check_numbers("queries", queries)
    check_shape("queries", queries, "n_queries n_dims", n_dims=n_dims)
    return np.array([_contrast(points, query) for query in queries], dtype=np.float64)


def _contrast(points: NDArray[np.float64], query: NDArray[np.float64]) -> float:
    differences = _differences("points and queries", points, query)
    if not differences.any(axis=1).all():
        raise ValueError(
            "queries must not coincide with a point, got a distance of 0. Leave the point out."
        )
    _, exponent = np.frexp(np.abs(differences).max())
    with np.errstate(under="ignore"):
        # one scale for all, so high that squares lose digits only where the contrast is refused
        distances = np.linalg.norm(np.ldexp(differences, 480 - exponent), axis=1)
    nearest, farthest = distances.min(), distances.max()
    if nearest < farthest * 2.0**-960:
        raise ValueError(
            "points must give a contrast that a float can hold, got a nearest point 1e289 times "
            "nearer than the farthest. Move them apart."
        )
    return float((farthest - nearest) / nearest)


def _check_pairs(u: ArrayLike, v: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first = check_numbers("u", u)
    n_pairs, n_dims = check_shape("u", first, "n_pairs n_dims")
    second = check_numbers("v", v)
    check_shape("v", second, "n_pairs n_dims", n_pairs=n_pairs, n_dims=n_dims)
    return first, second


def _differences(names: str, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        differences = u - v
    _check_held(names, differences)
    return differences


def _check_held(names: str, lengths: NDArray[np.float64]) -> None:
    if not np.isfinite(lengths).all():
        raise ValueError(
            f"{names} must be at distances that a float can hold, got one above 1e308. "
            "Divide both by a common factor."
        )


def _scale_rows(
    vectors: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.intc]]:
    """Take a power of two out of each row, so that squares neither overflow nor vanish."""
    largest = np.abs(vectors).max(axis=1, initial=0)
    _, exponents = np.frexp(largest)
    with np.errstate(under="ignore"):
        return np.ldexp(vectors, -exponents[:, None]), exponents


def _unit(name: str, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    if not vectors.any(axis=1).all():
        raise ValueError(f"{name} must have a direction in every row, got a row of zeros.")
    scaled, _ = _scale_rows(vectors)
    with np.errstate(under="ignore"):
        unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return unit
