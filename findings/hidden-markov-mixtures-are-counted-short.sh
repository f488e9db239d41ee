#!/bin/sh
# The information criteria of a hidden Markov model with mixtures count too few parameters.
#
# Seen with hmmlearn 0.3.3, NumPy 2.4.6; Python 3.11.
#
# Expected. `aic` and `bic` of a `GMMHMM` punish each free parameter. With n states and m mixture
# components, each of the states has weights of its own, of which m - 1 are free: n (m - 1) in all.
#
# What happens. m - 1 are counted, as if the states shared their weights. All other parameters are
# counted for each state. With three states and four components, six parameters go unpunished; how
# many depends on the very numbers that are to be chosen, so the best model is not the same.
#
# Why it matters. These criteria choose the number of states and components, here with too much of
# both.
#
# Way out. Add the difference: (n - 1)(m - 1) times 2, or times the logarithm of the number of
# points.
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
from hmmlearn.hmm import GMMHMM

print("Python", sys.version.split()[0], "hmmlearn", version("hmmlearn"))
points = np.random.default_rng(7).normal(size=(200, 1))


def counted(n_states, n_components):
    """Return the numbers of free parameters: by AIC, by BIC, and as the model has them."""
    model = GMMHMM(n_states, n_components, covariance_type="diag")
    model.n_features = 1
    model.startprob_ = np.full(n_states, 1 / n_states)
    model.transmat_ = np.full((n_states, n_states), 1 / n_states)
    model.weights_ = np.full((n_states, n_components), 1 / n_components)
    model.means_ = np.arange(n_states * n_components, dtype=float).reshape(
        n_states, n_components, 1
    )
    model.covars_ = np.ones((n_states, n_components, 1))
    score = model.score(points)
    by_aic = (model.aic(points) + 2 * score) / 2
    by_bic = (model.bic(points) + 2 * score) / np.log(len(points))
    sums = (
        1 + n_states + n_states
    )  # one for the first state, one for each row, one for each mixture
    arrays = (model.startprob_, model.transmat_, model.weights_, model.means_, model.covars_)
    return round(by_aic), round(by_bic), sum(array.size for array in arrays) - sums


found = {}
for n_states, n_components in ((1, 4), (3, 1), (3, 2), (3, 4), (5, 4)):
    by_aic, by_bic, free = found[n_states, n_components] = counted(n_states, n_components)
    print(
        f"{n_states} states, {n_components} components: "
        f"{by_aic} by AIC, {by_bic} by BIC, {free} free"
    )
if all(
    by_aic == by_bic == free - (n_states - 1) * (n_components - 1)
    for (n_states, n_components), (by_aic, by_bic, free) in found.items()
):
    print("As found: the weights of one state are counted for all.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
