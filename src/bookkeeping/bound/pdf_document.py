"""One document of a part: title page, contents, pages, and the works that they cite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import unquote

from lxml import html

from bookkeeping.bound import pdf_pages, taken
from bookkeeping.bound.book import Entry, Facts, Part
from bookkeeping.bound.pdf_pages import Heading, Printed, Site
from bookkeeping.bound.taken import Tree
from bookkeeping.site.printing import quoted

SHEET = Path(__file__).with_name("print.css")
# Style sheets of the site that speak of buttons and folds alone; one of them hides what is folded.
SCREEN_ONLY = ("copybutton", "togglebutton", "without-scripts")
LEFT_OUT = (
    "This file holds the pages of one part as the site shows them: text, equations, figures, "
    "exercises with their solutions, and the code that a page discusses. Left out are the code "
    "that the site folds, the reference of the library, the gallery of all figures and the notices "
    "of licences; they are on the site, the code also in the notebook of each page. Where the site "
    "moves, a picture or a list stands here."
)
MARKED = (
    "The mark ✓ beside an equation says that the text of the equation, as it is printed, was "
    "evaluated and compared with an independent witness while the book was built."
)
PAGES_TOLD = (
    "Where the text speaks of a page, such as the next one, it means one of the site: a section "
    "with a number of its own among the contents."
)
WORKS, WORKS_TITLE = "works-cited", "Works cited in this part"
ANSWERS, ANSWERS_TITLE = "solutions-and-answers", "Solutions and answers"
ADDRESSES, ADDRESSES_TITLE = "addresses-of-links", "Addresses"
ADDRESSES_TOLD = "A small number behind a link tells its address here."
END = "At the end of the part"  # the head of these sheets
USUAL = 3  # pages with a section of one title, after which no contents name it
A_COLUMN = 45  # headings; with more, the contents are set in two


class Document:
    """A part that is ready to be printed, with or without the numbers of its sheets.

    Parameters
    ----------
    site : Site
        The built site.
    facts : Facts
        What is told of the book.
    parts : list of Part
        All parts.
    part : Part
        The one to print.
    language : str
        The language of the book, such as ``en-GB``.
    """

    def __init__(
        self, site: Site, facts: Facts, parts: list[Part], part: Part, language: str
    ) -> None:
        self.facts, self.part, self._language = facts, part, language
        self.title = f"{facts.short}: {part.caption}" if part.caption else facts.short
        self.pages, works = pdf_pages.ready(site, parts, part)
        self._works = list(pdf_pages.cited(works))
        trees = [tree for page in self.pages for tree in (page.tree, *page.answers)]
        self._addresses = pdf_pages.number_addresses(trees, site.address)
        self._parts = parts
        self._numbers = {
            one.caption: _numbers(site, one.entries) for one in parts if one is not part
        } | {part.caption: _of(page.title for page in self.pages)}
        self._sheets = _style_sheets(site, part.entries[0].docname)

    @property
    def headings(self) -> list[Heading]:
        """What the contents name, in order."""
        every = [heading for page in self.pages for heading in page.headings]
        titles = Counter(heading.words for heading in every)
        held = [one for one in every if one.is_page or titles[one.words] < USUAL]
        for name, title, _ in self._appended():
            held.append(Heading(name, 1, True, html.fromstring(f"<span>{title}</span>"), title))
        return held

    @property
    def code(self) -> list[str]:
        """The lines of code, and of what it printed."""
        shown = [str(one.text_content()) for page in self.pages for one in page.tree.iter("pre")]
        return [line for one in shown for line in one.splitlines() if line.strip()]

    def text(self, sheets: dict[str, int]) -> str:
        """Return the document as HTML.

        Parameters
        ----------
        sheets : dict of str to int
            The number of the sheet of each heading, by its id; without it the place stays free.
        """
        for link in (one for page in self.pages for one in taken.put_off_links(page.tree)):
            # En spaces keep the place of the number, as in the contents.
            number = sheets.get(ANSWERS, "\u2007" * 3)
            link.text = f"{link.text.partition(', from')[0]}, from sheet {number} on"
        return "\n".join(
            [
                f'<!DOCTYPE html>\n<html lang="{self._language}" data-theme="light">',
                '<head><meta charset="utf-8">',
                f"<title>{escape(self.title)}</title>",
                *(f'<link rel="stylesheet" href="{escape(one)}">' for one in self._sheets),
                f"<style>{self._heads()}</style></head>",
                '<body><main class="bd-main"><div class="bd-content">'
                '<div class="bd-article-container">',
                self._title_page(),
                self._contents(sheets),
                *self._pages(),
                *self._appendices(),
                "</div></div></main></body></html>",
            ]
        )

    def _heads(self) -> str:
        """Return what stands at the edge of each sheet: book and part, and the chapter."""
        rules = [f"@page {{ @top-left {{ content: {quoted(self.title)}; }} }}"]
        for number, title in enumerate(self._chapters()):
            rules.append(f"@page chapter{number} {{ @top-right {{ content: {quoted(title)}; }} }}")
            rules.append(f".chapter-{number} {{ page: chapter{number}; }}")
        return "\n".join(rules)

    def _chapters(self) -> list[str]:
        """Return the titles of what begins on a sheet of its own."""
        own = [page.title for page in self.pages if self._is_chapter(page)]
        return [*own, END] if self._appended() else own

    def _is_chapter(self, page: Printed) -> bool:
        return page is self.pages[0] or page.entry.level == 1

    def _title_page(self) -> str:
        facts = self.facts
        place = f"Part {self._parts.index(self.part) + 1} of {len(self._parts)}"
        said = [
            f'<p class="title-book">{escape(facts.title)}</p>',
            f'<p class="title-part">{escape(self.part.caption)}</p>' if self.part.caption else "",
            f'<p class="title-place">{place}</p>' if len(self._parts) > 1 else "",
            f'<p class="title-author">{escape(facts.author)}</p>',
            f'<p class="title-version">{escape(facts.edition)}</p>',
            '<div class="title-small">',
            f"<p>{escape(facts.summary)}</p>" if facts.summary else "",
            _linked(facts.address),
            f"<p>{LEFT_OUT} {PAGES_TOLD}</p><p>{MARKED}</p>",
            self._all_parts(),
            f"<p>How to cite it: {escape(self._citation())}</p>",
            f"<p>{escape(facts.licence)}</p>" if facts.licence else "",
            "</div>",
        ]
        return '<section class="title-page">' + "\n".join(filter(None, said)) + "</section>"

    def _all_parts(self) -> str:
        """Return what parts there are, by which a reader finds what has another one's number."""
        if len(self._parts) < 2:
            return ""
        named = "; ".join(
            f"{one.caption} ({number})" if (number := self._numbers[one.caption]) else one.caption
            for one in self._parts
        )
        return (
            f"<p>The book has these parts, with the numbers of their chapters: {escape(named)}.</p>"
        )

    def _citation(self) -> str:
        """Return how to cite the part: as the book, after its own title."""
        said = self.facts.citation
        own = f"{self.facts.author}: "
        if not self.part.caption:
            return said
        return (
            f"{own}{self.part.caption}. In: {said.removeprefix(own)}"
            if said.startswith(own)
            else f"{self.part.caption}. In: {said}"
        )

    def _contents(self, sheets: dict[str, int]) -> str:
        lines = []
        for heading in self.headings:
            # An en space as wide as a digit keeps the place, so that nothing moves with the number.
            number = str(sheets.get(heading.id, "\u2007"))
            title = html.tostring(heading.title, encoding="unicode")
            kind = heading.level if heading.is_page else "section"
            lines.append(
                f'<li class="contents-{kind}"><a href="#{heading.id}">'
                f'<span class="contents-title">{title}</span>'
                f'<span class="contents-dots" aria-hidden="true"></span>'
                f'<span class="contents-sheet">{number}</span></a></li>'
            )
        columns = " in-columns" if len(lines) > A_COLUMN else ""
        return (
            '<section class="contents-page"><p class="contents-head">Contents</p>'
            f'<ol class="contents{columns}">{"".join(lines)}</ol></section>'
        )

    def _pages(self) -> Iterator[str]:
        """Yield the pages; a chapter begins on a sheet of its own."""
        chapter = -1
        for page in self.pages:
            chapter += self._is_chapter(page)
            place = html.Element("div", {"class": f"chapter-{chapter}"})
            place.append(page.tree)
            yield html.tostring(place, encoding="unicode")

    def _appended(self) -> list[tuple[str, str, str]]:
        """Return what stands behind the pages: the id of each, its title and what it holds."""
        answers = "\n".join(map(_answers, (page for page in self.pages if page.answers)))
        works = "\n".join(html.tostring(one, encoding="unicode") for one in self._works)
        listed = f'<div class="citation-list" role="list">{works}</div>'
        lines = "\n".join(f"<li>{escape(one)}</li>" for one in self._addresses)
        addresses = f'<p>{ADDRESSES_TOLD}</p><ol class="addresses">{lines}</ol>'
        return [
            *([(ANSWERS, ANSWERS_TITLE, answers)] if answers else []),
            *([(WORKS, WORKS_TITLE, listed)] if works else []),
            *([(ADDRESSES, ADDRESSES_TITLE, addresses)] if lines else []),
        ]

    def _appendices(self) -> Iterator[str]:
        """Yield what stands behind the pages: all of it one chapter, whose pieces are short."""
        number = len(self._chapters()) - 1
        for name, title, held in self._appended():
            yield (
                f'<div class="chapter-{number}"><article class="bd-article">'
                f'<h1 id="{name}">{title}</h1>{held}</article></div>'
            )


def _answers(page: Printed) -> str:
    """Return the solutions and answers of a page, under its title, which leads back to it."""
    held = "\n".join(html.tostring(one, encoding="unicode") for one in page.answers)
    return (
        f'<div id="{pdf_pages.answers_of(page.name)}">'
        f'<h3><a href="#{page.name}">{escape(page.title)}</a></h3>{held}</div>'
    )


def _linked(address: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(address)}</a></p>' if address else ""


def _numbers(site: Site, entries: list[Entry]) -> str:
    return _of(pdf_pages.title_of(site, entry.docname) for entry in entries if entry.level == 1)


def _of(titles: Iterable[str]) -> str:
    """Return the numbers of chapters from the first to the last."""
    found = [
        number[0].removesuffix(".")
        for title in titles
        if (number := pdf_pages.NUMBER.match(title)) and "." not in number[0].removesuffix(".")
    ]
    return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}" if found else ""


def _style_sheets(site: Site, docname: str) -> list[str]:
    """Return the addresses of the site's style sheets and, after them, of the one for print."""
    page: Tree = html.parse(str(site.folder / f"{docname}.html")).getroot()
    here = (site.folder / f"{docname}.html").resolve().parent
    hrefs = [
        str(one).partition("?")[0] for one in page.xpath("//head/link[@rel='stylesheet']/@href")
    ]
    own = [one for one in hrefs if not any(name in one for name in SCREEN_ONLY)]
    files = [(here / unquote(one)).resolve() for one in own if "://" not in one]
    return [path.as_uri() for path in [*files, SHEET]]
