import re

import numpy as np
import pytest

from unrolled.networks.initialisers import glorot_uniform, orthogonal


def test_glorot_fills_its_interval():
    weights = glorot_uniform(200, 100, rng=np.random.default_rng(7))
    limit = np.sqrt(6 / 300)
    assert weights.shape == (200, 100)
    assert 0.999 * limit < np.abs(weights).max() <= limit
    assert weights.var() == pytest.approx(2 / 300, rel=0.02)


def test_orthogonal_keeps_lengths():
    weights = orthogonal(7, rng=np.random.default_rng(7))
    np.testing.assert_allclose(weights.T @ weights, np.eye(7), atol=1e-14)


def test_rotations_of_the_plane_are_uniform():
    rng = np.random.default_rng(7)
    corners = np.array([orthogonal(2, rng=rng)[0] for _ in range(4000)])
    quarters = np.histogram(np.arctan2(corners[:, 1], corners[:, 0]), 4, (-np.pi, np.pi))[0]
    np.testing.assert_allclose(quarters / 4000, np.full(4, 0.25), atol=0.03)


@pytest.mark.parametrize(
    "draw",
    [
        lambda n=3, **options: glorot_uniform(n, 2, **options),
        lambda n=3, **options: orthogonal(n, **options),
    ],
    ids=["glorot_uniform", "orthogonal"],
)
def test_doors(draw):
    rng = np.random.default_rng(7)
    assert draw(rng=rng, dtype="float32").dtype == np.float32
    with pytest.raises(ValueError, match=r"rng must be a numpy\.random\.Generator, got int"):
        draw(rng=7)
    with pytest.raises(ValueError, match=r"n(_in)? must be at least 1, got 0"):
        draw(0, rng=rng)
    for dtype in (int, "nothing"):
        with pytest.raises(ValueError, match=re.escape("dtype must be float64 or float32, got")):
            draw(rng=rng, dtype=dtype)
