"""The displayed equations of the pages, as they are typed, read without building anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bookkeeping.texts import lines_of, read_text

FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}|:{3,})\{math\}\s*$")
OPTION = re.compile(r"^:(?P<key>[a-z]+):\s*(?P<value>.*)$")
DOLLARS = re.compile(
    r"^\$\$(?P<tex>.+?)\$\$\s*\((?P<label>[^)\s]+)\)\s*$", re.DOTALL | re.MULTILINE
)


class Displayed(NamedTuple):
    """A displayed equation of a page's source."""

    docname: str
    label: str
    tex: str
    line: int  # of the first line of the TeX


def displayed(text: str, docname: str) -> Iterator[Displayed]:
    """Yield the labelled equations that a page types."""
    lines = lines_of(text)
    number = 0
    while number < len(lines):
        opened = FENCE.match(lines[number])
        number += 1
        if not opened:
            continue
        options = {}
        while number < len(lines) and (option := OPTION.match(lines[number])):
            options[option["key"]] = option["value"]
            number += 1
        start = number
        while number < len(lines) and not lines[number].startswith(opened["fence"]):
            number += 1
        tex = "\n".join(lines[start:number])
        lead = len(tex) - len(tex.lstrip())
        if "label" in options:
            first = start + 1 + tex[:lead].count("\n")
            yield Displayed(docname, options["label"], tex.strip(), first)
        number += 1
    for match in DOLLARS.finditer(text):
        line = text.count("\n", 0, match.start("tex")) + 1
        yield Displayed(docname, match["label"], match["tex"].strip(), line)


def equations_of(book: Path) -> dict[str, Displayed]:
    """Return every labelled equation that is typed in a book's pages, by its label."""
    found: dict[str, Displayed] = {}
    for path in sorted(book.rglob("*.md")):
        status = path.stat()
        for equation in _of_page(book, path, status.st_mtime_ns, status.st_size):
            found.setdefault(equation.label, equation)  # of two with one label Sphinx tells
    return found


@cache
def _of_page(book: Path, path: Path, changed: int, size: int) -> tuple[Displayed, ...]:
    docname = path.relative_to(book).with_suffix("").as_posix()
    return tuple(displayed(read_text(path), docname))
