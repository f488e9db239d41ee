"""Layers without a memory: softmax, derivatives and a kernel against SciPy and differentiation."""

import numpy as np
import pytest
from scipy import signal, special

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.networks import activations

SIZES = [5, 3, 2]
PLACES = np.array([-3.1, -0.7, 0.2, 1.9, 2.3])


def shares(logits):
    weights = np.exp(logits)
    return weights / weights.sum()


def draw(size):
    rng = np.random.default_rng(size)
    return rng.normal(size=size), rng.dirichlet(np.ones(size))


def classes(size):
    return {"k": range(1, size + 1)}


# Softmax and cross-entropy -------------------------------------------------------------------


@pytest.mark.equation("softmax")
@pytest.mark.parametrize("size", SIZES)
def test_softmax_is_that_of_scipy(evidence, size):
    logits, _ = draw(size)
    theirs = special.softmax(logits)
    evidence.evaluates(
        {"o": logits, "q": size, r"\hat{y}": theirs}, at=classes(size),
        witness="the softmax of SciPy", within=1e-14,
    )  # fmt: skip
    evidence.agrees(activations.softmax(logits), theirs, witness="SciPy", within=1e-14)


@pytest.mark.equation("cross-entropy")
@pytest.mark.parametrize("size", SIZES)
def test_cross_entropy_is_relative_entropy_and_entropy_of_scipy(evidence, size):
    logits, target = draw(size)
    guess = special.softmax(logits)
    theirs = special.rel_entr(target, guess).sum() + special.entr(target).sum()
    evidence.evaluates(
        {r"\hat{y}": guess, "y": target, "q": size, "J": theirs},
        witness="relative entropy plus entropy, both by SciPy", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("cross-entropy-logits")
@pytest.mark.parametrize("size", SIZES)
def test_loss_from_logits_is_the_log_softmax_of_scipy(evidence, size):
    logits, _ = draw(size)
    losses = -special.log_softmax(logits)
    evidence.evaluates(
        {"o": logits, "q": size}, at=[{"k": k, "J": loss} for k, loss in enumerate(losses, 1)],
        witness="the log-softmax of SciPy", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("log-sum-exp")
@pytest.mark.parametrize("size", SIZES)
def test_any_number_may_be_taken_out(evidence, size):
    logits, _ = draw(size)
    whole = special.logsumexp(logits)  # taken out, it leaves the logarithm of one
    evidence.evaluates(
        {"o": logits, "q": size}, at={"M": [whole, logits.max(), 0.7, -2.9]},
        witness="SciPy's logsumexp for M, and three other numbers", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("softmax-jacobian")
@pytest.mark.parametrize("size", SIZES)
def test_jacobian_of_the_softmax_is_its_derivative(evidence, size):
    logits, _ = draw(size)
    evidence.evaluates(
        {"o": logits, r"\hat{y}": Defined(lambda of: shares(of("o")))},
        witness="automatic differentiation of the softmax", within=1e-14,
    )  # fmt: skip


# Activations ---------------------------------------------------------------------------------


@pytest.mark.equation("sigmoid-slope")
def test_derivative_of_the_sigmoid_is_written_with_its_value(evidence):
    evidence.evaluates(
        {"a": PLACES, r"\sigma": lambda u: 1 / (1 + np.exp(-u))},
        witness="automatic differentiation of the sigmoid", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("tanh-slope")
def test_derivative_of_tanh_is_written_with_its_value(evidence):
    evidence.evaluates(
        {"a": PLACES, r"\tanh": np.tanh},
        witness="automatic differentiation of the hyperbolic tangent", within=1e-14,
    )  # fmt: skip


# Convolution ---------------------------------------------------------------------------------


@pytest.mark.equation("conv-image")
@pytest.mark.parametrize(("width", "shape"), [(3, (5, 7)), (2, (3, 5))])
def test_a_kernel_slides_over_an_image(evidence, width, shape):
    rng = np.random.default_rng(width)
    image, kernel, bias = rng.normal(size=shape), rng.normal(size=(width, width)), rng.normal()
    theirs = signal.correlate(image, kernel, "valid") + bias
    evidence.evaluates(
        {
            r"x_{i,j}": lambda i, j: image[i - 1, j - 1],
            r"K_{p,r}": lambda p, r: kernel[p - 1, r - 1],
            r"a_{i,j}": lambda i, j: theirs[i - 1, j - 1],
            "b_K": bias, "w": width,
        },
        at=[{"i": i + 1, "j": j + 1} for i, j in np.ndindex(theirs.shape)],
        witness="SciPy's correlate over an image", within=1e-13,
    )  # fmt: skip
