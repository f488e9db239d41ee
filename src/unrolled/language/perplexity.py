"""How well a language model predicts a text: perplexity, entropy and bits per character."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_integer, check_number, check_numbers, check_shape

__all__ = ["bits_per_character", "cross_entropy", "entropy", "mean_surprise", "perplexity"]

LogProbabilities = ArrayLike | Sequence[ArrayLike]

ROUNDING = 1e-6  # what the sum of probabilities may differ from one


def perplexity(log_probabilities: LogProbabilities, base: float = math.e) -> float:
    """Perplexity of a model on a text: the inverse geometric mean of what it gave the true tokens.

    Parameters
    ----------
    log_probabilities : array_like of shape (n_tokens,), or sequence of such, one for each sentence
        Logarithms of the probabilities of all tokens that the model had to predict, the end of each
        sentence included. Sentences may differ in length; the mean is over all tokens of all of
        them. Without padding, which would count as tokens that are certain.
    base : float, optional
        Of these logarithms.

    Returns
    -------
    float
        From 1 on; infinity if a token was given probability zero. The base has no influence on it.

    Raises
    ------
    ValueError
        If there is no token, a sentence is empty, a logarithm is above zero or not a number, the
        base is not above 1, or the perplexity is larger than a float can be.

    Notes
    -----
    Page ``language-perplexity``, equation ``lm-perplexity``.
    """
    base = check_number("base", base, above=1)
    mean = mean_surprise(log_probabilities)
    if math.isinf(mean):
        return math.inf
    try:
        return float(base**mean)
    except OverflowError:
        raise ValueError(
            f"log_probabilities must give a perplexity that a float can hold, got {base:g} to the "
            f"power {mean:g}. Use mean_surprise, which is its logarithm."
        ) from None


def mean_surprise(log_probabilities: LogProbabilities) -> float:
    """Mean of the negative logarithms over all predicted tokens: the logarithm of the perplexity.

    Parameters
    ----------
    log_probabilities : array_like of shape (n_tokens,), or sequence of such, one for each sentence

    Returns
    -------
    float
        From 0 on, in the unit of the logarithms: nats if they are natural, bits if to base 2.

    Raises
    ------
    ValueError
        If there is no token, a sentence is empty, or a logarithm is above zero or not a number.

    Notes
    -----
    Page ``language-perplexity``, equation ``lm-perplexity``.
    """
    logs = _all_tokens(log_probabilities)
    return 0.0 - math.fsum(logs / len(logs))  # divided first: their sum may be too large


def bits_per_character(
    log_probabilities: LogProbabilities, n_characters: int, base: float = math.e
) -> float:
    """Bits that a model needs for a character of a text, whatever its tokens are.

    Parameters
    ----------
    log_probabilities : array_like of shape (n_tokens,), or sequence of such, one for each sentence
    n_characters : int
        Length of the text, counted in the same way for all models that are compared. Where models
        predict the ends of sentences, count one character for each end.
    base : float, optional
        Of the logarithms.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `perplexity`, or if `n_characters` is below one.

    Notes
    -----
    Page ``language-perplexity``, equation ``lm-bits``.
    """
    base = check_number("base", base, above=1)
    n_characters = check_integer("n_characters", n_characters)
    logs = _all_tokens(log_probabilities)
    bits = mean_surprise(logs) * math.log2(base) * (len(logs) / n_characters)
    if math.isinf(bits) and np.isfinite(logs).all():
        raise ValueError(
            "log_probabilities must give a number of bits that a float can hold, got more."
        )
    return bits


def entropy(p: ArrayLike, base: float = 2) -> float:
    """Mean surprise of a choice whose probabilities are known.

    Parameters
    ----------
    p : array_like of shape (n,)
        Probabilities, which sum to one.
    base : float, optional
        2 for bits.

    Returns
    -------
    float
        Between 0, where one outcome is certain, and the logarithm of n, where all are equally
        likely.

    Raises
    ------
    ValueError
        If `p` holds no probabilities, or the base is not above 1.

    Notes
    -----
    Page ``language-perplexity``, equation ``lm-entropy``.
    """
    return cross_entropy(p, p, base)


def cross_entropy(p: ArrayLike, q: ArrayLike, base: float = 2) -> float:
    """Mean surprise of a model that believes in q, where p is true.

    Parameters
    ----------
    p, q : array_like of shape (n,)
        Probabilities, each of which sum to one.
    base : float, optional
        2 for bits.

    Returns
    -------
    float
        Infinity if something possible has probability zero in `q`.

    Raises
    ------
    ValueError
        If `p` or `q` holds no probabilities, their lengths differ, or the base is not above 1.

    Notes
    -----
    Page ``language-perplexity``, equation ``lm-cross-entropy``.
    """
    base = check_number("base", base, above=1)
    true = _check_probabilities("p", p)
    believed = _check_probabilities("q", q)
    check_shape("q", believed, "n", n=len(true))
    possible = true > 0
    with np.errstate(divide="ignore"):
        surprises = -np.log(believed[possible])
    return 0.0 + math.fsum(true[possible] * surprises) / math.log(base)


def _all_tokens(log_probabilities: Any) -> NDArray[np.float64]:
    """Return the logarithms of all tokens of all sentences in one row."""
    sentences = [log_probabilities]
    if _has_axes(log_probabilities) and any(map(_has_axes, log_probabilities)):
        sentences = list(log_probabilities)
    rows = [_check_row(row) for row in sentences]
    if any(not len(row) for row in rows):
        number = next(n for n, row in enumerate(rows) if not len(row))
        where = f"in sentence {number}" if len(rows) > 1 else "at all"
        raise ValueError(
            f"log_probabilities must hold at least one predicted token, got none {where}. "
            "Even an empty sentence has an end to predict."
        )
    return np.concatenate(rows)


def _has_axes(value: Any) -> bool:
    """Whether a value holds others: a list, or an array that is no single number."""
    return isinstance(value, (list, tuple)) or np.ndim(value) > 0


def _check_row(row: Any) -> NDArray[np.float64]:
    """Return the logarithms of one sentence; minus infinity is one of them."""
    check_shape("log_probabilities", row, "n_tokens")
    if np.ma.isMaskedArray(row):
        raise ValueError(
            "log_probabilities must hold predicted tokens only, got a masked array. "
            "Use compressed() first."
        )
    array = np.asarray(row)
    impossible = np.isneginf(array) if array.dtype.kind == "f" else np.zeros(len(array), bool)
    logs = np.full(len(array), -np.inf)
    logs[~impossible] = check_numbers(
        "log_probabilities", array[~impossible], at_most=0,
        repair="Give logarithms of probabilities; what rounding left above 0, set to 0.",
    )  # fmt: skip
    return logs


def _check_probabilities(name: str, value: Any) -> NDArray[np.float64]:
    """Return probabilities that sum to one, but for rounding."""
    shares = check_numbers(name, value, at_least=0, at_most=1)
    check_shape(name, shares, "n")
    total = math.fsum(shares)
    if abs(total - 1) > ROUNDING:
        raise ValueError(f"{name} must sum to one, got {total:.7g}. Divide by the sum first.")
    return shares
