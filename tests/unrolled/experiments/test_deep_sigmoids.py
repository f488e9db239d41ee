"""Deep stacks with four starts: gradients, a bound, a camera, and the committed runs."""

import json
from pathlib import Path

import numpy as np
import pytest

import oracles
from unrolled.experiments import deep_sigmoids
from unrolled.experiments.deep_sigmoids import (
    DEPTHS,
    RECIPES,
    SEEDS,
    Stack,
    draw_weights,
    stack_gradient,
    stack_init,
    train_stack,
)
from unrolled.networks.dense import DenseParams
from unrolled.networks.pytrees import leaves_of

COMMITTED = Path(__file__).parents[3] / "book/history/pretraining.json"


def small(activation, n_layers=2):
    rng = np.random.default_rng(7)
    hidden = tuple(
        DenseParams(rng.normal(size=sizes), rng.normal(size=sizes[1]))
        for sizes in [(5, 3), (3, 3), (3, 3)][:n_layers]
    )
    stack = Stack(hidden, DenseParams(rng.normal(size=(3, 7)), rng.normal(size=7)))
    return stack, rng.random((11, 5)), rng.integers(7, size=11)


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_gradient_matches_differences(activation):
    stack, x, targets = small(activation)
    _, gradient, sizes = stack_gradient(stack, x, targets, activation=activation)
    assert len(sizes) == 2
    assert all(size > 0 for size in sizes)
    ours = leaves_of(gradient)
    for name, leaf in leaves_of(stack).items():

        def loss():
            return stack_gradient(stack, x, targets, activation=activation)[0]

        np.testing.assert_allclose(ours[name], oracles.central_differences(loss, leaf), atol=1e-7)


@pytest.mark.parametrize(
    ("start", "variance"), [("usual", 1 / 3 / 400), ("glorot", 1 / 350), ("he", 2 / 400)]
)
def test_weights_have_the_variance_of_their_source(start, variance):
    W = draw_weights(start, 400, 300, rng=np.random.default_rng(7))
    assert W.shape == (400, 300)
    assert abs(W.mean()) < 1e-3
    assert W.var() == pytest.approx(variance, rel=0.03)


def test_training_lowers_the_loss_and_leaves_the_start_alone():
    stack, x, targets = small("sigmoid", 1)
    kept = stack.output.W.copy()
    after = train_stack(stack, x, targets, "sigmoid", learning_rate=0.3, n_epochs=40,
                        rng=np.random.default_rng(7))  # fmt: skip
    losses = [stack_gradient(s, x, targets, activation="sigmoid")[0] for s in (stack, after)]
    assert losses[1] < 0.8 * losses[0]
    np.testing.assert_array_equal(stack.output.W, kept)


def test_pretrained_layers_are_those_of_the_machines():
    x = np.random.default_rng(11).random((40, 5))
    stack = stack_init("pretrained", 5, 2, x=x, rng=np.random.default_rng(7))
    assert [layer.W.shape for layer in stack.hidden] == [(5, 64), (64, 64)]
    assert np.abs(stack.hidden[0].W).max() > 0.05  # drawn with 0.01, and trained


def test_committed_runs_are_of_this_program():
    committed = json.loads(COMMITTED.read_text())
    assert committed["sizes"]["width"] == deep_sigmoids.WIDTH
    assert committed["sizes"]["epochs"] == deep_sigmoids.N_EPOCHS
    assert committed["sizes"]["rates"] == list(deep_sigmoids.RATES)
    found = [(run["layers"], run["recipe"]) for run in committed["runs"]]
    assert found == [(depth, recipe) for depth in DEPTHS for recipe in RECIPES]
    assert all(len(run["right"]) == len(SEEDS) for run in committed["runs"])


# Equations of the page -----------------------------------------------------------------------


@pytest.mark.equation("stack-bound")
@pytest.mark.parametrize("slope", [0.25, 0.7])
def test_bound_of_a_stack_is_met_by_orthogonal_weights(evidence, slope):
    rng = np.random.default_rng(7)
    q, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    W, delta = 3 * q, {0: rng.normal(size=5)}
    for layer, own in enumerate([slope, slope, slope / 2]):
        # The derivative a layer further on, which comes back to this one.
        delta[layer + 1] = np.linalg.solve(own * W.T, delta[layer])
    evidence.evaluates(
        {r"\delta h_l": delta, "s": slope, "W": W}, at={"n": [1, 2, 3]}, within=1e-12,
        witness="a chain of orthogonal layers, where both sides are equal until one is less steep",
    )  # fmt: skip


def test_bound_holds_for_any_weights():
    rng = np.random.default_rng(7)
    for _ in range(20):
        W, last = rng.normal(size=(5, 5)), rng.normal(size=5)
        first = last
        for _ in range(3):
            first = 0.25 * rng.random(5) * (W.T @ first)
        bound = (0.25 * np.linalg.norm(W, 2)) ** 3 * np.linalg.norm(last)
        assert np.linalg.norm(first) <= bound * (1 + 1e-12)


def camera():
    rng = np.random.default_rng(7)
    R, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    t, p = rng.normal(size=3), rng.normal(size=3)
    moved = [sum(R[k, m] * p[m] for m in range(3)) + t[k] for k in range(3)]
    return {"R": R, "t": t, "p": p, "p'": np.array(moved)}


@pytest.mark.equation("camera-affine")
@pytest.mark.equation("camera-homogeneous")
def test_camera(evidence):
    zeros = {r"\mathbf{0}": np.zeros(3)}
    for label, more in (("camera-affine", {}), ("camera-homogeneous", zeros)):
        evidence.evaluates(camera() | more, label=label, witness="coordinates, one by one",
                           within=1e-14)  # fmt: skip


@pytest.mark.equation("camera-perspective")
def test_division_by_depth(evidence):
    """The ray from the camera to the corner meets the plane at depth one where it is seen."""
    corner = camera()["p'"]
    along = 1 / corner[2]
    evidence.evaluates(
        {"p'": corner, "z": along * corner}, at={"k": [1, 2, 3]},
        witness="where a ray meets the plane at depth one", within=1e-14,
    )  # fmt: skip
