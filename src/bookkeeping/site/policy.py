"""The content-security policy of a published page: the book's own code, and nothing from elsewhere.

A static host takes files and no headers, so the policy stands in each page. Inline scripts, most of
them the theme's, are named by their hashes; nothing that a page is made to say later can run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bookkeeping.texts import PageError

# Formulas and drawings carry style attributes; small pictures stand in style sheets as data.
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
# What a browser runs, or obeys, where it stands: data of another type it leaves alone.
RUNS = {"", "text/javascript", "application/javascript", "module", "importmap", "speculationrules"}
ATTRIBUTES = r"""(?:[^<>"']|"[^"]*"|'[^']*')*"""
TOKEN = re.compile(
    rf"<!--.*?-->|<(?P<script>script)\b(?P<of_script>{ATTRIBUTES})>(?P<code>.*?)</script\s*>"
    rf"|<(?P<tag>[a-z][^\s<>/]*)(?P<of_tag>{ATTRIBUTES})>",
    re.IGNORECASE | re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([^\s"'=/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
LOADS = {"link", "script", "style"}


class Reading(NamedTuple):
    """What a policy has to know of a page."""

    hashes: list[str]
    place: int
    faults: list[str]


def write_policies(site: Path) -> None:
    """Write into each page of a finished site the policy that its browser is to hold it to.

    Parameters
    ----------
    site : Path
        The folder of the site. A page is replaced, and not written into, since it may be a link to
        that of an older site.

    Raises
    ------
    PageError
        When a page could not work under a policy: with each place, and what to do.
    """
    pages = [path for path in sorted(site.rglob("*.html")) if path.parent != site / "_static"]
    faults = []
    for path in pages:
        text = path.read_bytes().decode("utf-8")
        name, read = path.relative_to(site).as_posix(), reading(text)
        faults += [f"{name}:{fault}" for fault in read.faults]
        if not read.faults:
            with_policy = f"{text[: read.place]}\n{element(read.hashes)}{text[read.place :]}"
            path.unlink()
            path.write_bytes(with_policy.encode("utf-8"))
    if faults:
        raise PageError("\n".join(faults))


def element(hashes: list[str]) -> str:
    """Return the element that holds the policy of a page.

    Parameters
    ----------
    hashes : list of str
        Those of its inline scripts, as `reading` gives them.
    """
    allowed = {**DIRECTIVES, "script-src": " ".join([DIRECTIVES["script-src"], *hashes])}
    policy = "; ".join(f"{directive} {sources}" for directive, sources in allowed.items())
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def reading(text: str) -> Reading:
    """Return the hashes of a page's inline scripts, the place of its policy, and what it forbids.

    Parameters
    ----------
    text : str
        The page. Its policy comes behind its encoding, and before whatever is loaded or run.
    """
    hashes: dict[str, None] = {}
    faults, place = [], 0
    for found in TOKEN.finditer(text):
        tag = (found["script"] or found["tag"] or "").lower()
        attributes = dict(_attributes(found["of_script"] or found["of_tag"] or ""))
        if tag == "meta" and "charset" in attributes and not place:
            place = found.end()
        elif tag in LOADS and not place:
            faults.append((found, f"<{tag}> stands before <meta charset>; begin with that"))
            place = found.end()
        if tag == "script" and "src" not in attributes and attributes.get("type", "") in RUNS:
            hashes[_hash(found["code"])] = None
        for name, value in attributes.items():
            if name.startswith("on"):
                faults.append((found, f"{name} holds a script, {value!r}; listen in a file for it"))
            elif value.lower().startswith("javascript:"):
                faults.append((found, f"{name} holds a script, {value!r}; write a button"))
    lines = [f"{text.count(chr(10), 0, one.start()) + 1}: {said}" for one, said in faults]
    if not place:
        lines.append("1: without <meta charset>, behind which its policy stands; write one")
    return Reading(list(hashes), place, lines)


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    for name, value in ATTRIBUTE.findall(text):
        yield name.lower(), value.strip("\"'")


def _hash(code: str) -> str:
    r"""Return the hash of a script as a browser reads it, who ends each line in ``\n``."""
    read = code.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    return f"'sha256-{base64.b64encode(hashlib.sha256(read).digest()).decode()}'"
