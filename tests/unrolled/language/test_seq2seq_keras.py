"""The recurrent translator against layers of Keras with the same weights, and its equations."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.experiments.translation_lengths import bigram_overlap
from unrolled.language.seq2seq import (
    SCORES,
    pair_batch,
    seq2seq_forward,
    seq2seq_gradient,
    seq2seq_init,
)
from unrolled.networks.pytrees import leaves_of, map_leaves

N_SOURCE, N_TARGET, N_DIMS, N_HIDDEN = 7, 11, 3, 5
BATCH = pair_batch([[3, 1, 3], [6], [2, 5, 5, 4, 6]], [[1, 10], [3, 4, 5, 5], [10, 9, 9, 8, 2, 7]])
KERAS = "layers of Keras, sentence by sentence"
TAPE = "TensorFlow's automatic differentiation"


def draw(score, seed=7):
    rng = np.random.default_rng(seed)
    model = seq2seq_init(N_SOURCE, N_TARGET, N_DIMS, N_HIDDEN, score=score, rng=rng)
    return map_leaves(lambda w: w + rng.normal(size=w.shape) / 2, model)


class Twin:
    """Two GRUs of Keras, and the rest in plain operations of TensorFlow, one sentence at a time."""

    def __init__(self, params, score):
        self.score = score
        self.weights = {
            name: tf.Variable(leaf)
            for name, leaf in leaves_of(params).items()
            if not name.startswith(("encoder", "decoder"))
        }
        self.grus = {
            "encoder": self.gru(params.encoder),
            "decoder": self.gru(params.decoder),
        }

    @staticmethod
    def gru(params):
        layer = keras.layers.GRU(
            N_HIDDEN, return_sequences=True, reset_after=False, dtype="float64"
        )
        layer.build((None, None, N_DIMS))
        layer.set_weights([np.concatenate(role, axis=-1) for role in zip(*params, strict=True)])
        return layer

    def look(self, queries, keys):
        """Return the weights of all keys for each query; written with einsum and loops."""
        w = {name.removeprefix("score."): leaf for name, leaf in self.weights.items()}
        if self.score == "none":
            return tf.one_hot([len(keys) - 1] * len(queries), len(keys), dtype=tf.float64)
        if self.score == "dot":
            scores = tf.einsum("ih,jh->ij", queries, keys)
        elif self.score == "general":
            scores = tf.einsum("ih,hk,jk->ij", queries, w["W"], keys)
        else:
            rows = [
                tf.linalg.matvec(tf.tanh(tf.linalg.matvec(w["U_q"], q, transpose_a=True)
                                         + keys @ w["U_k"]), w["w"])
                for q in queries
            ]  # fmt: skip
            scores = tf.stack(rows)
        return tf.nn.softmax(scores, axis=-1)

    def run(self, source, ids):
        """Return weights and logits of one sentence without padding."""
        w = self.weights
        keys = self.grus["encoder"](tf.gather(w["source"], [source]))
        read = tf.gather(w["target"], [ids])
        states = self.grus["decoder"](read, initial_state=keys[:, -1])[0]
        weights = self.look(states, keys[0])
        both = tf.concat([states, weights @ keys[0]], axis=1)
        matrix = tf.concat([w["readout.W_q"], w["readout.W_z"]], axis=0)
        a = tf.tanh(both @ matrix + w["readout.b_a"])
        return weights, a @ w["readout.W_o"] + w["readout.b_o"]

    def sentences(self, batch):
        """Return weights, logits and targets of each sentence."""
        for source, real, ids, targets, mask in zip(*batch, strict=True):
            yield *self.run(source[real], ids[mask]), targets[mask]

    def gradient(self, batch):
        variables = list(self.weights.values())
        inner = [v.value for gru in self.grus.values() for v in gru.trainable_variables]
        with tf.GradientTape() as tape:
            losses = [
                tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
                for _, logits, targets in self.sentences(batch)
            ]
            loss = tf.reduce_mean(tf.concat(losses, axis=0))
        found = tape.gradient(loss, variables + inner)
        dense = [np.asarray(tf.convert_to_tensor(d)) for d in found if d is not None]
        derivatives = dict(zip(self.weights, dense, strict=False))
        for n, side in enumerate(self.grus):
            roles = dense[len(variables) + 3 * n :][:3]
            for role, whole in zip("WRb", roles, strict=True):
                names = ("update_gate", "reset_gate", "candidate")
                for name, part in zip(names, np.split(whole, 3, axis=-1), strict=True):
                    derivatives[f"{side}.{name}.{role}"] = part
        return float(loss), derivatives


@pytest.mark.parametrize("score", SCORES)
def test_weights_logits_and_gradients_match_keras(evidence, score):
    params = draw(score)
    twin = Twin(params, score)
    masks = {"source_mask": BATCH.source_mask, "mask": BATCH.mask}
    logits, cache = seq2seq_forward(params, BATCH.source, BATCH.ids, **masks)
    for row, (weights, theirs, targets) in enumerate(twin.sentences(BATCH)):
        n, n_keys = len(targets), weights.shape[1]
        evidence.agrees(logits[row, :n], theirs.numpy(), witness=KERAS, within=1e-13)
        ours = cache.weights[row, :n, :n_keys]
        evidence.agrees(ours, weights.numpy(), witness=KERAS, within=1e-13)
    loss, gradient = seq2seq_gradient(params, *BATCH)
    same, derivatives = twin.gradient(BATCH)
    evidence.agrees(loss, same, witness=KERAS, within=1e-13)
    ours = leaves_of(gradient)
    assert ours.keys() == derivatives.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, derivatives[name], witness=TAPE, within=1e-12)


# The equations of the page -------------------------------------------------------------------


def parts(score, source, ids):
    """Return what Keras' layers and TensorFlow find on the way, for one sentence."""
    params = draw(score)
    twin = Twin(params, score)
    keys = twin.grus["encoder"](tf.gather(twin.weights["source"], [source]))
    read = tf.gather(twin.weights["target"], [ids])
    states = twin.grus["decoder"](read, initial_state=keys[:, -1])[0].numpy()
    weights, logits = (found.numpy() for found in twin.run(source, ids))
    return params, keys[0].numpy(), states, weights, logits


def counted(rows, first):
    return dict(enumerate(rows, first))


def table(array):
    """What stands for each step, from zero, and each state of the encoder, from one."""
    return {(t, j + 1): array[t, j] for t, j in np.ndindex(array.shape)}


CASES = [([3, 1, 5, 0], [0, 3, 1]), ([2, 0], [0, 10, 4, 4, 9])]


@pytest.mark.equation("s2s-no-attention")
@pytest.mark.parametrize(("source", "ids"), CASES)
def test_without_attention_the_context_is_the_last_state(evidence, source, ids):
    params, keys, *_ = parts("none", source, ids)
    _, cache = seq2seq_forward(params, [source], [ids])
    evidence.evaluates(
        {"z_t": counted(cache.context[0], 0), "k_n": keys[-1]},
        at={"t": range(len(ids))}, witness=KERAS, within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("s2s-context")
@pytest.mark.parametrize(("source", "ids"), CASES)
def test_context_is_a_mean_of_the_states(evidence, source, ids):
    params, keys, states, weights, _ = parts("dot", source, ids)
    _, cache = seq2seq_forward(params, [source], [ids])
    evidence.evaluates(
        {
            "a_{tj}": table(weights), "s_{tj}": table(states @ keys.T), "k_j": counted(keys, 1),
            "z_t": counted(cache.context[0], 0), "n": len(keys),
        },
        at={"t": range(len(ids)), "j": range(1, len(keys) + 1)}, witness=KERAS, within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("s2s-scores")
@pytest.mark.parametrize(("source", "ids"), CASES)
def test_scores_are_sums_of_plain_numbers(evidence, source, ids):
    _, keys, states, _, _ = parts("dot", source, ids)
    W, (U_q, U_k, w) = draw("general").score.W, draw("additive").score
    units = range(N_HIDDEN)

    def unit(q, k, c):
        return np.tanh(sum(q[b] * U_q[b, c] + k[b] * U_k[b, c] for b in units))

    formulas = {
        "dot": lambda q, k: sum(q[b] * k[b] for b in units),
        "gen": lambda q, k: sum(q[b] * W[b, c] * k[c] for b in units for c in units),
        "add": lambda q, k: sum(w[c] * unit(q, k, c) for c in units),
    }
    scores = {
        rf"s_{{tj}}^{{\mathrm{{{name}}}}}": table(
            np.array([[of(q, k) for k in keys] for q in states])
        )
        for name, of in formulas.items()
    }
    evidence.evaluates(
        {
            **scores, "q_t": counted(states, 0), "k_j": counted(keys, 1),
            "W": W, "U_q": U_q, "U_k": U_k, "w": w,
        },
        at={"t": range(len(ids)), "j": range(1, len(keys) + 1)},
        witness="sums of products of plain numbers", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("s2s-readout")
@pytest.mark.parametrize(("source", "ids"), CASES)
def test_readout_is_two_dense_layers(evidence, source, ids):
    params, keys, states, weights, logits = parts("general", source, ids)
    readout = params.readout
    both = np.concatenate([states, weights @ keys], axis=1)
    dense = keras.layers.Dense(N_HIDDEN, activation="tanh", dtype="float64")
    dense.build(both.shape)
    dense.set_weights([np.concatenate([readout.W_q, readout.W_z]), readout.b_a])
    evidence.evaluates(
        {
            r"\tilde{q}_t": counted(dense(both).numpy(), 0), "o_t": counted(logits, 0),
            "q_t": counted(states, 0), "z_t": counted(weights @ keys, 0), **readout._asdict(),
        },
        at={"t": range(len(ids))}, witness=KERAS, within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("s2s-loss")
@pytest.mark.parametrize("n_pairs", [3, 2])
def test_loss_is_the_mean_over_real_steps(evidence, n_pairs):
    sources = [[3, 1, 3], [6], [2, 5, 5, 4, 6]][:n_pairs]
    targets = [[1, 10], [9], [3, 4, 5, 5]][:n_pairs]
    params = draw("additive")
    twin = Twin(params, "additive")
    longest = max(map(len, targets))
    read = [[0, *target, 0, *[1] * longest] for target in targets]
    logs = {}
    for source in sources:
        for tokens in read:
            for end in range(1, longest + 2):
                line = twin.run([*source, 0], tokens[:end])[1].numpy()[-1]
                logs[tuple(tokens[:end]), tuple(source)] = special.softmax(line)
    loss, _ = seq2seq_gradient(params, *pair_batch(sources, targets))
    evidence.evaluates(
        {
            "J": loss, "S": n_pairs, r"\tau": longest,
            "m_s^{(t)}": lambda s, t: int(t <= len(targets[s - 1])),
            "y_s^{(t)}": lambda s, t: read[s - 1][t],
            "Y_{s,[0,t]}": lambda s, t: tuple(read[s - 1][: t + 1]),
            "P_s": lambda s: lambda token, before: logs[before, tuple(sources[s - 1])][token],
        },
        witness=KERAS, within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("s2s-keys-gradient")
@pytest.mark.parametrize(("source", "ids"), CASES)
def test_a_state_is_a_value_and_a_key(evidence, source, ids):
    _, keys, states, _, _ = parts("dot", source, ids)
    rng = np.random.default_rng(7)
    slopes = rng.normal(size=states.shape)

    def weight(of, t, j):
        powers = [np.exp(of("s_{tj}", t, other)) for other in range(1, len(keys) + 1)]
        return powers[j - 1] / sum(powers)

    def context(of, t):
        return sum(of("a_{tj}", t, j) * of("k_j", j) for j in range(1, len(keys) + 1))

    evidence.evaluates(
        {
            "J": Defined(lambda of: sum(
                np.sin(of("z_t", t)) @ slopes[t] for t in range(len(ids)))),
            "z_t": Defined(context), "a_{tj}": Defined(weight),
            "s_{tj}": Defined(lambda of, t, j: of("q_t", t) @ of("k_j", j)),
            "k_j": counted(keys, 1), "q_t": counted(states, 0), r"\tau": len(ids) - 1,
        },
        at={"j": range(1, len(keys) + 1)}, witness="complex steps through softmax and mean",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("s2s-overlap")
@pytest.mark.parametrize(
    ("written", "right"), [("abab", "abba"), ("aab", "aaab"), ("abc", "abc"), ("ca", "abc")]
)
def test_overlap_counts_shared_pairs(evidence, written, right):
    """The shared pairs are found by striking out one by one."""
    one, other = ([*zip(f"<{text}", f"{text}>", strict=True)] for text in (written, right))
    different, left, shared = sorted({*one, *other}), list(other), 0
    for pair in one:
        if pair in left:
            left.remove(pair)
            shared += 1
    evidence.evaluates(
        {
            "F": 2 * shared / (len(one) + len(other)), "G": len(different),
            "c_g": counted([one.count(pair) for pair in different], 1),
            "r_g": counted([other.count(pair) for pair in different], 1),
        },
        witness="pairs struck out one by one", within=1e-15,
    )  # fmt: skip
    assert bigram_overlap(written, right) == 2 * shared / (len(one) + len(other))
