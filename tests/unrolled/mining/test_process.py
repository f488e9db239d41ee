"""The audit: by hand, on leaking and clean processes, on scikit-learn's pipelines, complaints."""

from itertools import pairwise

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_balanced_pipeline
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from unrolled.mining.evaluation import auc
from unrolled.mining.process import find_leaks

N_ROWS, N_COLUMNS, N_TEST = 151, 7, 47
SEEDS = range(5)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def noise(seed=0, n_rows=N_ROWS, n_columns=N_COLUMNS):
    """Return numbers, labels that have little to do with them, and a split."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns))
    y = (X[:, 0] + 2 * rng.normal(size=n_rows) > 1).astype(int)
    order = rng.permutation(n_rows)
    return X, y, (order[N_TEST:], order[:N_TEST])


def with_gaps(X, seed=0):
    holes = np.random.default_rng(seed).random(X.shape) < 0.1
    return np.where(holes, np.nan, X)


# By hand -------------------------------------------------------------------------------------

X_HAND = np.array([[0.5], [1.5], [2.5], [4.5], [7.5], [8.25]])
Y_HAND = np.array([0, 1, 0, 1, 0, 1])
SPLIT_HAND = [0, 1, 2], [3, 5]


def test_distance_from_the_training_mean_is_clean(rng):
    found = find_leaks(
        lambda X, y, train, test: X[test, 0] - X[train, 0].mean(), X_HAND, Y_HAND, SPLIT_HAND,
        rng=rng,
    )  # fmt: skip
    assert found.leaks == ()
    np.testing.assert_allclose(found.scores, [3, 6.75])
    assert found.label.rows.size == 0
    assert found.row.by == 0
    assert str(found).splitlines() == [
        "label    clean no score moved when labels of test rows were changed",
        "row      clean no score moved when other test rows were replaced",
        "outside  clean no score moved when rows in neither fold were changed",
        "copy     clean no test row has a copy in the training fold",
    ]


def test_distance_from_the_test_mean_is_a_row_leak(rng):
    found = find_leaks(
        lambda X, y, train, test: X[test, 0] - X[test, 0].mean(), X_HAND, Y_HAND, SPLIT_HAND,
        rng=rng,
    )  # fmt: skip
    assert found.leaks == ("row",)
    assert set(found.row.rows) == {3, 5}
    assert found.row.by > 0.5


def test_distance_from_the_mean_of_all_is_a_leak_of_rows_in_neither_fold_too(rng):
    found = find_leaks(
        lambda X, y, train, test: X[test, 0] - X[:, 0].mean(), X_HAND, Y_HAND, SPLIT_HAND, rng=rng
    )
    assert found.leaks == ("row", "outside")


def test_a_label_that_is_given_back_is_a_label_leak(rng):
    found = find_leaks(lambda X, y, train, test: y[test], X_HAND, Y_HAND, SPLIT_HAND, rng=rng)
    assert found.leaks == ("label",)
    assert set(found.label.rows) == {3, 5}
    assert found.label.by == 1
    assert "label    LEAK  2 of 2 scores moved" in str(found)
    assert max(map(len, str(found).splitlines())) < 79


def test_share_of_positives_in_the_test_fold_leaks_although_an_exchange_leaves_it(rng):
    found = find_leaks(
        lambda X, y, train, test: X[test, 0] + y[test].mean(), X_HAND, Y_HAND, SPLIT_HAND, rng=rng
    )
    assert found.leaks == ("label",)


def test_an_axis_that_only_turns_round_leaks_although_exchanging_all_labels_leaves_it(rng):
    def process(X, y, train, test):
        apart = X[test][y[test] == 1].mean() - X[test][y[test] == 0].mean()
        return X[test, 0] * abs(apart)

    X, y, split = noise(n_columns=1)
    assert "label" in find_leaks(process, X, y, split, rng=rng).leaks


# Laws ----------------------------------------------------------------------------------------


def logistic(X, y, train, test):
    return LogisticRegression().fit(X[train], y[train]).decision_function(X[test])


def neighbours_of_scaled(X, y, train, test):
    scaler = StandardScaler().fit(X[train])
    fit = KNeighborsClassifier(5).fit(scaler.transform(X[train]), y[train])
    return fit.predict_proba(scaler.transform(X[test]))  # a column for each class


def seeded_forest(X, y, train, test):
    forest = RandomForestClassifier(7, random_state=0).fit(X[train], y[train])
    return forest.predict_proba(X[test])[:, 1]


def chance_that_counts_all_rows(X, y, train, test):
    order = np.random.default_rng(3).permutation(len(X))
    half = train[order[train] < np.median(order[train])]
    return logistic(X, y, half, test)


def chosen_within_the_training_fold(X, y, train, test):
    model = LogisticRegressionCV(
        Cs=3, cv=3, l1_ratios=(0,), scoring="accuracy", use_legacy_attributes=False
    )
    return model.fit(X[train], y[train]).decision_function(X[test])


def scaled_together(X, y, train, test):
    X = StandardScaler().fit_transform(X)
    fit = KNeighborsClassifier(5).fit(X[train], y[train])
    return fit.predict_proba(X[test])[:, 1]


def scaled_by_themselves(X, y, train, test):
    fit = LogisticRegression().fit(StandardScaler().fit_transform(X[train]), y[train])
    return fit.decision_function(StandardScaler().fit_transform(X[test]))


def reduced_together(X, y, train, test):
    return logistic(PCA(3, svd_solver="full").fit_transform(X), y, train, test)


def reduced_on_the_test_fold(X, y, train, test):
    return LinearDiscriminantAnalysis().fit(X[test], y[test]).decision_function(X[test])


def selected_on_all_rows(X, y, train, test):
    return logistic(SelectKBest(k=2).fit_transform(X, y), y, train, test)


def copied_before_the_split(X, y, train, test):
    rare = np.flatnonzero(y == 1)
    fit = KNeighborsClassifier(1).fit(X[np.append(train, rare)], y[np.append(train, rare)])
    return fit.predict(X[test])


def chosen_on_the_test_fold(X, y, train, test):
    scores = [
        DecisionTreeClassifier(max_depth=depth, random_state=0)
        .fit(X[train], y[train])
        .predict_proba(X[test])[:, 1]
        for depth in range(1, 5)
    ]
    return max(scores, key=lambda found: auc(y[test], found))


def fitted_to_all_but_the_test_fold(X, y, train, test):
    return logistic(X, y, np.delete(np.arange(len(X)), test), test)


CLEAN = [
    logistic,
    neighbours_of_scaled,
    seeded_forest,
    chance_that_counts_all_rows,
    chosen_within_the_training_fold,
]
LEAKING = {
    scaled_together: ("row", "outside"),
    scaled_by_themselves: ("row",),
    reduced_together: ("row", "outside"),
    reduced_on_the_test_fold: ("label", "row"),
    selected_on_all_rows: ("label", "row", "outside"),
    copied_before_the_split: ("label",),
    chosen_on_the_test_fold: ("label",),
    fitted_to_all_but_the_test_fold: ("outside",),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("process", CLEAN)
def test_clean_processes_raise_no_alarm(process, seed):
    found = find_leaks(process, *noise(seed), rng=np.random.default_rng(seed))
    assert found.leaks == (), str(found)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("process", LEAKING)
def test_leaks_are_found_by_kind(process, seed):
    found = find_leaks(process, *noise(seed), rng=np.random.default_rng(seed))
    assert set(LEAKING[process]) <= set(found.leaks), str(found)
    if "label" not in LEAKING[process]:
        assert "label" not in found.leaks


@pytest.mark.parametrize("labels", [["well", "ill"], [False, True], [-1, 7]])
def test_labels_may_be_of_any_kind(labels, rng):
    X, y, split = noise()
    y = np.array(labels)[y]
    assert find_leaks(seeded_forest, X, y, split, rng=rng).leaks == ()
    found = find_leaks(lambda X, y, train, test: y[test] == labels[1], X, y, split, rng=rng)
    assert found.leaks == ("label",)


def test_labels_may_be_measurements(rng):
    X, _, split = noise()
    y = X[:, 0] + rng.normal(size=N_ROWS)

    def process(X, y, train, test):
        return Ridge().fit(X[train], y[train]).predict(X[test])

    assert find_leaks(process, X, y, split, rng=rng).leaks == ()
    found = find_leaks(
        lambda X, y, train, test: process(X, y, np.append(train, test[:1]), test), X, y, split,
        rng=rng,
    )  # fmt: skip
    assert set(found.leaks) == {"label", "row"}


def test_a_test_fold_of_one_class_is_audited_too(rng):
    X, y, _ = noise()
    split = (
        np.append(np.flatnonzero(y == 1), np.flatnonzero(y == 0)[31:]),
        np.flatnonzero(y == 0)[:31],
    )
    assert find_leaks(logistic, X, y, split, rng=rng).leaks == ()
    assert "label" in find_leaks(selected_on_all_rows, X, y, split, rng=rng).leaks


def test_other_classes_than_two_and_ties_everywhere(rng):
    X, _, split = noise()
    y = np.arange(N_ROWS) % 3
    assert find_leaks(seeded_forest_of_three, np.round(X), y, split, rng=rng).leaks == ()
    for flat in (np.ones_like(X), np.eye(2)[y % 2], y[:, None] // 2):
        assert find_leaks(neighbours_of_scaled, flat, y, split, rng=rng).leaks == ()


def seeded_forest_of_three(X, y, train, test):
    return RandomForestClassifier(5, random_state=0).fit(X[train], y[train]).predict_proba(X[test])


def test_nothing_that_the_process_does_to_its_data_comes_back(rng):
    def careless(X, y, train, test):
        X[:] = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
        scores = logistic(X, y, train, test)
        y[:], train[:], test[:] = 0, 0, 0
        return scores

    X, y, split = noise()
    kept = X.copy(), y.copy(), split[0].copy(), split[1].copy()
    assert find_leaks(careless, X, y, split, rng=rng).leaks == ()
    for before, after in zip(kept, (X, y, *split), strict=True):
        np.testing.assert_array_equal(before, after)


def test_fitted_numbers_are_named_where_no_score_moves(rng):
    def process(X, y, train, test):
        fitted = {
            "mean": X[train].mean(axis=0),
            "largest": X.max(axis=0),
            "chosen": np.array(["a", "b"])[[0, int(y[test].sum() > N_TEST // 2)]],
            "rows": train[y[train] == 1],
        }
        return X[test, 0], fitted

    X, y, split = noise()
    y[split[1]] = 0
    found = find_leaks(process, X, y, split, rng=rng, n_rounds=5)
    assert found.leaks == ("label", "row", "outside")
    assert found.label.fitted == ("chosen",)
    assert found.row.fitted == found.outside.fitted == ("largest",)
    assert found.row.rows.size == 0
    assert found.row.said == (
        "no score moved when other test rows were replaced; fitted numbers that moved: largest"
    )


def test_a_process_that_stops_at_other_labels_reads_them(rng):
    X, y, split = noise()
    told = y[split[1]]

    def process(X, y, train, test):
        if (y[test] != told).any():
            raise ValueError("other labels")
        return X[test, 0]

    found = find_leaks(process, X, y, split, rng=rng)
    assert found.leaks == ("label",)
    assert np.isinf(found.label.by)
    assert found.label.said == "the process stopped when labels of test rows were changed"


def test_scores_that_become_missing_have_moved(rng):
    def process(X, y, train, test):
        return X[test, 0] + (0 if np.abs(X[test]).max() < 5 else np.nan)

    X, y, split = noise()
    assert "row" in find_leaks(process, np.clip(X, -3, 3), y, split, rng=rng).leaks


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_unit_and_origin_of_the_scores_do_not_matter(scale, rng):
    X, y, split = noise()
    for process, leaks in ((logistic, ()), (scaled_by_themselves, ("row",))):
        found = find_leaks(
            lambda *data, process=process: scale * (process(*data) + 5), X, y, split, rng=rng
        )
        assert found.leaks == leaks
        assert found.row.by < 100


# Copies --------------------------------------------------------------------------------------


def nearest(X, y, train, test):
    return KNeighborsClassifier(1).fit(X[train], y[train]).predict_proba(X[test])[:, 1]


@pytest.mark.parametrize("missing", [False, True])
def test_copies_across_the_split_are_found_and_leant_on(missing, rng):
    X, y, (train, test) = noise()
    X[test[:13]] = X[train[:13]]
    process = nearest
    if missing:
        X[[*test[:5], *train[:5]], 0] = np.nan

        def process(X, y, train, test):
            return nearest(np.nan_to_num(X), y, train, test)

    found = find_leaks(process, X, y, (train, test), rng=rng)
    assert found.leaks == ("copy",)
    assert set(found.copy.rows) == set(test[:13])
    assert found.copy.by > 0.9
    assert found.copy.said.startswith("13 of 47 test rows have copies in the training fold; with ")


def test_a_flat_model_leans_less_on_copies(rng):
    X, y, (train, test) = noise()
    X[test[:13]] = X[train[:13]]
    flat, bent = (
        find_leaks(process, X, y, (train, test), rng=rng).copy.by for process in (logistic, nearest)
    )
    assert flat < bent / 2


def test_rows_of_few_categories_are_no_copies(rng):
    X, y, (train, test) = noise()
    assert find_leaks(logistic, np.sign(X), y, (train, test), rng=rng).leaks == ()
    ages = np.column_stack([np.round(45 + 15 * X[:, 0]), np.sign(X[:, 1])])
    assert find_leaks(logistic, ages, y, (train, test), rng=rng).leaks == ()
    X = np.column_stack([X[:, 0], np.sign(X[:, 1])])
    X[[train[0], test[0]]], X[train[1]] = [0.5, 1], [0.5, -1]  # a third row has this number
    assert find_leaks(logistic, X, y, (train, test), rng=rng).leaks == ()
    X[train[1]] = [0.25, -1]
    assert find_leaks(logistic, X, y, (train, test), rng=rng).leaks == ("copy",)


def test_copies_within_the_test_fold_are_no_copies_across_the_split(rng):
    X, y, (train, test) = noise()
    X[test[:5]] = X[test[5:10]]
    X[train[:5]] = X[train[5:10]]
    assert find_leaks(logistic, X, y, (train, test), rng=rng).leaks == ()


def test_grouped_rows_split_apart_and_kept_together(rng):
    """Several visits of each patient, whose label belongs to the patient."""
    patients = np.repeat(np.arange(37), 5)
    person = rng.normal(size=(37, N_COLUMNS))
    X = person[patients] + 0.2 * rng.normal(size=(len(patients), N_COLUMNS))
    y = rng.permutation(np.arange(37) % 2)[patients]
    apart = next(ShuffleSplit(1, test_size=0.3, random_state=0).split(X))
    together = next(GroupShuffleSplit(1, test_size=0.3, random_state=0).split(X, groups=patients))
    found = find_leaks(nearest, X, y, apart, rng=rng, groups=patients)
    assert found.leaks == ("copy",)
    assert len(found.copy.rows) > 40
    assert found.copy.by > 0.9
    assert find_leaks(nearest, X, y, together, rng=rng, groups=patients).leaks == ()
    assert auc(y[apart[1]], found.scores) > 0.95


def test_copies_that_leave_no_second_class_are_reported_without_a_number(rng):
    X, y, (train, test) = noise()
    X[test[0]], y[:], y[train[0]] = X[train[0]], 0, 1
    found = find_leaks(logistic, X, y, (train, test), rng=rng)
    assert found.copy.leaks
    assert np.isnan(found.copy.by)


# Pipelines of scikit-learn, as they are ------------------------------------------------------


def fitted_inside(pipeline):
    def process(X, y, train, test):
        return pipeline.fit(X[train], y[train]).predict_proba(X[test])[:, 1]

    return process


def fitted_before(preparation, model):
    def process(X, y, train, test):
        X = preparation.fit_transform(X, y)
        return model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]

    return process


def balanced_before(sampler, model):
    """The sampler puts synthetic rows behind the given ones."""

    def process(X, y, train, test):
        everything, labels = sampler.fit_resample(X, y)
        rows = np.append(train, np.arange(len(X), len(everything)))
        return model.fit(everything[rows], labels[rows]).predict_proba(X[test])[:, 1]

    return process


def mixed_table(seed):
    X, y, split = noise(seed)
    kinds = np.array(["soft", "firm", "hard"])[np.random.default_rng(seed).integers(3, size=N_ROWS)]
    return np.column_stack([with_gaps(X, seed).astype(object), kinds]), y, split


def columns():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return make_column_transformer(
        (numbers, list(range(N_COLUMNS))), (OneHotEncoder(sparse_output=False), [N_COLUMNS])
    )


def ridge():
    return LogisticRegression(C=0.5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("build", "leaks"),
    [
        (lambda: fitted_inside(make_pipeline(columns(), ridge())), ()),
        (lambda: fitted_before(columns(), ridge()), ("row", "outside")),
        (
            lambda: fitted_inside(
                make_pipeline(make_column_transformer((KNNImputer(), [0, 1, 2])), ridge())
            ),
            (),
        ),
        (
            lambda: fitted_before(make_column_transformer((KNNImputer(), [0, 1, 2])), ridge()),
            ("row", "outside"),
        ),
        (
            lambda: fitted_before(
                make_column_transformer(
                    (make_pipeline(SimpleImputer(), MinMaxScaler()), list(range(N_COLUMNS)))
                ),
                KNeighborsClassifier(5),
            ),
            ("row", "outside"),
        ),
        (
            lambda: fitted_before(
                make_column_transformer((TargetEncoder(cv=StratifiedKFold(3)), [N_COLUMNS])),
                ridge(),
            ),
            ("label", "outside"),
        ),
    ],
)
def test_mixed_tables(build, leaks, seed):
    found = find_leaks(build(), *mixed_table(seed), rng=np.random.default_rng(seed))
    assert set(found.leaks) >= set(leaks), str(found)
    assert bool(found.leaks) == bool(leaks), str(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sampler", [SMOTE, RandomOverSampler])
def test_balancing_inside_and_outside(sampler, seed, rng):
    X, y, split = noise(seed, n_columns=5)
    inside = make_balanced_pipeline(sampler(random_state=0), KNeighborsClassifier(3))
    assert find_leaks(fitted_inside(inside), X, y, split, rng=rng).leaks == ()
    outside = balanced_before(sampler(random_state=0), KNeighborsClassifier(1))
    found = find_leaks(outside, X, y, split, rng=rng)
    assert "label" in found.leaks, str(found)


@pytest.mark.parametrize("seed", range(3))
def test_selection_on_all_rows_of_real_data(seed, rng):
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(X))
    split = order[200:], order[:200]
    model = make_pipeline(StandardScaler(), ridge())
    found = find_leaks(fitted_before(SelectKBest(k=5), model), X, y, split, rng=rng)
    assert {"label", "row", "outside"} <= set(found.leaks), str(found)
    inside = fitted_inside(make_pipeline(SelectKBest(k=5), model))
    assert find_leaks(inside, X, y, split, rng=rng).leaks == ()


# Complaints ----------------------------------------------------------------------------------


def constant(X, y, train, test):
    return np.zeros(len(test))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": X_HAND[:, 0]}, r"X must have shape \(n_samples, n_features\), got \(6,\)"),
        ({"X": X_HAND[:, :0]}, "X must have at least one column"),
        ({"y": Y_HAND[:5]}, r"y must have shape \(n_samples=6,\), got \(5,\)"),
        ({"y": np.ones(6)}, "y must hold at least two different labels, got 1"),
        ({"y": [0, 1, 0, 1, 0, np.nan]}, "y must hold no missing labels"),
        ({"y": np.array([0, "a", 0, 1, None, 1], object)}, "y must hold labels of one kind"),
        ({"split": ([0, 1, 2],)}, "split must be a pair"),
        ({"split": ([0, 1, 3], [3, 5])}, "split must share no row between its folds, got row 3"),
        ({"split": ([0, 1], [3, 3])}, "split must name each test row once"),
        ({"split": ([0, 1], [3])}, "split must give at least one training row and two test rows"),
        ({"split": ([], [3, 4])}, "split must give at least one training row"),
        ({"split": ([0, 1], [4, 6])}, "test rows must be at least 0 and at most 5, got 6"),
        ({"split": (Y_HAND == 0, Y_HAND == 1)}, "training rows must hold integers, got truth"),
        ({"rng": 7}, "rng must be a numpy.random.Generator, got int"),
        ({"n_rounds": 0}, "n_rounds must be at least 1"),
        ({"groups": [1, 2]}, r"groups must have shape \(n_samples=6,\)"),
        ({"process": lambda *data: [1.0]}, r"a number for each of the 2 test rows, .* \(1,\)"),
        ({"process": lambda *data: ["a", "b"]}, "a number for each of the 2 test rows, got <U1"),
        ({"process": lambda *data: [0.0, np.nan]}, "process must return finite scores"),
        ({"process": lambda *data: ([0.0, 1.0], [2])}, "a mapping of fitted numbers, got a pair"),
    ],
)
def test_complaints(changes, message, rng):
    arguments = {
        "process": constant, "X": X_HAND, "y": Y_HAND, "split": SPLIT_HAND, "rng": rng, **changes
    }  # fmt: skip
    process, X, y, split = (arguments.pop(name) for name in ("process", "X", "y", "split"))
    with pytest.raises(ValueError, match=message):
        find_leaks(process, X, y, split, **arguments)


def test_a_process_without_a_seed_is_refused(rng):
    loose = np.random.default_rng(3)
    X, y, split = noise()
    with pytest.raises(ValueError, match="process must return the same when it is called again"):
        find_leaks(lambda X, y, train, test: loose.random(len(test)), X, y, split, rng=rng)
    with pytest.raises(ValueError, match="process must return the same when it is called again"):
        find_leaks(
            lambda X, y, train, test: (X[test, 0], {"drawn": loose.random()}), X, y, split, rng=rng
        )


def test_a_constant_score_never_moves(rng):
    assert find_leaks(constant, X_HAND, Y_HAND, SPLIT_HAND, rng=rng).leaks == ()


def test_interventions_are_those_that_the_generator_chose():
    X, y, split = noise()
    runs = [
        find_leaks(scaled_by_themselves, X, y, split, rng=np.random.default_rng(seed)).row.by
        for seed in (3, 3, 5)
    ]
    same, other = (a == b for a, b in pairwise(runs))
    assert same
    assert not other
