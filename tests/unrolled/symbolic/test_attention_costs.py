"""Counted multiplications, held against the products that TensorFlow's graphs really contain."""

import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.translation.attention import MultiHeadAttention

SIZES = [(5, 2, 3), (2, 3, 7), (11, 5, 3)]  # tokens, heads, width of a head
PRODUCTS = {"MatMul", "BatchMatMulV2"}


def graph_of(layer, n_tokens, width):
    """Operations of the forward pass for one sequence, in one flat graph."""
    tokens = tf.TensorSpec((1, n_tokens, width))
    return tf.function(layer, autograph=False).get_concrete_function(tokens).graph


@functools.cache
def attention_graph(n_tokens, n_heads, d_head):
    layer = MultiHeadAttention(n_heads * d_head, n_heads)
    return graph_of(lambda x: layer(x, x, x), n_tokens, n_heads * d_head)


@functools.cache
def recurrent_graph(n_tokens, n_heads, d_head):
    width = n_heads * d_head
    layer = keras.layers.SimpleRNN(width, return_sequences=True, unroll=True)
    return graph_of(layer, n_tokens, width)


def multiplications(operation):
    """Number of entries of the product, times the length that is summed over."""
    left = operation.inputs[0].shape.as_list()
    turned = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
    return math.prod(operation.outputs[0].shape.as_list()) * left[-2 if turned else -1]


def products(graph):
    return [operation for operation in graph.get_operations() if operation.type in PRODUCTS]


def total(graph):
    return sum(map(multiplications, products(graph)))


def mixing(graph):
    """Those of the products that join tokens: neither factor is a weight."""
    return sum(multiplications(part) for part in products(graph) if part.type == "BatchMatMulV2")


def longest_chain(graph):
    """How many products must wait for one another."""

    @functools.cache
    def depth(operation):
        before = max((depth(tensor.op) for tensor in operation.inputs), default=0)
        return before + (operation.type in PRODUCTS)

    return max(map(depth, products(graph)))


def sizes_of(n_tokens, n_heads, d_head):
    return {"n": n_tokens, "h": n_heads, "d": n_heads * d_head}


@pytest.mark.equation("attention-mixing-cost")
@pytest.mark.parametrize("sizes", SIZES)
def test_mixing_costs_the_same_for_any_number_of_heads(evidence, sizes):
    evidence.evaluates(
        {r"M_{\mathrm{mix}}": mixing(attention_graph(*sizes)), **sizes_of(*sizes)},
        witness="the products of scores and of weighted sums in TensorFlow's graph of a layer",
        within=1e-15,
    )


@pytest.mark.equation("attention-cost")
@pytest.mark.parametrize("sizes", SIZES)
def test_four_projections_and_the_mixing_are_all_that_the_layer_multiplies(evidence, sizes):
    n_tokens, n_heads, d_head = sizes
    evidence.evaluates(
        {
            r"M_{\mathrm{attention}}": total(attention_graph(*sizes)),
            "n": n_tokens,
            "d": n_heads * d_head,
        },
        witness="all products in TensorFlow's graph of an attention layer",
        within=1e-15,
    )


@pytest.mark.equation("recurrent-cost")
@pytest.mark.parametrize("sizes", SIZES)
def test_a_simple_recurrent_layer_has_two_products_a_step(evidence, sizes):
    n_tokens, n_heads, d_head = sizes
    evidence.evaluates(
        {
            r"M_{\mathrm{recurrent}}": total(recurrent_graph(*sizes)),
            "n": n_tokens,
            "d": n_heads * d_head,
        },
        witness="all products in TensorFlow's graph of Keras' SimpleRNN",
        within=1e-15,
    )


@pytest.mark.equation("cost-ratio")
@pytest.mark.parametrize("sizes", SIZES)
def test_the_layer_multiplies_at_least_twice_as_much(evidence, sizes):
    n_tokens, n_heads, d_head = sizes
    evidence.evaluates(
        {
            r"M_{\mathrm{attention}}": total(attention_graph(*sizes)),
            r"M_{\mathrm{recurrent}}": total(recurrent_graph(*sizes)),
            "n": n_tokens,
            "d": n_heads * d_head,
        },
        witness="all products in TensorFlow's graphs of both layers",
        within=1e-15,
    )


def test_the_page_counts_nine_words_as_the_graphs_do():
    nine = (9, 8, 64)
    assert mixing(attention_graph(*nine)) == 2 * 41472
    assert total(attention_graph(*nine)) == 9437184 + 82944
    assert total(recurrent_graph(*nine)) == 4718592


@pytest.mark.equation("sequential-steps")
def test_four_products_wait_for_one_another_however_long_the_sequence(evidence):
    sizes = {n_tokens: (n_tokens, *others) for n_tokens, *others in SIZES}
    evidence.evaluates(
        {
            r"S_{\mathrm{attention}}": lambda n: longest_chain(attention_graph(*sizes[n])),
            r"S_{\mathrm{recurrent}}": lambda n: longest_chain(recurrent_graph(*sizes[n])),
        },
        at={"n": sizes},
        witness="the longest chain of products in TensorFlow's graphs of both layers",
        within=0,
    )


def loss_by(tanh, reduce_sum, outputs, target):
    """A loss that looks at each output, and at sentences together."""
    bent = tanh(outputs)
    return reduce_sum((bent - target) ** 2) + reduce_sum(tanh(reduce_sum(bent, 0)) ** 3)


@pytest.mark.equation("map-gradient")
@pytest.mark.parametrize(("batch", "n_tokens", "n_in", "n_out"), [(2, 3, 5, 7), (3, 5, 7, 2)])
def test_gradient_of_a_projection_is_one_product_of_stacked_rows(
    evidence, batch, n_tokens, n_in, n_out
):
    rng = np.random.default_rng(7)
    X, W = rng.normal(size=(batch, n_tokens, n_in)), rng.normal(size=(n_in, n_out))
    target = rng.normal(size=(batch, n_tokens, n_out))
    with tf.GradientTape() as tape:
        outputs = tf.constant(X @ W)
        tape.watch(outputs)
        loss = loss_by(tf.tanh, tf.reduce_sum, outputs, target)
    D = tape.gradient(loss, outputs).numpy()
    sentences = range(1, batch + 1)

    def loss_of(of):
        outputs = np.stack([of("Y_b", b) for b in sentences])
        return loss_by(np.tanh, np.sum, outputs, target)

    evidence.evaluates(
        {
            "J": Defined(loss_of),
            "W": W,
            "B": batch,
            "X_b": dict(zip(sentences, X, strict=True)),
            "D_b": dict(zip(sentences, D, strict=True)),
            "X": X.reshape(-1, n_in),
            "D": D.reshape(-1, n_out),
        },
        background={"Y_b": Defined(lambda of, b: of("X_b", b) @ of("W"))},
        witness="complex steps through a loss whose D is from TensorFlow's GradientTape",
        within=1e-13,
    )
