"""The book as one EPUB, made of the written pages of the site."""

from __future__ import annotations

import os
import subprocess
import sys
from html import escape
from pathlib import Path

from bookkeeping.bound import book, leaves, package, xhtml
from bookkeeping.bound.drawings import on_paper
from bookkeeping.bound.package import XHTML, Item
from bookkeeping.project import Project
from bookkeeping.site.katex import node_binary
from bookkeeping.store import write_whole

STYLE = "book.css"
MARK = "mark.svg"  # of the book, among its static files
COVER = "cover.svg"
CHECKER = "@likecoin/epubcheck-ts/bin/epubcheck.js"
STILL = (
    "This is the book as one file. Pictures that answer to a slider on the site stand still, and "
    "what it shows step by step is listed. Below an equation, ✓ stands before what the printed "
    "formula was compared with, and how near it came."
)
MEDIA = {
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
    ".gif": "image/gif", ".webp": "image/webp",
}  # fmt: skip


def path_of(project: Project) -> Path:
    """Return where the EPUB of the book is made."""
    return project.build / f"{book.file_name(project)}.epub"


def make(project: Project) -> int:
    """Write the book as an EPUB among what is made; return the exit status.

    It is made of the site as it was built last, so that no page runs, and dated as the commit is:
    made twice of one site, it is the same to the byte.
    """
    site, target = project.build / "html", path_of(project)
    docnames = leaves.bound_pages(project)
    for docname in leaves.absent(docnames, site):
        print(
            f"{os.path.relpath(site)}: expected the pages of _toc.yml as the build writes them; "
            f"{docname}.html is not there. Build the book first: python -m nox -s docs",
            file=sys.stderr,
        )
        return 1
    told, language = book.facts(project), book.language(project)
    bound = leaves.leaves(docnames, site)
    items = _items(project, bound, told, language)
    write_whole(target, package.zipped(items, told, language))
    size = target.stat().st_size / 1e6
    print(f"{os.path.relpath(target)}: {len(bound)} pages, {size:.1f} MB, as of {told.day}")
    return 0


def check(project: Project) -> int:
    """Hold the EPUB against the rules of its format; return the exit status.

    Any error, fatal error or warning is a fault.
    """
    checker = project.web / CHECKER
    if not checker.is_file():
        print(
            f"{os.path.relpath(checker)}: expected the program that checks an EPUB; it is not "
            "there. Install what web/package-lock.json pins: npm ci --prefix web --ignore-scripts",
            file=sys.stderr,
        )
        return 1
    command = [node_binary(), str(checker), str(path_of(project)), "--fail-on-warnings"]
    return subprocess.run(command, check=False).returncode


def _items(
    project: Project, bound: list[leaves.Leaf], told: book.Facts, language: str
) -> list[Item]:
    """Return the files of the EPUB: pages as they are read, then what these need."""
    pictures = leaves.bind(bound, told.address)
    title = xhtml.page(_title(told), told.short, language=language, style=STYLE, kind="titlepage")
    parted = book.parts(project)
    inside = {entry.docname for part in parted for entry in part.entries}
    front = [("title.xhtml", "Title page")]
    front += [(leaf.file, leaf.title) for leaf in bound if leaf.docname not in inside]
    items = [
        Item("title.xhtml", XHTML, title.encode()),
        package.contents(front, bound, parted, language, STYLE),
    ]
    for leaf in bound:
        style = "../" * leaf.docname.count("/") + STYLE
        text = xhtml.document(leaf.tree, leaf.title, language=language, style=style)
        items.append(Item(leaf.file, XHTML, text.encode(), tuple(xhtml.properties(text))))
    items.append(Item(STYLE, "text/css", Path(__file__).with_name("epub.css").read_bytes()))
    mark = project.book / "_static" / MARK
    cover = _cover(told, mark.read_bytes() if mark.is_file() else b"")
    items.append(Item(COVER, MEDIA[".svg"], cover.encode(), ("cover-image",)))
    for source, name in sorted(pictures.items()):
        path = project.build / "html" / source
        content = path.read_bytes()
        drawn = on_paper(content) if path.suffix == ".svg" else content
        items.append(Item(name, MEDIA[path.suffix.lower()], drawn))
    return items


def _title(told: book.Facts) -> str:
    """Return the title page: what the book is, of when, how it may be used and cited."""
    title, _, rest = told.title.partition(": ")
    address = f'<a href="{escape(told.address)}">{escape(told.address)}</a>'
    lines = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="subtitle">{escape(rest)}</p>' if rest else "",
        f'<p class="author">{escape(told.author)}</p>',
        f"<p>{escape(told.edition)}</p>",
        f"<p>{escape(told.licence)}</p>" if told.licence else "",
        f"<p>{escape(told.summary)}</p>" if told.summary else "",
        f"<p>{STILL}</p>",
        f"<p>The site: {address}</p>" if told.address else "",
        f"<h2>How to cite</h2><p>{escape(told.citation)}</p>",
    ]
    return f"<main>{''.join(lines)}</main>"


def _cover(told: book.Facts, mark: bytes) -> str:
    """Return a cover: the book's mark, if it has one, above its title and authors."""
    title, _, rest = told.title.partition(": ")
    drawn = on_paper(mark).decode().partition("?>")[2].strip() if mark else ""
    placed = drawn.replace("<svg ", '<svg x="300" y="230" width="600" height="600" ', 1)
    rows = [(title, 1010, 130), (rest, 1110, 56), (told.author, 1450, 48)]
    words = "".join(
        f'<text x="600" y="{height}" font-size="{size}" text-anchor="middle" fill="#222832" '
        f'font-family="Source Sans 3, Helvetica, Arial, sans-serif">{escape(text)}</text>'
        for text, height, size in rows
        if text
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="1600" '
        f'viewBox="0 0 1200 1600"><rect width="1200" height="1600" fill="#ffffff"/>'
        f"{placed}{words}</svg>\n"
    )
