"""Lists of the back matter that go page by page: a title for each, and a line of links before."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

from bookkeeping.site.state import build_of


def under_titles(app: Sphinx, kind: str, listed: dict[str, list[nodes.Node]]) -> list[nodes.Node]:
    """Return what was gathered from each page under the page's number and title.

    Parameters
    ----------
    app : Sphinx
        The build.
    kind : str
        What is listed, for the addresses of the titles.
    listed : dict of str to list of Node
        By page what is shown of it; pages without anything are left out.

    Returns
    -------
    list of Node
        A line that leads to each title, and then the titles with what they are of, in the book's
        order; nothing where nothing was gathered.
    """
    names = [name for name in build_of(app).project.docnames if listed.get(name)]
    if not names:
        return []
    line = nodes.paragraph(classes=["list-pages"])
    content: list[nodes.Node] = [line]
    for name in names:
        number = numbered(app, name)
        anchor = nodes.make_id(f"{kind}-of-{name}")
        title = app.env.titles[name].deepcopy().children
        link = nodes.reference("", number or app.env.titles[name].astext(), refid=anchor)
        link["internal"], link["reftitle"] = True, app.env.titles[name].astext()
        line += [*([nodes.Text(" · ")] if len(line) else []), link]
        words = [nodes.Text(f"{number} "), *title] if number else title
        rubric = nodes.rubric("", "", *words, ids=[anchor], classes=["list-page"])
        content += [rubric, *listed[name]]
    return content


def numbered(app: Sphinx, docname: str) -> str:
    """Return the number of a page, as its title shows it; nothing for a page without one."""
    return ".".join(map(str, app.env.toc_secnumbers.get(docname, {}).get("", ()) or ()))
