"""Set one way what Chromium prints now in one way and now in another.

Two prints of one document differ in the names of what a sheet draws with, in the numbers of a
table's heads, in the place of a line by half a pixel, and in the number of frames of a link whose
words are set in two styles. None of it is seen on the sheet; each changes the bytes of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pikepdf

# Where upright letters stand: a matrix of which only the place may differ from text to text.
UPRIGHT = re.compile(rb"(?<![\d.])(1 0 0 -1 -?[\d.]+ )(-?\d+\.\d+)(?= Tm\b)")
NAME = re.compile(rb"/([A-Z]+)\d+\b")  # strings of letters are written in hexadecimal
Object = Any  # of pikepdf, whose objects are of many kinds


def settle(pdf: pikepdf.Pdf) -> None:
    """Change what may differ in two prints of one document, and nothing that is seen.

    Parameters
    ----------
    pdf : pikepdf.Pdf
        A file with tags as Chromium prints it.
    """
    _number_cells(pdf.Root.StructTreeRoot)
    _join_links(pdf)
    for page in pdf.pages:
        page.contents_coalesce()
        page.Contents.write(on_whole_pixels(page.Contents.read_bytes()))
        _name_resources(page.obj, page.Contents)
    for held in pdf.objects:
        if isinstance(held, pikepdf.Stream) and "/Resources" in held:
            _name_resources(held, held)


def on_whole_pixels(content: bytes) -> bytes:
    """Return what is drawn on a sheet with each line of letters on a whole pixel of Chromium's.

    Chromium sets nearly all of them so, and of the others now one and now another. No letter moves
    by more than half a pixel, which is the 192nd part of an inch.
    """
    return UPRIGHT.sub(lambda found: found[1] + b"%d" % round(float(found[2])), content)


def parts(root: Object) -> Iterator[Object]:
    """Yield the parts that the tags of a file name, in the order in which they are read."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            waiting += reversed(list(part))
        elif isinstance(part, pikepdf.Dictionary):
            if "/S" in part:
                yield part
            if "/K" in part:
                waiting.append(part["/K"])


def _number_cells(root: Object) -> None:
    """Give the heads of tables, which cells name, numbers that do not change by chance."""
    named = list(parts(root))
    numbers: dict[bytes, Object] = {}
    for part in named:
        if "/ID" in part:
            number = pikepdf.String(f"part{len(numbers) + 1:08}")
            numbers[bytes(part.ID)] = number
            part.ID = number
    for part in named:
        told = part.get("/A", [])
        for attributes in told if isinstance(told, pikepdf.Array) else [told]:
            if "/Headers" in attributes:
                attributes.Headers = pikepdf.Array(
                    [numbers.get(bytes(one), one) for one in attributes.Headers]
                )
    if "/IDTree" in root:
        held = [one for part in named if "/ID" in part for one in (part.ID, part)]
        root.IDTree = pikepdf.Dictionary(Names=pikepdf.Array(held))


def _join_links(pdf: pikepdf.Pdf) -> None:
    """Give a link one frame for all its words on a line: Chromium may give one to each style."""
    root = pdf.Root.StructTreeRoot
    held = dict(pikepdf.NumberTree(root.ParentTree).items())
    gone: set[int] = set()
    for page in pdf.pages:
        kept: list[Object] = []
        for link in page.get("/Annots", []):
            if kept and _goes_on(held, kept[-1], link):
                kept[-1].Rect[2] = link.Rect[2]
                gone.add(int(link.StructParent))
                _forget(held[int(link.StructParent)], link)
            else:
                kept.append(link)
        if kept:
            page.Annots = pikepdf.Array(kept)
    left = [number for number in sorted(held) if number not in gone]
    numbers = {old: new for new, old in enumerate(left)}
    for page in pdf.pages:
        for one, name in [(page, "/StructParents")] + [
            (link, "/StructParent") for link in page.get("/Annots", [])
        ]:
            if name in one:
                one[name] = numbers[int(one[name])]
    flat = [one for old in left for one in (numbers[old], held[old])]
    root.ParentTree = pikepdf.Dictionary(Nums=pikepdf.Array(flat))
    root.ParentTreeNextKey = len(left)


def _goes_on(held: dict[int, Object], one: Object, other: Object) -> bool:
    """Return whether a frame of a link begins where another of the same link ends."""
    if "/StructParent" not in one or "/StructParent" not in other:
        return False
    parents = [held[int(link.StructParent)].objgen for link in (one, other)]
    left, right = ([round(float(at), 3) for at in link.Rect] for link in (one, other))
    return parents[0] == parents[1] and left[1::2] == right[1::2] and left[2] == right[0]


def _forget(part: Object, link: Object) -> None:
    """Take a frame from what a part of the text consists of."""
    part.K = pikepdf.Array(
        [
            one for one in part.K
            if not (isinstance(one, pikepdf.Dictionary) and one.get("/Obj") == link)
        ]
    )  # fmt: skip


def _name_resources(holder: Object, content: Object) -> None:
    """Name what a sheet or a picture draws with by the order in which it is used."""
    drawn = content.read_bytes()
    kinds = [kind for kind in holder.Resources.values() if isinstance(kind, pikepdf.Dictionary)]
    known = {name.encode() for kind in kinds for name, _ in kind.items()}
    counts: Counter[bytes] = Counter()
    names: dict[bytes, bytes] = {}
    for found in NAME.finditer(drawn):
        if found[0] in known and found[0] not in names:
            counts[found[1]] += 1
            names[found[0]] = b"/%s%d" % (found[1], counts[found[1]])
    content.write(NAME.sub(lambda found: names.get(found[0], found[0]), drawn))
    holder.Resources = pikepdf.Dictionary(
        {
            name: pikepdf.Dictionary(
                {
                    names[own.encode()].decode(): one
                    for own, one in kind.items()
                    if own.encode() in names
                }
            )
            if isinstance(kind, pikepdf.Dictionary)
            else kind
            for name, kind in holder.Resources.items()
        }
    )
