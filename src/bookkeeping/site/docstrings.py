"""A docstring that names the page and the equation it implements leads there."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

PAGE = re.compile(r"(\b(?:pages?|equations?|and)|,)(\s+)``([a-z0-9-]+)``", re.IGNORECASE)


def link_pages(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Turn the named page and equation into links, which have to lead somewhere."""
    paragraphs = "\n".join(lines).split("\n\n")
    lines[:] = "\n\n".join(map(_linked, paragraphs)).split("\n")


def _linked(paragraph: str) -> str:
    """Link the names that follow "page" or "equation", and those that follow them in a list."""
    role = ""

    def link(found: re.Match[str]) -> str:
        nonlocal role
        word, space, label = found.groups()
        if word.lower().startswith("page"):
            role = "ref"
        elif word.lower().startswith("equation"):
            role = "eq"
        return f"{word}{space}:{role}:`{label}`" if role else found.group()

    return PAGE.sub(link, paragraph)
