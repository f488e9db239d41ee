#!/bin/sh
# mlxtend's importance of a group of features shuffles other columns, and leaves them shuffled.
#
# Seen with mlxtend 0.25.0, NumPy 2.4.6; Python 3.11.
#
# Expected. `feature_importance_permutation` shuffles a column, looks how much worse the model gets,
# and puts it back. With `feature_groups=[0, 1, 2, [3, 4]]` it shuffles columns 3 and 4 together.
#
# What happens. For a group of two it shuffles the first two columns of the table, whichever are in
# the group, and puts back those of the group. So a model that looks at columns 3 and 4 alone has an
# importance of zero for them. One that looks at 0 and 1 alone has 0.5, all that there is, for the
# group of 2, 3 and 4, and from there on for every feature, as its data is destroyed. That is the
# caller's own array: it stays shuffled after the return, so that the model is right about half of
# its training data, where it was right about all. (An open report of mlxtend, number 1092, calls
# groups strange.)
#
# Why it matters. The groups are meant for columns that encode one feature, and those are rarely the
# first. All that is done with the table afterwards, such as a last fit, is done with noise.
#
# Way out. `permutation_importance` of scikit-learn for single columns; for groups, one's own loop.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 mlxtend==0.25.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from mlxtend.evaluate import feature_importance_permutation

print("Python", sys.version.split()[0])
for name in ("mlxtend", "numpy"):
    print(name, version(name))

original = np.random.default_rng(0).normal(size=(500, 5))


def importance(used, groups):
    """Return importances for a model of two columns, which columns changed, and a last score."""
    table = original.copy()

    def model(rows):
        return (rows[:, used].sum(axis=1) > 0).astype(int)

    labels = model(table)
    means, _ = feature_importance_permutation(
        table, labels, model, "accuracy", feature_groups=groups, num_rounds=3, seed=1
    )
    changed = np.flatnonzero((table != original).any(axis=0)).tolist()
    score = float((model(table) == labels).mean())
    print(f"model of {used}: {dict(zip(map(str, groups), means.round(2).tolist()))}")
    print(f"    columns changed afterwards {changed}, right about {score:.2f}")
    return means, changed, score


last, changed_by_last, score_of_last = importance([3, 4], [0, 1, 2, [3, 4]])
first, changed_by_first, score_of_first = importance([0, 1], [[2, 3, 4], 0, 1])
alone, changed_by_none, _ = importance([3, 4], [0, 1, 2, 3, 4])
if (
    not last.any()
    and changed_by_last == [0, 1]
    and score_of_last == 1
    and (first > 0.4).all()
    and changed_by_first == [0, 1]
    and score_of_first < 0.6
    and not alone[:3].any()
    and (alone[3:] > 0.15).all()
    and changed_by_none == []
):
    print("As found: other columns are shuffled, for good.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
