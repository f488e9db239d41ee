"""What a reader takes home: each page as MyST source and as the executed notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from sphinx.application import Sphinx

from bookkeeping.check.notation import FILE as NOTATION
from bookkeeping.check.notation import letters_on
from bookkeeping.check.remarks import without_marks
from bookkeeping.project import Project
from bookkeeping.run import payloads
from bookkeeping.run.notebooks import WORDS
from bookkeeping.run.pages import Page, Pages
from bookkeeping.site.notation_lists import meaning, parted
from bookkeeping.site.state import build_of
from bookkeeping.site.stored_pages import stored_notebook
from bookkeeping.site.written import is_stale
from bookkeeping.store import digest, file_digest

FOLDER = "_notebooks"
BOX = re.compile(r"^(?P<fence>:{3,}|`{3,})\{notation-box\}\n(?P<says>.*?)^(?P=fence)$", re.S | re.M)
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.M)


def notebook_of(page: Page) -> nbformat.NotebookNode:
    """Return a page with code as an executed notebook that says first what to install."""
    project, docname = page.project, page.docname
    notebook = stored_notebook(page)
    notebook.metadata = nbformat.from_dict(
        {name: notebook.metadata[name] for name in ("kernelspec", "language_info")}
    )
    notebook.cells = [c for c in notebook.cells if WORDS not in c.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("mystnb", None)
            cell.outputs = [nbformat.from_dict(one) for one in payloads.without(cell.outputs)]
        else:
            cell.source = without_marks(_without_box(project, docname, cell.source))
    notebook.cells.insert(
        0, nbformat.v4.new_markdown_cell(_what_to_install(project, docname), id="cell-install")
    )
    nbformat.validate(notebook)
    return notebook


def _without_box(project: Project, docname: str, source: str) -> str:
    """Return Markdown with the notation's box as a list of letters, since a notebook has none."""
    found = BOX.search(source)
    if found is None:
        return source
    rows = letters_on(project.book, docname)
    letters = "".join(f"- {parted(row.shown)}: {meaning(row)}\n" for row in rows)
    box = f"**Notation**\n\n{letters}\n{found['says']}"
    return source[: found.start()] + box + source[found.end() :]


def _what_to_install(project: Project, docname: str) -> str:
    """Say what this notebook needs, with the versions it was executed with."""
    lock = project.lock.read_text(encoding="utf-8") if project.lock.exists() else ""
    pinned = dict(PINNED.findall(lock))
    wanted = [name for name in project.own.get("versions", []) if name in pinned]
    packages = " ".join(f"{name}=={pinned[name]}" for name in wanted)
    title = project.config.get("title", "")
    ours = " ".join(project.packages)
    if repository := project.repository["url"]:
        source = f"pip install 'git+{repository}'"
    else:
        source = "pip install .   # in the folder of the book's source, where pyproject.toml is"
    return (
        f"This notebook is the page `{docname}` of *{title}*, as it was executed when the book was "
        f"built.\n\nTo run it yourself, install in Python {project.own.get('python', 3)} what it "
        "imports:\n\n"
        f"```sh\npip install {packages}\n{source}\n```\n\n"
        f"The second line brings the book's own code (`{ours}`)."
    )


def write_notebooks(app: Sphinx) -> None:
    """Write the notebook of every page with code, where it changed, beside the built pages."""
    project: Project = build_of(app).project
    letters = file_digest(project.book / NOTATION)
    for page in Pages.of(project).with_code():
        target = Path(app.outdir, FOLDER, f"{page.docname}.ipynb")
        if is_stale(app, target, digest(page.source, page.key, letters)):
            target.parent.mkdir(parents=True, exist_ok=True)
            text = nbformat.writes(notebook_of(page)) + "\n"
            target.write_text(text, encoding="utf-8")


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
        if doctree and app.env.metadata.get(pagename, {}).get("kernelspec"):
            group["buttons"].insert(
                0,
                {
                    "type": "link",
                    "url": f"{context['pathto'](FOLDER, 1)}/{quote(pagename)}.ipynb",
                    "text": "Executed notebook (.ipynb)",
                    "tooltip": "Download this page as an executed Jupyter notebook",
                    "icon": "fas fa-book",
                    "label": "download-notebook-button",
                },
            )


def _each_button(buttons: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the buttons, and those of groups."""
    for button in buttons:
        yield button
        yield from _each_button(button.get("buttons", []))
