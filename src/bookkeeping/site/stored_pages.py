"""A page as myst-nb reads it: the source's cells with the outputs that were stored."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from sphinx.errors import SphinxError

from bookkeeping.project import Project
from bookkeeping.run.pages import Pages


class BookStopped(SphinxError):
    """A page that cannot become part of the book."""

    category = "The book stops here"


def read_page(text: str, root: str) -> NotebookNode:
    """Read a page for myst-nb, which hands on its text and not its name."""
    page = Pages.of(Project(Path(root))).saying(text)
    if page is None:
        raise BookStopped("a page was edited while the book was being built; build it again.")
    return page.notebook()
