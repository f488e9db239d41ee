"""One drawing for light and dark pages: the drawing's ink becomes a colour that changes."""

from __future__ import annotations

import re
from typing import Any

from bookkeeping.run.kernel import STEPS


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
    """
    for name, colour in colours.items():
        svg = re.sub(re.escape(colour["drawn"]), f"var(--{name})", svg, flags=re.IGNORECASE)
    light = "".join(f"--{name}:{colour['light']};" for name, colour in colours.items())
    dark = "".join(f"--{name}:{colour['dark']};" for name, colour in colours.items())
    sheet = (
        f"<style>:root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    )
    return re.sub(r"(<svg\b[^>]*>)", lambda found: found.group(1) + sheet, svg, count=1)


def recolour_output(output: dict[str, Any], colours: dict[str, dict[str, str]]) -> None:
    """Adapt the drawings that a cell's output holds, if it holds any."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        data["image/svg+xml"] = recolour(data["image/svg+xml"], colours)
        data.pop("text/plain", None)
    for step in data.get(STEPS, {}).get("steps", []):
        step["drawing"] = recolour(step["drawing"], colours)


def size_of(svg: str) -> tuple[float, float] | None:
    """Return the width and height of a drawing in CSS pixels, or None when it does not say."""
    sizes = []
    for side in ("width", "height"):
        found = re.search(rf'<svg\b[^>]*?\s{side}="([\d.]+)(pt|px)?"', svg)
        if not found:
            return None
        sizes.append(float(found.group(1)) * (4 / 3 if found.group(2) == "pt" else 1))
    return sizes[0], sizes[1]
