"""Count the lines of code that draw, today and at a commit: ``--against COMMIT``.

Counted are the figures' modules, their tests and the pages' cells that make a figure, without
docstrings, comments and empty lines. Run it in the root of the project.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterable
from pathlib import Path

FIGURES, TESTS = "src/unrolled/figures/", ("tests/unrolled/figures/", "tests/chart_parts.py")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n---\n(.*?)^---\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPACE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
         tokenize.ENCODING, tokenize.ENDMARKER}  # fmt: skip


def code_lines(source: str) -> int:
    """Return on how many lines of this Python there is code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {n for t in tokens if t.type not in SPACE for n in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            text = node.body[0]
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def drawing_cells(page: str) -> Iterable[str]:
    """Yield the code of the cells that a page shows as figures."""
    for header, code in CELL.findall(page):
        if re.search(r"^ +figure:", header, re.MULTILINE):
            yield code


def count(names: Iterable[str], read: Callable[[str], str]) -> dict[str, int]:
    """Return the lines of each kind, from the names of files and a way to read them."""
    kinds = {"figures": 0, "their tests": 0, "cells that draw": 0}
    for name in names:
        if name.startswith(FIGURES) and name.endswith(".py"):
            kinds["figures"] += code_lines(read(name))
        elif name.startswith(TESTS) and name.endswith(".py"):
            kinds["their tests"] += code_lines(read(name))
        elif name.startswith("book/") and name.endswith(".md"):
            kinds["cells that draw"] += sum(map(code_lines, drawing_cells(read(name))))
    return {**kinds, "together": sum(kinds.values())}


def git(*arguments: str) -> str:
    """Return what git prints."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Print a table of the lines now, at the commit, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="COMMIT", required=True)
    commit = parser.parse_args().against
    now = count(
        git("ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate").splitlines(),
        lambda name: Path(name).read_text(encoding="utf-8") if Path(name).exists() else "",
    )
    then = count(
        git("ls-tree", "-r", "--name-only", commit).splitlines(),
        lambda name: git("show", f"{commit}:{name}"),
    )
    print(f"{'':<16} {commit[:9]:>9} {'today':>6} {'ratio':>6}")
    for kind, lines in then.items():
        print(f"{kind:<16} {lines:>9} {now[kind]:>6} {now[kind] / lines:>6.2f}")


if __name__ == "__main__":
    main()
