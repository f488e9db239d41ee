"""What a cell hands to the text: known as its own, and written as people write it.

Markdown of a cell is the book's Markdown. What a computer prints as ``8e-16`` is 8·10⁻¹⁶ on a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from myst_nb.ext.glue.directives import PasteMarkdownDirective
from myst_nb.ext.glue.roles import PasteMarkdownRole, PasteTextRole
from sphinx.application import Sphinx
from sphinx.util import logging

from bookkeeping.site.source_lines import line_of

LOGGER = logging.getLogger(__name__)
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POWER = re.compile(r"([-−]?)(\d(?:\.\d+)?)[eE]([+-]\d+)")  # as a format such as .0e prints it
INFINITY = re.compile(r"([-−]?)inf", re.IGNORECASE)
NOT_A_NUMBER = re.compile(r"[-+]?nan%?", re.IGNORECASE)
OF_NUMPY = re.compile(r"np\.\w+\(.*\)", re.DOTALL)  # as NumPy shows a number of its own
MARKS = {"pasted-text", "pasted-math", "pasted-markdown", "cell_output"}


class TextRole(PasteTextRole):  # type: ignore[misc]  # which has no types
    """MyST-NB's ``{glue:text}``, also from another page where no format is given."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Paste the text, as it is unless a format is given."""
        _, separator, key = self.text.partition("::")
        if separator and ":" not in key:
            self.text += ":s"
        pasted: tuple[list[nodes.Node], list[nodes.system_message]] = super().run()
        return pasted


class MarkdownRole(PasteMarkdownRole):  # type: ignore[misc]  # the same
    """MyST-NB's ``{glue:md}`` in a line, which leaves no sign of where its words come from."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Paste the words, in the book's Markdown unless another is named."""
        if ":" not in self.text:
            self.text += ":myst"
        pasted, messages = super().run()
        return [nodes.inline("", "", *pasted, classes=["pasted-markdown"])], messages


class MarkdownDirective(PasteMarkdownDirective):  # type: ignore[misc]  # the same
    """MyST-NB's ``{glue:md}`` as a block."""

    def run(self) -> list[nodes.Node]:
        """Paste the blocks, in the book's Markdown unless another is named."""
        self.options.setdefault("format", "myst")
        return [nodes.container("", *super().run(), classes=["pasted-markdown"])]


def is_pasted(node: nodes.Node | None) -> bool:
    """Whether a node is the output of a cell, or stands in one."""
    while node is not None:
        if isinstance(node, nodes.Element) and holds_pasted(node):
            return True
        node = node.parent
    return False


def holds_pasted(element: nodes.Element) -> bool:
    """Whether an element is there to hold what a cell shows."""
    return bool(MARKS & set(element["classes"])) or element.get("nb_element") == "mime_bundle"


def tidy(app: Sphinx, doctree: nodes.document, docname: str = "") -> None:
    """Write the pasted numbers of a page as people do, and refuse what is none.

    What is pasted from another page is put in only when the page is written.
    """
    for pasted in _numbers(doctree):
        pasted["tidy"] = True
        text = pasted.astext()
        if fault := fault_of(text):
            LOGGER.warning(
                fault, text,
                location=(docname or app.env.current_document.docname, line_of(pasted)),
                type="bookkeeping", subtype="number",
            )  # fmt: skip
        pasted.children = [nodes.Text(as_written(text))]
        pasted.setup_child(pasted.children[0])


def _numbers(doctree: nodes.document) -> Iterator[nodes.inline]:
    """Yield what may be a number pasted into a line, and was not seen before."""
    for node in list(doctree.findall(nodes.inline)):
        classes = set(node["classes"])
        if ("pasted-text" in classes or "text_plain" in classes) and "tidy" not in node:
            yield node


def fault_of(number: str) -> str:
    """Say what is wrong with a pasted number, or nothing."""
    if NOT_A_NUMBER.fullmatch(number):
        return "what is pasted is not a number (%s); mend what the cell computes, or type the word"
    if OF_NUMPY.fullmatch(number):
        return "a value is pasted as NumPy shows it (%s); glue what its `.item()` returns"
    return ""


def as_written(number: str) -> str:
    """Return ``8e-16`` as ``8·10⁻¹⁶``, and any other text as it is."""
    if found := INFINITY.fullmatch(number):
        return found.group(1).replace("-", "−") + "∞"
    found = POWER.fullmatch(number)
    if not found:
        return number
    sign, factor, exponent = found.groups()
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return sign.replace("-", "−") + (power if factor == "1" else f"{factor}·{power}")


def setup(app: Sphinx) -> None:
    """Register the ways to paste that are changed here."""
    roles: dict[str, Any] = {"text": TextRole(), "md": MarkdownRole()}
    for name, role in roles.items():
        app.add_role_to_domain("glue", name, role, override=True)
    app.add_directive_to_domain("glue", "md", MarkdownDirective, override=True)
