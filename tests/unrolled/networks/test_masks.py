"""Masks of attention: by hand, and by what they let through."""

import numpy as np
import pytest

from unrolled.networks.masks import look_ahead_mask, padding_mask

BATCH, N_KEYS = 3, 7


def test_two_sequences_and_three_tokens_by_hand():
    assert padding_mask([2, 0], 3).tolist() == [[[True, True, False]], [[False] * 3]]
    assert look_ahead_mask(3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_padding_lets_through_as_many_keys_as_there_are_tokens():
    lengths = np.array([5, 0, N_KEYS])
    mask = padding_mask(lengths, N_KEYS)
    assert mask.shape == (BATCH, 1, N_KEYS)
    assert mask.dtype == bool
    assert mask.sum(axis=(1, 2)).tolist() == lengths.tolist()
    assert (np.diff(mask.astype(int)) <= 0).all()  # real tokens come first


def test_token_t_sees_t_tokens_and_itself():
    mask = look_ahead_mask(N_KEYS)
    assert mask.dtype == bool
    assert mask.sum(axis=1).tolist() == list(range(1, N_KEYS + 1))
    assert mask.diagonal().all()
    assert not np.triu(mask, 1).any()


def test_both_at_once():
    both = look_ahead_mask(N_KEYS) & padding_mask([4], N_KEYS)
    assert both.shape == (1, N_KEYS, N_KEYS)
    assert both[0, 6].tolist() == [True] * 4 + [False] * 3
    assert both[0, 1].tolist() == [True] * 2 + [False] * 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: padding_mask([[1, 2]], 3), r"lengths must have shape \(batch,\), got \(1, 2\)"),
        (lambda: padding_mask([1.0], 3), "lengths must hold integers, got 1.0"),
        (lambda: padding_mask([np.nan], 3), "lengths must hold integers, got nan"),
        (lambda: padding_mask([4], 3), "lengths must be at least 0 and at most 3, got 4"),
        (lambda: padding_mask([-1], 3), "lengths must be at least 0 and at most 3, got -1"),
        (lambda: padding_mask([1], 0), "n_keys must be at least 1, got 0"),
        (lambda: look_ahead_mask(3.5), "n_tokens must hold integers, got 3.5"),
        (lambda: look_ahead_mask(0), "n_tokens must be at least 1, got 0"),
    ],
)
def test_complaints(call, message):
    with pytest.raises(ValueError, match=message):
        call()
