"""The two flows: their steps by hand, what each leaks, what each scores on noise."""

import numpy as np
import pytest
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unrolled.foundations.fisher import scatter
from unrolled.mining.evaluation import auc
from unrolled.mining.flows import (
    fit_axis,
    fit_preparation,
    forest_model,
    leak_free_flow,
    network_model,
    published_flow,
)
from unrolled.mining.process import find_leaks

N_NUMBERS, N_ROWS, N_TEST = 11, 149, 59
FAST = {"axis": lambda X, truth, rng: lambda rows: rows[:, 0], "forest": forest_model}


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def table(seed=0, signal=0.0):
    """Return numbers with gaps and a category, rare positives, and a split with both classes."""
    rng = np.random.default_rng(seed)
    y = (np.arange(N_ROWS) % 5 == 0).astype(int)
    numbers = rng.normal(size=(N_ROWS, N_NUMBERS)) + signal * y[:, None]
    numbers[rng.random(numbers.shape) < 0.05] = np.nan
    names = np.array(["fine", "coarse", "medium"])[rng.integers(3, size=N_ROWS)]
    X = np.column_stack([numbers.astype(object), names])
    return X, y, (np.arange(N_TEST, N_ROWS), np.arange(N_TEST))


# By hand -------------------------------------------------------------------------------------


def test_preparation_by_hand():
    X = np.array([[0.0, "b"], [4.0, "a"], [2.0, "b"], [np.nan, "a"]], object)
    prepared = fit_preparation(X[:3], [1])
    np.testing.assert_allclose(
        prepared.transform(X), [[0, 0, 1], [1, 1, 0], [0.5, 0, 1], [0.5, 1, 0]]
    )
    new = np.array([[6.0, "c"]], object)
    np.testing.assert_allclose(prepared.transform(new), [[1.5, 0, 0]])


def test_outliers_count_as_missing():
    X = np.append(np.arange(20.0), 1000)[:, None]
    prepared = fit_preparation(X)
    np.testing.assert_allclose(prepared.transform(X)[-1], 0.5)
    np.testing.assert_allclose(prepared.transform(X)[:20, 0], np.arange(20) / 19)


def test_axis_points_to_the_positive_class_and_is_scikit_learns(rng):
    truth = np.arange(41) % 3 == 0
    X = rng.normal(size=(41, 5)) - truth[:, None]
    for labels in (truth, ~truth):
        found = fit_axis(X, labels.astype(int))
        along = found.project(X)
        assert along.shape == (41, 1)
        assert along[labels].mean() > along[~labels].mean()
        theirs = LinearDiscriminantAnalysis().fit(X, labels).decision_function(X)
        assert np.corrcoef(along[:, 0], theirs)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("fit", [forest_model, network_model])
def test_models_learn_an_order(fit, rng):
    truth = np.arange(97) % 2
    X = (2.5 * truth + rng.normal(size=97))[:, None]
    assert auc(truth, fit(X, truth, rng)(X)) > 0.9


# The page on reduction -----------------------------------------------------------------------


@pytest.mark.equation("lda-noise-distance")
@pytest.mark.parametrize(("sizes", "n_columns"), [((13, 17), 7), ((41, 29), 23), ((5, 43), 2)])
def test_distance_of_classes_of_noise(evidence, sizes, n_columns):
    n = sum(sizes)
    square = stats.f(n_columns, n - n_columns - 1).mean() * n_columns / (n - n_columns - 1)
    scale = (n - 2) / stats.hmean(sizes) * 2
    evidence.evaluates(
        {"q": square * scale, "D": n_columns, "n": n, "n_0": sizes[0], "n_1": sizes[1]},
        witness="SciPy's mean of the F distribution, which Hotelling's statistic has",
        within=1e-12,
    )


def test_distance_of_classes_of_noise_in_a_simulation(rng):
    labels, found = np.repeat([0, 1], [29, 41]), []
    for _ in range(400):
        X = rng.normal(size=(70, 11))
        along = fit_axis(X, labels).project(X)[:, 0]
        found.append((along[labels == 1].mean() - along[labels == 0].mean()) ** 2)
    predicted = 70 / 29 / 41 * 11 * 68 / (70 - 11 - 3)
    assert np.mean(found) == pytest.approx(predicted, rel=4 * np.std(found) / 20 / predicted)


@pytest.mark.equation("lda-one-hot")
@pytest.mark.parametrize("n_values", [2, 3, 5])
def test_columns_of_a_category_do_not_scatter_along_their_sum(evidence, rng, n_values):
    columns = np.eye(n_values)[rng.permutation(41) % n_values]
    X, labels = np.column_stack([rng.normal(size=(41, 2)), columns]), np.arange(41) % 3
    within = sum(np.cov(X[labels == k].T, bias=True) * (labels == k).sum() for k in range(3))
    evidence.evaluates(
        {"S_W": within, "u": np.repeat([0.0, 1.0], [2, n_values])},
        witness="NumPy's covariances of the classes",
        within=1e-12,
    )
    np.testing.assert_allclose(scatter(X, labels).within, within, atol=1e-12)


# What leaks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_published_flow_leaks_labels_and_rows(seed):
    found = find_leaks(
        lambda *data: published_flow(*data, models=FAST, categories=[N_NUMBERS])[:2],
        *table(seed, signal=0.5), rng=np.random.default_rng(seed), n_rounds=2,
    )  # fmt: skip
    assert found.leaks == ("label", "row", "outside")
    assert found.label.fitted[0] == "axis of the test fold"
    assert "means" not in found.label.fitted
    assert {"axis of the test fold", "means", "scale"} <= set(found.row.fitted)
    assert {"axis of the training fold", "means"} <= set(found.outside.fitted)


@pytest.mark.parametrize("seed", range(3))
def test_the_other_flow_leaks_nothing(seed):
    models = {**FAST, "network": network_model} if seed == 0 else FAST
    found = find_leaks(
        lambda *data: leak_free_flow(*data, models=models, categories=[N_NUMBERS])[:2],
        *table(seed, signal=0.5), rng=np.random.default_rng(seed), n_rounds=2 - (seed == 0),
    )  # fmt: skip
    assert found.leaks == (), str(found)


def test_on_noise_one_flow_reports_a_signal_and_the_other_none():
    options = {"models": FAST, "categories": [N_NUMBERS]}
    both = []
    for seed in range(12):
        X, y, split = table(seed)
        both.append([flow(X, y, *split, **options) for flow in (published_flow, leak_free_flow)])
    published, honest = np.mean([[flow.reported for flow in run] for run in both], axis=0)
    assert published > 0.75
    assert honest == pytest.approx(0.5, abs=0.06)


def test_with_a_signal_the_reported_area_is_that_of_the_test_rows():
    X, y, (train, test) = table(signal=1.0)
    found = leak_free_flow(X, y, train, test, models=FAST, categories=[N_NUMBERS])
    assert found.reported == auc(y[test], found.scores)
    assert found.reported > 0.9
    assert found.chosen in FAST
    assert found.scores.shape == (N_TEST,)


def test_labels_may_be_strings_and_nothing_given_is_changed():
    X, y, split = table(signal=1.0)
    kept = X.copy()
    named = np.array(["benign", "malignant"])[y]
    for flow in (published_flow, leak_free_flow):
        options = {"models": FAST, "categories": [N_NUMBERS]}
        plain = flow(X, y, *split, **options)
        other = flow(X, named, *split, positive="malignant", **options)
        np.testing.assert_array_equal(plain.scores, other.scores)
    same = (kept == X) | ((X != X) & (kept != kept))
    assert same.all()


def test_numbers_alone_need_no_categories():
    X, y, split = table(signal=1.0)
    numbers = X[:, :N_NUMBERS].astype(float)
    for flow in (published_flow, leak_free_flow):
        assert flow(numbers, y, *split, models=FAST).reported > 0.9


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", [published_flow, leak_free_flow])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, train, test: (X, y, train, test[y[test] == 0]), "both classes in the test"),
        (lambda X, y, train, test: (X, y, train[y[train] == 0], test), "in the training fold"),
        (lambda X, y, train, test: (X, 0 * y, train, test), "y must have rows of both classes"),
        (lambda X, y, train, test: (X[:, ::-1], y, train, test), "X must hold numbers in all col"),
        (lambda X, y, train, test: (X[:9], y, train, test), "y must have shape"),
        (lambda X, y, train, test: (emptied(X), y, train, test), "X must"),
    ],
)
def test_complaints(flow, change, message):
    X, y, split = table()
    with pytest.raises(ValueError, match=message):
        flow(*change(X, y, *split), models=FAST, categories=[N_NUMBERS])


def emptied(X):
    X[:, 3] = np.nan
    return X


def test_a_model_is_needed():
    X, y, split = table()
    with pytest.raises(ValueError, match="models must hold at least one model"):
        published_flow(X, y, *split, models={})
