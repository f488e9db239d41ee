#!/bin/sh
# mlxtend's test of two accuracies finds no difference if the better model comes first.
#
# Seen with mlxtend 0.25.0, statsmodels 0.15.0; Python 3.11.
#
# Expected. `proportion_difference` "computes the test statistic and p-value for a difference of
# proportions test". It has no argument for a direction, and the user guide rejects equality beyond
# z = 1.96, which is the limit in both directions. So p should not depend on which model is named
# first.
#
# What happens. It is the probability of a statistic below the one found. With 90 and 50 right of a
# hundred, p is 1.0 to nine digits, so the difference counts as the least significant that can be;
# the other way round it is zero. For two equal models p is 0.5. Every p is half of that of a test
# in both directions, or one minus that half. (The example of the user guide has z = -1.754 and p =
# 0.040, and calls that significant.)
#
# Why it matters. Half of all comparisons come out the wrong way round, and the other half twice as
# significant as they are.
#
# Way out. `proportions_ztest` of statsmodels.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    mlxtend==0.25.0 statsmodels==0.15.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from mlxtend.evaluate import proportion_difference
from statsmodels.stats.proportion import proportions_ztest

print("Python", sys.version.split()[0], "mlxtend", version("mlxtend"))
found = []
for first, second in ((90, 50), (50, 90), (70, 70)):
    p = float(proportion_difference(first / 100, second / 100, n_1=100)[1])
    usual = float(proportions_ztest([first, second], [100, 100])[1])
    found.append((p, usual))
    print(f"{first} and {second} right of 100: p = {p:.3g}; by statsmodels: {usual:.3g}")
(better, usual), (worse, usual_again), (equal, one) = found
if better > 0.999999 and worse < 1e-6 and equal == 0.5 and usual == usual_again < 1e-6 and one == 1:
    print("As found: one direction only, and the other is the wrong way round.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
