#!/bin/sh
# In scikit-learn's forests the rules on the size of nodes do not count the bootstrap sample.
#
# Seen with scikit-learn 1.9.1; Python 3.11.
#
# Expected. A random forest grows each tree on a bootstrap sample, as large as the table. So its
# trees, with all features at each split, are those that `DecisionTreeClassifier` grows on these
# samples with the same `min_samples_leaf` and `min_samples_split`, "the minimum number of samples
# required to be at a leaf node" and "to split an internal node".
#
# What happens. Each tree is grown on the whole table, with the numbers of draws as weights. Both
# rules count rows whose weight is not zero, whatever the weight. A row that was drawn three times
# is one row, and a sample holds less than two thirds of the rows on average. So the rules ask for
# half as much again as they say: with ten rows and `min_samples_leaf=5` none of a hundred trees is
# split, while trees on the same samples split in most cases. Without a rule the trees are the
# same. Impurities and probabilities count each draw, and so does `min_weight_fraction_leaf`.
#
# Why it matters. One and the same number is another rule in a tree than in a forest, with
# `bootstrap` than without, and here than in a library that copies the rows. As a share,
# `min_samples_leaf=0.4` is one of all rows, and not of those that the tree has. The guide to trees
# says that `min_samples_split` ignores weights; that draws are weights is not said to users of
# forests.
#
# Way out. `min_weight_fraction_leaf=k / n` for at least `k` of `n` draws in a leaf.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check scikit-learn==1.9.1

"$folder/venv/bin/python" -W error - <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

print("Python", sys.version.split()[0], "scikit-learn", sklearn.__version__)


def leaves(X, y, rule, forests_rule=None):
    """Mean leaves of a forest's trees and of trees on its samples; how many trees agree there."""
    forest = RandomForestClassifier(100, max_features=None, random_state=0, **forests_rule or rule)
    forest.fit(X, y)
    counts, equal = [], 0
    for tree, rows in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        own = DecisionTreeClassifier(random_state=0, **rule).fit(X[rows], y[rows])
        counts.append((tree.get_n_leaves(), own.get_n_leaves()))
        shares = np.zeros((2, len(X), 2))  # of the classes 0 and 1
        for share, one in zip(shares, (tree, own), strict=True):
            share[:, one.classes_.astype(int)] = one.predict_proba(X)
        equal += np.allclose(*shares[:, rows])
    return *np.mean(counts, axis=0), equal


ten = np.arange(10.0)[:, None]
rng = np.random.default_rng(7)
many = rng.normal(size=(400, 1))
noisy = (many[:, 0] + rng.normal(size=400) > 0).astype(int)
tables = {"ten rows": (ten, (ten[:, 0] > 4).astype(int)), "400 rows": (many, noisy)}
found = {}
for table, name, rule, forests_rule in (
    ("ten rows", "no rule", {}, None),
    ("ten rows", "leaf 5", {"min_samples_leaf": 5}, None),
    ("ten rows", "split 10", {"min_samples_split": 10}, None),
    ("400 rows", "no rule", {}, None),
    ("400 rows", "leaf 20", {"min_samples_leaf": 20}, None),
    ("400 rows", "split 40", {"min_samples_split": 40}, None),
    ("400 rows", "weight", {"min_samples_leaf": 20}, {"min_weight_fraction_leaf": 20 / 400}),
):
    found[table, name] = leaves(*tables[table], rule, forests_rule)
    forest, own, equal = found[table, name]
    print(
        f"{table}, {name}: {forest:.2f} leaves a tree in the forest, {own:.2f} in trees on its"
        f" samples; {equal} of 100 agree"
    )

if (
    all(found[table, "no rule"][2] == 100 for table in tables)
    and found["ten rows", "leaf 5"][0] == found["ten rows", "split 10"][0] == 1
    and found["ten rows", "leaf 5"][1] > 1.5 < found["ten rows", "split 10"][1]
    and all(
        found["400 rows", rule][0] < 0.8 * found["400 rows", rule][1]
        for rule in ("leaf 20", "split 40")
    )
    and found["400 rows", "weight"][2] == 100
):
    print("As found: the rules count rows that were drawn, and not the draws.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
