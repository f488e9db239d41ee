"""The listings that a reader pastes: Keras' in a cell of a page, PyTorch's in a file beside it."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from bookkeeping.project import Project
from bookkeeping.run.notebooks import code_cells, load_page
from bookkeeping.store import digest

ROOT = Path(__file__).parents[1]
PROJECT = Project(ROOT)
FOLDER = ROOT / "book/pytorch"
RECORD = FOLDER / "ran.json"  # written by `nox -s torch`
TAG = "listing-"  # and the topic, on the cell
TOPICS = ("dense", "convolution", "rnn", "lstm", "gru", "attention", "positions")
DEFINING = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef


class OnPage(NamedTuple):
    """A listing on its page."""

    docname: str
    code: str


def on_pages() -> dict[str, list[OnPage]]:
    """Return the listings of all pages by topic; there should be one for each."""
    found: dict[str, list[OnPage]] = {topic: [] for topic in TOPICS}
    for docname in PROJECT.docnames:
        text = PROJECT.page(docname).read_text(encoding="utf-8")
        cells = code_cells(load_page(text, docname)) if TAG in text else []
        for cell in cells:
            for tag in cell.metadata.get("tags", []):
                if tag.startswith(TAG):
                    found.setdefault(tag.removeprefix(TAG), []).append(OnPage(docname, cell.source))
    return found


def keras_code(topic: str) -> str:
    """Return the code of the one cell that lists this topic."""
    ((_, code),) = on_pages()[topic]
    return code


def torch_code(topic: str) -> str:
    """Return the code of the file that does the same in PyTorch."""
    return (FOLDER / f"{topic}.py").read_text(encoding="utf-8")


def digests(topic: str) -> dict[str, str]:
    """Return the digests of both."""
    return {"Keras": digest(keras_code(topic)), "PyTorch": digest(torch_code(topic))}


def definitions(code: str) -> SimpleNamespace:
    """Run the imports, functions and classes of a listing, and nothing that trains."""
    tree = ast.parse(code)
    tree.body = [node for node in tree.body if isinstance(node, DEFINING)]
    names: dict[str, object] = {}
    exec(compile(tree, "<listing>", "exec"), names)
    return SimpleNamespace(**names)
