"""A classifier of averaged embeddings: by hand, its laws, central differences and TensorFlow."""

import math
import re
from itertools import permutations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

import oracles
from bookkeeping.check.formulas.evaluating import Defined
from mutants import mutant
from unrolled.language import mean_classifier
from unrolled.language.mean_classifier import (
    MeanParams,
    logistic_loss,
    mean_backward,
    mean_forward,
    mean_gradient,
    mean_init,
)
from unrolled.networks.pytrees import count_parameters, leaves_of

BATCH, TIME, N_TOKENS, N_DIMS = 2, 5, 7, 3
IDS = np.array([[4, 2, 4, 6, 0], [1, 3, 0, 0, 0]])
MASK = np.array([[True] * 4 + [False], [True] * 2 + [False] * 3])
LABELS = np.array([1, 0])
HUGE = np.full(3, 1e308), np.zeros(1)


def draw(seed=7, dtype=np.float64):
    rng = np.random.default_rng(seed)
    shapes = MeanParams((N_TOKENS, N_DIMS), (N_DIMS,), (1,))
    return MeanParams(*(rng.normal(size=shape).astype(dtype) for shape in shapes))


def logits(params, ids, mask=None):
    return mean_forward(params, ids, mask)[0]


# By hand -------------------------------------------------------------------------------------


def test_four_tokens_by_hand():
    params = MeanParams(np.array([[9.0, 9], [1, 2], [4, -1]]), np.array([1.0, 10]), np.array([0.5]))
    z, cache = mean_forward(params, [[1, 2, 1, 1, 0]], [[1, 1, 1, 1, 0]])
    assert cache.mean.tolist() == [[1.75, 1.25]]
    assert z.tolist() == [1.75 + 12.5 + 0.5]
    gradient = mean_backward(params, cache, np.array([4.0]))
    assert gradient.W.tolist() == [[0, 0], [3, 30], [1, 10]]
    assert gradient.u.tolist() == [7, 5]
    assert gradient.b.tolist() == [4]


def test_losses_by_hand():
    loss, d_logits = logistic_loss([0.0, math.log(3)], [1, 0])
    assert loss == pytest.approx((math.log(2) + math.log(4)) / 2, rel=1e-15)
    np.testing.assert_allclose(d_logits, [-1 / 4, 3 / 8], rtol=1e-15)


def test_sure_and_wrong_costs_its_logit_and_overflows_nowhere():
    loss, d_logits = logistic_loss([1e30, -1e30, 1e30], [0, 1, 1])
    assert loss == pytest.approx(2e30 / 3, rel=1e-15)
    np.testing.assert_allclose(d_logits, [1 / 3, -1 / 3, 0], rtol=1e-15)


def test_counts_of_the_page():
    rng = np.random.default_rng(7)
    assert count_parameters(mean_init(8185, 16, rng=rng)) == 130_960 + 17
    drawn = mean_init(N_TOKENS, N_DIMS, rng=rng)
    assert np.abs(np.concatenate([drawn.W.ravel(), drawn.u])).max() <= 0.05
    assert drawn.b.tolist() == [0]


# Laws ----------------------------------------------------------------------------------------


def test_every_order_of_a_text_has_the_same_logit():
    orders = np.array(list(permutations([1, 3, 3, 6])))
    z = logits(draw(), orders)
    np.testing.assert_allclose(z, np.full(24, z[0]), rtol=1e-14)


@given(st.lists(st.integers(0, N_TOKENS - 1), min_size=1, max_size=11), st.integers(2, 5))
def test_saying_a_text_several_times_changes_nothing(text, times):
    once, often = (logits(draw(), [list(said)]) for said in (text, text * times))
    np.testing.assert_allclose(once, often, rtol=1e-12, atol=1e-14)


def test_padding_changes_nothing():
    rng, params = np.random.default_rng(7), draw()
    alone = [logits(params, [row[real]]).item() for row, real in zip(IDS, MASK, strict=True)]
    z, cache = mean_forward(params, IDS, MASK)
    np.testing.assert_allclose(z, alone, rtol=1e-14)
    garbage = np.where(MASK, IDS, rng.integers(-1000, 1000, IDS.shape))
    np.testing.assert_array_equal(logits(params, garbage, MASK.astype(int)), z)
    assert not mean_backward(params, cache, np.ones(2)).W[[0, 5]].any()


def test_one_number_a_token_does_the_work_of_all_embeddings():
    params = draw()
    scores = MeanParams((params.W @ params.u)[:, None], np.ones(1), params.b)
    np.testing.assert_allclose(logits(scores, IDS, MASK), logits(params, IDS, MASK), rtol=1e-14)


def test_batch_of_two_equals_two_batches_of_one():
    params = draw()
    loss, gradient = mean_gradient(params, IDS, MASK, LABELS)
    parts = [mean_gradient(params, IDS[[n]], MASK[[n]], LABELS[[n]]) for n in range(2)]
    assert loss == pytest.approx((parts[0][0] + parts[1][0]) / 2, rel=1e-14)
    for whole, *halves in zip(gradient, parts[0][1], parts[1][1], strict=True):
        np.testing.assert_allclose(whole, sum(halves) / 2, rtol=1e-12, atol=1e-15)


def test_float32_stays_float32_and_is_close():
    single = mean_gradient(draw(dtype=np.float32), IDS, MASK, LABELS)[1]
    assert {leaf.dtype for leaf in single} == {np.dtype(np.float32)}
    double = leaves_of(mean_gradient(draw(), IDS, MASK, LABELS)[1])
    assert oracles.worst_difference(leaves_of(single), double) < 1e-5


# Witnesses -----------------------------------------------------------------------------------


def differences(params):
    def loss():
        return mean_gradient(params, IDS, MASK, LABELS)[0]

    return {
        name: oracles.central_differences(loss, leaf) for name, leaf in leaves_of(params).items()
    }


def test_backward_matches_central_differences(evidence):
    params = draw()
    ours = leaves_of(mean_gradient(params, IDS, MASK, LABELS)[1])
    for name, derivative in differences(params).items():
        evidence.agrees(ours[name], derivative, witness="central differences", within=1e-8)


SLIPS = {
    "only the last of repeated tokens": ("np.add.at(d_W, cache.ids,", "d_W.__setitem__(cache.ids,"),
    "the sum in place of the mean": ("cache.shares[:, :, None]", "(cache.shares > 0)[:, :, None]"),
    "the sum over texts in place of the mean": ("targets) / batch)", "targets))"),
    "label minus probability": ("sigmoid(scores) - targets", "targets - sigmoid(scores)"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(slip):
    params = draw()
    wrong = mutant(mean_classifier, *SLIPS[slip])
    theirs = leaves_of(wrong.mean_gradient(params, IDS, MASK, LABELS)[1])
    assert oracles.worst_difference(theirs, differences(params)) > 1e-2


def keras_model(params):
    """Keras' layers of the same classifier; padding is token 0 and is masked."""
    model = keras.Sequential(
        [
            keras.layers.Embedding(N_TOKENS, N_DIMS, mask_zero=True, dtype="float64"),
            keras.layers.GlobalAveragePooling1D(dtype="float64"),
            keras.layers.Dense(1, dtype="float64"),
        ]
    )
    model.build((None, TIME))
    model.set_weights([params.W, params.u[:, None], params.b])
    return model


def test_forward_and_backward_match_keras(evidence):
    params = draw()
    model = keras_model(params)
    with tf.GradientTape() as tape:
        z = model(np.where(MASK, IDS, 0))[:, 0]
        loss = keras.losses.binary_crossentropy(LABELS.astype(float), z, from_logits=True)
    theirs = [tf.convert_to_tensor(one) for one in tape.gradient(loss, model.trainable_weights)]
    ours = mean_gradient(params, IDS, MASK, LABELS)
    keras_says = "Keras' embedding, average and output layers"
    evidence.agrees(logits(params, IDS, MASK), z.numpy(), witness=keras_says, within=1e-13)
    evidence.agrees(ours[0], float(loss), witness="Keras' loss", within=1e-7)
    for mine, one in zip(ours[1], theirs, strict=True):
        evidence.agrees(mine, one.numpy().reshape(mine.shape), witness=keras_says, within=1e-7)


# The equations of the page -------------------------------------------------------------------

TEXT, OTHER = [4, 2, 4, 6, 1], [3, 3, 5]
SIGMA = {r"\sigma": lambda z: 1 / (1 + math.exp(-z))}
BOTH = pytest.mark.parametrize("text", [TEXT, OTHER], ids=["five tokens", "three tokens"])


def rows(params, text):
    """Return the embeddings of a text by their place."""
    return {t: params.W[token] for t, token in enumerate(text, start=1)}


def shares(text):
    return {i: text.count(i) / len(text) for i in range(N_TOKENS)}


def by_token(table):
    return dict(enumerate(table))


def logit_of_keras(params, text):
    return float(keras_model(params)(np.array([text]))[0, 0])


@pytest.mark.equation("sentiment-mean")
@BOTH
def test_the_mean_is_that_of_keras(evidence, text):
    params = draw()
    pooled = keras.layers.GlobalAveragePooling1D(dtype="float64")(params.W[text][None])
    evidence.evaluates(
        {"m": np.asarray(pooled)[0], r"\tau": len(text), "w^{(t)}": rows(params, text)},
        witness="Keras' GlobalAveragePooling1D", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("sentiment-logit")
@BOTH
def test_logit_and_probability_are_those_of_keras(evidence, text):
    params = draw(len(text))
    z = logit_of_keras(params, text)
    probability = float(keras.ops.sigmoid(keras.ops.convert_to_tensor(z, dtype="float64")))
    evidence.evaluates(
        {
            "z": z, "u": params.u, "m": params.W[text].mean(axis=0), "b": params.b[0],
            r"\hat{y}": probability, **SIGMA,
        },
        witness="Keras' layers and its sigmoid", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("sentiment-shares")
@BOTH
def test_scores_and_shares_give_the_logit_of_keras(evidence, text):
    params = draw(len(text))
    evidence.evaluates(
        {
            "z": logit_of_keras(params, text), "b": params.b[0], "u": params.u,
            "f_i": shares(text), "s_i": by_token(params.W @ params.u), "w_i": by_token(params.W),
            r"\mathcal{V}": set(range(N_TOKENS)),
        },
        at={"i": range(N_TOKENS)}, witness="Keras' layers, which look up each token", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("sentiment-loss")
@pytest.mark.parametrize(("z", "label"), [(0.3, 1), (-1.2, 1), (0.7, 0), (2.1, 0)])
def test_the_loss_is_that_of_keras(evidence, z, label):
    target, logit = (np.array([number], dtype=float) for number in (label, z))
    loss = keras.losses.binary_crossentropy(target, logit, from_logits=True)
    evidence.evaluates(
        {"L": float(loss), "y": label, r"\hat{y}": 1 / (1 + math.exp(-z))},
        witness="Keras' cross-entropy from logits", within=1e-6,
    )  # fmt: skip


def loss_of(label):
    """Let the loss follow from the probability, and the probability from the logit."""
    return {
        "L": Defined(lambda of: -np.log(of(r"\hat{y}") if label else 1 - of(r"\hat{y}"))),
        r"\hat{y}": Defined(lambda of: np.exp(of("z")) / (1 + np.exp(of("z")))),
        "y": label,
    }


@pytest.mark.equation("sentiment-delta")
@pytest.mark.parametrize(("z", "label"), [(0.3, 1), (-1.2, 1), (0.7, 0), (2.1, 0)])
def test_the_derivative_with_respect_to_the_logit_is_a_difference(evidence, z, label):
    evidence.evaluates(
        {"z": z, **loss_of(label)}, witness="automatic differentiation of the loss", within=1e-12
    )


@pytest.mark.equation("sentiment-gradient")
@pytest.mark.parametrize("label", [0, 1])
@BOTH
def test_the_gradient_is_the_derivative_of_the_definition(evidence, text, label):
    params = draw(len(text))

    def mean(of):
        return sum(of("w_i", token) for token in text) / len(text)

    evidence.evaluates(
        {
            **loss_of(label), "z": Defined(lambda of: of("u") @ of("m") + of("b")),
            "m": Defined(mean), "w_i": by_token(params.W), "u": params.u, "b": params.b[0],
            "f_i": shares(text),
        },
        at={"i": range(N_TOKENS)}, witness="automatic differentiation of the loss", within=1e-11,
    )  # fmt: skip


def padded(params, text, length):
    """Return the logit of Keras' layers without a mask, after padding with token 0."""
    pooled = keras.layers.GlobalAveragePooling1D(dtype="float64")(
        params.W[text + [0] * (length - len(text))][None]
    )
    return float(np.asarray(pooled)[0] @ params.u + params.b[0])


@pytest.mark.equation("sentiment-masked-mean")
@BOTH
def test_the_masked_mean_is_that_of_keras(evidence, text):
    params = draw()
    places = [text[0], 0, 0, *text[1:]]
    mask = [True, False, False] + [True] * (len(text) - 1)
    pooled = keras.layers.GlobalAveragePooling1D(dtype="float64")(
        params.W[places][None], mask=np.array([mask])
    )
    evidence.evaluates(
        {
            "m": np.asarray(pooled)[0], "T": len(places), "w^{(t)}": rows(params, places),
            "a^{(t)}": {t: float(real) for t, real in enumerate(mask, start=1)},
        },
        witness="Keras' GlobalAveragePooling1D with a mask", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("sentiment-padding-counted")
@pytest.mark.parametrize("length", [7, 23])
@BOTH
def test_padding_that_counts_draws_the_logit_towards_its_own(evidence, text, length):
    params = draw(len(text))
    alone = float(params.W[0] @ params.u + params.b[0])
    evidence.evaluates(
        {
            "z_T": padded(params, text, length), "z": logit_of_keras(params, text),
            r"\tau": len(text), "T": length, r"z_{\mathrm{pad}}": alone,
        },
        witness="Keras' layers without a mask", within=1e-12,
    )  # fmt: skip
    ours = mean_forward(params, [text + [0] * (length - len(text))])[0]
    evidence.agrees(
        ours, np.array([padded(params, text, length)]), witness="Keras without a mask", within=1e-12
    )


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ids": [[7]]}, "ids must be at least 0 and at most 6, got 7."),
        ({"ids": [[-1]]}, "ids must be at least 0 and at most 6, got -1."),
        ({"ids": [[1.0]]}, "ids must hold integers, got 1.0."),
        ({"ids": [1, 2]}, "ids must have shape (batch, time), got (2,)."),
        ({"mask": [[1, 1]]}, "mask must have shape (batch=2, time=5), got (1, 2)."),
        ({"mask": MASK & [[True], [False]]}, "mask must leave each text a real token, got none in"),
        ({"ids": np.zeros((2, 0), int)}, "mask must leave each text a real token, got none in tex"),
        ({"params": draw()._replace(u=np.ones(2))}, "params.u must have shape (n_dims=3,), got (2"),
        ({"params": draw()._replace(b=np.ones(2))}, "params.b must have shape (n_out=1,), got (2,"),
        (
            {"params": draw()._replace(W=np.full((7, 3), np.inf))},
            "params.W must be finite, got inf",
        ),
        (
            {"params": MeanParams(np.full((7, 3), 9.0), *HUGE)},
            "params must give numbers that float64",
        ),
    ],
    ids=range(11),
)
def test_what_does_not_fit_forwards_is_named(changes, complaint):
    mask = None if "ids" in changes else MASK
    with pytest.raises(ValueError, match=re.escape(complaint)):
        mean_forward(**{"params": draw(), "ids": IDS, "mask": mask, **changes})


def test_other_things_that_do_not_fit_are_named():
    params = draw()
    _, cache = mean_forward(params, IDS, MASK)
    complaints = [
        (lambda: mean_backward(draw(), cache, np.ones(2)), "cache must come from a forward pass"),
        (lambda: mean_backward(params, (), np.ones(2)), "cache must be the MeanCache of a forward"),
        (
            lambda: mean_backward(params, cache, np.ones(3)),
            "d_logits must have shape (batch=2,), g",
        ),
        (
            lambda: mean_backward(params, cache, [1e308, 1e308]),
            "d_logits must give numbers that fl",
        ),
        (lambda: logistic_loss([0.0, 1.0], [1]), "labels must have shape (batch=2,), got (1,)."),
        (lambda: logistic_loss([0.0], [2]), "labels must be at least 0 and at most 1, got 2."),
        (lambda: logistic_loss(np.zeros(0), []), "logits must hold at least one number, got none."),
        (lambda: mean_init(0, 3, rng=np.random.default_rng(7)), "n_tokens must be at least 1, got"),
        (lambda: mean_init(3, 5, rng=7), "rng must be a numpy.random.Generator, got int."),
    ]
    for call, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            call()
