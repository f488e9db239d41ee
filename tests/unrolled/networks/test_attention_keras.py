"""Attention by hand, held against Keras' own layer and against automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from unrolled.networks.attention import (
    MultiHeadParams,
    multi_head_backward,
    multi_head_forward,
    multi_head_init,
)
from unrolled.networks.dense import DenseParams
from unrolled.networks.trees import leaves_of, map_leaves
from unrolled.symbolic import attention_layer as symbolic
from unrolled.symbolic.lines import in_lines
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
    asking, answering = (BATCH, N_QUERIES, D_MODEL), (BATCH, n_keys, D_MODEL)
    layer.build(asking, answering)
    arrays = leaves_of(params, "params").values()
    layer.set_weights([a.reshape(w.shape) for a, w in zip(arrays, layer.weights, strict=True)])
    return layer


def differentiate(call, weights, arrays, slopes):
    """Output, and all derivatives of ``sum(slopes * output)``, weights first."""
    inputs = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = call(*inputs)
        loss = tf.reduce_sum(slopes * output)
    found = tape.gradient(loss, [*(weight.value for weight in weights), *inputs])
    return np.asarray(output), [np.asarray(tf.convert_to_tensor(slope)) for slope in found]


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
    slopes = np.random.default_rng(11).normal(size=(BATCH, N_QUERIES, D_MODEL))
    _, _, cache = multi_head_forward(params, *arrays, mask, n_heads=N_HEADS)
    ours = multi_head_backward(params, cache, slopes)
    layer = keras_layer(params)

    def call(query, key, value):
        return layer(query, key=key, value=value, attention_mask=mask)

    _, theirs = differentiate(call, layer.trainable_variables, arrays, slopes)
    for mine, other in zip(leaves_of(ours, "d").values(), theirs, strict=True):
        scale = np.abs(leaves_of(ours, "d")["d.query"]).max()
        evidence.agrees(
            mine + scale, other.reshape(mine.shape) + scale, witness="Keras", within=1e-12
        )


def test_of_another_width_keras_has_the_scale_in_float32():
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


@pytest.mark.equation("attention-map-gradients")
@pytest.mark.equation("self-attention-delta")
def test_in_self_attention_the_three_add_up(evidence):
    evidence.rendered(symbolic.map_gradients(), "attention-map-gradients")
    evidence.rendered(in_lines(symbolic.self_attention_delta()), "self-attention-delta")
    params, (tokens, *_) = case()
    slopes = np.random.default_rng(11).normal(size=tokens.shape)
    _, _, cache = multi_head_forward(params, tokens, tokens, tokens, n_heads=N_HEADS)
    ours = multi_head_backward(params, cache, slopes)
    layer = keras_layer(params, n_keys=N_QUERIES)
    _, theirs = differentiate(lambda x: layer(x, x, x), layer.trainable_variables, [tokens], slopes)
    added = ours.query + ours.key + ours.value
    evidence.agrees(added, theirs[-1], witness="GradientTape", within=1e-12)
    for mine, other in zip(ours.params, theirs[:-1:2], strict=True):
        other = other.reshape(mine.W.shape)
        evidence.agrees(mine.W, other, witness="GradientTape", within=1e-12)


@pytest.mark.equation("attention-parameters")
def test_keras_counts_as_many_parameters(evidence):
    equation = symbolic.n_parameters()
    evidence.rendered(equation)
    for layer, width in (
        (keras_layer(case()[0]), D_MODEL),
        (built(MultiHeadAttention(512, 8), 512), 512),
    ):
        ours = int(equation.rhs.subs(symbolic.d, width))
        evidence.agrees(ours, layer.count_params(), witness="Keras", within=0)


@pytest.mark.equation("cross-attention-shapes")
def test_keras_finds_the_same_shapes(evidence):
    shapes = symbolic.cross_attention_shapes()
    evidence.rendered(shapes)
    rng = np.random.default_rng(7)
    layer = keras.layers.MultiHeadAttention(8, key_dim=64)
    x, y = rng.normal(size=(1, 12, 512)), rng.normal(size=(1, 9, 512))
    output, weights = layer(x, y, return_attention_scores=True)
    evidence.agrees((1, 8, *shapes.weights), weights.shape, witness="Keras", within=0)
    assert tuple(output.shape) == (1, shapes.context[0], 8 * shapes.context[1])


@pytest.mark.equation("permutation-equivariance")
@pytest.mark.equation("shuffled-keys")
def test_keras_does_not_see_the_order_either(evidence):
    evidence.rendered(symbolic.equivariance(), "permutation-equivariance")
    evidence.rendered(symbolic.shuffled_keys(), "shuffled-keys")
    params, (query, key, _) = case()
    layer, order = keras_layer(params), [3, 0, 4, 2, 1]
    moved = query[:, order]
    ours = np.asarray(layer(query, query))[:, order]
    evidence.agrees(ours, np.asarray(layer(moved, moved)), witness="Keras", within=1e-12)
    turned = key[:, ::-1].copy()
    ours, theirs = (np.asarray(layer(query, each)) for each in (turned, key))
    evidence.agrees(ours, theirs, witness="Keras", within=1e-12)


def test_the_bias_of_the_keys_learns_nothing():
    params, arrays = case()
    slopes = np.random.default_rng(11).normal(size=(BATCH, N_QUERIES, D_MODEL))
    layer = keras_layer(params)
    _, theirs = differentiate(
        lambda q, k, v: layer(q, key=k, value=v), layer.trainable_variables, arrays, slopes
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
