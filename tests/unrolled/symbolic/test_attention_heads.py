"""Splitting into heads: each displayed equation as the page types it, against other ways."""

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.special import softmax

from unrolled.experiments import who_or_whom
from unrolled.networks import attention
from unrolled.networks.attention import multi_head_forward, multi_head_init, split_heads

BATCH, TOKENS, HEADS, D_HEAD = 2, 5, 3, 7
D_MODEL = HEADS * D_HEAD
SIZES = [(3, 5, 7), (11, 4, 2)]  # tokens, heads, width of a head
SQUARE = (4, 4, 4)


def counted(members):
    """Number what belongs to heads as the print does, from one."""
    return dict(enumerate(members, 1))


def attend(query, key, value):
    return softmax(query @ key.T / np.sqrt(query.shape[1]), axis=1) @ value


@pytest.fixture(scope="module")
def layer():
    rng = np.random.default_rng(7)
    params = multi_head_init(D_MODEL, rng=rng)
    for part in params:
        part.b[:] = rng.normal(size=D_MODEL)
    return params, rng.normal(size=(BATCH, TOKENS, D_MODEL))


# Places --------------------------------------------------------------------------------------


@pytest.mark.equation("head-width")
def test_heads_share_the_dimension_of_a_token(evidence):
    evidence.evaluates(
        {},
        at=[
            {"d": d, "h": h, "d_k": np.split(np.zeros(d), h)[0].size}
            for d, h in ((512, 8), (21, 3), (10, 5))
        ],
        witness="the size of one of the equal parts into which NumPy's split cuts a row",
        within=0,
    )
    for width, n_heads in ((512, 8), (21, 3), (10, 5)):
        assert split_heads(np.zeros((2, width)), n_heads).shape[-1] == width // n_heads


def places(n, h, d_k):
    """All triples of head, token and feature, and a table of consecutive numbers."""
    indices = [dict(zip("itc", place, strict=True)) for place in np.ndindex(h, n, d_k)]
    return indices, 1 + np.arange(n * h * d_k).reshape(n, h * d_k)


@pytest.mark.equation("split-place")
@pytest.mark.parametrize(("n", "h", "d_k"), SIZES)
def test_every_number_stands_where_the_split_puts_it(evidence, n, h, d_k):
    at, table = places(n, h, d_k)
    split = np.hsplit(table, h)
    evidence.evaluates(
        {"s_{itc}": lambda i, t, c: split[i][t, c], "d": h * d_k, "d_k": d_k},
        at=at,
        witness="consecutive numbers, each head's columns split out by NumPy's hsplit",
        within=0,
    )
    ours = attention.split_heads(table, h)
    evidence.agrees(ours, np.array(split), witness="NumPy's hsplit", within=0)


@pytest.mark.equation("reshape-place")
@pytest.mark.parametrize(("n", "h", "d_k"), SIZES)
def test_every_number_stands_where_a_bare_reshape_leaves_it(evidence, n, h, d_k):
    at, table = places(n, h, d_k)
    rows = np.array_split(table.ravel(), h * n)  # all pieces, one after the other
    evidence.evaluates(
        {"r_{itc}": lambda i, t, c: table.reshape(h, n, d_k)[i, t, c], "n": n, "d_k": d_k},
        at=at,
        witness="consecutive numbers, reshaped by NumPy",
        within=0,
    )
    assert (table.reshape(h * n, d_k) == rows).all()


@pytest.mark.equation("places-agree")
@pytest.mark.parametrize(("n", "h"), [(9, 8), (7, 3), (5, 5)])
def test_where_a_bare_reshape_is_right(evidence, n, h):
    at, table = places(n, h, 2)
    split, reshaped = np.hsplit(table, h), table.reshape(h, n, 2)
    evidence.evaluates(
        {
            "s_{itc}": lambda i, t, c: split[i][t, c],
            "r_{itc}": lambda i, t, c: reshaped[i, t, c],
            "n": n, "h": h,
        },
        at=at,
        witness="consecutive numbers, split by NumPy's hsplit and reshaped by NumPy",
        within=0,
    )  # fmt: skip
    same = (np.array(split) == reshaped).all(axis=-1)
    assert same.sum() == {9: 2, 7: 3, 5: 5}[n]


# Heads ---------------------------------------------------------------------------------------


@pytest.mark.equation("side-by-side")
@pytest.mark.parametrize(("n", "h", "d_k"), [*SIZES, SQUARE])
def test_one_wide_projection_is_one_for_each_head(evidence, n, h, d_k):
    rng = np.random.default_rng(7)
    d = h * d_k if (n, h, d_k) != SQUARE else n
    X, W = rng.normal(size=(n, d)), rng.normal(size=(d, h * d_k))
    evidence.evaluates(
        {"X": X, "W": W, "W_i": counted(np.hsplit(W, h)), "h": h},
        witness="one large random matrix, split into the columns of the heads by NumPy's hsplit",
        within=1e-13,
    )
    ours = attention.split_heads(X @ W, h)
    theirs = [X @ own for own in np.hsplit(W, h)]
    evidence.agrees(ours, np.array(theirs), witness="a projection for each head", within=1e-13)


@pytest.mark.equation("block-diagonal")
@pytest.mark.parametrize(("n", "h", "d_k"), [*SIZES, SQUARE])
def test_splitting_first_makes_a_projection_block_diagonal(evidence, n, h, d_k):
    rng = np.random.default_rng(7)
    X, blocks = rng.normal(size=(n, h * d_k)), rng.normal(size=(h, d_k, d_k))
    chunks = np.hsplit(X, h)
    evidence.evaluates(
        {"X": X, "X_i": counted(chunks), "B_i": counted(blocks), "h": h},
        witness="random tokens, split into chunks by NumPy's hsplit",
        within=1e-13,
    )
    mapped = [chunk @ block for chunk, block in zip(chunks, blocks, strict=True)]
    joined = X @ block_diag(*blocks)
    evidence.agrees(np.hstack(mapped), joined, witness="SciPy's block_diag", within=1e-13)


def test_the_layer_that_splits_first_maps_each_chunk_alone(layer):
    params, x = layer
    ours = split_heads(x @ who_or_whom.block_diagonal(params, HEADS).key.W, HEADS)
    for one in range(HEADS):
        own = slice(one * D_HEAD, (one + 1) * D_HEAD)
        np.testing.assert_allclose(ours[:, one], x[..., own] @ params.key.W[own, own], atol=1e-13)


def test_a_layer_is_the_sum_of_its_heads(layer):
    params, x = layer
    output, weights, _ = multi_head_forward(params, x, x, x, n_heads=HEADS)
    added = np.zeros_like(output) + params.output.b
    for one in range(HEADS):
        own = slice(one * D_HEAD, (one + 1) * D_HEAD)
        values = x @ params.value.W[:, own] + params.value.b[own]
        added += weights[:, one] @ values @ params.output.W[own]
    np.testing.assert_allclose(output, added, atol=1e-13)


# What splitting first cannot do ----------------------------------------------------------------


def split_layer(n_heads, width):
    """A layer that splits first, with biases, and what its heads do, each by SciPy's softmax."""
    rng = np.random.default_rng(7)
    params = multi_head_init(n_heads * width, rng=rng)
    for part in params:
        part.b[:] = rng.normal(size=n_heads * width)

    def head(one):
        own = slice((one - 1) * width, one * width)

        def adds(chunk):
            mapped = (chunk @ p.W[own, own] + p.b[own] for p in params[:3])
            return attend(*mapped) @ params.output.W[own] + params.output.b / n_heads

        return adds

    def whole(tokens):
        return multi_head_forward(split, *[tokens[None]] * 3, n_heads=n_heads)[0][0]

    split = who_or_whom.block_diagonal(params, n_heads)
    return whole, head


@pytest.mark.equation("cut-first-sum")
@pytest.mark.parametrize(("n", "h", "d_k"), SIZES)
def test_a_layer_that_splits_first_is_a_sum_of_functions_of_chunks(evidence, n, h, d_k):
    tokens = np.random.default_rng(11).normal(size=(n, h * d_k))
    whole, head = split_layer(h, d_k)
    evidence.evaluates(
        {"f": whole, "f_i": head, "X": tokens, "X_i": counted(np.hsplit(tokens, h)), "h": h},
        witness="the book's own layer, and heads by SciPy's softmax that hear their chunk only",
        within=1e-13,
    )


def changed(tokens, first, second, width):
    """Tokens whose first two chunks are two of several that can stand there."""
    rng = np.random.default_rng(13)
    choices = rng.normal(size=(5, *tokens[:, : 2 * width].shape))
    made = tokens.copy()
    made[:, :width] = choices[first][:, :width]
    made[:, width : 2 * width] = choices[second][:, width:]
    return made


@pytest.mark.equation("mixed-difference")
@pytest.mark.parametrize(("n", "h", "d_k"), SIZES)
def test_no_layer_that_splits_first_compares_two_chunks(evidence, n, h, d_k):
    tokens = np.random.default_rng(11).normal(size=(n, h * d_k))
    whole, _ = split_layer(h, d_k)
    evidence.evaluates(
        {"f_{pq}": lambda p, q: whole(changed(tokens, p, q, d_k))},
        at=[{"p": 1, "p'": 3, "q": 2, "q'": 4}, {"p": 4, "p'": 2, "q": 0, "q'": 3}],
        witness="the book's own layer, called on all four sentences",
        within=1e-13,
    )


def test_a_layer_that_projects_first_compares_them(layer):
    params, x = layer

    def f(p, q):
        made = changed(x[0], p, q, D_HEAD)[None]
        return multi_head_forward(params, *[made] * 3, n_heads=HEADS)[0]

    assert np.abs(f(1, 2) - f(3, 2) - f(1, 4) + f(3, 4)).max() > 0.1


@pytest.mark.equation("best-sum")
@pytest.mark.parametrize("seed", [7, 11])
def test_the_best_sum_misses_every_answer_by_the_same(evidence, seed):
    answers = np.random.default_rng(seed).normal(size=(2, 2))  # by the first chunk, by the second
    columns = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]])  # p, p', q, q'
    fit = columns @ np.linalg.lstsq(columns, answers.ravel(), rcond=None)[0]
    missed = answers - fit.reshape(2, 2)
    evidence.evaluates(
        {"y": answers, r"\epsilon": missed[0, 0]},
        witness="what a fit by NumPy's lstsq misses",
        within=1e-12,
    )
    signs = np.array([[1, -1], [-1, 1]])
    evidence.agrees(missed, signs * missed[0, 0], witness="NumPy's lstsq", within=1e-12)
