"""What the files of the site say by themselves, without a browser: links, hosts, downloads."""

import json
import re
import zipfile

import pytest

from built import BOOK, SITE, address, own_file, pages, pages_with, read
from visiting import nothing_wrong

# What a browser fetches, or prepares to fetch, by itself when it reads a page.
FETCHED = {
    "script": ("src",), "img": ("src", "srcset"), "source": ("src", "srcset"), "iframe": ("src",),
    "video": ("src", "poster"), "audio": ("src",), "object": ("data",), "embed": ("src",),
    "form": ("action",), "track": ("src",), "base": ("href",),
}  # fmt: skip
# <link> elements that only say something about the page.
SAYING = {"canonical", "author", "license", "help", "bookmark"}


def broken_links(name, site=SITE):
    """Return the links of a page that lead to no file, or to no place in it, within the book."""
    complaints = []
    for element in read(name, site).elements:
        for attribute in ("href", "src"):
            href = element[attribute]
            target = own_file(name, href) if href and not href.startswith("javascript:") else None
            if target is None:
                continue
            file, fragment = target
            where = f"line {element.line}: {href}"
            if not (site / file).is_file():
                complaints.append(f"{where} leads to no file")
            elif (
                element.tag == "a" and fragment and file.endswith(".html")
                and fragment not in read(file, site).anchors
            ):  # fmt: skip
                complaints.append(f"{where} leads to no place in {file}")
    return complaints


def foreign_hosts(name, site=SITE):
    """Return what a page would fetch from another host, or would open a connection for."""
    complaints = []
    for element in read(name, site).elements:
        wanted = [element[attribute] for attribute in FETCHED.get(element.tag, ())]
        if element.tag == "link" and not SAYING & set(element["rel"].split()):
            wanted.append(element["href"])
        wanted += re.findall(r"url\(\s*['\"]?([^'\")]+)", element["style"])
        for value in wanted:
            for href in re.split(r",\s+", value) if value else ():
                where = address(name, href.split()[0])
                if not where.startswith((BOOK, "data:", "about:", "javascript:")):
                    complaints.append(f"line {element.line}: <{element.tag}> asks for {href}")
    return complaints


@pytest.mark.parametrize("name", pages())
def test_links_within_the_book_lead_somewhere(name):
    nothing_wrong(broken_links(name))


@pytest.mark.parametrize("name", pages())
def test_the_page_names_no_other_host_to_fetch_from(name):
    nothing_wrong(foreign_hosts(name))


def test_style_sheets_name_no_other_host_and_no_missing_file():
    complaints = []
    used = {
        own_file(name, link["href"])[0]
        for name in pages()
        for link in read(name).all("link")
        if "stylesheet" in link["rel"].split() and own_file(name, link["href"])
    }
    for sheet in sorted(used):
        text = (SITE / sheet).read_text(encoding="utf-8") if (SITE / sheet).is_file() else ""
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        for href in re.findall(r"(?:url\(|@import\s+)\s*['\"]?([^'\")\s;]+)", text):
            target = own_file(sheet, href)
            if target is None and not href.startswith("data:"):
                complaints.append(f"{sheet} asks another host for {href}")
            elif target and href.endswith(".woff2") and not (SITE / target[0]).is_file():
                complaints.append(f"{sheet} asks for a font that is not there: {href}")
    nothing_wrong(complaints)


def offered(name, ending):
    """Return the file that a page offers to take home, by the ending of its name."""
    links = (element["href"] for element in read(name).all("a"))
    found = [own_file(name, href) for href in links if href.endswith(ending)]
    assert found, f"{name} offers no {ending}"
    return SITE / found[0][0]


CODED = [name for name in pages_with("cell_input") if name != "index.html"]


@pytest.mark.parametrize("name", CODED)
def test_the_notebook_to_take_home_says_what_to_install_and_has_run(name):
    with zipfile.ZipFile(offered(name, ".zip")) as archive:
        (path,) = (one for one in archive.namelist() if one.endswith(".ipynb"))
        notebook = json.loads(archive.read(path))
    first, install, *rest = notebook["cells"]
    assert first["cell_type"] == "markdown"
    assert "pip install" in "".join(install["source"])
    words = "".join("".join(c["source"]) for c in rest if c["cell_type"] == "markdown")
    assert re.findall(r"\{[\w:-]+\}`|^:::", words, re.MULTILINE) == []
    cells = [cell for cell in rest if cell["cell_type"] == "code"]
    assert cells, "the notebook has no code"
    assert any(cell["outputs"] for cell in cells), "the notebook has no output"
    assert all(cell["execution_count"] for cell in cells), "a cell of the notebook did not run"


def test_the_first_page_offers_no_notebook():
    links = [element["href"] for element in read("index.html").all("a")]
    assert [href for href in links if href and "_notebooks" in href] == []


@pytest.mark.parametrize("name", pages_with("cell_input"))
def test_the_source_to_take_home_is_myst(name):
    assert "```{code-cell}" in offered(name, ".md").read_text(encoding="utf-8")


def test_the_furniture_of_a_good_site_is_there():
    assert (SITE / "robots.txt").read_text(encoding="utf-8").startswith("User-agent:")
    assert (SITE / "llms.txt").read_text(encoding="utf-8").startswith("# ")
    assert {"404.html", "search.html", "genindex.html"} <= set(pages())
