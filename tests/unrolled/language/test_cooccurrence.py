import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.association import BigramAssocMeasures
from sklearn.decomposition import TruncatedSVD

from unrolled.language.cooccurrence import (
    count_together,
    index_text,
    neighbouring_pairs,
    positive_pmi,
    truncated_svd,
    words_of,
)

SENTENCES = [words_of(line) for line in ("The cat sat.", "The cat saw the dog.", "Go!", "")]
TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=7), max_size=5).filter(any)


def counts_of(n_words, n_contexts, seed=7):
    """Draw counts of pairs, some of which never occur."""
    return np.random.default_rng(seed).poisson(2, (n_words, n_contexts))


# By hand -------------------------------------------------------------------------------------


def test_text_by_hand():
    text = index_text(SENTENCES)
    assert text.words == ("the", "cat", "sat", "saw", "dog", "go")
    assert text.counts.tolist() == [3, 2, 1, 1, 1, 1]
    assert text.ids.tolist() == [0, 1, 2, 0, 1, 3, 0, 4, 5]
    assert text.sentences.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 2]


def test_rare_words_are_left_out_before_neighbours_are_counted():
    text = index_text([["a", "rare", "b"], ["a", "b"]], 2)
    assert text.words == ("a", "b")
    assert count_together(text, 1).tolist() == [[0, 2], [2, 0]]


def test_pairs_by_hand():
    pairs = neighbouring_pairs(np.array([7, 8, 7, 9]), np.array([0, 0, 0, 1]), 2)
    assert Counter(map(tuple, pairs.tolist())) == {(7, 8): 2, (8, 7): 2, (7, 7): 2}


def test_information_by_hand():
    """Of eight pairs four are (a, x); a has five and x six of them."""
    found = positive_pmi([[4, 1], [2, 1]])
    assert found[0, 0] == pytest.approx(math.log(4 / 8 / (5 / 8 * 6 / 8)))
    assert found[1, 1] == pytest.approx(math.log(1 / 8 / (3 / 8 * 2 / 8)))
    assert found[0, 1] == found[1, 0] == 0, "rarer than by chance"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("You’ve got the T-shirt - haven't you?", ["you've", "got", "the", "t-shirt"]),
        ("Es kostet 3,50 €.", ["es", "kostet", "3", "50"]),
        ("Äpfel für 's Kind", ["äpfel", "für", "s", "kind"]),
        ("¿?!", []),
    ],
)
def test_words_of_a_line(line, words):
    assert words_of(line)[: len(words)] == words
    assert len(words_of("¿?!")) == 0


# Laws ----------------------------------------------------------------------------------------


@given(TEXTS, st.integers(1, 4))
def test_counts_are_those_of_going_through_each_sentence(sentences, window):
    text = index_text(sentences)
    expected = Counter(
        (one, other)
        for sentence in sentences
        for i, one in enumerate(sentence)
        for j, other in enumerate(sentence)
        if i != j and abs(i - j) <= window
    )
    counts = count_together(text, window)
    found = {
        (text.words[i], text.words[j]): int(count)
        for (i, j), count in np.ndenumerate(counts)
        if count
    }
    assert found == expected
    np.testing.assert_array_equal(counts, counts.T)


@given(TEXTS)
def test_ids_spell_the_text(sentences):
    text = index_text(sentences)
    words = [word for sentence in sentences for word in sentence]
    assert [text.words[i] for i in text.ids] == words
    assert (np.diff(text.counts) <= 0).all()
    assert np.bincount(text.ids).tolist() == text.counts.tolist()


def test_independent_words_share_no_information():
    assert positive_pmi(np.outer([1, 2, 3, 5], [7, 1, 2])).max() < 1e-15


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e307])
def test_information_does_not_depend_on_the_length_of_the_text(scale):
    counts = counts_of(5, 7)
    np.testing.assert_allclose(positive_pmi(scale * counts), positive_pmi(counts), rtol=1e-12)


def test_words_that_do_not_occur_have_no_information():
    counts = counts_of(5, 7)
    counts[2], counts[:, 3] = 0, 0
    found = positive_pmi(counts, power=0.75)
    assert not found[2].any()
    assert not found[:, 3].any()
    assert found.max() > 0.1


def test_power_below_one_takes_information_from_rare_contexts():
    counts = np.array([[100, 1], [100, 0]])
    assert positive_pmi(counts, power=0.75)[0, 1] < positive_pmi(counts)[0, 1]


@pytest.mark.parametrize("shape", [(7, 5), (5, 7)])
def test_factors_are_orthonormal_and_the_first_explain_most(shape):
    matrix = np.random.default_rng(7).normal(size=shape)
    left, values, right = truncated_svd(matrix, 3)
    for factor in (left, right):
        np.testing.assert_allclose(factor.T @ factor, np.eye(3), atol=1e-13)
    assert (np.diff(values) < 0).all()
    left, values, right = truncated_svd(matrix, 5)
    np.testing.assert_allclose(left * values @ right.T, matrix, atol=1e-13)
    assert (left[np.abs(left).argmax(axis=0), range(5)] > 0).all()


# Witnesses -----------------------------------------------------------------------------------


def test_svd_matches_scikit_learn(evidence):
    matrix = positive_pmi(counts_of(11, 7))
    ours = truncated_svd(matrix, 3)
    library = TruncatedSVD(3, algorithm="arpack", random_state=7)
    theirs = library.fit_transform(matrix)
    signs = np.sign((theirs * ours.left).sum(axis=0))
    evidence.agrees(ours.left * ours.values, theirs * signs, witness="scikit-learn", within=1e-12)
    evidence.agrees(ours.values, library.singular_values_, witness="scikit-learn", within=1e-12)


# The equations of the page -------------------------------------------------------------------


def numbered(rows):
    return dict(enumerate(rows, 1))


def by_pair(matrix):
    return {(i + 1, j + 1): entry for (i, j), entry in np.ndenumerate(matrix)}


def information_by_nltk(counts):
    """Return pointwise mutual information in nats, by way of NLTK's in bits."""
    n_i, n_j, n = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    bits = [
        [BigramAssocMeasures.pmi(counts[i, j], (n_i[i], n_j[j]), n) for j in range(len(n_j))]
        for i in range(len(n_i))
    ]
    return np.array(bits) * math.log(2)


COUNTS = pytest.mark.parametrize(
    "counts", [counts_of(4, 3) + 1, counts_of(3, 5, seed=8) + 1], ids=["4 by 3", "3 by 5"]
)


@pytest.mark.equation("pointwise-information")
@COUNTS
def test_printed_information_is_that_of_nltk(evidence, counts):
    told = by_pair(information_by_nltk(counts))
    evidence.evaluates(
        {
            r"\mathrm{PMI}_{ij}": told, "n_{ij}": by_pair(counts.astype(float)),
            "n_i": numbered(counts.sum(axis=1).astype(float)),
            "q_j": numbered(counts.sum(axis=0) / counts.sum()),
        },
        at=[{"i": i, "j": j} for i, j in told], witness="NLTK", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("positive-information")
@COUNTS
def test_printed_positive_part_is_that_of_the_function(evidence, counts):
    told = information_by_nltk(counts)
    told[0, 0] = 0  # the border
    assert (told < 0).any()
    evidence.evaluates(
        {
            r"\mathrm{PMI}_{ij}": by_pair(told), "m_{ij}": by_pair(np.clip(told, 0, None)),
            r"\operatorname{max}": max,
        },
        at=[{"i": i, "j": j} for i, j in by_pair(told)], witness="NLTK", within=0,
    )  # fmt: skip
    np.testing.assert_allclose(
        positive_pmi(counts), np.clip(information_by_nltk(counts), 0, None), atol=1e-14
    )


@pytest.mark.equation("svd-word-vectors")
@pytest.mark.parametrize(("n_words", "n_contexts", "n_dims"), [(7, 5, 3), (5, 11, 2)])
def test_printed_vectors_are_those_of_scikit_learn(evidence, n_words, n_contexts, n_dims):
    M = positive_pmi(counts_of(n_words, n_contexts))
    library = TruncatedSVD(n_dims, algorithm="arpack", random_state=7).fit(M)
    L, _, R = truncated_svd(M, n_dims)
    signs = np.sign((library.components_.T * R).sum(axis=0))
    evidence.evaluates(
        {
            "M": M, "L": L, "S": np.diag(library.singular_values_),
            "R": library.components_.T * signs,
        },
        witness="scikit-learn", within=1e-12,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: index_text(["the cat"]), "sentences must be split into words, got the string"),
        (lambda: index_text([[], []]), "sentences must hold at least one word, got none."),
        (lambda: index_text(SENTENCES, 0), "n_words must be at least 1, got 0."),
        (lambda: count_together(index_text(SENTENCES), 0), "window must be at least 1, got 0."),
        (lambda: positive_pmi([[1, -1]]), "counts must be at least 0, got -1"),
        (lambda: positive_pmi([[0, 0]]), "counts must hold at least one pair, got zeros alone."),
        (lambda: positive_pmi([1, 2]), "counts must have shape (n_words, n_contexts), got (2,)."),
        (lambda: positive_pmi([[1, 2]], power=0), "power must be above 0, got 0"),
        (lambda: truncated_svd(np.eye(3), 4), "n_dims must be at least 1 and at most 3, got 4."),
        (lambda: truncated_svd([[np.inf]], 1), "matrix must be finite, got inf."),
    ],
    ids=range(10),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()
