"""The lists of the notation and the boxes of the pages, made from the notation's data file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.notation import FILE, Letter, letters_on, sections_of
from bookkeeping.run.dependencies import memory_of
from bookkeeping.site.state import build_of
from bookkeeping.texts import lines_of, read_text

LOGGER = logging.getLogger(__name__)
INLINE = re.compile(r"\$[^$]+\$")
COMMA = re.compile(r",(?:\\ | )")
WORDS = re.compile(r"\\text\{([^{}]*)\}(,?)")


class NotationDirective(SphinxDirective):
    """``{notation}``: every section of the notation, with its heading and all its letters."""

    def run(self) -> list[nodes.Node]:
        """Write the sections as Markdown, and have them read."""
        book = build_of(self.env.app).project.book
        self.env.note_dependency(str(book / FILE))
        lines = []
        for section in sections_of(book):
            lines += [f"## {section.title}", "", section.says, "", *_list(section.letters)]
        holder = nodes.Element()
        text = StringList(lines, str(book / FILE))
        self.state.nested_parse(text, self.content_offset, holder, match_titles=True)
        return holder.children


class NotationBoxDirective(SphinxDirective):
    """``{notation-box}``: the letters of the page's equations; as content, its conventions."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the letters as a definition list, and have it read before the content."""
        project, docname = build_of(self.env.app).project, self.env.current_document.docname
        book = project.book
        self.env.note_dependency(str(book / FILE))
        if not any(docname in section.pages for section in sections_of(book)):
            LOGGER.warning(
                "no section of %s lists the page %s", FILE, docname,
                location=(docname, self.lineno), type="bookkeeping", subtype="notation",
            )  # fmt: skip
        try:
            rows = letters_on(book, docname, memory_of(project))
        except FormulaError:  # which is told with each equation of the page
            rows = ()
        box = nodes.admonition("", nodes.title("", "Notation"), classes=["notation"])
        self.set_source_info(box)
        text = StringList(_list(rows), str(book / FILE))
        self.state.nested_parse(text, self.content_offset, box)
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


def _list(rows: Iterable[Letter]) -> list[str]:
    """Return letters as a definition list in Markdown, set apart for the style sheet."""
    lines = [line for row in rows for line in (parted(row.shown), f": {meaning(row)}", "")]
    return [":::{container} letters", *lines, ":::", ""] if lines else []


def meaning(row: Letter) -> str:
    """Return what a letter means, with what the code calls it."""
    return f"{row.means} ({row.code})" if row.code else row.means


def parted(shown: str) -> str:
    """Return letters with commas between them as formulas of their own, so that lines may break."""
    return INLINE.sub(lambda found: " ".join(map(_word, _parts(found[0][1:-1]))), shown)


def _word(tex: str) -> str:
    """Return a letter as a formula; one that is made of words as these words."""
    words = WORDS.fullmatch(tex)
    return "".join(words.groups()) if words else f"${tex}$"


def _parts(tex: str) -> Iterator[str]:
    """Yield what commas outside brackets separate, each with its comma."""
    start = depth = 0
    for number, sign in enumerate(tex):
        depth += (sign in "([{") - (sign in ")]}")
        if not depth and (comma := COMMA.match(tex, number)):
            yield tex[start : number + 1]
            start = comma.end()
    yield tex[start:]


def check(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Complain about a section that lists a page that is not there."""
    path = build_of(app).project.book / FILE
    for section in sections_of(path.parent):
        for docname in section.pages:
            if not (path.parent / f"{docname}.md").exists():
                LOGGER.warning(
                    "the section %r lists the page %s, which is not there",
                    section.title, docname, location=f"{path}:{_line(read_text(path), docname)}",
                    type="bookkeeping", subtype="notation",
                )  # fmt: skip
    return []


def _line(text: str, docname: str) -> int:
    """Return the first line of the data file that names this page."""
    word = re.compile(rf"(?<![\w/-]){re.escape(docname)}(?![\w/-])")
    return next((n for n, line in enumerate(lines_of(text), 1) if word.search(line)), 1)


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("notation", NotationDirective)
    app.add_directive("notation-box", NotationBoxDirective)
