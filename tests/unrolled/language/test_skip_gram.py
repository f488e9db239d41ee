import math
import re
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize, special

import oracles
from mutants import mutant
from unrolled.language import skip_gram
from unrolled.language.cooccurrence import index_text
from unrolled.language.embeddings import cosines
from unrolled.language.skip_gram import (
    SkipGramParams,
    keep_probabilities,
    noise_distribution,
    skip_gram_gradient,
    skip_gram_init,
    skip_gram_step,
    train_skip_gram,
)

N_WORDS, N_DIMS, N_NOISE = 7, 5, 3
CENTRES = np.array([2, 0, 2, 6])
CONTEXTS = np.array([[0, 2, 2, 1], [1, 0, 4, 4], [3, 6, 1, 0], [0, 0, 0, 5]])  # words repeat


def draw(seed=7, *, dtype=float, size=1.0):
    rng = np.random.default_rng(seed)
    v, u = size * rng.normal(size=(2, N_WORDS, N_DIMS))
    return SkipGramParams(v.astype(dtype), u.astype(dtype))


def text_of_two_groups(n_sentences=300):
    """Write a text in which a, b and c stand beside x or y, and p, q and r beside s or t."""
    rng = np.random.default_rng(7)
    groups = ("abc", "xy"), ("pqr", "st")
    sentences = []
    for _ in range(n_sentences):
        first, second = groups[rng.integers(2)]
        sentences.append([first[rng.integers(3)], second[rng.integers(2)]])
    return index_text(sentences)


# By hand -------------------------------------------------------------------------------------


def test_one_pair_by_hand():
    params = SkipGramParams(np.array([[1.0, 2.0], [0, 0]]), np.array([[0.5, 0.25], [-1.0, 1.0]]))
    losses, gradient = skip_gram_gradient(params, [0], [[0, 1]])
    right, noise = 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-1))  # both scores are one
    assert losses[0] == pytest.approx(-math.log(right) - math.log(1 - noise), rel=1e-15)
    np.testing.assert_allclose(gradient.u, np.outer([right - 1, noise], [1, 2]), rtol=1e-15)
    expected = (right - 1) * params.u[0] + noise * params.u[1]
    np.testing.assert_allclose(gradient.v, [expected, [0, 0]], rtol=1e-15)


def test_probabilities_by_hand():
    np.testing.assert_allclose(noise_distribution([16, 1, 0]), [8 / 9, 1 / 9, 0], rtol=1e-15)
    np.testing.assert_allclose(noise_distribution([3, 1, 0], 0), [0.5, 0.5, 0])
    np.testing.assert_allclose(noise_distribution([3, 1, 0], 1), [0.75, 0.25, 0])
    kept = keep_probabilities([96, 3, 1, 0], 0.03)
    np.testing.assert_allclose(kept, [math.sqrt(0.03 / 0.96), 1, 1, 1], rtol=1e-15)


def test_first_loss_is_that_of_tossing_a_coin_for_each_word():
    start = skip_gram_init(N_WORDS, N_DIMS, rng=np.random.default_rng(7))
    losses, _ = skip_gram_gradient(start, CENTRES, CONTEXTS)
    np.testing.assert_allclose(losses, (1 + N_NOISE) * math.log(2))


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, np.float32])
def test_step_is_gradient_descent(dtype):
    params = draw(dtype=dtype)
    losses, gradient = skip_gram_gradient(params, CENTRES, CONTEXTS)
    moved = SkipGramParams(params.v.copy(), params.u.copy())
    loss = skip_gram_step(moved, CENTRES, CONTEXTS, 0.25)
    assert loss == pytest.approx(losses.sum(), rel=1e-6)
    for new, old, slope in zip(moved, params, gradient, strict=True):
        assert new.dtype == slope.dtype == dtype
        np.testing.assert_allclose(new, old - 0.25 * slope, atol=1e-14 if dtype is float else 1e-6)


def test_rotation_of_all_vectors_changes_no_loss():
    params = draw()
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(N_DIMS, N_DIMS)))
    turned = SkipGramParams(params.v @ turn, params.u @ turn)
    ours, gradient = skip_gram_gradient(params, CENTRES, CONTEXTS)
    theirs, their_gradient = skip_gram_gradient(turned, CENTRES, CONTEXTS)
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    np.testing.assert_allclose(gradient.v @ turn, their_gradient.v, atol=1e-14)


def test_words_that_are_not_looked_up_get_no_gradient():
    _, gradient = skip_gram_gradient(draw(), CENTRES, CONTEXTS)
    assert not gradient.v[[1, 3, 4, 5]].any()
    assert gradient.v[[0, 2, 6]].all()
    assert gradient.u.all()


@pytest.mark.parametrize("size", [1e3, 1e100])
def test_large_scores_neither_overflow_nor_vanish(size):
    """Where a score is large its loss is the score itself, or nothing."""
    params = draw(size=math.sqrt(size))
    losses, _ = skip_gram_gradient(params, CENTRES, CONTEXTS)
    scores = np.einsum("nd,nkd->nk", params.v[CENTRES], params.u[CONTEXTS]) * [-1, 1, 1, 1]
    np.testing.assert_allclose(losses, np.maximum(scores, 0).sum(axis=1), rtol=1e-9)


def test_training_brings_words_of_one_group_together():
    text = text_of_two_groups()
    run = train_skip_gram(
        text, 4, rng=np.random.default_rng(7), n_epochs=30, threshold=1.0, batch_size=32
    )
    near = cosines(run.params.v)
    number = {word: place for place, word in enumerate(text.words)}
    for words, others in (("abc", "pqr"), ("pqr", "abc")):
        for word in words:
            inside = min(near[number[word], number[other]] for other in words)
            outside = max(near[number[word], number[other]] for other in others)
            assert inside > 0.9 > 0.6 > outside
    assert run.losses[:5].mean() == pytest.approx(6 * math.log(2), rel=0.01)
    assert run.losses[-50:].mean() < 0.5 * run.losses[0]
    assert run.n_pairs == 30 * 2 * 300


def test_same_generator_gives_the_same_vectors():
    runs = [
        train_skip_gram(text_of_two_groups(), 3, rng=np.random.default_rng(seed), n_epochs=1)
        for seed in (7, 7, 8)
    ]
    np.testing.assert_array_equal(runs[0].params.v, runs[1].params.v)
    assert (runs[0].params.v != runs[2].params.v).all()


def test_thinning_takes_pairs_of_frequent_words():
    text = text_of_two_groups()
    run = train_skip_gram(text, 3, rng=np.random.default_rng(7), n_epochs=20, threshold=1e-2)
    kept = keep_probabilities(text.counts, 1e-2)[text.ids].reshape(-1, 2)
    assert run.n_pairs == pytest.approx(20 * 2 * kept.prod(axis=1).sum(), rel=0.1)


def test_noise_is_drawn_as_often_as_it_should_be(monkeypatch):
    seen = []
    monkeypatch.setattr(
        skip_gram,
        "skip_gram_step",
        lambda params, centres, contexts, rate: seen.append(contexts) or 0,
    )
    text = text_of_two_groups()
    train_skip_gram(text, 3, rng=np.random.default_rng(7), n_epochs=20, threshold=1.0, n_noise=7)
    drawn = np.concatenate([contexts[:, 1:].ravel() for contexts in seen])
    shares = np.bincount(drawn, minlength=len(text.words)) / len(drawn)
    np.testing.assert_allclose(shares, noise_distribution(text.counts), atol=0.01)


# Witnesses -----------------------------------------------------------------------------------


def differences(params):
    def loss():
        return skip_gram_gradient(params, CENTRES, CONTEXTS)[0].sum()

    return [oracles.central_differences(loss, array) for array in params]


def test_gradient_matches_central_differences(evidence):
    params = draw()
    _, gradient = skip_gram_gradient(params, CENTRES, CONTEXTS)
    for ours, theirs in zip(gradient, differences(params), strict=True):
        evidence.agrees(ours, theirs, witness="central differences", within=1e-8)


def test_loss_and_gradient_match_tensorflow(evidence):
    params = draw()
    variables = [tf.Variable(array) for array in params]
    labels = np.zeros(CONTEXTS.shape)
    labels[:, 0] = 1
    with tf.GradientTape() as tape:
        v, u = tf.gather(variables[0], CENTRES), tf.gather(variables[1], CONTEXTS)
        scores = tf.einsum("nd,nkd->nk", v, u)
        each = tf.nn.sigmoid_cross_entropy_with_logits(labels, scores)
        loss = tf.reduce_sum(each)
    theirs = [tf.convert_to_tensor(slope).numpy() for slope in tape.gradient(loss, variables)]
    losses, gradient = skip_gram_gradient(params, CENTRES, CONTEXTS)
    evidence.agrees(losses, each.numpy().sum(axis=1), witness="TensorFlow", within=1e-14)
    for ours, slope in zip(gradient, theirs, strict=True):
        evidence.agrees(ours, slope, witness="TensorFlow", within=1e-14)


SLIPS = {
    "noise that counts as true": ("    errors[:, 1:] *= -1\n", ""),
    "the true word as noise": ("scores[:, 1:] *= -1", "scores[:, 2:] *= -1"),
    "the derivative of a score by itself": (
        "np.where(scores < 0, -1, -small)",
        "np.where(scores < 0, -small, -1)",
    ),
    "in-vectors of the noise": ("u[contexts]", "v[contexts]"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(slip):
    params = draw()
    module = mutant(skip_gram, *SLIPS[slip])
    _, gradient = module.skip_gram_gradient(module.SkipGramParams(*params), CENTRES, CONTEXTS)
    ours, theirs = gradient._asdict(), dict(zip("vu", differences(params), strict=True))
    assert oracles.worst_difference(ours, theirs) > 1e-3


# The equations of the page -------------------------------------------------------------------


def numbered(rows):
    return dict(enumerate(rows, 1))


@pytest.mark.equation("noise-probability")
@pytest.mark.parametrize("counts", [[16.0, 5.0, 3.0, 1.0], [2.0, 7.0, 7.0]])
def test_printed_noise_is_a_softmax_of_logarithms(evidence, counts):
    noise = special.softmax(0.75 * np.log(counts))
    evidence.evaluates(
        {
            "c_j": numbered(counts), "q_j": numbered(noise),
            r"\mathcal{V}": set(range(1, len(counts) + 1)),
        },
        at={"j": range(1, len(counts) + 1)}, witness="the softmax of SciPy", within=1e-14,
    )  # fmt: skip
    np.testing.assert_allclose(noise_distribution(counts), noise, rtol=1e-13)


@pytest.mark.equation("keep-probability")
@pytest.mark.parametrize("threshold", [Fraction(1, 1000), Fraction(1, 64)])
def test_printed_thinning_is_exact_at_squares(evidence, threshold):
    """A word that is four, nine or sixteen times too frequent keeps a half, a third, a quarter."""
    shares = [threshold / 2, threshold, 4 * threshold, 9 * threshold, 16 * threshold]
    kept = [Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)]
    evidence.evaluates(
        {
            "f_i": numbered(map(float, shares)), "r_i": numbered(map(float, kept)),
            r"\theta": float(threshold), r"\operatorname{min}": min,
        },
        at={"i": range(1, 6)}, witness="exact fractions", within=1e-14,
    )  # fmt: skip


def pair(n_dims, n_noise):
    """Draw vectors of one pair, and let TensorFlow work out its loss and all derivatives."""
    rng = np.random.default_rng(n_dims)
    v, u = rng.normal(size=n_dims), rng.normal(size=(1 + n_noise, n_dims))
    labels = np.eye(1 + n_noise)[0]
    variables = [tf.Variable(v), tf.Variable(u)]
    with tf.GradientTape() as tape:
        scores = tf.linalg.matvec(variables[1], variables[0])
        tape.watch(scores)
        loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, scores))
    d_scores, d_v, d_u = tape.gradient(loss, [scores, *variables])
    return v, u, *(part.numpy() for part in (scores, loss, d_scores, d_v, d_u))


PAIRS = pytest.mark.parametrize(("n_dims", "n_noise"), [(3, 4), (2, 5)])


@pytest.mark.equation("skip-gram-loss")
@PAIRS
def test_printed_loss_is_that_of_tensorflow(evidence, n_dims, n_noise):
    v, u, _, loss, *_ = pair(n_dims, n_noise)
    evidence.evaluates(
        {
            "v": v, "u": u[0], r"\tilde{u}_k": numbered(u[1:]), "K": n_noise, "J": loss,
            r"\sigma": special.expit,
        },
        witness="TensorFlow", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("skip-gram-errors")
@PAIRS
def test_printed_errors_are_those_of_automatic_differentiation(evidence, n_dims, n_noise):
    _, _, scores, _, d_scores, *_ = pair(n_dims, n_noise)
    evidence.evaluates(
        {
            "s": scores[0], r"\tilde{s}_k": numbered(scores[1:]), r"\delta s": d_scores[0],
            r"\delta \tilde{s}_k": numbered(d_scores[1:]), r"\sigma": special.expit,
        },
        at={"k": range(1, n_noise + 1)}, witness="automatic differentiation", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("skip-gram-optimum")
@pytest.mark.parametrize("n_noise", [5, 2])
def test_printed_optimum_is_where_a_search_ends(evidence, n_noise):
    """For each pair, minimise the loss of all its occurrences, true ones and noise."""
    counts = np.array([[3.0, 1.0, 8.0], [2.0, 11.0, 1.0]])
    n_i, q_j = counts.sum(axis=1), np.array([0.5, 0.3, 0.2])

    def best(true, noise):
        return optimize.minimize_scalar(
            lambda s: true * np.logaddexp(0, -s) + noise * np.logaddexp(0, s), tol=1e-12
        ).x

    places = list(np.ndindex(counts.shape))
    found = {(i + 1, j + 1): best(counts[i, j], n_noise * n_i[i] * q_j[j]) for i, j in places}
    told = {(i + 1, j + 1): np.log(counts[i, j] / n_i[i] / q_j[j]) for i, j in places}
    evidence.evaluates(
        {
            "s_{ij}": found, r"\mathrm{PMI}_{ij}": told, "K": n_noise, "n_i": numbered(n_i),
            "n_{ij}": {(i + 1, j + 1): counts[i, j] for i, j in places}, "q_j": numbered(q_j),
        },
        at=[{"i": i, "j": j} for i, j in found], witness="a numerical search", within=1e-6,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------

RNG = np.random.default_rng(7)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda p: skip_gram_gradient(p._replace(u=p.u[1:]), CENTRES, CONTEXTS), "params.u must"),
        (lambda p: skip_gram_gradient(tuple(p), CENTRES, CONTEXTS), "params must be SkipGramPara"),
        (lambda p: skip_gram_gradient(p, [7], [[0, 1]]), "centres must be at least 0 and at most"),
        (lambda p: skip_gram_gradient(p, [0, 1], [[0, 1]]), "contexts must have shape (n_pairs=2"),
        (lambda p: skip_gram_gradient(p, [0], [[0, -1]]), "contexts must be at least 0 and at mo"),
        (lambda p: skip_gram_gradient(draw(size=1e200), CENTRES, CONTEXTS), "params must give num"),
        (lambda p: noise_distribution([0, 0]), "counts must hold at least one word that occurs"),
        (lambda p: noise_distribution([1, 2], -1), "power must be at least 0, got -1"),
        (lambda p: keep_probabilities([1, -2], 0.1), "counts must be at least 0, got -2"),
        (lambda p: keep_probabilities([1, 2], 0), "threshold must be above 0, got 0"),
        (lambda p: skip_gram_init(3, 0, rng=RNG), "n_dims must be at least 1, got 0."),
        (lambda p: skip_gram_init(3, 2, rng=7), "rng must be a numpy.random.Generator, got int."),
        (lambda p: train_skip_gram(index_text([["a"]]), 2, rng=RNG), "text must hold a sentence"),
        (lambda p: train_skip_gram(text_of_two_groups(), 2, rng=RNG, n_noise=0), "n_noise must"),
        (
            lambda p: train_skip_gram(text_of_two_groups(), 2, rng=RNG, learning_rate=1e25),
            "learning_rate and batch_size must give numbers that float32 can hold",
        ),
    ],
    ids=range(15),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call(draw())
