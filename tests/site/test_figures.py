"""Drawings: legible on a phone, and with light ink on a dark page."""

import re

import pytest

from built import SITE, own_file, pages_with, read
from visiting import DESK, DESK_AT_NIGHT, PHONE, nothing_wrong

SMALLEST = 11  # CSS pixels, for any text in a drawing on a phone


WITH_DRAWINGS = [
    name for name in pages_with("figure-frame")
    if any(e["src"].endswith(".svg") for e in read(name).all("img"))
]  # fmt: skip


def smallest_text(svg):
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


@pytest.mark.parametrize("name", WITH_DRAWINGS)
def test_drawings_can_be_read_on_a_phone_and_those_made_for_it_are_seen_whole(visit, name):
    # Without scripts, since a chart would stand in the place of its picture.
    opened = visit(name, PHONE, scripts=False)
    complaints = opened.look("cut")
    for drawing in opened.look("drawings"):
        file = SITE / own_file(name, drawing["source"])[0]
        size, width = smallest_text(file.read_text(encoding="utf-8"))
        if size is not None and size * drawing["width"] / width < SMALLEST - 0.05:
            shown = size * drawing["width"] / width
            complaints.append(
                f"text of {shown:.1f} pixels in {file.name}, {drawing['width']:.0f} pixels wide"
            )
    nothing_wrong(complaints)


@pytest.mark.parametrize("name", WITH_DRAWINGS)
def test_ink_is_dark_on_light_and_light_on_dark(visit, reader, name):
    complaints = []
    by_theme = {}
    opened = visit(name, DESK)
    for view in (DESK, DESK_AT_NIGHT):
        opened.show(view)
        images = opened.page.locator("article img[src$='.svg']:visible")
        by_theme[view.theme] = []
        for image in images.all()[:2]:
            image.evaluate("async image => { image.loading = 'eager'; await image.decode(); }")
            ink = reader.develop("ink", image.screenshot())
            by_theme[view.theme].append((image.get_attribute("src"), ink))
    for (source, light), (_, dark) in zip(*by_theme.values(), strict=True):
        complaints += ink_complaints(source, light, dark)
    nothing_wrong(complaints)


def ink_complaints(source, light, dark):
    """Return what is wrong with the ink of one drawing, seen on a light and on a dark page."""
    complaints = []
    if light["ground"] < 0.5 or dark["ground"] > 0.2:
        complaints.append(f"the ground does not follow the page: {source}")
    if dark["ink"] < 0.5 * light["ink"]:
        complaints.append(
            f"{light['ink']} pixels of ink stand out on light, {dark['ink']} on dark: {source}"
        )
    return complaints
