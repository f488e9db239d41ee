"""Formulas as reading programs set them, few of which have a font for mathematics.

KaTeX writes its MathML for readers of screens and sets what is seen by itself. Here it is seen.
"""

from __future__ import annotations

from typing import Any

APPLIED = "\N{FUNCTION APPLICATION}"
THIN = "0.1667em"  # what TeX puts between the name of a function and a letter
OPENING = set("([{|‖⟨⌊⌈")


def mend(tree: Any) -> None:
    """Write the formulas of a page so that they can be read without a font for mathematics."""
    for table in tree.iter("mtable"):
        _align(table)
    for accented in tree.iter("mover"):
        # Else it touches its letter, and a bar is lost.
        accented.attrib.pop("accent", None)
    for sign in tree.iter("mo"):
        if sign.text == APPLIED and _needs_space(sign):
            sign.set("rspace", THIN)


def _align(table: Any) -> None:
    """Say of each cell in CSS how it is aligned, which is all that most programs look at."""
    aligned = table.get("columnalign", "").split()
    spaces = table.get("columnspacing", "").split()
    for row in table.findall("mtr") if aligned and spaces else ():
        for number, cell in enumerate(row.findall("mtd")):
            align, space = (of[min(number, len(of) - 1)] for of in (aligned, spaces))
            cell.set("style", f"text-align: {align}; padding-left: 0; padding-right: {space}")


def _needs_space(sign: Any) -> bool:
    """Whether a letter or a number follows the name of a function, and no bracket."""
    place = sign
    while place.getnext() is None and place.getparent().tag == "mrow":
        place = place.getparent()
    following = place.getnext()
    while following is not None and following.tag in {"mrow", "mstyle"} and len(following):
        following = following[0]
    return following is not None and (following.text or "").strip()[:1] not in OPENING
