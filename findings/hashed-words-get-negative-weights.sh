#!/bin/sh
# Hashed counts, dampened by a logarithm, make a text unlike the text that contains it.
#
# Seen with scikit-learn 1.9.1; Python 3.11.
#
# Expected. `HashingVectorizer` has no inverse document frequencies; the user guide says to append
# `TfidfTransformer` if they are needed. With `sublinear_tf=True` that replaces a count by 1 plus
# its logarithm. Weights of words stay positive, and texts that share words have a positive
# similarity.
#
# What happens. The hashed counts are scaled to length one by default, so they are no counts but
# numbers below one. The logarithm takes those below 1/e under zero: in any text of eight words or
# more without a repetition, all words have negative weights, and in a shorter text positive ones. A
# text of four words has a similarity of -0.47 with a text of twelve that contains it, and of 0 with
# a text without a common word. Nothing is said. (With the signs that the hashing adds by default,
# the same logarithm gives "Input contains NaN", which at least is seen.)
#
# Why it matters. Search and clustering put texts together by their length.
#
# Way out. `norm=None` in the hashing; the transformer scales at the end.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check scikit-learn==1.9.1

"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import sklearn
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

print("Python", sys.version.split()[0], "scikit-learn", sklearn.__version__)
warnings.simplefilter("ignore", RuntimeWarning)
texts = [
    "red green blue black",
    "red green blue black north south east west up down left right",
    "spring summer autumn winter",
]
found = {}
for norm in ("l2", None):
    counts = HashingVectorizer(alternate_sign=False, norm=norm).transform(texts)
    assert [row.nnz for row in counts] == [4, 12, 4], "two words fell together"
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    alike = (weights @ weights.T).toarray()
    found[norm] = [weights[1].data.max(), weights[0].data.min(), alike[0, 1], alike[0, 2]]
    print(
        f"hashed with norm={norm}: highest weight in the long text %.3f, lowest in the short %.3f;"
        " similarity of short and long %.3f, of short and other %.3f" % tuple(found[norm])
    )
try:
    TfidfTransformer(sublinear_tf=True).fit(counts).transform(HashingVectorizer().transform(texts))
    message = "no error"
except ValueError as error:
    message = str(error).splitlines()[0]
print("with the default signs:", message)
highest, lowest, alike, unlike = found["l2"]
if (
    highest < -0.1
    and lowest > 0.1
    and alike < -0.2
    and unlike == 0
    and min(found[None][:3]) > 0.1
    and "NaN" in message
):
    print("As found: all words of the longer text count against it.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
