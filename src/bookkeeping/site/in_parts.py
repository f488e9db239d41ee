"""The parts of the book with their pages, and the names of files that hold the book or a part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sphinx_external_toc.parsing import parse_toc_data

from bookkeeping.project import Project
from bookkeeping.texts import YamlText


class Entry(NamedTuple):
    """A page in its place: 1 for a chapter, 2 for a page below it, and so on."""

    docname: str
    level: int


class Part(NamedTuple):
    """A part of the book: what ``_toc.yml`` calls it, and its pages in their order."""

    caption: str
    entries: list[Entry]

    @property
    def name(self) -> str:
        """The part in the name of a file."""
        return _joined(self.caption)


def parts(project: Project) -> list[Part]:
    """Return the parts of the book with their pages; the first page stands in none of them."""
    sitemap = parse_toc_data(YamlText.of(project.root / "_toc.yml").load())
    return [
        Part(tree.caption or "", list(_entries(sitemap, tree.items, 1)))
        for tree in sitemap.root.subtrees
    ]


def _entries(sitemap: Any, items: Any, level: int) -> Iterator[Entry]:
    """Yield pages and those below them; what is no page of the book is left out."""
    for item in items:
        if isinstance(item, str) and item in sitemap:
            yield Entry(str(item), level)
            for below in sitemap[item].subtrees:
                yield from _entries(sitemap, below.items, level + 1)


def file_name(project: Project) -> str:
    """Return the book's title as the name of a file: small letters, joined by hyphens."""
    return _joined(str(project.config.get("title", "book")))


def _joined(words: str) -> str:
    return "-".join(re.findall(r"\w+", words.lower()))
