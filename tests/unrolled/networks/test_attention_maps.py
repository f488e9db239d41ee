"""What is read off a map: how spread its rows are, its diagonal and ends, and maps of words."""

import numpy as np
import pytest
from scipy import stats

from unrolled.networks.attention_maps import join_words, normalised_entropy
from unrolled.networks.masks import look_ahead_mask

N_QUERIES, N_KEYS = 5, 7


def draw_map(*shape, seed=2):
    return np.random.default_rng(seed).dirichlet(np.full(shape[-1], 0.7), size=shape[:-1])


def causal_map(n, seed=2):
    weights = np.where(look_ahead_mask(n), draw_map(n, n, seed=seed), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


def test_entropy_by_hand():
    weights = [[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]]
    np.testing.assert_allclose(normalised_entropy(weights), [0, 1, 0.5], atol=1e-15)
    assert not np.signbit(normalised_entropy(weights)).any()


@pytest.mark.equation("normalised-entropy")
@pytest.mark.parametrize("n_keys", [2, 3, 7])
def test_entropy_is_that_of_scipy_in_units_of_the_largest(evidence, n_keys):
    a = draw_map(N_QUERIES, n_keys)
    for i in range(1, N_QUERIES + 1):
        evidence.evaluates(
            {
                "h_i": {i: stats.entropy(a[i - 1], base=n_keys)},
                "a_{ij}": {(i, j): a[i - 1, j - 1] for j in range(1, n_keys + 1)},
                "n_i": {i: n_keys},
                "i": i,
            },
            witness="SciPy's entropy, to the base of the number of keys",
            within=1e-14,
        )


def test_entropy_under_a_mask_counts_what_each_row_sees():
    weights = causal_map(N_KEYS)
    found = normalised_entropy(weights, look_ahead_mask(N_KEYS))
    assert np.isnan(found[0])
    for row in range(1, N_KEYS):
        alone = normalised_entropy(weights[None, row, : row + 1])[0]
        assert found[row] == pytest.approx(alone, abs=1e-15)
    np.testing.assert_allclose(
        found[1:], stats.entropy(weights[1:], axis=1) / np.log(np.arange(2, N_KEYS + 1)), atol=1e-14
    )


def test_entropy_keeps_axes_and_precision():
    weights = draw_map(2, 3, N_QUERIES, N_KEYS).astype(np.float32)
    found = normalised_entropy(weights)
    assert (found.shape, found.dtype) == ((2, 3, N_QUERIES), np.float32)
    np.testing.assert_allclose(found[1, 2], normalised_entropy(weights[1, 2]), atol=1e-6)


@pytest.mark.parametrize(
    ("weights", "visible", "says"),
    [
        ([[0.5, 0.4]], None, "sum to one"),
        ([[1.5, -0.5]], None, "at least 0"),
        ([[0.5, 0.5]], [[True, False]], "not visible"),
        ([0.5, 0.5], None, "queries and keys"),
        (np.zeros((0, 3)), None, "queries and keys"),
        ([[np.nan, 1.0]], None, "finite"),
        ([[0.5, 0.5]], [[True, True], [True, True]], "visible must have shape"),
    ],
)
def test_entropy_of_what_is_no_map_is_refused(weights, visible, says):
    with pytest.raises(ValueError, match=says):
        normalised_entropy(weights, visible)


@pytest.mark.equation("map-shares")
@pytest.mark.parametrize("n", [5, 7])
def test_shares_of_a_map(evidence, n):
    """The witness adds up the places of a table, walked through row by row."""
    a = draw_map(n, n)
    places = np.arange(n * n).reshape(n, n)
    own = a.flat[places.ravel() % (n + 1) == 0].sum() / n
    ends = a.flat[np.isin(places.ravel() % n, (0, n - 1))].sum() / n
    evidence.evaluates(
        {
            "a_{ij}": {(i + 1, j + 1): a[i, j] for i in range(n) for j in range(n)},
            "n": n,
            "m": own,
            "e": ends,
        },
        witness="the places on the diagonal and at the edges of the flat map",
        within=1e-14,
    )


@pytest.mark.equation("shuffled-values")
@pytest.mark.parametrize("n_keys", [5, 7])
def test_shuffling_weights_is_shuffling_values(evidence, n_keys):
    rng = np.random.default_rng(n_keys)
    A, V = draw_map(3, n_keys), rng.normal(size=(n_keys, 2))
    order = rng.permutation(n_keys)
    P = np.zeros((n_keys, n_keys))
    P[np.arange(n_keys), order] = 1
    Z = sum(np.outer(A[:, key], V[order[key]]) for key in range(n_keys))
    evidence.evaluates(
        {"A": A, "P": P, "V": V, "Z": Z},
        witness="each weight times the value that it was dealt",
        within=1e-14,
    )


def test_tokens_are_joined_into_words():
    weights = [[0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.0, 0.6, 0.4]]
    joined = join_words(weights, [0, 1, 1], [0, 0, 1])
    np.testing.assert_allclose(joined, [[0.3, 0.7], [0.65, 0.35]], atol=1e-15)


def test_joined_rows_still_sum_to_one_and_words_of_one_token_stay():
    weights = draw_map(2, 3, N_QUERIES, N_KEYS)
    joined = join_words(weights, [0, 1, 1, 2, 2], [0, 0, 0, 1, 2, 2, 3])
    assert joined.shape == (2, 3, 3, 4)
    np.testing.assert_allclose(joined.sum(axis=-1), 1, atol=1e-14)
    np.testing.assert_array_equal(join_words(weights, range(N_QUERIES), range(N_KEYS)), weights)


@pytest.mark.parametrize(
    ("queries", "keys", "says"),
    [([0, 1], [0, 1, 2], "queries must"), ([0, 2, 2], [0, 1, 2], "without a gap"),
     ([0, 0, 0], [0, -1, 0], "keys must")],
)  # fmt: skip
def test_words_that_do_not_fit_are_refused(queries, keys, says):
    with pytest.raises(ValueError, match=says):
        join_words(draw_map(3, 3), queries, keys)
    with pytest.raises(ValueError, match="two axes"):
        join_words([0.5, 0.5], [0], [0, 1])
