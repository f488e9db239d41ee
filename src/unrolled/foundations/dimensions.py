"""Grids, balls, shells, angles and stacks of cubes, in any number of dimensions.

Volumes and their ratios span hundreds of powers of ten: one that no float can hold is refused, and
the function whose name begins with ``log_`` gives its natural logarithm instead. Probabilities and
densities are read on an absolute scale: below the smallest float they are zero.

Lengths are in units of a cube's side or a ball's radius, angles in radians. A function that takes
an array of dimensions returns an array; the two arguments of one call are broadcast.
"""

from decimal import ROUND_CEILING, Decimal, localcontext
from math import exp, log1p
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from unrolled.shapes import (
    check_broadcast,
    check_integer,
    check_integers,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "MAX_DIMS",
    "angle_density",
    "angle_spread",
    "ball_share_of_cube",
    "ball_volume",
    "cube_diagonal",
    "enclosing_ball_diameter",
    "exceeds_stack",
    "expected_empty_share",
    "grid_cells",
    "log_ball_share_of_cube",
    "log_ball_volume",
    "log_middle_ball_share",
    "majority_by_cell",
    "middle_ball_diameter",
    "middle_ball_share",
    "n_cells",
    "n_dims_for_shell_share",
    "occupied_share",
    "share_near_right_angle",
    "shell_share",
    "typical_cube_radius",
    "typical_pair_distance",
]

Floats: TypeAlias = np.float64 | NDArray[np.float64]
"""A float64, or an array of them where an array came in."""

MAX_DIMS = 10**6
"""The most dimensions these functions accept: so far logarithms of volumes keep nine decimals."""

_LARGEST_LOG = 709.7
_SMALLEST_LOG = -708.3  # of the smallest float that still has all its digits


# Grids ---------------------------------------------------------------------------------------


def n_cells(cells_per_axis: int, n_dims: int) -> int:
    """Count the cells of a grid.

    Parameters
    ----------
    cells_per_axis : int
        Parts into which each axis is divided, at least 1 and at most 1,000,000.
    n_dims : int
        Number of axes, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    int
        ``cells_per_axis ** n_dims``, exact whatever its length.

    Raises
    ------
    ValueError
        When an argument is not an integer within its range.

    Notes
    -----
    Page ``grids``, equation ``grid-cells``.
    """
    k = check_integer("cells_per_axis", cells_per_axis, at_most=10**6)
    cells: int = k ** check_integer("n_dims", n_dims, at_most=MAX_DIMS)
    return cells


def expected_empty_share(n_points: int, n_cells: int) -> float:
    """Share of a grid's cells that points thrown uniformly at random leave empty, on average.

    Parameters
    ----------
    n_points : int
        Number of independent uniform points, from 0 to 10**15.
    n_cells : int
        Number of equal cells, at least 1, of any length.

    Returns
    -------
    float
        ``(1 - 1 / n_cells) ** n_points``.

    Raises
    ------
    ValueError
        When an argument is not an integer within its range.

    Notes
    -----
    A given cell is missed by one point with probability ``1 - 1 / n_cells`` and by all of them
    with its power. Page ``grids``, equation ``empty-share``.
    """
    points = check_integer("n_points", n_points, at_least=0, at_most=10**15)
    cells = check_integer("n_cells", n_cells)
    if cells == 1:
        return 0.0 if points else 1.0
    return exp(points * log1p(-1 / cells))


def grid_cells(points: ArrayLike, cells_per_axis: int) -> NDArray[np.int64]:
    """Find the cell of a grid on the unit cube that each point falls into.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        Coordinates between 0 and 1.
    cells_per_axis : int
        Parts into which each axis is divided, at least 1 and at most 1,000,000.

    Returns
    -------
    ndarray of int64 of shape (n_points, n_dims)
        Index of the cell along each axis. A point on an edge belongs to the cell above it, the
        point 1 to the last cell.

    Raises
    ------
    ValueError
        When a point lies outside the unit cube, the shape does not match, or a number is not
        finite.

    Notes
    -----
    Page ``grids``.
    """
    points = check_numbers(
        "points", points, at_least=0, at_most=1, repair="Rescale each feature to this range first."
    )
    check_shape("points", points, "n_points n_dims")
    k = check_integer("cells_per_axis", cells_per_axis, at_most=10**6)
    edges = np.arange(1, k) / k  # floor(0.29 * 100) would be 28: compare with the edges instead
    return np.searchsorted(edges, points, side="right").astype(np.int64)


def occupied_share(points: ArrayLike, cells_per_axis: int) -> float:
    """Share of a grid's cells on the unit cube that hold at least one point.

    Parameters
    ----------
    points : array_like of shape (n_points, n_dims)
        Coordinates between 0 and 1.
    cells_per_axis : int
        Parts into which each axis is divided, at least 1 and at most 1,000,000.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        When a point lies outside the unit cube, the shape does not match, or a number is not
        finite.

    Notes
    -----
    Page ``grids``.
    """
    cells = grid_cells(points, cells_per_axis)
    n_points, n_dims = cells.shape
    if n_dims == 0:
        check_shape("points", cells, "n_points n_dims", n_dims=1)
    n_occupied = len(np.unique(cells, axis=0)) if n_points else 0
    return n_occupied / n_cells(cells_per_axis, n_dims)


def majority_by_cell(
    points: ArrayLike, labels: ArrayLike, cells_per_axis: int
) -> NDArray[np.int64]:
    """Classify each cell of a grid on the unit square by the majority of the points within.

    Parameters
    ----------
    points : array_like of shape (n_points, 2)
        Coordinates between 0 and 1.
    labels : array_like of int of shape (n_points,)
        The class of each point, 0 or above.
    cells_per_axis : int
        Parts into which each axis is divided, at least 1 and at most 1000.

    Returns
    -------
    ndarray of int64 of shape (cells_per_axis, cells_per_axis)
        The label at ``[i, j]`` belongs to cell ``i`` of the first feature and cell ``j`` of the
        second. A cell without points has -1; of equally frequent labels the smallest wins.

    Raises
    ------
    ValueError
        If the shapes do not match, a point lies outside the unit square, or a label is negative.

    Notes
    -----
    Page ``grids``.
    """
    k = check_integer("cells_per_axis", cells_per_axis, at_most=1000)
    cells = grid_cells(points, k)
    n_points, _ = check_shape("points", cells, "n_points n_dims", n_dims=2)
    labels = check_integers("labels", labels, at_least=0)
    check_shape("labels", labels, "n_points", n_points=n_points)
    pairs, counts = np.unique(np.column_stack([cells @ [k, 1], labels]), axis=0, return_counts=True)
    cell, label = pairs.T
    rising = np.lexsort((-label, counts))  # the last assignment to a cell wins
    majority = np.full(k * k, -1, dtype=np.int64)
    majority[cell[rising]] = label[rising]
    return majority.reshape(k, k)


# Balls and shells ----------------------------------------------------------------------------


def log_ball_volume(n_dims: ArrayLike, radius: ArrayLike = 1.0) -> Floats:
    """Natural logarithm of a ball's volume.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.
    radius : float or array_like of float, optional
        Radius, above 0.

    Returns
    -------
    float64 or ndarray of float64
        With the broadcast shape of both arguments. Its absolute error is about 1e-15 times
        ``n_dims * log(n_dims)``.

    Raises
    ------
    ValueError
        When an argument is outside its range or the shapes do not match.

    Notes
    -----
    Page ``shells``, equation ``ball-volume``.
    """
    dims = _check_dims(n_dims)
    r = check_numbers("radius", radius, above=0, repair="A ball of radius 0 has volume 0.")
    check_broadcast(n_dims=dims, radius=r)
    return _log_ball_volume(dims, r)


def ball_volume(n_dims: ArrayLike, radius: ArrayLike = 1.0) -> Floats:
    """Volume of a ball.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.
    radius : float or array_like of float, optional
        Radius, 0 or above.

    Returns
    -------
    float64 or ndarray of float64
        With the broadcast shape of both arguments, in the unit of `radius` to the power `n_dims`.

    Raises
    ------
    ValueError
        When an argument is outside its range, the shapes do not match, or no float can
        hold the volume.

    Notes
    -----
    Page ``shells``, equation ``ball-volume``.
    """
    dims = _check_dims(n_dims)
    r = check_numbers("radius", radius, at_least=0)
    check_broadcast(n_dims=dims, radius=r)
    is_point = r == 0
    log_volume = _log_ball_volume(dims, np.where(is_point, 1.0, r))
    log_volume = np.where(is_point, 0.0, log_volume)
    volume: Floats = np.where(is_point, 0.0, _exp(log_volume, "log_ball_volume"))[()]
    return volume


def log_ball_share_of_cube(n_dims: ArrayLike) -> Floats:
    """Natural logarithm of the share of a cube that its inscribed ball fills.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64
        Zero in one dimension, where the ball is the cube.

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range.

    Notes
    -----
    Page ``spiky-cubes``, equation ``ball-in-cube``.
    """
    dims = _check_dims(n_dims)
    return np.where(dims == 1, 0.0, _log_ball_volume(dims, np.asarray(0.5)))[()]


def ball_share_of_cube(n_dims: ArrayLike) -> Floats:
    """Share of a cube that its inscribed ball fills.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1; from some 400 on no float can hold the share.

    Returns
    -------
    float64 or ndarray of float64
        Between 0 and 1.

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range or no float can hold the share.

    Notes
    -----
    Page ``spiky-cubes``, equation ``ball-in-cube``.
    """
    return _exp(log_ball_share_of_cube(n_dims), "log_ball_share_of_cube")


def shell_share(n_dims: ArrayLike, thickness: ArrayLike) -> Floats:
    """Share of a ball's volume that lies in its outer shell.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most 10**15.
    thickness : float or array_like of float
        Thickness of the shell as a share of the radius, from 0 to 1.

    Returns
    -------
    float64 or ndarray of float64
        ``1 - (1 - thickness) ** n_dims``, with all its digits however thin the shell.

    Raises
    ------
    ValueError
        When an argument is outside its range or the shapes do not match.

    Notes
    -----
    Page ``shells``, equation ``shell-share``.
    """
    dims = _check_dims(n_dims, at_most=10**15)
    eps = check_numbers(
        "thickness", thickness, at_least=0, at_most=1, repair="Give it as a share of the radius."
    )
    check_broadcast(n_dims=dims, thickness=eps)
    with np.errstate(divide="ignore", under="ignore"):  # the logarithm of 0; shells thinner than
        return 0.0 - np.expm1(dims * np.log1p(-eps))  # 1e-308 are exact all the same


def n_dims_for_shell_share(share: float, thickness: float) -> int:
    """Find the first dimension in which the outer shell holds a given share of the ball.

    Parameters
    ----------
    share : float
        The share wanted, above 0 and below 1.
    thickness : float
        Thickness of the shell as a share of the radius, above 0 and below 1.

    Returns
    -------
    int
        The smallest number of dimensions D with ``1 - (1 - thickness) ** D >= share``, where both
        numbers are taken as the decimals that they print as.

    Raises
    ------
    ValueError
        When an argument is not a number strictly between 0 and 1.

    Notes
    -----
    In decimals because floats round: they miss that a shell of 0.1 holds exactly 0.19 of a disc.
    Page ``shells``, equation ``shell-dimension``.
    """
    repair = "Give it as a share, not in per cent."
    wanted = check_number("share", share, above=0, below=1, repair=repair)
    eps = check_number("thickness", thickness, above=0, below=1, repair=repair)
    with localcontext(prec=800):  # 1 - 5e-324 has 324 digits, and so may the answer
        bound = (1 - Decimal(repr(wanted))).ln() / (1 - Decimal(repr(eps))).ln()
        nearest = bound.to_integral_value()
        is_whole = nearest > 0 and abs(bound - nearest) < Decimal("1e-60")
        return int(nearest if is_whole else bound.to_integral_value(ROUND_CEILING))


def typical_cube_radius(n_dims: ArrayLike) -> Floats:
    """Root mean square distance of a uniform point of the unit cube from the cube's centre.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64
        ``sqrt(n_dims / 12)``: always 0.577 of the distance from the centre to a corner.

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range.

    Notes
    -----
    Page ``spiky-cubes``, equation ``typical-radius``.
    """
    return np.sqrt(_check_dims(n_dims) / 12)


def typical_pair_distance(n_dims: ArrayLike, radius: ArrayLike = 1.0) -> Floats:
    """Root mean square distance of two independent uniform points of a ball.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.
    radius : float or array_like of float, optional
        Radius of the ball, from 0 to 1e308.

    Returns
    -------
    float64 or ndarray of float64
        ``radius * sqrt(2 * n_dims / (n_dims + 2))``, which rises towards ``sqrt(2) * radius``.

    Raises
    ------
    ValueError
        When an argument is outside its range or the shapes do not match.

    Notes
    -----
    Page ``distances``, equation ``pair-distance``.
    """
    dims = _check_dims(n_dims)
    r = check_numbers("radius", radius, at_least=0, at_most=1e308)
    check_broadcast(n_dims=dims, radius=r)
    with np.errstate(under="ignore"):
        return r * np.sqrt(2 * dims / (dims + 2))


# Spiky cubes ---------------------------------------------------------------------------------


def cube_diagonal(n_dims: ArrayLike) -> Floats:
    """Length of the long diagonal of the unit cube.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range.

    Notes
    -----
    Page ``spiky-cubes``, equation ``cube-diagonal``.
    """
    return np.sqrt(_check_dims(n_dims))


def middle_ball_diameter(n_dims: ArrayLike) -> Floats:
    """Diameter of the ball in the middle of a stack that touches the balls around it.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64
        In units of the side of one cube; each cube of the stack has its inscribed ball.

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range.

    Notes
    -----
    The same for every even number of cubes per axis: only the innermost balls touch it.
    Page ``spiky-cubes``, equation ``middle-ball``.
    """
    return np.sqrt(_check_dims(n_dims)) - 1


def enclosing_ball_diameter(n_dims: ArrayLike) -> Floats:
    """Diameter of the smallest ball that encloses the balls of a stack of two cubes per axis.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64
        In units of the side of one cube.

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range.

    Notes
    -----
    Page ``spiky-cubes``, equation ``enclosing-ball``.
    """
    return np.sqrt(_check_dims(n_dims)) + 1


def exceeds_stack(n_dims: ArrayLike, cubes_per_axis: int = 2) -> np.bool_ | NDArray[np.bool_]:
    """Tell whether the middle ball exceeds the stack of cubes that surrounds it.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.
    cubes_per_axis : int, optional
        Cubes along each axis of the stack, even, at most 1,000,000.

    Returns
    -------
    bool or ndarray of bool
        True where the diameter of the middle ball exceeds the side of the stack.

    Raises
    ------
    ValueError
        When an argument is outside its range or `cubes_per_axis` is odd.

    Notes
    -----
    Compared as integers, so that D = 9 is not a matter of rounding.
    Page ``spiky-cubes``, equation ``pokes-out``.
    """
    dims = _check_dims(n_dims)
    return dims > (_check_even(cubes_per_axis) + 1) ** 2


def log_middle_ball_share(n_dims: ArrayLike, cubes_per_axis: int = 2) -> Floats:
    """Natural logarithm of the middle ball's volume over the volume of its stack of cubes.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 2 and at most `MAX_DIMS`.
    cubes_per_axis : int, optional
        Cubes along each axis of the stack, even, at most 1,000,000.

    Returns
    -------
    float64 or ndarray of float64
        Above zero where the ball is larger than the stack in whose middle it lies.

    Raises
    ------
    ValueError
        When an argument is outside its range or `cubes_per_axis` is odd.

    Notes
    -----
    Page ``spiky-cubes``, equation ``middle-ball-share``.
    """
    dims = _check_dims(n_dims, at_least=2, repair="In one dimension the middle ball is a point.")
    side = _check_even(cubes_per_axis)
    log_stack: Floats = dims * np.log(side)
    return _log_ball_volume(dims, (np.sqrt(dims) - 1) / 2) - log_stack


def middle_ball_share(n_dims: ArrayLike, cubes_per_axis: int = 2) -> Floats:
    """Volume of the middle ball over the volume of its stack of cubes.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 2 and at most `MAX_DIMS`.
    cubes_per_axis : int, optional
        Cubes along each axis of the stack, even, at most 1,000,000.

    Returns
    -------
    float64 or ndarray of float64
        Above one where the ball is larger than the stack in whose middle it lies.

    Raises
    ------
    ValueError
        When an argument is outside its range, `cubes_per_axis` is odd, or no float can hold the
        share.

    Notes
    -----
    Page ``spiky-cubes``, equation ``middle-ball-share``.
    """
    return _exp(log_middle_ball_share(n_dims, cubes_per_axis), "log_middle_ball_share")


# Angles --------------------------------------------------------------------------------------


def angle_density(theta: ArrayLike, n_dims: ArrayLike) -> Floats:
    """Probability density of the angle between two uniform random directions.

    Parameters
    ----------
    theta : float or array_like of float
        Angle in radians, from 0 to pi.
    n_dims : int or array_like of int
        Number of dimensions, at least 2 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64
        Per radian, with the broadcast shape of both arguments; right to eleven digits, and to as
        many as the sine to the power of `n_dims` leaves.

    Raises
    ------
    ValueError
        When an argument is outside its range or the shapes do not match.

    Notes
    -----
    Page ``angles``, equation ``angle-density``.
    """
    angle = check_numbers(
        "theta", theta, at_least=0, at_most=np.pi, repair="Convert degrees with np.radians first."
    )
    dims = _check_dims_with_angles(n_dims)
    check_broadcast(theta=angle, n_dims=dims)
    return _angle_density(angle, dims)


def angle_spread(n_dims: ArrayLike) -> Floats:
    """Spread (standard deviation) of the angle between two uniform random directions.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 1 and at most `MAX_DIMS`.

    Returns
    -------
    float64 or ndarray of float64
        In radians, about ``1 / sqrt(n_dims)``.

    Raises
    ------
    ValueError
        When `n_dims` is not an integer within its range.

    Notes
    -----
    The variance is half the trigamma function at ``n_dims / 2``; in one dimension, where the angle
    is 0 or pi, it is ``(pi / 2) ** 2``. Page ``angles``, equation ``angle-spread``.
    """
    variance = special.polygamma(1, _check_dims(n_dims) / 2) / 2
    return np.sqrt(np.asarray(variance, dtype=np.float64))


def share_near_right_angle(n_dims: ArrayLike, within: ArrayLike) -> Floats:
    """Probability that two uniform random directions are nearly orthogonal.

    Parameters
    ----------
    n_dims : int or array_like of int
        Number of dimensions, at least 2 and at most `MAX_DIMS`.
    within : float or array_like of float
        Largest difference from the right angle, in radians, from 0 to pi / 2.

    Returns
    -------
    float64 or ndarray of float64
        With the broadcast shape of both arguments; right to eleven digits.

    Raises
    ------
    ValueError
        When an argument is outside its range or the shapes do not match.

    Notes
    -----
    The squared cosine has the beta distribution with parameters 1/2 and ``(n_dims - 1) / 2``.
    Page ``angles``, equation ``near-right-angle``.
    """
    dims = _check_dims_with_angles(n_dims)
    width = check_numbers(
        "within",
        within,
        at_least=0,
        at_most=np.pi / 2,
        repair="Convert degrees with np.radians first.",
    )
    check_broadcast(n_dims=dims, within=width)
    with np.errstate(all="ignore"):  # the squared sine of a tiny width underflows
        share = special.betainc(0.5, (dims - 1) / 2, np.sin(width) ** 2)
        narrow = 2 * width * _angle_density(np.asarray(np.pi / 2), dims)
    probability: Floats = np.where(width < 1e-12, narrow, share)[()]
    return probability


# Private -------------------------------------------------------------------------------------


def _check_dims(
    n_dims: Any, *, at_least: int = 1, at_most: int = MAX_DIMS, repair: str = ""
) -> NDArray[np.int64]:
    return check_integers("n_dims", n_dims, at_least=at_least, at_most=at_most, repair=repair)


def _check_dims_with_angles(n_dims: Any) -> NDArray[np.int64]:
    return _check_dims(n_dims, at_least=2, repair="On a line the angle is 0 or pi: no density.")


def _check_even(cubes_per_axis: Any) -> int:
    k = check_integer("cubes_per_axis", cubes_per_axis, at_most=10**6)
    if k % 2:
        raise ValueError(
            f"cubes_per_axis must be even, got {k}. The middle of an odd stack is the middle of a "
            "cube, which has a ball of its own."
        )
    return k


def _log_ball_volume(dims: NDArray[np.int64], radius: NDArray[np.float64]) -> Floats:
    half = dims / 2
    log_gamma: Floats = special.gammaln(half + 1)
    log_volume: Floats = half * np.log(np.pi) - log_gamma + dims * np.log(radius)
    return log_volume


def _angle_density(angle: NDArray[np.float64], dims: NDArray[np.int64]) -> Floats:
    with np.errstate(all="ignore"):  # the logarithm of sin(0) = 0, and densities below 1e-308
        peak = special.poch((dims - 1) / 2, 0.5) / np.sqrt(np.pi)
        density: Floats = peak * np.exp(special.xlogy(dims - 2, np.sin(angle)))
    return density


def _exp(logarithm: Floats, repair: str) -> Floats:
    """Leave the logarithms, or refuse what no float can hold."""
    outside = (logarithm > _LARGEST_LOG) | (logarithm < _SMALLEST_LOG)
    if np.any(outside):
        bad = np.asarray(logarithm)[outside].flat[0]
        raise ValueError(
            f"n_dims must give a volume that a float can hold, got one of e^{bad:.1f}. "
            f"Use {repair}."
        )
    return np.exp(logarithm)
