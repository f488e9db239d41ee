"""The letters of a picture that a browser shows by itself: the page's fonts, cut to what it says.

A picture in a file of its own cannot use the fonts of the page around it. So it brings the few
letters that it shows, and whoever draws it is told how wide each of them is.
"""

from __future__ import annotations

import base64
import io
import re
import string
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from bookkeeping.project import Project

REGULAR = 400
OPTIONS = subset.Options(flavor="woff2", layout_features=[], hinting=False, notdef_outline=True)
# What a chart writes beside its axes, whichever charts are drawn together with it.
ON_AXES = f"{string.ascii_letters}{string.digits}{string.punctuation} −µ∞"
WORDS = re.compile(r"<text\b[^>]*>(.*?)</text>", re.DOTALL)


class Lettering:
    """The regular letters of a project's fonts, cut to a text."""

    def __init__(self, project: Project, text: str) -> None:
        self._files = project.upright_fonts
        self._fonts = [_regular(path, text + ON_AXES) for path in self._files]

    def widths(self) -> dict[str, float]:
        """Return how wide each letter is, as a share of the letters' size."""
        return {
            chr(point): font["hmtx"][name][0] / font["head"].unitsPerEm
            for font in reversed(self._fonts)  # of two fonts with a letter the first one shows it
            for point, name in font.getBestCmap().items()
        }

    def embed(self, svg: str) -> str:
        """Return a picture with the letters that it shows, whatever else is drawn beside it."""
        text = "".join(WORDS.findall(svg))
        faces = {f"letters-{n}": _woff2(_regular(f, text)) for n, f in enumerate(self._files)}
        if not faces:
            return svg
        sheet = "".join(
            f"@font-face{{font-family:{name};src:url(data:font/woff2;base64,{data})}}"
            for name, data in faces.items()
        )
        sheet += f"text{{font-family:{','.join(faces)},sans-serif}}"
        return re.sub(r"(<svg\b[^>]*>)", rf"\1<style>{sheet}</style>", svg, count=1)


def _regular(path: Path, text: str) -> TTFont:
    """Read the letters of a text from a font, of all its weights the regular one."""
    font = _cut(subset.load_font(io.BytesIO(path.read_bytes()), OPTIONS), text)
    if "fvar" in font:
        font = instancer.instantiateVariableFont(font, {"wght": REGULAR})
    return font


def _cut(font: TTFont, text: str) -> TTFont:
    """Return a copy of a font that has the letters of a text and no others."""
    copy = io.BytesIO()
    font.flavor = None
    font.save(copy)
    loaded = subset.load_font(copy, OPTIONS)
    cutter = subset.Subsetter(OPTIONS)
    cutter.populate(text=text)
    cutter.subset(loaded)
    return loaded


def _woff2(font: TTFont) -> str:
    packed = io.BytesIO()
    subset.save_font(font, packed, OPTIONS)
    return base64.b64encode(packed.getvalue()).decode()
