"""Pairs of sentences as the translator gets them: split, in tokens, and in batches.

Nothing here needs TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.language.bpe import Tokenizer, learn_merges
from unrolled.language.corpora import Corpus, split_by_source
from unrolled.shapes import check_generator, check_integer

__all__ = [
    "BOS",
    "EOS",
    "LENGTHS",
    "PAD",
    "SPECIAL",
    "Batch",
    "Pairs",
    "Parts",
    "draw_batches",
    "encode_pairs",
    "learn_tokenizer",
    "pad",
    "pad_pairs",
    "split",
]

Pairs = Sequence[tuple[list[int], list[int]]]

SPECIAL = ("[PAD]", "[BOS]", "[EOS]")
"""Names of the tokens that stand for no text: padding, and both ends of a sentence."""
PAD, BOS, EOS = range(len(SPECIAL))
LENGTHS = (8, 10, 12, 14, 17, 22, 30, 48)
"""To which sentences are padded in training; for each length a graph is compiled once."""
N_TOKENS = 6000  # of the vocabulary
HELD_OUT = 0.02  # share of the English sentences for the test, and as many for the choices before


class Parts(NamedTuple):
    """A corpus in three parts; no English sentence stands in two of them."""

    training: Corpus
    development: Corpus
    test: Corpus


class Batch(NamedTuple):
    """Sentences that were padded to one length; rows of nothing but padding fill it up."""

    source: NDArray[np.int32]  # (rows, n): BOS, tokens, EOS, padding
    target: NDArray[np.int32]  # (rows, n + 1): the same; read without the last, predicted from 1 on


def split(corpus: Corpus, held_out: float = HELD_OUT) -> Parts:
    """Split a corpus by its English sentences, the same way on every machine.

    Parameters
    ----------
    corpus : Corpus
    held_out : float, optional
        Share of the sentences for the test, and as many for development; from 0 to 1/2.

    Returns
    -------
    Parts

    Raises
    ------
    ValueError
        If the share is out of range.
    """
    _, test = split_by_source(corpus, held_out)
    training, held = split_by_source(corpus, 2 * held_out)
    tested = {source for source, _ in test.pairs}
    others = tuple(pair for pair in held.pairs if pair[0] not in tested)
    return Parts(training, held._replace(pairs=others), test)


def learn_tokenizer(corpus: Corpus, n_tokens: int = N_TOKENS) -> Tokenizer:
    """Learn one vocabulary for both languages.

    Parameters
    ----------
    corpus : Corpus
        Its training part.
    n_tokens : int, optional
        Of the vocabulary, special tokens and bytes included.

    Returns
    -------
    Tokenizer
        With `SPECIAL` first.

    Raises
    ------
    ValueError
        If there is no room for merges.
    """
    n_merges = check_integer("n_tokens", n_tokens) - len(SPECIAL) - 256
    lines = (sentence for pair in corpus.pairs for sentence in pair)
    return Tokenizer(learn_merges(lines, check_integer("n_tokens - 259", n_merges)), SPECIAL)


def encode_pairs(corpus: Corpus, tokenizer: Tokenizer) -> list[tuple[list[int], list[int]]]:
    """Turn pairs of sentences into ids, with both ends of a sentence.

    Parameters
    ----------
    corpus : Corpus
    tokenizer : Tokenizer
        With `SPECIAL` first.

    Returns
    -------
    list of (list of int, list of int)
        Source and target: BOS, tokens, EOS.
    """
    return [
        ([BOS, *tokenizer.encode(source), EOS], [BOS, *tokenizer.encode(target), EOS])
        for source, target in corpus.pairs
    ]


def draw_batches(
    pairs: Pairs, n_positions: int, *, rng: np.random.Generator
) -> tuple[list[Batch], int]:
    """Put pairs of about one length together, in random order.

    Parameters
    ----------
    pairs : sequence of (sequence of int, sequence of int)
        From `encode_pairs`.
    n_positions : int
        Positions of a batch, padding included; at least the largest of `LENGTHS`.
    rng : numpy.random.Generator

    Returns
    -------
    batches : list of Batch
        Each of as many rows of one of the `LENGTHS` as `n_positions` has room for.
    n_left_out : int
        Pairs that are longer than all of them.

    Raises
    ------
    ValueError
        If the batches have no room for a row, or `rng` is not a generator.
    """
    check_generator("rng", rng)
    check_integer("n_positions", n_positions, at_least=LENGTHS[-1])
    longest = [max(len(source), len(target) - 1) for source, target in pairs]
    bucket = np.searchsorted(LENGTHS, longest)
    order = rng.permutation(len(pairs))
    batches = []
    for number, length in enumerate(LENGTHS):
        rows = order[bucket[order] == number]
        n_rows = n_positions // length
        for start in range(0, len(rows), n_rows):
            chosen = [pairs[row] for row in rows[start : start + n_rows]]
            batches.append(pad_pairs(chosen, n_rows, length))
    numbers = rng.permutation(len(batches))
    return [batches[n] for n in numbers], int(np.count_nonzero(bucket == len(LENGTHS)))


def pad_pairs(pairs: Pairs, n_rows: int, length: int) -> Batch:
    """Put pairs into a batch.

    Parameters
    ----------
    pairs : sequence of (sequence of int, sequence of int)
    n_rows : int
        At least as many as there are pairs.
    length : int
        Of the source; the target may have one more.

    Returns
    -------
    Batch
    """
    nothing: list[list[int]] = [[]] * (n_rows - len(pairs))
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    return Batch(pad(sources + nothing, length), pad(targets + nothing, length + 1))


def pad(sentences: Sequence[Sequence[int]], length: int | None = None) -> NDArray[np.int32]:
    """Put sentences into one array.

    Parameters
    ----------
    sentences : sequence of sequence of int
    length : int, optional
        Of the rows; that of the longest sentence when None.

    Returns
    -------
    ndarray of int32, of shape (n_sentences, length)
        With `PAD` behind the shorter ones.
    """
    longest = max(map(len, sentences), default=0)
    ids = np.full((len(sentences), longest if length is None else length), PAD, np.int32)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = sentence
    return ids
