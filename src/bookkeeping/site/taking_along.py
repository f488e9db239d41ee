"""The EPUB of the book and the PDF of each part, offered by a site that is published with them.

They are made of the written pages, and so after them: an ordinary build has none. A site that is
published with them takes those that were made before, and says how large and of when they are.
"""

from __future__ import annotations

import datetime
import html
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from sphinx.application import Sphinx

from bookkeeping.project import Project
from bookkeeping.site.in_parts import Part, file_name, parts
from bookkeeping.site.state import build_of

FOLDER = "_bound"
MAKE = "make them first: python -m nox -s epub pdf"


class Offer(NamedTuple):
    """A file that readers may take along."""

    path: Path
    part: Part | None  # of the book; None for the whole

    @property
    def kind(self) -> str:
        """What the file is."""
        return self.path.suffix.removeprefix(".").upper()

    @property
    def size(self) -> str:
        """How large the file is."""
        return f"{max(self.path.stat().st_size / 1e6, 0.1):.1f} MB"


def _day() -> str:
    """Return the day of the commit as a reader reads it."""
    date = datetime.datetime.fromtimestamp(_date(), datetime.UTC)
    return f"{date.day} {date:%B %Y}"


def _date() -> int:
    """Return when the commit was made, in seconds since 1970."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", 0)) or 1_000_000_000


def offers(project: Project) -> list[Offer]:
    """Return the files that this site offers: none in an ordinary build."""
    return list(_made(project)) if project.is_bound else []


def _made(project: Project) -> Iterator[Offer]:
    """Yield the files that were made of the book: the whole first, then part by part."""
    name = file_name(project)
    made = [Offer(project.build / f"{name}.epub", None)]
    made += [Offer(project.build / f"{name}-{part.name}.pdf", part) for part in parts(project)]
    return (offer for offer in made if offer.path.is_file())


def may_publish(project: Project) -> bool:
    """Whether there are files to offer, none of them older than the commit; say what is not so."""
    made = list(_made(project))
    old = [offer.path.name for offer in made if offer.path.stat().st_mtime < _date()]
    shown = os.path.relpath(project.build)
    if not made:
        name = file_name(project)
        print(f"--bound: expected {name}.epub in {shown}; found none; {MAKE}", file=sys.stderr)
    elif old:
        print(
            f"--bound: expected files of this commit in {shown}; older than it: {', '.join(old)}; "
            f"{MAKE}",
            file=sys.stderr,
        )
    return bool(made) and not old


def copy(app: Sphinx) -> None:
    """Put the files into the finished site."""
    folder = Path(app.outdir, FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    for offer in offers(build_of(app).project):
        folder.mkdir(exist_ok=True)
        shutil.copyfile(offer.path, folder / offer.path.name)


def add_to_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Offer the book and a page's part among its downloads, and all of them on the start page."""
    held = offers(build_of(app).project) if doctree else []
    folder = context["pathto"](FOLDER, 1) if held else ""
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"] += [
                {
                    "type": "link",
                    "url": f"{folder}/{quote(offer.path.name)}",
                    "text": f"{_named(offer)} ({offer.size}, {_day()})",
                    "tooltip": f"Download {_named(offer)[0].lower()}{_named(offer)[1:]}",
                    "icon": "fas fa-file-pdf" if offer.part else "fas fa-book",
                    "label": f"download-{offer.path.suffix.removeprefix('.')}-bound-button",
                }
                for offer in held
                if offer.part is None or pagename in {entry.docname for entry in offer.part.entries}
            ]
    if held and pagename == app.config.root_doc:
        context["body"] += _all(held, folder)


def _named(offer: Offer) -> str:
    return f"{'This part' if offer.part else 'The whole book'} as {offer.kind}"


def _all(held: list[Offer], folder: str) -> str:
    """Return a line with every file."""
    links = [
        f'<a href="{folder}/{quote(offer.path.name)}" download="">'
        f"{html.escape(offer.part.caption if offer.part else 'the whole book')} "
        f"({offer.kind}, {offer.size})</a>"
        for offer in held
    ]
    return f'<p class="taking-along">To take along, as of {_day()}: {" · ".join(links)}.</p>\n'
