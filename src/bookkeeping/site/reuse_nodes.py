"""Parts of a page that another page shows again: captions and corrections in their lists."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import docname_join
from sphinx.util.docutils import new_document


def detach(part: nodes.Node) -> nodes.Node:
    """Copy a part of a page, references unresolved, without the page that it belongs to."""
    copy = part.deepcopy()
    for node in copy.findall():
        node.document = None  # type: ignore[assignment]  # docutils sets it when it is needed
    return copy


def resolve(app: Sphinx, part: nodes.Node, docname: str) -> nodes.Node:
    """Return a lifted part with its references resolved for the page that shows it."""
    document = new_document("")
    document += part.deepcopy()
    for element in document.findall(nodes.Element):
        element["ids"] = []
    for reference in document.findall(addnodes.pending_xref):
        if reference["reftype"] == "doc":  # named from the page that the part stands on
            target = docname_join(reference["refdoc"], reference["reftarget"])
            reference["reftarget"] = f"/{target}"
        reference["refdoc"] = docname
    app.env.resolve_references(document, docname, app.builder)
    return document[0]
