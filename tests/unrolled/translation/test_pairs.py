"""Sentences in parts and in batches: each stands where it belongs, and once."""

import numpy as np
import pytest

from unrolled.language.corpora import OWN, open_corpus
from unrolled.translation.pairs import (
    BOS,
    EOS,
    LENGTHS,
    PAD,
    SPECIAL,
    draw_batches,
    encode_pairs,
    learn_tokenizer,
    pad,
    split,
)


def draw_pairs(n, shortest=1, longest=5, seed=3):
    """Pairs of random tokens, as long as each other or not."""
    rng = np.random.default_rng(seed)

    def drawn():
        return [BOS, *rng.integers(3, 31, rng.integers(shortest, longest + 1)).tolist(), EOS]

    return [(drawn(), drawn()) for _ in range(n)]


@pytest.fixture(scope="module")
def parts():
    return split(open_corpus(OWN), 0.2)


def test_no_english_sentence_stands_in_two_parts(parts):
    training_set, development, test = ({source for source, _ in part.pairs} for part in parts)
    assert not training_set & development
    assert not training_set & test
    assert not development & test
    whole = open_corpus(OWN)
    assert sorted(pair for part in parts for pair in part.pairs) == sorted(whole.pairs)
    n = len({source for source, _ in whole.pairs})
    for part in (development, test):
        assert abs(len(part) - 0.2 * n) < 5 * np.sqrt(0.2 * 0.8 * n)


def test_pairs_have_both_ends_and_are_read_back(parts):
    tokenizer = learn_tokenizer(parts.training, 400)
    assert len(tokenizer.vocabulary) == 400
    for (source, target), pair in zip(
        encode_pairs(parts.test, tokenizer), parts.test.pairs, strict=True
    ):
        assert (tokenizer.decode(source), tokenizer.decode(target)) == pair
        for ids in (source, target):
            assert (ids[0], ids[-1]) == (BOS, EOS)
            assert not {PAD, BOS, EOS} & set(ids[1:-1])


def test_batches_hold_every_pair_once():
    pairs = draw_pairs(211, longest=60)
    batches, n_left_out = draw_batches(pairs, 101, rng=np.random.default_rng(5))
    found = []
    for source, target in batches:
        length = source.shape[1]
        assert length in LENGTHS
        assert source.shape[0] == target.shape[0] == 101 // length
        assert target.shape[1] == length + 1
        for one, other in zip(source, target, strict=True):
            found.append((one[one != PAD].tolist(), other[other != PAD].tolist()))
    expected = [pair for pair in pairs if max(len(pair[0]), len(pair[1]) - 1) <= LENGTHS[-1]]
    assert sorted(pair for pair in found if pair[0]) == sorted(expected)
    assert n_left_out == len(pairs) - len(expected) > 0


def test_batches_come_in_an_order_that_the_generator_decides():
    pairs = draw_pairs(97, longest=30)
    first, second, other = (
        draw_batches(pairs, 101, rng=np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert all((a.source == b.source).all() for a, b in zip(first, second, strict=True))
    assert [a.source.tolist() for a in first] != [b.source.tolist() for b in other]
    lengths = [batch.source.shape[1] for batch in first]
    assert lengths != sorted(lengths)
    together, otherwise = (
        {frozenset(map(tuple, batch.source.tolist())) for batch in batches}
        for batches in (first, other)
    )
    assert together != otherwise


def test_each_pair_is_in_the_shortest_batch_that_holds_it():
    for source, target in draw_batches(
        draw_pairs(97, longest=40), 101, rng=np.random.default_rng(1)
    )[0]:
        longest = max((source != PAD).sum(axis=1).max(), (target != PAD).sum(axis=1).max() - 1)
        assert longest > max([0, *(length for length in LENGTHS if length < source.shape[1])])


def test_batches_without_room_are_refused():
    with pytest.raises(ValueError, match="n_positions must"):
        draw_batches(draw_pairs(3), LENGTHS[-1] - 1, rng=np.random.default_rng(0))


def test_shorter_sentences_are_padded():
    assert pad([[5, 3], [7], []]).tolist() == [[5, 3], [7, PAD], [PAD, PAD]]
    assert pad([[5]], 3).tolist() == [[5, PAD, PAD]]
    assert pad([]).shape == (0, 0)


def test_special_tokens_come_first():
    assert (SPECIAL[PAD], SPECIAL[BOS], SPECIAL[EOS]) == ("[PAD]", "[BOS]", "[EOS]")


def test_a_vocabulary_without_room_for_merges_is_refused(parts):
    with pytest.raises(ValueError, match="n_tokens"):
        learn_tokenizer(parts.training, 259)
