"""What is commonly said, what is right, and what shows it: on the page and gathered in one list."""

from __future__ import annotations

import itertools
from typing import ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site.by_page import under_titles
from bookkeeping.site.reuse_nodes import detach, resolve
from bookkeeping.site.source_lines import line_of
from bookkeeping.site.state import build_of, page_index

LOGGER = logging.getLogger(__name__)
PARTS = ("Often said", "What is right", "Shown by")


class Correction(NamedTuple):
    """A correction of a page."""

    docname: str
    line: int
    name: str  # as typed, if it was
    id: str
    title: nodes.Node
    body: list[nodes.Node]


class CorrectionDirective(SphinxDirective):
    """``{correction} Title``: a definition list of what is often said, is right, and shows it.

    The third part holds a reference: to an equation, a figure, a cell's output or a citation.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"name": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Make the box, and complain where a part is missing."""
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        titles, messages = self.state.inline_text(self.arguments[0], self.lineno)
        title = nodes.title(self.arguments[0], "", *titles)
        box = nodes.admonition("", title, *body.children, classes=["correction"])
        box["ids"], box["typed-name"] = [self._identity()], self.options.get("name", "")
        self.state.document.set_id(box)
        self.set_source_info(box)
        for fault in _faults(box):
            LOGGER.warning(
                "correction %r: %s", self.arguments[0], fault,
                location=(self.env.current_document.docname, self.lineno),
                type="bookkeeping", subtype="correction",
            )  # fmt: skip
        return [box, *messages]

    def _identity(self) -> str:
        """Return an address that no other part of the page has; letters beyond ASCII make none."""
        wanted = nodes.make_id(f"correction-{self.options.get('name', self.arguments[0])}")
        numbered = (f"{wanted}-{number}" for number in itertools.count(2))
        taken = self.state.document.ids
        return next(i for i in itertools.chain([wanted], numbered) if i not in taken)


def _faults(box: nodes.Element) -> list[str]:
    """Say what a correction lacks."""
    items = {term.astext(): term.parent for term in box.findall(nodes.term)}
    faults = [f"the part {part!r} is missing" for part in PARTS if part not in items]
    shown = items.get(PARTS[2])
    kinds = (addnodes.pending_xref, nodes.reference, nodes.citation_reference)
    if shown is not None and not any(isinstance(n, kinds) for n in shown.findall()):
        faults.append("'Shown by' refers to nothing; name the equation, figure, test or citation")
    return faults


def corrections(env: BuildEnvironment) -> dict[str, list[Correction]]:
    """Return the corrections of each page."""
    return page_index(env).corrections


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the corrections of a page that was just read, its references still unresolved."""
    docname = app.env.current_document.docname
    corrections(app.env)[docname] = [
        Correction(
            docname,
            line_of(box),
            box["typed-name"],
            box["ids"][0],
            detach(box[0]),
            [detach(part) for part in box.children[1:]],
        )
        for box in doctree.findall(nodes.admonition)
        if "correction" in box["classes"]
    ]


def check_names(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Complain about a correction that takes the name of another: it is told once, in one place."""
    named: dict[str, Correction] = {}
    for docname in build_of(app).project.docnames:
        for correction in corrections(env).get(docname, []):
            first = named.setdefault(correction.name, correction)
            if correction.name and first is not correction:
                LOGGER.warning(
                    "the correction %r stands on the page %s already; tell it once",
                    correction.name, first.docname, location=(docname, correction.line),
                    type="bookkeeping", subtype="correction",
                )  # fmt: skip
    return []


def all_corrections(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Return the list of all corrections, page by page in the book's order."""
    listed: dict[str, list[nodes.Node]] = {}
    for name, found in corrections(app.env).items():
        for correction in found:
            uri = app.builder.get_relative_uri(docname, name) + f"#{correction.id}"
            link = nodes.reference("", "", *_plain(app, correction.title, docname), refuri=uri)
            link["internal"] = True
            box = nodes.container(classes=["correction-entry"])
            box += nodes.rubric("", "", link)
            box += [resolve(app, part, docname) for part in correction.body]
            listed.setdefault(name, []).append(box)
    return under_titles(app, "corrections", listed) or [nodes.paragraph("", "No corrections yet.")]


def _plain(app: Sphinx, title: nodes.Node, docname: str) -> list[nodes.Node]:
    """Return the words of a title, which become a link and so can hold none."""
    words = resolve(app, title, docname)
    for reference in list(words.findall(nodes.reference)):
        reference.replace_self(reference.children)
    return list(words.children)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("correction", CorrectionDirective)
