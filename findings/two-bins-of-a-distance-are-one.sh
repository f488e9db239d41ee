#!/bin/sh
# With two bins, frouros' Kullback-Leibler and Jensen-Shannon distances are zero for any data.
#
# Seen with frouros 0.9.0, NumPy 2.1.3, SciPy 1.14.1; Python 3.11.
#
# Expected. `num_bins` is the "number of bins in which to divide probabilities". A column of yes and
# no is divided into two, and its distance is that of two shares.
#
# What happens. `KL` and `JS` place as many edges as there should be bins, and have one bin less.
# With two, one bin holds everything: a column that goes from five in a hundred to ninety-five has
# distance 0.0, as every other has. With three bins both numbers are right for two. `PSI` and
# `HellingerDistance` of the same package, with the same argument, count bins. The default of ten
# means nine.
#
# Why it matters. The simplest of columns never drifts, and no error or warning says that nothing
# was compared. A limit found with nine bins does not hold where another tool counts ten.
#
# Way out. One more than the number of bins wanted.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.1.3 scipy==1.14.1 frouros==0.9.0

"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys
from importlib.metadata import version

import numpy as np
from frouros.detectors.data_drift import JS, KL, PSI, HellingerDistance
from scipy.spatial.distance import jensenshannon

print("Python", sys.version.split()[0])
for name in ("frouros", "numpy", "scipy"):
    print(name, version(name))

few = np.repeat([0.0, 1.0], [95, 5])
many = np.repeat([0.0, 1.0], [5, 95])
log = math.log(0.95 / 0.05)
right = {
    "KL": 0.9 * log,
    "JS": float(jensenshannon([0.95, 0.05], [0.05, 0.95])),
    "PSI": 2 * 0.9 * log,
    "HellingerDistance": math.sqrt(1 - 2 * math.sqrt(0.95 * 0.05)),
}
found = {}
for method in (KL, JS, PSI, HellingerDistance):
    name = method.__name__
    found[name] = []
    for bins in (2, 3):
        detector = method(num_bins=bins)
        detector.fit(X=few)
        found[name].append(float(detector.compare(X=many)[0].distance))
    print(f"{name}: two bins {found[name][0]:.4f}, three {found[name][1]:.4f}, right", end=" ")
    print(f"{right[name]:.4f}")

wanted = [
    [0, right["KL"]],
    [0, right["JS"]],
    [right["PSI"]] * 2,
    [right["HellingerDistance"]] * 2,
]
if np.allclose(list(found.values()), wanted, atol=1e-9):
    print("As found: one bin less than was asked for.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
