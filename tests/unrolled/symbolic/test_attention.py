"""Attention of one head: each displayed equation against sums of plain numbers."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy
from scipy import special
from sympy import ImmutableDenseMatrix, Rational

from unrolled.networks.attention import scaled_dot_product_attention
from unrolled.symbolic import attention as symbolic
from unrolled.symbolic.attention import A, Q, S, V, Z, letters, letters_of_tokens, symbols_of

N_QUERIES, N_KEYS, D_K, D_V, D = 2, 3, 5, 7, 11
PAIRS = list(product(range(1, N_QUERIES + 1), range(1, N_KEYS + 1)))


@pytest.fixture(scope="module")
def small():
    """Matrices of symbols."""
    return letters(
        symbols_of("q", N_QUERIES, D_K), symbols_of("k", N_KEYS, D_K), symbols_of("v", N_KEYS, D_V)
    )


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(7)
    shapes = (N_QUERIES, D_K), (N_KEYS, D_K), (N_KEYS, D_V)
    return [rng.integers(-9, 10, size=shape) / 4 for shape in shapes]


@pytest.fixture(scope="module")
def numbers(arrays):
    return letters(*(matrix_of(array) for array in arrays))


def matrix_of(array):
    return ImmutableDenseMatrix(*array.shape, [Rational(Fraction(x)) for x in array.ravel()])


def floats(value):
    return np.array(sympy.Matrix([value]).evalf(30).tolist(), dtype=float)


def plain_weights(arrays):
    """Weights by loops over Python's numbers."""
    queries, keys, _ = (array.tolist() for array in arrays)
    rows = []
    for query in queries:
        root = math.sqrt(len(query))
        raised = [
            math.exp(sum(x * y for x, y in zip(query, key, strict=True)) / root) for key in keys
        ]
        rows.append([one / sum(raised) for one in raised])
    return rows


def plain_context(arrays):
    values = arrays[2].tolist()
    return [
        [sum(a * row[c] for a, row in zip(weights, values, strict=True)) for c in range(D_V)]
        for weights in plain_weights(arrays)
    ]


# By hand -------------------------------------------------------------------------------------


def test_one_query_and_two_keys_by_hand():
    query = sympy.Matrix([[1, 2, 0, 1]])
    key = sympy.Matrix([[2, 0, 3, 0], [0, 1, 1, 2]])
    log_of_one_and_three = letters(query * 0, key, sympy.Matrix([[4], [8]]))
    assert log_of_one_and_three(Z) == sympy.Matrix([[6]])
    meaning = letters(query, key, sympy.Matrix([[4], [8]]))
    assert meaning(S) == sympy.Matrix([[1, 2]])
    assert sympy.simplify(meaning(A)[1] - sympy.E / (1 + sympy.E)) == 0
    assert sympy.simplify(meaning(Z)[0] - (4 + 8 * sympy.E) / (1 + sympy.E)) == 0


# One query -----------------------------------------------------------------------------------


@pytest.mark.equation("attention-maps")
def test_queries_keys_and_values_are_made_of_the_same_tokens(evidence):
    rng = np.random.default_rng(11)
    shapes = (N_KEYS, D), (D, D_K), (D, D_K), (D, D_V)
    tokens, *maps = (rng.integers(-4, 5, size=shape) for shape in shapes)
    meaning = letters_of_tokens(*[sympy.Matrix(tokens), [sympy.Matrix(one) for one in maps]])
    made = symbolic.queries_keys_values()
    evidence.rendered(made)
    for equation, weights in zip(made.equations, maps, strict=True):
        left, right = equation.on(meaning).sides
        by_loops = [
            [sum(int(x) * int(w) for x, w in zip(row, column, strict=True)) for column in weights.T]
            for row in tokens
        ]
        assert left == right
        evidence.agrees(floats(right), by_loops, witness="sums in Python", within=0)


@pytest.mark.equation("attention-score")
def test_score_is_an_inner_product_over_the_root_of_the_width(evidence, numbers, arrays):
    equation = symbolic.score()
    evidence.rendered(equation)
    queries, keys, _ = (array.tolist() for array in arrays)
    for row, other in PAIRS:
        inner = sum(x * y for x, y in zip(queries[row - 1], keys[other - 1], strict=True))
        for side in equation.on(numbers, i=row, j=other).sides:
            evidence.agrees(floats(side).item(), inner / math.sqrt(D_K), witness="a sum in Python",
                            within=1e-14)  # fmt: skip


@pytest.mark.equation("attention-weights")
def test_weights_are_shares_of_the_exponentials_in_a_row(evidence, numbers, arrays):
    equation = symbolic.weight()
    evidence.rendered(equation)
    theirs = plain_weights(arrays)
    for row, other in PAIRS:
        for side in equation.on(numbers, i=row, j=other, n=N_KEYS).sides:
            evidence.agrees(floats(side).item(), theirs[row - 1][other - 1],
                            witness="sums in Python", within=1e-13)  # fmt: skip


@pytest.mark.equation("attention-weights")
def test_weights_are_those_of_scipy(evidence, numbers, arrays):
    queries, keys, _ = arrays
    theirs = special.softmax(queries @ keys.T / np.sqrt(D_K), axis=-1)
    evidence.agrees(floats(numbers(A)), theirs, witness="SciPy's softmax", within=1e-14)
    evidence.rendered(symbolic.weight())


@pytest.mark.equation("attention-row-sum")
def test_weights_of_each_query_sum_to_one(evidence, small):
    equation = symbolic.row_sum()
    evidence.rendered(equation)
    for row in range(1, N_QUERIES + 1):
        evidence.identity(sympy.simplify(equation.on(small, i=row, n=N_KEYS).residual))


@pytest.mark.equation("attention-one-query")
def test_context_of_a_query_is_a_weighted_sum_of_values(evidence, numbers, arrays):
    equation = symbolic.one_query()
    evidence.rendered(equation)
    for row in range(1, N_QUERIES + 1):
        for side in equation.on(numbers, i=row, n=N_KEYS).sides:
            evidence.agrees(floats(side)[0], plain_context(arrays)[row - 1],
                            witness="sums in Python", within=1e-13)  # fmt: skip


# All queries ---------------------------------------------------------------------------------


@pytest.mark.equation("attention-scores")
def test_all_scores_are_one_product(evidence, small):
    equation, one = symbolic.scores(), symbolic.score()
    evidence.rendered(equation)
    whole = equation.on(small).rhs
    assert whole.shape == (N_QUERIES, N_KEYS)
    for row, other in PAIRS:
        entry = one.on(small, i=row, j=other).rhs[0]
        evidence.identity(sympy.simplify(whole[row - 1, other - 1] - entry))


@pytest.mark.equation("attention")
def test_all_at_once_is_one_query_after_the_other(evidence, numbers, arrays):
    equation = symbolic.attention()
    evidence.rendered(equation)
    ours = floats(equation.on(numbers).rhs)
    evidence.agrees(ours, plain_context(arrays), witness="sums in Python", within=1e-13)
    theirs, _ = scaled_dot_product_attention(*arrays)
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-13)


@pytest.mark.equation("attention-transposed")
def test_transposed_factors_change_places(evidence, small):
    equation = symbolic.transposed()
    evidence.rendered(equation)
    first, second, third = equation.on(small).sides
    assert third.shape == (D_V, N_QUERIES)
    evidence.identity((first - third).applyfunc(sympy.simplify))
    evidence.identity((second - third).applyfunc(sympy.simplify))


@pytest.mark.equation("attention-column")
def test_one_column_is_the_weighted_sum_upright(evidence, numbers, arrays):
    equation = symbolic.column()
    evidence.rendered(equation)
    for row in range(1, N_QUERIES + 1):
        for side in equation.on(numbers, i=row, n=N_KEYS).sides:
            assert side.shape == (D_V, 1)
            evidence.agrees(floats(side)[:, 0], plain_context(arrays)[row - 1],
                            witness="sums in Python", within=1e-13)  # fmt: skip


# Laws ----------------------------------------------------------------------------------------


def test_a_context_lies_between_the_smallest_and_the_largest_value(arrays):
    context, values = np.array(plain_context(arrays)), arrays[2]
    assert (context <= values.max(axis=0)).all()
    assert (context >= values.min(axis=0)).all()


def test_equal_queries_get_equal_contexts(arrays):
    query, key, value = map(matrix_of, arrays)
    twice = letters(query[:1, :].col_join(query[:1, :]), key, value)
    assert twice(Z)[0, :] == twice(Z)[1, :]


def test_letters_are_rows_and_entries_of_their_matrices(small):
    assert symbolic.Row(Q, 2).on(small) == small(Q)[1, :]
    assert symbolic.Upright(V, 3).on(small) == small(V)[2, :].T
    assert symbolic.Cell(A, 2, 3).on(small) == small(A)[1, 2]
