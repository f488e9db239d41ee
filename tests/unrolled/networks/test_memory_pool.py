"""Arrays cut out of kept blocks: never two at once in the same memory, and memory used again."""

import threading

import numpy as np
import pytest

from unrolled.networks import memory_pool
from unrolled.networks.lstm import lstm_backward_fused, lstm_forward_fused, lstm_init
from unrolled.networks.memory_pool import pooled_empty
from unrolled.networks.pytrees import leaves_of

FLOAT = np.dtype(np.float64)


@pytest.fixture(autouse=True)
def _no_blocks(monkeypatch):
    monkeypatch.setattr(memory_pool, "_blocks", [])


def address(array):
    return array.__array_interface__["data"][0]


def test_arrays_have_their_shapes_and_share_nothing():
    a, b, c = pooled_empty(FLOAT, (2, 3), (5,), (7, 1, 2))
    assert [array.shape for array in (a, b, c)] == [(2, 3), (5,), (7, 1, 2)]
    for value, array in enumerate((a, b, c)):
        array[...] = value
    assert [set(array.ravel()) for array in (a, b, c)] == [{0}, {1}, {2}]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_lie_where_their_kind_may_lie(dtype):
    for array in pooled_empty(np.dtype(dtype), (3,), (5,), (7,)):
        assert array.dtype == dtype
        assert array.flags.aligned
        assert array.flags.c_contiguous


def test_memory_is_used_again_when_nobody_holds_it():
    (first,) = pooled_empty(FLOAT, (11, 13))
    place = address(first)
    del first
    (second,) = pooled_empty(FLOAT, (7, 5))
    assert address(second) == place


@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[1:2, ::3], lambda a: a[:, None].T])
def test_memory_is_not_used_again_while_a_piece_or_a_view_of_it_lives(view):
    first, _ = pooled_empty(FLOAT, (11, 13), (2,))
    first[...] = 7
    place, held = address(first), view(first)
    del first, _
    (second,) = pooled_empty(FLOAT, (11, 13))
    second[...] = -1
    assert address(second) != place
    assert set(held.ravel()) == {7}


def test_a_large_block_goes_back_to_the_system(monkeypatch):
    monkeypatch.setattr(memory_pool, "LARGEST_KEPT", 80)
    pooled_empty(FLOAT, (11,))
    assert memory_pool._blocks == []
    pooled_empty(FLOAT, (10,))
    assert len(memory_pool._blocks) == 1


def test_only_a_few_blocks_are_kept_and_an_idle_one_gives_way():
    held = [pooled_empty(FLOAT, (n,)) for n in (2, 3, 5, 7, 11)]
    assert len(memory_pool._blocks) == memory_pool.KEPT_BLOCKS
    del held[1]
    pooled_empty(FLOAT, (13,))
    assert sorted(block.size // 8 for block in memory_pool._blocks) == [2, 5, 7, 13]


def test_several_threads_disturb_nobody():
    rng = np.random.default_rng(7)
    params = lstm_init(3, 5, rng=rng)
    inputs = [rng.normal(size=(2, 7, 3)) for _ in range(4)]

    def gradients(x):
        y, _, cache = lstm_forward_fused(params, x)
        return y, *leaves_of(lstm_backward_fused(params, cache, np.cos(y))).values()

    alone = [[array.copy() for array in gradients(x)] for x in inputs]
    wrong = []

    def work(x, expected):
        for _ in range(25):
            found = gradients(x)
            if not all(map(np.array_equal, found, expected)):
                wrong.append(x)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(inputs, alone, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_of_one_call_stay_when_the_next_is_made():
    rng = np.random.default_rng(11)
    params, x = lstm_init(3, 5, rng=rng), rng.normal(size=(2, 7, 3))
    y, c, cache = lstm_forward_fused(params, x)
    kept = y.copy(), c.copy(), cache.z.copy()
    lstm_forward_fused(params, x + 1)
    for array, expected in zip((y, c, cache.z), kept, strict=True):
        np.testing.assert_array_equal(array, expected)
