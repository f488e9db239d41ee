"""Hold a finished part to what it promises: nothing cut, few empty sheets, tags, heads and numbers.

What stands where is asked of poppler's ``pdftotext`` and ``pdftoppm``, which share no code with
what printed the part and with what finished it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pikepdf
from lxml import html

from bookkeeping.bound.pdf_document import Document
from bookkeeping.bound.pdf_finishing import sheets_of
from bookkeeping.bound.pdf_pages import FORMULA, Heading
from bookkeeping.bound.pdf_settling import parts

HEAVIEST = 25_000_000  # bytes of a part
LONGEST = 14  # sheets for a page of the site, on average of the whole book
EMPTY = 0.1  # of the sheets may be more than half empty
A_FEW = 20  # sheets; of fewer, title, contents and the last of a chapter are more than a tenth
HEAD_SIZE, EDITION_SIZE = 8.5, 12  # points, as print.css has them
SHRUNK = 0.03  # of the size of letters; Chromium shrinks a document that something is too wide for
MARGINS = (57.0, 57.0)  # points left free at the sides, less what a glyph may overhang
TOP, BOTTOM = 56.7, 51.0  # of the margins, in points, as print.css has them
WITHOUT = {"Cf", "So"}  # kinds of signs: those without a shape, and pictures
HEIGHT = 842  # of a sheet, in points
DPI = 24  # fine enough to see a line of text
WHITE = 245
PARTS = {"/Figure": "a picture", "/Formula": "a formula"}


class Word(NamedTuple):
    """A word as it stands on a sheet, in points from its upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def faults(path: Path, document: Document) -> list[str]:
    """Say what is wrong with a finished part.

    Parameters
    ----------
    path : Path
        The finished file.
    document : Document
        What it was printed from.

    Returns
    -------
    list of str
        What is wrong, each with what would be right; empty where nothing is.

    Raises
    ------
    RuntimeError
        When the programs of poppler are not on this machine.
    """
    with pikepdf.open(path) as pdf:
        found = [
            *of_tags(pdf), *of_bookmarks(pdf, document.headings), *of_links(pdf),
            *of_dates(pdf, f"D:{document.facts.date:%Y%m%d%H%M%S}Z"),
            *of_size(path.stat().st_size),
        ]  # fmt: skip
        width = float(pdf.pages[0].MediaBox[2])
    sheets = words(path)
    found += of_words(sheets, width)
    found += of_edges(sheets, document.title)
    found += of_places(sheets, document.headings, sheets_of(path, document.headings))
    found += of_scale(sheets, document.facts.edition)
    found += of_code(standing(path), document.code)
    found += of_empty_sheets(fullness(path))
    return found


def of_tags(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Yield what a reader of screens would miss."""
    if not pdf.Root.get("/MarkInfo", {}).get("/Marked") or "/StructTreeRoot" not in pdf.Root:
        yield "the file has no tags; print it by a Chromium that writes them"
        return
    if "/Lang" not in pdf.Root:
        yield "the file does not say its language; the document's <html> has to have one"
    kinds = dict.fromkeys(("/H1", "/P", *PARTS), 0)
    for part in parts(pdf.Root.StructTreeRoot):
        kind, said = str(part.get("/S")), str(part.get("/Alt", "")).strip()
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind in PARTS and (not said or said.startswith(FORMULA)):
            yield f"{PARTS[kind]} (number {kinds[kind]} of its kind) without words of its own"
    if not kinds["/H1"] or not kinds["/P"]:
        yield f"expected headings and paragraphs among the tags, found {kinds}"


def of_bookmarks(pdf: pikepdf.Pdf, headings: list[Heading]) -> Iterator[str]:
    """Yield it where the bookmarks are not the headings, in order and below one another."""
    told = list(_bookmarks(pdf))
    least = min((heading.level for heading in headings), default=1)
    wanted = [(heading.level - least + 1, heading.words) for heading in headings]
    if [words for _, words in told] != [words for _, words in wanted]:
        yield f"expected {len(wanted)} bookmarks, those of the contents; got {len(told)}"
    elif max(level for level, _ in told) < 2:
        yield "expected bookmarks of two levels at the least; got one"


def _bookmarks(pdf: pikepdf.Pdf) -> Iterator[tuple[int, str]]:
    with pdf.open_outline() as outline:
        waiting = [(1, item) for item in reversed(outline.root)]
        while waiting:
            level, item = waiting.pop()
            yield level, str(item.title)
            waiting += [(level + 1, below) for below in reversed(item.children)]


def of_links(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Yield each link that leads to a place that is not there, or to a file of this machine."""
    named = pdf.Root.get("/Dests", {})
    for number, page in enumerate(pdf.pages, start=1):
        for link in page.get("/Annots", []):
            if "/Dest" in link and str(link.Dest) not in named:
                yield f"sheet {number}: a link to {link.Dest}, which is nowhere in the file"
            address = str(link.get("/A", {}).get("/URI", "https:"))
            if not address.startswith(("http:", "https:", "mailto:")):
                yield f"sheet {number}: a link to {address}, which readers do not have"


def of_dates(pdf: pikepdf.Pdf, made: str) -> Iterator[str]:
    """Yield each date that is not that of the commit."""
    for name in ("/CreationDate", "/ModDate"):
        if str(pdf.docinfo.get(name)) != made:
            yield f"{name}: expected the date of the commit, {made}; got {pdf.docinfo.get(name)}"


def of_size(size: int) -> Iterator[str]:
    """Yield it where a part is too heavy."""
    if size >= HEAVIEST:
        yield f"expected less than {HEAVIEST / 1e6:.0f} MB; got {size / 1e6:.1f}"


def of_length(sheets: int, pages: int) -> Iterator[str]:
    """Yield it where the parts together have too many sheets for the pages of the site."""
    if sheets > LONGEST * pages:
        yield (
            f"expected at most {LONGEST} sheets for a page of the site, on average; got {sheets} "
            f"for {pages}. Leave more to the site (`unprinted` in _config.yml), or set it closer."
        )


def sheets_in(path: Path) -> int:
    """Return the number of sheets of a finished part."""
    with pikepdf.open(path) as pdf:
        return len(pdf.pages)


def words(path: Path) -> list[list[Word]]:
    """Return the words of each sheet, with their places."""
    said = _poppler("pdftotext", "-bbox", str(path), "-")
    return [
        [
            Word(
                word.text or "",
                *(float(word.get(name)) for name in ("xmin", "ymin", "xmax", "ymax")),
            )
            for word in page.iter("word")
        ]
        for page in html.fromstring(said).iter("page")
    ]


def of_words(sheets: list[list[Word]], width: float) -> Iterator[str]:
    """Yield each word that reaches into the margins, where a printer may cut it."""
    left, right = MARGINS[0], width - MARGINS[1]
    for number, sheet in enumerate(sheets, start=1):
        for word in sheet:
            if word.left < left or word.right > right:
                yield (
                    f"sheet {number}: {word.text!r} stands from {word.left:.0f} to "
                    f"{word.right:.0f} points; expected {left:.0f} to {right:.0f}"
                )


def standing(path: Path) -> str:
    """Return all that stands on the sheets, in the order in which it was printed."""
    return _poppler("pdftotext", "-raw", "-nopgbrk", str(path), "-")


def of_code(printed: str, lines: list[str]) -> Iterator[str]:
    """Yield each line of code of which not every letter stands in the print, one after another.

    What is cut off by a margin or a frame does not stand there.
    """
    letters = _letters(printed)
    for line in dict.fromkeys(lines):
        if _letters(line) not in letters:
            yield (
                f"a line of code is not whole: {line.strip()!r}; let it break, in print.css, or "
                "install a font with its letters (Debian: apt install fonts-ipafont-gothic)"
            )


def _letters(text: str) -> str:
    """Return a text without blanks and pictures, each letter in its usual form.

    Few fonts have a picture, such as that of a hedgehog, and no line is cut for the lack of one.
    """
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        one for one in plain if not one.isspace() and unicodedata.category(one) not in WITHOUT
    )


def _at_foot(word: Word) -> bool:
    return word.top > HEIGHT - BOTTOM


def of_edges(sheets: list[list[Word]], title: str) -> Iterator[str]:
    """Yield each sheet, but for the first, that lacks its head or its number."""
    for number, sheet in enumerate(sheets[1:], start=2):
        above = sorted((word for word in sheet if word.bottom < TOP), key=lambda word: word.left)
        head = " ".join(word.text for word in above)
        foot = [word.text for word in sheet if _at_foot(word)]
        if not head.startswith(title):
            yield f"sheet {number}: expected the head to begin {title!r}; got {head!r}"
        if foot != [str(number)]:
            yield f"sheet {number}: expected its number at its foot; got {' '.join(foot)!r}"


def of_places(
    sheets: list[list[Word]], headings: list[Heading], numbers: dict[str, int]
) -> Iterator[str]:
    """Yield each heading that does not stand on the sheet that the contents name.

    One with a formula is left out: its letters are drawn in another order than they are read.
    """
    printed = [_letters("".join(word.text for word in sheet)) for sheet in sheets]
    for heading in headings:
        number = numbers[heading.id]
        plain = not heading.title.xpath(".//*[contains(@class, 'katex')]")
        if plain and _letters(heading.words) not in printed[number - 1]:
            yield f"sheet {number}: expected the heading {heading.words!r}, which is not there"


def of_scale(sheets: list[list[Word]], edition: str) -> Iterator[str]:
    """Yield it where all letters are smaller than they should be; the heads never are.

    The measure is the line of the title page that tells the edition.
    """
    measured = [word for word in sheets[0] if word.text == edition.split()[0]]
    heads = [word for sheet in sheets[1:2] for word in sheet if word.bottom < TOP]
    if not measured or not heads:
        yield f"expected {edition!r} on the title page, and a head on the sheet after it"
        return
    heights = (one.bottom - one.top for one in (measured[0], heads[0]))
    scale = next(heights) / EDITION_SIZE / (next(heights) / HEAD_SIZE)
    if not 1 - SHRUNK < scale < 1 + SHRUNK:
        yield (
            f"the letters have {scale:.2f} of their size: something is wider than a sheet, so that "
            "Chromium shrank all of it; let it break, in print.css"
        )


def fullness(path: Path) -> list[float]:
    """Return how far down each sheet is used, between 0 for not at all and 1 for wholly."""
    with tempfile.TemporaryDirectory() as folder:
        _poppler("pdftoppm", "-r", str(DPI), "-gray", str(path), f"{folder}/sheet")
        return [_used(picture.read_bytes()) for picture in sorted(Path(folder).glob("*.pgm"))]


def _used(picture: bytes) -> float:
    """Return how far down a grey picture of a sheet is used."""
    kind, size, _, pixels = picture.split(b"\n", 3)
    width, height = map(int, size.split())
    if kind != b"P5":
        raise ValueError(f"expected a grey picture (P5), got {kind!r}")
    top, bottom = round(TOP / 72 * DPI), height - round(BOTTOM / 72 * DPI)
    rows = (pixels[row * width : (row + 1) * width] for row in range(top, bottom))
    inked = [number for number, row in enumerate(rows, start=1) if min(row) < WHITE]
    return max(inked, default=0) / (bottom - top)


def of_empty_sheets(used: list[float]) -> Iterator[str]:
    """Yield it where more than a tenth of the sheets after the first are more than half empty."""
    empty = [number for number, share in enumerate(used[1:], start=2) if share < 0.5]
    if len(used) > A_FEW and len(empty) > EMPTY * (len(used) - 1):
        yield (
            f"expected at most a tenth of the sheets to be more than half empty; got {len(empty)} "
            f"of {len(used)}: {', '.join(map(str, empty))}"
        )


def _poppler(*command: str) -> str:
    if not shutil.which(command[0]):
        raise RuntimeError(
            f"There is no {command[0]} on this machine, which looks at what was printed: install "
            "it (Debian: apt install poppler-utils)."
        )
    finished = subprocess.run(command, capture_output=True, check=True)
    return finished.stdout.decode("utf-8", "replace")
