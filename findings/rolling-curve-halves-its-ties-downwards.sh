#!/bin/sh
# river's rolling AUC of a model that guesses is zero, if its window has one positive example.
#
# Seen with river 0.26.1, scikit-learn 1.9.1, NumPy 2.4.6; Python 3.11.
#
# Expected. The area under the ROC curve is the share of pairs, one positive and one negative, that
# are in the right order, where equal scores count half. `RollingROCAUC` says that it "calculates
# the exact value considering only the last S instances". A model with one score for everything has
# 0.5.
#
# What happens. Where positive and negative examples share a score, half of the positive ones are
# counted as in order, rounded down. So a single one counts nothing: a constant score has 0.0 with
# one positive example in the window, 0.33 with three, 0.4 with five, and 0.5 with an even number.
# With three levels of score and eleven positive examples, a window of a hundred had 0.57 instead of
# 0.60. To swap the classes and turn the scores round, which should change nothing, changes the
# number. Without equal scores it is exact.
#
# Why it matters. It is made for streams in which the positive are rare, and is recommended there
# for detectors of anomalies, whose scores are often equal (trees have few levels, and many begin
# with the same score for all). There a model that cannot tell anything looks worse than chance, as
# if its scores were upside down.
#
# Way out. `roc_auc_score` of scikit-learn on the last examples.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 scikit-learn==1.9.1 river==0.26.1

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from river.metrics import RollingROCAUC
from sklearn.metrics import roc_auc_score

print("Python", sys.version.split()[0])
for name in ("river", "scikit-learn", "numpy"):
    print(name, version(name))


def area(labels, scores):
    """Return the area by river, over all that it is given."""
    metric = RollingROCAUC(window_size=len(labels))
    for label, score in zip(labels, scores):
        metric.update(bool(label), float(score))
    return metric.get()


def rounded_down(labels, scores):
    """Return the area if half of the positive examples of each score is rounded down."""
    won = 0
    for score in np.unique(scores):
        negative = int(((scores == score) & (labels == 0)).sum())
        above = int(((scores > score) & (labels == 1)).sum())
        equal = int(((scores == score) & (labels == 1)).sum())
        won += negative * (above + equal // 2)
    return won / (int((labels == 1).sum()) * int((labels == 0).sum()))


constant = [area([1] * positive + [0] * 20, [0.5] * (positive + 20)) for positive in range(1, 6)]
print("a constant score, one to five positive:", [round(value, 2) for value in constant])

random = np.random.default_rng(0)
agree, exact, low, turned = [], [], [], []
for levels in (3, 5, 11):
    for share in (0.5, 0.1):
        labels = (random.random(100) < share).astype(int)
        scores = np.clip(random.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
        apart = scores + np.arange(100) * 1e-9
        exact.append(np.isclose(area(labels, apart), roc_auc_score(labels, apart)))
        scores = np.round(scores * (levels - 1))
        found, right = area(labels, scores), roc_auc_score(labels, scores)
        agree.append(np.isclose(found, rounded_down(labels, scores)))
        low.append(right - found)
        turned.append(abs(area(1 - labels, -scores) - found))
        print(f"{levels} levels, {labels.sum()} positive: river {found:.4f}, right {right:.4f}")

if (
    np.allclose(constant, [0, 1 / 2, 1 / 3, 1 / 2, 2 / 5])
    and all(agree)
    and all(exact)
    and min(low) >= 0
    and max(low) > 0.01
    and max(turned) > 0.005
):
    print("As found: half of an odd number is rounded down.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
