"""Bias and variance: by hand, by law, and against scikit-learn, NumPy and simulations."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import BaggingRegressor
from sklearn.neighbors import KNeighborsRegressor

from unrolled.foundations.bias_variance import (
    MAX_DEGREE,
    bagged_knn_predict,
    bagged_neighbour_weights,
    decompose,
    knn_bias,
    knn_predict,
    knn_variance,
    knn_weights,
    polynomial_predict,
    polynomial_weights,
    sample_targets,
    sine,
    smoother_parts,
)

N_SETS, N_POINTS, N_QUERIES, N_DIMS, N_NEIGHBOURS = 3, 11, 5, 2, 7
NOISE = 0.3
ODD = st.floats(width=64)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# By hand -------------------------------------------------------------------------------------


def test_sine_by_hand():
    waves = sine([0, 0.25, 0.5, 1e9, -0.25])
    np.testing.assert_allclose(waves, [0, 1, 0, 0, -1], atol=1e-15)


def test_parts_by_hand():
    parts = decompose([[1.0, 5], [3, 5]], [0.0, 5], 2)
    assert [part.tolist() for part in parts] == [[4, 0], [1, 0], [4, 4], [9, 4]]


def test_parts_of_weights_by_hand():
    parts = smoother_parts([[0.5, 0.5], [1, 0]], [1.0, 3], [0.0, 1], 2)
    assert [part.tolist() for part in parts] == [[4, 0], [2, 4], [4, 4], [10, 8]]


def test_neighbours_by_hand():
    assert knn_predict([0, 1, 3], [10.0, 20, 60], [0.1, 2.9], 2).tolist() == [15, 40]
    assert knn_predict([[0, 0], [3, 4]], [1.0, 2], [[3, 0]], 1).tolist() == [1]


def test_ties_go_to_the_first():
    assert knn_predict([2, 0, 1, 1], [1.0, 2, 3, 4], [1], 3).tolist() == [8 / 3]
    assert knn_predict([2, 0], [1.0, 2], [1], 1).tolist() == [1]


def test_table_of_the_top_of_the_wave():
    places = np.linspace(0, 1, 101)
    for k, bias_squared, variance in (
        (1, 0, 0.09),
        (5, 0.00002, 0.018),
        (25, 0.0099, 0.0036),
        (51, 0.141, 0.0018),
        (101, 1, 0.0009),
    ):
        bias = knn_bias(places, sine(places), [0.25], [1.0], k)
        assert bias[0] ** 2 == pytest.approx(bias_squared, abs=5e-4)
        assert knn_variance(NOISE, k) == pytest.approx(variance, abs=5e-5)


def test_line_by_hand():
    assert polynomial_predict([0, 1, 2], [0.0, 3, 0], [1, 3], 1) == pytest.approx([1, 1])
    assert polynomial_predict([4.0], [3.0], [4.0], 0).tolist() == [3]


# Laws ----------------------------------------------------------------------------------------


def test_parts_add_up_to_the_mean_square_from_the_truth(rng):
    fits, truth = rng.normal(size=(N_SETS, N_QUERIES)), rng.normal(size=N_QUERIES)
    parts = decompose(fits, truth, NOISE)
    expected = ((fits - truth) ** 2).mean(axis=0) + NOISE**2
    np.testing.assert_allclose(parts.total, expected, rtol=1e-13)


def test_equal_fits_have_no_variance_even_far_from_zero():
    parts = decompose(np.full((N_SETS, N_QUERIES), 0.1), np.full(N_QUERIES, 0.1), 0)
    assert not np.any(parts)
    near = decompose(1e8 + np.array([[0.0], [0.5]]), [1e8], 0)
    assert (near.bias_squared[0], near.variance[0]) == (0.0625, 0.0625)


@pytest.mark.parametrize("scale", [2.0**-500, 2.0**490])
def test_parts_do_not_mind_the_unit(rng, scale):
    fits, truth = rng.normal(size=(N_SETS, N_QUERIES)), rng.normal(size=N_QUERIES)
    ours = decompose(fits * scale, truth * scale, NOISE * scale)
    np.testing.assert_allclose(
        np.array(ours) / scale / scale, decompose(fits, truth, NOISE), rtol=1e-13
    )


@pytest.mark.parametrize("scale", [2.0**-600, 2.0**490])
def test_neighbours_do_not_mind_the_unit(rng, scale):
    points, queries = rng.normal(size=(N_POINTS, N_DIMS)), rng.normal(size=(N_QUERIES, N_DIMS))
    ours = knn_weights(points * scale, queries * scale, N_NEIGHBOURS)
    np.testing.assert_array_equal(ours, knn_weights(points, queries, N_NEIGHBOURS))


def test_weights_add_up_to_one(rng):
    points, queries = rng.random(N_POINTS), rng.random(N_QUERIES)
    for weights in (
        knn_weights(points, queries, N_NEIGHBOURS),
        polynomial_weights(points, queries, 5),
        bagged_neighbour_weights(N_POINTS)[None],
    ):
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)


def test_polynomials_find_themselves_again(rng):
    points, queries = 3 + 2 * rng.random(N_POINTS), 3 + 2 * rng.random(N_QUERIES)
    wave = np.polynomial.Polynomial([1.0, -2, 0.5, 3])
    np.testing.assert_allclose(
        polynomial_predict(points, wave(points), queries, 3), wave(queries), rtol=1e-9
    )


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_polynomials_do_not_mind_the_unit_of_x(rng, scale):
    points, queries = rng.random(N_POINTS), rng.random(N_QUERIES)
    ours = polynomial_weights(points * scale, queries * scale, 4)
    np.testing.assert_allclose(ours, polynomial_weights(points, queries, 4), rtol=1e-8)


def test_high_degrees_stay_accurate():
    x = np.cos(np.linspace(0, np.pi, 200))
    weights = polynomial_weights(x, x, MAX_DEGREE)
    np.testing.assert_allclose(weights @ weights, weights, atol=1e-12)  # projects
    assert np.trace(weights) == pytest.approx(MAX_DEGREE + 1)


def test_many_queries_are_worked_through_in_blocks(rng, monkeypatch):
    points, queries = rng.random((N_POINTS, N_DIMS)), rng.random((N_QUERIES, N_DIMS))
    whole = knn_weights(points, queries, 2)
    monkeypatch.setattr("unrolled.foundations.bias_variance._BLOCK", 2 * points.size)
    np.testing.assert_array_equal(knn_weights(points, queries, 2), whole)


def test_many_sets_equal_one_at_a_time(rng):
    points, queries = rng.random(N_POINTS), rng.random(N_QUERIES)
    y = rng.normal(size=(N_SETS, N_POINTS))
    together = knn_predict(points, y, queries, N_NEIGHBOURS)
    apart = [knn_predict(points, one, queries, N_NEIGHBOURS) for one in y]
    np.testing.assert_allclose(together, apart, rtol=1e-14)


def test_targets_have_the_truth_in_their_middle(rng):
    answers = sample_targets([1.0, -2.0], NOISE, n_sets=20_000, rng=rng)
    assert answers.shape == (20_000, 2)
    assert answers.mean(axis=0) == pytest.approx([1, -2], abs=0.01)
    assert answers.std(axis=0) == pytest.approx([NOISE, NOISE], rel=0.02)
    assert np.corrcoef(answers.T)[0, 1] == pytest.approx(0, abs=0.03)
    assert sample_targets([1.0, -2.0], 0, rng=rng).tolist() == [1, -2]


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_dims", [1, N_DIMS, 10])
def test_neighbours_match_scikit_learn(rng, n_dims):
    points, queries = rng.normal(size=(N_POINTS, n_dims)), rng.normal(size=(N_QUERIES, n_dims))
    y = rng.normal(size=N_POINTS)
    for k in (1, N_NEIGHBOURS, N_POINTS):
        theirs = KNeighborsRegressor(n_neighbors=k).fit(points, y).predict(queries)
        np.testing.assert_allclose(knn_predict(points, y, queries, k), theirs, rtol=1e-12)


def test_polynomials_match_numpy(rng):
    points, queries = np.sort(rng.random(N_POINTS)), rng.random(N_QUERIES)
    y = rng.normal(size=N_POINTS)
    for degree in (0, 1, 4, 7):
        theirs = np.polynomial.Chebyshev.fit(points, y, degree)(queries)
        ours = polynomial_predict(points, y, queries, degree)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("weigh", [knn_weights, polynomial_weights])
def test_parts_of_weights_match_a_simulation(rng, weigh):
    points, queries = rng.random(N_POINTS), rng.random(N_QUERIES)
    weights = weigh(points, queries, 3)
    exact = smoother_parts(weights, sine(points), sine(queries), NOISE)
    y = sample_targets(sine(points), NOISE, n_sets=20_000, rng=rng)
    measured = decompose(y @ weights.T, sine(queries), NOISE)
    np.testing.assert_allclose(measured.variance, exact.variance, rtol=0.05)
    slack = 4 * np.sqrt(exact.variance / 20_000)
    near = np.abs(np.sqrt(measured.bias_squared) - np.sqrt(exact.bias_squared))
    assert (near < slack).all()


def test_parts_match_a_fresh_test_error(rng):
    places = np.linspace(0, 1, 31)
    fits = knn_predict(places, sample_targets(sine(places), NOISE, n_sets=3000, rng=rng), places, 5)
    errors = (sample_targets(sine(places), NOISE, n_sets=3000, rng=rng) - fits) ** 2
    by_set = errors.mean(axis=1)
    parts = decompose(fits, sine(places), NOISE)
    standard_error = by_set.std() / np.sqrt(3000)
    assert abs(by_set.mean() - parts.total.mean()) < 3 * standard_error
    assert by_set.mean() - (parts.total - parts.noise_squared).mean() > 10 * standard_error


def test_bags_match_scikit_learn(rng):
    points, queries = rng.random((N_POINTS, N_DIMS)), rng.random((N_QUERIES, N_DIMS))
    y = rng.normal(size=N_POINTS)
    for k in (1, 3):
        ours = bagged_knn_predict(points, y[None], queries, k, n_bags=4000, rng=rng)[0]
        library = BaggingRegressor(
            KNeighborsRegressor(n_neighbors=k), n_estimators=1000, random_state=7
        )
        theirs = library.fit(points, y).predict(queries)
        np.testing.assert_allclose(ours, theirs, atol=0.15)


def test_many_bags_of_one_neighbour_have_known_weights(rng):
    x = np.arange(N_POINTS, dtype=float)
    one_hot = np.eye(N_POINTS)
    ours = bagged_knn_predict(x, one_hot, [-1.0], 1, n_bags=5000, rng=rng)[:, 0]
    np.testing.assert_allclose(ours, bagged_neighbour_weights(N_POINTS), atol=0.03)


def test_each_set_gets_bags_of_its_own(rng):
    y = np.tile(np.arange(N_POINTS, dtype=float), (N_SETS, 1))
    fits = bagged_knn_predict(np.arange(N_POINTS), y, [4.4], 1, n_bags=2, rng=rng)
    assert len(np.unique(fits)) > 1


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda g: decompose([[1.0, 2]], [1.0, 2], 1), "fits must come from at least two"),
        (lambda g: decompose([[1.0], [2]], [1.0, 2], 1), r"truth must have shape \(n_queries=1"),
        (lambda g: decompose([[1.0], [np.nan]], [1.0], 1), "fits must be finite"),
        (lambda g: decompose([[1.0], [1e200]], [1.0], 1), "fits must be at least .* unit"),
        (lambda g: decompose([[1.0], [2]], [1.0], -1), "noise must be at least 0"),
        (lambda g: knn_weights([1, 2], [1], 3), "n_neighbours must be at least 1 and at most 2"),
        (lambda g: knn_weights([1, 2], [1], 0), "n_neighbours must be at least 1"),
        (lambda g: knn_weights([], [1], 1), "x_train must hold at least one number"),
        (lambda g: knn_weights([[1, 2]], [1], 1), r"x must have shape \(n_queries, n_dims=2\)"),
        (lambda g: knn_weights([1, 2], [[1]], 1), r"x must have shape \(n_queries\)|n_queries,"),
        (lambda g: knn_weights(np.zeros(10**4), np.zeros(10**4 + 1), 1), "x must leave at most"),
        (lambda g: knn_predict([1, 2], [1.0], [1], 1), "y_train must have shape"),
        (lambda g: knn_bias([1, 2], [1.0], [1], [1.0], 1), "truth_train must have shape"),
        (lambda g: knn_bias([1, 2], [1.0, 2], [1], [1.0, 2], 1), "truth must have shape"),
        (lambda g: polynomial_weights([1, 1, 2], [1], 2), "x_train must have more different"),
        (lambda g: polynomial_weights([1, 1 + 1e-15, 2], [1], 2), "points that nearly coincide"),
        (lambda g: polynomial_weights([0, 1], [2.5], 1), "x must lie no farther outside"),
        (lambda g: polynomial_weights([0, 1], [0], 61), "degree must be at least 0 and at most"),
        (lambda g: smoother_parts([[1.0]], [1.0, 2], [1.0], 1), "truth_train must have shape"),
        (lambda g: smoother_parts([[1.0]], [1.0], [1.0, 2], 1), "truth must have shape"),
        (lambda g: sample_targets([1.0], 1, n_sets=10**9, rng=g), "n_sets must leave at most"),
        (lambda g: sample_targets([1.0], 1, n_sets=0, rng=g), "n_sets must be at least 1"),
        (lambda g: sample_targets([1.0], 1, rng=7), "rng must be a numpy.random.Generator"),
        (
            lambda g: bagged_knn_predict([1, 2], [1.0, 2], [1], 1, n_bags=2, rng=g),
            "y_train must have shape",
        ),
        (lambda g: bagged_neighbour_weights(0), "n_points must be at least 1"),
        (lambda g: knn_variance(1, 0), "n_neighbours must be at least 1"),
    ],
)
def test_complaints(rng, call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call(rng)


@given(
    hnp.arrays(float, (N_POINTS,), elements=ODD),
    hnp.arrays(float, (N_QUERIES,), elements=ODD),
    st.integers(0, 3),
)
def test_right_or_refused(points, queries, setting):
    with np.errstate(all="raise", under="ignore"):
        for weigh in (knn_weights, polynomial_weights):
            try:
                weights = weigh(points, queries, setting)
            except ValueError as complaint:
                assert re.match(r"(x|x_train|n_neighbours) must ", str(complaint))  # noqa: PT017
                continue
            np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
