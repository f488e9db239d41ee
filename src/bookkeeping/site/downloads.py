"""What a reader takes home: each page as MyST source and as an executed notebook that runs alone.

While the book has no address a notebook comes in an archive with the book's own code, as a wheel,
and the data that it reads; once it has one, the bare notebook fetches them from there.
"""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx

from bookkeeping.project import Project
from bookkeeping.run import payloads
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.for_readers import Cell, for_readers
from bookkeeping.run.notebooks import code_cells
from bookkeeping.run.pages import Page, Pages
from bookkeeping.run.told import RAISES
from bookkeeping.site import wheel
from bookkeeping.site.pins import requirements
from bookkeeping.site.plain_markdown import Code, Heading, Part, PlainMarkdown
from bookkeeping.site.state import build_of
from bookkeeping.site.stored_pages import stored_notebook
from bookkeeping.site.written import is_stale
from bookkeeping.store import digest

FOLDER = "_notebooks"
# What Jupyter folds of a cell that the page folds, or shows without its code.
FOLDED = {
    "hide-input": {"source_hidden": True},
    "remove-input": {"source_hidden": True},
    "remove-cell": {"source_hidden": True},
    "hide-output": {"outputs_hidden": True},
    "hide-cell": {"source_hidden": True, "outputs_hidden": True},
}
WITHOUT_OUTPUT = {"remove-output", "remove-cell"}
GLUED = "scrapbook"  # in the metadata of what `glue` puts out
WORKS = "## Works cited"


def _taken(project: Project, root: str) -> list[Page]:
    """Return the pages that are taken home: those with code, but for the first of the book."""
    return [page for page in Pages.of(project).with_code() if page.docname != root]


def keep_notebook(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the notebook of a page that is being written, and keep it until the site is finished."""
    project = build_of(app).project
    page = next((p for p in _taken(project, app.config.root_doc) if p.docname == docname), None)
    if page is not None and app.builder.format == "html":
        notebook = notebook_of(app, page, doctree)
        kept = _kept(app, docname)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def _kept(app: Sphinx, docname: str) -> Path:
    return Path(app.doctreedir, "notebooks", f"{docname}.ipynb")


def notebook_of(app: Sphinx, page: Page, doctree: nodes.document) -> NotebookNode:
    """Return a page as a notebook that says and installs first what it needs."""
    project = page.project
    stored = stored_notebook(page)
    _leave_out_the_house(stored)
    address = f"{project.site_url}{quote(page.docname)}.html" if project.site_url else ""
    words = PlainMarkdown(app.env, page.docname, address)
    cells = [*_cells(list(words.parts(doctree)), stored)]
    if words.cited:
        cells.append(_markdown("\n".join([WORKS, "", *(f"- {work}" for work in words.cited)])))
    title = app.env.titles[page.docname].astext()
    codes = [cell.source for cell in cells if cell.cell_type == "code"]
    cells = [_markdown(_what_this_is(page, title, address)), *_preparing(page, codes), *cells]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    metadata = {name: stored.metadata[name] for name in ("kernelspec", "language_info")}
    notebook: NotebookNode = nbformat.v4.new_notebook(
        cells=cells, metadata=nbformat.from_dict(metadata)
    )
    nbformat.validate(notebook)
    return notebook


def _leave_out_the_house(notebook: NotebookNode) -> None:
    """Leave to each code cell the code, tags and outputs that a reader has a use for."""
    cells = code_cells(notebook)
    tags = [frozenset(cell.metadata.get("tags", [])) for cell in cells]
    codes = for_readers(map(Cell, (cell.source for cell in cells), tags))
    for cell, tagged, code in zip(cells, tags, codes, strict=True):
        cell.source = code
        folds = [item for tag in sorted(tagged & FOLDED.keys()) for item in FOLDED[tag].items()]
        cell.metadata = nbformat.from_dict({"jupyter": dict(folds)} if folds else {}) | (
            {"tags": [RAISES]} if RAISES in tagged else {}
        )
        shown = [] if tagged & WITHOUT_OUTPUT else payloads.without(cell.outputs)
        cell.outputs = [
            nbformat.from_dict(output)
            for output in shown
            if GLUED not in output.get("metadata", {})
        ]


def _cells(parts: list[Part], stored: NotebookNode) -> Iterator[NotebookNode]:
    """Yield the words of a page and its code cells in their order, those too that it removes."""
    unseen = [number for number, cell in enumerate(stored.cells) if cell.cell_type == "code"]
    gathered: list[str] = []
    for part in [*parts, Code(len(stored.cells))]:
        if gathered and isinstance(part, Heading | Code):
            yield _markdown("\n\n".join(gathered))
            gathered = []
        if not isinstance(part, Code):
            gathered.append(part)
            continue
        while unseen and unseen[0] <= part.cell:
            cell = stored.cells[unseen.pop(0)]
            if cell.source.strip():
                yield cell


def _markdown(text: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(text)
    return cell


def _what_this_is(page: Page, title: str, address: str) -> str:
    """Say what the notebook is, and what it needs."""
    project = page.project
    book, python = project.config.get("title", ""), project.own.get("python", 3)
    linked = f"[{title}]({address})" if address else f"*{title}*"
    said = [
        f"This is the page {linked} of *{book}*, as it was executed when the book was built.",
        f"The next cell installs what it imports, in Python {python}.",
    ]
    beside = [f"`{name}`" for name in _beside(page)]
    if beside and not address:
        said.append(f"Keep beside this notebook what it came with: {', '.join(beside)}.")
    return " ".join(said)


def _beside(page: Page) -> list[str]:
    """Name the files that a notebook needs beside it."""
    name = wheel.name_of(page.project)
    return [*([name] if name else []), *page.data]


def _preparing(page: Page, codes: list[str]) -> Iterator[NotebookNode]:
    """Yield the cells that install what the code imports, and that fetch the data it reads."""
    project, freshness = page.project, Freshness.of(page.project)
    wanted = requirements(project, freshness.installed(codes, freshness.files(codes)))
    base = f"{project.site_url}{FOLDER}/"
    if name := wheel.name_of(project):
        wanted.insert(0, f"{base}{quote(name)}" if project.site_url else f"./{name}")
    if wanted:
        lines = [f'    "{one}"' for one in wanted]
        yield nbformat.v4.new_code_cell(" \\\n".join(["%pip install --quiet", *lines]))
    if page.data and project.site_url:
        rows = "".join(f'    "{name}": "{base}{quote(name)}",\n' for name in page.data)
        yield nbformat.v4.new_code_cell(
            "from pathlib import Path\nfrom urllib.request import urlretrieve\n\n"
            f"for name, address in {{\n{rows}}}.items():\n"
            "    Path(name).parent.mkdir(parents=True, exist_ok=True)\n"
            "    urlretrieve(address, name)"
        )


def write_downloads(app: Sphinx) -> None:
    """Put the notebooks into the site, with what they need, where one of these has changed."""
    project = build_of(app).project
    pages = _taken(project, app.config.root_doc)
    beside: dict[str, bytes] = {}
    if pages and (name := wheel.name_of(project)):
        beside[name] = wheel.wheel(project)
    for name in sorted({name for page in pages for name in page.data}):
        beside[name] = (project.root / name).read_bytes()
    files = beside if project.site_url else {}
    for page in pages:
        docname, notebook = page.docname, _kept(app, page.docname).read_bytes()
        if project.site_url:
            files[f"{docname}.ipynb"] = notebook
        else:
            together = {f"{Path(docname).name}.ipynb": notebook}
            together |= {name: beside[name] for name in _beside(page)}
            _write(app, f"{docname}.zip", _archive, together)
    for name, content in files.items():
        _write(app, name, lambda one: next(iter(one.values())), {name: content})


def _write(app: Sphinx, name: str, make: Any, files: dict[str, bytes]) -> None:
    """Write a file that is made of others, if one of them is another than when it was written."""
    target = Path(app.outdir, FOLDER, name)
    if is_stale(app, target, digest({n: digest(content) for n, content in files.items()})):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(make(files))


def _archive(files: dict[str, bytes]) -> bytes:
    """Return files as one archive, dated as the commit is."""
    made = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", 0)) or 1_000_000_000)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            about = zipfile.ZipInfo(name, made[:6])
            about.external_attr, about.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(about, content)
    return held.getvalue()


def add_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Offer the executed notebook in the theme's own download menu, in words a reader knows."""
    for button in _each_button(context.get("header_buttons", [])):
        if "url" in button:  # the theme puts the name of a page as it is into an address
            button["url"] = button["url"].replace(pagename, quote(pagename))
    for group in context.get("header_buttons", []):
        if group.get("label") != "download-buttons":
            continue
        wording = {
            "download-source-button": "Page as MyST source (.md)",
            "download-pdf-button": "Print, or save as PDF",
        }
        for button in group["buttons"]:
            button["text"] = wording.get(button["label"], button["text"])
        coded = app.env.metadata.get(pagename, {}).get("kernelspec")
        if doctree and coded and pagename != app.config.root_doc:
            ending = "ipynb" if build_of(app).project.site_url else "zip"
            group["buttons"].insert(
                0,
                {
                    "type": "link",
                    "url": f"{context['pathto'](FOLDER, 1)}/{quote(pagename)}.{ending}",
                    "text": f"Executed notebook (.{ending})",
                    "tooltip": "Download this page as an executed Jupyter notebook that runs alone",
                    "icon": "fas fa-book",
                    "label": "download-notebook-button",
                },
            )


def _each_button(buttons: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the buttons, and those of groups."""
    for button in buttons:
        yield button
        yield from _each_button(button.get("buttons", []))
