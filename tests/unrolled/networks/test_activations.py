import re

import numpy as np
import pytest
from scipy import special

import oracles
from unrolled.networks.activations import (
    relu,
    relu_backward,
    sigmoid,
    softmax,
    tanh,
)
from unrolled.networks.dense import DenseParams, dense_forward

BATCH, N_CLASSES = 3, 5
FUNCTIONS = [sigmoid, tanh, relu, softmax]


def test_values_by_hand():
    np.testing.assert_array_equal(sigmoid([0.0, np.log(3)]), [0.5, 0.75])
    np.testing.assert_allclose(tanh([0.0, np.log(2)]), [0, 0.6], rtol=1e-15)
    np.testing.assert_array_equal(relu([-2.0, 0.0, 3.0]), [0, 0, 3])
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [1 / 8, 2 / 8, 5 / 8], rtol=1e-15)
    np.testing.assert_array_equal(relu_backward([0.0, 3.0], [5.0, 7.0]), [0, 7])


def test_far_from_zero_nothing_overflows_and_digits_stay():
    x = np.array([-700.0, -100, -40, 40, 800])
    with np.errstate(all="raise"):
        y = sigmoid(x)
        np.testing.assert_array_equal(softmax([1e308, -1e308, 1e308]), [0.5, 0, 0.5])
        np.testing.assert_array_equal(tanh([1e308]), [1])
    np.testing.assert_allclose(y, special.expit(x), rtol=1e-15)
    assert sigmoid(np.full(2, -80, np.float32))[0] > 0


def test_shares_sum_to_one_and_do_not_mind_a_shift():
    x = np.random.default_rng(7).normal(size=(BATCH, N_CLASSES))
    np.testing.assert_allclose(softmax(x, axis=0).sum(axis=0), np.ones(N_CLASSES), rtol=1e-15)
    np.testing.assert_allclose(softmax(x + 100), softmax(x), rtol=1e-13)


def test_backward_of_the_rectifier_matches_central_differences(evidence):
    rng = np.random.default_rng(7)
    x, d_y = rng.normal(size=(2, BATCH, N_CLASSES))
    theirs = oracles.central_differences(lambda: (d_y * relu(x)).sum(), x)
    evidence.agrees(relu_backward(relu(x), d_y), theirs, witness="central differences", within=1e-9)


@pytest.mark.parametrize("function", [*FUNCTIONS, lambda x: relu_backward(x, x)])
def test_float32_stays_float32(function):
    assert function(np.linspace(-1, 1, 5, dtype=np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("x", "complaint"),
    [
        ([1, 2], "must hold float64 or float32, got int64."),
        ([np.nan, 1.0], "must be finite, got nan."),
        ("a", "must hold floating-point numbers, got strings."),
    ],
)
def test_what_holds_no_floats_is_named(x, complaint):
    for function in FUNCTIONS:
        with pytest.raises(ValueError, match=re.escape(f"x {complaint}")):
            function(x)
    with pytest.raises(ValueError, match=re.escape(f"y {complaint}")):
        relu_backward(x, x)


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match=re.escape("d_y must have the shape of y, (2,), got (1,)")):
        relu_backward([0.1, 0.2], [0.1])
    with pytest.raises(ValueError, match="axis must be at least -1 and at most 0, got 1"):
        softmax([0.1, 0.2], axis=1)
    with pytest.raises(ValueError, match="x must hold at least one score"):
        softmax(np.zeros((2, 0)))
    with pytest.raises(ValueError, match="x must have shape"):
        softmax(0.5)


# As printed ----------------------------------------------------------------------------------

PLACES = [-7.3, -1.1, -0.2, 0.4, 2.6]


@pytest.mark.equation("mlp-neuron")
@pytest.mark.parametrize("size", [3, 5])
def test_a_neuron_as_printed(evidence, size):
    rng = np.random.default_rng(size)
    x, w, b = rng.normal(size=size), rng.normal(size=size), rng.normal()
    params = DenseParams(w[:, None], np.array([b]))
    a, _ = dense_forward(params, x[None])
    evidence.evaluates(
        {"x": x, "w": w, "b": b, "D": size, "f": special.expit, "h": sigmoid(a[0, 0])},
        witness="the book's own dense layer and sigmoid", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("mlp-slope")
def test_the_slope_of_the_sigmoid_is_a_quarter_at_most(evidence):
    evidence.evaluates(
        {r"\sigma": lambda u: 1 / (1 + np.exp(-u))}, at={"a": [*PLACES, 0.0]},
        witness="automatic differentiation of the sigmoid", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("mlp-tanh")
def test_tanh_is_a_stretched_sigmoid(evidence):
    evidence.evaluates(
        {r"\sigma": special.expit, r"\tanh": np.tanh}, at={"a": PLACES},
        witness="the hyperbolic tangent of NumPy, and the logistic function of SciPy",
        within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("mlp-relu")
def test_the_rectifier_as_printed(evidence):
    evidence.evaluates(
        {r"\operatorname{ReLU}": lambda u: u if np.real(u) > 0 else 0 * u}, at={"a": PLACES},
        witness="a choice between a number and zero, and its automatic differentiation",
        within=1e-14,
    )  # fmt: skip
    expected = [float(place > 0) for place in PLACES]
    np.testing.assert_array_equal(relu_backward(relu(PLACES), np.ones(len(PLACES))), expected)
