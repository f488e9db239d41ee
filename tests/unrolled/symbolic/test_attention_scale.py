"""Why scores are divided by the root of the dimension: all cases of chance counted."""

import heapq
import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.experiments.lookup import (
    LookupProjections,
    lookup_batch,
    lookup_gradient,
    lookup_init,
)
from unrolled.networks.attention import scaled_dot_product_attention_backward
from unrolled.networks.optimizers import adam_init, adam_step

# How probable the larger of two numbers is, component by component. None is one half: numbers of
# mean zero that are as large on both sides have squares that do not vary.
OF_A_QUERY = (1 / 5, 1 / 10, 1 / 17)
OF_A_KEY = (1 / 26, 1 / 5, 1 / 10)
COUNTED = "every case of components with two values each, counted"
N_KEYS = 5
SCORES = np.array([0.3, -1.2, 2.1, 0.0, 0.7])


def standard(share):
    """The two values of mean zero and variance one of which the larger has this probability."""
    return (share, math.sqrt((1 - share) / share)), (1 - share, -math.sqrt(share / (1 - share)))


def all_cases(letter, shares, means=0.0, deviations=1.0):
    """Every case of a row of independent components, with its probability."""
    for case in itertools.product(*map(standard, shares)):
        row = means + deviations * np.array([value for _, value in case])
        yield math.prod(share for share, _ in case), {letter: row}


def chance(dimension, **parts):
    """Queries and keys that know nothing of each other; by letter, other moments than 0 and 1."""
    shares = {"q": OF_A_QUERY, "k": OF_A_KEY}
    return {
        letter: list(all_cases(letter, shares[letter][:dimension], **moments))
        for letter, moments in ({"q": {}, "k": {}} | parts).items()
    }


# How large is a product? ---------------------------------------------------------------------


@pytest.mark.equation("query-key-product")
@pytest.mark.parametrize("dimension", [3, 5])
def test_score_of_a_query_is_one_sum_over_the_dimension(evidence, dimension):
    query, key = np.random.default_rng(7).normal(size=(2, dimension))
    evidence.evaluates(
        {"q": query, "k": key, "d_k": dimension},
        witness="NumPy's matrix product of a row and a column",
        within=1e-14,
    )


@pytest.mark.equation("component-variance")
@pytest.mark.parametrize("variances", [np.ones(2), np.array([4.0, 0.7])], ids=["one", "others"])
def test_product_of_two_standard_numbers_has_variance_one(evidence, variances):
    """Variances with the product one would do, so that each of the two counts."""
    evidence.evaluates(
        {},
        at={"c": (1, 2)},
        chance=chance(2, q={"deviations": variances**0.5}, k={"deviations": variances**-0.5}),
        witness=COUNTED,
        within=1e-13,
    )


@pytest.mark.equation("component-covariance")
def test_two_summands_do_not_know_each_other(evidence):
    """Whatever their means are: only that they are independent counts."""
    parts = {"q": {"means": np.array([0.7, -1.1])}, "k": {"means": np.array([1.3, 0.6])}}
    evidence.evaluates(
        {},
        at=[{"b": 1, "c": 2}, {"b": 2, "c": 1}],
        chance=chance(2, **parts),
        witness=COUNTED,
        within=1e-13,
    )


@pytest.mark.equation("score-variance")
@pytest.mark.parametrize("others", [False, True], ids=["one", "others"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_variance_of_a_score_is_the_dimension(evidence, dimension, others):
    """Variances of summands that are one on average would do, so that each summand counts."""
    query, key = np.ones((2, dimension))
    if others:
        query = np.array([0.3, 0.7, 2.1])[:dimension]
        key = np.linspace(1, 2, dimension) / query
        key *= dimension / (query @ key)
    evidence.evaluates(
        {"d_k": dimension},
        chance=chance(dimension, q={"deviations": query**0.5}, k={"deviations": key**0.5}),
        witness=COUNTED,
        within=1e-13,
    )


@pytest.mark.equation("scaled-score-variance")
@pytest.mark.parametrize("dimension", [2, 3])
def test_variance_of_a_scaled_score_is_one(evidence, dimension):
    evidence.evaluates({"d_k": dimension}, chance=chance(dimension), witness=COUNTED, within=1e-13)


@pytest.mark.equation("score-variance-general")
@pytest.mark.parametrize(
    ("dimension", "query", "key"), [(2, (0.7, 1.3), (-1.1, 0.6)), (3, (-1.9, 0.8), (0.4, 1.7))]
)
def test_means_that_are_not_zero_add_to_the_variance(evidence, dimension, query, key):
    names = ("means", "deviations")
    moments = {
        letter: dict(zip(names, pair, strict=True)) for letter, pair in (("q", query), ("k", key))
    }
    evidence.evaluates(
        {
            "d_k": dimension,
            r"\mu_q": query[0],
            r"\sigma_q": query[1],
            r"\mu_k": key[0],
            r"\sigma_k": key[1],
        },
        chance=chance(dimension, **moments),
        witness=COUNTED,
        within=1e-13,
    )


@pytest.mark.equation("aligned-score")
@pytest.mark.parametrize("others", [False, True], ids=["one", "others"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_score_of_a_vector_with_itself_has_the_dimension_for_its_mean(evidence, dimension, others):
    """Variances that are one on average would do, so that each component counts."""
    variances = np.linspace(0.3, 1.7, dimension) if others else np.ones(dimension)
    queries = {"q": chance(dimension, q={"deviations": variances**0.5})["q"]}
    evidence.evaluates({"d_k": dimension}, chance=queries, witness=COUNTED, within=1e-13)


# How sharp is a row? -------------------------------------------------------------------------


def mean_questions(row):
    """How many yes-or-no questions find the key that was drawn, by Huffman's best plan."""
    heap, asked = list(row), 0.0
    heapq.heapify(heap)
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        asked += both  # one more question for each key below
        heapq.heappush(heap, both)
    return asked


@pytest.mark.equation("attention-entropy")
@pytest.mark.parametrize("powers", [(1, 2, 3, 3), (2, 4, 1, 4, 3)])
def test_entropy_counts_yes_or_no_questions(evidence, powers):
    """The best plan for shares that are powers of one half asks exactly as many."""
    evidence.evaluates(
        {"H": mean_questions, "a": 0.5 ** np.array(powers), "n": len(powers)},
        witness="Huffman's number of yes-or-no questions",
        within=1e-14,
    )


@pytest.mark.equation("attention-entropy")
@pytest.mark.parametrize("n_keys", [5, 7])
def test_entropy_of_a_row_is_that_of_scipy(evidence, n_keys):
    evidence.evaluates(
        {
            "H": lambda row: stats.entropy(row, base=2),
            "a": np.random.default_rng(7).dirichlet(np.ones(n_keys)),
            "n": n_keys,
        },
        witness="SciPy's entropy",
        within=1e-14,
    )


def test_entropy_is_zero_for_one_key_and_largest_for_all_alike():
    for row, bits in ([0.5, 0.25, 0.25], 1.5), ([1.0, 0.0], 0.0), ([1 / 8] * 8, 3.0):
        assert special.entr(row).sum() / np.log(2) == pytest.approx(bits, abs=1e-15)


# What comes through backwards ----------------------------------------------------------------


WEIGHTS = Defined(lambda of: special.softmax(of("s")))


@pytest.mark.equation("weight-slope")
@pytest.mark.parametrize("n_keys", [2, 3, 5])
def test_derivatives_of_weights_are_written_with_weights(evidence, n_keys):
    keys = range(1, n_keys + 1)
    evidence.evaluates(
        {"a": WEIGHTS, "s": SCORES[:n_keys], r"\delta_{jl}": lambda j, l: float(j == l)},  # noqa: E741
        at={"j": keys, "l": keys},
        witness="complex steps through SciPy's softmax",
        within=1e-14,
    )


@pytest.mark.equation("softmax-jacobian-trace")
@pytest.mark.parametrize("n_keys", [2, 3, 5])
def test_trace_is_one_less_the_squares(evidence, n_keys):
    evidence.evaluates(
        {"a": WEIGHTS, "s": SCORES[:n_keys], "n": n_keys},
        witness="complex steps through SciPy's softmax",
        within=1e-14,
    )


@pytest.mark.equation("trace-by-products")
@pytest.mark.parametrize(("n_keys", "dimension"), [(2, 3), (3, 7), (5, 11)])
def test_derivatives_by_products_are_smaller_by_the_root_of_the_dimension(
    evidence, n_keys, dimension
):
    evidence.evaluates(
        {"a": WEIGHTS, "p": SCORES[:n_keys] * math.sqrt(7), "d_k": dimension, "n": n_keys},
        background={"s": Defined(lambda of: of("p") / math.sqrt(of("d_k")))},
        witness="complex steps through the division and SciPy's softmax",
        within=1e-14,
    )


def test_backward_pass_of_the_book_multiplies_by_these_derivatives():
    rng = np.random.default_rng(7)
    query, key = rng.normal(size=(1, 3)), rng.normal(size=(N_KEYS, 3))
    weights = special.softmax(query @ key.T / np.sqrt(3))
    d_weights = rng.normal(size=(1, N_KEYS))
    derivatives = np.diag(weights[0]) - weights.T @ weights
    ours = d_weights @ derivatives @ key / np.sqrt(3)
    given = scaled_dot_product_attention_backward(query, key, np.eye(N_KEYS), weights, d_weights)
    np.testing.assert_allclose(given.query, ours, rtol=1e-13)


# A task, and a layer that learns it ----------------------------------------------------------


@pytest.mark.equation("scale-as-start")
@pytest.mark.parametrize(("dimension", "learning_rate"), [(3, 0.7), (11, 0.3)])
def test_forgotten_factor_is_another_start_and_another_learning_rate(
    evidence, dimension, learning_rate
):
    """One step of both: what was shrunk before the step is shrunk after it, as much as before."""
    rng = np.random.default_rng(7)
    token, others = rng.normal(size=7), rng.normal(size=(N_KEYS, 7))
    values, wanted = rng.normal(size=(N_KEYS, 2)), rng.normal(size=2)
    W_Q, W_K = rng.normal(size=(2, 7, dimension)) / math.sqrt(7)
    root = dimension**0.25

    def loss(products):
        return ((special.softmax(products) @ values - wanted) ** 2).sum()

    evidence.evaluates(
        {
            "W^Q": W_Q,
            r"\tilde{W}^Q": W_Q / root,
            "J": Defined(lambda of: loss(of("q") @ (others @ W_K).T / math.sqrt(dimension))),
            r"\tilde{J}": Defined(lambda of: loss(of(r"\tilde{q}") @ (others @ W_K / root).T)),
            r"\eta": learning_rate,
            "d_k": dimension,
        },
        background={
            "q": Defined(lambda of: token @ of("W^Q")),
            r"\tilde{q}": Defined(lambda of: token @ of(r"\tilde{W}^Q")),
        },
        witness="complex steps through a layer with the factor and one without",
        within=1e-13,
    )


def test_both_layers_of_the_book_learn_the_same():
    dimension, learning_rate = 11, 0.7
    rng = np.random.default_rng(7)
    projections, batch = lookup_init(dimension, rng=rng), lookup_batch(2, rng=rng)
    small = LookupProjections(*(W / dimension**0.25 for W in projections))
    loss, derivatives = lookup_gradient(projections, batch)
    loss_small, derivatives_small = lookup_gradient(small, batch, scaled=False)
    np.testing.assert_allclose(loss_small, loss, rtol=1e-14)
    for W, d_W, W_small, d_small in zip(
        projections, derivatives, small, derivatives_small, strict=True
    ):
        ours = W_small - learning_rate / math.sqrt(dimension) * d_small
        np.testing.assert_allclose(
            ours, (W - learning_rate * d_W) / dimension**0.25, rtol=1e-12, atol=1e-14
        )


def test_adam_needs_another_learning_rate_for_the_same_start():
    dimension, learning_rate, tiny = 11, 0.07, 1e-30
    rng = np.random.default_rng(7)
    projections = lookup_init(dimension, rng=rng)
    small = LookupProjections(*(W / dimension**0.25 for W in projections))
    state, state_small = adam_init(projections), adam_init(small)
    for _ in range(3):
        batch = lookup_batch(2, rng=rng)
        _, derivatives = lookup_gradient(projections, batch)
        _, derivatives_small = lookup_gradient(small, batch, scaled=False)
        projections, state = adam_step(
            projections, derivatives, state, learning_rate=learning_rate, epsilon=tiny
        )
        small, state_small = adam_step(
            small,
            derivatives_small,
            state_small,
            learning_rate=learning_rate / dimension**0.25,
            epsilon=tiny,
        )
        for W, W_small in zip(projections, small, strict=True):
            np.testing.assert_allclose(W_small, W / dimension**0.25, rtol=1e-9)
