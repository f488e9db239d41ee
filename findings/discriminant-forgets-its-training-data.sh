#!/bin/sh
# A linear discriminant with fewer points than features does not know its own training data.
#
# Seen with scikit-learn 1.9.1; Python 3.11.
#
# Expected. Twenty points with fifty features can be sorted by a plane whatever their labels are. So a
# discriminant either finds such a plane, and is right about all of its own points, or says that the
# scatter within the classes has no inverse.
#
# What happens. `LinearDiscriminantAnalysis` with its usual solver `svd` fits without a warning and
# is right about some three in four of its own points. It keeps the directions in which points of one
# class differ, and leaves out those in which only the classes do; the latter are the ones in which
# the training data are sorted without a mistake.
#
# Way out. `solver="lsqr"` with `shrinkage`, or fewer features.
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
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

print("Python", sys.version.split()[0], "scikit-learn", sklearn.__version__)
rng, labels = np.random.default_rng(7), np.arange(20) % 2
shares = {"svd": [], "lsqr": []}
for _ in range(50):
    points = rng.normal(size=(20, 50))
    for solver, amount in (("svd", None), ("lsqr", 0.3)):
        model = LinearDiscriminantAnalysis(solver=solver, shrinkage=amount)
        shares[solver].append(model.fit(points, labels).score(points, labels))
for solver, found in shares.items():
    print(f"{solver}: right about {np.mean(found):.0%} of its own points")
if np.mean(shares["svd"]) < 0.9 and np.mean(shares["lsqr"]) == 1:
    print("As found: the usual solver leaves out what sorts its training data.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
