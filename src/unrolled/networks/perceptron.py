"""The perceptron: one neuron with a threshold, and the rule by which it learns from mistakes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.networks.checks import check_held
from unrolled.shapes import check_integer, check_numbers, check_shape

__all__ = ["PerceptronRun", "margin", "mistake_bound", "perceptron"]

Floats = NDArray[np.float64]


class PerceptronRun(NamedTuple):
    """What the rule did: the weights at every stage, and how many mistakes each pass had."""

    path: Floats  # (n_mistakes + 1, n_in), from zero on
    mistakes: NDArray[np.int64]  # (n_passes,)

    @property
    def w(self) -> Floats:
        """The last weights."""
        last: Floats = self.path[-1]
        return last


def perceptron(x: ArrayLike, y: ArrayLike, *, max_passes: int = 1000) -> PerceptronRun:
    """Go through the examples again and again, and add each that is not yet on its side.

    Parameters
    ----------
    x : array_like of shape (n_examples, n_in)
        A column of ones makes its weight the threshold.
    y : array_like of 1 and -1, of shape (n_examples,)
        The side on which each example belongs.
    max_passes : int, optional
        How often at most all examples are gone through.

    Returns
    -------
    PerceptronRun
        It ends after a pass without a mistake; if it has none, `max_passes` were not enough.

    Raises
    ------
    ValueError
        If shapes do not match, `y` holds other numbers, something is not finite, or a weight
        becomes too large for a float.

    Notes
    -----
    Rosenblatt (1958). Page ``perceptron``, equation ``perceptron-rule``. An example on the border
    counts as a mistake; so the first example, at weights of zero, always does.
    """
    examples, sides = _check(x, y)
    max_passes = check_integer("max_passes", max_passes)
    path, mistakes = [np.zeros(examples.shape[1])], []
    for _ in range(max_passes):
        before = len(path)
        for example, side in zip(examples, sides, strict=True):
            with np.errstate(all="ignore"):
                score = path[-1] @ example
            check_held("x", score)
            if side * score <= 0:
                path.append(path[-1] + side * example)
        mistakes.append(len(path) - before)
        if not mistakes[-1]:
            break
    return PerceptronRun(np.array(path), np.array(mistakes, dtype=np.int64))


def margin(w: ArrayLike, x: ArrayLike, y: ArrayLike) -> float:
    """Measure how far inside its own side the example nearest to the border lies.

    Parameters
    ----------
    w : array_like of shape (n_in,)
        Weights; their length does not matter, but must not be zero.
    x : array_like of shape (n_examples, n_in)
    y : array_like of 1 and -1, of shape (n_examples,)

    Returns
    -------
    float
        In units of `x`; negative if an example lies on the wrong side.

    Raises
    ------
    ValueError
        As `perceptron`; or if `w` is zero.

    Notes
    -----
    Page ``perceptron``, equation ``perceptron-margin``.
    """
    examples, sides = _check(x, y)
    weights = check_numbers("w", w)
    check_shape("w", weights, "n_in", n_in=examples.shape[1])
    largest = np.abs(weights).max()
    if not largest:
        raise ValueError("w must not be zero, got zeros only. Train it first.")
    unit = weights / largest
    unit /= np.linalg.norm(unit)
    with np.errstate(all="ignore"):
        inside = sides * (examples @ unit)
    check_held("x", inside)
    return float(inside.min())


def mistake_bound(w: ArrayLike, x: ArrayLike, y: ArrayLike) -> float:
    """Compute how many mistakes the perceptron makes at most, given weights that separate.

    Parameters
    ----------
    w : array_like of shape (n_in,)
        Any weights that put every example on its side; those with the largest margin give the
        smallest bound.
    x : array_like of shape (n_examples, n_in)
    y : array_like of 1 and -1, of shape (n_examples,)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `margin`; or if `w` does not separate.

    Notes
    -----
    Novikoff (1962). Page ``perceptron``, equation ``perceptron-bound``.
    """
    inside = margin(w, x, y)
    if inside <= 0:
        raise ValueError(
            f"w must put every example on its own side, got a margin of {inside:.3g}. "
            "Train it until a pass has no mistake."
        )
    examples, _ = _check(x, y)
    with np.errstate(all="ignore"):
        bound = (np.linalg.norm(examples / inside, axis=1) ** 2).max()
    check_held("x", bound)
    return float(bound)


def _check(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    examples, sides = check_numbers("x", x), check_numbers("y", y)
    n_examples, _ = check_shape("x", examples, "n_examples n_in")
    check_shape("y", sides, "n_examples", n_examples=n_examples)
    if not examples.size:
        raise ValueError(f"x must hold at least one example and feature, got {examples.shape}.")
    if not (np.abs(sides) == 1).all():
        wrong = sides[np.abs(sides) != 1][0]
        raise ValueError(f"y must hold 1 and -1 only, got {wrong:g}. Use 2 * y - 1 for 0 and 1.")
    return examples, sides
