"""A function that is the lesson, shown from its own file: a reader sees what the tests test."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site.state import build_of


def lesson(source: str, name: str) -> str | None:
    """Return a function or class from a module's text, its docstring cut to the first line.

    Parameters
    ----------
    source : str
        The text of the module.
    name : str
        The function, class or ``Class.method``.

    Returns
    -------
    str or None
        The lines of the file, moved to the left; None when there is no such name.
    """
    scope: ast.AST = ast.parse(source)
    for part in name.split("."):
        found = next(
            (n for n in ast.iter_child_nodes(scope) if getattr(n, "name", "") == part), None
        )
        if found is None:
            return None
        scope = found
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return None
    lines = source.splitlines()[scope.lineno - 1 : scope.end_lineno]
    docstring = ast.get_docstring(scope)
    if docstring:
        first, last = scope.body[0].lineno - scope.lineno, scope.body[0].end_lineno or 0
        indent = " " * scope.body[0].col_offset
        lines[first : last - scope.lineno + 1] = [f'{indent}"""{docstring.splitlines()[0]}"""']
    return textwrap.dedent("\n".join(lines))


class LessonDirective(SphinxDirective):
    """``{lesson} package.module.function``: its own lines, the docstring cut short."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the module's file, on which the page then depends."""
        path, name = self._locate(self.arguments[0])
        code = lesson(path.read_text(encoding="utf-8"), name) if path else None
        if code is None:
            raise self.error(f"there is no {self.arguments[0]!r} in the project's packages")
        self.env.note_dependency(str(path))
        block = nodes.literal_block(code, code, language="python")
        self.set_source_info(block)
        return [block]

    def _locate(self, dotted: str) -> tuple[Path | None, str]:
        """Find the module's file: the longest part of the name that is one."""
        parts = dotted.split(".")
        for length in range(len(parts) - 1, 0, -1):
            path = build_of(self.env.app).project.source.joinpath(*parts[:length])
            if path.with_suffix(".py").is_file():
                return path.with_suffix(".py"), ".".join(parts[length:])
        return None, dotted


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("lesson", LessonDirective)
