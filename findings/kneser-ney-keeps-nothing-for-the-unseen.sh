#!/bin/sh
# NLTK's Kneser-Ney model calls a text impossible for a single word that training lacked.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. Interpolated Kneser-Ney smoothing never gives zero: the last step goes from single words
# to all words of the vocabulary, each with an equal share, so that a word of the vocabulary without
# an occurrence, and `<UNK>`, have a probability, and the perplexity of any text is finite.
#
# What happens. The probability of a single word is its share of continuations, without a discount
# and without a last step. A word that is in the vocabulary and did not occur, and any word that is
# not in it, has probability 0 after every context, whatever the discount, and the perplexity of a
# text that has one is infinite. `WittenBellInterpolated` and `AbsoluteDiscountingInterpolated` do
# the same; `Lidstone` does not.
#
# Why it matters. Whoever compares smoothed models by perplexity on other texts gets "inf" from just
# those that are known for their smoothing.
#
# Known. NLTK 3211, closed: rare words of the training text are to be replaced by `<UNK>` before.
#
# Way out. `Vocabulary(words, unk_cutoff=2)`, which does so if any word is that rare.
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
from nltk.lm import (
    AbsoluteDiscountingInterpolated,
    KneserNeyInterpolated,
    Lidstone,
    Vocabulary,
    WittenBellInterpolated,
)
from nltk.lm.preprocessing import padded_everygram_pipeline

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)
sentences = [["a", "b", "c"], ["a", "c", "b"], ["b", "a", "c"]]
good = True
for kind, options in (
    (KneserNeyInterpolated, {"discount": 0.1}),
    (KneserNeyInterpolated, {"discount": 0.9}),
    (WittenBellInterpolated, {}),
    (AbsoluteDiscountingInterpolated, {}),
    (Lidstone, {"gamma": 0.1}),
):
    grams, words = padded_everygram_pipeline(2, sentences)
    model = kind(order=2, vocabulary=Vocabulary([*words, "d"]), **options)
    model.fit(grams)
    assert "d" in model.vocab
    scores = [model.score(word, context) for word in ("d", "e") for context in ([], ["a"], ["<s>"])]
    seen = model.perplexity([("<s>", "a"), ("a", "b")])
    unseen = model.perplexity([("<s>", "a"), ("a", "d")])
    print(
        f"{kind.__name__} {options}: highest score of an unseen word {max(scores):.3g};"
        f" perplexity of seen words {seen:.3g}, with one unseen {unseen:.3g}"
    )
    if kind is Lidstone:
        good &= min(scores) > 0 and math.isfinite(unseen)
    else:
        good &= max(scores) == 0 and math.isinf(unseen)
    good &= math.isfinite(seen)
if good:
    print("As found: what was not seen is impossible.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
