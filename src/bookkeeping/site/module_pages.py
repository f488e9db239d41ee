"""The pages of modules' code: written again when the code or what surrounds it changes.

Sphinx' viewcode imports every module at each build to find its file, and goes by the dates of files
alone: an older file in place of another would never show, nor would another table of contents.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext import viewcode

from bookkeeping.site.state import build_of
from bookkeeping.site.written import is_stale
from bookkeeping.store import digest


def is_page_stale(app: Sphinx, modname: str) -> bool:
    """Whether the page of a module must be written, being made of other code or links."""
    name = f"{viewcode.OUTPUT_DIRNAME}/{modname.replace('.', '/')}"
    code, tags, used, _ = app.env._viewcode_modules[modname]  # type: ignore[attr-defined]
    made_of = digest(code, sorted(tags.items()), sorted(used.items()), _parents(app, modname))
    stale = is_stale(app, Path(app.outdir, f"{name}.html"), made_of)
    if stale:
        build_of(app).asked.begin(name)
    return stale


def _parents(app: Sphinx, module: str) -> list[str]:
    """Return the packages around a module that have pages too, to which its page links."""
    known = app.env._viewcode_modules  # type: ignore[attr-defined]
    return sorted(name for name in known if module.startswith(f"{name}."))


def setup(app: Sphinx) -> None:
    """Put this question in place of the extension's own."""
    viewcode.should_generate_module_page = is_page_stale
