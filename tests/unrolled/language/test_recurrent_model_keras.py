"""The recurrent language model against one of Keras with the same weights, and its equations."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.language.recurrent_model import (
    TiedModel,
    chances,
    log_probabilities,
    model_forward,
    model_gradient,
    model_init,
    teacher_forced,
)
from unrolled.networks.pytrees import leaves_of, map_leaves

N_TOKENS, N_DIMS, N_HIDDEN = 7, 3, 5
SENTENCES = [[3, 1, 3], [6], [2, 5, 5, 4, 6]]
BATCH = teacher_forced(SENTENCES)
KERAS = "an embedding, a GRU and a dense layer of Keras"
TAPE = "TensorFlow's automatic differentiation"


def draw(n_dims=N_DIMS, n_tokens=N_TOKENS):
    rng = np.random.default_rng(7)
    model = model_init(n_tokens, n_dims, N_HIDDEN, rng=rng)
    return map_leaves(lambda w: w + rng.normal(size=w.shape) / 2, model)


class Twin:
    """Three layers of Keras with the weights of a model."""

    def __init__(self, model):
        n_tokens, n_dims = model.W.shape
        n_hidden = model.W_o.shape[1]
        double = {"dtype": "float64"}
        self.layers = [
            keras.layers.Embedding(n_tokens, n_dims, **double),
            keras.layers.GRU(n_hidden, return_sequences=True, reset_after=False, **double),
            keras.layers.Dense(n_tokens, **double),
        ]
        shapes = (None, None), (None, None, n_dims), (None, None, n_hidden)
        gates = [np.concatenate(role, axis=-1) for role in zip(*model.gru, strict=True)]
        weights = [model.W], gates, [model.W_o.T, model.b_o]
        for layer, shape, values in zip(self.layers, shapes, weights, strict=True):
            layer.build(shape)
            layer.set_weights(values)

    def states(self, ids):
        embedding, gru, _ = self.layers
        return gru(embedding(np.asarray(ids)))

    def logits(self, ids):
        return self.layers[2](self.states(ids))

    def losses(self, batch):
        """Cross-entropy of each real step; padding stands at the end, where it changes nothing."""
        real = tf.boolean_mask(self.logits(batch.ids), batch.mask)
        targets = batch.targets[batch.mask]
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, real)

    def gradient(self, batch):
        """Derivatives of the mean loss, with the names of the book's leaves."""
        variables = [w.value for layer in self.layers for w in layer.trainable_variables]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.losses(batch))
        found = [np.asarray(tf.convert_to_tensor(d)) for d in tape.gradient(loss, variables)]
        names = ("update_gate", "reset_gate", "candidate")
        gates = {
            f"gru.{name}.{role}": part
            for role, whole in zip("WRb", found[1:4], strict=True)
            for name, part in zip(names, np.split(whole, 3, axis=-1), strict=True)
        }
        return float(loss), {"W": found[0], **gates, "W_o": found[4].T, "b_o": found[5]}


@pytest.fixture(scope="module")
def twin():
    return Twin(draw())


def test_logits_and_gradients_match_keras(evidence, twin):
    model = draw()
    logits, _ = model_forward(model, BATCH.ids)
    evidence.agrees(logits, twin.logits(BATCH.ids).numpy(), witness=KERAS, within=1e-13)
    loss, gradient = model_gradient(model, *BATCH)
    same, derivatives = twin.gradient(BATCH)
    evidence.agrees(loss, same, witness=KERAS, within=1e-13)
    ours = leaves_of(gradient)
    assert ours.keys() == derivatives.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, derivatives[name], witness=TAPE, within=1e-12)


@pytest.mark.equation("lm-output")
@pytest.mark.parametrize(("n_tokens", "ids"), [(7, [0, 3, 1]), (11, [0, 2, 5, 5, 4])])
def test_output_layer_is_a_dense_layer_with_a_softmax(evidence, n_tokens, ids):
    model = draw(n_tokens=n_tokens)
    twin = Twin(model)
    h, logits = (of([ids]).numpy()[0] for of in (twin.states, twin.logits))
    shares = special.softmax(logits, axis=1)
    evidence.evaluates(
        {
            "o^{(t)}": lambda t: logits[t], "h^{(t)}": lambda t: h[t],
            "W_o": model.W_o, "b_o": model.b_o, "M": n_tokens,
            "X_{[0,t]}": lambda t: tuple(ids[: t + 1]),
            "P": lambda token, before: shares[len(before) - 1, token],
        },
        at={"t": range(len(ids)), "w": range(n_tokens)}, witness=KERAS, within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("lm-masked-loss")
@pytest.mark.parametrize("sentences", [SENTENCES, [[4, 4], [1, 2, 3, 4]]])
def test_loss_is_the_mean_over_real_steps(evidence, twin, sentences):
    batch = teacher_forced(sentences)
    longest = max(map(len, sentences))
    read = [[0, *sentence, 0, *[1] * longest] for sentence in sentences]
    logs = {}
    for tokens in read:
        for end in range(1, longest + 2):
            line = special.log_softmax(twin.logits([tokens[:end]]).numpy()[0, -1])
            logs[tuple(tokens[:end])] = line
    evidence.evaluates(
        {
            "J": float(tf.reduce_mean(twin.losses(batch))), "S": len(sentences),
            r"\tau": longest,
            "m_s^{(t)}": lambda s, t: int(t <= len(sentences[s - 1])),
            "x_s^{(t)}": lambda s, t: read[s - 1][t],
            "X_{s,[0,t]}": lambda s, t: tuple(read[s - 1][: t + 1]),
            "P": lambda token, before: np.exp(logs[before][token]),
        },
        witness=KERAS, within=1e-12,
    )  # fmt: skip
    loss, _ = model_gradient(draw(), *batch)
    ours = np.concatenate(log_probabilities(draw(), sentences))
    evidence.agrees(-ours.mean(), loss, witness="the loss", within=1e-13)


def plain_loss(model, W, W_o, sentences):
    """Compute the loss sentence by sentence and step by step; complex weights are welcome."""
    terms = []
    for sentence in sentences:
        h = np.zeros(N_HIDDEN)
        for token, target in zip([0, *sentence], [*sentence, 0], strict=True):
            z, r = (
                1 / (1 + np.exp(-(W[token] @ gate.W + h @ gate.R + gate.b)))
                for gate in model.gru[:2]
            )
            g = np.tanh(W[token] @ model.gru[2].W + (r * h) @ model.gru[2].R + model.gru[2].b)
            h = z * h + (1 - z) * g
            o = W_o @ h + model.b_o
            terms.append(np.log(np.exp(o).sum()) - o[target])
    return sum(terms) / len(terms)


@pytest.mark.equation("lm-tied-gradient")
@pytest.mark.parametrize("sentences", [[[1, 3], [2]], [[3, 3, 0, 1]]])
def test_gradient_of_a_matrix_used_twice_is_a_sum(evidence, sentences):
    model = draw(N_HIDDEN)
    small = model._replace(W=model.W[:4], W_o=model.W[:4], b_o=model.b_o[:4])
    evidence.evaluates(
        {
            "W": small.W, "W_o": Defined(lambda of: 1.0 * of("W")),
            "J": Defined(lambda of: plain_loss(small, of("W"), of("W_o"), sentences)),
        },
        witness="a GRU written once more, step by step", within=1e-10,
    )  # fmt: skip


def test_tied_gradient_is_the_sum_of_those_of_keras(evidence):
    model = draw(N_HIDDEN)
    tied = TiedModel(model.W, model.gru, model.b_o)
    loss, gradient = model_gradient(tied, *BATCH)
    same, parts = Twin(model._replace(W_o=model.W)).gradient(BATCH)
    evidence.agrees(loss, same, witness=KERAS, within=1e-13)
    evidence.agrees(gradient.W, parts["W"] + parts["W_o"], witness=TAPE, within=1e-12)


@pytest.mark.equation("lm-temperature")
@pytest.mark.parametrize("size", [5, 3])
@pytest.mark.parametrize("T", [0.4, 1.7])
def test_temperature_divides_logits_and_takes_powers(evidence, size, T):
    logits = np.random.default_rng(size).normal(size=size)
    neutral, theirs = special.softmax(logits), special.softmax(logits / T)
    evidence.evaluates(
        {
            "o": logits, "M": size, r"\theta": T, "P": lambda w: neutral[w],
            r"P_\theta": lambda w: theirs[w],
        },
        at={"w": range(size)}, witness="the softmax of SciPy", within=1e-13,
    )  # fmt: skip
    ours = chances(logits, temperature=T)
    evidence.agrees(ours, theirs, witness="SciPy", within=1e-14)


@pytest.mark.equation("lm-padded-perplexity")
def test_certain_padding_takes_a_root_of_the_perplexity(evidence):
    rng = np.random.default_rng(7)
    cases = []
    for n_real, n_padded in itertools.product((3, 7), (2, 11)):
        real = np.log(rng.uniform(0.1, 0.9, n_real))
        everything = np.concatenate([real, np.zeros(n_padded)])
        ppl, of_all = (float(np.exp(-logs.mean())) for logs in (real, everything))
        cases.append({
            "N": n_real, "R": n_padded, r"\mathrm{PPL}": ppl, r"\mathrm{PPL}_{\mathrm{all}}": of_all
        })  # fmt: skip
    evidence.evaluates({}, at=cases, witness="the mean over all steps", within=1e-13)
