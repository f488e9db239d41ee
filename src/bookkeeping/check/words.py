"""Words about runs, bound to numbers: what the cells for it quote, and what nobody has bound.

A cell with the tag ``words`` calls ``holds("words of the page", test, of="fig-name", …)`` and does
nothing else, so that readers lose nothing with it: it is not shown, and no notebook carries it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from nbformat import NotebookNode

from bookkeeping.project import Project
from bookkeeping.run.cells import parse_cell
from bookkeeping.run.dependencies import memory_of
from bookkeeping.run.notebooks import WORDS, cell_lines, code_cells, parse_page
from bookkeeping.run.pages import Page, Pages
from bookkeeping.texts import PageError

BINDS = "holds"
KINDS = ("captions", "alternative texts", "prose")
# A page counts among those that run something when its code names one of these.
RUNS = re.compile(r"\brng\b|default_rng|\w*(?:train|descend|descent|simulate|iterate)\w*|\.fit\(")
NUMBER = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+|\{glue:text\}`[^`]*`)"
COMPARES = """
more most fewer fewest less least larger largest smaller smallest longer longest shorter shortest
higher highest lower lowest steeper steepest faster fastest slower slowest wider widest narrower
narrowest earlier earliest later latest nearer nearest closer closest sharper sharpest stronger
strongest weaker weakest better best worse worst below above beyond rise rises fall falls grow grows
shrink shrinks drop drops climb climbs decay decays leap leaps stay stays ends nearly never twice
half than
"""
COMPARING = re.compile(
    rf"\b(?:{'|'.join(COMPARES.split())}|times as)\b|{NUMBER} of (?:the )?{NUMBER}", re.I
)
REFERS = re.compile(r"\{(?:glue:\w+|numref)\}`")  # to an output of a cell
BLOCK = re.compile(r"^(?P<fence>`{3,}).*\n(?:.*\n)*?(?P=fence)\s*$", re.M)
SENTENCE = re.compile(r"(?<=[.!?])\s+")
GENERATOR = re.compile(r"^\s*(\w+)\s*=.*\b(?:default_rng|Generator)\(", re.M)
DRAWS = "a cell of words draws from {}, so that what follows would come out otherwise without it"
DOES_MORE = (
    f"a cell with the tag {WORDS} holds calls of `{BINDS}`, its import and assertions alone, since "
    "no reader and no notebook gets it; move this to another cell"
)


class Binding(NamedTuple):
    """Words of a page that a cell binds."""

    words: str
    figure: str  # in whose caption or alternative text they stand; nothing: anywhere
    line: int


class Passage(NamedTuple):
    """A sentence of a page."""

    kind: str
    figure: str
    text: str


def check(project: Project) -> None:
    """Refuse cells of words that do more than that, or that quote what the page does not say.

    Raises
    ------
    PageError
        With the places of all of them.
    """
    faults = [
        f"{page.name}:{line}: {says}"
        for page in Pages.of(project).with_code()
        for line, says in _recalled(project, page)["faults"]
    ]
    if faults:
        raise PageError("\n\n".join(faults))


def counts(project: Project) -> dict[str, dict[str, tuple[int, int]]]:
    """Return by page that runs something, and by kind, how many sentences are bound, of how many.

    Counted are the sentences of captions and alternative texts that hold a comparing word, and
    those of the prose that refer to a number or a figure of a cell besides.
    """
    return {
        page.docname: {kind: (found[kind][0], found[kind][1]) for kind in KINDS if kind in found}
        for page in Pages.of(project).with_code()
        if RUNS.search("\n".join(page.cells)) and (found := _recalled(project, page)["counts"])
    }


def _recalled(project: Project, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = memory_of(project).recall("words", page.text, _read)
    return found


def _read(text: str) -> dict[str, Any]:
    """Return what is wrong with the bindings of a page, and how many of its sentences are bound."""
    notebook = parse_page(text)
    passages = list(_passages(notebook))
    bindings, faults = _bindings(text, notebook)
    figures = {passage.figure for passage in passages}
    for binding in bindings:
        if binding.figure not in figures:
            faults.append((binding.line, f"no figure of this page is named {binding.figure!r}"))
        elif not any(map(partial(_holds, binding), _wholes(passages))):
            where = f"the caption or alternative text of {binding.figure}" if binding.figure else ""
            faults.append(
                (binding.line, f"{where or 'this page'} does not say {binding.words!r}, which is "
                 "bound here; quote it as it stands")
            )  # fmt: skip
    comparing = [passage for passage in passages if _compares(passage)]
    bound = [p for p in comparing if any(_binds(binding, p) for binding in bindings)]
    of, done = Counter(p.kind for p in comparing), Counter(p.kind for p in bound)
    return {
        "faults": sorted(faults),
        "counts": {kind: (done[kind], of[kind]) for kind in KINDS if of[kind]},
    }


def _passages(notebook: NotebookNode) -> Iterator[Passage]:
    """Yield the sentences of captions, alternative texts and prose."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            told = cell.metadata.get("mystnb", {})
            figure = told.get("figure", {})
            texts = [figure.get("caption", ""), told.get("image", {}).get("alt", "")]
            name = str(figure.get("name", ""))
        else:
            texts, name = ["", "", BLOCK.sub("", cell.source)], ""
        for kind, text in zip(KINDS, texts, strict=False):
            for paragraph in re.split(r"\n\s*\n", str(text)):
                for sentence in SENTENCE.split(_plain(paragraph)):
                    yield Passage(kind, name, sentence)


def _plain(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


def _wholes(passages: list[Passage]) -> Iterator[Passage]:
    """Yield all that is said in one place as one, since a quotation may go over a full stop."""
    places: dict[tuple[str, str], list[str]] = {}
    for kind, figure, text in passages:
        places.setdefault((kind, figure), []).append(text)
    for (kind, figure), texts in places.items():
        yield Passage(kind, figure, " ".join(texts))


def _holds(binding: Binding, passage: Passage) -> bool:
    """Whether words stand in a passage."""
    return _plain(binding.words) in passage.text and binding.figure in ("", passage.figure)


def _binds(binding: Binding, passage: Passage) -> bool:
    """Whether words bind a sentence: they are part of it, or it is part of them."""
    if binding.figure not in ("", passage.figure):
        return False
    words = _plain(binding.words)
    return words in passage.text or passage.text in words


def _compares(passage: Passage) -> bool:
    compares = COMPARING.search(passage.text) is not None
    return compares and (passage.kind != KINDS[-1] or REFERS.search(passage.text) is not None)


def _bindings(text: str, notebook: NotebookNode) -> tuple[list[Binding], list[tuple[int, str]]]:
    """Return what the cells of words bind, and what is wrong with them."""
    found, faults = list[Binding](), list[tuple[int, str]]()
    cells = code_cells(notebook)
    generators = {name for cell in cells for name in GENERATOR.findall(cell.source)}
    for first, cell in zip(cell_lines(text, notebook), cells, strict=True):
        if WORDS not in cell.metadata.get("tags", []):
            continue
        for statement in parse_cell(cell.source).body:
            line = first + statement.lineno - 1
            nodes = list(ast.walk(statement))
            used = generators & {node.id for node in nodes if isinstance(node, ast.Name)}
            if used:
                faults.append((line, DRAWS.format(", ".join(sorted(used)))))
            elif any(isinstance(node, ast.NamedExpr) for node in nodes):
                faults.append((line, DOES_MORE))
            elif _is_binding(statement):
                try:
                    found += [Binding(*words, line) for words in _quoted(statement.value)]  # type: ignore[attr-defined]
                except ValueError as error:
                    faults.append((line, str(error)))
            elif not isinstance(statement, ast.Assert) and not _imports(statement):
                faults.append((line, DOES_MORE))
    return found, faults


def _is_binding(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id == BINDS
    )


def _imports(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and [n.name for n in statement.names] == [BINDS]


def _quoted(call: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield the words that a call binds, with their figure.

    Raises
    ------
    ValueError
        When they are not typed in the call.
    """
    of = next((keyword.value for keyword in call.keywords if keyword.arg == "of"), None)
    try:
        words = ast.literal_eval(call.args[0])
        figure = "" if of is None else ast.literal_eval(of)
    except (IndexError, ValueError):
        words = figure = None
    every = words if isinstance(words, tuple) else (words,)
    typed = [isinstance(one, str) and one.strip() for one in every]
    if not typed or not all(typed) or not isinstance(figure, str):
        raise ValueError(f"`{BINDS}` begins with the words, typed, and `of` is a figure's name")
    for one in every:
        yield one, figure
