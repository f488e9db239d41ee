"""The container of an EPUB: what it holds, in which order it is read, and its contents."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from bookkeeping.bound.book import Entry, Facts, Part
from bookkeeping.bound.leaves import Leaf
from bookkeeping.bound.xhtml import page

XHTML = "application/xhtml+xml"
FOLDER = "EPUB"
CONTAINER = f"""<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="{FOLDER}/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
ACCESS = (
    ("schema:accessMode", "textual"),
    ("schema:accessMode", "visual"),
    ("schema:accessModeSufficient", "textual"),
    ("schema:accessibilityFeature", "alternativeText"),
    ("schema:accessibilityFeature", "MathML"),
    ("schema:accessibilityFeature", "structuralNavigation"),
    ("schema:accessibilityFeature", "tableOfContents"),
    ("schema:accessibilityHazard", "none"),
)


class Item(NamedTuple):
    """A file of the EPUB."""

    name: str
    media: str
    content: bytes
    properties: tuple[str, ...] = ()  # that the manifest names

    @property
    def is_read(self) -> bool:
        """Whether it is one of those that are read one after another."""
        return self.media == XHTML


def contents(
    front: list[tuple[str, str]], bound: list[Leaf], parts: list[Part], language: str, style: str
) -> Item:
    """Return the contents of the book: its parts, and in them the pages.

    Parameters
    ----------
    front : list of (str, str)
        The files that stand before all parts, and their titles.
    bound : list of Leaf
        The pages that are bound.
    parts : list of Part
        The parts; a page that is not bound is left out.
    language, style : str
        The language of the book, and its style sheet.
    """
    leaves = {leaf.docname: leaf for leaf in bound}
    listed = "".join(f"<li>{_link(file, title)}</li>" for file, title in front)
    for part in parts:
        pages = "".join(
            _nested([entry for entry in part.entries if entry.docname in leaves], leaves)
        )
        if pages and part.caption:
            listed += f"<li><span>{escape(part.caption)}</span><ol>{pages}</ol></li>"
        else:
            listed += pages
    title = "Contents"
    marks = [("toc", "contents.xhtml", title), ("bodymatter", front[-1][0], "Begin reading")]
    body = (
        f'<nav epub:type="toc" role="doc-toc" id="toc"><h1>{title}</h1><ol>{listed}</ol></nav>'
        '<nav epub:type="landmarks" hidden="hidden"><h2>Landmarks</h2><ol>'
        + "".join(
            f'<li><a epub:type="{kind}" href="{escape(file)}">{escape(words)}</a></li>'
            for kind, file, words in marks
        )
        + "</ol></nav>"
    )
    text = page(body, title, language=language, style=style)
    return Item("contents.xhtml", XHTML, text.encode(), ("nav",))


def _nested(entries: list[Entry], leaves: dict[str, Leaf]) -> Iterator[str]:
    """Yield the items of a list, each with those below it, as XML in pieces."""
    depth = 0
    for entry in entries:
        level = min(entry.level, depth + 1)
        if level > depth:
            yield "<ol>" if depth else ""
        else:
            yield "</li>" + "</ol></li>" * (depth - level)
        depth = level
        leaf = leaves[entry.docname]
        yield f"<li>{_link(leaf.file, leaf.title)}"
    if depth:
        yield "</li>" + "</ol></li>" * (depth - 1)


def _link(file: str, title: str) -> str:
    return f'<a href="{escape(file)}">{escape(title)}</a>'


def identifier(told: Facts) -> str:
    """Return what names the book in all its editions: made of its title and authors."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{told.author}: {told.title}")
    return f"urn:uuid:{name}"


def description(items: Iterable[Item], told: Facts, language: str) -> str:
    """Return the package document: what the book is, what it holds, in which order it is read."""
    items = list(items)
    numbered = [(f"item-{number}", item) for number, item in enumerate(items, start=1)]
    manifest = "\n".join(
        f'<item id="{name}" href="{escape(item.name)}" media-type="{item.media}"'
        + (f' properties="{" ".join(item.properties)}"' if item.properties else "")
        + "/>"
        for name, item in numbered
    )
    spine = "\n".join(f'<itemref idref="{name}"/>' for name, item in numbered if item.is_read)
    dublin = {
        "title": told.title,
        "creator": told.author,
        "language": language,
        "description": told.summary,
        "rights": told.licence,
        "date": f"{told.date:%Y-%m-%d}",
        "source": told.address,
    }
    words = "\n".join(f"<dc:{n}>{escape(text)}</dc:{n}>" for n, text in dublin.items() if text)
    metas = [
        ("dcterms:modified", f"{told.date:%Y-%m-%dT%H:%M:%SZ}"),
        *((("schema:version", told.version),) if told.version else ()),
        *ACCESS,
    ]
    more = "\n".join(f'<meta property="{name}">{escape(text)}</meta>' for name, text in metas)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" '
        f'xml:lang="{language}">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="book">{identifier(told)}</dc:identifier>\n{words}\n{more}\n'
        f"</metadata>\n<manifest>\n{manifest}\n</manifest>\n<spine>\n{spine}\n</spine>\n"
        "</package>\n"
    )


def zipped(items: list[Item], told: Facts, language: str) -> bytes:
    """Return the EPUB: its kind first, as it is, and every file dated as the commit is."""
    files = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": CONTAINER.encode(),
        f"{FOLDER}/book.opf": description(items, told, language).encode(),
        **{f"{FOLDER}/{item.name}": item.content for item in items},
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            about = zipfile.ZipInfo(name, told.date.timetuple()[:6])
            about.create_system, about.external_attr = 3, 0o644 << 16
            about.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(about, content, compresslevel=9)
    return held.getvalue()
