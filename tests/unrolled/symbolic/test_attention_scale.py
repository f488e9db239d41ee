"""Variances and slopes behind the division by the root of the width, against counted worlds."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy import special, stats

from unrolled.networks.attention import scaled_dot_product_attention_backward
from unrolled.networks.lookup import LookupMaps, lookup_batch, lookup_init, lookup_step
from unrolled.networks.optimizers import adam_start, adam_step
from unrolled.symbolic import attention_scale as symbolic
from unrolled.symbolic.attention_scale import Mean, Moments, a, c, d, e, j, k, m, n, q

WIDTHS = (1, 2, 3)
SIGNS = (Fraction(-1), Fraction(1))  # mean zero, variance one
LEANING = (Fraction(-1, 2), Fraction(0), Fraction(2))  # three equally likely numbers
N_KEYS = 5
SCORES = np.array([0.3, -1.2, 2.1, 0.0, 0.7])
ENTROPY_TEX = r"H(a) = -\sum_{j=1}^{n} a_j \log_2 a_j"
START_TEX = (
    r"\begin{aligned} \tilde{W}^Q - \frac{\eta}{\sqrt{d_k}} "
    r"\frac{\partial J}{\partial \tilde{W}^Q} \\"
    r" = \frac{1}{\sqrt[4]{d_k}} \left( W^Q - \eta \frac{\partial J}{\partial W^Q} \right)"
    r" \end{aligned}"
)


def variance(numbers):
    numbers = list(numbers)
    middle = sum(numbers) / Fraction(len(numbers))
    return sum((one - middle) ** 2 for one in numbers) / Fraction(len(numbers))


def products(width, queries=SIGNS, keys=SIGNS):
    """Yield the product of query and key in every world there is, all equally likely."""
    for world in itertools.product(*[queries] * width, *[keys] * width):
        yield sum(x * y for x, y in zip(world[:width], world[width:], strict=True))


def exactly(fraction):
    return sympy.Rational(fraction.numerator, fraction.denominator)


@pytest.mark.equation("query-key-product")
def test_score_of_a_query_is_one_sum_over_the_width(evidence):
    equation = symbolic.query_key_product()
    evidence.rendered(equation)
    query, key = [2, 3, 5], [7, 11, 13]
    given = {q[at + 1]: query[at] for at in range(3)} | {k[at + 1]: key[at] for at in range(3)}
    ours = equation.rhs.subs(d, 3).doit().subs(given)
    evidence.agrees(ours, np.dot(query, key), witness="NumPy", within=0)


@pytest.mark.equation("component-variance")
def test_product_of_two_standard_numbers_has_variance_one(evidence):
    equation = symbolic.component_variance()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(equation.lhs.doit() - equation.rhs)
    evidence.agrees(
        equation.rhs, exactly(variance(products(1))), witness="every case counted", within=0
    )


@pytest.mark.equation("component-covariance")
def test_two_summands_do_not_know_each_other(evidence):
    equation = symbolic.component_covariance()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(equation.lhs.doit())
    worlds = itertools.product(SIGNS, repeat=4)
    together = sum(np.prod(world) for world in worlds) / Fraction(16)
    evidence.agrees(equation.rhs, exactly(together), witness="every case counted", within=0)


def test_a_summand_knows_itself():
    assert symbolic.component_covariance().lhs.subs(e, c).doit() == 1


@pytest.mark.equation("score-variance")
def test_variance_of_a_score_is_the_width(evidence):
    equation = symbolic.score_variance()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for width in WIDTHS:
        whole = sum(q[at] * k[at] for at in range(width))
        evidence.identity(Mean(whole**2).doit() - Mean(whole).doit() ** 2 - width)
        expected = exactly(variance(products(width)))
        evidence.agrees(
            equation.rhs.subs(d, width), expected, witness="every case counted", within=0
        )


@pytest.mark.equation("scaled-score-variance")
def test_variance_of_a_scaled_score_is_one(evidence):
    equation = symbolic.scaled_variance()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    evidence.identity(equation.lhs.doit() - equation.rhs)
    for width in WIDTHS:
        expected = exactly(variance(products(width)) / width)
        evidence.agrees(equation.rhs, expected, witness="every case counted", within=0)


@pytest.mark.equation("score-variance-general")
def test_means_that_are_not_zero_add_to_the_variance(evidence):
    equation = symbolic.general_variance()
    evidence.rendered(equation)
    queries = Moments(symbolic.mu_q, symbolic.sigma_q**2)
    keys = Moments(symbolic.mu_k, symbolic.sigma_k**2)
    given = {
        symbolic.mu_q: exactly(sum(LEANING) / 3),
        symbolic.sigma_q: sympy.sqrt(exactly(variance(LEANING))),
        symbolic.mu_k: 1,
        symbolic.sigma_k: 2,
    }
    for width in (1, 2):
        whole = sum(q[at] * k[at] for at in range(width))
        square, middle = (Mean(whole**power).carried_out(queries, keys) for power in (2, 1))
        evidence.identity(sympy.expand(square - middle**2 - equation.rhs.subs(d, width)))
        worlds = products(width, LEANING, (Fraction(-1), Fraction(3)))
        ours = equation.rhs.subs(d, width).subs(given)
        evidence.agrees(ours, exactly(variance(worlds)), witness="every case counted", within=0)


@pytest.mark.equation("aligned-score")
def test_score_of_a_vector_with_itself_has_the_width_for_its_mean(evidence):
    equation = symbolic.aligned_mean()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for width in WIDTHS:
        lengths = [sum(x * x for x in world) for world in itertools.product(SIGNS, repeat=width)]
        expected = exactly(sum(lengths) / Fraction(len(lengths)))
        evidence.agrees(
            equation.rhs.subs(d, width), expected, witness="every case counted", within=0
        )


@pytest.mark.equation("attention-entropy", tex=ENTROPY_TEX)
def test_entropy_of_a_row_in_bits(evidence):
    for row, bits in ([0.5, 0.25, 0.25], 1.5), ([1.0, 0.0], 0.0), ([1 / 8] * 8, 3.0):
        ours = special.entr(row).sum() / np.log(2)
        assert ours == pytest.approx(bits, abs=1e-15)
        evidence.agrees(ours, stats.entropy(row, base=2), witness="SciPy", within=1e-15)


def softmax_of_symbols(size):
    scores = sympy.Matrix(sympy.symbols(f"s_1:{size + 1}", real=True))
    shares = scores.applyfunc(sympy.exp)
    return scores, shares / sum(shares)


def softmax_slopes():
    """Differences of SciPy's softmax."""
    step = 1e-5
    return np.transpose(
        [
            (special.softmax(SCORES + step * unit) - special.softmax(SCORES - step * unit))
            / (2 * step)
            for unit in np.eye(N_KEYS)
        ]
    )


@pytest.mark.equation("weight-slope")
def test_slopes_of_weights_are_written_with_weights(evidence):
    equation = symbolic.weight_slope()
    evidence.rendered(equation)
    scores, shares = softmax_of_symbols(3)
    given = {a[at + 1]: shares[at] for at in range(3)}
    ours = np.empty((N_KEYS, N_KEYS))
    weights = special.softmax(SCORES)
    numbers = {a[at + 1]: weights[at] for at in range(N_KEYS)}
    for row, column in itertools.product(range(N_KEYS), repeat=2):
        entry = equation.rhs.subs({j: row + 1, m: column + 1})
        ours[row, column] = entry.subs(numbers)
        if max(row, column) < 3:
            slope = sympy.diff(shares[row], scores[column])
            evidence.identity(sympy.simplify(slope - entry.subs(given)))
    evidence.agrees(ours, softmax_slopes(), witness="central differences", within=1e-9)


@pytest.mark.equation("softmax-jacobian-trace")
def test_trace_is_one_less_the_squares(evidence):
    equation = symbolic.trace()
    evidence.rendered(equation)
    scores, shares = softmax_of_symbols(3)
    given = {a[at + 1]: shares[at] for at in range(3)}
    for side in equation.sides[1:]:
        written = side.subs(n, 3).doit().subs(given)
        slopes = sum(sympy.diff(share, score) for share, score in zip(shares, scores, strict=True))
        evidence.identity(sympy.simplify(slopes - written))
        weights = special.softmax(SCORES)
        numbers = {a[at + 1]: weights[at] for at in range(N_KEYS)}
        ours = side.subs(n, N_KEYS).doit().subs(numbers)
        theirs = np.trace(softmax_slopes())
        evidence.agrees(ours, theirs, witness="central differences", within=1e-9)


@pytest.mark.equation("trace-by-products")
def test_slopes_by_products_are_smaller_by_the_root_of_the_width(evidence):
    equation = symbolic.trace_by_products()
    evidence.rendered(equation)
    products, width, step = SCORES * np.sqrt(7), 7, 1e-4
    moved = [
        special.softmax((products + sign * step * unit) / np.sqrt(width))
        for sign in (1, -1)
        for unit in np.eye(N_KEYS)
    ]
    theirs = np.trace(np.subtract(moved[:N_KEYS], moved[N_KEYS:])) / (2 * step)
    weights = special.softmax(SCORES)
    numbers = {a[at + 1]: weights[at] for at in range(N_KEYS)}
    ours = equation.rhs.subs({n: N_KEYS, d: width}).doit().subs(numbers)
    evidence.agrees(ours, theirs, witness="central differences", within=1e-9)


def test_backward_pass_of_the_book_multiplies_by_these_slopes():
    rng = np.random.default_rng(7)
    query, key = rng.normal(size=(1, 3)), rng.normal(size=(N_KEYS, 3))
    weights = special.softmax(query @ key.T / np.sqrt(3))
    d_weights = rng.normal(size=(1, N_KEYS))
    slopes = np.diag(weights[0]) - weights.T @ weights
    ours = d_weights @ slopes @ key / np.sqrt(3)
    given = scaled_dot_product_attention_backward(query, key, np.eye(N_KEYS), weights, d_weights)
    np.testing.assert_allclose(given.query, ours, rtol=1e-13)


@pytest.mark.equation("scale-as-start", tex=START_TEX)
def test_forgotten_factor_is_another_start_and_another_rate(evidence):
    """One step of both: what was shrunk before the step is shrunk after it, as much as before."""
    width, rate = 11, 0.7
    rng = np.random.default_rng(7)
    maps, batch = lookup_init(width, rng=rng), lookup_batch(2, rng=rng)
    small = LookupMaps(*(W / width**0.25 for W in maps))
    loss, slopes = lookup_step(maps, batch)
    loss_small, slopes_small = lookup_step(small, batch, scaled=False)
    evidence.agrees(loss_small, loss, witness="NumPy", within=1e-14)
    for W, d_W, W_small, d_small in zip(maps, slopes, small, slopes_small, strict=True):
        ours = W_small - rate / np.sqrt(width) * d_small
        theirs = (W - rate * d_W) / width**0.25
        evidence.agrees(ours, theirs, witness="NumPy", within=1e-14)
    # The chain rule, on symbols: the loss is any function of u = W' whose argument is W / r.
    w, r, eta = sympy.symbols("w r eta", positive=True)
    loss_of = sympy.Function("J")
    by_small = sympy.diff(loss_of(w), w).subs(w, w / r).doit()
    by_whole = sympy.diff(loss_of(w / r), w).doit()
    evidence.identity(w / r - eta / r**2 * by_small - (w - eta * by_whole) / r)


def test_adam_needs_another_rate_for_the_same_start():
    width, rate, tiny = 11, 0.07, 1e-30
    rng = np.random.default_rng(7)
    maps = lookup_init(width, rng=rng)
    small = LookupMaps(*(W / width**0.25 for W in maps))
    state, state_small = adam_start(maps), adam_start(small)
    for _ in range(3):
        batch = lookup_batch(2, rng=rng)
        _, slopes = lookup_step(maps, batch)
        _, slopes_small = lookup_step(small, batch, scaled=False)
        maps, state = adam_step(maps, slopes, state, rate=rate, epsilon=tiny)
        small, state_small = adam_step(
            small, slopes_small, state_small, rate=rate / width**0.25, epsilon=tiny
        )
        for W, W_small in zip(maps, small, strict=True):
            np.testing.assert_allclose(W_small, W / width**0.25, rtol=1e-9)
