import math
import re

import numpy as np
import pytest
from scipy import special

import oracles
from bookkeeping.check.formulas.evaluating import Defined
from unrolled.networks.losses import (
    binary_cross_entropy_backward,
    binary_cross_entropy_forward,
    cross_entropy_backward,
    cross_entropy_forward,
    squared_error_backward,
    squared_error_forward,
)

BATCH, TIME, N_CLASSES = 2, 3, 5
HOLES = np.array([[True, False, True], [True, True, False]])


def draw():
    rng = np.random.default_rng(7)
    logits, outputs = rng.normal(size=(2, BATCH, TIME, N_CLASSES))
    return logits, rng.integers(N_CLASSES, size=(BATCH, TIME)), outputs


def test_values_by_hand():
    loss, cache = cross_entropy_forward(np.log([[1.0, 2.0, 5.0]]), [1])
    assert loss == pytest.approx(math.log(4), rel=1e-15)
    np.testing.assert_allclose(cross_entropy_backward(cache), [[1 / 8, -6 / 8, 5 / 8]])
    loss, cache = squared_error_forward([[3.0, 1.0]], [[1.0, 0.0]])
    assert loss == 2.5
    np.testing.assert_array_equal(squared_error_backward(cache), [[2, 1]])


def test_values_of_two_classes_by_hand():
    loss, cache = binary_cross_entropy_forward(np.log([3.0, 3.0, 1 / 3]), [1, 0, 0])
    assert loss == pytest.approx((math.log(4 / 3) + math.log(4) + math.log(4 / 3)) / 3, rel=1e-15)
    d_logits = binary_cross_entropy_backward(cache)
    np.testing.assert_allclose(d_logits, np.array([-0.25, 0.75, 0.25]) / 3, rtol=1e-15)


def test_even_odds_cost_the_logarithm_of_the_number_of_classes():
    logits = np.full((BATCH, TIME, N_CLASSES), 3.0)
    targets = np.zeros((BATCH, TIME), int)
    assert cross_entropy_forward(logits, targets)[0] == pytest.approx(math.log(N_CLASSES))
    total, _ = cross_entropy_forward(logits, targets, reduction="sum")
    assert total == pytest.approx(BATCH * TIME * math.log(N_CLASSES))


def test_cross_entropy_matches_scipy(evidence):
    logits, targets, _ = draw()
    picked = np.take_along_axis(special.log_softmax(logits, axis=-1), targets[..., None], axis=-1)
    loss, _ = cross_entropy_forward(logits, targets)
    evidence.agrees(loss, -picked.mean(), witness="SciPy", within=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("mask", [None, HOLES], ids=["every place real", "padded places"])
def test_backward_matches_central_differences(evidence, mask, reduction):
    logits, targets, outputs = draw()
    for forward, backward, wanted in (
        (cross_entropy_forward, cross_entropy_backward, targets),
        (squared_error_forward, squared_error_backward, outputs),
    ):

        def loss(forward=forward, wanted=wanted):
            return forward(logits, wanted, mask=mask, reduction=reduction)[0]

        _, cache = forward(logits, wanted, mask=mask, reduction=reduction)
        theirs = oracles.central_differences(loss, logits)
        evidence.agrees(backward(cache), theirs, witness="central differences", within=1e-8)


@pytest.mark.parametrize("garbage", [1e3, 1.7e308])
def test_padding_changes_nothing(garbage):
    logits, targets, outputs = draw()
    padded = np.concatenate([logits, np.full((BATCH, 1, N_CLASSES), garbage)], axis=1)
    mask = [[1, 1, 1, 0]] * BATCH
    for forward, backward, wanted, filler in (
        (cross_entropy_forward, cross_entropy_backward, targets, np.full((BATCH, 1), -1)),
        (squared_error_forward, squared_error_backward, outputs, padded[:, 3:] * -1),
    ):
        loss, cache = forward(logits, wanted)
        filled = np.concatenate([wanted, filler], axis=1)
        loss_padded, cache_padded = forward(padded, filled, mask=mask)
        assert loss_padded == pytest.approx(loss, rel=1e-15)
        derivatives = backward(cache_padded)
        np.testing.assert_allclose(derivatives[:, :3], backward(cache), rtol=1e-15)
        assert not derivatives[:, 3].any()


def test_certain_and_wrong_costs_much_but_not_infinitely_much():
    with np.errstate(all="raise"):
        loss, cache = cross_entropy_forward([[1e4, 0.0]], [1])
        derivative = cross_entropy_backward(cache)
    assert loss == 1e4
    np.testing.assert_array_equal(derivative, [[1, -1]])


def test_float32_stays_float32():
    logits, targets, outputs = (array.astype(np.float32) for array in draw())
    _, cache = cross_entropy_forward(logits, targets.astype(int))
    assert cross_entropy_backward(cache).dtype == np.float32
    _, cache = squared_error_forward(logits, outputs)
    assert squared_error_backward(cache).dtype == np.float32


GOOD = np.zeros((BATCH, TIME, N_CLASSES))
ZEROS = np.zeros((BATCH, TIME), int)


@pytest.mark.parametrize(
    ("arguments", "options", "complaint"),
    [
        ((GOOD, ZEROS[:, 1:]), {}, "targets must have shape (2, 3), got (2, 2)."),
        ((GOOD, ZEROS + 5), {}, "targets must be at least 0 and at most 4, got 5."),
        ((GOOD, ZEROS - 1), {}, "targets must be at least 0 and at most 4, got -1."),
        ((GOOD, ZEROS + 0.5), {}, "targets must hold integers, got 0.5."),
        ((GOOD.astype(int), ZEROS), {}, "logits must hold float64 or float32, got int64."),
        ((GOOD * np.nan, ZEROS), {}, "logits must be finite, got nan."),
        ((GOOD[..., :0], ZEROS), {}, "logits must not be empty, got shape (2, 3, 0)."),
        ((1.0, 0), {}, "logits must have shape (..., n_classes), got ()."),
        (([1e308, -1e308], 1), {}, "logits must give a loss that float64 can hold"),
        ((GOOD, ZEROS), {"mask": HOLES.T}, "mask must have the shape of logits without its last"),
        ((GOOD, ZEROS), {"mask": HOLES * 1.0}, "mask must hold truth values, or the integers 0"),
        ((GOOD, ZEROS), {"mask": ZEROS}, "mask must be True at one place at least, got none."),
        ((GOOD, ZEROS), {"reduction": "none"}, "reduction must be 'mean' or 'sum', got 'none'."),
    ],
    ids=range(13),
)
def test_cross_entropy_names_what_does_not_fit(arguments, options, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        cross_entropy_forward(*arguments, **options)


def test_squared_error_names_what_does_not_fit():
    complaints = [
        ((GOOD, GOOD[..., 1:]), "targets must have shape (2, 3, 5), got (2, 3, 4)."),
        ((GOOD, GOOD.astype(np.float32)), "targets must be float64 as y is, got float32."),
        ((GOOD[:0], GOOD[:0]), "y must not be empty, got shape (0, 3, 5)."),
        ((GOOD + 1e300, GOOD), "y and targets must give a loss that float64 can hold"),
    ]
    for arguments, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            squared_error_forward(*arguments)


def test_caches_do_not_stand_in_for_one_another():
    with pytest.raises(ValueError, match="cache must be the SquaredErrorCache of a forward pass"):
        squared_error_backward(cross_entropy_forward(GOOD, ZEROS)[1])
    with pytest.raises(ValueError, match="cache must be the CrossEntropyCache of a forward pass"):
        cross_entropy_backward(None)


# Two classes ---------------------------------------------------------------------------------


def two_classes(size=7):
    rng = np.random.default_rng(size)
    return 2 * rng.normal(size=size), rng.permutation(np.arange(size) % 2)


def test_two_classes_are_a_softmax_over_zero_and_the_logit():
    logits, targets = two_classes()
    loss, cache = binary_cross_entropy_forward(logits, targets)
    both = np.column_stack([np.zeros_like(logits), logits])
    theirs, stored = cross_entropy_forward(both, targets)
    assert loss == pytest.approx(theirs, rel=1e-14)
    np.testing.assert_allclose(
        binary_cross_entropy_backward(cache), cross_entropy_backward(stored)[:, 1], rtol=1e-13
    )


def test_exchanged_classes_have_the_same_loss():
    logits, targets = two_classes()
    loss, cache = binary_cross_entropy_forward(logits, targets == 1)
    other, mirrored = binary_cross_entropy_forward(-logits, targets == 0)
    assert loss == other
    np.testing.assert_array_equal(
        binary_cross_entropy_backward(cache), -binary_cross_entropy_backward(mirrored)
    )


@pytest.mark.parametrize("shape", [(7,), (1, 7), (7, 1)])
def test_two_classes_match_central_differences(shape):
    logits, targets = (array.reshape(shape) for array in two_classes())
    _, cache = binary_cross_entropy_forward(logits, targets)
    theirs = oracles.central_differences(
        lambda: binary_cross_entropy_forward(logits, targets)[0], logits
    )
    np.testing.assert_allclose(binary_cross_entropy_backward(cache), theirs, atol=1e-9)


def test_sure_answers_keep_their_loss_and_their_digits():
    with np.errstate(all="raise"):
        loss, cache = binary_cross_entropy_forward([40.0, -800.0, -1e300], [0, 0, 0])
        d_logits = binary_cross_entropy_backward(cache)
    assert loss == pytest.approx(40 / 3, rel=1e-15)
    np.testing.assert_allclose(d_logits, [1 / 3, 0, 0], rtol=1e-15, atol=1e-300)
    right, cache = binary_cross_entropy_forward([40.0], [1])
    assert right == pytest.approx(math.exp(-40), rel=1e-12)
    assert binary_cross_entropy_backward(cache)[0] == pytest.approx(-math.exp(-40), rel=1e-12)


def test_single_precision_of_two_classes_stays_single():
    logits, targets = two_classes()
    _, cache = binary_cross_entropy_forward(logits.astype(np.float32), targets)
    assert binary_cross_entropy_backward(cache).dtype == np.float32


def test_complaints_about_two_classes():
    for wrong in ([0, 1, 2], [0.0, 1.0, 1.0]):
        with pytest.raises(ValueError, match="targets must hold truth values, or the integers"):
            binary_cross_entropy_forward([0.5, 0.5, 0.5], wrong)
    with pytest.raises(ValueError, match=r"targets must have shape \(2,\), got \(3,\)"):
        binary_cross_entropy_forward([0.5, 0.5], [0, 1, 1])
    with pytest.raises(ValueError, match=r"targets must have shape \(2, 1\), got \(2,\)"):
        binary_cross_entropy_forward([[0.5], [0.5]], [0, 1])
    with pytest.raises(ValueError, match="logits must not be empty"):
        binary_cross_entropy_forward(np.zeros(0), [])
    with pytest.raises(ValueError, match="logits must be finite, got nan"):
        binary_cross_entropy_forward([np.nan], [0])
    with pytest.raises(ValueError, match="cache must be the BinaryCrossEntropyCache"):
        binary_cross_entropy_backward(np.zeros(3))


@pytest.mark.equation("mlp-bce")
@pytest.mark.parametrize("size", [5, 7])
def test_loss_of_two_classes_as_printed(evidence, size):
    logits, targets = two_classes(size)
    ours, _ = binary_cross_entropy_forward(logits, targets)
    theirs = -np.mean(np.where(targets, special.log_expit(logits), special.log_expit(-logits)))
    evidence.evaluates(
        {
            "J": theirs, "N": size,
            "y_n": lambda n: targets[n - 1], "p_n": lambda n: special.expit(logits[n - 1]),
        },
        witness="the logarithm of the logistic function of SciPy", within=1e-14,
    )  # fmt: skip
    evidence.agrees(ours, theirs, witness="SciPy", within=1e-14)


@pytest.mark.equation("mlp-stable")
@pytest.mark.parametrize("target", [0, 1])
def test_loss_of_one_row_as_printed(evidence, target):
    places = [-700.0, -5.0, -0.3, 0.0, 1.7, 40.0]
    theirs = [float(-special.log_expit(place if target else -place)) for place in places]
    evidence.evaluates(
        {"y": target, r"\operatorname{ReLU}": lambda u: (u + abs(u)) / 2},
        at=[{"o": o, "L": loss} for o, loss in zip(places, theirs, strict=True)],
        witness="the logarithm of the logistic function of SciPy", within=1e-13,
    )  # fmt: skip
    for place, loss in zip(places, theirs, strict=True):
        ours, _ = binary_cross_entropy_forward([place], [target])
        assert ours == pytest.approx(loss, rel=1e-14)


@pytest.mark.equation("mlp-delta")
@pytest.mark.parametrize("size", [5, 7])
def test_error_of_the_logit_as_printed(evidence, size):
    logits, targets = two_classes(size)
    rows = range(1, size + 1)

    def loss(of):
        right = [
            of("p_n", n) if y else 1 - of("p_n", n) for n, y in zip(rows, targets, strict=True)
        ]
        return -sum(np.log(one) for one in right) / size

    _, cache = binary_cross_entropy_forward(logits, targets)
    ours = binary_cross_entropy_backward(cache)
    evidence.evaluates(
        {
            "J": Defined(loss), "N": size, "o_n": dict(zip(rows, logits, strict=True)),
            "p_n": Defined(lambda of, n: 1 / (1 + np.exp(-of("o_n", n)))),
            "y_n": lambda n: targets[n - 1],
        },
        at={"n": rows}, witness="automatic differentiation of the loss", within=1e-12,
    )  # fmt: skip
    evidence.agrees(
        ours, (special.expit(logits) - targets) / size, witness="SciPy's sigmoid", within=1e-13
    )


@pytest.mark.equation("mlp-chain")
@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize(
    ("x", "w", "b"),
    [
        ([0.3, -1.7, 0.9], [1.1, 0.4, -0.6], 0.2),
        ([-0.7, 0.4, 1.3, 0.2, -1.1], [0.5, -0.8, 1.2, 0.1, -0.3], -0.4),
    ],
)
def test_three_local_derivatives_of_a_weight_as_printed(evidence, target, x, w, b):
    evidence.evaluates(
        {
            "J": Defined(lambda of: -np.log(of("p") if target else 1 - of("p"))),
            "p": Defined(lambda of: 1 / (1 + np.exp(-of("o")))),
            "o": Defined(lambda of: of("w") @ np.array(x) + b),
            "w": np.array(w), "x": np.array(x), "y": target,
        },
        at={"i": range(1, len(x) + 1)}, witness="automatic differentiation", within=1e-12,
    )  # fmt: skip
