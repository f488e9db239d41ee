"""Every figure has a name, a caption that says what to see, and alternative text of its own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from bookkeeping.run.recolour import NoDrawingError, size_of
from bookkeeping.site.asked import read_bytes
from bookkeeping.site.by_page import under_titles
from bookkeeping.site.reuse_nodes import detach, resolve
from bookkeeping.site.source_lines import line_of
from bookkeeping.site.state import page_index

LOGGER = logging.getLogger(__name__)
IMAGE = re.compile(
    r'<img(?P<rest>[^>]*\bsrc="(?P<address>[^"]*_images/(?P<name>[^"/]+\.svg))"[^>]*>)'
)
FITS_A_PHONE = 480  # a drawing wider than this scrolls in its own frame on a narrow page
GALLERY = ["gallery"]
GROWN = 1.2  # a drawing made for a phone, where there is room: its letters are as large as prose


class Figure(NamedTuple):
    """A figure of a page."""

    docname: str
    line: int
    id: str
    caption: nodes.Node
    alternative: str
    uri: str
    classes: list[str]


def figures(env: BuildEnvironment) -> dict[str, list[Figure]]:
    """Return the figures of each page."""
    return page_index(env).figures


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Check and note the figures of a page that was just read."""
    docname = app.env.current_document.docname
    found = []
    for image in doctree.findall(nodes.image):
        classify_width(app, image)
        figure = figure_around(image)
        line = line_of(image if figure is None else figure)
        alternative = (image.get("alt") or "").strip()
        caption = figure and next(iter(figure.findall(nodes.caption)), None)
        for message in _faults(figure, caption, alternative):
            LOGGER.warning(message, location=(docname, line), type="bookkeeping", subtype="figure")
        if figure is not None and caption is not None and figure["ids"]:
            words = nodes.paragraph("", "", *[child.deepcopy() for child in caption.children])
            found.append(
                Figure(
                    docname,
                    line,
                    figure["ids"][0],
                    detach(words),
                    alternative,
                    image["uri"],
                    list(image["classes"]),
                )
            )
    figures(app.env)[docname] = found


def _faults(
    figure: nodes.figure | None, caption: nodes.caption | None, alternative: str
) -> list[str]:
    """Say what a figure lacks."""
    faults = [*faults_of_words(alternative)]
    if figure is None or caption is None or not caption.astext().strip():
        faults.append("a figure without a caption; say what to see")
    if figure is not None and not figure["names"]:
        faults.append("a figure without a name; give it one, so that the text can refer to it")
    return faults


def faults_of_words(alternative: str) -> Iterator[str]:
    """Say what an alternative text lacks."""
    if not alternative or re.fullmatch(r"\S+\.(svg|png)", alternative):
        yield "a figure without alternative text; say what a sighted reader takes away"
    elif re.search(r"(?<![\w.])\d+\.\d", alternative):
        yield "a decimal typed into alternative text; say it in round words"


def figure_around(node: nodes.Node) -> nodes.figure | None:
    """Return the figure that holds a node, or None."""
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    return node


def classify_width(app: Sphinx, image: nodes.image) -> None:
    """Mark a drawing that is too wide for a phone, so that it may scroll in its own frame."""
    image["classes"].append("dark-light")  # keeps the theme's dark filter off our drawings
    path = Path(app.srcdir, image["uri"].lstrip("/"))
    if not path.is_file():
        path = Path(app.srcdir, app.env.current_document.docname).parent / image["uri"]
    if path.suffix == ".svg" and path.is_file():
        try:
            size = size_of(path.read_bytes())
        except NoDrawingError as error:
            LOGGER.warning(
                str(error), location=(app.env.current_document.docname, line_of(image)),
                type="bookkeeping", subtype="figure",
            )  # fmt: skip
            return
        if size:
            image["classes"].append("wide" if size[0] > FITS_A_PHONE else "narrow")


def size_images(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give each drawing its size, a frame of its own and the way to see it larger."""
    paths = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}

    def sized(found: re.Match[str]) -> str:
        path = paths.get(found.group("name"))
        attributes, size = "", None
        with contextlib.suppress(NoDrawingError):  # told where the page was read
            size = size_of(read_bytes(app, path)) if path and path.is_file() else None
        if size:
            factor = GROWN if size[0] <= FITS_A_PHONE else 1
            attributes = f' width="{factor * size[0]:.0f}" height="{factor * size[1]:.0f}"'
        image = f'<img loading="lazy"{attributes}{found.group("rest")}'
        link = f'<a class="enlarge" href="{found.group("address")}">Enlarge</a>'
        return f'<span class="figure-frame">{image}</span>{link}'

    if doctree and "body" in context:
        context["body"], count = IMAGE.subn(sized, context["body"])
        if count:
            app.add_js_file("enlarging.js", loading_method="defer")


def all_figures(app: Sphinx, docname: str) -> list[nodes.Node]:
    """Return all figures as a gallery, page by page in the book's order."""
    listed: dict[str, list[nodes.Node]] = {
        name: [nodes.container("", *[_tile(app, one, docname) for one in found], classes=GALLERY)]
        for name, found in figures(app.env).items()
        if found
    }
    return under_titles(app, "figures", listed) or [nodes.paragraph("", "No figures yet.")]


def _tile(app: Sphinx, figure: Figure, docname: str) -> nodes.Node:
    """Return a figure as a tile: the drawing, its number, and its words folded."""
    numbers = app.env.toc_fignumbers.get(figure.docname, {}).get("figure", {})
    number = ".".join(map(str, numbers.get(figure.id, ())))
    uri = app.builder.get_relative_uri(docname, figure.docname)
    link = nodes.reference("", f"Figure {number}", refuri=f"{uri}#{figure.id}", internal=True)
    image = nodes.image(
        uri=figure.uri, candidates={"*": figure.uri}, alt=figure.alternative,
        classes=figure.classes,
    )  # fmt: skip
    described = nodes.paragraph("", "", nodes.Text(figure.alternative))
    return nodes.container(
        "",
        image,
        nodes.paragraph("", "", link),
        nodes.raw("", "<details><summary>In words</summary>", format="html"),
        resolve(app, figure.caption, docname),
        described,
        nodes.raw("", "</details>", format="html"),
        classes=["tile"],
    )
