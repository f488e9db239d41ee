"""The fused passes run on one thread of BLAS, and leave the number of threads as it was."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from unrolled.networks import lstm_fused
from unrolled.networks.blas_threads import one_blas_thread
from unrolled.networks.lstm import lstm_backward_fused, lstm_forward_fused, lstm_init


def n_threads():
    """Return how many threads each BLAS of this process would use."""
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


def in_a_thread(function, *arguments):
    """Call it where it may set a number that others may change later, and wait for its end."""
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


@pytest.fixture(autouse=True)
def _three_threads():
    before = n_threads()
    if not before:
        pytest.skip("the BLAS of this NumPy cannot be asked for its threads")
    in_a_thread(threadpool_limits, 3, "blas")
    yield
    in_a_thread(threadpool_limits, max(before), "blas")


def test_one_thread_inside_and_as_many_as_before_outside():
    found = []

    @one_blas_thread()
    def fail():
        found.append(n_threads())
        raise ArithmeticError

    for _ in range(2):
        with pytest.raises(ArithmeticError):
            fail()
        found.append(n_threads())
    assert found == [{1}, {3}, {1}, {3}]


def test_both_passes_use_one_thread(monkeypatch):
    found, stack = [], lstm_fused._stack
    monkeypatch.setattr(
        lstm_fused, "_stack", lambda *a, **k: found.append(n_threads()) or stack(*a, **k)
    )
    params = lstm_init(2, 3, rng=np.random.default_rng(7))
    y, _, cache = lstm_forward_fused(params, np.ones((5, 7, 2)))
    lstm_backward_fused(params, cache, y)
    assert found == [{1}, {1}]
    assert n_threads() == {3}


def test_passes_that_overlap_in_two_threads_leave_the_number_as_it_was():
    second_is_in, first_is_out = threading.Event(), threading.Event()

    @one_blas_thread()
    def second():
        second_is_in.set()
        first_is_out.wait()

    other = threading.Thread(target=second)

    @one_blas_thread()
    def first():
        other.start()
        second_is_in.wait()
        assert n_threads() == {1}

    in_a_thread(first)
    assert n_threads() == {3}
    first_is_out.set()
    other.join()
    assert n_threads() == {3}
