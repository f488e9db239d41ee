"""Principal components: the directions along which a cloud of points has most variance.

Points are rows. The coordinate of a point along a direction of norm one is a dot product with it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_integer, check_number, check_numbers, check_shape

__all__ = [
    "PCA",
    "covariance",
    "ellipsoid",
    "explained_share",
    "n_components_for_share",
    "pca",
    "project",
    "reconstruct",
    "variance_along",
    "whiten",
]


_LARGEST = 1e140  # squares of what is larger might not fit into a float
_SMALLEST = 1e-140
_DIVIDE = "Divide all points by a common factor first."
_ROUNDING = 1e-12  # of a sum of shares


class PCA(NamedTuple):
    """The principal components of a cloud: a centre, directions, and the variance along each."""

    mean: NDArray[np.float64]  # (n_dims,)
    components: NDArray[np.float64]  # (n_components, n_dims)   orthonormal rows
    variances: NDArray[np.float64]  # (n_components,)           falling
    total_variance: float  # along all directions, kept or not
    rank: int  # directions in which the points differ by more than rounding


def covariance(points: ArrayLike) -> NDArray[np.float64]:
    """Variances of the features, and how each pair of them varies together.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        At least two points.

    Returns
    -------
    ndarray of float64 of shape (n_dims, n_dims)
        Divided by ``n_points - 1``, in squared units of the features.

    Raises
    ------
    ValueError
        If the shape does not match, or a number is not finite or above 1e140.

    Notes
    -----
    Page ``principal-components``, equation ``covariance``.
    """
    _, X = _centre(_check_points(points))
    S: NDArray[np.float64] = X.T @ X / (len(X) - 1)
    return S


def variance_along(points: ArrayLike, directions: ArrayLike) -> NDArray[np.float64]:
    """Variance of the points' coordinates along each of several directions.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        At least two points.
    directions : array_like of shape (n_directions, n_dims)
        Vectors of any norm but zero; only their direction counts.

    Returns
    -------
    ndarray of float64 of shape (n_directions,)

    Raises
    ------
    ValueError
        If the shapes do not match, a direction is zero, or a number is not finite or above 1e140.

    Notes
    -----
    Page ``principal-components``, equation ``pca-variance``.
    """
    points = _check_points(points)
    directions = check_numbers("directions", directions)
    check_shape("directions", directions, "n_directions n_dims", n_dims=points.shape[1])
    if not directions.any(axis=1).all():
        raise ValueError("directions must have a length in every row, got a row of zeros.")
    largest = np.abs(directions).max(axis=1, initial=0, keepdims=True)
    w = directions / largest  # first to a size whose squares fit into a float
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    variances: NDArray[np.float64] = np.var(_centre(points)[1] @ w.T, axis=0, ddof=1)
    return variances


def pca(points: ArrayLike, n_components: int | None = None) -> PCA:
    """Find the directions along which a cloud of points has most variance.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        At least two points that are not all the same. Features that never change do no harm.
    n_components : int, optional
        Number of directions to keep; all, ``min(n_points - 1, n_dims)``, by default.

    Returns
    -------
    PCA
        ``mean``, ``components``, ``variances``, ``total_variance`` and ``rank``. In each component
        the entry of the largest size is positive, the first of them where several are alike.

    Raises
    ------
    ValueError
        If the shape does not match, a number is not finite or above 1e140, all points are the
        same or closer than 1e-140, or more components are wanted than there can be.

    Notes
    -----
    By singular value decomposition of the centred points, which never squares a number that it
    might lose. Components beyond ``rank`` have variances that are rounding, in directions that
    mean nothing. Pearson (1901), Hotelling (1933).
    Page ``principal-components``, equations ``pca-eigen`` and ``pca-svd``.
    """
    points = _check_points(points)
    n_points, n_dims = points.shape
    most = min(n_points - 1, n_dims)
    n_kept = most if n_components is None else _check_kept(n_components, most, points.shape)
    mean, s, components = _decompose(points)
    if s[0] < _SMALLEST:
        arrived = "the same point" if s[0] == 0 else "points closer than 1e-140"
        repair = "Add others." if s[0] == 0 else "Multiply them by a common factor."
        raise ValueError(f"points must differ, got {n_points} times {arrived}. {repair}")
    variances = s[:most] ** 2 / (n_points - 1)
    rank = int(np.sum(s[:most] > max(n_points, n_dims) * np.finfo(float).eps * s[0]))
    kept = fix_signs(components[:n_kept])
    return PCA(mean, kept, variances[:n_kept], float(variances.sum()), rank)


def project(fitted: PCA, points: ArrayLike) -> NDArray[np.float64]:
    """Coordinates of points along the components, relative to the mean.

    Parameters
    ----------
    fitted : PCA
        The result of `pca`.
    points : array_like of shape (n_points, n_dims)
        The same points or new ones; none at all is allowed.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_components)

    Raises
    ------
    ValueError
        If the shape does not match, or a number is not finite or above 1e140.

    Notes
    -----
    Page ``principal-components``.
    """
    points = check_numbers("points", points, at_least=-_LARGEST, at_most=_LARGEST, repair=_DIVIDE)
    check_shape("points", points, "n_points n_dims", n_dims=len(fitted.mean))
    coordinates: NDArray[np.float64] = (points - fitted.mean) @ fitted.components.T
    return coordinates


def reconstruct(fitted: PCA, coordinates: ArrayLike) -> NDArray[np.float64]:
    """Points with the given coordinates along the components, and zero in all other directions.

    Parameters
    ----------
    fitted : PCA
        The result of `pca`.
    coordinates : array_like of shape (n_points, n_coordinates)
        Along the first ``n_coordinates`` components, which may be fewer than there are.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_dims)

    Raises
    ------
    ValueError
        When there are more coordinates than components, or a number is not finite or above 1e140.

    Notes
    -----
    Page ``principal-components``, equation ``pca-pythagoras``.
    """
    coordinates = check_numbers(
        "coordinates", coordinates, at_least=-_LARGEST, at_most=_LARGEST, repair=_DIVIDE
    )
    _, n_coordinates = check_shape("coordinates", coordinates, "n_points n_coordinates")
    n_components = len(fitted.components)
    if n_coordinates > n_components:
        raise ValueError(
            f"coordinates must have at most {n_components} columns, one for each component, "
            f"got {n_coordinates}. Keep more components in pca."
        )
    points: NDArray[np.float64] = fitted.mean + coordinates @ fitted.components[:n_coordinates]
    return points


def explained_share(fitted: PCA) -> NDArray[np.float64]:
    """Share of the whole variance that lies along each component.

    Parameters
    ----------
    fitted : PCA
        The result of `pca`.

    Returns
    -------
    ndarray of float64 of shape (n_components,)
        Falling; the sum is one when all components were kept.

    Notes
    -----
    Page ``principal-components``, equation ``explained-share``.
    """
    return fitted.variances / fitted.total_variance


def n_components_for_share(fitted: PCA, share: float) -> int:
    """Count the components that are needed to keep a share of the variance.

    Parameters
    ----------
    fitted : PCA
        The result of `pca`.
    share : float
        Above 0 and at most 1.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        When the share lies outside its range, or the components that were kept do not reach it.

    Notes
    -----
    Page ``principal-components``, equation ``explained-share``.
    """
    share = check_number("share", share, above=0, at_most=1)
    reached = np.cumsum(explained_share(fitted))
    if share > reached[-1] + _ROUNDING:
        raise ValueError(
            f"share must be at most {reached[-1]:.6g}, which {len(reached)} components reach, "
            f"got {share}. Keep more components in pca."
        )
    return int(np.argmax(reached >= share - _ROUNDING)) + 1


def whiten(fitted: PCA, points: ArrayLike) -> NDArray[np.float64]:
    """Coordinates along the components, each divided by its own spread.

    Parameters
    ----------
    fitted : PCA
        The result of `pca`, with no more components than its rank.
    points : array_like of shape (n_points, n_dims)
        The same points or new ones.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_components)
        For the points that `pca` was given the covariance is the identity.

    Raises
    ------
    ValueError
        As `project`; and when a component has no variance to divide by.

    Notes
    -----
    Page ``principal-components``.
    """
    if len(fitted.components) > fitted.rank:
        raise ValueError(
            f"fitted must have a variance along each component, got {len(fitted.components)} "
            f"components of points of rank {fitted.rank}. Keep n_components={fitted.rank} in pca."
        )
    return project(fitted, points) / np.sqrt(fitted.variances)


def ellipsoid(fitted: PCA, directions: ArrayLike, *, size: float = 1) -> NDArray[np.float64]:
    """Stretch a sphere to the shape of a cloud: half-axes are standard deviations along them.

    Parameters
    ----------
    fitted : PCA
        The result of `pca`.
    directions : array_like of shape (n_points, n_components)
        Points of the unit sphere; the rows of the identity lead to the tips of the half-axes.
    size : float
        Length of the half-axes in spreads (standard deviations), above 0.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_dims)

    Raises
    ------
    ValueError
        If the shape does not match, or a number lies outside its range.

    Notes
    -----
    Page ``principal-components``, equation ``pca-ellipsoid``.
    """
    directions = check_numbers(
        "directions", directions, at_least=-1, at_most=1, repair="Divide each row by its length."
    )
    check_shape("directions", directions, "n_points n_components", n_components=len(fitted[1]))
    spreads = check_number("size", size, above=0, at_most=1e3) * np.sqrt(fitted.variances)
    return reconstruct(fitted, directions * spreads)


def _check_points(points: ArrayLike) -> NDArray[np.float64]:
    checked = check_numbers("points", points, at_least=-_LARGEST, at_most=_LARGEST, repair=_DIVIDE)
    n_points, n_dims = check_shape("points", checked, "n_points n_dims")
    if n_points < 2 or n_dims < 1:
        raise ValueError(
            f"points must hold at least 2 points of 1 feature, got shape {checked.shape}."
        )
    return checked


def _check_kept(n_components: int, most: int, shape: tuple[int, ...]) -> int:
    repair = f"{shape[0]} points of {shape[1]} features spread in {most} directions at most."
    return check_integer("n_components", n_components, at_most=most, repair=repair)


def _centre(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take off the mean, and then what its rounding left: a large offset costs no digits."""
    mean = np.clip(points.mean(axis=0), points.min(axis=0), points.max(axis=0))
    X = points - mean
    X -= np.clip(X.mean(axis=0), X.min(axis=0), X.max(axis=0))
    return mean, X


def _decompose(
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    mean, X = _centre(points)
    _, s, components = np.linalg.svd(X, full_matrices=False)
    return mean, s, components


def fix_signs(components: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose the sign of each row so that its largest entry is positive.

    Parameters
    ----------
    components : ndarray of shape (n_components, n_dims)

    Returns
    -------
    ndarray of the same shape
    """
    sizes = np.abs(components)
    first = np.argmax(sizes >= sizes.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
    fixed: NDArray[np.float64] = components * np.sign(
        np.take_along_axis(components, first[:, None], axis=1)
    )
    return fixed
