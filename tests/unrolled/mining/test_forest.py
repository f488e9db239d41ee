"""Random forests against trees grown one by one, enumerated bags, and scikit-learn."""

import itertools
from statistics import fmean

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

from unrolled.mining.forest import fit_forest, out_of_bag_error, out_of_bag_proba
from unrolled.mining.trees import Rules, fit_tree, grow, read_table

N_TREES, N_SAMPLES, N_COLUMNS, N_CLASSES = 13, 101, 7, 3


def noisy_table(n_samples=N_SAMPLES, n_classes=N_CLASSES, seed=7):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, N_COLUMNS))
    score = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(0, 0.5, n_samples)
    edges = np.quantile(score, np.arange(1, n_classes) / n_classes)
    return X, np.searchsorted(edges, score)


def grown(n_trees=N_TREES, seed=11, **options):
    X, y = noisy_table()
    return X, y, fit_forest(X, y, n_trees, rng=np.random.default_rng(seed), **options)


# By hand -------------------------------------------------------------------------------------


def test_two_rows_by_hand():
    forest = fit_forest([[0.0], [1.0]], ["a", "b"], 97, rng=np.random.default_rng(7))
    both, first = (forest.n_drawn == [1, 1]).all(axis=1), (forest.n_drawn == [2, 0]).all(axis=1)
    second = (forest.n_drawn == [0, 2]).all(axis=1)
    assert (both + first + second == 1).all()
    share = (both.sum() + first.sum()) / 97  # of trees that say a at 0
    np.testing.assert_allclose(forest.predict_proba([[0.2]]), [[share, 1 - share]])
    np.testing.assert_array_equal(out_of_bag_proba(forest, [[0.0], [1.0]]), [[0, 1], [1, 0]])
    assert out_of_bag_error(forest, [[0.0], [1.0]], ["a", "b"]) == 1


# Laws ----------------------------------------------------------------------------------------


def test_bags_are_as_large_as_the_table():
    _, y, forest = grown()
    assert forest.n_drawn.shape == (N_TREES, N_SAMPLES)
    np.testing.assert_array_equal(forest.n_drawn.sum(axis=1), N_SAMPLES)
    for tree, bag in zip(forest.trees, forest.n_drawn, strict=True):
        np.testing.assert_array_equal(tree.counts[0], np.bincount(y, bag))


@pytest.mark.parametrize("rules", [{}, {"min_samples_leaf": 5}, {"min_impurity_decrease": 0.01}])
def test_trees_side_by_side_are_each_that_of_its_bag(rules):
    X, y = noisy_table()
    bags = np.random.default_rng(7).multinomial(N_SAMPLES, np.full(N_SAMPLES, 1 / N_SAMPLES), 5)

    def in_order(n_nodes):
        return np.tile(np.arange(N_COLUMNS), (n_nodes, 1))

    trees = grow(read_table(X, y), bags.astype(float), Rules(**rules), in_order, N_COLUMNS)
    for tree, bag in zip(trees, bags, strict=True):
        own = fit_tree(np.repeat(X, bag, axis=0), np.repeat(y, bag), **rules)
        for ours, theirs in zip(tree, own, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_large_tables_grow_a_few_trees_at_a_time(monkeypatch):
    monkeypatch.setattr("unrolled.mining.forest.N_ROWS", 3 * N_SAMPLES)
    X, y, forest = grown()
    assert len(forest.trees) == N_TREES
    for tree, bag in zip(forest.trees, forest.n_drawn, strict=True):
        np.testing.assert_array_equal(tree.predict(X[bag > 0]), y[bag > 0])


def test_probabilities_are_means_and_sum_to_one():
    X, _, forest = grown()
    proba = forest.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(proba, np.mean([t.predict_proba(X) for t in forest.trees], axis=0))
    np.testing.assert_array_equal(forest.predict(X), proba.argmax(axis=1))


def test_the_same_generator_gives_the_same_forest():
    one, two, other = (grown(seed=seed)[2] for seed in (3, 3, 5))
    np.testing.assert_array_equal(one.n_drawn, two.n_drawn)
    assert all(np.array_equal(a.left, b.left) for a, b in zip(one.trees, two.trees, strict=True))
    assert not np.array_equal(one.n_drawn, other.n_drawn)


def test_with_one_feature_drawn_all_are_asked_about_at_the_root_equally_often():
    X, y = noisy_table()
    forest = fit_forest(X, y, 701, max_features=1, max_depth=1, rng=np.random.default_rng(7))
    roots = np.bincount([tree.feature[0] for tree in forest.trees], minlength=N_COLUMNS)
    assert roots.sum() == 701
    assert (np.abs(roots - 701 / N_COLUMNS) < 4 * np.sqrt(701 / N_COLUMNS)).all()


def test_features_that_cannot_be_split_are_passed_over():
    X, y = noisy_table()
    constant = np.column_stack([np.zeros((N_SAMPLES, 23)), X[:, :1]])
    rng = np.random.default_rng(7)
    forest = fit_forest(constant, y, 7, max_features=1, rng=rng)
    assert {int(tree.feature[0]) for tree in forest.trees} == {23}
    assert fit_forest(np.zeros((5, 2)), [0, 1, 1, 0, 1], 3, rng=rng).trees[0].n_leaves == 1


def test_a_class_that_a_bag_has_not_drawn_keeps_its_place():
    X, y = np.arange(11.0)[:, None], np.array(["a"] * 10 + ["b"])
    forest = fit_forest(X, y, 17, rng=np.random.default_rng(7))
    assert {tree.counts.shape[1] for tree in forest.trees} == {2}
    assert (forest.n_drawn[:, 10] == 0).any()
    assert 0 < forest.predict_proba([[10.0]])[0, 1] < 1


def test_values_without_order_work_in_a_forest():
    rng = np.random.default_rng(7)
    values = rng.integers(0, 7, (N_SAMPLES, 1))
    y = np.isin(values[:, 0], [1, 4, 6])
    forest = fit_forest(values, y, 7, unordered=[0], rng=rng)
    assert {tree.n_leaves for tree in forest.trees} == {2}
    np.testing.assert_array_equal(forest.predict(values), y)


def test_rows_out_of_the_bag_are_predicted_by_trees_that_have_not_seen_them():
    X, y, forest = grown()
    proba = out_of_bag_proba(forest, X)
    for i in range(N_SAMPLES):
        own = [t for t, bag in zip(forest.trees, forest.n_drawn, strict=True) if bag[i] == 0]
        wanted = np.mean([t.predict_proba(X[[i]])[0] for t in own], axis=0) if own else np.nan
        np.testing.assert_allclose(proba[i], wanted, rtol=1e-14)
    few = fit_forest(X, y, 2, rng=np.random.default_rng(7))
    unseen = (few.n_drawn > 0).all(axis=0)
    assert 0 < unseen.sum() < N_SAMPLES
    np.testing.assert_array_equal(np.isnan(out_of_bag_proba(few, X)[:, 0]), unseen)
    wrong = out_of_bag_proba(few, X)[~unseen].argmax(axis=1) != y[~unseen]
    assert out_of_bag_error(few, X, y) == wrong.mean()


def test_on_noise_the_error_out_of_bag_is_that_of_guessing_and_not_that_of_training():
    rng = np.random.default_rng(7)
    X, y = rng.normal(size=(1009, N_COLUMNS)), rng.integers(0, 2, 1009)
    forest = fit_forest(X, y, 53, rng=rng)
    assert np.mean(forest.predict(X) != y) < 0.01
    assert out_of_bag_error(forest, X, y) == pytest.approx(0.5, abs=0.06)


# Witnesses -----------------------------------------------------------------------------------


def test_forests_err_as_those_of_scikit_learn_do():
    X, y = load_breast_cancer(return_X_y=True)
    forest = fit_forest(X, y, 100, rng=np.random.default_rng(7))
    theirs = RandomForestClassifier(100, oob_score=True, random_state=7).fit(X, y)
    assert out_of_bag_error(forest, X, y) == pytest.approx(1 - theirs.oob_score_, abs=0.015)
    sizes = [np.mean([t.n_leaves for t in forest.trees])]
    sizes.append(np.mean([t.get_n_leaves() for t in theirs.estimators_]))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)
    folds = cross_val_score(RandomForestClassifier(50, random_state=7), X, y, cv=5)
    assert out_of_bag_error(forest, X, y) == pytest.approx(1 - folds.mean(), abs=0.02)


# What the page prints ------------------------------------------------------------------------


@pytest.mark.equation("forest-mean")
@pytest.mark.parametrize("n_trees", [5, 11])
def test_a_forest_answers_with_the_mean_as_in_scikit_learn(evidence, n_trees):
    X, y = noisy_table(n_classes=2)
    theirs = RandomForestClassifier(n_trees, random_state=7).fit(X, y)
    each = [tree.predict_proba(X[:8])[7, 1] for tree in theirs.estimators_]
    evidence.evaluates(
        {
            "B": n_trees, r"\hat{p}_b": lambda b: each[b - 1],
            r"\hat{p}": theirs.predict_proba(X)[7, 1],
        },
        witness="scikit-learn", within=1e-14,
    )  # fmt: skip
    forest = fit_forest(X, y, n_trees, rng=np.random.default_rng(7))
    own = [tree.predict_proba(X[:8])[7, 1] for tree in forest.trees]
    evidence.evaluates(
        {
            "B": n_trees, r"\hat{p}_b": lambda b: own[b - 1],
            r"\hat{p}": forest.predict_proba(X)[7, 1],
        },
        witness="the code of the book", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("forest-not-drawn")
def test_share_of_bags_without_a_row_by_listing_all_bags(evidence):
    for n in (2, 3, 5):
        bags = list(itertools.product(range(n), repeat=n))
        missing = fmean(0 not in bag for bag in bags)
        evidence.evaluates({"n": n, "u": missing}, witness="a list of all bags", within=1e-14)


@pytest.mark.equation("forest-out-of-bag")
def test_error_out_of_bag_is_that_of_scikit_learn(evidence):
    X, y = noisy_table(n_classes=2)
    theirs = RandomForestClassifier(37, oob_score=True, random_state=7).fit(X, y)
    drawn = theirs.estimators_samples_
    unseen = {i: frozenset(b for b in range(37) if i not in set(drawn[b])) for i in range(17)}
    each = [tree.predict_proba(X)[:, 1] for tree in theirs.estimators_]
    evidence.evaluates(
        {
            r"\mathcal{B}_i": lambda i: unseen[i], "B_i": lambda i: len(unseen[i]),
            r"\hat{p}_b": lambda b: lambda i: each[b][i],
            r"\hat{p}^{\mathrm{oob}}_i": lambda i: theirs.oob_decision_function_[i, 1],
            "x_i": lambda i: i,
        },
        at={"i": range(17)}, witness="scikit-learn", within=1e-14,
    )  # fmt: skip


@pytest.mark.equation("forest-variance")
@pytest.mark.parametrize("B", [1, 2, 5])
@pytest.mark.parametrize("shared", [0.5, 2.0])
def test_variance_of_a_mean_of_correlated_trees(evidence, B, shared):
    """A coin that all trees share, and one of each: the cases of chance are listed."""
    coins = list(itertools.product((-1, 1), repeat=B + 1))
    trees = [[shared * first + coin for coin in own] for first, *own in coins]
    variance, covariance = shared**2 + 1, shared**2
    evidence.evaluates(
        {"B": B, r"\sigma": np.sqrt(variance), r"\rho": covariance / variance},
        chance=[(1 / len(coins), {"T_b": lambda b, own=own: own[b - 1]}) for own in trees],
        witness="all cases of coins", within=1e-13,
    )  # fmt: skip


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_trees": 0}, "n_trees must be at least 1, got 0"),
        ({"max_features": 0}, "max_features must be at least 1 and at most 7, got 0"),
        ({"max_features": 8}, "max_features must be at least 1 and at most 7, got 8"),
        ({"rng": 7}, "rng must be a numpy.random.Generator, got int"),
        ({"max_depth": -1}, "max_depth must be at least 0"),
        ({"unordered": [0]}, "unordered must be empty for 3 classes"),
    ],
)
def test_complaints_of_the_forest(options, message):
    X, y = noisy_table()
    with pytest.raises(ValueError, match=message):
        fit_forest(X, y, **{"rng": np.random.default_rng(7), **options})


def test_other_complaints():
    X, y, forest = grown()
    with pytest.raises(ValueError, match=r"X must have shape \(n_samples=101, n_features\)"):
        out_of_bag_proba(forest, X[1:])
    with pytest.raises(ValueError, match=r"X must have shape \(n_samples, n_features=7\)"):
        forest.predict(X[:, 1:])
    with pytest.raises(ValueError, match=r"y must have shape \(n_samples=101,\)"):
        out_of_bag_error(forest, X, y[1:])
    for strange in (y.astype(str), np.where(y == 0, 7, y)):
        with pytest.raises(ValueError, match=r"y must hold classes of the forest, got '?[07]"):
            out_of_bag_error(forest, X, strange)
    single = fit_forest([[1.0]], [1], 3, rng=np.random.default_rng(7))
    with pytest.raises(ValueError, match="forest must leave some row out of some bag"):
        out_of_bag_error(single, [[1.0]], [1])
