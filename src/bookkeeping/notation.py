"""The notation of the book: one data file says what each letter is, page by page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bookkeeping.formulas.faults import FormulaError
from bookkeeping.formulas.names import Names

FILE = "notation.yml"


class Letter(NamedTuple):
    """A row of the notation: some letters, what they mean, and what they are in the code."""

    shown: str
    means: str
    code: str
    names: dict[str, Any]


class Section(NamedTuple):
    """Letters that some pages share."""

    title: str
    says: str
    pages: tuple[str, ...]
    gradient: str
    letters: tuple[Letter, ...]


def sections_of(book: Path) -> tuple[Section, ...]:
    """Return the sections of a book's notation, in order; none where there is no such file."""
    path = book / FILE
    if not path.exists():
        return ()
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@cache
def _read(path: Path, changed: int, size: int) -> tuple[Section, ...]:
    data = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    sections = []
    for part in data:
        letters = [
            Letter(
                str(row.get("shown") or ", ".join(f"${tex}$" for tex in row["names"])),
                str(row["means"]), str(row.get("code", "")), dict(row.get("names") or {}),
            )
            for row in part["letters"]
        ]  # fmt: skip
        sections.append(
            Section(
                str(part["title"]), str(part.get("says", "")), tuple(part["pages"]),
                str(part.get("gradient", "")), tuple(letters),
            )
        )  # fmt: skip
    return tuple(sections)


def declared_on(book: Path, docname: str) -> tuple[dict[str, Any], str]:
    """Return the names that a page's equations may use, and how its gradients lie.

    A page may be named by several sections; the later one decides.
    """
    declared: dict[str, Any] = {}
    gradient = "shape"
    for section in sections_of(book):
        if docname in section.pages:
            gradient = section.gradient or gradient
            for letter in section.letters:
                declared.update(letter.names)
    return declared, gradient


def names_of(book: Path, docname: str) -> Names:
    """Return the names that a page's equations may use.

    Raises
    ------
    FormulaError
        When the data file declares one of them wrongly.
    """
    declared, gradient = declared_on(book, docname)
    try:
        return Names(declared, gradient)
    except FormulaError as error:
        raise FormulaError(f"{FILE}, for the page {docname}: {error.message}") from None
