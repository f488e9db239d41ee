import json
from pathlib import Path

import numpy as np

from unrolled.experiments import word_contexts
from unrolled.experiments.word_contexts import share_of_frequent, translation_counts
from unrolled.experiments.word_vectors import english_text
from unrolled.language.corpora import Corpus

KEPT = Path(__file__).parents[3] / "book" / "language" / "word-contexts.json"
PAIRS = (
    ("I see it and see you.", "Ich sehe es und sehe dich."),
    ("You see.", "Siehst du?"),
    ("Stop!", "Halt!"),
)
SMALL = Corpus("a small corpus", PAIRS, "0123", "ourselves")


def test_translations_by_hand():
    """Of the German words only "sehe" occurs twice, so with one context it is that."""
    counts = translation_counts(SMALL, ("see", "you", "stop"), 1)
    assert counts.tolist() == [[4], [2], [0]]  # "see" twice beside "sehe" twice


def test_all_translations_add_up():
    words = english_text(SMALL).words
    counts = translation_counts(SMALL, words, 100)
    assert counts.sum() == 6 * 6 + 2 * 2 + 1
    assert counts[words.index("stop")].sum() == 1


def test_share_of_frequent_words(monkeypatch):
    monkeypatch.setattr(word_contexts, "N_FREQUENT", 1)
    text = english_text(SMALL)
    share = share_of_frequent(text, 1.0, rng=np.random.default_rng(7))
    assert text.words[0] == "see"
    assert share == 7 / 20  # six of the 18 pairs of the first sentence, one of two of the second


def test_committed_numbers_are_complete():
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert set(kept["contexts"]) == {"near words", "words within ten", "German words"}
    for found in kept["contexts"].values():
        assert set(found["neighbours"]) == set(word_contexts.SHOWN)
    for found in kept["choices"].values():
        assert len(found["in and in"]) == word_contexts.N_SEEDS
