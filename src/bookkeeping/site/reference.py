"""The reference of a module: its public functions and classes, one by one.

autodoc's ``automodule`` with members parses the source of every module that an import comes from,
matplotlib's and SymPy's among them, before it leaves their members out. Named one by one, only the
module itself is read.
"""

from __future__ import annotations

import ast

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site.state import build_of


def public_names(source: str) -> list[tuple[str, str]]:
    """Return the public functions and classes that a module defines, in order, with their kinds."""
    kinds = {ast.FunctionDef: "function", ast.AsyncFunctionDef: "function", ast.ClassDef: "class"}
    return [
        (kinds[type(node)], node.name)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    ]


class ReferenceDirective(SphinxDirective):
    """``{reference} package.module``: its docstring, then each public function and class."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Hand the names to autodoc."""
        module = self.arguments[0]
        path = build_of(self.env.app).project.source.joinpath(*module.split("."))
        file = path.with_suffix(".py")
        if not file.is_file():
            raise self.error(f"there is no module {module!r} in the project's packages")
        lines = [f".. automodule:: {module}", ""]
        for kind, name in public_names(file.read_text(encoding="utf-8")):
            lines += [f".. auto{kind}:: {module}.{name}", ""]
        # autodoc speaks reStructuredText, the pages MyST: `eval-rst` is the door between them.
        holder = nodes.Element()
        text = StringList(["```{eval-rst}", *lines, "```"], str(file))
        self.state.nested_parse(text, self.content_offset, holder)
        return holder.children


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("reference", ReferenceDirective)
