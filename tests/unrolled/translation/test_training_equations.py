"""What the page on training prints, against libraries and by counting."""

import math
from collections import Counter

import keras
import numpy as np
import pytest
from scipy import special, stats

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.language.corpora import OWN, open_corpus
from unrolled.networks.dense import DenseParams
from unrolled.networks.optimizers import adam_init, adam_step
from unrolled.translation.quality import references_of
from unrolled.translation.training import WarmUp, smoothed_losses

CASES = pytest.mark.parametrize(("n_tokens", "smoothing"), [(4, 0.1), (5, 0.3)])


def numbered(array, first=1):
    """The members of an array by their number."""
    return {first + place: value for place, value in enumerate(array)}


def drawn(n_tokens):
    return np.random.default_rng(n_tokens).normal(size=n_tokens) * 2


def loss_of(logits, target, smoothing):
    """Our loss at one place."""
    found = smoothed_losses(logits[None, None].astype("float32"), np.array([[target]]), smoothing)
    return float(found[0, 0])


def theirs(n_tokens, y, smoothing):
    """The target that Keras makes of a token, counted from one."""
    hot = keras.utils.to_categorical([y - 1], n_tokens)
    with_zero_logits = [
        # The cross-entropy with the logits of one token high is linear in its target.
        float(
            keras.losses.categorical_crossentropy(
                hot, np.float32(5) * np.eye(n_tokens, dtype="float32")[[v]], True, smoothing
            )[0]
        )
        for v in range(n_tokens)
    ]
    total = math.log(math.exp(5) + n_tokens - 1)
    return (total - np.array(with_zero_logits)) / 5


@pytest.mark.equation("translation-loss")
@pytest.mark.parametrize(("n_real", "width"), [((4, 2), 4), ((1, 3), 4), ((5, 1, 3), 5)])
def test_the_loss_is_the_mean_over_real_places(evidence, n_real, width):
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(len(n_real), width, 7)).astype("float32")
    targets = rng.integers(1, 7, (len(n_real), width))
    real = np.arange(width) < np.array(n_real)[:, None]
    every = keras.losses.sparse_categorical_crossentropy(targets, logits, True).numpy()
    loss = keras.losses.SparseCategoricalCrossentropy(True, reduction="mean_with_sample_weight")
    evidence.evaluates(
        {
            "J": float(loss(targets, logits, sample_weight=real.astype("float32"))),
            r"\ell^{(t)}": numbered(every.ravel().astype(float)),
            "m^{(t)}": numbered(real.ravel().astype(int)), "N": real.size,
        },
        witness="Keras with weights of zero and one", within=1e-6,
    )  # fmt: skip
    ours = smoothed_losses(logits, np.where(real, targets, 0)).numpy()
    evidence.agrees(ours[real], every[real], witness="Keras", within=1e-6)


@pytest.mark.equation("smoothed-target")
@CASES
def test_the_target_is_that_of_keras(evidence, n_tokens, smoothing):
    for y in (1, 3):
        evidence.evaluates(
            {
                "r": theirs(n_tokens, y, smoothing), "s": smoothing, "M": n_tokens, "y": y,
                r"\delta_{vy}": {(v, y): int(v == y) for v in range(1, n_tokens + 1)},
            },
            at=[{"v": v} for v in range(1, n_tokens + 1)],
            witness="the target that Keras makes, told from its losses", within=1e-5,
        )  # fmt: skip


@pytest.mark.equation("smoothed-loss")
@CASES
def test_the_loss_needs_no_target_in_store(evidence, n_tokens, smoothing):
    o, y = drawn(n_tokens), 2
    r = np.full(n_tokens, smoothing / n_tokens)
    r[y - 1] += 1 - smoothing
    expected = stats.entropy(r) + stats.entropy(r, special.softmax(o))
    evidence.evaluates(
        {
            r"\ell": expected, "r": r, "o": o,
            "p": special.softmax(o), "s": smoothing, "M": n_tokens, "y": y,
        },
        witness="entropy and divergence by SciPy", within=1e-12,
    )  # fmt: skip
    assert loss_of(o, y - 1, smoothing) == pytest.approx(
        stats.entropy(r) + stats.entropy(r, special.softmax(o)), rel=1e-5
    )


@pytest.mark.equation("smoothed-gradient")
@CASES
def test_the_gradient_is_probability_minus_target(evidence, n_tokens, smoothing):
    o, y = drawn(n_tokens), 3
    r = np.full(n_tokens, smoothing / n_tokens)
    r[y - 1] += 1 - smoothing

    evidence.evaluates(
        {
            "o": o, "r": r,
            "p": Defined(lambda of: np.exp(of("o")) / np.sum(np.exp(of("o")))),
            r"\ell": Defined(lambda of: -np.sum(r * np.log(of("p")))),
        },
        at=[{"v": v} for v in range(1, n_tokens + 1)],
        witness="automatic differentiation of the cross-entropy", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("smoothed-floor")
@CASES
def test_the_least_loss_is_the_entropy_of_the_target(evidence, n_tokens, smoothing):
    r = np.full(n_tokens, smoothing / n_tokens)
    r[0] += 1 - smoothing
    evidence.evaluates(
        {r"\ell_{\min}": float(stats.entropy(r)), "r": r, "M": n_tokens},
        witness="SciPy", within=1e-12,
    )  # fmt: skip
    best = np.log(np.roll(r, 1))
    least = loss_of(best, 1, smoothing)
    assert least == pytest.approx(stats.entropy(r), rel=1e-5)
    rng = np.random.default_rng(3)
    for _ in range(20):
        assert loss_of(best + rng.normal(size=n_tokens) / 5, 1, smoothing) > least


def plain_loss(source, target, output):
    """A translator in miniature: each of three matrices is used once; complex ones are welcome."""
    state = np.tanh(np.sum(source[[1, 3, 1]], axis=0) + 2 * target[2])
    logits = output @ state
    return np.log(np.sum(np.exp(logits))) - logits[0]


@pytest.mark.equation("shared-embedding-gradient")
@pytest.mark.parametrize("shape", [(4, 3), (5, 2)])
def test_the_gradient_of_a_shared_embedding_is_the_sum_of_three(evidence, shape):
    names = [f"E_{{\\mathrm{{{name}}}}}" for name in ("source", "target", "output")]
    evidence.evaluates(
        {
            "E": np.random.default_rng(1).normal(size=shape),
            **{name: Defined(lambda of: 1.0 * of("E")) for name in names},
            "J": Defined(lambda of: plain_loss(*(of(name) for name in names))),
        },
        witness="automatic differentiation of a translator in miniature", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("adam-first-update")
@pytest.mark.parametrize("derivative", [-3.0, 2e-3, 0.4])
@pytest.mark.parametrize(("weight", "rate", "epsilon"), [(0.7, 0.02, 1e-3), (-1.1, 0.3, 0.05)])
def test_the_first_update_of_adam_is_as_long_as_the_rate(
    evidence, derivative, weight, rate, epsilon
):
    start = DenseParams(np.array([[weight]]), np.zeros(1))
    gradient = DenseParams(np.array([[derivative]]), np.zeros(1))
    moved, _ = adam_step(
        start, gradient, adam_init(start), learning_rate=rate, beta_2=0.98, epsilon=epsilon
    )
    evidence.evaluates(
        {
            r"\theta_0": weight, r"\theta_1": float(moved.W[0, 0]), r"\eta": rate,
            "g": derivative, r"\varepsilon": epsilon,
        },
        witness="a step of Adam with its two running means", within=1e-12,
    )  # fmt: skip
    variable = keras.Variable([weight])
    keras.optimizers.Adam(rate, beta_2=0.98, epsilon=1e-9).apply([np.float32([3e-4])], [variable])
    np.testing.assert_allclose(variable, [weight - rate], rtol=1e-4)


@pytest.mark.equation("warm-up-rate")
@pytest.mark.parametrize(("w", "U", "peak"), [(3, 11, 0.5), (5, 7, 2.0)])
def test_the_printed_schedule_is_a_line_up_and_a_line_down(evidence, w, U, peak):
    places = range(1, U + 2)
    rates = np.interp(places, [0, w, U + 1], [0, peak, 0])
    evidence.evaluates(
        {
            r"\eta_u": numbered(rates), r"\hat{\eta}": peak, "w": w, "U": U,
        },
        at=[{"u": u} for u in places],
        witness="NumPy's interpolation between three points", within=1e-12,
    )  # fmt: skip
    ours = [float(WarmUp(peak, w, U)(u - 1)) for u in places]
    evidence.agrees(np.array(ours), rates, witness="NumPy's interpolation", within=1e-6)


@pytest.mark.equation("several-answers")
@pytest.mark.parametrize("counts", [(1, 2, 4), (3, 3, 1, 2)])
def test_the_least_loss_of_a_pair_is_the_conditional_entropy(evidence, counts):
    """As H(x, y) - H(x), of a pair that is drawn from the corpus."""
    sources = np.repeat(np.arange(len(counts)), counts)
    joint = stats.entropy(np.full(len(sources), 1 / len(sources)))
    alone = stats.entropy(np.bincount(sources))
    evidence.evaluates(
        {
            "H": float(joint - alone), "c_x": numbered(counts),
            r"\mathcal{X}": frozenset(range(1, len(counts) + 1)),
        },
        witness="SciPy's entropy of pairs and of sources", within=1e-12,
    )  # fmt: skip


def test_the_corpus_counts_as_the_page_counts():
    corpus = open_corpus(OWN)
    counts = Counter(source for source, _ in set(corpus.pairs))
    assert {source: len(own) for source, own in references_of(corpus).items()} == counts


@pytest.mark.equation("key-bias")
@pytest.mark.parametrize(("n_keys", "d"), [(4, 3), (5, 7)])
def test_a_bias_of_keys_leaves_the_weights_as_they_are(evidence, n_keys, d):
    rng = np.random.default_rng(n_keys)
    q, b, keys = rng.normal(size=d), rng.normal(size=d), rng.normal(size=(n_keys, d))
    shares = special.softmax(keys @ q / np.sqrt(d))
    np.testing.assert_allclose(special.softmax((keys + b) @ q / np.sqrt(d)), shares, rtol=1e-12)
    evidence.evaluates(
        {"q": q, "b": b, "k_j": numbered(keys), "d": d, "n": n_keys},
        at={"j": [*range(1, n_keys + 1)]}, witness="the two sides, for drawn keys", within=1e-12,
    )  # fmt: skip
