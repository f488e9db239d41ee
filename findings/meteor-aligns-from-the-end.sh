#!/bin/sh
# NLTK's METEOR finds breaks in a translation that has none, if the reference repeats a word.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. METEOR aligns equal words and punishes the number of chunks of neighbouring words. Where
# a word can be aligned in more than one way, "the match which has the least number of crossing is
# chosen", as the documentation of `align_words` says.
#
# What happens. Both sentences are read from their ends, and each word gets the last equal word that
# is left. For "the cat sat" against "the cat sat on the mat" the first "the" is aligned to the
# second one of the reference, so that one chunk becomes two: 0.448 and not 0.517. The jumbled "cat
# sat the" has 0.448 as well, and "sat on the" 0.517.
#
# Why it matters. Longer sentences repeat words such as "the" and "of". What should punish bad order
# falls on good order there.
#
# Way out. None within NLTK: the alignment has no argument.
#
# (A WordNet without synonyms is handed over, so that no data are needed. Nothing in the example has
# to do with synonyms.)
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import itertools
import sys

import nltk
from nltk.translate.meteor_score import align_words, single_meteor_score

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)


class NoSynonyms:
    def synsets(self, word):
        return []


def chunks(pairs):
    return 1 + sum((i + 1, j + 1) != after for (i, j), after in itertools.pairwise(pairs))


def crossings(pairs):
    return sum(j > other for (_, j), (_, other) in itertools.combinations(pairs, 2))


def best(hypothesis, reference):
    """The fewest chunks, and crossings, of all ways to align all words of the hypothesis."""
    ways = [
        list(enumerate(places))
        for places in itertools.permutations(range(len(reference)), len(hypothesis))
        if all(reference[place] == word for place, word in zip(places, hypothesis, strict=True))
    ]
    return min(map(chunks, ways)), min(map(crossings, ways))


def score(matches, length, reference_length, broken):
    precision, recall = matches / length, matches / reference_length
    mean = precision * recall / (0.9 * precision + 0.1 * recall)
    return mean * (1 - 0.5 * (broken / matches) ** 3)


reference = "the cat sat on the mat".split()
found = {}
for text in ("the cat sat", "cat sat the", "sat on the", "on the cat"):
    hypothesis = text.split()
    pairs = align_words(hypothesis, reference, wordnet=NoSynonyms())[0]
    value = single_meteor_score(reference, hypothesis, wordnet=NoSynonyms())
    fewest, least = best(hypothesis, reference)
    right = score(3, 3, 6, fewest)
    assert abs(value - score(3, 3, 6, chunks(pairs))) < 1e-9
    print(
        f"{text}: {value:.3f}, chunks {chunks(pairs)}, crossings {crossings(pairs)};",
        f"with the best alignment {right:.3f}, chunks {fewest}, crossings {least}",
    )
    found[text] = (round(value, 3), round(right, 3), crossings(pairs), least)

if (
    found["the cat sat"] == (0.448, 0.517, 2, 0)
    and found["cat sat the"][0] == 0.448
    and found["sat on the"] == (0.517, 0.517, 0, 0)
):
    print("As found: not the alignment with the fewest crossings.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
