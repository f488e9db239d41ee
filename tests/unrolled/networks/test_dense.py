"""A densely connected layer: by hand, by its laws, and against central differences."""

import itertools

import numpy as np
import pytest
import sympy

import oracles
from unrolled.networks.dense import DenseParams, dense_backward, dense_forward, dense_init

BATCH, N_IN, N_OUT = 2, 3, 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def params(rng):
    return DenseParams(W=rng.normal(size=(N_IN, N_OUT)), b=rng.normal(size=N_OUT))


@pytest.fixture
def x(rng):
    return rng.normal(size=(BATCH, N_IN))


def test_two_inputs_and_two_outputs_by_hand():
    params = DenseParams(W=np.array([[1.0, 2], [3, 4]]), b=np.array([10.0, 20]))
    y, cache = dense_forward(params, np.array([[1.0, -1]]))
    assert y.tolist() == [[8, 18]]
    gradients = dense_backward(params, cache, np.array([[1.0, 10]]))
    assert gradients.params.W.tolist() == [[1, 10], [-1, -10]]
    assert gradients.params.b.tolist() == [1, 10]
    assert gradients.x.tolist() == [[21, 43]]


def test_a_batch_of_two_equals_two_batches_of_one(params, x):
    together, _ = dense_forward(params, x)
    for row, y in zip(x, together, strict=True):
        np.testing.assert_allclose(dense_forward(params, row[None])[0][0], y, rtol=1e-15)


PERMUTED_TEX = r"\left(W P^\top\right)\left(P \boldsymbol x\right) = W \boldsymbol x"


@pytest.mark.equation("permuted-weights", tex=PERMUTED_TEX)
def test_reordered_inputs_and_reordered_weights_give_the_same(evidence, params, x):
    W = sympy.Matrix(2, 3, lambda i, j: sympy.Symbol(f"w_{i}{j}"))
    column = sympy.Matrix(sympy.symbols("x_1:4"))
    for order in itertools.permutations(range(N_IN)):
        P = sympy.eye(N_IN).extract(list(order), list(range(N_IN)))
        evidence.identity((W * P.T) * (P * column) - W * column)
        moved = DenseParams(params.W[list(order)], params.b)
        ours, _ = dense_forward(moved, x[:, list(order)])
        evidence.agrees(ours, dense_forward(params, x)[0], witness="the layer", within=1e-15)
        if order != tuple(range(N_IN)):  # and with fixed weights the order counts
            assert not np.allclose(dense_forward(params, x[:, list(order)])[0], ours)


def test_every_output_hears_every_input(params, x):
    y, _ = dense_forward(params, x)
    for place in range(N_IN):
        changed = x.copy()
        changed[:, place] += 1
        assert (dense_forward(params, changed)[0] != y).all()


@pytest.mark.parametrize("role", ["W", "b", "x"])
def test_backward_matches_central_differences(params, x, rng, role):
    weights = rng.normal(size=(BATCH, N_OUT))

    def loss():
        return float((weights * np.sin(dense_forward(params, x)[0])).sum())

    y, cache = dense_forward(params, x)
    gradients = dense_backward(params, cache, weights * np.cos(y))
    ours = gradients.x if role == "x" else getattr(gradients.params, role)
    theirs = oracles.central_differences(loss, x if role == "x" else getattr(params, role))
    assert np.abs(ours - theirs).max() < 1e-8 * np.abs(theirs).max()


def test_drawn_weights_keep_the_size_of_what_passes(rng):
    params = dense_init(331, 337, rng=rng)
    assert params.b.tolist() == [0] * 337
    y, _ = dense_forward(params, rng.normal(size=(101, 331)))
    assert np.mean(y**2) == pytest.approx(1, rel=0.05)


def test_single_precision_stays_single(params, x):
    single = DenseParams(*(part.astype(np.float32) for part in params))
    y, cache = dense_forward(single, x.astype(np.float32))
    gradients = dense_backward(single, cache, y)
    found = {y.dtype, gradients.x.dtype, *(part.dtype for part in gradients.params)}
    assert found == {np.dtype(np.float32)}


def test_complaints(params, x):
    with pytest.raises(ValueError, match=r"x must have shape \(batch, n_in=3\), got \(2, 5\)"):
        dense_forward(params, np.zeros((2, 5)))
    with pytest.raises(ValueError, match="x must hold float64 or float32, got int64"):
        dense_forward(params, np.zeros((2, 3), dtype=int))
    with pytest.raises(ValueError, match="x must be finite, got nan"):
        dense_forward(params, x * np.nan)
    with pytest.raises(ValueError, match="x must be float64 as"):
        dense_forward(params, x.astype(np.float32))
    _, cache = dense_forward(params, x)
    with pytest.raises(ValueError, match=r"d_y must have shape \(batch=2, n_out=5\)"):
        dense_backward(params, cache, np.zeros((5, 2)))
    with pytest.raises(
        ValueError, match="cache must come from a forward pass with the same params"
    ):
        dense_backward(DenseParams(params.W.copy(), params.b), cache, np.zeros((2, 5)))
    with pytest.raises(ValueError, match="params and x must give numbers that float64 can hold"):
        dense_forward(params, np.full((2, 3), 1e308))
    with pytest.raises(ValueError, match="n_out must be at least 1, got 0"):
        dense_init(3, 0, rng=np.random.default_rng(7))
