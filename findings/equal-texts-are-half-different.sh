#!/bin/sh
# gensim's Jaccard distance of a text and itself is one half.
#
# Seen with gensim 4.4.0, NumPy 2.4.6; Python 3.11.
#
# Expected. `gensim.matutils.jaccard` lies "in range [0, 1], where 0 is min distance". Two equal
# bags of words have distance 0, as two equal lists of words have in the same function.
#
# What happens. For bags of words the union is the sum of both bags, in which what they share counts
# twice. The similarity is at most one half, and the distance of equal texts is 0.5. For lists and
# arrays the function works on sets, where it is right, so the distance depends on the form in which
# a text is handed over.
#
# Why it matters. A limit such as "closer than 0.3 is a copy" finds no copies, and none is as far as
# nothing: distances from bags cannot be compared with any others.
#
# Known. gensim 2841, open since 2020.
#
# Way out. From this distance d, the usual one: 1 - (1 - d) / d.
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
from gensim.matutils import jaccard

print("Python", sys.version.split()[0], "gensim", gensim.__version__)
texts = [["to", "be", "or", "not"], ["to", "be", "or", "other"], ["else"]]
dictionary = Dictionary(texts)
bags = [dictionary.doc2bow(text) for text in texts]
found = {}
for name, forms in (("lists of words", texts), ("bags of words", bags)):
    found[name] = [round(jaccard(forms[0], form), 4) for form in forms]
    print(
        f"{name}: a text and itself %g, one of three words in four %g, another %g"
        % tuple(found[name])
    )
mended = [round(1 - (1 - d) / d, 4) for d in found["bags of words"]]
if found["bags of words"] == [0.5, 0.625, 1] and found["lists of words"] == mended == [0, 0.4, 1]:
    print("As found: what is shared counts twice in the union.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
