#!/bin/sh
# By mlxtend's permutation test, two samples of small numbers never differ.
#
# Seen with mlxtend 0.25.0, NumPy 2.4.6, SciPy 1.17.1; Python 3.11.
#
# Expected. A permutation test counts the arrangements whose statistic is at least as extreme as the
# one found. Which unit the numbers have cannot matter: if both samples are divided by a thousand
# million, every statistic is, and the count stays.
#
# What happens. `permutation_test` also counts what `numpy.isclose` takes for equal, which has an
# absolute tolerance of 1e-8 by default. Where all statistics are below that, every arrangement
# counts. Five numbers from 1 to 5 against five from 11 to 15 have p = 0.0079; in billionths they
# have p = 1, by the exact method and by the approximate one, paired or not. Twice as large, they
# have 0.18, which looks like a result. SciPy's `permutation_test` has a relative tolerance, and the
# same p in all units.
#
# Why it matters. Probabilities of words, squared errors of a good fit, and seconds or metres in
# small things are of that size. The strongest difference becomes none, without a warning.
#
# Way out. Multiply both samples by the same large number, or use SciPy's.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 mlxtend==0.25.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import scipy.stats
from mlxtend.evaluate import permutation_test

print("Python", sys.version.split()[0])
for name in ("mlxtend", "numpy", "scipy"):
    print(name, version(name))


def apart(first, second):
    """Return how far the means lie apart."""
    return abs(np.mean(first) - np.mean(second))


few, many = np.arange(1.0, 6.0), np.arange(11.0, 16.0)
found = {}
for unit in (1.0, 1e-6, 2e-9, 1e-9, 1e-12):
    first, second = few * unit, many * unit
    found[unit] = [
        float(permutation_test(first, second)),
        float(permutation_test(first, second, func="x_mean < y_mean")),
        float(permutation_test(first, second, method="approximate", num_rounds=500, seed=0)),
        float(permutation_test(first, second, paired=True)),
        float(scipy.stats.permutation_test((first, second), apart, alternative="greater").pvalue),
    ]
    print(unit, [round(p, 4) for p in found[unit]])

plain = found[1.0]
if (
    np.allclose(plain, [2 / 252, 1 / 252, plain[2], 2 / 32, 2 / 252])
    and plain[2] < 0.02
    and found[1e-6] == plain
    and 0.1 < found[2e-9][0] < 0.3
    and found[1e-9][0] == found[1e-9][2] == found[1e-9][3] == 1
    and found[1e-12][:4] == [1, 1, 1, 1]
    and all(np.isclose(p[4], 2 / 252) for p in found.values())
):
    print("As found: p depends on the unit.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
