"""The reference of a package: the public functions and classes of each module, one by one.

autodoc's ``automodule`` with members parses the source of every module that an import comes from,
matplotlib's and SymPy's among them, before it leaves their members out. Named one by one, only the
module itself is read.
"""

from __future__ import annotations

import ast
import atexit
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.mock import mock  # type: ignore[attr-defined]  # handed on from inside
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site.state import build_of, page_index
from bookkeeping.site.stopping import in_words
from bookkeeping.texts import parse_module


def public_names(module: ast.Module) -> list[tuple[str, str]]:
    """Return the public functions and classes that a module defines, in order, with their kinds."""
    kinds = {ast.FunctionDef: "function", ast.AsyncFunctionDef: "function", ast.ClassDef: "class"}
    return [
        (kinds[type(node)], node.name)
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    ]


def modules_in(source: Path, package: str) -> list[str]:
    """Return the modules of a package in alphabetical order; a module is its own only one.

    Parameters
    ----------
    source : Path
        The folder of the packages.
    package : str
        The package or module, with dots.
    """
    folder = source.joinpath(*package.split("."))
    if folder.with_suffix(".py").is_file():
        return [package]
    paths = [path.relative_to(source).with_suffix("") for path in folder.rglob("*.py")]
    return sorted(".".join(path.parts) for path in paths if not path.name.startswith("_"))


class ReferenceDirective(SphinxDirective):
    """``{reference} package``: a section for each module; its docstring, functions and classes."""

    required_arguments = 1

    @in_words
    def run(self) -> list[nodes.Node]:
        """Make the sections, and note which modules there are."""
        package, source = self.arguments[0], build_of(self.env.app).project.source
        modules = modules_in(source, package)
        if not modules:
            raise self.error(f"there is no module {package!r} in the project's packages")
        noted = page_index(self.env).references
        noted.setdefault(self.env.current_document.docname, {})[package] = modules
        return [self._section(module, source) for module in modules]

    def _section(self, module: str, source: Path) -> nodes.section:
        """Hand the names of a module to autodoc."""
        file = source.joinpath(*module.split(".")).with_suffix(".py")
        lines = [f".. automodule:: {module}", ""]
        for kind, name in public_names(parse_module(file)):
            lines += [f".. auto{kind}:: {module}.{name}", ""]
        section = nodes.section("", nodes.title(module, "", nodes.literal(module, module)))
        section["names"].append(nodes.fully_normalize_name(module))
        self.state.document.note_implicit_target(section, section)
        # autodoc speaks reStructuredText, the pages MyST: `eval-rst` is the door between them.
        text = StringList(["```{eval-rst}", *lines, "```"], str(file))
        self.state.nested_parse(text, self.content_offset, section)
        for node in section.findall():  # else each keeps that text's document, and with it Sphinx
            node.document = self.state.document
        return section


def with_other_modules(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose packages have other modules than when they were read."""
    source = build_of(app).project.source
    return [
        docname
        for docname, noted in page_index(env).references.items()
        if any(modules_in(source, package) != modules for package, modules in noted.items())
    ]


def keep_out(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Let no module of ``autodoc_mock_imports`` be imported by anything that reads the pages.

    autodoc keeps them out where it imports a module, and lets them in where it looks for the source
    of a class's bases: TensorFlow takes seconds to come, and writes past Python to the terminal.
    """
    stand_ins = mock(app.config.autodoc_mock_imports)
    stand_ins.__enter__()
    atexit.register(stand_ins.__exit__, None, None, None)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("reference", ReferenceDirective)
