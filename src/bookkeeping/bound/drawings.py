"""A drawing of the site on a plate of its own, as white as paper.

On the site a drawing is transparent and its ink follows the page into the dark. Reading programs
darken a page in ways that a drawing does not notice, and some know no variables in style sheets. So
a bound drawing has its light colours alone, written out, on a ground that it brings along.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

SVG = "http://www.w3.org/2000/svg"
PAPER = "#ffffff"
DARK = re.compile(
    r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)\s*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}"
)
PROPERTY = re.compile(r"--(?P<name>[\w-]+)\s*:\s*(?P<value>[^;}]+);?")
VARIABLE = re.compile(r"var\(--(?P<name>[\w-]+)\)")
SHEER = re.compile(
    r"color-mix\(in srgb, #(?P<red>..)(?P<green>..)(?P<blue>..) (?P<share>[\d.]+)%, transparent\)"
)
REFERENCE = re.compile(r"#([A-Za-z_][\w.-]*)")
EMPTY_ROOT = re.compile(r":root\s*\{\s*(?:color-scheme\s*:[^;}]*;?)?\s*\}")
# What a drawing tells of itself; the picture that shows it on a page has an alternative text.
TELLS = {"role", "aria-label", "aria-hidden", "aria-roledescription"}


def on_paper(svg: bytes) -> bytes:
    """Return a drawing in its light colours, on a white ground.

    Parameters
    ----------
    svg : bytes
        A drawing of the site.

    Raises
    ------
    lxml.etree.XMLSyntaxError
        When it is not well-formed.
    """
    drawing = etree.fromstring(svg, etree.XMLParser(remove_comments=True, huge_tree=True))
    colours: dict[str, str] = {}
    for sheet in list(drawing.iter(f"{{{SVG}}}style")):
        light = DARK.sub("", sheet.text or "")
        colours |= {found["name"]: found["value"].strip() for found in PROPERTY.finditer(light)}
        sheet.text = EMPTY_ROOT.sub("", PROPERTY.sub("", light))
        if not sheet.text.strip():
            _remove(sheet)
    for part in list(drawing.iter(f"{{{SVG}}}metadata", f"{{{SVG}}}title")):
        _remove(part)
    for part in drawing.iter(etree.Element):
        for name in TELLS.intersection(part.attrib):
            del part.attrib[name]
        for name, value in part.attrib.items():
            if "var(" in value:
                part.set(name, _painted(value, colours))
    for sheet in drawing.iter(f"{{{SVG}}}style"):
        sheet.text = _painted(sheet.text, colours)
    _keep_names(drawing)
    drawing.insert(0, _ground(drawing))
    etree.cleanup_namespaces(drawing)
    written: bytes = etree.tostring(drawing, encoding="utf-8", xml_declaration=True)
    return written


def _remove(part: Any) -> None:
    """Remove an element; what stands between it and the next is white space."""
    part.getparent().remove(part)


def _keep_names(drawing: Any) -> None:
    """Leave names to the parts alone that others refer to, and each name to one part."""
    held: set[str] = set()
    wanted = {
        found[1]
        for part in drawing.iter(etree.Element)
        for value in (*part.attrib.values(), part.text or "")
        for found in REFERENCE.finditer(value)
    }
    for part in drawing.iter(etree.Element):
        name = part.get("id")
        if name in wanted - held:
            held.add(name)
        elif name is not None:
            del part.attrib["id"]


def _painted(text: str, colours: dict[str, str]) -> str:
    """Write colours out; one without a name stays, so that whoever looks at it sees black."""
    named = VARIABLE.sub(lambda found: colours.get(found["name"], found[0]), text)
    return SHEER.sub(_sheer, named)


def _sheer(found: re.Match[str]) -> str:
    red, green, blue = (int(found[name], 16) for name in ("red", "green", "blue"))
    return f"rgba({red},{green},{blue},{float(found['share']) / 100:.4g})"


def _ground(drawing: Any) -> Any:
    """Return a rectangle as large as the drawing."""
    box = re.split(r"[\s,]+", drawing.get("viewBox", "").strip())
    left, top, width, height = box if len(box) == 4 else ("0", "0", "100%", "100%")
    place = {"x": left, "y": top, "width": width, "height": height}
    return etree.Element(f"{{{SVG}}}rect", {**place, "fill": PAPER})
