"""The steps of a sweep: a list of drawings, each with a sentence, and one at a time with scripts.

A cell hands over all steps beside the first drawing. The page holds every one of them in an
ordered list; where scripts run, ``steps.js`` shows one at a time and loads drawings when they are
reached.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from bookkeeping.check.formulas.tokens import plain_tokens
from bookkeeping.site import figures
from bookkeeping.site.extracting import extract
from bookkeeping.site.state import build_of, page_index
from bookkeeping.store import digest

LOGGER = logging.getLogger(__name__)
# In a sentence: mathematics and references to equations, and what looks like any other markup.
INLINE = re.compile(r"\$(?P<tex>[^$]+)\$|\{eq\}`(?P<label>[^`]+)`")
MARKUP = re.compile(r"[$`*]|\{\w+\}")

Step = dict[str, str]


class Shown(NamedTuple):
    """The equation of a step."""

    line: int
    number: int
    tex: str
    labels: tuple[str, ...]  # of the equations that its sentence refers to


class step_list(nodes.General, nodes.Element):
    """The steps of a figure."""


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Put the list of all steps in the place of the first drawing."""
    docname = app.env.current_document.docname
    shown_here: list[Shown] = []
    page_index(app.env).steps[docname] = shown_here
    for line, figure, image, data in extract(doctree, "steps"):
        shown_here += [
            Shown(line, number, tex, _labels(step["says"]))
            for number, step in enumerate(data["steps"], start=1)
            if (tex := step["tex"].strip())
        ]
        for message in faults(data["steps"], pictured=image is not None):
            LOGGER.warning(message, location=(docname, line), type="bookkeeping", subtype="steps")
        if figure is not None and image is not None and figure["ids"]:
            figure["classes"].append("has-steps")
            listed = step_list(alternative=image.get("alt", ""))
            for number, step in enumerate(data["steps"], start=1):
                drawing = image.deepcopy() if number == 1 else _image(app, step["drawing"])
                drawing["alt"] = step["alt"]
                identity = f"{figure['ids'][0]}-step-{number}"
                shown = ["step", "is-current"] if number == 1 else ["step"]
                item = nodes.list_item("", drawing, ids=[identity], classes=shown)
                item += _words(step, number, docname, figure)
                listed += item
                app.env.domains.standard_domain.note_hyperlink_target(
                    identity, docname, identity, f"step {number}"
                )
            image.parent.replace(image, listed)


def _labels(says: str) -> tuple[str, ...]:
    """Return the labels of the equations that a sentence refers to."""
    return tuple(found["label"] for found in INLINE.finditer(says) if found["label"])


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Hold the equation of every step against what the tests have evaluated.

    It has to be a text of an equation of its own page, or of one that its sentence refers to.
    """
    memory, claims = page_index(env), build_of(app).claims
    for docname, steps in memory.steps.items():
        own = [equation.label for equation in memory.equations.get(docname, [])]
        for line, number, tex, labels in steps:
            evaluated = (
                plain_tokens(text)
                for label in dict.fromkeys((*own, *labels))
                for claim in claims.get(label, [])
                for text in (claim.tex, *claim.shown)
            )
            if plain_tokens(tex) not in evaluated:
                LOGGER.warning(
                    "no test has evaluated the equation of step %d; pass it as `tex` to "
                    "`evidence.evaluates`, for the equation that its sentence refers to: %s",
                    number, tex, location=(docname, line), type="bookkeeping", subtype="steps",
                )  # fmt: skip


def faults(steps: list[Step], *, pictured: bool) -> Iterator[str]:
    """Say what the steps of a figure lack."""
    if not steps:
        yield "a figure of no steps; give it at least one"
    if not pictured:
        yield "steps without a drawing to stand for them; show the first one beside them"
    for number, step in enumerate(steps, start=1):
        if not step["says"].strip():
            yield f"step {number} says nothing; give it a sentence"
        elif MARKUP.search(INLINE.sub("", step["says"])):
            yield (
                f"step {number} says more than $…$ and {{eq}}`…` can: {step['says']!r}; "
                "write it in plain words"
            )
        for fault in figures.faults_of_words(step["alt"].strip()):
            yield f"step {number}: {fault}"
        if "$" in step["alt"]:
            yield f"step {number}: mathematics in alternative text; say it in words"


def _image(app: Sphinx, drawing: str) -> nodes.image:
    """Write a drawing beside those of myst-nb, and return it as Sphinx wants its images."""
    path = folder(app) / f"{digest(drawing)}.svg"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawing, encoding="utf-8")
    docname = app.env.current_document.docname
    uri, _ = app.env.relfn2path(f"/{os.path.relpath(path, app.srcdir)}", docname)
    app.env.note_dependency(uri)
    app.env.images.add_file(docname, uri)
    image = nodes.image(uri=uri, candidates={"*": uri})
    figures.classify_width(app, image)
    return image


def folder(app: Sphinx) -> Path:
    """Return where the drawings of steps are kept until the site takes them."""
    return Path(app.outdir).parent / "steps"


def _words(step: Step, number: int, docname: str, figure: nodes.figure) -> list[nodes.Node]:
    """Return the sentence of a step, and its equation if it has one."""
    says = nodes.paragraph("", "", classes=["step-says"])
    says += nodes.inline("", f"Picture {number}. ", classes=["step-number"])
    says += list(_sentence(step["says"].strip(), docname))
    words: list[nodes.Node] = [says]
    if step["tex"].strip():
        tex = step["tex"].strip()
        words.append(
            nodes.math_block(tex, tex, number=None, label=None, nowrap=False, docname=docname)
        )
    for word in words:
        word.source, word.line = figure.source, figure.line
    return words


def _sentence(text: str, docname: str) -> Iterator[nodes.Node]:
    """Yield the parts of a sentence; its mathematics was made by the cell, as everything in it."""
    end = 0
    for found in INLINE.finditer(text):
        yield nodes.Text(text[end : found.start()])
        end = found.end()
        if tex := found.group("tex"):
            yield nodes.math(tex, tex, classes=["pasted-math"])
        else:
            label = found.group("label")
            yield addnodes.pending_xref(
                "", nodes.literal("", label), refdoc=docname, refdomain="math", reftype="eq",
                reftarget=label, refexplicit=False, refwarn=True,
            )  # fmt: skip
    yield nodes.Text(text[end:])


def visit_list(self: HTML5Translator, node: step_list) -> None:
    """Begin the list, which is called what the figure as a whole shows."""
    self.body.append(
        self.starttag(node, "ol", CLASS="steps", **{"aria-label": node["alternative"]})
    )


def depart_list(self: HTML5Translator, node: step_list) -> None:
    """End the list."""
    self.body.append("</ol>\n")


def drop_old_drawings(app: Sphinx, env: BuildEnvironment) -> None:
    """Drop the drawings that no step shows any more."""
    wanted = {Path(name).name for name in env.images}
    for path in folder(app).glob("*.svg"):
        if path.name not in wanted:
            path.unlink()


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the script on the pages that hold steps, and on no other."""
    if doctree and any(True for _ in doctree.findall(step_list)):
        # After bookkeeping.js, which looks after frames that scroll.
        app.add_js_file("steps.js", loading_method="defer", priority=900)


def setup(app: Sphinx) -> None:
    """Register what steps are."""
    app.add_node(step_list, html=(visit_list, depart_list))
