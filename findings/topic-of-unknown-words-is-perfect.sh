#!/bin/sh
# A topic of which gensim knows one word only is perfectly coherent.
#
# Seen with gensim 4.4.0, NumPy 2.4.6; Python 3.11.
#
# Expected. A topic is given by its words, and `c_v` tells how often they occur together. Words that
# the texts do not have occur together with none, so they lower the coherence, or are an error.
#
# What happens. Words that the dictionary does not know are dropped without a word, and what is left
# is the topic. If one word is left, it is compared with itself, and the coherence is 1.0, the
# highest there is: nine words of nonsense and one that is known make the best topic of all. The log
# of the package says nothing either.
#
# Why it matters. Topics of other models (by another tokenizer, with pairs of words, or from other
# texts) are what `topics=` is for, and those that fit the texts least can get the best scores.
#
# Way out. Count the words of each topic that the dictionary has, before.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check numpy==2.4.6 gensim==4.4.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys

import gensim
from gensim.corpora import Dictionary
from gensim.models import CoherenceModel

print("Python", sys.version.split()[0], "gensim", gensim.__version__)
texts = [
    ["tea", "milk"],
    ["tea", "cake"],
    ["rain", "wind"],
    ["rain", "tea"],
    ["cake", "milk", "wind"],
] * 5
dictionary = Dictionary(texts)
topics = {
    "three words": ["tea", "milk", "rain"],
    "three words and seven unknown": ["tea", "milk", "rain", *(f"none{n}" for n in range(7))],
    "one word and nine unknown": ["tea", *(f"none{n}" for n in range(9))],
}
found = {}
for name, words in topics.items():
    model = CoherenceModel(
        topics=[words], texts=texts, dictionary=dictionary, coherence="c_v", processes=1
    )
    found[name] = round(model.get_coherence(), 4)
    print(f"{name}: {found[name]}")
known, mixed, nonsense = found.values()
if known == mixed < 0.9 and nonsense == 1:
    print("As found: what is unknown is dropped, and a single word is perfect.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
