"""Two small networks: by hand, by their laws, and against independent witnesses."""

import numpy as np
import pytest

import mutants
import oracles
from unrolled.networks import feedforward
from unrolled.networks.convolution import ConvolutionParams
from unrolled.networks.dense import DenseParams
from unrolled.networks.feedforward import (
    DenseNetwork,
    ImageNetwork,
    dense_network_backward,
    dense_network_forward,
    dense_network_init,
    image_network_backward,
    image_network_forward,
    image_network_init,
    loss_and_gradient,
    share_right,
    train,
)
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves

BATCH, N_IN, N_HIDDEN, N_OUT = 11, 7, 5, 3
IMAGE = (2, 5, 7, 3)
DENSE = dense_network_forward, dense_network_backward
KERNELS = image_network_forward, image_network_backward


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def dense(rng):
    drawn = dense_network_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 3, drawn)


@pytest.fixture
def kernels(rng):
    drawn = image_network_init(3, 5, N_OUT, n_in=3, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 3, drawn)


def test_the_example_of_the_page_by_hand():
    hidden = DenseParams(W=np.array([[1.0, 0, -1], [2, -1, 1]]), b=np.array([-1.0, 2, 0]))
    output = DenseParams(W=np.array([[1.0, 0], [-1, 1], [2, 1]]), b=np.zeros(2))
    params = DenseNetwork(hidden, output)
    logits, cache = dense_network_forward(params, np.array([[2.0, 1]]))
    assert cache.h.tolist() == [[3, 1, 0]]
    assert logits.tolist() == [[2, 1]]
    gradient = dense_network_backward(params, cache, np.array([[1.0, -1]]))
    assert gradient.hidden.W.T.tolist() == [[2, 1], [-4, -2], [0, 0]]
    assert gradient.hidden.b.tolist() == [1, -2, 0]
    assert gradient.output.W.tolist() == [[3, -3], [1, -1], [0, 0]]


def test_a_kernel_keeps_its_largest_answer_by_hand():
    edge = ConvolutionParams(K=np.array([[-1.0, 1]])[:, :, None, None], b=np.array([0.5]))
    edge = edge._replace(K=np.concatenate([edge.K, np.zeros_like(edge.K)]))
    params = ImageNetwork(edge, DenseParams(W=np.array([[1.0, -1]]), b=np.zeros(2)))
    image = np.array([[0.0, 2, 3], [1, 7, 4]])[None, :, :, None]
    logits, cache = image_network_forward(params, image)
    assert logits.tolist() == [[6.5, -6.5]]
    gradient = image_network_backward(params, cache, np.array([[1.0, 0]]))
    assert gradient.kernels.K[0, :, 0, 0].tolist() == [1, 7]
    assert gradient.kernels.b.tolist() == [1]


def flat_gradient(params, network, x, targets):
    return leaves_of(loss_and_gradient(params, *network, x, targets)[1])


@pytest.mark.parametrize("kind", ["dense", "kernels"])
def test_backward_matches_central_differences(evidence, request, rng, kind):
    params, network = request.getfixturevalue(kind), DENSE if kind == "dense" else KERNELS
    x = rng.normal(size=(BATCH, N_IN) if kind == "dense" else IMAGE)
    targets = rng.integers(N_OUT, size=len(x))
    ours = flat_gradient(params, network, x, targets)
    for name, leaf in leaves_of(params).items():
        theirs = oracles.central_differences(
            lambda: loss_and_gradient(params, *network, x, targets)[0], leaf
        )
        evidence.agrees(ours[name], theirs, witness="central differences", within=1e-7)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("relu_backward(cache.h, output.x)", "output.x"),
        ("cache.hidden, d_a)", "cache.hidden, -d_a)"),
    ],
)
def test_differences_notice_a_slip(dense, rng, right, wrong):
    slip = mutants.mutant(feedforward, right, wrong).dense_network_backward
    x, targets = rng.normal(size=(BATCH, N_IN)), rng.integers(N_OUT, size=BATCH)
    ours = flat_gradient(dense, (dense_network_forward, slip), x, targets)["hidden.W"]
    theirs = flat_gradient(dense, DENSE, x, targets)["hidden.W"]
    assert np.abs(ours - theirs).max() > 0.1 * np.abs(theirs).max()


def test_moved_digits_give_the_same_logits(kernels, rng):
    image = np.zeros((2, 7, 11, 3))
    image[:, 2:5, 3:8] = rng.normal(size=(2, 3, 5, 3))
    still, _ = image_network_forward(kernels, image)
    moved, _ = image_network_forward(kernels, np.roll(image, (1, -2), axis=(1, 2)))
    larger, _ = image_network_forward(kernels, np.pad(image, ((0, 0), (5, 1), (0, 3), (0, 0))))
    np.testing.assert_allclose(moved, still, rtol=1e-13)
    np.testing.assert_allclose(larger, still, rtol=1e-13)


def test_images_are_read_row_after_row_by_wires(rng):
    params = dense_network_init(12, N_HIDDEN, N_OUT, rng=rng)
    x = rng.normal(size=(BATCH, 3, 4))
    one, _ = dense_network_forward(params, x)
    other, _ = dense_network_forward(params, x.reshape(BATCH, 12))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("network", ["dense", "kernels"])
def test_training_separates_what_can_be_separated(rng, network):
    targets = rng.integers(N_OUT, size=60)
    x = 0.1 * rng.normal(size=(60, 5, 5, 1))
    x[np.arange(60), 2, 1 + targets, 0] += 3
    x[targets == 1, 3, 2, 0] += 3
    x[targets == 2, 2, 2, 0] += 3
    start = (
        dense_network_init(25, N_HIDDEN, N_OUT, rng=rng)
        if network == "dense"
        else image_network_init(3, 5, N_OUT, rng=rng)
    )
    pair = DENSE if network == "dense" else KERNELS
    history = train(start, *pair, x, targets, n_epochs=30, batch=20, rate=0.03, rng=rng)
    assert len(history) == 31
    assert history[0] is start
    assert share_right(history[-1], pair[0], x, targets) == 1


def test_share_right_counts():
    targets = np.array([0, 1, 1, 0])
    logits = np.array([[2.0, 1], [2, 1], [0, 1], [3, 1]])
    assert share_right(None, lambda _, x: (x, None), logits, targets) == 0.75


def test_parameters_are_counted(dense, kernels):
    assert count_parameters(dense) == (N_IN + 1) * N_HIDDEN + (N_HIDDEN + 1) * N_OUT
    assert count_parameters(kernels) == (3 * 3 * 3 + 1) * 5 + (5 + 1) * N_OUT


def test_single_precision_stays_single(rng):
    params = image_network_init(3, 5, N_OUT, n_in=3, rng=rng, dtype=np.float32)
    x = rng.normal(size=IMAGE).astype(np.float32)
    _, gradient = loss_and_gradient(params, *KERNELS, x, rng.integers(N_OUT, size=2))
    assert {leaf.dtype for leaf in leaves_of(gradient).values()} == {np.dtype(np.float32)}


def test_complaints(dense, rng):
    with pytest.raises(ValueError, match=r"x must have shape \(batch, n_in=7\)"):
        dense_network_forward(dense, np.zeros((2, 5)))
    with pytest.raises(ValueError, match="n_epochs must be at least 1, got 0"):
        train(dense, *DENSE, np.zeros((2, 7)), np.zeros(2, int), n_epochs=0, rng=rng)
    with pytest.raises(ValueError, match="rng must be"):
        train(dense, *DENSE, np.zeros((2, 7)), np.zeros(2, int), n_epochs=1, rng=None)
