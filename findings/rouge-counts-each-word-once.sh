#!/bin/sh
# The package `rouge` counts a word once, however often it is repeated.
#
# Seen with rouge 1.0.1, rouge-score 0.1.2; Python 3.11.
#
# Expected. ROUGE counts n-grams, each at most as often as the reference has it: of seven times
# "the", against a reference with two of them, two match, which is a precision of 2/7. The package
# has replaced its sets by lists once, to agree with the official script (its pull request 38).
#
# What happens. `Rouge()` works on sets again, since its argument `exclusive` is true by default:
# seven times "the" have a precision of one. The recall is wrong as well, as the reference has five
# different words and not six. ROUGE-L is computed on sets, too. `rouge-score` says 2/7.
#
# Why it matters. That a summary repeats itself is a common fault, and this measure does not see it.
# The two packages are quoted under one name.
#
# Way out. `Rouge(exclusive=False)`, or `rouge-score`.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    rouge==1.0.1 rouge-score==0.1.2

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer

print("Python", sys.version.split()[0])
for name in ("rouge", "rouge-score"):
    print(name, version(name))
summary, reference = "the the the the the the the", "the cat is on the mat"
plain = Rouge().get_scores(summary, reference)[0]
listed = Rouge(exclusive=False).get_scores(summary, reference)[0]
other = RougeScorer(["rouge1", "rougeL"]).score(reference, summary)
found = {
    "Rouge()": [plain[key][kind] for key in ("rouge-1", "rouge-l") for kind in "pr"],
    "Rouge(exclusive=False)": [
        listed[key][kind] for key in ("rouge-1", "rouge-l") for kind in "pr"
    ],
    "rouge-score": [
        value for key in ("rouge1", "rougeL") for value in (other[key].precision, other[key].recall)
    ],
}
for name, values in found.items():
    print(f"{name}: precision and recall of ROUGE-1 and ROUGE-L:", *(f"{v:.3f}" for v in values))
right = [2 / 7, 2 / 6] * 2


def near(values, wanted):
    return all(abs(a - b) < 1e-6 for a, b in zip(values, wanted, strict=True))


if (
    near(found["Rouge()"], [1, 1 / 5] * 2)
    and near(found["Rouge(exclusive=False)"], right)
    and near(found["rouge-score"], right)
):
    print("As found: sets, so that what is repeated counts once.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
