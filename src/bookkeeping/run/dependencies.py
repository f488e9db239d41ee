"""What a page or a test depends on: its own code, the modules it imports, its data, the lock."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

import grimp

from bookkeeping.project import Project
from bookkeeping.store import Memory, digest, file_digest


def imported_names(source: str) -> set[str]:
    """Return every dotted name that this code imports, a function's imports included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def without_magics(cells: Iterable[str]) -> str:
    """Return the cells as plain Python: IPython's own lines import nothing of ours."""
    lines = "\n".join(cells).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


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
        own = [file_digest(path) for path in sorted(Path(__file__).parent.glob("*.py"))]
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
        found: set[str] = set()
        for name in set(names) & self._graph.modules:
            found |= {name} | self._graph.find_upstream_modules(name)
        parents = {
            ".".join(name.split(".")[:depth])
            for name in found
            for depth in range(1, name.count(".") + 1)
        }
        for parent in parents - found:
            found |= {parent} | self._graph.find_upstream_modules(parent)
        return found

    def module_file(self, module: str) -> Path:
        """Return the file of one of the project's modules."""
        path = self.project.source.joinpath(*module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def files(self, cells: Iterable[str], data: Iterable[str] = ()) -> list[Path]:
        """Return the files behind these cells: the modules they import and their data."""
        modules = self.modules(self._imported(without_magics(cells)))
        return sorted(self.module_file(module) for module in modules) + [
            self.project.root / name for name in data
        ]

    def page_files(self, cells: Iterable[str], data: Iterable[str] = ()) -> list[Path]:
        """Return the files behind a page: those behind its cells, and what checks its figures."""
        check = self.project.figure_check.partition(":")[0]
        return self.files([*cells, f"import {check}" if check else ""], data)

    def installed(self, cells: Iterable[str], files: Iterable[Path]) -> list[str]:
        """Return what these cells and the modules behind them import from elsewhere."""
        texts = [path.read_text(encoding="utf-8") for path in files if path.suffix == ".py"]
        names = set().union(*map(self._imported, [without_magics(cells), *texts]))
        ours = {path.stem for path in self.project.source.iterdir()} | sys.stdlib_module_names
        return sorted(name for name in names if name.partition(".")[0] not in ours)

    def key(self, cells: list[str], files: list[Path]) -> str:
        """Return the key of a page with these code cells and the files behind them."""
        return digest(self._surroundings, cells, self._contents(files))

    def test_key(self, test_file: Path) -> str:
        """Return the key of a test file: its text, the helpers it may use, what they import."""
        folders = [f for f in test_file.parents if f.is_relative_to(self.project.tests)]
        helpers = sorted(self.project.tests.glob("*.py"))
        helpers += sorted(f / "conftest.py" for f in folders if (f / "conftest.py").exists())
        texts = [path.read_text(encoding="utf-8") for path in [test_file, *helpers]]
        return digest(self._surroundings, self._reading, texts, self._contents(self.files(texts)))

    @cached_property
    def _reading(self) -> list[str]:
        """The hashes of what reads and evaluates equations."""
        check = Path(__file__).parents[1] / "check"
        files = [*(check / "formulas").glob("*.*"), check / "arrays.py", check / "pytest_plugin.py"]
        return [file_digest(path) for path in sorted(files)]

    def _contents(self, files: list[Path]) -> dict[str, str]:
        for path in files:
            if path not in self._hashes:
                self._hashes[path] = file_digest(path)
        root = self.project.root
        return {path.relative_to(root).as_posix(): self._hashes[path] for path in files}
