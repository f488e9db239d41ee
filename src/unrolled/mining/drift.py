"""Has what a model receives changed? Two distances with their alarms, and a model in service."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from unrolled.shapes import check_integer, check_integers, check_number, check_numbers, check_shape

__all__ = [
    "Service",
    "count_bins",
    "ks_distance",
    "ks_threshold",
    "psi",
    "psi_of_counts",
    "psi_threshold",
    "quantile_edges",
    "serve",
]

Batch = TypeVar("Batch")
Model = TypeVar("Model")


class Service(NamedTuple):
    """How a model did in service."""

    errors: NDArray[np.float64]  # (n_batches - 1,)   on each batch after the first, before a refit
    refits: tuple[int, ...]  # numbers of the batches it was fitted to again; the first batch is 0


def quantile_edges(reference: ArrayLike, n_bins: int = 10) -> NDArray[np.float64]:
    """Cut the line so that each bin holds about as many reference values as any other.

    Parameters
    ----------
    reference : array_like of shape (n_reference,)
    n_bins : int, optional
        At least 2.

    Returns
    -------
    ndarray of shape (n_bins - 1,)
        Inner edges, rising. A value on an edge belongs to the bin below it, and the outer bins have
        no end. There are fewer edges where values are tied: no bin is without a reference value.

    Raises
    ------
    ValueError
        If the values are not finite numbers, or all of them are equal.

    Notes
    -----
    Page ``practice-part``.
    """
    values = _sample("reference", reference)
    n_bins = check_integer("n_bins", n_bins, at_least=2)
    shares = np.arange(1, n_bins) / n_bins
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    edges = edges[edges < values.max()]
    if not len(edges):
        raise ValueError(
            "reference must have values that a quantile divides, got "
            f"{np.count_nonzero(values == values.max())} of {len(values)} equal to the largest."
        )
    return np.asarray(edges, dtype=np.float64)


def count_bins(values: ArrayLike, edges: ArrayLike) -> NDArray[np.int64]:
    """Count the values in each bin.

    Parameters
    ----------
    values : array_like of shape (n_values,)
    edges : array_like of shape (n_bins - 1,)
        Inner edges, rising, for instance of `quantile_edges`.

    Returns
    -------
    ndarray of int64 of shape (n_bins,)

    Raises
    ------
    ValueError
        If something is not a finite number, or the edges do not rise.
    """
    values = _sample("values", values)
    inner = check_numbers("edges", edges)
    check_shape("edges", inner, "n_edges")
    if (np.diff(inner) <= 0).any():
        raise ValueError("edges must rise, got an edge that is not above the one before it.")
    bins = np.searchsorted(inner, values, side="left")
    return np.bincount(bins, minlength=len(inner) + 1).astype(np.int64)


def psi_of_counts(expected: ArrayLike, actual: ArrayLike) -> float:
    """Compute the population stability index of two rows of counts.

    Parameters
    ----------
    expected, actual : array_like of int, of shape (n_bins,)
        Numbers of values in the same bins, from the reference and now.

    Returns
    -------
    float
        At least 0, and infinite if one of the two rows has values in a bin where the other has
        none. A bin that is empty in both adds nothing.

    Raises
    ------
    ValueError
        If the shapes do not match, a count is negative or no integer, or a row is empty.

    Notes
    -----
    Page ``practice-part``, equation ``drift-psi``.

    Examples
    --------
    >>> round(psi_of_counts([25, 25, 25, 25], [10, 20, 30, 40]), 4)
    0.2282
    """
    counts = [check_integers(name, row, at_least=0) for name, row in
              (("expected", expected), ("actual", actual))]  # fmt: skip
    (n_bins,) = check_shape("expected", counts[0], "n_bins")
    check_shape("actual", counts[1], "n_bins", n_bins=n_bins)
    for name, row in zip(("expected", "actual"), counts, strict=True):
        if not row.any():
            raise ValueError(f"{name} must count at least one value, got none.")
    e, a = (row / row.sum() for row in counts)
    both = (e > 0) & (a > 0)
    if ((e > 0) != (a > 0)).any():
        return math.inf
    return float(np.sum((a[both] - e[both]) * np.log(a[both] / e[both])))


def psi(reference: ArrayLike, current: ArrayLike, *, n_bins: int = 10) -> float:
    """Compute the population stability index of two samples, in bins of the reference.

    Parameters
    ----------
    reference : array_like of shape (n_reference,)
        What the model was fitted to: its quantiles are the edges of the bins.
    current : array_like of shape (n_current,)
    n_bins : int, optional

    Returns
    -------
    float
        As `psi_of_counts`.

    Raises
    ------
    ValueError
        As `quantile_edges`.

    Notes
    -----
    Page ``practice-part``, equation ``drift-psi``.
    """
    edges = quantile_edges(reference, n_bins)
    return psi_of_counts(count_bins(reference, edges), count_bins(current, edges))


def psi_threshold(
    n_reference: int, n_current: int, *, n_bins: int = 10, level: float = 0.05
) -> float:
    """Compute what the index exceeds by chance in a given share of all cases.

    Parameters
    ----------
    n_reference, n_current : int
        Numbers of values.
    n_bins : int, optional
        At least 2.
    level : float, optional
        The rate of false alarms, above 0 and below 1.

    Returns
    -------
    float
        For independent values and enough of them in each bin.

    Raises
    ------
    ValueError
        If a number is outside its range.

    Notes
    -----
    Page ``practice-part``, equation ``drift-psi-threshold``.
    """
    n_bins = check_integer("n_bins", n_bins, at_least=2)
    level = check_number("level", level, above=0, below=1)
    return float(stats.chi2.isf(level, n_bins - 1)) * _spread(n_reference, n_current)


def ks_distance(reference: ArrayLike, current: ArrayLike) -> float:
    """Compute the Kolmogorov-Smirnov distance of two samples.

    Parameters
    ----------
    reference : array_like of shape (n_reference,)
    current : array_like of shape (n_current,)

    Returns
    -------
    float
        The largest distance of the two shares of values up to a place, from 0 to 1.

    Raises
    ------
    ValueError
        If a sample is empty or holds something that is not a finite number.

    Notes
    -----
    Page ``practice-part``, equation ``drift-ks``.
    """
    both = [np.sort(_sample(name, values)) for name, values in
            (("reference", reference), ("current", current))]  # fmt: skip
    places = np.concatenate(both)
    shares = [np.searchsorted(values, places, side="right") / len(values) for values in both]
    return float(np.abs(shares[0] - shares[1]).max())


def ks_threshold(n_reference: int, n_current: int, *, level: float = 0.05) -> float:
    """Compute what the distance exceeds by chance in a given share of all cases.

    Parameters
    ----------
    n_reference, n_current : int
        Numbers of values.
    level : float, optional
        The rate of false alarms, above 0 and at most one fifth.

    Returns
    -------
    float
        For many independent values without ties. With few values, or with ties, false alarms are
        rarer.

    Raises
    ------
    ValueError
        If a number is outside its range.

    Notes
    -----
    The first term of Kolmogorov's series, the rest of which is below a thousandth of it up to this
    level. Page ``practice-part``, equation ``drift-ks-threshold``.
    """
    level = check_number("level", level, above=0, at_most=0.2)
    return math.sqrt(-math.log(level / 2) / 2 * _spread(n_reference, n_current))


def serve(
    batches: Sequence[Batch],
    fit: Callable[[Batch], Model],
    error: Callable[[Model, Batch], float],
    due: Callable[[Batch, Batch, int], bool],
) -> Service:
    """Fit a model to the first batch, use it on the others in turn, and fit it again when due.

    Parameters
    ----------
    batches : sequence
        In the order of time. What a batch is, only the functions need to know.
    fit : callable
        Of a batch; returns a model.
    error : callable
        Of the model in service and a batch that it was not fitted to.
    due : callable
        Of the batch that the model was fitted to, the present batch, and how many batches the model
        has served: whether to fit it to the present batch, for those that follow.

    Returns
    -------
    Service

    Raises
    ------
    ValueError
        If there are fewer than two batches.

    Notes
    -----
    Page ``practice-part``.
    """
    check_integer("len(batches)", len(batches), at_least=2)
    reference, age = batches[0], 0
    model = fit(reference)
    errors, refits = [], []
    for number, batch in enumerate(batches[1:], start=1):
        errors.append(error(model, batch))
        age += 1
        if due(reference, batch, age):
            reference, age = batch, 0
            model = fit(batch)
            refits.append(number)
    return Service(np.array(errors), tuple(refits))


def _sample(name: str, values: ArrayLike) -> NDArray[np.float64]:
    numbers = check_numbers(name, values)
    (n_values,) = check_shape(name, numbers, "n_values")
    check_integer(f"len({name})", n_values)
    return numbers


def _spread(n_reference: int, n_current: int) -> float:
    return 1 / check_integer("n_reference", n_reference) + 1 / check_integer("n_current", n_current)
