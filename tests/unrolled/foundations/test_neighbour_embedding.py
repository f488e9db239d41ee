"""t-SNE from scratch: cases by hand, laws, scikit-learn, and what it refuses."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special, stats
from scipy.spatial.distance import pdist, squareform
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, _t_sne
from sklearn.neighbors import NearestNeighbors

from unrolled.foundations.neighbour_embedding import (
    conditional_probabilities,
    effective_neighbours,
    embedding_similarities,
    forces,
    joint_probabilities,
    kl_divergence,
    kl_gradient,
    neighbourhood_widths,
    neighbours_kept,
    principal_start,
    tsne,
)

N_POINTS, N_FEATURES, N_DIMS = 31, 7, 2
RNG = np.random.default_rng(7)
POINTS = RNG.standard_normal((N_POINTS, N_FEATURES))
Y = RNG.standard_normal((N_POINTS, N_DIMS))
JOINT = joint_probabilities(POINTS, 5)
DIGITS = load_digits().data[:97]
DUPLICATES = np.repeat(RNG.standard_normal((3, 5)), (11, 1, 1), axis=0)


# By hand -------------------------------------------------------------------------------------


def test_perplexities_by_hand():
    rows = [[0.5, 0.5, 0, 0], [0.25] * 4, [0, 1, 0, 0]]
    np.testing.assert_allclose(effective_neighbours(rows), [2, 4, 1], rtol=1e-15)
    one_and_fifty = [[0.5] + [0.01] * 50]
    np.testing.assert_allclose(effective_neighbours(one_and_fifty), [np.sqrt(200)], rtol=1e-12)


def test_the_middle_of_three_chooses_both_and_an_end_mostly_the_middle():
    chosen = conditional_probabilities([[-1.0], [0.0], [1.0]], 1.5)
    np.testing.assert_allclose(chosen[1], [0.5, 0, 0.5])  # nothing makes it choose
    assert chosen[0, 1] > chosen[0, 2] > 0
    assert effective_neighbours(chosen)[0] == pytest.approx(1.5, rel=1e-12)


def test_a_map_of_two_points_has_one_pair():
    similar = embedding_similarities([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_array_equal(similar, [[0, 0.5], [0.5, 0]])
    assert kl_divergence(similar, [[0.0], [9.0]]) == 0


def test_cost_and_gradient_of_three_points_by_hand():
    y = np.array([[0.0], [1.0], [3.0]])
    p = np.array([[0, 0.25, 0.05], [0.25, 0, 0.2], [0.05, 0.2, 0]])
    w = {(0, 1): 1 / 2, (1, 2): 1 / 5, (0, 2): 1 / 10}
    q = {pair: weight / 1.6 for pair, weight in w.items()}
    cost = 2 * sum(p[pair] * np.log(p[pair] / q[pair]) for pair in w)
    assert kl_divergence(p, y) == pytest.approx(cost, rel=1e-14)
    slope = 4 * ((0.25 - q[0, 1]) * -1 * w[0, 1] + (0.05 - q[0, 2]) * -3 * w[0, 2])
    assert kl_gradient(p, y)[0, 0] == pytest.approx(slope, rel=1e-14)


def test_neighbours_kept_by_hand():
    line = [[0.0], [1.0], [3.0], [7.0]]
    assert neighbours_kept(line, line, 1) == 1
    swapped = [[0.0], [7.0], [3.0], [1.0]]  # who was near: 1, 0, 1, 2; who is: 3, 2, 3, 0
    assert neighbours_kept(line, swapped, 1) == 0
    assert neighbours_kept(line, [[0.0], [1.0], [7.0], [8.0]], 1) == pytest.approx(3 / 4)


# Laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("perplexity", [1.01, 2, 5, 17.3, 28, 29.9])
def test_every_row_has_the_wanted_perplexity(perplexity):
    chosen = conditional_probabilities(POINTS, perplexity)
    np.testing.assert_allclose(chosen.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_array_equal(np.diagonal(chosen), 0)
    np.testing.assert_allclose(2 ** stats.entropy(chosen, base=2, axis=1), perplexity, rtol=1e-9)


def test_widths_are_those_of_the_gaussians():
    widths = neighbourhood_widths(POINTS, 5)
    odds = -squareform(pdist(POINTS, "sqeuclidean")) / (2 * widths[:, None] ** 2)
    np.fill_diagonal(odds, -np.inf)
    ours = conditional_probabilities(POINTS, 5)
    np.testing.assert_allclose(ours, special.softmax(odds, axis=1), atol=1e-13)


def test_similarities_are_symmetric_and_no_point_is_forgotten():
    for similar in (JOINT, embedding_similarities(Y)):
        np.testing.assert_allclose(similar, similar.T)
        assert similar.sum() == pytest.approx(1, rel=1e-13)
        np.testing.assert_array_equal(np.diagonal(similar), 0)
    outlier = np.vstack([POINTS, np.full(N_FEATURES, 100.0)])
    shares = joint_probabilities(outlier, 5).sum(axis=1)
    assert shares.min() >= 1 / (2 * len(outlier)) * (1 - 1e-12)


@pytest.mark.parametrize("scale", [2.0**-900, 1e-7, 1e7, 2.0**900])
def test_units_do_not_matter(scale):
    ours = joint_probabilities(POINTS * scale, 5)
    np.testing.assert_allclose(ours, JOINT, rtol=1e-9)
    widths = neighbourhood_widths(POINTS * scale, 5) / scale
    np.testing.assert_allclose(widths, neighbourhood_widths(POINTS, 5), rtol=1e-9)
    assert neighbours_kept(POINTS * scale, POINTS, 3) == 1


def test_a_far_origin_does_not_matter():
    moved = np.round(POINTS * 2**20) / 2**20
    ours = joint_probabilities(moved + 2.0**20, 5)
    np.testing.assert_allclose(ours, joint_probabilities(moved, 5), rtol=1e-12)
    there = kl_gradient(JOINT, Y + 1e6)
    np.testing.assert_allclose(there, kl_gradient(JOINT, Y), atol=1e-9)


def test_shuffled_points_give_shuffled_answers():
    order = np.random.default_rng(11).permutation(N_POINTS)
    ours = joint_probabilities(POINTS[order], 5)
    np.testing.assert_allclose(ours, JOINT[np.ix_(order, order)], atol=1e-15)
    gradient = kl_gradient(ours, Y[order])
    np.testing.assert_allclose(gradient, kl_gradient(JOINT, Y)[order], atol=1e-15)


def test_nothing_pulls_the_map_as_a_whole_and_both_forces_make_the_gradient():
    gradient, parts = kl_gradient(JOINT, Y), forces(JOINT, Y)
    np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(parts.attraction + parts.repulsion, -gradient, atol=1e-15)
    outwards = (parts.repulsion * (Y - Y.mean(axis=0))).sum()
    assert outwards > 0 > (parts.attraction * (Y - Y.mean(axis=0))).sum()


def test_the_map_that_is_wanted_costs_nothing():
    wanted = embedding_similarities(Y)
    assert kl_divergence(wanted, Y) == pytest.approx(0, abs=1e-14)
    np.testing.assert_allclose(kl_gradient(wanted, Y), 0, atol=1e-15)


def test_one_plain_step_is_the_gradient():
    plain = {"momentum": 0, "exaggeration": 1, "n_exaggerated": 0}
    run = tsne(POINTS, 5, start=Y, n_steps=1, step_size=3.0, **plain)
    step = run.path[1] - run.path[0]
    np.testing.assert_allclose(step, -3.0 * kl_gradient(JOINT, Y), atol=1e-14)
    costs = [kl_divergence(JOINT, y) for y in run.path]
    np.testing.assert_allclose(run.costs, costs, rtol=1e-12)


def test_exaggeration_is_attraction_times_four_and_momentum_repeats():
    run = tsne(POINTS, 5, start=Y, n_steps=2, step_size=1.0, momentum=0.5, n_exaggerated=1)
    first, second = np.diff(run.path, axis=0)
    parts = forces(JOINT, Y)
    np.testing.assert_allclose(first, 4 * parts.attraction + parts.repulsion, atol=1e-14)
    gradient = kl_gradient(JOINT, run.path[1])
    np.testing.assert_allclose(second, 0.5 * first - gradient, atol=1e-14)


def test_no_steps_leave_the_start():
    run = tsne(POINTS, 5, start=Y, n_steps=0)
    np.testing.assert_allclose(run.last, Y - Y.mean(axis=0))
    assert run.costs.shape == (1,)


def test_principal_start_is_small_and_along_the_principal_axes():
    start = principal_start(POINTS)
    np.testing.assert_allclose(start.std(axis=0)[0], 1e-4, rtol=1e-12)
    _, lengths, directions = np.linalg.svd(POINTS - POINTS.mean(axis=0))
    scores = (POINTS - POINTS.mean(axis=0)) @ directions[:2].T
    for axis in range(2):
        assert abs(np.corrcoef(scores[:, axis], start[:, axis])[0, 1]) == pytest.approx(1)
    assert start.std(axis=0)[1] / 1e-4 == pytest.approx(lengths[1] / lengths[0])
    found = start.T @ POINTS  # the directions again, each times a positive number
    assert (found[[0, 1], np.abs(found).argmax(axis=1)] > 0).all()


# Odd but legal -------------------------------------------------------------------------------


def test_copies_share_their_probability():
    chosen = conditional_probabilities(DUPLICATES, 5)  # eleven copies: each has ten at distance 0
    np.testing.assert_allclose(chosen[0, 1:11], 0.1)
    np.testing.assert_array_equal(chosen[0, 11:], 0)
    np.testing.assert_array_equal(neighbourhood_widths(DUPLICATES, 5)[:11], 0)
    run = tsne(DUPLICATES, 5, start=principal_start(DUPLICATES) + 0.01 * RNG.random((13, 2)))
    assert np.isfinite(run.last).all()


def test_equal_points_are_all_equally_near():
    same = conditional_probabilities(np.full((5, 3), 0.1), 2)
    np.testing.assert_allclose(same, (1 - np.eye(5)) / 4)


def test_perplexity_one_is_the_nearest_neighbour():
    chosen = conditional_probabilities([[0.0], [1.0], [3.0], [7.0]], 1)
    np.testing.assert_allclose(chosen.argmax(axis=1), [1, 0, 1, 2])
    np.testing.assert_allclose(chosen.max(axis=1), 1)


# Witnesses -----------------------------------------------------------------------------------


def test_similarities_of_digits_match_the_library():
    squared = squareform(pdist(DIGITS, "sqeuclidean"))
    library = squareform(_t_sne._joint_probabilities(squared, 13, 0))
    ours = joint_probabilities(DIGITS, 13)
    np.testing.assert_allclose(ours, library, atol=1e-5 * library.max())


def test_cost_and_gradient_match_the_library():
    p = joint_probabilities(DIGITS, 13)
    y = np.random.default_rng(7).standard_normal((len(DIGITS), 2))
    library = _t_sne._kl_divergence(y.ravel(), squareform(p), 1, len(DIGITS), 2)
    assert kl_divergence(p, y) == pytest.approx(library[0], rel=1e-12)
    theirs = library[1].reshape(y.shape)
    np.testing.assert_allclose(kl_gradient(p, y), theirs, atol=1e-13 * np.abs(theirs).max())


def test_descent_ends_about_as_low_as_the_library():
    start = principal_start(DIGITS)
    run = tsne(DIGITS, 13, start=start)
    library = TSNE(method="exact", perplexity=13, init=start).fit_transform(DIGITS)
    cost = kl_divergence(joint_probabilities(DIGITS, 13), library)
    assert run.costs[-1] < 1.1 * cost
    kept = [neighbours_kept(DIGITS, y, 10) for y in (start, run.last, library)]
    assert kept[0] + 0.2 < kept[1]
    assert kept[1] == pytest.approx(kept[2], abs=0.05)


def test_neighbours_match_the_library():
    y = np.random.default_rng(7).standard_normal((len(DIGITS), 2))
    before, after = (
        NearestNeighbors(n_neighbors=5).fit(points).kneighbors(return_distance=False)
        for points in (DIGITS, y)
    )
    shares = [len(set(a) & set(b)) / 5 for a, b in zip(before, after, strict=True)]
    assert neighbours_kept(DIGITS, y, 5) == pytest.approx(np.mean(shares))


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: joint_probabilities(POINTS, 30), "perplexity must be at least 1 and below 30"),
        (lambda: joint_probabilities(POINTS, 0.5), "perplexity must be at least 1"),
        (lambda: joint_probabilities(POINTS, np.nan), "perplexity must be finite"),
        (lambda: joint_probabilities([[1.0, 2.0]], 1), "points must hold at least three points"),
        (lambda: joint_probabilities([[np.nan], [1], [2]], 1), "points must be finite"),
        (lambda: joint_probabilities([[0], [1e-200], [1]], 1), "points must lie at distances"),
        (lambda: neighbourhood_widths([[0], [1.7e308], [-1.7e308]], 1.9), "points must have"),
        (lambda: effective_neighbours([[0.5, 0.4]]), "probabilities must sum to one in every row"),
        (lambda: kl_divergence(JOINT, Y[:-1]), r"p must have shape \(n_points=30"),
        (lambda: kl_divergence(JOINT * 2, Y), "p must sum to one"),
        (lambda: kl_divergence(-JOINT, Y), "p must be at least 0"),
        (lambda: kl_gradient(np.eye(N_POINTS) / N_POINTS, Y), "p must have a diagonal of zeros"),
        (
            lambda: kl_gradient(conditional_probabilities(POINTS, 5) / N_POINTS, Y),
            "p must be symmetric",
        ),
        (lambda: embedding_similarities([[0.0, 1.0]]), "y must hold at least two points"),
        (lambda: embedding_similarities([[0.0], [1e200]]), "y must lie within 1e100"),
        (lambda: principal_start(np.ones((5, 3))), "points must vary in at least two directions"),
        (lambda: principal_start(np.outer(np.arange(7), [1, 2])), "points must vary in at least"),
        (lambda: neighbours_kept(POINTS, Y, 30), "n_neighbours must be at least 1 and at most 29"),
        (lambda: neighbours_kept(POINTS, Y[1:], 5), r"y must have shape \(n_points=31"),
        (lambda: tsne(POINTS, 5, start=Y[1:]), r"start must have shape \(n_points=31"),
        (lambda: tsne(POINTS, 5, start=Y, momentum=1.0), "momentum must be"),
        (lambda: tsne(POINTS, 5, start=Y, step_size=0), "step_size must be above 0"),
        (lambda: tsne(POINTS, 5, start=Y, step_size=1e200), "step_size must be small enough"),
    ],
)
def test_complaints(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@given(hnp.arrays(float, (5, 2), elements=st.floats(width=64)), st.floats(1, 3.9))
def test_anything_is_a_distribution_or_refused(points, perplexity):
    with np.errstate(all="raise"):
        try:
            chosen = conditional_probabilities(points, perplexity)
        except ValueError as complaint:
            assert re.match("points must ", str(complaint))  # noqa: PT017
            return
    np.testing.assert_allclose(chosen.sum(axis=1), 1, rtol=1e-12)
    found = effective_neighbours(chosen)
    ties = chosen == chosen.max(axis=1, keepdims=True)
    assert ((np.abs(found - perplexity) < 1e-6) | (np.abs(found - ties.sum(axis=1)) < 1e-6)).all()


@pytest.mark.parametrize("weird", [None, "a", 3, [], [1.0], [[True]], [[1j]], [[1], [1, 2]], {}])
def test_anything_else_is_named(weird):
    for call in (
        lambda: joint_probabilities(weird, 2),
        lambda: embedding_similarities(weird),
        lambda: kl_gradient(weird, Y),
        lambda: tsne(POINTS, 5, start=weird),
        lambda: neighbours_kept(POINTS, weird, 2),
    ):
        with pytest.raises(ValueError, match="must"):
            call()
