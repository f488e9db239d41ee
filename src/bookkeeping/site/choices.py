"""A question with its choices: each unfolds to whether it is right, and to the reason.

A choice is a fold of the browser's own, so that a question works without scripts. Where they run,
``choices.js`` counts what was right at the first try and keeps that in the reader's browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkeeping.store import digest

LOGGER = logging.getLogger(__name__)
BOX = re.compile(r"\[([ x])\]\s+")
LETTERS = "ABCDEFGH"
VERDICTS = {True: "Right.", False: "Wrong."}


class question(nodes.General, nodes.Element):
    """What is asked, and the choices."""


class choice(nodes.General, nodes.Element):
    """One choice: its words, and what is said of it."""


class choice_words(nodes.TextElement):
    """The words of a choice."""


class QuestionDirective(SphinxDirective):
    """``{question} What is asked?``: a definition list of choices, each with the reason.

    A choice begins with ``[ ]``, the right one with ``[x]``.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the question, and complain where a reader could not answer it."""
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        words, messages = self.state.inline_text(self.arguments[0], self.lineno)
        items = list(body.findall(nodes.definition_list_item))
        faults = list(_faults(body, items))
        for fault in faults:
            LOGGER.warning(
                "question %r: %s", self.arguments[0], fault,
                location=(self.env.current_document.docname, self.lineno),
                type="bookkeeping", subtype="question",
            )  # fmt: skip
        terms = (item[0].astext() for item in items)
        named = f"question-{digest([self.arguments[0], *terms])[:8]}"
        asked = nodes.paragraph(
            self.arguments[0], "", *words, ids=[f"{named}-asked"], classes=["question-asked"]
        )
        node = question("", asked, *([] if faults else map(_choice, items)), ids=[named])
        self.state.document.set_id(node)
        self.set_source_info(node)
        return [node, *messages]


def _faults(body: nodes.Element, items: list[nodes.definition_list_item]) -> Iterator[str]:
    """Say what keeps a reader from answering."""
    if any(not isinstance(part, nodes.definition_list) for part in body) or not items:
        yield "its choices are a list of definitions: `[ ] The choice`, below it `: The reason`"
        return
    terms = [item[0].astext() for item in items]
    boxes = [BOX.match(term) for term in terms]
    for term, box in zip(terms, boxes, strict=True):
        if not box:
            yield f"the choice {term!r} begins with neither `[ ]` nor `[x]`"
    right = sum(1 for box in boxes if box and box[1] == "x")
    if right != 1:
        yield f"{right} of its choices are right (`[x]`); it takes one"
    if not 2 <= len(items) <= len(LETTERS):
        yield f"it takes two to {len(LETTERS)} choices and has {len(items)}"


def _choice(item: nodes.definition_list_item) -> choice:
    """Return a choice: its words without the box, and the reason after the verdict."""
    term, reason = next(item.findall(nodes.term)), next(item.findall(nodes.definition))
    first = next(iter(term.findall(nodes.Text)))
    box = BOX.match(term.astext())
    assert box is not None
    first.parent.replace(first, nodes.Text(first.astext()[box.end() :]))
    right = box[1] == "x"
    verdict = nodes.strong("", VERDICTS[right], classes=["verdict"])
    opening = reason.children[0]
    if isinstance(opening, nodes.paragraph):
        opening.insert(0, [verdict, nodes.Text(" ")])
    else:
        reason.insert(0, nodes.paragraph("", "", verdict))
    words = choice_words("", "", *term.children)
    made = choice("", words, *reason.children, classes=["choice", *["is-right"] * right])
    made.source, made.line = item.source, item.line
    return made


def visit_question(self: HTML5Translator, node: question) -> None:
    """Begin a group that what is asked gives its name."""
    group: dict[str, Any] = {"role": "group", "aria-labelledby": f"{node['ids'][0]}-asked"}
    self.body.append(self.starttag(node, "div", CLASS="question", **group))


def depart_question(self: HTML5Translator, node: question) -> None:
    """End the group."""
    self.body.append("</div>\n")


def visit_choice(self: HTML5Translator, node: choice) -> None:
    """Begin a fold."""
    self.body.append(self.starttag(node, "details"))


def depart_choice(self: HTML5Translator, node: choice) -> None:
    """End a fold."""
    self.body.append("</details>\n")


def letter(node: nodes.Element) -> str:
    """Return the letter by which a choice is named."""
    return LETTERS[node.parent.index(node) - 1]


def visit_words(self: HTML5Translator, node: choice_words) -> None:
    """Begin the words of a choice, after its letter."""
    self.body.append(f'<summary><span class="choice-letter">{letter(node.parent)}</span><span>')


def depart_words(self: HTML5Translator, node: choice_words) -> None:
    """End the words of a choice."""
    self.body.append("</span></summary>\n")


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the script on the pages that ask something, and on no other."""
    if doctree and any(True for _ in doctree.findall(question)):
        app.add_js_file("choices.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the directive and its parts."""
    app.add_directive("question", QuestionDirective)
    app.add_node(question, html=(visit_question, depart_question))
    app.add_node(choice, html=(visit_choice, depart_choice))
    app.add_node(choice_words, html=(visit_words, depart_words))
