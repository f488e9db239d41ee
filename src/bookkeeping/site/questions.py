"""Questions: what a page looks up of the rest of the book, and whether the answer has changed.

A question is the way to a value through dictionaries. `Watched` stands in for a dictionary and
notes each look at it; `answer` gives a text that changes with what the look would find.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from docutils import nodes

from bookkeeping.store import digest, file_digest

Question = tuple[Hashable, ...]  # the way to a value: the dictionary's name, its keys
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
ABSENT = "absent"
ATOMS = {str, int, bool, type(None)}  # which are told as they are
# Where something stands in its source, which moves with every line above it; and what
# sphinxcontrib-bibtex puts into its own memory only while pages are written.
UNSHOWN_FIELDS = {
    ("CitationRef", "line"), ("BibliographyValue", "line"), ("Equation", "line"),
    ("BibliographyValue", "citation_nodes"),
}  # fmt: skip


class Of(enum.Enum):
    """What is asked of a dictionary, where it is not one of its values."""

    ALL = 1
    NAMES = 2
    HAS = 3  # whether it has the name before this


@dataclasses.dataclass
class Asked:
    """The questions of every page that stands in the site, and what each was answered."""

    pages: dict[str, set[Question]] = dataclasses.field(default_factory=dict)
    answers: dict[Question, str] = dataclasses.field(default_factory=dict)
    stale: set[str] = dataclasses.field(default_factory=set)  # would be answered otherwise now
    common: set[Question] = dataclasses.field(default_factory=set)  # by every page
    held: dict[str, Any] = dataclasses.field(default_factory=dict)  # what may be asked
    writing: str = ""  # the page that is being written

    def begin(self, page: str) -> None:
        """Keep from now on what this page asks."""
        if page != self.writing:
            self.writing, self.pages[page] = page, set(self.common)

    def note(self, *question: Hashable) -> None:
        """Keep a question of the page that is being written."""
        if self.writing:
            self.pages[self.writing].add(question)

    def note_all(self, questions: set[Question]) -> None:
        """Keep questions that were asked for a part which this page shares with others."""
        if self.writing:
            self.pages[self.writing] |= questions

    def of(self, make: Callable[[], str]) -> tuple[str, set[Question]]:
        """Return a part that several pages share, with what was asked to make it."""
        writing, self.writing = self.writing, "shared"
        self.pages["shared"] = set()
        made = make()
        self.writing = writing
        return made, self.pages.pop("shared")


class Watched(dict[Any, Any]):
    """A dictionary that notes what it is asked, and so do the dictionaries in it."""

    def __init__(self, held: dict[Any, Any], asked: Asked, *path: Hashable) -> None:
        super().__init__(held)
        self._asked, self._path = asked, path
        self._inner: dict[Any, Watched] = {}
        self._default = held.default_factory if isinstance(held, defaultdict) else None

    def _note(self, *rest: Hashable) -> None:
        self._asked.note(*self._path, *rest)

    def _value(self, key: Any) -> Any:
        value = super().__getitem__(key)
        if not is_plain(value):
            self._note(key)
            return value
        if key not in self._inner:
            self._inner[key] = Watched(value, self._asked, *self._path, key)
        return self._inner[key]

    def __getitem__(self, key: Any) -> Any:
        if key not in self:
            if self._default is None:
                raise KeyError(key)
            self[key] = self._default()
        return self._value(key)

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: D102 (a dictionary's own)
        return self._value(key) if key in self else default

    def setdefault(self, key: Any, default: Any = None) -> Any:  # noqa: D102
        if key not in self:
            self[key] = default
        return self._value(key)

    def __contains__(self, key: object) -> bool:
        self._note(key, Of.HAS)
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self._note(Of.NAMES)
        return super().__iter__()

    def __len__(self) -> int:
        self._note(Of.NAMES)
        return super().__len__()

    def keys(self) -> Any:  # noqa: D102
        self._note(Of.NAMES)
        return super().keys()

    def values(self) -> Any:  # noqa: D102
        self._note(Of.ALL)
        return super().values()

    def items(self) -> Any:  # noqa: D102
        self._note(Of.ALL)
        return super().items()


class Files(dict[Any, Any]):
    """The hashes of files, by where they are."""

    def __contains__(self, path: object) -> bool:
        return True

    def __getitem__(self, path: str) -> str:
        return file_digest(Path(path))


def is_plain(value: Any) -> bool:
    """Whether a value is a dictionary of Python's own, to be watched."""
    return type(value) in (dict, defaultdict)


def answer(held: Any, question: Question) -> str:
    """Return a text that changes with what a question is answered."""
    for key in question:
        if key is Of.NAMES:
            return digest(sorted(map(repr, held)))
        if key is Of.HAS:
            return "there"
        if key is not Of.ALL:
            if not isinstance(held, dict) or key not in held:
                return ABSENT
            held = held[key]
    if "myst_slugs" in question and isinstance(held, tuple):
        held = held[1:]  # the first is the line of the heading
    return digest(_told(held))


def _told(value: Any) -> Any:
    """Return a value as plain data that differ where what a page may show of it does."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, nodes.Node):
        return value.pformat()
    if isinstance(value, dict):
        return sorted(([repr(key), _told(one)] for key, one in value.items()), key=itemgetter(0))
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    fields = getattr(value, "_fields", None) or getattr(value, "__dataclass_fields__", None)
    if fields:
        kind = type(value).__name__
        return [
            _told(getattr(value, name)) for name in fields if (kind, name) not in UNSHOWN_FIELDS
        ]
    if isinstance(value, list | tuple):
        return [_told(one) for one in value]
    return ADDRESS.sub("", repr(value))
