"""A densely connected layer: by hand, by its laws, and against central differences."""

import keras
import numpy as np
import pytest

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


@pytest.mark.equation("network-mapping")
@pytest.mark.parametrize("n_in", [3, 7])
def test_a_layer_is_a_mapping(evidence, rng, n_in):
    layer, weights = keras.layers.Dense(N_OUT, dtype="float64"), rng.normal(size=(n_in, N_OUT))
    layer.build((None, n_in))
    layer.set_weights([weights, rng.normal(size=N_OUT)])
    params = DenseParams(*(np.asarray(part) for part in layer.get_weights()))
    x = rng.normal(size=n_in)
    evidence.evaluates(
        {
            r"\boldsymbol x": x, r"\boldsymbol y": np.asarray(layer(x[None]))[0],
            "f": lambda x: dense_forward(params, x[None])[0][0],
        },
        witness="the book's own dense layer as a mapping, and what Keras' layer puts out",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("permuted-weights")
@pytest.mark.parametrize("n_in", [5, 7])
def test_reordered_inputs_and_reordered_weights_give_the_same(evidence, rng, n_in):
    W, column, order = rng.normal(size=(3, n_in)), rng.normal(size=n_in), rng.permutation(n_in)
    P = np.eye(n_in)[order]
    assert not np.array_equal(P, P.T)
    evidence.evaluates(
        {"W": W, "P": P, r"\boldsymbol x": column},
        witness="its other side, for random weights and a random order",
        within=1e-14,
    )
    b = rng.normal(size=3)
    moved, plain = DenseParams(W.T[order], b), DenseParams(W.T, b)
    ours, _ = dense_forward(moved, (P @ column)[None])
    theirs, _ = dense_forward(plain, column[None])
    evidence.agrees(ours, theirs, witness="the book's own dense layer", within=1e-14)
    assert not np.allclose(dense_forward(plain, (P @ column)[None])[0], ours)  # the order counts


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
