"""Attention in NumPy: by hand, by its laws, and backwards against central differences."""

import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import attention
from unrolled.networks.attention import (
    merge_heads,
    multi_head_backward,
    multi_head_forward,
    multi_head_init,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
    split_heads,
)
from unrolled.networks.masks import look_ahead_mask, padding_mask
from unrolled.networks.pytrees import leaves_of, map_leaves

BATCH, N_HEADS, N_QUERIES, N_KEYS, D_HEAD, D_VALUE = 2, 3, 5, 7, 11, 13
D_MODEL = N_HEADS * D_HEAD


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def draw(*shape, seed=7):
    return np.random.default_rng(seed).normal(size=shape)


def draw_mask(*shape):
    """A mask that leaves one query nothing to look at."""
    allowed = np.random.default_rng(13).random(shape) < 0.6
    allowed[..., 0] = True
    allowed[..., 2, :] = False
    return allowed


def heads():
    """Queries, keys and values with two leading axes."""
    return (
        draw(BATCH, N_HEADS, N_QUERIES, D_HEAD, seed=1),
        draw(BATCH, N_HEADS, N_KEYS, D_HEAD, seed=2),
        draw(BATCH, N_HEADS, N_KEYS, D_VALUE, seed=3),
    )


def layer(d_model=D_MODEL):
    rng = np.random.default_rng(11)
    params = multi_head_init(d_model, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 9, params)


def tokens(batch=BATCH, d_model=D_MODEL):
    return draw(batch, N_QUERIES, d_model), *draw(2, batch, N_KEYS, d_model, seed=8)


# By hand ------------------------------------------------------------------------------------


def test_one_query_and_two_keys_by_hand():
    """d_k = 4: scores 2 log 3 / 2 and 0, so weights 3/4 and 1/4."""
    query = np.array([[2 * np.log(3), 0, 0, 0]])
    key = np.array([[1.0, 0, 0, 0], [0, 5, 0, 0]])
    value = np.array([[8.0, 0], [0, 4]])
    context, weights = scaled_dot_product_attention(query, key, value)
    np.testing.assert_allclose(weights, [[0.75, 0.25]], rtol=1e-15)
    np.testing.assert_allclose(context, [[6, 1]], rtol=1e-15)
    context, weights = scaled_dot_product_attention(query, key, value, [[0, 1]])
    assert weights.tolist() == [[0, 1]]
    assert context.tolist() == [[0, 4]]


def test_its_gradients_by_hand():
    """Slope 1 at the first component: of the weights 8 and 0, of the scores +-8 * 3/16 = +-3/2."""
    query = np.array([[2 * np.log(3), 0, 0, 0]])
    key = np.array([[1.0, 0, 0, 0], [0, 5, 0, 0]])
    value = np.array([[8.0, 0], [0, 4]])
    _, weights = scaled_dot_product_attention(query, key, value)
    gradients = scaled_dot_product_attention_backward(
        query, key, value, weights, np.array([[1.0, 0]])
    )
    np.testing.assert_allclose(gradients.value, [[0.75, 0], [0.25, 0]], rtol=1e-15)
    np.testing.assert_allclose(gradients.query, [[0.75, -3.75, 0, 0]], rtol=1e-14)
    step = 0.75 * 2 * np.log(3)
    np.testing.assert_allclose(gradients.key, [[step, 0, 0, 0], [-step, 0, 0, 0]], rtol=1e-14)


def test_consecutive_integers_are_cut_by_columns():
    x = 1 + np.arange(9 * 512).reshape(1, 9, 512)
    found = split_heads(x, 8)
    assert found.shape == (1, 8, 9, 64)
    assert found[0, 0, 0].tolist() == list(range(1, 65))
    assert found[0, 0, 1].tolist() == list(range(513, 577))
    assert found[0, 1, 0, 0] == 65
    assert found[0, 0, 8, 0] == 4097
    assert found[0, 7, 8, 63] == 4608
    np.testing.assert_array_equal(merge_heads(found), x)


def check_split(module):
    x = draw(BATCH, N_KEYS, D_MODEL)
    pieces = module.split_heads(x, N_HEADS)
    for head in range(N_HEADS):
        np.testing.assert_array_equal(pieces[:, head], x[..., head * D_HEAD : (head + 1) * D_HEAD])
    np.testing.assert_array_equal(module.merge_heads(pieces), x)


def test_each_head_holds_its_own_columns_of_every_token():
    check_split(attention)


# Laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True])
def test_rows_sum_to_one_or_to_zero_where_nothing_may_be_attended_to(masked):
    mask = draw_mask(BATCH, 1, N_QUERIES, N_KEYS) if masked else None
    context, weights = scaled_dot_product_attention(*heads(), mask)
    assert context.shape == (BATCH, N_HEADS, N_QUERIES, D_VALUE)
    whole = np.ones(N_QUERIES)
    if masked:
        whole[2] = 0
        assert not context[..., 2, :].any()
        assert not weights[~np.broadcast_to(mask, weights.shape)].any()
    np.testing.assert_allclose(
        weights.sum(axis=-1), np.broadcast_to(whole, weights.shape[:-1]), rtol=1e-14
    )
    assert (weights >= 0).all()


def check_scale(module):
    """Four times as wide with the same products: the scores are halved."""
    query, key, value = heads()
    wide = [np.concatenate([part] + [np.zeros_like(part)] * 3, axis=-1) for part in (query, key)]
    _, weights = module.scaled_dot_product_attention(*wide, value)
    _, halved = module.scaled_dot_product_attention(query / 2, key, value)
    np.testing.assert_allclose(weights, halved, rtol=1e-13)


def test_scores_are_divided_by_the_root_of_the_dimension():
    check_scale(attention)


def test_huge_scores_are_no_trouble():
    query, key, value = (1e150 * part for part in heads())
    _, weights = scaled_dot_product_attention(query, key, value)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    assert set(np.unique(weights)) == {0, 1}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("large", [1, 1e15, "beyond"])
def test_a_key_alone_in_its_row_has_all_the_weight(dtype, large):
    """Whatever its score: the forbidden ones are never larger."""
    large = {"float32": 1e20, "float64": 1e160}[dtype] if large == "beyond" else large
    query = np.array([[-large]] * 4, dtype)
    key, value = np.array([[[large], [0], [large]], [[7], [9], [11]]], dtype)
    mask = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]])
    context, weights = scaled_dot_product_attention(query, key, value, mask)
    np.testing.assert_array_equal(weights, mask)
    np.testing.assert_array_equal(context[:, 0], [7, 9, 0, 11])
    derivatives = scaled_dot_product_attention_backward(query, key, value, weights, context)
    assert not np.any(derivatives.query)
    assert not np.any(derivatives.key)
    np.testing.assert_array_equal(derivatives.value[:, 0], context[[0, 1, 3], 0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_several_keys_share_the_weight_however_low_their_scores(dtype):
    lowest = np.finfo(dtype).min
    key, value = np.array([[[lowest], [lowest], [0]], [[7], [9], [11]]], dtype)
    context, weights = scaled_dot_product_attention(np.ones((1, 1), dtype), key, value, [1, 1, 0])
    np.testing.assert_array_equal(weights, [[0.5, 0.5, 0]])
    assert context == 8


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("mask", [None, [1, 1, 0]])
def test_scores_that_no_number_holds_are_refused_where_they_are_compared(sign, mask):
    key = np.array([[1e20], [0], [2e20]], "float32")
    with pytest.raises(ValueError, match="query and key must give numbers that float32 can hold"):
        scaled_dot_product_attention(np.array([[sign * 1e20]], "float32"), key, key, mask)


def test_a_query_is_answered_alone():
    query, key, value = heads()
    context, _ = scaled_dot_product_attention(query, key, value)
    for place in range(N_QUERIES):
        one, _ = scaled_dot_product_attention(query[..., [place], :], key, value)
        np.testing.assert_allclose(one[..., 0, :], context[..., place, :], rtol=1e-12)


def check_look_ahead(module):
    x, params = draw(BATCH, N_KEYS, D_MODEL), layer()
    mask = look_ahead_mask(N_KEYS)
    before, _, _ = module.multi_head_forward(params, x, x, x, mask, n_heads=N_HEADS)
    for place in range(N_KEYS):
        changed = x.copy()
        changed[:, place] += 1
        after, _, _ = module.multi_head_forward(
            params, changed, changed, changed, mask, n_heads=N_HEADS
        )
        same = (after == before).all(axis=(0, 2))
        assert same.tolist() == [token < place for token in range(N_KEYS)]


def test_no_output_hears_of_a_later_token_under_the_look_ahead_mask():
    check_look_ahead(attention)


def test_padding_changes_nothing():
    lengths, x, params = [5, 3], draw(BATCH, N_KEYS, D_MODEL), layer()
    whole, weights, _ = multi_head_forward(
        params, x, x, x, padding_mask(lengths, N_KEYS), n_heads=N_HEADS
    )
    for row, length in enumerate(lengths):
        real = x[row : row + 1, :length]
        output, alone, _ = multi_head_forward(params, real, real, real, n_heads=N_HEADS)
        np.testing.assert_allclose(whole[row, :length], output[0], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(weights[row, :, :length, :length], alone[0], rtol=1e-11)
        assert not weights[row, :, :, length:].any()


def test_shuffled_keys_change_nothing_and_shuffled_queries_shuffle_the_output(rng):
    query, key, value = tokens()
    params, mask = layer(), draw_mask(BATCH, N_QUERIES, N_KEYS)
    output, weights, _ = multi_head_forward(params, query, key, value, mask, n_heads=N_HEADS)
    order = rng.permutation(N_KEYS)
    moved = multi_head_forward(
        params, query, key[:, order], value[:, order], mask[..., order], n_heads=N_HEADS
    )
    np.testing.assert_allclose(moved[0], output, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(moved[1], weights[..., order], rtol=1e-11)
    order = rng.permutation(N_QUERIES)
    moved = multi_head_forward(params, query[:, order], key, value, mask[:, order], n_heads=N_HEADS)
    np.testing.assert_allclose(moved[0], output[:, order], rtol=1e-11, atol=1e-13)


def test_mask_of_a_batch_is_right_when_batch_equals_heads():
    params, inputs = layer(), tokens(N_HEADS)
    mask = draw_mask(N_HEADS, N_QUERIES, N_KEYS)
    output, _, _ = multi_head_forward(params, *inputs, mask, n_heads=N_HEADS)
    for row in range(N_HEADS):
        alone = [array[row : row + 1] for array in inputs]
        expected, _, _ = multi_head_forward(params, *alone, mask[row], n_heads=N_HEADS)
        np.testing.assert_allclose(output[row], expected[0], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "shape",
    [
        (N_QUERIES, N_KEYS),
        (1, N_KEYS),
        (N_QUERIES, 1),
        (BATCH, N_QUERIES, N_KEYS),
        (BATCH, 1, N_KEYS),
        (1, N_QUERIES, N_KEYS),
    ],
)
@pytest.mark.parametrize("kind", [bool, int])
def test_mask_may_have_axes_of_length_one(rng, shape, kind):
    mask = rng.random(shape) < 0.6
    _, weights, _ = multi_head_forward(layer(), *tokens(), mask.astype(kind), n_heads=N_HEADS)
    allowed = np.broadcast_to(mask if mask.ndim == 2 else mask[:, None], weights.shape)
    assert ((weights > 0) == allowed).all()


def test_heads_are_the_single_head_each_in_its_own_columns():
    """Linear first, split afterwards: every head hears the whole token."""
    params, (query, key, value) = layer(), tokens()
    output, weights, _ = multi_head_forward(params, query, key, value, n_heads=N_HEADS)
    contexts = []
    for head in range(N_HEADS):
        own = slice(head * D_HEAD, (head + 1) * D_HEAD)
        mapped = [
            x @ part.W[:, own] + part.b[own]
            for x, part in zip((query, key, value), params[:3], strict=True)
        ]
        context, alone = scaled_dot_product_attention(*mapped)
        np.testing.assert_allclose(alone, weights[:, head], rtol=1e-11)
        contexts.append(context)
    expected = np.concatenate(contexts, axis=-1) @ params.output.W + params.output.b
    np.testing.assert_allclose(output, expected, rtol=1e-11, atol=1e-13)


def test_single_precision_stays_single():
    params = map_leaves(lambda leaf: leaf.astype(np.float32), layer())
    inputs = [array.astype(np.float32) for array in tokens()]
    output, weights, cache = multi_head_forward(params, *inputs, n_heads=N_HEADS)
    gradients = multi_head_backward(params, cache, output)
    found = {output.dtype, weights.dtype, *(leaf.dtype for leaf in leaves_of(gradients).values())}
    assert found == {np.dtype(np.float32)}


# Central differences ------------------------------------------------------------------------

MASKS = {"open": None, "masked": draw_mask(BATCH, 1, N_QUERIES, N_KEYS)}


@pytest.mark.parametrize("mask", MASKS)
def test_backward_of_attention_matches_central_differences(mask):
    arrays, derivative = heads(), draw(BATCH, N_HEADS, N_QUERIES, D_VALUE, seed=5)

    def loss():
        context, _ = scaled_dot_product_attention(*arrays, MASKS[mask])
        return float((derivative * np.sin(context)).sum())

    context, weights = scaled_dot_product_attention(*arrays, MASKS[mask])
    ours = scaled_dot_product_attention_backward(*arrays, weights, derivative * np.cos(context))
    theirs = [oracles.central_differences(loss, array) for array in arrays]
    for mine, other in zip(ours, theirs, strict=True):
        assert np.abs(mine - other).max() < 1e-8 * np.abs(other).max()


def layer_gradients(module, mask, sizes=(3, 2)):
    """Ours, and central differences, of a layer small enough for them: 2 heads of width 3."""
    n_heads, d_head = sizes
    params, inputs = layer(n_heads * d_head), tokens(d_model=n_heads * d_head)
    mask = None if mask is None else mask[:, 0]
    derivative = draw(*inputs[0].shape, seed=5)

    def loss():
        output, _, _ = attention.multi_head_forward(params, *inputs, mask, n_heads=n_heads)
        return float((derivative * np.sin(output)).sum())

    output, _, cache = module.multi_head_forward(params, *inputs, mask, n_heads=n_heads)
    found = module.multi_head_backward(params, cache, derivative * np.cos(output))
    ours = leaves_of(found)
    arrays = [*leaves_of(params).values(), *inputs]
    theirs = [oracles.central_differences(loss, array) for array in arrays]
    return ours, dict(zip(ours, theirs, strict=True))


@pytest.mark.parametrize("mask", MASKS)
def test_backward_of_the_layer_matches_central_differences(mask):
    ours, theirs = layer_gradients(attention, MASKS[mask])
    scale = max(np.abs(other).max() for other in theirs.values())
    for name, other in theirs.items():  # the derivative by the bias of the keys is zero
        size = scale if name == "params.key.b" else np.abs(other).max()
        assert np.abs(ours[name] - other).max() < 1e-8 * size, name
    assert np.abs(ours["params.key.b"]).max() < 1e-13 * scale


def test_self_attention_adds_up_what_flows_back():
    params, x = layer(6), draw(BATCH, N_KEYS, 6)
    derivative = draw(*x.shape, seed=5)

    def loss():
        return float((derivative * multi_head_forward(params, x, x, x, n_heads=2)[0]).sum())

    _, _, cache = multi_head_forward(params, x, x, x, n_heads=2)
    gradients = multi_head_backward(params, cache, derivative)
    theirs = oracles.central_differences(loss, x)
    ours = gradients.query + gradients.key + gradients.value
    assert np.abs(ours - theirs).max() < 1e-8 * np.abs(theirs).max()


# Slips --------------------------------------------------------------------------------------

SLIPS = {
    "the wrong reshape": (
        "    pieces = x.reshape(*x.shape[:-1], n_heads, d_model // n_heads)\n"
        "    return pieces.swapaxes(-2, -3)",
        "    return x.reshape(*x.shape[:-2], n_heads, x.shape[-2], d_model // n_heads)",
        check_split,
    ),
    "the forgotten scale": (
        "scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1]).astype(query.dtype)",
        "scores = query @ key.swapaxes(-1, -2)",
        check_scale,
    ),
    "the transposed mask": (
        "np.where(allowed, compared, -np.inf)",
        "np.where(allowed.swapaxes(-1, -2), compared, -np.inf)",
        check_look_ahead,
    ),
}
BACKWARD_SLIPS = {
    "no scale": ("d_scores / np.sqrt(query.shape[-1]).astype(query.dtype)", "d_scores"),
    "no mean": ("(d_weights - mean)", "d_weights"),
    "no weights": ("d_scores = weights * (d_weights", "d_scores = (d_weights"),
    "other weights on the way": ("d_mapped @ layer.W.T)", "d_mapped @ layer.W)"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_named_test_catches(slip):
    right, wrong, check = SLIPS[slip]
    with pytest.raises(AssertionError):
        check(mutant(attention, right, wrong))


@pytest.mark.parametrize("slip", BACKWARD_SLIPS)
def test_central_differences_catch(slip):
    ours, theirs = layer_gradients(mutant(attention, *BACKWARD_SLIPS[slip]), None)
    off = [np.abs(ours[name] - theirs[name]).max() for name in ours]
    assert max(off) > 1e-3


# Complaints ---------------------------------------------------------------------------------


def zeros(*shape, dtype=float):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((zeros(3), zeros(7, 3), zeros(7, 3)), r"query must have shape \(\.\.\., n_queries, d_k\)"),
        ((zeros(5, 3), zeros(7, 2), zeros(7, 2)), r"key must have shape \(\.\.\., n_keys, d_k=3\)"),
        ((zeros(5, 3), zeros(7, 3), zeros(5, 3)), r"value must have shape \(\.\.\., n_keys=7, d_v"),
        (
            (zeros(2, 5, 3), zeros(7, 3), zeros(7, 3)),
            r"key must have the leading axes of query, \(",
        ),
        ((zeros(5, 3), zeros(0, 3), zeros(0, 3)), r"key must not be empty, got shape \(0, 3\)"),
        ((zeros(5, 3), zeros(7, 3) * np.nan, zeros(7, 3)), "key must be finite, got nan"),
        ((zeros(5, 3, dtype=int), zeros(7, 3), zeros(7, 3)), "query must hold float64 or float32"),
        ((zeros(5, 3), zeros(7, 3), zeros(7, 3, dtype="f")), "value must be float64 as query is"),
        (
            (zeros(5, 3), zeros(7, 3), zeros(7, 3), zeros(7, 5) > 0),
            "mask must broadcast to the sco",
        ),
        (
            (zeros(5, 3), zeros(7, 3), zeros(7, 3), zeros(5, 7)),
            "mask must hold truth values, or the",
        ),
        (
            (zeros(5, 3), zeros(7, 3), zeros(7, 3), 2 + zeros(5, 7, dtype=int)),
            "integers 0 and 1, g",
        ),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        scaled_dot_product_attention(*arguments)


Q, K = zeros(2, 5, 33), zeros(2, 7, 33)


@pytest.mark.parametrize(
    ("arguments", "n_heads", "message"),
    [
        ((Q, K, K), 5, "n_heads must divide d_model=33, got 5. Choose one of 1, 3, 11, 33"),
        (
            (zeros(2, 5, 11), K, K),
            3,
            r"query must have shape \(batch, n_queries, d_model=33\), got",
        ),
        (
            (Q, zeros(3, 7, 33), K),
            3,
            r"key must have shape \(batch=2, n_keys, d_model=33\), got \(",
        ),
        (
            (Q, K, Q),
            3,
            r"value must have shape \(batch=2, n_keys=7, d_model=33\), got \(2, 5, 33\)",
        ),
        ((Q * np.nan, K, K), 3, "query must be finite, got nan"),
        ((Q.astype("f"), K, K), 3, "query must be float64 as"),
        ((Q, K, K, zeros(7, 5) > 0), 3, r"mask must have shape \(n_queries=5, n_keys=7\), got"),
        ((Q, K, K, zeros(3, 5, 7) > 0), 3, r"mask must have shape \(batch=2, n_queries=5, n_keys="),
        ((Q, K, K, zeros(7) > 0), 3, r"mask must have shape"),
        ((Q, K, K, zeros(2, 3, 5, 7) > 0), 3, r"mask must have shape"),
        (
            (Q, K, K, zeros(5, 7)),
            3,
            "mask must hold truth values, or the integers 0 and 1, got flo",
        ),
    ],
)
def test_what_does_not_fit_the_layer_is_named(arguments, n_heads, message):
    with pytest.raises(ValueError, match=message):
        multi_head_forward(layer(), *arguments, n_heads=n_heads)


def test_backward_doors_complain():
    params = layer()
    output, weights, cache = multi_head_forward(params, *tokens(), n_heads=N_HEADS)
    other = map_leaves(np.copy, params)
    with pytest.raises(ValueError, match="cache must come from a forward pass with the same para"):
        multi_head_backward(other, cache, output)
    with pytest.raises(ValueError, match="d_output must have shape"):
        multi_head_backward(params, cache, output[:, 1:])
    with pytest.raises(ValueError, match="d_output must be finite, got nan"):
        multi_head_backward(params, cache, output * np.nan)
    query, key, value = heads()
    with pytest.raises(
        ValueError, match=r"weights must have shape \(\.\.\., n_queries=5, n_keys=7"
    ):
        scaled_dot_product_attention_backward(query, key, value, weights.swapaxes(-1, -2), value)
    with pytest.raises(ValueError, match="d_context must be finite, got nan"):
        scaled_dot_product_attention_backward(
            query, key, value, weights, np.full((*query.shape[:-1], D_VALUE), np.nan)
        )
    with pytest.raises(ValueError, match=r"d_context must have shape"):
        scaled_dot_product_attention_backward(query, key, value, weights, query)
    with pytest.raises(ValueError, match="n_heads must divide d_model=33, got 2"):
        split_heads(Q, 2)
    with pytest.raises(ValueError, match="x must have shape"):
        merge_heads(zeros(5, 3))
