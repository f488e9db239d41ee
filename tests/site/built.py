"""The built book as it lies on the disk: its pages, its parts, and what each page holds."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from functools import cache, cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("UNROLLED_SITE", ROOT / "_build" / "html")).resolve()
WEB = Path(os.environ.get("UNROLLED_WEB", ROOT / "web" / "node_modules")).resolve()

Thing = TypeVar("Thing")

# The scheme and host stand for "this book, wherever it is served".
BOOK = "http://book.invalid/"


class Element(NamedTuple):
    """A start tag: its name, its attributes, the line that it stands on."""

    tag: str
    attributes: dict[str, str]
    line: int

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def has_class(self, name: str) -> bool:
        return name in self["class"].split()


class Page(HTMLParser):
    """One page, read once: its start tags in order, and the text of what is asked about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes, self.getpos()[0]))

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    @cached_property
    def anchors(self) -> set[str]:
        """The places that a link may lead to."""
        named = {element["name"] for element in self.all("a")}
        return {element["id"] for element in self.elements} | named

    def link(self, rel: str) -> str:
        """The address of ``<link rel=...>``, or nothing."""
        found = [e["href"] for e in self.all("link") if rel in e["rel"].split()]
        return found[0] if found else ""


@cache
def read(name: str, site: Path = SITE) -> Page:
    return Page((site / name).read_text(encoding="utf-8"))


def pages(site: Path = SITE) -> list[str]:
    """Every page of the book, by its address below the root; the theme's own templates are none."""
    names = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(name.as_posix() for name in names if name.parts[0] != "_static")


@cache
def pages_with(kind: str) -> list[str]:
    """Every page that has an element of this class."""
    classed = re.compile(rf'class="(?:[^"]* )?{kind}[ "]')
    return [name for name in pages() if classed.search((SITE / name).read_text(encoding="utf-8"))]


# What scripts or styles of its own make work on a page: steps, charts, questions, folded listings,
# and signatures of functions.
KINDS = ("steps", "chart", "question", "sd-dropdown", "py")


def one_of_each_kind() -> list[str]:
    """The shortest page of each kind."""
    return sorted({shortest(pages_with(kind)) for kind in KINDS})


def typical_pages() -> list[str]:
    """The home page, and the shortest of the pages that ask, which have most of what there is."""
    return ["index.html", shortest(pages_with("question"))]


def shortest(names: list[str]) -> str:
    """The shortest of these pages, or the home page where there is none."""
    return min(names, key=lambda name: (SITE / name).stat().st_size, default="index.html")


# Pages that a template writes: one for a file of code, for the check of an equation, for a room.
LISTINGS = ("_modules/", "back/evidence/", "back/checks/", "back/api/")


def pages_to_open(site: Path = SITE) -> list[str]:
    """Every page that a browser shall open.

    Those of a kind that one template writes are alike: only the longest of them, the one with
    the widest line, and one in turn are opened.
    """
    every = [name for name in pages(site) if name not in redirects(site)]
    found = [name for name in every if not name.startswith(LISTINGS)]
    for kind in LISTINGS:
        alike = [name for name in every if name.startswith(kind)]
        found += in_turn(alike)
        found += sorted(alike, key=lambda name: (site / name).stat().st_size)[-1:]
        found += sorted(alike, key=lambda name: _widest(site / name))[-1:]
    return sorted(set(found))


def in_turn(things: list[Thing], count: int = 1) -> list[Thing]:
    """Return a few of these. Which ones decides the commit, so that all get their turn."""
    start = int(hashlib.sha256(_commit().encode()).hexdigest(), 16)
    return [things[(start + more) % len(things)] for more in range(min(count, len(things)))]


@cache
def _commit() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout


@cache
def redirects(site: Path = SITE) -> set[str]:
    """The addresses at which a page once was, and that lead on to where it is now."""
    leads_on = '<meta http-equiv="refresh"'
    return {n for n in pages(site) if leads_on in (site / n).read_text(encoding="utf-8")}


def _widest(path: Path) -> int:
    """Return the number of characters in the widest line, without its marks."""
    lines = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8")).splitlines()
    return max(map(len, lines), default=0)


def opening_pages(site: Path = SITE) -> list[str]:
    """The first page of each part, as the navigation of the home page lists the parts."""
    if not (site / "index.html").exists():
        return []
    found: list[str] = []
    waiting = False
    for element in read("index.html", site).elements:
        if element.has_class("caption-text"):
            waiting = True
        elif waiting and element.tag == "a" and element.has_class("internal"):
            found.append(urlsplit(element["href"]).path)
            waiting = False
    return found


def address(name: str, href: str) -> str:
    """Return where ``href`` on the page ``name`` leads, with ``BOOK`` for this book's own host."""
    return urljoin(BOOK + name, href)


def own_file(name: str, href: str) -> tuple[str, str] | None:
    """Return file and fragment that ``href`` leads to, or None when it leaves the book."""
    whole = address(name, href)
    if not whole.startswith(BOOK):
        return None
    parts = urlsplit(whole)
    path = unquote(parts.path).lstrip("/")
    return (path + "index.html" if path.endswith("/") or not path else path), unquote(
        parts.fragment
    )
