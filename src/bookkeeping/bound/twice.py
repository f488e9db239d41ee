"""Make bound files twice, and compare every byte: ``--twice``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from bookkeeping.bound import book
from bookkeeping.project import Project
from bookkeeping.store import file_digest

SLACK = 20_000_000  # nanoseconds by which the clock of a file may be behind


def made_twice(project: Project, make: Callable[[], int]) -> int:
    """Make bound files of one site two times, and tell which are not the same.

    Parameters
    ----------
    project : Project
        The book, which was built.
    make : callable
        Makes the files and returns an exit status.

    Returns
    -------
    status : int
        That of ``make`` where it fails; 1 where a file differs.
    """
    begun = time.time_ns()
    if status := make():
        return status
    first = _digests(project, begun)
    if status := make():
        return status
    second = _digests(project, begun)
    changed = [name for name, digest in second.items() if first.get(name) != digest]
    for name in changed:
        print(f"{name}: made twice, and not the same", file=sys.stderr)
    if not changed:
        print(f"made twice, the same to the byte: {', '.join(first)}")
    return int(bool(changed))


def _digests(project: Project, begun: int) -> dict[str, str]:
    """Return the hashes of the bound files that were made since, by their names."""
    found = sorted(project.build.glob(f"{book.file_name(project)}*"))
    made = [path for path in found if path.stat().st_mtime_ns >= begun - SLACK]
    return {path.name: file_digest(path) for path in made if path.suffix in {".epub", ".pdf"}}
