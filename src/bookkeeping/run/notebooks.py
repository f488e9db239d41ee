"""A page as a notebook: its code cells from the source, their outputs from the store."""

from __future__ import annotations

import copy
import functools
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import (
    MystMetadataParsingError,
    _LoadFileParsingError,
    read_myst_markdown_notebook,
)
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode, ValidationError

from bookkeeping.run import payloads
from bookkeeping.run.told import RAISES, Fault, faults_of_cells, faults_of_matter

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
EMPTY_MATTER = re.compile(r"\A---[ \t]*\n(?:[ \t]*(?:#.*)?\n)*---[ \t]*$", re.MULTILINE)
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
    # An empty front matter is none, which myst-nb does not know.
    said = EMPTY_MATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
    notebook: NotebookNode = read_myst_markdown_notebook(
        said + "\n", config=config, add_source_map=True
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
    _refuse(name, faults_of_matter(text))
    try:
        notebook = parse_page(text)
    except (MystMetadataParsingError, ValueError, ValidationError, _LoadFileParsingError) as error:
        fault = _unreadable(error, text)
        raise PageError(f"{name}:{fault.line}: {fault.says}") from error
    _refuse(name, faults_of_cells(text, notebook))
    return notebook


def _unreadable(error: Exception, text: str) -> Fault:
    """Say on which line the header of a cell is that cannot be read, and why."""
    if isinstance(error, _LoadFileParsingError):
        found = re.search(r"^:?load:", text, re.MULTILINE)
        says = "`load` above a cell: its code has to stand on the page"
    elif isinstance(error, ValidationError):
        found = re.search(rf" {re.escape(str(error.instance))}\b", text)
        says = f"above a cell, {error.message}".replace("of type 'array'", "a list")
    else:
        where = re.search(r"at line (\d+)", str(error))
        return Fault(int(where.group(1)) if where else 1, str(error))
    return Fault(text.count("\n", 0, found.start()) + 1 if found else 1, says)


def _refuse(name: str, faults: Iterable[Fault]) -> None:
    told = [f"{name}:{fault.line}: {fault.says}" for fault in faults]
    if told:
        raise PageError("\n\n".join(told))


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


def raising(notebook: NotebookNode) -> list[bool]:
    """Say of each code cell whether it is there to raise an exception."""
    return [RAISES in cell.metadata.get("tags", []) for cell in code_cells(notebook)]


def declared_data(notebook: NotebookNode) -> list[str]:
    """Return the data files that the page's front matter declares."""
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
