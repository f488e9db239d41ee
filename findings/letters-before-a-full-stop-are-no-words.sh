#!/bin/sh
# translate-toolkit's word count leaves out a word of one letter beside a full stop.
#
# Seen with translate-toolkit 3.20.4; Python 3.11.
#
# Expected. `pocount` "will count the number of strings and words". "We go with plan B. Then we
# rest." has eight words, as eight come from the package's own splitter of words, to which the count
# hands the text. (The manual admits "some miscounts related to word breaks".)
#
# What happens. Before that, each full stop is cut out together with the two characters around it,
# unless one is a digit. A longer word survives that as a shorter one; a word of one letter is gone.
# So plan B has seven words, "J. Smith and A. Jones" three, "e.g. this" one and "a.b" none, while
# "Open readme.txt" has three, of which two are "readm" and "xt". By the name of the expression it
# was for numbers, which are the only thing it spares.
#
# Why it matters. Translation is offered and paid by the word. And source and translation no longer
# compare: those of the file below have thirteen words each, and are counted as ten and thirteen.
#
# Way out. `len(Common.words(text))`, after removing the tags by oneself.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check translate-toolkit==3.20.4

cat > "$folder/plan.po" <<'PO'
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\n"

msgid "We go with plan B. Then we rest."
msgstr "Wir nehmen den anderen Plan. Dann ruhen wir."

msgid "J. Smith and A. Jones"
msgstr "Herr Schmidt und Frau Jonas"
PO
"$folder/venv/bin/pocount" --csv "$folder/plan.po" | tail -n 1 > "$folder/counted.csv"

cat > "$folder/try.py" <<'PYTHON'
import csv
import re
import sys
from importlib.metadata import version

from translate.lang.common import Common
from translate.tools.pocount import wordcount

print("Python", sys.version.split()[0], "translate-toolkit", version("translate-toolkit"))
found = {}
for text in (
    "We go with plan B. Then we rest.",
    "J. Smith and A. Jones",
    "e.g. this",
    "a.b",
    "Open readme.txt",
    "Read it. Then go.",
    "It costs 3.5 euros.",
):
    plain = len(text.split())
    # What the count does, by hand: no full stop, nor what stands on either side of it.
    parts = re.sub(r"[^0-9]\.[^0-9]", " ", text)
    by_hand = len(re.findall(r"\w+(?:[.']\w+)*", parts))
    found[text] = wordcount(text), len(Common.words(text)), plain, by_hand
    print("{}: counted {}, by the splitter {}, by spaces {}, by hand {}".format(text, *found[text]))
with open(sys.argv[1]) as file:
    row = next(csv.reader(file))
source, target = int(row[2]), int(row[3])
print(f"pocount: {source} words in the source, {target} in the translation; by spaces 13 and 13")

if (
    list(found.values())
    == [
        (7, 8, 8, 7),
        (3, 5, 5, 3),
        (1, 2, 2, 1),
        (0, 1, 1, 0),
        (3, 2, 2, 3),
        (4, 4, 4, 4),
        (4, 4, 4, 4),
    ]
    and (source, target) == (10, 13)
):
    print("As found: the full stop takes its neighbours along.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
"$folder/venv/bin/python" "$folder/try.py" "$folder/counted.csv"
