"""Small faults in the markup that other tools write, mended in the finished page.

Each was found by axe or by hand, and each mend is one replacement, so that it can go as easily as
it came when the tool is mended.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from bookkeeping.site.state import build_of
from bookkeeping.texts import PageError, read_text

FOLDED = {"source": "code", "outputs": "output", "content": "code and its output"}
BODY = {
    # myst-nb: a folded cell is announced by other words than it shows, and these are its own.
    ' aria-label="Toggle hidden content"': "",
    **{
        f' admonition-title">{verb} the {theirs}<': f' admonition-title">{verb} the {ours}<'
        for verb in ("Show", "Hide")
        for theirs, ours in FOLDED.items()
    },
    # sphinx-exercise, sphinx-proof: what is in an exercise has one name, however many there are.
    ' id="exercise-content"': "",
    ' id="solution-content"': "",
    ' id="proof-content"': "",
    # docutils: a bibliography entry has a role that browsers have given up.
    ' role="doc-biblioentry"': ' role="listitem"',
}
# The theme: the fold beside a chapter has no name.
NAVIGATION = {"<summary>": '<summary aria-label="Show or hide the pages of this chapter">'}

CATALOGUE = re.compile(r"\s*Documentation\.addTranslations\((\{.*\})\);\s*", re.DOTALL)
PLURAL = re.compile(r"[n0-9()!=<>&|?:%\s]+")
TRANSLATED = """\
Object.assign(Documentation.TRANSLATIONS, {messages});
Documentation.PLURAL_EXPR = (n) => Number({plural});
Documentation.LOCALE = {locale};
"""


def name_folds(app: Sphinx, doctree: nodes.document) -> None:
    """Fold as code a cell that is folded whole and shows nothing beside its code."""
    for cell in doctree.findall(nodes.container):
        shows = any("cell_output" in part["classes"] for part in cell.findall(nodes.container))
        if cell.get("hide_mode") == "all" and not shows:
            cell["hide_mode"] = "input"


def _replaced(text: str, pairs: dict[str, str]) -> str:
    for wrong, right in pairs.items():
        text = text.replace(wrong, right)
    return text


def mend(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Mend the body and the navigation of a page before its template is filled."""
    if "body" in context:
        context["body"] = _replaced(context["body"], BODY)
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = _sidebar(app, pagename, context["generate_toctree_html"])


def _sidebar(app: Sphinx, pagename: str, generate: Callable[..., Any]) -> Callable[..., Any]:
    """Return the theme's sidebar, mended, and made once a folder for pages that it does not name.

    Listings of code, tests and checks are many, and to be made takes the theme longer than all else
    on such a page. The theme itself makes the sidebars of one folder out of the first of them: what
    was asked for that one is asked by all.
    """
    folder, made, asked = posixpath.dirname(pagename), build_of(app).sidebars, build_of(app).asked
    together = build_of(app).sidebar_questions[folder]
    # That of the page for wrong addresses leads to the site's own root.
    shared = pagename not in app.env.found_docs and pagename != app.config.notfound_pagename

    def sidebar(**options: Any) -> str:
        key = (folder if shared else pagename, shared, *sorted(options.items()))
        if key not in made:
            made[key] = asked.of(lambda: _replaced(str(generate(**options)), NAVIGATION))
        text, questions = made[key]
        together.update(questions)
        asked.note_all(together)
        return text

    return sidebar


def mend_translations(static: Path) -> None:
    """Write the rule for plurals as code: Sphinx's script makes it of a text, as a policy forbids.

    A translation that says the same or, as the British catalogue has it, nothing is left out: for
    these Sphinx's script falls back to the message itself.

    Parameters
    ----------
    static : Path
        The folder of the site's own files. A site in plain English has no translations.

    Raises
    ------
    PageError
        When Sphinx writes its translations in another form.
    """
    file = static / "translations.js"
    if not file.is_file():
        return
    found = CATALOGUE.fullmatch(read_text(file))
    catalogue = json.loads(found[1]) if found else {}
    if not PLURAL.fullmatch(catalogue.get("plural_expr", "")):
        raise PageError(
            f"{file}:1: expected Documentation.addTranslations({{…}}) with a rule for plurals, as "
            "Sphinx 9 writes it; mend_translations of html_fixes.py has to learn this form"
        )
    messages = {
        message: text
        for message, text in catalogue["messages"].items()
        if text not in ("", message) and all(text)  # of several forms, each one
    }
    text = TRANSLATED.format(
        messages=json.dumps(messages), locale=json.dumps(catalogue["locale"]),
        plural=catalogue["plural_expr"],
    )  # fmt: skip
    file.write_text(text, encoding="utf-8", newline="\n")
