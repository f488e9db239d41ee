"""An audit of a whole process: what of the test fold reaches the scores of others.

The process is a black box that is given the data and a split and returns scores of the test rows.
In an honest one the score of a row hangs on the training fold and on that row alone. So the audit
changes what must not matter, and looks whether a score moves: labels of the test fold, values of
other test rows, rows that are in neither fold. Copies across the split are found in the data, and
their labels are changed to see how much the scores lean on them.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_generator, check_integer, check_integers, check_shape

__all__ = ["Audit", "Finding", "find_leaks"]

Rows = NDArray[np.int64]
Process = Callable[[NDArray[Any], NDArray[Any], Rows, Rows], Any]
Kind = Literal["label", "row", "outside", "copy"]

TOLERANCE = 1e-9  # of the largest score: a smaller difference is rounding


class Finding(NamedTuple):
    """What one kind of intervention showed."""

    kind: Kind
    leaks: bool
    rows: Rows  # test rows whose scores moved, or that have copies in the training fold
    by: float  # the largest movement; of copies, the mean one; in units of the spread of the scores
    fitted: tuple[str, ...]  # names of fitted numbers that moved
    said: str  # the same as a sentence


class Audit(NamedTuple):
    """The findings of an audit; ``print`` it to read them."""

    scores: NDArray[np.float64]  # (n_test, ...)   of the process as it is
    label: Finding
    row: Finding
    outside: Finding
    copy: Finding

    @property
    def leaks(self) -> tuple[Kind, ...]:
        """The kinds of leaks that were found."""
        return tuple(finding.kind for finding in self[1:] if finding.leaks)

    def __str__(self) -> str:
        """Write a line or a few for each kind of leak."""
        return "\n".join(
            textwrap.fill(
                f"{finding.kind:8} {'LEAK ' if finding.leaks else 'clean'} {finding.said}",
                width=78,
                subsequent_indent=" " * 15,
            )
            for finding in self[1:]
        )


class _Run(NamedTuple):
    """What a process returned."""

    scores: NDArray[np.float64]  # (n_test, ...)
    fitted: dict[str, NDArray[Any]]


class _Moves(NamedTuple):
    """How far one run is from another."""

    by: NDArray[np.float64]  # (n_test,)   in units of the spread; 0 where it is rounding
    fitted: tuple[str, ...]


def find_leaks(
    process: Process,
    X: ArrayLike,
    y: ArrayLike,
    split: tuple[ArrayLike, ArrayLike],
    *,
    rng: np.random.Generator,
    groups: ArrayLike | None = None,
    n_rounds: int = 3,
) -> Audit:
    """Find out by intervention which parts of the test fold reach its scores.

    Parameters
    ----------
    process : callable
        Called as ``process(X, y, train, test)`` with two arrays and two arrays of row numbers. It
        returns scores of the test rows, an array of shape (n_test, ...), or a pair: the scores and
        a mapping from names to the numbers that it has fitted, such as means or chosen columns. It
        must return the same when it is called again, so its seeds are fixed inside.
    X : array_like of shape (n_samples, n_features)
        Numbers, or objects; NaN is missing. The process is given copies.
    y : array_like of shape (n_samples,)
        Labels of any kind; at least two different ones.
    split : pair of array_like of int
        Numbers of the training rows and of the test rows; no row is in both.
    rng : numpy.random.Generator
        Chooses the interventions.
    groups : array_like of shape (n_samples,), optional
        Rows of one group, such as several visits of one patient, count as copies of one another.
    n_rounds : int, optional
        How often each intervention is tried. A round calls the process six times.

    Returns
    -------
    Audit
        Findings of four kinds. ``label``: scores moved when labels of test rows were changed.
        ``row``: scores moved when *other* test rows were replaced. ``outside``: scores moved when
        copies of the test rows, appended in neither fold, were changed. ``copy``: test rows have
        copies in the training fold.

    Raises
    ------
    ValueError
        If shapes do not match, all labels are the same, the folds share a row, there are fewer
        than two test rows or no training row, or the process does not return one finite score for
        each test row, returns others when called again, or stops when it is given other test rows.

    Notes
    -----
    A leak that is found is one, whatever the process is; what is not found may still be there if
    it moved no score and no fitted number in any round. Replaced rows lie outside the range of
    all others in columns of measured numbers (those with fractions), and hold values of training
    rows elsewhere. Rows count as copies of each other if they agree everywhere, and in a column of
    measured numbers, at least half of which are different, have one that no other row has: rows of
    a few categories may agree by chance. What the process learnt before it was called is not seen.
    Page ``mining-process``.
    """
    X, y, train, test = _check_data(X, y, split)
    rng = check_generator("rng", rng)
    n_rounds = check_integer("n_rounds", n_rounds)
    mates = _mates(X, train, test, groups)

    def run(X: NDArray[Any], y: NDArray[Any]) -> _Run:
        return _run(process, X, y, train, test)

    before = run(X, y)
    if not np.isfinite(before.scores).all():
        raise ValueError("process must return finite scores, got one that is not.")
    again = _compare(before, run(X, y))
    if again.by.any() or again.fitted:
        raise ValueError(
            "process must return the same when it is called again, got other scores. "
            "Fix its seeds inside."
        )
    found: dict[str, list[_Moves]] = {"label": [], "row": [], "outside": []}
    for _ in range(n_rounds):
        replaced, half = rng.permutation(test), (len(test) + 1) // 2
        one, many = _replace(X, replaced[:1], train, rng), _replace(X, replaced[:half], train, rng)
        far = run(many, y)
        found["row"] += [
            _but(_compare(before, run(one, y)), np.isin(test, replaced[:1])),
            _but(_compare(before, far), np.isin(test, replaced[:half])),
        ]
        found["label"] += [
            _compare(before, _run_or_stop(run, X, _permute(y, test, rng))),
            _compare(far, _run_or_stop(run, many, _relabel(y, test, rng))),
        ]
        found["outside"].append(_change_appended(run, X, y, train, test, rng))
    return Audit(
        before.scores,
        _report("label", found["label"], test),
        _report("row", found["row"], test),
        _report("outside", found["outside"], test),
        _report_copies(run, before, X, y, test, mates, rng),
    )


# Interventions --------------------------------------------------------------------------------


def _permute(y: NDArray[Any], rows: Rows, rng: np.random.Generator) -> NDArray[Any]:
    """Return labels, those of some rows in another order."""
    changed = y.copy()
    changed[rows] = y[rng.permutation(rows)]
    return changed


def _relabel(y: NDArray[Any], rows: Rows, rng: np.random.Generator) -> NDArray[Any]:
    """Return labels, those of some rows drawn anew, and that of the first surely another."""
    classes = np.unique(y)
    changed = y.copy()
    changed[rows] = rng.choice(classes, len(rows))
    changed[rows[0]] = rng.choice(classes[classes != y[rows[0]]])
    return changed


def _replace(X: NDArray[Any], rows: Rows, train: Rows, rng: np.random.Generator) -> NDArray[Any]:
    """Return data, some rows replaced by others, far from all where a column is measured."""
    changed = X.copy()
    for j, column in enumerate(X.T):
        changed[rows, j] = column[rng.choice(train, len(rows))]
        measured = _measured(column)
        if measured is not None:
            low, high = measured
            beyond = (high - low or 1.0) * rng.uniform(1, 2, len(rows))
            changed[rows, j] = np.where(rng.random(len(rows)) < 0.5, low - beyond, high + beyond)
    return changed


def _measured(column: NDArray[Any]) -> tuple[float, float] | None:
    """Return the range of a column of numbers with fractions, and None of any other."""
    if column.dtype.kind not in "fO":
        return None
    try:
        numbers = column.astype(np.float64)
    except (TypeError, ValueError):  # words
        return None
    numbers = numbers[np.isfinite(numbers)]
    if (numbers == np.round(numbers)).all():
        return None
    return float(numbers.min()), float(numbers.max())


def _change_appended(
    run: Callable[[NDArray[Any], NDArray[Any]], _Run],
    X: NDArray[Any],
    y: NDArray[Any],
    train: Rows,
    test: Rows,
    rng: np.random.Generator,
) -> _Moves:
    """Append copies of the test rows, in neither fold, and change them there.

    Both runs have as many rows, so that chance which counts them takes the same course.
    """
    more, labels = np.vstack([X, X[test]]), np.concatenate([y, y[test]])
    copies = np.arange(len(X), len(more))
    changed = _replace(more, copies, train, rng)
    return _compare(run(more, labels), run(changed, _relabel(labels, copies, rng)))


# Runs and how they differ ---------------------------------------------------------------------


def _run(process: Process, X: NDArray[Any], y: NDArray[Any], train: Rows, test: Rows) -> _Run:
    """Call a process with copies of everything, and check what it returns."""
    returned = process(X.copy(), y.copy(), train.copy(), test.copy())
    scores, fitted = returned if isinstance(returned, tuple) else (returned, {})
    if not isinstance(fitted, Mapping):
        raise ValueError(
            "process must return scores, or a pair of scores and a mapping of fitted numbers, got "
            f"a pair with {type(fitted).__name__}."
        )
    scores = np.asarray(scores)
    if scores.dtype.kind not in "biuf" or scores.shape[:1] != (len(test),):
        raise ValueError(
            f"process must return a number for each of the {len(test)} test rows, got "
            f"{scores.dtype} of shape {scores.shape}."
        )
    return _Run(scores.astype(np.float64), {k: np.asarray(v) for k, v in fitted.items()})


def _run_or_stop(
    run: Callable[[NDArray[Any], NDArray[Any]], _Run], X: NDArray[Any], y: NDArray[Any]
) -> _Run | None:
    """Return None where other labels stop a process: so it reads them."""
    try:
        return run(X, y)
    except ValueError:
        return None


def _compare(before: _Run, after: _Run | None) -> _Moves:
    """Measure how far each score moved, and name the fitted numbers that did."""
    n_test = len(before.scores)
    if after is None or after.scores.shape != before.scores.shape:
        return _Moves(np.full(n_test, np.inf), ())
    old, new = before.scores.reshape(n_test, -1), after.scores.reshape(n_test, -1)
    finite = old[np.isfinite(old)]
    size, spread = _size(old), np.ptp(finite) if finite.size else 0.0
    apart = _apart(old, new).max(axis=1, initial=0.0)
    names = sorted(before.fitted.keys() | after.fitted.keys())
    fitted = tuple(k for k in names if not _same(before.fitted.get(k), after.fitted.get(k)))
    return _Moves(np.where(apart > TOLERANCE * size, apart / (spread or size or 1.0), 0.0), fitted)


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    """Whether fitted numbers (or names) are the same but for rounding."""
    if one is None or other is None or one.shape != other.shape:
        return False
    if one.dtype.kind in "iuf" and other.dtype.kind in "iuf":
        return bool((_apart(one, other) <= TOLERANCE * _size(one)).all())
    return bool(np.array_equal(one, other))


def _apart(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Distances of numbers: 0 from missing to missing, infinite from missing to a number."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(all="ignore"):
        apart = np.abs(one - other)
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _size(numbers: NDArray[Any]) -> float:
    """Return the largest absolute value of those that are finite."""
    return float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0))


def _but(moves: _Moves, replaced: NDArray[np.bool_]) -> _Moves:
    """Leave out rows that were replaced themselves: their scores may move."""
    return moves._replace(by=np.where(replaced, 0.0, moves.by))


# Copies ---------------------------------------------------------------------------------------


def _mates(X: NDArray[Any], train: Rows, test: Rows, groups: ArrayLike | None) -> dict[int, Rows]:
    """For each test row that has copies in the training fold, the numbers of these."""
    codes = [_copy_numbers(X)]
    if groups is not None:
        check_shape("groups", groups, "n_samples", n_samples=len(X))
        codes.append(np.unique(np.asarray(groups), return_inverse=True)[1])
    mates = {}
    for row in test:
        same = np.logical_or.reduce([code[train] == code[row] for code in codes])
        if same.any():
            mates[int(row)] = train[same]
    return mates


def _copy_numbers(X: NDArray[Any]) -> NDArray[np.intp]:
    """Give copies the same number, and every other row one of its own.

    Copies agree in all columns, and in one column of measured numbers, at least half of which are
    different, have one that no other row has: rows of a few categories may agree by chance.
    """
    codes = np.empty(X.shape, np.int64)
    for j, column in enumerate(X.T):
        known: dict[Any, int] = {}
        codes[:, j] = [known.setdefault(v if v == v else None, len(known)) for v in column.tolist()]
    _, first, members = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    members = members.reshape(-1)
    sizes = np.bincount(members)[members]
    rare = np.zeros(len(X), dtype=bool)
    for column, code in zip(X.T, codes.T, strict=True):
        if _measured(column) is not None and 2 * (code.max() + 1) >= len(X):
            rare |= np.bincount(code)[code] == sizes
    return np.where(rare, first[members], np.arange(len(X)))


def _report_copies(
    run: Callable[[NDArray[Any], NDArray[Any]], _Run],
    before: _Run,
    X: NDArray[Any],
    y: NDArray[Any],
    test: Rows,
    mates: Mapping[int, Rows],
    rng: np.random.Generator,
) -> Finding:
    """Give the training copies of some test rows another label, and see which scores follow."""
    if not mates:
        said = "no test row has a copy in the training fold"
        return Finding("copy", False, np.array([], np.int64), 0.0, (), said)
    rows = np.array(list(mates))
    said = f"{len(rows)} of {len(test)} test rows have copies in the training fold"
    chosen = rng.permutation(rows)[: (len(rows) + 1) // 2]
    changed, classes = y.copy(), np.unique(y)
    for mate in np.unique(np.concatenate([mates[int(row)] for row in chosen])):
        changed[mate] = rng.choice(classes[classes != y[mate]])
    after = _run_or_stop(run, X, changed)
    if after is None:  # too few rows of some class were left
        return Finding("copy", True, rows, np.nan, (), said)
    by = _compare(before, after).by
    theirs, others = np.isin(test, chosen), ~np.isin(test, rows)
    lean = float(by[theirs].mean())
    said += f"; with other labels on copies, scores moved by {lean:.2f} times their spread"
    if others.any():
        said += f" (those of rows without copies: {by[others].mean():.2f})"
    return Finding("copy", True, rows, lean, (), said)


# Reports --------------------------------------------------------------------------------------

_DONE = {
    "label": "labels of test rows were changed",
    "row": "other test rows were replaced",
    "outside": "rows in neither fold were changed",
}


def _report(kind: Kind, moves: Sequence[_Moves], test: Rows) -> Finding:
    """Sum up what one kind of intervention moved."""
    by = np.array([each.by for each in moves])
    moved, stopped = test[(by > 0).any(axis=0)], bool(np.isinf(by).any())
    finite = np.where(np.isinf(by), 0.0, by).max(axis=0)
    fitted = tuple(sorted({name for each in moves for name in each.fitted}))
    said = f"no score moved when {_DONE[kind]}"
    if finite.any():
        said = f"{np.count_nonzero(finite)} of {len(test)} scores moved when {_DONE[kind]}"
        said += f", by up to {finite.max():.2g} times their spread"
    if stopped:
        said = (
            f"{said}; with some changes the process stopped"
            if finite.any()
            else (f"the process stopped when {_DONE[kind]}")
        )
    if fitted:
        said += f"; fitted numbers that moved: {', '.join(fitted)}"
    largest = float(finite.max()) or (np.inf if stopped else 0.0)
    return Finding(kind, bool(moved.size or fitted), moved, largest, fitted, said)


# Checks ---------------------------------------------------------------------------------------


def _check_data(
    X: ArrayLike, y: ArrayLike, split: tuple[ArrayLike, ArrayLike]
) -> tuple[NDArray[Any], NDArray[Any], Rows, Rows]:
    """Return data, labels and the two folds."""
    X, y = np.asarray(X), np.asarray(y)
    n_samples, n_features = check_shape("X", X, "n_samples n_features")
    check_shape("y", y, "n_samples", n_samples=n_samples)
    if n_features == 0:
        raise ValueError("X must have at least one column, got none.")
    if X.dtype.kind in "US":
        X = X.astype(object)
    try:
        classes = np.unique(y)
    except TypeError:
        raise ValueError("y must hold labels of one kind, got several kinds.") from None
    if y.dtype.kind in "fc" and not np.isfinite(y).all():
        raise ValueError("y must hold no missing labels, got one. Leave these rows out.")
    if len(classes) < 2:
        raise ValueError(
            f"y must hold at least two different labels, got {len(classes)}. "
            "Where all are the same, changing labels changes nothing."
        )
    if not (isinstance(split, Sequence) and len(split) == 2):
        raise ValueError("split must be a pair: the training rows and the test rows.")
    train, test = (
        check_integers(name, rows, at_least=0, at_most=n_samples - 1)
        for name, rows in zip(("training rows", "test rows"), split, strict=True)
    )
    check_shape("training rows", train, "n_train")
    check_shape("test rows", test, "n_test")
    if len(train) == 0 or len(test) < 2:
        raise ValueError(
            f"split must give at least one training row and two test rows, got {len(train)} and "
            f"{len(test)}. With one test row there is no other whose score could move."
        )
    if len(np.unique(test)) < len(test):
        raise ValueError("split must name each test row once, got one twice.")
    common = np.intersect1d(train, test)
    if common.size:
        raise ValueError(f"split must share no row between its folds, got row {common[0]} in both.")
    return X, y, train, test
