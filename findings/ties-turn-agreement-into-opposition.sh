#!/bin/sh
# NLTK's rank correlation takes a rater who gives everything the same mark for an opponent.
#
# Seen with NLTK 3.10.4, SciPy 1.17.1; Python 3.11.
#
# Expected. Spearman's correlation is that of the ranks. With ties the ranks are averaged, and the
# short formula by squared differences does not hold. `ranks_from_scores` gives equal scores one
# rank, and is said to suit `spearman_correlation`.
#
# What happens. All tied items get the first rank of the tie, and the short formula is used. Ten
# items of one and the same score have a correlation of -0.73 with any ranking without ties, where
# it is undefined, and of -0.98 with two hundred items. Scores (1, 1, 2) and (2, 2, 1), which are
# opposed, have -0.5. Turning both scales round, which should change nothing, changes the number.
#
# Why it matters. Scales of five marks are how translations and summaries are judged, and they are
# nothing but ties.
#
# Way out. `scipy.stats.spearmanr`.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4 scipy==1.17.1

"$folder/venv/bin/python" - <<'PYTHON'
import sys

import nltk
import scipy
from nltk.metrics.spearman import ranks_from_scores, spearman_correlation
from scipy.stats import spearmanr

print("Python", sys.version.split()[0], "NLTK", nltk.__version__, "SciPy", scipy.__version__)


def by_nltk(first, second):
    ranked = (
        ranks_from_scores(sorted(enumerate(scores), key=lambda item: -item[1]))
        for scores in (first, second)
    )
    return round(spearman_correlation(*ranked), 4)


first, second = [5, 4, 4, 4, 3, 2], [4, 5, 4, 3, 3, 3]
turned = [[-score for score in scores] for scores in (first, second)]
found = {
    "one mark for ten": by_nltk([3] * 10, range(10)),
    "one mark for 200": by_nltk([3] * 200, range(200)),
    "opposed, with ties": by_nltk([1, 1, 2], [2, 2, 1]),
    "five marks": by_nltk(first, second),
    "five marks, turned": by_nltk(*turned),
    "without ties": by_nltk([1, 2, 3, 4], [2, 1, 3, 4]),
}
for name, value in found.items():
    print(f"{name}: {value}")
opposed, marks = spearmanr([1, 1, 2], [2, 2, 1])[0], spearmanr(first, second)[0]
print(
    f"by SciPy: opposed {opposed:.4f}, five marks {marks:.4f}, turned {spearmanr(*turned)[0]:.4f}"
)
if (
    [found[name] for name in ("one mark for ten", "one mark for 200")] == [-0.7273, -0.9851]
    and found["opposed, with ties"] == -0.5
    and found["five marks"] != found["five marks, turned"]
    and found["without ties"] == 0.8
    and abs(opposed + 1) < 1e-9
):
    print("As found: ties make the correlation negative.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
