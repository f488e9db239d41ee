"""Word translations learnt from pairs of sentences: by hand, by laws, and against a plain loop."""

from collections import defaultdict

import numpy as np
import pytest

from unrolled.language.alignment import align, learn_word_translations

# 0 is the empty word; 1 the, 2 house, 3 book, 4 a; 5 das, 6 Haus, 7 Buch, 8 ein
PAIRS = [([0, 1, 2], [5, 6]), ([0, 1, 3], [5, 7]), ([0, 4, 3], [8, 7])]


def test_the_house_finds_its_words():
    """The example of the textbooks: each word is settled by the pairs in which it meets others."""
    table = learn_word_translations(PAIRS, 11, n_rounds=50)
    assert align(table, [0, 1, 2], [5, 6]).tolist() == [1, 2]
    assert align(table, [0, 3, 4], [7, 8]).tolist() == [1, 2]


def test_one_round_by_hand():
    """Each of three source words gets a third of each target word it meets."""
    table = learn_word_translations([([0, 1, 2], [5, 6]), ([1], [5])], 7, n_rounds=1)
    found = dict(zip(table.meetings.tolist(), table.probabilities.tolist(), strict=True))
    assert found[1 * 7 + 5] == pytest.approx((1 / 3 + 1) / (1 / 3 + 1 / 3 + 1))
    assert found[2 * 7 + 6] == pytest.approx(1 / 2)


def plain(pairs, n_rounds):
    chance = defaultdict(lambda: 1.0)
    for _ in range(n_rounds):
        counts, totals = defaultdict(float), defaultdict(float)
        for source, target in pairs:
            for word in target:
                whole = sum(chance[other, word] for other in source)
                for other in source:
                    counts[other, word] += chance[other, word] / whole
                    totals[other] += chance[other, word] / whole
        chance = defaultdict(float, {pair: n / totals[pair[0]] for pair, n in counts.items()})
    return chance


def test_rounds_are_those_of_a_plain_loop():
    rng = np.random.default_rng(3)
    pairs = [tuple(rng.integers(0, 13, size=n).tolist() for n in rng.integers(1, 6, size=2))
             for _ in range(17)]  # fmt: skip
    table, wanted = learn_word_translations(pairs, 13, n_rounds=4), plain(pairs, 4)
    assert len(table.meetings) == len(wanted)
    for place, probability in zip(table.meetings.tolist(), table.probabilities, strict=True):
        assert probability == pytest.approx(wanted[divmod(place, 13)], abs=1e-12)
    sums = np.bincount(table.meetings // 13, table.probabilities)
    np.testing.assert_allclose(sums[sums > 0], 1, atol=1e-12)


def test_a_word_that_met_none_of_them_belongs_nowhere():
    table = learn_word_translations(PAIRS, 11)
    assert align(table, [0, 1], [9, 5]).tolist()[0] == -1


@pytest.mark.parametrize("pairs", [[], [([], [1])], [([1], [])], [([1], [11])], [([-1], [1])]])
def test_what_is_no_pair_is_refused(pairs):
    with pytest.raises(ValueError, match="pairs"):
        learn_word_translations(pairs, 11)
