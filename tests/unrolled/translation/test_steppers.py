"""With a cache, without one, and in NumPy: one translation."""

import numpy as np
import pytest

from unrolled.networks.transformer import params_from
from unrolled.translation.decoding import beam_search, greedy
from unrolled.translation.pairs import BOS, EOS, PAD
from unrolled.translation.steppers import Cached, Uncached
from unrolled.translation.transformer import Sizes, Transformer, initial_weights
from unrolled.translation.translator import NumPyStepper

SIZES = Sizes(n_tokens=37, d_model=22, n_heads=11, d_ff=19, n_layers=3)
LIMIT = 17


def draw_weights():
    rng = np.random.default_rng(3)
    return {
        name: 2 * weight + rng.normal(size=weight.shape) / 9
        for name, weight in initial_weights(SIZES, rng=rng).items()
    }


SOURCES = [
    [BOS, *np.random.default_rng(n).integers(3, 37, n).tolist(), EOS] for n in (3, 11, 7, 1, 5, 7)
]


@pytest.fixture(scope="module")
def steppers():
    model = Transformer(SIZES, draw_weights())
    params = params_from(draw_weights())
    return [Cached(model), Uncached(model), NumPyStepper(params, SIZES.n_heads)]


def follow(stepper, sources, tokens):
    """The logits of each step when these tokens are written."""
    state, found = stepper.start(sources), []
    for ids in tokens:
        logits, state = stepper.step(state, ids)
        found.append(logits)
    return np.array(found)


def test_logits_are_the_same_with_and_without_a_cache_and_in_numpy(steppers):
    tokens = np.random.default_rng(5).integers(3, 37, (LIMIT, len(SOURCES)))
    cached, uncached, in_numpy = (follow(stepper, SOURCES, tokens) for stepper in steppers)
    np.testing.assert_allclose(cached, uncached, atol=2e-3)
    np.testing.assert_allclose(cached, in_numpy, atol=2e-3)  # of logits up to 20


def test_translations_are_the_same(steppers):
    """The weights are such that no two tokens are about equally probable on the way."""
    for search in (
        lambda model: [[each] for each in greedy(model, SOURCES, limit=LIMIT)],
        lambda model: beam_search(model, SOURCES, n_beams=5, limit=LIMIT),
    ):
        first, *others = ([[h.ids for h in each] for each in search(s)] for s in steppers)
        assert first == others[0] == others[1]
        assert len({tuple(each[0]) for each in first}) > 2  # not one answer for all


def test_rows_that_are_chosen_go_on_alone(steppers):
    tokens = np.random.default_rng(5).integers(3, 37, (LIMIT, len(SOURCES)))
    rows = np.array([4, 1, 1])
    for stepper in steppers:
        state = stepper.start(SOURCES)
        for ids in tokens[:3]:
            _, state = stepper.step(state, ids)
        logits, _ = stepper.step(stepper.choose(state, rows), tokens[3][rows])
        expected = follow(stepper, SOURCES, tokens[:4])[3][rows]
        # Single precision, of logits up to 20, summed in another order on other processors.
        np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_padding_and_bos_are_never_written(steppers):
    for stepper in steppers:
        logits, _ = stepper.step(stepper.start(SOURCES), np.full(len(SOURCES), BOS))
        assert (logits[:, [PAD, BOS]] == -np.inf).all()
        assert np.isfinite(np.delete(logits, [PAD, BOS], axis=1)).all()
