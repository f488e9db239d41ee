#!/bin/sh
# NLTK's symmetrised word alignment is always the union of the two alignments it was given.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. `grow_diag_final_and` starts from the points that both directions have, adds neighbours
# from the union if one of their two words has no point yet, and at last such points of the union
# of which neither word has one. It lies between intersection and union, which is what it is for.
#
# What happens. Whether a word has a point is asked of a dictionary whose only keys are "e" and "f",
# with the number of the word, so that no word ever has one: every point of the union is added, and
# the answer is the union for any input. In random pairs of alignments it is the union each time,
# and differs from the algorithm as published in most.
#
# Why it matters. The heuristic trades recall for precision; its users get the recall of the union
# and its wrong points, and fewer phrases. A comparison of the union with grow-diag-final-and says
# that they are equally good.
#
# Way out. A symmetrisation of one's own, or that of an alignment tool; for the union,
# `sorted(set(a) | set(b))`.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import random
import sys

import nltk
from nltk.translate.gdfa import grow_diag_final_and

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)
AROUND = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]


def published(one, other):
    points = one & other

    def free(point):
        return (
            all(point[0] != i for i, _ in points),
            all(point[1] != j for _, j in points),
        )

    grown = True
    while grown:
        grown = False
        for i, j in sorted(points):
            for down, right in AROUND:
                new = (i + down, j + right)
                if new in one | other and new not in points and any(free(new)):
                    points = points | {new}
                    grown = True
    for direction in (one, other):
        for new in sorted(direction):
            if all(free(new)):
                points = points | {new}
    return points


def library(size, one, other):
    texts = [" ".join(f"{i}-{j}" for i, j in sorted(points)) for points in (one, other)]
    return set(grow_diag_final_and(size, size, *texts))


# Both directions have the diagonal; each adds a point of its own, far from it.
diagonal = {(i, i) for i in range(5)}
one, other = diagonal | {(0, 4)}, diagonal | {(4, 0)}
print("small example, points in one direction only:")
print("  by the library:  ", sorted(library(5, one, other) - diagonal))
print("  by the algorithm:", sorted(published(one, other) - diagonal))

draw = random.Random(0)
unions = different = 0
for _ in range(200):
    # One point for each word of a sentence of eight, near the diagonal, in either direction.
    one = {(i, min(7, max(0, i + draw.choice((-3, 0, 0, 0, 2))))) for i in range(8)}
    other = {(min(7, max(0, j + draw.choice((-2, 0, 0, 0, 3)))), j) for j in range(8)}
    found = library(8, one, other)
    unions += found == one | other
    different += found != published(one, other)
print(f"of 200 random pairs, {unions} give the union, {different} not what was published")

small = library(5, diagonal | {(0, 4)}, diagonal | {(4, 0)})
if small == diagonal | {(0, 4), (4, 0)} and unions == 200 and different > 100:
    print("As found: it is the union, whatever it is given.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
