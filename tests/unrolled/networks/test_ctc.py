"""Connectionist temporal classification against the sum over every single alignment."""

import functools
import itertools
import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import mutants
import oracles
from unrolled.networks import ctc
from unrolled.networks.ctc import ctc_collapse, ctc_loss_backward, ctc_loss_forward

FRAMES, N_CLASSES = 5, 3
LABELS = ([1, 1], [2, 1], [], [2])
LENGTHS = np.array([5, 4, 3, 1])


def draw():
    return np.random.default_rng(7).normal(size=(len(LABELS), FRAMES, N_CLASSES))


def shares(logits):
    weights = np.exp(logits)
    return weights / weights.sum(axis=-1, keepdims=True)


def collapsed(path):
    """B once more, label by label."""
    found, before = [], None
    for label in path:
        if label not in (before, 0):
            found.append(label)
        before = label
    return found


def probability(shares, path):
    return math.prod(shares[t, label] for t, label in enumerate(path))


def likelihood(shares, labels):
    """Probability of labels: one term for each of the alignments."""
    paths = itertools.product(range(shares.shape[1]), repeat=len(shares))
    return sum(probability(shares, path) for path in paths if collapsed(path) == list(labels))


class Listed:
    """Every path of a small case, and what the page's letters are by listing paths.

    Parameters
    ----------
    labels : list of int
    frames : int
    n_classes : int
    """

    def __init__(self, labels, frames, n_classes=N_CLASSES):
        rng = np.random.default_rng(frames)
        self.labels, self.n_frames, self.n_classes = labels, frames, n_classes
        self.inputs, self.weights = rng.normal(size=(frames, 2)), rng.normal(size=(2, n_classes))
        self.logits = self.inputs @ self.weights
        self.p = shares(self.logits)
        self.extended = [0, *(each for label in labels for each in (label, 0))]

    def paths(self, frames):
        return list(itertools.product(range(self.n_classes), repeat=frames))

    def alpha(self, place, t):
        """Add up all beginnings of t frames that end at a place: none ends beyond the ends."""
        total = 0.0
        for path in self.paths(t):
            found = collapsed(path)  # the place: how many labels, and whether on a blank
            if found == self.labels[: len(found)] and place == 2 * len(found) + (path[-1] == 0):
                total += probability(self.p, path)
        return total

    def beta(self, place, t):
        """Add up all ways on from a place behind frame t: none leads on from beyond the ends."""
        if not 1 <= place <= len(self.extended):
            return 0.0
        return sum(
            probability(self.p[t:], path)
            for path in self.paths(self.n_frames - t)
            if collapsed([*self.extended[:place], *path]) == self.labels
        )

    def at_place(self, s):
        return self.extended[s - 1] if 1 <= s <= len(self.extended) else 0

    def may_skip(self, s):
        here = self.at_place(s)
        return int(3 <= s <= len(self.extended) and here != 0 and here != self.at_place(s - 2))

    def likelihood(self, labels, inputs):
        return likelihood(shares(np.stack(inputs) @ self.weights), labels)

    def letters(self, *wanted):
        """Give values to letters of the page."""
        known = {
            r"\hat{y}^{(t)}": lambda t: self.p[t - 1],
            r"\alpha^{(t)}_s": functools.cache(self.alpha),
            r"\beta^{(t)}_s": functools.cache(self.beta),
            r"\ell'_s": self.at_place,
            "m_s": self.may_skip,
            "p": self.likelihood,
            r"\ell": self.labels,
            "X": tuple(self.inputs),
            "U": len(self.labels),
            "T": self.n_frames,
        }
        return {letter: known[letter] for letter in wanted}

    def places(self):
        return range(1, len(self.extended) + 1)


def complex_steps(loss, array):
    derivatives = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        moved = array.astype(complex)
        moved[place] += 1e-30j
        derivatives[place] = loss(moved).imag / 1e-30
    return derivatives


CASES = pytest.mark.parametrize(
    "case", [Listed([1, 1], 5), Listed([2, 1], 5), Listed([1, 2, 2], 6)],
    ids=["equal neighbours", "unlike ones", "three labels"],
)  # fmt: skip


def by_enumeration(logits):
    rows = zip(shares(logits), LABELS, LENGTHS, strict=True)
    return np.array([likelihood(row[:n], labels) for row, labels, n in rows])


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("hh-e-l-ll-oo", "hello"),
        ("hello", "helo"),
        ("hel-lo", "hello"),
        ("-----", ""),
        ("", ""),
        ("a--a", "aa"),
        ("aa-b", "ab"),
    ],
)
def test_collapse_merges_before_it_drops(path, labels):
    assert "".join(ctc_collapse(path, blank="-")) == labels


def test_three_frames_by_hand():
    """One label in three frames has six alignments: a--, -a-, --a, aa-, -aa, aaa."""
    p = np.array([[0.5, 0.5], [0.25, 0.75], [0.8, 0.2]])  # blank, a
    loss, cache = ctc_loss_forward(np.log(p)[None], [[1]])
    by_hand = (
        0.5 * 0.25 * 0.8 + 0.5 * 0.75 * 0.8 + 0.5 * 0.25 * 0.2
        + 0.5 * 0.75 * 0.8 + 0.5 * 0.75 * 0.2 + 0.5 * 0.75 * 0.2
    )  # fmt: skip
    assert loss == pytest.approx(-math.log(by_hand), rel=1e-14)
    alpha = [[0.5, 0.5, 0], [0.125, 0.75, 0.125], [0.1, 0.175, 0.7]]
    np.testing.assert_allclose(np.exp(cache.log_alpha[0]), alpha, rtol=1e-14)


@pytest.mark.equation("ctc-sum")
@pytest.mark.parametrize(
    "case", [Listed([2, 1], 4), Listed([1, 1], 5), Listed([3], 3, n_classes=4), Listed([], 3)]
)
def test_the_recursion_is_the_sum_over_all_paths(evidence, case):
    def by_recursion(labels, inputs):
        logits = np.stack(inputs) @ case.weights
        return math.exp(-ctc_loss_forward(logits[None], [list(labels)])[0])

    loss, _ = ctc_loss_forward(case.logits[None], [case.labels])
    evidence.evaluates(
        {
            **case.letters(r"\hat{y}^{(t)}", r"\ell", "X", "T"),
            r"\mathcal{B}": lambda path: tuple(collapsed(path)), "p": by_recursion, "J": loss,
        },
        ranges={r"\pi": case.paths(case.n_frames)},
        witness="the recursion of the book's own ctc_loss_forward", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("ctc-likelihood")
@CASES
def test_likelihood_is_the_same_sum_at_every_frame(evidence, case):
    frames = range(1, case.n_frames + 1)
    own = list(itertools.product(case.places(), frames))  # no value beyond the ends
    evidence.evaluates(
        {
            **case.letters("p", r"\ell", "X", "U"),
            r"\alpha^{(t)}_s": {place: case.alpha(*place) for place in own},
            r"\beta^{(t)}_s": {place: case.beta(*place) for place in own},
        },
        at={"t": frames},
        witness="lists of all paths, of all beginnings and of all ways on", within=1e-13,
    )  # fmt: skip


def test_likelihood_of_a_batch_is_the_sum_over_all_alignments(evidence):
    logits = draw()
    loss, cache = ctc_loss_forward(logits, LABELS, lengths=LENGTHS)
    theirs = by_enumeration(logits)
    evidence.agrees(np.exp(cache.log_likelihood), theirs, witness="all alignments", within=1e-14)
    assert loss == pytest.approx(-np.log(theirs).mean(), rel=1e-14)
    joint = np.exp(cache.log_alpha + cache.log_beta).sum(axis=-1)
    for row, total, n in zip(joint, theirs, LENGTHS, strict=True):  # at every frame the same
        evidence.agrees(row[:n], np.full(n, total), witness="all alignments", within=1e-14)


@pytest.mark.equation("ctc-alpha")
@CASES
def test_alpha_adds_up_all_beginnings(evidence, case):
    evidence.evaluates(
        case.letters(r"\alpha^{(t)}_s", "m_s", r"\hat{y}^{(t)}", r"\ell'_s"),
        at={"t": range(2, case.n_frames + 1), "s": case.places()},
        witness="a list of all beginnings", within=1e-13,
    )  # fmt: skip
    _, cache = ctc_loss_forward(case.logits[None], [case.labels])
    listed = [[case.alpha(s, t + 1) for s in case.places()] for t in range(case.n_frames)]
    evidence.agrees(np.exp(cache.log_alpha[0]), listed, witness="all beginnings", within=1e-13)


@pytest.mark.equation("ctc-beta")
@CASES
def test_beta_adds_up_all_continuations(evidence, case):
    evidence.evaluates(
        case.letters(r"\beta^{(t)}_s", "m_s", r"\hat{y}^{(t)}", r"\ell'_s"),
        at={"t": range(1, case.n_frames), "s": case.places()},
        witness="a list of all ways on", within=1e-13,
    )  # fmt: skip
    _, cache = ctc_loss_forward(case.logits[None], [case.labels])
    listed = [[case.beta(s, t + 1) for s in case.places()] for t in range(case.n_frames)]
    evidence.agrees(np.exp(cache.log_beta[0]), listed, witness="all ways on", within=1e-13)


SHARED = "p", r"\ell", "X", r"\hat{y}^{(t)}", r"\ell'_s", r"\alpha^{(t)}_s", r"\beta^{(t)}_s"


def everywhere(case):
    frames, classes = range(1, case.n_frames + 1), range(case.n_classes)
    return {"at": {"t": frames, "k": classes}, "ranges": {"s": case.places()}}


@pytest.mark.equation("ctc-share-slope")
@CASES
def test_derivative_by_one_share_is_that_of_the_sum_over_paths(evidence, case):
    derivatives = complex_steps(lambda p: -np.log(likelihood(p, case.labels)), case.p)
    evidence.evaluates(
        {**case.letters(*SHARED), r"\delta \hat{y}^{(t)}": lambda t: derivatives[t - 1]},
        **everywhere(case), witness="complex steps in the sum over all paths", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("ctc-gradient")
@CASES
def test_derivative_by_one_logit_is_that_of_the_sum_over_paths(evidence, case):
    derivatives = complex_steps(lambda o: -np.log(likelihood(shares(o), case.labels)), case.logits)
    evidence.evaluates(
        {**case.letters(*SHARED), r"\delta o^{(t)}": lambda t: derivatives[t - 1]},
        **everywhere(case), witness="complex steps in the sum over all paths", within=1e-13,
    )  # fmt: skip
    _, cache = ctc_loss_forward(case.logits[None], [case.labels])
    evidence.agrees(ctc_loss_backward(cache)[0], derivatives, witness="complex steps", within=1e-13)


def test_backward_matches_central_differences_of_the_enumeration(evidence):
    logits = draw()
    _, cache = ctc_loss_forward(logits, LABELS, lengths=LENGTHS)
    theirs = oracles.central_differences(lambda: -np.log(by_enumeration(logits)).mean(), logits)
    ours = ctc_loss_backward(cache)
    evidence.agrees(ours, theirs, witness="central differences", within=1e-8)
    for row, n in zip(ours, LENGTHS, strict=True):
        assert not row[n:].any()


def test_loss_and_gradient_are_those_of_keras(evidence):
    rng = np.random.default_rng(11)
    logits = rng.normal(size=(3, 13, 7)).astype(np.float32)
    labels, lengths = ([1, 1, 5], [6, 2, 6], [3, 4]), [13, 11, 7]
    padded = np.array([[*row, *[1] * (3 - len(row))] for row in labels])
    scores = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        losses = keras.ops.ctc_loss(
            padded, scores, np.array([3, 3, 2]), np.array(lengths), mask_index=0
        )
        mean = tf.reduce_mean(losses)
    derivatives = tape.gradient(mean, scores)
    _, cache = ctc_loss_forward(logits.astype(float), labels, lengths=lengths)
    evidence.agrees(-cache.log_likelihood, losses, witness="Keras", within=1e-6)
    evidence.agrees(ctc_loss_backward(cache), derivatives, witness="Keras", within=1e-5)


def test_gradient_of_every_frame_sums_to_zero():
    _, cache = ctc_loss_forward(draw(), LABELS, lengths=LENGTHS)
    np.testing.assert_allclose(ctc_loss_backward(cache).sum(axis=-1), 0, atol=1e-15)


def test_batch_equals_single_sequences():
    logits = draw()
    _, cache = ctc_loss_forward(logits, LABELS, lengths=LENGTHS)
    together = ctc_loss_backward(cache) * len(LABELS)
    for n, labels in enumerate(LABELS):
        one = slice(n, n + 1)
        loss, alone = ctc_loss_forward(logits[one], [labels], lengths=LENGTHS[one])
        assert loss == pytest.approx(-cache.log_likelihood[n], rel=1e-14)
        np.testing.assert_allclose(ctc_loss_backward(alone)[0], together[n], atol=1e-15)


def test_what_stands_in_frames_that_are_not_real_changes_nothing():
    logits = draw()
    loss, _ = ctc_loss_forward(logits, LABELS, lengths=LENGTHS)
    for row, n in zip(logits, LENGTHS, strict=True):
        row[n:] = 1e5
    assert ctc_loss_forward(logits, LABELS, lengths=LENGTHS)[0] == loss


def test_another_class_may_be_the_blank():
    logits = draw()
    loss, _ = ctc_loss_forward(logits, LABELS)
    turned = [[label - 1 for label in row] for row in LABELS]
    same, _ = ctc_loss_forward(np.roll(logits, -1, axis=-1), turned, blank=N_CLASSES - 1)
    assert same == pytest.approx(loss, rel=1e-14)


def test_long_sequences_do_not_underflow():
    logits = np.random.default_rng(7).normal(size=(1, 2003, N_CLASSES))
    with np.errstate(all="raise"):
        loss, cache = ctc_loss_forward(logits, [[1, 2] * 100])
        derivatives = ctc_loss_backward(cache)
    assert np.isfinite(loss)
    assert np.isfinite(derivatives).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spread", [0, 5, 300])
def test_thousands_of_frames_lose_nothing(dtype, spread):
    """Rows that sum to zero, of the very derivatives that float64 gives."""
    logits = spread * np.random.default_rng(7).normal(size=(1, 4001, 5)).astype(dtype)
    loss, cache = ctc_loss_forward(logits, [[1, 2] * 100])
    derivatives = ctc_loss_backward(cache)
    assert derivatives.dtype == dtype
    within = 16 * np.finfo(dtype).eps
    np.testing.assert_allclose(derivatives.sum(axis=-1), 0, atol=within)
    exact, cache = ctc_loss_forward(logits.astype(float), [[1, 2] * 100])
    assert loss == exact
    np.testing.assert_allclose(derivatives, ctc_loss_backward(cache), atol=within)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_labels", [0, 1, 400])
def test_a_loss_is_never_below_zero(dtype, n_labels):
    labels = np.arange(n_labels) % 4 + 1
    path = np.zeros(1009, int)
    path[1 : 2 * n_labels : 2] = labels
    for certain in (3, 20, 1e30):
        logits = (certain * np.eye(5)[path])[None].astype(dtype)
        loss, cache = ctc_loss_forward(logits, [labels])
        assert loss >= 0
        assert np.isfinite(ctc_loss_backward(cache)).all()


def test_losses_whose_digits_do_not_tell_paths_apart_are_refused():
    logits = np.zeros((1, 3, 2))
    logits[:, 1, 1] = 2e9
    with pytest.raises(ValueError, match=r"logits must give losses of at most 1e\+09, got 2e\+09"):
        ctc_loss_forward(logits, [[]])


def test_float32_stays_float32():
    _, cache = ctc_loss_forward(draw().astype(np.float32), LABELS)
    assert ctc_loss_backward(cache).dtype == np.float32


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("& (extended[:, 2:] != extended[:, :-2])", ""),
        ("np.where(skips, _shifted(before, 2), -np.inf)", "_shifted(before, 2)"),
        ("np.logaddexp(arriving, jumping) + emitted[:, t]", "arriving + emitted[:, t]"),
        ("log_alpha[:, 0, :2] = emitted[:, 0, :2]", "log_alpha[:, 0, :3] = emitted[:, 0, :3]"),
        ("(places == last[:, None] - 1)", "(places == last[:, None] - 2)"),
        ("log_beta[:, t + 1] + emitted[:, t + 1]", "log_beta[:, t + 1] + emitted[:, t]"),
    ],
)
def test_slips_are_noticed(right, wrong):
    slip, logits = mutants.mutant(ctc, right, wrong), draw()
    _, cache = slip.ctc_loss_forward(logits, LABELS, lengths=LENGTHS)
    joint, right_ones = (
        np.exp(cache.log_alpha + cache.log_beta).sum(axis=-1),
        by_enumeration(logits),
    )
    found = [row[:n] for row, n in zip(joint, LENGTHS, strict=True)]
    assert not np.allclose(np.concatenate(found), np.repeat(right_ones, LENGTHS))


GOOD = np.zeros((2, 3, 5))


@pytest.mark.parametrize(
    ("arguments", "options", "complaint"),
    [
        ((GOOD[0], [[1]]), {}, "logits must have shape (batch, frames, n_classes), got (3, 5)."),
        ((GOOD[:0], []), {}, "logits must not be empty, got shape (0, 3, 5)."),
        ((GOOD, [[1]]), {}, "labels must hold one row for each of 2 sequences, got 1."),
        ((GOOD, [[1], [5]]), {}, "labels[1] must be at least 0 and at most 4, got 5."),
        ((GOOD, [[1], [0]]), {}, "labels[1] must hold no blank, got 0."),
        ((GOOD, [[1], [[2]]]), {}, "labels[1] must have shape (n_labels,), got (1, 1)."),
        ((GOOD, [[1], [2, 2, 3]]), {}, "labels[1] must fit into 3 frames, got 3 labels that need"),
        ((GOOD, [[1], [2]]), {"lengths": [3]}, "lengths must have shape (batch=2,), got (1,)."),
        ((GOOD, [[1], [2]]), {"lengths": [3, 4]}, "lengths must be at least 1 and at most 3"),
        ((GOOD, [[1], [2]]), {"blank": 5}, "blank must be at least 0 and at most 4, got 5."),
        ((GOOD * np.nan, [[1], [2]]), {}, "logits must be finite, got nan."),
    ],
    ids=range(11),
)
def test_what_does_not_fit_is_named(arguments, options, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        ctc_loss_forward(*arguments, **options)


def test_only_its_own_cache_goes_back():
    with pytest.raises(ValueError, match="cache must be the CTCCache of a forward pass, got int"):
        ctc_loss_backward(3)
