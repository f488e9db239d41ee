"""The table of what the checks notice, from the committed result of the last whole measurement."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site.state import build_of

FILE = "back/mutants.json"
FATES = {
    "value": "By value", "shape": "By shape", "unreadable": "Unreadable", "same": "Same meaning",
    "survived": "Survived",
}  # fmt: skip


class MutantTableDirective(SphinxDirective):
    """``{mutant-table}``: how many changed equations of each kind were noticed, and how."""

    def run(self) -> list[nodes.Node]:
        """Make the table of a committed file, on which the page then depends."""
        path = build_of(self.env.app).project.book / FILE
        self.env.note_dependency(str(path))
        if not path.exists():
            raise self.error(f"there is no {FILE} yet: run `nox -s mutants`")
        counts = json.loads(path.read_text(encoding="utf-8"))
        total: Counter[str] = Counter()
        for fates in counts.values():
            total.update(fates)
        rows = [*sorted(counts.items()), ("all", total)]
        return [_table(["Change", *FATES.values()], [_row(kind, fates) for kind, fates in rows])]


def _row(kind: str, fates: dict[str, Any]) -> list[str]:
    return [kind, *(f"{fates.get(fate, 0):,}" for fate in FATES)]


def _table(head: list[str], body: list[list[str]]) -> nodes.Node:
    table = nodes.table(classes=["mutants"])
    group = nodes.tgroup(cols=len(head))
    table += group
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += [nodes.thead("", _cells(head)), nodes.tbody("", *map(_cells, body))]
    return nodes.container("", table, classes=["ledger-frame"])


def _cells(texts: list[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in texts))


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("mutant-table", MutantTableDirective)
