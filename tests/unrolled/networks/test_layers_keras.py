"""Layers without a memory against Keras, and against TensorFlow's automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.networks.convolution import (
    ConvolutionParams,
    convolution_backward,
    convolution_forward,
)
from unrolled.networks.dense import DenseParams, dense_backward, dense_forward
from unrolled.networks.feedforward import dense_network_init, image_network_init
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.pytrees import count_parameters

BATCH, N_IN, N_OUT = 2, 3, 5
WITHIN = 1e-12
TAPE = "TensorFlow's automatic differentiation"


def differentiate(layer, weights, x, derivative):
    """Output of a Keras layer, and derivatives of ``sum(derivative * output)``."""
    layer.build(x.shape)
    layer.set_weights(weights)
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = layer(inputs)
        loss = tf.reduce_sum(derivative * output)
    variables = [weight.value for weight in layer.trainable_variables]
    return [np.asarray(part) for part in (output, *tape.gradient(loss, [*variables, inputs]))]


def test_dense_layer_matches_keras(evidence):
    rng = np.random.default_rng(7)
    params = DenseParams(W=rng.normal(size=(N_IN, N_OUT)), b=rng.normal(size=N_OUT))
    x, derivative = rng.normal(size=(BATCH, N_IN)), rng.normal(size=(BATCH, N_OUT))
    theirs = differentiate(keras.layers.Dense(N_OUT, dtype="float64"), [*params], x, derivative)
    y, cache = dense_forward(params, x)
    gradients = dense_backward(params, cache, derivative)
    for ours, other in zip((y, *gradients.params, gradients.x), theirs, strict=True):
        evidence.agrees(ours, other, witness="Keras and TensorFlow", within=WITHIN)


@pytest.mark.parametrize(("padding", "stride"), [("valid", 1), ("same", 1), ("valid", 2)])
def test_convolution_matches_keras(evidence, padding, stride):
    rng = np.random.default_rng(7)
    params = ConvolutionParams(K=rng.normal(size=(3, 3, N_IN, N_OUT)), b=rng.normal(size=N_OUT))
    x = rng.normal(size=(BATCH, 11, 7, N_IN))
    y, cache = convolution_forward(params, x, padding=int(padding == "same"), stride=stride)
    derivative = rng.normal(size=y.shape)
    layer = keras.layers.Conv2D(N_OUT, 3, padding=padding, strides=stride, dtype="float64")
    theirs = differentiate(layer, [*params], x, derivative)
    gradients = convolution_backward(params, cache, derivative)
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


# The equations of the page: a densely connected layer ----------------------------------------

SIZES = [(3, 2, 5), (5, 7, 3), (2, 5, 3)]


UNNAMED = {r"\delta V", r"\delta c"}  # of which the page does not speak


class Taped:
    """A network of two layers in TensorFlow: its letters, and what its tape says of them."""

    def __init__(self, n_in, n_hidden, n_out, n_examples=1):
        rng = np.random.default_rng(n_in)
        shapes = {
            "W": (n_hidden, n_in), "b": (n_hidden, 1), "V": (n_out, n_hidden), "c": (n_out, 1),
            "x": (n_in, n_examples),
        }  # fmt: skip
        made = {letter: tf.constant(rng.normal(size=shape)) for letter, shape in shapes.items()}
        made["y"] = tf.constant(rng.dirichlet(np.ones(n_out), size=n_examples).T)
        with tf.GradientTape() as tape:
            tape.watch(list(made.values()))
            made["a"] = made["W"] @ made["x"] + made["b"]
            made["h"] = tf.tanh(made["a"])
            made["o"] = made["V"] @ made["h"] + made["c"]
            made[r"\hat{y}"] = tf.nn.softmax(made["o"], axis=0)
            loss = -tf.reduce_sum(made["y"] * tf.math.log(made[r"\hat{y}"]))
        derivatives = {rf"\delta {k}": v for k, v in tape.gradient(loss, made).items() if k != "y"}
        self.columns = {letter: value.numpy() for letter, value in {**made, **derivatives}.items()}

    def __call__(self, *letters):
        """Give the values of some letters: a column is a flat array."""
        return {
            letter: value[:, 0] if (value := self.columns[letter]).shape[1] == 1 else value
            for letter in letters
        }

    def everything(self):
        """Give all letters that the page has, for answers that readers try."""
        return self(*(letter for letter in self.columns if letter not in UNNAMED))

    def definitions(self):
        """Give everything that leads from the parameters to the loss, to be moved."""
        return {
            **self("W", "b", "V", "c", "x", "y"),
            "a": Defined(lambda of: of("W") @ of("x") + of("b")),
            "h": Defined(lambda of: np.tanh(of("a"))),
            "o": Defined(lambda of: of("V") @ of("h") + of("c")),
            "J": Defined(lambda of: np.log(np.exp(of("o")).sum()) - of("y") @ of("o")),
        }


@pytest.fixture(params=SIZES, scope="module")
def taped(request):
    return Taped(*request.param)


def places(**sizes):
    return {letter: range(1, size + 1) for letter, size in sizes.items()}


@pytest.mark.equation("dense-sum")
@pytest.mark.equation("dense-layer")
@pytest.mark.equation("dense-activation")
@pytest.mark.parametrize(("n_in", "n_hidden"), [(3, 2), (5, 7)])
def test_sums_and_outputs_are_those_of_a_keras_layer(evidence, n_in, n_hidden):
    rng = np.random.default_rng(n_in)
    W, b, x = rng.normal(size=(n_hidden, n_in)), rng.normal(size=n_hidden), rng.normal(size=n_in)
    kinds = [keras.layers.Dense(n_hidden, name, dtype="float64") for name in (None, "tanh")]
    a, h = (differentiate(layer, [W.T, b], x[None], 1.0)[0][0] for layer in kinds)
    given = {"a": a, "W": W, "x": x, "b": b}
    within = {"witness": "the dense layer of Keras", "within": 1e-14}
    rows = places(j=n_hidden)
    evidence.evaluates({**given, "m": n_in}, label="dense-sum", at=rows, **within)
    evidence.evaluates(given, label="dense-layer", **within)
    evidence.evaluates({"a": a, "h": h, "g": np.tanh}, label="dense-activation", **within)


@pytest.mark.equation("dense-error")
@pytest.mark.equation("dense-one-weight")
def test_derivatives_by_one_number_are_those_of_the_tape(evidence, taped):
    n_hidden, n_in = taped.columns["W"].shape
    given, error = taped.definitions(), taped(r"\delta a")
    witness = {"witness": f"complex steps on the left, {TAPE} on the right", "within": WITHIN}
    evidence.evaluates(
        {**error, "J": given["J"], "a": given["a"]}, label="dense-error", background=given,
        at=places(j=n_hidden), **witness,
    )  # fmt: skip
    evidence.evaluates(
        {**error, **taped("W", "x"), "J": given["J"]}, label="dense-one-weight", background=given,
        at=places(j=n_hidden, i=n_in), **witness,
    )  # fmt: skip


@pytest.mark.equation("dense-neuron-error")
def test_all_neurons_of_the_next_layer_answer(evidence, taped):
    n_out, n_hidden = taped.columns["V"].shape
    evidence.evaluates(
        {**taped(r"\delta h", "V", r"\delta o"), "q": n_out}, at=places(i=n_hidden),
        background=taped.everything(), witness=TAPE, within=WITHIN,
    )  # fmt: skip


@pytest.mark.equation("dense-delta-a")
def test_error_of_a_sum_goes_through_its_own_activation(evidence, taped):
    evidence.evaluates(
        {**taped(r"\delta a", r"\delta h", "a"), "g": np.tanh}, background=taped.everything(),
        witness=TAPE, within=WITHIN,
    )  # fmt: skip


@pytest.mark.equation("dense-delta-w")
@pytest.mark.equation("dense-delta-b")
@pytest.mark.equation("dense-delta-x")
def test_gradients_of_a_layer_are_those_of_the_tape(evidence, taped):
    for label, letters in {
        "dense-delta-w": (r"\delta W", r"\delta a", "x"),
        "dense-delta-b": (r"\delta b", r"\delta a"),
        "dense-delta-x": (r"\delta x", "W", r"\delta a"),
    }.items():
        evidence.evaluates(
            taped(*letters), label=label, background=taped.everything(), witness=TAPE, within=WITHIN
        )


@pytest.mark.equation("dense-batch")
@pytest.mark.parametrize(("sizes", "n_examples"), [((3, 2, 5), 7), ((5, 7, 3), 2)])
def test_a_batch_adds_up(evidence, sizes, n_examples):
    batch = Taped(*sizes, n_examples).columns
    evidence.evaluates(
        {
            r"\delta W": batch[r"\delta W"], "S": n_examples,
            r"\delta a^{(s)}": lambda s: batch[r"\delta a"][:, s - 1],
            "x^{(s)}": lambda s: batch["x"][:, s - 1],
        },
        witness=TAPE, within=WITHIN,
    )  # fmt: skip


@pytest.mark.equation("dense-delta-o")
def test_softmax_and_cross_entropy_leave_a_difference(evidence, taped):
    def shares(of):
        return np.exp(of("o")) / np.exp(of("o")).sum()

    evidence.evaluates(
        {**taped(r"\delta o", "o", r"\delta \hat{y}", "y"), r"\hat{y}": Defined(shares)},
        witness=TAPE, within=WITHIN,
    )  # fmt: skip
    assert taped("y")["y"].sum() == pytest.approx(1), "targets that do not sum to one leave more"


@pytest.mark.equation("dense-count")
@pytest.mark.parametrize("widths", [(4, 5, 5, 3), (7, 2, 11), (3, 5, 2, 7, 11)])
def test_keras_counts_the_same_parameters_of_dense_layers(evidence, widths):
    model = keras.Sequential([keras.Input((widths[0],)), *map(keras.layers.Dense, widths[1:])])
    evidence.evaluates(
        {
            r"\text{parameters}": model.count_params(), "L": len(widths) - 1,
            "n_l": dict(enumerate(widths)),
        },
        witness="the count of Keras", within=0,
    )  # fmt: skip
    if len(widths) == 3:
        made = dense_network_init(*widths, rng=np.random.default_rng(7))
        evidence.agrees(count_parameters(made), model.count_params(), witness="Keras", within=0)


# The equations of the page: a convolution ----------------------------------------------------


@pytest.mark.equation("conv-row")
@pytest.mark.equation("conv-gradient")
@pytest.mark.equation("conv-delta-x")
@pytest.mark.parametrize(("width", "n_places"), [(3, 5), (5, 7)])
def test_a_kernel_over_a_row_goes_forwards_and_backwards_as_in_keras(evidence, width, n_places):
    rng = np.random.default_rng(width)
    length = n_places + width - 1
    row, kernel, bias = rng.normal(size=length), rng.normal(size=width), rng.normal()
    error = rng.normal(size=n_places)
    layer = keras.layers.Conv1D(1, width, dtype="float64")
    weights = [kernel[:, None, None], np.array([bias])]
    found = differentiate(layer, weights, row[None, :, None], error[None, :, None])
    a, d_K, _, d_x = (part.ravel() for part in found)
    evidence.evaluates(
        {"a": a, "K": kernel, "x": row, "b_K": bias, "w": width}, label="conv-row",
        at=places(i=n_places), witness="the convolution of Keras", within=1e-14,
    )  # fmt: skip
    evidence.evaluates(
        {r"\delta K": d_K, r"\delta a": error, "x": row, "n": n_places}, label="conv-gradient",
        at=places(p=width), witness=TAPE, within=1e-14,
    )  # fmt: skip
    evidence.evaluates(
        {r"\delta x": d_x, r"\delta a": error, "K": kernel, "w": width, "n": n_places},
        label="conv-delta-x", at=places(i=length), witness=TAPE, within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("conv-count")
@pytest.mark.parametrize(("width", "m", "n"), [(5, 3, 7), (2, 11, 13)])
def test_keras_counts_the_same_parameters_of_kernels(evidence, width, m, n):
    layer = keras.layers.Conv2D(n, width)
    layer.build((None, 17, 19, m))
    evidence.evaluates(
        {r"\text{parameters}": layer.count_params(), "w": width, "m": m, "n": n},
        witness="the count of Keras", within=0,
    )  # fmt: skip
    made = image_network_init(width, [n], 11, n_in=m, rng=np.random.default_rng(7)).convolutions[0]
    evidence.agrees(count_parameters(made), layer.count_params(), witness="Keras", within=0)
