"""What both bound forms say of the book as a whole: title, version, date, licence, how to cite."""

from __future__ import annotations

import datetime
import os
from typing import NamedTuple

from bookkeeping.project import Project
from bookkeeping.site import citing
from bookkeeping.site.in_parts import Entry, Part, file_name, parts
from bookkeeping.site.provenance import set_source_date
from bookkeeping.texts import YamlText

NO_DATE = 1_000_000_000  # seconds since 1970, for a book that is under no version control


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


def language(project: Project) -> str:
    """Return the language of the book as HTML writes it, such as ``en-GB``."""
    settings = project.config.get("sphinx", {}).get("config", {})
    return str(settings.get("language", "en")).replace("_", "-")


__all__ = ["Entry", "Facts", "Part", "facts", "file_name", "language", "parts"]
