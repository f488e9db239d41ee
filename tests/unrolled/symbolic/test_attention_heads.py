"""Splitting into heads: each displayed equation against numbers found another way."""

import numpy as np
import pytest
import sympy

from unrolled.networks import attention, heads
from unrolled.networks.attention import multi_head_forward, multi_head_init, split_heads
from unrolled.symbolic import attention_heads as symbolic

BATCH, TOKENS, HEADS, HEAD_WIDTH = 2, 5, 3, 7
WIDTH = HEADS * HEAD_WIDTH
SUM_TEX = r"f(X) = f_1(X_1) + \cdots + f_h(X_h)"


def letter(name, **assumptions):
    (found,) = (s for s in (symbolic.d, symbolic.d_k, symbolic.h, symbolic.n, symbolic.L,
                            symbolic.i, symbolic.t, symbolic.k) if s.name == name)  # fmt: skip
    return found


def value(expression, **numbers):
    return int(expression.subs({letter(name): number for name, number in numbers.items()}))


def softmax(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def attend(query, key, value):
    return softmax(query @ key.T / np.sqrt(query.shape[1])) @ value


@pytest.fixture(scope="module")
def layer():
    rng = np.random.default_rng(7)
    params = multi_head_init(WIDTH, rng=rng)
    for part in params:
        part.b[:] = rng.normal(size=WIDTH)
    return params, rng.normal(size=(BATCH, TOKENS, WIDTH))


# Counts --------------------------------------------------------------------------------------


@pytest.mark.equation("head-width")
def test_eight_heads_share_512_features(evidence):
    equation = symbolic.head_width()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for width, n_heads in ((512, 8), (21, 3), (10, 5)):
        pieces = split_heads(np.zeros((2, width)), n_heads)
        ours = value(equation.sides[1], d=width, h=n_heads)
        evidence.agrees(ours, pieces.shape[-1], witness="a split array", within=0)


@pytest.mark.equation("head-count")
def test_four_layers_of_eight_heads_have_thirty_two(evidence):
    equation = symbolic.head_count()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    counted = sum(1 for _ in np.ndindex(4, 8))
    ours = value(equation.lhs, L=4, h=8)
    evidence.agrees([ours, int(equation.rhs)], [counted] * 2, witness="counted pairs", within=0)


@pytest.mark.equation("weights-mapped-first")
@pytest.mark.equation("weights-cut-first")
def test_an_eighth_of_the_weights_is_left_where_tokens_are_cut_first(evidence, layer):
    first, cut = symbolic.weights_mapped_first(), symbolic.weights_cut_first()
    evidence.rendered(first, "weights-mapped-first")
    evidence.rendered(cut, "weights-cut-first")
    width = {letter("d_k"): letter("d") / letter("h")}
    for equation in (first, cut):
        evidence.identity(equation.lhs.subs(width) - equation.rhs)
    for equation, expected in ((first, 786_432), (cut, 98_304)):
        sides = [value(side, d=512, d_k=64, h=8) for side in equation.sides]
        evidence.agrees(sides, [expected] * 2, witness="a count by hand", within=0)
    params, _ = layer
    for equation, made in ((first, params), (cut, heads.cut_first(params, HEADS))):
        counted = sum(np.count_nonzero(part.W) for part in made[:3])
        ours = value(equation.lhs, d=WIDTH, d_k=HEAD_WIDTH, h=HEADS)
        evidence.agrees(ours, counted, witness="counted entries", within=0)


# Places --------------------------------------------------------------------------------------


@pytest.mark.equation("split-place")
@pytest.mark.equation("reshape-place")
def test_every_number_stands_where_the_formulas_say(evidence):
    split, reshaped = symbolic.split_place(), symbolic.reshape_place()
    evidence.rendered(split, "split-place")
    evidence.rendered(reshaped, "reshape-place")
    table = 1 + np.arange(TOKENS * WIDTH).reshape(TOKENS, WIDTH)
    right, wrong = split_heads(table, HEADS), table.reshape(HEADS, TOKENS, HEAD_WIDTH)
    sizes = {"d": WIDTH, "d_k": HEAD_WIDTH, "n": TOKENS}
    for equation, array in ((split, right), (reshaped, wrong)):
        ours = [value(equation.rhs, i=i, t=t, k=k, **sizes) for i, t, k in np.ndindex(array.shape)]
        evidence.agrees(ours, array.ravel().tolist(), witness="NumPy", within=0)


def test_five_entries_of_the_page_by_hand():
    sizes = {"d": 512, "d_k": 64, "n": 9}
    cases = {
        1: ((0, 0, 0), (0, 0, 0)), 65: ((1, 0, 0), (0, 1, 0)), 513: ((0, 1, 0), (0, 8, 0)),
        4097: ((0, 8, 0), (7, 1, 0)), 4608: ((7, 8, 63), (7, 8, 63)),
    }  # fmt: skip
    for number, places in cases.items():
        equations = (symbolic.split_place(), symbolic.reshape_place())
        for equation, place in zip(equations, places, strict=True):
            assert value(equation.rhs, **dict(zip("itk", place, strict=True)), **sizes) == number


@pytest.mark.equation("places-agree")
def test_a_bare_reshape_is_right_at_two_rows_of_72(evidence):
    equivalence = symbolic.places_agree()
    evidence.rendered(equivalence)
    difference = symbolic.reshape_place().rhs - symbolic.split_place().rhs
    d, d_k, h = letter("d"), letter("d_k"), letter("h")
    left, right = equivalence.second.args
    evidence.identity(difference.subs(d, d_k * h) - d_k * (right - left))
    for n_tokens, n_heads in ((9, 8), (7, 3), (5, 5)):
        table = np.arange(n_tokens * n_heads * 2).reshape(n_tokens, n_heads * 2)
        same = (split_heads(table, n_heads) == table.reshape(n_heads, n_tokens, 2)).all(axis=-1)
        said = [
            bool(equivalence.second.subs({letter("i"): i, letter("t"): t, h: n_heads,
                                          letter("n"): n_tokens}))
            for i, t in np.ndindex(n_heads, n_tokens)
        ]  # fmt: skip
        evidence.agrees(said, same.ravel(), witness="NumPy", within=0)
    assert same.sum() == 5  # as many heads as tokens: the diagonal


# Heads ---------------------------------------------------------------------------------------


@pytest.mark.equation("attention-head")
@pytest.mark.equation("multi-head")
def test_a_loop_over_heads_is_the_layer(evidence, layer):
    head, whole = symbolic.attention_head(), symbolic.multi_head()
    evidence.rendered(head, "attention-head")
    evidence.rendered(whole, "multi-head")
    params, x = layer
    bare = params._replace(**{
        name: part._replace(b=np.zeros(WIDTH)) for name, part in params._asdict().items()
    })  # fmt: skip
    found = []
    for one in range(HEADS):
        own = slice(one * HEAD_WIDTH, (one + 1) * HEAD_WIDTH)
        arrays = {f"W{role}i": part.W[:, own] for role, part in zip("QKV", bare, strict=False)}
        arrays["X"] = x[0]
        ours = head.rhs.on(lambda letter, a=arrays: sympy.ImmutableDenseMatrix(a[letter.key]))
        found.append(np.array(ours, dtype=float))
        theirs = attend(*(x[0] @ part.W[:, own] for part in bare[:3]))
        evidence.agrees(found[-1], theirs, witness="a loop in NumPy", within=1e-13)
    arrays = {f"head{name}": z for name, z in zip(symbolic.LABELS, found, strict=True)}
    arrays["WO"] = bare.output.W
    ours = whole.rhs.on(lambda letter: sympy.ImmutableDenseMatrix(arrays[letter.key]))
    theirs, _, _ = multi_head_forward(bare, *[x[:1]] * 3, n_heads=HEADS)
    evidence.agrees(np.array(ours, dtype=float), theirs[0], witness="NumPy", within=1e-13)


def test_an_even_head_is_an_average_by_hand():
    values = sympy.Matrix([[1, 5], [3, 7]])
    worth = {"headi": None, "X": values, "WQi": sympy.zeros(2), "WKi": sympy.zeros(2),
             "WVi": sympy.eye(2)}  # fmt: skip
    average = symbolic.attention_head().rhs.on(lambda letter: worth[letter.key])
    assert average == sympy.Matrix([[2, 6], [2, 6]])


@pytest.mark.equation("side-by-side")
def test_one_wide_map_is_a_map_for_each_head(evidence):
    equation = symbolic.side_by_side()
    evidence.rendered(equation)
    meaning = symbolic.matrices({"X": (TOKENS, 3), "W": (3, 2)})
    evidence.identity(equation.on(meaning).residual)
    rng = np.random.default_rng(7)
    x = rng.integers(-9, 10, size=(TOKENS, WIDTH))
    W = rng.integers(-9, 10, size=(WIDTH, WIDTH))
    ours = attention.split_heads(x @ W, HEADS)
    theirs = np.zeros((HEADS, TOKENS, HEAD_WIDTH), int)
    for i, t, k in np.ndindex(theirs.shape):
        column = W[:, i * HEAD_WIDTH + k]
        theirs[i, t, k] = sum(int(a) * int(b) for a, b in zip(x[t], column, strict=True))
    evidence.agrees(ours, theirs, witness="sums in Python", within=0)


@pytest.mark.equation("block-diagonal")
def test_cutting_first_makes_a_map_block_diagonal(evidence, layer):
    equation = symbolic.block_diagonal()
    evidence.rendered(equation)
    evidence.identity(equation.on(symbolic.matrices({"X": (TOKENS, 3), "B": (3, 2)})).residual)
    params, x = layer
    cut = heads.cut_first(params, HEADS)
    ours = split_heads(x @ cut.key.W, HEADS)
    for one in range(HEADS):
        own = slice(one * HEAD_WIDTH, (one + 1) * HEAD_WIDTH)
        theirs = x[..., own] @ params.key.W[own, own]
        evidence.agrees(ours[:, one], theirs, witness="chunks in NumPy", within=1e-13)


@pytest.mark.equation("heads-add-up")
def test_a_layer_is_the_sum_of_its_heads(evidence, layer):
    equation = symbolic.heads_add_up()
    evidence.rendered(equation)
    shapes = {"A": (2, 2), "X": (2, 3), "WV": (3, 2), "WO": (2, 3)}
    evidence.identity(equation.on(_with_layer(symbolic.matrices(shapes))).residual)
    params, x = layer
    output, weights, _ = multi_head_forward(params, x, x, x, n_heads=HEADS)
    added = np.zeros_like(output) + params.output.b
    for one in range(HEADS):
        own = slice(one * HEAD_WIDTH, (one + 1) * HEAD_WIDTH)
        values = x @ params.value.W[:, own] + params.value.b[own]
        added += weights[:, one] @ values @ params.output.W[own]
    evidence.agrees(output, added, witness="a sum over heads in NumPy", within=1e-13)


def _with_layer(meaning):
    return lambda letter: None if letter.key == "MHA" else meaning(letter)


# What cutting first cannot do ----------------------------------------------------------------


@pytest.mark.equation("cut-first-sum", tex=SUM_TEX)
def test_a_layer_that_cuts_first_is_a_sum_of_functions_of_chunks(evidence, layer):
    params, x = layer
    cut = heads.cut_first(params, HEADS)
    output, _, _ = multi_head_forward(cut, x, x, x, n_heads=HEADS)
    added = np.zeros_like(output) + params.output.b
    for one in range(HEADS):
        own = slice(one * HEAD_WIDTH, (one + 1) * HEAD_WIDTH)
        for at in range(BATCH):
            mapped = (x[at][:, own] @ p.W[own, own] + p.b[own] for p in params[:3])
            added[at] += attend(*mapped) @ params.output.W[own]
    evidence.agrees(output, added, witness="heads that hear their chunk only", within=1e-13)


@pytest.mark.equation("mixed-difference")
def test_no_layer_that_cuts_first_has_a_mixed_difference(evidence, layer):
    evidence.rendered(symbolic.mixed_difference())
    F, G = sympy.Function("F"), sympy.Function("G")
    evidence.identity(symbolic.mixed_difference(lambda p, q: F(p) + G(q)).residual)
    params, x = layer
    other = np.random.default_rng(11).normal(size=x.shape)

    def change(made):
        values = []
        for p, q in ((x, x), (other, x), (x, other), (other, other)):
            tokens = x.copy()
            tokens[..., :HEAD_WIDTH] = p[..., :HEAD_WIDTH]
            tokens[..., HEAD_WIDTH : 2 * HEAD_WIDTH] = q[..., HEAD_WIDTH : 2 * HEAD_WIDTH]
            values.append(multi_head_forward(made, *[tokens] * 3, n_heads=HEADS)[0])
        return values[0] - values[1] - values[2] + values[3]

    mixed = change(heads.cut_first(params, HEADS))
    evidence.agrees(mixed, np.zeros_like(mixed), witness="NumPy", within=1e-13)
    assert np.abs(change(params)).max() > 0.1  # mapped first, there is one


@pytest.mark.equation("best-sum")
def test_the_best_sum_misses_every_answer_by_the_same(evidence):
    equation = symbolic.best_sum()
    evidence.rendered(equation)
    missed = symbolic.derive_best_sum()
    for ours, sign in zip(missed, (1, -1, -1, 1), strict=True):
        evidence.identity(ours - sign * equation.rhs)
    answers = np.random.default_rng(7).normal(size=4)
    columns = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1]])  # p, p', q, q'
    fit = columns @ np.linalg.lstsq(columns, answers, rcond=None)[0]
    ours = [float(e.subs(dict(zip(symbolic.ANSWERS, answers, strict=True)))) for e in missed]
    evidence.agrees(ours, answers - fit, witness="least squares in NumPy", within=1e-13)
