"""Positions as tensors: by hand, and equal to those in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from unrolled.networks import positions as twin
from unrolled.translation.positions import sinusoidal_positions

N_POSITIONS, D_MODEL = 7, 10


def test_two_positions_by_hand():
    """The second pair of columns turns 10000 ** (2 / 4) = 100 times slower."""
    found = sinusoidal_positions(2, 4)
    expected = [[0, 1, 0, 1], [np.sin(1), np.cos(1), np.sin(0.01), np.cos(0.01)]]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("base", [10_000.0, 3])
def test_equal_to_the_numpy_positions(base):
    for n_positions in (1, N_POSITIONS, 1009):
        ours = sinusoidal_positions(n_positions, D_MODEL, base=base)
        theirs = twin.sinusoidal_positions(n_positions, D_MODEL, base=base)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-15, strict=True)


@pytest.mark.parametrize("dtype", [tf.float16, "float32", np.float64])
def test_late_positions_lose_nothing_to_narrow_numbers(dtype):
    kind = tf.as_dtype(dtype)
    late = sinusoidal_positions(100_003, 4, dtype=dtype)
    assert late.dtype == kind
    exact = twin.sinusoidal_positions(100_003, 4)
    assert np.abs(late.numpy().astype(float) - exact).max() < 2 * np.finfo(kind.name).eps


@pytest.mark.parametrize("compiled", [False, True])
def test_length_may_be_known_only_when_the_graph_runs(compiled):
    @tf.function(input_signature=[tf.TensorSpec((None, None, D_MODEL))], jit_compile=compiled)
    def add(x):
        return x + sinusoidal_positions(tf.shape(x)[1], D_MODEL, dtype=x.dtype)

    for n_tokens in (N_POSITIONS, 11):
        expected = twin.sinusoidal_positions(n_tokens, D_MODEL, dtype=np.float32)
        np.testing.assert_allclose(add(tf.zeros((1, n_tokens, D_MODEL)))[0], expected, atol=1e-7)


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 4), {}, "n_positions must be at least 1, got 0"),
        ((3, 5), {}, "d_model must be even, a sine and a cosine each, got 5"),
        ((3, 0), {}, "d_model must be at least 2, got 0"),
        ((3, 4), {"base": 1}, "base must be above 1, got 1"),
        ((3, 4), {"dtype": tf.int32}, "dtype must be one of floating-point numbers, got int32"),
    ],
)
def test_complaints(arguments, options, message, trace):
    def call():
        return sinusoidal_positions(*arguments, **options)

    with pytest.raises(ValueError, match=message):
        tf.function(call)() if trace else call()
