"""What the files that no page is read for were made of when they were last written.

Sphinx puts down what it knows of the pages before it writes them, so this has a file of its own.
"""

from __future__ import annotations

import json
from pathlib import Path

from sphinx.application import Sphinx

from bookkeeping.site.state import build_of


def _kept(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "written.json"


def recall(app: Sphinx) -> None:
    """Remember what the last build wrote."""
    if _kept(app).exists():
        build_of(app).written = json.loads(_kept(app).read_text(encoding="utf-8"))


def is_stale(app: Sphinx, target: Path, made_of: str) -> bool:
    """Whether a file must be written, being made of something else or not there; note it.

    Parameters
    ----------
    app : Sphinx
        The application.
    target : Path
        The file, in the folder of the site.
    made_of : str
        The hash of all that the file alone depends on.
    """
    written, name = build_of(app).written, target.relative_to(app.outdir).as_posix()
    asked_otherwise = name.removesuffix(".html") in build_of(app).asked.stale
    stale = written.get(name) != made_of or asked_otherwise or not target.exists()
    written[name] = made_of
    return stale


def keep(app: Sphinx, exception: Exception | None) -> None:
    """Put it down for the next build."""
    if exception is None:
        _kept(app).write_text(json.dumps(build_of(app).written), encoding="utf-8")
