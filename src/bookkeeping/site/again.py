"""Build the book a second time, from nothing, and name every file that is not equal to the byte."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bookkeeping.project import Project
from bookkeeping.site.build import build

REPORT = "build-report.html"
# What the report says of the build itself, and of nothing else: how long it took, and what ran.
OF_THE_BUILD = re.compile(rb"\d+\.\d s(?:, (?:executed|reused))?")
# What may differ from one machine to the next and must not show: the order of sets, and the hour.
ANOTHER_MACHINE = {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland"}
AROUND = 60  # bytes shown before and after the first that differs


def site_files(html: Path) -> dict[str, bytes]:
    """Return every file of a built book; in the report, times are left out.

    Parameters
    ----------
    html : Path
        The folder of the built pages.
    """
    files = {
        path.relative_to(html).as_posix(): path.read_bytes()
        for path in sorted(html.rglob("*"))
        if path.is_file()
    }
    return {
        name: OF_THE_BUILD.sub(b"", content) if name.endswith(REPORT) else content
        for name, content in files.items()
    }


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Name the files in which two sites differ, with the first place where they do.

    Parameters
    ----------
    one, other : dict of bytes
        The files of each site, as `site_files` returns them.
    """
    found = []
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name, b"(no such file)"), other.get(name, b"(no such file)")
        if left != right:
            at = next(
                (n for n, (x, y) in enumerate(zip(left, right, strict=False)) if x != y),
                min(len(left), len(right)),
            )
            around = slice(max(0, at - AROUND), at + AROUND)
            found.append(f"{name}: {left[around]!r} / {right[around]!r}")
    return found


def build_again(project: Project) -> int:
    """Build the book, then from nothing into a folder of its own, and compare; return the status.

    Parameters
    ----------
    project : Project
        The second build shares its sources only, and runs as if on another machine.
    """
    environment = {**os.environ, **ANOTHER_MACHINE}  # before the first build sets its own
    if build(project):
        return 1
    folder = project.build / "again"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "bookkeeping", "build", "--root", str(project.root),
               "--build", str(folder)]  # fmt: skip
    if subprocess.run(command, env=environment, check=False).returncode:
        return 1
    first = site_files(project.build / "html")
    told = differences(first, site_files(folder / "html"))
    print("\n".join(["", *told, f"{len(first)} files compared, {len(told)} differ."]))
    return 1 if told else 0
