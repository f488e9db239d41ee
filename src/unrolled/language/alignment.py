"""Which word of one language belongs to which of the other, learnt from pairs of sentences alone.

IBM's first model: a word is translated by one word of the source, wherever that stands. It knows
nothing of order, and nothing of any network.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_integer

__all__ = ["WordTranslations", "align", "learn_word_translations"]

Ids = Sequence[int]


class WordTranslations(NamedTuple):
    """How probable a target word is for a source word, for all that met in a pair."""

    meetings: NDArray[np.int64]  # (n_meetings,) source * n_words + target, increasing
    probabilities: NDArray[np.float64]  # (n_meetings,) those of a source word sum to one
    n_words: int


def learn_word_translations(
    pairs: Sequence[tuple[Ids, Ids]], n_words: int, *, n_rounds: int = 5
) -> WordTranslations:
    """Learn from pairs of sentences which words translate each other.

    Parameters
    ----------
    pairs : sequence of (sequence of int, sequence of int)
        Ids of the words of a source and of its translation. Begin each source with an id for the
        empty word, to which target words may belong that translate nothing.
    n_words : int
        All ids are below.
    n_rounds : int, optional
        Of expectation and maximisation.

    Returns
    -------
    WordTranslations

    Raises
    ------
    ValueError
        If there is no pair, a sentence is empty, or an id is out of range.

    Notes
    -----
    Brown et al. (1993), model 1. Page ``what-heads-look-at``.
    """
    n_words = check_integer("n_words", n_words)
    check_integer("n_rounds", n_rounds)
    if not pairs:
        raise ValueError("pairs must hold at least one pair, got none.")
    for number, pair in enumerate(pairs):
        for ids in pair:
            if not len(ids) or min(ids) < 0 or max(ids) >= n_words:
                raise ValueError(
                    f"pairs[{number}] must be two sentences of ids from 0 to {n_words - 1}, got "
                    f"{pair}."
                )
    met = [_meetings(*pair, n_words) for pair in pairs]
    meetings, place = np.unique(
        np.concatenate([each.T.ravel() for each in met]), return_inverse=True
    )
    n_sources = np.concatenate([np.full(each.shape[1], len(each)) for each in met])
    word = np.repeat(np.arange(len(n_sources)), n_sources)  # of the targets, all counted through
    source = meetings // n_words
    probabilities = np.ones(len(meetings))
    for _ in range(n_rounds):
        shares = probabilities[place]
        shares /= np.bincount(word, shares)[word]
        counts = np.bincount(place, shares)
        probabilities = counts / np.bincount(source, counts)[source]
    return WordTranslations(meetings, probabilities, n_words)


def align(table: WordTranslations, source: Ids, target: Ids) -> NDArray[np.int64]:
    """Find for each word of a translation the source word that it most probably belongs to.

    Parameters
    ----------
    table : WordTranslations
    source, target : sequence of int

    Returns
    -------
    ndarray of int of shape (n_target,)
        Places in the source; -1 for a word that met none of them.
    """
    met = _meetings(source, target, table.n_words)
    place = np.minimum(np.searchsorted(table.meetings, met), len(table.meetings) - 1)
    found = np.where(table.meetings[place] == met, table.probabilities[place], 0.0)
    return np.where(found.max(axis=0) > 0, found.argmax(axis=0), -1)


def _meetings(source: Ids, target: Ids, n_words: int) -> NDArray[np.int64]:
    """Give each pair of a source word and a target word a number, (n_source, n_target)."""
    met: NDArray[np.int64] = np.asarray(source)[:, None] * n_words + np.asarray(target)
    return met
