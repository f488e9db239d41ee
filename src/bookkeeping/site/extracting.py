"""Takes out of a page that was read what its cells handed over beside their pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from docutils import nodes

from bookkeeping.run.payloads import HOLDER
from bookkeeping.site.figures import figure_around
from bookkeeping.site.source_lines import line_of


class Payload(NamedTuple):
    """Data of a figure, with the picture beside which they were handed over."""

    line: int
    figure: nodes.figure | None
    image: nodes.image | None
    data: dict[str, Any]


def extract(doctree: nodes.document, kind: str) -> Iterator[Payload]:
    """Yield the data of one kind that a page holds, and leave the page without them."""
    holder = re.compile(HOLDER.format(kind, "(?P<data>.*)"))
    for raw in list(doctree.findall(nodes.raw)):
        held = holder.fullmatch(raw.astext().strip())
        if held:
            figure = figure_around(raw)
            image = None if figure is None else next(iter(figure.findall(nodes.image)), None)
            line = line_of(raw if figure is None else figure)
            raw.parent.parent.remove(raw.parent)  # the kind of output that held it
            yield Payload(line, figure, image, json.loads(held.group("data")))
