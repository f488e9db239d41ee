"""Small faults in the markup that other tools write, mended in the finished page.

Each was found by axe or by hand, and each mend is one replacement, so that it can go as easily as
it came when the tool is mended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

BODY = {
    # myst-nb: a folded cell is announced by other words than it shows.
    ' aria-label="Toggle hidden content"': "",
    # docutils: a bibliography entry has a role that browsers have given up.
    ' role="doc-biblioentry"': ' role="listitem"',
}
# The theme: the fold beside a chapter has no name.
NAVIGATION = {"<summary>": '<summary aria-label="Show or hide the pages of this chapter">'}


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
        context["generate_toctree_html"] = _mended(context["generate_toctree_html"])


def _mended(generate: Callable[..., Any]) -> Callable[..., Any]:
    def sidebar(kind: str, **options: Any) -> Any:
        made = generate(kind, **options)
        return _replaced(str(made), NAVIGATION) if kind == "sidebar" else made

    return sidebar


def setup(app: Sphinx) -> None:
    """Connect the mends after everything else has had its say."""
    app.connect("html-page-context", mend, priority=950)
