#!/bin/sh
# A word in just seven of a hundred documents is rarer than a share of 0.07.
#
# Seen with scikit-learn 1.9.1, gensim 4.4.0; Python 3.11.
#
# Expected. `min_df=0.07` drops words "strictly lower than the given threshold", and `max_df=0.29`
# those "strictly higher"; `no_above=0.29` of gensim keeps words in "no more than" this share. So a
# word in 7, or 29, of a hundred documents is kept, as it is by the whole numbers 7 and 29.
#
# What happens. The share is multiplied by the number of documents, without a tolerance: 0.07 * 100
# is 7.000000000000001, so that seven is too few, and 0.29 * 100 is 28.999999999999996, so that 29
# are too many; gensim cuts the latter to 28. Of the hundredths, 7, 14, 28, 55 and 56 are too strict
# from below, and 29, 57 and 58 from above. The others behave.
#
# Why it matters. A vocabulary loses the words that are right at the limit, and only for some
# limits; the sizes of vocabularies at 0.06, 0.07 and 0.08 do not lie on one curve.
#
# Way out. Whole numbers of documents.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    scikit-learn==1.9.1 gensim==4.4.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys

import gensim
import sklearn
from gensim.corpora import Dictionary
from sklearn.feature_extraction.text import CountVectorizer

print(
    "Python",
    sys.version.split()[0],
    "scikit-learn",
    sklearn.__version__,
    "gensim",
    gensim.__version__,
)


def documents(n):
    """Return a hundred documents: one word in n of them, one in all, and one in each alone."""
    return [("word " if i < n else "") + f"always only{i}" for i in range(100)]


def kept(n, **limit):
    return "word" in CountVectorizer(**limit).fit(documents(n)).vocabulary_


def kept_by_gensim(n):
    dictionary = Dictionary(text.split() for text in documents(n))
    dictionary.filter_extremes(no_below=1, no_above=n / 100, keep_n=None)
    return "word" in dictionary.token2id


shares = range(2, 100)
lost = {
    "min_df": [n for n in shares if not kept(n, min_df=n / 100)],
    "max_df": [n for n in shares if not kept(n, max_df=n / 100)],
    "no_above": [n for n in shares if not kept_by_gensim(n)],
    "whole numbers": [
        n for n in shares if not kept(n, min_df=n, max_df=100) or not kept(n, max_df=n)
    ],
}
for name, numbers in lost.items():
    print(f"{name}: lost are words in", *numbers or ["none"])
if lost == {
    "min_df": [7, 14, 28, 55, 56],
    "max_df": [29, 57, 58],
    "no_above": [29, 57, 58],
    "whole numbers": [],
}:
    print("As found: some shares miss the words that have just this share.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
