"""How to cite a page, and what a shared link says of it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from bookkeeping.site.state import build_of, page_index
from bookkeeping.texts import YamlText

FILE = "CITATION.cff"  # the usual file for it: https://citation-file-format.github.io
LONGEST = 200  # letters that those who show a link show of it


def add_to_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the templates the entry for a bibliography, and describe the page in its head."""
    if doctree is None:
        return
    project = build_of(app).project
    title = str(app.env.titles[pagename].astext())
    if (project.root / FILE).exists():
        address = f"{project.site_url}{pagename}.html" if project.site_url else ""
        year = str(project.config.get("copyright", ""))
        context["citation"] = entry(project.root / FILE, pagename, title, address, year=year)
    said = page_index(app.env).first_sentences.get(pagename, "")
    if said and not project.site_url:  # else the extension for social cards does it
        context["metatags"] = context.get("metatags", "") + _tags(
            title, _shortened(said), str(app.config.project)
        )


def entry(path: Path, pagename: str, title: str, address: str, *, year: str = "") -> str:
    """Return an entry for BibTeX that cites a page of the book.

    Parameters
    ----------
    path : Path
        The book's own citation file.
    pagename : str
        The page, as ``_toc.yml`` names it.
    title : str
        Its title.
    address : str
        Where it stands on the web; may be empty.
    year : str
        When it was published, for a citation file that does not say so.
    """
    told = YamlText.of(path).load() or {}
    fields = {
        "author": " and ".join(map(_author, told.get("authors", []))),
        "title": title,
        "howpublished": f"In: {told.get('title', '')}",
        "version": str(told.get("version", "")),
        "year": str(told.get("date-released", year))[:4],
        "url": address,
    }
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@misc{{{pagename.replace('/', '-')},", *lines, "}"])


def _author(told: dict[str, Any]) -> str:
    """Return a person as family and given name; a group in braces, which keep it whole."""
    if "family-names" in told:
        return f"{told['family-names']}, {told.get('given-names', '')}".rstrip(", ")
    return f"{{{told.get('name', '')}}}"


def _shortened(said: str) -> str:
    return said if len(said) <= LONGEST else said[: said.rfind(" ", 0, LONGEST)] + " …"


def _tags(title: str, said: str, book: str) -> str:
    tags = {"description": said}
    opened = {"og:type": "article", "og:site_name": book, "og:title": title, "og:description": said}
    return "".join(
        f'<meta {key}="{name}" content="{escape(text)}"/>\n'
        for key, group in (("name", tags), ("property", opened))
        for name, text in group.items()
    )
