"""The role behind a statement about a library names the test that runs it and shows nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from bookkeeping.check import remarks
from bookkeeping.project import Project


def _tried(*arguments: Any, **named: Any) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    return [], []


def counted(project: Project) -> list[str]:
    """Say of each page how many statements about libraries it marks, all of which tests run."""
    counts = Counter(place.file for place in remarks.passages(project))
    return [f"{file.removeprefix('book/')}: {count}" for file, count in counts.items()]


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_role(remarks.ROLE, _tried)
