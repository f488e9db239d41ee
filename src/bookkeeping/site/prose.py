"""A computed number is glued, never typed: decimals in prose stop the build."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from docutils import nodes
from docutils.parsers.rst.roles import CustomRole, generic_custom_role
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from bookkeeping.site.pasted import holds_pasted
from bookkeeping.site.source_lines import line_of
from bookkeeping.site.state import page_index
from bookkeeping.texts import lines_of, read_text

LOGGER = logging.getLogger(__name__)
DECIMAL = re.compile(r"(?<![\w.])(?:\d*\.\d+(?:[eE][-+−]?\d+)?|\d+[eE][-+−]?\d+)(?!\.?\d)")
INTEGER = re.compile(r"(?<![\w.,])\d{2,}(?![\w.]*\d)")
# After these words a dotted number is an address, not a quantity.
ADDRESS = re.compile(r"(?:section|chapter|exercise|equation|figure|table|version|§)\s*$", re.I)
NOT_PROSE = (
    nodes.literal, nodes.literal_block, nodes.doctest_block, nodes.raw, nodes.comment,
    nodes.reference, nodes.citation, nodes.citation_reference, nodes.footnote_reference,
    nodes.substitution_definition, nodes.system_message, addnodes.pending_xref, addnodes.desc,
    addnodes.download_reference,
)  # fmt: skip
BOUND = {"given", "said", "cell_input"}


def _is_prose(node: nodes.Node | None) -> bool:
    """Whether a reader takes text in this node for the author's words."""
    while node is not None:
        if isinstance(node, NOT_PROSE):
            return False
        if isinstance(node, nodes.math_block) and (node.get("label") or node.get("again")):
            return False  # its numbers are evaluated with it, which the ledger sees to
        if isinstance(node, nodes.Element) and (holds_pasted(node) or BOUND & set(node["classes"])):
            return False
        if isinstance(node, nodes.caption) or _says_a_step(node):
            return True  # although it stands among the outputs of a cell
        node = node.parent
    return True


def _says_a_step(node: nodes.Node) -> bool:
    return isinstance(node, nodes.paragraph) and "step-says" in node["classes"]


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Refuse decimals typed into a page's prose, and count its integers above nine."""
    docname = app.env.current_document.docname
    counted: Counter[str] = Counter()
    lines = lines_of(read_text(app.env.doc2path(docname)))
    for text in doctree.findall(nodes.Text):
        if not _is_prose(text.parent):
            continue
        for found in DECIMAL.finditer(text.astext()):
            if not ADDRESS.search(text.astext()[: found.start()]):
                first = line_of(text, found.start())
                _refuse(docname, _next_line_with(found.group(), first, lines), found.group())
        counted.update(INTEGER.findall(text.astext()))
    integers(app.env)[docname] = counted


def _next_line_with(number: str, first: int, lines: list[str]) -> int:
    """Return the line of a number: a caption or a table knows only where it begins."""
    after = range(first, len(lines) + 1)
    return next((line for line in after if number in lines[line - 1]), first)


def _refuse(docname: str, line: int, number: str) -> None:
    LOGGER.warning(
        "the decimal %s is typed into prose; glue it from an output, or mark it as {given} "
        "(a chosen parameter) or {said} (inside a correction)",
        number, location=(docname, line), type="bookkeeping", subtype="number",
    )  # fmt: skip


def integers(env: BuildEnvironment) -> dict[str, Counter[str]]:
    """Return the integers above nine in each page's prose."""
    return page_index(env).integers


def setup(app: Sphinx) -> None:
    """Register the two roles for numbers that are not computed."""
    for name in ("given", "said"):
        role: Any = generic_custom_role  # which its stubs describe too narrowly
        app.add_role(name, CustomRole(name, role, {"class": [name]}, []))
