"""Preparing a table: outliers, missing values, categories and scales.

A table of numbers is an array ``X`` of shape (n_samples, n_features) in which NaN is a missing
value. A table of categories holds in each column either strings, or integers, or truth values; a
missing one is None or NaN. A table that has both is kept as two, and what comes out is put side by
side with ``np.hstack``.

Each ``fit_…`` function looks at the training fold and returns a frozen record. The methods of the
record treat any rows, those of the test fold too, by what the training fold was like; they return
new arrays and change nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_integer, check_number, check_shape

__all__ = [
    "CategoryImputer",
    "Imputer",
    "OneHot",
    "Ordinal",
    "OutlierRule",
    "Scaler",
    "fit_category_imputer",
    "fit_imputer",
    "fit_min_max_scaler",
    "fit_one_hot",
    "fit_ordinal",
    "fit_outlier_rule",
    "fit_robust_scaler",
    "fit_standard_scaler",
    "largest_z",
]

Level = str | int | bool
Floats = NDArray[np.float64]

_LARGEST = 1e290  # so that neither a difference nor a sum of very many overflows
_MAD_OF_NORMAL = (
    1.482602218505602  # standard deviations in a normal distribution's median deviation
)


class OutlierRule(NamedTuple):
    """Where the values of each column lie, and how far from there one is an outlier."""

    centre: Floats  # (n_features,)
    spread: Floats  # (n_features,)   above zero
    limit: float  # in units of the spread

    def scores(self, X: ArrayLike) -> Floats:
        """Distances from the centre, in units of the spread.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features)
            NaN where a value is missing.

        Raises
        ------
        ValueError
            If the table does not fit, or a score is too large for a float.

        Notes
        -----
        Page ``preparing-data``, equations ``prep-z`` and ``prep-mad``.
        """
        return _in_units(_check_table(X, len(self.centre)), self.centre, self.spread)

    def outside(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Mark what lies farther from the centre than the limit; a missing value does not.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of bool of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If the table does not fit.
        """
        return np.asarray(np.abs(self.scores(X)) > self.limit)

    def cap(self, X: ArrayLike) -> Floats:
        """Move each outlier to the limit on its side.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If the table does not fit.
        """
        reach = self.limit * self.spread
        table = _check_table(X, len(self.centre))
        return np.clip(table, self.centre - reach, self.centre + reach)

    def set_missing(self, X: ArrayLike) -> Floats:
        """Replace each outlier by NaN, for an imputer to fill.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If the table does not fit.
        """
        return np.where(self.outside(X), np.nan, _check_table(X, len(self.centre)))


class Imputer(NamedTuple):
    """What a missing value of each column is filled with."""

    fills: Floats  # (n_features,)

    def transform(self, X: ArrayLike) -> Floats:
        """Fill what is missing.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features)
            Without NaN.

        Raises
        ------
        ValueError
            If the table does not fit.
        """
        table = _check_table(X, len(self.fills))
        return np.where(np.isnan(table), self.fills, table)


class CategoryImputer(NamedTuple):
    """What a missing category of each column is filled with."""

    fills: tuple[Level, ...]

    def transform(self, X: Any) -> NDArray[np.object_]:
        """Fill what is missing.

        Parameters
        ----------
        X : array_like of str, int or bool, of shape (n_samples, n_columns)

        Returns
        -------
        ndarray of object of shape (n_samples, n_columns)
            Without None or NaN.

        Raises
        ------
        ValueError
            If the table does not fit.
        """
        table = _check_categories(X, len(self.fills))
        return np.where(_missing(table), np.array(self.fills, dtype=object), table)


class OneHot(NamedTuple):
    """The levels of each column, each of which gets a column of zeros and ones."""

    levels: tuple[tuple[Level, ...], ...]
    drop_first: bool
    unknown: str

    def transform(self, X: Any) -> Floats:
        """Write each category as a row with a single one.

        Parameters
        ----------
        X : array_like of str, int or bool, of shape (n_samples, n_columns)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_outputs)
            The columns of the first column's levels, in their order, then those of the second.
            With ``drop_first`` the first level of each has no column: its rows are zero.

        Raises
        ------
        ValueError
            If the table does not fit, something is missing, or a level is unknown and
            ``unknown`` is "refuse".

        Notes
        -----
        Page ``preparing-data``, equation ``prep-one-hot``.
        """
        repair = "" if self.drop_first else " Or fit with unknown='zeros'."
        codes = _code(X, self.levels, repair if self.unknown == "refuse" else None)
        blocks = [
            codes[:, [column]] == np.arange(int(self.drop_first), len(levels))
            for column, levels in enumerate(self.levels)
        ]
        return np.hstack(blocks).astype(np.float64)


class Ordinal(NamedTuple):
    """The levels of each column, in their order."""

    levels: tuple[tuple[Level, ...], ...]

    def transform(self, X: Any) -> NDArray[np.int64]:
        """Write each category as its place in the order, counted from zero.

        Parameters
        ----------
        X : array_like of str, int or bool, of shape (n_samples, n_columns)

        Returns
        -------
        ndarray of int64 of shape (n_samples, n_columns)

        Raises
        ------
        ValueError
            If the table does not fit, something is missing, or a level is unknown.
        """
        return _code(X, self.levels, "")


class Scaler(NamedTuple):
    """A zero and a unit for each column."""

    centre: Floats  # (n_features,)
    scale: Floats  # (n_features,)   infinite for a column that is constant in the training fold
    shift: float  # what the centre becomes

    def transform(self, X: ArrayLike) -> Floats:
        """Write each column in its own unit.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features)
            ``shift + (X - centre) / scale``; NaN where a value is missing. A column that is
            constant in the training fold has no unit, and becomes ``shift`` everywhere.

        Raises
        ------
        ValueError
            If the table does not fit, or a result is too large for a float.

        Notes
        -----
        Page ``preparing-data``, equations ``prep-standard`` and ``prep-min-max``.
        """
        table = _check_table(X, len(self.centre))
        return np.asarray(self.shift + _in_units(table, self.centre, self.scale))


def largest_z(n: int) -> float:
    """Return the largest z-score that any of n values can have, however far off it lies.

    Parameters
    ----------
    n : int
        Number of values, at least 2.

    Returns
    -------
    float
        For a standard deviation with n - 1 below.

    Raises
    ------
    ValueError
        If n is not an integer of at least 2.

    Notes
    -----
    Page ``preparing-data``, equation ``prep-z-bound``.
    """
    n = check_integer("n", n, at_least=2)
    return float((n - 1) / np.sqrt(n))


def fit_outlier_rule(X: ArrayLike, *, by: str = "median", limit: float = 3.0) -> OutlierRule:
    """Learn from a training fold how far from the centre a value is an outlier.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The training fold; missing values are left out.
    by : {"median", "mean"}
        "median": the centre is the median, the spread the median absolute deviation times 1.4826,
        which for normal values is the standard deviation. "mean": mean and standard deviation, with
        one less than the number of values below.
    limit : float
        Above 0.

    Returns
    -------
    OutlierRule

    Raises
    ------
    ValueError
        If `X` is no table of numbers, or a column has no values, or no spread: it is constant or,
        by the median, more than half of its values are equal.

    Notes
    -----
    Page ``preparing-data``, equations ``prep-z`` and ``prep-mad``.
    """
    by = _check_choice("by", by, ("median", "mean"))
    limit = check_number("limit", limit, above=0)
    table = _check_fold(X)
    if by == "mean":
        centre, spread = _mean(table), _standard_deviation(table, ddof=1)
    else:
        centre = np.nanmedian(table, axis=0)
        spread = _MAD_OF_NORMAL * np.nanmedian(np.abs(table - centre), axis=0)
    _refuse_columns(
        ~(spread > 0),
        f"X must have a spread in each column, by the {by}",
        "where it is zero. Leave such columns as they are.",
    )
    return OutlierRule(centre, spread, limit)


def fit_imputer(X: ArrayLike, *, by: str = "mean", fill: float | None = None) -> Imputer:
    """Learn from a training fold what to put in place of missing numbers.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The training fold.
    by : {"mean", "median", "mode", "constant"}
        Of several values that are equally frequent, the smallest is the mode.
    fill : float, optional
        With "constant", and only then.

    Returns
    -------
    Imputer

    Raises
    ------
    ValueError
        If `X` is no table of numbers, `fill` is missing or superfluous, or a column has no values
        and `by` needs some.

    Notes
    -----
    Page ``preparing-data``, equation ``prep-imputed``.
    """
    by = _check_choice("by", by, ("mean", "median", "mode", "constant"))
    if (fill is not None) != (by == "constant"):
        raise ValueError(f"fill must be given with by='constant' alone, got {fill} and by={by!r}.")
    if fill is not None:
        fill = check_number("fill", fill, at_least=-_LARGEST, at_most=_LARGEST)
        return Imputer(np.full(_check_fold(X, all_missing=True).shape[1], fill))
    statistic: dict[str, Callable[[Floats], Floats]] = {
        "mean": _mean,
        "median": lambda table: np.nanmedian(table, axis=0),
        "mode": lambda table: np.array([_most_frequent(column) for column in table.T]),
    }
    return Imputer(statistic[by](_check_fold(X)))


def fit_category_imputer(X: Any, *, by: str = "level", level: Level = "missing") -> CategoryImputer:
    """Learn from a training fold what to put in place of missing categories.

    Parameters
    ----------
    X : array_like of str, int or bool, of shape (n_samples, n_columns)
        The training fold.
    by : {"level", "mode"}
        "level": a level of its own. "mode": the most frequent level, and of several the first.
    level : str, int or bool
        Name of that level, which no column may have as yet.

    Returns
    -------
    CategoryImputer

    Raises
    ------
    ValueError
        If `X` is no table of categories, `level` is of another kind than a column's, or there
        already, or by mode a column has no category at all.
    """
    by = _check_choice("by", by, ("level", "mode"))
    table = _check_category_fold(X)
    fills = []
    for place, column in enumerate(table.T):
        there = column[~_missing(column)]
        if by == "mode":
            if not len(there):
                raise ValueError(f"X must hold a category in each column, got none in {place}.")
            values, counts = np.unique(there, return_counts=True)
            fills.append(values[counts.argmax()])
            continue
        if len(there) and type(there[0]) is not type(level):
            raise ValueError(
                f"level must be of the kind of each column, got {level!r} for column {place}, "
                f"which holds {there[0]!r}."
            )
        if level in there:
            raise ValueError(
                f"level must be new, got {level!r}, which column {place} has. Give another name."
            )
        fills.append(level)
    return CategoryImputer(tuple(fills))


def fit_one_hot(X: Any, *, drop_first: bool = False, unknown: str = "refuse") -> OneHot:
    """Learn from a training fold which levels each column has, for a column of 0 and 1 each.

    Parameters
    ----------
    X : array_like of str, int or bool, of shape (n_samples, n_columns)
        The training fold, with nothing missing.
    drop_first : bool
        Leave out the column of each first level, so that the others do not sum to one.
    unknown : {"refuse", "zeros"}
        What later happens to a level that the training fold does not have. Zeros are impossible
        with `drop_first`, since they would stand for the first level.

    Returns
    -------
    OneHot
        Levels are sorted.

    Raises
    ------
    ValueError
        If `X` is no table of categories, something is missing, or zeros would be ambiguous.

    Notes
    -----
    Page ``preparing-data``, equation ``prep-one-hot``.
    """
    unknown = _check_choice("unknown", unknown, ("refuse", "zeros"))
    if drop_first and unknown == "zeros":
        raise ValueError(
            "unknown must be 'refuse' with drop_first, got 'zeros'. Zeros would stand for the "
            "first level."
        )
    return OneHot(_levels(X), bool(drop_first), unknown)


def fit_ordinal(X: Any, *, orders: Sequence[Sequence[Level]] | None = None) -> Ordinal:
    """Learn the order of each column's levels.

    Parameters
    ----------
    X : array_like of str, int or bool, of shape (n_samples, n_columns)
        The training fold, with nothing missing.
    orders : sequence of sequences, optional
        For each column its levels, from the lowest on; levels that the training fold does not have
        may be among them. Sorted levels if None, an order without a meaning.

    Returns
    -------
    Ordinal

    Raises
    ------
    ValueError
        If `X` is no table of categories, something is missing, or a level is not in its order, or
        there twice.
    """
    levels = _levels(X)
    if orders is None:
        return Ordinal(levels)
    if len(orders) != len(levels):
        raise ValueError(f"orders must be {len(levels)}, one for each column, got {len(orders)}.")
    given = tuple(tuple(order) for order in orders)
    for order in given:
        if len(set(order)) < len(order):
            raise ValueError(f"orders must hold each level once, got {order}.")
    _code(X, given, "")
    return Ordinal(given)


def fit_standard_scaler(X: ArrayLike) -> Scaler:
    """Learn mean and standard deviation of each column.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The training fold; missing values are left out.

    Returns
    -------
    Scaler
        Its standard deviation has the number of values below.

    Raises
    ------
    ValueError
        If `X` is no table of numbers, or a column has no values.

    Notes
    -----
    Page ``preparing-data``, equation ``prep-standard``.
    """
    table = _check_fold(X)
    return Scaler(_mean(table), _unit(_standard_deviation(table), table), 0.0)


def fit_min_max_scaler(X: ArrayLike, *, low: float = 0.0, high: float = 1.0) -> Scaler:
    """Learn the smallest and the largest value of each column, which become `low` and `high`.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The training fold; missing values are left out.
    low, high : float
        Values of other rows may lie outside.

    Returns
    -------
    Scaler

    Raises
    ------
    ValueError
        If `X` is no table of numbers, a column has no values, or `high` is not above `low`.

    Notes
    -----
    Page ``preparing-data``, equation ``prep-min-max``.
    """
    low = check_number("low", low, at_least=-_LARGEST, at_most=_LARGEST)
    high = check_number("high", high, above=low, at_most=_LARGEST)
    table = _check_fold(X)
    smallest, largest = np.nanmin(table, axis=0), np.nanmax(table, axis=0)
    return Scaler(smallest, _unit((largest - smallest) / (high - low), table), low)


def fit_robust_scaler(X: ArrayLike) -> Scaler:
    """Learn the median of each column, and how far apart its quartiles are.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The training fold; missing values are left out.

    Returns
    -------
    Scaler

    Raises
    ------
    ValueError
        If `X` is no table of numbers, a column has no values, or its quartiles coincide although it
        is not constant.
    """
    table = _check_fold(X)
    lower, median, upper = np.nanpercentile(table, [25, 50, 75], axis=0)
    return Scaler(median, _unit(upper - lower, table), 0.0)


def _unit(scale: Floats, table: Floats) -> Floats:
    """Let a constant column have an infinite unit, and refuse a scale of zero elsewhere."""
    constant = np.nanmin(table, axis=0) == np.nanmax(table, axis=0)
    _refuse_columns(
        (scale == 0) & ~constant,
        "X must have a spread in each column that is not constant",
        "where at least half of the values are equal. Standardise it instead.",
    )
    return np.where(constant, np.inf, scale)


def _in_units(table: Floats, centre: Floats, scale: Floats) -> Floats:
    """Distances from a centre in given units."""
    with np.errstate(over="ignore", under="ignore"):
        scaled = (table - centre) / scale
    if np.isinf(scaled).any():
        raise ValueError(
            "X must have values that a float can hold in units of the training fold, got one that "
            "is too large. Compare the units of both folds."
        )
    return np.asarray(scaled)


def _mean(table: Floats) -> Floats:
    """Means of what is not missing; that of equal values is exactly their value."""
    first = np.nanmin(table, axis=0)
    return np.asarray(first + np.nanmean(table - first, axis=0))


def _standard_deviation(table: Floats, ddof: int = 0) -> Floats:
    """Return standard deviations of what is not missing, with squares in harmless units."""
    deviations = table - _mean(table)
    widest = np.nanmax(np.abs(deviations), axis=0)
    widest = np.where(widest > 0, widest, 1.0)
    squares = np.nansum(np.square(deviations / widest), axis=0)
    below = np.maximum(np.sum(~np.isnan(table), axis=0) - ddof, 1)  # one value has deviation zero
    return np.asarray(widest * np.sqrt(squares / below))


def _most_frequent(column: Floats) -> float:
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return float(values[counts.argmax()])


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}.")
    return value


def _check_table(X: ArrayLike, n_features: int | None = None) -> Floats:
    """Return a table of numbers, NaN among them, as float64."""
    sizes = {} if n_features is None else {"n_features": n_features}
    check_shape("X", X, "n_samples n_features", **sizes)
    array = np.asarray(X)
    if np.ma.isMaskedArray(X) or array.dtype.kind not in "iuf":
        raise ValueError(
            f"X must hold numbers, with NaN for what is missing, got {type(X).__name__} of "
            f"{array.dtype}. Convert with astype(float); encode categories first."
        )
    with np.errstate(all="ignore"):
        table = array.astype(np.float64)
    if (np.abs(table) > _LARGEST).any():  # NaN is not above anything
        raise ValueError(
            f"X must be at most {_LARGEST:g} in size, got {table[np.abs(table) > _LARGEST][0]}. "
            "Mark what is not known as NaN."
        )
    return table


def _check_fold(X: ArrayLike, *, all_missing: bool = False) -> Floats:
    """Return a table to learn from, with a value in each column."""
    table = _check_table(X)
    if not table.size:
        raise ValueError(f"X must hold at least one number, got shape {table.shape}.")
    if not all_missing:
        _refuse_columns(
            np.isnan(table).all(axis=0),
            "X must have a value in each column",
            "where all are missing. Leave such columns out, in all folds.",
        )
    return table


def _refuse_columns(bad: Any, wanted: str, arrival: str) -> None:
    """Name the first columns for which `bad`, of shape (n_columns,), is true."""
    if np.any(bad):
        places = ", ".join(map(str, np.flatnonzero(bad)[:5]))
        raise ValueError(f"{wanted}, got column {places} {arrival}")


def _missing(table: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Mark where there is None."""
    return np.array(np.frompyfunc(lambda value: value is None, 1, 1)(table), dtype=bool)


def _check_categories(X: Any, n_columns: int | None = None) -> NDArray[np.object_]:
    """Return a table of categories as plain Python values, None for what is missing."""
    array = np.array(X, dtype=object)
    sizes = {} if n_columns is None else {"n_columns": n_columns}
    check_shape("X", array, "n_samples n_columns", **sizes)
    table = np.empty(array.shape, dtype=object)
    for place, value in np.ndenumerate(array):
        table[place] = _level(value)
    return table


def _level(value: Any) -> Level | None:
    """Return a category as a string, an integer or a truth value; a missing one as None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str | int):
        return value
    raise ValueError(
        f"X must hold strings, integers or truth values, got {value!r}. Convert or round first."
    )


def _check_category_fold(X: Any) -> NDArray[np.object_]:
    """Return a table of categories to learn from, with one kind in each column."""
    table = _check_categories(X)
    if not table.size:
        raise ValueError(f"X must hold at least one category, got shape {table.shape}.")
    for place, column in enumerate(table.T):
        kinds = {type(value).__name__ for value in column[~_missing(column)]}
        if len(kinds) > 1:
            raise ValueError(
                f"X must hold one kind of category in each column, got {', '.join(sorted(kinds))} "
                f"in column {place}. Convert all to strings first."
            )
    return table


def _levels(X: Any) -> tuple[tuple[Level, ...], ...]:
    """Return the sorted levels of each column."""
    table = _check_category_fold(X)
    _refuse_missing(table)
    return tuple(tuple(sorted(set(column))) for column in table.T)


def _refuse_missing(table: NDArray[np.object_]) -> None:
    _refuse_columns(
        _missing(table).any(axis=0),
        "X must have no missing category",
        "with some. Fill them with fit_category_imputer first.",
    )


def _code(X: Any, levels: tuple[tuple[Level, ...], ...], repair: str | None) -> NDArray[np.int64]:
    """Return the place of each category among the levels; -1 if unknown and repair is None."""
    table = _check_categories(X, len(levels))
    _refuse_missing(table)
    codes = np.empty(table.shape, dtype=np.int64)
    for column, known in enumerate(levels):
        places = {(type(level), level): place for place, level in enumerate(known)}
        codes[:, column] = [places.get((type(value), value), -1) for value in table[:, column]]
        if repair is not None and (codes[:, column] < 0).any():
            stranger = table[codes[:, column] < 0, column][0]
            raise ValueError(
                f"X must hold the levels {', '.join(map(repr, known))} in column {column}, got "
                f"{stranger!r}. Give rare levels a common one first.{repair}"
            )
    return codes
