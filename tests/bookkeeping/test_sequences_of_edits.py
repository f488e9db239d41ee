"""After any edits, in any order, the book is the one that a build from nothing would make.

Each edit chooses another wording of one place of a small book, so that a state of the book is its
choices, and what a build from nothing makes of a state is worked out once. Some edits are left out,
because a second build is known not to follow them: captions and links in the table of contents,
headings that another page links to, values pasted from another page, helpers of tests beside the
test itself, and an older file in place of one that a page includes.
"""

from __future__ import annotations

import importlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bookkeeping.check.formulas import surface
from bookkeeping.site.again import differences
from bookkeeping.site.settings import EXTENSIONS
from small_book import FILES, SmallBook

SEQUENCES = 20  # of one edit and of two, in turn
LONG_AGO = 1_000_000_000  # seconds since 1970

# What may be edited: the file, and what may stand there; the first is how the book begins.
PLACES = [
    ("book/index.md", ["It counts, and it adds", "It adds, and then it counts"]),
    ("book/counting.md", ["# Counting\n", "# Counting sheep\n"]),
    ("book/counting.md", ["to look at", "with four corners"]),
    ("book/counting.md", ["double(2)", "double(3)", "double(1 / 0)"]),
    ("book/counting.md", ["x + x $$", "2 x $$", "3 x $$"]),
    ("book/adding.md", ["# Adding\n", "# Adding\n\nIt is 0.5.\n"]),
    ("book/notation.yml", ["means: how many", "means: so many"]),
    ("src/toy/adding.py", ["left + right", "right + left + 0", "left +"]),
    ("data/numbers.txt", ["1\n2\n3\n", "2\n3\n5\n7\n"]),
    ("tests/test_toy.py", ["(3, 5)", "(3, 7, 11)"]),
    ("_toc.yml", ["equations\n  - file: back/lists", "lists\n  - file: back/equations"]),
    ("_toc.yml", ["file: adding", "file: plus"]),
]
RUN = [3, 4, 7, 8, 9, 11]  # the places whose wording may change what a page or a test gives
State = tuple[int, ...]
BEGINNING: State = (0,) * len(PLACES)
RENAMED = len(PLACES) - 1


def files_of(state: State) -> dict[str, str]:
    """Return the files in which a state differs from any other."""
    files = {name: FILES[name] for name, _ in PLACES}
    for (name, wordings), choice in zip(PLACES, state, strict=True):
        assert files[name].count(wordings[0]) == 1
        files[name] = files[name].replace(wordings[0], wordings[choice])
    if state[RENAMED]:
        files["book/plus.md"] = files.pop("book/adding.md")
        files["book/notation.yml"] = files["book/notation.yml"].replace("[adding]", "[plus]")
    return files


def edit(book: SmallBook, before: State, after: State, date: int | None) -> None:
    """Bring the book from one state to another; without a change, its files are only touched."""
    old, new = files_of(before), files_of(after)
    for name in old.keys() - new.keys():
        (book.root / name).unlink()
    for name, text in new.items():
        if before == after or old.get(name) != text:
            book.write(name, text)
            if date is not None:
                os.utime(book.root / name, (date, date))


class Outcome(NamedTuple):
    """What a build came to: its status, and the site where there is one."""

    status: int
    site: dict[str, bytes]


@pytest.fixture(scope="module")
def from_nothing(tmp_path_factory) -> Callable[[State], Outcome]:
    """Build a state in an empty folder; a state met twice is built once.

    Two states that differ in words only share the outputs that the first of them stored.
    """
    folder = tmp_path_factory.mktemp("nothing")
    book = SmallBook(folder / "book")
    known: dict[State, Outcome] = {}

    def build(state: State) -> Outcome:
        if state not in known:
            shutil.rmtree(book.root, ignore_errors=True)
            book.write_all()
            edit(book, BEGINNING, state, None)
            ran = folder / "-".join(str(state[place]) for place in RUN)
            if ran.exists():
                shutil.copytree(ran, book.root / "_build")
            built = book.build_in_a_fork()
            shutil.rmtree(ran, ignore_errors=True)
            made = shutil.ignore_patterns("html", "staging")
            shutil.copytree(book.root / "_build", ran, ignore=made)
            known[state] = Outcome(built.status, book.site())
        return known[state]

    return build


@pytest.fixture(scope="module")
def baseline(tmp_path_factory) -> Path:
    """A folder with a built book, and a copy of it to come back to."""
    for name in EXTENSIONS:  # once, here, and not in each of the builds
        importlib.import_module(name)
    surface.parse("x")
    folder = tmp_path_factory.mktemp("sequences")
    book = SmallBook(folder / "book")
    book.write_all()
    built = book.build_in_a_fork()
    assert built.status == 0, built.output
    shutil.copytree(book.root, folder / "as-built", symlinks=True)
    return folder


def some_edit(chance: random.Random, before: State) -> tuple[State, int | None]:
    """Choose another wording of one place, or none, and whether its file is an old one."""
    place = chance.randrange(len(PLACES) + 1)
    date = LONG_AGO if chance.random() < 0.25 else None
    if place == len(PLACES):
        return before, date
    others = [n for n in range(len(PLACES[place][1])) if n != before[place]]
    return (*before[:place], chance.choice(others), *before[place + 1 :]), date


@pytest.mark.skipif(not hasattr(os, "fork"), reason="builds in copies of this process")
@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_every_edit_leads_to_the_book_that_a_build_from_nothing_makes(seed, baseline, from_nothing):
    chance = random.Random(seed)
    book = SmallBook(baseline / "book")
    shutil.rmtree(book.root)
    shutil.copytree(baseline / "as-built", book.root, symlinks=True)
    state, standing = BEGINNING, book.site()
    for _ in range(1 + seed % 2):
        before = state
        state, date = some_edit(chance, before)
        edit(book, before, state, date)
        told = f"{files_of(before)} became {files_of(state)}, dated {date}"
        built, wanted = book.build_in_a_fork(), from_nothing(state)
        assert built.status == wanted.status, f"{told}\n{built.output}"
        if wanted.status == 0:
            standing = wanted.site
        assert differences(book.site(), standing) == [], told
