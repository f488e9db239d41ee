"""The notation of the book: one data file says what each letter is, page by page."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bookkeeping.check.displayed import Displayed, displayed
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.names import Names, key_of
from bookkeeping.check.formulas.reading import read
from bookkeeping.forms import NOTATION
from bookkeeping.store import Memory, digest
from bookkeeping.texts import YamlText, read_text

FILE = "notation.yml"


class Letter(NamedTuple):
    """A row of the notation: some letters, what they mean, and what they are in the code."""

    shown: str
    means: str
    code: str
    names: dict[str, Any]
    signs: tuple[str, ...]  # TeX such as ``\odot`` that, like a name, brings the row into a box
    always: bool  # whether it stands in the boxes even if no equation holds a name of it


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
    notation = YamlText.of(path)
    data = notation.load() or []
    notation.check(data, NOTATION)
    sections = []
    for part in data:
        sections.append(
            Section(
                str(part["title"]), str(part.get("says", "")), tuple(part["pages"]),
                str(part.get("gradient", "")), tuple(map(_letter, part["letters"])),
            )
        )  # fmt: skip
    return tuple(sections)


def _letter(row: dict[str, Any]) -> Letter:
    names = dict(row.get("names") or {})
    signs = tuple(row.get("signs", ()))
    return Letter(
        str(row.get("shown") or ", ".join(f"${tex}$" for tex in names)),
        str(row["means"]), str(row.get("code", "")), names, signs,
        bool(row.get("always", not (names or signs))),
    )  # fmt: skip


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


def state_of(equation: Displayed, declared: tuple[dict[str, Any], str]) -> str:
    """Return a text that changes with an equation or with what is declared on its page."""
    return digest(equation.tex, equation.docname, repr(declared))


def letters_on(book: Path, docname: str, memory: Memory) -> tuple[Letter, ...]:
    """Return the rows for a page's box: those of its sections that its equations mention.

    Where two sections of the page declare a name, it brings in the row of the later one.

    Raises
    ------
    FormulaError
        When the data file declares a name of the page wrongly.
    """
    rows = [r for s in sections_of(book) if docname in s.pages for r in s.letters]
    text = read_text(book / f"{docname}.md")
    typed = [equation.tex for equation in displayed(text, docname)]
    given = json.dumps([typed, *declared_on(book, docname), [list(row.names) for row in rows]])
    try:
        wanted = memory.recall("letters", given, _rows_met)
    except FormulaError as error:
        raise _declared_wrongly(docname, error) from None
    return tuple(
        row
        for number, row in enumerate(rows)
        if row.always or number in wanted or any(sign in tex for sign in row.signs for tex in typed)
    )


def _rows_met(given: str) -> list[int]:
    """Return the numbers of the rows whose names the equations mention."""
    typed, declared, gradient, rows = json.loads(given)
    names = Names(declared, gradient)
    met = frozenset[str]().union(*(_mentioned(tex, names) for tex in typed))
    home = {key_of(tex): number for number, row in enumerate(rows) for tex in row}
    return sorted({home[key] for key in met})


def _mentioned(tex: str, names: Names) -> frozenset[str]:
    """Return the keys of an equation's names; none if it cannot be read, which the ledger tells."""
    try:
        return read(tex, names).names
    except FormulaError:
        return frozenset()


def names_of(book: Path, docname: str) -> Names:
    """Return the names that a page's equations may use.

    Raises
    ------
    FormulaError
        When the data file declares one of them wrongly.
    """
    declared, gradient = declared_on(book, docname)
    try:
        return _names(repr(declared), gradient)
    except FormulaError as error:
        raise _declared_wrongly(docname, error) from None


def _declared_wrongly(docname: str, error: FormulaError) -> FormulaError:
    return FormulaError(f"{FILE}, for the page {docname}: {error.message}")


@cache
def _names(declared: str, gradient: str) -> Names:
    """Return the names of a declaration, which every equation of a page shares."""
    return Names(ast.literal_eval(declared), gradient)
