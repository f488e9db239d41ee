#!/bin/sh
# hmmlearn's decoding by single states returns a positive log probability.
#
# Seen with hmmlearn 0.3.3, NumPy 2.4.6; Python 3.11.
#
# Expected. `decode` returns the log probability of the states it found, with either algorithm. With
# symbols as observations it is at most zero, and comparable between the algorithms.
#
# What happens. With `algorithm="map"` the number is the sum, over the observations, of the highest
# state probability at each: not a logarithm, always positive, and the larger the longer the
# sequence. With `algorithm="viterbi"` it is a log probability.
#
# Why it matters. A longer sentence gets a better score; comparing the two algorithms by their
# scores always gives it to the one whose scores are no scores.
#
# Known. hmmlearn 188, open since 2017.
#
# Way out. The logarithms of the highest values of `predict_proba`, or the joint probability by
# hand.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 hmmlearn==0.3.3

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from hmmlearn.hmm import CategoricalHMM

print("Python", sys.version.split()[0], "hmmlearn", version("hmmlearn"))
model = CategoricalHMM(2)
model.n_features = 2
model.startprob_ = np.array([0.5, 0.5])
model.transmat_ = np.array([[0.9, 0.1], [0.2, 0.8]])
model.emissionprob_ = np.array([[0.9, 0.1], [0.2, 0.8]])
symbols = np.array([0, 0, 1, 1, 1, 0, 0])[:, None]
by_path, path = model.decode(symbols, algorithm="viterbi")
by_state, states = model.decode(symbols, algorithm="map")
highest = model.predict_proba(symbols).max(axis=1)
print(f"viterbi: {path}, {by_path:.3f}")
print(f"map:     {states}, {by_state:.3f}")
print(f"sum of the highest probabilities: {highest.sum():.3f}")
print(f"sum of their logarithms: {np.log(highest).sum():.3f}")
if (path == states).all() and by_path < 0 < by_state and abs(by_state - highest.sum()) < 1e-9:
    print("As found: the same states, and a number that is no logarithm.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
