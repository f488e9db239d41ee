"""A function that is the lesson, shown from its own file: a reader sees what the tests test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site.state import build_of
from bookkeeping.site.stopping import in_words
from bookkeeping.texts import lines_of, parse_module, read_text

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
OPENING = re.compile(r"\w*(\"\"\"|'''|\"|')")  # of a text: its prefix and its quotation mark


def lesson(source: str, module: ast.Module, name: str) -> str | None:
    """Return a function or class of a module, each docstring in it cut to the first line.

    Parameters
    ----------
    source : str
        The text of the module.
    module : ast.Module
        The same, parsed.
    name : str
        The function, class or ``Class.method``.

    Returns
    -------
    str or None
        The lines of the file, moved to the left; None when there is no such name.
    """
    found: list[Definition] = []
    scopes: list[ast.AST] = [module]
    for part in name.split("."):
        found = _named(part, [one for scope in scopes for one in _definitions(scope)])
        scopes = [*found]
    return "\n\n".join(_shown(source, one) for one in found) or None


def _definitions(scope: ast.AST) -> Iterator[Definition]:
    """Yield what is defined in a scope, in its branches (`if`, `try`, `with`) too."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, Definition):
            yield node
        else:
            yield from _definitions(node)


def _named(name: str, definitions: list[Definition]) -> list[Definition]:
    """Return the definition that a name stands for, after those that it goes on from.

    That is the last one, as in Python; a property's setter goes on from the property. Those that
    `overload` marks are for type checkers only.
    """
    own = [one for one in definitions if one.name == name]
    own = [one for one in own if not any(d.endswith("overload") for d in _decorators(one))]
    found = own[-1:]
    for earlier in reversed(own[:-1]):
        if any(decorator.startswith(f"{name}.") for decorator in _decorators(found[0])):
            found.insert(0, earlier)
    return found


def _decorators(definition: Definition) -> list[str]:
    return [ast.unparse(decorator) for decorator in definition.decorator_list]


def _shown(source: str, definition: Definition) -> str:
    """Return the lines of a definition, from its first decorator on, moved to the left."""
    every = dict(enumerate(lines_of(source), 1))
    first = min([definition.lineno, *(d.lineno for d in definition.decorator_list)])
    indent = every[first][: definition.col_offset].removeprefix("\f")
    within = _lines_within_texts(definition)
    for docstring in _docstrings(definition):
        start, end = docstring.lineno, docstring.end_lineno or 0
        before, opening = _parted(every[start], docstring.col_offset)
        _, after = _parted(every[end], docstring.end_col_offset or 0)
        every[start] = before + _cut(opening, str(docstring.value)) + after
        for number in range(start + 1, end + 1):
            del every[number]
    return "\n".join(
        line if number in within else line.removeprefix("\f").removeprefix(indent)
        for number, line in every.items()
        if first <= number <= (definition.end_lineno or 0)
    )


def _lines_within_texts(definition: Definition) -> set[int]:
    """Return the lines that begin inside a text, which would be another if they were moved."""
    texts = [n for n in ast.walk(definition) if isinstance(n, ast.Constant | ast.JoinedStr)]
    return {line for text in texts for line in range(text.lineno + 1, (text.end_lineno or 0) + 1)}


def _parted(line: str, offset: int) -> tuple[str, str]:
    """Cut a line where Python says, which counts bytes."""
    return line.encode()[:offset].decode(), line.encode()[offset:].decode()


def _docstrings(definition: Definition) -> Iterator[ast.Constant]:
    """Yield the docstring of a definition and those of what is defined in it, in their order."""
    if ast.get_docstring(definition) is not None:
        yield cast("ast.Constant", cast("ast.Expr", definition.body[0]).value)
    for inner in _definitions(definition):
        yield from _docstrings(inner)


def _cut(opening: str, docstring: str) -> str:
    """Return a text's first line as a text of the same kind, where it can be one.

    Parameters
    ----------
    opening : str
        How the text begins in the source.
    docstring : str
        The text.
    """
    first = docstring.strip().split("\n")[0]
    found = OPENING.match(opening)
    short = f"{found[0]}{first}{found[1]}" if found else ""
    try:
        return short if ast.literal_eval(short) == first else repr(first)
    except (SyntaxError, ValueError):
        return repr(first)


class LessonDirective(SphinxDirective):
    """``{lesson} package.module.function``: its own lines, the docstring cut short."""

    required_arguments = 1

    @in_words
    def run(self) -> list[nodes.Node]:
        """Read the module's file, on which the page then depends."""
        path, name = self._locate(self.arguments[0])
        code = lesson(read_text(path), parse_module(path), name) if path else None
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
            for file in (path.with_suffix(".py"), path / "__init__.py"):
                if file.is_file():
                    return file, ".".join(parts[length:])
        return None, dotted


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("lesson", LessonDirective)
