"""The third witness: Keras' own layers, and TensorFlow's automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import printed_network
from printed_network import KEYS
from unrolled.networks.gru import gru_backward, gru_forward, gru_init
from unrolled.networks.lstm import Gate, LSTMParams, lstm_backward, lstm_forward, lstm_init
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.networks.rnn import rnn_backward, rnn_forward, rnn_init
from unrolled.symbolic import lstm as symbolic

BATCH, TIME, N_IN, N_HIDDEN, N_OUT = 2, 3, 5, 7, 11
HOLES = np.array([[True, False, True], [True, True, False]])
WITHIN = 1e-12


def shaken(params, rng):
    """Move every weight, biases and peepholes too."""
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 2, params)


def side_by_side(gates, role):
    """Weights of several gates in one matrix, as Keras has them."""
    return np.concatenate([getattr(gate, role) for gate in gates], axis=-1)


def differentiate(layer, x, states, derivatives, mask=None):
    """Outputs of a Keras layer, and all derivatives of ``sum(derivative * output)``."""
    inputs = [tf.constant(array) for array in (x, *states)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        padding = None if mask is None else tf.constant(mask)
        outputs = layer(inputs[0], initial_state=inputs[1:], mask=padding)
        loss = sum(
            tf.reduce_sum(derivative * output)
            for derivative, output in zip(derivatives, outputs, strict=True)
        )
    weights = layer.trainable_variables
    found = tape.gradient(loss, [*(weight.value for weight in weights), *inputs])
    arrays = [np.asarray(tf.convert_to_tensor(derivative)) for derivative in found]
    return (
        [np.asarray(output) for output in outputs],
        arrays[: len(weights)],
        arrays[len(weights) :],
    )


def agree(evidence, ours, theirs, witness):
    for mine, other in zip(ours, theirs, strict=True):
        evidence.agrees(mine, other, witness=witness, within=WITHIN)


# LSTM ----------------------------------------------------------------------------------------


def lstm_case():
    rng = np.random.default_rng(7)
    params = shaken(lstm_init(N_IN, N_HIDDEN, rng=rng), rng)
    x = rng.normal(size=(BATCH, TIME, N_IN))
    states = rng.normal(size=(2, BATCH, N_HIDDEN))
    d_y, d_c_last = rng.normal(size=(*x.shape[:2], N_HIDDEN)), rng.normal(size=states[0].shape)
    return params, (x, *states), (d_y, d_c_last)


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_lstm_without_peepholes_matches_keras(evidence, mask):
    params, arrays, (d_y, d_c_last) = lstm_case()
    without = [gate._replace(p=np.zeros(N_HIDDEN)) for gate in params[1:]]
    params = LSTMParams(params.block_input, *without)
    y, c, cache = lstm_forward(params, *arrays, mask=mask)
    ours = lstm_backward(params, cache, d_y, d_c_last)

    layer = keras.layers.LSTM(N_HIDDEN, return_sequences=True, return_state=True, dtype="float64")
    layer.build((BATCH, TIME, N_IN))
    layer.set_weights([side_by_side(in_keras_order(params), role) for role in "WRb"])
    derivatives = d_y, np.zeros_like(d_c_last), d_c_last
    outputs, weights, inputs = differentiate(layer, arrays[0], arrays[1:], derivatives, mask)
    agree(evidence, (y, y[:, -1], c[:, -1]), outputs, "Keras")
    d_gates = in_keras_order(ours.params)
    agree(evidence, [side_by_side(d_gates, role) for role in "WRb"], weights, "Keras")
    agree(evidence, ours[1:], inputs, "Keras")


def test_definitions_without_peepholes_match_keras():
    names = [str(name) for name in symbolic.components(N_IN, 2, TIME).graph.inputs]
    numbers = {name: 0 for name in names if name.startswith("p_")}
    truth = symbolic.components(N_IN, 2, TIME, numbers=numbers)

    def rows(letter):
        return np.array(truth(letter).T.tolist(), float)

    weights = {
        role: [rows(getattr(symbolic, f"{role}_{gate}")) for gate in ("in", "for", "z", "out")]
        for role in "WRb"
    }
    layer = keras.layers.LSTM(2, return_sequences=True, return_state=True, dtype="float64")
    layer.build((1, TIME, N_IN))
    W, R, b = (np.hstack(parts) for parts in weights.values())
    layer.set_weights([W, R, b[0]])
    x = np.array([[rows(symbolic.x.at(step))[0] for step in range(1, TIME + 1)]])
    states = [rows(state.at(0)) for state in (symbolic.y, symbolic.c)]
    y, _, c_last = (np.asarray(array) for array in layer(x, initial_state=states))

    np.testing.assert_allclose(rows(symbolic.c.at(TIME)), c_last, rtol=0, atol=WITHIN)
    for step in range(1, TIME + 1):
        np.testing.assert_allclose(rows(symbolic.y.at(step)), y[:, step - 1], rtol=0, atol=WITHIN)


def in_keras_order(params):
    """Keras' order is i, f, c, o, and its c is our block input z."""
    return params.input_gate, params.forget_gate, params.block_input, params.output_gate


def lstm_in_tensorflow(params, x, y, c, mask):
    """The six equations with peepholes, step by step: nothing but TensorFlow."""
    outputs = []
    for t in range(TIME):

        def total(gate, y=y, t=t):
            return x[:, t] @ gate.W + y @ gate.R + gate.b

        z = tf.tanh(total(params.block_input))
        i = tf.sigmoid(total(params.input_gate) + params.input_gate.p * c)
        f = tf.sigmoid(total(params.forget_gate) + params.forget_gate.p * c)
        c_new = z * i + c * f
        o = tf.sigmoid(total(params.output_gate) + params.output_gate.p * c_new)
        real = mask[:, t, None]
        y, c = tf.where(real, o * tf.tanh(c_new), y), tf.where(real, c_new, c)
        outputs.append(y)
    return tf.stack(outputs, axis=1), c


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_lstm_with_peepholes_matches_tensorflow(evidence, mask):
    params, arrays, (d_y, d_c_last) = lstm_case()
    assert isinstance(params.forget_gate, Gate)
    assert params.forget_gate.p.all()
    y, c, cache = lstm_forward(params, *arrays, mask=mask)
    ours = lstm_backward(params, cache, d_y, d_c_last)

    tensors = map_leaves(tf.constant, params)
    inputs = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch([*leaves_of(tensors).values(), *inputs])
        real = np.ones((BATCH, TIME), bool) if mask is None else mask
        theirs = lstm_in_tensorflow(tensors, *inputs, real)
        loss = tf.reduce_sum(d_y * theirs[0]) + tf.reduce_sum(d_c_last * theirs[1])
    derivatives = tape.gradient(loss, [*leaves_of(tensors).values(), *inputs])
    agree(evidence, (y, c[:, -1]), [output.numpy() for output in theirs], "TensorFlow")
    derivatives = [tf.convert_to_tensor(derivative).numpy() for derivative in derivatives]
    agree(evidence, leaves_of(ours).values(), derivatives, "TensorFlow")


# Simple RNN ----------------------------------------------------------------------------------


def rnn_case(n_steps=TIME):
    rng = np.random.default_rng(7)
    params = shaken(rnn_init(N_IN, N_HIDDEN, N_OUT, rng=rng), rng)
    x, h0 = rng.normal(size=(BATCH, n_steps, N_IN)), rng.normal(size=(BATCH, N_HIDDEN))
    return params, (x, h0), rng.normal(size=(BATCH, n_steps, N_OUT))


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_simple_rnn_matches_keras(evidence, mask):
    params, arrays, d_logits = rnn_case()
    logits, h, cache = rnn_forward(params, *arrays, mask=mask)
    ours = rnn_backward(params, cache, d_logits)

    layer = keras.layers.SimpleRNN(N_HIDDEN, return_sequences=True, dtype="float64")
    layer.build((BATCH, TIME, N_IN))
    layer.set_weights([params.U, params.W, params.b])
    readout = keras.layers.Dense(N_OUT, dtype="float64")
    readout.build((BATCH, TIME, N_HIDDEN))
    readout.set_weights([params.V, params.c])
    variables = [*layer.trainable_variables, *readout.trainable_variables]
    inputs = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        padding = None if mask is None else tf.constant(mask)
        states = layer(inputs[0], initial_state=inputs[1], mask=padding)
        outputs = readout(states)
        loss = tf.reduce_sum(d_logits * outputs)
    derivatives = tape.gradient(loss, [*(variable.value for variable in variables), *inputs])
    agree(evidence, (logits, h), (outputs.numpy(), states.numpy()), "Keras")
    derivatives = [tf.convert_to_tensor(derivative).numpy() for derivative in derivatives]
    agree(evidence, leaves_of(ours).values(), derivatives, "Keras")


FORWARD = ("rnn-preactivation", "rnn-hidden", "rnn-logits", "rnn-estimate")
BACKWARD = (
    "rnn-gradient-U", "rnn-gradient-W", "rnn-gradient-b", "rnn-gradient-V", "rnn-gradient-c",
    "rnn-delta-x", "rnn-delta-h0",
)  # fmt: skip


def claims(names):
    """Claim several equations of the simple recurrent network."""

    def marked(test):
        for name in names:
            test = pytest.mark.equation(name)(test)
        return test

    return marked


def keras_network(given):
    """The printed network from Keras' layers, which have rows, with its inputs."""
    layer = keras.layers.SimpleRNN(given["b"].size, return_sequences=True, dtype="float64")
    readout = keras.layers.Dense(given["c"].size, dtype="float64")
    x = tf.constant(np.stack(list(printed_network.over_time(given, "x").values()))[None])
    layer.build(x.shape)
    readout.build((*x.shape[:2], given["b"].size))
    layer.set_weights([given["U"].T, given["W"].T, given["b"]])
    readout.set_weights([given["V"].T, given["c"]])
    return layer, readout, x, tf.constant(given["h", 0][None])


def by_step(array, first=1):
    return dict(enumerate(np.asarray(array)[0], first))


@claims([*FORWARD, "rnn-parameter-count"])
@pytest.mark.parametrize("sizes", printed_network.SIZES)
def test_keras_runs_the_printed_equations(evidence, sizes):
    given = printed_network.numbers(sizes, seed=13)
    layer, readout, x, start = keras_network(given)
    states = layer(x, initial_state=start)
    found = {
        "a^{(t)}": by_step(np.arctanh(states)), "o^{(t)}": by_step(readout(states)),
        "h^{(t)}": {0: given["h", 0]} | by_step(states),
        r"\hat{y}^{(t)}": by_step(keras.activations.softmax(readout(states))),
    }  # fmt: skip
    letters = printed_network.in_print(given) | printed_network.defined(given)
    quantities = "a^{(t)}", "h^{(t)}", "o^{(t)}", r"\hat{y}^{(t)}"
    for name, letter in zip(FORWARD, quantities, strict=True):
        evidence.evaluates(
            {letter: found[letter]}, background=letters, at={"t": by_step(x)},
            label=name, witness="Keras' SimpleRNN and Dense", within=WITHIN,
        )  # fmt: skip
    counted = {r"\text{parameters}": layer.count_params() + readout.count_params()}
    evidence.evaluates(
        counted, background=letters, label="rnn-parameter-count",
        witness="Keras' count_params", within=0,
    )  # fmt: skip


@claims([*BACKWARD, "rnn-update"])
@pytest.mark.parametrize("sizes", printed_network.SIZES)
def test_keras_finds_the_printed_gradients(evidence, sizes):
    given = printed_network.numbers(sizes, seed=13)
    layer, readout, x, start = keras_network(given)
    targets = tf.constant(np.stack(list(printed_network.over_time(given, "y").values()))[None])
    variables = [*layer.trainable_variables, *readout.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch([x, start])
        logits = readout(layer(x, initial_state=start))
        loss = tf.reduce_sum(keras.losses.categorical_crossentropy(targets, logits, True))
    derivatives = tape.gradient(loss, [*(variable.value for variable in variables), x, start])
    gradients = map(np.transpose, derivatives[:5])
    found = dict(zip([rf"\delta {key}" for key in KEYS], gradients, strict=True))
    found |= {r"\delta x^{(t)}": by_step(derivatives[-2])}
    letters = printed_network.in_print(given) | printed_network.defined(given)
    states = {0: np.asarray(derivatives[-1])[0]}
    found |= {r"\delta h^{(t)}": letters[r"\delta h^{(t)}"] | states}
    for name, letter in zip(BACKWARD, found, strict=True):
        evidence.evaluates(
            {letter: found[letter]}, background=letters, label=name, within=WITHIN,
            at={"t": by_step(x)} if name == "rnn-delta-x" else {},
            witness="TensorFlow's GradientTape through Keras' SimpleRNN and Dense",
        )  # fmt: skip
    rate = sizes[0] / 16  # Keras keeps it as float32
    keras.optimizers.SGD(rate).apply(derivatives[:2], variables[:2])
    copies = printed_network.defined(given, shared="W")
    evidence.evaluates(
        {r"\theta": copies[r"\theta"], r"\eta": rate}, background=copies, label="rnn-update",
        after={r"\theta": np.transpose(variables[1])}, within=WITHIN, witness="Keras' SGD",
    )  # fmt: skip


@pytest.mark.parametrize("truncate", [1, 2, 3, 4, 5])
def test_truncation_matches_a_stopped_gradient(evidence, truncate):
    """Each loss starts anew from a state that lies `truncate` steps back and counts as given."""
    n_steps = 5
    params, (x, h0), d_logits = rnn_case(n_steps)
    _, h, cache = rnn_forward(params, x, h0)
    ours = rnn_backward(params, cache, d_logits, truncate)

    weights = map_leaves(tf.constant, params)
    inputs, initial = tf.constant(x), tf.constant(h0)
    with tf.GradientTape() as tape:
        tape.watch([*weights, inputs, initial])
        loss = 0.0
        for t in range(n_steps):
            first = max(0, t - truncate + 1)
            state = tf.constant(h[:, first - 1]) if first else initial
            for s in range(first, t + 1):
                state = tf.tanh(inputs[:, s] @ weights.U + state @ weights.W + weights.b)
            loss += tf.reduce_sum(d_logits[:, t] * (state @ weights.V + weights.c))
    derivatives = tape.gradient(loss, [*weights, inputs, initial])
    derivatives = [tf.convert_to_tensor(derivative).numpy() for derivative in derivatives]
    agree(evidence, leaves_of(ours).values(), derivatives, "TensorFlow")


# GRU -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_gru_matches_keras(evidence, mask):
    rng = np.random.default_rng(7)
    params = shaken(gru_init(N_IN, N_HIDDEN, rng=rng), rng)
    x, h0 = rng.normal(size=(BATCH, TIME, N_IN)), rng.normal(size=(BATCH, N_HIDDEN))
    d_h = rng.normal(size=(BATCH, TIME, N_HIDDEN))
    h, cache = gru_forward(params, x, h0, mask=mask)
    ours = gru_backward(params, cache, d_h)

    layer = keras.layers.GRU(
        N_HIDDEN, return_sequences=True, return_state=True, reset_after=False, dtype="float64"
    )
    layer.build((BATCH, TIME, N_IN))
    layer.set_weights([side_by_side(params, role) for role in "WRb"])
    derivatives = d_h, np.zeros_like(h0)
    outputs, weights, inputs = differentiate(layer, x, [h0], derivatives, mask)
    agree(evidence, (h, h[:, -1]), outputs, "Keras")
    agree(evidence, [side_by_side(ours.params, role) for role in "WRb"], weights, "Keras")
    agree(evidence, ours[1:], inputs, "Keras")
