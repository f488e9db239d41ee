#!/bin/sh
# A segmentation that is the true one has a precision and a recall of one half in ruptures.
#
# Seen with ruptures 1.1.10, NumPy 2.4.6, SciPy 1.17.1; Python 3.11.
#
# Expected. `precision_recall` counts a change point as found if one of the computed ones is nearer
# than the margin, ten points by default, and each of these counts for one. What is the truth itself
# has 1.0 and 1.0, and a wider margin never makes anything worse.
#
# What happens. The first of the true points uses up all computed ones within its margin, and not
# one. With changes at 100 and 105, the one at 105 is found by nothing, since both went to that at
# 100: the truth has 0.5 and 0.5, and four changes with five points between them have 0.75. Whoever
# finds 100 alone has 1.0 and 0.5, so that finding the second as well costs half of the precision,
# and adds nothing to the recall. With a margin of 5 the truth has 1.0 and 1.0; the wider margin of
# 6 halves both.
#
# Why it matters. Changes that lie close are what methods differ in. Here the one that separates
# them is ranked behind the one that does not.
#
# Way out. A margin of at most half of the shortest distance of two true points.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 ruptures==1.1.10

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from ruptures.metrics import precision_recall
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

print("Python", sys.version.split()[0])
for name in ("ruptures", "numpy", "scipy"):
    print(name, version(name))


def matched(true, computed, margin):
    """Return precision and recall if as many points as can be are matched one to one."""
    near = np.abs(np.subtract.outer(true[:-1], computed[:-1])) < margin
    pairs = int((maximum_bipartite_matching(csr_array(near), perm_type="column") >= 0).sum())
    return pairs / (len(computed) - 1), pairs / (len(true) - 1)


two, four, end = [100, 105], [100, 105, 110, 115], [300]
cases = {
    "two changes, and the truth": (two + end, two + end, 10),
    "two changes, and the first of them": (two + end, [100] + end, 10),
    "four changes, and the truth": (four + end, four + end, 10),
    "two changes, the truth, a margin of 5": (two + end, two + end, 5),
    "two changes, the truth, a margin of 6": (two + end, two + end, 6),
}
found = []
for name, (true, computed, margin) in cases.items():
    result = precision_recall(true, computed, margin=margin)
    right = matched(true, computed, margin)
    found.append((result, right))
    print(f"{name}: precision and recall {result}, by matching {right}")

# Where no computed point is near two true ones, both ways agree.
random = np.random.default_rng(0)
agree = []
for _ in range(200):
    true = np.sort(random.choice(np.arange(20, 300, 20), size=4, replace=False)).tolist() + end
    computed = np.sort(random.choice(np.arange(1, 300), size=6, replace=False)).tolist() + end
    agree.append(precision_recall(true, computed) == matched(true, computed, 10))
print(f"margin of half the distance: {sum(agree)} of 200 agree")

if (
    found
    == [
        ((0.5, 0.5), (1, 1)),
        ((1, 0.5), (1, 0.5)),
        ((0.75, 0.75), (1, 1)),
        ((1, 1), (1, 1)),
        ((0.5, 0.5), (1, 1)),
    ]
    and all(agree)
):
    print("As found: the first change uses up the points of the second.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
