"""The code of a cell: Python, in which IPython's own lines are calls."""

from __future__ import annotations

import ast
import contextlib

MAGIC = {"run_line_magic", "run_cell_magic"}  # what IPython makes of ``%`` and ``%%``


def parse_cell(code: str) -> ast.Module:
    """Return the syntax tree of a cell, as IPython runs it.

    Parameters
    ----------
    code : str
        Python, and lines of IPython's own such as ``%matplotlib inline``, ``!ls`` or ``len?``.

    Raises
    ------
    SyntaxError
        When it is neither. Lines are counted from the first that is not blank.
    """
    # Slow to import, and needed for pages that changed only.
    from IPython.core.inputtransformer2 import TransformerManager

    code = "".join(code.splitlines(keepends=True)[blank_lines_before(code) :])
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.parse(TransformerManager().transform_cell(code))


def blank_lines_before(code: str) -> int:
    """Return how many blank lines a cell begins with, which IPython does not count."""
    lines = code.splitlines()
    return next((number for number, line in enumerate(lines) if line.strip()), 0)


def imported_names(code: str) -> set[str]:
    """Return every dotted name that this code imports, a function's imports included.

    Raises
    ------
    SyntaxError
        When it is neither Python nor IPython's own.
    """
    names: set[str] = set()
    for node in ast.walk(parse_cell(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in MAGIC:
            for text in (n.value for n in node.args if isinstance(n, ast.Constant)):
                with contextlib.suppress(SyntaxError):  # it is no Python, such as that of %%bash
                    names |= imported_names(str(text))
    return names
