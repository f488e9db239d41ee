"""Decision trees against a case solved by hand, CART by brute force, and scikit-learn."""

import itertools
import math
from fractions import Fraction
from statistics import pvariance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import entropy as scipy_entropy
from sklearn.tree import DecisionTreeClassifier

from unrolled.mining.trees import (
    entropy,
    fit_tree,
    gini,
    prune,
    pruning_path,
    weakest_links,
)

N_ROWS, N_COLUMNS, N_CLASSES = 211, 5, 3
RULES = [
    {},
    {"criterion": "entropy"},
    {"max_depth": 3},
    {"min_samples_split": 17},
    {"min_samples_leaf": 7},
    {"min_impurity_decrease": 0.01},
    {"criterion": "entropy", "max_depth": 5, "min_samples_leaf": 3},
]
EIGHT_AND_FOUR = [1] * 4 + [0] * 4 + [1] * 4  # yes is 1
FIRST = np.repeat([0.0, 1.0], [8, 4])[:, None]  # the question of the example


def noisy_table(n_rows=N_ROWS, n_columns=N_COLUMNS, n_classes=N_CLASSES, seed=7):
    """Return rows with classes that two columns say something about; floats of 32 bits."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns)).astype(np.float32).astype(float)
    score = X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(0, 0.7, n_rows)
    edges = np.quantile(score, np.arange(1, n_classes) / n_classes)
    return X, np.searchsorted(edges, score)


# Witness: CART by recursion, all questions one after the other ------------------------------------


def impurity_of(labels, criterion):
    shares = [Fraction(labels.count(c), len(labels)) for c in set(labels)]
    if criterion == "gini":
        return 1 - sum(p * p for p in shares)
    return -sum(p * math.log2(p) for p in shares)


def questions(rows, unordered):
    """Yield column and the set of rows that go left, for each question that divides the rows."""
    for column in range(len(rows[0])):
        values = sorted({row[column] for row in rows})
        if column in unordered:
            first, *rest = values
            for size in range(len(rest)):
                for others in itertools.combinations(rest, size):
                    yield column, {first, *others}
        else:
            for k in range(1, len(values)):
                yield column, set(values[:k])


def by_brute_force(rows, labels, unordered=(), criterion="gini", depth=99):
    """Return a nested tree: counts of labels at a leaf; a question, a decrease and two children."""
    whole = impurity_of(labels, criterion)
    best = None
    for column, left in questions(rows, unordered) if depth and whole > 0 else ():
        sides = [[], []]
        for row, label in zip(rows, labels, strict=True):
            sides[row[column] not in left].append(label)
        decrease = whole - sum(
            Fraction(len(side), len(labels)) * impurity_of(side, criterion) for side in sides
        )
        if best is None or decrease > best[0] + 1e-13:
            best = decrease, column, left
    if best is None:
        return sorted((label, labels.count(label)) for label in set(labels))
    decrease, column, left = best
    children = []
    for side in (True, False):
        own = [i for i, row in enumerate(rows) if (row[column] in left) == side]
        child = [rows[i] for i in own], [labels[i] for i in own]
        children.append(by_brute_force(*child, unordered, criterion, depth - 1))
    return float(decrease), column, *children


def as_nested(tree, node=0):
    """Return our tree in the same form."""
    if tree.left[node] < 0:
        counts = tree.counts[node]
        return [(tree.classes[k], counts[k]) for k in np.flatnonzero(counts)]
    left = tree.left[node]
    n = tree.counts.sum(axis=1)
    after = n[left] * tree.impurity[left] + n[left + 1] * tree.impurity[left + 1]
    decrease = tree.impurity[node] - after / n[node]
    children = as_nested(tree, left), as_nested(tree, left + 1)
    return float(decrease), int(tree.feature[node]), *children


def decreases(nested):
    """Return the first numbers of all questions, in order."""
    if isinstance(nested, list):
        return []
    return [nested[0], *decreases(nested[2]), *decreases(nested[3])]


def shape(nested):
    """Return a nested tree without its decreases."""
    if isinstance(nested, list):
        return nested
    return nested[1], shape(nested[2]), shape(nested[3])


def assert_same(ours, theirs):
    assert shape(as_nested(ours)) == shape(theirs)
    np.testing.assert_allclose(decreases(as_nested(ours)), decreases(theirs), atol=1e-12)


# By hand -------------------------------------------------------------------------------------


def test_eight_and_four_by_hand():
    tree = fit_tree(FIRST, EIGHT_AND_FOUR)
    np.testing.assert_array_equal(tree.counts, [[4, 8], [4, 4], [0, 4]])
    np.testing.assert_allclose(tree.impurity, [4 / 9, 1 / 2, 0], rtol=1e-15)
    np.testing.assert_array_equal(tree.left, [1, -1, -1])
    np.testing.assert_array_equal(tree.feature, [0, -1, -1])
    assert tree.threshold[0] == 0.5
    np.testing.assert_allclose(tree.predict_proba([[0.5], [0.6]]), [[0.5, 0.5], [0, 1]])
    assert (tree.n_leaves, tree.depth) == (2, 1)


def test_a_question_that_gains_nothing_is_asked_where_the_next_ones_gain():
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    tree = fit_tree(X, y)
    np.testing.assert_array_equal(tree.predict(X), y)
    assert (tree.depth, tree.n_leaves) == (2, 4)


def test_values_without_order_by_hand():
    values = np.repeat([0, 1, 2, 3], [5, 2, 3, 7])[:, None]
    y = np.repeat([1, 0, 1, 0], [5, 2, 3, 7])
    tree = fit_tree(values, y, unordered=[0])
    assert tree.n_leaves == 2
    assert tree.values[0] == 0b1010  # 1 and 3 go left
    np.testing.assert_array_equal(tree.predict(values), y)
    assert fit_tree(values, y).n_leaves == 4


def test_of_equal_splits_the_first_column_and_the_smallest_threshold():
    X = np.array([[1, 0], [2, 1], [3, 2], [4, 3]])
    for table in (X, X[:, ::-1] * [1, 1]):
        tree = fit_tree(table, [0, 1, 0, 1], max_depth=1)
        assert (tree.feature[0], tree.threshold[0]) == (0, table[0, 0] + 0.5)


# Laws ----------------------------------------------------------------------------------------


def test_children_share_the_rows_of_their_node():
    X, y = noisy_table()
    tree = fit_tree(X, y)
    inner = np.flatnonzero(tree.left >= 0)
    both = tree.counts[tree.left[inner]] + tree.counts[tree.left[inner] + 1]
    np.testing.assert_array_equal(both, tree.counts[inner])
    np.testing.assert_array_equal(tree.predict(X), y)
    assert (tree.impurity[tree.left < 0] == 0).all()
    leaves, sizes = np.unique(tree.apply(X), return_counts=True)
    np.testing.assert_array_equal(leaves, np.flatnonzero(tree.left < 0))
    np.testing.assert_array_equal(sizes, tree.counts.sum(axis=1)[leaves])


@pytest.mark.parametrize("rules", RULES)
def test_order_of_rows_names_of_classes_and_units_change_nothing(rules):
    X, y = noisy_table(n_classes=2)
    order = np.random.default_rng(11).permutation(N_ROWS)
    plain = fit_tree(X, y, **rules)
    shuffled = fit_tree(X[order], y[order], **rules)
    for ours, theirs in zip(plain, shuffled, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    names = np.array(["yes", "no"])[y]
    swapped = fit_tree(X * 1024 + 2048, names, **rules)
    np.testing.assert_array_equal(swapped.counts, plain.counts[:, ::-1])
    np.testing.assert_array_equal(swapped.threshold, plain.threshold * 1024 + 2048)
    np.testing.assert_array_equal(
        swapped.predict_proba(X * 1024 + 2048), plain.predict_proba(X)[:, ::-1]
    )


def test_a_rising_function_of_a_feature_changes_no_leaf():
    X, y = noisy_table()
    plain, bent = fit_tree(X, y), fit_tree(np.exp(3 * X), y)
    np.testing.assert_array_equal(plain.counts, bent.counts)
    np.testing.assert_array_equal(plain.apply(X), bent.apply(np.exp(3 * X)))


def test_rules_are_kept():
    X, y = noisy_table()
    n = N_ROWS

    def decrease(tree, node):
        left, own = tree.left[node], tree.counts.sum(axis=1)
        after = own[left : left + 2] @ tree.impurity[left : left + 2]
        return (own[node] * tree.impurity[node] - after) / n

    assert fit_tree(X, y, max_depth=3).depth == 3
    assert fit_tree(X, y, max_depth=0).n_leaves == 1
    split = fit_tree(X, y, min_samples_split=29)
    assert split.counts.sum(axis=1)[split.left >= 0].min() >= 29
    leaf = fit_tree(X, y, min_samples_leaf=7)
    assert leaf.counts.sum(axis=1).min() >= 7
    least = fit_tree(X, y, min_impurity_decrease=0.012)
    assert min(decrease(least, node) for node in np.flatnonzero(least.left >= 0)) >= 0.012
    assert len({tree.n_leaves for tree in (split, leaf, least, fit_tree(X, y))}) == 4


def test_columns_that_say_nothing_are_harmless():
    X, y = noisy_table()
    constant = np.column_stack([np.full(N_ROWS, 7.0), X, np.zeros(N_ROWS)])
    plain, more = fit_tree(X, y), fit_tree(constant, y, unordered=[])
    np.testing.assert_array_equal(plain.counts, more.counts)
    assert fit_tree(np.ones((5, 2)), [0, 1, 0, 1, 1]).n_leaves == 1
    assert fit_tree(np.ones((5, 2)), [0, 1, 0, 1, 1]).predict([[3, 3]]) == [1]


def test_a_single_class_or_row_is_a_leaf():
    tree = fit_tree(np.arange(6).reshape(3, 2), ["a", "a", "a"])
    assert tree.n_leaves == 1
    np.testing.assert_array_equal(tree.predict([[9, 9]]), ["a"])
    np.testing.assert_array_equal(tree.predict_proba([[9, 9]]), [[1]])
    assert fit_tree([[1.0]], [True]).predict([[0]])[0]
    assert tree.predict(np.zeros((0, 2))).shape == (0,)


def test_a_value_that_a_node_has_not_seen_goes_to_the_larger_child():
    X = np.array([[0, 0], [0, 1], [0, 1], [1, 2], [1, 2], [0, 0]])
    y = np.array([1, 0, 0, 1, 1, 1])
    tree = fit_tree(X, y, unordered=[1])  # without order: 0 and 2 against 1
    assert tree.values[0] == 0b010
    deep = fit_tree(np.column_stack([X[:, 0] * 9, X[:, 1]]), [1, 0, 0, 0, 1, 1], unordered=[1])
    for grown in (tree, deep):
        assert set(grown.apply([[0, 0], [0, 1], [0, 2], [9, 2]])) <= set(range(len(grown.left)))
    X = [[0], [0], [0], [1], [3], [3]]
    for y, goes in (([0, 0, 0, 0, 1, 1], 1), ([0, 0, 0, 1, 1, 1], 1), ([1, 1, 1, 1, 0, 0], 2)):
        assert fit_tree(X, y, unordered=[0]).apply([[2]]) == [goes]


@given(
    hnp.arrays(float, (11, 2), elements=st.floats(width=64, allow_nan=False, allow_infinity=False)),
    hnp.arrays(int, 11, elements=st.integers(0, 2)),
)
def test_rows_that_differ_are_told_apart_whatever_their_numbers(X, y):
    with np.errstate(all="raise", under="ignore"):
        tree = fit_tree(X, y)
    leaves, groups = tree.apply(X), {}
    for row, label in zip(map(tuple, X + 0.0), y, strict=True):
        groups.setdefault(row, []).append(label)
    for row, label, leaf in zip(map(tuple, X + 0.0), y, leaves, strict=True):
        if len(set(groups[row])) == 1:
            assert tree.classes[tree.counts[leaf].argmax()] == label
            assert tree.impurity[leaf] == 0
        else:
            np.testing.assert_array_equal(
                tree.counts[leaf], [groups[row].count(c) for c in tree.classes]
            )


# Witnesses -----------------------------------------------------------------------------------


def compare(ours, theirs, node=0, other=0):
    """Return how many questions are the same, and how many differ; those have to gain the same."""
    np.testing.assert_allclose(
        theirs.value[other, 0] * theirs.n_node_samples[other], ours.counts[node], atol=1e-9
    )
    np.testing.assert_allclose(theirs.impurity[other], ours.impurity[node], atol=1e-13)
    left, its = ours.left[node], theirs.children_left[other]
    assert (left < 0) == (its < 0)
    if left < 0:
        return np.array([0, 0])
    asked = theirs.feature[other], theirs.threshold[other]
    if (ours.feature[node], ours.threshold[node]) != asked:
        below = its, theirs.children_right[other]
        n = theirs.weighted_n_node_samples
        after = sum(n[k] * theirs.impurity[k] for k in below) / n[other]
        gain = theirs.impurity[other] - after
        assert as_nested(ours, node)[0] == pytest.approx(gain, abs=1e-12)
        return np.array([0, 1])
    right = compare(ours, theirs, left + 1, theirs.children_right[other])
    return compare(ours, theirs, left, its) + right + np.array([1, 0])


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_trees_are_those_of_scikit_learn(rules, n_classes):
    X, y = noisy_table(n_classes=n_classes)
    ours = fit_tree(X, y, **rules)
    theirs = DecisionTreeClassifier(random_state=0, **rules).fit(X, y)
    same, ties = compare(ours, theirs.tree_)
    assert same > 2 * ties
    if not ties:
        new = np.random.default_rng(13).normal(size=(1009, N_COLUMNS)).astype(np.float32)
        np.testing.assert_allclose(
            ours.predict_proba(new), theirs.predict_proba(new), rtol=1e-10, atol=1e-10
        )


LARGE = {"max_depth": 5, "min_samples_split": 40}  # no ties, so that there is one tree only


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_large_nodes_have_no_ties_and_the_trees_agree_to_the_last_leaf(criterion):
    X, y = noisy_table(2003)
    theirs = DecisionTreeClassifier(random_state=0, criterion=criterion, **LARGE).fit(X, y)
    same, ties = compare(fit_tree(X, y, criterion=criterion, **LARGE), theirs.tree_)
    assert same > 20
    assert not ties


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
@pytest.mark.parametrize("seed", range(7))
def test_trees_are_those_of_brute_force(criterion, seed):
    rng = np.random.default_rng(seed)
    rows = [tuple(row) for row in rng.integers(0, 5, (23, 3)).tolist()]
    labels = rng.integers(0, 3, 23).tolist()
    ours = fit_tree(rows, labels, criterion=criterion)
    assert_same(ours, by_brute_force(rows, labels, (), criterion))


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
@pytest.mark.parametrize("seed", range(7))
def test_no_set_of_values_beats_the_order_of_their_shares(criterion, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, 61)
    labels = (rng.random(61) < rng.random(6)[values]).astype(int).tolist()
    rows = [(value,) for value in values.tolist()]
    best, *_ = by_brute_force(rows, labels, (0,), criterion, depth=1)
    tree = fit_tree(rows, labels, unordered=[0], criterion=criterion, max_depth=1)
    assert as_nested(tree)[0] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_mixed_columns_are_those_of_brute_force(seed):
    rng = np.random.default_rng(seed)
    table = np.column_stack([rng.integers(0, 4, 29), rng.permutation(29), rng.integers(0, 5, 29)])
    labels = (rng.random(29) < 0.2 + 0.15 * table[:, 2] % 0.5).astype(int).tolist()
    rows = [tuple(row) for row in table.tolist()]
    ours = fit_tree(rows, labels, unordered=(0, 2))
    theirs = by_brute_force(rows, labels, (0, 2))
    assert as_nested(ours)[:2] == (pytest.approx(theirs[0], abs=1e-12), theirs[1])
    assert ours.impurity[ours.left < 0].sum() == 0


def all_prunings(tree, node=0):
    """Yield cost without price, and number of leaves, of every tree that pruning can leave."""
    n = tree.counts.sum(axis=1)
    yield n[node] / n[0] * tree.impurity[node], 1
    if (left := tree.left[node]) >= 0:
        for one, other in itertools.product(all_prunings(tree, left), all_prunings(tree, left + 1)):
            yield one[0] + other[0], one[1] + other[1]


@pytest.mark.parametrize("seed", range(5))
def test_no_other_pruning_costs_less(seed):
    X, y = noisy_table(43, 2, 3, seed)
    tree = fit_tree(X, y, max_depth=4)
    choices = list(all_prunings(tree))
    path = pruning_path(tree)
    between = np.append((path.alphas[1:] + path.alphas[:-1]) / 2, path.alphas[-1] + 1)
    for alpha in [*path.alphas[1:], *between]:
        pruned = prune(tree, alpha)
        ((n, cost),) = zip(*[pruning_path(pruned)[k][:1] for k in (1, 2)], strict=True)
        least = min(c + alpha * m for c, m in choices)
        assert cost + alpha * n == pytest.approx(least, abs=1e-12)
        assert n == min(m for c, m in choices if c + alpha * m < least + 1e-9)


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_pruning_path_is_that_of_scikit_learn(criterion):
    X, y = noisy_table(2003)
    rules = {"criterion": criterion, **LARGE}
    theirs = DecisionTreeClassifier(random_state=0, **rules)
    path = theirs.cost_complexity_pruning_path(X, y)
    ours = pruning_path(fit_tree(X, y, **rules))
    last = np.flatnonzero(np.append(np.diff(path.ccp_alphas) > 1e-12, True))  # of equal prices
    np.testing.assert_allclose(ours.alphas, path.ccp_alphas[last], atol=1e-12)
    np.testing.assert_allclose(ours.impurities, path.impurities[last], atol=1e-12)
    for alpha in (ours.alphas[1:-1] + ours.alphas[2:]) / 2:
        pruned = DecisionTreeClassifier(random_state=0, ccp_alpha=alpha, **rules)
        left = prune(fit_tree(X, y, **rules), alpha)
        assert pruned.fit(X, y).get_n_leaves() == left.n_leaves
        np.testing.assert_allclose(pruned.predict_proba(X), left.predict_proba(X), atol=1e-12)


def test_pruning_removes_more_and_more():
    X, y = noisy_table()
    tree = fit_tree(X, y)
    path = pruning_path(tree)
    assert (np.diff(path.alphas) > 0).all()
    assert (np.diff(path.n_leaves) < 0).all()
    assert (np.diff(path.impurities) > 0).all()
    assert (path.n_leaves[-1], path.alphas[0]) == (1, 0)
    links = weakest_links(tree)
    inner = np.flatnonzero(tree.left >= 0)
    assert (links[tree.left[inner]] <= links[inner]).all()
    assert (links[tree.left[inner] + 1] <= links[inner]).all()
    single = pruning_path(prune(tree, 9))
    np.testing.assert_array_equal(single.n_leaves, [1])
    twice = prune(prune(tree, path.alphas[3]), path.alphas[7])
    for ours, theirs in zip(twice, prune(tree, path.alphas[7]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# What the page prints ------------------------------------------------------------------------

SHARES = [[0.5, 0.5], [1.0, 0.0], [0.2, 0.3, 0.5], [0.1, 0.2, 0.3, 0.4]]


@pytest.mark.equation("tree-gini")
@pytest.mark.parametrize("p", SHARES)
def test_gini_is_the_share_of_pairs_that_differ(evidence, p):
    items = np.repeat(np.arange(len(p)), np.rint(10 * np.array(p)).astype(int))
    differ = np.mean(items[:, None] != items)
    evidence.evaluates(
        {"p": p, "K": len(p), "G": differ}, witness="all pairs of ten items", within=1e-14
    )
    assert gini(np.multiply(10, p)) == pytest.approx(differ, abs=1e-15)


@pytest.mark.equation("tree-entropy")
@pytest.mark.parametrize("p", SHARES[:1] + SHARES[2:])
def test_entropy_is_that_of_scipy(evidence, p):
    evidence.evaluates(
        {"p": p, "K": len(p), "H": scipy_entropy(p, base=2)}, witness="SciPy", within=1e-14
    )
    assert entropy(p) == pytest.approx(scipy_entropy(p, base=2), abs=1e-15)
    assert entropy([3, 0]) == 0


@pytest.mark.equation("tree-decrease")
@pytest.mark.parametrize(("n_rows", "n_classes"), [(N_ROWS, N_CLASSES), (97, 2)])
@pytest.mark.parametrize("seed", [7, 11])
def test_decrease_is_the_one_that_scikit_learn_reports(evidence, seed, n_rows, n_classes):
    X, y = noisy_table(n_rows, n_classes=n_classes, seed=seed)
    stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    n, sides = stump.tree_.n_node_samples, stump.tree_.impurity
    (decrease,) = stump.tree_.compute_feature_importances(normalize=False).max(keepdims=True)
    evidence.evaluates(
        {
            "n": n[0], "n_L": n[1], "n_R": n[2], "G": sides[0], "G_L": sides[1], "G_R": sides[2],
            r"\Delta": decrease,
        },
        witness="scikit-learn", within=1e-13,
    )  # fmt: skip
    assert as_nested(fit_tree(X, y, max_depth=1))[0] == pytest.approx(decrease, abs=1e-13)


@pytest.mark.equation("tree-two-classes")
@pytest.mark.parametrize(("ones", "zeros"), [(8, 4), (1, 6), (5, 5)])
def test_gini_of_two_classes_is_twice_the_variance(evidence, ones, zeros):
    q = ones / (ones + zeros)
    evidence.evaluates(
        {"q": q, "G": 2 * pvariance([1.0] * ones + [0.0] * zeros)},
        chance=[(q, {"y": 1}), (1 - q, {"y": 0})], witness="Python's variance", within=1e-14,
    )  # fmt: skip
    assert gini([ones, zeros]) == pytest.approx(2 * q * (1 - q))


@pytest.mark.equation("tree-questions")
@pytest.mark.parametrize("v", [2, 3, 5])
def test_number_of_questions_by_listing_them(evidence, v):
    rows = [(value,) for value in range(v)]
    evidence.evaluates(
        {
            "v": v, r"S_{\mathrm{ordered}}": len(list(questions(rows, ()))),
            r"S_{\mathrm{unordered}}": len(list(questions(rows, (0,)))),
        },
        witness="a list of all questions", within=0,
    )  # fmt: skip


def leaves_below(tree, node):
    if tree.left[node] < 0:
        return {int(node)}
    return leaves_below(tree, tree.left[node]) | leaves_below(tree, tree.left[node] + 1)


@pytest.mark.equation("tree-cost")
@pytest.mark.parametrize("n_rows", [N_ROWS, 97])
def test_cost_is_the_impurity_of_rows_in_their_leaves_and_a_price(evidence, n_rows):
    X, y = noisy_table(n_rows)
    for alpha in (0.003, 0.02):
        theirs = DecisionTreeClassifier(random_state=0, ccp_alpha=alpha).fit(X, y).tree_
        own = theirs.n_node_samples
        leaves = frozenset(np.flatnonzero(theirs.children_left < 0).tolist())
        path = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(X, y)
        step = np.flatnonzero(path.ccp_alphas <= alpha)[-1]
        cost = path.impurities[step] + alpha * len(leaves)
        evidence.evaluates(
            {
                "n_t": lambda t, own=own: own[t], "n": n_rows, r"\alpha": alpha, "C": cost,
                "G_t": lambda t, of=theirs.impurity: of[t], r"\mathcal{L}": leaves,
                "m": len(leaves),
            },
            witness="scikit-learn's path", within=1e-12,
        )  # fmt: skip


@pytest.mark.equation("tree-link")
@pytest.mark.parametrize("n_rows", [2003, 1009])
def test_a_node_and_its_branch_cost_the_same_at_the_price_of_its_link(evidence, n_rows):
    X, y = noisy_table(n_rows)
    tree = fit_tree(X, y, **LARGE)
    n = tree.counts.sum(axis=1)
    path = DecisionTreeClassifier(random_state=0, **LARGE).cost_complexity_pruning_path(X, y)
    links = weakest_links(tree)
    weakest = int(np.flatnonzero(links == links[links > 0].min())[0])
    evidence.evaluates(
        {
            "n_t": lambda t: n[t], "n": n_rows, "G_t": lambda t: tree.impurity[t],
            r"\mathcal{L}_t": lambda t: frozenset(leaves_below(tree, t)),
            "m_t": lambda t: len(leaves_below(tree, t)),
            r"\alpha_t": lambda t: path.ccp_alphas[1] if t == weakest else links[t],
        },
        at={"t": [weakest, *(k for k in tree.left[tree.left >= 0] if is_lowest(tree, k))]},
        witness="scikit-learn's path", within=1e-10,
    )  # fmt: skip


def is_lowest(tree, node):
    """Whether a node is split and its children are leaves, so that nothing below goes first."""
    left = tree.left[node]
    return left >= 0 and (tree.left[left : left + 2] < 0).all()


# Complaints ----------------------------------------------------------------------------------

X2 = [[0.0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        ([0.0, 1], [0, 1], {}, r"X must have shape \(n_samples, n_features\), got \(2,\)"),
        (np.zeros((0, 2)), [], {}, "X must hold at least one number"),
        ([[0.0], [np.nan]], [0, 1], {}, "X must be finite, got nan. Remove or fill"),
        ([["a"], ["b"]], [0, 1], {}, "X must hold real numbers, got strings"),
        (X2, [0, 1, 1], {}, r"y must have shape \(n_samples=2,\), got \(3,\)"),
        (X2, [0.0, 1.0], {}, "y must hold integers, truth values or strings, got float64"),
        (X2, ["a", None], {}, "y must hold only integers, .* or only strings, got None"),
        (X2, np.array(["a", 1], dtype=object), {}, "y must hold only integers, .* strings, got 1"),
        (X2, np.ma.masked_array([0, 1], [0, 1]), {}, "got a masked array"),
        (X2, [0, 1], {"criterion": "error"}, "criterion must be 'gini' or 'entropy', got 'error'"),
        (X2, [0, 1], {"max_depth": -1}, "max_depth must be at least 0, got -1"),
        (X2, [0, 1], {"min_samples_split": 1}, "min_samples_split must be at least 2"),
        (X2, [0, 1], {"min_samples_leaf": 0}, "min_samples_leaf must be at least 1"),
        (X2, [0, 1], {"min_impurity_decrease": -1}, "min_impurity_decrease must be at least 0"),
        (X2, [0, 1], {"unordered": [2]}, "unordered must be at least 0 and at most 1, got 2"),
        ([[0.5, 1], [1, 0]], [0, 1], {"unordered": [0]}, "integers from 0 to 61 in column 0"),
        ([[62, 1], [1, 0]], [0, 1], {"unordered": [0]}, "integers from 0 to 61 in column 0"),
        ([[0], [1], [2]], [0, 1, 2], {"unordered": [0]}, "unordered must be empty for 3 classes"),
    ],
)
def test_complaints_of_the_tree(X, y, options, message):
    with pytest.raises(ValueError, match=message):
        fit_tree(X, y, **options)


def test_other_complaints():
    tree = fit_tree([[0, 1.0], [1, 2], [1, 3]], [0, 1, 1], unordered=[0])
    with pytest.raises(ValueError, match=r"X must have shape \(n_samples, n_features=2\)"):
        tree.predict([[0.0]])
    with pytest.raises(ValueError, match=r"integers from 0 to 1 in column 0, .* got 2"):
        tree.predict([[2, 1]])
    with pytest.raises(ValueError, match="X must be finite, got inf"):
        tree.predict([[0, np.inf]])
    with pytest.raises(ValueError, match="alpha must be at least 0, got -1"):
        prune(tree, -1)
    with pytest.raises(TypeError, match="there is no rule 'depth'"):
        fit_tree([[0], [1]], [0, 1], depth=3)
    for measure in (gini, entropy):
        with pytest.raises(ValueError, match="counts must hold an item in each node"):
            measure([[1, 2], [0, 0]])
        with pytest.raises(ValueError, match="counts must be at least 0, got -1"):
            measure([1, -1])
