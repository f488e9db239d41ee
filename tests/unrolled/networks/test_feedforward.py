"""Two small networks: by hand, by their laws, and against independent witnesses."""

import re
from functools import partial

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
    image_network_gradient,
    image_network_init,
)
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves
from unrolled.networks.training import loss_and_gradient

BATCH, N_IN, N_HIDDEN, N_OUT = 11, 7, 5, 3
IMAGE, EVEN_IMAGE = (2, 5, 7, 3), (2, 8, 10, 3)
DENSE = dense_network_forward, dense_network_backward
KERNELS = partial(image_network_forward, padding=2), image_network_backward
TWO_LAYERS = image_network_forward, image_network_backward
NETWORKS = {"dense": DENSE, "kernels": KERNELS, "two_layers": TWO_LAYERS}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def dense(rng):
    drawn = dense_network_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 3, drawn)


@pytest.fixture
def kernels(rng):
    drawn = image_network_init(3, [5], N_OUT, n_in=3, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 3, drawn)


@pytest.fixture
def two_layers(rng):
    drawn = image_network_init(3, [5, 7], N_OUT, n_in=3, rng=rng)
    return map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 5, drawn)


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
    params = ImageNetwork((edge,), DenseParams(W=np.array([[1.0, -1]]), b=np.zeros(2)))
    image = np.array([[0.0, 2, 3], [1, 7, 4]])[None, :, :, None]
    logits, cache = image_network_forward(params, image, padding=1)
    assert logits.tolist() == [[6.5, -6.5]]
    gradient = image_network_backward(params, cache, np.array([[1.0, 0]]))
    assert gradient.convolutions[0].K[0, :, 0, 0].tolist() == [1, 7]
    assert gradient.convolutions[0].b.tolist() == [1]


def flat_gradient(params, network, x, targets):
    return leaves_of(loss_and_gradient(params, *network, x, targets)[1])


@pytest.mark.parametrize("kind", NETWORKS)
def test_backward_matches_central_differences(evidence, request, rng, kind):
    params, network = request.getfixturevalue(kind), NETWORKS[kind]
    sizes = {"dense": (BATCH, N_IN), "kernels": IMAGE, "two_layers": EVEN_IMAGE}
    x = rng.normal(size=sizes[kind])
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
    forward, _ = KERNELS
    still, _ = forward(kernels, image)
    moved, _ = forward(kernels, np.roll(image, (1, -2), axis=(1, 2)))
    larger, _ = forward(kernels, np.pad(image, ((0, 0), (5, 1), (0, 3), (0, 0))))
    np.testing.assert_allclose(moved, still, rtol=1e-13)
    np.testing.assert_allclose(larger, still, rtol=1e-13)


def test_images_are_read_row_after_row_by_wires(rng):
    params = dense_network_init(12, N_HIDDEN, N_OUT, rng=rng)
    x = rng.normal(size=(BATCH, 3, 4))
    one, _ = dense_network_forward(params, x)
    other, _ = dense_network_forward(params, x.reshape(BATCH, 12))
    assert np.array_equal(one, other)


def test_parameters_are_counted(dense, kernels):
    assert count_parameters(dense) == (N_IN + 1) * N_HIDDEN + (N_HIDDEN + 1) * N_OUT
    assert count_parameters(kernels) == (3 * 3 * 3 + 1) * 5 + (5 + 1) * N_OUT


def test_single_precision_stays_single(rng):
    params = image_network_init(3, [5], N_OUT, n_in=3, rng=rng, dtype=np.float32)
    x = rng.normal(size=IMAGE).astype(np.float32)
    _, gradient = loss_and_gradient(params, *KERNELS, x, rng.integers(N_OUT, size=2))
    assert {leaf.dtype for leaf in leaves_of(gradient).values()} == {np.dtype(np.float32)}


def test_one_bright_pixel_by_hand():
    params = image_network_init(3, [1, 1], 2, rng=np.random.default_rng(7))
    params = map_leaves(np.zeros_like, params)
    first, second = params.convolutions
    first.K[1, 1], second.K[1, 1] = 2, 3  # each kernel looks at its middle only
    params.output.W[:] = [[1, -1]]
    x = np.zeros((1, 8, 8, 1))
    x[0, 4, 4] = 5
    logits, cache = image_network_forward(params, x)
    assert cache.features.tolist() == [[30]]
    assert logits.tolist() == [[30, -30]]


def test_equal_answers_share_the_derivative_by_hand():
    edge = ConvolutionParams(K=np.array([[[[1.0]]]]), b=np.zeros(1))
    params = ImageNetwork((edge,), DenseParams(W=np.array([[1.0, -1]]), b=np.zeros(2)))
    _, cache = image_network_forward(params, np.array([[7.0, 2], [7, 7]])[None, :, :, None])
    gradient = image_network_backward(params, cache, np.array([[1.0, 0]]))
    assert gradient.convolutions[0].K.item() == pytest.approx(7, rel=1e-14)
    assert gradient.convolutions[0].b.item() == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("shape", [(8, 8), (20, 20), (12, 30)])
def test_images_of_any_size_give_as_many_features(two_layers, shape):
    logits, cache = image_network_forward(two_layers, np.ones((2, *shape, 3)))
    assert logits.shape == (2, N_OUT)
    assert cache.features.shape == (2, 7)


def test_moving_a_pattern_by_a_pooled_pixel_changes_no_feature(two_layers):
    x = np.zeros((2, 20, 20, 3))
    patch = np.random.default_rng(8).normal(size=(4, 4, 3))
    x[0, 8:12, 6:10], x[1, 10:14, 8:12] = patch, patch
    _, cache = image_network_forward(two_layers, x)
    np.testing.assert_allclose(cache.features[0], cache.features[1], rtol=1e-13)


def test_a_slip_between_two_convolutions_is_noticed(two_layers, rng):
    slip = mutants.mutant(feedforward, "relu_backward(seen.h, d_h)", "d_h").image_network_gradient
    x, targets = rng.normal(size=EVEN_IMAGE), rng.integers(N_OUT, size=2)
    ours, theirs = slip(two_layers, x, targets), image_network_gradient(two_layers, x, targets)
    assert not np.allclose(ours[1].convolutions[0].K, theirs[1].convolutions[0].K)


def test_what_does_not_fit_is_named(dense, two_layers):
    with pytest.raises(ValueError, match=r"x must have shape \(batch, n_in=7\)"):
        dense_network_forward(dense, np.zeros((2, 5)))
    for images, complaint in (
        (np.zeros((2, 8, 8, 2)), "x must have shape (batch, height, width, n_in=3)"),
        (np.zeros((2, 7, 8, 3)), "x must have a height and a width that size=2 divides"),
    ):
        with pytest.raises(ValueError, match=re.escape(complaint)):
            image_network_forward(two_layers, images)
