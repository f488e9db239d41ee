#!/bin/sh
# NLTK's phrase extraction with a limit of length cuts phrases apart, and lets others exceed it.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. `max_phrase_length` keeps those phrase pairs of which neither side is longer. All are
# consistent with the alignment, as the documentation of `extract` demands: no word of the pair is
# aligned to a word outside. With a limit one gets a part of what one gets without.
#
# What happens. The limit cuts the target side off after that many words, whatever the rest is
# aligned to: with "Dampfmaschinenbau" aligned to "steam engine construction" and a limit of two,
# the pair Dampfmaschinenbau, "steam engine" comes out. Unaligned words around a phrase are added
# without heed to the limit, so that other target sides are longer than it. Without a limit all is
# right: over random alignments the pairs are those that a plain search finds.
#
# Why it matters. The cut pairs are wrong translations with counts like any other in the phrase
# table, and the long ones are what a limit is there to keep out.
#
# Way out. No limit, and afterwards drop the pairs that are too long.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import itertools
import random
import sys

import nltk
from nltk.translate.phrase_based import phrase_extraction

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)


def library(source, target, alignment, limit):
    texts = [" ".join(f"{name}{n}" for n in range(size)) for name, size in (source, target)]
    return {pair[:2] for pair in phrase_extraction(*texts, alignment, limit)}


def search(n, m, alignment):
    """All consistent pairs, by the definition."""
    pairs = set()
    for a, b in itertools.combinations(range(n + 1), 2):
        for c, d in itertools.combinations(range(m + 1), 2):
            sides = [(a <= i < b, c <= j < d) for i, j in alignment]
            if (True, True) in sides and all(left == right for left, right in sides):
                pairs.add(((a, b), (c, d)))
    return pairs


cut = phrase_extraction("Dampfmaschinenbau", "steam engine construction",
                        [(0, 0), (0, 1), (0, 2)], 2)
print("a word for three, limit 2:", sorted(cut))
long = phrase_extraction("Haus", "oh the house there", [(0, 2)], 2)
print("a word for one, limit 2:  ", max((pair[3] for pair in long), key=len))

draw = random.Random(0)
tried = same = 0
limited = {"within the limit": 0, "too long": 0, "cut": 0, "missing": 0}
for _ in range(300):
    n, m = draw.randint(1, 5), draw.randint(1, 5)
    alignment = [(i, j) for i in range(n) for j in range(m) if draw.random() < 0.3]
    if not alignment:
        continue
    tried += 1
    right = search(n, m, alignment)
    same += library(("s", n), ("t", m), alignment, 0) == right
    found = library(("s", n), ("t", m), alignment, 2)
    short = {pair for pair in right if all(end - start <= 2 for start, end in pair)}
    limited["within the limit"] += len(found & short)
    limited["too long"] += len(found & right - short)
    limited["cut"] += len(found - right)
    limited["missing"] += len(short - found)
print(f"without a limit, right in {same} of {tried} random alignments")
print("with a limit of 2, pairs:", ", ".join(f"{n} {name}" for name, n in limited.items()))

if (
    cut == {((0, 1), (0, 2), "Dampfmaschinenbau", "steam engine")}
    and ((0, 1), (0, 4), "Haus", "oh the house there") in long
    and same == tried
    and limited["too long"] > 0 < limited["cut"]
    and limited["missing"] == 0
):
    print("As found: some pairs are cut, and some exceed the limit.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
