"""Vectors of the most frequent English words of the corpus, learnt in two ways.

As a program, ``python -m unrolled.experiments.word_vectors book/language/word-vectors.npz`` reads
the English sentences of the corpus and writes the vectors, rounded to seven bits, for the pages.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.language.cooccurrence import (
    Text,
    count_together,
    index_text,
    positive_pmi,
    truncated_svd,
    words_of,
)
from unrolled.language.corpora import Corpus, open_corpus
from unrolled.language.embeddings import cosines
from unrolled.language.skip_gram import train_skip_gram

__all__ = [
    "GROUPS",
    "WordVectors",
    "english_text",
    "open_word_vectors",
    "svd_vectors",
    "within_groups",
]

N_WORDS, N_DIMS, WINDOW = 3000, 50, 2
TRAINING: Mapping[str, Any] = {
    "window": WINDOW,
    "n_epochs": 15,
    "n_noise": 5,
    "noise_power": 0.75,
    "threshold": 1e-3,
    "learning_rate": 0.05,
    "batch_size": 256,
}
N_PARTS = 60  # of the training, for the curve of its loss
LICENCE = (
    "Vectors computed from sentences of tatoeba.org, collected by manythings.org/anki;"
    " CC BY 2.0 FR (https://creativecommons.org/licenses/by/2.0/fr/)"
)

# Words that speakers of English put into one group: what vectors are held against.
GROUPS: Mapping[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, words in {
        "weekdays": "monday tuesday wednesday thursday friday saturday sunday",
        "months": "january february march april may june july august september october november"
        " december",
        "numbers": "two three four five six seven eight nine ten twenty thirty fifty hundred",
        "colours": "red blue green yellow white black brown gray pink orange",
        "family": "father mother brother sister son daughter uncle aunt cousin grandfather"
        " grandmother wife husband",
        "countries": "japan america germany france england italy spain china australia canada"
        " korea europe africa",
        "cities": "boston tokyo london paris kyoto osaka chicago rome",
        "languages": "french english german spanish japanese chinese italian",
        "seasons": "spring summer autumn winter",
        "animals": "dog cat horse bird fish dogs cats birds horses cow elephant mouse rabbit lion"
        " tiger bear snake",
        "food": "bread cheese meat rice apple apples sugar cake chocolate fruit eggs vegetables"
        " potatoes soup salad",
        "drinks": "coffee tea beer wine milk water juice",
        "body": "eyes hair hand hands arm arms leg legs head face nose mouth teeth heart ears"
        " finger fingers foot feet back",
        "clothes": "shirt shoes hat coat dress tie jacket pants socks gloves",
        "rooms": "kitchen bathroom bedroom room garden garage",
        "vehicles": "car bus train taxi bicycle plane boat ship truck",
        "jobs": "doctor teacher lawyer nurse policeman student writer singer artist engineer"
        " farmer dentist",
        "weather": "rain snow wind storm rainy sunny cloudy",
        "feelings": "happy sad angry tired hungry thirsty sick afraid lonely glad",
        "subjects": "mathematics history music science art chemistry biology physics",
        "sports": "tennis soccer baseball basketball football golf chess",
    }.items()
}


class WordVectors(NamedTuple):
    """Vectors of the most frequent words, and where they come from."""

    words: tuple[str, ...]  # most frequent first
    counts: NDArray[np.int64]  # (n_words,)
    skip_gram: NDArray[np.float64]  # (n_words, n_dims)  in-vectors
    svd: NDArray[np.float64]  # (n_words, n_dims)  singular vectors of the PPMI matrix
    losses: NDArray[np.float64]  # (n_parts,)  mean loss of a pair, in equal parts of the training
    about: Mapping[str, Any]  # corpus, digest, licence, and how they were made


def english_text(corpus: Corpus, n_words: int = N_WORDS) -> Text:
    """Read the English sentences of a corpus, each once, as numbers.

    Parameters
    ----------
    corpus : Corpus
    n_words : int, optional
        Largest size of the vocabulary.

    Returns
    -------
    Text
    """
    return index_text(map(words_of, dict.fromkeys(pair[0] for pair in corpus.pairs)), n_words)


def svd_vectors(counts: ArrayLike, n_dims: int, *, power: float = 0.75) -> NDArray[np.float64]:
    """Compute vectors of words from counts of words that occur together.

    Parameters
    ----------
    counts : array_like of shape (n_words, n_words)
    n_dims : int
    power : float, optional
        See `positive_pmi`.

    Returns
    -------
    ndarray of shape (n_words, n_dims)
        Left singular vectors times singular values.
    """
    factors = truncated_svd(positive_pmi(counts, power=power), n_dims)
    return factors.left * factors.values  # type: ignore[no-any-return]


def within_groups(
    words: Sequence[str],
    vectors: ArrayLike,
    groups: Mapping[str, Sequence[str]] = GROUPS,
) -> dict[str, bool]:
    """Say of each word in a group whether its nearest neighbour belongs to the same group.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    vectors : array_like of shape (n_words, n_dims)
    groups : mapping of str to sequence of str, optional

    Returns
    -------
    dict of str to bool
        For each word of a group that is in the vocabulary.
    """
    number = {word: place for place, word in enumerate(words)}
    near = cosines(vectors)
    np.fill_diagonal(near, -2)
    nearest = near.argmax(axis=1)
    return {
        word: words[nearest[number[word]]] in group
        for group in groups.values()
        for word in group
        if word in number
    }


def open_word_vectors(path: str | Path) -> WordVectors:
    """Open the vectors that this module wrote as a program.

    Parameters
    ----------
    path : str or Path
        ``book/language/word-vectors.npz``.

    Returns
    -------
    WordVectors
    """
    with np.load(path) as kept:
        return WordVectors(
            tuple(str(word) for word in kept["words"]),
            kept["counts"].astype(np.int64),
            kept["skip_gram"] * kept["skip_gram_scale"].astype(float),
            kept["svd"] * kept["svd_scale"].astype(float),
            kept["losses"].astype(float),
            json.loads(str(kept["about"])),
        )


def _rounded(name: str, vectors: NDArray[Any]) -> dict[str, Any]:
    """Write each vector as integers from -63 to 63 times a scale of its own."""
    scale = np.abs(vectors).max(axis=1, keepdims=True).astype(np.float32) / 63
    return {name: np.rint(vectors / scale).astype(np.int8), f"{name}_scale": scale}


def _write(path: Path) -> None:
    """Learn the vectors and write them."""
    corpus = open_corpus()
    text = english_text(corpus)
    print(f"{corpus.name}: {len(text.ids)} words of {len(text.words)} kinds", flush=True)
    by_svd = svd_vectors(count_together(text, WINDOW), N_DIMS)
    _report("PPMI and SVD", text, by_svd)
    run = train_skip_gram(text, N_DIMS, rng=np.random.default_rng(7), **TRAINING)
    _report(f"skip-gram, {run.n_pairs} pairs", text, run.params.v)
    about = {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "licence": LICENCE,
        "training": {**TRAINING, "n_pairs": run.n_pairs},
    }
    np.savez_compressed(
        path,
        words=np.array(text.words),
        counts=text.counts.astype(np.int32),
        losses=np.array([part.mean() for part in np.array_split(run.losses, N_PARTS)], np.float32),
        about=np.array(json.dumps(about)),
        **_rounded("skip_gram", run.params.v),
        **_rounded("svd", by_svd),
    )


def _report(name: str, text: Text, vectors: NDArray[Any]) -> None:
    inside = within_groups(text.words, vectors)
    share = sum(inside.values()) / len(inside)
    print(f"{name}: {share:.3f} of {len(inside)} nearest neighbours in the group", flush=True)


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
