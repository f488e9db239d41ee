"""What the page about the multi-head layer shows, held against components and differences."""

import itertools

import numpy as np
import pytest
import sympy

from oracles import central_differences
from unrolled.networks.attention import (
    multi_head_forward,
    multi_head_init,
    scaled_dot_product_attention,
)
from unrolled.networks.trees import count_parameters
from unrolled.symbolic import attention_layer as symbolic
from unrolled.symbolic.attention_layer import (
    ONES,
    ROOT,
    W_K,
    W_Q,
    W_V,
    Z_1,
    A,
    H,
    K,
    Layer,
    P,
    Q,
    S,
    V,
    W,
    X,
    Y,
    Z,
    Z_h,
    b,
    d,
)
from unrolled.symbolic.equations import tex_of
from unrolled.symbolic.lines import in_lines
from unrolled.symbolic.vectors import Delta, Transpose

N_QUERIES, N_KEYS, D_K, D_V = 2, 3, 5, 7
N_TOKENS, D_MODEL = 3, 10  # two heads of five
TINY = 1e-14

# Every order of three tokens is made of these two.
SWAP = sympy.Matrix([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
CYCLE = sympy.Matrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
MIXING = sympy.Matrix([[1, 1, 0], [0, 1, 0], [0, 0, 1]])  # invertible, but no new order


def numbers(matrix):
    return np.array(sympy.Matrix(matrix).evalf(30).tolist(), float)


def rationals(rng, *shape):
    return sympy.Matrix(
        *shape, [sympy.Rational(int(v), 7) for v in rng.integers(-9, 10, shape).flat]
    )


def letters(name, *shape):
    return sympy.Matrix(*shape, lambda i, j: sympy.Symbol(f"{name}_{i}_{j}", real=True))


def permutations(size):
    for order in itertools.permutations(range(size)):
        yield sympy.Matrix(size, size, lambda i, j, order=order: int(order[i] == j))


def vanishes(evidence, residual):
    """Let both sides cancel term by term: to expand or to print what does not takes minutes."""
    __tracebackhide__ = True
    n_left = sum(entry != 0 for entry in residual)
    assert n_left == 0
    evidence.identity(residual)


def plain_attention(query, key, value):
    """One head, entry by entry, without a line of the library."""
    context = np.zeros((len(query), value.shape[1]))
    for i, q in enumerate(query):
        amounts = [np.exp(sum(q * k) / len(q) ** 0.5) for k in key]
        for amount, v in zip(amounts, value, strict=True):
            context[i] += amount / sum(amounts) * v
    return context


# Shapes and weights --------------------------------------------------------------------------


@pytest.mark.equation("attention-parameters")
def test_a_layer_has_four_square_maps_with_biases(evidence):
    equation = symbolic.n_parameters()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    assert equation.rhs.subs(d, 512) == 1_050_624
    for width in (6, 35):
        made = multi_head_init(width, rng=np.random.default_rng(7))
        evidence.agrees(
            int(equation.rhs.subs(d, width)), count_parameters(made),
            witness="counted arrays", within=0,
        )  # fmt: skip


@pytest.mark.equation("cross-attention-shapes")
def test_weights_have_a_row_for_each_query_and_a_column_for_each_key(evidence):
    shapes = symbolic.cross_attention_shapes()
    evidence.rendered(shapes)
    rng = np.random.default_rng(7)
    context, weights = scaled_dot_product_attention(
        *(rng.normal(size=tuple(map(int, part.shape))) for part in shapes)
    )
    evidence.agrees(shapes.weights, weights.shape, witness="NumPy", within=0)
    evidence.agrees(shapes.context, context.shape, witness="NumPy", within=0)
    assert shapes.weights == (12, 9)
    assert shapes.context == (12, 64)


def test_keys_of_another_width_have_no_shape():
    with pytest.raises(sympy.matrices.exceptions.ShapeError):
        _ = symbolic.cross_attention_shapes()._replace(key=sympy.MatrixSymbol("K", 9, 63)).weights


# Another order -------------------------------------------------------------------------------


def layer_of_symbols():
    """Tokens of symbols; weights of small numbers, so that SymPy has less to sort."""
    rng = np.random.default_rng(7)
    weights = {
        name: sympy.Matrix(rng.integers(-2, 3, (D_MODEL, D_MODEL)).tolist()) for name in "QKVO"
    }
    tokens = {X: letters("x", N_TOKENS, D_MODEL), Y: letters("y", N_TOKENS, D_MODEL)}
    return weights, tokens


@pytest.mark.equation("permutation-equivariance")
def test_shuffled_tokens_give_the_same_output_shuffled(evidence):
    equation = symbolic.equivariance()
    evidence.rendered(equation)
    weights, tokens = layer_of_symbols()
    for order in (SWAP, CYCLE):
        meaning = symbolic.whole_layer(weights, {**tokens, P: order})
        vanishes(evidence, equation.on(meaning).residual)
    params = multi_head_init(D_MODEL, rng=np.random.default_rng(7))
    x = np.random.default_rng(11).normal(size=(1, 7, D_MODEL))
    order = [3, 6, 0, 5, 1, 2, 4]
    output = multi_head_forward(params, x, x, x, n_heads=2)[0]
    moved = x[:, order]
    theirs = multi_head_forward(params, moved, moved, moved, n_heads=2)[0]
    evidence.agrees(output[:, order], theirs, witness="NumPy", within=1e-14)


def test_equivariance_needs_a_permutation():
    weights, tokens = layer_of_symbols()
    rng = np.random.default_rng(7)
    tokens = {letter: rationals(rng, *matrix.shape) for letter, matrix in tokens.items()}
    for matrix, holds in ((MIXING, False), (CYCLE, True)):
        meaning = symbolic.whole_layer(weights, {**tokens, P: matrix})
        residual = numbers(symbolic.equivariance().on(meaning).residual)
        assert bool(np.abs(residual).max() < TINY) is holds


@pytest.mark.equation("shuffled-keys")
def test_shuffled_keys_and_values_change_nothing(evidence):
    equation = symbolic.shuffled_keys()
    evidence.rendered(equation)
    weights, tokens = layer_of_symbols()
    for order in (SWAP, CYCLE):
        meaning = symbolic.whole_layer(weights, {**tokens, P: order})
        vanishes(evidence, equation.on(meaning).residual)
    params = multi_head_init(D_MODEL, rng=np.random.default_rng(7))
    rng = np.random.default_rng(11)
    x, y = rng.normal(size=(1, 7, D_MODEL)), rng.normal(size=(1, 3, D_MODEL))
    moved = y[:, [2, 0, 1]]
    ours, theirs = (multi_head_forward(params, x, k, k, n_heads=2)[0] for k in (moved, y))
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-14)


@pytest.mark.equation("permutation-steps")
def test_every_step_of_the_proof_holds(evidence):
    steps = symbolic.steps_of_equivariance()
    evidence.rendered(steps)
    sizes = {Q: (N_TOKENS, D_K), K: (N_TOKENS, D_K), V: (N_TOKENS, D_V), S: (N_TOKENS, N_TOKENS),
             A: (N_TOKENS, N_TOKENS), Z_1: (N_TOKENS, D_V), Z_h: (N_TOKENS, D_V)}  # fmt: skip
    found = {letter: letters(tex_of(letter), *shape) for letter, shape in sizes.items()}
    for order in permutations(N_TOKENS):
        for step in steps.equations:
            vanishes(evidence, step.on({**found, P: order}.__getitem__).residual)


def test_two_steps_need_a_permutation():
    sizes = {Q: (3, 5), K: (3, 5), V: (3, 7), S: (3, 3), A: (3, 3), Z_1: (3, 7), Z_h: (3, 7)}
    rng = np.random.default_rng(7)
    found = {letter: rationals(rng, *shape) for letter, shape in sizes.items()}
    found[P] = MIXING
    steps = symbolic.steps_of_equivariance().equations
    worst = [np.abs(numbers(step.on(found.__getitem__).residual)).max() for step in steps]
    assert [value > 1e-3 for value in worst] == [False, True, True, False]


# The way back --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def head():
    rng = np.random.default_rng(7)
    sizes = ((N_QUERIES, D_K), (N_KEYS, D_K), (N_KEYS, D_V), (N_QUERIES, D_V))
    return symbolic.OneHead(*(rationals(rng, *shape) for shape in sizes))


def by_differences(head, letter):
    """Derivative of the loss by one letter, from two evaluations of plain Python a number."""
    arrays = {name: numbers(head.values[name]) for name in (Q, K, V, S, A, Z)}
    slopes = numbers(head.slopes)

    def loss():
        if letter in (Q, K, V):
            return float((slopes * plain_attention(arrays[Q], arrays[K], arrays[V])).sum())
        if letter == Z:
            return float((slopes * arrays[Z]).sum())
        shares = np.exp(arrays[S]) if letter == S else arrays[A]
        if letter == S:
            shares = shares / shares.sum(axis=1, keepdims=True)
        return float((slopes * (shares @ arrays[V])).sum())

    return central_differences(loss, arrays[letter])


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        pytest.param("delta_values", V, marks=pytest.mark.equation("attention-delta-values")),
        pytest.param("delta_weights", A, marks=pytest.mark.equation("attention-delta-weights")),
        pytest.param("delta_scores", S, marks=pytest.mark.equation("attention-delta-scores")),
        pytest.param("delta_queries", Q, marks=pytest.mark.equation("attention-delta-queries")),
        pytest.param("delta_keys", K, marks=pytest.mark.equation("attention-delta-keys")),
    ],
)
def test_derivatives_of_one_head(evidence, head, name, letter):
    equation = getattr(symbolic, name)()
    evidence.rendered(equation)
    by_sympy, ours = (numbers(side) for side in equation.on(head).sides)
    evidence.agrees(ours, by_sympy, witness="SymPy's derivative of the loss", within=TINY)
    theirs = by_differences(head, letter)
    evidence.agrees(ours, theirs, witness="central differences", within=1e-8)


def test_without_the_sum_of_a_row_the_equation_is_false(head):
    right = symbolic.delta_scores()
    slip = type(right)(right.sides[0], A * Delta(A))
    assert np.abs(numbers(right.on(head).residual)).max() < TINY
    assert np.abs(numbers(slip.on(head).residual)).max() > 1e-2


def test_derivatives_of_the_scores_sum_to_zero_in_every_row(head):
    np.testing.assert_allclose(numbers(head(Delta(S))).sum(axis=1), 0, atol=1e-15)


def test_a_square_case_notices_a_missing_transpose():
    rng = np.random.default_rng(11)
    square = symbolic.OneHead(*(rationals(rng, 3, 3) for _ in range(4)))
    for right, old, new in (
        (symbolic.delta_values(), Transpose(A), A),
        (symbolic.delta_weights(), Transpose(V), V),
        (symbolic.delta_keys(), Transpose(Delta(S)), Delta(S)),
    ):
        assert np.abs(numbers(right.on(square).residual)).max() < TINY
        assert np.abs(numbers(right.replace(old, new).on(square).residual)).max() > 1e-3


@pytest.mark.equation("attention-map-gradients")
def test_a_map_of_tokens_sends_back_to_weights_bias_and_tokens(evidence):
    system = symbolic.map_gradients()
    evidence.rendered(system)
    rng = np.random.default_rng(7)
    arrays = {X: rng.normal(size=(3, 5)), W: rng.normal(size=(5, 7)), b: rng.normal(size=(1, 7))}
    slopes = rng.normal(size=(3, 7))

    def loss():
        mapped = arrays[X] @ arrays[W] + arrays[b]
        return float(np.sum(slopes * np.sin(mapped)))

    theirs = {letter: central_differences(loss, array) for letter, array in arrays.items()}
    d_h = slopes * np.cos(arrays[X] @ arrays[W] + arrays[b])
    given = {X: arrays[X], W: arrays[W], ONES: np.ones((3, 1)), Delta(H): d_h}
    meaning = {term: sympy.Matrix(array) for term, array in given.items()}
    for equation in system.equations:
        ours = numbers(equation.rhs.on(meaning.__getitem__))
        letter = equation.lhs.args[0]
        evidence.agrees(ours, theirs[letter], witness="central differences", within=1e-8)


@pytest.mark.equation("self-attention-delta")
def test_in_self_attention_three_derivatives_add_up(evidence):
    equation = symbolic.self_attention_delta()
    evidence.rendered(in_lines(equation))
    rng = np.random.default_rng(7)
    tokens, slopes = rng.normal(size=(3, 10)), rng.normal(size=(3, 10))
    weights = {W_Q: (10, 10), W_K: (10, 10), W_V: (10, 10)}
    weights = {letter: rng.normal(size=shape) / 3 for letter, shape in weights.items()}
    mapped = {}

    def loss(parts):
        halves = zip(*(np.split(part, 2, axis=1) for part in parts), strict=True)
        return float(np.sum(slopes * np.hstack([plain_attention(*half) for half in halves])))

    def through():
        return loss([tokens @ matrix for matrix in weights.values()])

    theirs = central_differences(through, tokens)
    parts = [tokens @ matrix for matrix in weights.values()]
    for letter, part in zip((Q, K, V), parts, strict=True):
        mapped[Delta(letter)] = central_differences(lambda: loss(parts), part)
    meaning = {term: sympy.Matrix(array) for term, array in {**weights, **mapped}.items()}
    ours = numbers(equation.rhs.on(meaning.__getitem__))
    evidence.agrees(ours, theirs, witness="central differences", within=1e-8)
    for letter in mapped:
        short = {**meaning, letter: sympy.zeros(3, 10)}
        assert np.abs(numbers(equation.rhs.on(short.__getitem__)) - theirs).max() > 1e-3, letter


def test_letters_of_a_head_are_known(head):
    assert head(ROOT) == sympy.sqrt(D_K)
    assert head(Z).shape == (N_QUERIES, D_V)
    assert tex_of(Layer(P @ X)) == r"\operatorname{MHA}(P X)"
