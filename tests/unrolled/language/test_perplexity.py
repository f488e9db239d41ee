"""Perplexity against cases solved by hand, laws, and the wrong formulas that it is not."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

from unrolled.language.ngrams import add_k, count_ngrams, log_probabilities, maximum_likelihood
from unrolled.language.perplexity import (
    bits_per_character,
    cross_entropy,
    entropy,
    mean_surprise,
    perplexity,
)

TWO = [["You've", "got", "the", last] for last in ("touch", "power")]
NINE = {"You've", "got", "the", "touch", "power", "Wahlberg", "Mark", "Boogie", "Nights"}
UNIFORM = [np.log(np.full(5, 0.1))] * 2  # ten predictions, each a tenth
PEAKED = np.array([0.91, *[0.01] * 9])


# By hand -------------------------------------------------------------------------------------


def test_one_token_of_four_is_one_in_four():
    assert perplexity([math.log(0.25)]) == pytest.approx(4, rel=1e-15)
    assert perplexity(np.log([0.5, 0.125])) == pytest.approx(4, rel=1e-15)


def test_two_sentences_on_themselves():
    model = maximum_likelihood(count_ngrams(TWO, 2, NINE))
    logs = log_probabilities(model, TWO)
    assert sum(map(len, logs)) == 10
    assert -sum(map(np.sum, logs)) / math.log(2) == pytest.approx(2, rel=1e-15)
    assert perplexity(logs) == pytest.approx(2**0.2, rel=1e-15)
    assert perplexity(logs) == pytest.approx(1.1487, abs=5e-5)


@pytest.mark.parametrize("repeated", [1, 2, 100])
def test_uniform_model_has_ten_choices_however_long_the_text(repeated):
    assert perplexity(UNIFORM * repeated) == pytest.approx(10, rel=1e-14)


def test_a_tenth_nine_tenths_and_a_hundredth():
    shares = {0.1: 10, 0.91: 1.099, 0.01: 100}
    for share, wanted in shares.items():
        assert perplexity([math.log(share)] * 3) == pytest.approx(wanted, abs=5e-4)


def test_entropies_of_a_flat_and_a_peaked_choice():
    assert entropy(np.full(10, 0.1)) == pytest.approx(3.3219, abs=5e-5)
    assert entropy(PEAKED) == pytest.approx(0.7218, abs=5e-5)
    assert 2 ** entropy(PEAKED) == pytest.approx(1.65, abs=5e-3)
    assert entropy([1, 0]) == 0
    assert cross_entropy([0.5, 0.5], [1, 0]) == math.inf
    assert cross_entropy([1, 0], [0.25, 0.75]) == 2


def test_one_sentence_in_five_tokens_and_in_ten():
    words, subwords = np.full(5, -4), np.full(10, -2)  # bits; the sentence has 2^-20 both times
    assert (perplexity(words, 2), perplexity(subwords, 2)) == (16, 4)
    assert bits_per_character(words, 16, 2) == bits_per_character(subwords, 16, 2) == 1.25


def test_zero_probability_is_infinite_perplexity():
    assert perplexity([-1, -math.inf, -2]) == math.inf
    assert mean_surprise([[-1], [-math.inf]]) == math.inf
    assert bits_per_character([-math.inf], 3) == math.inf
    assert perplexity([0, 0]) == 1


# What it is not --------------------------------------------------------------------------------


def test_divided_by_the_vocabulary_it_grows_with_the_text():
    def wrong(sentences):
        return math.exp(-sum(map(np.sum, sentences)) / len(NINE))

    assert wrong(UNIFORM) == pytest.approx(12.92, abs=5e-3)
    assert wrong(UNIFORM * 2) == pytest.approx(166.8, abs=5e-2)
    assert math.log10(wrong(UNIFORM * 100)) == pytest.approx(111, abs=0.2)
    model = maximum_likelihood(count_ngrams(TWO, 2, NINE))
    assert wrong(log_probabilities(model, TWO)) == pytest.approx(1.1665, abs=5e-5)


def test_mean_of_the_sentences_is_another_number():
    sentences = [np.log([0.5]), np.log(np.full(9, 0.1))]
    assert perplexity(sentences) == pytest.approx((2 * 10**9) ** 0.1, rel=1e-14)
    assert np.mean([perplexity(one) for one in sentences]) == pytest.approx(6)


def test_a_factor_left_out_makes_the_sentence_look_better():
    model = add_k(count_ngrams(TWO, 2, NINE), 0.1)
    (logs,) = log_probabilities(model, TWO[:1])
    assert np.delete(logs, 1).sum() > logs.sum()
    assert perplexity(logs[:-1]) != pytest.approx(perplexity(logs), rel=0.01)  # without the end


def test_confident_and_wrong_is_worse_than_knowing_nothing():
    true = np.eye(10)[3]
    wrong = np.roll(PEAKED, 5)
    assert entropy(wrong) < entropy(np.full(10, 0.1))
    assert 2 ** cross_entropy(true, wrong) == pytest.approx(100)
    assert 2 ** cross_entropy(true, np.full(10, 0.1)) == pytest.approx(10)


# Laws ----------------------------------------------------------------------------------------

logs = st.floats(-50, 0)
sentences = st.lists(st.lists(logs, min_size=1, max_size=5), min_size=1, max_size=5)


@given(sentences, st.floats(1.5, 20))
def test_base_does_not_matter(text, base):
    other = [np.array(sentence) / math.log(base) for sentence in text]
    assert perplexity(other, base) == pytest.approx(perplexity(text), rel=1e-12)
    bits = bits_per_character(text, 7)
    assert bits_per_character(other, 7, base) == pytest.approx(bits, rel=1e-12, abs=1e-300)


@given(sentences)
def test_cutting_into_sentences_does_not_matter(text):
    flat = [log for sentence in text for log in sentence]
    assert perplexity(text) == perplexity(flat) == perplexity(np.array(flat))
    assert perplexity(flat[::-1]) == pytest.approx(perplexity(flat), rel=1e-14)


@given(sentences)
def test_it_lies_between_the_best_and_the_worst_token(text):
    flat = [log for sentence in text for log in sentence]
    least, most = math.exp(-max(flat)), math.exp(-min(flat))
    assert least * (1 - 1e-12) <= perplexity(text) <= most * (1 + 1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(2, 7))
def test_the_true_distribution_has_the_least_cross_entropy(seed, n):
    p, q = np.random.default_rng(seed).dirichlet(np.ones(n), 2)
    assert cross_entropy(p, q) >= entropy(p)
    assert entropy(p) <= math.log2(n) * (1 + 1e-12)
    assert cross_entropy(p, q, math.e) - entropy(p, math.e) == pytest.approx(
        rel_entr(p, q).sum(), rel=1e-9, abs=1e-14
    )


def test_table_of_equal_rows_is_a_list_of_sentences():
    table = np.log([[0.5, 0.25, 0.125], [0.1, 0.2, 0.4]])
    assert perplexity(table) == perplexity(table.ravel()) == perplexity(table.tolist())


def test_single_precision_is_taken():
    assert perplexity(np.float32([-1, -2])) == pytest.approx(math.exp(1.5), rel=1e-15)


def test_large_surprises_do_not_overflow_on_the_way():
    assert mean_surprise([-1.7e308] * 7) == pytest.approx(1.7e308, rel=1e-14)


# What the page prints ------------------------------------------------------------------------

TEXT = [[1, 2, 3, 4], [1, 2], [2, 2, 3, 1, 4, 3]]  # words by their numbers
BOS, EOS = 0, 5
MARKED = [[BOS, *words, EOS] for words in TEXT]


def share(token, before):
    """Some model: what comes next depends on all that came before."""
    weights = [1 + math.sin(3 * n + 2 * sum(before) + len(before)) ** 2 for n in range(1, 6)]
    return weights[token - 1] / sum(weights)


def product(sentence):
    """Probability of a whole sentence with its marks."""
    return math.prod(share(sentence[t], sentence[:t]) for t in range(1, len(sentence)))


def modelled(*parts):
    return share(*parts) if len(parts) == 2 else product(parts[0])


def letters(text):
    """What the letters of the page are for a text."""
    return {
        "P": modelled, "S": len(text), r"\tau_s": {n: len(x) - 2 for n, x in enumerate(text, 1)},
        "x_s^{(t)}": lambda s, t: text[s - 1][t], "N": sum(len(x) - 1 for x in text),
        "X_{s,[0,t]}": lambda s, t: tuple(text[s - 1][: t + 1]),
    }  # fmt: skip


def rows(text):
    return [np.log([share(x[t], x[:t]) for t in range(1, len(x))]) for x in text]


TEXTS = pytest.mark.parametrize("text", [MARKED, MARKED[1:]], ids=["three sentences", "two"])


@pytest.mark.equation("lm-entropy")
@pytest.mark.parametrize("base", [2, 7.0])
def test_entropy_is_the_mean_of_drawn_surprises(evidence, base):
    p = np.array([0.1, 0.2, 0.3, 0.4])
    blocks = np.log(np.repeat(p, [1, 2, 3, 4]))  # one of ten equal tickets for each tenth
    evidence.evaluates(
        {"H": lambda _: -blocks.mean() / math.log(base), "p": lambda w: p[w], "b": base},
        ranges={"w": range(4)}, witness="the mean over ten equally likely tickets", within=1e-14,
    )  # fmt: skip
    assert entropy(p, base) == pytest.approx(-blocks.mean() / math.log(base), rel=1e-14)


@pytest.mark.equation("lm-sentence-surprise")
@pytest.mark.parametrize("base", [2, 7.0])
def test_surprise_of_the_sentence_has_five_terms(evidence, base):
    sentence = MARKED[0]
    evidence.evaluates(
        {
            "P": modelled, "X": tuple(sentence), "x^{(t)}": lambda t: sentence[t], "b": base,
            "X_{[0,t]}": lambda t: tuple(sentence[: t + 1]),
        },
        witness="the product of all factors", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("lm-perplexity")
@pytest.mark.parametrize("base", [2, 7.0])
@TEXTS
def test_perplexity_is_that_of_the_code(evidence, text, base):
    found = {**letters(text), "b": base, r"\mathrm{PPL}": perplexity(rows(text))}
    z = mean_surprise(rows(text)) / math.log(base)
    evidence.evaluates({**found, "z": z}, witness="the book's own code", within=1e-13)


@pytest.mark.equation("lm-inverse-mean")
@TEXTS
def test_inverse_geometric_mean_is_the_perplexity(evidence, text):
    evidence.evaluates(
        {**letters(text), r"\mathrm{PPL}": perplexity(rows(text))},
        witness="the exponential of a mean of logarithms", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("lm-cross-entropy")
@pytest.mark.parametrize("base", [2, 7.0])
def test_cross_entropy_is_entropy_and_divergence(evidence, base):
    p, q = np.random.default_rng(7).dirichlet(np.ones(5), 2)
    p_of, q_of = (lambda w, row=row: row[w] for row in (p, q))
    arrays = {id(p_of): p, id(q_of): q}

    def entropies(*functions):
        return cross_entropy(*(arrays[id(f)] for f in (functions * 2)[:2]), base)

    evidence.evaluates(
        {
            "H": entropies, "p": p_of, "q": q_of, "b": base,
            r"D_{\mathrm{KL}}": lambda *_: rel_entr(p, q).sum() / math.log(base),
        },
        ranges={"w": range(5)}, witness="the relative entropy of SciPy", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("lm-bits")
@TEXTS
@pytest.mark.parametrize("n_characters", [17, 29])
def test_bits_are_those_of_the_sentences(evidence, text, n_characters):
    found = letters(text)
    evidence.evaluates(
        {
            "P": modelled, "S": found["S"], "N": found["N"], "L": n_characters,
            "X_s": lambda s: tuple(text[s - 1]), r"\mathrm{PPL}": perplexity(rows(text)),
            r"\text{bits per character}": bits_per_character(rows(text), n_characters),
        },
        witness="the book's own code", within=1e-13,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "must hold at least one predicted token, got none at all. Even"),
        (np.empty((0, 3)), "must have shape (n_tokens,), got (0, 3)."),
        ([[-1], []], "must hold at least one predicted token, got none in sentence 1."),
        ([-1, 0.5], "must be at most 0, got 0.5. Give logarithms"),
        ([0.5, 0.25], "must be at most 0, got 0.5. Give logarithms"),
        ([1e-16], "must be at most 0, got 1e-16"),
        ([-1, math.nan], "must be finite, got nan."),
        ([[-1], [-1, math.inf]], "must be finite, got inf."),
        (-2.0, "must have shape (n_tokens,), got ()."),
        ([[-1], -2], "must have shape (n_tokens,), got ()."),
        ([[[-1]]], "must have shape (n_tokens,), got (1, 1)."),
        ([[-1, [-2]]], "must be rectangular, got rows of different lengths."),
        (["-1"], "must hold real numbers, got strings."),
        ([True], "must hold real numbers, got truth values."),
        ([None], "must hold real numbers, got objects."),
        (np.ma.array([-1, -2], mask=[0, 1]), "must hold predicted tokens only, got a masked"),
        ([-800.0], "must give a perplexity that a float can hold, got 2.71828 to the power 800"),
    ],
)
def test_what_is_no_text_is_named(given, complaint):
    with pytest.raises(ValueError, match=re.escape(f"log_probabilities {complaint}")):
        perplexity(given)


@pytest.mark.parametrize("base", [1, 0.5, 0, -2, math.inf, math.nan])
def test_other_bases_are_refused(base):
    for function in (perplexity, lambda logs, base: bits_per_character(logs, 1, base)):
        with pytest.raises(ValueError, match="base must be "):
            function([-1], base)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([0.5, 0.6], [0.5, 0.5]), "p must sum to one, got 1.1. Divide by the sum first."),
        (([0.5, 0.5], [0.2, 0.2]), "q must sum to one, got 0.4."),
        (([0.5, 0.5], [1]), "q must have shape (n=2,), got (1,)."),
        (([1.5, -0.5], [0.5, 0.5]), "p must be at least 0 and at most 1, got 1.5."),
        (([[1]], [1]), "p must have shape (n,), got (1, 1)."),
        (([], []), "p must sum to one, got 0."),
    ],
    ids=range(6),
)
def test_what_is_no_distribution_is_named(arguments, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        cross_entropy(*arguments)


def test_lengths_and_bits_are_checked():
    with pytest.raises(ValueError, match="n_characters must be at least 1, got 0"):
        bits_per_character([-1], 0)
    with pytest.raises(ValueError, match="must give a number of bits that a float can hold"):
        bits_per_character([-1.7e308] * 3, 1)
