"""A page as myst-nb reads it: the source's cells with the outputs that were stored."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from bookkeeping.project import Project
from bookkeeping.run.notebooks import code_cells, parse_page
from bookkeeping.run.pages import Page, Pages
from bookkeeping.site.charts import add_pictures
from bookkeeping.site.stopping import in_words
from bookkeeping.texts import PageError

EDITED = "the page was edited while the book was being built; build it again."


@in_words
def read_page(text: str, root: str) -> NotebookNode:
    """Read a page for myst-nb, which hands on its text and not its name."""
    page = Pages.of(Project(Path(root))).saying(text)
    if page is not None:
        return stored_notebook(page)
    notebook = parse_page(text)
    if code_cells(notebook):
        raise PageError(EDITED)
    return notebook


def stored_notebook(page: Page) -> NotebookNode:
    """Return a page as a notebook, with the outputs that are stored and the pictures of charts.

    Raises
    ------
    PageError
        When nothing is stored of a page that has code.
    """
    record = page.record() if page.cells else None
    if page.cells and record is None:
        raise PageError(f"{page.name}:1: {EDITED}")
    if record is not None:
        add_pictures(page.project, record)
    return page.notebook(record)
