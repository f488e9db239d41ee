"""Where a page comes from: the commit, the versions it ran with, and the time it took."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from bookkeeping.check import words
from bookkeeping.project import Project
from bookkeeping.run.dependencies import memory_of
from bookkeeping.run.pages import Pages
from bookkeeping.site import ledger, remarks
from bookkeeping.site.prose import integers
from bookkeeping.site.state import build_of

WORDS_COUNTED = (
    "On pages whose code trains, fits, descends or draws at random, these many sentences with a "
    "comparing word (more, below, falls, three of four, …) are bound to the numbers of a run, so "
    "that the page stops where they do not hold. In prose only those count that refer to a number "
    "or a figure of a cell. The count goes by a list of words: not each of them is about a run."
)


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says, or None where there is no git or no repository."""
    try:
        finished = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return os.fsdecode(finished.stdout).rstrip("\n")


@cache
def commit_date(root: Path) -> int | None:
    """Return when the checked-out commit was made, in seconds since 1970."""
    said = _git(root, "log", "-1", "--format=%ct")
    return int(said) if said else None


@cache
def _changed(root: Path) -> frozenset[str]:
    """Return the files that differ from the commit, named from the root."""
    # With -z names are as they are, each ended by a null; without, git quotes many of them.
    said = _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", ".")
    prefix = _git(root, "rev-parse", "--show-prefix") or ""
    return frozenset(entry[3:].removeprefix(prefix) for entry in (said or "").split("\0"))


@cache
def _history(root: Path) -> list[tuple[str, str, frozenset[str]]]:
    """Return every commit, newest first: its short name, its day, the files it changed."""
    said = _git(root, "log", "-z", "--format=%x00%h %cs", "--name-only", "--relative", "-m",
                "--first-parent", "--no-renames")  # fmt: skip
    commits = []
    for block in (said or "").strip("\0").split("\0\0"):
        head, *files = block.split("\0")
        if head:
            name, day = head.split()
            commits.append((name, day, frozenset(file.removeprefix("\n") for file in files)))
    return commits


@cache
def _has_commits(root: Path) -> bool:
    return _git(root, "rev-parse", "HEAD") is not None


def last_change(root: Path, files: Iterable[str]) -> str:
    """Say which commit last changed any of these files."""
    files = frozenset(files)
    if not _has_commits(root):
        return "not under version control"
    if files & _changed(root):
        return "changed since the last commit"
    for name, day, touched in _history(root):
        if files & touched:
            date = datetime.date.fromisoformat(day)
            return f"last changed {date.day} {date:%B %Y} (commit {name})"
    return "not under version control"


def versions(project: Project, top_level: Iterable[str]) -> str:
    """Say with which versions a page ran, of the packages that ``_config.yml`` lists."""
    loaded = set(top_level)
    ran_with = [f"Python {platform.python_version()}"]
    for distribution in project.own.get("versions", []):
        brings = memory_of(project).recall("modules of", distribution, _modules_of)
        if not loaded.isdisjoint(brings):
            ran_with.append(f"{distribution} {_version(distribution)}")
    return ", ".join(ran_with)


@cache
def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution)


def _modules_of(distribution: str) -> list[str]:
    """Return the top-level modules that a distribution brings; none if it is not here."""
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return sorted({file.parts[0].removesuffix(".py") for file in files})


@cache
def _from_outside(path: Path) -> str:
    """Name a file from outside the project, so that readers can tell whether theirs is the same."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return f"it read {path.name} (SHA-256 {found[:12]}…)"


def describe(app: Sphinx, docname: str) -> list[str]:
    """Return the sentences that stand at the foot of a page."""
    project: Project = build_of(app).project
    page = Pages.of(project).get(docname)
    if page is None:
        return []
    files = [page.path]
    sentences = []
    if page.cells:
        files += [*page.files, project.lock]
        record = page.record() or {}
        sentences.append(f"executed with {versions(project, record.get('top_level', []))}")
        sentences += map(_from_outside, filter(None, page.outside.values()))
    names = [
        p.relative_to(project.root).as_posix() for p in files if p.is_relative_to(project.root)
    ]
    sentences.insert(0, f"This page and what it runs: {last_change(project.root, names)}")
    rows = ledger.equations(app.env).get(docname, [])
    if rows:
        sentences.append(ledger.counted(rows, ledger.claims_of(app)).rstrip("."))
    return sentences


def add_to_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the page template its provenance."""
    context["provenance"] = build_of(app).described.get(pagename, []) if doctree else []


def report(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Return what is told of this build: nothing else in the book differs from build to build.

    It says how long every page took, and which integers stand in prose. A site that is published
    tells only what is stored, and so comes out the same each time.
    """
    published = build_of(app).project.is_published
    times = [
        f"{run.docname}: {run.seconds:.1f} s"
        + ("" if published else f", {'executed' if run.executed else 'reused'}")
        for run in build_of(app).runs
    ]
    numbers = [
        f"{name}: " + ", ".join(sorted(integers(app.env)[name], key=int))
        for name in build_of(app).project.docnames
        if integers(app.env).get(name)
    ]
    evidence = [f"Evidence: {build_of(app).evidence_seconds:.1f} s in this build."]
    return [
        nodes.paragraph("", "Seconds that each page took when it was last executed:"),
        _bullets(times),
        *(nodes.paragraph("", text) for text in ([] if published else evidence)),
        nodes.rubric("", "Integers above nine in prose"),
        nodes.paragraph("", "Decimals in prose are refused. These integers are only listed:"),
        _bullets(numbers),
        nodes.rubric("", "Words about runs"),
        nodes.paragraph("", WORDS_COUNTED),
        _bullets(_words_bound(build_of(app).project)),
        nodes.rubric("", "Statements about libraries"),
        nodes.paragraph("", "Each of these is run by a test, on the versions that the lock pins:"),
        _bullets(remarks.counted(build_of(app).project)),
    ]


def _words_bound(project: Project) -> list[str]:
    """Say of each page how many sentences that compare are bound."""
    return [
        f"{docname}: " + ", ".join(f"{kind} {done} of {of}" for kind, (done, of) in found.items())
        for docname, found in words.counts(project).items()
    ]


def _bullets(texts: list[str]) -> nodes.bullet_list:
    return nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", t)) for t in texts))


def set_source_date(root: Path) -> None:
    """Let every tool that would write today's date write the commit's."""
    date = commit_date(root)
    if date is not None:
        os.environ.setdefault("SOURCE_DATE_EPOCH", str(date))
