import itertools

import numpy as np
import pytest
import sympy
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import KFold, LeaveOneOut, cross_val_predict, cross_val_score

from unrolled.foundations import regression as numeric
from unrolled.symbolic import regression as symbolic
from unrolled.symbolic.regression import (
    D,
    E,
    K,
    answer,
    d,
    fitted,
    left_out,
    m,
    n,
    own,
    penalty,
    sigma,
    x,
    y,
)

N_POINTS, N_DIMS = 11, 3
PENALTY = 0.7


def problem(n_points=N_POINTS, n_dims=N_DIMS):
    rng = np.random.default_rng(7)
    features = rng.standard_normal((n_points, n_dims)) + 5
    return features, features @ np.arange(1, n_dims + 1) + rng.standard_normal(n_points)


def centred():
    features, targets = problem()
    return features - features.mean(axis=0), targets - targets.mean()


# Judging -------------------------------------------------------------------------------------


@pytest.mark.equation("error-on-a-set")
def test_error_is_the_mean_of_squares(evidence):
    equation = symbolic.error_on_a_set()
    evidence.rendered(equation)
    targets, guesses = np.random.default_rng(7).standard_normal((2, 5))
    values = {y[t + 1]: targets[t] for t in range(5)}
    values |= {symbolic.prediction(x[t + 1]): guesses[t] for t in range(5)}
    ours = float(equation.rhs.subs(n, 5).doit().subs(values))
    evidence.agrees(
        ours, mean_squared_error(targets, guesses), witness="scikit-learn", within=1e-14
    )
    code = numeric.mean_squared_error(targets, guesses)
    evidence.agrees(code, ours, witness="SymPy", within=1e-14)


@pytest.mark.equation("cross-validation")
def test_cross_validation_averages_the_folds(evidence):
    equation = symbolic.cross_validation()
    evidence.rendered(equation)
    features, targets = problem()
    folds = numeric.k_fold_indices(np.arange(N_POINTS), 4)
    errors = numeric.cross_validate(features, targets, folds, penalty=PENALTY)
    ours = float(equation.rhs.subs(K, 4).doit().subs({E[f + 1]: errors[f] for f in range(4)}))
    scores = cross_val_score(
        Ridge(alpha=PENALTY), features, targets, cv=KFold(4), scoring="neg_mean_squared_error"
    )
    evidence.agrees(ours, -scores.mean(), witness="scikit-learn", within=1e-12)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        pytest.param(
            "expected_training_error", 1, marks=pytest.mark.equation("expected-training-error")
        ),
        pytest.param("expected_new_error", -1, marks=pytest.mark.equation("expected-new-error")),
    ],
)
def test_noise_that_a_fit_takes_in(evidence, name, sign):
    """Let the noise be 1 or -1 with equal chance: all cases can be counted, without rounding."""
    equation = getattr(symbolic, name)()
    evidence.rendered(equation)
    inputs = sympy.Matrix([[1, 0, 2], [1, 1, -1], [1, 3, 0], [1, 2, 2], [1, 5, 1]])
    hat = inputs * (inputs.T * inputs).inv() * inputs.T
    total = sympy.Integer(0)
    cases = list(itertools.product((-1, 1), repeat=5))
    for noise in cases:
        moved = hat * sympy.Matrix(noise)
        # new noise is independent of what has moved the fit, and of variance one
        missed = moved - sympy.Matrix(noise) if sign > 0 else moved
        total += missed.dot(missed) / 5 + (0 if sign > 0 else 1)
    ours = equation.rhs.subs({D: 2, n: 5, sigma: 1}).doit()
    evidence.identity(ours - total / len(cases), witness="all cases of noise of 1 or -1")
    rng = np.random.default_rng(7)
    features, true_weights = rng.standard_normal((11, 3)), np.array([1.0, 2.0, -1.0])
    known, new = 0.3 * rng.standard_normal((2, 11, 40_000)) + (features @ true_weights)[:, None]
    guesses = LinearRegression().fit(features, known).predict(features)
    error = mean_squared_error(known if sign > 0 else new, guesses)
    ours = float(equation.rhs.subs({D: 3, n: 11, sigma: 0.3}).doit())
    evidence.agrees(ours, error, witness="scikit-learn, 40000 draws", within=0.01)


@pytest.mark.equation("luckiest")
def test_best_of_many_guesses(evidence):
    equation = symbolic.luckiest()
    evidence.rendered(equation)
    every_sheet = [sum(sheet) for sheet in itertools.product((0, 1), repeat=3)]
    best = [max(three) for three in itertools.product(every_sheet, repeat=3)]
    counted = sympy.Rational(sum(best), 3 * len(best))
    evidence.identity(added_up(equation.rhs, 3, 3) - counted, witness="all cases")
    ours = [float(added_up(equation.rhs, 20, tries)) for tries in (1, 7, 100)]
    score = np.arange(21)
    for value, tries in zip(ours, (1, 7, 100), strict=True):
        below = stats.binom.cdf(score, 20, 0.5) ** tries
        mean = np.sum(score * np.diff(below, prepend=0)) / 20
        evidence.agrees(value, mean, witness="SciPy", within=1e-12)
    code = numeric.best_of_guesses(20, [1, 7, 100])
    evidence.agrees(code, ours, witness="SymPy", within=1e-13)


def added_up(expression, questions, tries):
    """Add the outer sum term by term: SymPy's own ``doit`` takes the nested sums wrongly to 0."""
    factor, outer = expression.subs({n: questions, m: tries}).args[::-1]
    if isinstance(factor, sympy.Sum):
        factor, outer = outer, factor
    ((index, low, high),) = outer.limits
    terms = [outer.function.subs(index, a).doit() for a in range(low, high + 1)]
    return factor.doit() * sum(terms)


# Ridge regression ----------------------------------------------------------------------------


def spelt_out(shape):
    """Letters for every entry, and the objective with plain sums, without a matrix product."""
    points, dims = range(shape[0]), range(shape[1])
    names = ("X", *shape), ("y", shape[0], 1), ("w", shape[1], 1)
    letters = [
        sympy.ImmutableMatrix(rows, columns, lambda r, c, n=name: sympy.Symbol(f"{n}_{r}{c}"))
        for name, rows, columns in names
    ]
    features, answers, weights = letters
    misses = [answers[i] - sum(features[i, j] * weights[j] for j in dims) for i in points]
    cost = sum(miss**2 for miss in misses) + sum(penalty * weight**2 for weight in weights)
    return dict(zip(symbolic._matrices(shape), letters, strict=True)), cost, list(weights)


@pytest.mark.equation("ridge-objective")
def test_objective_is_misses_and_prices(evidence):
    evidence.rendered(symbolic.ridge_objective())
    letters, cost, _ = spelt_out((3, 2))
    evidence.identity(symbolic.ridge_objective((3, 2)).rhs.xreplace(letters).doit() - cost)


@pytest.mark.equation("ridge-gradient")
def test_gradient_is_that_of_the_objective(evidence):
    evidence.rendered(symbolic.ridge_gradient())
    letters, cost, weights = spelt_out((3, 2))
    slopes = sympy.Matrix([sympy.diff(cost, weight) for weight in weights])
    ours = symbolic.ridge_gradient((3, 2)).rhs.xreplace(letters).doit()
    evidence.identity(ours.as_explicit() - slopes)


@pytest.mark.equation("ridge-solution")
def test_gradient_is_zero_at_the_solution(evidence):
    evidence.rendered(symbolic.ridge_solution())
    letters, cost, weights = spelt_out((3, 2))
    best = symbolic.ridge_solution((3, 2)).rhs.xreplace(letters).as_explicit()
    there = dict(zip(weights, best, strict=True))
    evidence.identity(sympy.Matrix([sympy.diff(cost, weight) for weight in weights]).subs(there))
    features, targets = centred()
    equation = symbolic.ridge_solution((N_POINTS, N_DIMS))
    letters = symbolic._matrices((N_POINTS, N_DIMS))
    known = {letters[0]: sympy.ImmutableMatrix(features), penalty: sympy.Float(PENALTY)}
    known[letters[1]] = sympy.ImmutableMatrix(targets)
    ours = np.array(equation.rhs.xreplace(known).as_explicit(), dtype=float).ravel()
    theirs = Ridge(alpha=PENALTY).fit(*problem()).coef_
    evidence.agrees(ours, theirs, witness="scikit-learn", within=1e-9)
    code = numeric.ridge_fit(*problem(), penalty=PENALTY).weights
    evidence.agrees(code, theirs, witness="scikit-learn", within=1e-12)


@pytest.mark.equation("ridge-shrinkage")
def test_each_direction_keeps_its_share(evidence):
    equation = symbolic.ridge_shrinkage()
    evidence.rendered(equation)
    above, below = symbolic.derive_ridge(3)[2].rhs.as_numer_denom()
    lengths = sum(sympy.Symbol(f"x_{t}", real=True) ** 2 for t in (1, 2, 3))
    share = (lengths / below).subs(lengths, d**2)
    (before,) = equation.rhs.free_symbols - {d, penalty}
    evidence.identity(equation.rhs / before - share.subs(lengths, d**2))
    assert above.has(sympy.Symbol("y_1", real=True))
    features, targets = centred()
    left, values, _ = np.linalg.svd(features, full_matrices=False)
    kept = [float(equation.rhs.subs({before: 1, d: v, penalty: PENALTY})) for v in values]
    predictions = Ridge(alpha=PENALTY).fit(features, targets).predict(features)
    evidence.agrees(kept * (left.T @ targets), left.T @ predictions, witness="scikit-learn",
                    within=1e-11)  # fmt: skip
    code = numeric.shrinkage(problem()[0], penalty=PENALTY)
    evidence.agrees(code, kept, witness="SymPy", within=1e-13)


@pytest.mark.equation("leverage")
def test_leverage_is_how_an_answer_moves_its_own_prediction(evidence):
    equation = symbolic.leverage()
    evidence.rendered(equation)
    features, targets = problem()
    left, values, _ = np.linalg.svd(centred()[0], full_matrices=False)
    u, lengths = sympy.IndexedBase("u", real=True), sympy.IndexedBase("d", positive=True)
    spelt = equation.rhs.subs({D: N_DIMS}).doit()
    moved, ours = [], []
    for point in range(N_POINTS):
        pushed = targets + np.eye(N_POINTS)[point]
        fits = [Ridge(alpha=PENALTY).fit(features, a).predict(features) for a in (targets, pushed)]
        moved.append(fits[1][point] - fits[0][point])
        known = {lengths[j + 1]: values[j] for j in range(N_DIMS)}
        known |= {u[symbolic.i, j + 1]: left[point, j] for j in range(N_DIMS)}
        ours.append(float(spelt.subs(known | {n: N_POINTS, penalty: PENALTY})))
    evidence.agrees(ours, moved, witness="scikit-learn", within=1e-9)
    code = numeric.leverages(features, penalty=PENALTY)
    evidence.agrees(code, ours, witness="SymPy", within=1e-13)


@pytest.mark.equation("leave-one-out")
def test_one_fit_tells_what_all_the_others_would_miss(evidence):
    equation = symbolic.leave_one_out()
    evidence.rendered(equation)
    step, solved = symbolic.derive_leave_one_out()
    evidence.identity(step.residual.subs(left_out, solved.rhs))
    evidence.identity(equation.residual.subs(left_out, solved.rhs))
    inputs = sympy.symbols("x_1:4")
    outputs = sympy.symbols("y_1:4")
    full, reduced = (fit_by_hand(inputs, outputs, range(first, 3)) for first in (0, 1))
    pull = sympy.diff(full.subs(sympy.Symbol("t"), inputs[0]), outputs[0])
    known = {fitted: full.subs(sympy.Symbol("t"), inputs[0]), own: pull, answer: outputs[0]}
    known[left_out] = reduced.subs(sympy.Symbol("t"), inputs[0])
    evidence.identity(sympy.together(equation.residual.subs(known)))
    features, targets = problem()
    theirs = targets - cross_val_predict(Ridge(alpha=PENALTY), features, targets, cv=LeaveOneOut())
    code = numeric.leave_one_out_residuals(features, targets, penalty=PENALTY)
    evidence.agrees(code, theirs, witness="scikit-learn, n fits", within=1e-11)


def fit_by_hand(inputs, outputs, rows):
    """A straight line with a price on its slope: both derivatives set to zero."""
    slope, shift, at = sympy.symbols("s c t")
    cost = sum((outputs[r] - shift - slope * inputs[r]) ** 2 for r in rows) + penalty * slope**2
    zero = sympy.solve([sympy.diff(cost, letter) for letter in (slope, shift)], [slope, shift])
    return zero[shift] + zero[slope] * at


def test_single_feature_by_hand():
    objective, slope, best = symbolic.derive_ridge(2)
    letters = sympy.symbols("x_1 x_2 y_1 y_2", real=True)
    numbers = dict(zip(letters, (1, 2, 3, 4), strict=True)) | {penalty: 6}
    assert best.rhs.subs(numbers) == 1
    assert slope.rhs.subs(numbers).subs(symbolic.w, 1) == 0
    assert objective.rhs.subs(numbers).subs(symbolic.w, 1) == 4 + 4 + 6
