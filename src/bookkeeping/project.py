"""Where the book's parts are, read from ``_config.yml`` and ``_toc.yml``."""

from __future__ import annotations

import dataclasses
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

BUILD_VARIABLE = "BOOKKEEPING_BUILD"
LOCK_VARIABLE = "BOOKKEEPING_LOCK"


@dataclasses.dataclass(frozen=True)
class Project:
    """One book: its root folder and what ``_config.yml`` says of it."""

    root: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        """The whole of ``_config.yml``."""
        text = (self.root / "_config.yml").read_text(encoding="utf-8")
        config: dict[str, Any] = yaml.safe_load(text) or {}
        return config

    @property
    def own(self) -> dict[str, Any]:
        """The part of ``_config.yml`` that is ours."""
        return dict(self.config.get("bookkeeping", {}))

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
        site_map = parse_toc_yaml(self.root / "_toc.yml")
        return [name.removesuffix(".md") for name in site_map]

    def page(self, docname: str) -> Path:
        """Return the source of a page."""
        return self.book / f"{docname}.md"
