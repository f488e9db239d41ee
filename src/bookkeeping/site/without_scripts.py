"""The colours of the site for readers without scripts.

The theme binds each colour to ``data-theme`` of the page, which a script sets to ``light`` or
``dark``. Without scripts it stays ``auto``: for these readers the same rules are written once more,
bound to what their browser prefers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FILE = "without-scripts.css"
SHEETS = (
    "styles/pydata-sphinx-theme.css", "styles/sphinx-book-theme.css", "pygments.css", "book.css",
    "bookkeeping.css",
)  # fmt: skip
THEME = re.compile(r"""\[data-theme=["']?(light|dark)["']?\]""")
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def write_colours(static: Path) -> None:
    """Write the style sheet that a page without scripts loads.

    Parameters
    ----------
    static : Path
        The folder of the site's style sheets.
    """
    sheets = (static / name for name in SHEETS)
    texts = [path.read_text(encoding="utf-8") for path in sheets if path.is_file()]
    (static / FILE).write_text("\n".join(map(by_preference, texts)), encoding="utf-8")


def by_preference(css: str) -> str:
    """Return the rules of a style sheet that name a theme, for readers who prefer it.

    Parameters
    ----------
    css : str
        A style sheet.

    Returns
    -------
    str
        Its rules for ``light`` and ``dark`` alone, in their order, bound to ``auto`` and to the
        preference of the browser.
    """
    return "\n".join(_rules(COMMENT.sub("", css)))


def _rules(css: str) -> Iterator[str]:
    for head, body in _blocks(css):
        if head.startswith(("@media", "@supports")):
            inner = "\n".join(_rules(body))
            if inner:
                yield f"{head}{{{inner}}}"
            continue
        for theme in ("light", "dark"):
            named = [one for one in _selectors(head) if set(THEME.findall(one)) == {theme}]
            if named:
                chosen = ",".join(THEME.sub("[data-theme=auto]", one).strip() for one in named)
                yield f"@media (prefers-color-scheme:{theme}){{{chosen}{{{body}}}}}"


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before each pair of outer braces, and within it."""
    start = depth = opened = 0
    for place, sign in enumerate(css):
        if sign == "{":
            opened = place if not depth else opened
            depth += 1
        elif sign == "}":
            depth -= 1
            if not depth:
                yield css[start:opened].rpartition(";")[2].strip(), css[opened + 1 : place]
                start = place + 1


def _selectors(head: str) -> Iterator[str]:
    """Yield the selectors of a rule: what commas outside brackets separate."""
    start = depth = 0
    for place, sign in enumerate(head):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            yield head[start:place]
            start = place + 1
    yield head[start:]
