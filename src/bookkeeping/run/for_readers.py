"""The code of a page for a reader's own notebook: without what only the book's build has a use for.

`glue` hands a value to the prose, where a notebook has the number itself. Cells that the book
removes mostly do nothing else; what later cells use of them stays.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bookkeeping.run.notebooks import WORDS

GLUE, REMOVED = "glue", "remove-cell"
GENERATOR = "default_rng"  # who draws from one changes what later code draws
BLOCKS = ("body", "orelse", "finalbody")
EMPTIER = re.compile(r"\n{3,}")


class Cell(NamedTuple):
    """A code cell: what it says, and its tags."""

    code: str
    tags: frozenset[str]


def for_readers(cells: Iterable[Cell]) -> list[str]:
    """Return the code of each cell as a reader's notebook has it; nothing where all of it goes.

    Of a cell with the tag ``words`` nothing stays. Of one with the tag ``remove-cell`` those
    statements stay that bind or change what later code reads, or draw from a generator that later
    code draws from. All others lose their calls of `glue`.
    """
    told = [
        Cell("" if WORDS in cell.tags else _without_glue(cell.code), cell.tags) for cell in cells
    ]
    statements = (node for cell in told for node in _parsed(cell.code))
    generators = {name for node in statements if _makes_generator(node) for name in _bound(node)}
    later: set[str] = set()
    kept = []
    for cell in reversed(told):
        code, later = _used(cell, later, generators)
        kept.append(code)
    return kept[::-1]


def _parsed(code: str) -> list[ast.stmt]:
    """Return the statements of code; none of what is no plain Python, such as IPython's lines."""
    try:
        return ast.parse(code).body
    except SyntaxError:
        return []


def _without_glue(code: str) -> str:
    """Return code without its statements that do nothing but glue, and without what imports it."""
    lines, gone = code.split("\n"), set[int]()
    for node, alone in _gluing(_parsed(code)):
        first, *others = _lines(node)
        if alone:
            lines[first - 1] = f"{' ' * node.col_offset}pass"
        gone |= {*others} if alone else {first, *others}
    if not gone and "\n".join(lines) == code:
        return code
    left = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return EMPTIER.sub("\n\n", left).strip("\n")


def _gluing(statements: list[ast.stmt], *, inner: bool = False) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the statements that only glue, and whether one must leave something in its place."""
    only = inner and all(map(_only_glues, statements))
    for node in statements:
        if _only_glues(node):
            yield node, only and node is statements[0]
        else:
            for block in BLOCKS:
                yield from _gluing(getattr(node, block, []), inner=True)


def _only_glues(node: ast.stmt) -> bool:
    """Whether a statement glues, imports `glue`, or has a body of which nothing else is left."""
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names] == [GLUE]
    if isinstance(node, ast.Expr):
        return any(isinstance(n, ast.Name) and n.id == GLUE for n in ast.walk(node.value))
    body = [inner for block in BLOCKS for inner in getattr(node, block, [])]
    return bool(body) and all(map(_only_glues, body))


def _lines(node: ast.stmt) -> range:
    """Return the numbers of a statement's lines, those of its decorators too."""
    decorators = [one.lineno for one in getattr(node, "decorator_list", [])]
    return range(min([node.lineno, *decorators]), (node.end_lineno or node.lineno) + 1)


def _used(cell: Cell, later: set[str], generators: set[str]) -> tuple[str, set[str]]:
    """Return what stays of a cell, and what is needed before it, given what is needed after it."""
    lines, kept = cell.code.split("\n"), list[str]()
    for node in reversed(_parsed(cell.code)):
        needs = _needs([node])
        draws = needs & later & generators
        if REMOVED in cell.tags and not draws and not (_bound(node) | _changed(node)) & later:
            continue
        later = (later - _given(node)) | needs
        kept.append("\n".join(lines[number - 1] for number in _lines(node)))
    return "\n".join(reversed(kept)) if REMOVED in cell.tags else cell.code, later


def _needs(statements: Iterable[ast.stmt]) -> set[str]:
    """Return the names that must have a value before these statements."""
    needed, given = set[str](), set[str]()
    for node in statements:
        if isinstance(node, ast.For):
            inside = _needs([*node.body, *node.orelse]) - _stored(node.target)
            needed |= (_read(ast.Expr(node.iter)) | inside) - given
        else:
            needed |= _read(node) - given
        given |= _given(node)
    return needed


def _given(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value in any case."""
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in _stored(target)}
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return _bound(node)
    return set()


def _stored(target: ast.expr) -> set[str]:
    names = (n for n in ast.walk(target) if isinstance(n, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def _table(node: ast.stmt) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(ast.fix_missing_locations(node)), "cell", "exec")


def _read(node: ast.stmt) -> set[str]:
    """Return the names of the page that a statement reads, within functions too."""

    def inside(table: symtable.SymbolTable) -> Iterator[str]:
        for child in table.get_children():
            found = child.get_symbols()
            yield from (s.get_name() for s in found if s.is_global() and s.is_referenced())
            yield from inside(child)

    table = _table(node)
    return {s.get_name() for s in table.get_symbols() if s.is_referenced()} | set(inside(table))


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement may give a value."""
    found = _table(node).get_symbols()
    return {s.get_name() for s in found if s.is_assigned() or s.is_imported()}


def _changed(node: ast.stmt) -> set[str]:
    """Return the names of objects that a statement gives a new part, or calls a method of."""
    found = set[str]()
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            found |= _read(ast.Expr(part.value))
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            called = part.value.func
            found |= _read(ast.Expr(called.value)) if isinstance(called, ast.Attribute) else set()
    return found


def _makes_generator(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and GENERATOR in ast.dump(node.value)
