"""Which commit last changed a file, whatever its name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bookkeeping.site import provenance
from small_book import SmallBook

NAMES = [
    "größe.md",
    "e\u0301tude.md",
    "第1章.md",
    "🐑.md",
    'say "hi".md',
    "a\tb.md",
    "a\\b.md",
    "a b.md",
]


@pytest.mark.parametrize("inside", ["", "books/one"], ids=["the whole", "a folder"])
def test_the_last_change_of_a_file_is_found_whatever_its_name(tmp_path, inside):
    book = SmallBook(tmp_path)
    for name in [*NAMES, "kept.md"]:
        book.write(str(Path(inside, name)), "one")
    book.git("init", "-q", "-b", "main")
    book.commit()
    book.git("commit", "-q", "--allow-empty", "-m", "None")
    book.write("top.md", "outside of the folder")
    book.write(str(Path(inside, NAMES[0])), "two")
    book.commit()
    last, _, first = commits(tmp_path)
    assert told(tmp_path / inside) == {
        name: f"last changed 2 January 2026 (commit {last if name == NAMES[0] else first})"
        for name in [*NAMES, "kept.md"]
    }
    for name in [*NAMES, "new ö.md"]:
        book.write(str(Path(inside, name)), "three")
    changed = dict.fromkeys([*NAMES, "new ö.md"], "changed since the last commit")
    assert told(tmp_path / inside) == {**told(tmp_path / inside), **changed}
    assert told(tmp_path / inside)["kept.md"].endswith(f"(commit {first})")


def commits(root: Path) -> list[str]:
    """Return the short names of the commits, newest first."""
    command = ["git", "-C", str(root), "log", "--format=%h"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def told(root: Path) -> dict[str, str]:
    provenance._changed.cache_clear()
    return {
        path.name: provenance.last_change(root, [path.name])
        for path in root.glob("*.md")
        if path.name != "top.md"
    }


def test_a_folder_without_commits_is_not_under_version_control(tmp_path):
    assert provenance.last_change(tmp_path, ["a"]) == "not under version control"
    SmallBook(tmp_path).git("init", "-q")
    assert provenance.last_change(tmp_path, ["a"]) == "not under version control"
