"""A book that is edited step by step, and what a build from nothing makes of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import every_kind
from bookkeeping.store import digest
from edits import CHANGES, COMMIT, EARLIER, TOUCH, Edit, Files
from small_book import SmallBook

BY_HAND = os.environ.get("UNROLLED_SEQUENCES", "")
LONG_AGO = 1_000_000_000  # seconds since 1970
MADE = ["_build", "__pycache__"]
STORES = ["executed", "evidence", "charts"]  # in `_build`, of what has once run
# What pages and tests may use while they run, beside the cells and equations of the pages.
USED = re.compile(r"(src|tests|data|requirements)/|pyproject|_config|book/notation")
CODE = re.compile(r"^```\{code-cell\} python\n(?:---\n.*?^---\n)?(.*?)^```", re.M | re.S)
EQUATION = re.compile(r"^```\{math\}.*?^```|^\$\$.*?\$\$", re.M | re.S)


def numbers(usual: int) -> range:
    """Return the numbers of what is tried: so many, or those that are asked for by hand."""
    first, _, last = (BY_HAND or f"0-{usual - 1}").partition("-")
    return range(int(first), int(last or first) + 1)


class EditedBook(SmallBook):
    """A book with one of each kind of thing."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.files: Files = dict(every_kind.FILES)
        self.earlier: list[tuple[str, str, float]] = []  # what files once were, with their dates

    def put(self, files: Files, date: str) -> None:
        """Bring the folder to these files; those that change get the date."""
        for name in self.files.keys() - files.keys():
            self._remember(name)
            (self.root / name).unlink()
        for number, (name, text) in enumerate(files.items()):
            if self.files.get(name) != text:
                before = self._remember(name) if name in self.files else time.time()
                self.write(name, text)
                if date != "now":
                    self._date(name, before if date == "as before" else LONG_AGO + number)
        self.files = files

    def _remember(self, name: str) -> float:
        date = (self.root / name).stat().st_mtime
        self.earlier.append((name, self.files[name], date))
        return date

    def _date(self, name: str, date: float) -> None:
        os.utime(self.root / name, (date, date))

    def do(self, edit: Edit) -> None:
        """Carry out an edit."""
        if edit.kind == COMMIT:
            self.commit()
        elif edit.kind == TOUCH:
            name = sorted(self.files)[edit.choice % len(self.files)]
            self._date(name, time.time() if edit.date == "now" else LONG_AGO)
        elif edit.kind == EARLIER:
            if self.earlier:
                name, text, date = self.earlier[edit.choice % len(self.earlier)]
                self.put({**self.files, name: text}, "now")
                self._date(name, date)
        else:
            self.put(CHANGES[edit.kind](self.files, edit.choice), edit.date)


class Outcome(NamedTuple):
    """What a build came to: its status, what it said, and the site where there is one."""

    status: int
    output: str
    site: dict[str, bytes]


class Nothing:
    """A folder where books are built from nothing; what was built there once is known.

    Books that differ in nothing that is run share what the first of them stored.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Outcome] = {}

    def know(self, book: SmallBook) -> None:
        """Take what is stored of a book that was built from nothing elsewhere."""
        self._keep(book, self._folder / what_runs(sources(book)))

    def _keep(self, book: SmallBook, ran: Path) -> None:
        for name in STORES:
            if (store := book.root / "_build" / name).exists():
                shutil.copytree(store, ran / name, dirs_exist_ok=True)

    def made_of(self, book: SmallBook) -> Outcome:
        """Return what a build from nothing makes of the sources of a book."""
        files = sources(book)
        state = digest(head(book), files)
        if state not in self._known:
            fresh, ran = SmallBook(self._folder / "book"), self._folder / what_runs(files)
            shutil.rmtree(fresh.root, ignore_errors=True)
            made = shutil.ignore_patterns(*MADE)
            shutil.copytree(book.root, fresh.root, ignore=made, copy_function=shutil.copy)
            if ran.exists():
                shutil.copytree(ran, fresh.root / "_build")
            built = fresh.build()
            self._keep(fresh, ran)
            self._known[state] = Outcome(*built, fresh.site())
        return self._known[state]


def sources(book: SmallBook) -> Files:
    """Return all that stands in the folder of a book and was not made by a build."""
    names = [path.relative_to(book.root) for path in book.root.rglob("*") if path.is_file()]
    kept = (name.as_posix() for name in names if not {*MADE, ".git"} & set(name.parts))
    return {name: book.read(name) for name in kept}


def head(book: SmallBook) -> str:
    """Return the last commit."""
    command = ["git", "-C", str(book.root), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def what_runs(files: Files) -> str:
    """Return the hash of all that the outputs of pages and tests can depend on."""
    used = {name: text for name, text in files.items() if USED.match(name)}
    pages = {name: text for name, text in files.items() if name.endswith(".md")}
    run = {name: CODE.findall(text) + EQUATION.findall(text) for name, text in pages.items()}
    return digest(used, run)
