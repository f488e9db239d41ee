"""Formulas as KaTeX rendered them, kept by page: after an edit of prose no server is started."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinxcontrib import katex

from bookkeeping.site import katex as ours
from bookkeeping.site.state import build_of
from bookkeeping.store import Store, digest, file_digest


def configure(app: Sphinx) -> None:
    """Let the extension, and whoever calls it, ask here first."""
    by = digest(file_digest(build_of(app).project.lock), file_digest(Path(ours.__file__)))
    katex.render_latex = partial(_recall, app, by)


def _store(app: Sphinx) -> Store:
    return Store(build_of(app).project.build / "formulas")


def _recall(app: Sphinx, by: str, latex: str, options: dict[str, Any] | None = None) -> str:
    """Return a formula of the page that is being written, rendered now or by an earlier build."""
    build = build_of(app)
    page = build.asked.writing
    if page not in build.formulas:
        build.formulas[page] = ({}, _store(app).load(digest(page)) or {})
    used, known = build.formulas[page]
    key = digest(latex, options or {}, katex.KATEX_DEFAULT_OPTIONS, by)
    if key not in used:
        used[key] = known[key] if key in known else ours.render(latex, options)
    return used[key]


def keep(app: Sphinx, exception: Exception | None) -> None:
    """Keep the formulas of each page that was written whole."""
    if exception is None:
        for page, (used, known) in build_of(app).formulas.items():
            if used != known:
                _store(app).save(digest(page), used)
        _store(app).prune()
