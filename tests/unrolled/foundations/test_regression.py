import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.model_selection import KFold, cross_val_score

from unrolled.foundations import regression
from unrolled.foundations.regression import (
    best_of_guesses,
    cross_validate,
    double_descent_errors,
    error_with_features,
    k_fold_indices,
    learning_curve,
    leave_one_out_residuals,
    leverages,
    mean_squared_error,
    polynomial_features,
    random_features,
    ridge_fit,
    ridge_predict,
    sample_linear,
    sample_sine,
    shrinkage,
)

N_POINTS, N_DIMS, N_NEW = 13, 5, 7


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def problem(rng):
    features = rng.standard_normal((N_POINTS, N_DIMS)) + 3
    return features, features @ rng.standard_normal(N_DIMS) + rng.standard_normal(N_POINTS)


# By hand ---------------------------------------------------------------------------------------


def test_line_through_two_points():
    fit = ridge_fit([[0.0], [2.0]], [1.0, 5.0], penalty=0)
    assert fit.intercept == pytest.approx(1)
    assert fit.weights == pytest.approx([2])
    np.testing.assert_allclose(ridge_predict(fit, [[10.0]]), [21])


def test_penalty_by_hand():
    """Means taken off, the inputs are -1 and 1 and the answers -2 and 2: 4 / (2 + 2) is 1."""
    fit = ridge_fit([[0.0], [2.0]], [1.0, 5.0], penalty=2)
    np.testing.assert_allclose([fit.intercept, *fit.weights], [2, 1])


def test_error_by_hand():
    assert mean_squared_error([1, 2, 3], [1, 4, 0]) == pytest.approx(13 / 3)


def test_folds_by_hand():
    folds = k_fold_indices([4, 2, 0, 1, 3], 2)
    assert [fold.tolist() for fold in folds] == [[4, 2, 0], [1, 3]]


def test_one_coin_is_right_half_of_the_time():
    np.testing.assert_allclose(best_of_guesses(1, [1, 2, 3]), [1 / 2, 3 / 4, 7 / 8])
    assert best_of_guesses(1000, 1) == pytest.approx(0.5)
    assert best_of_guesses(3, 10**15) == pytest.approx(1)


# Laws ------------------------------------------------------------------------------------------


def test_polynomials_are_orthonormal_on_the_interval():
    x = (np.arange(20_000) + 0.5) / 20_000
    features = polynomial_features(x, 5)
    np.testing.assert_allclose(features.T @ features / len(x), np.eye(5), atol=1e-6)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-6)


def test_polynomials_reach_their_own_degree(rng):
    x = rng.random(31)
    fit = ridge_fit(polynomial_features(x, 3), x**3 - x, penalty=0)
    new = rng.random(N_NEW)
    np.testing.assert_allclose(
        ridge_predict(fit, polynomial_features(new, 3)), new**3 - new, atol=1e-12
    )


def test_degree_zero_predicts_the_mean(rng):
    x, y = sample_sine(N_POINTS, 0.3, rng=rng)
    fit = ridge_fit(polynomial_features(x, 0), y, penalty=0)
    assert fit.intercept == pytest.approx(y.mean())
    np.testing.assert_allclose(ridge_predict(fit, np.zeros((2, 0))), y.mean())
    np.testing.assert_allclose(leverages(np.zeros((4, 0)), penalty=0), 1 / 4)


def test_largest_penalty_leaves_the_mean(problem):
    fit = ridge_fit(*problem, penalty=1e200)
    np.testing.assert_allclose(fit.weights, 0, atol=1e-190)
    assert fit.intercept == pytest.approx(problem[1].mean())


def test_more_penalty_means_shorter_weights_and_more_training_error(problem):
    fits = [ridge_fit(*problem, penalty=penalty) for penalty in (0, 0.1, 1, 10, 1000)]
    lengths = [np.linalg.norm(fit.weights) for fit in fits]
    errors = [mean_squared_error(problem[1], ridge_predict(fit, problem[0])) for fit in fits]
    assert lengths == sorted(lengths, reverse=True)
    assert errors == sorted(errors)


def test_units_of_a_feature_do_not_matter_without_penalty(problem):
    features, targets = problem
    units = np.array([1e-30, 1e12, 1, 1e-3, 1e40])
    plain, scaled = (ridge_fit(f, targets, penalty=0) for f in (features, features * units))
    np.testing.assert_allclose(scaled.weights * units, plain.weights, rtol=1e-9)


def test_shifted_features_give_the_same_weights(problem):
    features, targets = problem
    moved = ridge_fit(features + 1e6, targets, penalty=0.5)
    np.testing.assert_allclose(
        moved.weights, ridge_fit(features, targets, penalty=0.5).weights, rtol=1e-8
    )


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_scaled_problem_has_scaled_answer(problem, scale):
    features, targets = problem
    plain = ridge_fit(features, targets, penalty=0.5)
    scaled = ridge_fit(features * scale, targets * scale, penalty=0.5 * scale**2)
    np.testing.assert_allclose(scaled.weights, plain.weights, rtol=1e-9)
    np.testing.assert_allclose(
        shrinkage(features * scale, penalty=0.5 * scale**2), shrinkage(features, penalty=0.5)
    )


@pytest.mark.parametrize("constant", [0.1, 1 / 3, 1e6 + 0.1, -1e-7])
def test_constant_feature_gets_no_weight(problem, constant):
    features, targets = problem
    with_constant = np.column_stack([features, np.full(N_POINTS, constant)])
    for penalty in (0, 1):
        fit = ridge_fit(with_constant, targets, penalty=penalty)
        assert fit.weights[-1] == 0
        np.testing.assert_allclose(
            fit.weights[:-1], ridge_fit(features, targets, penalty=penalty).weights
        )


def test_tiny_units_of_more_features_than_points(rng):
    features, targets = rng.standard_normal((3, 5)), rng.standard_normal(3)
    plain, tiny = (ridge_fit(features * unit, targets, penalty=0) for unit in (1, 1e-200))
    np.testing.assert_allclose(tiny.weights * 1e-200, plain.weights, rtol=1e-9)


def test_twin_features_share_the_weight(problem):
    features, targets = problem
    twins = np.column_stack([features, features[:, 0]])
    fit, single = (ridge_fit(f, targets, penalty=0) for f in (twins, features))
    assert fit.weights[0] == pytest.approx(fit.weights[-1])
    assert fit.weights[0] + fit.weights[-1] == pytest.approx(single.weights[0])


def test_leverages_add_up_to_the_weights_in_effect(problem):
    features, _ = problem
    for penalty in (0, 0.3, 30):
        total = 1 + shrinkage(features, penalty=penalty).sum()
        assert leverages(features, penalty=penalty).sum() == pytest.approx(total)


def test_folds_hold_every_point_once(rng):
    folds = k_fold_indices(rng.permutation(N_POINTS), 4)
    assert sorted(np.concatenate(folds).tolist()) == list(range(N_POINTS))
    assert [len(fold) for fold in folds] == [4, 3, 3, 3]


def test_order_of_the_folds_does_not_matter(problem):
    folds = k_fold_indices(np.arange(N_POINTS), 3)
    errors = cross_validate(*problem, folds, penalty=0.2)
    turned = cross_validate(*problem, folds[::-1], penalty=0.2)
    np.testing.assert_allclose(errors, turned[::-1])


def test_noise_has_the_spread_it_is_told(rng):
    x, y = sample_sine(50_000, 0.3, rng=rng)
    assert np.std(y - np.sin(2 * np.pi * x)) == pytest.approx(0.3, rel=0.02)
    assert 0 <= x.min() < 0.001
    assert 0.999 < x.max() <= 1
    features, targets = sample_linear(50_000, [2.0, 0.0], 0.5, rng=rng)
    assert np.std(targets - 2 * features[:, 0]) == pytest.approx(0.5, rel=0.02)
    assert len(sample_sine(0, 0.3, rng=rng).x) == 0


def test_random_features_are_never_negative(rng):
    points, directions = rng.standard_normal((N_POINTS, N_DIMS)), rng.standard_normal((N_DIMS, 11))
    features = random_features(points, directions)
    reach = points[2] @ directions[:, 3] / np.sqrt(11)
    assert features.min() == 0
    assert features[2, 3] == pytest.approx(max(reach, 0))


def test_learning_curves_close_in_on_the_noise(rng):
    curve = learning_curve([20, 400], 5, noise=0.3, n_sets=50, rng=rng)
    assert curve.training.shape == curve.validation.shape == (2, 50)
    training, validation = curve.training.mean(axis=1), np.median(curve.validation, axis=1)
    assert training[0] < training[1] == pytest.approx(0.09, rel=0.05)
    assert validation[0] > validation[1] == pytest.approx(0.09, rel=0.1)


def test_useless_features_cost_and_useful_ones_pay(rng):
    def error(n_used):
        settings = {"n_points": 40, "noise": 1, "n_sets": 100, "rng": rng}
        return error_with_features([1, 1, 0, 0, 0, 0, 0, 0], n_used, **settings).mean()

    assert error(2) < error(8) < error(1) < error(0)


def test_error_with_features_is_the_error_on_new_points(rng):
    """All features and no noise leave nothing; none leave their weights."""
    settings = {"n_points": 30, "noise": 0, "n_sets": 3, "rng": rng}
    np.testing.assert_allclose(error_with_features([1, 2], 2, **settings), 0, atol=1e-20)
    assert np.all(error_with_features([1, 2], 0, **settings) >= 5)
    settings = {"n_points": 3000, "noise": 0.5, "n_sets": 3, "rng": rng}
    np.testing.assert_allclose(error_with_features([1, 2], 2, **settings), 0.25, rtol=0.01)


def test_second_descent_and_what_a_penalty_does(rng):
    errors = double_descent_errors(
        [5, 20, 39, 400], [0, 1], n_points=40, n_dims=10, noise=0.3, n_draws=7, rng=rng
    )
    assert errors.shape == (7, 2, 4)
    few, valley, peak, many = np.median(errors[:, 0], axis=0)
    assert peak > 5 * few > 5 * valley > 5 * many
    ridge = np.median(errors[:, 1], axis=0)
    assert ridge.tolist() == sorted(ridge, reverse=True)


# Witnesses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_dims", [3, 5, 17])
def test_least_squares_matches_library(rng, n_dims):
    """With 17 features there are many solutions; both choose the shortest."""
    features = rng.standard_normal((N_POINTS, n_dims)) + 1
    targets = rng.standard_normal(N_POINTS)
    fit, theirs = ridge_fit(features, targets, penalty=0), LinearRegression().fit(features, targets)
    np.testing.assert_allclose(fit.weights, theirs.coef_, rtol=1e-9, atol=1e-11)
    assert fit.intercept == pytest.approx(theirs.intercept_)


@pytest.mark.parametrize("penalty", [1e-6, 0.3, 1e5])
@pytest.mark.parametrize("n_dims", [5, 17])
def test_ridge_matches_library(rng, penalty, n_dims):
    features = rng.standard_normal((N_POINTS, n_dims)) + 1
    targets = rng.standard_normal(N_POINTS)
    fit = ridge_fit(features, targets, penalty=penalty)
    theirs = Ridge(alpha=penalty, solver="svd").fit(features, targets)
    np.testing.assert_allclose(fit.weights, theirs.coef_, rtol=1e-7, atol=1e-13)
    new = rng.standard_normal((N_NEW, n_dims))
    np.testing.assert_allclose(ridge_predict(fit, new), theirs.predict(new), rtol=1e-7, atol=1e-13)


def test_folds_match_library(rng):
    for n_folds in (2, 3, 5, 13):
        ours = k_fold_indices(np.arange(N_POINTS), n_folds)
        theirs = [fold for _, fold in KFold(n_folds).split(np.zeros(N_POINTS))]
        assert [fold.tolist() for fold in ours] == [fold.tolist() for fold in theirs]


def test_cross_validation_matches_library(problem, rng):
    order = rng.permutation(N_POINTS)
    folds = k_fold_indices(order, 4)
    splits = [(np.setdiff1d(order, fold), fold) for fold in folds]
    scores = cross_val_score(
        Ridge(alpha=0.4), *problem, cv=splits, scoring="neg_mean_squared_error"
    )
    np.testing.assert_allclose(cross_validate(*problem, folds, penalty=0.4), -scores, rtol=1e-10)


@pytest.mark.parametrize("penalty", [0.0, 0.01, 3.0])
def test_leaving_one_out_matches_fitting_without_it(problem, penalty):
    folds = k_fold_indices(np.arange(N_POINTS), N_POINTS)
    slow = cross_validate(*problem, folds, penalty=penalty)
    fast = leave_one_out_residuals(*problem, penalty=penalty)
    np.testing.assert_allclose(fast**2, slow, rtol=1e-9)


def test_leaving_one_out_matches_library(problem):
    theirs = RidgeCV(alphas=[0.7], store_cv_results=True).fit(*problem)
    ours = leave_one_out_residuals(*problem, penalty=0.7)
    np.testing.assert_allclose(ours**2, theirs.cv_results_[:, 0], rtol=1e-9)


def test_best_of_guesses_matches_simulation(rng):
    right = rng.binomial(30, 0.5, (20_000, 11)).max(axis=1) / 30
    assert best_of_guesses(30, 11) == pytest.approx(right.mean(), rel=0.005)


# Complaints ------------------------------------------------------------------------------------

ZEROS = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ridge_fit(ZEROS, [1, 2], penalty=0), r"targets must have shape \(n_points=3,\)"),
        (lambda: ridge_fit(ZEROS, [1, 2, np.nan], penalty=0), "targets must be finite, got nan"),
        (lambda: ridge_fit(ZEROS, [1, 2, 3], penalty=-1), "penalty must be at least 0 and at most"),
        (lambda: ridge_fit(ZEROS[:0], [], penalty=0), "features must hold at least one point"),
        (lambda: ridge_fit([[1e200]], [1], penalty=0), "features must be at least -1e"),
        (lambda: ridge_fit([[0], [5e-324]], [0, 1e90], penalty=0), "weights that a float can hold"),
        (lambda: ridge_predict(ridge_fit(ZEROS, [1, 2, 3], penalty=1), [[1.0]]),
         r"features must have shape \(n_points, n_dims=2\)"),
        (lambda: leave_one_out_residuals([[0.0], [1.0]], [1, 2], penalty=0), "leverage below 1"),
        (lambda: leave_one_out_residuals([[0.0]], [1], penalty=1), "leverage below 1"),
        (lambda: mean_squared_error([], []), "targets must hold at least one point"),
        (lambda: mean_squared_error([1], [1, 2]), "predictions must have shape"),
        (lambda: k_fold_indices([0, 1, 1], 2), "order must hold every index from 0 to 2 once"),
        (lambda: k_fold_indices([0, 1, 2], 4), "n_folds must be at least 2 and at most 3, got 4"),
        (lambda: cross_validate(ZEROS, [1, 2, 3], [[0, 1], [1]], penalty=1), "folds must hold"),
        (lambda: cross_validate(ZEROS, [1, 2, 3], [[0, 1, 2]], penalty=1), "folds must hold"),
        (lambda: cross_validate(ZEROS, [1, 2, 3], [], penalty=1), "folds must hold"),
        (lambda: polynomial_features([0, 2], 3), "x must be at least 0 and at most 1, got 2"),
        (lambda: polynomial_features([0, 1], 61), "degree must be at least 0 and at most 60"),
        (lambda: random_features(ZEROS, ZEROS), r"directions must have shape \(n_dims=2"),
        (lambda: random_features(ZEROS, np.zeros((2, 0))), "directions must have at least one"),
        (lambda: sample_sine(3, 0.3, rng=7), "rng must be a numpy.random.Generator"),
        (lambda: sample_sine(3, -1, rng=7), "noise must be at least 0"),
        (lambda: best_of_guesses(0, 1), "n_points must be at least 1"),
        (lambda: best_of_guesses(3, [1, 0]), "n_models must be at least 1"),
        (lambda: learning_curve([5, 9], 5, noise=1, n_sets=2, rng=np.random.default_rng(7)),
         "sizes must be at least 6, got 5. Lower degree or add points"),
        (lambda: error_with_features(
            [1, 1], 2, n_points=2, noise=1, n_sets=1, rng=np.random.default_rng(7)),
         "n_points must be at least n_used \\+ 1 = 3, got 2"),
        (lambda: error_with_features(
            [1, 1], 3, n_points=9, noise=1, n_sets=1, rng=np.random.default_rng(7)),
         "n_used must be at least 0 and at most 2, got 3"),
    ],
)  # fmt: skip
def test_complaints(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_module_names_what_it_offers():
    assert all(hasattr(regression, name) for name in regression.__all__)
