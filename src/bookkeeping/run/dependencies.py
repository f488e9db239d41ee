"""What a page or a test depends on.

A page depends on its own code, the modules it imports, its data and the lock; that is known before
it runs. A test depends on what it touched when it last ran, and on the lock.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import grimp

from bookkeeping.project import Project
from bookkeeping.run.cells import imported_names
from bookkeeping.run.touched import MADE
from bookkeeping.store import Memory, digest, file_digest
from bookkeeping.texts import PageError, YamlText, parse_module, read_text

# Those of our own modules that can change what a page puts out.
EXECUTING = (
    "addresses", "fork_server", "forks", "kernel", "recolour", "runner", "told", "touched",
)  # fmt: skip
SETTINGS = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")  # beside pyproject.toml


@cache
def memory_of(project: Project) -> Memory:
    """Return what earlier builds worked out of the texts of pages, modules and tests."""
    own = [file_digest(path) for path in sorted(Path(__file__).parents[1].rglob("*.py"))]
    return Memory(project.build / "memory.json", sys.version, file_digest(project.lock), own)


class Freshness:
    """Keys for the pages and tests of one project, as its files are now."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._hashes: dict[Path, str] = {}

    @staticmethod
    @cache
    def of(project: Project) -> Freshness:
        """Return the project's keys, worked out once a process."""
        return Freshness(project)

    @cached_property
    def _graph(self) -> grimp.ImportGraph:
        if str(self.project.source) not in sys.path:
            sys.path.insert(0, str(self.project.source))
        # Imports for type checkers only never run, so they cannot change an output.
        return grimp.build_graph(
            *self.project.packages, exclude_type_checking_imports=True, cache_dir=None
        )

    @cached_property
    def _surroundings(self) -> str:
        """The hash of what every page depends on."""
        own = [file_digest(Path(__file__).with_name(f"{name}.py")) for name in EXECUTING]
        config = [self.project.own.get("figure_colours", {}), self.project.figure_check]
        return digest(list(sys.version_info[:3]), file_digest(self.project.lock), own, config)

    def _imported(self, source: str) -> set[str]:
        """Return what this code imports, from memory where it was read before."""
        found = memory_of(self.project).recall(
            "imports", source, lambda text: sorted(imported_names(text))
        )
        return set(found)

    def modules(self, names: Iterable[str]) -> set[str]:
        """Return the project's modules among these names, and all that those import."""
        if not self.project.packages:
            return set()
        graph = self._readable_graph
        found: set[str] = set()
        for name in set(names) & graph.modules:
            found |= {name} | graph.find_upstream_modules(name)
        parents = {
            ".".join(name.split(".")[:depth])
            for name in found
            for depth in range(1, name.count(".") + 1)
        }
        for parent in parents - found:
            found |= {parent} | graph.find_upstream_modules(parent)
        return found

    @cached_property
    def _readable_graph(self) -> grimp.ImportGraph:
        """Who imports whom; a module that is not there, or is no Python, is told by its line."""
        try:
            return self._graph
        except Exception:
            for number, package in enumerate(self.project.packages):
                folder = self.project.source / package
                if not folder.is_dir():
                    config = YamlText.of(self.project.root / "_config.yml")
                    line = config.line_of(("bookkeeping", "packages", number))
                    raise PageError(f"{config.name}:{line}: there is no package {folder}") from None
                for path in sorted(folder.rglob("*.py")):
                    parse_module(path)
            raise

    def module_file(self, module: str) -> Path:
        """Return the file of one of the project's modules."""
        path = self.project.source.joinpath(*module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def files(self, cells: Iterable[str], data: Iterable[str] = ()) -> list[Path]:
        """Return the files behind these cells: the modules they import and their data."""
        modules = self.modules(set[str]().union(*map(self._imported, cells)))
        return sorted(self.module_file(module) for module in modules) + [
            self.project.root / name for name in data
        ]

    def page_files(self, cells: Iterable[str], data: Iterable[str] = ()) -> list[Path]:
        """Return the files behind a page: those behind its cells, and what checks its figures."""
        check = self.project.figure_check.partition(":")[0]
        return self.files([*cells, f"import {check}" if check else ""], data)

    def installed(self, cells: Iterable[str], files: Iterable[Path]) -> list[str]:
        """Return what these cells and the modules behind them import from elsewhere."""
        modules = (path for path in files if path.is_relative_to(self.project.source))
        texts = [read_text(path) for path in modules if path.suffix == ".py"]
        names = set[str]().union(*map(self._imported, [*cells, *texts]))
        ours = {path.stem for path in self.project.source.iterdir()} | sys.stdlib_module_names
        return sorted(name for name in names if name.partition(".")[0] not in ours)

    def key(self, cells: list[str], files: list[Path]) -> str:
        """Return the key of a page with these code cells and the files behind them."""
        return digest(self._surroundings, cells, self._contents(files))

    def outside(self, files: dict[str, Path | None]) -> dict[str, list[str]]:
        """Return by variable the names and hashes of files from outside the project."""
        there = {variable: path for variable, path in files.items() if path}
        for path in there.values():
            self._hashes.setdefault(path, file_digest(path))
        return {variable: [path.name, self._hashes[path]] for variable, path in there.items()}

    def test_key(self, test_file: Path, touched: list[str]) -> str:
        """Return the key of a test file that touches these files and folders, named from the root.

        A `conftest.py` that is not there is part of it too, since pytest would find it.
        """
        root = self.project.root
        folders = [folder for folder in test_file.parents if folder.is_relative_to(root)]
        files = {test_file, *(f / "conftest.py" for f in folders), *(root / n for n in touched)}
        contents = self._contents(sorted(files))
        return digest(self._surroundings, self._testing, sorted(touched), contents)

    @cached_property
    def _testing(self) -> list[Any]:
        """The hashes of what reads and evaluates equations, and pytest's settings."""
        check, root = Path(__file__).parents[1] / "check", self.project.root
        files = [
            *(check / "formulas").glob("*.*"), check / "arrays.py", check / "claims.py",
            check / "pytest_plugin.py", *(root / name for name in SETTINGS),
        ]  # fmt: skip
        return [_of_pytest(root / "pyproject.toml"), *map(file_digest, sorted(files))]

    def _contents(self, files: list[Path]) -> dict[str, str]:
        for path in files:
            if path not in self._hashes:
                self._hashes[path] = _names(path) if path.is_dir() else file_digest(path)
        root = self.project.root
        return {path.relative_to(root).as_posix(): self._hashes[path] for path in files}


def _of_pytest(settings: Path) -> Any:
    """Return the part of these settings that is pytest's; all of them where they are no TOML."""
    try:
        with settings.open("rb") as file:
            return tomllib.load(file).get("tool", {}).get("pytest", {})
    except (FileNotFoundError, tomllib.TOMLDecodeError):
        return file_digest(settings)


def _names(folder: Path) -> str:
    """Return the hash of what is in a folder, by name."""
    return digest(sorted(set(os.listdir(folder)) - MADE))
