"""A small convolutional classifier: derivatives, any size, and what pooling forgets."""

import re

import numpy as np
import pytest

import mutants
import oracles
from unrolled.networks import image_classifier
from unrolled.networks.image_classifier import image_forward, image_gradient, image_init
from unrolled.networks.pytrees import leaves_of, map_leaves

BATCH, SIDE, N_IN, N_FIRST, N_FEATURES, N_CLASSES = 2, 8, 3, 5, 7, 11


def draw():
    rng = np.random.default_rng(7)
    params = image_init(N_IN, N_FIRST, N_FEATURES, N_CLASSES, rng=rng)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 5, params)
    return params, rng.normal(size=(BATCH, SIDE, SIDE, N_IN)), rng.integers(N_CLASSES, size=BATCH)


def worst(module):
    params, x, targets = draw()
    _, gradients = module.image_gradient(params, x, targets)
    pairs = zip(leaves_of(gradients).values(), leaves_of(params).values(), strict=True)
    return [
        (ours, oracles.central_differences(lambda: image_gradient(params, x, targets)[0], leaf))
        for ours, leaf in pairs
    ]


def test_backward_matches_central_differences(evidence):
    for ours, theirs in worst(image_classifier):
        evidence.agrees(ours, theirs, witness="central differences", within=1e-7)


def test_a_slip_on_the_way_back_is_noticed():
    slip = mutants.mutant(
        image_classifier, "relu_backward(cache.edges, pool", "(lambda y, d: d)(0, pool"
    )
    ours, theirs = worst(slip)[0]
    assert not np.allclose(ours, theirs)


def test_one_bright_pixel_by_hand():
    params = image_init(1, 1, 1, 2, rng=np.random.default_rng(7))
    params = map_leaves(np.zeros_like, params)
    params.first.K[1, 1], params.second.K[1, 1] = 2, 3  # each kernel looks at its middle only
    params.out.W[:] = [[1, -1]]
    x = np.zeros((1, 8, 8, 1))
    x[0, 4, 4] = 5
    logits, features, _ = image_forward(params, x)
    assert features.tolist() == [[30]]
    assert logits.tolist() == [[30, -30]]


@pytest.mark.parametrize("shape", [(8, 8), (20, 20), (12, 30)])
def test_images_of_any_size_give_as_many_features(shape):
    params, _, _ = draw()
    logits, features, _ = image_forward(params, np.ones((BATCH, *shape, N_IN)))
    assert logits.shape == (BATCH, N_CLASSES)
    assert features.shape == (BATCH, N_FEATURES)


def test_moving_a_pattern_by_a_pooled_pixel_changes_no_feature():
    params, _, _ = draw()
    x = np.zeros((2, 20, 20, N_IN))
    patch = np.random.default_rng(8).normal(size=(4, 4, N_IN))
    x[0, 8:12, 6:10], x[1, 10:14, 8:12] = patch, patch
    _, features, _ = image_forward(params, x)
    np.testing.assert_allclose(features[0], features[1], rtol=1e-13)


def test_float32_stays_float32():
    params = image_init(1, 2, 3, 5, rng=np.random.default_rng(7), dtype=np.float32)
    _, gradients = image_gradient(params, np.ones((2, 8, 8, 1), np.float32), np.array([0, 4]))
    assert {leaf.dtype.name for leaf in leaves_of(gradients).values()} == {"float32"}


def test_what_does_not_fit_is_named():
    params, x, _ = draw()
    for images, complaint in (
        (x[..., 1:], "x must have shape (batch, height, width, n_in=3)"),
        (x[:, 1:], "x must have a height and a width that size=2 divides"),
    ):
        with pytest.raises(ValueError, match=re.escape(complaint)):
            image_forward(params, images)
