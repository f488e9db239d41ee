"""Layer normalisation: by hand, by its laws, against differences, Keras and TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import oracles
from unrolled.networks.layer_norm import (
    EPSILON,
    LayerNormParams,
    layer_norm_backward,
    layer_norm_forward,
    layer_norm_init,
)

BATCH, N_TOKENS, D_MODEL = 2, 3, 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def params(rng):
    return LayerNormParams(gain=rng.normal(size=D_MODEL), bias=rng.normal(size=D_MODEL))


@pytest.fixture
def x(rng):
    return 3 + 2 * rng.normal(size=(BATCH, N_TOKENS, D_MODEL))


def test_two_numbers_by_hand():
    """Mean 3, variance 4: minus one and one, but for epsilon."""
    params = LayerNormParams(gain=np.array([10.0, 100]), bias=np.array([1.0, 2]))
    y, cache = layer_norm_forward(params, np.array([1.0, 5]))
    shrunk = 2 / np.sqrt(4 + 1e-6)
    np.testing.assert_allclose(y, [1 - 10 * shrunk, 2 + 100 * shrunk], rtol=1e-15)
    assert cache.deviation.tolist() == [np.sqrt(4 + 1e-6)]
    gradients = layer_norm_backward(params, cache, np.array([1.0, 0]))
    np.testing.assert_allclose(gradients.params.gain, [-shrunk, 0], rtol=1e-15)
    assert gradients.params.bias.tolist() == [1, 0]
    # of two numbers only the sign of the difference survives, and the little that epsilon leaves
    slope = 10 * 1e-6 / 2 / (4 + 1e-6) ** 1.5
    np.testing.assert_allclose(gradients.x, [slope, -slope], rtol=1e-6)


def test_fresh_parameters_give_each_token_mean_zero_and_variance_one(x):
    y, _ = layer_norm_forward(layer_norm_init(D_MODEL), x)
    assert np.abs(y.mean(axis=-1)).max() < 1e-15
    np.testing.assert_allclose(y.var(axis=-1), 1, rtol=3 * EPSILON)


def test_a_token_of_equal_numbers_becomes_the_bias(params):
    y, cache = layer_norm_forward(params, np.full((1, D_MODEL), 0.75))
    np.testing.assert_array_equal(y, params.bias[None])
    slopes = layer_norm_backward(params, cache, np.ones((1, D_MODEL))).x
    np.testing.assert_allclose(slopes[0], (params.gain - params.gain.mean()) / 1e-3, rtol=1e-12)


# Laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-700, 0.3])
def test_a_shift_changes_nothing(params, x, shift):
    moved, _ = layer_norm_forward(params, x + shift)
    np.testing.assert_allclose(moved, layer_norm_forward(params, x)[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("scale", [0.5, 3, 1e5])
def test_a_scale_changes_nothing_beyond_epsilon(params, x, scale):
    y, _ = layer_norm_forward(params, x)
    scaled, _ = layer_norm_forward(params, scale * x)
    share = np.abs(scaled - y).max() / np.abs(y - params.bias).max()
    lowest = x.var(axis=-1).min()
    assert share < EPSILON / lowest * max(1, scale**-2)
    np.testing.assert_allclose(
        layer_norm_forward(params, -x)[0] + y, np.full_like(y, 2) * params.bias
    )


def test_each_token_is_answered_alone(params, x):
    y, _ = layer_norm_forward(params, x)
    for place in np.ndindex(BATCH, N_TOKENS):
        np.testing.assert_allclose(layer_norm_forward(params, x[place])[0], y[place], rtol=1e-14)


def test_gradient_of_a_token_is_orthogonal_to_ones_and_to_the_token(params, x, rng):
    """The output does not answer a shift or, but for epsilon, a scale."""
    y, cache = layer_norm_forward(params, x)
    d_x = layer_norm_backward(params, cache, rng.normal(size=y.shape)).x
    sizes = np.linalg.norm(d_x, axis=-1)
    assert np.abs(d_x.sum(axis=-1)).max() < 1e-14 * sizes.max()
    cosines = (d_x * cache.normalised).sum(axis=-1) / sizes / np.sqrt(D_MODEL)
    assert np.abs(cosines).max() < 10 * EPSILON / x.var(axis=-1).min()
    assert np.abs(cosines).max() > 1e-9  # epsilon is there


def test_the_wider_the_token_the_smaller_its_gradient(params, x, rng):
    d_y = rng.normal(size=x.shape)
    near, far = (
        layer_norm_backward(params, layer_norm_forward(params, scale * x)[1], d_y).x
        for scale in (1, 100)
    )
    np.testing.assert_allclose(far * 100, near, rtol=1e-4)


# Witnesses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["gain", "bias", "x"])
def test_backward_matches_central_differences(params, x, rng, role):
    weights = rng.normal(size=x.shape)

    def loss():
        return float((weights * np.sin(layer_norm_forward(params, x)[0])).sum())

    y, cache = layer_norm_forward(params, x)
    gradients = layer_norm_backward(params, cache, weights * np.cos(y))
    ours = gradients.x if role == "x" else getattr(gradients.params, role)
    theirs = oracles.central_differences(loss, x if role == "x" else getattr(params, role))
    assert np.abs(ours - theirs).max() < 1e-8 * np.abs(theirs).max()


@pytest.mark.parametrize(("dtype", "within"), [("float64", 1e-13), ("float32", 3e-6)])
def test_both_passes_match_keras(evidence, params, x, rng, dtype, within):
    params, x = LayerNormParams(*(part.astype(dtype) for part in params)), x.astype(dtype)
    d_y = rng.normal(size=x.shape).astype(dtype)
    layer = keras.layers.LayerNormalization(epsilon=EPSILON, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(list(params))
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        theirs = layer(inputs)
        loss = tf.reduce_sum(d_y * theirs)
    slopes = tape.gradient(loss, [*(weight.value for weight in layer.weights), inputs])
    y, cache = layer_norm_forward(params, x)
    gradients = layer_norm_backward(params, cache, d_y)
    evidence.agrees(y, np.asarray(theirs), witness="Keras", within=within)
    for ours, slope in zip((*gradients.params, gradients.x), slopes, strict=True):
        assert ours.dtype == dtype
        evidence.agrees(ours, np.asarray(slope), witness="TensorFlow", within=10 * within)


# Complaints ---------------------------------------------------------------------------------


def test_complaints(params, x):
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., d_model=5\), got \(2, 3\)"):
        layer_norm_forward(params, np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"params.bias must have shape \(d_model=5,\), got \(3,\)"):
        layer_norm_forward(params._replace(bias=np.zeros(3)), x)
    with pytest.raises(ValueError, match="x must hold float64 or float32, got int64"):
        layer_norm_forward(params, np.zeros((2, 5), dtype=int))
    with pytest.raises(ValueError, match="params and x must give numbers that float64 can hold"):
        layer_norm_forward(params, 1e200 * x)
    _, cache = layer_norm_forward(params, x)
    with pytest.raises(ValueError, match=r"d_y must have shape \(axis_0=2, axis_1=3, d_model=5\)"):
        layer_norm_backward(params, cache, np.zeros((3, 2, 5)))
    with pytest.raises(ValueError, match="cache must come from a forward pass with the same"):
        layer_norm_backward(LayerNormParams(params.gain.copy(), params.bias), cache, x)
    with pytest.raises(ValueError, match="d_y and the cache must give numbers that float64"):
        layer_norm_backward(params, cache, np.full_like(x, 1e308))
    with pytest.raises(ValueError, match="d_model must be at least 1, got 0"):
        layer_norm_init(0)
    with pytest.raises(ValueError, match="dtype must be float64 or float32"):
        layer_norm_init(5, dtype=int)
