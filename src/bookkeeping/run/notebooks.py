"""A page as a notebook: its code cells from the source, their outputs from the store."""

from __future__ import annotations

import copy
import functools
import posixpath
import re
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import MystMetadataParsingError, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode

from bookkeeping.run import payloads

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
MYST_EXTENSIONS = {
    "amsmath",
    "colon_fence",
    "deflist",
    "dollarmath",
    "fieldlist",
    "smartquotes",
    "substitution",
}


class PageError(Exception):
    """A page that cannot become part of the book."""


def parse_page(text: str) -> NotebookNode:
    """Turn the source of a page into a notebook without outputs.

    Cell identifiers are counted, so that the same text gives the same notebook. The source map is
    mended, so that a message names the right line: myst-nb and MyST each add one to its numbers,
    and for code it points below the fence.
    """
    return copy.deepcopy(_parsed(text))


@functools.cache
def _parsed(text: str) -> NotebookNode:
    config = MdParserConfig(enable_extensions=MYST_EXTENSIONS)
    notebook: NotebookNode = read_myst_markdown_notebook(
        text + "\n", config=config, add_source_map=True
    )
    lines = text.splitlines()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        start = notebook.metadata.source_map[number]
        if cell.cell_type == "markdown":
            while start < len(lines) and not lines[start].strip():
                start += 1
        else:
            start -= 1
        notebook.metadata.source_map[number] = start - 1
    if any(cell.cell_type == "code" for cell in notebook.cells):
        notebook.metadata["kernelspec"] = dict(KERNEL)
    return notebook


def load_page(path: Path, name: str) -> NotebookNode:
    """Parse a page; a front matter or cell header that cannot be read names the page."""
    text = path.read_text(encoding="utf-8")
    try:
        return parse_page(text)
    except (MystMetadataParsingError, ValueError) as error:
        where = re.search(r"at line (\d+)", str(error))
        inside = re.search(r"metadata: .*line (\d+)", str(error), re.DOTALL)
        line = int(where.group(1)) if where else int(inside.group(1)) + 1 if inside else 1
        raise PageError(f"{name}:{line}: {error}") from error


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cell_lines(text: str, notebook: NotebookNode) -> list[int]:
    """Return the line of the page on which the code of each code cell begins."""
    lines = text.splitlines()
    starts = []
    for cell, fence in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type == "code":
            first = next(iter(cell.source.splitlines()), "")
            inside = range(fence + 2, len(lines))
            starts.append(next((n for n in inside if lines[n] == first), fence + 2) + 1)
    return starts


def sources(notebook: NotebookNode) -> list[str]:
    """Return the code of each code cell."""
    return [cell.source for cell in code_cells(notebook)]


def declared_data(notebook: NotebookNode) -> list[str]:
    """Return the files and folders of data that the page's front matter declares."""
    declared = notebook.metadata.get("data", [])
    names = [declared] if isinstance(declared, str) else declared
    return [posixpath.normpath(str(name)) for name in names]


def lay_outputs_over(notebook: NotebookNode, record: dict[str, Any]) -> None:
    """Give each code cell the outputs that the record holds for it."""
    notebook.metadata["language_info"] = record["language_info"]
    for number, (cell, outputs) in enumerate(
        zip(code_cells(notebook), record["outputs"], strict=True), start=1
    ):
        cell["execution_count"] = number
        cell["outputs"] = [nbformat.from_dict(output) for output in payloads.join(outputs)]
