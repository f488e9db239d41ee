"""Layers that count: against the library's own, TensorFlow's graphs, and what changes what."""

import functools
import math
from collections import deque
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from mutants import mutant
from unrolled.experiments import layer_costs
from unrolled.experiments.layer_costs import (
    LayerCosts,
    Traced,
    attend,
    attention_layer,
    convolution_layer,
    count_costs,
    recurrent_layer,
)
from unrolled.networks.attention import (
    MultiHeadParams,
    multi_head_forward,
    scaled_dot_product_attention,
)
from unrolled.networks.convolution import ConvolutionParams, convolution_forward
from unrolled.networks.dense import DenseParams
from unrolled.networks.rnn import RNNParams, rnn_forward
from unrolled.translation.attention import MultiHeadAttention

D_MODEL, KERNEL = 5, 3
PRODUCTS = {"MatMul", "BatchMatMulV2"}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def weights(rng):
    return rng.normal(size=(7, D_MODEL, D_MODEL)) / 4


def stacks(weights, n_layers, module=layer_costs):
    """Each kind of layer, as often as it may be needed."""
    kernels = weights[:KERNEL]
    convolution = partial(module.convolution_layer, kernels=kernels)
    return {
        "recurrent": [partial(module.recurrent_layer, U=weights[0], W=weights[1])],
        "convolution": [convolution] * n_layers,
        "dilated": [partial(convolution, dilation=KERNEL**i) for i in range(n_layers)],
        "mixing": [lambda x: module.attend(x, x, x)],
        "attention": [lambda x: module.attention_layer(x, *weights[:4])],
    }


def counted(weights, n_tokens, module=layer_costs):
    tokens = np.random.default_rng(11).normal(size=(n_tokens, D_MODEL))
    layers = stacks(weights, n_tokens, module)
    return {name: module.count_costs(stack, tokens) for name, stack in layers.items()}


def test_two_positions_by_hand():
    """Two tokens of two numbers: a product with a matrix takes four multiplications."""
    tokens, W = np.ones((2, 2)), np.ones((2, 2))
    recurrent = count_costs([partial(recurrent_layer, U=W, W=W)], tokens)
    assert recurrent == LayerCosts(multiplications=16, steps=2, n_layers=1, path=2)
    convolution = count_costs([partial(convolution_layer, kernels=np.stack([W, W]))], tokens)
    assert convolution == LayerCosts(multiplications=16, steps=1, n_layers=1, path=1)
    mixing = count_costs([lambda x: attend(x, x, x)], tokens)
    assert mixing == LayerCosts(multiplications=4 * 2 + 4 * 2, steps=2, n_layers=1, path=1)


def test_a_path_may_go_round_a_long_chain():
    first, second = Traced.rows(np.ones((2, 2)))
    square = np.ones((2, 2))
    long = second @ square @ square @ square
    both = first + long
    assert both.steps == 3
    assert both.paths.tolist() == [0, 3]
    assert (second + both).paths.tolist() == [0, 0]
    assert both.tally == [4, 4, 4]


def test_zeros_come_from_nowhere():
    (token,) = Traced.rows(np.ones((1, 2)))
    zero = np.zeros_like(token @ np.ones((2, 3)))
    assert (zero.steps, zero.paths.tolist()) == (0, [math.inf])
    assert zero.value.tolist() == [0, 0, 0]


def test_every_layer_gives_what_the_library_gives(rng, weights, evidence):
    tokens = rng.normal(size=(7, D_MODEL))
    zeros = np.zeros(D_MODEL)
    _, states, _ = rnn_forward(
        RNNParams(weights[0], weights[1], zeros, np.ones((D_MODEL, 1)), np.zeros(1)), tokens[None]
    )
    dilation = 2
    spread = np.zeros((1, dilation * (KERNEL - 1) + 1, D_MODEL, D_MODEL))
    spread[0, ::dilation] = weights[:KERNEL][::-1]
    image = np.vstack([np.zeros((dilation * (KERNEL - 1), D_MODEL)), tokens])[None, None]
    convolved, _ = convolution_forward(ConvolutionParams(spread, zeros), image)
    context, _ = scaled_dot_product_attention(tokens, 2 * tokens, 3 * tokens)
    params = MultiHeadParams(*(DenseParams(W, zeros) for W in weights[:4]))
    whole, _, _ = multi_head_forward(params, *[tokens[None]] * 3, n_heads=1)
    for ours, theirs, witness in (
        (recurrent_layer(tokens, *weights[:2]), states[0], "rnn_forward"),
        (
            convolution_layer(tokens, weights[:KERNEL], dilation),
            convolved[0, 0],
            "convolution_forward",
        ),
        (attend(tokens, 2 * tokens, 3 * tokens), context, "scaled_dot_product_attention"),
        (attention_layer(tokens, *weights[:4]), whole[0], "multi_head_forward"),
    ):
        evidence.agrees(np.array(ours), theirs, witness=f"the book's own {witness}", within=1e-13)


def test_traced_arrays_hold_the_same_numbers(rng, weights):
    tokens = rng.normal(size=(3, D_MODEL))
    for name, (layer, *_) in stacks(weights, 3).items():
        traced = np.array([x.value for x in layer(Traced.rows(tokens))])
        assert np.array_equal(traced, np.array(layer(tokens))), name


def graph_of(layer, n_tokens):
    tokens = tf.TensorSpec((1, n_tokens, D_MODEL))
    return tf.function(layer, autograph=False).get_concrete_function(tokens).graph


def multiplications(operation):
    left = operation.inputs[0].shape.as_list()
    turned = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
    return math.prod(operation.outputs[0].shape.as_list()) * left[-2 if turned else -1]


def in_tensorflow(graph):
    """Multiplications, and the longest chain of products, of a graph."""
    products = [each for each in graph.get_operations() if each.type in PRODUCTS]

    @functools.cache
    def depth(operation):
        before = max((depth(tensor.op) for tensor in operation.inputs), default=0)
        return before + (operation.type in PRODUCTS)

    return sum(map(multiplications, products)), max(map(depth, products))


@pytest.mark.parametrize("n_tokens", [2, 7, 11])
def test_products_and_steps_are_those_of_tensorflow(weights, n_tokens, evidence):
    ours = counted(weights, n_tokens)
    attention = MultiHeadAttention(D_MODEL, 1)
    recurrent = keras.layers.SimpleRNN(D_MODEL, return_sequences=True, unroll=True)
    for name, layer in {"attention": lambda x: attention(x, x, x), "recurrent": recurrent}.items():
        evidence.agrees(
            ours[name][:2], in_tensorflow(graph_of(layer, n_tokens)),
            witness=f"the products in TensorFlow's graph of a layer: {name}", within=0,
        )  # fmt: skip


def walk(n_tokens, arrows):
    """Steps on the shortest way from the first token to the last result, found breadth first."""
    start, goal = ("x", 0), ("z", n_tokens - 1)
    ways, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for there in arrows(here):
            if there not in ways:
                ways[there] = ways[here] + 1
                queue.append(there)
    return ways.get(goal)


def test_paths_are_those_of_a_graph_that_is_drawn_by_hand(weights):
    n_tokens = 13
    ours = counted(weights, n_tokens)

    def recurrent(node):
        kind, t = node
        return [("z", t)] if kind == "x" else [("z", t + 1)] if t + 1 < n_tokens else []

    def attention(node):
        kind, t = node
        return {
            "x": [("v", t)], "v": [("c", s) for s in range(n_tokens)], "c": [("z", t)], "z": [],
        }[kind]  # fmt: skip

    assert ours["recurrent"].path == walk(n_tokens, recurrent) == n_tokens
    assert ours["attention"].path == walk(n_tokens, attention) == 3
    assert ours["mixing"].path == 1


@pytest.mark.parametrize("n_tokens", [2, 3, 7, 11])
@pytest.mark.parametrize("name", ["convolution", "dilated"])
def test_so_many_layers_are_needed_until_the_first_token_changes_the_last(weights, n_tokens, name):
    """Move the first token of plain numbers, and watch the last result."""
    costs = counted(weights, n_tokens)[name]
    tokens = np.random.default_rng(5).normal(size=(n_tokens, D_MODEL))
    moved = tokens.copy()
    moved[0] += 1
    vectors, others, changes = list(tokens), list(moved), []
    for layer in stacks(weights, n_tokens)[name][: costs.n_layers]:
        vectors, others = layer(vectors), layer(others)
        changes.append(bool(np.any(vectors[-1] != others[-1])))
    assert changes == [False] * (costs.n_layers - 1) + [True]
    assert costs.path == costs.n_layers


@pytest.mark.parametrize("n_tokens", [2, 7, 13])
def test_counts_follow_the_formulas_of_the_page(weights, n_tokens):
    n, d, k = n_tokens, D_MODEL, KERNEL
    ours = counted(weights, n_tokens)
    contiguous = next(count for count in range(n) if count * (k - 1) >= n - 1)
    dilated = next(count for count in range(n) if k**count >= n)
    assert ours == {
        "recurrent": (2 * n * d**2, n, 1, n),
        "convolution": (k * n * d**2, 1, contiguous, contiguous),
        "dilated": (k * n * d**2, 1, dilated, dilated),
        "mixing": (2 * n**2 * d, 2, 1, 1),
        "attention": (4 * n * d**2 + 2 * n**2 * d, 4, 1, 3),
    }


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("value.size * summed", "value.size"),
        ("steps + 1, paths + 1", "steps, paths + 1"),
        ("steps + 1, paths + 1", "steps + 1, paths"),
        ("np.minimum.reduce", "np.maximum.reduce"),
        ("padded[t - dilation * j]", "padded[t - j]"),
        ("token @ U + state @ W", "token @ U"),
    ],
)
def test_slip_is_noticed(weights, right, wrong):
    slipped = mutant(layer_costs, right, wrong)
    ours = counted(weights, 7)
    try:
        theirs = counted(weights, 7, slipped)
    except ValueError:
        return
    assert any(tuple(ours[name]) != tuple(theirs[name]) for name in ours)


def test_complaints(rng, weights):
    layer = partial(convolution_layer, kernels=weights[:KERNEL])
    with pytest.raises(ValueError, match=r"stack must connect .* got 2 layers, .* 7 positions"):
        count_costs([layer] * 2, rng.normal(size=(7, D_MODEL)))
    with pytest.raises(ValueError, match="tokens must have shape"):
        count_costs([layer], rng.normal(size=D_MODEL))
    with pytest.raises(ValueError, match="tokens must hold float64 or float32"):
        count_costs([layer], np.ones((2, D_MODEL), int))
    with pytest.raises(ValueError, match=r"len\(tokens\) must"):
        count_costs([layer], np.ones((0, D_MODEL)))
    (token,) = Traced.rows(np.ones((1, 2)))
    with pytest.raises(TypeError):
        np.multiply.outer(token, token)
    with pytest.raises(TypeError):
        np.ones_like(token)
