"""One drawing for light and dark pages: the drawing's ink becomes a colour that changes."""

from __future__ import annotations

import functools
import re
from typing import Any
from xml.etree import ElementTree

from bookkeeping.run.kernel import STEPS

SVG = "http://www.w3.org/2000/svg"
LENGTH = re.compile(r"(?P<number>[+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<unit>[a-zA-Z]*)")
PIXELS = {  # of the page, in a unit of CSS
    "": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54,
}  # fmt: skip

# So that what is written has the names that people know, and not ns0 and ns1.
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


class NoDrawingError(ValueError):
    """A text that no browser takes for a drawing."""


def recolour(svg: str, colours: dict[str, dict[str, str]]) -> str:
    """Replace the colours of an SVG drawing that must change with the reader's page.

    Parameters
    ----------
    svg : str
        The drawing, as matplotlib writes it.
    colours : dict
        For each name the colour that was ``drawn`` and those to show on ``light`` and ``dark``.

    Returns
    -------
    str
        The drawing with a style sheet of its own that follows ``prefers-color-scheme``.

    Raises
    ------
    NoDrawingError
        When the text is no drawing.
    """
    drawing = _read(svg)
    for element in drawing.iter():
        for name, value in element.items():
            element.set(name, repaint(value, colours))
        if element.tag == f"{{{SVG}}}style":
            element.text = repaint(element.text or "", colours)
    light = "".join(f"--{name}:{colour['light']};" for name, colour in colours.items())
    dark = "".join(f"--{name}:{colour['dark']};" for name, colour in colours.items())
    sheet = ElementTree.Element(f"{{{SVG}}}style")
    sheet.text = (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )
    drawing.insert(0, sheet)
    return ElementTree.tostring(drawing, encoding="unicode")


def repaint(text: str, colours: dict[str, dict[str, str]], prefix: str = "") -> str:
    """Replace the colours in a text by variables of these names, and keep how sheer each is."""
    for name, colour in colours.items() if "#" in text else ():
        drawn = rf"{re.escape(colour['drawn'])}([0-9a-f]{{2}})?(?![0-9a-f])"
        paint = functools.partial(_sheer, f"var(--{prefix}{name})")
        text = re.sub(drawn, paint, text, flags=re.IGNORECASE)
    return text


def _sheer(variable: str, found: re.Match[str]) -> str:
    """Return a colour that is as opaque as the two digits say that were found after it, if any."""
    if found.group(1) is None:
        return variable
    return f"color-mix(in srgb, {variable} {int(found.group(1), 16) / 255:.1%}, transparent)"


def recolour_output(output: dict[str, Any], colours: dict[str, dict[str, str]]) -> None:
    """Adapt the drawings that a cell's output holds, if it holds any."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        data["image/svg+xml"] = recolour(data["image/svg+xml"], colours)
        data.pop("text/plain", None)
    for step in data.get(STEPS, {}).get("steps", []):
        step["drawing"] = recolour(step["drawing"], colours)


def size_of(svg: str | bytes) -> tuple[float, float] | None:
    """Return the width and height of a drawing in CSS pixels, or None when it does not say.

    A side that is missing, or a share of something else, follows from the drawing's ``viewBox``.

    Raises
    ------
    NoDrawingError
        When the text is no drawing.
    """
    drawing = _read(svg)
    width, height = _pixels(drawing.get("width")), _pixels(drawing.get("height"))
    box = [_pixels(side) for side in re.split(r"[\s,]+", drawing.get("viewBox", "").strip())]
    if len(box) == 4 and box[2] and box[3]:
        if width is None:
            width = height * box[2] / box[3] if height else box[2]
        height = height or width * box[3] / box[2]
    return (width, height) if width and height else None


def _pixels(length: str | None) -> float | None:
    """Return a length in CSS pixels; nothing where it is none, or not above zero."""
    found = LENGTH.fullmatch((length or "").strip())
    factor = found and PIXELS.get(found["unit"].lower())
    return float(found["number"]) * factor or None if found and factor else None


def _read(svg: str | bytes) -> ElementTree.Element:
    """Return the root of a drawing."""
    try:
        drawing = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise NoDrawingError(f"the drawing is not well-formed XML: {error}") from error
    if drawing.tag != f"{{{SVG}}}svg":
        raise NoDrawingError(f'the drawing is no <svg xmlns="{SVG}">, so no browser shows it')
    return drawing
