import os
from pathlib import Path

import numpy as np
import pytest

from unrolled.experiments import word_vectors
from unrolled.experiments.word_vectors import (
    GROUPS,
    english_text,
    open_word_vectors,
    svd_vectors,
    within_groups,
)
from unrolled.language.cooccurrence import count_together
from unrolled.language.corpora import Corpus, open_corpus

KEPT = Path(__file__).parents[3] / "book" / "language" / "word-vectors.npz"
PAIRS = (
    ("I see a red car.", "Ich sehe ein rotes Auto."),
    ("I see a red car.", "Ich sehe einen roten Wagen."),
    ("I see a blue car.", "Ich sehe ein blaues Auto."),
    ("Go home!", "Geh heim!"),
    ("You eat bread and butter.", "Ihr esst Brot und Butter."),
)
SMALL = Corpus("a small corpus", PAIRS, "0123", "ourselves")


def test_each_english_sentence_is_read_once():
    text = english_text(SMALL)
    assert text.words[:4] == ("i", "see", "a", "car")
    assert text.counts.tolist() == [2] * 4 + [1] * 9
    assert len(english_text(SMALL, 3).ids) == 6


def test_words_with_the_same_company_have_the_same_vector():
    text = english_text(SMALL)
    vectors = svd_vectors(count_together(text, 2), 7)
    red, blue = text.words.index("red"), text.words.index("blue")
    assert np.abs(vectors[red]).max() > 0.1
    np.testing.assert_allclose(vectors[red], vectors[blue], atol=1e-12)


def test_groups_by_hand():
    words = ["red", "tea", "blue", "beer", "table"]
    vectors = np.array([[1.0, 0.0], [0.1, 1.0], [0.9, 0.1], [-1.0, 1.0], [0.2, 0.9]])
    groups = {"colours": ["red", "blue", "green"], "drinks": ["tea", "beer"]}
    found = within_groups(words, vectors, groups)
    assert found == {"red": True, "blue": True, "tea": False, "beer": True}


def test_groups_name_each_word_once():
    words = [word for group in GROUPS.values() for word in group]
    assert len(set(words)) == len(words)


def test_what_is_written_is_what_was_learnt(tmp_path, monkeypatch):
    monkeypatch.setattr(word_vectors, "open_corpus", lambda: SMALL)
    monkeypatch.setattr(word_vectors, "GROUPS", {"colours": ("red", "blue")})
    monkeypatch.setattr(word_vectors, "N_DIMS", 11)
    monkeypatch.setattr(word_vectors, "N_PARTS", 5)
    word_vectors._write(tmp_path / "vectors.npz")
    kept, text = open_word_vectors(tmp_path / "vectors.npz"), english_text(SMALL)
    assert kept.words == text.words
    assert kept.counts.tolist() == text.counts.tolist()
    assert kept.skip_gram.shape == kept.svd.shape == (13, 11)
    assert kept.about["corpus"] == SMALL.name
    assert kept.about["digest"] == SMALL.digest
    exact = svd_vectors(count_together(text, word_vectors.WINDOW), 11)
    np.testing.assert_allclose(kept.svd, exact, atol=0.51 * np.abs(exact).max() / 63)
    assert len(kept.losses) == 5


def test_committed_file_is_small_and_complete():
    kept = open_word_vectors(KEPT)
    assert KEPT.stat().st_size < 300_000
    assert kept.skip_gram.shape == kept.svd.shape == (3000, 50)
    assert len(set(kept.words)) == 3000
    assert (np.diff(kept.counts) <= 0).all()
    for vectors in (kept.skip_gram, kept.svd):
        assert np.isfinite(vectors).all()
        inside = within_groups(kept.words, vectors)
        assert np.mean(list(inside.values())) > 0.55
    assert "CC BY" in kept.about["licence"]


@pytest.mark.skipif(
    not os.environ.get("UNROLLED_DATA"), reason="UNROLLED_DATA does not say where the corpus is"
)
def test_committed_words_are_those_of_the_corpus():
    kept, corpus = open_word_vectors(KEPT), open_corpus()
    if corpus.digest != kept.about["digest"]:
        pytest.skip("this machine has another version of the corpus")
    text = english_text(corpus)
    assert kept.words == text.words
    assert kept.counts.tolist() == text.counts.tolist()
