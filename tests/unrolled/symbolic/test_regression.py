"""What the page about judging and choosing shows, held against scikit-learn and counted cases."""

import itertools

import numpy as np
import pytest
import sympy
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import KFold, LeaveOneOut, cross_val_predict, cross_val_score

from unrolled.foundations import regression as numeric

N_POINTS, N_DIMS = 11, 3
PENALTY = 0.7
PROBLEMS = [(11, 3, 0.7), (7, 2, 1.9)]  # points, features, penalty
SIZES = pytest.mark.parametrize(("n_points", "n_dims", "penalty"), PROBLEMS)


def problem(n_points=N_POINTS, n_dims=N_DIMS):
    rng = np.random.default_rng(7)
    features = rng.standard_normal((n_points, n_dims)) + 5
    return features, features @ np.arange(1, n_dims + 1) + rng.standard_normal(n_points)


def centred(n_points=N_POINTS, n_dims=N_DIMS):
    features, targets = problem(n_points, n_dims)
    return features - features.mean(axis=0), targets - targets.mean()


# Judging -------------------------------------------------------------------------------------


@pytest.mark.equation("error-on-a-set")
@pytest.mark.parametrize("n_points", [5, 7])
def test_error_is_the_mean_of_squares(evidence, n_points):
    x, y = np.random.default_rng(7).standard_normal((2, n_points))
    evidence.evaluates(
        {
            "n": n_points, "x_i": dict(enumerate(x, 1)), "y": y, r"\hat{f}": np.cosh,
            "E": lambda model: mean_squared_error(y, model(x)),
        },
        witness="the mean_squared_error of scikit-learn", within=1e-14,
    )  # fmt: skip
    code = numeric.mean_squared_error(y, np.cosh(x))
    evidence.agrees(code, mean_squared_error(y, np.cosh(x)), witness="scikit-learn", within=1e-14)


@pytest.mark.equation("cross-validation")
@pytest.mark.parametrize("n_folds", [3, 4])
def test_cross_validation_averages_the_folds(evidence, n_folds):
    features, targets = problem()
    scores = cross_val_score(
        Ridge(alpha=PENALTY), features, targets, cv=KFold(n_folds),
        scoring="neg_mean_squared_error",
    )  # fmt: skip
    folds = numeric.k_fold_indices(np.arange(N_POINTS), n_folds)
    errors = numeric.cross_validate(features, targets, folds, penalty=PENALTY)
    evidence.evaluates(
        {r"\mathrm{CV}": -scores.mean(), "K": n_folds, "E_k": dict(enumerate(errors, 1))},
        witness="the cross_val_score of scikit-learn; "
        "the errors on the folds are those of the book's own cross_validate",
        within=1e-12,
    )  # fmt: skip


def coins(n_points, spread):
    """Return all noises of plus or minus the spread, which are equally likely."""
    return spread * np.array(list(itertools.product((-1, 1), repeat=n_points)))


@pytest.mark.equation("expected-training-error")
@pytest.mark.parametrize(("n_points", "n_dims", "spread"), [(5, 2, 0.7), (7, 3, 1.3)])
def test_a_fit_takes_noise_in(evidence, n_points, n_dims, spread):
    features, _ = problem(n_points, n_dims)
    answers = features @ np.arange(1, n_dims + 1) + 0.3 + coins(n_points, spread)
    fits = LinearRegression().fit(features, answers.T).predict(features).T
    errors = [mean_squared_error(known, fit) for known, fit in zip(answers, fits, strict=True)]
    evidence.evaluates(
        {"n": n_points, "D": n_dims, r"\sigma": spread},
        chance=[(1 / len(errors), {r"E_{\mathrm{train}}": error}) for error in errors],
        witness="scikit-learn's least squares, for every noise of plus or minus sigma",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("expected-new-error")
@pytest.mark.parametrize(("n_points", "n_dims", "spread"), [(5, 2, 0.7), (6, 3, 1.3)])
def test_noise_that_a_fit_takes_in_comes_back(evidence, n_points, n_dims, spread):
    features, _ = problem(n_points, n_dims)
    answers = features @ np.arange(1, n_dims + 1) + 0.3 + coins(n_points, spread)
    fits = LinearRegression().fit(features, answers.T).predict(features).T
    errors = [mean_squared_error(new, fit) for new, fit in itertools.product(answers, fits)]
    evidence.evaluates(
        {"n": n_points, "D": n_dims, r"\sigma": spread},
        chance=[(1 / len(errors), {r"E_{\mathrm{new}}": error}) for error in errors],
        witness="scikit-learn's least squares, for every old and new noise of plus or minus sigma",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("luckiest")
@pytest.mark.parametrize(("questions", "tries"), [(3, 2), (5, 3), (2, 5)])
def test_best_of_many_guesses(evidence, questions, tries):
    sheets = [sum(sheet) / questions for sheet in itertools.product((0, 1), repeat=questions)]
    marks = [(sheets.count(mark) / len(sheets), mark) for mark in sorted(set(sheets))]
    cases = [
        (np.prod(shares).item(), {"A_k": dict(enumerate(best, 1))})
        for each in itertools.product(marks, repeat=tries)
        for shares, best in [zip(*each, strict=True)]
    ]
    evidence.evaluates(
        {"n": questions, "m": tries}, chance=cases,
        witness="all sheets of answers, counted", within=1e-13,
    )  # fmt: skip


def test_code_knows_the_best_of_many_guesses():
    score = np.arange(21)
    for tries in (1, 7, 100):
        below = stats.binom.cdf(score, 20, 0.5) ** tries
        mean = np.sum(score * np.diff(below, prepend=0)) / 20
        np.testing.assert_allclose(numeric.best_of_guesses(20, [tries]), [mean], rtol=1e-12)


# Ridge regression ----------------------------------------------------------------------------


def summed(features, targets, penalty):
    """Make the objective, added up entry by entry."""
    n_points, n_dims = features.shape

    def objective(weights):
        total = 0
        for i in range(n_points):
            total += (targets[i] - sum(features[i, j] * weights[j] for j in range(n_dims))) ** 2
        return total + penalty * sum(weight * weight for weight in weights)

    return objective


def letters(n_points, n_dims, penalty):
    features, targets = centred(n_points, n_dims)
    weights = np.random.default_rng(11).standard_normal(n_dims)
    return {
        "X": features, "y": targets, "w": weights, r"\lambda": penalty,
        "J": summed(features, targets, penalty),
    }  # fmt: skip


@pytest.mark.equation("ridge-objective")
@SIZES
def test_objective_is_misses_and_prices(evidence, n_points, n_dims, penalty):
    evidence.evaluates(
        letters(n_points, n_dims, penalty), witness="a sum, entry by entry", within=1e-12
    )


@pytest.mark.equation("ridge-gradient")
@SIZES
def test_gradient_is_that_of_the_objective(evidence, n_points, n_dims, penalty):
    evidence.evaluates(
        letters(n_points, n_dims, penalty),
        witness="automatic differentiation of a sum, entry by entry", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("ridge-solution")
@SIZES
def test_solution_is_that_of_the_library(evidence, n_points, n_dims, penalty):
    features, targets = centred(n_points, n_dims)
    best = Ridge(alpha=penalty).fit(*problem(n_points, n_dims)).coef_
    evidence.evaluates(
        {
            "X": features, "y": targets, r"\lambda": penalty, "I": np.eye(n_dims),
            r"\hat{w}": best,
        },
        witness="the Ridge of scikit-learn", within=1e-11,
    )  # fmt: skip
    code = numeric.ridge_fit(*problem(n_points, n_dims), penalty=penalty).weights
    evidence.agrees(code, best, witness="scikit-learn", within=1e-12)


WEIGHT = sympy.Symbol("w", real=True)


def single(n_points):
    """Return the objective for a single feature, point by point, and values of its letters."""
    x, y = np.random.default_rng(13).standard_normal((2, n_points))
    values = {"n": n_points, "x_i": dict(enumerate(x, 1)), "y": y, r"\lambda": n_points / 4}
    misses = sum((y_i - WEIGHT * x_i) ** 2 for x_i, y_i in zip(x, y, strict=True))
    return misses + n_points / 4 * WEIGHT**2, values


@pytest.mark.equation("ridge-slope")
@pytest.mark.parametrize(("n_points", "v"), [(3, 0.6), (5, -1.7)])
def test_slope_for_a_single_feature(evidence, n_points, v):
    objective, values = single(n_points)
    cost = sympy.lambdify(WEIGHT, objective)
    evidence.evaluates(
        {**values, "v": v, "J": cost}, witness="automatic differentiation of a sum, point by point",
        within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("ridge-single")
@pytest.mark.parametrize("n_points", [3, 5])
def test_best_weight_of_a_single_feature(evidence, n_points):
    objective, values = single(n_points)
    (best,) = sympy.solve(objective.diff(WEIGHT), WEIGHT)
    evidence.evaluates(
        {**values, r"\hat{v}": float(best)},
        witness="SymPy, which sets the derivative to zero", within=1e-12,
    )  # fmt: skip


@pytest.mark.equation("ridge-shrinkage")
@SIZES
def test_each_direction_keeps_its_share(evidence, n_points, n_dims, penalty):
    features, targets = centred(n_points, n_dims)
    left, values, _ = np.linalg.svd(features, full_matrices=False)
    evidence.evaluates(
        {
            "u_j": dict(enumerate(left.T, 1)), "d_j": dict(enumerate(values, 1)), "y": targets,
            r"\lambda": penalty,
            r"\hat{y}": Ridge(alpha=penalty).fit(features, targets).predict(features),
        },
        at={"j": range(1, n_dims + 1)}, witness="the Ridge of scikit-learn", within=1e-11,
    )  # fmt: skip
    code = numeric.shrinkage(problem(n_points, n_dims)[0], penalty=penalty)
    evidence.agrees(code, values**2 / (values**2 + penalty), witness="the shares", within=1e-13)


# Leaving one out -----------------------------------------------------------------------------


def leverages_of(features, targets, penalty):
    """Raise each answer by one, and see how much its own prediction moves."""
    fits = [
        Ridge(alpha=penalty).fit(features, answers).predict(features)
        for answers in (targets, *(targets + np.eye(len(targets))))
    ]
    return np.array([moved[i] - fits[0][i] for i, moved in enumerate(fits[1:])])


@pytest.mark.equation("leverage")
@SIZES
def test_leverage_is_how_a_target_moves_its_own_prediction(evidence, n_points, n_dims, penalty):
    features, targets = problem(n_points, n_dims)
    left, values, _ = np.linalg.svd(centred(n_points, n_dims)[0], full_matrices=False)
    moved = leverages_of(features, targets, penalty)
    evidence.evaluates(
        {
            "h_{ii}": dict(enumerate(moved, 1)), "n": n_points, "D": n_dims, r"\lambda": penalty,
            "u_j": dict(enumerate(left.T, 1)), "d_j": dict(enumerate(values, 1)),
        },
        at={"i": range(1, n_points + 1)},
        witness="the Ridge of scikit-learn, each answer raised by one", within=1e-11,
    )  # fmt: skip
    code = numeric.leverages(features, penalty=penalty)
    evidence.agrees(code, moved, witness="scikit-learn", within=1e-11)


def one_left_out(n_points, n_dims, penalty):
    features, targets = problem(n_points, n_dims)
    model = Ridge(alpha=penalty)
    others = cross_val_predict(model, features, targets, cv=LeaveOneOut())
    return {
        "y": targets, r"\hat{y}": model.fit(features, targets).predict(features),
        "h_{ii}": dict(enumerate(leverages_of(features, targets, penalty), 1)),
        r"\hat{y}_i^{(-i)}": dict(enumerate(others, 1)),
    }  # fmt: skip


ALL_FITS = "the Ridge of scikit-learn: all fits without a point, each answer raised by one"


@pytest.mark.equation("leave-one-out-change")
@SIZES
def test_the_fit_without_a_point_is_that_to_a_changed_target(evidence, n_points, n_dims, penalty):
    evidence.evaluates(
        one_left_out(n_points, n_dims, penalty), at={"i": range(1, n_points + 1)},
        witness=ALL_FITS, within=1e-11,
    )  # fmt: skip


@pytest.mark.equation("leave-one-out")
@SIZES
def test_one_fit_tells_what_all_the_others_would_miss(evidence, n_points, n_dims, penalty):
    values = one_left_out(n_points, n_dims, penalty)
    evidence.evaluates(values, at={"i": range(1, n_points + 1)}, witness=ALL_FITS, within=1e-11)
    missed = values["y"] - list(values[r"\hat{y}_i^{(-i)}"].values())
    code = numeric.leave_one_out_residuals(*problem(n_points, n_dims), penalty=penalty)
    evidence.agrees(code, missed, witness="scikit-learn, n fits", within=1e-11)
