"""The perceptron: runs by hand, its bound met and never passed, scikit-learn, complaints."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.linear_model import Perceptron
from sklearn.svm import SVC

from bookkeeping.check.formulas.evaluating import Defined
from unrolled.networks.perceptron import margin, mistake_bound, perceptron

CORNERS = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
AND, XOR = np.array([-1, -1, -1, 1]), np.array([-1, 1, 1, -1])
N_EXAMPLES, N_IN = 23, 5
SIGNS = hnp.arrays(np.int64, 7, elements=st.sampled_from([-1, 1]))


def separable():
    """Return random examples, and the weights that their sides come from."""
    rng = np.random.default_rng(7)
    x, u = rng.normal(size=(N_EXAMPLES, N_IN)), rng.normal(size=N_IN)
    return x, np.where(x @ u > 0, 1, -1), u


# By hand -------------------------------------------------------------------------------------


def test_first_pass_by_hand():
    run = perceptron(CORNERS, AND, max_passes=1)
    assert run.path.tolist() == [[0, 0, 0], [0, 0, -1], [1, 1, 0]]
    assert run.mistakes.tolist() == [2]


def test_and_takes_eighteen_mistakes_and_nine_passes():
    run = perceptron(CORNERS, AND)
    assert (run.mistakes.sum(), len(run.mistakes), run.mistakes[-1]) == (18, 9, 0)
    assert run.w.tolist() == [3, 2, -4]
    assert margin([2, 2, -3], CORNERS, AND) == pytest.approx(1 / np.sqrt(17), rel=1e-15)
    assert mistake_bound([2, 2, -3], CORNERS, AND) == pytest.approx(51, rel=1e-15)


def test_and_of_signs_takes_one_mistake():
    signed = np.column_stack([2 * CORNERS[:, :2] - 1, np.ones(4)])
    run = perceptron(signed, AND)
    assert run.mistakes.tolist() == [1, 0]
    assert mistake_bound([1, 1, -1], signed, AND) == pytest.approx(9, rel=1e-15)


def test_xor_comes_back_to_where_it_began():
    run = perceptron(CORNERS, XOR, max_passes=17)
    assert run.mistakes.tolist() == 17 * [4]
    assert not run.path[::4].any()


# Laws ----------------------------------------------------------------------------------------


@given(SIGNS)
def test_orthogonal_examples_meet_the_bound(y):
    run = perceptron(3 * np.eye(7), y)
    assert run.mistakes.tolist() == [7, 0]
    assert mistake_bound(y, 3 * np.eye(7), y) == pytest.approx(7, rel=1e-14)


@given(st.integers(0, 10_000))
def test_it_ends_within_the_bound_and_separates(seed):
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=(11, 2)), rng.normal(size=2)
    u /= np.linalg.norm(u)
    y = np.where(x @ u > 0, 1, -1)
    x = x + 0.1 * y[:, None] * u
    run = perceptron(x, y)
    assert run.mistakes[-1] == 0
    assert (y * (x @ run.w) > 0).all()
    assert run.mistakes.sum() <= mistake_bound(u, x, y)


@pytest.mark.parametrize("factor", [0.1, 8.0, 1e100, 1e-100])
def test_scale_changes_weights_alone(factor):
    x, y, _ = separable()
    plain, scaled = perceptron(x, y), perceptron(factor * x, y)
    np.testing.assert_array_equal(plain.mistakes, scaled.mistakes)
    np.testing.assert_allclose(scaled.path, factor * plain.path, rtol=1e-12)
    assert mistake_bound(plain.w, factor * x, y) == pytest.approx(mistake_bound(plain.w, x, y))


def test_only_one_order_of_values_matters_and_input_stays():
    x, y, _ = separable()
    kept = x.copy()
    run = perceptron(x, y)
    np.testing.assert_array_equal(x, kept)
    assert len(run.path) == run.mistakes.sum() + 1
    steps = np.diff(run.path, axis=0)
    assert all(any(np.allclose(step, s * row) for row, s in zip(x, y, strict=True))
               for step in steps)  # fmt: skip


# Witnesses -----------------------------------------------------------------------------------


def test_path_ends_where_that_of_scikit_learn_does():
    x, y, _ = separable()
    theirs = Perceptron(fit_intercept=False, shuffle=False, tol=None, max_iter=5000).fit(x, y)
    np.testing.assert_allclose(perceptron(x, y, max_passes=5000).w, theirs.coef_[0], rtol=1e-12)


def test_widest_margin_of_and_is_that_of_a_support_vector_machine():
    homogeneous = np.vstack([AND[:, None] * CORNERS, -AND[:, None] * CORNERS])
    machine = SVC(C=1e8, kernel="linear", tol=1e-9).fit(homogeneous, np.repeat([1, -1], 4))
    assert machine.intercept_[0] == pytest.approx(0, abs=1e-6)
    assert 1 / np.linalg.norm(machine.coef_) == pytest.approx(1 / np.sqrt(17), rel=1e-6)


def one_step(w, x, y):
    """Let scikit-learn see one example."""
    machine = Perceptron(fit_intercept=False, shuffle=False)
    machine.partial_fit(x[None], [y], classes=[-1, 1])
    machine.coef_ = np.array(w, dtype=float)[None]
    return machine.partial_fit(x[None], [y]).coef_[0]


@pytest.mark.equation("perceptron-rule")
@pytest.mark.parametrize("w", [[1.0, 1, -1], [3, 2, -2], [2, 5, -2]])
def test_a_mistake_is_added(evidence, w):
    x, y = dict(enumerate(CORNERS.astype(float), 1)), dict(enumerate(AND, 1))
    after = Defined(lambda of: one_step(w, x[of("i")], y[of("i")]))
    evidence.evaluates(
        {"x_i": x, "y_i": y, "w": np.array(w, dtype=float)}, at={"i": range(1, 5)},
        after={"w": after}, witness="scikit-learn's perceptron after one example", within=1e-15,
    )  # fmt: skip


@pytest.mark.equation("perceptron-separable")
def test_found_weights_separate(evidence):
    theirs = Perceptron(fit_intercept=False, shuffle=False, tol=None).fit(CORNERS, AND)
    for w in (theirs.coef_[0], np.array([2.0, 2, -3])):
        evidence.evaluates(
            {"x_i": dict(enumerate(CORNERS, 1)), "y_i": dict(enumerate(AND, 1)), "w": w},
            at={"i": range(1, 5)}, witness="scikit-learn's perceptron", within=1e-15,
        )  # fmt: skip


def run_of(x, y, u):
    """Return the letters of the proof, at every stage of a run."""
    path = perceptron(x, y).path
    u = np.array(u) / np.linalg.norm(u)
    return {
        "u": u, "w_k": dict(enumerate(path)), "R": np.linalg.norm(x, axis=1).max(),
        r"\gamma": min(side * float(u @ row) for row, side in zip(x, y, strict=True)),
    }, range(1, len(path))  # fmt: skip


RUNS = [
    (CORNERS, AND, [2.0, 2, -3]),
    (3 * np.eye(5), np.array([1, -1, 1, 1, -1]), [1, -1, 1, 1, -1]),
    (2 * np.eye(7), np.array([-1, 1, 1, -1, 1, -1, -1]), [-1, 1, 1, -1, 1, -1, -1]),
]


@pytest.mark.equation("perceptron-margin")
@pytest.mark.parametrize(("x", "y", "u"), [*RUNS, separable()])
def test_margin(evidence, x, y, u):
    u = np.array(u) / np.linalg.norm(u)
    examples = range(1, len(x) + 1)
    evidence.evaluates(
        {"x_i": dict(zip(examples, x, strict=True)), "y_i": dict(zip(examples, y, strict=True)),
         "u": u, r"\gamma": margin(5 * u, x, y)},
        ranges={"i": examples}, witness="the book's own margin", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("perceptron-grows")
@pytest.mark.equation("perceptron-bounded")
@pytest.mark.equation("perceptron-bound")
@pytest.mark.parametrize(("x", "y", "u"), RUNS[1:])
def test_both_inequalities_and_the_bound(evidence, x, y, u):
    values, stages = run_of(x, y, u)
    for label, letters in (
        ("perceptron-grows", ("u", "w_k", r"\gamma")),
        ("perceptron-bounded", ("w_k", "R")),
        ("perceptron-bound", ("R", r"\gamma")),
    ):
        evidence.evaluates(
            {name: values[name] for name in letters}, at={"k": stages}, label=label,
            witness="all stages of a run on orthogonal examples",
            within=1e-13,
        )  # fmt: skip


@pytest.mark.equation("perceptron-grows")
@pytest.mark.equation("perceptron-bounded")
def test_and_keeps_both_inequalities(evidence):
    values, stages = run_of(*RUNS[0])
    for label, letters in (
        ("perceptron-grows", ("u", "w_k", r"\gamma")), ("perceptron-bounded", ("w_k", "R")),
    ):  # fmt: skip
        evidence.evaluates(
            {name: values[name] for name in letters}, at={"k": [0, *stages]}, label=label,
            witness="all stages of a run on the corners of AND, from weights of zero", within=1e-13,
        )  # fmt: skip
    for k in stages:
        w = values["w_k"][k]
        assert values["u"] @ w > k * values[r"\gamma"]
        assert w @ w <= k * values["R"] ** 2


@pytest.mark.equation("perceptron-step")
def test_squared_length_after_a_mistake(evidence):
    x, y, u = separable()
    evidence.evaluates(
        {"x_i": dict(enumerate(x, 1)), "y_i": dict(enumerate(y, 1)), "w": u},
        at={"i": range(1, N_EXAMPLES + 1)}, witness="both sides, at random examples", within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("perceptron-xor")
def test_signed_examples_of_xor_add_up_to_nothing(evidence):
    for w in ([3.0, 5, 7], [-2.0, 11, 5], [0.5, -7, 3], [13.0, 2, -5]):
        evidence.evaluates(
            {"x_i": dict(enumerate(CORNERS, 1)), "y_i": dict(enumerate(XOR, 1)), "w": np.array(w)},
            witness="the four corners", within=1e-14,
        )  # fmt: skip


def test_no_weights_of_a_grid_separate_xor():
    grid = np.array(list(itertools.product(np.linspace(-1, 1, 21), repeat=3)))
    assert ((XOR * (grid @ CORNERS.T)) > 0).all(axis=1).sum() == 0


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1.0, 2.0], [1, 1], "x must have shape"),
        (CORNERS, [1, 1, -1], "y must have shape"),
        (CORNERS, [0, 0, 0, 1], "y must hold 1 and -1 only, got 0. Use 2"),
        ([[np.nan]], [1], "x must be finite"),
        (np.empty((0, 3)), [], "x must hold at least one example"),
        ([[1e300], [1e300]], [1, 1], "x must give numbers that float64 can hold"),
    ],
)
def test_what_is_no_task_is_named(x, y, says):
    with pytest.raises(ValueError, match=says):
        perceptron(x, y)


def test_weights_that_separate_nothing_are_named():
    with pytest.raises(ValueError, match="w must not be zero"):
        margin([0, 0, 0], CORNERS, AND)
    with pytest.raises(ValueError, match="w must have shape"):
        margin([1, 0], CORNERS, AND)
    with pytest.raises(ValueError, match="own side, got a margin of -"):
        mistake_bound([1, 1, 0], CORNERS, AND)
    with pytest.raises(ValueError, match="max_passes must be at least 1"):
        perceptron(CORNERS, AND, max_passes=0)
