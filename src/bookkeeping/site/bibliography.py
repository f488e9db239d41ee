"""A bibliography that cannot be read is told by its line, before an extension stumbles over it."""

from __future__ import annotations

import re
from pathlib import Path

from pybtex.database import parse_string
from pybtex.exceptions import PybtexError
from sphinx.application import Sphinx

from bookkeeping.texts import PageError, lines_of, read_text


def check(app: Sphinx) -> None:
    """Read the book's bibliographies.

    Raises
    ------
    PageError
        When one of them is not BibTeX.
    """
    for path in (Path(app.confdir, name) for name in app.config.bibtex_bibfiles):
        if path.exists():  # else the extension says so
            text = read_text(path)
            try:
                parse_string(text, "bibtex")
            except PybtexError as error:
                line = getattr(error, "lineno", None) or _last_line_of(str(error), text)
                raise PageError(f"{path}:{line}: not BibTeX: {error}") from error


def _last_line_of(message: str, text: str) -> int:
    """Return the last line on which the entry begins that a message names at its end."""
    entry = re.compile(rf"@\w+\s*\{{\s*{re.escape(message.split()[-1])}\b")
    lines = enumerate(lines_of(text), 1)
    return max((number for number, line in lines if entry.search(line)), default=1)
