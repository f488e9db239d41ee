"""The doors of the TensorFlow room: what they let through, and what they say."""

import numpy as np
import pytest
import tensorflow as tf

from unrolled.translation.tensors import (
    check_axes,
    check_count,
    check_floats,
    check_integers,
    check_mask,
    sizes_of,
)


def traced(look, *shape, dtype=tf.float32):
    """Look at a tensor of which only this is known."""
    seen = []
    spec = tf.TensorSpec(shape[0] if shape == (None,) else shape, dtype)
    tf.function(lambda x: seen.append(look(x)), input_signature=[spec]).get_concrete_function()
    return seen[0]


def test_sizes_are_unpacked_as_far_as_they_are_known():
    assert check_axes("x", tf.zeros((2, 3, 5)), "batch time n_in", n_in=5) == (2, 3, 5)
    assert check_axes("x", tf.zeros((2, 3, 5)), "... n_in") == (5,)
    look = traced(lambda x: check_axes("x", x, "batch time n_in", time=3, n_in=None), 2, None, 5)
    assert look == (2, None, 5)


def test_sizes_that_are_not_known_are_asked_for_when_the_graph_runs():
    assert sizes_of(tf.zeros((2, 0))) == [2, 0]

    @tf.function(input_signature=[tf.TensorSpec((None, 3))])
    def sizes(x):
        batch, width = sizes_of(x)
        assert width == 3
        return batch

    assert sizes(tf.zeros((7, 3))) == 7


def test_kinds_are_converted_where_nothing_is_lost():
    assert check_mask("mask", [[1, 0]]).numpy().tolist() == [[True, False]]
    assert check_integers("lengths", np.array([3], np.uint8)).dtype == tf.int64
    assert check_integers("lengths", []).dtype == tf.int64
    assert check_mask("mask", [[], []]).shape == (2, 0)
    assert check_count("n", 5) == 5
    assert check_count("n", tf.constant(5, tf.int32)).dtype == tf.int64
    ours = check_floats(x=np.zeros(3, np.float32), y=tf.ones(2))
    assert [part.dtype for part in ours] == [tf.float32] * 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_axes("x", tf.zeros((2, 5)), "batch time n_in", n_in=3),
         r"x must have shape \(batch, time, n_in=3\), got \(2, 5\)\."),
        (lambda: check_axes("x", tf.zeros((2, 5)), "... n_in", n_in=3),
         r"x must have shape \(\.\.\., n_in=3\), got \(2, 5\)\."),
        (lambda: check_axes("x", tf.zeros(5), "... time n_in"),
         r"x must have shape \(\.\.\., time, n_in\), got \(5,\)\."),
        (lambda: traced(lambda x: check_axes("x", x, "batch n_in", n_in=3), None, 5),
         r"x must have shape \(batch, n_in=3\), got \(None, 5\)\."),
        (lambda: traced(lambda x: check_axes("x", x, "batch"), None),
         r"x must have shape \(batch,\), got one with an unknown number of axes\. Name it with"),
        (lambda: check_floats(x=tf.zeros(2), y=tf.zeros(2, tf.float64)),
         "y must be float32 as x is, got float64. Convert one of them with tf.cast first."),
        (lambda: check_floats(x=[1, 2]), "x must hold floating-point numbers, got int32."),
        (lambda: check_integers("x", [1.0]), "x must hold integers, got float32."),
        (lambda: check_integers("x", tf.constant([], tf.string)),
         "x must hold integers, got string."),
        (lambda: traced(lambda x: check_integers("x", x), None),
         "x must hold integers, got float"),
        (lambda: check_mask("mask", [1.0]),
         "mask must hold truth values, or the integers 0 and 1, got float32. Compare first"),
        (lambda: check_mask("mask", ["yes"]), "mask must hold truth values, .* got string"),
        (lambda: check_count("n", 0), "n must be at least 1, got 0"),
        (lambda: check_count("n", tf.constant([1])),
         r"n must be a single integer, got shape \(1,\)"),
    ],
)  # fmt: skip
def test_complaints(call, message):
    with pytest.raises(ValueError, match=message):
        call()
