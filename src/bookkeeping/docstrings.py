"""A docstring that names the page and the equation it implements leads there."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

PAGE = re.compile(r"\b(pages?|equations?|and|,) ``([a-z0-9-]+)``", re.IGNORECASE)


def link_pages(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Turn the named page and equation into links, which have to lead somewhere."""
    role = ""
    for number, line in enumerate(lines):
        if not line.strip():
            role = ""

        def link(found: re.Match[str]) -> str:
            nonlocal role
            word, label = found.groups()
            if word.lower().startswith("page"):
                role = "ref"
            elif word.lower().startswith("equation"):
                role = "eq"
            return f"{word} :{role}:`{label}`" if role else found.group()

        lines[number] = PAGE.sub(link, line)


def setup(app: Sphinx) -> None:
    """Connect the links to autodoc."""
    app.connect("autodoc-process-docstring", link_pages, priority=400)
