import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from unrolled.language.embeddings import (
    add_rows,
    cosines,
    embedding_backward,
    embedding_forward,
    neighbours,
    one_hot,
)

N_WORDS, N_DIMS = 7, 3
IDS = np.array([[2, 5, 2, 0, 2], [6, 5, 1, 1, 0]])  # 2, 5, 1 and 0 occur more than once


def draw(seed=7, *, dtype=float):
    rng = np.random.default_rng(seed)
    W, d_y = rng.normal(size=(N_WORDS, N_DIMS)), rng.normal(size=(*IDS.shape, N_DIMS))
    return W.astype(dtype), d_y.astype(dtype)


# By hand -------------------------------------------------------------------------------------


def test_three_words_by_hand():
    W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_array_equal(one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(embedding_forward(W, [2, 0, 2]), [[5, 6], [1, 2], [5, 6]])
    back = embedding_backward([2, 0, 2], np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]), 3)
    np.testing.assert_array_equal(back, [[2, 20], [0, 0], [5, 50]])


def test_neighbours_by_hand():
    vectors = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [-1.0, 0.0]])
    ids, near = neighbours(vectors, 0, 3)
    assert ids.tolist() == [2, 1, 3]
    np.testing.assert_allclose(near, [math.sqrt(0.5), 0, -1], atol=1e-15)


# Laws ----------------------------------------------------------------------------------------


def test_look_up_is_the_product_of_a_one_hot_vector_with_the_matrix():
    W, _ = draw()
    np.testing.assert_array_equal(one_hot(IDS, N_WORDS) @ W, embedding_forward(W, IDS))


def test_look_up_is_a_copy():
    W, _ = draw()
    embedding_forward(W, 2)[:] = 0
    assert W[2].all()


def test_gradient_is_the_product_with_all_one_hot_vectors():
    _, d_y = draw()
    rows = one_hot(IDS.ravel(), N_WORDS).T @ d_y.reshape(-1, N_DIMS)
    np.testing.assert_allclose(embedding_backward(IDS, d_y, N_WORDS), rows, rtol=1e-14)


def test_words_that_do_not_occur_get_no_gradient():
    _, d_y = draw()
    assert not embedding_backward(IDS, d_y, N_WORDS)[[3, 4]].any()


@given(
    st.lists(st.integers(0, N_WORDS - 1), max_size=11),
    st.sampled_from([3, 4]),
    st.sampled_from([float, np.float32]),
)
def test_rows_are_added_as_numpy_adds_them(ids, n_dims, dtype):
    ids = np.array(ids, dtype=np.int64)
    rows = np.random.default_rng(7).normal(size=(len(ids), n_dims)).astype(dtype)
    ours, theirs = np.ones((2, N_WORDS, n_dims), dtype)
    add_rows(ours, ids, rows)
    np.add.at(theirs, ids, rows)
    np.testing.assert_array_equal(ours, theirs)


def test_no_words_are_no_gradient():
    none = embedding_backward(np.zeros(0, int), np.zeros((0, N_DIMS)), N_WORDS)
    np.testing.assert_array_equal(none, np.zeros((N_WORDS, N_DIMS)))
    assert one_hot([], 3).shape == (0, 3)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_length_does_not_change_a_cosine(scale):
    W, _ = draw()
    np.testing.assert_allclose(cosines(scale * W, W), cosines(W), rtol=1e-12)
    ids, _ = neighbours(scale * W, 3, N_WORDS - 1)
    assert 3 not in ids
    assert ids.tolist() == neighbours(W, 3, N_WORDS - 1)[0].tolist()


def test_float32_stays_float32():
    W, d_y = draw(dtype=np.float32)
    found = embedding_forward(W, IDS), embedding_backward(IDS, d_y, N_WORDS), cosines(W)
    assert {array.dtype for array in found} == {np.dtype(np.float32)}


# Witnesses -----------------------------------------------------------------------------------


def test_gradient_matches_tensorflow(evidence):
    W, d_y = draw()
    variable = tf.Variable(W)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(variable, IDS) * d_y)
    theirs = tf.convert_to_tensor(tape.gradient(loss, variable)).numpy()
    evidence.agrees(
        embedding_backward(IDS, d_y, N_WORDS), theirs, witness="TensorFlow", within=1e-14
    )


def test_cosines_match_scipy(evidence):
    W, d_y = draw()
    others = d_y.reshape(-1, N_DIMS)
    theirs = 1 - cdist(W, others, "cosine")
    evidence.agrees(cosines(W, others), theirs, witness="SciPy", within=1e-14)


# The equations of the page -------------------------------------------------------------------


def numbered(rows):
    return dict(enumerate(rows, 1))


def by_pair(matrix):
    return {(i + 1, j + 1): entry for (i, j), entry in np.ndenumerate(matrix)}


@pytest.mark.equation("one-hot-vector")
@pytest.mark.parametrize("n_words", [4, 5])
def test_one_hot_vectors_are_those_of_keras(evidence, n_words):
    codes = keras.utils.to_categorical(range(n_words))
    evidence.evaluates(
        {"e_{ij}": by_pair(codes)}, at=[{"i": i, "j": j} for i, j in by_pair(codes)],
        witness="Keras", within=0,
    )  # fmt: skip


@pytest.mark.equation("one-hot-apart")
@pytest.mark.parametrize("n_words", [4, 5])
def test_all_one_hot_vectors_are_equally_far_apart(evidence, n_words):
    codes = keras.utils.to_categorical(range(n_words)).astype(float)
    evidence.evaluates(
        {"e_i": numbered(codes)}, at=[{"i": i, "j": j} for i, j in by_pair(codes) if i != j],
        witness="Keras", within=1e-15,
    )  # fmt: skip


@pytest.mark.equation("embedding-look-up")
@pytest.mark.parametrize(("n_words", "n_dims"), [(4, 3), (5, 2)])
def test_product_is_what_keras_looks_up(evidence, n_words, n_dims):
    codes = keras.utils.to_categorical(range(n_words)).astype(float)
    layer = keras.layers.Embedding(n_words, n_dims, dtype="float64")
    rows = layer(np.arange(n_words)).numpy()
    (W,) = layer.get_weights()
    evidence.evaluates(
        {
            "e_i": numbered(codes), "e_{ij}": by_pair(codes), "W": W, "w_i": numbered(rows),
            r"\mathcal{V}": set(range(1, n_words + 1)),
        },
        at={"i": range(1, n_words + 1)}, witness="an embedding layer of Keras", within=1e-15,
    )  # fmt: skip


def gradient_by_tensorflow(tokens, n_words, n_dims):
    """Draw derivatives for a text, and let TensorFlow carry them back to the matrix."""
    d_y = np.random.default_rng(7).normal(size=(len(tokens), n_dims))
    W = tf.Variable(np.ones((n_words, n_dims)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(W, tokens) * d_y)
    return d_y, tf.convert_to_tensor(tape.gradient(loss, W)).numpy()


TEXTS = pytest.mark.parametrize(
    ("tokens", "n_words", "n_dims"), [([2, 0, 2, 4, 0, 0, 1], 5, 3), ([1, 1, 3, 1, 2], 4, 2)]
)


@pytest.mark.equation("embedding-gradient")
@TEXTS
def test_printed_gradient_is_that_of_tensorflow(evidence, tokens, n_words, n_dims):
    d_y, d_W = gradient_by_tensorflow(tokens, n_words, n_dims)
    E = np.eye(n_words)[tokens]
    evidence.evaluates(
        {
            r"\delta W": d_W, r"\delta Y": d_y, r"\delta y^{(t)}": numbered(d_y), "E": E,
            "e^{(t)}": numbered(E), r"\tau": len(tokens),
        },
        witness="automatic differentiation", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("embedding-gradient-row")
@TEXTS
def test_printed_row_is_that_of_tensorflow(evidence, tokens, n_words, n_dims):
    d_y, d_W = gradient_by_tensorflow(tokens, n_words, n_dims)
    evidence.evaluates(
        {
            r"\delta w_i": numbered(d_W), r"\delta y^{(t)}": numbered(d_y),
            "e^{(t)}_i": by_pair(np.eye(n_words)[tokens].T), r"\tau": len(tokens),
        },
        at={"i": range(1, n_words + 1)}, witness="automatic differentiation", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("adam-instalments")
@pytest.mark.parametrize(("g", "beta_1"), [(0.7, 0.9), (-1.3, 0.6)])
def test_running_means_after_one_derivative_are_those_of_keras(evidence, g, beta_1):
    weight = keras.Variable([0.0], dtype="float64")
    adam = keras.optimizers.Adam(beta_1=beta_1)
    means = {}
    for step in range(7):
        adam.apply([tf.constant([0.0 if step else g], tf.float64)], [weight])
        means[step] = float(np.asarray(adam._momentums[0])[0])
    for n in (1, 4, 7):
        evidence.evaluates(
            {"m^{(k)}": means, r"\beta_1": beta_1, "g": g, "n": n}, at={"k": range(n)},
            witness="the Adam of Keras", within=1e-7,
        )  # fmt: skip


@pytest.mark.equation("cosine-of-words")
@pytest.mark.parametrize(("n_words", "n_dims"), [(4, 3), (3, 5)])
def test_printed_cosine_is_that_of_scipy(evidence, n_words, n_dims):
    vectors = np.random.default_rng(7).normal(size=(n_words, n_dims))
    angles = by_pair(np.arccos(np.clip(1 - cdist(vectors, vectors, "cosine"), -1, 1)))
    evidence.evaluates(
        {"v_i": numbered(vectors), r"\varphi_{ij}": angles},
        at=[{"i": i, "j": j} for i, j in angles], witness="SciPy", within=1e-14,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda W, d_y: one_hot([0, 7], 7), "ids must be at least 0 and at most 6, got 7."),
        (lambda W, d_y: one_hot([0.5], 7), "ids must hold integers, got 0.5."),
        (lambda W, d_y: embedding_forward(W, [-1]), "ids must be at least 0 and at most 6, got -1"),
        (lambda W, d_y: embedding_forward(W[0], [1]), "W must have shape (n_words, n_dims)"),
        (lambda W, d_y: embedding_backward(IDS, d_y[:, 1:], 7), "d_y must have shape (axis_0=2,"),
        (lambda W, d_y: embedding_backward(IDS, d_y, 6), "ids must be at least 0 and at most 5"),
        (lambda W, d_y: embedding_backward(IDS, np.full(d_y.shape, 1e308), 7), "d_y must give num"),
        (lambda W, d_y: cosines(W * [[0], [1], [1], [1], [1], [1], [1]]), "no row of zeros, got"),
        (lambda W, d_y: cosines(W, W[:, 1:]), "others must have shape (n_others, n_dims=3)"),
        (lambda W, d_y: neighbours(W, 7, 1), "word must be at least 0 and at most 6, got 7."),
        (lambda W, d_y: neighbours(W, 0, 7), "n_neighbours must be at least 1 and at most 6"),
    ],
    ids=range(11),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call(*draw())
