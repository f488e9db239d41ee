"""What both bound forms say of the book as a whole: its parts, title, version, date and licence."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sphinx_external_toc.parsing import parse_toc_data

from bookkeeping.project import Project
from bookkeeping.site import citing
from bookkeeping.site.provenance import set_source_date
from bookkeeping.texts import YamlText

NO_DATE = 1_000_000_000  # seconds since 1970, for a book that is under no version control


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
        """The part in the name of a file: its caption in small letters, joined by hyphens."""
        return _joined(self.caption)


class Facts(NamedTuple):
    """What a title page tells."""

    title: str  # with what follows a colon
    short: str  # without
    author: str
    summary: str
    version: str
    date: datetime.datetime  # of the commit, in UTC
    licence: str
    address: str  # of the site; may be empty
    citation: str  # in a line

    @property
    def day(self) -> str:
        """The date as a reader reads it."""
        return f"{self.date.day} {self.date:%B %Y}"

    @property
    def edition(self) -> str:
        """The version and the date in a line."""
        return f"Version {self.version}, {self.day}" if self.version else self.day


def file_name(project: Project) -> str:
    """Return the book's title as the name of a file: small letters, joined by hyphens."""
    return _joined(str(project.config.get("title", "book")))


def language(project: Project) -> str:
    """Return the language of the book as HTML writes it, such as ``en-GB``."""
    settings = project.config.get("sphinx", {}).get("config", {})
    return str(settings.get("language", "en")).replace("_", "-")


def _joined(words: str) -> str:
    return "-".join(re.findall(r"\w+", words.lower()))


def parts(project: Project) -> list[Part]:
    """Return the parts of the book with their pages; the first page stands in none of them."""
    sitemap = parse_toc_data(YamlText.of(project.root / "_toc.yml").load())
    return [
        Part(tree.caption or "", list(_entries(sitemap, tree.items, 1)))
        for tree in sitemap.root.subtrees
    ]


def _entries(sitemap: Any, items: Any, level: int) -> Iterator[Entry]:
    """Yield pages and those below them; what is no page of the book is none of a bound one."""
    for item in items:
        if isinstance(item, str) and item in sitemap:
            yield Entry(str(item), level)
            for below in sitemap[item].subtrees:
                yield from _entries(sitemap, below.items, level + 1)


def facts(project: Project) -> Facts:
    """Return what is told of the book, dated as its commit is."""
    set_source_date(project.root)
    date = datetime.datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH", 0)) or NO_DATE, datetime.UTC
    )
    config, cited = project.config, project.root / citing.FILE
    told = (YamlText.of(cited).load() or {}) if cited.exists() else {}
    short, author = str(config.get("title", "")), str(config.get("author", ""))
    title, version = str(told.get("title", short)), str(told.get("version", ""))
    released = str(told.get("date-released", config.get("copyright", date.year)))[:4]
    said = [f"{author}: {title}.", f"Version {version}," * bool(version), f"{released}."]
    return Facts(
        title=title,
        short=short,
        author=author,
        summary=str(project.own.get("summary", "")).strip(),
        version=version,
        date=date,
        licence=str(project.own.get("licence", "")),
        address=project.site_url,
        citation=" ".join(filter(None, [*said, project.site_url])),
    )
