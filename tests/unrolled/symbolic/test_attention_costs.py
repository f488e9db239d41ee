"""Counted multiplications, held against the products that TensorFlow's graphs really contain."""

import functools
import math

import keras
import numpy as np
import pytest
import sympy
import tensorflow as tf

from unrolled.symbolic import attention_costs as symbolic
from unrolled.symbolic.attention_costs import d, h, n
from unrolled.translation.attention import MultiHeadAttention

SIZES = [(5, 2, 3), (2, 3, 7), (11, 1, 5)]  # tokens, heads, width of a head
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


def numbers(side, sizes):
    n_tokens, n_heads, d_head = sizes
    return int(side.subs({n: n_tokens, h: n_heads, d: n_heads * d_head}).doit())


@pytest.mark.equation("attention-mixing-cost")
def test_mixing_costs_the_same_for_any_number_of_heads(evidence):
    equation = symbolic.mixing_cost()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    ours = [numbers(equation.rhs, sizes) for sizes in SIZES]
    theirs = [mixing(attention_graph(*sizes)) for sizes in SIZES]
    evidence.agrees(ours, theirs, witness="TensorFlow's graph", within=0)
    assert numbers(equation.rhs, (9, 8, 64)) == 2 * 41472


@pytest.mark.equation("attention-cost")
def test_four_maps_and_the_mixing_are_all_that_the_layer_multiplies(evidence):
    equation = symbolic.attention_cost()
    evidence.rendered(equation)
    ours = [numbers(equation.rhs, sizes) for sizes in SIZES]
    theirs = [total(attention_graph(*sizes)) for sizes in SIZES]
    evidence.agrees(ours, theirs, witness="TensorFlow's graph", within=0)
    assert numbers(equation.rhs, (9, 8, 64)) == 9437184 + 82944


@pytest.mark.equation("recurrent-cost")
def test_a_simple_recurrent_layer_has_two_products_a_step(evidence):
    equation = symbolic.recurrent_cost()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    ours = [numbers(equation.rhs, sizes) for sizes in SIZES]
    theirs = [total(recurrent_graph(*sizes)) for sizes in SIZES]
    evidence.agrees(ours, theirs, witness="TensorFlow's graph", within=0)
    assert numbers(equation.rhs, (9, 8, 64)) == 4718592


@pytest.mark.equation("cost-ratio")
def test_the_layer_multiplies_at_least_twice_as_much(evidence):
    equation = symbolic.cost_ratio()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    ours = [float(equation.rhs.subs({n: a, d: b * c})) for a, b, c in SIZES]
    theirs = [total(attention_graph(*sizes)) / total(recurrent_graph(*sizes)) for sizes in SIZES]
    evidence.agrees(ours, theirs, witness="TensorFlow's graph", within=1e-15)


STEPS_TEX = r"S_{\mathrm{attention}} = 4, \quad S_{\mathrm{recurrent}} = n"


@pytest.mark.equation("sequential-steps", tex=STEPS_TEX)
def test_four_products_wait_for_one_another_however_long_the_sequence(evidence):
    theirs = [longest_chain(attention_graph(*sizes)) for sizes in SIZES]
    evidence.agrees([4, 4, 4], theirs, witness="TensorFlow's graph", within=0)
    theirs = [longest_chain(recurrent_graph(*sizes)) for sizes in SIZES]
    evidence.agrees([size[0] for size in SIZES], theirs, witness="TensorFlow's graph", within=0)


GRADIENT_TEX = r"\frac{\partial J}{\partial W} = \sum_{b=1}^{B} X_b^\top D_b = X^\top D"
BATCH, TOKENS, N_IN, N_OUT = 2, 3, 5, 7


def letters(name, rows, columns):
    return sympy.Matrix(rows, columns, lambda row, col: sympy.Symbol(f"{name}_{row}_{col}"))


@pytest.mark.equation("map-gradient", tex=GRADIENT_TEX)
def test_gradient_of_a_map_is_one_product_of_stacked_rows(evidence):
    sequences = [letters(f"x{b}", TOKENS, N_IN) for b in range(BATCH)]
    slopes = [letters(f"d{b}", TOKENS, N_OUT) for b in range(BATCH)]
    W = letters("w", N_IN, N_OUT)
    each = [x.T * slope for x, slope in zip(sequences, slopes, strict=True)]
    summed = functools.reduce(lambda a, b: a + b, each)
    tall_x, tall_d = (
        functools.reduce(sympy.Matrix.col_join, parts) for parts in (sequences, slopes)
    )
    evidence.identity(summed - tall_x.T * tall_d)
    loss = sum(  # its derivatives by the outputs x W are the slopes
        (slope.T * x * W).trace() for x, slope in zip(sequences, slopes, strict=True)
    )
    evidence.identity(summed - sympy.diff(loss, W))
    numbers = {
        name: index % 13 - 6 for index, name in enumerate(sorted(loss.free_symbols, key=str))
    }
    x, slope = (
        np.array([part.subs(numbers).tolist() for part in parts], float)
        for parts in (sequences, slopes)
    )
    with tf.GradientTape() as tape:
        weights = tf.constant(np.array(W.subs(numbers).tolist(), float))
        tape.watch(weights)
        loss = tf.reduce_sum(slope * tf.matmul(x, weights))
    ours = np.array((tall_x.T * tall_d).subs(numbers).tolist(), float)
    evidence.agrees(ours, tape.gradient(loss, weights), witness="TensorFlow", within=1e-15)


@pytest.mark.parametrize("make", ["Keras", "ours"])
def test_keras_writes_a_gradient_for_each_sequence_and_we_do_not(make):
    """Why Keras' layer is slow when a batch holds many short sequences."""
    layer = keras.layers.MultiHeadAttention(3, 7) if make == "Keras" else MultiHeadAttention(21, 3)
    call = (lambda x: layer(x, x)) if make == "Keras" else (lambda x: layer(x, x, x)[0])
    call(tf.zeros((11, 5, 21)))

    @tf.function(autograph=False)
    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(call(x) ** 2)
        return tape.gradient(loss, layer.trainable_variables)

    graph = gradients.get_concrete_function(tf.TensorSpec((11, 5, 21))).graph
    shapes = [part.outputs[0].shape.as_list() for part in products(graph)]
    assert shapes.count([11, 21, 21]) == (4 if make == "Keras" else 0)
    assert shapes.count([21, 21]) == (0 if make == "Keras" else 4)
