"""Answers with noise that hides each person: randomised response, and a private mean.

Both meet a bound that is chosen: whatever one person's value is, the probability of each outcome
changes by a factor of at most ``exp(epsilon)``.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import (
    check_generator,
    check_integer,
    check_integers,
    check_mask,
    check_number,
    check_numbers,
    check_shape,
)

__all__ = [
    "estimate_share",
    "privacy_loss",
    "private_mean",
    "randomise",
    "share_deviation",
    "truth_probability",
]


def truth_probability(epsilon: float) -> float:
    """Compute how often a randomised answer is the true one.

    Parameters
    ----------
    epsilon : float
        Above 0.

    Returns
    -------
    float
        Between one half and 1.

    Raises
    ------
    ValueError
        If epsilon is not above 0.

    Notes
    -----
    Page ``privacy``, equation ``privacy-truth``.

    Examples
    --------
    >>> round(truth_probability(math.log(3)), 12)
    0.75
    """
    return 1 / (1 + math.exp(-check_number("epsilon", epsilon, above=0)))


def randomise(answers: ArrayLike, epsilon: float, *, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Give each true answer with the probability that epsilon allows, and its opposite otherwise.

    Parameters
    ----------
    answers : array_like of bool, or of 0 and 1, of shape (n_people,)
    epsilon : float
        Above 0.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool of shape (n_people,)

    Raises
    ------
    ValueError
        If an answer is neither yes nor no, or epsilon is not above 0.

    Notes
    -----
    Warner (1965). Page ``privacy``, equation ``privacy-truth``.
    """
    truth = check_mask("answers", answers, "n_people")
    honest = check_generator("rng", rng).random(len(truth)) < truth_probability(epsilon)
    told: NDArray[np.bool_] = truth == honest
    return told


def estimate_share(reported: ArrayLike, epsilon: float) -> float:
    """Estimate the share of people whose true answer is yes from randomised answers.

    Parameters
    ----------
    reported : array_like of bool, or of 0 and 1, of shape (n_people,)
        Of `randomise`, with the same epsilon.
    epsilon : float
        Above 0.

    Returns
    -------
    float
        Right on average, and therefore sometimes below 0 or above 1.

    Raises
    ------
    ValueError
        If there is no answer, an answer is neither yes nor no, or epsilon is not above 0 or so
        small that the two answers are equally probable in floating-point numbers.

    Notes
    -----
    Page ``privacy``, equation ``privacy-estimate``.
    """
    answers = check_mask("reported", reported, "n_people")
    check_integer("len(reported)", len(answers))
    q = _informative(epsilon)
    return float((np.mean(answers) - (1 - q)) / (2 * q - 1))


def share_deviation(share: float, n_people: int, epsilon: float) -> float:
    """Compute the standard deviation of `estimate_share`.

    Parameters
    ----------
    share : float
        Of the people whose true answer is yes, in the population they are drawn from; from 0 to 1.
    n_people : int
    epsilon : float
        Above 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Page ``privacy``, equation ``privacy-share-variance``.
    """
    share = check_number("share", share, at_least=0, at_most=1)
    n_people = check_integer("n_people", n_people)
    q = _informative(epsilon)
    from_coins = q * (1 - q) / (2 * q - 1) ** 2
    return math.sqrt((share * (1 - share) + from_coins) / n_people)


def private_mean(
    values: ArrayLike, low: float, high: float, epsilon: float, *, rng: np.random.Generator
) -> float:
    """Compute a mean and add noise that hides each of its values.

    Parameters
    ----------
    values : array_like of shape (n_people,)
        What lies outside the range is moved to its nearer end.
    low, high : float
        A range that was fixed without looking at the values.
    epsilon : float
        Above 0. The number of people counts as known; hidden is each person's value.
    rng : numpy.random.Generator

    Returns
    -------
    float
        May lie outside the range.

    Raises
    ------
    ValueError
        If there is no value, something is not a finite number, the range is empty, or epsilon is
        not above 0.

    Notes
    -----
    Dwork et al. (2006). In floating-point numbers the last bits of the noise tell something about
    the mean (Mironov 2012): a demonstration, and no tool for a release. Page ``privacy``, equation
    ``privacy-laplace``.
    """
    low, high = check_number("low", low), check_number("high", high)
    if not low < high:
        raise ValueError(f"high must be above low, got {high:g} and {low:g}.")
    epsilon = check_number("epsilon", epsilon, above=0)
    numbers = check_numbers("values", values)
    (n_people,) = check_shape("values", numbers, "n_people")
    check_integer("len(values)", n_people)
    scale = (high - low) / (n_people * epsilon)
    if not math.isfinite(scale):
        raise ValueError("high - low must be a range that the noise can cover, got one too wide.")
    noise = check_generator("rng", rng).laplace(0, scale)
    return float(np.clip(numbers, low, high).mean() + noise)


def privacy_loss(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Compute what each outcome tells about which of two data sets it came from.

    Parameters
    ----------
    first, second : array_like of int, of shape (n_outcomes,)
        How often each outcome came from the one data set and from the other, in equally many runs.

    Returns
    -------
    ndarray of shape (n_outcomes,)
        Logarithm of the first over the second: infinite, of either sign, if an outcome came from
        one of them only, and 0 if it came from neither.

    Raises
    ------
    ValueError
        If the shapes do not match, a count is negative or no integer, or the numbers of runs
        differ or are zero.

    Notes
    -----
    Page ``privacy``, equation ``privacy-bound``.
    """
    p = check_integers("first", first, at_least=0)
    q = check_integers("second", second, at_least=0)
    (n_outcomes,) = check_shape("first", p, "n_outcomes")
    check_shape("second", q, "n_outcomes", n_outcomes=n_outcomes)
    if not p.sum() == q.sum() > 0:
        raise ValueError(
            f"first and second must count equally many runs, got {p.sum()} and {q.sum()}."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = np.log(p) - np.log(q)
    return np.where((p == 0) & (q == 0), 0.0, loss)


def _informative(epsilon: float) -> float:
    """Return the probability of a true answer, where it can be told from one half."""
    q = truth_probability(epsilon)
    if q == 0.5:
        raise ValueError(f"epsilon must be large enough for a float to tell, got {epsilon:g}.")
    return q
