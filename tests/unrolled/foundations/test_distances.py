import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import oracles
from unrolled.foundations.distances import angles_between, distances_between, relative_contrast

N_POINTS, N_QUERIES, N_DIMS = 11, 5, 3
FLOATS = hnp.arrays(float, (2, N_DIMS), elements=st.floats(width=64))


def test_angles_by_hand():
    u, v = [[1, 0], [1, 0], [1, 0], [1, 0]], [[2, 0], [0, 3], [-1, 0], [1, 1]]
    expected = [0, np.pi / 2, np.pi, np.pi / 4]
    np.testing.assert_allclose(angles_between(u, v), expected, rtol=1e-15)


def test_small_angles_keep_their_digits():
    np.testing.assert_allclose(angles_between([[1, 0]], [[1, 1e-12]]), [1e-12], rtol=1e-12)


def test_angles_do_not_mind_the_scale():
    u, v = np.array([[1.0, 2.0, 3.0]]), np.array([[3.0, -1.0, 2.0]])
    for scale in (1e-300, 1e300):
        np.testing.assert_allclose(angles_between(u * scale, v), angles_between(u, v), rtol=1e-15)


def test_distances_by_hand():
    assert distances_between([[0, 0], [3e300, 0]], [[3, 4], [0, 4e300]]).tolist() == [5, 5e300]


def test_contrast_by_hand():
    assert relative_contrast([[1.0, 0], [0, -3.0]], [[0, 0]]).tolist() == [2]


def test_contrast_matches_all_pairs_at_once():
    rng = np.random.default_rng(7)
    points, queries = rng.random((N_POINTS, N_DIMS)), rng.random((N_QUERIES, N_DIMS))
    all_pairs = np.sqrt(((points[:, None] - queries) ** 2).sum(axis=2))
    expected = all_pairs.max(axis=0) / all_pairs.min(axis=0) - 1
    np.testing.assert_allclose(relative_contrast(points, queries), expected, rtol=1e-12)
    for scale in (2.0**-1000, 2.0**1000):
        np.testing.assert_allclose(
            relative_contrast(points * scale, queries * scale), expected, rtol=1e-12
        )


def test_contrast_falls_from_tens_to_a_tenth():
    rng = np.random.default_rng(7)
    median = {
        n_dims: np.median(relative_contrast(rng.random((1000, n_dims)), rng.random((30, n_dims))))
        for n_dims in (2, 1000)
    }
    assert median[2] > 20
    assert median[1000] == pytest.approx(0.12, abs=0.02)


def test_complaints():
    with pytest.raises(
        ValueError, match="u must have a direction in every row, got a row of zeros"
    ):
        angles_between([[0, 0]], [[1, 0]])
    with pytest.raises(
        ValueError, match=r"v must have shape \(n_pairs=1, n_dims=2\), got \(1, 3\)"
    ):
        angles_between([[1, 0]], [[1, 0, 0]])
    with pytest.raises(ValueError, match="queries must not coincide with a point"):
        relative_contrast([[1.0], [2.0]], [[1.0]])
    with pytest.raises(ValueError, match="points must hold at least one point"):
        relative_contrast(np.zeros((0, 2)), [[1.0, 2.0]])
    with pytest.raises(ValueError, match="u and v must be at distances that a float can hold"):
        distances_between([[1e308]], [[-1e308]])
    with pytest.raises(ValueError, match="points must give a contrast that a float can hold"):
        relative_contrast([[1e-300], [1.0]], [[0.0]])


def _complained(function, *arguments):
    """Return the result, or None after a complaint that names an argument."""
    with np.errstate(all="raise"):
        try:
            return function(*arguments)
        except ValueError as complaint:
            assert re.match(r"(u|v|points|queries)( and \w+)? must ", str(complaint))  # noqa: PT017
            return None


@given(FLOATS, FLOATS)
def test_angles_and_distances_are_right_or_refused(u, v):
    angles = _complained(angles_between, u, v)
    if angles is not None:
        exact = [oracles.angle(a, b) for a, b in zip(u, v, strict=True)]
        np.testing.assert_allclose(angles, exact, atol=4e-15)
    distances = _complained(distances_between, u, v)
    if distances is not None:
        exact = [float(oracles.distance(a, b)) for a, b in zip(u, v, strict=True)]
        np.testing.assert_allclose(distances, exact, rtol=1e-14, atol=1e-323)


@given(FLOATS, FLOATS)
def test_contrast_is_right_or_refused(points, queries):
    contrast = _complained(relative_contrast, points, queries)
    if contrast is not None:
        for ours, query in zip(contrast, queries, strict=True):
            far = [oracles.distance(point, query) for point in points]
            exact = float((max(far) - min(far)) / min(far))
            assert ours == pytest.approx(exact, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize(
    "weird",
    [None, "a", 3, [], [1.0], [[True]], [[1j]], [[1], [1, 2]], np.zeros((2, 0)), [[np.nan]], {}],
    ids=range(11),
)
@pytest.mark.parametrize("function", [angles_between, distances_between, relative_contrast])
def test_anything_else_is_named(function, weird):
    _complained(function, weird, [[1.0]])
    _complained(function, [[1.0]], weird)
    _complained(function, weird, weird)
