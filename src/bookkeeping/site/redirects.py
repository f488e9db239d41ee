"""Pages that moved: what stands at their old addresses, so that old links still lead somewhere."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from sphinx.application import Sphinx

from bookkeeping.project import Project
from bookkeeping.site.state import build_of
from bookkeeping.texts import PageError, YamlText

PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="canonical" href="{canonical}">
<meta http-equiv="refresh" content="0; url={address}">
</head>
<body><p>This page has moved: <a href="{address}">{title}</a></p></body>
</html>
"""
OF_SPHINX = {"404", "genindex", "py-modindex", "search"}


def check(app: Sphinx) -> None:
    """Refuse what leads to no page, or stands where a page does, by its line of ``_config.yml``.

    Raises
    ------
    PageError
        With each of them.
    """
    project: Project = build_of(app).project
    if told := list(_faults(project)):
        raise PageError("\n".join(told))


def _faults(project: Project) -> Iterator[str]:
    config, docnames = YamlText.of(project.root / "_config.yml"), set(project.docnames)
    made = ("_", f"{project.evidence_pages}/", f"{project.check_pages}/")
    for old, new in project.redirects.items():
        path, said = PurePosixPath(old), []
        if (
            path.is_absolute() or ".." in path.parts or path.as_posix() != old
            or path.suffix in {".html", ".md"}
        ):  # fmt: skip
            said.append(
                f"{old!r} is no name of a page; write it as _toc.yml names pages: part/page"
            )
        elif old in docnames | OF_SPHINX or old.startswith(made):
            said.append(
                f"{old!r} is a page of this site; only an address that none has can lead on"
            )
        if new not in docnames:
            said.append(f"{new!r} is not a page that _toc.yml names; write where {old!r} went")
        line = config.line_of(["bookkeeping", "redirects", old])
        yield from (f"{config.name}:{line}: bookkeeping.redirects: {one}" for one in said)


def write(app: Sphinx) -> None:
    """Write a small page at each old address: without scripts, and by a plain link too."""
    project: Project = build_of(app).project
    for old, new in project.redirects.items():
        address = quote(posixpath.relpath(f"{new}.html", posixpath.dirname(old) or "."))
        title = html.escape(app.env.titles[new].astext())
        canonical = f"{project.site_url}{quote(new)}.html" if project.site_url else address
        language = app.config.language.replace("_", "-")
        place = Path(app.outdir, f"{old}.html")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            PAGE.format(
                language=language, title=title, canonical=html.escape(canonical),
                address=html.escape(address),
            ),
            encoding="utf-8",
        )  # fmt: skip
