#!/bin/sh
# BM25L of rank-bm25 grows without bound with the number of times a word is repeated.
#
# Seen with rank-bm25 0.2.2, NumPy 2.4.6; Python 3.11.
#
# Expected. All of the BM25 family saturate: the more often a word is repeated, the less is added,
# up to a limit. In BM25L the frequency of the word enters through its length-normalised form only.
#
# What happens. `BM25L` multiplies by the raw frequency once more. From one occurrence to two
# hundred in documents of one length the score grows by a factor above two hundred, where the
# formula allows a factor of less than two. `BM25Okapi` and `BM25Plus` are right.
#
# Why it matters. A page that repeats one word of the query wins over those that have all of them.
#
# Known. Pull request 20 of the project has removed the factor and was merged, but the newest
# release on the package index still has it.
#
# Way out. Another package, such as bm25s with `method="bm25l"`, or another variant.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 rank-bm25==0.2.2

"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys
from importlib.metadata import version

from rank_bm25 import BM25L, BM25Okapi, BM25Plus

print("Python", sys.version.split()[0], "rank-bm25", version("rank-bm25"))
LENGTH, OTHERS = 400, 30
times = (1, 10, 200)
documents = [["cat"] * n + ["dog"] * (LENGTH - n) for n in times] + [["sun"] * LENGTH] * OTHERS
factors = {}
for kind in (BM25Okapi, BM25Plus, BM25L):
    scores = kind(documents).get_scores(["cat"])[: len(times)]
    factors[kind.__name__] = scores[-1] / scores[0]
    print(f"{kind.__name__}:", ", ".join(f"{n} times {s:.2f}" for n, s in zip(times, scores)))

# The formula, with the package's own k1, b and delta; every document has the average length.
K1, DELTA = 1.5, 0.5
inverse = math.log(len(documents) + 1) - math.log(len(times) + 0.5)
formula = [inverse * (K1 + 1) * (n + DELTA) / (K1 + n + DELTA) for n in times]
print("BM25L by the formula:", ", ".join(f"{n} times {s:.2f}" for n, s in zip(times, formula)))
by_package = BM25L(documents).get_scores(["cat"])[: len(times)]
exact = all(abs(a - n * b) < 1e-9 for n, a, b in zip(times, by_package, formula))

if exact and factors["BM25L"] > 200 and factors["BM25Okapi"] < 3 and factors["BM25Plus"] < 3:
    print("As found: BM25L is the formula times the number of occurrences.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
