"""What the book holds, counted while it is built."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

from bookkeeping.run.pages import Pages
from bookkeeping.site import corrections, figures, ledger
from bookkeeping.site.state import build_of, page_index


def counts(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Return how many equations, figures, corrections and notebooks there are, with their lists."""
    claims = ledger.claims_of(app)
    rows = [row for found in ledger.equations(app.env).values() for row in found]
    checked = sum(ledger.mark_of(row, claims.get(row.label, [])) == "evaluated" for row in rows)
    evaluated = "each" if checked == len(rows) else f"{checked} of them"
    drawn = sum(map(len, figures.figures(app.env).values()))
    mended = sum(map(len, corrections.corrections(app.env).values()))
    taken_home = len(Pages.of(build_of(app).project).with_code())
    items = (
        ("ledger", f"{len(rows)} equations", f", {evaluated} evaluated against a witness"),
        ("figure-list", f"{drawn} figures", ", drawn by the code beside them"),
        ("correction-list", f"{mended} corrections", " of what is often said"),
        ("", f"{taken_home} pages", " that run, and run as notebooks at home"),
    )
    listing = nodes.bullet_list(classes=["book-counts"])
    for held, what, more in items:
        words = _linked(app, docname, held, what)
        listing += nodes.list_item("", nodes.paragraph("", "", words, nodes.Text(more)))
    return [listing]


def _linked(app: Sphinx, docname: str, held: str, words: str) -> nodes.Node:
    """Return words as a link to the page that holds a list, if there is one."""
    home = next((name for name, lists in page_index(app.env).lists.items() if held in lists), "")
    if not home:
        return nodes.strong("", words)
    uri = app.builder.get_relative_uri(docname, home)
    return nodes.reference("", "", nodes.strong("", words), refuri=uri, internal=True)
