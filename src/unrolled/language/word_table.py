"""A table that translates word for word, learnt from pairs of sentences: IBM's Model 1.

Nobody says which word of a translation belongs to which word of the source. The table is found by
guessing this from the table, counting what was guessed, and so on: expectation maximisation.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_integer, check_integers

__all__ = ["NOTHING", "word_for_word", "word_table"]

NOTHING = 0  # the id of no word, to which a target word without a counterpart may belong

Floats = NDArray[np.float64]
Sentences = Sequence[Sequence[int]]


def word_table(
    sources: Sentences, targets: Sentences, n_source: int, n_target: int, *, n_rounds: int = 5
) -> Floats:
    """Learn how probable each target word is as the translation of each source word.

    Parameters
    ----------
    sources, targets : sequence of sequence of int
        Word ids, from 1 on; 0 is `NOTHING`, which every source gets as one more word.
    n_source, n_target : int
        Numbers of different ids, with 0.
    n_rounds : int, optional
        How often the table is made anew.

    Returns
    -------
    ndarray of shape (n_source, n_target)
        Each row sums to one; that of a word which never occurs is zero.

    Raises
    ------
    ValueError
        If the numbers of sources and targets differ, there is no word of a target, or an id or a
        size is not as described.

    Notes
    -----
    Brown et al. (1993), Model 1. All words of a source are equally likely to be the one that a
    target word belongs to, wherever they stand. Page ``sequence-to-sequence``.
    """
    n_source, n_target = check_integer("n_source", n_source), check_integer("n_target", n_target)
    n_rounds = check_integer("n_rounds", n_rounds)
    if len(sources) != len(targets):
        raise ValueError(
            f"targets must hold as many sentences as sources, {len(sources)}, got {len(targets)}."
        )
    _check_words("sources", sources, n_source)
    _check_words("targets", targets, n_target)
    cells, places = _meetings(sources, targets, n_target)
    if not len(cells):
        raise ValueError("targets must hold at least one word, got none.")
    shares = np.ones(len(cells))
    for _ in range(n_rounds):
        shares /= np.bincount(places, shares)[places]  # of a target word, among the source words
        counts = np.bincount(cells, shares, n_source * n_target).reshape(n_source, n_target)
        totals = counts.sum(axis=1, keepdims=True)
        table: Floats = counts / np.where(totals, totals, 1)
        shares = table.ravel()[cells]
    return table


def word_for_word(table: Floats, source: Sequence[int]) -> list[int]:
    """Replace each word by its most probable translation, and keep the order.

    Parameters
    ----------
    table : ndarray of shape (n_source, n_target)
        From `word_table`.
    source : sequence of int

    Returns
    -------
    list of int
        As many words as the source has.

    Raises
    ------
    ValueError
        If a word is not in the table.
    """
    if not len(source):
        return []
    words = check_integers("source", source, at_least=1, at_most=len(table) - 1)
    found: list[int] = table[words].argmax(axis=1).tolist()
    return found


def _meetings(sources: Sentences, targets: Sentences, n_target: int) -> tuple[Any, Any]:
    """Say for each target word, and each source word beside it, which cell of the table it means.

    Returns the cells and, for each of them, the place of the target word in the whole text.
    """
    cells, places, n_before = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for source, target in zip(sources, targets, strict=True):
        rows, columns = np.array([NOTHING, *source]), np.array(target, np.int64)
        cells.append((rows * n_target + columns[:, None]).ravel())
        places.append(np.repeat(np.arange(n_before, n_before + len(columns)), len(rows)))
        n_before += len(columns)
    return np.concatenate(cells), np.concatenate(places)


def _check_words(name: str, sentences: Sentences, n_words: int) -> None:
    words = [word for sentence in sentences for word in sentence]
    if words:
        check_integers(name, words, at_least=1, at_most=n_words - 1, repair="0 stands for no word.")
