"""The search: what Sphinx writes down and what its script asks for in the reader's browser."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import sphinx.search
from sphinx.search.en import SearchEnglish

from bookkeeping.site.katex import node_binary

BOOK = Path(__file__).parents[2] / "book"
SCRIPTS = Path(sphinx.search.__file__).with_name("minified-js")
CUT = """
const words = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const stemmer = new EnglishStemmer();
console.log(JSON.stringify(words.map(word => stemmer.stemWord(word))));
"""


def test_a_word_is_asked_for_by_the_stem_under_which_it_is_kept():
    texts = [page.read_text(encoding="utf-8") for page in BOOK.rglob("*.md")]
    words = sorted(
        {"internal", "interval", "skis", *re.findall("[a-z]{2,}", " ".join(texts).lower())}
    )
    assert len(words) > 3000
    scripts = [SCRIPTS / name for name in ("base-stemmer.js", "english-stemmer.js")]
    script = "\n".join([*(path.read_text(encoding="utf-8") for path in scripts), CUT])
    asked = subprocess.run(
        [node_binary(), "-e", script],
        input=json.dumps(words),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    kept = SearchEnglish({})
    assert dict(zip(words, json.loads(asked), strict=True)) == {w: kept.stem(w) for w in words}
