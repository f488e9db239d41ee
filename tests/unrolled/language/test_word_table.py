"""A table of words learnt from pairs of sentences: by hand, by its laws, and against NLTK."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate import AlignedSent, IBMModel1

from unrolled.language.word_table import word_for_word, word_table

N_SOURCE, N_TARGET = 5, 7
SOURCES = [[1, 2], [1, 3], [2, 3, 4], [4, 4], []]
TARGETS = [[3, 1], [3, 5], [1, 5, 5, 2], [2], [6]]


def likelihood(table, sources, targets):
    """Logarithm of the probability of all target words, as Model 1 has it."""
    total = 0.0
    for source, target in zip(sources, targets, strict=True):
        rows = table[[0, *source]]
        total += np.log(rows[:, target].mean(axis=0)).sum()
    return total


def test_one_round_by_hand():
    """Word 1 meets each of its two candidates once a pair, as one of three words."""
    table = word_table([[1, 2], [1]], [[1, 2], [1]], 3, 3, n_rounds=1)
    np.testing.assert_allclose(table[1], [0, (1 / 3 + 1 / 2) / (7 / 6), (1 / 3) / (7 / 6)])
    np.testing.assert_allclose(table[2], [0, 1 / 2, 1 / 2])
    np.testing.assert_allclose(table[0], table[1])


def test_what_stands_alone_decides_about_the_rest():
    """The pair of single words says what 1 is, so the other word of the first pair is 2's."""
    table = word_table([[1, 2], [1]], [[1, 2], [1]], 3, 3, n_rounds=60)
    assert word_for_word(table, [2, 1, 1]) == [2, 1, 1]
    assert table[2, 2] > 0.95


@given(st.integers(1, 9))
def test_rows_sum_to_one_and_each_round_explains_the_text_better(n_rounds):
    table = word_table(SOURCES, TARGETS, N_SOURCE + 1, N_TARGET, n_rounds=n_rounds)
    np.testing.assert_allclose(table.sum(axis=1), [1] * N_SOURCE + [0], rtol=1e-13)
    better = word_table(SOURCES, TARGETS, N_SOURCE + 1, N_TARGET, n_rounds=n_rounds + 1)
    assert likelihood(better, SOURCES, TARGETS) >= likelihood(table, SOURCES, TARGETS) - 1e-12


def test_order_within_a_sentence_plays_no_part():
    table = word_table(SOURCES, TARGETS, N_SOURCE, N_TARGET)
    turned = [[*reversed(each)] for each in SOURCES], [[*reversed(each)] for each in TARGETS]
    np.testing.assert_allclose(word_table(*turned, N_SOURCE, N_TARGET), table, rtol=1e-12)


@pytest.mark.parametrize("n_rounds", [1, 2, 5])
def test_it_is_the_model_of_nltk(evidence, n_rounds):
    """No target word stands twice in a sentence here, since NLTK would count it once."""
    targets = [[3, 1], [3, 5], [1, 5, 4, 2], [2], [6]]
    pairs = [
        AlignedSent([*map(str, target)], [*map(str, source)])  # None, no word, is added
        for source, target in zip(SOURCES, targets, strict=True)
    ]
    theirs = IBMModel1(pairs, n_rounds).translation_table
    table = word_table(SOURCES, targets, N_SOURCE, N_TARGET, n_rounds=n_rounds)
    for source, target in np.ndindex(table.shape):
        if table[source, target]:  # where two never meet NLTK says 1e-12
            probability = theirs[str(target)][str(source) if source else None]
            evidence.agrees(
                table[source, target], probability, witness="NLTK's IBMModel1", within=1e-9
            )


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: word_table([[1]], [], 2, 2), "targets must hold as many sentences as sources, 1"),
        (lambda: word_table([], [], 2, 2), "targets must hold at least one word, got none."),
        (lambda: word_table([[1]], [[]], 2, 2), "targets must hold at least one word, got none."),
        (lambda: word_table([[0]], [[1]], 2, 2), "sources must be at least 1 and at most 1, got 0"),
        (lambda: word_table([[1]], [[2]], 2, 2), "targets must be at least 1 and at most 1, got 2"),
        (lambda: word_table([[1.0]], [[1]], 2, 2), "sources must hold integers, got 1.0."),
        (lambda: word_table([[1]], [[1]], 2, 2, n_rounds=0), "n_rounds must be at least 1, got 0."),
        (lambda: word_for_word(np.ones((2, 2)), [2]), "source must be at least 1 and at most 1"),
    ],
    ids=range(8),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()


def test_nothing_is_translated_by_nothing():
    assert word_for_word(np.ones((2, 2)), []) == []
