"""The training loop: by hand, what it draws and when, and that networks learn."""

import re
from functools import partial

import numpy as np
import pytest

from unrolled.networks.feedforward import (
    dense_network_backward,
    dense_network_forward,
    dense_network_init,
    image_network_backward,
    image_network_forward,
    image_network_init,
)
from unrolled.networks.optimizers import adam_init, adam_step
from unrolled.networks.training import (
    Optimizer,
    accuracy,
    train,
    train_epochs,
    train_on_batches,
    updates,
)

N_HIDDEN, N_OUT = 5, 3
NETWORKS = {
    "dense": (dense_network_forward, dense_network_backward),
    "kernels": (partial(image_network_forward, padding=2), image_network_backward),
}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def derivative(params, batch):
    """Loss and derivative of a number times a number."""
    return params * batch, batch


def walk(params, gradient, n_steps):
    return params - gradient, n_steps + 1


def test_two_updates_by_hand():
    path = updates(7.0, derivative, [[2.0], [3.0]], Optimizer(walk, 0))
    assert list(path) == [(5.0, 14.0), (2.0, 15.0)]


def test_the_state_goes_from_step_to_step():
    seen = []

    def step(params, gradient, state):
        seen.append(state)
        return params, state * 2

    params, losses = train_on_batches(1.0, derivative, [[5.0]] * 3, Optimizer(step, 7))
    assert seen == [7, 14, 28]
    assert params == 1
    assert losses.tolist() == [5, 5, 5]


def test_a_batch_is_drawn_when_its_turn_comes():
    events = []

    def batches():
        for batch in (2.0, 3.0):
            events.append("drawn")
            yield [batch]

    def step(params, gradient, state):
        events.append("updated")
        return params, state

    train_on_batches(1.0, derivative, batches(), Optimizer(step, None))
    assert events == ["drawn", "updated"] * 2


def test_training_is_adam_on_sampled_rows(rng):
    x = rng.normal(size=13)
    ours, losses = train(
        np.ones(1), mean_derivative, [x], n_steps=3, batch_size=5, learning_rate=0.1, rng=rng
    )
    again = np.random.default_rng(7)
    again.normal(size=13)
    params, state = np.ones(1), adam_init(np.ones(1))
    for n in range(3):
        loss, gradient = mean_derivative(params, x[again.integers(13, size=5)])
        assert losses[n] == loss
        params, state = adam_step(params, gradient, state, learning_rate=0.1)
    assert np.array_equal(ours, params)


def mean_derivative(params, x):
    return float(params[0] * x.mean()), np.array([x.mean()])


def test_an_epoch_uses_every_example_once(rng):
    seen = []

    def forward(params, x):
        seen.append(x[:, 0])
        return np.stack([x[:, 0], -x[:, 0]], axis=1), None

    x = np.arange(17.0)[:, None]
    history = train_epochs(
        np.zeros(1), forward, lambda *_: np.ones(1), x, np.zeros(17, int),
        n_epochs=2, batch_size=5, learning_rate=0.01, rng=rng,
    )  # fmt: skip
    assert [len(batch) for batch in seen] == [6, 6, 5] * 2
    one, other = (np.concatenate(seen[n : n + 3]) for n in (0, 3))
    assert sorted(one) == sorted(other) == list(range(17))
    assert one.tolist() != other.tolist()
    # Adam moves by its rate when the gradient stays the same
    np.testing.assert_allclose(np.ravel(history), [0, -0.03, -0.06], rtol=1e-6)


@pytest.mark.parametrize("network", NETWORKS)
def test_training_separates_what_can_be_separated(rng, network):
    targets = rng.integers(N_OUT, size=60)
    x = 0.1 * rng.normal(size=(60, 5, 5, 1))
    x[np.arange(60), 2, 1 + targets, 0] += 3
    x[targets == 1, 3, 2, 0] += 3
    x[targets == 2, 2, 2, 0] += 3
    start = (
        dense_network_init(25, N_HIDDEN, N_OUT, rng=rng)
        if network == "dense"
        else image_network_init(3, [5], N_OUT, rng=rng)
    )
    pair = NETWORKS[network]
    history = train_epochs(
        start, *pair, x, targets, n_epochs=30, batch_size=20, learning_rate=0.03, rng=rng
    )
    assert len(history) == 31
    assert history[0] is start
    assert accuracy(history[-1], pair[0], x, targets) == 1


def test_accuracy_is_a_share():
    targets = np.array([0, 1, 1, 0])
    logits = np.array([[2.0, 1], [2, 1], [0, 1], [3, 1]])
    assert accuracy(None, lambda _, x: (x, None), logits, targets) == 0.75


def test_what_does_not_fit_is_named(rng):
    x, targets = np.zeros((2, 7)), np.zeros(2, int)
    dense = dense_network_init(7, N_HIDDEN, N_OUT, rng=rng)
    cases = [
        (lambda: train_epochs(dense, *NETWORKS["dense"], x, targets, n_epochs=0, rng=rng),
         "n_epochs must be at least 1, got 0"),
        (lambda: train_epochs(dense, *NETWORKS["dense"], x, targets, n_epochs=1, rng=None),
         "rng must be"),
        (lambda: train(1.0, derivative, [x, targets[:1]], n_steps=1, rng=rng),
         "arrays must hold the same number of examples, got [2, 1]."),
        (lambda: train(1.0, derivative, [x], n_steps=0, rng=rng), "n_steps must be at"),
        (lambda: train(1.0, derivative, [x], n_steps=1, rng=7), "rng must be a numpy"),
    ]  # fmt: skip
    for call, complaint in cases:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            call()
