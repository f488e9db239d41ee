"""Statements in words about a run, bound to its numbers.

A glued number follows the run that gave it; "more", "falls" and "three of four" do not. So a hidden
cell of the page says what its words mean, and stops if they are not true.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["holds"]


def holds(
    words: str | tuple[str, ...], test: Callable[..., Any], *, of: str = "", **series: ArrayLike
) -> None:
    """Stop if a statement about some numbers is not true, or would be true of any numbers.

    Parameters
    ----------
    words : str or tuple of str
        The words, exactly as on the page: a caption, an alternative text, a sentence, or enough of
        one to be found.
    test : callable
        What the words mean: takes the series by name and returns whether it is true.
    of : str, optional
        The figure whose caption or alternative text contains the words; the build checks this.
    **series : array_like
        The numbers that were drawn, printed or glued.

    Raises
    ------
    AssertionError
        If the words are not true; or if they are still true after every change of one of the
        series, so that they say nothing about it. The changes are: its exchange with another of the
        same shape, its reversal along each axis, its reflection between its ends, and for a single
        number the loss of its value.
    ValueError
        If there is no series.

    Examples
    --------
    >>> loss = {"dashed": [3.0, 2.0, 1.0], "solid": [3.0, 2.5, 2.0]}
    >>> holds("the dashed curve ends lower", lambda dashed, solid: dashed[-1] < solid[-1], **loss)
    >>> holds("both are positive", lambda dashed, solid: min(*dashed, *solid) > 0, **loss)
    Traceback (most recent call last):
        ...
    AssertionError: 'both are positive' would hold with any dashed, solid: say what is compared.
    """
    if not series:
        raise ValueError("series: expected at least one, by its name; got none.")
    given = {name: np.asarray(values) for name, values in series.items()}
    place = f" of {of}" if of else ""
    if not test(**given):
        raise AssertionError(f"{words!r}{place} does not hold.")
    idle = [name for name in given if all(_stands(test, other) for other in _changed(given, name))]
    if idle:
        raise AssertionError(
            f"{words!r}{place} would hold with any {', '.join(idle)}: say what is compared."
        )


def _stands(test: Callable[..., Any], series: Mapping[str, NDArray[Any]]) -> bool:
    """Whether words hold of changed series; a test that cannot work with them does not pass."""
    with np.errstate(all="ignore"):
        try:
            return bool(test(**series))
        except (ArithmeticError, IndexError, ValueError):
            return False


def _changed(series: Mapping[str, NDArray[Any]], name: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """Yield the series with one of them changed."""
    values = series[name]
    for other, theirs in series.items():
        if other != name and theirs.shape == values.shape:
            yield {**series, name: theirs, other: values}
    for axis in range(values.ndim):
        yield {**series, name: np.flip(values, axis)}
    if values.dtype.kind in "iuf":
        if values.ndim and values.size:
            yield {**series, name: np.nanmin(values) + np.nanmax(values) - values}
        else:
            yield {**series, name: np.array(np.nan)}
    elif values.dtype.kind == "b":
        yield {**series, name: ~values}
