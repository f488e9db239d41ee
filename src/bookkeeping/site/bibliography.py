"""Bibliographies: what cannot be read is told by its line, and an entry is formatted once.

sphinxcontrib-bibtex formats every entry at every build, twice each, and looks for the plugins of
pybtex anew wherever a page cites. And it takes a file for unchanged whose date is.
"""

from __future__ import annotations

import functools
import math
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pybtex.plugin
from pybtex.database import Entry, parse_string
from pybtex.exceptions import PybtexError
from pybtex.style.formatting import BaseStyle
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkeeping.run.dependencies import memory_of
from bookkeeping.site.state import build_of, page_index
from bookkeeping.store import digest, file_digest
from bookkeeping.texts import PageError, lines_of, read_text

# Imported so, since mypy would look for untyped packages of the same namespace beside this one.
bibfile: Any = import_module("sphinxcontrib.bibtex.bibfile")
_find_plugin = functools.cache(pybtex.plugin.find_plugin)
_format_entry = BaseStyle.format_entry


def configure(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Let pybtex remember its plugins, and what it made of each entry."""
    known, page_index(env).entries = page_index(env).entries, {}
    formatted = page_index(env).entries

    def format_once(self: BaseStyle, label: str, entry: Entry, bib_data: Any = None) -> Any:
        key = digest(type(self).__qualname__, label, repr(entry))
        if key not in formatted:
            formatted[key] = known.get(key) or _format_entry(self, label, entry, bib_data)
        return formatted[key]

    BaseStyle.format_entry = format_once
    pybtex.plugin.find_plugin = _find_plugin


def check(app: Sphinx) -> None:
    """Read the book's bibliographies, and let the extension do so when one has changed.

    Raises
    ------
    PageError
        When one of them is not BibTeX.
    """
    bibfile.get_mtime = _date_by_content
    for path in (Path(app.confdir, name) for name in app.config.bibtex_bibfiles):
        if path.exists():  # else the extension says so
            memory = memory_of(build_of(app).project)
            memory.recall("bibliography", read_text(path), functools.partial(_check, path))


def _date_by_content(bibfilename: Path) -> float:
    """Return a number that changes with what stands in a file."""
    known = bibfilename.is_file()
    return float(int(file_digest(bibfilename)[:13], 16)) if known else -math.inf


def _check(path: Path, text: str) -> bool:
    try:
        parse_string(text, "bibtex")
    except PybtexError as error:
        line = getattr(error, "lineno", None) or _last_line_of(str(error), text)
        raise PageError(f"{path}:{line}: not BibTeX: {error}") from error
    return True


def _last_line_of(message: str, text: str) -> int:
    """Return the last line on which the entry begins that a message names at its end."""
    entry = re.compile(rf"@\w+\s*\{{\s*{re.escape(message.split()[-1])}\b")
    lines = enumerate(lines_of(text), 1)
    return max((number for number, line in lines if entry.search(line)), default=1)
