"""Attention by hand, held against Keras' own layer and against automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax

from unrolled.networks.attention import (
    MultiHeadParams,
    multi_head_backward,
    multi_head_forward,
    multi_head_init,
)
from unrolled.networks.dense import DenseParams
from unrolled.networks.pytrees import leaves_of, map_leaves
from unrolled.translation.attention import MultiHeadAttention

# Keras rounds 1 / sqrt(key_dim) to float32 in every precision: only of a power of 4 it is exact.
BATCH, N_QUERIES, N_KEYS, N_HEADS, D_HEAD = 2, 5, 7, 3, 16
D_MODEL = N_HEADS * D_HEAD
HOLES = np.random.default_rng(3).random((BATCH, N_QUERIES, N_KEYS)) < 0.6
HOLES[..., 0] = True  # what Keras does with a row that may look nowhere is another matter


def case(n_keys=N_KEYS, dtype=np.float64):
    rng = np.random.default_rng(7)
    params = map_leaves(
        lambda leaf: (leaf + rng.normal(size=leaf.shape) / 5).astype(dtype),
        multi_head_init(D_MODEL, rng=rng),
    )
    shapes = ((BATCH, length, D_MODEL) for length in (N_QUERIES, n_keys, n_keys))
    return params, [rng.normal(size=shape).astype(dtype) for shape in shapes]


def keras_layer(params, n_keys=N_KEYS, dtype="float64"):
    """Keras' own layer with our weights."""
    layer = keras.layers.MultiHeadAttention(N_HEADS, key_dim=D_HEAD, dtype=dtype)
    query, key = (BATCH, N_QUERIES, D_MODEL), (BATCH, n_keys, D_MODEL)
    layer.build(query, key)
    arrays = leaves_of(params, "params").values()
    layer.set_weights([a.reshape(w.shape) for a, w in zip(arrays, layer.weights, strict=True)])
    return layer


def differentiate(call, weights, arrays, derivatives):
    """Output, and all derivatives of ``sum(derivatives * output)``, weights first."""
    inputs = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = call(*inputs)
        loss = tf.reduce_sum(derivatives * output)
    found = tape.gradient(loss, [*(weight.value for weight in weights), *inputs])
    return np.asarray(output), [
        np.asarray(tf.convert_to_tensor(derivative)) for derivative in found
    ]


@pytest.mark.parametrize("mask", [None, HOLES], ids=["all may look", "holes"])
@pytest.mark.parametrize(("dtype", "within"), [("float64", 1e-12), ("float32", 1e-5)])
def test_forward_matches_keras(evidence, dtype, within, mask):
    params, (query, key, value) = case(dtype=dtype)
    output, weights, _ = multi_head_forward(params, query, key, value, mask, n_heads=N_HEADS)
    layer = keras_layer(params, dtype=dtype)
    theirs, scores = layer(
        query, key=key, value=value, attention_mask=mask, return_attention_scores=True
    )
    evidence.agrees(output, np.asarray(theirs), witness="Keras", within=within)
    evidence.agrees(weights, np.asarray(scores), witness="Keras", within=within)


@pytest.mark.parametrize("mask", [None, HOLES], ids=["all may look", "holes"])
def test_backward_matches_keras(evidence, mask):
    params, arrays = case()
    derivatives = np.random.default_rng(11).normal(size=(BATCH, N_QUERIES, D_MODEL))
    _, _, cache = multi_head_forward(params, *arrays, mask, n_heads=N_HEADS)
    ours = multi_head_backward(params, cache, derivatives)
    layer = keras_layer(params)

    def call(query, key, value):
        return layer(query, key=key, value=value, attention_mask=mask)

    _, theirs = differentiate(call, layer.trainable_variables, arrays, derivatives)
    for mine, other in zip(leaves_of(ours, "d").values(), theirs, strict=True):
        scale = np.abs(leaves_of(ours, "d")["d.query"]).max()
        evidence.agrees(
            mine + scale, other.reshape(mine.shape) + scale, witness="Keras", within=1e-12
        )


def test_of_another_dimension_keras_has_the_scale_in_float32():
    rng = np.random.default_rng(7)
    params, x = multi_head_init(33, rng=rng), rng.normal(size=(1, N_KEYS, 33))
    layer = keras.layers.MultiHeadAttention(3, key_dim=11, dtype="float64")
    layer.build(x.shape, x.shape)
    arrays = leaves_of(params, "params").values()
    layer.set_weights([a.reshape(w.shape) for a, w in zip(arrays, layer.weights, strict=True)])
    rounded = float(np.float32(1 / np.sqrt(11)))
    query = params.query._replace(W=params.query.W * rounded * np.sqrt(11))
    theirs = np.asarray(layer(x, x))
    plain, repaired = (
        multi_head_forward(each, x, x, x, n_heads=3)[0]
        for each in (params, params._replace(query=query))
    )
    assert np.abs(repaired - theirs).max() < 1e-13 < 1e-10 < np.abs(plain - theirs).max() < 1e-7


def test_in_self_attention_the_three_add_up(evidence):
    params, (tokens, *_) = case()
    derivatives = np.random.default_rng(11).normal(size=tokens.shape)
    _, _, cache = multi_head_forward(params, tokens, tokens, tokens, n_heads=N_HEADS)
    ours = multi_head_backward(params, cache, derivatives)
    layer = keras_layer(params, n_keys=N_QUERIES)
    _, theirs = differentiate(
        lambda x: layer(x, x, x), layer.trainable_variables, [tokens], derivatives
    )
    added = ours.query + ours.key + ours.value
    evidence.agrees(added, theirs[-1], witness="GradientTape", within=1e-12)
    for mine, other in zip(ours.params, theirs[:-1:2], strict=True):
        other = other.reshape(mine.W.shape)
        evidence.agrees(mine.W, other, witness="GradientTape", within=1e-12)


# The equations of the pages, held against Keras' layer ---------------------------------------


class Drawn:
    """Keras' layer with random weights, and its projections as the print has them.

    Without biases unless they are asked for; the scale is exact where the width of a head is a
    power of four.
    """

    def __init__(self, n_heads, d_head, *, use_bias=False):
        rng = np.random.default_rng(7)
        self.n_heads, self.d_model = n_heads, n_heads * d_head
        self.layer = keras.layers.MultiHeadAttention(
            n_heads, key_dim=d_head, use_bias=use_bias, dtype="float64"
        )
        self.layer.build((1, 3, self.d_model), (1, 3, self.d_model))
        self.layer.set_weights([rng.normal(size=w.shape) / 3 for w in self.layer.weights])
        kernels = [w for w in self.layer.get_weights() if w.ndim == 3]
        self.projections = {
            role: W.reshape(self.d_model, self.d_model)
            for role, W in zip("QKVO", kernels, strict=True)
        }

    def __call__(self, query, key=None):
        """Output for one sentence, or for one that asks another."""
        return self.attend(query, key)[0]

    def attend(self, query, key=None):
        """Output and attention weights, a matrix for each head."""
        key = query if key is None else key
        if not query.shape[1] == key.shape[1] == self.d_model:
            raise ValueError("tokens of another width")
        output, weights = self.layer(query[None], key[None], return_attention_scores=True)
        return np.asarray(output)[0], np.asarray(weights)[0]

    def columns(self, role):
        """Columns of a map that belong to each head, counted from one."""
        return dict(enumerate(np.hsplit(self.projections[role], self.n_heads), 1))

    def rows(self):
        """Rows of the last map that belong to each head, counted from one."""
        return dict(enumerate(np.vsplit(self.projections["O"], self.n_heads), 1))


SIZES = [(3, 5, 4), (5, 4, 16)]  # tokens, heads, width of a head
SQUARE = (16, 4, 4)


@pytest.mark.equation("attention-head")
@pytest.mark.parametrize(("n", "h", "d_k"), [*SIZES, SQUARE])
def test_a_head_of_keras_attends_by_its_own_projections(evidence, n, h, d_k):
    drawn = Drawn(h, d_k)
    drawn.layer.output_dense.set_weights([np.eye(h * d_k).reshape(h, d_k, h * d_k)])
    X = np.random.default_rng(11).normal(size=(n, h * d_k))

    def attention(query, key, value):
        return softmax(query @ key.T / np.sqrt(query.shape[1]), axis=1) @ value

    evidence.evaluates(
        {
            r"\mathrm{head}_i": dict(enumerate(np.hsplit(drawn(X), h), 1)),
            r"\operatorname{Attention}": attention,
            "X": X, "W_i^Q": drawn.columns("Q"), "W_i^K": drawn.columns("K"),
            "W_i^V": drawn.columns("V"),
        },
        at={"i": range(1, h + 1)},
        witness="Keras' layer, its last projection the identity; attention by SciPy's softmax",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("multi-head")
@pytest.mark.parametrize(("n", "h", "d_k"), [*SIZES, SQUARE])
def test_keras_puts_heads_side_by_side_and_projects_them(evidence, n, h, d_k):
    drawn, X = Drawn(h, d_k), np.random.default_rng(11).normal(size=(n, h * d_k))
    projections = zip(*(drawn.columns(role).values() for role in "QKV"), strict=True)
    heads = [
        softmax(X @ W_Q @ (X @ W_K).T / np.sqrt(d_k), axis=1) @ X @ W_V
        for W_Q, W_K, W_V in projections
    ]
    evidence.evaluates(
        {
            r"\operatorname{MHA}": drawn, r"\mathrm{head}_i": dict(enumerate(heads, 1)),
            "X": X, "W^O": drawn.projections["O"], "h": h,
        },
        witness="Keras' layer; heads by SciPy's softmax",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("heads-add-up")
@pytest.mark.parametrize(("n", "h", "d_k"), [*SIZES, SQUARE])
def test_the_heads_of_keras_add_up(evidence, n, h, d_k):
    drawn, X = Drawn(h, d_k), np.random.default_rng(11).normal(size=(n, h * d_k))
    _, weights = drawn.attend(X)
    evidence.evaluates(
        {
            r"\operatorname{MHA}": drawn, "A_i": dict(enumerate(weights, 1)), "X": X,
            "W_i^V": drawn.columns("V"), "W^O": drawn.projections["O"], "W_i^O": drawn.rows(),
            "h": h,
        },
        witness="the output and the attention weights of Keras' layer",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("weights-mapped-first")
@pytest.mark.equation("weights-cut-first")
def test_an_h_th_of_the_weights_is_left_where_tokens_are_split_first(evidence):
    mapped, cut = [], []
    for h, d_k in ((5, 3), (8, 64), (7, 11)):
        layer = Drawn(h, d_k).layer
        small = Drawn(1, d_k).layer  # of one chunk
        sizes = {"d": h * d_k, "d_k": d_k, "h": h}
        whole = sum(w.size for w in layer.get_weights()[:3])
        mapped.append({**sizes, r"N_{\mathrm{project}}": whole})
        chunk = sum(w.size for w in small.get_weights()[:3])
        cut.append({**sizes, r"N_{\mathrm{split}}": h * chunk})
    for label, at, whose in (
        ("weights-mapped-first", mapped, "one layer of Keras"),
        ("weights-cut-first", cut, "a layer of Keras for each chunk"),
    ):
        evidence.evaluates(
            {}, at=at, label=label, within=0, witness=f"counted weights of {whose}"
        )  # fmt: skip


@pytest.mark.equation("head-count")
def test_the_heads_of_an_encoder_are_counted(evidence):
    at = []
    for n_layers, n_heads in ((4, 8), (3, 5), (2, 3)):
        tokens = keras.Input((7, n_heads * 4))
        found, passed = 0, tokens
        for _ in range(n_layers):
            passed, weights = keras.layers.MultiHeadAttention(n_heads, key_dim=4)(
                passed, passed, return_attention_scores=True
            )
            found += weights.shape[1]
        at.append({"L": n_layers, "h": n_heads, "N": found})
    evidence.evaluates(
        {}, at=at, within=0,
        witness="the tables of attention weights in stacks of Keras' layers, counted",
    )  # fmt: skip


@pytest.mark.equation("attention-parameters")
def test_keras_counts_as_many_parameters(evidence):
    layers = {
        48: keras_layer(case()[0]),
        512: built(MultiHeadAttention(512, 8), 512),
        35: Drawn(5, 7, use_bias=True).layer,
    }
    evidence.evaluates(
        {},
        at=[
            {"d": d, r"n_{\mathrm{parameters}}": layer.count_params()}
            for d, layer in layers.items()
        ],
        witness="the parameters that Keras counts in its own layer and in the book's",
        within=0,
    )


@pytest.mark.equation("cross-attention-shapes")
@pytest.mark.parametrize(("n_q", "n_k", "d_k", "d_v"), [(3, 7, 5, 2), (13, 5, 2, 11)])
def test_keras_finds_the_same_shapes(evidence, n_q, n_k, d_k, d_v):
    rng = np.random.default_rng(7)
    layer = keras.layers.MultiHeadAttention(2, key_dim=d_k, value_dim=d_v)
    query, key = (rng.normal(size=(1, n, 17)) for n in (n_q, n_k))
    _, weights = layer(query, key, return_attention_scores=True)
    heads = {
        "Q": layer.query_dense(query), "K": layer.key_dense(key),
        "V": layer.value_dense(key),
    }  # fmt: skip
    evidence.evaluates(
        {
            **{name: np.asarray(array)[0, :, 1] for name, array in heads.items()},
            "A": np.asarray(weights)[0, 1], "n_q": n_q, "n_k": n_k, "d_k": d_k, "d_v": d_v,
        },
        witness="the arrays inside Keras' layer",
        within=0,
    )  # fmt: skip


def orders(n_tokens):
    """Permutation matrices, none of which is its own inverse."""
    rng = np.random.default_rng(7)
    found = (np.eye(n_tokens)[rng.permutation(n_tokens)] for _ in range(9))
    return [P for P in found if (P != P.T).any()][:2]


@pytest.mark.equation("permutation-equivariance")
@pytest.mark.parametrize(("n", "h", "d_k"), [(5, 3, 16), (8, 2, 4)])
def test_keras_does_not_see_the_order(evidence, n, h, d_k):
    evidence.evaluates(
        {
            r"\operatorname{MHA}": Drawn(h, d_k, use_bias=True),
            "X": np.random.default_rng(11).normal(size=(n, h * d_k)),
        },
        at={"P": orders(n)},
        witness="Keras' layer, called on the tokens in two orders",
        within=1e-13,
    )


@pytest.mark.equation("shuffled-keys")
@pytest.mark.parametrize(("n", "h", "d_k"), [(5, 3, 16), (8, 2, 4)])
def test_keras_does_not_see_the_order_of_those_that_answer(evidence, n, h, d_k):
    rng = np.random.default_rng(11)
    evidence.evaluates(
        {
            r"\operatorname{MHA}": Drawn(h, d_k, use_bias=True),
            "X": rng.normal(size=(7, h * d_k)), "Y": rng.normal(size=(n, h * d_k)),
        },
        at={"P": orders(n)},
        witness="Keras' layer, called on the tokens in two orders",
        within=1e-13,
    )  # fmt: skip


def test_the_bias_of_the_keys_learns_nothing():
    params, arrays = case()
    derivatives = np.random.default_rng(11).normal(size=(BATCH, N_QUERIES, D_MODEL))
    layer = keras_layer(params)
    _, theirs = differentiate(
        lambda q, k, v: layer(q, key=k, value=v), layer.trainable_variables, arrays, derivatives
    )
    query_bias, key_bias = theirs[1], theirs[3]
    assert np.abs(key_bias).max() < 1e-12 < 1e-2 < np.abs(query_bias).max()


def test_weights_leave_the_layer_in_the_order_of_the_parameters():
    layer = built(MultiHeadAttention(D_MODEL, N_HEADS, dtype="float64"), D_MODEL)
    arrays = layer.get_weights()
    params = MultiHeadParams(*map(DenseParams, arrays[::2], arrays[1::2]))
    rng = np.random.default_rng(7)
    query, key = rng.normal(size=(2, BATCH, N_KEYS, D_MODEL))
    ours, weights, _ = multi_head_forward(params, query, key, key, n_heads=N_HEADS)
    theirs, shares = layer(query, key, key)
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-13)
    np.testing.assert_allclose(weights, np.asarray(shares), atol=1e-13)


def built(layer, width):
    tokens = np.zeros((1, 3, width))
    layer(tokens, tokens, tokens)
    return layer
