"""Why scores are divided by the root of the width: all cases of chance counted, slopes followed."""

import heapq
import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.experiments.lookup import LookupMaps, lookup_batch, lookup_gradient, lookup_init
from unrolled.networks.attention import scaled_dot_product_attention_backward
from unrolled.networks.optimizers import adam_start, adam_step

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


def chance(width, **parts):
    """Queries and keys that know nothing of each other; by letter, other moments than 0 and 1."""
    shares = {"q": OF_A_QUERY, "k": OF_A_KEY}
    return {
        letter: list(all_cases(letter, shares[letter][:width], **moments))
        for letter, moments in ({"q": {}, "k": {}} | parts).items()
    }


# How large is a product? ---------------------------------------------------------------------


@pytest.mark.equation("query-key-product")
@pytest.mark.parametrize("width", [3, 5])
def test_score_of_a_query_is_one_sum_over_the_width(evidence, width):
    query, key = np.random.default_rng(7).normal(size=(2, width))
    evidence.evaluates(
        {"q": query, "k": key, "d_k": width},
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
@pytest.mark.parametrize("width", [2, 3])
def test_variance_of_a_score_is_the_width(evidence, width, others):
    """Variances of summands that are one on average would do, so that each summand counts."""
    query, key = np.ones((2, width))
    if others:
        query = np.array([0.3, 0.7, 2.1])[:width]
        key = np.linspace(1, 2, width) / query
        key *= width / (query @ key)
    evidence.evaluates(
        {"d_k": width},
        chance=chance(width, q={"deviations": query**0.5}, k={"deviations": key**0.5}),
        witness=COUNTED,
        within=1e-13,
    )


@pytest.mark.equation("scaled-score-variance")
@pytest.mark.parametrize("width", [2, 3])
def test_variance_of_a_scaled_score_is_one(evidence, width):
    evidence.evaluates({"d_k": width}, chance=chance(width), witness=COUNTED, within=1e-13)


@pytest.mark.equation("score-variance-general")
@pytest.mark.parametrize(
    ("width", "query", "key"), [(2, (0.7, 1.3), (-1.1, 0.6)), (3, (-1.9, 0.8), (0.4, 1.7))]
)
def test_means_that_are_not_zero_add_to_the_variance(evidence, width, query, key):
    names = ("means", "deviations")
    moments = {
        letter: dict(zip(names, pair, strict=True)) for letter, pair in (("q", query), ("k", key))
    }
    evidence.evaluates(
        {
            "d_k": width,
            r"\mu_q": query[0],
            r"\sigma_q": query[1],
            r"\mu_k": key[0],
            r"\sigma_k": key[1],
        },
        chance=chance(width, **moments),
        witness=COUNTED,
        within=1e-13,
    )


@pytest.mark.equation("aligned-score")
@pytest.mark.parametrize("others", [False, True], ids=["one", "others"])
@pytest.mark.parametrize("width", [2, 3])
def test_score_of_a_vector_with_itself_has_the_width_for_its_mean(evidence, width, others):
    """Variances that are one on average would do, so that each component counts."""
    variances = np.linspace(0.3, 1.7, width) if others else np.ones(width)
    queries = {"q": chance(width, q={"deviations": variances**0.5})["q"]}
    evidence.evaluates({"d_k": width}, chance=queries, witness=COUNTED, within=1e-13)


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
def test_slopes_of_weights_are_written_with_weights(evidence):
    keys = range(1, N_KEYS + 1)
    evidence.evaluates(
        {"a": WEIGHTS, "s": SCORES, r"\delta_{jl}": lambda j, l: float(j == l)},  # noqa: E741
        at={"j": keys, "l": keys},
        witness="complex steps through SciPy's softmax",
        within=1e-14,
    )


@pytest.mark.equation("softmax-jacobian-trace")
@pytest.mark.parametrize("n_keys", [3, 5])
def test_trace_is_one_less_the_squares(evidence, n_keys):
    evidence.evaluates(
        {"a": WEIGHTS, "s": SCORES[:n_keys], "n": n_keys},
        witness="complex steps through SciPy's softmax",
        within=1e-14,
    )


@pytest.mark.equation("trace-by-products")
@pytest.mark.parametrize(("n_keys", "width"), [(3, 7), (5, 11)])
def test_slopes_by_products_are_smaller_by_the_root_of_the_width(evidence, n_keys, width):
    evidence.evaluates(
        {"a": WEIGHTS, "p": SCORES[:n_keys] * math.sqrt(7), "d_k": width, "n": n_keys},
        background={"s": Defined(lambda of: of("p") / math.sqrt(of("d_k")))},
        witness="complex steps through the division and SciPy's softmax",
        within=1e-14,
    )


def test_backward_pass_of_the_book_multiplies_by_these_slopes():
    rng = np.random.default_rng(7)
    query, key = rng.normal(size=(1, 3)), rng.normal(size=(N_KEYS, 3))
    weights = special.softmax(query @ key.T / np.sqrt(3))
    d_weights = rng.normal(size=(1, N_KEYS))
    slopes = np.diag(weights[0]) - weights.T @ weights
    ours = d_weights @ slopes @ key / np.sqrt(3)
    given = scaled_dot_product_attention_backward(query, key, np.eye(N_KEYS), weights, d_weights)
    np.testing.assert_allclose(given.query, ours, rtol=1e-13)


# A task, and a layer that learns it ----------------------------------------------------------


@pytest.mark.equation("scale-as-start")
@pytest.mark.parametrize(("width", "rate"), [(3, 0.7), (11, 0.3)])
def test_forgotten_factor_is_another_start_and_another_rate(evidence, width, rate):
    """One step of both: what was shrunk before the step is shrunk after it, as much as before."""
    rng = np.random.default_rng(7)
    token, others = rng.normal(size=7), rng.normal(size=(N_KEYS, 7))
    values, wanted = rng.normal(size=(N_KEYS, 2)), rng.normal(size=2)
    W_Q, W_K = rng.normal(size=(2, 7, width)) / math.sqrt(7)
    root = width**0.25

    def loss(products):
        return ((special.softmax(products) @ values - wanted) ** 2).sum()

    evidence.evaluates(
        {
            "W^Q": W_Q,
            r"\tilde{W}^Q": W_Q / root,
            "J": Defined(lambda of: loss(of("q") @ (others @ W_K).T / math.sqrt(width))),
            r"\tilde{J}": Defined(lambda of: loss(of(r"\tilde{q}") @ (others @ W_K / root).T)),
            r"\eta": rate,
            "d_k": width,
        },
        background={
            "q": Defined(lambda of: token @ of("W^Q")),
            r"\tilde{q}": Defined(lambda of: token @ of(r"\tilde{W}^Q")),
        },
        witness="complex steps through a layer with the factor and one without",
        within=1e-13,
    )


def test_both_layers_of_the_book_learn_the_same():
    width, rate = 11, 0.7
    rng = np.random.default_rng(7)
    maps, batch = lookup_init(width, rng=rng), lookup_batch(2, rng=rng)
    small = LookupMaps(*(W / width**0.25 for W in maps))
    loss, slopes = lookup_gradient(maps, batch)
    loss_small, slopes_small = lookup_gradient(small, batch, scaled=False)
    np.testing.assert_allclose(loss_small, loss, rtol=1e-14)
    for W, d_W, W_small, d_small in zip(maps, slopes, small, slopes_small, strict=True):
        ours = W_small - rate / math.sqrt(width) * d_small
        np.testing.assert_allclose(ours, (W - rate * d_W) / width**0.25, rtol=1e-12, atol=1e-14)


def test_adam_needs_another_rate_for_the_same_start():
    width, rate, tiny = 11, 0.07, 1e-30
    rng = np.random.default_rng(7)
    maps = lookup_init(width, rng=rng)
    small = LookupMaps(*(W / width**0.25 for W in maps))
    state, state_small = adam_start(maps), adam_start(small)
    for _ in range(3):
        batch = lookup_batch(2, rng=rng)
        _, slopes = lookup_gradient(maps, batch)
        _, slopes_small = lookup_gradient(small, batch, scaled=False)
        maps, state = adam_step(maps, slopes, state, rate=rate, epsilon=tiny)
        small, state_small = adam_step(
            small, slopes_small, state_small, rate=rate / width**0.25, epsilon=tiny
        )
        for W, W_small in zip(maps, small, strict=True):
            np.testing.assert_allclose(W_small, W / width**0.25, rtol=1e-9)
