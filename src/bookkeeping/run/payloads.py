"""What a cell hands to the build beside its picture: carried through myst-nb as a script.

myst-nb knows nothing of such data, and would make a figure of each output. So they are laid into
the output that holds their picture, as a script that no browser runs, until `site.extracting` takes
them out of the page that was read.
"""

from __future__ import annotations

import json
from typing import Any

from bookkeeping.run.kernel import CHART, STEPS

KINDS = {CHART: "chart", STEPS: "steps"}  # how each kind of data is called in a page
PICTURE, HTML = "image/svg+xml", "text/html"
HOLDER = '<script type="application/json" class="{}">{}</script>'


def join(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lay data that myst-nb does not know beside the picture of their own output."""
    return [_joined(output) for output in outputs]


def _joined(output: dict[str, Any]) -> dict[str, Any]:
    data = output.get("data", {})
    kind = next((kind for kind in KINDS if kind in data), None)
    if kind is None:
        return output
    picture = {PICTURE: data[PICTURE]} if PICTURE in data else {}
    return {**output, "data": {**picture, HTML: HOLDER.format(KINDS[kind], _as_script(data[kind]))}}


def _as_script(data: dict[str, Any]) -> str:
    """Return data as JSON that cannot end the script that holds it."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).replace("</", "<\\/")


def without(outputs: list[Any]) -> list[Any]:
    """Return a cell's outputs as they are without this book: the picture, which says enough."""
    return [
        {**output, "data": {PICTURE: output["data"][PICTURE]}} if _holds(output) else output
        for output in outputs
    ]


def _holds(output: dict[str, Any]) -> bool:
    """Whether an output holds data beside a picture."""
    data = output.get("data", {})
    starts = tuple(HOLDER.partition("{}")[0] + kind for kind in KINDS.values())
    return PICTURE in data and str(data.get(HTML, "")).startswith(starts)
