#!/bin/sh
# After training, NLTK's IBM model 1 still holds words that never met for translations.
#
# Seen with NLTK 3.10.4; Python 3.11.
#
# Expected. Model 1 estimates probabilities of target words given a source word, which add up to
# one. A pair of words that share no sentence pair has none, or, as in the other cells, a floor of
# 1e-12.
#
# What happens. Only pairs that share a sentence pair are estimated; all others keep the share with
# which training began, one in the number of target words. With nine German words that is 0.111,
# more than many pairs that did meet. The probabilities given "house" add up to 1.22, those given
# "a" to 1.67, after any number of iterations. `align` prefers such a pair: "klein" is aligned to
# "big", and the empty word would have been right. Model 2 takes the table over and keeps it; model
# 3 comes to one.
#
# Why it matters. The larger the bilingual text, the more pairs have not met. Their smoothing is not
# one that anybody chose, and no likelihood from these tables is one.
#
# Known. nltk 1939, open since 2018.
#
# Way out. After training, set the pairs that did not meet to zero in `translation_table`.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check nltk==3.10.4

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from collections import Counter

import nltk
from nltk.translate import AlignedSent, IBMModel1, IBMModel2, IBMModel3

print("Python", sys.version.split()[0], "NLTK", nltk.__version__)
pairs = [
    (german.split(), english.split())
    for german, english in (
        ("das kleine haus", "the small house"),
        ("das haus war ja klein", "the house was small"),
        ("ein haus", "a house"),
        ("das war ja groß", "this was big"),
        ("ein buch", "a book"),
    )
]
german = sorted({word for one, _ in pairs for word in one})
english = sorted({word for _, other in pairs for word in other})
met = {(one, other) for left, right in pairs for one in left for other in [None, *right]}


def plain(iterations):
    """Model 1, with the empty word, by the book."""
    table = {(one, other): 1 / len(german) for one, other in met}
    for _ in range(iterations):
        counts, totals = Counter(), Counter()
        for left, right in pairs:
            for one in left:
                whole = sum(table[one, other] for other in [None, *right])
                for other in [None, *right]:
                    counts[one, other] += table[one, other] / whole
                    totals[other] += table[one, other] / whole
        table = {pair: count / totals[pair[1]] for pair, count in counts.items()}
    return table


def corpus():
    return [AlignedSent(left, right) for left, right in pairs]


def sums(model):
    return {
        word: round(sum(model.translation_table[one][word] for one in german), 4)
        for word in english
    }


found = []
for iterations in (1, 5, 50):
    model = IBMModel1(corpus(), iterations)
    by_hand = plain(iterations)
    gap = max(abs(model.translation_table[one][other] - p) for (one, other), p in by_hand.items())
    others = {
        model.translation_table[one][other]
        for one in german
        for other in english
        if (one, other) not in met
    }
    predicted = {
        word: round(1 + sum((one, word) not in met for one in german) / len(german), 4)
        for word in english
    }
    print(
        f"{iterations} iterations: pairs that met differ from the plain model by {gap:.0e},",
        f"all others are {others}; sums {sums(model)}",
    )
    found.append(gap < 1e-9 and others == {1 / len(german)} and sums(model) == predicted)
second, third = sums(IBMModel2(corpus(), 5)), sums(IBMModel3(corpus(), 5))
print("model 2:", second, "\nmodel 3:", third)

model, by_hand = IBMModel1(corpus(), 5), plain(5)
new = AlignedSent(["klein"], ["big"])
model.align(new)
print(
    f"klein and big: {new.alignment}; given big {model.translation_table['klein']['big']:.3f},",
    f"given the empty word {by_hand['klein', None]:.3f}",
)
if (
    all(found)
    and second == predicted
    and set(third.values()) == {1}
    and list(new.alignment) == [(0, 0)]
    and ("klein", "big") not in met
    and len(german) == 9
):
    print("As found: what did not meet keeps its first share.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
