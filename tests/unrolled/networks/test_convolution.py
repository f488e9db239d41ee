"""Convolution and pooling: by hand, by their laws, and against independent witnesses."""

import numpy as np
import pytest
from scipy.signal import correlate

import oracles
from unrolled.networks.convolution import (
    ConvolutionParams,
    convolution_backward,
    convolution_forward,
    convolution_init,
    pooling_backward,
    pooling_forward,
)

BATCH, HEIGHT, WIDTH, N_IN, N_OUT, KERNEL = 2, 11, 7, 3, 5, (3, 2)
PLACED = [(0, 1), (1, 1), (2, 3), (0, 2)]  # padding and stride


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def params(rng):
    return ConvolutionParams(
        K=rng.normal(size=(*KERNEL, N_IN, N_OUT)), b=rng.normal(size=N_OUT)
    )  # fmt: skip


@pytest.fixture
def x(rng):
    return rng.normal(size=(BATCH, HEIGHT, WIDTH, N_IN))


def test_an_edge_is_found_by_hand():
    image = np.array([[0.0, 0, 1], [0, 0, 1]])[None, :, :, None]
    params = ConvolutionParams(K=np.array([[-1.0, 1]])[:, :, None, None], b=np.array([0.5]))
    y, cache = convolution_forward(params, image)
    assert y[0, :, :, 0].tolist() == [[0.5, 1.5], [0.5, 1.5]]
    gradients = convolution_backward(params, cache, np.ones_like(y))
    assert gradients.params.b.tolist() == [4]
    assert gradients.params.K.ravel().tolist() == [0, 2]
    assert gradients.x[0, :, :, 0].tolist() == [[-1, 0, 1], [-1, 0, 1]]


@pytest.mark.parametrize(("padding", "stride"), PLACED)
def test_forward_matches_scipy(params, x, padding, stride):
    y, _ = convolution_forward(params, x, padding=padding, stride=stride)
    around = ((padding, padding), (padding, padding), (0, 0))
    for image, found in zip(x, y, strict=True):
        for channel in range(N_OUT):
            whole = correlate(np.pad(image, around), params.K[..., channel], mode="valid")[..., 0]
            theirs = whole[::stride, ::stride] + params.b[channel]
            np.testing.assert_allclose(found[..., channel], theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("role", ["K", "b", "x"])
@pytest.mark.parametrize(("padding", "stride"), PLACED)
def test_backward_matches_central_differences(params, x, rng, role, padding, stride):
    y, cache = convolution_forward(params, x, padding=padding, stride=stride)
    weights = rng.normal(size=y.shape)

    def loss():
        out, _ = convolution_forward(params, x, padding=padding, stride=stride)
        return float((weights * np.sin(out)).sum())

    gradients = convolution_backward(params, cache, weights * np.cos(y))
    ours = gradients.x if role == "x" else getattr(gradients.params, role)
    theirs = oracles.central_differences(loss, x if role == "x" else getattr(params, role))
    assert np.abs(ours - theirs).max() < 1e-7 * np.abs(theirs).max()


def test_a_shifted_image_gives_a_shifted_answer(params, x):
    moved = np.roll(x, (2, 1), axis=(1, 2))
    y, z = convolution_forward(params, x)[0], convolution_forward(params, moved)[0]
    np.testing.assert_allclose(z[:, 2:, 1:], y[:, :-2, :-1], rtol=1e-12)


def test_a_kernel_of_one_pixel_is_a_dense_layer_at_every_place(x, rng):
    params = ConvolutionParams(K=rng.normal(size=(1, 1, N_IN, N_OUT)), b=rng.normal(size=N_OUT))
    y, _ = convolution_forward(params, x)
    np.testing.assert_allclose(y, x @ params.K[0, 0] + params.b, rtol=1e-13)


def test_drawn_kernels_keep_the_size_of_what_passes(rng):
    params = convolution_init(5, 3, 7, 101, rng=rng)
    assert params.K.shape == (5, 3, 7, 101)
    y, _ = convolution_forward(params, rng.normal(size=(3, 23, 19, 7)))
    assert np.mean(y**2) == pytest.approx(1, rel=0.05)


def test_pooling_by_hand():
    image = np.array([[1.0, 5, 2, 2], [3, 4, 2, 1]])[None, :, :, None]
    y, cache = pooling_forward(image)
    assert y.ravel().tolist() == [5, 2]
    back = pooling_backward(cache, np.array([10.0, 20]).reshape(y.shape))
    assert back[0, :, :, 0].tolist() == [[0, 10, 20, 0], [0, 0, 0, 0]], "the first of equal ones"


def test_pooling_matches_central_differences(rng):
    x = rng.permutation(np.arange(9.0 * 12 * 5)).reshape(1, 9, 12, 5)
    y, cache = pooling_forward(x, 3)
    weights = rng.normal(size=y.shape)
    theirs = oracles.central_differences(
        lambda: float((weights * pooling_forward(x, 3)[0]).sum()), x
    )
    np.testing.assert_allclose(pooling_backward(cache, weights), theirs, atol=1e-6)


def test_complaints(params, x):
    with pytest.raises(ValueError, match=r"x must have shape \(batch, height, width, n_in=3\)"):
        convolution_forward(params, x[..., :2])
    with pytest.raises(ValueError, match=r"at least as large as the kernel, \(3, 2\), got \(2, 7"):
        convolution_forward(params, x[:, :2])
    with pytest.raises(ValueError, match="stride must be at least 1, got 0"):
        convolution_forward(params, x, stride=0)
    with pytest.raises(ValueError, match="x must be finite"):
        convolution_forward(params, np.full_like(x, np.inf))
    y, cache = convolution_forward(params, x)
    with pytest.raises(ValueError, match=r"d_y must have shape \(batch=2, out_height=9"):
        convolution_backward(params, cache, y[:, 1:])
    with pytest.raises(ValueError, match="cache must come from a forward pass with the same"):
        convolution_backward(ConvolutionParams(params.K.copy(), params.b), cache, y)
    with pytest.raises(ValueError, match=r"a height and a width that size=2 divides, got \(11, 7"):
        pooling_forward(x)
    _, cache = pooling_forward(x[:, :10, :6])
    with pytest.raises(ValueError, match=r"d_y must have shape \(batch=2, rows=5, columns=3"):
        pooling_backward(cache, x)
