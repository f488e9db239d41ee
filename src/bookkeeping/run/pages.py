"""The pages of a book as one build found them: each read once, with its key and its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bookkeeping.project import Project
from bookkeeping.run.cells import parse_cell
from bookkeeping.run.dependencies import Freshness, memory_of
from bookkeeping.run.notebooks import (
    cell_lines,
    declared_data,
    lay_outputs_over,
    load_page,
    parse_page,
    raising,
    sources,
)
from bookkeeping.run.outside import SIGN, outside_file
from bookkeeping.run.touched import MADE
from bookkeeping.store import Store, digest
from bookkeeping.texts import PageError, lines_of, read_text


class Page:
    """One page: where it stands, what it says, and what its outputs depend on."""

    def __init__(self, project: Project, docname: str) -> None:
        self.project, self.docname = project, docname
        self.path = project.page(docname)
        self.name = self.path.relative_to(project.root).as_posix()  # as messages name it
        self.text = read_text(self.path)
        self.source = digest(self.path.read_bytes())
        read = memory_of(project).recall("page", self.text, self._read)
        self.cells: list[str] = read["cells"]  # the code of each code cell
        self.lines: list[int] = read["lines"]  # the line on which each begins
        self.raising: list[bool] = read["raising"]  # whether each is there to raise an exception
        declared: list[str] = read["data"]
        self.variables = [self._variable(name) for name in declared if name.startswith(SIGN)]
        inside = (name for name in declared if not name.startswith(SIGN))
        self.data = sorted({file for name in inside for file in self._files_of(name)})

    def _read(self, text: str) -> dict[str, Any]:
        """Read the cells and the front matter of the page."""
        notebook = load_page(text, self.name)
        cells, lines = sources(notebook), cell_lines(text, notebook)
        for start, code in zip(lines, cells, strict=True):
            try:
                parse_cell(code)
            except SyntaxError as error:
                line = start + (error.lineno or 1) - 1
                raise PageError(f"{self.name}:{line}: not Python: {error.msg}") from error
        return {
            "cells": cells,
            "lines": lines,
            "raising": raising(notebook),
            "data": declared_data(notebook),
        }

    def _files_of(self, name: str) -> list[str]:
        """Return the file of this name, or all that are in the folder of this name."""
        root = self.project.root
        path = root / name
        if not path.exists() or name.startswith(("/", "..")):
            raise self._undeclared(name, "is not there, in the folder of the book")
        found = path.rglob("*") if path.is_dir() else [path]
        names = [file.relative_to(root) for file in found if file.is_file()]
        return [name.as_posix() for name in names if MADE.isdisjoint(name.parts)]

    def _variable(self, name: str) -> str:
        """Return the variable that stands for data from outside the project."""
        variable = name.removeprefix(SIGN)
        if variable not in self.project.outside:
            raise self._undeclared(name, "_config.yml does not name, under `outside`")
        return variable

    def _undeclared(self, name: str, what: str) -> PageError:
        lines = enumerate(lines_of(self.text), 1)
        line = next((number for number, line in lines if name in line), 1)
        return PageError(f"{self.name}:{line}: the page declares data that {what}: {name}")

    @cached_property
    def outside(self) -> dict[str, Path | None]:
        """By its variable, each file from outside the project that the page reads."""
        return {variable: outside_file(self.project, variable) for variable in self.variables}

    @cached_property
    def files(self) -> list[Path]:
        """The files behind the page: the modules that its code imports, and its data."""
        return Freshness.of(self.project).files(self.cells, self.data)

    @cached_property
    def watched(self) -> list[Path]:
        """The files whose edits run the page again: those, and what checks its figures."""
        return Freshness.of(self.project).page_files(self.cells, self.data)

    @cached_property
    def key(self) -> str:
        """The key under which the page's outputs are kept; nothing where it has no code."""
        if not self.cells:
            return ""
        return self.key_by(Freshness.of(self.project))

    def key_by(self, freshness: Freshness) -> str:
        """Return the page's key, by the files as they were when these keys were worked out."""
        key = freshness.key(self.cells, self.watched)
        if self.variables:
            key = digest(key, freshness.outside(self.outside))
        return digest(key, self.raising) if any(self.raising) else key

    def record(self) -> dict[str, Any] | None:
        """Return what is stored of the page as it stands, or None."""
        return executed_pages(self.project).load(self.key)

    def notebook(self, record: dict[str, Any] | None) -> NotebookNode:
        """Return the page as a notebook, with the outputs of this record of it."""
        notebook = parse_page(self.text)
        if record is not None:
            lay_outputs_over(notebook, record)
        return notebook


class Pages:
    """Every page of a book that is there, in the order of ``_toc.yml``.

    Raises
    ------
    PageError
        When pages cannot be read, are not Python or declare data that are not there.
    """

    def __init__(self, project: Project) -> None:
        self._pages: dict[str, Page] = {}
        failures = []
        for docname in project.docnames:
            if not project.page(docname).exists():
                continue  # Sphinx says so, with the line of _toc.yml
            try:
                page = Page(project, docname)
                page.key  # noqa: B018 (a module behind it may not be Python)
            except PageError as error:
                failures.append(str(error))
            else:
                self._pages[docname] = page
        if failures:
            raise PageError("\n\n".join(dict.fromkeys(failures)))

    @staticmethod
    @cache
    def of(project: Project) -> Pages:
        """Return the project's pages, read once a process."""
        return Pages(project)

    def __iter__(self) -> Iterator[Page]:
        return iter(self._pages.values())

    def get(self, docname: str) -> Page | None:
        """Return the page of this name, or None."""
        return self._pages.get(docname)

    def saying(self, text: str) -> Page | None:
        """Return a page with this text, or None."""
        return next((page for page in self if page.text == text), None)

    def with_code(self) -> list[Page]:
        """Return the pages that have code cells."""
        return [page for page in self if page.cells]


def executed_pages(project: Project) -> Store:
    """Return the store of executed pages."""
    return Store(project.build / "executed")
