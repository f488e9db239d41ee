import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA as Library

from unrolled.foundations import principal_components
from unrolled.foundations.principal_components import (
    covariance,
    ellipsoid,
    explained_share,
    n_components_for_share,
    pca,
    project,
    reconstruct,
    variance_along,
    whiten,
)

N_POINTS, N_DIMS = 13, 5
FLOATS = hnp.arrays(float, (3, 2), elements=st.floats(width=64))


@pytest.fixture
def points():
    rng = np.random.default_rng(7)
    return rng.standard_normal((N_POINTS, N_DIMS)) * [7, 5, 3, 2, 1] + 23


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)[0]


# By hand -----------------------------------------------------------------------------------------


def test_four_points_by_hand():
    fitted = pca([[3, 4], [-3, -4], [0.8, -0.6], [-0.8, 0.6]])
    np.testing.assert_allclose(fitted.mean, [0, 0], atol=1e-15)
    np.testing.assert_allclose(fitted.components, [[0.6, 0.8], [0.8, -0.6]], rtol=1e-14)
    np.testing.assert_allclose(fitted.variances, [50 / 3, 2 / 3], rtol=1e-14)
    assert fitted.total_variance == pytest.approx(52 / 3)
    np.testing.assert_allclose(explained_share(fitted), [50 / 52, 2 / 52], rtol=1e-14)
    np.testing.assert_allclose(project(fitted, [[1.2, 1.6]]), [[2, 0]], atol=1e-14)


def test_three_points_on_a_line_need_one_component():
    fitted = pca([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    assert fitted.rank == 1
    assert n_components_for_share(fitted, 0.99) == 1


# Laws --------------------------------------------------------------------------------------------


def test_components_are_orthonormal_and_variances_fall(points):
    fitted = pca(points)
    np.testing.assert_allclose(fitted.components @ fitted.components.T, np.eye(N_DIMS), atol=1e-14)
    assert (np.diff(fitted.variances) <= 0).all()
    assert fitted.total_variance == pytest.approx(np.var(points, axis=0, ddof=1).sum())


def test_no_direction_has_more_variance_than_the_first(points):
    fitted = pca(points)
    tried = variance_along(points, np.random.default_rng(7).standard_normal((997, N_DIMS)))
    assert tried.max() < fitted.variances[0]
    assert tried.min() > fitted.variances[-1]
    along = variance_along(points, 1e200 * fitted.components)
    np.testing.assert_allclose(along, fitted.variances, rtol=1e-12)


def test_moving_all_points_moves_the_mean_alone(points):
    fitted, moved = pca(points), pca(points + 2.0**20)
    np.testing.assert_allclose(moved.components, fitted.components, atol=1e-8)
    np.testing.assert_allclose(moved.mean, fitted.mean + 2.0**20, rtol=1e-15)


@pytest.mark.parametrize("scale", [2.0**-430, 2.0**430])
def test_scale_changes_no_direction(points, scale):
    fitted, scaled = pca(points), pca(points * scale)
    np.testing.assert_allclose(scaled.components, fitted.components, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(scaled.variances / scale**2, fitted.variances, rtol=1e-12)
    np.testing.assert_allclose(explained_share(scaled), explained_share(fitted), rtol=1e-12)


def test_all_components_rebuild_the_points_and_fewer_the_nearest_ones(points):
    fitted = pca(points)
    coordinates = project(fitted, points)
    np.testing.assert_allclose(reconstruct(fitted, coordinates), points, rtol=1e-13)
    two = reconstruct(fitted, coordinates[:, :2])
    np.testing.assert_allclose(two, reconstruct(pca(points, 2), coordinates[:, :2]), rtol=1e-14)
    np.testing.assert_allclose(project(fitted, two)[:, 2:], 0, atol=1e-13)


def test_keeping_fewer_components_changes_no_share(points):
    np.testing.assert_array_equal(explained_share(pca(points, 2)), explained_share(pca(points))[:2])


def test_whitened_points_have_the_identity_for_covariance(points):
    white = whiten(pca(points), points)
    np.testing.assert_allclose(np.cov(white.T), np.eye(N_DIMS), atol=1e-13)


def test_tips_of_the_ellipsoid_lie_one_spread_away(points):
    fitted = pca(points)
    tips = ellipsoid(fitted, np.eye(N_DIMS)) - fitted.mean
    np.testing.assert_allclose(np.linalg.norm(tips, axis=1), np.sqrt(fitted.variances), rtol=1e-13)
    doubled = ellipsoid(fitted, np.eye(N_DIMS), size=2) - fitted.mean
    np.testing.assert_allclose(doubled, 2 * tips, atol=1e-13)


def test_the_larger_of_two_entries_is_positive_even_where_it_comes_last():
    fitted = pca([[3, -4], [-3, 4], [0.8, 0.6], [-0.8, -0.6]])
    np.testing.assert_allclose(fitted.components, [[-0.6, 0.8], [0.8, 0.6]], rtol=1e-14)


def test_signs_follow_the_rule_even_where_two_entries_are_alike(points):
    fitted = pca(points)
    largest = np.abs(fitted.components).argmax(axis=1)
    assert (fitted.components[np.arange(N_DIMS), largest] > 0).all()
    flipped = pca(-points)
    np.testing.assert_allclose(flipped.components, fitted.components, atol=1e-13)
    standard = (points - points.mean(axis=0)) / points.std(axis=0)
    for two_features in (standard[:, :2], standard[:, 1:3], standard[:, 3:]):
        assert (pca(two_features).components[:, 0] > 0).all()


def test_features_that_never_change_get_no_weight():
    points = np.random.default_rng(7).standard_normal((7, 3)) * [3, 0, 1] + 0.1
    fitted = pca(points)
    assert fitted.rank == 2
    assert fitted.mean[1] == points[0, 1]
    np.testing.assert_allclose(fitted.components[:2, 1], 0, atol=1e-15)
    assert (covariance(points)[1] == 0).all()


def test_a_constant_whose_mean_is_rounded_has_no_variance():
    points = np.column_stack([np.arange(7.0), np.full(7, 0.1)])
    assert pca(points).rank == 1
    assert covariance(points)[1, 1] == 0


def test_fewer_points_than_features_span_one_direction_less(digits):
    fitted = pca(digits[:5])
    assert fitted.components.shape == (4, 64)
    assert fitted.rank == 4
    back = reconstruct(fitted, project(fitted, digits[:5]))
    np.testing.assert_allclose(back, digits[:5], atol=1e-12)


def test_new_points_use_the_old_mean(points):
    fitted = pca(points[:11])
    both = project(fitted, points)
    np.testing.assert_array_equal(project(fitted, points[11:]), both[11:])
    assert project(fitted, np.zeros((0, N_DIMS))).shape == (0, N_DIMS)


# Digits that squares would lose ------------------------------------------------------------------


def test_a_thin_direction_is_kept_where_the_covariance_loses_it():
    tiny = 1e-9
    thin = np.array([[1, 1], [-1, -1], [tiny, -tiny], [-tiny, tiny]])
    fitted = pca(thin)
    assert fitted.variances[1] == pytest.approx(4 * tiny**2 / 3, rel=1e-6, abs=0)
    assert fitted.rank == 2
    by_squares = np.linalg.eigvalsh(np.cov(thin.T)).min()
    assert by_squares != pytest.approx(fitted.variances[1], rel=0.9, abs=0)


def test_a_large_offset_costs_no_digits():
    rng = np.random.default_rng(7)
    steps = rng.integers(-9, 9, (31, 2)) * [1, 3]
    near, far = pca(steps), pca(steps + 2.0**50)
    np.testing.assert_allclose(far.variances, near.variances, rtol=1e-12)
    np.testing.assert_allclose(far.components, near.components, rtol=1e-12)


# Witnesses ---------------------------------------------------------------------------------------


def test_matches_scikit_learn_on_the_digits(digits):
    fitted, library = pca(digits), Library().fit(digits)
    assert fitted.rank == 61
    kept = fitted.components[:61]
    cosines = np.sum(kept * library.components_[:61], axis=1)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-12)
    np.testing.assert_allclose(fitted.variances, library.explained_variance_, atol=1e-10)
    np.testing.assert_allclose(
        np.abs(project(fitted, digits)[:, :61]),
        np.abs(library.transform(digits)[:, :61]),
        atol=1e-8,
    )
    np.testing.assert_allclose(
        explained_share(fitted), library.explained_variance_ratio_, atol=1e-12
    )
    for share in (0.5, 0.9, 0.95):
        assert n_components_for_share(fitted, share) == Library(share).fit(digits).n_components_


def test_matches_the_eigenvectors_of_the_covariance(points):
    values, vectors = np.linalg.eigh(np.cov(points.T))
    fitted = pca(points)
    np.testing.assert_allclose(fitted.variances, values[::-1], rtol=1e-12)
    cosines = np.sum(fitted.components * vectors.T[::-1], axis=1)
    np.testing.assert_allclose(np.abs(cosines), 1, rtol=1e-12)


def test_finds_the_axes_that_made_the_cloud():
    rng = np.random.default_rng(7)
    axes = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    fitted = pca(rng.standard_normal((40_000, 3)) * [7, 3, 1] @ axes)
    np.testing.assert_allclose(np.abs(fitted.components @ axes.T), np.eye(3), atol=0.02)
    np.testing.assert_allclose(fitted.variances, [49, 9, 1], rtol=0.03)


# Complaints --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pca([[1.0, 2.0]]), r"points must hold at least 2 points of 1 feature, got .*1, 2"),
        (lambda: pca([[1.0, 2.0]] * 3), "points must differ, got 3 times the same point"),
        (lambda: pca([[0.0], [1e-150]]), "points must differ, got 2 times points closer than"),
        (lambda: pca([[0.0], [1e150]]), "points must be at least -1e.140 and at most 1e.140"),
        (lambda: pca([[0.0], [np.nan]]), "points must be finite"),
        (
            lambda: pca(np.eye(3), 3),
            "n_components must be at least 1 and at most 2, got 3. 3 points",
        ),
        (lambda: project(pca(np.eye(3)), [[1, 2]]), r"points must have shape \(n_points, n_dims=3"),
        (
            lambda: reconstruct(pca(np.eye(3)), [[1, 2, 3]]),
            "coordinates must have at most 2 columns, one for each component, got 3. Keep more",
        ),
        (
            lambda: n_components_for_share(pca([[0, 0], [5, 0], [0, 2]], 1), 0.99),
            "share must be at most 0.9.*, which 1 components reach, got 0.99. Keep more",
        ),
        (
            lambda: whiten(pca([[1, 1], [2, 2], [3, 3.0]]), [[1, 2]]),
            "fitted must have a variance along each component, got 2 .* rank 1. Keep n_comp",
        ),
        (
            lambda: variance_along(np.eye(3), [[0, 0, 0]]),
            "directions must have a length in every row, got a row of zeros",
        ),
        (lambda: ellipsoid(pca(np.eye(3)), [[2, 0]]), "directions must be at least -1 and at most"),
    ],
    ids=range(12),
)
def test_complaints(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@given(FLOATS)
def test_any_points_are_taken_apart_or_refused(points):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        try:
            fitted = pca(points)
        except ValueError as complaint:
            assert re.match("points must ", str(complaint))  # noqa: PT017
            return
    size = np.abs(points - fitted.mean).max()
    back = reconstruct(fitted, project(fitted, points))
    np.testing.assert_allclose(back, points, atol=1e-14 * (size + np.abs(points).max()))
    assert explained_share(fitted).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "weird",
    [None, "a", 3, [], [1.0], [[True]], [[1j]], [[1], [1, 2]], np.zeros((2, 0)), [[np.nan]], {}],
    ids=range(11),
)
@pytest.mark.parametrize("name", ["pca", "covariance"])
def test_anything_else_is_named(name, weird):
    with pytest.raises(ValueError, match="points must "):
        getattr(principal_components, name)(weird)
