#!/bin/sh
# NLTK's IBM model 1 counts a word of a translation once, however often it stands there.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. The model gives each position of a target sentence a source word, so that a word which
# stands there three times is counted three times. "ha ha ho" for "laugh" makes "ha" twice as
# probable as "ho". Training never lowers the probability of the corpus, and finds the highest.
#
# What happens. What is counted at a position is divided by the sum over all positions with the same
# word, so that all of them together count for one. "ha" and "ho" have 0.5 each, and so they have
# with any number of "ha". With sixty sentence pairs, a third of whose words are said three times,
# probabilities are off by up to 0.24, and after twenty rounds the logarithm of the corpus's
# probability is -509, where the plain formula has -490. Without repetitions both agree to twelve
# digits.
#
# Why it matters. The words that a sentence repeats are its articles and prepositions. They are
# undercounted throughout, in proportion to the length of the sentences, and the models 2 to 5 begin
# with the table of model 1.
#
# Way out. The loop of the formula is a dozen lines, as below.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import math
import random
import sys
from collections import defaultdict

import nltk
from nltk.translate import AlignedSent, IBMModel1

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)


def by_hand(corpus, rounds):
    """Return the table of model 1, position by position."""
    words = {target for pair in corpus for target in pair.words}
    table = defaultdict(lambda: 1 / len(words))
    for _ in range(rounds):
        counts, totals = defaultdict(float), defaultdict(float)
        for pair in corpus:
            sources = [None, *pair.mots]
            for target in pair.words:
                total = sum(table[target, source] for source in sources)
                for source in sources:
                    counts[target, source] += table[target, source] / total
                    totals[source] += table[target, source] / total
        table = defaultdict(
            float, {(target, source): n / totals[source] for (target, source), n in counts.items()}
        )
    return table


def compare(corpus):
    """Return how far the tables are apart, and the logarithm of the corpus's probability."""
    right = by_hand(corpus, 20)
    given = IBMModel1(corpus, 20).translation_table
    apart, logs = 0, [0, 0]
    for pair in corpus:
        sources = [None, *pair.mots]
        for target in pair.words:
            both = [given[target][source] for source in sources]
            both_right = [right[target, source] for source in sources]
            apart = max([apart, *(abs(one - two) for one, two in zip(both, both_right))])
            logs[0] += math.log(sum(both) / len(sources))
            logs[1] += math.log(sum(both_right) / len(sources))
    return apart, logs


laugh = []
for times in (1, 2, 9):
    corpus = [AlignedSent(["ha"] * times + ["ho"], ["laugh"])]
    table = IBMModel1(corpus, 20).translation_table
    laugh.append((table["ha"]["laugh"], by_hand(corpus, 20)["ha", "laugh"]))
    print(f"ha {times} times, and ho: NLTK {laugh[-1][0]:.3f}, by position {laugh[-1][1]:.3f}")

draw = random.Random(0)
repeated = []
for _ in range(60):
    source = [draw.choice("abcdefgh") for _ in range(draw.randint(2, 4))]
    target = []
    for word in source:
        target += draw.choice([[word.upper()] * 3, [word.upper()], [word + "1"]])
    repeated.append(AlignedSent(target, source))
once = [AlignedSent(list(dict.fromkeys(pair.words)), pair.mots) for pair in repeated]
apart, logs = compare(repeated)
print(f"with repetitions: {apart:.3f} apart, logarithms {logs[0]:.1f} and {logs[1]:.1f}")
apart_once, logs_once = compare(once)
print(f"without: {apart_once:.0e} apart, logarithms {logs_once[0]:.1f} and {logs_once[1]:.1f}")

if (
    all(abs(given - 1 / 2) < 1e-9 for given, _ in laugh)
    and all(abs(right - n / (n + 1)) < 1e-9 for n, (_, right) in zip((1, 2, 9), laugh))
    and apart > 0.1
    and logs[1] - logs[0] > 10
    and apart_once < 1e-9
    and abs(logs_once[1] - logs_once[0]) < 1e-6
):
    print("As found: a word counts once in a sentence.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
