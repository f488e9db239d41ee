"""Labels, and scores of a task with two classes: what is taken, and what is refused."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_numbers, check_shape

__all__ = ["check_labels", "check_positives", "check_scores", "check_two_classes"]

_NUMBERS, _STRINGS = "integers or truth values", "strings"
_EXACT = 2**53  # from here on a float64 skips integers
_WHOLE = (bool, int, np.bool_, np.integer)


def check_labels(name: str, y: ArrayLike) -> NDArray[Any]:
    """Return labels of any number of classes as an array whose entries can be compared.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    y : array_like of int, bool or str, of shape (n_rows,)

    Returns
    -------
    ndarray of int, bool or str, of shape (n_rows,)

    Raises
    ------
    ValueError
        If there are no rows, or the labels are of another kind or of several kinds.
    """
    return _of_one_type(name, y, "biuU")


def check_two_classes(name: str, y: ArrayLike, positive: Any) -> NDArray[np.bool_]:
    """Return which rows are positive, and refuse labels that lack one of the two classes.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    y : array_like of int, bool or str, of shape (n_rows,)
        Floating-point numbers are taken if they are whole.
    positive : int, bool or str
        The label of the positive class.

    Returns
    -------
    ndarray of bool of shape (n_rows,)

    Raises
    ------
    ValueError
        As `check_positives`; and if no row is positive, or all of them are.
    """
    truth, negative = check_positives(name, y, positive)
    n_positive = int(np.count_nonzero(truth))
    if n_positive == 0:
        _refuse(name, f"have rows of both classes, got none of the positive class {positive!r}")
    if negative is None:
        _refuse(name, f"have rows of both classes, got none beside the positive class {positive!r}")
    return truth


def check_positives(name: str, y: ArrayLike, positive: Any) -> tuple[NDArray[np.bool_], Any]:
    """Return which rows are positive, and the label of the others if there are any.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    y : array_like of int, bool or str, of shape (n_rows,)
        Floating-point numbers are taken if they are whole.
    positive : int, bool or str
        The label of the positive class.

    Returns
    -------
    truth : ndarray of bool of shape (n_rows,)
    negative : int, bool, float, str or None
        None if all rows are positive.

    Raises
    ------
    ValueError
        If there are no rows, the labels are of another kind or of another kind than `positive`, or
        more than one label stands beside it.
    """
    if not isinstance(positive, (str, *_WHOLE)):
        _refuse("positive", f"be an integer, a truth value or a string, got {positive!r}")
    labels = _of_one_type(name, y, "biufU")
    if labels.dtype.kind == "f":
        _check_whole(name, labels)
    kind = _STRINGS if labels.dtype.kind == "U" else _NUMBERS
    wanted = _STRINGS if isinstance(positive, str) else _NUMBERS
    if kind != wanted:
        _refuse(name, f"hold {wanted}, as the positive class {positive!r} is, got {kind}")
    truth: NDArray[np.bool_] = np.asarray(labels == positive, dtype=np.bool_)
    if truth.all():
        return truth, None
    negative = labels[np.argmin(truth)]
    strange = ~truth & (labels != negative)
    if strange.any():
        first, second = negative.item(), labels[np.argmax(strange)].item()
        _refuse(
            name,
            f"have one label beside the positive class {positive!r}, got {first!r} and {second!r}",
        )
    return truth, negative.item()


def check_scores(name: str, scores: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    """Return finite scores, one a row, as float64.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    scores : array_like of shape (n_rows,)
    n_rows : int

    Returns
    -------
    ndarray of float64 of shape (n_rows,)

    Raises
    ------
    ValueError
        If the shape is another one, a score is not finite, or an integer score is so large that a
        float would tie it with others.
    """
    checked = check_numbers(name, scores)
    check_shape(name, checked, "n_rows", n_rows=n_rows)
    if np.asarray(scores).dtype.kind in "iu" and (np.abs(checked) >= _EXACT).any():
        _refuse(name, "be integers below 2**53, got larger ones, which floats would tie")
    return checked


def _of_one_type(name: str, y: ArrayLike, kinds: str) -> NDArray[Any]:
    """Return labels as an array of one of NumPy's kinds."""
    labels = np.asarray(y)
    (n_rows,) = check_shape(name, labels, "n_rows")
    if n_rows == 0:
        _refuse(name, "have at least one row, got none")
    if np.ma.isMaskedArray(y):
        _refuse(name, "hold labels, got a masked array")
    if labels.dtype.kind in "OT":
        labels = _unpacked(name, labels.astype(object))
    if labels.dtype.kind not in kinds:
        _refuse(name, f"hold integers, truth values or strings, got {labels.dtype}")
    return labels


def _unpacked(name: str, labels: NDArray[Any]) -> NDArray[Any]:
    """Return objects as strings or as integers."""
    if isinstance(labels[0], str):
        strange = [one for one in labels if not isinstance(one, str)]
    else:
        strange = [one for one in labels if not isinstance(one, _WHOLE) or abs(int(one)) >= 2**63]
    if strange:
        _refuse(name, f"hold only integers, only truth values or only strings, got {strange[0]!r}")
    return labels.astype(str if isinstance(labels[0], str) else np.int64)


def _check_whole(name: str, labels: NDArray[Any]) -> None:
    strange = labels[~np.isfinite(labels) | (labels != np.rint(labels))]
    if strange.size:
        _refuse(name, f"hold labels, got {strange[0]}")


def _refuse(name: str, rest: str) -> NoReturn:
    raise ValueError(f"{name} must {rest}.")
