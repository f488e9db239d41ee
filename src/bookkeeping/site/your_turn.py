"""An equation for the reader to try: the task, a hint, and the solution, each a fold.

Without scripts it is an exercise with its solution. Where they run, an empty place in the box takes
the field in which a reader types an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkeeping.check.boxes import FILE, Box, boxes_of
from bookkeeping.check.displayed import Displayed, equations_of
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.tokens import tokens
from bookkeeping.site.state import build_of, page_index

LOGGER = logging.getLogger(__name__)


class your_turn(nodes.General, nodes.Element):
    """An equation that the reader tries."""


class answer_field(nodes.General, nodes.Element):
    """Where scripts put what a reader types in."""


class turn_fold(nodes.General, nodes.Element):
    """What unfolds: a hint, or the solution."""


class fold_title(nodes.TextElement):
    """What stands on a fold."""


class YourTurn(SphinxDirective):
    """``{your-turn} label``: asks for one side of an equation of this page, in one paragraph."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the box, and complain where a reader could not try it."""
        label, docname = self.arguments[0], self.env.current_document.docname
        book = build_of(self.env.app).project.book
        self.env.note_dependency(str(book / FILE))
        box, typed = boxes_of(book).get(label), equations_of(book).get(label)
        task = self._parsed(self.content, self.content_offset)
        faults = list(_faults(label, docname, box, typed))
        if len(task) > 1 or any(not isinstance(part, nodes.paragraph) for part in task):
            faults.append("its task is one paragraph, since a field for the answer stands below")
        twice = label in _boxes(self.env).setdefault(docname, {})
        if twice:
            faults.append("stands on the page twice")
        for fault in faults:
            LOGGER.warning(
                "the box %r: %s", label, fault, location=(docname, self.lineno),
                type="bookkeeping", subtype="try",
            )  # fmt: skip
        _boxes(self.env)[docname][label] = self.lineno
        if faults or box is None or typed is None:
            return []
        named = f"try-{label}"
        said = [nodes.Text(" "), *task[0].children] if task else []
        asked = nodes.math(tex := rf"{box.asks} = \ldots", tex, again=True)
        node = your_turn(
            "",
            nodes.paragraph(
                "", "", nodes.strong("", "Your turn."), nodes.Text(" Find "), asked, *said,
                ids=[f"{named}-asks"], classes=["your-turn-asks"],
            ),
            answer_field(),
            self._fold("hint", "Hint", self._parsed(StringList(box.hint.splitlines()), 0)),
            self._fold("solution", "Solution", self._solution(typed)),
            ids=[named], label=label,
        )  # fmt: skip
        self.state.document.set_id(node)
        for part in node.findall(nodes.Element):
            self.set_source_info(part)
        return [node]

    def _parsed(self, lines: StringList, offset: int) -> list[nodes.Node]:
        held = nodes.Element()
        self.state.nested_parse(lines, offset, held)
        return list(held.children)

    @staticmethod
    def _fold(kind: str, title: str, children: list[nodes.Node]) -> turn_fold:
        return turn_fold("", fold_title("", title), *children, classes=[f"your-turn-{kind}"])

    def _solution(self, typed: Displayed) -> list[nodes.Node]:
        """Return the equation, without a number, and where its page derives it."""
        docname, tex = typed.docname, _spaced(typed.tex)
        shown = nodes.math_block(
            tex, tex, number=None, label=None, nowrap=False, docname=docname, again=True
        )
        link = addnodes.pending_xref(
            "", nodes.literal("", typed.label), refdoc=docname, refdomain="math", reftype="eq",
            reftarget=typed.label, refexplicit=False, refwarn=True,
        )  # fmt: skip
        place = "above" if typed.line < self.lineno else "below"
        words = nodes.Text(f", with its derivation {place}.")
        return [shown, nodes.paragraph("", "", nodes.Text("Equation "), link, words)]


def _spaced(tex: str) -> str:
    """Part two lines of fractions, which else nearly touch."""
    first, *lines = tex.split("\\\\\n")
    for line in lines:
        last = first.rpartition("\n")[2]
        leading = "[0.8em]" if all(r"\frac" in one for one in (last, line)) else ""
        first += f"\\\\{leading}\n{line}"
    return first


def _faults(label: str, docname: str, box: Box | None, typed: Displayed | None) -> Iterator[str]:
    """Say what keeps a reader from trying an equation."""
    if typed is None:
        yield "no page types an equation of this label"
    elif typed.docname != docname:
        yield f"its equation stands on the page {typed.docname}; put the box there"
    if box is None:
        yield f"{FILE} says nothing of it; give the label an entry there"
    elif typed is not None and not _begins(typed.tex, box.asks):
        yield f"{FILE}:{box.line} asks for {box.asks}, which is not the equation's first side"


def _begins(tex: str, side: str) -> bool:
    """Whether an equation begins with this side, whatever the layout."""
    try:
        whole, first = ([text for _, text, *_ in tokens(one)] for one in (tex, side))
    except FormulaError:
        return False
    return bool(first) and whole[: len(first) + 1] == [*first, "="]


def _boxes(env: BuildEnvironment) -> dict[str, dict[str, int]]:
    return page_index(env).tries


def check(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Complain about an entry of the data file that no page has a box for."""
    project = build_of(app).project
    shown = {label for page in _boxes(env).values() for label in page}
    for label, box in boxes_of(project.book).items():
        if label not in shown:
            LOGGER.warning(
                "no page has a box for %r; write {your-turn} on that of its equation, or take the "
                "entry out", label, location=f"{(project.book / FILE)}:{box.line}",
                type="bookkeeping", subtype="try",
            )  # fmt: skip
    return []


def visit_box(self: HTML5Translator, node: your_turn) -> None:
    """Begin a part of the page that its task gives its name."""
    told = {"data-label": node["label"], "aria-labelledby": f"{node['ids'][0]}-asks"}
    self.body.append(self.starttag(node, "section", CLASS="your-turn", **told))


def depart_box(self: HTML5Translator, node: your_turn) -> None:
    """End it."""
    self.body.append("</section>\n")


def visit_field(self: HTML5Translator, node: answer_field) -> None:
    """Leave a place."""
    self.body.append('<div class="your-turn-field"></div>\n')
    raise nodes.SkipNode


def visit_fold(self: HTML5Translator, node: turn_fold) -> None:
    """Begin a fold."""
    self.body.append(self.starttag(node, "details"))


def depart_fold(self: HTML5Translator, node: turn_fold) -> None:
    """End a fold."""
    self.body.append("</details>\n")


def visit_title(self: HTML5Translator, node: fold_title) -> None:
    """Begin what stands on a fold."""
    self.body.append("<summary>")


def depart_title(self: HTML5Translator, node: fold_title) -> None:
    """End it."""
    self.body.append("</summary>\n")


def setup(app: Sphinx) -> None:
    """Register the directive and its parts."""
    parts: tuple[tuple[type[nodes.Element], Any, Any], ...] = (
        (your_turn, visit_box, depart_box), (answer_field, visit_field, None),
        (turn_fold, visit_fold, depart_fold), (fold_title, visit_title, depart_title),
    )  # fmt: skip
    for kind, visit, depart in parts:
        app.add_node(kind, html=(visit, depart))
    app.add_directive("your-turn", YourTurn)
