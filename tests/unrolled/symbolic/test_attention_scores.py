"""Additive and bilinear scores: each displayed equation against plain sums, counts and SymPy."""

import itertools
import math

import numpy as np
import pytest
import sympy

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.networks.attention_scores import (
    additive_scores,
    additive_scores_backward,
    bilinear_scores,
    bilinear_scores_backward,
)

SIZES = [(2, 3, 5, 7, 11), (3, 5, 2, 11, 7), (3, 3, 3, 3, 3)]  # m, n, d_q, d_k, h
NAMES = ("m", "n", "d_q", "d_k", "h")


@pytest.fixture(params=SIZES, ids=str)
def sizes(request):
    return dict(zip(NAMES, request.param, strict=True))


def drawn(sizes, *letters):
    """Random arrays by their letters."""
    shapes = {
        "q": ("m", "d_q"),
        "k": ("n", "d_k"),
        "U_q": ("d_q", "h"),
        "U_k": ("d_k", "h"),
        "w": ("h",),
        "W": ("d_q", "d_k"),
    }
    rng = np.random.default_rng(7)
    arrays = {
        letter: rng.normal(size=[sizes[name] for name in shape]) / 2
        for letter, shape in shapes.items()
    }
    return [arrays[letter] for letter in letters]


def rows(matrix):
    """Rows of a matrix, counted from one."""
    return dict(enumerate(matrix, 1))


def pairs(table):
    """What stands for each pair of a query and a key, counted from one."""
    return {(i + 1, j + 1): table[i][j] for i in range(len(table)) for j in range(len(table[0]))}


def every(sizes):
    return {"i": range(1, sizes["m"] + 1), "j": range(1, sizes["n"] + 1)}


def plain_hidden(q, k, U_q, U_k):
    """Hidden units of a pair, by exponentials and plain sums."""
    units = []
    for c in range(U_q.shape[1]):
        terms = [x * y for x, y in zip(q, U_q[:, c], strict=True)]
        terms += [x * y for x, y in zip(k, U_k[:, c], strict=True)]
        power = math.exp(2 * math.fsum(terms))
        units.append((power - 1) / (power + 1))
    return units


# The two scores ------------------------------------------------------------------------------


@pytest.mark.equation("additive-score")
def test_additive_score_is_a_small_network_of_both(evidence, sizes):
    query, key, U_q, U_k, w = drawn(sizes, "q", "k", "U_q", "U_k", "w")
    hidden = [[plain_hidden(q, k, U_q, U_k) for k in key] for q in query]
    scores = [[math.fsum(t * v for t, v in zip(units, w, strict=True)) for units in row]
              for row in hidden]  # fmt: skip
    evidence.evaluates(
        {
            "t_{ij}": pairs(hidden),
            "s_{ij}": pairs(scores),
            "q_i": rows(query),
            "k_j": rows(key),
            "U_q": U_q,
            "U_k": U_k,
            "w": w,
        },
        at=every(sizes),
        witness="exponentials and sums of products of plain numbers",
        within=1e-13,
    )
    evidence.agrees(
        additive_scores(query, key, U_q, U_k, w),
        np.array(scores),
        witness="the same, for the book's function",
        within=1e-13,
    )


@pytest.mark.equation("bilinear-score")
def test_bilinear_score_is_a_double_sum(evidence, sizes):
    query, key, W = drawn(sizes, "q", "k", "W")
    scores = [
        [math.fsum(q[b] * W[b, c] * k[c] for b, c in np.ndindex(W.shape)) for k in key]
        for q in query
    ]
    evidence.evaluates(
        {"s_{ij}": pairs(scores), "q_i": rows(query), "k_j": rows(key), "W": W},
        at=every(sizes),
        witness="sums of products of three plain numbers",
        within=1e-13,
    )
    evidence.agrees(
        bilinear_scores(query, key, W),
        np.array(scores),
        witness="the same, for the book's function",
        within=1e-13,
    )


@pytest.mark.equation("projections-are-bilinear")
@pytest.mark.parametrize(("n_tokens", "d", "width"), [(3, 5, 2), (2, 3, 7), (4, 4, 4)])
def test_dot_product_of_projections_is_a_bilinear_score_of_tokens(evidence, n_tokens, d, width):
    rng = np.random.default_rng(7)
    tokens, projections = rng.normal(size=(n_tokens, d)), rng.normal(size=(2, d, width))
    query, key = (
        [[math.fsum(x * y for x, y in zip(row, column, strict=True)) for column in W.T]
         for row in tokens]
        for W in projections
    )  # fmt: skip
    places = range(1, n_tokens + 1)
    evidence.evaluates(
        {
            "q_i": rows(query),
            "k_j": rows(key),
            "x_i": rows(tokens),
            "W^Q": projections[0],
            "W^K": projections[1],
        },
        at={"i": places, "j": places},
        witness="queries and keys as sums of products of plain numbers",
        within=1e-13,
    )


# What they cost ------------------------------------------------------------------------------


class Counted:
    """A number that counts how often one was multiplied."""

    n_products = 0

    def __add__(self, other):
        return self

    __radd__ = __add__

    def __mul__(self, other):
        Counted.n_products += 1
        return self


def counted(function, *shapes):
    """How many multiplications a function of tables takes."""
    Counted.n_products = 0
    function(*(np.full(shape, Counted(), object) for shape in shapes))
    return Counted.n_products


def table_product(left, right):
    return np.array([[sum(row * column) for column in right.T] for row in left], object)


@pytest.mark.equation("score-parameters")
def test_parameters_are_the_entries_of_the_arrays(evidence, sizes):
    U_q, U_k, w, W = drawn(sizes, "U_q", "U_k", "w", "W")
    evidence.evaluates(
        {
            r"P_{\mathrm{add}}": sum(len(array.ravel()) for array in (U_q, U_k, w)),
            r"P_{\mathrm{bil}}": len(W.ravel()),
            **{name: sizes[name] for name in ("d_q", "d_k", "h")},
        },
        witness="the entries of the arrays, counted",
        within=0,
    )


@pytest.mark.equation("score-multiplications")
def test_multiplications_are_counted_one_by_one(evidence, sizes):
    m, n, d_q, d_k, h = (sizes[name] for name in NAMES)

    def dot(query, key):
        return table_product(query, key.T)

    def bilinear(query, key, W):
        return dot(table_product(query, W), key)

    def additive(query, key, U_q, U_k, w):
        from_query, from_key = table_product(query, U_q), table_product(key, U_k)
        return [[sum((a + b) * w) for b in from_key] for a in from_query]

    evidence.evaluates(
        {
            r"M_{\mathrm{dot}}": counted(dot, (m, d_k), (n, d_k)),
            r"M_{\mathrm{bil}}": counted(bilinear, (m, d_q), (n, d_k), (d_q, d_k)),
            r"M_{\mathrm{add}}": counted(additive, (m, d_q), (n, d_k), (d_q, h), (d_k, h), (h,)),
            **sizes,
        },
        witness="numbers that count how often they are multiplied",
        within=0,
    )


# How large they are --------------------------------------------------------------------------


def two_valued(share):
    """The two values of mean zero and variance one of which the larger has this probability."""
    return (share, math.sqrt((1 - share) / share)), (1 - share, -math.sqrt(share / (1 - share)))


def all_cases(letter, shares):
    """Every case of a row of independent standard components, with its probability."""
    return [
        (math.prod(share for share, _ in case), {letter: np.array([x for _, x in case])})
        for case in itertools.product(*map(two_valued, shares))
    ]


@pytest.mark.equation("bilinear-variance")
@pytest.mark.parametrize(("d_q", "d_k"), [(2, 3), (3, 2), (3, 3)])
def test_variance_of_a_bilinear_score_is_the_sum_of_the_squares(evidence, d_q, d_k):
    evidence.evaluates(
        {"W": np.random.default_rng(7).normal(size=(d_q, d_k)), "d_q": d_q, "d_k": d_k},
        chance={
            "q": all_cases("q", (1 / 5, 1 / 10, 1 / 17)[:d_q]),
            "k": all_cases("k", (1 / 26, 1 / 5, 1 / 10)[:d_k]),
        },
        witness="every case of components with two values each, counted",
        within=1e-13,
    )


@pytest.mark.equation("additive-bound")
@pytest.mark.parametrize("h", [2, 5, 7])
def test_no_additive_score_is_beyond_the_sum_of_the_sizes(evidence, h):
    """The border: every unit saturated, with the sign of its parameter or with the other one."""
    w = np.random.default_rng(7).choice([-1, 1], h) * 0.5 ** np.arange(h)
    saturating = np.array([-np.sign(w) / 50, np.ones(h) / 30, np.sign(w), -np.sign(w), 0 * w])
    scores = additive_scores(99 * saturating, np.zeros((1, 1)), np.eye(h), np.zeros((1, h)), w)
    evidence.evaluates(
        {"s_{ij}": pairs(scores), "w": w, "h": h},
        at={"i": range(1, 6), "j": [1]},
        witness="the book's additive scores, saturated and not",
        within=1e-15,
    )


# Their gradients -----------------------------------------------------------------------------


def symbolic_gradients(sizes):
    """By letter SymPy's derivative of the two scores of one pair, with the numbers put in."""
    query, key, U_q, U_k, w, W = drawn(sizes, "q", "k", "U_q", "U_k", "w", "W")
    given = {"q": query[:1], "k": key[:1], "U_q": U_q, "U_k": U_k, "w": w[:, None], "W": W}
    letters = {name: sympy.Matrix(*array.shape, sympy.symbols(f"{name}:{array.size}"))
               for name, array in given.items()}  # fmt: skip
    numbers = {
        symbol: number
        for name, array in given.items()
        for symbol, number in zip(letters[name], array.ravel().tolist(), strict=True)
    }
    q, k, A, B, v, C = letters.values()
    additive = ((q * A + k * B).applyfunc(sympy.tanh) * v)[0, 0]
    bilinear = (q * C * k.T)[0, 0]

    def derivatives(score, name):
        found = [float(score.diff(symbol).subs(numbers)) for symbol in letters[name]]
        return np.reshape(found, given[name].shape)

    return (
        {name: derivatives(additive, name) for name in ("q", "k", "U_q", "U_k", "w")},
        {name: derivatives(bilinear, name) for name in ("q", "k", "W")},
        given,
    )


SMALL = {"m": 1, "n": 1, "d_q": 2, "d_k": 3, "h": 5}


def test_backward_passes_are_those_of_sympy():
    additive, bilinear, given = symbolic_gradients(SMALL)
    q, k, U_q, U_k, w, W = given.values()
    one = np.ones((1, 1))
    for found, wanted in (
        (additive_scores_backward(q, k, U_q, U_k, w.ravel(), one), additive),
        (bilinear_scores_backward(q, k, W, one), bilinear),
    ):
        for ours, theirs in zip(found, wanted.values(), strict=True):
            np.testing.assert_allclose(ours, theirs.reshape(ours.shape), rtol=1e-12, atol=1e-15)


@pytest.mark.equation("additive-score-gradient")
def test_gradient_of_an_additive_score_passes_the_tanh(evidence, sizes):
    query, key, U_q, U_k, w = drawn(sizes, "q", "k", "U_q", "U_k", "w")

    def units(of, i, j):
        powers = np.exp(2 * (of("q_i", i) @ U_q + of("k_j", j) @ U_k))
        return (powers - 1) / (powers + 1)

    evidence.evaluates(
        {
            "t_{ij}": Defined(units),
            "s_{ij}": Defined(lambda of, i, j: of("t_{ij}", i, j) @ w),
            "q_i": rows(query),
            "U_q": U_q,
            "w": w,
        },
        background={"k_j": rows(key)},
        at=every(sizes),
        witness="complex steps through exponentials",
        within=1e-13,
    )


@pytest.mark.equation("bilinear-score-gradient")
def test_gradient_of_a_bilinear_score_does_not_depend_on_the_query(evidence, sizes):
    query, key, W = drawn(sizes, "q", "k", "W")

    def projected(of, i, j):
        return np.array(
            [sum(x * y for x, y in zip(of("q_i", i), column, strict=True)) for column in W.T]
        )

    # Through the product with the matrix, so that only the total derivative is not zero.
    evidence.evaluates(
        {
            "s_{ij}": Defined(
                lambda of, i, j: sum(
                    x * y for x, y in zip(of("t_{ij}", i, j), of("k_j", j), strict=True)
                )
            ),
            "q_i": rows(query),
            "k_j": rows(key),
            "W": W,
        },
        background={"t_{ij}": Defined(projected)},
        at=every(sizes),
        witness="complex steps through sums of products",
        within=1e-13,
    )
