#!/bin/sh
# jiwer expands a contraction with a capital letter to other words than the one without.
#
# Seen with jiwer 4.0.0; Python 3.11.
#
# Expected. `ExpandCommonEnglishContractions` turns "won't" into "will not", "can't" into "can not"
# and "let's" into "let us", by a table in its documentation, which says nothing of capitals. So
# "Won't" becomes "Will not", or, at the least, stays as it is.
#
# What happens. These three words are looked for in small letters only, and after them the endings
# of the table in any word. What the first step leaves is caught by the second: "Won't" becomes "Wo
# not", "Can't" "Ca not", "Let's go" "Let is go". "CAN'T" stays. A reference "Won't you come" and
# a transcript "Will not you come" have a word error rate of 1/4 after the expansion. It is zero if
# both are put into small letters before, and still 1/4 if that is done afterwards.
#
# Why it matters. The expansion is there so that both spellings count as equal. The order of two
# steps, each of which is documented alone, changes the rate, and only where there are capitals.
#
# Way out. `ToLowerCase()` before it.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check jiwer==4.0.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import jiwer

print("Python", sys.version.split()[0], "jiwer", version("jiwer"))
expand = jiwer.ExpandCommonEnglishContractions()
found = {}
for text in ("won't", "Won't", "can't", "Can't", "CAN'T", "let's go", "Let's go", "I'm"):
    found[text] = expand(text)
    print(f"{text}: {found[text]}")


def distance(one, other):
    """Levenshtein's, of two lists."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


reference, transcript = "Won't you come", "Will not you come"
last = jiwer.ReduceToListOfListOfWords()
rates = {}
for name, steps in (
    ("expanded", [expand]),
    ("expanded, then small letters", [expand, jiwer.ToLowerCase()]),
    ("small letters, then expanded", [jiwer.ToLowerCase(), expand]),
):
    way = jiwer.Compose([*steps, last])
    rates[name] = jiwer.wer(reference, transcript, way, way)
    one, other = way(reference)[0], way(transcript)[0]
    assert rates[name] == distance(one, other) / len(one)
    print(f"{name}: {' '.join(one)} | {' '.join(other)} | error rate {rates[name]}")

if (
    list(found.values())
    == [
        "will not",
        "Wo not",
        "can not",
        "Ca not",
        "CAN'T",
        "let us go",
        "Let is go",
        "I am",
    ]
    and list(rates.values()) == [0.25, 0.25, 0]
):
    print("As found: with a capital they become other words.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
