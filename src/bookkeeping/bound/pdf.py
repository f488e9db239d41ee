"""Make of the written pages one PDF a part: ``python -m bookkeeping pdf``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bookkeeping.bound import book
from bookkeeping.bound.book import Part
from bookkeeping.bound.pdf_checks import faults
from bookkeeping.bound.pdf_document import Document
from bookkeeping.bound.pdf_finishing import finish, sheets_of
from bookkeeping.bound.pdf_pages import Site
from bookkeeping.bound.pdf_printing import print_to
from bookkeeping.project import Project
from bookkeeping.store import write_whole


def make(project: Project, names: list[str], *, smallest: bool = False) -> int:
    """Print parts of the book from the pages that the last build wrote.

    Parameters
    ----------
    project : Project
        The book, which was built.
    names : list of str
        The parts to print, as the names of their files have them; all when none is named.
    smallest : bool
        Whether to print the part of the fewest pages only.

    Returns
    -------
    status : int
        The exit status: 1 where a file is not what it should be, 2 where there is no such part.
    """
    every = printed_parts(project)
    wanted = [part for part in every if part.name in names] if names else every
    unknown = sorted(set(names) - {part.name for part in every})
    if unknown or not (project.build / "html" / "index.html").exists():
        print(
            f"{unknown[0]!r} is no part of the book; the parts are "
            f"{', '.join(part.name for part in every)}." if unknown else
            f"There is no book in {project.build / 'html'}: run `python -m nox -s docs` first.",
            file=sys.stderr,
        )  # fmt: skip
        return 2
    if smallest:
        wanted = [min(wanted, key=lambda part: len(part.entries))]
    told = 0
    for part in wanted:
        started = time.perf_counter()
        document = document_of(project, every, part)
        target = file_of(project, part)
        problems = make_part(document, target, project.build / "bound")
        seconds = time.perf_counter() - started
        for problem in problems:
            print(f"{target.name}: {problem}", file=sys.stderr, flush=True)
        if not problems:
            size = target.stat().st_size / 1e6
            print(f"{target.name}: {size:.1f} MB, {seconds:.0f} s", flush=True)
        told += len(problems)
    return 1 if told else 0


def printed_parts(project: Project) -> list[Part]:
    """Return the parts of the book without the pages that ``_config.yml`` leaves to the site."""
    left = tuple(f"{name}/" for name in project.own.get("unprinted", []))
    kept = [
        Part(part.caption, [one for one in part.entries if not f"{one.docname}/".startswith(left)])
        for part in book.parts(project)
    ]
    return [part for part in kept if part.entries]


def file_of(project: Project, part: Part) -> Path:
    """Return where the PDF of a part comes."""
    return project.build / f"{book.file_name(project)}-{part.name}.pdf"


def document_of(project: Project, every: list[Part], part: Part) -> Document:
    """Return a part of the built book as a document."""
    site = Site(project.build / "html", project.site_url)
    return Document(site, book.facts(project), every, part, book.language(project))


def make_part(document: Document, target: Path, folder: Path) -> list[str]:
    """Print a part, read from the print on which sheet each heading stands, and print it again.

    Parameters
    ----------
    document : Document
        The part.
    target : Path
        The finished file.
    folder : Path
        Where the document and its prints are kept.

    Returns
    -------
    list of str
        What is wrong with the file; with anything wrong the last good one stays.
    """
    first, second = (folder / f"{target.stem}-{number}.pdf" for number in (1, 2))
    numbers = _printed(document, {}, first)
    if _printed(document, numbers, second) != numbers:
        return ["the contents move when they get their numbers; give them a place of a fixed width"]
    made = folder / target.name
    finish(
        second, made,
        title=document.title, facts=document.facts, headings=document.headings,
    )  # fmt: skip
    found = faults(made, document)
    if not found:
        made.replace(target)
    return found


def _printed(document: Document, numbers: dict[str, int], path: Path) -> dict[str, int]:
    """Print the document with these numbers in its contents; return those of the print."""
    page = path.with_suffix(".html")
    write_whole(page, document.text(numbers).encode())
    print_to(path, page)
    return sheets_of(path, document.headings)
