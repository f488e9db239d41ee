"""The equations of t-SNE, each against somebody who shares no line with them."""

import itertools

import numpy as np
import pytest
import sympy
from scipy import special, stats
from scipy.spatial.distance import pdist, squareform
from sklearn.manifold import _t_sne, _utils

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.foundations import neighbour_embedding as numeric
from unrolled.symbolic import neighbour_embedding as symbolic

N_POINTS, N_FEATURES, N_DIMS, PERPLEXITY = 7, 5, 2, 3.0
RNG = np.random.default_rng(7)
POINTS = RNG.standard_normal((N_POINTS, N_FEATURES))
Y = RNG.standard_normal((N_POINTS, N_DIMS))
PAIRS = [pair for pair in itertools.product(range(N_POINTS), repeat=2) if pair[0] != pair[1]]
SIZES = pytest.mark.parametrize(("n_points", "n_dims"), [(5, 2), (4, 3)])


def squared(points):
    return squareform(pdist(points, "sqeuclidean"))


def pairs_of(n_points):
    return list(itertools.permutations(range(1, n_points + 1), 2))


def by_pair(matrix):
    """Number the entries beside the diagonal from one."""
    return {(a, b): matrix[a - 1, b - 1] for a, b in pairs_of(len(matrix))}


def once(matrix):
    """Keep one letter for each pair, that with the smaller number first."""
    return {pair: value for pair, value in by_pair(matrix).items() if pair[0] < pair[1]}


def numbered(rows):
    return dict(enumerate(rows, 1))


def every(n_points):
    return [{"i": a, "j": b} for a, b in pairs_of(n_points)]


def each_once(n_points):
    return [point for point in every(n_points) if point["i"] < point["j"]]


def running(n_points, *letters):
    return dict.fromkeys(letters, range(1, n_points + 1))


def shares(n_points, *, symmetric, seed=3):
    """Return positive numbers beside the diagonal that sum to one."""
    drawn = np.random.default_rng(seed).uniform(0.2, 1.8, (n_points, n_points))
    drawn = drawn + drawn.T if symmetric else drawn
    np.fill_diagonal(drawn, 0)
    return drawn / drawn.sum()


def map_of(n_points, n_dims):
    return np.random.default_rng(n_points).standard_normal((n_points, n_dims))


def students_t(points):
    """Return SciPy's density of the distances, as a share of that at zero."""
    density = stats.t(df=1).pdf(np.sqrt(squared(points))) / stats.t(df=1).pdf(0)
    np.fill_diagonal(density, 0)
    return density


# Neighbourhoods ------------------------------------------------------------------------------


@pytest.mark.equation("conditional-probability")
@pytest.mark.parametrize(("n_points", "n_features"), [(5, 2), (4, 3)])
def test_choices_are_a_softmax_of_squared_distances(evidence, n_points, n_features):
    rng = np.random.default_rng(11)
    points, widths = map_of(n_points, n_features), rng.uniform(0.5, 2, n_points)
    odds = -squared(points) / (2 * widths[:, None] ** 2)
    np.fill_diagonal(odds, -np.inf)
    chosen = special.softmax(odds, axis=1)
    evidence.evaluates(
        {
            r"p_{j \mid i}": by_pair(chosen.T), "x_i": numbered(points),
            r"\sigma_i": numbered(widths),
        },
        at=every(n_points), ranges=running(n_points, "k"),
        witness="the softmax of SciPy", within=1e-13,
    )  # fmt: skip


def test_code_and_library_choose_alike():
    code = numeric.conditional_probabilities(POINTS, PERPLEXITY)
    widths = numeric.neighbourhood_widths(POINTS, PERPLEXITY)
    odds = -squared(POINTS) / (2 * widths[:, None] ** 2)
    np.fill_diagonal(odds, -np.inf)
    np.testing.assert_allclose(code, special.softmax(odds, axis=1), rtol=1e-11)
    single = squared(POINTS).astype(np.float32)
    library = _utils._binary_search_perplexity(single, PERPLEXITY, 0)
    np.testing.assert_allclose(code, library, atol=1e-4)


@pytest.mark.equation("perplexity")
@pytest.mark.parametrize("n_points", [5, 4])
def test_perplexity_is_the_same_in_bits_and_in_nats(evidence, n_points):
    chosen = shares(n_points, symmetric=False)
    chosen /= chosen.sum(axis=1, keepdims=True)
    neighbours = 2 ** stats.entropy(chosen, base=2, axis=1)
    evidence.evaluates(
        {r"\operatorname{Perp}_i": numbered(neighbours), r"p_{j \mid i}": by_pair(chosen.T)},
        at={"i": range(1, n_points + 1)}, ranges=running(n_points, "j"),
        witness="the entropy of SciPy", within=1e-13,
    )  # fmt: skip


def test_every_point_has_as_many_neighbours_as_it_should():
    code = numeric.conditional_probabilities(POINTS, PERPLEXITY)
    neighbours = 2 ** stats.entropy(code, base=2, axis=1)
    np.testing.assert_allclose(neighbours, PERPLEXITY, rtol=1e-12)
    np.testing.assert_allclose(numeric.effective_neighbours(code), neighbours, rtol=1e-13)


@pytest.mark.equation("joint-probability")
@pytest.mark.parametrize(("n_points", "perplexity"), [(7, 3.0), (5, 2.0)])
def test_pairs_are_as_similar_as_the_library_says(evidence, n_points, perplexity):
    distances = squared(POINTS[:n_points])
    chosen = _utils._binary_search_perplexity(distances.astype(np.float32), perplexity, 0)
    library = squareform(_t_sne._joint_probabilities(distances, perplexity, 0))
    evidence.evaluates(
        {"p_{ij}": once(library), r"p_{j \mid i}": by_pair(chosen.T), "n": n_points},
        at=each_once(n_points), witness="the similarities of scikit-learn", within=1e-13,
    )  # fmt: skip
    code = numeric.joint_probabilities(POINTS[:n_points], perplexity)
    evidence.agrees(code, library, witness="scikit-learn", within=1e-4)


# The map -------------------------------------------------------------------------------------


@pytest.mark.equation("embedding-similarity")
@SIZES
def test_similarity_on_the_map_is_a_density_of_students_t(evidence, n_points, n_dims):
    y = map_of(n_points, n_dims)
    similar = students_t(y) / students_t(y).sum()
    evidence.evaluates(
        {"q_{ij}": once(similar), "y_i": numbered(y)},
        at=each_once(n_points), ranges=running(n_points, "k", r"\ell"),
        witness="Student's t of SciPy", within=1e-13,
    )  # fmt: skip
    code = numeric.embedding_similarities(y)
    evidence.agrees(code, similar, witness="SciPy", within=1e-13)


def divergence(wanted, similar):
    return stats.entropy(*(list(by_pair(m).values()) for m in (wanted, similar)))


@pytest.mark.equation("kl-cost")
@pytest.mark.parametrize("n_points", [5, 4])
def test_cost_is_the_divergence_of_both_similarities(evidence, n_points):
    wanted, similar = (shares(n_points, symmetric=False, seed=seed) for seed in (3, 5))
    evidence.evaluates(
        {"C": divergence(wanted, similar), "p_{ij}": by_pair(wanted), "q_{ij}": by_pair(similar)},
        ranges=running(n_points, "i", "j"),
        witness="the relative entropy of SciPy", within=1e-12,
    )  # fmt: skip


def test_code_and_library_have_the_same_cost():
    joint = numeric.joint_probabilities(POINTS, PERPLEXITY)
    code = numeric.kl_divergence(joint, Y)
    expected = divergence(joint, numeric.embedding_similarities(Y))
    np.testing.assert_allclose(code, expected, rtol=1e-13)
    library, _ = _t_sne._kl_divergence(Y.ravel(), squareform(joint), 1, N_POINTS, N_DIMS)
    np.testing.assert_allclose(code, library, rtol=1e-12)


@pytest.mark.equation("kl-by-distances")
@pytest.mark.parametrize("n_points", [5, 4])
def test_cost_needs_distances_only(evidence, n_points):
    wanted = shares(n_points, symmetric=False)
    squares = 7 * shares(n_points, symmetric=False, seed=5)
    density = stats.t(df=1).pdf(np.sqrt(squares))
    evidence.evaluates(
        {"C": divergence(wanted, density), "p_{ij}": by_pair(wanted), "s_{ij}": by_pair(squares)},
        ranges=running(n_points, "i", "j", "k", r"\ell"),
        witness="the relative entropy and Student's t of SciPy", within=1e-12,
    )  # fmt: skip


# Its gradient --------------------------------------------------------------------------------


@pytest.mark.equation("kl-pull")
@pytest.mark.parametrize("n_points", [5, 4])
def test_slope_of_the_part_that_pulls(evidence, n_points):
    squares = 7 * shares(n_points, symmetric=False, seed=5)
    evidence.evaluates(
        {"p_{ij}": by_pair(shares(n_points, symmetric=False)), "s_{ij}": by_pair(squares)},
        at=every(n_points), witness="automatic differentiation", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("kl-push")
@SIZES
def test_slope_of_the_part_that_pushes(evidence, n_points, n_dims):
    y = map_of(n_points, n_dims)
    weights = students_t(y)
    points = [
        {**point, "R": weights.sum() - 2 * weights[point["i"] - 1, point["j"] - 1]}
        for point in each_once(n_points)
    ]
    evidence.evaluates(
        {"q_{ij}": once(weights / weights.sum()), "s_{ij}": once(squared(y))},
        at=points, witness="automatic differentiation, and Student's t of SciPy", within=1e-12,
    )  # fmt: skip


def similar_by(square, n_points):
    """Let the similarities of the map follow from squared distances, a function of each pair."""

    def similar(of, i, j):
        weights = {pair: 1 / (1 + square(of, *pair)) for pair in pairs_of(n_points)}
        return weights[i, j] / sum(weights.values())

    return Defined(similar)


def cost_of(wanted):
    """Let the cost follow from the similarities of the map."""
    return Defined(
        lambda of: sum(p * (np.log(p) - np.log(of("q_{ij}", *pair))) for pair, p in wanted.items())
    )


@pytest.mark.equation("kl-slope")
@SIZES
def test_slope_in_each_squared_distance(evidence, n_points, n_dims):
    similar = similar_by(lambda of, i, j: of("s_{ij}", min(i, j), max(i, j)), n_points)
    wanted = shares(n_points, symmetric=True)
    evidence.evaluates(
        {
            "C": cost_of(by_pair(wanted)), "p_{ij}": once(wanted),
            "s_{ij}": once(squared(map_of(n_points, n_dims))), "q_{ij}": similar,
        },
        at=each_once(n_points), witness="automatic differentiation of the divergence",
        within=1e-12,
    )  # fmt: skip


def distance(of, i, j):
    return np.sum((of("y_i", i) - of("y_i", j)) ** 2)


@pytest.mark.equation("squared-distance-slope")
@SIZES
def test_slope_of_a_squared_distance(evidence, n_points, n_dims):
    evidence.evaluates(
        {"s_{ij}": Defined(distance), "y_i": numbered(map_of(n_points, n_dims))},
        at=every(n_points), witness="automatic differentiation of a sum of squares", within=1e-13,
    )  # fmt: skip


def moving_map(n_points, n_dims):
    wanted = by_pair(shares(n_points, symmetric=True))
    return {
        "C": cost_of(wanted), "p_{ij}": wanted, "y_i": numbered(map_of(n_points, n_dims)),
        "q_{ij}": similar_by(distance, n_points),
    }  # fmt: skip


@pytest.mark.equation("tsne-gradient")
@SIZES
def test_gradient_is_the_derivative_of_the_definition(evidence, n_points, n_dims):
    evidence.evaluates(
        moving_map(n_points, n_dims), at={"i": range(1, n_points + 1)},
        ranges=running(n_points, "j"),
        witness="automatic differentiation of the divergence", within=1e-11,
    )  # fmt: skip
    joint, y = shares(n_points, symmetric=True), map_of(n_points, n_dims)
    _, library = _t_sne._kl_divergence(y.ravel(), squareform(joint), 1, n_points, n_dims)
    evidence.agrees(
        numeric.kl_gradient(joint, y), library.reshape(y.shape),
        witness="the gradient of scikit-learn", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("pair-weight")
@SIZES
def test_weight_of_a_pair_is_students_t(evidence, n_points, n_dims):
    y = map_of(n_points, n_dims)
    evidence.evaluates(
        {"w_{ij}": once(students_t(y)), "y_i": numbered(y)},
        at=each_once(n_points), witness="Student's t of SciPy", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("tsne-forces")
@SIZES
def test_pull_and_push_add_up_to_minus_the_gradient(evidence, n_points, n_dims):
    weights = by_pair(students_t(map_of(n_points, n_dims)))
    evidence.evaluates(
        {**moving_map(n_points, n_dims), "w_{ij}": weights},
        at={"i": range(1, n_points + 1)}, ranges=running(n_points, "j"),
        witness="automatic differentiation of the divergence, and Student's t of SciPy",
        within=1e-11,
    )  # fmt: skip


@pytest.mark.parametrize(("point", "axis"), [(1, 1), (3, 2), (4, 1)])
def test_gradient_in_exact_fractions(point, axis):
    slope = sympy.diff(symbolic.cost_of_points(4), symbolic.coordinate(point, axis))
    difference = slope - symbolic.gradient_of_points(4, point, axis)
    letters = sorted(difference.free_symbols, key=str)
    assert len(letters) == 4 * 2 + 6 - 1
    for draw in np.random.default_rng(point).integers(1, 500, (3, len(letters))):
        fractions = {s: sympy.Rational(int(a), 101) for s, a in zip(letters, draw, strict=True)}
        assert difference.subs(fractions) == 0


def test_code_has_the_gradient_of_the_library_and_of_central_differences():
    joint = numeric.joint_probabilities(POINTS, PERPLEXITY)
    code = numeric.kl_gradient(joint, Y)
    central, step = np.zeros_like(Y), 1e-5
    for place in np.ndindex(Y.shape):
        ends = []
        for side in (step, -step):
            moved = Y.copy()
            moved[place] += side
            ends.append(divergence(joint, students_t(moved)))
        central[place] = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(code, central, atol=1e-8)
    _, library = _t_sne._kl_divergence(Y.ravel(), squareform(joint), 1, N_POINTS, N_DIMS)
    np.testing.assert_allclose(code, library.reshape(Y.shape), atol=1e-12)
    parts = numeric.forces(joint, Y)
    sums = parts.attraction + parts.repulsion
    np.testing.assert_allclose(sums, -library.reshape(Y.shape), atol=1e-12)
