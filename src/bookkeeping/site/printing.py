"""What stands at the edges of a printed page: book, title, and the number of the sheet."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from bookkeeping.site.by_page import numbered

MARGINS = "margin: 20mm 16mm;"
SMALL = "font: 9pt sans-serif; color: #48566b;"


def add_to_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page of the book its running heads, which style sheets for all pages cannot know."""
    if doctree is None:
        return
    title = f"{numbered(app, pagename)} {app.env.titles[pagename].astext()}".strip()
    edges = {
        "top-left": quoted(str(app.config.project)),
        "top-right": quoted(title),
        "bottom-right": "counter(page)",
    }
    boxes = " ".join(f"@{edge} {{ content: {said}; {SMALL} }}" for edge, said in edges.items())
    context["metatags"] = (
        context.get("metatags", "") + f"<style>@page {{ {MARGINS} {boxes} }}</style>\n"
    )


def quoted(text: str) -> str:
    """Return text as a string of a style sheet, in which nothing has a meaning of its own."""
    plain = (c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(plain)}"'
