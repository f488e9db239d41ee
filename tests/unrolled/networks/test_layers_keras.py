"""The third witness for layers: Keras' own, and TensorFlow's automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sympy import Symbol

from unrolled.networks.convolution import (
    ConvolutionParams,
    convolution_backward,
    convolution_forward,
)
from unrolled.networks.dense import DenseParams, dense_backward, dense_forward
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.symbolic import layers

BATCH, N_IN, N_OUT = 2, 3, 5
DERIVED = {
    "W": ("dense-delta-w", layers.dense_delta_w),
    "b": ("dense-delta-b", layers.dense_delta_b),
    "x": ("dense-delta-x", layers.dense_delta_x),
    "o": ("dense-delta-o", layers.dense_delta_o),
}
WITHIN = 1e-12


def differentiate(layer, weights, x, slope):
    """Output of a Keras layer, and derivatives of ``sum(slope * output)``."""
    layer.build(x.shape)
    layer.set_weights(weights)
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = layer(inputs)
        loss = tf.reduce_sum(slope * output)
    variables = [weight.value for weight in layer.trainable_variables]
    return [np.asarray(part) for part in (output, *tape.gradient(loss, [*variables, inputs]))]


def test_dense_layer_matches_keras(evidence):
    rng = np.random.default_rng(7)
    params = DenseParams(W=rng.normal(size=(N_IN, N_OUT)), b=rng.normal(size=N_OUT))
    x, slope = rng.normal(size=(BATCH, N_IN)), rng.normal(size=(BATCH, N_OUT))
    theirs = differentiate(keras.layers.Dense(N_OUT, dtype="float64"), [*params], x, slope)
    y, cache = dense_forward(params, x)
    gradients = dense_backward(params, cache, slope)
    for ours, other in zip((y, *gradients.params, gradients.x), theirs, strict=True):
        evidence.agrees(ours, other, witness="Keras and TensorFlow", within=WITHIN)


@pytest.mark.parametrize(("padding", "stride"), [("valid", 1), ("same", 1), ("valid", 2)])
def test_convolution_matches_keras(evidence, padding, stride):
    rng = np.random.default_rng(7)
    params = ConvolutionParams(K=rng.normal(size=(3, 3, N_IN, N_OUT)), b=rng.normal(size=N_OUT))
    x = rng.normal(size=(BATCH, 11, 7, N_IN))
    y, cache = convolution_forward(params, x, padding=int(padding == "same"), stride=stride)
    slope = rng.normal(size=y.shape)
    layer = keras.layers.Conv2D(N_OUT, 3, padding=padding, strides=stride, dtype="float64")
    theirs = differentiate(layer, [*params], x, slope)
    gradients = convolution_backward(params, cache, slope)
    for ours, other in zip((y, *gradients.params, gradients.x), theirs, strict=True):
        evidence.agrees(ours, other, witness="Keras and TensorFlow", within=WITHIN)


def test_softmax_with_cross_entropy_matches_tensorflow(evidence):
    rng = np.random.default_rng(7)
    logits, targets = rng.normal(size=(BATCH, N_OUT)), rng.integers(N_OUT, size=BATCH)
    inputs = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, inputs)
        total = tf.reduce_sum(losses)
    loss, cache = cross_entropy_forward(logits, targets, reduction="sum")
    evidence.agrees(loss, float(total), witness="Keras and TensorFlow", within=WITHIN)
    theirs = np.asarray(tape.gradient(total, inputs))
    evidence.agrees(
        cross_entropy_backward(cache), theirs, witness="Keras and TensorFlow", within=WITHIN
    )


# The equations of the page -------------------------------------------------------------------


def numbers(matrix):
    return np.array(matrix.evalf(20).tolist(), dtype=float)


@pytest.mark.equation("dense-delta-w")
@pytest.mark.equation("dense-delta-b")
@pytest.mark.equation("dense-delta-x")
@pytest.mark.equation("dense-delta-o")
def test_derived_equations_match_the_tape(evidence):
    meaning = layers.components(N_IN, BATCH, N_OUT)
    letters = {letter.key: letter for letter in (layers.W, layers.b, layers.V, layers.c)}
    letters |= {"x": layers.x.at(1), "target": layers.y.at(1)}
    given = {key: tf.constant(numbers(meaning(letter))) for key, letter in letters.items()}
    with tf.GradientTape() as tape:
        tape.watch(list(given.values()))
        hidden = tf.tanh(given["W"] @ given["x"] + given["b"])
        logits = given["V"] @ hidden + given["c"]
        losses = tf.nn.softmax_cross_entropy_with_logits(given["target"], logits, axis=0)
        total = tf.reduce_sum(losses)
    found = tape.gradient(total, {**given, "o": logits})
    for key, (label, derived) in DERIVED.items():
        equation = derived()
        evidence.rendered(equation, label)
        ours = numbers(equation.on(meaning).rhs)
        evidence.agrees(ours, np.asarray(found[key]), witness="TensorFlow", within=WITHIN)


@pytest.mark.equation("conv-row")
@pytest.mark.equation("conv-gradient")
@pytest.mark.equation("conv-delta-x")
def test_equations_of_a_row_match_keras(evidence):
    rng = np.random.default_rng(7)
    row, kernel, slope = rng.normal(size=7), rng.normal(size=3), rng.normal(size=5)
    layer = keras.layers.Conv1D(1, 3, dtype="float64")
    weights = [kernel[:, None, None], np.array([0.5])]
    theirs = differentiate(layer, weights, row[None, :, None], slope[None, :, None])
    values = {layers.pixel[at + 1]: value for at, value in enumerate(row)}
    values |= {layers.kernel[at + 1]: value for at, value in enumerate(kernel)}
    values |= {layers.error[at]: 0 for at in range(-3, 9)}
    values |= {layers.error[at + 1]: value for at, value in enumerate(slope)}
    values |= {Symbol("b"): 0.5}
    sizes = {layers.w: 3, layers.n: 5}
    for label, derived, index, count, other in (
        ("conv-row", layers.conv_row, layers.i, 5, theirs[0]),
        ("conv-gradient", layers.conv_gradient, layers.p, 3, theirs[1]),
        ("conv-delta-x", layers.conv_delta_x, layers.i, 7, theirs[3]),
    ):
        equation = derived()
        evidence.rendered(equation, label)
        general = equation.rhs.subs(sizes)
        places = [general.subs(index, at).doit() for at in range(1, count + 1)]
        ours = np.array([float(place.xreplace(values)) for place in places])
        evidence.agrees(ours, other.ravel(), witness="Keras and TensorFlow", within=WITHIN)
