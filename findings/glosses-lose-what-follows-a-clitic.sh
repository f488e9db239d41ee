#!/bin/sh
# The package `conllu` cuts an annotation at its second equals sign.
#
# Seen with conllu 6.0.0; Python 3.11.
#
# Expected. The last column of CoNLL-U holds free annotations, often as Name=Value, divided by bars.
# Reading a file and writing it again leaves it as it was. Leipzig glosses join a clitic to its host
# by an equals sign, so that a gloss such as 3SG=FOC stands in this column as Gloss=3SG=FOC.
#
# What happens. The value is what stands between the first equals sign and the second; the rest is
# gone from the parsed sentence and from what `serialize` writes. No error, no warning. The metadata
# in the comments are split at the first sign only, and keep theirs.
#
# Why it matters. What is lost is the clitic and its gloss, in treebanks whose use is the glosses. A
# script that only renumbers tokens destroys them.
#
# Way out. `field_parsers={"misc": lambda line, i: line[i]}`, which leaves the column as it is.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check conllu==6.0.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import conllu

print("Python", sys.version.split()[0], "conllu", version("conllu"))
row = "1 wie wie PRON _ _ 0 root _ Gloss=3SG=FOC|MSeg=wi=e|SpaceAfter=No".split()
text = "# text = wie\n# gloss = 3SG=FOC\n" + "\t".join(row) + "\n\n"
(sentence,) = conllu.parse(text)
written = sentence.serialize()
(kept,) = conllu.parse(text, field_parsers={"misc": lambda line, i: line[i]})
print("read:   ", row[-1])
print("parsed: ", sentence[0]["misc"], "comment:", sentence.metadata["gloss"])
print("written:", written.splitlines()[2].split("\t")[-1])
print("written with a parser of one's own:", kept.serialize().splitlines()[2].split("\t")[-1])
if (
    sentence[0]["misc"] == {"Gloss": "3SG", "MSeg": "wi", "SpaceAfter": "No"}
    and sentence.metadata["gloss"] == "3SG=FOC"
    and written == text.replace("Gloss=3SG=FOC|MSeg=wi=e", "Gloss=3SG|MSeg=wi")
    and kept.serialize() == text
):
    print("As found: what follows the second sign is gone.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
