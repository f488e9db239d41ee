"""Words that the book does not use, held against its pages: ``python phrases.py FOLDER``.

``phrases.toml`` in the folder of the pages lists them, each with what to write instead and, by
page, why it may stand there all the same. An excuse that nothing needs is a fault as well.
It needs nothing but Python, so that ``nox -s lint`` can run it without the book's libraries.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LIST = "phrases.toml"
CODE = re.compile(r"^(`{3,}|~{3,})(?!\{(?!code-cell)).*?^\1\s*$", re.M | re.S)
HEAD = re.compile(r"^---\n.*?^---\n", re.M | re.S)
INLINE = re.compile(r"`[^`\n]*`|^ *:?(?:label|name): .*$", re.M)


class Phrase(NamedTuple):
    """What not to write, what to write instead, and the pages where it stands with a reason."""

    pattern: re.Pattern[str]
    instead: str
    excused: dict[str, str]


def read_list(folder: Path) -> list[Phrase]:
    """Return the phrases that a book's list names.

    Parameters
    ----------
    folder : Path
        The folder of the pages, with the list in it.
    """
    listed = tomllib.loads((folder / LIST).read_text(encoding="utf-8"))
    return [
        Phrase(re.compile(one["never"], re.M), one["instead"], one.get("except", {}))
        for one in listed["phrase"]
    ]


def prose(text: str) -> str:
    """Return a page with the same lines and without its code: words, captions, descriptions."""
    return CODE.sub(_without_code, text)


def _without_code(found: re.Match[str]) -> str:
    """Keep the header of a cell, which has its figure's words, and the lines of the rest."""
    lines = found[0].splitlines()
    head = HEAD.search("\n".join(lines[1:]) + "\n")
    kept = head[0] if head and head.start() == 0 else ""
    return "\n" + kept + "\n" * (len(lines) - 1 - kept.count("\n"))


def faults(folder: Path) -> Iterator[str]:
    """Yield what is wrong, with its place.

    Parameters
    ----------
    folder : Path
        The folder of the pages.
    """
    phrases = read_list(folder)
    used: set[tuple[int, str]] = set()
    for path in sorted([*folder.rglob("*.md"), *folder.glob("*.yml")]):
        name = path.relative_to(folder).as_posix()
        text = INLINE.sub("`…`", prose(path.read_text(encoding="utf-8")))
        for number, phrase in enumerate(phrases):
            for found in phrase.pattern.finditer(text):
                used.add((number, name))
                if name not in phrase.excused:
                    line = text.count("\n", 0, found.start()) + 1
                    yield f"{path}:{line}: {found[0].strip()!r}; write {phrase.instead}"
    for number, phrase in enumerate(phrases):
        for name in phrase.excused:
            if (number, name) not in used:
                yield (
                    f"{folder / LIST}: {phrase.pattern.pattern!r} is excused on {name}, where it "
                    "does not stand; drop the excuse"
                )


if __name__ == "__main__":
    said = list(faults(Path(sys.argv[1])))
    print("\n".join(said) or "no phrase of the list stands in the book")
    sys.exit(bool(said))
