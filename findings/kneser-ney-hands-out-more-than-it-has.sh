#!/bin/sh
# NLTK's Kneser-Ney probabilities after the start of a sentence add up to more than one.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. After any context the probabilities of all words of the vocabulary add up to one.
#
# What happens. Of order three, sentences are padded with two `<s>`. After one of them the sum is 1
# + discount / number of different first words, and after both still above one. What is taken off
# the counts is handed to the shorter context in proportion to the number of different successors;
# among those of one `<s>` is the second. But the counts that were discounted are those of three
# words in a row, and no word stands before the first `<s>`, so nothing was taken off for it. After
# all other contexts, and of order two, the sum is one. Of order four it is off after two and three.
#
# Why it matters. The first words of sentences are too probable and perplexities too low, most of
# all with short sentences, a high discount and few different first words: with a discount of 0.75
# the sum is 1.375 here.
#
# Way out. Order two; or do not count the first words.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys

import nltk
from nltk.lm import KneserNeyInterpolated
from nltk.lm.preprocessing import padded_everygram_pipeline

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)
sentences = [["a", "b", "c"], ["a", "c", "b"], ["b", "a", "c"]]
n_first = len({sentence[0] for sentence in sentences})
good = True
for order, discount in ((2, 0.1), (2, 0.75), (3, 0.1), (3, 0.75)):
    grams, words = padded_everygram_pipeline(order, sentences)
    model = KneserNeyInterpolated(order, discount=discount)
    model.fit(grams, words)
    sums = {
        context: sum(model.score(word, context) for word in model.vocab)
        for context in ((), ("a",), ("<s>",), ("<s>", "<s>"), ("<s>", "a"), ("a", "b"))
        if len(context) < order
    }
    text = ", ".join(
        f"{' '.join(context) or 'nothing'} {total:.4f}" for context, total in sums.items()
    )
    print(f"order {order}, discount {discount}: sums after", text)
    for context, total in sums.items():
        only_starts = context and set(context) == {"<s>"} and order == 3
        good &= total > 1.003 if only_starts else math.isclose(total, 1)
    if order == 3:
        good &= math.isclose(sums["<s>",], 1 + discount / n_first)
if good:
    print("As found: the start of a sentence has more than there is.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
