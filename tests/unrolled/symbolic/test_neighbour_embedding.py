"""The equations of t-SNE, each against somebody who shares no line with them."""

import itertools

import numpy as np
import pytest
import sympy
from scipy import special, stats
from scipy.spatial.distance import pdist, squareform
from sklearn.manifold import _t_sne, _utils

from unrolled.foundations import neighbour_embedding as numeric
from unrolled.symbolic import neighbour_embedding as symbolic
from unrolled.symbolic.neighbour_embedding import (
    Apart,
    Away,
    Chosen,
    Gap,
    Joint,
    Similar,
    Square,
    Width,
    i,
    j,
    n,
)

N_POINTS, N_FEATURES, N_DIMS, PERPLEXITY = 7, 5, 2, 3.0
RNG = np.random.default_rng(7)
POINTS = RNG.standard_normal((N_POINTS, N_FEATURES))
Y = RNG.standard_normal((N_POINTS, N_DIMS))
PAIRS = [pair for pair in itertools.product(range(N_POINTS), repeat=2) if pair[0] != pair[1]]


def read(matrix):
    """Make a function of two SymPy integers, from 1, that reads a matrix."""
    return lambda a, b: sympy.Float(float(matrix[int(a) - 1, int(b) - 1]))


def evaluate(expression, first, second, **matrices):
    """Evaluate a formula for one pair of the seven points, its quantities read from matrices."""
    numbered = expression.subs({i: first + 1, j: second + 1, n: N_POINTS}).doit()
    for name, matrix in matrices.items():
        numbered = numbered.replace(getattr(symbolic, name), read(matrix))
    return float(numbered)


def numbers(expression, **matrices):
    """Evaluate for every ordered pair, and put the diagonal to zero."""
    square = np.zeros((N_POINTS, N_POINTS))
    for first, second in PAIRS:
        square[first, second] = evaluate(expression, first, second, **matrices)
    return square


def squared(points):
    return squareform(pdist(points, "sqeuclidean"))


@pytest.mark.equation("conditional-probability")
def test_choices_are_a_softmax_of_squared_distances(evidence):
    equation = symbolic.conditional_probability()
    evidence.rendered(equation)
    gaps, widths = squared(POINTS), RNG.uniform(0.5, 2, N_POINTS)
    rhs = equation.rhs.replace(Width, lambda a: sympy.Symbol(f"w{a}"))
    values = {sympy.Symbol(f"w{a}"): widths[0] for a in ("i", 1)}
    ours = [evaluate(rhs.subs(values), 0, b, Gap=gaps) for b in range(1, N_POINTS)]
    odds = -gaps[0, 1:] / (2 * widths[0] ** 2)
    evidence.agrees(ours, special.softmax(odds), witness="SciPy", within=1e-14)


@pytest.mark.equation("conditional-probability")
def test_code_and_library_choose_as_the_formula_says(evidence):
    equation = symbolic.conditional_probability()
    evidence.rendered(equation)
    code = numeric.conditional_probabilities(POINTS, PERPLEXITY)
    widths = numeric.neighbourhood_widths(POINTS, PERPLEXITY)
    rhs = equation.rhs.replace(Width, lambda a: Chosen(a, a))
    shown = numbers(rhs, Gap=squared(POINTS), Chosen=np.diag(widths))
    evidence.agrees(code, shown, witness="SymPy", within=1e-12)
    single = squared(POINTS).astype(np.float32)
    library = _utils._binary_search_perplexity(single, PERPLEXITY, 0)
    evidence.agrees(code, library, witness="scikit-learn", within=1e-4)


@pytest.mark.equation("perplexity")
def test_perplexity_is_the_same_in_bits_and_in_nats(evidence):
    equation = symbolic.perplexity()
    evidence.rendered(equation)
    written = equation.residual.subs({i: 1, n: 4}).doit()
    letters = sympy.symbols("a b c", positive=True)
    evidence.identity(written.replace(Chosen, lambda a, b: letters[int(a) - 2]))


@pytest.mark.equation("perplexity")
def test_every_point_has_as_many_neighbours_as_it_should(evidence):
    equation = symbolic.perplexity()
    evidence.rendered(equation)
    code = numeric.conditional_probabilities(POINTS, PERPLEXITY)
    entropies = stats.entropy(code, base=2, axis=1)
    bits = [evaluate(equation.sides[1], a, 0, Chosen=code.T) for a in range(N_POINTS)]
    shown = 2 ** np.array(bits)
    evidence.agrees(shown, 2**entropies, witness="SciPy", within=1e-14)
    evidence.agrees(shown, np.full(N_POINTS, PERPLEXITY), witness="the given value", within=1e-12)
    evidence.agrees(numeric.effective_neighbours(code), 2**entropies, witness="SciPy", within=1e-14)


@pytest.mark.equation("joint-probability")
def test_pairs_are_as_similar_as_the_library_says(evidence):
    equation = symbolic.joint_probability()
    evidence.rendered(equation)
    chosen = numeric.conditional_probabilities(POINTS, PERPLEXITY)
    code = numeric.joint_probabilities(POINTS, PERPLEXITY)
    shown = numbers(equation.rhs, Chosen=chosen.T)
    evidence.agrees(code, shown, witness="SymPy", within=1e-15)
    library = _t_sne._joint_probabilities(squared(POINTS), PERPLEXITY, 0)
    evidence.agrees(code, squareform(library), witness="scikit-learn", within=1e-4)


@pytest.mark.equation("embedding-similarity")
def test_similarity_on_the_map_is_a_density_of_students_t(evidence):
    equation = symbolic.embedding_similarity()
    evidence.rendered(equation)
    density = stats.t(df=1).pdf(np.sqrt(squared(Y)))
    np.fill_diagonal(density, 0)
    theirs = density / density.sum()
    shown = numbers(equation.rhs, Apart=squared(Y))
    evidence.agrees(shown, theirs, witness="SciPy", within=1e-13)
    evidence.agrees(numeric.embedding_similarities(Y), theirs, witness="SciPy", within=1e-13)


@pytest.mark.equation("kl-cost")
def test_cost_is_the_divergence_of_both_similarities(evidence):
    equation = symbolic.kl_cost()
    evidence.rendered(equation)
    joint = numeric.joint_probabilities(POINTS, PERPLEXITY)
    similar = numeric.embedding_similarities(Y)
    ours = evaluate(equation.rhs, 0, 1, Joint=joint, Similar=similar)
    first, second = (np.array([m[pair] for pair in PAIRS]) for m in (joint, similar))
    evidence.agrees(ours, stats.entropy(first, second), witness="SciPy", within=1e-13)
    code = numeric.kl_divergence(joint, Y)
    evidence.agrees(code, stats.entropy(first, second), witness="SciPy", within=1e-13)
    library, _ = _t_sne._kl_divergence(Y.ravel(), squareform(joint), 1, N_POINTS, N_DIMS)
    evidence.agrees(code, library, witness="scikit-learn", within=1e-12)


@pytest.mark.equation("kl-by-distances")
def test_cost_needs_distances_only(evidence):
    equation = symbolic.kl_by_distances()
    evidence.rendered(equation)
    by_distances = symbolic.written_out(equation.rhs, 3)
    evidence.identity(by_distances - symbolic.cost_of_points(3))
    joint = numeric.joint_probabilities(POINTS, PERPLEXITY)
    ours = evaluate(equation.rhs, 0, 1, Joint=joint, Square=squared(Y))
    evidence.agrees(ours, numeric.kl_divergence(joint, Y), witness="NumPy", within=1e-13)


def one_letter_a_pair(expression, n_points):
    """Write p and s with one symbol a pair; the last p is what the others leave of one."""
    pairs = list(itertools.combinations(range(1, n_points + 1), 2))
    squares = {pair: sympy.Symbol(f"s{pair[0]}{pair[1]}", positive=True) for pair in pairs}
    joints = {pair: sympy.Symbol(f"p{pair[0]}{pair[1]}", positive=True) for pair in pairs[:-1]}
    joints[pairs[-1]] = sympy.Rational(1, 2) - sum(joints.values())
    whole = sum(2 / (1 + s) for s in squares.values())

    def of(letters):
        return lambda a, b: letters[min(a, b), max(a, b)]

    similar = {pair: 1 / (1 + s) / whole for pair, s in squares.items()}
    written = expression.subs(n, n_points).doit()
    for name, letters in (("Joint", joints), ("Square", squares), ("Similar", similar)):
        written = written.replace(getattr(symbolic, name), of(letters))
    return written, squares


@pytest.mark.equation("kl-slope")
@pytest.mark.parametrize("n_points", [3, 4])
def test_slope_in_each_squared_distance(evidence, n_points):
    equation = symbolic.kl_slope()
    evidence.rendered(equation)
    cost, squares = one_letter_a_pair(symbolic.kl_by_distances().rhs, n_points)
    for pair, letter in squares.items():
        formula = equation.rhs.subs(dict(zip((i, j), pair, strict=True)))
        claimed, _ = one_letter_a_pair(formula, n_points)
        evidence.identity(sympy.diff(cost, letter) - claimed)


def test_steps_of_the_derivation_hold():
    for step in (*symbolic.derive_kl_slope(), symbolic.derive_square()):
        assert sympy.simplify(step.residual) == 0


@pytest.mark.equation("tsne-gradient")
@pytest.mark.parametrize(("point", "axis"), [(1, 1), (3, 2), (4, 1)])
def test_gradient_is_the_derivative_of_the_definition(evidence, point, axis):
    evidence.rendered(symbolic.tsne_gradient())
    slope = sympy.diff(symbolic.cost_of_points(4), symbolic.coordinate(point, axis))
    difference = slope - symbolic.gradient_of_points(4, point, axis)
    letters = sorted(difference.free_symbols, key=str)
    assert len(letters) == 4 * 2 + 6 - 1
    for draw in np.random.default_rng(point).integers(1, 500, (3, len(letters))):
        fractions = {s: sympy.Rational(int(a), 101) for s, a in zip(letters, draw, strict=True)}
        assert difference.subs(fractions) == 0
        evidence.agrees(
            float(difference.subs(fractions)), 0.0, witness="SymPy, in exact fractions", within=0
        )


@pytest.mark.equation("tsne-gradient")
def test_gradient_matches_central_differences_and_the_library(evidence):
    equation = symbolic.tsne_gradient()
    evidence.rendered(equation)
    joint = numeric.joint_probabilities(POINTS, PERPLEXITY)
    similar = numeric.embedding_similarities(Y)
    code = numeric.kl_gradient(joint, Y)
    shown = np.array(
        [
            [
                evaluate(
                    equation.rhs, a, 0, Joint=joint, Similar=similar, Apart=squared(Y),
                    Away=np.subtract.outer(Y[:, axis], Y[:, axis]),
                )
                for axis in range(N_DIMS)
            ]
            for a in range(N_POINTS)
        ]
    )  # fmt: skip
    evidence.agrees(code, shown, witness="SymPy", within=1e-13)
    central, step = np.zeros_like(Y), 1e-5
    pairs = [np.array([joint[pair] for pair in PAIRS]), None]
    for place in np.ndindex(Y.shape):
        ends = []
        for side in (step, -step):
            moved = Y.copy()
            moved[place] += side
            weights = 1 / (1 + squared(moved))
            pairs[1] = np.array([weights[pair] for pair in PAIRS])
            ends.append(stats.entropy(*pairs))
        central[place] = (ends[0] - ends[1]) / (2 * step)
    evidence.agrees(code, central, witness="central differences", within=1e-8)
    _, library = _t_sne._kl_divergence(Y.ravel(), squareform(joint), 1, N_POINTS, N_DIMS)
    evidence.agrees(code, library.reshape(Y.shape), witness="scikit-learn", within=1e-12)


@pytest.mark.equation("tsne-forces")
def test_pull_and_push_add_up_to_minus_the_gradient(evidence):
    equation = symbolic.tsne_forces()
    evidence.rendered(equation)
    both = (equation.rhs + symbolic.tsne_gradient().rhs).subs(i, 2)
    evidence.identity(symbolic.written_out(both, 3))
    joint = numeric.joint_probabilities(POINTS, PERPLEXITY)
    parts = numeric.forces(joint, Y)
    _, library = _t_sne._kl_divergence(Y.ravel(), squareform(joint), 1, N_POINTS, N_DIMS)
    sums = parts.attraction + parts.repulsion
    evidence.agrees(sums, -library.reshape(Y.shape), witness="scikit-learn", within=1e-12)


def test_all_names_are_shown_with_their_indices():
    names = {
        Apart: r"\lVert y_{i} - y_{j} \rVert^2",
        Away: r"\left(y_{i} - y_{j}\right)",
        Gap: r"\lVert x_{i} - x_{j} \rVert^2",
        Joint: "p_{ij}",
        Similar: "q_{ij}",
        Square: "s_{ij}",
        symbolic.Weight: "w_{ij}",
    }
    for name, tex in names.items():
        assert sympy.latex(name(i, j)) == tex
