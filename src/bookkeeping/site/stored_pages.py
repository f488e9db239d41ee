"""A page as myst-nb reads it: the source's cells with the outputs that were stored."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from sphinx.errors import SphinxError

from bookkeeping.project import Project
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.notebooks import (
    code_cells,
    executed_pages,
    lay_outputs_over,
    page_key,
    parse_page,
)
from bookkeeping.site.charts import add_pictures


class BookStopped(SphinxError):
    """A page that cannot become part of the book."""

    category = "The book stops here"


def read_page(text: str, root: str) -> NotebookNode:
    """Read a page for myst-nb: the source's cells with the store's outputs."""
    project = Project(Path(root))
    notebook = parse_page(text)
    if code_cells(notebook):
        key = page_key(Freshness.of(project), notebook)
        record = executed_pages(project).load(key)
        if record is None:
            raise BookStopped("a page was edited while the book was being built; build it again.")
        add_pictures(project, record)
        lay_outputs_over(notebook, record)
    return notebook
