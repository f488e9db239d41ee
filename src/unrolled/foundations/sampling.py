"""Random points of the foundations: every function takes a generator."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_generator, check_integer, check_number

__all__ = [
    "MAX_ENTRIES",
    "PIPELINE_CLASSES",
    "PipelineSample",
    "random_walk",
    "sample_ball",
    "sample_cube",
    "sample_directions",
    "sample_pipeline",
]

MAX_ENTRIES = 10**8
"""The most numbers that one call returns; more would not fit into a small machine."""

PIPELINE_CLASSES = ("homogeneous", "annular", "stratified")
"""Names of the classes 0, 1 and 2 of `sample_pipeline`."""

_BEAM_OFFSETS = np.array([-0.5, 0.0, 0.5])  # of three parallel beams from the pipe's middle
_MIXED_LAYER = 0.6  # thickness of the waves between two liquids, in radii of the pipe


class PipelineSample(NamedTuple):
    """Measurements on a pipe and the way in which oil, water and gas flow through it."""

    features: NDArray[np.float64]  # (n_points, 12)   shares of a beam's path, from 0 to 1
    labels: NDArray[np.int64]  # (n_points,)          index into PIPELINE_CLASSES


def sample_directions(
    n_points: int, n_dims: int, *, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw directions uniformly: points on the unit sphere.

    Parameters
    ----------
    n_points : int
        Number of directions, 0 or above.
    n_dims : int
        Number of dimensions, at least 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_dims)
        Each row has norm one.

    Raises
    ------
    ValueError
        If an argument has the wrong type or the result would exceed `MAX_ENTRIES`.

    Notes
    -----
    Independent normal numbers have no preferred direction; dividing by the norm gives a direction.
    Page ``angles``.
    """
    shape = _check_size(n_points, n_dims)
    return _directions(shape, check_generator("rng", rng))


def sample_ball(n_points: int, n_dims: int, *, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw points uniformly from the unit ball.

    Parameters
    ----------
    n_points : int
        Number of points, 0 or above.
    n_dims : int
        Number of dimensions, at least 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_dims)
        Each row has norm at most one.

    Raises
    ------
    ValueError
        If an argument has the wrong type or the result would exceed `MAX_ENTRIES`.

    Notes
    -----
    A share ``r ** n_dims`` of the volume lies within radius ``r``, so the radius of a uniform point
    is the ``n_dims``-th root of a uniform number. Page ``distances``.
    """
    directions = sample_directions(n_points, n_dims, rng=rng)
    radii = rng.random((len(directions), 1)) ** (1 / directions.shape[1])
    points: NDArray[np.float64] = radii * directions
    return points * (1 - 1e-15)  # rounding must not lift a point out of the ball


def sample_cube(
    n_points: int,
    n_dims: int,
    *,
    rng: np.random.Generator,
    low: float = 0.0,
    high: float = 1.0,
) -> NDArray[np.float64]:
    """Draw points uniformly from a cube.

    Parameters
    ----------
    n_points : int
        Number of points, 0 or above.
    n_dims : int
        Number of dimensions, at least 1.
    rng : numpy.random.Generator
        Source of randomness.
    low, high : float, optional
        Ends of the cube along every axis, between -1e307 and 1e307, the first below the second.

    Returns
    -------
    ndarray of float64 of shape (n_points, n_dims)
        Each entry is at least `low` and at most `high`.

    Raises
    ------
    ValueError
        If an argument has the wrong type or the result would exceed `MAX_ENTRIES`.

    Notes
    -----
    Page ``grids``.
    """
    shape = _check_size(n_points, n_dims)
    start = check_number("low", low, at_least=-1e307, at_most=1e307)
    stop = check_number("high", high, above=start, at_most=1e307)
    uniform = check_generator("rng", rng).random(shape)
    with np.errstate(under="ignore"):
        return np.clip(start + (stop - start) * uniform, start, stop)


def random_walk(n_steps: int, n_dims: int, *, rng: np.random.Generator) -> NDArray[np.float64]:
    """Walk from the origin in steps of norm one, each in a uniform random direction.

    Parameters
    ----------
    n_steps : int
        Number of steps, 0 or above.
    n_dims : int
        Number of dimensions, at least 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64 of shape (n_steps + 1, n_dims)
        The positions, the origin first.

    Raises
    ------
    ValueError
        If an argument has the wrong type or the result would exceed `MAX_ENTRIES`.

    Notes
    -----
    Page ``angles``, equation ``random-walk``.
    """
    shape = _check_size(n_steps, n_dims, name="n_steps")
    steps = _directions(shape, check_generator("rng", rng))
    return np.vstack([np.zeros(steps.shape[1]), np.cumsum(steps, axis=0)])


def sample_pipeline(n_points: int, *, rng: np.random.Generator) -> PipelineSample:
    """Invent measurements on an oil pipeline.

    The data look like the oil flow data of Bishop's *Pattern Recognition and Machine Learning* and
    are not them: every number here is made up, by a cruder model than theirs.

    Parameters
    ----------
    n_points : int
        Number of measurements, 0 or above.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    features : ndarray of float64 of shape (n_points, 12)
        Between 0 and 1. Six beams cross the round pipe, three upright ones and then three level
        ones, at -0.5, 0 and 0.5 of its radius from the middle. Each beam gives two features: the
        share of its path that runs through oil, then the share through water.
    labels : ndarray of int64 of shape (n_points,)
        Index into `PIPELINE_CLASSES`.

    Raises
    ------
    ValueError
        If an argument has the wrong type or the result would exceed `MAX_ENTRIES`.

    Notes
    -----
    The three classes are equally likely. Homogeneous flow has the same uniformly random mixture
    everywhere. Annular flow has a gas core, a ring of oil and a ring of water along the wall, at
    uniformly random radii. Stratified flow has water below, then oil, then gas, at uniformly random
    levels; waves of 0.6 radii blur them for a level beam. A normal error of standard deviation 0.03
    is added to every feature before it is clipped to between 0 and 1. Features 6 and 7 (the sixth
    and the seventh, columns 5 and 6) are the water on the third upright beam and the oil on the
    lowest level one. Page ``grids``.
    """
    n_points, n_features = _check_size(n_points, 12)
    labels = check_generator("rng", rng).integers(len(PIPELINE_CLASSES), size=n_points)
    models = (_homogeneous, _annular, _stratified)
    shares = np.stack([model(n_points, rng) for model in models])
    exact = shares[labels, np.arange(n_points)].reshape(n_points, n_features)
    noisy = exact + rng.normal(scale=0.03, size=exact.shape)
    return PipelineSample(np.clip(noisy, 0, 1), labels)


def _homogeneous(n_points: int, rng: np.random.Generator) -> NDArray[np.float64]:
    mixture = rng.dirichlet([1, 1, 1], size=n_points)  # oil, water, gas
    return np.broadcast_to(mixture[:, None, :2], (n_points, 6, 2))


def _annular(n_points: int, rng: np.random.Generator) -> NDArray[np.float64]:
    radii = np.sort(rng.random((n_points, 1, 2)), axis=-1)  # of the gas core, of the oil ring
    offsets = np.tile(_BEAM_OFFSETS, 2)[:, None]
    half_paths = np.sqrt(np.maximum(radii**2 - offsets**2, 0))
    gas, gas_or_oil = np.moveaxis(half_paths / np.sqrt(1 - offsets**2), -1, 0)
    return np.stack([gas_or_oil - gas, 1 - gas_or_oil], axis=-1)


def _stratified(n_points: int, rng: np.random.Generator) -> NDArray[np.float64]:
    levels = np.sort(rng.uniform(-1, 1, size=(n_points, 1, 2)), axis=-1)  # of water, of oil
    half_paths = np.sqrt(1 - _BEAM_OFFSETS**2)[:, None]
    upright = np.clip((levels + half_paths) / (2 * half_paths), 0, 1)
    above_beam = levels - _BEAM_OFFSETS[:, None]
    level = np.clip(above_beam / _MIXED_LAYER + 0.5, 0, 1)
    water, water_or_oil = np.moveaxis(np.concatenate([upright, level], axis=1), -1, 0)
    return np.stack([water_or_oil - water, water], axis=-1)


def _directions(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    normal = rng.standard_normal(shape)
    length: NDArray[np.float64] = np.linalg.norm(normal, axis=1, keepdims=True)
    return normal / length


def _check_size(n_points: int, n_dims: int, name: str = "n_points") -> tuple[int, int]:
    rows = check_integer(name, n_points, at_least=0, at_most=MAX_ENTRIES)
    columns = check_integer("n_dims", n_dims, at_most=MAX_ENTRIES)
    if rows * columns > MAX_ENTRIES:
        raise ValueError(
            f"{name} times n_dims must be at most {MAX_ENTRIES}, got {rows * columns}. "
            "Draw fewer points at a time."
        )
    return rows, columns
