"""The derivatives of layer normalisation, found by SymPy and held against the book's."""

import itertools

import keras
import numpy as np
import pytest
import sympy
import tensorflow as tf

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.networks.layer_norm import (
    EPSILON,
    LayerNormParams,
    layer_norm_backward,
    layer_norm_forward,
)
from unrolled.symbolic.layer_norm import layer_norm, loss_gradient, normalised
from unrolled.symbolic.skip_gram import vector

LETTERS = ("x", "g", "b", "y")  # y stands for the slopes of the loss at the output


def drawn(d_model):
    """A token, gains, biases and slopes: as symbols, and as numbers."""
    symbols = [vector(name, d_model) for name in LETTERS]
    numbers = np.random.default_rng(d_model).normal(size=(4, d_model))
    return symbols, numbers


def put(matrix, symbols, numbers):
    flat = dict(zip(sympy.Matrix(symbols), np.ravel(numbers), strict=True))
    return np.array(matrix.subs(flat).evalf(30), dtype=float).ravel()


def test_two_numbers_by_hand():
    """Mean 3 and variance 4; of two numbers only the sign of the difference survives."""
    x = sympy.Matrix(sympy.symbols("low high", real=True))
    at = {x[0]: 1, x[1]: 5}
    assert normalised(x, sympy.Integer(0)).subs(at) == sympy.Matrix([-1, 1])
    slopes = loss_gradient(normalised(x, sympy.Integer(0)), sympy.Matrix([1, 0]), x)
    assert sympy.simplify(slopes.subs(at)) == sympy.zeros(2, 1)


@pytest.mark.parametrize("d_model", [3, 5])
def test_function_differentiates_as_sympy_does(evidence, d_model):
    symbols, numbers = drawn(d_model)
    x, gain, bias, d_y = symbols
    y = layer_norm(x, gain, bias, sympy.Float(EPSILON, 30))
    params = LayerNormParams(gain=numbers[1], bias=numbers[2])
    ours, cache = layer_norm_forward(params, numbers[0])
    evidence.agrees(ours, put(y, symbols, numbers), witness="SymPy", within=1e-14)
    gradients = layer_norm_backward(params, cache, numbers[3])
    for by, found in ((x, gradients.x), (gain, gradients.params.gain), (bias, numbers[3])):
        theirs = put(loss_gradient(y, d_y, by), symbols, numbers)
        evidence.agrees(found, theirs, witness="SymPy", within=1e-12)


# The equations of the page --------------------------------------------------------------------

SIZES = pytest.mark.parametrize("d_model", [3, 5])
LARGE = 0.3  # an epsilon that counts


def keras_norm(gain, bias, epsilon=LARGE):
    layer = keras.layers.LayerNormalization(epsilon=epsilon, dtype="float64")
    layer.build((None, len(gain)))
    layer.set_weights([gain, bias])
    return lambda x: np.asarray(layer(x[None]))[0]


def moments(x):
    return {"\\mu": np.mean(x), "\\sigma": np.std(x)}


@pytest.mark.equation("layer-norm")
@SIZES
@pytest.mark.parametrize("epsilon", [LARGE, 1e-6])
def test_printed_normalisation_is_that_of_keras(evidence, d_model, epsilon):
    _, (x, gain, bias, _) = drawn(d_model)
    ones, zeros = np.ones(d_model), np.zeros(d_model)
    evidence.evaluates(
        {
            "x": x, "d": d_model, r"\varepsilon": epsilon, "g": gain, "b": bias, **moments(x),
            "s": float(np.hypot(np.std(x), np.sqrt(epsilon))),
            r"\hat{x}": keras_norm(ones, zeros, epsilon)(x),
            "y": keras_norm(gain, bias, epsilon)(x),
        },
        at={"i": range(1, d_model + 1)}, witness="Keras, and NumPy's mean and standard deviation",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("layer-norm-derivatives")
@SIZES
def test_printed_derivatives_are_those_of_the_definition(evidence, d_model):
    _, (x, *_) = drawn(d_model)

    def root(x):
        return np.sqrt(np.mean((x - np.mean(x)) ** 2) + LARGE)

    places = range(1, d_model + 1)
    evidence.evaluates(
        {
            "x": x, "d": d_model,
            r"\mu": Defined(lambda of: np.mean(of("x"))),
            "s": Defined(lambda of: root(of("x"))),
            r"\hat{x}": Defined(lambda of: (of("x") - of(r"\mu")) / of("s")),
            r"\delta_{ij}": {(i, j): int(i == j) for i in places for j in places},
        },
        at=[{"i": i, "j": j} for i in places for j in places],
        witness="automatic differentiation of mean, root and normalised token", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("layer-norm-gradient")
@SIZES
def test_printed_gradient_is_the_derivative_of_the_loss(evidence, d_model):
    symbols, numbers = drawn(d_model)
    x, gain, bias, d_y = symbols
    epsilon = sympy.Float(LARGE, 30)
    y = layer_norm(x, gain, bias, epsilon)
    hat = vector("h", d_model)
    above = hat.multiply_elementwise(gain) + bias
    d_hat = loss_gradient(above, d_y, hat)
    found = {
        letter: put(loss_gradient(y, d_y, by), symbols, numbers)
        for letter, by in ((r"\delta x", x), (r"\delta g", gain), (r"\delta b", bias))
    }
    evidence.evaluates(
        {
            **found, r"\delta y": numbers[3], r"\delta \hat{x}": put(d_hat, symbols, numbers),
            "g": numbers[1], r"\hat{x}": put(normalised(x, epsilon), symbols, numbers),
            "s": float(np.hypot(np.std(numbers[0]), np.sqrt(LARGE))), "d": d_model,
        },
        at=[{"i": i, "j": 1 + i % d_model} for i in range(1, d_model + 1)],
        witness="SymPy", within=1e-12,
    )  # fmt: skip


def connected(d_model):
    """Three tokens in a row of two sublayers, and the derivatives that TensorFlow finds."""
    rng = np.random.default_rng(d_model)
    weights = rng.normal(size=(2, d_model, d_model))
    derivatives, x = rng.normal(size=d_model), tf.Variable(rng.normal(size=d_model))
    tokens = [x]
    with tf.GradientTape(persistent=True) as tape:
        for matrix in weights:
            tokens.append(tokens[-1] + tf.tanh(tf.linalg.matvec(matrix, tokens[-1])))
        loss = tf.reduce_sum(derivatives * tf.sin(tokens[-1]))
    slopes = [np.asarray(tape.gradient(loss, token)) for token in tokens]
    return weights, [np.asarray(token) for token in tokens], slopes


def numbered(rows):
    return dict(enumerate(rows, 1))


@pytest.mark.equation("residual-connection")
@SIZES
def test_a_residual_connection_adds_the_input(evidence, d_model):
    weights, tokens, _ = connected(d_model)
    layers = [keras.layers.Dense(d_model, "tanh", use_bias=False, dtype="float64") for _ in weights]
    for layer, matrix in zip(layers, weights, strict=True):
        layer.build((None, d_model))
        layer.set_weights([matrix.T])
    evidence.evaluates(
        {
            "x^{(l)}": numbered(tokens),
            "u^{(l)}": numbered(after - before for before, after in itertools.pairwise(tokens)),
            "F^{(l)}": numbered(
                lambda x, layer=layer: np.asarray(layer(x[None]))[0] for layer in layers
            ),
        },
        at={"l": (1, 2)}, witness="TensorFlow for the tokens, Keras for the sublayers",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("residual-gradient")
@SIZES
def test_one_of_two_ways_back_multiplies_by_nothing(evidence, d_model):
    weights, tokens, slopes = connected(d_model)
    evidence.evaluates(
        {
            "x^{(l)}": numbered(tokens), r"\delta x^{(l)}": numbered(slopes),
            "u^{(l)}": Defined(lambda of, n: np.tanh(weights[n - 1] @ of("x^{(l)}", n))),
        },
        at={"l": (1, 2)}, witness="TensorFlow", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("norm-placement")
@SIZES
def test_the_normalisation_stands_after_the_sum_or_before_the_sublayer(evidence, d_model):
    rng = np.random.default_rng(d_model)
    matrix, x = rng.normal(size=(d_model, d_model)), rng.normal(size=d_model)
    gain, bias = rng.normal(size=(2, d_model))
    token = keras.Input((d_model,), dtype="float64")
    inner = keras.layers.Dense(d_model, "relu", use_bias=False, dtype="float64")
    layer = keras.layers.LayerNormalization(epsilon=LARGE, dtype="float64")
    after = layer(keras.layers.Add(dtype="float64")([token, inner(token)]))
    before = keras.layers.Add(dtype="float64")([token, inner(layer(token))])
    model = keras.Model(token, [after, before])
    inner.set_weights([matrix])
    layer.set_weights([gain, bias])
    post, pre = (np.asarray(found)[0] for found in model(x[None]))

    def normalise(x):
        apart = x - np.mean(x)
        return gain * apart / np.sqrt(np.mean(apart**2) + LARGE) + bias

    evidence.evaluates(
        {
            "x^{(l)}": {1: x}, "x_{\\mathrm{post}}^{(l)}": {2: post},
            "x_{\\mathrm{pre}}^{(l)}": {2: pre},
            "F^{(l)}": {1: lambda x: np.maximum(x @ matrix, 0)}, "N^{(l)}": {1: normalise},
        },
        at={"l": (1,)}, witness="the same two blocks as a model of Keras", within=1e-12,
    )  # fmt: skip
