"""Masks as tensors: equal to those in NumPy, also for lengths that a graph learns when it runs."""

import numpy as np
import pytest
import tensorflow as tf

from unrolled.networks import masks as twin
from unrolled.translation.masks import look_ahead_mask, padding_mask

BATCH, N_KEYS = 3, 7
LENGTHS = [5, 0, 7]


def test_two_sequences_and_three_tokens_by_hand():
    assert padding_mask([2, 0], 3).numpy().tolist() == [[[True, True, False]], [[False] * 3]]
    assert look_ahead_mask(3).numpy().tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8])
def test_equal_to_the_numpy_masks(kind):
    lengths = np.array(LENGTHS, kind)
    ours, theirs = padding_mask(lengths, N_KEYS), twin.padding_mask(lengths, N_KEYS)
    assert ours.dtype == tf.bool
    np.testing.assert_array_equal(ours, theirs, strict=True)
    for n_tokens in (1, 2, N_KEYS):
        ours, theirs = look_ahead_mask(n_tokens), twin.look_ahead_mask(n_tokens)
        np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize("compiled", [False, True])
def test_lengths_may_be_known_only_when_the_graph_runs(compiled):
    signature = [tf.TensorSpec((None, None, 2)), tf.TensorSpec((None,), tf.int32)]

    @tf.function(input_signature=signature, jit_compile=compiled)
    def both(x, lengths):
        n_tokens = tf.shape(x)[1]
        return look_ahead_mask(n_tokens) & padding_mask(lengths, n_tokens)

    for n_keys in (N_KEYS, 11):
        found = both(tf.zeros((BATCH, n_keys, 2)), tf.constant(LENGTHS))
        expected = twin.look_ahead_mask(n_keys) & twin.padding_mask(LENGTHS, n_keys)
        np.testing.assert_array_equal(found, expected, strict=True)


def test_sizes_that_are_known_stay_known_in_a_graph():
    shapes = []
    tf.function(
        lambda lengths: shapes.extend(
            mask.shape.as_list() for mask in (padding_mask(lengths, 7), look_ahead_mask(5))
        ),
        input_signature=[tf.TensorSpec((None,), tf.int32)],
    ).get_concrete_function()
    assert shapes == [[None, 1, 7], [5, 5]]


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: padding_mask([[1, 2]], 3), r"lengths must have shape \(batch,\), got \(1, 2\)"),
        (lambda: padding_mask([1.0], 3), "lengths must hold integers, got float32"),
        (lambda: padding_mask([1], 0), "n_keys must be at least 1, got 0"),
        (lambda: padding_mask([1], tf.constant(2.0)), "n_keys must hold integers, got float32"),
        (lambda: padding_mask([1], tf.constant([2])), r"n_keys must be a single integer, got sha"),
        (lambda: look_ahead_mask(3.5), "n_tokens must hold integers, got 3.5"),
        (lambda: look_ahead_mask(-1), "n_tokens must be at least 1, got -1"),
    ],
)
def test_complaints(call, message, trace):
    with pytest.raises(ValueError, match=message):
        tf.function(call)() if trace else call()
