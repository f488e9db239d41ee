"""Count the words of the built pages: as a page opens, and with all but its solutions unfolded.

Counted is the main column: prose, captions, lists, tables and boxes, with their titles; not code,
what it printed, formulas, or the marks beside equations and headings.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

WORD = re.compile(r"[^\W\d_][\w’'\-]*")
NEVER = {
    "highlight", "output", "katex", "eqno", "headerlink", "equation-mark-line", "enlarge",
    "prev-next-area", "given", "choice-letter",
}  # fmt: skip
FOLDED = {"dropdown", "toggle"}  # by a script, but for its title
ALONE = set("area base br col embed hr img input link meta source wbr".split())  # have no end tag
OPENS, UNFOLDED = 3_000, 4_500  # the most words that a page may have


class Length(NamedTuple):
    """The words of a page."""

    opens: int
    unfolded: int


class _Inside(NamedTuple):
    """What an element makes of the words in it."""

    tag: str
    counts: bool
    folded: bool
    solution: bool


class _Counter(HTMLParser):
    """Adds up the words of one page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.around: list[_Inside] = []
        self.steps = 0
        self.opens = self.unfolded = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ALONE:
            return
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        up = self.around[-1] if self.around else _Inside("", False, False, False)
        folded = up.folded
        if tag == "figure":
            self.steps = 0
        if "step" in classes:
            self.steps += 1
            folded = folded or self.steps > 1
        if (tag == "details" and "open" not in given) or classes & FOLDED:
            folded = True
        if tag == "summary" or "admonition-title" in classes:
            folded = any(one.folded for one in self.around[:-1])
        counts = (up.counts or (tag == "article" and "bd-article" in classes)) and not (
            classes & NEVER or tag in ("script", "style", "svg", "pre")
        )
        self.around.append(_Inside(tag, counts, folded, up.solution or "solution" in classes))

    def handle_endtag(self, tag: str) -> None:
        while tag not in ALONE and self.around and self.around.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.around or not self.around[-1].counts:
            return
        words = len(WORD.findall(data))
        here = self.around[-1]
        self.opens += 0 if here.folded else words
        self.unfolded += 0 if here.solution else words


def length_of(html: str) -> Length:
    """Return how many words a page has."""
    counter = _Counter()
    counter.feed(html)
    return Length(counter.opens, counter.unfolded)


def chapter_files(site: Path) -> list[Path]:
    """Return the pages of the parts; the back matter is no chapter."""
    return sorted(
        page
        for page in site.glob("*/*.html")
        if page.parent.name != "back" and not page.parent.name.startswith("_")
    )


def chapters(site: Path) -> dict[str, Length]:
    """Return the words of each chapter, by its address."""
    return {
        page.relative_to(site).as_posix(): length_of(page.read_text(encoding="utf-8"))
        for page in chapter_files(site)
    }


def report(*sites: Path) -> list[str]:
    """Return a line for each page, with its words in each of these builds, and the sums."""
    counted = [chapters(site) for site in sites]
    names = sorted({name for one in counted for name in one})
    sums = [Length(*map(sum, zip(*one.values(), strict=True))) for one in counted]
    longest = [Length(*map(max, zip(*one.values(), strict=True))) for one in counted]

    def line(what: str, lengths: list[Length | None]) -> str:
        told = "".join(f"{n.opens:8,}{n.unfolded:8,}" if n else f"{'-':>16}" for n in lengths)
        return f"{what:<40}{told}"

    return [
        f"{'words: as it opens, all but solutions':<40}",
        *(line(name, [one.get(name) for one in counted]) for name in names),
        line(f"longest (at most {OPENS:,} and {UNFOLDED:,})", list(longest)),
        line("all", list(sums)),
    ]


if __name__ == "__main__":
    print("\n".join(report(*map(Path, sys.argv[1:] or ["_build/html"]))))
