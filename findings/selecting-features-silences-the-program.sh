#!/bin/sh
# Importing mrmr turns off the warnings of the whole program.
#
# Seen with mrmr_selection 0.2.8, scikit-learn 1.9.1, NumPy 2.4.6; Python 3.11.
#
# Expected. A package that picks features leaves alone what others have to say. scikit-learn warns
# of a fit that has not converged, and NumPy of a division by zero, whether or not it is imported.
#
# What happens. The module calls `warnings.filterwarnings("ignore")` while it is imported, outside
# of any function. From then on nothing warns any more, in any package, and neither does the program
# itself with `warnings.warn`. A filter that was set before does not help: with `-W
# error::UserWarning` on the command line, which is to end the program at such a warning, it goes
# on. One set afterwards works.
#
# Why it matters. The module is imported at the head of a program that goes on to train models. A
# model that has not converged, a score that is not defined, or an overflow is silent from that line
# on.
#
# Way out. Import it inside `with warnings.catch_warnings():`.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 pandas==3.1.1 polars==2.1.0 scikit-learn==1.9.1 mrmr_selection==0.2.8

cat >"$folder/train.py" <<'PYTHON'
import sys
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

way = sys.argv[1]
if way == "guarded":
    with warnings.catch_warnings():
        import mrmr
elif way == "imported":
    import mrmr

points = np.random.default_rng(0).normal(size=(60, 3)) * [1, 100, 10000]
LogisticRegression(max_iter=2).fit(points, points[:, 0] > 0)
np.log(np.zeros(1))
warnings.warn("Mind the gap.")
PYTHON

# What is said in each case, and whether warnings that are errors end the program.
for way in plain imported guarded; do
    "$folder/venv/bin/python" "$folder/train.py" $way 2>"$folder/$way.txt"
    heard=""
    for word in ConvergenceWarning "divide by zero" "Mind the gap"; do
        if grep -q "$word" "$folder/$way.txt"; then heard="$heard yes"; else heard="$heard no"; fi
    done
    if "$folder/venv/bin/python" -W error::UserWarning "$folder/train.py" $way \
        2>/dev/null; then
        heard="$heard passes"
    else
        heard="$heard fails"
    fi
    echo "$way:$heard" | tee -a "$folder/found.txt"
done

cat >"$folder/wanted.txt" <<'END'
plain: yes yes yes fails
imported: no no no passes
guarded: yes yes yes fails
END
if cmp -s "$folder/found.txt" "$folder/wanted.txt"; then
    echo "As found: an import silences everything."
else
    echo "The behaviour has changed: this finding is out of date."
    exit 1
fi
