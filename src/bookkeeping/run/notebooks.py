"""A page as a notebook: its code cells from the source, their outputs from the store."""

from __future__ import annotations

import copy
import functools
import posixpath
import re
from typing import Any

import nbformat
from myst_nb.core.read import (
    MystMetadataParsingError,
    _LoadFileParsingError,
    read_myst_markdown_notebook,
)
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode, ValidationError
from yaml import YAMLError

from bookkeeping.forms import FRONT_MATTER, HEADER
from bookkeeping.run import payloads
from bookkeeping.run.cells import blank_lines_before
from bookkeeping.run.told import RAISES, faults_of_cells, faults_of_settings
from bookkeeping.texts import PageError, YamlText, fits, lines_of

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
WORDS = "words"  # the tag of a cell that binds words of the page to what its cells gave
# What ends a line for `str.splitlines`, by which myst-nb cuts a page into cells, and nowhere else.
INVISIBLE_BREAK = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
# The front matter of a page; the two ways to write the header of a cell.
FRONT = r"\A---[ \t]*\n(?P<front>(?:.*\n)*?)---[ \t]*$"
HEADERS = (
    r"^(?:`{3,}|~{3,})\{code-cell\}.*\n"
    r"(?:---[ \t]*\n(?P<header>(?:.*\n)*?)---[ \t]*$|(?P<options>(?::.*\n)+))"
)
YAML_BLOCK = re.compile(f"{FRONT}|{HEADERS}", re.M)
UNREADABLE = (
    MystMetadataParsingError, _LoadFileParsingError, ValidationError, YAMLError, TypeError,
    ValueError,
)  # fmt: skip
MYST_EXTENSIONS = {
    "amsmath",
    "colon_fence",
    "deflist",
    "dollarmath",
    "fieldlist",
    "smartquotes",
    "substitution",
}


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
    lines = lines_of(text)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        start = notebook.metadata.source_map[number]
        if cell.cell_type == "markdown":
            while start < len(lines) and not lines[start].strip():
                start += 1
        else:
            start -= 1
            if WORDS in cell.metadata.get("tags", []):
                cell.metadata["tags"].append("remove-cell")  # which myst-nb hears
        notebook.metadata.source_map[number] = start - 1
    return notebook


def load_page(text: str, name: str) -> NotebookNode:
    """Parse a page; what cannot be read of it is told with the page's name and line."""
    if found := INVISIBLE_BREAK.search(text):
        raise PageError(
            f"{name}:{text.count(chr(10), 0, found.start()) + 1}: the invisible character "
            f"U+{ord(found[0]):04X} ends a line for some tools and not for others; leave it out, "
            "or write it as an escape in code"
        )
    try:
        notebook = parse_page(text)
    except UNREADABLE as error:
        _check_yaml(text, name)
        where = re.search(r"at line (\d+)", str(error))
        raise PageError(f"{name}:{where[1] if where else 1}: {error}") from error
    except IndexError as error:
        raise PageError(f"{name}:1: the page is empty; it begins with a title") from error
    if not (
        fits(notebook.metadata, FRONT_MATTER)
        and all(fits(cell.metadata, HEADER) for cell in notebook.cells)
    ):
        _check_yaml(text, name)
    _check_told(text, name, notebook)
    return notebook


def _check_yaml(text: str, name: str) -> None:
    """Refuse a front matter or cell header that is not as it must be, with its line."""
    for block in YAML_BLOCK.finditer(text):
        kind = block.lastgroup or ""
        inside = re.sub("^:", "", block[kind], flags=re.M) if kind == "options" else block[kind]
        part = YamlText(name, inside, text.count("\n", 0, block.start(kind)))
        part.check(part.load(), FRONT_MATTER if kind == "front" else HEADER)


def _check_told(text: str, name: str, notebook: NotebookNode) -> None:
    """Refuse what a page asks of its runner and is not done, with its line."""
    front = re.match(FRONT, text, re.M)
    matter = YamlText(name, front["front"] if front else "", 1)
    told = [(matter.line_of(fault.keys), fault.says) for fault in faults_of_settings(notebook)]
    told += faults_of_cells(text, notebook)
    if told:
        raise PageError("\n\n".join(f"{name}:{line}: {says}" for line, says in told))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cell_lines(text: str, notebook: NotebookNode) -> list[int]:
    """Return the line of the page on which the code of each code cell begins, blank lines aside."""
    lines = lines_of(text)
    starts = []
    for cell, fence in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type == "code":
            first = lines_of(cell.source)[blank_lines_before(cell.source)]
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
    """Return the files and folders of data that the page's front matter declares."""
    declared = notebook.metadata.get("data") or []
    names = [declared] if isinstance(declared, str) else declared
    return [posixpath.normpath(str(name)) for name in names]


def lay_outputs_over(notebook: NotebookNode, record: dict[str, Any]) -> None:
    """Give each code cell the outputs that the record holds for it."""
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = record["language_info"]
    for number, (cell, outputs) in enumerate(
        zip(code_cells(notebook), record["outputs"], strict=True), start=1
    ):
        cell["execution_count"] = number
        cell["outputs"] = [nbformat.from_dict(output) for output in payloads.join(outputs)]
