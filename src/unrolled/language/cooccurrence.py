"""Counts of words and of their neighbours in a text, and the vectors that follow from them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_integer, check_number, check_numbers, check_shape

__all__ = [
    "Factors",
    "Text",
    "count_together",
    "index_text",
    "neighbouring_pairs",
    "positive_pmi",
    "truncated_svd",
    "words_of",
]

WORD = re.compile(r"\w+(?:['-]\w+)*")


class Text(NamedTuple):
    """A text as numbers: what is a word has an id, and what is none is left out."""

    words: tuple[str, ...]  # the vocabulary, most frequent first; the place is the id
    counts: NDArray[np.int64]  # (n_words,)   how often each word occurs
    ids: NDArray[np.int64]  # (n_tokens,)  the text, one sentence after the other
    sentences: NDArray[np.int64]  # (n_tokens,)  the number of the sentence of each token


def words_of(sentence: str) -> list[str]:
    """Split a sentence into words in lower case, without punctuation marks.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    list of str
        An apostrophe or a hyphen inside a word belongs to it; a curly apostrophe becomes a
        straight one.

    Examples
    --------
    >>> words_of("You’ve got the T-shirt!")
    ["you've", 'got', 'the', 't-shirt']
    """
    return WORD.findall(sentence.lower().replace("’", "'"))


def index_text(sentences: Iterable[Sequence[str]], n_words: int | None = None) -> Text:
    """Give each word of a text a number, the most frequent ones first.

    Parameters
    ----------
    sentences : iterable of sequences of str
        Each sentence as its words.
    n_words : int, optional
        Largest size of the vocabulary; rarer words are left out of the text, as if they were not
        there. All words when None.

    Returns
    -------
    Text
        Of equally frequent words the one that occurs first has the smaller id.

    Raises
    ------
    ValueError
        If there is no word, or a sentence is one string.
    """
    read: list[Sequence[str]] = []
    for sentence in sentences:
        if isinstance(sentence, str):
            raise ValueError(
                f"sentences must be split into words, got the string {sentence[:30]!r}."
                " Split it with words_of first."
            )
        read.append(sentence)
    counted = Counter(word for sentence in read for word in sentence)
    if not counted:
        raise ValueError("sentences must hold at least one word, got none.")
    kept = counted.most_common(None if n_words is None else check_integer("n_words", n_words))
    number = {word: place for place, (word, _) in enumerate(kept)}
    tokens = [
        (number[word], place)
        for place, sentence in enumerate(read)
        for word in sentence
        if word in number
    ]
    ids, places = np.array(tokens, dtype=np.int64).T.copy()
    return Text(tuple(number), np.array([count for _, count in kept]), ids, places)


def neighbouring_pairs(
    ids: NDArray[np.int64], sentences: NDArray[np.int64], window: int
) -> NDArray[np.int64]:
    """List each two words of one sentence that are at most `window` places apart, in both orders.

    Parameters
    ----------
    ids, sentences : ndarray of int of shape (n_tokens,)
        Of a `Text`.
    window : int
        Largest distance, at least 1.

    Returns
    -------
    ndarray of int of shape (n_pairs, 2)
        The centre and one word of its context.

    Raises
    ------
    ValueError
        If the shapes differ, or `window` is below 1.

    Examples
    --------
    >>> neighbouring_pairs(np.array([5, 8, 6]), np.array([0, 0, 1]), window=2)
    array([[5, 8],
           [8, 5]])
    """
    window = check_integer("window", window)
    (n_tokens,) = check_shape("ids", ids, "n_tokens")
    check_shape("sentences", sentences, "n_tokens", n_tokens=n_tokens)
    found = []
    for apart in range(1, min(window, n_tokens - 1) + 1):
        (left,) = np.nonzero(sentences[apart:] == sentences[:-apart])
        found.append(np.stack([ids[left], ids[left + apart]], axis=1))
    pairs = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    return np.concatenate([pairs, pairs[:, ::-1]])


def count_together(text: Text, window: int) -> NDArray[np.int64]:
    """Count how often each two words occur near each other.

    Parameters
    ----------
    text : Text
    window : int
        Largest distance within a sentence, at least 1.

    Returns
    -------
    ndarray of int of shape (n_words, n_words)
        Symmetric. Two occurrences of one word near each other count twice, once for each.

    Raises
    ------
    ValueError
        If `window` is below 1.

    Notes
    -----
    Page ``word-vectors``.
    """
    n_words = len(text.words)
    centre, context = neighbouring_pairs(text.ids, text.sentences, window).T
    counts = np.bincount(centre * n_words + context, minlength=n_words**2)
    return counts.reshape(n_words, n_words)


def positive_pmi(counts: ArrayLike, *, power: float = 1.0) -> NDArray[np.float64]:
    """Compare how often words occur together with how often they would if they were independent.

    Parameters
    ----------
    counts : array_like of shape (n_words, n_contexts)
        How often each word occurs with each context; not negative, and not all zero.
    power : float, optional
        Above 0. Below 1 it makes rare contexts count as less rare than they are.

    Returns
    -------
    ndarray of shape (n_words, n_contexts)
        Pointwise mutual information in nats where it is positive, and zero elsewhere, also where
        a word or a context does not occur.

    Raises
    ------
    ValueError
        If a count is negative or not finite, all are zero, or `power` is not above 0.

    Notes
    -----
    Levy and Goldberg (2014); the power is that of Levy, Goldberg and Dagan (2015). Page
    ``word-vectors``, equations ``pointwise-information`` and ``positive-information``.
    """
    table = check_numbers("counts", counts, at_least=0)
    check_shape("counts", table, "n_words n_contexts")
    power = check_number("power", power, above=0)
    if not table.any():
        raise ValueError("counts must hold at least one pair, got zeros alone.")
    table = table / table.max()
    words, contexts = table.sum(axis=1), table.sum(axis=0) ** power
    chance = words[:, None] * (contexts / contexts.sum())
    met = table > 0
    ratio = np.divide(table, chance, out=np.ones_like(table), where=met)
    return np.maximum(np.log(ratio), 0)  # type: ignore[no-any-return]


class Factors(NamedTuple):
    """The largest part of a matrix: ``left * values @ right.T`` is the nearest one of its rank."""

    left: NDArray[Any]  # (n_rows, n_dims)     columns of norm one, at right angles
    values: NDArray[Any]  # (n_dims,)            not negative, the largest first
    right: NDArray[Any]  # (n_columns, n_dims)  columns of norm one, at right angles


def truncated_svd(matrix: ArrayLike, n_dims: int) -> Factors:
    """Compute the singular vectors of a matrix with the largest singular values.

    Parameters
    ----------
    matrix : array_like of shape (n_rows, n_columns)
    n_dims : int
        How many; at most the smaller size of the matrix.

    Returns
    -------
    Factors
        The entry of largest size in each column of `left` is positive, which makes signs unique.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Page ``word-vectors``, equation ``svd-word-vectors``.
    """
    table = check_numbers("matrix", matrix)
    n_rows, n_columns = check_shape("matrix", table, "n_rows n_columns")
    n_dims = check_integer("n_dims", n_dims, at_most=min(n_rows, n_columns))
    left, values, right = np.linalg.svd(table, full_matrices=False)
    left, right = left[:, :n_dims], right[:n_dims].T
    largest = np.abs(left).argmax(axis=0)
    signs = np.where(left[largest, np.arange(n_dims)] < 0, -1.0, 1.0)
    return Factors(left * signs, values[:n_dims], right * signs)
