"""What a reader has to install for a page: what it imports, in the versions that the book pins."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bookkeeping.project import Project
from bookkeeping.texts import read_text

PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)[ \t]*(?P<only>;[^\\\n]*)?", re.M
)
BESIDE_THE_KERNEL = {"IPython"}


def requirements(project: Project, imported: Iterable[str]) -> list[str]:
    """Return a requirement for each pin of what is imported, with its marker in the lock.

    A package that is pinned twice, for an older and a newer Python or for two systems, has two.

    Parameters
    ----------
    project : Project
        The book; its setting ``distributions`` says what to install for an import of another name.
    imported : iterable of str
        Dotted names of modules.
    """
    own = project.own.get("distributions", {})
    modules = {name.partition(".")[0] for name in imported} - BESIDE_THE_KERNEL
    wanted = {normalised(name) for module in modules for name in own.get(module, [module])}
    pinned: dict[str, list[str]] = {}
    text = read_text(project.lock) if project.lock.exists() else ""
    for found in PINNED.finditer(text):
        marker = " ".join((found["only"] or "").split())
        pin = f"{found['name']}=={found['version']}{marker}"
        pinned.setdefault(normalised(found["name"]), []).append(pin)
    return [pin for name in sorted(wanted) for pin in pinned.get(name, [name])]


def normalised(name: str) -> str:
    """Return the one spelling that package indexes compare."""
    return re.sub("[-_.]+", "-", name).lower()
