#!/bin/sh
# McNemar's test finds two models that give the same answers different, with p = 0.
#
# Seen with mlxtend 0.25.0, statsmodels 0.15.0, SciPy 1.17.1; Python 3.11.
#
# Expected. Where two models are right and wrong about the same examples, nothing speaks for a
# difference: p = 1, or no number at all. The exact test of both packages says 1.
#
# What happens. Let b be the examples that only the one is right about, and c those of the other.
# The test by chi-squared corrects their difference for continuity by taking one off, also where
# there is none to take it from. With b = c = 0 that is one, squared, divided by zero: an infinite
# statistic, whose p is zero. With b = c = 1 it is p = 0.48, as for a statistic of one half. This is
# the default in mlxtend, and `exact=False` in statsmodels; NumPy warns of a division by zero at
# most.
#
# Why it matters. A table of comparisons shows a model that was saved twice under two names, or a
# change without effect, as the most significant row of all.
#
# Way out. The exact test.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    scipy==1.17.1 mlxtend==0.25.0 statsmodels==0.15.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
from mlxtend.evaluate import mcnemar, mcnemar_table
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels

print("Python", sys.version.split()[0])
for name in ("mlxtend", "statsmodels", "scipy"):
    print(name, version(name))
warnings.simplefilter("ignore")
truth = np.arange(40) % 2
model = np.where(np.arange(40) % 4 == 0, 1 - truth, truth)
found = []
for apart in (0, 1):
    first, second = model.copy(), model.copy()
    first[1 : 1 + 4 * apart : 4] = 1 - truth[1 : 1 + 4 * apart : 4]
    second[2 : 2 + 4 * apart : 4] = 1 - truth[2 : 2 + 4 * apart : 4]
    table = mcnemar_table(truth, first, second)
    assert table[0, 1] == table[1, 0] == apart
    found.append(
        [
            float(mcnemar(table)[1]),
            float(mcnemar_of_statsmodels(table, exact=False).pvalue),
            float(mcnemar(table, exact=True)[1]),
            float(mcnemar_of_statsmodels(table, exact=True).pvalue),
        ]
    )
    print(
        f"b = c = {apart}: p of mlxtend %.2f, statsmodels %.2f; exact %.2f, %.2f" % tuple(found[-1])
    )
if np.allclose(found, [[0, 0, 1, 1], [0.4795, 0.4795, 1, 1]], atol=1e-3):
    print("As found: models that agree on everything differ with p = 0.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
