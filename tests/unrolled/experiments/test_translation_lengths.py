"""Tokens, the overlap of bigrams, mirrored texts, and the committed trainings."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.experiments import translation_lengths
from unrolled.experiments.translation_lengths import bigram_overlap, mirrored, tokens_of

COMMITTED = Path(__file__).parents[3] / "book/translation/lengths.json"
WORDS = st.lists(st.sampled_from("abc"), max_size=7)


def test_tokens_by_hand():
    assert tokens_of("We'll call you, won’t we?") == (
        "We'll",
        "call",
        "you",
        ",",
        "won’t",
        "we",
        "?",
    )
    assert tokens_of("„Über 3,5 Fuß!“") == ("„", "Über", "3", ",", "5", "Fuß", "!", "“")
    assert tokens_of(" ") == ()


def test_overlap_by_hand():
    """Of the 4 pairs of "a b c" and the 4 of "a c b" only that of the beginning is shared."""
    assert bigram_overlap("abc", "acb") == 2 * 1 / 8
    assert bigram_overlap("aab", "aaab") == 2 * 4 / 9
    assert bigram_overlap("", "a") == 0
    assert bigram_overlap("", "") == 1


@given(WORDS, WORDS)
def test_overlap_is_symmetric_and_at_most_one(one, other):
    overlap = bigram_overlap(one, other)
    assert overlap == bigram_overlap(other, one)
    assert 0 <= overlap <= 1
    assert bigram_overlap(one, one) == 1
    if len(one) != len(other):
        assert overlap < 1


def test_overlap_notices_the_order():
    assert bigram_overlap("abcd", "dcba") == 0


def test_mirrored_texts_are_the_same_backwards():
    texts, backwards = mirrored(300, 5, 7, rng=np.random.default_rng(7))
    for text, other in zip(texts, backwards, strict=True):
        assert other == list(reversed(text))
    assert {len(text) for text in texts} == {2, 3, 4, 5, 6, 7}
    assert {letter for text in texts for letter in text} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((0, 5, 7), "n_texts must be at least 1, got 0."),
        ((3, 0, 7), "n_letters must be at least 1, got 0."),
        ((3, 5, 1), "longest must be at least 2, got 1."),
    ],
)
def test_what_does_not_fit_is_named(arguments, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        mirrored(*arguments, rng=np.random.default_rng(7))
    with pytest.raises(ValueError, match=re.escape("rng must be a numpy.random.Generator")):
        mirrored(3, 5, 7, rng=7)


def test_the_whole_of_it_on_a_few_pairs(monkeypatch):
    """The program runs from the corpus to the results, and every held-out source is new."""
    from unrolled.language.corpora import OWN, open_corpus, split_by_source

    corpus = open_corpus(OWN)
    held_out = sorted({source for source, _ in split_by_source(corpus)[1].pairs})
    for name, value in {
        "KINDS": ("none", "dot"), "SEEDS": (1, 2), "N_WORDS": 5000, "N_DIMS": 3, "N_HIDDEN": 5,
        "PHASES": ((0.01, 3), (0.002, 2)), "LENGTHS": range(4, 9), "SHOWN": (),
    }.items():  # fmt: skip
        monkeypatch.setattr(translation_lengths, name, value)
    text = translation_lengths._text(corpus)
    assert len(text.sources) == len(split_by_source(corpus)[0].pairs)
    for judged in text.judged.values():
        for source, known in judged:
            same = [target for s, target in corpus.pairs if tokens_of(s) == source]
            assert any(tokens_of(s) == source for s in held_out)
            assert [*map(tokens_of, same)] == known


def test_committed_results_are_complete():
    kept = json.loads(COMMITTED.read_text(encoding="utf-8"))
    n_lengths = len(translation_lengths.LENGTHS)
    assert list(kept["runs"]) == list(translation_lengths.KINDS)
    for runs in kept["runs"].values():
        assert len(runs) == len(translation_lengths.SEEDS)
        assert all(len(numbers) == n_lengths for run in runs for numbers in run.values())
    for found in kept["shown"].values():
        for sentence, each in zip(translation_lengths.SHOWN, found, strict=True):
            assert tuple(each["source"]) == tokens_of(sentence)
            weights = np.array(each["weights"])
            assert weights.shape[1] == len(each["source"]) + 1
            np.testing.assert_allclose(weights.sum(axis=1), 1, atol=0.004)
    assert not any(kept["seen"])
