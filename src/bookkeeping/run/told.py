"""What a page tells its runner and this one does not do: refused by name and line.

MyST-NB has settings for how a notebook is executed, in a page's front matter and above its cells.
Here every page is executed whole, in the book's own Python, so that none of them would be heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from nbformat import NotebookNode

from bookkeeping.texts import lines_of

RAISES = "raises-exception"  # the tag of a cell whose complaint is to be shown
SKIPPED = "skip-execution"
PYTHON = re.compile(r"i?python\d*", re.IGNORECASE)
CELL = re.compile(r"[`~]{3,}\s*\{code-cell\}(?P<language>.*)")
NOT_HEARD = "is not heard here, where every page is executed as _config.yml says; leave it out"


class Fault(NamedTuple):
    """What is wrong in the front matter of a page: the way to it, and what to say."""

    keys: tuple[str, ...]
    says: str


def faults_of_settings(notebook: NotebookNode) -> Iterator[Fault]:
    """Say what the front matter of a page asks for and is not done."""
    matter = notebook.metadata
    kernel = matter.get("kernelspec", {})
    language = str(kernel.get("language", kernel.get("name", "python")))
    if not PYTHON.fullmatch(language):
        yield Fault(
            ("kernelspec",),
            f"the kernel of {language}: pages are executed in this book's own Python; leave it "
            "out, or say `language: python` in it",
        )
    if "execution" in matter:
        yield Fault(("execution",), f"`execution` {NOT_HEARD}")
    for key in matter.get("mystnb", {}):
        if str(key).startswith("execution_"):
            yield Fault(("mystnb", key), f"`{key}` {NOT_HEARD}")


def faults_of_cells(text: str, notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Say, with the line, what is asked of the cells of a page and not done."""
    lines = lines_of(text)
    for cell, before in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type != "code":
            continue
        fence = before + 1  # counted from zero
        found = CELL.match(lines[fence].strip())
        language = found["language"].strip() if found else ""
        if language and not PYTHON.fullmatch(language):
            yield (
                fence + 1,
                f"a cell in {language}: cells are executed as Python; show another language in a "
                f"plain ```{language} block",
            )
        if SKIPPED in cell.metadata.get("tags", []):
            yield (
                fence + 1,
                f"the tag {SKIPPED}: every cell is executed; show code that is not to run in a "
                "plain ```python block",
            )
