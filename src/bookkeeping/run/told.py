"""What a page tells its runner and this one does not do: refused by name and line.

MyST-NB has settings for how a notebook is executed, in a page's front matter and above its cells.
Here every page is executed whole, in the book's own Python, so that none of them would be heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from nbformat import NotebookNode

RAISES = "raises-exception"  # the tag of a cell whose complaint is to be shown
SKIPPED = "skip-execution"
MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"i?python\d*", re.IGNORECASE)
CELL = re.compile(r"[`~]{3,}\s*\{code-cell\}(?P<language>.*)")
NOT_HEARD = "is not heard here, where every page is executed as _config.yml says; leave it out"


class Fault(NamedTuple):
    """What is wrong on a line of a page."""

    line: int
    says: str


def faults_of_matter(text: str) -> Iterator[Fault]:
    """Say what is wrong with a page's front matter."""
    found = MATTER.match(text)
    try:
        matter = yaml.safe_load(found["yaml"]) if found else None
    except yaml.YAMLError as error:
        mark = getattr(error, "context_mark", None) or getattr(error, "problem_mark", None)
        yield Fault(mark.line + 2 if mark else 1, f"the front matter is not YAML: {error}")
        return
    if matter is None:
        return
    if not isinstance(matter, dict):
        yield Fault(2, "the front matter does not consist of lines like `key: value`")
        return
    lines = text.splitlines()
    for key, says in _faults_of_settings(matter):
        named = re.compile(rf"(?:^|[\s{{,\"']){key}\b")
        yield Fault(next((n for n, line in enumerate(lines, 1) if named.search(line)), 1), says)


def _faults_of_settings(matter: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of the front matter that ask for what is not done, and what to say of each."""
    for name in ("kernelspec", "mystnb"):
        if not isinstance(matter.get(name, {}), dict):
            yield name, f"`{name}` does not consist of lines like `key: value`"
            return
    kernel = matter.get("kernelspec", {})
    language = str(kernel.get("language", kernel.get("name", "python")))
    if not PYTHON.fullmatch(language):
        yield (
            "kernelspec",
            f"the kernel of {language}: pages are executed in this book's own Python; leave it "
            "out, or say `language: python` in it",
        )
    if "execution" in matter:
        yield "execution", f"`execution` {NOT_HEARD}"
    for key in matter.get("mystnb", {}):
        if str(key).startswith("execution_"):
            yield key, f"`{key}` {NOT_HEARD}"


def faults_of_cells(text: str, notebook: NotebookNode) -> Iterator[Fault]:
    """Say what is asked of the cells of a page and not done."""
    lines = text.splitlines()
    for cell, before in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type != "code":
            continue
        fence = before + 1  # counted from zero
        found = CELL.match(lines[fence].strip())
        language = found["language"].strip() if found else ""
        if language and not PYTHON.fullmatch(language):
            yield Fault(
                fence + 1,
                f"a cell in {language}: cells are executed as Python; show another language in a "
                f"plain ```{language} block",
            )
        if SKIPPED in cell.metadata.get("tags", []):
            yield Fault(
                fence + 1,
                f"the tag {SKIPPED}: every cell is executed; show code that is not to run in a "
                "plain ```python block",
            )
