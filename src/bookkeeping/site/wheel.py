"""The book's own code as a wheel, which the site offers beside its notebooks."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder

from bookkeeping.project import Project
from bookkeeping.site.pins import normalised
from bookkeeping.texts import PageError

SETTINGS = "pyproject.toml"


def name_of(project: Project) -> str:
    """Return the name of the wheel's file; nothing where the book has no code of its own.

    Raises
    ------
    PageError
        When nothing says what the code is called as a package to install.
    """
    if not project.packages:
        return ""
    about = _about(project)
    if not {"name", "version"} <= about.keys():
        raise PageError(
            f"{SETTINGS}:1: notebooks bring {', '.join(project.packages)} as a wheel; give the "
            "table [project] a name and a version"
        )
    return f"{normalised(about['name']).replace('-', '_')}-{about['version']}-py3-none-any.whl"


def _about(project: Project) -> dict[str, Any]:
    try:
        text = (project.root / SETTINGS).read_text(encoding="utf-8")
        return dict(tomllib.loads(text).get("project", {}))
    except (FileNotFoundError, tomllib.TOMLDecodeError):
        return {}


def wheel(project: Project) -> bytes:
    """Return the wheel; two of one commit are equal to the byte.

    Its files have the date that `provenance.set_source_date` has told every tool.
    """
    with tempfile.TemporaryDirectory() as folder:
        (path,) = WheelBuilder(str(project.root)).build(directory=folder, versions=["standard"])
        return Path(path).read_bytes()
