"""The pages of a part, each made ready to be printed behind the others in one document.

Formulas stay as KaTeX draws them, with its fonts: the browser's own MathML would be set with what
fonts the machine has. Ids get the name of their page before them, and links lead to these; what
they led to outside the part is said in words, or by the site's address.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from lxml import html

from bookkeeping.bound import taken
from bookkeeping.bound.book import Entry, Part
from bookkeeping.bound.taken import Tree

FORMULA = "TeX: "  # what the alternative text of a formula begins with, until the file is finished
DRAWN = "katex-drawn"  # the class of what KaTeX draws, which is left out of a still page
NUMBER = re.compile(r"^[\d.]+\.(?= )")
ELSEWHERE = re.compile(r"^(https?|mailto):")
A_WORD = 12  # letters of a cell that stay on one line
BLOCKS = {"p", "li", "td", "th", "dd", "dt", "div", "section", "article", "figcaption"}
IN_COLUMNS = ("letters", "correction", "correction-entry")  # lists that the site sets in columns
A_BOX = 700  # letters of a box that stays on one sheet
PUT_OFF = {
    "solution": "The solution stands at the end of this part",
    "question-answers": "The answers stand at the end of this part",
}
PLACE = re.compile(r"^(?:\([\d.]+\)|[A-Z]\w+ [\d.]+)$")  # of an equation, a figure or a table
LEADS_TO_WORDS = {"std-ref", "doc", "std-doc"}  # links that are titles or plain words


class Site(NamedTuple):
    """Where the written pages are, and at which address readers find them, if at any."""

    folder: Path
    address: str


class Heading(NamedTuple):
    """What the contents and the bookmarks name."""

    id: str
    level: int  # among the bookmarks
    is_page: bool  # and not a section of one
    title: Tree  # with its mathematics
    words: str


class Printed(NamedTuple):
    """A page that is ready to be printed."""

    entry: Entry
    name: str
    tree: Tree
    title: str
    headings: list[Heading]
    answers: list[Tree]  # solutions and answers, which stand at the end of the part


def ready(site: Site, parts: list[Part], part: Part) -> tuple[list[Printed], list[Tree]]:
    """Return the pages of a part as they are printed, and the works that they cite.

    Parameters
    ----------
    site : Site
        The built site.
    parts : list of Part
        All parts, each a file of its own.
    part : Part
        The one to print.

    Returns
    -------
    pages : list of Printed
        The pages.
    works : list of element
        The entries of the bibliography that links of these pages lead to, in its order; none that
        stands in the part itself.

    Raises
    ------
    FileNotFoundError
        When a page was not built.
    """
    trees = {entry.docname: taken.article(_file(site, entry.docname)) for entry in part.entries}
    others = {
        one.docname: each.caption for each in parts if each is not part for one in each.entries
    }
    ids = {docname: set(map(str, tree.xpath(".//@id"))) for docname, tree in trees.items()}
    works: dict[str, Tree] = {}
    titles = {docname: taken.title_of(tree) for docname, tree in trees.items()}
    for docname, tree in trees.items():
        _say_where(site, docname, tree, titles, others)
    pages = [_printed(site, entry, trees[entry.docname], ids, works) for entry in part.entries]
    return pages, sorted(works.values(), key=_by_number)


def _by_number(work: Tree) -> list[int | str]:
    """Return what puts works in the order of the bibliography, which numbers them."""
    words = re.split(r"(\d+)", work.text_content().strip().casefold())
    return [int(one) if one.isdigit() else one for one in words]


def name_of(docname: str, fragment: str = "") -> str:
    """Return the id that a page, or a part of one, has in a document of many pages."""
    return re.sub(r"[^\w-]", "-", f"{docname}--{fragment}" if fragment else docname)


def title_of(site: Site, docname: str) -> str:
    """Return the title of a page with its number, as the site writes it."""
    return taken.title_of(_other(_file(site, docname)))


def _file(site: Site, docname: str) -> Path:
    path = site.folder / f"{docname}.html"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: expected the written page {docname}, which is not there; build the book first"
        )
    return path


@cache
def _other(path: Path) -> Tree:
    """Return a page of another part, to be looked at only."""
    return taken.article(path)


@cache
def _works(path: Path) -> dict[str, list[Tree]]:
    """Return the entries of the bibliography that a page holds, by their ids; most hold none."""
    if b'class="citation"' not in path.read_bytes():  # to take a page apart takes longer
        return {}
    found = _other(path).xpath(".//div[@class='citation'][@id]")
    return {str(work.get("id")): [work] for work in found}


def _printed(
    site: Site, entry: Entry, tree: Tree, ids: dict[str, set[str]], works: dict[str, Tree]
) -> Printed:
    docname, title = entry.docname, taken.title_of(tree)
    taken.drop_folded_code(tree)
    _keep_drawn(tree)
    taken.make_still(tree)
    _drop_printed_solutions(tree)
    pair_terms(tree)
    taken.unfold(tree)
    _drop_empty_cells(tree)
    _point_at_files(site, docname, tree)
    class_by_size(tree)

    def address(link: str) -> str | None:
        return _address(site, docname, link, ids, works)

    taken.relink(tree, address)
    taken.rename(tree, lambda one: name_of(docname, one))
    name = name_of(docname)
    headings = [Heading(name, entry.level, True, *_title(one)) for one in tree.xpath(".//h1")[:1]]
    begin_at_title(tree, name)
    for number, one in enumerate(tree.xpath(".//h2"), start=1):
        one.set("id", f"{name}--heading-{number}")
        headings.append(Heading(one.get("id"), entry.level + 1, False, *_title(one)))
    _repeat_questions(tree)
    answers = [
        one for kind, told in PUT_OFF.items()
        for one in taken.put_off(tree, kind, answers_of(name), told)
    ]  # fmt: skip
    return Printed(entry, name, tree, title, headings, answers)


def answers_of(name: str) -> str:
    """Return the id of the answers to the questions of a page."""
    return f"answers--{name}"


def _title(heading: Tree) -> tuple[Tree, str]:
    """Return what a heading says, as parts without ids and links, and as plain words."""
    title = html.fromstring(html.tostring(heading, encoding="unicode"))
    title.tag, title.tail = "span", None
    for part in title.xpath("descendant-or-self::*[@id]"):
        del part.attrib["id"]
    for link in title.xpath(".//a"):
        link.drop_tag()
    plain = html.fromstring(html.tostring(title, encoding="unicode"))
    return title, " ".join(str(plain.text_content()).replace("\u200b", "").split())


def _keep_drawn(tree: Tree) -> None:
    """Leave of a formula what KaTeX draws: to readers of screens a picture, its TeX as words."""
    for katex in tree.xpath(".//span[@class='katex']"):
        for note in katex.xpath(".//annotation"):
            katex.set("aria-label", FORMULA + " ".join((note.text or "").split()))
            katex.set("role", "img")
        for hidden in katex.xpath("span[@class='katex-mathml']"):
            hidden.drop_tree()
        for drawn in katex.xpath("span[@class='katex-html']"):
            drawn.set("class", DRAWN)
            drawn.attrib.pop("aria-hidden", None)


def _drop_empty_cells(tree: Tree) -> None:
    """Drop cells of which nothing is left but their frame."""
    for cell in tree.xpath(".//div[contains(concat(' ', @class, ' '), ' cell ')]"):
        if not cell.text_content().strip() and not cell.xpath(".//img | .//svg"):
            cell.drop_tree()


def _target(docname: str, link: str) -> tuple[str, str]:
    """Return the page that a link within the site leads to, and the part of it."""
    path, _, fragment = link.partition("#")
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(docname), unquote(path)))
    return (joined.removesuffix(".html") if path else docname), unquote(fragment)


def _address(
    site: Site, docname: str, link: str, ids: dict[str, set[str]], works: dict[str, Tree]
) -> str | None:
    """Return where a link leads to in print, or None for plain words."""
    if ELSEWHERE.match(link):
        return link
    target, fragment = _target(docname, link)
    if target in ids:
        return f"#{name_of(target, fragment if fragment in ids[target] else '')}"
    path = site.folder / f"{target}.html"
    if not path.is_file():
        return None
    for work in _works(path).get(fragment, ()):
        works.setdefault(fragment, work)
        return f"#{name_of('cited', fragment)}"
    if not site.address:
        return None
    return f"{site.address}{quote(target)}.html" + (f"#{quote(fragment)}" if fragment else "")


def _say_where(
    site: Site, docname: str, tree: Tree, titles: dict[str, str], others: dict[str, str]
) -> None:
    """Say after a link that is words the number of the page it leads to, and another's part."""
    told: set[tuple[Tree, str]] = set()  # in which paragraph which part was named
    for link in tree.xpath(".//a[@href]"):
        if ELSEWHERE.match(link.get("href")) or link.xpath("ancestor::*[self::h1 or self::h2]"):
            continue
        target, _ = _target(docname, link.get("href"))
        path = site.folder / f"{target}.html"
        if target == docname or not path.is_file():
            continue
        kinds = {name for one in link.xpath("span/@class") for name in str(one).split()}
        block = next(one for one in link.iterancestors() if one.tag in BLOCKS)
        part = others.get(target, "")
        within = f" in {part}" if part and (block, part) not in told else ""
        number = NUMBER.match(titles.get(target) or taken.title_of(_other(path)))
        said = ""
        if kinds & LEADS_TO_WORDS:
            if number and number[0] not in link.text_content():
                plain = number[0].removesuffix(".")
                said = f" (see {'' if '.' in plain else 'chapter '}{plain}{within})"
            elif not number and within:
                said = f" ({within.strip()})"
        elif PLACE.match(" ".join(link.text_content().split())):
            said = within
        if said:
            told.add((block, part))
            words = html.Element("span", {"class": "says-where"})
            words.text = said
            link.append(words)


def class_by_size(tree: Tree) -> None:
    """Mark drawings taller than wide, boxes that stay whole, and cells that stay on one line."""
    for image in tree.xpath(".//img[@width][@height]"):
        if int(image.get("height")) > int(image.get("width")):
            image.set("class", f"{image.get('class') or ''} tall".strip())
    for box in tree.xpath(".//div[contains(concat(' ', @class, ' '), ' admonition ')]"):
        if len(box.text_content().strip()) <= A_BOX:
            box.set("class", f"{box.get('class')} stays-whole")
    for cell in tree.xpath(".//td"):
        if len(cell.text_content().strip()) <= A_WORD:
            cell.set("class", f"{cell.get('class') or ''} short".strip())


def begin_at_title(tree: Tree, name: str) -> None:
    """Let a page begin, for what leads to it, where its title stands.

    An empty element before the title would do so on the site; Chromium takes it for a part of the
    sheet before where the title begins a sheet.
    """
    for title in tree.xpath(".//h1")[:1]:
        if own := title.get("id"):
            title.insert(0, html.Element("span", {"id": own}))
            title[0].tail, title.text = title.text, None
        title.set("id", name)


def _drop_printed_solutions(tree: Tree) -> None:
    """Drop the formula that a reader is asked for: it is printed above, and its number stays."""
    for solution in tree.xpath(".//details[@class='your-turn-solution']"):
        for formula in solution.xpath("div[@class='math']"):
            formula.drop_tree()


def pair_terms(tree: Tree) -> None:
    """Put each term of a list in two columns into one block with what is said of it."""
    for kind in IN_COLUMNS:
        for term in tree.xpath(f".//*[contains(concat(' ', @class, ' '), ' {kind} ')]/dl/dt"):
            pair = html.Element("div", {"class": "pair"})
            term.addprevious(pair)
            said = itertools.takewhile(lambda part: part.tag == "dd", list(term.itersiblings()))
            for part in [term, *said]:
                part.tail = None
                pair.append(part)


def _repeat_questions(tree: Tree) -> None:
    """Repeat each question with its answers, which stand elsewhere."""
    taken.drop(tree, "question-answers-title")
    asked = tree.xpath(".//div[contains(@class, 'question')]/p[@class='question-asked']")
    numbers = tree.xpath(".//div[@class='question-answers']/p[@class='question-number']")
    for question, place in zip(asked, numbers, strict=True):
        again = html.fromstring(html.tostring(question, encoding="unicode", with_tail=False))
        for part in again.xpath("descendant-or-self::*[@id]"):
            del part.attrib["id"]
        again.set("class", "question-number")
        again.tail = place.tail
        place.getparent().replace(place, again)


def _point_at_files(site: Site, docname: str, tree: Tree) -> None:
    """Give pictures the address of their file, and load them before anything is printed."""
    folder = site.folder.resolve() / posixpath.dirname(docname)
    for image in tree.xpath(".//img[@src]"):
        image.attrib.pop("loading", None)
        if not image.get("src").startswith("data:"):
            image.set("src", Path(posixpath.normpath(folder / unquote(image.get("src")))).as_uri())


def number_addresses(trees: list[Tree], own: str) -> list[str]:
    """Put behind each link to another site the number of its address.

    Parameters
    ----------
    trees : list of element
        Pages, or parts of them, in the order in which they are printed.
    own : str
        The address of the site, which needs no number; or nothing.

    Returns
    -------
    list of str
        The addresses, the first having number 1.
    """
    numbers: dict[str, int] = {}
    for link in (link for tree in trees for link in tree.xpath("descendant-or-self::a[@href]")):
        address = link.get("href")
        is_own = bool(own) and address.startswith(own)
        if not address.startswith("http") or is_own or address == link.text_content().strip():
            continue
        number = html.Element("sup", {"class": "address-number"})
        number.text = str(numbers.setdefault(address, len(numbers) + 1))
        link.append(number)
    return list(numbers)


def cited(works: list[Tree]) -> Iterator[Tree]:
    """Yield the works as they stand at the end of the part."""
    for work in works:
        entry = html.fromstring(html.tostring(work, encoding="unicode"))
        entry.set("id", name_of("cited", work.get("id")))
        for part in entry.xpath(".//*[@id]"):
            del part.attrib["id"]
        taken.relink(entry, lambda link: link if ELSEWHERE.match(link) else None)
        yield entry
