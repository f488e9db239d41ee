"""Lists that gather from all pages: a directive leaves a place, filled when every page was read."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkeeping.site import corrections, counting, figures, ledger, provenance
from bookkeeping.site.state import page_index

REPORT = "build-report"
# What fills the place of each directive, for the page that it stands on.
LISTS = {
    "ledger": ledger.all_equations,
    "figure-list": figures.all_figures,
    "correction-list": corrections.all_corrections,
    "counts": counting.counts,
    REPORT: provenance.report,
}


class list_place(nodes.General, nodes.Element):
    """Where a list goes."""


class ListDirective(SphinxDirective):
    """``{ledger}``, ``{figure-list}``, ``{correction-list}``, ``{counts}``, ``{build-report}``."""

    def run(self) -> list[nodes.Node]:
        """Leave a place for the list of this name."""
        return [list_place(of=self.name)]


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which pages hold lists, so that they are written when other pages change."""
    held = {place["of"] for place in doctree.findall(list_place)}
    if held:
        page_index(app.env).lists[app.env.current_document.docname] = held


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put every list of a page into its place."""
    for place in list(doctree.findall(list_place)):
        place.replace_self(LISTS[place["of"]](app, docname))


def setup(app: Sphinx) -> None:
    """Register a directive for each list."""
    for name in LISTS:
        app.add_directive(name, ListDirective)
    app.add_node(list_place)
