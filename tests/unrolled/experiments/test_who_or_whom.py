"""A question that one head answers, and that no layer answers that splits its tokens first."""

import numpy as np
import pytest

import oracles
from unrolled.experiments import who_or_whom
from unrolled.networks.attention import multi_head_forward, multi_head_init
from unrolled.networks.pytrees import leaves_of, map_leaves


def seeded():
    return np.random.default_rng(7)


def test_who_and_whom_by_hand():
    tokens, answers = who_or_whom.who_or_whom()
    who_hopkins = [[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 1, 0], [0] * 6, [0, 0, 0, 1, 0, 1]]
    assert tokens[0].tolist() == who_hopkins
    assert tokens[3].tolist() == [
        [0, 1, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 0],
        [0] * 6,
        [0, 0, 1, 0, 0, 1],
    ]
    assert answers.tolist() == [[1, 0], [0, 1], [0, 1], [1, 0]]


def test_each_case_changes_one_chunk_at_a_time():
    tokens, _ = who_or_whom.who_or_whom()
    chunks = tokens.reshape(4, 4, 3, 2)
    changed = [
        {c for c in range(3) if (chunks[0][:, c] != chunks[n][:, c]).any()} for n in range(4)
    ]
    assert changed == [set(), {0}, {1}, {0, 1}]


def test_one_head_answers_all_four():
    tokens, answers = who_or_whom.who_or_whom()
    layer = who_or_whom.hand_set_layer(20.0)
    output, weights, _ = multi_head_forward(
        layer, tokens, tokens, tokens, n_heads=who_or_whom.N_HEADS
    )
    assert np.abs(output[:, 0, 4:] - answers).max() < 1e-8
    expected = np.exp(20) / (np.exp(20) + 3)
    np.testing.assert_allclose(weights[[0, 1, 2, 3], 0, 0, [1, 3, 3, 1]], expected, rtol=1e-12)


def test_what_is_left_by_splitting_first_is_three_blocks():
    split = who_or_whom.block_diagonal(map_leaves(np.ones_like, who_or_whom.hand_set_layer(1.0)), 3)
    blocks = np.kron(np.eye(3), np.ones((2, 2)))
    for part in split[:3]:
        np.testing.assert_array_equal(part.W, blocks)
    np.testing.assert_array_equal(split.output.W, np.ones((6, 6)))
    np.testing.assert_array_equal(split.query.b, np.ones(6))


def test_cutting_once_more_changes_nothing():
    split = who_or_whom.block_diagonal(multi_head_init(6, rng=seeded()), 3)
    again = who_or_whom.block_diagonal(split, 3)
    for ours, theirs in zip(leaves_of(split).values(), leaves_of(again).values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_gradient_matches_central_differences():
    params = multi_head_init(6, rng=seeded())
    questions = who_or_whom.who_or_whom()
    _, gradients = who_or_whom.question_gradient(params, *questions)
    found = leaves_of(gradients)
    for name, leaf in leaves_of(params).items():
        derivatives = oracles.central_differences(
            lambda: who_or_whom.question_gradient(params, *questions)[0], leaf
        )
        np.testing.assert_allclose(found[name], derivatives, atol=1e-9)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_mapping_first_learns_what_splitting_first_cannot(seed):
    begin = multi_head_init(6, rng=np.random.default_rng(seed))
    _, falling = who_or_whom.train_on_questions(begin, n_steps=200)
    split, stuck = who_or_whom.train_on_questions(begin, n_steps=200, is_block_diagonal=True)
    assert falling[-1] < 1e-3
    assert stuck.min() >= 0.25
    assert stuck[-1] < 0.26
    np.testing.assert_array_equal(split.key.W, who_or_whom.block_diagonal(split, 3).key.W)


def test_losses_begin_with_the_parameters_that_came_in():
    begin = multi_head_init(6, rng=seeded())
    end, losses = who_or_whom.train_on_questions(begin, n_steps=2)
    assert losses.shape == (3,)
    questions = who_or_whom.who_or_whom()
    assert losses[0] == who_or_whom.question_gradient(begin, *questions)[0]
    assert losses[2] == who_or_whom.question_gradient(end, *questions)[0]


def test_copied_heads_stay_copies():
    twins = map_leaves(np.copy, multi_head_init(6, rng=seeded()))
    for part in twins[:3]:
        part.W[:, 2:4] = part.W[:, :2]
    twins.output.W[2:4] = twins.output.W[:2]
    end, _ = who_or_whom.train_on_questions(twins, n_steps=20)
    for part in end[:3]:
        np.testing.assert_allclose(part.W[:, 2:4], part.W[:, :2], atol=1e-9)
    assert np.abs(end.query.W[:, 4:] - end.query.W[:, :2]).max() > 0.01


def test_heads_that_do_not_divide_are_named():
    with pytest.raises(ValueError, match="n_heads must divide d_model=6, got 4"):
        who_or_whom.block_diagonal(multi_head_init(6, rng=seeded()), 4)


def test_targets_of_another_length_are_named():
    tokens, answers = who_or_whom.who_or_whom()
    with pytest.raises(ValueError, match="answers must have shape"):
        who_or_whom.question_gradient(who_or_whom.hand_set_layer(1.0), tokens, answers[:3])


def test_sharpness_must_be_positive():
    with pytest.raises(ValueError, match="sharpness"):
        who_or_whom.hand_set_layer(0.0)
