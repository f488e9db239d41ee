"""Time what the pages on data mining build against the libraries that do the same.

``python benchmarks/mining.py`` prints times and their ratios, and writes nothing. Both sides get
the same arrays, keep to one core and take turns, after a turn that does not count; what counts is
the fastest of each: whatever else the machine does can only add to a time. Goals are shares of the
library's time.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything starts threads
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn import metrics
from sklearn.ensemble import RandomForestClassifier

from unrolled.mining.evaluation import auc, roc_curve
from unrolled.mining.forest import fit_forest
from unrolled.mining.smote import smote

ROUNDS = 5


def compare(what: str, goal: float, calls: Mapping[str, Callable[[], object]]) -> None:
    """Print the fastest time of each call, and the ratio of the first to the second."""
    fastest = dict.fromkeys(calls, float("inf"))
    for turn in range(ROUNDS + 1):
        for name, call in calls.items():
            started = time.process_time()
            call()
            if turn:
                fastest[name] = min(fastest[name], time.process_time() - started)
    told = "".join(f"  {name} {seconds:.3f} s" for name, seconds in fastest.items())
    ours, theirs = fastest.values()
    print(f"{what:34}{told}  ratio {ours / theirs:.2f} (goal: at most {goal:g})")


def balance_rare_rows() -> None:
    """Draw 80,000 synthetic rows for a tenth of 100,000, in ten features."""
    rng = np.random.default_rng(7)
    X, y = rng.normal(size=(100_000, 10)), (np.arange(100_000) % 10 == 0).astype(int)
    calls = {
        "ours": partial(smote, X, y, rng=rng),
        "imbalanced-learn": partial(SMOTE(random_state=0).fit_resample, X, y),
    }
    if not len({len(call()[0]) for call in calls.values()}) == 1:
        raise AssertionError("the two sides add different numbers of rows")
    compare("SMOTE, 100,000 rows", 0.7, calls)


def grow_a_forest() -> None:
    """Grow a few trees from 10,000 rows with 20 features, two of them informative, and ask them."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(10_000, 20)).astype(np.float32).astype(float)  # the library rounds
    y = (X[:, 0] + X[:, 1] ** 2 + rng.normal(0, 0.5, 10_000) > 1).astype(int)

    def ours() -> np.ndarray:
        return fit_forest(X, y, 10, rng=np.random.default_rng(7)).predict_proba(X)

    def theirs() -> np.ndarray:
        return RandomForestClassifier(10, random_state=7).fit(X, y).predict_proba(X)

    if not np.mean((ours() > 0.5) == (theirs() > 0.5)) > 0.98:
        raise AssertionError("the two sides answer differently")
    compare("forest of 10, 10,000 rows", 8, {"ours": ours, "scikit-learn": theirs})


def rank_a_million_scores() -> None:
    """Compute the ROC curve, with all its points, and its area; a tenth of the rows is positive."""
    rng = np.random.default_rng(7)
    y = (np.arange(1_000_000) % 10 == 0).astype(int)
    scores = rng.normal(size=len(y)) + y
    curves = {
        "ours": partial(roc_curve, y, scores),
        "scikit-learn": partial(metrics.roc_curve, y, scores, drop_intermediate=False),
    }
    areas = {
        "ours": partial(auc, y, scores),
        "scikit-learn": partial(metrics.roc_auc_score, y, scores),
    }
    if abs(areas["ours"]() - areas["scikit-learn"]()) > 1e-12:
        raise AssertionError("the two sides find different areas")
    compare("ROC curve, a million scores", 0.7, curves)
    compare("AUC, a million scores", 0.7, areas)


def main() -> None:
    """Measure everything."""
    balance_rare_rows()
    rank_a_million_scores()
    grow_a_forest()


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):  # one core for both
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    main()
