"""What the pages say of NLTK, run on the version that is locked."""

import math

import pytest
from nltk.lm import MLE, KneserNeyInterpolated
from nltk.lm.preprocessing import pad_both_ends, padded_everygram_pipeline
from nltk.translate import AlignedSent, IBMModel1
from nltk.util import ngrams

from unrolled.language.ngrams import EOS, count_ngrams, kneser_ney, probability
from unrolled.language.word_table import word_table

TEXT = [
    sentence.split()
    for sentence in ("You've got the touch", "You've got the power", "the power of the touch")
]
WORDS = sorted({word for sentence in TEXT for word in sentence})


def fit(model, order):
    """Fit a model of NLTK as its manual says."""
    model.fit(*padded_everygram_pipeline(order, TEXT))
    return model


@pytest.mark.library("nltk-kneser-ney-order-two")
def test_kneser_ney_of_order_two_differs_in_its_last_step_only():
    theirs = fit(KneserNeyInterpolated(2), 2)
    d = theirs.estimator.discount
    ours = kneser_ney(count_ngrams(TEXT, 2, {*WORDS, "Boogie"}), d)
    pairs = {pair for words in TEXT for pair in ngrams(pad_both_ends(words, 2), 2)}
    tokens = {token for _, token in pairs}
    for before in ("the", "touch", "of"):
        assert sum(theirs.score(token, [before]) for token in tokens) == pytest.approx(1)
        for token in (*tokens, "Boogie"):
            share = sum(token == each for _, each in pairs) / len(pairs)
            assert theirs.score(token) == share  # without discount
            lower = (
                max(share - d / len(pairs), 0) + d * len(tokens) / len(pairs) / ours.counts.n_tokens
            )
            _, gamma = theirs.estimator.alpha_gamma(token, (before,))
            changed = theirs.score(token, [before]) + gamma * (lower - share)
            assert probability(ours, token, [before]) == pytest.approx(changed, rel=1e-12)
    assert theirs.score("Boogie", ["the"]) == 0 < probability(ours, "Boogie", ["the"])


@pytest.mark.library("nltk-kneser-ney-order-three")
def test_kneser_ney_of_order_three_gives_first_words_more_than_one():
    theirs = fit(KneserNeyInterpolated(3), 3)  # "You've" and "the" begin sentences

    def total(*before):
        return sum(theirs.score(token, before) for token in theirs.vocab)

    assert theirs.estimator.discount == 0.1
    assert total("<s>") == pytest.approx(1.05)
    assert total("<s>", "<s>") == pytest.approx(1 + 0.1 * 2 / 3 * 0.05)
    assert theirs.score("<s>", ["<s>"]) > 0
    for before in (["<s>", "the"], ["got", "the"], ["the"], ["touch", "of"]):
        assert total(*before) == pytest.approx(1)


@pytest.mark.library("nltk-end-marks")
def test_padding_adds_ends_that_are_certain():
    assert list(pad_both_ends(["a"], n=3)) == ["<s>", "<s>", "a", EOS, EOS]
    theirs = fit(MLE(3), 3)
    held_out = TEXT[0]
    padded = list(pad_both_ends(held_out, n=3))
    grams = list(ngrams(padded, 3))
    assert theirs.score(EOS, [held_out[-1], EOS]) == 1
    assert theirs.perplexity(grams) < theirs.perplexity(grams[:-1])
    logs = [math.log2(theirs.score(word, before)) for *before, word in grams]
    assert theirs.perplexity(grams) == pytest.approx(2 ** (-sum(logs) / len(logs)))


@pytest.mark.library("nltk-perplexity-infinite")
def test_perplexity_is_in_base_two_and_infinite_after_one_unseen_pair():
    theirs = fit(MLE(2), 2)
    seen = [("You've", "got"), ("the", "touch")]
    bits = [-math.log2(theirs.score(word, [before])) for before, word in seen]
    assert theirs.entropy(seen) == pytest.approx(sum(bits) / 2)
    assert theirs.perplexity(seen) == 2 ** theirs.entropy(seen)
    assert theirs.perplexity([*seen, ("the", "of")]) == math.inf


@pytest.mark.library("nltk-ibm-model-repeated-word")
def test_model_one_counts_a_repeated_target_word_once():
    """One pair has "b b" for "a", the other "d": two of three German words for "a" are "b"."""
    pairs = [AlignedSent(["b", "b"], ["a"]), AlignedSent(["d"], ["a"])]
    theirs = IBMModel1(pairs, 1).translation_table
    assert theirs["b"]["a"] == theirs["d"]["a"] == pytest.approx(1 / 2)
    ours = word_table([[1], [1]], [[1, 1], [2]], 2, 3, n_rounds=1)
    assert ours[1].tolist() == pytest.approx([0, 2 / 3, 1 / 3])
