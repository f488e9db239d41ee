"""Drawings: how large their letters are on a phone, and whether their ink follows the theme."""

from __future__ import annotations

import re
from typing import Any

from built import SITE, in_turn, own_file
from visiting import DESK, DESK_AT_NIGHT, Reader, Visit

SMALLEST = 11  # CSS pixels, for any text in a drawing on a phone
DRAWINGS = "article img[src$='.svg']:visible"


def smallest_text(svg: str) -> tuple[float | None, float]:
    """Return the size of the smallest text of a drawing and the drawing's width, in its own units.

    Matplotlib writes text as outlines on a grid of a hundred units to the size of the letters, or
    as text elements. Indices within a formula are scaled further and are not counted.
    """
    width = float(re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+)', svg).group(1))
    outlines = re.findall(
        r'<g [^>]*transform="translate\([^)]*\)[^"]*? ?scale\(([\d.]+) -[\d.]+\)"', svg
    )
    written = re.findall(r"<text [^>]*font(?:-size)?: ?(?:[^;\"]*? )?([\d.]+)px", svg)
    sizes = [100 * float(scale) for scale in outlines] + [float(size) for size in written]
    return (min(sizes) if sizes else None), width


def too_small_to_read(opened: Visit, name: str) -> list[str]:
    """Return the drawings in sight that are cut although made for a phone, or too small to read."""
    complaints = opened.look("cut")
    for drawing in opened.look("drawings"):
        file = SITE / own_file(name, drawing["source"])[0]
        if not file.exists():
            continue  # of which the browser tells
        size, width = smallest_text(file.read_text(encoding="utf-8"))
        if size is not None and size * drawing["width"] / width < SMALLEST - 0.05:
            shown = size * drawing["width"] / width
            complaints.append(
                f"text of {shown:.1f} pixels in {file.name}, {drawing['width']:.0f} pixels wide"
            )
    return complaints


def lost_in_the_dark(opened: Visit, reader: Reader) -> list[str]:
    """Return what is wrong with the ink of a drawing, by day and by night; another one in turn."""
    opened.show(DESK)
    images = opened.page.locator(DRAWINGS).all()
    for image in in_turn(images):
        source = image.get_attribute("src")
        light = _ink(image, reader)
        opened.show(DESK_AT_NIGHT)
        return ink_complaints(source, light, _ink(image, reader))
    return []


def _ink(image: Any, reader: Reader) -> dict[str, float]:
    image.evaluate(
        "async image => { image.loading = 'eager'; await image.decode().catch(() => null); }"
    )
    return reader.develop("ink", image.screenshot())


def ink_complaints(source: str, light: dict[str, float], dark: dict[str, float]) -> list[str]:
    """Return what is wrong with the ink of one drawing, seen on a light and on a dark page."""
    complaints = []
    if light["ground"] < 0.5 or dark["ground"] > 0.2:
        complaints.append(f"the ground does not follow the page: {source}")
    if dark["ink"] < 0.5 * light["ink"]:
        complaints.append(
            f"{light['ink']} pixels of ink stand out on light, {dark['ink']} on dark: {source}"
        )
    return complaints
