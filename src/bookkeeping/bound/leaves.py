"""The pages of an EPUB: each a file of its own, with links among them and pictures to show."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urldefrag

from bookkeeping.bound import taken
from bookkeeping.bound.taken import Tree
from bookkeeping.bound.xhtml import xml_name
from bookkeeping.project import Project

PICTURES = "images"
ELSEWHERE = re.compile(r"(https?|mailto):")
SOURCE = "viewcode-link"  # the class of what leads from the reference to the code
BUILD_REPORT = "{build-report}"  # tells of one build of the site, and of nothing else


class Leaf(NamedTuple):
    """A page of the site, ready to be bound: still, and with names that XML allows."""

    docname: str
    title: str
    tree: Tree

    @property
    def file(self) -> str:
        """The file of the page in the EPUB."""
        return f"{self.docname}.xhtml"


def bound_pages(project: Project) -> list[str]:
    """Return the pages that are bound, in the order of ``_toc.yml``."""
    return [
        docname
        for docname in project.docnames
        if BUILD_REPORT not in project.page(docname).read_text(encoding="utf-8")
    ]


def leaves(docnames: list[str], site: Path) -> list[Leaf]:
    """Return pages of the built site without their frames.

    Raises
    ------
    OSError
        When a page was not built.
    """
    return [_leaf(docname, site / f"{docname}.html") for docname in docnames]


def _leaf(docname: str, path: Path) -> Leaf:
    tree = taken.article(path)
    taken.make_still(tree)
    taken.rename(tree, xml_name)
    tree.tag = "main"
    tree.tail = None
    return Leaf(docname, taken.title_of(tree), tree)


def bind(bound: list[Leaf], address: str) -> dict[str, str]:
    """Let pages link to each other, and show pictures of the EPUB.

    What a link led to outside the EPUB it leads to at the site's address; without one, its words
    remain.

    Parameters
    ----------
    bound : list of Leaf
        All pages; their trees are changed.
    address : str
        The site's address with a slash at its end, or nothing.

    Returns
    -------
    pictures : dict of str to str
        Where each picture that they show stands in the site, and its file in the EPUB.
    """
    ids = {leaf.docname: set(leaf.tree.xpath("descendant-or-self::*/@id")) for leaf in bound}
    pictures: dict[str, str] = {}
    for leaf in bound:
        if not address:
            taken.drop(leaf.tree, SOURCE)
        taken.relink(leaf.tree, partial(_address, leaf=leaf, ids=ids, address=address))
        for image in leaf.tree.iter("img"):
            source = _place(leaf.docname, image.get("src"))
            name = source.removeprefix("_images/").replace("/", "-")
            pictures[source] = f"{PICTURES}/{name}"
            image.set("src", _way(leaf.file, pictures[source]))
    return pictures


def _address(old: str, *, leaf: Leaf, ids: dict[str, set[str]], address: str) -> str | None:
    """Return where a link of the site leads in the EPUB."""
    if ELSEWHERE.match(old):
        return _spelled(old)
    path, fragment = urldefrag(old)
    place = _place(leaf.docname, path) if path else f"{leaf.docname}.html"
    docname = place.removesuffix(".html")
    if place.endswith(".html") and docname in ids:
        anchor = xml_name(unquote(fragment)) if fragment else ""
        held = f"#{anchor}" if anchor in ids[docname] else ""
        if docname == leaf.docname and not held:
            return None
        return f"{'' if docname == leaf.docname else _way(leaf.file, f'{docname}.xhtml')}{held}"
    if not address:
        return None
    return f"{address}{quote(place)}" + (f"#{fragment}" if fragment else "")


def _place(docname: str, address: str) -> str:
    """Return what an address on a page means, from the root of the site."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(docname), unquote(address)))


def _way(file: str, other: str) -> str:
    """Return the address of a file of the EPUB as another one of it writes it."""
    return quote(posixpath.relpath(other, posixpath.dirname(file) or "."))


def _spelled(address: str) -> str:
    """Return an address of the web with the letters alone that an address may hold."""
    return quote(address, safe="%/:=&?~#+!$,;'@()*[]")


def absent(docnames: list[str], site: Path) -> Iterator[str]:
    """Yield the pages that the site lacks."""
    return (docname for docname in docnames if not (site / f"{docname}.html").is_file())
