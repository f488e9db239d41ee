"""Statements about libraries: the passages that make one, and the tests that run each."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bookkeeping.project import Project
from bookkeeping.run.dependencies import memory_of
from bookkeeping.texts import PageError, parse_module, read_text

ROLE, MARK = "tried", "library"  # in the text of a page, and on a test
TRIED = re.compile(rf"(?<!`)\{{{ROLE}\}}`(?P<name>[^`]*)`(?!`)")
CODE = re.compile(  # without the header of a cell, which holds a caption
    r"^(?P<fence>`{3,})(?:\w.*\n|\{code-cell\}.*\n(?:---\s*\n(?:.*\n)*?---\s*\n)?)"
    r"(?P<code>(?:.*\n)*?)(?P=fence)`*\s*$",
    re.M,
)
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Place(NamedTuple):
    """Where a statement, or its test, carries its name."""

    name: str
    file: str
    line: int


def passages(project: Project) -> list[Place]:
    """Return the marked passages of all pages, in the order of the book."""
    return [place for docname in project.docnames for place in _of_page(project, docname)]


def _of_page(project: Project, docname: str) -> Iterator[Place]:
    path = project.page(docname)
    if not path.exists():
        return  # Sphinx says so, with the line of _toc.yml
    text = read_text(path)
    code = (
        [range(*block.span("code")) for block in CODE.finditer(text)] if TRIED.search(text) else []
    )
    for found in TRIED.finditer(text):
        if not any(found.start() in block for block in code):
            line = text.count("\n", 0, found.start()) + 1
            yield Place(found["name"], path.relative_to(project.root).as_posix(), line)


def tests(project: Project) -> tuple[list[Place], list[str]]:
    """Return the tests that carry the mark, and what is wrong with others."""
    found, faults = [], []
    for path in project.test_files():
        file = path.relative_to(project.root).as_posix()
        marks = memory_of(project).recall(MARK, read_text(path), partial(_marks, path))
        for name, line, says in marks:
            if says:
                faults.append(f"{file}:{line}: {says}")
            else:
                found.append(Place(name, file, line))
    return found, faults


def _marks(path: Path, text: str) -> list[tuple[str, int, str]]:
    """Return of each mark in a test file its name, its line, and what is wrong with it."""
    if f".{MARK}(" not in text:
        return []
    nodes = list(ast.walk(parse_module(path)))
    on_tests = {
        decorator
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
        for decorator in node.decorator_list
    }
    return [
        _read(node, node in on_tests)
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{MARK}"
    ]


def _read(mark: ast.Call, on_test: bool) -> tuple[str, int, str]:
    given = [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
    if len(mark.args) != 1 or mark.keywords or not given or not isinstance(given[0], str):
        return "", mark.lineno, f'the mark {MARK} takes one name, typed: {MARK}("some-name")'
    says = "" if on_test else f"the mark {MARK} stands on no test; put it above a function `test_…`"
    return given[0], mark.lineno, says


def check(project: Project) -> None:
    """Hold every marked passage against the tests, and every marked test against the pages.

    Raises
    ------
    PageError
        With the places of all that have no partner, or no name of their own.
    """
    marked = passages(project)
    tried, faults = tests(project)
    shown = {place.name for place in marked}
    run = {place.name for place in tried}
    for place in (*marked, *tried):
        if not NAME.fullmatch(place.name):
            faults.append(
                f"{place.file}:{place.line}: the name {place.name!r} of a statement about a "
                "library; write it in small letters, digits and single hyphens"
            )
    faults += [
        f"{place.file}:{place.line}: no test runs the statement about a library {place.name!r}; "
        f'write one with @pytest.mark.{MARK}("{place.name}")'
        for place in marked if place.name not in run
    ]  # fmt: skip
    faults += [
        f"{place.file}:{place.line}: a test runs the statement about a library {place.name!r}, "
        f"which no page makes; mark the passage with {{{ROLE}}}`{place.name}`"
        for place in tried if place.name not in shown
    ]  # fmt: skip
    faults += [*_twice(marked), *_twice(tried)]
    if faults:
        raise PageError("\n\n".join(faults))


def _twice(places: Iterable[Place]) -> Iterator[str]:
    by_name: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_name[place.name].append(place)
    for name, (first, *others) in by_name.items():
        for place in others:
            yield (
                f"{place.file}:{place.line}: {name!r} names the statement about a library in "
                f"{first.file}:{first.line} already; give each a name of its own"
            )
