#!/bin/sh
# By the Tanimoto distance of textdistance, a word is as far from itself as words can be.
#
# Seen with textdistance 4.6.3; Python 3.11.
#
# Expected. `tanimoto` is described as identical to the Jaccard similarity. `normalized_distance` is
# described as a "distance from 0 to 1", and that of a word and itself is 0.
#
# What happens. The value is the binary logarithm of Jaccard's, so 0 for equal words, negative for
# others, and minus infinity for words without a common letter. The normalised forms still take it
# for a similarity with a maximum of one: the distance of a word and itself is 1, that of words
# without a common letter is infinite, and the similarities are 0 and minus infinity.
#
# Why it matters. All measures share one interface, so that one goes through them in a loop. Limits
# such as "at least 0.8 alike" let no word through, not even itself.
#
# Way out. `jaccard`.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check textdistance==4.6.3

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import textdistance

print("Python", sys.version.split()[0], "textdistance", version("textdistance"))
pairs = [("night", "night"), ("night", "nacht"), ("night", "bow")]
found = {}
for measure in (textdistance.jaccard, textdistance.tanimoto):
    name = type(measure).__name__
    found[name] = [
        [
            round(form(*pair), 3)
            for form in (measure, measure.normalized_similarity, measure.normalized_distance)
        ]
        for pair in pairs
    ]
    for pair, values in zip(pairs, found[name], strict=True):
        print(
            f"{name} of {' and '.join(pair)}: value %g, similarity %g, distance %g" % tuple(values)
        )
far = float("inf")
if found == {
    "Jaccard": [[1, 1, 0], [0.429, 0.429, 0.571], [0, 0, 1]],
    "Tanimoto": [[0, 0, 1], [-1.222, -1.222, 2.222], [-far, -far, far]],
}:
    print("As found: a logarithm, normalised as if it were a share.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
