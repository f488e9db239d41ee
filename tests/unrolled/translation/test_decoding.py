"""Searches on small models of which all sentences can be listed, and their laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.translation.decoding import (
    beam_search,
    beam_tree,
    greedy,
    length_penalty,
    log_softmax,
    most_probable,
    sample,
)

LIMIT = 5


class Table:
    """A model whose logits are drawn for each beginning; the source is the seed."""

    bos, eos = 0, 1

    def __init__(self, n_tokens=4, spread=1.0):
        self.n_tokens, self.spread = n_tokens, spread

    def logits(self, seed, written):
        rng = np.random.default_rng([seed, *written])
        logits = rng.normal(size=self.n_tokens) * self.spread
        logits[self.bos] = -np.inf
        return logits

    def start(self, sources):
        return [(source[0], ()) for source in sources]

    def step(self, state, ids):
        state = [
            (seed, (*written, int(token)))
            for (seed, written), token in zip(state, ids, strict=True)
        ]
        return np.array([self.logits(*row) for row in state]), state

    def choose(self, state, rows):
        return [state[row] for row in rows]

    def log_probability(self, seed, written):
        """Of ids with their EOS."""
        total, before = 0.0, [self.bos]
        for token in written:
            logits = self.logits(seed, before)
            total += logits[token] - np.log(np.exp(logits).sum())
            before.append(token)
        return total

    def sentences(self, limit=LIMIT):
        """All that can be written: ended by EOS, or cut off at the limit."""
        others = range(2, self.n_tokens)
        for length in range(limit):
            for tokens in itertools.product(others, repeat=length):
                yield [*tokens, self.eos]
        yield from map(list, itertools.product(others, repeat=limit))


SEEDS = [[seed] for seed in range(23)]


def ended(hypothesis):
    return [*hypothesis.ids, *([Table.eos] if hypothesis.is_finished else [])]


def test_greedy_by_hand():
    """Token 2 is likelier than EOS at first, EOS afterwards."""

    class ByHand(Table):
        def logits(self, seed, written):
            return np.log([1e-9, 0.3, 0.7]) if len(written) == 1 else np.log([1e-9, 0.6, 0.4])

    (found,) = greedy(ByHand(3), [[0]], limit=7)
    assert (found.ids, found.is_finished) == ([2], True)
    assert found.log_probability == pytest.approx(np.log(0.7 * 0.6), abs=1e-6)
    assert found.score == found.log_probability


def test_log_probabilities_are_those_of_the_sentences():
    model = Table()
    for search in (
        greedy(model, SEEDS, limit=LIMIT),
        sample(model, SEEDS, limit=LIMIT, rng=np.random.default_rng(1)),
        [each[0] for each in beam_search(model, SEEDS, n_beams=3, limit=LIMIT)],
    ):
        for (seed,), found in zip(SEEDS, search, strict=True):
            expected = model.log_probability(seed, ended(found))
            assert found.log_probability == pytest.approx(expected, abs=1e-12)
            assert found.is_finished or len(found.ids) == LIMIT


@pytest.mark.parametrize("alpha", [0, 0.7, 1.3])
def test_a_beam_wide_enough_finds_the_best_of_all_sentences(alpha):
    model = Table()
    everything = list(model.sentences())
    found = beam_search(model, SEEDS, n_beams=len(everything), alpha=alpha, limit=LIMIT)
    for (seed,), hypotheses in zip(SEEDS, found, strict=True):
        scores = {
            tuple(each): model.log_probability(seed, each) / length_penalty(len(each), alpha)
            for each in everything
        }
        assert len(hypotheses) == len(everything)
        assert tuple(ended(hypotheses[0])) == max(scores, key=scores.get)
        for hypothesis in hypotheses:
            assert hypothesis.score == pytest.approx(scores[tuple(ended(hypothesis))], abs=1e-12)
        ordered = [hypothesis.score for hypothesis in hypotheses]
        assert ordered == sorted(ordered, reverse=True)


def test_the_most_probable_of_all_sentences_is_found():
    model = Table()
    everything = list(model.sentences())
    found = [most_probable(model, seed, limit=LIMIT) for seed in SEEDS]
    for (seed,), best in zip(SEEDS, found, strict=True):
        chances = {tuple(each): model.log_probability(seed, each) for each in everything}
        assert tuple(ended(best)) == max(chances, key=chances.get)
        assert best.log_probability == pytest.approx(max(chances.values()), abs=1e-12)
        assert best.score == best.log_probability
    by_greedy = greedy(model, SEEDS, limit=LIMIT)
    missed = [a.ids != b.ids for a, b in zip(found, by_greedy, strict=True)]
    assert any(missed)
    assert not all(missed)


def test_the_tree_holds_what_the_search_found():
    model = Table(7)
    for seed in SEEDS:
        tree = beam_tree(model, seed, n_beams=3, limit=LIMIT, n_dropped=2)
        ended, going = [], [[]]
        for step in tree:
            kept = [branch for branch in step if branch.is_kept]
            assert len(kept) == 3 - len(ended)
            assert step[: len(kept)] == kept
            assert min(b.log_probability for b in kept) >= max(
                (b.log_probability for b in step[len(kept) :]), default=-np.inf
            )
            texts = [([*going[b.before], b.token], b.log_probability) for b in kept]
            is_last = len(texts[0][0]) == LIMIT
            ended += [text for text in texts if text[0][-1] == model.eos or is_last]
            going = [text for text, _ in texts if text[-1] != model.eos]
        (found,) = beam_search(model, [seed], n_beams=3, alpha=0, limit=LIMIT)
        expected = sorted(
            ([*h.ids, *[model.eos] * h.is_finished], h.log_probability) for h in found
        )
        assert sorted(ended) == expected


def test_a_search_that_takes_too_long_is_given_up():
    assert most_probable(Table(7), [5], limit=29, n_beginnings=1) is None


@pytest.mark.parametrize("alpha", [0, 1, 3])
def test_one_beam_is_greedy(alpha):
    model = Table(7)
    beams = beam_search(model, SEEDS, n_beams=1, alpha=alpha, limit=LIMIT)
    for (one,), other in zip(beams, greedy(model, SEEDS, limit=LIMIT), strict=True):
        assert one.ids == other.ids
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-12)


def test_more_beams_find_no_worse_sentences_on_average():
    model = Table(7)
    for each in beam_search(model, SEEDS, n_beams=3, limit=LIMIT):
        assert len(each) == 3
    means = [
        np.mean(
            [
                each[0].log_probability
                for each in beam_search(model, SEEDS, n_beams=n, alpha=0, limit=LIMIT)
            ]
        )
        for n in (1, 3, 11)
    ]
    assert means[0] < means[1] <= means[2]


def test_a_greater_penalty_prefers_longer_sentences():
    model = Table(7)
    lengths = [
        np.mean(
            [
                len(ended(each[0]))
                for each in beam_search(model, SEEDS, n_beams=29, alpha=alpha, limit=LIMIT)
            ]
        )
        for alpha in (0, 1, 3)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


@given(st.permutations(range(len(SEEDS))), st.integers(1, 5))
def test_a_sentence_is_translated_the_same_in_any_batch(order, n_beams):
    model = Table(5)
    together = beam_search(model, [SEEDS[n] for n in order], n_beams=n_beams, limit=LIMIT)
    for n, found in zip(order[:3], together, strict=False):
        assert found == beam_search(model, [SEEDS[n]], n_beams=n_beams, limit=LIMIT)[0]


def test_draws_follow_the_probabilities():
    model, n = Table(), 4001
    found = sample(model, [[5]] * n, limit=1, rng=np.random.default_rng(3))
    counts = np.bincount([ended(each)[0] for each in found], minlength=4) / n
    p = np.exp(log_softmax(model.logits(5, [0])))
    assert (np.abs(counts - p) <= 5 * np.sqrt(p * (1 - p) / n)).all()


def test_a_low_temperature_is_greedy_and_a_high_one_is_even():
    model = Table(7)
    cold = sample(model, SEEDS, temperature=1e-9, limit=LIMIT, rng=np.random.default_rng(3))
    assert [e.ids for e in cold] == [e.ids for e in greedy(model, SEEDS, limit=LIMIT)]
    hot = sample(model, [[5]] * 4001, temperature=1e9, limit=1, rng=np.random.default_rng(3))
    counts = np.bincount([ended(each)[0] for each in hot], minlength=7)[1:] / 4001
    assert np.abs(counts - 1 / 6).max() < 5 * np.sqrt(5 / 36 / 4001)


def test_a_generator_decides_the_draws():
    first, second, other = (
        sample(Table(), SEEDS, limit=LIMIT, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_nothing_to_translate():
    assert greedy(Table(), [], limit=LIMIT) == []
    assert beam_search(Table(), [], n_beams=3, limit=LIMIT) == []


def test_penalties_by_hand():
    assert length_penalty(1, 2.0) == 1
    assert length_penalty(13, 1.0) == 3
    assert length_penalty(7, 2.0) == 4
    assert length_penalty(31, 0) == 1


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=7))
def test_probabilities_sum_to_one(logits):
    assert np.exp(log_softmax(np.array(logits))).sum() == pytest.approx(1, abs=1e-12)


def test_float32_logits_give_the_same_to_their_precision():
    logits = np.random.default_rng(3).normal(size=(5, 97)) * 9
    found = log_softmax(logits.astype(np.float32))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, log_softmax(logits), atol=3e-6)


def test_what_is_forbidden_has_probability_zero():
    found = np.exp(log_softmax(np.array([-np.inf, 0, 0])))
    np.testing.assert_allclose(found, [0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("search", "change", "complaint"),
    [
        (greedy, {"limit": 0}, "limit must"),
        (sample, {"temperature": 0}, "temperature must"),
        (sample, {"rng": 7}, "rng must"),
        (beam_search, {"n_beams": 0}, "n_beams must"),
        (beam_search, {"alpha": -1}, "alpha must"),
        (beam_search, {"limit": 2.5}, "limit must"),
        (most_probable, {"limit": 0}, "limit must"),
        (most_probable, {"n_beginnings": 0}, "n_beginnings must"),
    ],
)
def test_arguments_out_of_range_are_refused(search, change, complaint):
    options = {sample: {"rng": np.random.default_rng(0)}, beam_search: {"n_beams": 2}}
    with pytest.raises(ValueError, match=complaint):
        search(Table(), SEEDS, **{"limit": LIMIT, **options.get(search, {}), **change})
