"""What ``book/tries.yml`` says of the equations that readers try on their pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from bookkeeping.forms import TRIES
from bookkeeping.texts import YamlText

FILE = "tries.yml"


class Slip(NamedTuple):
    """A wrong answer that is known, and what the page says of it."""

    tex: str
    says: str


class Box(NamedTuple):
    """An equation that readers try: all but the equation itself, which its page types."""

    label: str
    line: int  # of the data file
    asks: str  # the equation's first side
    side: int  # which side of the equation's first line is the answer
    hint: str
    slips: tuple[Slip, ...]
    forms: tuple[str, ...]  # other right answers
    letters: tuple[str, ...]  # more letters of the page that a reader may use
    knows: tuple[str, ...]  # definitions by which one letter may stand for others
    plain: dict[str, str]  # how letters are typed plainly


def boxes_of(book: Path) -> dict[str, Box]:
    """Return what a book says of the equations that readers try, by label.

    Parameters
    ----------
    book : Path
        The folder of the pages; one without the file has no such equations.

    Raises
    ------
    PageError
        When the file is not YAML, or not of the form that it must have; with the line.
    """
    path = book / FILE
    if not path.exists():
        return {}
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@cache
def _read(path: Path, changed: int, size: int) -> dict[str, Box]:
    said = YamlText.of(path)
    data = said.load() or {}
    said.check(data, TRIES)
    return {
        label: Box(
            label, said.line_of([label]), entry["asks"], entry.get("side", -1), entry["hint"],
            tuple(Slip(slip["tex"], slip["says"]) for slip in entry.get("slips", ())),
            tuple(entry["forms"]), tuple(entry.get("letters", ())), tuple(entry.get("knows", ())),
            entry.get("plain", {}),
        )
        for label, entry in data.items()
    }  # fmt: skip
