"""Additive and bilinear scores: by hand, by their laws, and backwards against differences."""

import numpy as np
import pytest

from mutants import mutant
from unrolled.networks import attention_scores
from unrolled.networks.attention import scaled_dot_product_attention
from unrolled.networks.attention_scores import (
    AdditiveGradients,
    BilinearGradients,
    additive_scores,
    additive_scores_backward,
    bilinear_scores,
    bilinear_scores_backward,
)
from unrolled.networks.gradient_check import central_differences

BATCH, N_QUERIES, N_KEYS, D_Q, D_K, N_HIDDEN = 2, 3, 5, 7, 11, 13
SIZES = {
    "query": (BATCH, N_QUERIES, D_Q),
    "key": (BATCH, N_KEYS, D_K),
    "U_q": (D_Q, N_HIDDEN),
    "U_k": (D_K, N_HIDDEN),
    "w": (N_HIDDEN,),
    "W": (D_Q, D_K),
}


def drawn(kind):
    """Queries, keys and parameters, small enough for the tanh to bend and not to be flat."""
    rng = np.random.default_rng(7)
    arrays = {name: rng.normal(size=size) / 2 for name, size in SIZES.items()}
    return kind(**{name: arrays[name] for name in kind._fields})


# By hand ------------------------------------------------------------------------------------


def test_two_dimensions_against_three_by_hand():
    """q W = (2, 5, 10), so the scores are 2 + 10 = 12 and 5 * 3 = 15."""
    query, W = np.array([[1.0, 2]]), np.array([[0.0, 1, 4], [1, 2, 3]])
    key = np.array([[1.0, 0, 1], [0, 3, 0]])
    np.testing.assert_array_equal(bilinear_scores(query, key, W), [[12, 15]])


def test_one_hidden_unit_and_two_by_hand():
    """Sums log 2 and log 3, whose tanh are 3/5 and 4/5."""
    query, key = np.array([[1.0]]), np.array([[0.0, 2], [1, 0]])
    U_q = np.log([[2.0, 3]])
    U_k = np.array([[-np.log(2), 0], [0, 0]])
    scores = additive_scores(query, key, U_q, U_k, np.array([10.0, 5]))
    np.testing.assert_allclose(scores, [[10, 4]], rtol=1e-15)


def test_their_gradients_by_hand():
    query, key, one = np.array([[2.0]]), np.array([[3.0]]), np.ones((1, 1))
    bilinear = bilinear_scores_backward(query, key, 5 * one, 7 * one)
    assert [float(leaf.item()) for leaf in bilinear] == [7 * 5 * 3, 7 * 5 * 2, 7 * 2 * 3]
    U_q, U_k = np.log(2) / 2 * one, 0 * one  # tanh is 3/5, its derivative 16/25
    additive = additive_scores_backward(query, key, U_q, U_k, 5 * one[0], 7 * one)
    wanted = [7 * 5 * 0.64 * np.log(2) / 2, 0, 7 * 5 * 0.64 * 2, 7 * 5 * 0.64 * 3, 7 * 0.6]
    np.testing.assert_allclose([leaf.item() for leaf in additive], wanted, rtol=1e-14)


# Laws ---------------------------------------------------------------------------------------


def test_pair_by_pair_gives_the_same():
    query, key, U_q, U_k, w = drawn(AdditiveGradients)
    W = drawn(BilinearGradients).W
    additive, bilinear = additive_scores(query, key, U_q, U_k, w), bilinear_scores(query, key, W)
    assert additive.shape == bilinear.shape == (BATCH, N_QUERIES, N_KEYS)
    for batch, i, j in np.ndindex(additive.shape):
        q, k = query[batch, i], key[batch, j]
        np.testing.assert_allclose(additive[batch, i, j], w @ np.tanh(U_q.T @ q + U_k.T @ k))
        np.testing.assert_allclose(
            bilinear[batch, i, j], sum(W[:, c] @ q * k[c] for c in range(D_K))
        )


def test_the_unit_matrix_gives_dot_products():
    query, key = np.random.default_rng(11).normal(size=(2, N_KEYS, D_K))
    scores = bilinear_scores(query, key, np.eye(D_K)) / np.sqrt(D_K)
    _, weights = scaled_dot_product_attention(query, key, key)
    ours = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ours, weights, rtol=1e-13)


def test_additive_scores_stay_within_their_bound_however_large_the_queries():
    query, key, U_q, U_k, w = drawn(AdditiveGradients)
    bound = np.abs(w).sum()
    for times in (1, 1e3, 1e100):
        scores = additive_scores(times * query, key, U_q, U_k, w)
        assert np.abs(scores).max() <= bound * (1 + 1e-15)


def test_with_one_hidden_unit_all_queries_put_the_keys_in_one_order():
    query, key, U_q, U_k, w = drawn(AdditiveGradients)
    scores = additive_scores(query[0], key[0], U_q[:, :1], U_k[:, :1], w[:1])
    assert len({tuple(row) for row in scores.argsort(axis=1)}) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_kind_of_number_is_kept(dtype):
    additive = [array.astype(dtype) for array in drawn(AdditiveGradients)]
    bilinear = [array.astype(dtype) for array in drawn(BilinearGradients)]
    for scores, backward, inputs in (
        (additive_scores, additive_scores_backward, additive),
        (bilinear_scores, bilinear_scores_backward, bilinear),
    ):
        found = scores(*inputs)
        assert {array.dtype for array in (found, *backward(*inputs, found))} == {np.dtype(dtype)}


# Backwards ----------------------------------------------------------------------------------


def check_gradients(module):
    """Each score counts with a weight of its own in the loss."""
    d_scores = np.random.default_rng(13).normal(size=(BATCH, N_QUERIES, N_KEYS))
    for kind, forward, backward in (
        (AdditiveGradients, additive_scores, module.additive_scores_backward),
        (BilinearGradients, bilinear_scores, module.bilinear_scores_backward),
    ):
        inputs = drawn(kind)
        wanted = central_differences(lambda at, f=forward: float((f(*at) * d_scores).sum()), inputs)
        found = backward(*inputs, d_scores)
        assert found._fields == kind._fields
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-8)


def test_gradients_are_those_of_central_differences():
    check_gradients(attention_scores)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(1 - hidden**2)", "(1 + hidden**2)"),
        ("d_sums.sum(axis=-2)", "d_sums.mean(axis=-2)"),
        ("d_sums.sum(axis=-3)", "d_sums.mean(axis=-3)"),
        ("w=d_scores.ravel() @", "w=-d_scores.ravel() @"),
        ("U_k=_over_all(key, by_key)", "U_k=_over_all(key, by_key / 2)"),
        ("query=by_query @ W.T", "query=by_query @ W.T / 2"),
        ("@ (query @ W)", "@ (query @ W / 2)"),
        ("W=_over_all(query, by_query)", "W=_over_all(query, -by_query)"),
    ],
)
def test_a_slip_in_a_gradient_is_noticed(right, wrong):
    with pytest.raises(AssertionError):
        check_gradients(mutant(attention_scores, right, wrong))


# Complaints ---------------------------------------------------------------------------------


def zeros(*shape):
    return np.zeros(shape)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"query": zeros(D_Q)}, r"query must have shape \(\.\.\., n_queries, d_q\)"),
        ({"key": zeros(D_K)}, r"key must have shape \(\.\.\., n_keys, d_k\)"),
        ({"U_q": zeros(D_K, 13)}, r"U_q must have shape \(d_q=7, n_hidden\), got \(11, 13\)"),
        ({"U_k": zeros(D_K, 2)}, r"U_k must have shape \(d_k=11, n_hidden=13\), got \(11, 2\)"),
        ({"w": zeros(13, 1)}, r"w must have shape \(n_hidden=13,\), got \(13, 1\)"),
        ({"query": zeros(3, D_Q)}, r"key must have the leading axes of query, \(\), got \(2,\)"),
        ({"key": zeros(BATCH, 0, D_K)}, r"key must not be empty, got shape \(2, 0, 11\)"),
        ({"w": np.zeros(13, np.float32)}, "w must be float64 as query is, got float32"),
        ({"w": np.full(13, np.nan)}, "w must be finite, got nan"),
        ({"query": np.full(SIZES["query"], 1e200), "U_q": np.full(SIZES["U_q"], 1e200)},
         "query, key, U_q and U_k must give numbers that float64 can hold"),
        ({"w": np.full(13, 1e308), "query": np.full(SIZES["query"], 1e3),
          "U_q": np.ones(SIZES["U_q"])}, "w must give numbers that float64 can hold"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_additive_score_is_named(changed, message):
    with pytest.raises(ValueError, match=message):
        additive_scores(**{**drawn(AdditiveGradients)._asdict(), **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"W": zeros(D_K, D_Q)}, r"W must have shape \(d_q=7, d_k=11\), got \(11, 7\)"),
        ({"key": zeros(5, D_K)}, r"key must have the leading axes of query, \(2,\), got \(\)"),
        ({"W": np.full((D_Q, D_K), 1e308), "query": np.ones(SIZES["query"])},
         "query, key and W must give numbers that float64 can hold"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_bilinear_score_is_named(changed, message):
    with pytest.raises(ValueError, match=message):
        bilinear_scores(**{**drawn(BilinearGradients)._asdict(), **changed})


@pytest.mark.parametrize(
    ("d_scores", "message"),
    [
        (zeros(BATCH, N_KEYS, N_QUERIES), r"d_scores must have shape \(\.\.\., n_queries=3, n_key"),
        (zeros(N_QUERIES, N_KEYS), r"d_scores must have the leading axes of query, \(2,\), got"),
        (np.full((BATCH, N_QUERIES, N_KEYS), np.inf), "d_scores must be finite, got inf"),
    ],
)
def test_backward_doors_complain(d_scores, message):
    for kind, backward in (
        (AdditiveGradients, additive_scores_backward),
        (BilinearGradients, bilinear_scores_backward),
    ):
        with pytest.raises(ValueError, match=message):
            backward(*drawn(kind), d_scores)
    large = np.full((BATCH, N_QUERIES, N_KEYS), 1e308)
    with pytest.raises(ValueError, match="d_scores, query, key and the parameters must give"):
        additive_scores_backward(*drawn(AdditiveGradients), large)
    with pytest.raises(ValueError, match="d_scores, query, key and W must give numbers that"):
        bilinear_scores_backward(*drawn(BilinearGradients), large)
