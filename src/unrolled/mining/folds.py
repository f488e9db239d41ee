"""Folds of rows, cross-validation, and choosing inside it.

What is judged is a *process*: a callable ``process(X, y, train, test)`` that fits everything to the
rows ``train`` and returns scores of the rows ``test``. It has its seeds inside.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.mining.evaluation import auc
from unrolled.shapes import check_generator, check_integer, check_number, check_shape

__all__ = [
    "Choice",
    "Fold",
    "Nested",
    "Process",
    "Score",
    "choose",
    "cross_validate",
    "grouped_folds",
    "nested_cross_validation",
    "stratified_folds",
    "stratified_split",
]

Process: TypeAlias = Callable[[Any, Any, NDArray[np.intp], NDArray[np.intp]], ArrayLike]
Score: TypeAlias = Callable[[Any, Any], float]


class Fold(NamedTuple):
    """Numbers of the rows to fit to, and of the rows to judge on."""

    train: NDArray[np.intp]  # (n_train,)   rising
    test: NDArray[np.intp]  # (n_test,)   rising


class Choice(NamedTuple):
    """What did best in cross-validation."""

    name: str
    means: dict[str, float]  # of every candidate: the mean score over the folds


class Nested(NamedTuple):
    """What choosing and fitting together achieve."""

    scores: NDArray[np.float64]  # (n_outer,)   of the chosen one, on rows it was not chosen by
    choices: tuple[Choice, ...]  # (n_outer,)   what was chosen, and by which means


def stratified_folds(y: ArrayLike, n_folds: int, *, rng: np.random.Generator) -> list[Fold]:
    """Deal rows out to folds so that each has its share of every class.

    Parameters
    ----------
    y : array_like of shape (n_rows,)
        Labels of any number of classes.
    n_folds : int
        At least 2.
    rng : numpy.random.Generator

    Returns
    -------
    list of Fold
        Each row is in the test part of one fold. The folds' numbers of rows differ by at most one,
        and so do their numbers of rows of each class.

    Raises
    ------
    ValueError
        If some class has fewer rows than there are folds.

    Notes
    -----
    Page ``honest-number``.
    """
    codes, classes = _codes("y", y)
    n_folds = check_integer("n_folds", n_folds, at_least=2)
    check_generator("rng", rng)
    sizes = np.bincount(codes)
    if sizes.min() < n_folds:
        few = int(sizes.argmin())
        raise ValueError(
            f"y must have at least n_folds={n_folds} rows of each class, got {sizes[few]} of "
            f"{classes[few]!r}. Take fewer folds."
        )
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]  # class by class, shuffled in each
    fold_of = np.empty(len(codes), dtype=np.intp)
    fold_of[order] = np.arange(len(codes)) % n_folds
    return _folds(fold_of, n_folds)


def grouped_folds(groups: ArrayLike, n_folds: int, *, rng: np.random.Generator) -> list[Fold]:
    """Deal whole groups of rows out to folds, so that none is on both sides of a split.

    Parameters
    ----------
    groups : array_like of shape (n_rows,)
        What belongs together: a patient, a day, a source.
    n_folds : int
        At least 2, and at most the number of groups.
    rng : numpy.random.Generator
        Decides between groups, and folds, of equal size.

    Returns
    -------
    list of Fold
        Of nearly equal size where the groups allow it: the largest groups are dealt out first, each
        to the fold that is smallest so far.

    Raises
    ------
    ValueError
        If there are fewer groups than folds.

    Notes
    -----
    Page ``honest-number``.
    """
    codes, names = _codes("groups", groups)
    n_folds = check_integer("n_folds", n_folds, at_least=2)
    check_generator("rng", rng)
    if len(names) < n_folds:
        raise ValueError(
            f"groups must be at least n_folds={n_folds}, got {len(names)}. Take fewer folds."
        )
    sizes = np.bincount(codes)
    shuffled = rng.permutation(len(names))
    filled, fold_of_group = np.zeros(n_folds, dtype=np.intp), np.empty(len(names), dtype=np.intp)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        smallest = int(rng.permutation(np.flatnonzero(filled == filled.min()))[0])
        fold_of_group[group] = smallest
        filled[smallest] += sizes[group]
    return _folds(fold_of_group[codes], n_folds)


def stratified_split(y: ArrayLike, test_share: float, *, rng: np.random.Generator) -> Fold:
    """Hold out a share of the rows of every class.

    Parameters
    ----------
    y : array_like of shape (n_rows,)
        Labels of any number of classes.
    test_share : float
        Above 0 and below 1; of each class this share is held out, rounded to a number of rows.
    rng : numpy.random.Generator

    Returns
    -------
    Fold

    Raises
    ------
    ValueError
        If a class would have no row on one of the two sides.

    Notes
    -----
    Page ``honest-number``.
    """
    codes, classes = _codes("y", y)
    share = check_number("test_share", test_share, above=0, below=1)
    check_generator("rng", rng)
    test = np.zeros(len(codes), dtype=np.bool_)
    for code, name in enumerate(classes):
        members = rng.permutation(np.flatnonzero(codes == code))
        n_test = round(share * len(members))
        if not 0 < n_test < len(members):
            raise ValueError(
                f"test_share must leave rows of each class on both sides, got {share:g} of "
                f"{len(members)} of {name!r}."
            )
        test[members[:n_test]] = True
    return Fold(np.flatnonzero(~test), np.flatnonzero(test))


def cross_validate(
    process: Process, X: Any, y: ArrayLike, folds: Sequence[Fold], *, score: Score = auc
) -> NDArray[np.float64]:
    """Fit a process on each fold's training rows, and judge it on its test rows.

    Parameters
    ----------
    process : callable
        ``process(X, y, train, test)`` returns a score for each of the rows ``test``.
    X : array_like of shape (n_rows, n_features)
        Handed to the process as it is.
    y : array_like of shape (n_rows,)
    folds : sequence of Fold
    score : callable, optional
        ``score(y, scores)`` of some rows; `auc` with the positive class 1 if nothing is said.

    Returns
    -------
    ndarray of float64 of shape (n_folds,)

    Raises
    ------
    ValueError
        If there is no fold, or the process does not return one score a row.

    Notes
    -----
    Page ``honest-number``.
    """
    labels = np.asarray(y)
    if not len(folds):
        raise ValueError("folds must hold at least one fold, got none.")
    found = []
    for train, test in folds:
        scores = np.asarray(process(X, labels, train, test))
        check_shape("scores of the process", scores, "n_test", n_test=len(test))
        found.append(float(score(labels[test], scores)))
    return np.array(found)


def choose(
    processes: Mapping[str, Process],
    X: Any,
    y: ArrayLike,
    folds: Sequence[Fold],
    *,
    score: Score = auc,
) -> Choice:
    """Choose the process with the highest mean score in cross-validation.

    Parameters
    ----------
    processes : mapping of str to callable
        The candidates, by name; of equally good ones the first is chosen.
    X, y, folds, score
        As for `cross_validate`.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If there is no candidate; and as `cross_validate`.

    Notes
    -----
    Page ``honest-number``.
    """
    if not processes:
        raise ValueError("processes must hold at least one candidate, got none.")
    means = {
        name: float(cross_validate(process, X, y, folds, score=score).mean())
        for name, process in processes.items()
    }
    return Choice(max(means, key=means.__getitem__), means)


def nested_cross_validation(
    processes: Mapping[str, Process],
    X: Any,
    y: ArrayLike,
    folds: Sequence[Fold],
    *,
    n_inner: int,
    score: Score = auc,
    rng: np.random.Generator,
) -> Nested:
    """Judge choosing and fitting together: choose inside each training part, judge outside it.

    Parameters
    ----------
    processes : mapping of str to callable
        The candidates, by name.
    X, y, score
        As for `cross_validate`.
    folds : sequence of Fold
        The outer ones.
    n_inner : int
        Number of inner folds, stratified, into which each outer training part is split.
    rng : numpy.random.Generator

    Returns
    -------
    Nested

    Raises
    ------
    ValueError
        As `stratified_folds`, `choose` and `cross_validate`.

    Notes
    -----
    Page ``honest-number``.
    """
    labels = np.asarray(y)
    choices: list[Choice] = []
    scores: list[float] = []
    for fold in folds:
        inner = stratified_folds(labels[fold.train], n_inner, rng=rng)
        inside = [Fold(fold.train[train], fold.train[test]) for train, test in inner]
        choice = choose(processes, X, labels, inside, score=score)
        choices.append(choice)
        scores += cross_validate(processes[choice.name], X, labels, [fold], score=score).tolist()
    if not scores:
        raise ValueError("folds must hold at least one fold, got none.")
    return Nested(np.array(scores), tuple(choices))


def _codes(name: str, values: ArrayLike) -> tuple[NDArray[np.intp], list[Any]]:
    """Return values as numbers from 0 on, and what they stand for."""
    array = np.asarray(values)
    (n_rows,) = check_shape(name, array, "n_rows")
    if n_rows == 0:
        raise ValueError(f"{name} must have at least one row, got none.")
    if (array != array).any():  # NaN
        raise ValueError(f"{name} must name a class or a group in each row, got NaN.")
    try:
        names, codes = np.unique(array, return_inverse=True)
    except TypeError:
        raise ValueError(f"{name} must be of one type, got several.") from None
    return codes, names.tolist()


def _folds(fold_of: NDArray[np.intp], n_folds: int) -> list[Fold]:
    return [
        Fold(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold))
        for fold in range(n_folds)
    ]
