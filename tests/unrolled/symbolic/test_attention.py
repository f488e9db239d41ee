"""Attention of one head: each displayed equation against plain sums, Keras and SciPy."""

import math
from typing import NamedTuple

import keras
import numpy as np
import pytest
from scipy import special

from unrolled.networks.attention import scaled_dot_product_attention


class Head(NamedTuple):
    """Queries, keys and values; Keras' weights and context; all scores as plain sums."""

    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    context: np.ndarray

    @property
    def queries(self):
        """Numbers of the queries, from one on."""
        return range(1, len(self.query) + 1)

    @property
    def keys(self):
        """Numbers of the keys, from one on."""
        return range(1, len(self.key) + 1)


def keras_attention(*head):
    """Context and weights of Keras' layer with one head, whose four projections change nothing."""
    query, key, value = (array[None] for array in head)
    layer = keras.layers.MultiHeadAttention(
        1, key.shape[-1], value.shape[-1], use_bias=False, output_shape=value.shape[-1:],
        dtype="float64",
    )  # fmt: skip
    layer.build(query.shape, value.shape, key.shape)
    for weights in layer.weights:
        weights.assign(np.eye(weights.shape[-1]).reshape(weights.shape))
    found = layer(query, value, key, return_attention_scores=True)
    context, weights = map(keras.ops.convert_to_numpy, found)
    return context[0], weights[0, 0]


def plain_product(rows, columns):
    """Sums of products of plain numbers."""
    return [
        [math.fsum(x * y for x, y in zip(row, column, strict=True)) for column in columns]
        for row in rows.tolist()
    ]


# Keras divides by the root in single precision, which these widths have without rounding. Where
# all sizes are equal, a wrong transposition is no matter of shapes.
@pytest.fixture(params=[(2, 3, 4, 7), (7, 5, 16, 3), (4, 4, 4, 4)], ids=str)
def head(request):
    n_queries, n_keys, d_k, d_v = request.param
    rng = np.random.default_rng(7)
    query, key, value = (
        rng.normal(size=size) for size in ((n_queries, d_k), (n_keys, d_k), (n_keys, d_v))
    )
    scores = np.array(plain_product(query, key.tolist())) / math.sqrt(d_k)
    context, weights = keras_attention(query, key, value)
    return Head(query, key, value, scores, weights, context)


def claims(labels):
    return [pytest.param(label, marks=pytest.mark.equation(label), id=label) for label in labels]


def rows(matrix):
    """Rows of a matrix, counted from one."""
    return dict(enumerate(matrix, 1))


def entries(matrix):
    """Entries of a matrix, counted from one."""
    return {(i + 1, j + 1): entry for (i, j), entry in np.ndenumerate(matrix)}


# By hand -------------------------------------------------------------------------------------


def test_one_query_and_two_keys_by_hand():
    query, value = np.array([[1.0, 2, 0, 1]]), np.array([[4.0], [8]])
    key = np.array([[2.0, 0, 3, 0], [0, 1, 1, 2]])
    context, weights = scaled_dot_product_attention(query, key, value)
    np.testing.assert_allclose(weights[0, 1], math.e / (1 + math.e), rtol=1e-15)
    np.testing.assert_allclose(context[0, 0], (4 + 8 * math.e) / (1 + math.e), rtol=1e-15)


# One query -----------------------------------------------------------------------------------


@pytest.mark.equation("attention-maps")
@pytest.mark.parametrize("sizes", [(3, 11, 5, 7), (5, 7, 2, 3), (3, 3, 3, 3)])
def test_queries_keys_and_values_are_made_of_the_same_tokens(evidence, sizes):
    n_tokens, n_features, d_k, d_v = sizes
    rng = np.random.default_rng(11)
    tokens = rng.normal(size=(n_tokens, n_features))
    projections = {
        letter: rng.normal(size=(n_features, width))
        for letter, width in (("Q", d_k), ("K", d_k), ("V", d_v))
    }
    evidence.evaluates(
        {"X": tokens}
        | {f"W^{letter}": matrix for letter, matrix in projections.items()}
        | {
            letter: plain_product(tokens, matrix.T.tolist())
            for letter, matrix in projections.items()
        },
        witness="sums of products of plain numbers",
        within=1e-14,
    )


@pytest.mark.equation("attention-score")
def test_score_is_an_inner_product_over_the_root_of_the_dimension(evidence, head):
    evidence.evaluates(
        {
            "s_{ij}": entries(head.scores),
            "q_i": rows(head.query),
            "k_j": rows(head.key),
            "d_k": head.key.shape[1],
        },
        at={"i": head.queries, "j": head.keys},
        witness="sums of products of plain numbers, divided by the root of how many",
        within=1e-14,
    )


@pytest.mark.equation("attention-weights")
@pytest.mark.parametrize("library", ["SciPy's softmax", "Keras' MultiHeadAttention"])
def test_weights_are_shares_of_the_exponentials_in_a_row(evidence, head, library):
    by_scipy = special.softmax(head.scores, axis=-1)
    evidence.evaluates(
        {
            "a_{ij}": entries(by_scipy if "SciPy" in library else head.weights),
            "s_{ij}": entries(head.scores),
            "n": len(head.key),
        },
        at={"i": head.queries, "j": head.keys},
        witness=library,
        within=1e-13,
    )


@pytest.mark.equation("attention-row-sum")
def test_weights_of_each_query_sum_to_one(evidence, head):
    evidence.evaluates(
        {"a_{ij}": entries(head.weights), "n": len(head.key)},
        at={"i": head.queries},
        witness="weights that Keras' MultiHeadAttention gives",
        within=1e-14,
    )


@pytest.mark.equation("attention-one-query")
def test_context_of_a_query_is_a_weighted_sum_of_values(evidence, head):
    evidence.evaluates(
        {
            "z_i": rows(head.context),
            "a_{ij}": entries(head.weights),
            "v_j": rows(head.value),
            "n": len(head.key),
        },
        at={"i": head.queries},
        witness="Keras' MultiHeadAttention, one head with identity projections",
        within=1e-13,
    )


# All queries ---------------------------------------------------------------------------------


@pytest.mark.equation("attention-scores")
def test_all_scores_are_one_product(evidence, head):
    evidence.evaluates(
        {"S": head.scores, "Q": head.query, "K": head.key, "d_k": head.key.shape[1]},
        witness="sums of products of plain numbers, divided by the root of how many",
        within=1e-14,
    )


@pytest.mark.parametrize("label", claims(["attention", "home-attention"]))
def test_all_at_once_is_what_keras_calculates(evidence, label, head):
    evidence.evaluates(
        {
            "Z": head.context,
            "Q": head.query,
            "K": head.key,
            "V": head.value,
            "d_k": head.key.shape[1],
        },
        witness="Keras' MultiHeadAttention, one head with identity projections",
        within=1e-13,
    )
    ours, weights = scaled_dot_product_attention(head.query, head.key, head.value)
    np.testing.assert_allclose(ours, head.context, rtol=1e-12)
    np.testing.assert_allclose(weights, head.weights, rtol=1e-12)


@pytest.mark.equation("attention-transposed")
def test_transposed_factors_change_places(evidence, head):
    evidence.evaluates(
        {"Z": head.context, "A": head.weights, "V": head.value},
        witness="Keras' MultiHeadAttention, one head with identity projections",
        within=1e-13,
    )


@pytest.mark.equation("attention-column")
def test_one_column_is_the_weighted_sum_upright(evidence, head):
    evidence.evaluates(
        {
            "z_i": rows(head.context),
            "V": head.value,
            "a_i": rows(head.weights),
            "a_{ij}": entries(head.weights),
            "v_j": rows(head.value),
            "n": len(head.key),
        },
        at={"i": head.queries},
        witness="Keras' MultiHeadAttention, one head with identity projections",
        within=1e-13,
    )


# Laws ----------------------------------------------------------------------------------------


def test_a_context_lies_between_the_smallest_and_the_largest_value(head):
    context, _ = scaled_dot_product_attention(head.query, head.key, head.value)
    assert (context <= head.value.max(axis=0)).all()
    assert (context >= head.value.min(axis=0)).all()


def test_equal_queries_get_equal_contexts(head):
    twice = np.repeat(head.query[:1], 2, axis=0)
    context, _ = scaled_dot_product_attention(twice, head.key, head.value)
    assert np.array_equal(*context)
