"""Random points and walks, and the equation of how far a walk leads."""

import itertools
import re

import numpy as np
import pytest

from unrolled.foundations.sampling import (
    PIPELINE_CLASSES,
    random_walk,
    sample_ball,
    sample_cube,
    sample_directions,
    sample_pipeline,
)

N_POINTS, N_DIMS = 20_000, 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_directions_have_length_one_and_no_preference(rng):
    directions = sample_directions(N_POINTS, N_DIMS, rng=rng)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-15)
    second_moments = directions.T @ directions / N_POINTS
    np.testing.assert_allclose(second_moments, np.eye(N_DIMS) / N_DIMS, atol=0.01)
    assert set(sample_directions(50, 1, rng=rng).ravel()) == {-1, 1}


def test_points_of_the_ball_lie_within_and_fill_it_evenly(rng):
    radii = np.linalg.norm(sample_ball(N_POINTS, N_DIMS, rng=rng), axis=1)
    assert radii.max() <= 1
    for radius in (0.5, 0.7, 0.9):
        assert np.mean(radii < radius) == pytest.approx(radius**N_DIMS, abs=0.01)


def test_two_points_of_a_400_ball_are_about_root_two_apart(rng):
    distances = np.linalg.norm(
        sample_ball(2000, 400, rng=rng) - sample_ball(2000, 400, rng=rng), axis=1
    )
    assert np.mean(distances) == pytest.approx(1.411, abs=0.004)
    assert np.std(distances) == pytest.approx(0.035, abs=0.003)


def test_points_of_the_cube_fill_it(rng):
    points = sample_cube(N_POINTS, N_DIMS, rng=rng, low=-3, high=1)
    assert points.min() >= -3
    assert points.max() <= 1
    np.testing.assert_allclose(points.mean(axis=0), -1, atol=0.05)
    np.testing.assert_allclose(points.var(axis=0), 16 / 12, atol=0.05)


def test_cube_is_not_the_ball(rng):
    inside = [
        np.mean(np.linalg.norm(sample_cube(N_POINTS, n_dims, rng=rng, low=-1), axis=1) <= 1)
        for n_dims in (2, 3, 50)
    ]
    np.testing.assert_allclose(inside, [0.785, 0.524, 0], atol=0.01)


def test_cube_and_ball_agree_on_angles_in_fifty_dimensions(rng):
    u, v = sample_cube(2 * N_POINTS, 50, rng=rng, low=-1).reshape(2, N_POINTS, 50)
    cosine = np.sum(u * v, axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    assert np.degrees(np.std(np.arccos(cosine))) == pytest.approx(8.16, abs=0.12)


@pytest.mark.equation("random-walk")
@pytest.mark.parametrize(("n_dims", "n_steps"), [(2, 5), (3, 4)])
def test_walk_of_n_steps_ends_about_root_n_away(evidence, rng, n_dims, n_steps):
    ways = to_the_corners_of_a_simplex(n_dims, rng)
    walks = list(itertools.product(ways, repeat=n_steps))
    evidence.evaluates(
        {"n": n_steps},
        chance=[(1 / len(walks), {"s_i": dict(enumerate(steps, 1))}) for steps in walks],
        witness="all walks in directions that cancel out on average",
        within=1e-13,
    )
    ends = np.array([random_walk(n_steps, n_dims, rng=rng)[-1] for _ in range(10_000)])
    measured = np.mean(np.sum(ends**2, axis=1))
    evidence.agrees(measured, float(n_steps), witness="simulation", within=0.03)


def to_the_corners_of_a_simplex(n_dims, rng):
    """Return unit vectors whose sum is zero, one more than there are dimensions."""
    corners = np.eye(n_dims + 1) - 1 / (n_dims + 1)
    flat = corners @ np.linalg.svd(corners)[2][:n_dims].T @ np.linalg.qr(
        rng.normal(size=(n_dims, n_dims))
    )[0]  # fmt: skip
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def test_walk_starts_at_the_origin_in_steps_of_one(rng):
    walk = random_walk(13, 3, rng=rng)
    assert walk.shape == (14, 3)
    assert not walk[0].any()
    np.testing.assert_allclose(np.linalg.norm(np.diff(walk, axis=0), axis=1), 1, rtol=1e-14)


def test_pipeline_has_twelve_features_and_three_classes(rng):
    features, labels = sample_pipeline(300, rng=rng)
    assert features.shape == (300, 12)
    assert features.min() >= 0
    assert features.max() <= 1
    assert set(labels) == set(range(len(PIPELINE_CLASSES)))


def test_pipeline_classes_flow_as_their_names_say(rng):
    features, labels = sample_pipeline(3000, rng=rng)
    oil, water = np.moveaxis(features.reshape(-1, 6, 2), -1, 0)
    assert np.all(oil + water < 1.3)  # the rest is gas, up to the error of two features
    homogeneous, annular, stratified = (labels == label for label in range(3))
    assert np.ptp(oil[homogeneous], axis=1).max() < 0.3
    assert np.mean(water[annular][:, 1] < water[annular][:, 0] + 0.1) > 0.99  # the wall is wet
    assert np.mean(water[stratified][:, 3] > water[stratified][:, 5] - 0.15) > 0.99  # and the floor


def test_a_majority_in_its_cell_of_features_six_and_seven_beats_chance(rng):
    train, test = sample_pipeline(2000, rng=rng), sample_pipeline(500, rng=rng)
    cell = [(sample.features[:, 5:7] * 9.999).astype(int) @ [10, 1] for sample in (train, test)]
    votes = np.zeros((100, 3))
    np.add.at(votes, (cell[0], train.labels), 1)
    assert np.mean(votes[cell[1]].argmax(axis=1) == test.labels) > 0.6


SAMPLERS = [sample_directions, sample_ball, sample_cube, random_walk]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_same_generator_same_points(sampler):
    first, second = (sampler(7, 3, rng=np.random.default_rng(11)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("sampler", [*SAMPLERS, lambda n, _, rng: sample_pipeline(n, rng=rng)])
@pytest.mark.parametrize("weird", [-1, 2.0, None, "3", True, [1], 10**30, 10**9, np.nan, 1j])
def test_sizes_that_are_none_are_named(sampler, weird, rng):
    argument = "n_steps" if sampler is random_walk else "n_points"
    with pytest.raises(ValueError, match=rf"{argument}( times n_dims)? must "):
        sampler(weird, 3, rng=rng)
    with pytest.raises(ValueError, match=r"rng must be a numpy\.random.Generator"):
        sampler(3, 3, rng=7)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_points_and_too_many(sampler, rng):
    assert len(sampler(0, 3, rng=rng)) == (sampler is random_walk)
    with pytest.raises(ValueError, match=re.escape("times n_dims must be at most 100000000")):
        sampler(10**5, 10**5, rng=rng)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (np.nan, 1), (0, 1e308), ("a", 1)])
def test_empty_cubes_are_named(low, high, rng):
    with pytest.raises(ValueError, match=r"(low|high) must "):
        sample_cube(3, 3, rng=rng, low=low, high=high)
