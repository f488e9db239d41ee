import numpy as np
import pytest

from unrolled.networks.clipping import clip_by_norm, clip_by_value, global_norm
from unrolled.networks.lstm import lstm_init
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.networks.rnn import RNNParams


def drawn(scale=1.0):
    params = lstm_init(3, 5, rng=np.random.default_rng(7))
    return map_leaves(lambda leaf: scale * leaf, params)


def flat(gradient):
    return np.concatenate([leaf.ravel() for leaf in leaves_of(gradient).values()])


def test_three_and_four_by_hand():
    gradient = np.array([3.0, 4.0])
    assert global_norm(gradient) == 5
    np.testing.assert_allclose(clip_by_norm(gradient, 1.0), [0.6, 0.8], rtol=1e-15)
    clipped = clip_by_value(gradient, 1.0)
    np.testing.assert_array_equal(clipped, [1, 1])
    cosine = clipped @ gradient / np.linalg.norm(clipped) / 5
    assert np.degrees(np.arccos(cosine)) == pytest.approx(8.13, abs=5e-3)


def test_the_norm_is_that_of_all_weights_together():
    gradient = drawn()
    norm = np.linalg.norm(flat(gradient))
    assert global_norm(gradient) == pytest.approx(norm, rel=1e-14)
    clipped = clip_by_norm(gradient, 0.5)
    assert type(clipped) is type(gradient)
    np.testing.assert_allclose(flat(clipped), flat(gradient) * 0.5 / norm, rtol=1e-14)
    one_by_one = map_leaves(lambda leaf: clip_by_norm(leaf, 0.5), gradient)
    assert global_norm(one_by_one) > 1  # clipping each array alone is another thing


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_short_gradients_stay_as_they_are_but_are_copies(clip):
    gradient = drawn()
    for limit in (1e3, 1e300):
        clipped = clip(gradient, limit)
        np.testing.assert_array_equal(flat(clipped), flat(gradient))
        assert not np.shares_memory(clipped.block_input.W, gradient.block_input.W)
    assert not clip(np.zeros(3), 1.0).any()


@pytest.mark.parametrize("scale", [1e-300, 1e300, 1e307])
def test_neither_large_nor_small_numbers_lose_their_way(scale):
    with np.errstate(all="raise"):
        gradient = np.array([3.0, 4.0]) * scale
        np.testing.assert_allclose(clip_by_norm(gradient, scale), [0.6 * scale, 0.8 * scale])
        assert global_norm(gradient) == pytest.approx(5 * scale, rel=1e-15)
    assert global_norm(np.full(4, 1e308)) == np.inf
    np.testing.assert_allclose(clip_by_norm(np.full(4, 1e308), 1.0), np.full(4, 0.5), rtol=1e-15)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("limit", [1.0, 1e39])
def test_float32_stays_float32(clip, limit):
    clipped = clip(np.array([3e38, 4.0], np.float32), limit)
    assert clipped.dtype == np.float32
    assert clipped[0] == pytest.approx(min(limit, 3e38), rel=1e-6)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_complaints(clip):
    with pytest.raises(ValueError, match="gradient must be finite, got nan"):
        clip([np.nan], 1.0)
    with pytest.raises(ValueError, match="gradient must hold float64 or float32, got int64"):
        clip([1, 2], 1.0)
    with pytest.raises(ValueError, match=r"max_(norm|value) must be above 0, got 0.0"):
        clip([1.0], 0.0)
    mixed = RNNParams(np.ones(1), np.ones(1, np.float32), *np.ones((3, 1)))
    with pytest.raises(ValueError, match=r"gradient.W must be float64 as gradient.U is, got"):
        clip(mixed, 1.0)
