"""Where the book's parts are, read from ``_config.yml`` and ``_toc.yml``."""

from __future__ import annotations

import dataclasses
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any

from sphinx_external_toc.parsing import MalformedError, parse_toc_data

from bookkeeping.forms import CONFIG, TOC
from bookkeeping.texts import PageError, YamlText, lines_of

BUILD_VARIABLE = "BOOKKEEPING_BUILD"
LOCK_VARIABLE = "BOOKKEEPING_LOCK"
URL_VARIABLE = "BOOKKEEPING_URL"
BOUND_VARIABLE = "BOOKKEEPING_BOUND"


@dataclasses.dataclass(frozen=True)
class Project:
    """One book: its root folder and what ``_config.yml`` says of it."""

    root: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        """The whole of ``_config.yml``; an entry without a value is as one that is not there."""
        config = YamlText.of(self.root / "_config.yml")
        data: dict[str, Any] = _filled(config.load() or {})
        config.check(data, CONFIG)
        return data

    @property
    def own(self) -> dict[str, Any]:
        """The part of ``_config.yml`` that is ours."""
        return dict(self.config.get("bookkeeping", {}))

    @property
    def site_url(self) -> str:
        """The site's address, with a slash at its end; nothing where it has none."""
        address = os.environ.get(URL_VARIABLE) or str(self.config.get("site_url", ""))
        return f"{address.rstrip('/')}/" if address else ""

    @property
    def is_published(self) -> bool:
        """Whether this site is made for a host, and so tells nothing of the build itself."""
        return URL_VARIABLE in os.environ

    @property
    def is_bound(self) -> bool:
        """Whether this site offers the EPUB and the PDFs that were made before."""
        return BOUND_VARIABLE in os.environ

    @property
    def redirects(self) -> dict[str, str]:
        """The pages that moved: where each stood, and where it stands now."""
        return dict(self.own.get("redirects", {}))

    @property
    def outside(self) -> dict[str, str]:
        """Data from outside: by a variable of the environment, what says where its file is."""
        return dict(self.own.get("outside", {}))

    @property
    def evidence_pages(self) -> str:
        """The folder of the pages that show the tests of an equation."""
        return str(self.own.get("evidence_pages", "evidence"))

    @property
    def check_pages(self) -> str:
        """The folder of the pages that say what was compared with what."""
        return str(self.own.get("check_pages", "checks"))

    @property
    def repository(self) -> dict[str, str]:
        """Where the book's sources are kept; the address as a browser opens it."""
        told = dict(self.config.get("repository", {}))
        return {**told, "url": told.get("url", "").rstrip("/").removesuffix(".git")}

    @property
    def book(self) -> Path:
        """The folder of the pages."""
        return self.root / "book"

    @property
    def source(self) -> Path:
        """The folder of the packages that pages import."""
        return self.root / "src"

    @property
    def tests(self) -> Path:
        """The folder of the tests that claim equations."""
        return self.root / str(self.own.get("tests", "tests"))

    def test_files(self) -> list[Path]:
        """Return the files that pytest would look for tests in."""
        return sorted({*self.tests.rglob("test_*.py"), *self.tests.rglob("*_test.py")})

    @property
    def build(self) -> Path:
        """The folder of everything that is made."""
        return self.root / os.environ.get(BUILD_VARIABLE, "_build")

    @property
    def lock(self) -> Path:
        """The file that pins what pages run with."""
        usual = str(self.own.get("lock", "requirements/book.txt"))
        return self.root / os.environ.get(LOCK_VARIABLE, usual)

    @property
    def web(self) -> Path:
        """The folder of the browser-side libraries that the book serves itself."""
        return self.root / str(self.own.get("web", "web/node_modules"))

    @property
    def upright_fonts(self) -> list[Path]:
        """The fonts that the site serves, without the slanted ones."""
        paths = [self.web / font for font in self.own.get("fonts", []) if "italic" not in font]
        return [path for path in paths if path.is_file()]

    @property
    def figure_check(self) -> str:
        """What lists the faults of a figure, as ``module:function``, or nothing."""
        return str(self.own.get("check_figure", ""))

    @property
    def packages(self) -> list[str]:
        """The packages whose edits make pages stale."""
        return list(self.own.get("packages", []))

    @cached_property
    def docnames(self) -> list[str]:
        """The pages of the book in the order of ``_toc.yml``."""
        toc = YamlText.of(self.root / "_toc.yml")
        data = toc.load()
        toc.check(data, TOC)
        try:
            return [name.removesuffix(".md") for name in parse_toc_data(data)]
        except MalformedError as error:
            raise PageError(f"{toc.name}:{_line_in_toc(toc, str(error))}: {error}") from error

    def page(self, docname: str) -> Path:
        """Return the source of a page."""
        return self.book / f"{docname}.md"


def _filled(entry: Any) -> Any:
    """Return an entry of a YAML file without what has no value."""
    if isinstance(entry, dict):
        return {key: _filled(value) for key, value in entry.items() if value is not None}
    return entry


def _line_in_toc(toc: YamlText, message: str) -> int:
    """Return the line that a message about ``_toc.yml`` speaks of, as far as it says."""
    if place := re.search(r"@ '(.*)'", message):
        return toc.line_of(filter(None, place[1].split("/")))
    name = re.search(r"'(.*)'$", message)  # a page that is named twice
    lines = enumerate(lines_of(toc.text), 1)
    return max((number for number, line in lines if name and name[1] in line), default=1)
