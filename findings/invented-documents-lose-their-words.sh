#!/bin/sh
# SMOTE on counted words invents documents that are shorter than all real ones.
#
# Seen with imbalanced-learn 0.14.2, scikit-learn 1.9.1, SciPy 1.17.1; Python 3.11.
#
# Expected. SMOTE invents examples of the rare class on the lines between real ones, so that their
# mean is about that of the real ones. `CountVectorizer` gives whole numbers; what lies between them
# is rounded, or turned into fractions.
#
# What happens. The invented examples get the type of the data, and the conversion cuts all
# fractions off. For words that occur once at most, any number between 0 and 1 becomes 0: an
# invented document has the words that both real ones have, and no other, and no words at all if
# they share none. Converted to fractions before, the same data and the same draws keep their mean.
#
# Why it matters. The rare class learns to be the class of short and empty texts. It is found only
# by looking at the invented rows.
#
# Way out. `.astype(float)` before SMOTE, or tf-idf weights, which are fractions.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    scipy==1.17.1 imbalanced-learn==0.14.2 scikit-learn==1.9.1

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.feature_extraction.text import CountVectorizer

print("Python", sys.version.split()[0])
for name in ("imbalanced-learn", "scikit-learn"):
    print(name, version(name))
rng = np.random.default_rng(7)
words = np.array([f"word{n}" for n in range(30)])
texts = [" ".join(rng.choice(words, 8, replace=False)) for _ in range(120)]
rare = np.arange(120) < 20
counts = CountVectorizer().fit_transform(texts)
found = {}
for name, data in (("whole numbers", counts), ("fractions", counts.astype(float))):
    more, classes = SMOTE(random_state=7).fit_resample(data, rare)
    sums = np.asarray(more[120:].sum(axis=1)).ravel()
    found[name] = sums
    assert classes[120:].all() and len(sums) == 80
    print(
        f"{name}: words in an invented document: mean {sums.mean():.2f}, "
        f"from {sums.min():.2f} to {sums.max():.2f}"
    )
print("words in a real document:", *set(np.asarray(counts.sum(axis=1)).ravel()))
if (
    found["whole numbers"].mean() < 6
    and found["whole numbers"].max() < 8
    and np.allclose(found["fractions"], 8)
):
    print("As found: all invented documents are shorter than all real ones.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
