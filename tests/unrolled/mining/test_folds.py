"""Folds and what is done with them: by hand, their laws, scikit-learn, and what is refused."""

import re
from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_val_score,
)

from unrolled.mining.evaluation import auc
from unrolled.mining.folds import (
    Fold,
    choose,
    cross_validate,
    grouped_folds,
    nested_cross_validation,
    stratified_folds,
    stratified_split,
)

Y = np.repeat(["a", "b", "c"], [17, 31, 5])
GROUPS = np.repeat(list("pqrstuvw"), [13, 2, 7, 7, 3, 11, 5, 1])


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def seed(number=7):
    return np.random.default_rng(number)


def column(X, y, train, test, *, place):
    """Score rows by one of their features, and fit nothing."""
    return X[test, place]


def logistic(X, y, train, test, *, C):
    return LogisticRegression(C=C).fit(X[train], y[train]).decision_function(X[test])


def noisy(n_rows=97, n_features=5):
    rng = seed(11)
    y = np.arange(n_rows) % 2
    X = rng.normal(size=(n_rows, n_features))
    X[:, 0] += 0.8 * y
    return X, y


def is_a_partition(folds, n_rows):
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(n_rows))
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
    return sorted(np.concatenate([fold.test for fold in folds])) == list(range(n_rows))


# By hand and laws ----------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), min_size=4, max_size=53), st.integers(2, 7))
def test_folds_have_their_share_of_all_rows_and_of_every_class(y, n_folds):
    sizes = Counter(y)
    if min(sizes.values()) < n_folds:
        with pytest.raises(ValueError, match="rows of each class"):
            stratified_folds(y, n_folds, rng=seed())
        return
    folds = stratified_folds(y, n_folds, rng=seed())
    assert is_a_partition(folds, len(y))
    assert np.ptp([len(fold.test) for fold in folds]) <= 1
    for label in sizes:
        assert np.ptp([np.sum(np.array(y)[fold.test] == label) for fold in folds]) <= 1


@given(st.lists(st.integers(0, 11), min_size=2, max_size=53), st.integers(2, 7))
def test_no_group_is_on_both_sides(groups, n_folds):
    groups = np.array(groups)
    if len({*groups}) < n_folds:
        with pytest.raises(ValueError, match="groups must be at least n_folds"):
            grouped_folds(groups, n_folds, rng=seed())
        return
    folds = grouped_folds(groups, n_folds, rng=seed())
    assert is_a_partition(folds, len(groups))
    for train, test in folds:
        assert not {*groups[train]} & {*groups[test]}
        assert len(test)
    sizes = [len(fold.test) for fold in folds]
    assert max(sizes) - min(sizes) <= max(Counter(groups.tolist()).values())


def test_a_split_takes_its_share_of_every_class(rng):
    fold = stratified_split(Y, 0.2, rng=rng)
    assert is_a_partition([fold], len(Y)) is False
    assert Counter(Y[fold.test]) == {"a": 3, "b": 6, "c": 1}


@pytest.mark.parametrize(
    "deal",
    [
        lambda rng: stratified_folds(Y, 3, rng=rng)[0].test,
        lambda rng: grouped_folds(np.arange(53), 3, rng=rng)[0].test,
        lambda rng: stratified_split(Y, 0.5, rng=rng).test,
    ],
)
def test_chance_decides_and_comes_from_the_generator(deal):
    assert deal(seed()).tolist() == deal(seed()).tolist()
    seen = np.concatenate([deal(seed(number)) for number in range(53)])
    assert len(np.unique(seen)) == 53


def test_every_row_is_judged_by_a_fit_without_it(rng):
    X, y = noisy()

    def watched(X, y, train, test):
        assert not {*train} & {*test}
        return X[test, 0]

    folds = stratified_folds(y, 5, rng=rng)
    found = cross_validate(watched, X, y, folds)
    wanted = [auc(y[test], X[test, 0]) for _, test in folds]
    assert found.tolist() == wanted


def test_the_best_mean_is_chosen_and_of_equals_the_first(rng):
    X, y = noisy()
    folds = stratified_folds(y, 5, rng=rng)
    columns = {str(k): partial(column, place=k) for k in (3, 0, 1)}
    found = choose(columns | {"again": columns["0"]}, X, y, folds)
    assert found.name == "0"
    assert found.means["again"] == found.means["0"] > max(found.means["3"], found.means["1"])


def test_an_outer_test_row_never_takes_part_in_the_choice(rng):
    X, y = noisy()
    folds, asked = stratified_folds(y, 3, rng=rng), []

    def watched(X, y, train, test, *, place):
        asked.append({*train, *test})
        return X[test, place]

    columns = {str(k): partial(watched, place=k) for k in range(5)}
    nested_cross_validation(columns, X, y, folds, n_inner=4, rng=rng)
    inner, outer = 5 * 4, 1
    for place, fold in enumerate(folds):
        seen = asked[place * (inner + outer) : (place + 1) * (inner + outer)]
        assert all(rows <= {*fold.train} for rows in seen[:inner])
        assert seen[inner] == {*fold.train, *fold.test}


def test_on_noise_the_chosen_mean_flatters_and_nested_scores_do_not():
    rng = seed()
    flattered, honest = [], []
    for _ in range(20):
        X, y = rng.normal(size=(60, 50)), np.arange(60) % 2
        columns = {str(k): partial(column, place=k) for k in range(50)}
        folds = stratified_folds(y, 3, rng=rng)
        flattered.append(max(choose(columns, X, y, folds).means.values()))
        nested = nested_cross_validation(columns, X, y, folds, n_inner=3, rng=rng)
        honest.append(nested.scores.mean())
    assert np.mean(flattered) > 0.63
    assert np.mean(honest) == pytest.approx(0.5, abs=0.05)


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_class_counts_are_those_of_scikit_learn(rng, n_folds):
    def counts(folds):
        return sorted(tuple(np.sum(Y[test] == label) for label in "abc") for _, test in folds)

    theirs = StratifiedKFold(n_folds, shuffle=True, random_state=7).split(Y, Y)
    assert counts(stratified_folds(Y, n_folds, rng=rng)) == counts(theirs)


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_group_sizes_are_those_of_scikit_learn(rng, n_folds):
    theirs = GroupKFold(n_folds).split(GROUPS, groups=GROUPS)
    ours = grouped_folds(GROUPS, n_folds, rng=rng)
    assert sorted(len(test) for _, test in ours) == sorted(len(test) for _, test in theirs)


def test_cross_validation_and_choice_match_scikit_learn(rng):
    X, y = noisy()
    folds = stratified_folds(y, 5, rng=rng)
    ours = cross_validate(partial(logistic, C=0.1), X, y, folds)
    theirs = cross_val_score(LogisticRegression(C=0.1), X, y, cv=folds, scoring="roc_auc")
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    grid = GridSearchCV(LogisticRegression(), {"C": [1e-3, 1]}, cv=folds, scoring="roc_auc")
    grid.fit(X, y)
    found = choose({str(C): partial(logistic, C=C) for C in (1e-3, 1)}, X, y, folds)
    assert float(found.name) == grid.best_params_["C"]
    means = grid.cv_results_["mean_test_score"]
    np.testing.assert_allclose(list(found.means.values()), means, atol=1e-12)


# Complaints ----------------------------------------------------------------------------------

ONE = {"one": partial(column, place=0)}
FOLD = [Fold(np.arange(50), np.arange(50, 97))]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X, y: stratified_folds(Y, 7, rng=seed()),
         "y must have at least n_folds=7 rows of each class, got 5 of 'c'. Take fewer folds."),
        (lambda X, y: stratified_folds(Y, 1, rng=seed()), "n_folds must be at least 2, got 1"),
        (lambda X, y: stratified_folds(Y, 2, rng=7), "rng must be a numpy.random.Generator"),
        (lambda X, y: stratified_folds([], 2, rng=seed()), "y must have at least one row"),
        (lambda X, y: stratified_folds([0.0, np.nan], 2, rng=seed()), "got NaN"),
        (lambda X, y: stratified_folds(np.array([0, "a"], object), 2, rng=seed()), "of one type"),
        (lambda X, y: grouped_folds([3, 3, 5], 3, rng=seed()),
         "groups must be at least n_folds=3, got 2."),
        (lambda X, y: stratified_split(Y, 0.05, rng=seed()),
         "test_share must leave rows of each class on both sides, got 0.05 of 5 of 'c'."),
        (lambda X, y: stratified_split(Y, 1.0, rng=seed()), "test_share must be above 0 and below"),
        (lambda X, y: cross_validate(ONE["one"], X, y, []), "folds must hold at least one fold"),
        (lambda X, y: cross_validate(lambda *_: [1, 2], X, y, FOLD),
         "scores of the process must have shape (n_test=47,), got (2,)"),
        (lambda X, y: choose({}, X, y, FOLD), "processes must hold at least one candidate"),
        (lambda X, y: nested_cross_validation(ONE, X, y, [], n_inner=2, rng=seed()),
         "folds must hold at least one fold"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(*noisy())


def test_a_fold_without_a_positive_is_named():
    X, y = noisy()
    fold = Fold(np.flatnonzero(y), np.flatnonzero(1 - y))
    with pytest.raises(ValueError, match="got none of the positive class 1"):
        cross_validate(ONE["one"], X, y, [fold])
