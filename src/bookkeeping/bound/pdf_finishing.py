"""Finish a printed part: what it is called and when it was made, its bookmarks, its formulas.

Chromium writes the time of the clock, its own name as the author's program, and an outline of all
headings. Here the dates are those of the commit, the identifier comes from what the file is, and
the bookmarks are the contents.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pikepdf

from bookkeeping.bound.book import Facts
from bookkeeping.bound.pdf_pages import FORMULA, Heading
from bookkeeping.bound.pdf_settling import parts, settle

Object = Any  # of pikepdf, whose objects are of many kinds


def sheets_of(path: Path, headings: list[Heading]) -> dict[str, int]:
    """Return on which sheet of a printed part each heading stands, counted from 1.

    Raises
    ------
    ValueError
        When a heading is not among the places that the file names.
    """
    with pikepdf.open(path) as pdf:
        places = _places(pdf, headings)
        numbers = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        return {name: numbers[place[0].objgen] for name, place in places.items()}


def finish(path: Path, target: Path, *, title: str, facts: Facts, headings: list[Heading]) -> None:
    """Write the finished file of a part.

    Parameters
    ----------
    path : Path
        The part as Chromium printed it.
    target : Path
        Where the finished file comes; the same input gives the same bytes.
    title : str
        The title of the part.
    facts : Facts
        What is told of the book.
    headings : list of Heading
        What becomes a bookmark.

    Raises
    ------
    ValueError
        When a heading is not among the places that the file names.
    """
    with pikepdf.open(path) as pdf:
        _tell_what_it_is(pdf, title, facts)
        _correct_places(pdf)
        _bookmark(pdf, headings)
        _name_parts(pdf.Root.StructTreeRoot)
        settle(pdf)
        pdf.remove_unreferenced_resources()
        target.parent.mkdir(parents=True, exist_ok=True)
        pdf.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            recompress_flate=True,
        )


def _tell_what_it_is(pdf: pikepdf.Pdf, title: str, facts: Facts) -> None:
    """Set title, author, dates and identifier."""
    made = f"D:{facts.date:%Y%m%d%H%M%S}Z"
    printer = str(pdf.docinfo.get("/Producer", ""))
    for name in list(pdf.docinfo.keys()):
        del pdf.docinfo[name]
    told = {
        "/Title": title, "/Author": facts.author, "/Subject": facts.summary,
        "/Creator": facts.title, "/Producer": printer, "/CreationDate": made, "/ModDate": made,
    }  # fmt: skip
    for name, text in told.items():
        if text:
            pdf.docinfo[name] = pikepdf.String(text)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as about:
        about["dc:title"] = title
        about["dc:creator"] = [facts.author]
        about["dc:language"] = [str(pdf.Root.get("/Lang", "en-GB"))]
        about["dc:rights"] = facts.licence
        about["dc:description"] = facts.summary
        about["xmp:CreateDate"] = about["xmp:ModifyDate"] = facts.date.isoformat()
        about["pdf:Producer"] = printer
    # The first half of the identifier says what the file is; qpdf makes the second of its content.
    named = f"{facts.title} {facts.version} {facts.date.isoformat()} {title}"
    half = pikepdf.String(hashlib.sha256(named.encode()).digest()[:16])
    pdf.trailer["/ID"] = pikepdf.Array([half, half])
    pdf.Root["/PageMode"] = pikepdf.Name("/UseOutlines")


def _places(pdf: pikepdf.Pdf, headings: list[Heading]) -> dict[str, Object]:
    """Return the place of each heading: a page and a point on it."""
    named = pdf.Root.get("/Dests", {})
    places = {heading.id: named.get(f"/{heading.id}") for heading in headings}
    lost = [name for name, place in places.items() if place is None]
    if lost:
        raise ValueError(
            f"{pdf.filename}: expected the place of each heading; {len(lost)} are not there, the "
            f"first being {lost[0]!r}. Its id has to stand in the document, and a link lead to it."
        )
    return places


def _correct_places(pdf: pikepdf.Pdf) -> None:
    """Move each named place to where its words are: Chromium leaves out the margins of a sheet."""
    for place in pdf.Root.get("/Dests", {}).values():
        place[2] = 0
        box = place[0].MediaBox
        place[3] = min(float(box[3]), float(place[3]))


def _bookmark(pdf: pikepdf.Pdf, headings: list[Heading]) -> None:
    """Make a bookmark of each heading, below the one that holds it; only chapters are open."""
    places = _places(pdf, headings)
    with pdf.open_outline() as outline:
        outline.root.clear()
        above: list[tuple[int, pikepdf.OutlineItem]] = []
        for heading in headings:
            item = pikepdf.OutlineItem(heading.words, pikepdf.Array(list(places[heading.id])))
            item.is_closed = heading.level > 1
            while above and above[-1][0] >= heading.level:
                above.pop()
            (above[-1][1].children if above else outline.root).append(item)
            above.append((heading.level, item))


def _name_parts(root: Object) -> None:
    """Call a formula what it is, with its TeX as its words: Chromium knows pictures only.

    What holds a picture and its caption is no picture beside the one in it.
    """
    for part in list(parts(root)):
        words = str(part.get("/Alt", ""))
        if part.S != "/Figure":
            continue
        if words.startswith(FORMULA):
            part.S = pikepdf.Name("/Formula")
            part.Alt = pikepdf.String(words.removeprefix(FORMULA))
        elif not words and any(one.S == "/Figure" for one in parts(part.get("/K", []))):
            part.S = pikepdf.Name("/Div")
