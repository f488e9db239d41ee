#!/bin/sh
# NLTK's fifth and seventh smoothing give a perfect translation a BLEU of more than one.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. BLEU lies between zero and one, and one is for a translation that is the reference. The
# fifth smoothing of Chen and Cherry (2014) averages the numbers of matches of neighbouring lengths,
# and puts one more than the matches of single words before the first. For a perfect translation
# these averages are the numbers of matches themselves, so that its score stays one.
#
# What happens. `method5` averages the shares of matches instead of their numbers, but still adds a
# whole one to the first of them: 4/3, 10/9, 28/27, 82/81 for a perfect translation, whose score is
# 1.117 for any sentence of five words or more. With one word of twenty wrong, the score is 1.061,
# and still above what a perfect translation should get. `method7`, which takes `method4` before
# `method5`, does the same.
#
# Why it matters. The scores are not those of the smoothing in the paper, and sentences that are
# nearly right lift the mean over sentences.
#
# Way out. Another smoothing.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import sys

import nltk
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)
reference = [f"word{n}" for n in range(20)]
wrong = [*reference[:-1], "other"]
found = []
for name in ("method0", "method5", "method7"):
    smoothing = getattr(SmoothingFunction(), name)
    scores = [
        sentence_bleu([right], given, smoothing_function=smoothing)
        for right, given in ((reference, reference), (reference, wrong), (reference[:6],) * 2)
    ]
    perfect, one_wrong, six = scores
    print(f"{name} perfect: {perfect:.4f}; last word wrong: {one_wrong:.4f}; six words: {six:.4f}")
    found.append([round(score, 3) for score in scores])

# The same by numbers of matches, for the perfect translation: each average is the number itself.
matches = [21, 20, 19, 18, 17, 16]
averages = [matches[0]]
for n in range(1, 5):
    averages.append((averages[-1] + matches[n] + matches[n + 1]) / 3)
assert averages == matches[:5]

if found == [[1, 0.946, 1], [1.117, 1.061, 1.117], [1.117, 1.061, 1.117]]:
    print("As found: a whole one is added to a share.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
