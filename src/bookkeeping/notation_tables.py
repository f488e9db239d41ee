"""The tables of the notation, made from its data file."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkeeping.notation import FILE, Section, sections_of
from bookkeeping.state import build_of


class NotationDirective(SphinxDirective):
    """``{notation} Title of a section``: its letters, what they mean, and what code calls them."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Write the section as a table of Markdown, and have it read."""
        book = build_of(self.env.app).project.book
        self.env.note_dependency(str(book / FILE))
        found = [s for s in sections_of(book) if s.title == self.arguments[0]]
        if not found:
            raise self.error(f"{FILE} has no section {self.arguments[0]!r}")
        holder = nodes.Element()
        text = StringList(_markdown(found[0]), str(book / FILE))
        self.state.nested_parse(text, self.content_offset, holder)
        return holder.children


def _markdown(section: Section) -> list[str]:
    rows = [
        f"| {row.shown} | {row.means} | {row.code} |".replace("||", "| |")
        for row in section.letters
    ]
    lead = [section.says, ""] if section.says else []
    return [*lead, "| symbol | meaning | in the code |", "| --- | --- | --- |", *rows]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("notation", NotationDirective)
