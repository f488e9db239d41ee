"""What word vectors learn from other contexts, and from skip-gram with other choices.

As a program, ``python -m unrolled.experiments.word_contexts book/language/word-contexts.json``
measures both on the corpus of this machine and writes the numbers that the page shows.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.word_vectors import (
    N_DIMS,
    TRAINING,
    WINDOW,
    english_text,
    svd_vectors,
    within_groups,
)
from unrolled.language.cooccurrence import (
    Text,
    count_together,
    index_text,
    neighbouring_pairs,
    words_of,
)
from unrolled.language.corpora import Corpus, open_corpus
from unrolled.language.embeddings import neighbours
from unrolled.language.skip_gram import SkipGramParams, keep_probabilities, train_skip_gram

__all__ = ["share_of_frequent", "translation_counts"]

SHOWN = ("doctor", "dog", "open", "often", "coffee", "hot", "love", "big")
N_SHOWN, N_SEEDS, N_EPOCHS, N_FREQUENT, WIDE = 5, 5, 5, 50, 10


def translation_counts(corpus: Corpus, words: Sequence[str], n_contexts: int) -> NDArray[np.int64]:
    """Count how often each English word stands in a sentence whose translation has a German one.

    Parameters
    ----------
    corpus : Corpus
    words : sequence of str
        The English vocabulary.
    n_contexts : int
        How many of the most frequent German words are counted.

    Returns
    -------
    ndarray of int of shape (n_words, n_contexts)
    """
    number = {word: place for place, word in enumerate(words)}
    german = index_text((words_of(pair[1]) for pair in corpus.pairs), n_contexts)
    ends = np.searchsorted(german.sentences, np.arange(len(corpus.pairs) + 1))
    counts = np.zeros((len(words), len(german.words)), np.int64)
    for (source, _), start, end in zip(corpus.pairs, ends[:-1], ends[1:], strict=True):
        ids = np.array([number[word] for word in words_of(source) if word in number], np.int64)
        np.add.at(counts, np.ix_(ids, german.ids[start:end]), 1)
    return counts


def share_of_frequent(text: Text, threshold: float, *, rng: np.random.Generator) -> float:
    """Measure which share of the pairs has one of the most frequent words as its centre.

    Parameters
    ----------
    text : Text
    threshold : float
        See `keep_probabilities`.
    rng : numpy.random.Generator

    Returns
    -------
    float
    """
    kept = rng.random(len(text.ids)) < keep_probabilities(text.counts, threshold)[text.ids]
    pairs = neighbouring_pairs(text.ids[kept], text.sentences[kept], WINDOW)
    return float((pairs[:, 0] < N_FREQUENT).mean())


def _share(text: Text, vectors: NDArray[Any]) -> float:
    """Return the share of words of a group whose nearest neighbour is of the same group."""
    return float(np.mean(list(within_groups(text.words, vectors).values())))


def _contexts(corpus: Corpus, text: Text) -> dict[str, Any]:
    """Make vectors from three kinds of contexts, by the same lines of code."""
    kinds = {
        "near words": count_together(text, WINDOW),
        "words within ten": count_together(text, WIDE),
        "German words": translation_counts(corpus, text.words, len(text.words)),
    }
    found = {}
    for name, counts in kinds.items():
        vectors = svd_vectors(counts, N_DIMS)
        nearest = {
            word: [text.words[i] for i in neighbours(vectors, text.words.index(word), N_SHOWN)[0]]
            for word in SHOWN
        }
        found[name] = {"share": _share(text, vectors), "neighbours": nearest}
        print(name, found[name]["share"], flush=True)
    return found


def _choices(text: Text) -> dict[str, Any]:
    """Train with one choice changed at a time, for about as many pairs each."""
    as_usual = {**TRAINING, "n_epochs": N_EPOCHS}
    changes: dict[str, dict[str, Any]] = {
        "as usual": {},
        "no thinning": {"threshold": 1.0, "n_epochs": 3},  # as many pairs, and a few more
        "noise to the power 0": {"noise_power": 0.0},
        "noise to the power 1": {"noise_power": 1.0},
    }
    found: dict[str, Any] = {}
    for name, change in changes.items():
        runs = [
            train_skip_gram(text, N_DIMS, rng=np.random.default_rng(seed), **as_usual | change)
            for seed in range(N_SEEDS)
        ]
        found[name] = {
            "n_pairs": [run.n_pairs for run in runs],
            "in and in": [_share(text, run.params.v) for run in runs],
            "out and out": [_share(text, run.params.u) for run in runs],
        }
        print(name, found[name], flush=True)
        if not change:
            found[name]["company"] = _company(text, runs[0].params)
    return found


def _company(text: Text, params: SkipGramParams) -> dict[str, list[str]]:
    """List for some words those whose out-vectors have the largest products with them."""
    scores = {word: params.u @ params.v[text.words.index(word)] for word in SHOWN}
    return {
        word: [text.words[i] for i in np.argsort(-row)[:N_SHOWN]] for word, row in scores.items()
    }


def _write(path: Path) -> None:
    corpus = open_corpus()
    text = english_text(corpus)
    result = {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "contexts": _contexts(corpus, text),
        "choices": _choices(text),
        "frequent": {
            name: share_of_frequent(text, threshold, rng=np.random.default_rng(7))
            for name, threshold in (("as usual", TRAINING["threshold"]), ("no thinning", 1.0))
        },
    }
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
