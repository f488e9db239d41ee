"""The theme's icon font, cut down to the icons that the pages show: 110 KB less for each reader."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from bookkeeping.store import digest, write_whole

FONT = "vendor/fontawesome/webfonts/fa-solid-900.woff2"
DEFINED = re.compile(r'((?:\.fa-[a-z0-9-]+,?)+)\{--fa:"\\([0-9a-f]+)"\}')
NAMED = re.compile(rb"fa-([a-z0-9-]+)")
PRIVATE = re.compile("[\ue000-\uf8ff]")  # where icon fonts keep their signs


def cut_icon_font(site: Path, kept: Path) -> None:
    """Keep in the font the icons that a page, a script or a style sheet of the site names.

    Parameters
    ----------
    site : Path
        The folder of the finished site.
    kept : Path
        A folder for fonts as they were cut, since Sphinx copies the whole font at each build.
    """
    font = site / "_static" / FONT
    if not font.is_file():
        return
    styles = [path.read_text(encoding="utf-8") for path in _files(site / "_static", ".css")]
    pages = [*_files(site, ".html"), *_files(site / "_static", ".js")]
    named = {name.decode() for path in pages for name in NAMED.findall(path.read_bytes())}
    wanted = {ord(sign) for text in styles for sign in PRIVATE.findall(text)}
    for classes, point in (found for text in styles for found in DEFINED.findall(text)):
        if not named.isdisjoint(name.removeprefix(".fa-") for name in classes.split(",")):
            wanted.add(int(point, 16))
    for path in sorted((site / "_static" / "styles").glob("*.css")):
        _cut_rules(path, wanted)
    whole = font.read_bytes()
    cut = kept / f"{digest(whole, sorted(wanted))}.woff2"
    if not cut.exists():
        for older in kept.glob("*.woff2"):
            older.unlink()
        write_whole(cut, _cut(whole, wanted))
    shutil.copyfile(cut, font)


def _cut(whole: bytes, wanted: set[int]) -> bytes:
    """Return a font with these signs only."""
    from fontTools import subset  # slow to import, and needed for other icons than the last time

    options = subset.Options(flavor="woff2", layout_features=[], drop_tables=["GSUB", "GPOS"])
    loaded = subset.load_font(io.BytesIO(whole), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(loaded)
    cut = io.BytesIO()
    subset.save_font(loaded, cut, options)
    return cut.getvalue()


def _cut_rules(path: Path, wanted: set[int]) -> None:
    """Drop the rules of a style sheet that name icons nobody sees."""
    text = path.read_text(encoding="utf-8")
    kept = DEFINED.sub(lambda rule: rule.group() if int(rule.group(2), 16) in wanted else "", text)
    if kept != text:
        path.write_text(kept, encoding="utf-8")


def _files(folder: Path, ending: str) -> Iterator[Path]:
    for inside, _, names in os.walk(folder):
        for name in names:
            # That script names them all, and no page loads it.
            if name.endswith(ending) and name != "fontawesome.js":
                yield Path(inside, name)
