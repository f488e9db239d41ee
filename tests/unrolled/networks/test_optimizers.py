"""Optimizers: by hand, by their laws, on a valley whose bottom is known, and beside Keras."""

import math
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from unrolled.networks.optimizers import (
    adagrad_init,
    adagrad_step,
    adam_init,
    adam_step,
    descent_step,
    momentum_init,
    momentum_step,
)
from unrolled.networks.training import (
    Optimizer,
    adagrad,
    adam,
    descent,
    momentum,
    train_on_batches,
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


def test_two_steps_of_momentum_by_hand():
    params, state = momentum_step(
        layer(1.0), layer(4.0), momentum_init(layer(0.0)), learning_rate=0.5, beta=0.25
    )
    assert (params.W[0], state.velocity.W[0]) == (-1, 4)
    params, state = momentum_step(params, layer(-2.0), state, learning_rate=0.5, beta=0.25)
    assert (params.W[0], state.velocity.W[0]) == (-0.5, -1)


def test_two_steps_of_adagrad_by_hand():
    params, state = adagrad_step(
        layer(1.0), layer(3.0), adagrad_init(layer(0.0)), learning_rate=0.5, epsilon=1e-30
    )
    assert (params.W[0], state.root.W[0]) == (0.5, 3)
    params, state = adagrad_step(params, layer(-4.0), state, learning_rate=0.5, epsilon=1e-30)
    assert (params.W[0], state.root.W[0]) == pytest.approx((0.9, 5), rel=1e-15)
    params, _ = adagrad_step(params, layer(0.0), state, learning_rate=0.5, epsilon=5.0)
    assert params.W[0] == pytest.approx(0.9, rel=1e-15)


def test_a_large_epsilon_shortens_the_step_of_adagrad():
    start = adagrad_init(layer(0.0))
    params, _ = adagrad_step(layer(0.0), layer(3.0), start, learning_rate=1, epsilon=1.0)
    assert params.W[0] == -0.75


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


def test_adagrad_does_not_mind_the_unit_of_the_loss():
    params = two()
    steps = [adagrad_step(params, two(scale), adagrad_init(params), learning_rate=0.1,
                          epsilon=1e-300)[0] for scale in (1e-200, 1.0, 1e200)]  # fmt: skip
    for step in steps:
        np.testing.assert_allclose(numbers(step), numbers(steps[1]), rtol=1e-12)


def test_steps_in_a_constant_gradient():
    """Gradient descent and Adam keep their step, momentum grows tenfold, Adagrad shrinks."""
    n_steps, rate = 400, 0.01
    rules = {descent: 1.0, momentum: 10.0, adagrad: 1 / math.sqrt(n_steps), adam: 1.0}
    for rule, expected in rules.items():
        params, last = np.zeros(1), []
        optimizer = rule(params, learning_rate=rate)
        state = optimizer.state
        for _ in range(n_steps):
            last.append(params)
            params, state = optimizer.step(params, np.ones(1), state)
        assert (last[-1] - params)[0] / rate == pytest.approx(expected, rel=1e-5), rule


def test_momentum_without_a_memory_is_gradient_descent():
    params, gradients = two(), two(0.5)
    new, _ = momentum_step(params, gradients, momentum_init(params), learning_rate=0.3, beta=0)
    plain = descent_step(params, gradients, learning_rate=0.3)
    np.testing.assert_array_equal(numbers(new), numbers(plain))


def test_what_came_in_is_left_alone():
    params, gradients = two(), two(0.5)
    before = numbers(params), numbers(gradients)
    adam_step(params, gradients, adam_init(params))
    for step, init in ((momentum_step, momentum_init), (adagrad_step, adagrad_init)):
        state = init(params)
        step(params, gradients, state, learning_rate=0.1)
        assert not numbers(state[0]).any()
    np.testing.assert_array_equal(before[0], numbers(params))
    np.testing.assert_array_equal(before[1], numbers(gradients))


RATES = {descent: 0.03, momentum: 0.01, adagrad: 0.5, adam: 0.01}
RULES = pytest.mark.parametrize("rule", RATES, ids=[rule.__name__ for rule in RATES])


@RULES
def test_each_reaches_the_bottom_of_a_narrow_valley(rule):
    steepness, start = np.array([1.0, 25.0]), Layer(np.array([3.0, -2.0]), np.zeros(1))

    def gradient_of(params):
        away = params.W - 1
        return steepness @ away**2 / 2, Layer(steepness * away, np.zeros(1))

    optimizer = rule(start, learning_rate=RATES[rule])
    params, losses = train_on_batches(start, gradient_of, 2000 * [()], optimizer)
    np.testing.assert_allclose(params.W, 1, atol=1e-4)
    assert losses[-1] < 1e-7 * losses[0]


@RULES
def test_turning_the_valley_matters_to_rules_that_scale_each_parameter(rule):
    turn = np.array([[1, -1], [1, 1]]) / math.sqrt(2)
    bowl = np.diag([0.25, 4.0])

    def loss_after(curvature, start):
        def gradient_of(w):
            return w @ curvature @ w / 2, curvature @ w

        optimizer = rule(start, learning_rate=0.125)
        return train_on_batches(start, gradient_of, 20 * [()], optimizer)[1][-1]

    start = np.array([2.0, 0.75])
    plain, turned = loss_after(bowl, start), loss_after(turn @ bowl @ turn.T, turn @ start)
    if rule in (descent, momentum):
        assert turned == pytest.approx(plain, rel=1e-12)
    else:
        assert abs(turned / plain - 1) > 0.1


def test_single_precision_stays_single():
    params = Layer(np.ones((2, 3), np.float32), np.ones(3, np.float32))
    new, state = adam_step(params, params, adam_init(params))
    moved = descent_step(params, params, learning_rate=0.1)
    pushed, moving = momentum_step(params, params, momentum_init(params), learning_rate=0.1)
    scaled, scales = adagrad_step(params, params, adagrad_init(params), learning_rate=0.1)
    trees = new, state.mean, state.square, moved, pushed, moving.velocity, scaled, scales.root
    for tree in trees:
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


def test_complaints_of_momentum_and_adagrad():
    params = two()
    for step, init, field in (
        (momentum_step, momentum_init, "velocity"), (adagrad_step, adagrad_init, "root"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="learning_rate must be above 0, got 0"):
            step(params, params, init(params), learning_rate=0)
        turned = params._replace(first=params.first._replace(W=np.zeros((3, 2))))
        with pytest.raises(ValueError, match=rf"state\.{field}\.first\.W must have shape"):
            step(params, params, init(turned), learning_rate=0.1)
        with pytest.raises(ValueError, match=r"gradients\.first\.W must have shape"):
            step(params, turned, init(params), learning_rate=0.1)
        with pytest.raises(ValueError, match="trees must be of one kind"):
            step(params, params, init(params.first), learning_rate=0.1)
        with pytest.raises(ValueError, match=r"gradients\.first\.W must be finite, got nan"):
            step(params, two(np.nan), init(params), learning_rate=0.1)
    largest = np.full(3, 1.7e308)
    with pytest.raises(ValueError, match="gradients must give numbers that float64 can hold"):
        adagrad_step(largest, largest, adagrad_init(largest)._replace(root=largest),
                     learning_rate=0.1)  # fmt: skip
    with pytest.raises(ValueError, match="gradients must give numbers that float64 can hold"):
        momentum_step(largest, largest, momentum_init(largest)._replace(velocity=largest),
                      learning_rate=0.1)  # fmt: skip
    for beta in (1, -0.1):
        with pytest.raises(ValueError, match="beta must be"):
            momentum_step(params, params, momentum_init(params), learning_rate=0.1, beta=beta)
    with pytest.raises(ValueError, match="epsilon must be above 0, got 0"):
        adagrad_step(params, params, adagrad_init(params), learning_rate=0.1, epsilon=0)


# Beside Keras, and as printed ----------------------------------------------------------------

SLOPES = [4.0, -2.0, 0.5, -0.25, 3.0, 1.0, -1.5]
TIMES = range(1, len(SLOPES) + 1)


def walked(step, state):
    """Return by step a single parameter, from 0.5 on, and the states of the rule."""
    w, weights, states = np.array([0.5]), {0: 0.5}, {0: state}
    for t, slope in zip(TIMES, SLOPES, strict=True):
        w, state = step(w, np.array([slope]), state)
        weights[t], states[t] = float(w[0]), state
    return weights, states


def by_step(states, field):
    return {t: float(getattr(state, field)[0]) for t, state in states.items()}


def with_options(step, init, **options):
    """Prepare a rule; Keras rounds its settings to single precision, so give exact ones."""
    return lambda w: Optimizer(partial(step, learning_rate=0.25, **options), init(w))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda w: descent(w, learning_rate=0.25), keras.optimizers.SGD),
        (
            with_options(momentum_step, momentum_init, beta=0.75),
            partial(keras.optimizers.SGD, momentum=0.75),
        ),
        (
            with_options(adagrad_step, adagrad_init, epsilon=1e-30),
            partial(keras.optimizers.Adagrad, initial_accumulator_value=0, epsilon=1e-30),
        ),
        (
            with_options(adam_step, adam_init, beta_1=0.75, beta_2=31 / 32, epsilon=1e-30),
            partial(keras.optimizers.Adam, beta_1=0.75, beta_2=31 / 32, epsilon=1e-30),
        ),
    ],
    ids=["descent", "momentum", "adagrad", "adam"],
)
def test_each_step_is_that_of_keras(evidence, ours, theirs):
    start = np.array([0.5, -1.0, 2.0])
    variable, optimizer, rule = keras.Variable(start, dtype="float64"), theirs(0.25), ours(start)
    w, state, found, expected = start, rule.state, [], []
    for slope in SLOPES:
        gradient = slope * np.array([1.0, -3.0, 100.0])
        w, state = rule.step(w, gradient, state)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float64")], [variable])
        found.append(w)
        expected.append(variable.numpy())
    evidence.agrees(np.array(found), np.array(expected), witness="Keras", within=1e-13)


@pytest.mark.equation("opt-descent")
@pytest.mark.parametrize("rate", [0.25, 0.7])
def test_gradient_descent_as_printed(evidence, rate):
    def step(w, gradient, state):
        return descent_step(w, gradient, learning_rate=rate), state

    weights, _ = walked(step, None)
    evidence.evaluates(
        {"w^{(t)}": weights, "g^{(t)}": dict(zip(TIMES, SLOPES, strict=True)), r"\eta": rate},
        at={"t": TIMES}, witness="the book's own descent_step", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("opt-momentum")
@pytest.mark.parametrize(("rate", "beta"), [(0.25, 0.9), (0.7, 0.3)])
def test_momentum_as_printed(evidence, rate, beta):
    step = partial(momentum_step, learning_rate=rate, beta=beta)
    weights, states = walked(step, momentum_init(np.zeros(1)))
    evidence.evaluates(
        {
            "w^{(t)}": weights, "g^{(t)}": dict(zip(TIMES, SLOPES, strict=True)),
            "v^{(t)}": by_step(states, "velocity"), r"\eta": rate, r"\beta": beta,
        },
        at={"t": TIMES}, witness="the book's own momentum_step", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("opt-adagrad")
@pytest.mark.parametrize(("rate", "epsilon"), [(0.25, 0.1), (0.7, 2.0)])
def test_adagrad_as_printed(evidence, rate, epsilon):
    step = partial(adagrad_step, learning_rate=rate, epsilon=epsilon)
    weights, states = walked(step, adagrad_init(np.zeros(1)))
    sums = {t: root**2 for t, root in by_step(states, "root").items()}
    evidence.evaluates(
        {
            "w^{(t)}": weights, "g^{(t)}": dict(zip(TIMES, SLOPES, strict=True)),
            "G^{(t)}": sums, r"\eta": rate, r"\varepsilon": epsilon,
        },
        at={"t": TIMES}, witness="the book's own adagrad_step", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("opt-adam")
@pytest.mark.parametrize(
    ("rate", "betas", "epsilon"), [(0.25, (0.9, 0.99), 0.1), (0.7, (0.3, 0.6), 2.0)]
)
def test_adam_as_printed(evidence, rate, betas, epsilon):
    keep = dict(zip(("beta_1", "beta_2"), betas, strict=True))
    step = partial(adam_step, learning_rate=rate, epsilon=epsilon, **keep)
    weights, states = walked(step, adam_init(np.zeros(1)))
    means, squares = by_step(states, "mean"), by_step(states, "square")
    for t in TIMES:
        evidence.evaluates(
            {
                "w^{(t)}": weights, "g^{(t)}": dict(zip(TIMES, SLOPES, strict=True)),
                "m^{(t)}": means, "s^{(t)}": squares, r"\eta": rate, r"\varepsilon": epsilon,
                r"\beta_1": betas[0], r"\beta_2": betas[1],
                r"\hat{m}": means[t] / sum((1 - betas[0]) * betas[0] ** k for k in range(t)),
                r"\hat{s}": squares[t] / sum((1 - betas[1]) * betas[1] ** k for k in range(t)),
            },
            at={"t": [t]}, within=1e-13,
            witness="the book's own adam_step, and the sum of the weights of each mean",
        )  # fmt: skip


@pytest.mark.equation("opt-factor")
@pytest.mark.parametrize(("rate", "curvature"), [(0.5, 5.0), (0.3, 0.25)])
def test_a_bowl_multiplies_by_the_same_factor(evidence, rate, curvature):
    w, weights = np.array([0.7]), {0: 0.7}
    for t in TIMES:
        w = descent_step(w, curvature * w, learning_rate=rate)
        weights[t] = float(w[0])
    evidence.evaluates(
        {"w^{(t)}": weights, r"\eta": rate, r"\lambda": curvature},
        at={"t": TIMES}, witness="the book's own descent_step on a bowl", within=1e-13,
    )  # fmt: skip
    assert (abs(weights[7]) > abs(weights[0])) == (rate == 0.5)


@pytest.mark.equation("opt-stable")
@pytest.mark.parametrize("curvature", [5.0, 0.25])
def test_a_rate_is_stable_below_two_divided_by_the_curvature(evidence, curvature):
    limit = 2 / curvature
    rates = [share * limit for share in (0.01, 0.5, 0.999, 1.0, 1.001, 3.0)]
    evidence.evaluates(
        {r"\lambda": curvature, r"\eta": rates[2]}, at={r"\eta": rates},
        witness="each other, on both sides of the border", within=1e-12,
    )  # fmt: skip
    for rate in rates[:3] + rates[4:]:
        w = np.ones(1)
        for _ in range(300):
            w = descent_step(w, curvature * w, learning_rate=rate)
        assert (abs(w) < 1).all() == (rate < limit)
