"""What a page makes a device transfer before anything is pressed, packed as a host packs it.

A page has a limit for all of it: its own words, its fonts, and the pictures near its top. What
stands beside those, the scripts and style sheets, is held to what it was before pages could run
Python: `weights.json` has it for every page and for each kind of thing that a page may hold. So
nothing there changes with a page's words, with its pictures or with a new page, and a page that
gets its first chart may load what draws charts. The fonts of that time are pictures in this sense,
since words decide which of them a page needs; another font counts.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from built import SITE
from visiting import Visit

START = json.loads(Path(__file__).with_name("weights.json").read_text(encoding="utf-8"))
MORE = 5_000  # bytes that a page may load beside its words more than then
LIMIT, LIMIT_WITH_A_CHART = 400_000, 700_000
# Pages that may be heavier, and why.
HEAVIER = {
    "back/equations.html": "every equation of the book, set, with all the fonts that they need",
    "notation.html": "every letter of the book, with the same fonts",
}
PACKED_ALREADY = {".woff2", ".png", ".jpg", ".webp", ".zip"}
PICTURES = {".svg", ".png", ".jpg", ".webp"}
WORDS = {"searchindex.js"}  # of all pages
# What a press or the focus of a field loads.
UPON_A_PRESS = (
    "_static/python/", "_static/tries/", "_static/katex/katex.min.js", "_static/python-worker.js",
    "_static/trying.js", "_static/plain-form.js", "_static/formula-keys.js",
)  # fmt: skip
REMEMBERED = 250  # requests of which a browser keeps account, unless it is told otherwise


def too_heavy(opened: Visit, name: str, site: Path = SITE) -> list[str]:
    """Return in what a page that was just opened is too heavy, or too early."""
    asked = opened.page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    own = {unquote(urlsplit(one).path) for one in asked if one.startswith(opened.home)}
    under = urlsplit(opened.home).path
    files = {one.removeprefix(under) for one in own}
    files = {one for one in files if (site / one).is_file()} | {name}
    weights = {file: packed(site / file) for file in files}
    found = [f"asks for {one} before a press" for one in sorted(files) if is_early(one)]
    found += [f"starts the worker {one.url} before a press" for one in opened.page.workers]
    if len(asked) >= REMEMBERED:
        found.append(f"asks for {len(asked)} files, more than a browser keeps account of")
    return found + too_much(name, weights, what_it_holds(opened))


def too_much(name: str, weights: dict[str, int], holds: set[str]) -> list[str]:
    """Return what is said of a page that transfers these bytes by file, and holds these things."""
    total, limit = sum(weights.values()), LIMIT_WITH_A_CHART if "chart" in holds else LIMIT
    found = []
    if total > limit and name not in HEAVIER:
        most = sorted(weights, key=weights.__getitem__)[:-6:-1]
        shares = ", ".join(f"{file} {weights[file]}" for file in most)
        found.append(f"transfers {total} bytes, {limit} are allowed; most of it: {shares}")
    if total <= limit and name in HEAVIER:
        found.append(f"transfers {total} bytes, which all may: HEAVIER need not name it")
    beside = {file: size for file, size in weights.items() if is_beside(file)}
    then = START["every page"] + sum(START["with"][one] for one in holds)
    if sum(beside.values()) > then + MORE:
        found.append(
            f"loads {sum(beside.values())} bytes of scripts and styles, at {START['commit']} it "
            f"would have been {then}, and {MORE} more are allowed: {sorted(beside)}"
        )
    return found


def what_it_holds(opened: Visit) -> set[str]:
    """Return for which of the things that the table knows a page holds one."""
    return {one for one in START["with"] if opened.page.locator(f".{one}").count()}


def is_early(file: str) -> bool:
    return file.startswith(UPON_A_PRESS)


def is_beside(file: str) -> bool:
    """Return whether a file is neither words nor pictures, nor a font that words may need."""
    kind = Path(file).suffix
    return kind != ".html" and kind not in PICTURES and file not in {*START["fonts"], *WORDS}


@cache
def packed(path: Path) -> int:
    """Return the bytes of a file on its way: what is packed already goes as it is."""
    held = path.read_bytes()
    return len(held) if path.suffix in PACKED_ALREADY else len(gzip.compress(held, 6))
