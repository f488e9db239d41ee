"""The published process of six phases, with its leaks, and the same steps without them.

Both prepare a table, balance it with SMOTE, reduce it to one number with Fisher's axis, fit several
models, and choose one. The published process prepares all rows together, balances and reduces the
test fold by itself, and chooses by the test fold. The other fits every step to training rows only,
chooses by cross-validation among them, and uses the test fold once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.foundations.fisher import fisher
from unrolled.mining.evaluation import auc
from unrolled.mining.folds import choose, stratified_folds, stratified_split
from unrolled.mining.forest import fit_forest
from unrolled.mining.labels import check_two_classes
from unrolled.mining.preparation import (
    Imputer,
    OneHot,
    OutlierRule,
    Scaler,
    fit_imputer,
    fit_min_max_scaler,
    fit_one_hot,
    fit_outlier_rule,
)
from unrolled.mining.smote import smote
from unrolled.networks.feedforward import (
    dense_network_backward,
    dense_network_forward,
    dense_network_init,
)
from unrolled.networks.training import train_epochs
from unrolled.shapes import check_shape

__all__ = [
    "Axis",
    "Model",
    "Outcome",
    "Preparation",
    "fit_axis",
    "fit_preparation",
    "forest_model",
    "leak_free_flow",
    "network_model",
    "published_flow",
]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Scorer = Callable[[Floats], Floats]
Model = Callable[[Floats, NDArray[np.int64], np.random.Generator], Scorer]


class Outcome(NamedTuple):
    """What a flow gives; its first two parts are what `find_leaks` takes."""

    scores: Floats  # (n_test,)   of the test rows: higher means more likely positive
    fitted: dict[str, NDArray[Any]]  # some of the numbers that were fitted on the way
    reported: float  # the area under the ROC curve that the flow would publish
    chosen: str  # the name of the model


class Preparation(NamedTuple):
    """Outliers, missing numbers, scales and categories, as some rows had them."""

    categories: tuple[int, ...]  # columns that hold names
    outliers: OutlierRule
    imputer: Imputer
    scaler: Scaler
    one_hot: OneHot | None

    def numbers(self, X: NDArray[Any]) -> Floats:
        """Scale the numbers of some rows; outliers count as missing, and what is missing is filled.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_numbers)
        """
        kept = self.outliers.set_missing(_numbers(X, self.categories))
        return self.scaler.transform(self.imputer.transform(kept))

    def columns(self, numbers: Floats, names: NDArray[Any]) -> Floats:
        """Put numbers beside a column of 0 and 1 for each category.

        Parameters
        ----------
        numbers : ndarray of shape (n_samples, n_numbers)
        names : ndarray of shape (n_samples, n_categories)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_columns)
        """
        if self.one_hot is None:
            return numbers
        return np.hstack([numbers, self.one_hot.transform(names)])

    def transform(self, X: NDArray[Any]) -> Floats:
        """Prepare some rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_columns)
        """
        return self.columns(self.numbers(X), X[:, list(self.categories)])


class Axis(NamedTuple):
    """Fisher's axis, which points from the negative to the positive class."""

    mean: Floats  # (n_columns,)
    direction: Floats  # (n_columns,)

    def project(self, table: Floats) -> Floats:
        """Replace the columns of some rows by their place along the axis.

        Parameters
        ----------
        table : ndarray of shape (n_samples, n_columns)

        Returns
        -------
        ndarray of float64 of shape (n_samples, 1)
        """
        return ((table - self.mean) @ self.direction)[:, None]


def fit_preparation(X: NDArray[Any], categories: Sequence[int] = ()) -> Preparation:
    """Learn from some rows how to prepare others.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Numbers, NaN where they are missing; objects where there are categories.
    categories : sequence of int, optional
        Columns that hold names, with nothing missing.

    Returns
    -------
    Preparation
        Values further than 3 standard deviations from the mean are outliers; means fill what is
        missing; smallest and largest values become 0 and 1. A name that is new later has zeros.

    Raises
    ------
    ValueError
        If a column has no spread, or as `unrolled.mining.preparation` complains.
    """
    categories = tuple(int(j) for j in categories)
    numbers = _numbers(X, categories)
    outliers = fit_outlier_rule(numbers, by="mean")
    imputer = fit_imputer(outliers.set_missing(numbers))
    scaler = fit_min_max_scaler(imputer.transform(outliers.set_missing(numbers)))
    names = X[:, list(categories)]
    one_hot = fit_one_hot(names, unknown="zeros") if categories else None
    return Preparation(categories, outliers, imputer, scaler, one_hot)


def fit_axis(table: ArrayLike, truth: ArrayLike) -> Axis:
    """Find Fisher's axis of two classes, pointing to the positive one.

    Parameters
    ----------
    table : array_like of shape (n_samples, n_columns)
    truth : array_like of int of shape (n_samples,)
        1 in positive rows, else 0.

    Returns
    -------
    Axis

    Raises
    ------
    ValueError
        As `unrolled.foundations.fisher.fisher`.
    """
    found = fisher(table, truth)
    table, truth = np.asarray(table), np.asarray(truth)
    towards = table[truth == 1].mean(axis=0) - table[truth == 0].mean(axis=0)
    direction = found.directions[0]
    return Axis(found.mean, direction * np.sign(direction @ towards))


def forest_model(X: Floats, truth: NDArray[np.int64], rng: np.random.Generator) -> Scorer:
    """Grow a forest of 25 trees.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
    truth : ndarray of int of shape (n_samples,)
    rng : numpy.random.Generator

    Returns
    -------
    callable
        Takes rows and returns their probabilities of being positive.
    """
    forest = fit_forest(X, truth, 25, max_depth=4, rng=rng)
    return lambda rows: forest.predict_proba(rows)[:, 1]


def network_model(X: Floats, truth: NDArray[np.int64], rng: np.random.Generator) -> Scorer:
    """Train a network with eight hidden rectifiers by Adam, for 15 epochs in large batches.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
    truth : ndarray of int of shape (n_samples,)
    rng : numpy.random.Generator

    Returns
    -------
    callable
        Takes rows and returns their log odds of being positive.
    """
    initial = dense_network_init(X.shape[1], 8, 2, rng=rng)
    passes = dense_network_forward, dense_network_backward
    trained = train_epochs(
        initial, *passes, X, truth, n_epochs=15, batch_size=200, learning_rate=0.1, rng=rng
    )[-1]

    def score(rows: Floats) -> Floats:
        logits, _ = dense_network_forward(trained, rows)
        difference: Floats = logits[:, 1] - logits[:, 0]
        return difference

    return score


def published_flow(
    X: ArrayLike,
    y: ArrayLike,
    train: ArrayLike,
    test: ArrayLike,
    *,
    models: Mapping[str, Model],
    categories: Sequence[int] = (),
    positive: Any = 1,
    seed: int = 7,
) -> Outcome:
    """Run the six phases in the order in which they were published, leaks included.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Numbers, NaN where they are missing; objects where there are categories.
    y : array_like of int, bool or str, of shape (n_samples,)
        Two classes.
    train, test : array_like of int
        Numbers of the rows of each fold.
    models : mapping of str to callable
        The models to choose from: each takes a table, 1 for its positive rows and 0 for others, and
        a generator, and returns a function from rows to scores.
    categories : sequence of int, optional
        Columns that hold names.
    positive : int, bool or str, optional
        The label of the rarer class.
    seed : int, optional
        Seed of everything random.

    Returns
    -------
    Outcome
        The reported area is that of the chosen model on the *balanced* test fold.

    Raises
    ------
    ValueError
        If a fold has fewer than four rows of the positive class or none of the other, or a step
        complains.

    Notes
    -----
    Page ``mining-process``.
    """
    X, truth, train, test = _check_fold(X, y, train, test, models, positive)
    rng = np.random.default_rng(seed)
    # Phase 1: outliers, missing values, categories and scales, of all rows together
    preparation = fit_preparation(X, categories)
    table = preparation.transform(X)
    # Phase 2: balance both folds
    balanced, labels = smote(table[train], truth[train], n_neighbours=3, categorical=(), rng=rng)
    test_table, test_truth = smote(
        table[test], truth[test], n_neighbours=3, categorical=(), rng=rng
    )
    # Phase 3: reduce both folds, each by an axis of its own
    axis, test_axis = fit_axis(balanced, labels), fit_axis(test_table, test_truth)
    reduced, test_reduced = axis.project(balanced), test_axis.project(test_table)
    # Phase 4: set a quarter of the training rows aside for validation
    part, _ = stratified_split(labels, 0.25, rng=rng)
    # Phase 5: fit the models
    fits = {name: fit(reduced[part], labels[part], rng) for name, fit in models.items()}
    # Phase 6: choose and evaluate by the test fold
    scores = {name: score(test_reduced) for name, score in fits.items()}
    areas = {name: auc(test_truth, found) for name, found in scores.items()}
    chosen = max(areas, key=areas.__getitem__)
    fitted = {
        "means": preparation.imputer.fills,
        "scale": preparation.scaler.scale,
        "axis of the training fold": axis.direction,
        "axis of the test fold": test_axis.direction,
        "choice": np.array(chosen),
    }
    return Outcome(scores[chosen][: len(test)], fitted, areas[chosen], chosen)


def leak_free_flow(
    X: ArrayLike,
    y: ArrayLike,
    train: ArrayLike,
    test: ArrayLike,
    *,
    models: Mapping[str, Model],
    categories: Sequence[int] = (),
    positive: Any = 1,
    n_folds: int = 3,
    seed: int = 7,
) -> Outcome:
    """Run the same steps, each fitted to training rows only.

    Parameters
    ----------
    X, y, train, test, models, categories, positive, seed
        As for `published_flow`.
    n_folds : int, optional
        Folds of the cross-validation, within the training rows, that chooses the model.

    Returns
    -------
    Outcome
        The reported area is that of the chosen model on the test fold as it is.

    Raises
    ------
    ValueError
        If a fold has no row of a class, a training part fewer than four of the positive one, or a
        step complains.

    Notes
    -----
    Page ``mining-process``.
    """
    X, truth, train, test = _check_fold(X, y, train, test, models, positive)

    def fit_and_score(
        fit: Model, X: NDArray[Any], truth: NDArray[np.int64], train: Rows, test: Rows
    ) -> tuple[Floats, dict[str, NDArray[Any]]]:
        rng = np.random.default_rng(seed)
        preparation = fit_preparation(X[train], categories)
        table, labels = _balance(preparation, X[train], truth[train], rng)
        axis = fit_axis(table, labels)
        score = fit(axis.project(table), labels, rng)
        fitted = {
            "means": preparation.imputer.fills,
            "scale": preparation.scaler.scale,
            "axis of the training fold": axis.direction,
        }
        return score(axis.project(preparation.transform(X[test]))), fitted

    def candidate(fit: Model) -> Callable[[Any, Any, Rows, Rows], Floats]:
        return lambda *data: fit_and_score(fit, *data)[0]

    folds = stratified_folds(truth[train], n_folds, rng=np.random.default_rng(seed))
    candidates = {name: candidate(fit) for name, fit in models.items()}
    chosen, _ = choose(candidates, X[train], truth[train], folds)
    scores, fitted = fit_and_score(models[chosen], X, truth, train, test)
    fitted["choice"] = np.array(chosen)
    return Outcome(scores, fitted, auc(truth[test], scores), chosen)


def _balance(
    preparation: Preparation,
    X: NDArray[Any],
    truth: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[Floats, NDArray[np.int64]]:
    """Balance training rows before their categories become columns, so that none is a fraction."""
    numbers, names = preparation.numbers(X), X[:, list(preparation.categories)]
    n_numbers, n_columns = numbers.shape[1], X.shape[1]
    mixed = np.hstack([numbers.astype(object), names.astype(object)])
    balanced, labels = smote(
        mixed, truth, n_neighbours=3, categorical=range(n_numbers, n_columns), rng=rng
    )
    numbers = balanced[:, :n_numbers].astype(np.float64)
    return preparation.columns(numbers, balanced[:, n_numbers:]), labels


def _numbers(X: NDArray[Any], categories: Sequence[int]) -> Floats:
    """Return the columns that hold numbers."""
    try:
        return np.delete(X, list(categories), axis=1).astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            "X must hold numbers in all columns that categories does not name, got others."
        ) from None


def _check_fold(
    X: ArrayLike,
    y: ArrayLike,
    train: ArrayLike,
    test: ArrayLike,
    models: Mapping[str, Model],
    positive: Any,
) -> tuple[NDArray[Any], NDArray[np.int64], Rows, Rows]:
    """Return the data, 1 for each positive row, and the rows of both folds."""
    X, labels = np.asarray(X), np.asarray(y)
    n_samples, _ = check_shape("X", X, "n_samples n_features")
    check_shape("y", labels, "n_samples", n_samples=n_samples)
    if not models:
        raise ValueError("models must hold at least one model, got none.")
    train, test = np.asarray(train, dtype=np.intp), np.asarray(test, dtype=np.intp)
    truth = check_two_classes("y", labels, positive)
    for name, rows in (("training", train), ("test", test)):
        if not 0 < np.count_nonzero(truth[rows]) < len(rows):
            raise ValueError(f"y must have rows of both classes in the {name} fold, got one class.")
    return X, truth.astype(np.int64), train, test
