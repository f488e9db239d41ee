"""Deep stacks of encoder layers: their gradients, and what the committed runs were made with."""

import json
from pathlib import Path

import numpy as np
import pytest

import oracles
from unrolled.experiments import deep_stack
from unrolled.experiments.deep_stack import (
    KINDS,
    draw_sequences,
    stack_forward,
    stack_gradient,
    stack_init,
    train_stack,
)
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.networks.transformer import encode, transformer_init

COMMITTED = Path(__file__).parents[3] / "book/translation/deep-stacks.json"


def drawn(n_layers=2):
    rng = np.random.default_rng(7)
    params = stack_init(n_layers, rng=rng, dtype=np.float64)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 9, params)
    return params, *draw_sequences(3, rng=rng)


def test_targets_are_the_sequences_from_behind():
    ids, targets = draw_sequences(5, rng=np.random.default_rng(7))
    assert [row[::-1] for row in ids.tolist()] == targets.tolist()
    assert len(np.unique(ids)) == deep_stack.N_SYMBOLS


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_matches_differences_along_random_directions(kind):
    params, ids, targets = drawn()
    _, gradient, sizes = stack_gradient(params, ids, targets, kind=kind)
    assert len(sizes) == 3
    for name, leaf in leaves_of(params).items():
        slope = leaves_of(gradient)[name]
        direction = np.random.default_rng(len(name)).normal(size=leaf.shape)
        t = np.zeros(1)

        def loss(t=t, name=name, direction=direction):
            moved = {
                n: a + (t[0] * direction if n == name else 0) for n, a in leaves_of(params).items()
            }
            tree = iter(moved.values())
            return stack_gradient(
                map_leaves(lambda _: next(tree), params), ids, targets, kind=kind
            )[0]

        theirs = oracles.central_differences(loss, t)[0]
        assert abs(np.sum(slope * direction) - theirs) < 1e-6 * max(abs(theirs), 1e-2), name


def test_pre_norm_is_the_encoder_of_the_book():
    params, ids, _ = drawn(3)
    rng = np.random.default_rng(7)
    whole = transformer_init(
        deep_stack.N_SYMBOLS, d_model=deep_stack.D_MODEL, d_ff=deep_stack.D_FF, n_layers=3, rng=rng
    )
    whole = whole._replace(
        embedding=params.embedding, encoder=params.layers, encoder_norm=params.last_norm
    )
    ids = np.where(ids == 0, 1, ids)  # zero is padding there, and a symbol here
    memory, _ = encode(whole, ids, n_heads=deep_stack.N_HEADS)
    logits, _ = stack_forward(params, ids, "pre-norm")
    wanted = memory.tokens @ params.output.W + params.output.b
    np.testing.assert_allclose(logits, wanted, rtol=1e-10, atol=1e-12)


def test_the_kinds_differ_and_only_by_how_sublayers_are_connected():
    params, ids, _ = drawn(1)
    logits = [stack_forward(params, ids, kind)[0] for kind in KINDS]
    for n, one in enumerate(logits):
        assert all(np.abs(one - other).max() > 1e-3 for other in logits[:n])


def test_training_learns_and_is_repeatable():
    _, losses = train_stack("pre-norm", 1, seed=3, n_steps=30)
    _, again = train_stack("pre-norm", 1, seed=3, n_steps=30)
    assert losses == again
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.1


def test_committed_runs_are_those_of_the_program():
    found = json.loads(COMMITTED.read_text(encoding="utf-8"))
    sizes = found["sizes"]
    assert (sizes["d_model"], sizes["heads"]) == (deep_stack.D_MODEL, deep_stack.N_HEADS)
    assert (sizes["steps"], sizes["rate"]) == (deep_stack.N_STEPS, deep_stack.LEARNING_RATE)
    assert tuple(found["depths"]) == deep_stack.DEPTHS
    assert len(found["runs"]) == len(KINDS) * len(deep_stack.DEPTHS) * len(deep_stack.SEEDS)
