"""N-gram models against cases solved by hand, counting by brute force, and NLTK."""

import functools
import itertools
import math
import os
import re
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.lm import KneserNeyInterpolated
from nltk.lm.preprocessing import padded_everygram_pipeline

from unrolled.language.corpora import open_corpus
from unrolled.language.ngrams import (
    BOS,
    EOS,
    UNK,
    add_k,
    choose_vocabulary,
    continuations,
    count_ngrams,
    kneser_ney,
    log_probabilities,
    maximum_likelihood,
    next_probabilities,
    pad,
    probability,
    sample_sentence,
)

TWO = [["You've", "got", "the", last] for last in ("touch", "power")]
THIRD = [["You've", "got", "the", "Boogie"]]
NINE = {"You've", "got", "the", "touch", "power", "Wahlberg", "Mark", "Boogie", "Nights"}
SEVEN = [
    "the cat sat", "the cat ran", "a cat sat on the mat", "the dog ran to the cat", "a dog sat",
    "the mat", "on the mat the dog sat",
]  # fmt: skip
TEXT = [sentence.split() for sentence in SEVEN]
WORDS = sorted({word for sentence in TEXT for word in sentence})
K, D = Fraction(1, 7), Fraction(3, 5)
ORDERS = pytest.mark.parametrize("order", [1, 2, 3, 4])
MODELS = {
    "add-k": lambda counts: add_k(counts, K),
    "Kneser-Ney": lambda counts: kneser_ney(counts, D),
}
BOTH = pytest.mark.parametrize("smooth", MODELS.values(), ids=MODELS)


def perplexity(model, sentences):
    return math.exp(-np.concatenate(log_probabilities(model, sentences)).mean())


# Witnesses: everything once more, by looking for n-grams in the padded text again and again -------


@functools.cache
def grams(order):
    """All n-grams of an order, the same one as often as it occurs."""
    found = []
    for sentence in TEXT:
        tokens = [BOS] * (order - 1) + list(sentence) + [EOS]
        found += [tuple(tokens[n : n + order]) for n in range(len(tokens) - order + 1)]
    return found


def occurs(order, context, *token):
    """How often a token followed a context, or anything did."""
    end = len(context) + len(token)
    return sum(gram[:end] == (*context, *token) for gram in grams(order))


def precede(lower, order, context, token):
    """How many different tokens precede an n-gram in n-grams one longer; the highest occur."""
    if lower == order:
        return occurs(order, context, token)
    longer = {gram[order - lower - 1 :] for gram in grams(order)}
    return len({gram[0] for gram in longer if gram[1:] == (*context, token)})


def by_brute_force(order, token, context, lower=None):
    """Kneser-Ney as one reads of it, all counts looked up in the text."""
    lower = order if lower is None else lower
    if not lower:
        return Fraction(1, len(WORDS) + 1)
    counts = {w: precede(lower, order, context, w) for w in (*WORDS, EOS)}
    total, kinds = sum(counts.values()), sum(count > 0 for count in counts.values())
    shorter = by_brute_force(order, token, context[1:], lower - 1)
    if not total:
        return shorter
    return (max(counts[token] - D, 0) + D * kinds * shorter) / total


def contexts(order):
    """Contexts that occur in the text, and some that do not."""
    seen = sorted({gram[:-1] for gram in grams(order)})
    other = [tuple(reversed(context)) for context in seen] + [("ran",) * (order - 1)]
    return list(dict.fromkeys([*seen, *(c for c in other if BOS not in c[1:])]))


# By hand -------------------------------------------------------------------------------------


def test_padding_is_one_mark_fewer_than_the_order_in_front_and_one_behind():
    assert pad(["a", "b"], 1) == ("a", "b", EOS)
    assert pad(["a", "b"], 4) == (BOS, BOS, BOS, "a", "b", EOS)
    assert pad([], 2) == (BOS, EOS)


def test_two_sentences_by_hand():
    pairs = count_ngrams(TWO, 2, NINE)
    assert pairs.n_tokens == 10
    model = maximum_likelihood(pairs)
    for logs in log_probabilities(model, TWO):
        np.testing.assert_allclose(np.exp(logs), [1, 1, 1, 0.5, 1])
    assert perplexity(model, TWO) == pytest.approx(2**0.2, rel=1e-15)
    (logs,) = log_probabilities(model, THIRD)
    assert logs.tolist() == [0, 0, 0, -math.inf, -math.inf]


@pytest.mark.parametrize(
    ("k", "known", "new"), [(1, 4.62, 5.99), (0.1, 1.71, 3.88), (0.01, 1.21, 4.74)]
)
def test_smoothed_perplexities_of_two_sentences_and_a_third(k, known, new):
    model = add_k(count_ngrams(TWO, 2, NINE), k)
    assert perplexity(model, TWO) == pytest.approx(known, abs=0.005)
    assert perplexity(model, THIRD) == pytest.approx(new, abs=0.005)
    parts = [(2 + k) / (2 + 10 * k)] * 3 + [k / (2 + 10 * k), 1 / 10]  # the last after "Boogie"
    assert perplexity(model, THIRD) == pytest.approx(math.prod(parts) ** -0.2, rel=1e-14)


def test_kneser_ney_of_two_sentences_by_hand():
    d = Fraction(3, 4)
    unseen = d * Fraction(6, 7) / 10  # six kinds of tokens follow seven kinds
    touch = (1 - d) / 7 + unseen
    pairs = kneser_ney(count_ngrams(TWO, 2, NINE), d)
    assert probability(pairs, "touch", ["the"]) == (1 - d) / 2 + d * touch == Fraction(1, 5)
    assert probability(pairs, "Boogie", ["the"]) == d * unseen
    assert probability(pairs, EOS, ["Mark"]) == Fraction(2 - d) / 7 + unseen
    triples = kneser_ney(count_ngrams(TWO, 3, NINE), d)
    assert probability(triples, "power", ["got", "the"]) == (1 - d) / 2 + d * Fraction(1, 5)
    assert probability(triples, "Nights", ["Mark", "the"]) == d * unseen


def test_vocabulary_holds_frequent_words_and_the_unknown():
    assert choose_vocabulary(TEXT, at_least=4) == {"the", "cat", "sat", UNK}
    assert choose_vocabulary(TEXT) == {*WORDS, UNK}


def test_unknown_words_are_counted_and_predicted_together():
    few = {"the", UNK}
    model = add_k(count_ngrams([["the", "cat"], ["the", "dog"]], 2, few), 0)
    assert probability(model, "horse", ["the"]) == probability(model, UNK, ["the"]) == 1
    assert next_probabilities(model, ["horse"]) == {UNK: 0, "the": 0, EOS: 1}


# Laws ----------------------------------------------------------------------------------------


@BOTH
@ORDERS
def test_probabilities_of_all_tokens_sum_to_one_after_any_context(order, smooth):
    model = smooth(count_ngrams(TEXT, order, {*WORDS, UNK}))
    for context in contexts(order):
        context = tuple(token for token in context if token != BOS)
        shares = next_probabilities(model, context)
        assert list(shares) == [*sorted({*WORDS, UNK}), EOS]
        assert sum(shares.values()) == 1  # fractions: exactly
        assert min(shares.values()) > 0


@BOTH
@ORDERS
def test_sentences_up_to_a_length_and_those_that_go_on_sum_to_one(order, smooth):
    model = smooth(count_ngrams([["a", "b"], ["b"]], order))
    total = 0
    for length in range(4):
        for sentence in itertools.product("ab", repeat=length):
            before = [sentence[:n] for n in range(length + 1)]
            starts = math.prod(
                probability(model, word, seen) for word, seen in zip(sentence, before, strict=False)
            )
            total += starts * probability(model, EOS, sentence)
            if length == 3:  # longer ones
                total += starts * (1 - probability(model, EOS, sentence))
    assert total == 1


words = st.lists(st.sampled_from("abc"), max_size=5)


@given(st.lists(words, min_size=1, max_size=7), st.integers(1, 4), words)
def test_sum_is_one_whatever_was_counted(sentences, order, before):
    counts = count_ngrams(sentences, order, set("abc"))
    for model in (kneser_ney(counts), add_k(counts, 0.3)):
        assert sum(next_probabilities(model, before).values()) == pytest.approx(1, abs=1e-12)


def test_a_model_looks_at_the_last_tokens_only():
    model = kneser_ney(count_ngrams(TEXT, 3), D)
    one, other = (next_probabilities(model, [start, "the", "cat"]) for start in ("a", "on"))
    assert one == other != next_probabilities(model, ["the"])


def test_order_of_sentences_does_not_matter():
    forth, back = (kneser_ney(count_ngrams(text, 3), D) for text in (TEXT, TEXT[::-1]))
    for context in (["the"], ["a", "cat"], []):
        assert next_probabilities(forth, context) == next_probabilities(back, context)


def test_log_probabilities_are_those_of_each_token():
    model = kneser_ney(count_ngrams(TEXT, 3), 0.75)
    sentences = [["the", "dog", "sat"], []]
    for sentence, logs in zip(sentences, log_probabilities(model, sentences), strict=True):
        tokens = [*sentence, EOS]
        assert len(logs) == len(tokens)
        for place, token in enumerate(tokens):
            wanted = math.log(probability(model, token, sentence[:place]))
            assert logs[place] == pytest.approx(wanted, rel=1e-14)


def test_drawn_sentences_are_as_frequent_as_they_are_probable():
    model = maximum_likelihood(count_ngrams(TEXT, 2))
    rng = np.random.default_rng(7)
    drawn = Counter(sample_sentence(model, rng=rng) for _ in range(2000))
    for sentence in (
        ("the", "cat", "sat"),
        ("a", "dog", "ran", "to", "the", "mat"),
        ("the", "mat"),
    ):
        share = math.exp(log_probabilities(model, [sentence])[0].sum())
        error = math.sqrt(share * (1 - share) / 2000)
        assert abs(drawn[sentence] / 2000 - share) < 4 * error


def test_drawing_stops_at_the_limit_and_repeats_with_its_seed():
    model = maximum_likelihood(count_ngrams([["a"] * 50], 1))
    first, second = (
        sample_sentence(model, rng=np.random.default_rng(3), max_words=5) for _ in range(2)
    )
    assert first == second == ("a",) * 5


# Witnesses -----------------------------------------------------------------------------------


@ORDERS
def test_kneser_ney_is_that_of_brute_force(order):
    model = kneser_ney(count_ngrams(TEXT, order), D)
    for context in contexts(order):
        for token in (*WORDS, EOS):
            assert model.rule(token, context) == by_brute_force(order, token, context)


@ORDERS
def test_add_k_is_that_of_brute_force(order):
    model = add_k(count_ngrams(TEXT, order), K)
    for context in contexts(order):
        total = occurs(order, context) + K * (len(WORDS) + 1)
        for token in (*WORDS, EOS):
            assert model.rule(token, context) == (occurs(order, context, token) + K) / total


def test_kneser_ney_of_order_two_is_that_of_nltk(evidence):
    theirs = KneserNeyInterpolated(2, discount=float(D))
    theirs.fit(*padded_everygram_pipeline(2, [*TEXT]))
    ours = kneser_ney(count_ngrams(TEXT, 2), float(D))
    kinds = len({gram[1] for gram in grams(2)})
    pairs = len(set(grams(2)))
    for before, token in itertools.product((BOS, *WORDS), (*WORDS, EOS)):
        alpha, gamma = theirs.estimator.alpha_gamma(token, (before,))
        share = theirs.estimator.unigram_score(token)  # which they do not discount
        discounted = share - float(D) / pairs + float(D) * kinds / pairs / (len(WORDS) + 1)
        context = [] if before == BOS else [before]
        evidence.agrees(
            probability(ours, token, context), alpha + gamma * discounted, witness="NLTK",
            within=1e-13,
        )  # fmt: skip


# What the page prints ------------------------------------------------------------------------

IDS = {token: number for number, token in enumerate([BOS, *WORDS, EOS])}
CHAIN = {"<s>": {"a": 0.7, "b": 0.3}, "a": {"b": 0.6, "</s>": 0.4},
         "b": {"a": 0.2, "b": 0.3, "</s>": 0.5}}  # fmt: skip


def of_chain(tokens):
    """Probability that a sentence of the chain begins like this, or is this where it ends."""
    return math.prod(CHAIN[one].get(other, 0) for one, other in itertools.pairwise(tokens))


@pytest.mark.equation("lm-chain-rule")
@pytest.mark.parametrize(
    "words", [["the", "cat", "sat"], ["on", "the", "mat", "the", "dog", "sat"]]
)
def test_the_product_is_the_share_of_the_sentence_in_the_text(evidence, words):
    sentence = [BOS, *words, EOS]
    whole = [[BOS, *each, EOS] for each in TEXT]

    def share(tokens, *context):
        """Of the sentences that begin like the context, those that go on like the tokens."""
        tokens = tokens if isinstance(tokens, tuple) else (tokens,)
        before = tuple(context[0]) if context else ()
        begin = [w for w in whole if tuple(IDS[t] for t in w[: len(before)]) == before]
        both = (*before, *tokens)
        return sum(tuple(IDS[t] for t in w[: len(both)]) == both for w in begin) / len(begin)

    evidence.evaluates(
        {
            "x^{(t)}": lambda t: IDS[sentence[t]], "X": tuple(map(IDS.get, sentence)), "P": share,
            "X_{[s,t]}": lambda s, t: tuple(map(IDS.get, sentence[s : t + 1])),
        },
        at={r"\tau": [len(words)]}, within=1e-14,
        witness="the share of this sentence among all sentences",
    )  # fmt: skip


@pytest.mark.equation("lm-markov")
def test_the_last_tokens_of_a_chain_say_as_much_as_all(evidence):
    names = {0: BOS, 1: "a", 2: "b", 3: EOS}
    sentence = (0, 1, 2, 2, 1, 2, 2, 2, 1, 2, 3)
    starts = [
        (0, *inner) for length in range(9) for inner in itertools.product((1, 2), repeat=length)
    ]

    def share(token, context):
        """What share of the probability of all beginnings that end like the context goes on so."""
        ends = [tuple(names[t] for t in s) for s in starts if s[len(s) - len(context) :] == context]
        goes_on = sum(of_chain((*end, names[token])) for end in ends)
        return goes_on / sum(map(of_chain, ends))

    evidence.evaluates(
        {
            "x^{(t)}": lambda t: sentence[t], "P": share,
            "X_{[s,t]}": lambda s, t: sentence[s : t + 1],
        },
        at={"t": [6, 7, 8], "n": [2, 3]}, within=1e-13,
        witness="all beginnings of sentences of a Markov chain",
    )  # fmt: skip


@pytest.mark.equation("lm-normalised")
@BOTH
def test_end_and_words_share_one_after_each_beginning(evidence, smooth):
    model = smooth(count_ngrams(TEXT, 3))
    sentence = ["the", "cat", "mat", "ran", "ran"]  # goes through contexts that were not seen
    evidence.evaluates(
        {
            r"\mathrm{EOS}": EOS, r"\mathcal{V}": frozenset(WORDS),
            "X_{[s,t]}": lambda s, t: tuple(sentence[s:t]),  # without the mark in front
            "P": lambda token, before: float(probability(model, token, before)),
        },
        at={"t": range(6)}, witness="the models of the book's own code", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("lm-lengths")
def test_lengths_of_sentences_that_know_nothing(evidence):
    evidence.evaluates(
        {}, at={"q": [0.1, 0.3, 0.9], "L": [0, 1, 5, 17]},
        witness="the sum of a geometric series", within=1e-14,
    )  # fmt: skip
    rng = np.random.default_rng(7)
    assert np.mean(rng.geometric(0.1, 100_000) <= 5) == pytest.approx(1 - 0.9**5, abs=0.01)
    assert np.mean(rng.geometric(0.1, 100_000) - 1) == pytest.approx(9, abs=0.2)


COUNTED = {"C": lambda context, *token: occurs(3, context, *token), r"\mathrm{EOS}": EOS,
           r"\mathcal{V}": frozenset(WORDS)}  # fmt: skip
PLACES = [
    {"h": h, "w": w} for h in (("the", "cat"), (BOS, "the")) for w in ("sat", EOS, "mat", "a")
]


@pytest.mark.equation("lm-count")
def test_relative_frequencies_are_those_of_the_code(evidence):
    model = maximum_likelihood(count_ngrams(TEXT, 3))
    evidence.evaluates(
        {**COUNTED, "P": model.rule}, at=PLACES,
        witness="n-grams looked up in the text", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("lm-add-k")
@pytest.mark.parametrize("k", [0.5, 2.0])
def test_smoothed_frequencies_are_those_of_the_code(evidence, k):
    model = add_k(count_ngrams(TEXT, 3), k)
    for n_more in (0, 2):
        model = add_k(count_ngrams(TEXT, 3, {*WORDS, *"xy"[:n_more]}), k)
        evidence.evaluates(
            {"C": COUNTED["C"], "P": model.rule, "k": k, "M": len(WORDS) + n_more + 1},
            at=[*PLACES, {"h": ("mat", "mat"), "w": "sat"}],
            witness="n-grams looked up in the text", within=1e-14,
        )  # fmt: skip


def counted_by_order(order):
    return lambda m: lambda *parts: precede(m, order, *_context_and_token(parts))


def _context_and_token(parts):
    """Put a token in front of a context where one is given."""
    *front, context, token = parts
    return (*front, *context), token


@pytest.mark.equation("lm-continuation")
def test_continuations_are_different_tokens_before(evidence):
    table = continuations(count_ngrams(TEXT, 4).table)
    levels = {4: count_ngrams(TEXT, 4).table, 3: table, 2: continuations(table)}

    def found(m):
        return lambda *parts: _look_up(levels[m], *_context_and_token(parts))

    evidence.evaluates(
        {"C_m": lambda m: found(m) if m < 4 else counted_by_order(4)(m)},
        at=[
            {"m": 3, "h": ("the", "cat"), "w": "sat"}, {"m": 3, "h": (BOS, "the"), "w": "cat"},
            {"m": 2, "h": ("the",), "w": "cat"}, {"m": 2, "h": ("the",), "w": "mat"},
            {"m": 2, "h": ("cat",), "w": EOS},
        ],
        ranges={"v": [BOS, *WORDS, EOS]},
        witness="n-grams looked up in the text", within=1e-14,
    )  # fmt: skip


def _look_up(table, context, token):
    return table.get(context, {}).get(token, 0)


@pytest.mark.equation("lm-kneser-ney")
@pytest.mark.parametrize("d", [0.4, 0.75])
@pytest.mark.parametrize("n_more", [0, 2])
def test_interpolation_is_that_of_the_code(evidence, d, n_more):
    known = {*WORDS, *"xy"[:n_more]}
    counts = count_ngrams(TEXT, 3, known)

    def of_order(m):
        return _cut(counts, m, d).rule if m else lambda token, context=(): 1 / counts.n_tokens

    def kinds(m):
        return lambda context: sum(precede(m, 3, context, w) > 0 for w in (*WORDS, EOS))

    def how_many(m):
        def count(context, *token):
            return sum(precede(m, 3, context, w) for w in token or (*WORDS, EOS))

        return count

    evidence.evaluates(
        {
            "C_m": how_many, "T_m": kinds, "P_m": of_order, "d": d, "M": len(WORDS) + n_more + 1,
            r"\operatorname{max}": max,
        },
        at=[
            {"m": 3, "h": ("the", "cat"), "h'": ("cat",), "w": "sat"},
            {"m": 3, "h": ("the", "cat"), "h'": ("cat",), "w": "mat"},
            {"m": 3, "h": (BOS, "the"), "h'": ("the",), "w": EOS},
            {"m": 2, "h": ("the",), "h'": (), "w": "cat"},
            {"m": 2, "h": ("sat",), "h'": (), "w": "a"},
            {"m": 1, "h": (), "h'": (), "w": "sat"}, {"m": 1, "h": (), "h'": (), "w": EOS},
        ],
        witness="n-grams looked up in the text", within=1e-13,
    )  # fmt: skip


def _cut(counts, m, d):
    """The model of a lower order inside a model: of the counts that it uses."""
    table = counts.table
    for _ in range(counts.order - m):
        table = continuations(table)
    return kneser_ney(counts._replace(order=m, table=table), d)


@pytest.mark.equation("lm-noisy-channel")
def test_what_was_meant_is_what_was_meant_among_all_that_was_typed_so(evidence):
    model = add_k(count_ngrams(TEXT, 2), 0.5)
    rng = np.random.default_rng(7)
    typed = [*WORDS, "cta", "teh"]
    chances = dict(zip(WORDS, rng.dirichlet(np.ones(len(typed)), len(WORDS)), strict=True))
    channel = {(v, w): chances[w][n] for n, v in enumerate(typed) for w in WORDS}
    joint = {
        (w, v): float(probability(model, w, ["the"])) * channel[v, w]
        for w, v in itertools.product(WORDS, typed)
    }

    def meant(typed):
        """The share of one pair among all pairs with what was typed, of a joint distribution."""
        total = sum(joint[w, typed] for w in WORDS)
        return lambda word, context: joint[word, typed] / total

    def next_word(word, context):
        return sum(share for (w, _), share in joint.items() if w == word)

    evidence.evaluates(
        {
            "P": next_word, "K": lambda v, w: channel[v, w], "Q_v": meant,
            r"\mathcal{V}": frozenset(WORDS), "h": ("the",),
        },
        at={"w": ["cat", "the"], "v": ["cta", "cat", "teh"]},
        witness="the joint distribution of what is meant and typed", within=1e-13,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([], 2), "sentences must hold at least one sentence, got none."),
        ((["You've got"], 2), 'sentence 0 must be a sequence of words, got "You\'ve got".'),
        (([["a"], 7], 2), "sentence 1 must be a sequence of words, got 7."),
        (([["a"], ["b", EOS]], 2), "sentence 1 must hold words, got '</s>'."),
        (([["a", 3]], 2), "sentence 0 must hold words, got 3."),
        (([["a"]], 0), "order must be at least 1, got 0."),
        (([["a"]], 1, {"a", BOS}), "vocabulary must hold words only, got the mark '<s>'."),
        (([["a", "b"]], 1, {"a"}), "vocabulary must hold every word, got 'b', which it does not."),
    ],
    ids=range(8),
)
def test_what_cannot_be_counted_is_named(arguments, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        count_ngrams(*arguments)


@pytest.mark.parametrize("k", [-1, 1e-10, 1e10, math.inf, math.nan, True, "1", None])
def test_other_amounts_of_smoothing_are_refused(k):
    counts = count_ngrams(TEXT, 2)
    with pytest.raises(ValueError, match="k must be 0, or a number from 1e-09 to 1e"):
        add_k(counts, k)
    with pytest.raises(ValueError, match="discount must be 0, or a number from 1e-09 to 1,"):
        kneser_ney(counts, k)


def test_what_a_model_cannot_answer_is_named():
    model = maximum_likelihood(count_ngrams(TEXT, 3))
    with pytest.raises(ValueError, match="context must occur in the text that was counted, got 'm"):
        probability(model, "the", ["mat", "mat"])
    with pytest.raises(ValueError, match="vocabulary must hold every word, got 'horse', which it"):
        log_probabilities(model, [["the", "horse"]])
    with pytest.raises(ValueError, match="sentence 0 must hold words, got '<s>'"):
        probability(model, BOS, [])
    with pytest.raises(ValueError, match="rng must be a numpy"):
        sample_sentence(model, rng=7)
    with pytest.raises(ValueError, match="max_words must be at least 1, got 0"):
        sample_sentence(model, rng=np.random.default_rng(7), max_words=0)


# On the corpus -------------------------------------------------------------------------------


@pytest.mark.skipif(not os.environ.get("UNROLLED_DATA"), reason="UNROLLED_DATA names no corpus")
def test_sums_are_one_on_the_corpus():
    sentences = [pair[0].split() for pair in open_corpus().pairs[::17]]
    vocabulary = choose_vocabulary(sentences, at_least=3)
    model = kneser_ney(count_ngrams(sentences, 3, vocabulary))
    for before in (["I", "have"], ["Tom"], ["Boogie", "Boogie"], []):
        assert sum(next_probabilities(model, before).values()) == pytest.approx(1, abs=1e-12)
