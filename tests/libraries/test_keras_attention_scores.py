"""What the page on other attention scores says of Keras, run on the locked version."""

import keras
import numpy as np
import pytest
from keras.layers import AdditiveAttention, Attention, Dense
from scipy.special import softmax

from unrolled.networks.attention_scores import additive_scores, bilinear_scores

BATCH, N_QUERIES, N_KEYS, D_Q, D_K, N_HIDDEN, D_V = 2, 3, 5, 7, 11, 13, 17


@pytest.fixture
def drawn():
    rng = np.random.default_rng(7)
    sizes = {
        "query": (BATCH, N_QUERIES, D_Q), "key": (BATCH, N_KEYS, D_K),
        "value": (BATCH, N_KEYS, D_V), "U_q": (D_Q, N_HIDDEN), "U_k": (D_K, N_HIDDEN),
        "w": (N_HIDDEN,), "W": (D_Q, D_K),
    }  # fmt: skip
    return {name: rng.normal(size=size) / 3 for name, size in sizes.items()}


def answers(layer, *inputs):
    found = layer(list(inputs), return_attention_scores=True)
    return [keras.ops.convert_to_numpy(array) for array in found]


@pytest.mark.library("keras-additive-scores")
def test_additive_layer_learns_one_vector_and_takes_projected_queries_and_keys(drawn):
    query, key, value, U_q, U_k, w, _ = drawn.values()
    layer = AdditiveAttention(dtype="float64")
    layer.build([(BATCH, N_QUERIES, N_HIDDEN), (BATCH, N_KEYS, D_V), (BATCH, N_KEYS, N_HIDDEN)])
    assert [weight.shape for weight in layer.weights] == [(N_HIDDEN,)]
    layer.set_weights([w])
    inputs = query @ U_q, value, key @ U_k
    context, weights = answers(layer, *inputs)
    ours = softmax(additive_scores(query, key, U_q, U_k, w), axis=-1)
    np.testing.assert_allclose(weights, ours, rtol=1e-12)
    np.testing.assert_allclose(context, ours @ value, rtol=1e-12, atol=1e-15)

    _, weights = answers(AdditiveAttention(use_scale=False, dtype="float64"), *inputs)
    ours = softmax(additive_scores(query, key, U_q, U_k, np.ones(N_HIDDEN)), axis=-1)
    np.testing.assert_allclose(weights, ours, rtol=1e-12)


@pytest.mark.library("keras-concat-scores")
def test_concat_mode_learns_one_number_or_two(drawn):
    query, key, value, U_q, U_k, _, _ = drawn.values()
    inputs = query @ U_q, value, key @ U_k
    for scaled, given in ((False, [0.7]), (True, [1.3, 0.7])):
        layer = Attention(score_mode="concat", use_scale=scaled, dtype="float64")
        layer.build([array.shape for array in inputs])
        assert [weight.shape for weight in layer.weights] == [()] * len(given)
        layer.set_weights([np.array(number) for number in given])
        _, weights = answers(layer, *inputs)
        times = given[0] if scaled else 1.0
        ours = additive_scores(query, key, times * U_q, times * U_k, np.full(N_HIDDEN, given[-1]))
        np.testing.assert_allclose(weights, softmax(ours, axis=-1), rtol=1e-12)


@pytest.mark.library("keras-bilinear-by-dense")
def test_dense_layer_before_plain_attention_is_the_bilinear_score(drawn):
    query, key, value, _, _, _, W = drawn.values()
    dense = Dense(D_K, use_bias=False, dtype="float64")
    dense.build(query.shape)
    dense.set_weights([W])
    _, weights = answers(Attention(dtype="float64"), dense(query), value, key)
    ours = softmax(bilinear_scores(query, key, W), axis=-1)
    np.testing.assert_allclose(weights, ours, rtol=1e-12)
