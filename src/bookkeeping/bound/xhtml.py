"""A page of an EPUB: a tree of HTML written as XML, with nothing that its schemas refuse."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from lxml import etree

from bookkeeping.bound import mathml

XHTML = "http://www.w3.org/1999/xhtml"
OPS = "http://www.idpf.org/2007/ops"
SVG = "http://www.w3.org/2000/svg"
# Attributes that the schema of EPUB does not have, or that mean nothing in a book.
REFUSED = {"loading", "download", "align", "valign", "border", "nowrap", "target", "autocomplete"}
# Attributes of drawings that a parser of HTML writes in small letters.
SVG_NAMES = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}
NO_NAME = re.compile(r"[^\w.-]", re.ASCII)


def xml_name(name: str) -> str:
    """Return an id as XML allows it: no slashes and blanks, and a letter first.

    >>> xml_name("back/answers-solution-0"), xml_name("4-you")
    ('back-answers-solution-0', 'n-4-you')
    """
    allowed = NO_NAME.sub("-", name)
    return allowed if re.match(r"[A-Za-z_]", allowed) else f"n-{allowed}"


def document(tree: Any, title: str, *, language: str, style: str, kind: str = "") -> str:
    """Return a page as a document of its own.

    Parameters
    ----------
    tree : element
        What stands in the body; it is changed.
    title : str
        Its title, in plain words.
    language : str
        The language of the book, such as ``en-GB``.
    style : str
        The way from the page to the style sheet.
    kind : str
        What the page is in the vocabulary of EPUB, such as ``titlepage``.

    Raises
    ------
    lxml.etree.XMLSyntaxError
        When what comes out is not well-formed after all.
    """
    _mend(tree)
    body = etree.tostring(tree, encoding="unicode", with_tail=False)
    text = page(body, title, language=language, style=style, kind=kind)
    etree.fromstring(text.encode())
    return text


def page(body: str, title: str, *, language: str, style: str, kind: str = "") -> str:
    """Put a body, written as XML, into a document."""
    kinds = f' epub:type="{kind}"' if kind else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        f'<html xmlns="{XHTML}" xmlns:epub="{OPS}" lang="{language}" xml:lang="{language}">\n'
        f'<head><meta charset="utf-8"/><title>{escape(title)}</title>'
        f'<link rel="stylesheet" type="text/css" href="{escape(style)}"/></head>\n'
        f"<body{kinds}>{body}</body>\n</html>\n"
    )


def properties(document: str) -> list[str]:
    """Return what the manifest has to say that a page holds."""
    return [name for name, tag in (("mathml", "<math "), ("svg", "<svg ")) if tag in document]


def _mend(tree: Any) -> None:
    for part in tree.iter(etree.Element):
        for name in REFUSED.intersection(part.attrib):
            del part.attrib[name]
        if part.tag == "svg":
            _mend_drawing(part)
    mathml.mend(tree)
    for part in list(tree.iter("span")):
        if not part.attrib and not len(part) and not part.text:
            part.drop_tag()  # where Pygments begins to write


def _mend_drawing(drawing: Any) -> None:
    drawing.set("xmlns", SVG)
    for part in drawing.iter(etree.Element):
        for small, right in SVG_NAMES.items():
            if small in part.attrib:
                part.set(right, part.attrib.pop(small))
