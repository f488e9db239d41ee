import re

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.covariance import shrunk_covariance
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unrolled.foundations.fisher import fisher, fisher_criterion, scatter

N_CLASSES, N_DIMS, N_POINTS = 3, 5, 41
FLOATS = st.floats(width=64, allow_subnormal=True)


def three_classes(n_dims=N_DIMS, n_classes=N_CLASSES):
    """Return classes of different sizes, with scatter of every shape."""
    rng = np.random.default_rng(7)
    labels = np.sort(np.arange(N_POINTS) ** 2 % 19 % n_classes)
    points = rng.normal(size=(N_POINTS, n_dims)) @ rng.normal(size=(n_dims, n_dims))
    return points + rng.normal(0, 3, (n_classes, n_dims))[labels], labels


def up_to_length(directions):
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


# By hand -------------------------------------------------------------------------------------


def test_scatter_by_hand():
    found = scatter([[0, 0], [2, 0], [5, 3]], [4, 4, -1])
    np.testing.assert_allclose(found.means, [[5, 3], [1, 0]], rtol=1e-15)
    np.testing.assert_allclose(found.within, [[2, 0], [0, 0]], atol=1e-14)
    np.testing.assert_allclose(found.between, [[32 / 3, 8], [8, 6]], rtol=1e-14)
    np.testing.assert_allclose(found.total, [[38 / 3, 8], [8, 6]], rtol=1e-14)


def test_criterion_by_hand():
    points, labels = [[-1, 0], [1, 0], [4, 0], [6, 0]], [0, 0, 1, 1]
    assert fisher_criterion([3.0, 7.0], points, labels) == pytest.approx(25 / 4)


def test_direction_by_hand():
    cloud = np.array([[-1.0, -1], [1, 1], [0, 1], [0, -1]])
    points, labels = np.vstack([cloud, cloud + np.array([1, 0])]), np.repeat([0, 1], 4)
    found = fisher(points, labels)
    np.testing.assert_allclose(found.mean, [0.5, 0], atol=1e-15)
    # S_W = [[4, 4], [4, 8]] and the means differ by (1, 0): w is along (8, -4)
    np.testing.assert_allclose(up_to_length(found.directions), [[2, -1] / np.sqrt(5)], rtol=1e-14)
    np.testing.assert_allclose(found.ratios, [4 * 4 / 8 * 8 / 16], rtol=1e-14)


# Laws ----------------------------------------------------------------------------------------


def test_parts_of_the_scatter_add_up_and_are_symmetric():
    found = scatter(*three_classes())
    np.testing.assert_allclose(found.within + found.between, found.total, rtol=1e-12)
    for matrix in found[:3]:
        np.testing.assert_array_equal(matrix, matrix.T)


def test_shadows_have_unit_spread_within_and_no_covariance():
    points, labels = three_classes()
    found = fisher(points, labels)
    within = scatter(points, labels).within / (N_POINTS - N_CLASSES)
    seen = found.directions @ within @ found.directions.T
    np.testing.assert_allclose(seen, np.eye(N_CLASSES - 1), atol=1e-13)


def test_ratios_are_the_criterion_and_fall():
    points, labels = three_classes()
    found = fisher(points, labels)
    seen = fisher_criterion(found.directions, points, labels)
    np.testing.assert_allclose(found.ratios, seen, rtol=1e-12)
    assert (np.diff(found.ratios) < 0).all()


def test_no_direction_beats_the_first():
    points, labels = three_classes()
    tried = np.random.default_rng(7).standard_normal((3, 700, N_DIMS))
    seen = fisher_criterion(tried, points, labels)
    assert seen.shape == (3, 700)
    assert seen.max() < fisher(points, labels).ratios[0]


def test_fewer_components_are_the_first_ones():
    points, labels = three_classes()
    one, both = fisher(points, labels, 1), fisher(points, labels, 2)
    np.testing.assert_allclose(one.directions, both.directions[:1], rtol=1e-13)
    np.testing.assert_allclose(one.ratios, both.ratios[:1], rtol=1e-15)


def test_order_of_points_and_names_of_classes_change_nothing():
    points, labels = three_classes()
    order = np.random.default_rng(7).permutation(N_POINTS)
    for other in (fisher(points[order], labels[order]), fisher(points, 17 - 5 * labels)):
        for ours, theirs in zip(fisher(points, labels), other, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_mixed_and_shifted_features_change_no_ratio_and_no_shadow():
    points, labels = three_classes()
    mix = np.random.default_rng(11).standard_normal((N_DIMS, N_DIMS))
    found, moved = fisher(points, labels), fisher(points @ mix + 13, labels)
    np.testing.assert_allclose(found.ratios, moved.ratios, rtol=1e-10)
    shadows = (points - found.mean) @ found.directions.T
    other = (points @ mix + 13 - moved.mean) @ moved.directions.T
    np.testing.assert_allclose(np.abs(shadows), np.abs(other), atol=1e-10)


@pytest.mark.parametrize("scale", [1e-290, 1e-150, 1e150, 1e290])
def test_units_change_no_ratio(scale):
    points, labels = three_classes()
    units = np.array([scale, 1, 1e-9, 1e9, 1])
    found, moved = fisher(points, labels), fisher(points * units, labels)
    np.testing.assert_allclose(moved.ratios, found.ratios, rtol=1e-11)
    w = moved.directions
    np.testing.assert_allclose(fisher_criterion(w, points * units, labels), found.ratios, rtol=1e-9)


def test_far_from_zero_the_digits_stay():
    points, labels = three_classes()
    points = np.round(points * 2**10) / 2**10
    found, moved = fisher(points, labels), fisher(points + 2**30, labels)
    np.testing.assert_allclose(moved.directions, found.directions, rtol=1e-9)


def test_largest_entry_of_a_direction_is_positive():
    points, labels = three_classes()
    for units in (1, [1e-3, 1, 1e3, 9, 1 / 9]):
        directions = fisher(points * units, labels).directions
        largest = np.abs(directions).argmax(axis=1)
        assert (directions[np.arange(len(directions)), largest] > 0).all()


def test_constant_and_repeated_columns_are_harmless():
    points, labels = three_classes()
    plain = fisher(points, labels)
    constant = fisher(np.column_stack([points, np.full(N_POINTS, 0.1)]), labels)
    np.testing.assert_allclose(constant.directions[:, :-1], plain.directions, rtol=1e-10)
    assert (constant.directions[:, -1] == 0).all()
    twice = fisher(np.column_stack([points, points[:, 0] + points[:, 1]]), labels)
    np.testing.assert_allclose(twice.ratios, plain.ratios, rtol=1e-10)


def test_means_on_a_line_leave_one_direction():
    cross = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    points = np.vstack([cross + np.array(middle) for middle in ((0, 0), (2, 4), (3, 6))])
    found = fisher(points, np.repeat([0, 1, 2], 4))
    np.testing.assert_allclose(up_to_length(found.directions), [[1, 2] / np.sqrt(5)], rtol=1e-12)


def test_full_shrinkage_gives_the_line_from_mean_to_mean():
    points, labels = three_classes(n_classes=2)
    means = scatter(points, labels).means
    line = up_to_length(means[1] - means[0])
    found = up_to_length(fisher(points, labels, shrinkage=1).directions[0])
    np.testing.assert_allclose(found * np.sign(found @ line), line, rtol=1e-12)


def test_fewer_points_than_dimensions_need_shrinkage():
    rng = np.random.default_rng(7)
    points, labels = rng.normal(size=(11, 17)), np.arange(11) % 2
    with pytest.raises(ValueError, match=r"got 9 such directions of 10\. Give more points"):
        fisher(points, labels)
    shrunk = fisher(points, labels, shrinkage=0.1)
    shadows = (points - shrunk.mean) @ shrunk.directions[0]
    assert np.ptp(np.sign(shadows)[labels == 0]) == np.ptp(np.sign(shadows)[labels == 1]) == 0


def test_a_class_of_one_point_is_no_obstacle_while_others_scatter():
    points = np.array([[0.0, 0], [2, 0], [0, 3], [1, 1], [9, 9]])
    labels = [0, 0, 0, 0, 1]
    found = fisher(points, labels)
    pooled = np.cov(points[:4].T) * 3
    w = np.linalg.solve(pooled, points[4] - points[:4].mean(axis=0))
    np.testing.assert_allclose(up_to_length(found.directions[0]), up_to_length(w), rtol=1e-13)


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["svd", "eigen"])
def test_digits_match_scikit_learn(solver):
    points, labels = load_digits(return_X_y=True)
    points, labels = points[:700], labels[:700]
    if solver == "eigen":  # it inverts, so blank pixels have to go
        points = points[:, np.ptp(points, axis=0) > 0]
    theirs = LinearDiscriminantAnalysis(solver=solver).fit(points, labels)
    ours = fisher(points, labels)
    shadows = (points - ours.mean) @ ours.directions.T
    other = theirs.transform(points - points.mean(axis=0) if solver == "eigen" else points)
    scaled = [np.abs(z) / np.linalg.norm(z, axis=0) for z in (shadows, other[:, :9])]
    np.testing.assert_allclose(*scaled, atol=1e-9)
    shares, others = ours.ratios / ours.ratios[0], theirs.explained_variance_ratio_
    np.testing.assert_allclose(shares, others[:9] / others[0], rtol=1e-9)


def test_shrinkage_matches_scikit_learn():
    points, labels = three_classes(n_classes=2)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(points, labels).coef_[0]
    ours = fisher(points, labels, shrinkage=0.3).directions[0]
    ours = up_to_length(ours) * np.sign(ours @ theirs)
    np.testing.assert_allclose(ours, up_to_length(theirs), rtol=1e-12)


def test_shrinkage_matches_scipy():
    points, labels = three_classes()
    parts = scatter(points, labels)
    shrunk = shrunk_covariance(parts.within, shrinkage=0.3)
    values, vectors = scipy.linalg.eigh(parts.between, shrunk)
    ours = fisher(points, labels, shrinkage=0.3)
    np.testing.assert_allclose(ours.ratios, values[:-3:-1], rtol=1e-12)
    cosines = np.sum(up_to_length(ours.directions) * up_to_length(vectors.T[:-3:-1]), axis=1)
    np.testing.assert_allclose(np.abs(cosines), 1, rtol=1e-12)


def test_scikit_learns_eigen_solver_shrinks_the_total_scatter_too():
    """The page says so under In practice: it solves for another scatter between."""
    points, labels = three_classes()
    parts = scatter(points, labels)
    library = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.3).fit(points, labels)
    between = shrunk_covariance(parts.between, shrinkage=0.3)
    _, vectors = scipy.linalg.eigh(between, shrunk_covariance(parts.within, shrinkage=0.3))
    best = up_to_length(vectors[:, -1])
    theirs = up_to_length(library.scalings_[:, 0])
    ours = up_to_length(fisher(points, labels, shrinkage=0.3).directions[0])
    assert abs(best @ theirs) == pytest.approx(1, abs=1e-12)
    assert abs(ours @ theirs) < 1 - 1e-6


def test_noise_is_sorted_in_training_and_nowhere_else():
    rng = np.random.default_rng(7)
    points, labels = rng.normal(size=(1054, 50)), np.arange(1054) % 2
    found = fisher(points[:54], labels[:54])
    shadows = (points - found.mean) @ found.directions[0]
    sides = (shadows > 0) == (shadows[:54][labels[:54] == 1].mean() > 0)
    right = sides == labels
    assert right[:54].all()
    assert right[54:].mean() == pytest.approx(0.5, abs=0.05)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[1.0], [2.0]], [3, 3]), {}, "labels must name at least two classes, got only 3"),
        (([[1.0], [2.0]], [0.0, 1.0]), {}, "labels must hold integers"),
        (([[1.0], [2.0]], ["a", "b"]), {}, "labels must hold integers, got strings"),
        (([[1.0], [2.0]], [0, 1, 1]), {}, r"labels must have shape \(n_points=2,\), got \(3,\)"),
        (([[1.0], [np.nan]], [0, 1]), {}, "points must be finite, got nan"),
        (([1.0, 2.0], [0, 1]), {}, r"points must have shape \(n_points, n_dims\), got \(2,\)"),
        ((np.zeros((0, 2)), []), {}, "points must hold at least one number"),
        (([[1.0], [2.0]], [0, 1]), {}, "got 0 such directions of 1"),
        (([[1.0], [2.0]], [0, 1]), {"shrinkage": 0.5}, "got 0 such directions of 1"),
        (([[1.0], [1.0], [1.0]], [0, 1, 1]), {}, "points must have class means that differ"),
        (([[1.0], [-1], [2], [-2]], [0, 0, 1, 1]), {}, "points must have class means that differ"),
        (([[1.0], [2], [3], [5]], [0, 0, 1, 1], 2), {}, "n_components must be at most 1, got 2"),
        (([[1.0], [2], [3], [5]], [0, 0, 1, 1], 0), {}, "n_components must be at least 1"),
        (
            ([[1.0], [2], [3], [5]], [0, 0, 1, 1]),
            {"shrinkage": 1.5},
            "shrinkage must be at least 0 and at most 1",
        ),
        (
            ([[-1.7e308], [1.7e308], [1.77e308], [-1.7e308]], [0, 0, 1, 1]),
            {},
            "points must have spreads whose inverse",
        ),
    ],
)
def test_complaints_of_the_directions(arguments, options, message):
    with np.errstate(all="raise"), pytest.raises(ValueError, match=message):
        fisher(*arguments, **options)


def test_means_that_coincide_but_for_rounding_are_refused():
    angles = np.arange(14) * 2 * np.pi / 7
    labels = np.repeat([0, 1], 7)
    rings = (1 + 2 * labels[:, None]) * np.column_stack([np.cos(angles), np.sin(angles)])
    with pytest.raises(ValueError, match="class means that differ"):
        fisher(rings, labels)
    assert fisher_criterion([[1.0, 2.0]], rings, labels) == pytest.approx(0, abs=1e-25)


def test_complaints_of_the_criterion():
    points, labels = [[1.0, 0], [2, 1], [3, 0], [5, 1]], [0, 1, 0, 1]
    with pytest.raises(ValueError, match="w must have a direction, got zeros"):
        fisher_criterion([[1, 1], [0, 0]], points, labels)
    with pytest.raises(ValueError, match=r"w must have shape \(..., n_dims=2\), got \(3,\)"):
        fisher_criterion([1, 0, 0], points, labels)
    with pytest.raises(ValueError, match="w must be a direction along which some class scatters"):
        fisher_criterion([0, 1], points, labels)
    collinear = np.array([[0.1, 0.3], [0.2, 0.6], [0.7, 2.1], [0.4, 1.2]])
    with pytest.raises(ValueError, match="w must be a direction along which some class scatters"):
        fisher_criterion([3, -1], collinear, labels)


def test_complaint_of_the_scatter():
    with pytest.raises(ValueError, match="points must have squares that a float can hold"):
        scatter([[1e200], [-1e200]], [0, 1])


@given(
    hnp.arrays(float, (7, 2), elements=FLOATS),
    hnp.arrays(int, 7, elements=st.integers(0, 2)),
    st.sampled_from([0.0, 0.25]),
)
def test_anything_is_finite_or_refused(points, labels, shrinkage):
    calls = (
        lambda: scatter(points, labels),
        lambda: fisher_criterion(points[:1], points, labels),
        lambda: fisher(points, labels, shrinkage=shrinkage),
    )
    for call in calls:
        with np.errstate(all="raise"):
            try:
                found = call()
            except ValueError as complaint:
                assert re.match(r"(points|labels|w) must ", str(complaint))  # noqa: PT017
            else:
                for part in found if isinstance(found, tuple) else (found,):
                    assert np.isfinite(part).all()
