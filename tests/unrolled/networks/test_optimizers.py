"""Optimizers: by hand, by their laws, and on a valley whose bottom is known."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from unrolled.networks.optimizers import (
    adam_init,
    adam_step,
    descent_step,
)


class Layer(NamedTuple):
    W: Any
    b: Any


class Two(NamedTuple):
    first: Layer
    second: Layer


def two(scale=1.0):
    rng = np.random.default_rng(7)
    layers = [Layer(rng.normal(size=(n, 3)), rng.normal(size=3)) for n in (2, 5)]
    return Two(*(Layer(scale * layer.W, scale * layer.b) for layer in layers))


def numbers(tree):
    return np.concatenate([leaf.ravel() for layer in tree for leaf in layer])


def layer(*values):
    return Layer(np.array(values[:1]), np.array(values[1:]))


def test_descent_by_hand():
    new = descent_step(layer(1.0, 2.0), layer(10.0, -20.0), learning_rate=0.1)
    np.testing.assert_allclose([new.W[0], new.b[0]], [0, 4])


def test_two_steps_of_adam_by_hand():
    params, state = layer(0.0), adam_init(layer(0.0))
    params, state = adam_step(params, layer(4.0), state, learning_rate=1, epsilon=1e-30)
    assert params.W[0] == pytest.approx(-1), "the first step is as long as the rate"
    params, state = adam_step(params, layer(-2.0), state, learning_rate=1, epsilon=1e-30)
    mean = (0.9 * 0.4 - 0.1 * 2) / (1 - 0.81)
    square = (0.999 * 0.016 + 0.001 * 4) / (1 - 0.999**2)
    assert params.W[0] == pytest.approx(-1 - mean / np.sqrt(square), rel=1e-12)
    assert state.n_steps == 2


def test_adam_does_not_mind_the_unit_of_the_loss():
    params = two()
    steps = [adam_step(params, two(scale), adam_init(params), epsilon=1e-300)[0]
             for scale in (1e-9, 1.0, 1e9)]  # fmt: skip
    for step in steps:
        np.testing.assert_allclose(numbers(step), numbers(steps[1]), rtol=1e-12)


def test_what_came_in_is_left_alone():
    params, gradients = two(), two(0.5)
    before = numbers(params), numbers(gradients)
    adam_step(params, gradients, adam_init(params))
    np.testing.assert_array_equal(before[0], numbers(params))
    np.testing.assert_array_equal(before[1], numbers(gradients))


@pytest.mark.parametrize("kind", ["descent", "adam"])
def test_each_reaches_the_bottom_of_a_narrow_valley(kind):
    steepness = np.array([1.0, 25.0])
    params = Layer(np.array([3.0, -2.0]), np.zeros(1))
    state = adam_init(params)
    for _ in range(2000):
        gradients = Layer(steepness * (params.W - 1), np.zeros(1))
        if kind == "descent":
            params = descent_step(params, gradients, learning_rate=0.03)
        else:
            params, state = adam_step(params, gradients, state, learning_rate=0.01)
    np.testing.assert_allclose(params.W, 1, atol=1e-4)


def test_single_precision_stays_single():
    params = Layer(np.ones((2, 3), np.float32), np.ones(3, np.float32))
    new, state = adam_step(params, params, adam_init(params))
    moved = descent_step(params, params, learning_rate=0.1)
    for tree in (new, state.mean, state.square, moved):
        assert {leaf.dtype for leaf in tree} == {np.dtype(np.float32)}


def test_complaints():
    params = two()
    turned = params._replace(first=params.first._replace(W=np.zeros((3, 2))))
    with pytest.raises(ValueError, match=r"gradients\.first\.W must have shape .*got \(3, 2\)"):
        descent_step(params, turned, learning_rate=0.1)
    with pytest.raises(ValueError, match="trees must be of one kind"):
        descent_step(params, params.first, learning_rate=0.1)
    missing = params._replace(second=params.second._replace(b=np.full(3, np.nan)))
    with pytest.raises(ValueError, match=r"gradients\.second\.b must be finite, got nan"):
        adam_step(params, missing, adam_init(params))
    with pytest.raises(ValueError, match="learning_rate must be above 0, got 0"):
        descent_step(params, params, learning_rate=0)
    with pytest.raises(ValueError, match="gradients must give numbers that float64 can hold"):
        adam_step(params, two(1e300), adam_init(params))


def test_squares_that_are_lost_beside_epsilon_are_refused():
    """The step would be a thousand million times too long."""
    small = np.full(3, 1e-25, np.float32)
    start = adam_init(small)
    adam_step(small, small, start)
    with pytest.raises(ValueError, match=r"epsilon must be at least .* too small for float32"):
        adam_step(small, small, start, epsilon=1e-30)
