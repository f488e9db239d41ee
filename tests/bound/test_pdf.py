"""The document that a part of a small book is printed from; tests/bound/printed prints it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import pytest
from lxml import html

from bookkeeping.bound import book, pdf_pages, taken
from bookkeeping.bound.pdf_document import Document
from bookkeeping.bound.pdf_pages import Site, name_of
from bookkeeping.project import Project

ADDRESS = "https://example.org/sheep/"
FIRST, BACK = 0, 1  # the parts of the book


def document(written_book, number, address=""):
    project = Project(written_book.root)
    parts = book.parts(project)
    site = Site(project.build / "html", address)
    return Document(site, book.facts(project), parts, parts[number], book.language(project))


@pytest.fixture(scope="module")
def first(written_book):
    return document(written_book, FIRST)


@pytest.fixture(scope="module")
def page(first):
    return html.document_fromstring(first.text({}))


def with_class(page, name):
    return [one for one in page.iter() if name in (one.get("class") or "").split()]


def page_of(document, name):
    """Return the article that begins where links to a page lead."""
    return next(document.get_element_by_id(name).iterancestors("article"))


def words(part):
    return " ".join(part.text_content().split())


@pytest.mark.parametrize("number", [FIRST, BACK])
def test_ids_are_unique_and_every_link_within_leads_to_one(written_book, number):
    page = html.document_fromstring(document(written_book, number).text({}))
    ids = [str(one) for one in page.xpath("//@id")]
    assert len(ids) == len(set(ids))
    within = [str(one) for one in page.xpath("//a/@href") if str(one).startswith("#")]
    assert len(within) > 10
    assert [one for one in within if one[1:] not in ids] == []


def test_nothing_is_left_that_only_a_screen_can_do(page):
    body = page.find("body")
    for tag in ("script", "button", "input", "select", "details", "summary", "template"):
        assert list(body.iter(tag)) == [], tag
    assert [one.get("src") for one in body.iter("img") if one.get("loading")] == []
    for name in ("headerlink", "enlarge", "copybtn", "katex-mathml", "hide"):
        assert with_class(body, name) == [], name


def test_code_that_the_page_folds_is_left_out_and_its_figure_stays(page):
    code = " ".join(words(one) for one in page.iter("pre"))
    assert 'width="900"' not in code
    assert "double(2)" in code
    figure = page.get_element_by_id(name_of("shown", "fig-wide"))
    assert "A fence longer than most." in words(figure)


def test_steps_are_a_list_of_drawings_and_a_chart_is_its_picture(page):
    sweep = page.get_element_by_id(name_of("shown", "fig-sweep"))
    assert [len(one.findall(".//img")) for one in with_class(sweep, "step")] == [1, 1]
    assert "It moves, by (1.1)." in words(sweep)
    chart = page.get_element_by_id(name_of("shown", "fig-chart"))
    assert len(chart.findall(".//img")) == 1
    assert "this picture moves. Its controls: number k." in words(chart)


def test_a_question_is_a_list_and_leads_to_its_answers_at_the_end_of_the_part(first, page):
    asked = with_class(page, "question")[0]
    assert "A fold" in words(asked)
    own = next(one for one in asked.iterancestors("article"))
    assert "Wrong." not in words(own)
    [told] = [one for one in with_class(own, "put-off") if "answers" in words(one)]
    assert words(told).startswith("The answers stand at the end of this part, from sheet")
    there = page.get_element_by_id(told.find("a").get("href")[1:])
    assert words(there).startswith("2. What is shownQuestion 1. Which is Figure 2.2?Wrong.")
    assert "Wrong. It is Figure 2.1" in words(there)
    assert there.find("h3/a").get("href") == f"#{name_of('shown')}"
    figure = next(one for one in there.iter("a") if words(one) == "Figure 2.1")
    assert figure.get("href") == f"#{name_of('shown', 'fig-fold')}"
    assert first.headings[-2].words == "Solutions and answers"


def test_solutions_stand_at_the_end_and_are_led_to_from_their_exercises(first):
    number = {"solutions-and-answers": 907}
    page = html.document_fromstring(first.text(number))
    own = page.xpath("//article[.//div[contains(@class, 'exercise')]]")[0]
    assert "Six." not in words(own)
    [told] = [one for one in with_class(own, "put-off") if "solution" in words(one)]
    assert words(told) == "The solution stands at the end of this part, from sheet 907 on"
    there = page.get_element_by_id(told.find("a").get("href")[1:])
    assert "Six." in words(there)
    assert there.xpath(".//p[contains(@class, 'admonition-title')]//a/@href")


def test_a_section_that_most_pages_have_is_not_in_the_contents(written_book):
    pages = html.fromstring("<div><h1>One</h1><h2>Usual</h2><h2>Own</h2></div>")
    document_of = document(written_book, FIRST)
    title = pages.find("h2")
    usual = [pdf_pages.Heading(f"h{n}", 2, False, title, "Usual") for n in range(3)]
    rare = pdf_pages.Heading("own", 2, False, title, "Own")
    held = document_of.pages[0]
    document_of.pages[0] = held._replace(headings=[*held.headings, *usual, rare])
    said = [one.words for one in document_of.headings]
    assert "Own" in said
    assert "Usual" not in said


def test_solutions_stand_open_with_their_exercises(page):
    assert "Six." in words(page)


def test_what_is_folded_is_opened_under_its_title():
    folded = html.fromstring("<div><details><summary>Solution</summary><p>Six.</p></details></div>")
    taken.unfold(folded)
    [opened] = folded
    assert [one.tag for one in opened.iter()] == ["div", "p", "p"]
    assert [words(one) for one in with_class(opened, "unfolded-title")] == ["Solution"]


def test_a_formula_is_drawn_once_and_has_its_tex_as_words(page):
    formulas = with_class(page, "katex")
    assert "TeX: s = a + b" in [one.get("aria-label") for one in formulas]
    for formula in formulas:
        assert formula.get("role") == "img"
        assert len(with_class(formula, "katex-drawn")) == 1
        assert with_class(formula, "katex-drawn")[0].get("aria-hidden") is None


def test_pictures_and_style_sheets_are_files_that_are_there(page):
    addresses = [*page.xpath("//img/@src"), *page.xpath("//link/@href")]
    files = [url2pathname(urlsplit(one).path) for one in addresses if one.startswith("file:")]
    assert len(files) == len(addresses) > 5
    for file in files:
        assert Path(unquote(file)).stat().st_size > 0
    assert files[-1].endswith("print.css")


def test_what_another_part_holds_is_said_in_words_or_by_the_address(written_book, page):
    said = "A page shows what others say: flocks (see chapter 1), how (in At the back),"
    adding = page_of(page, "adding")
    assert said in words(adding)
    assert [one for one in adding.iter("a") if words(one).startswith("how")] == []
    there = html.document_fromstring(document(written_book, FIRST, ADDRESS).text({}))
    links = {words(one): one.get("href") for one in page_of(there, "adding").iter("a")}
    assert links["how (in At the back)"] == f"{ADDRESS}back/answers.html#how-to-look-them-up"
    assert links["flocks (see chapter 1)"] == "#counting--of-flocks"


def test_a_link_that_is_words_tells_the_number_of_another_page(written_book, page):
    adding = words(page_of(page, "adding"))
    assert "the twos, sheep" in adding
    back = html.document_fromstring(document(written_book, BACK).text({}))
    code = words(page_of(back, "back-code"))
    assert "Page Adding (see 1.2 in First steps), equation (1.2.1)." in code


def test_a_place_in_another_part_is_told_with_the_part_once_a_paragraph(tmp_path):
    site = Site(tmp_path, "")
    for name, title in (("one", "1. One"), ("two", "2. Two"), ("three", "Three")):
        (tmp_path / f"{name}.html").write_text(
            f"<article class='bd-article'><h1>{title}</h1><p>By <a href='two.html#e'>(2.3)</a> and "
            "<a href='two.html#f'>Figure 2.4</a>.</p><p><a href='two.html#e'>(2.5)</a>, "
            "<a href='two.html'>words</a>, <a href='three.html'><span class='std std-ref'>last"
            "</span></a>, <a href='one.html#e'>(1.1)</a>, <a href='three.html#w'>1893</a></p>"
            "</article>"
        )
    parts = [book.Part(name, [book.Entry(name.lower(), 1)]) for name in ("One", "Two", "Three")]
    [printed], _ = pdf_pages.ready(site, parts, parts[0])
    said = words(printed.tree)
    assert "By (2.3) in Two and Figure 2.4." in said
    assert "(2.5) in Two, words, last (in Three), (1.1), 1893" in said


def test_a_page_is_printed_with_folds_open_terms_in_blocks_and_no_formula_that_is_asked_for(
    tmp_path,
):
    (tmp_path / "one.html").write_text(
        "<article class='bd-article'><h1>1. One</h1>"
        "<details class='sd-dropdown'><summary>Why</summary><p>So.</p></details>"
        "<div class='letters'><dl><dt>a</dt><dd>one</dd></dl></div>"
        "<section class='your-turn'><details class='your-turn-solution'><summary>Solution</summary>"
        "<div class='math'>a = b</div><p>Equation (1.1).</p></details></section></article>"
    )
    part = book.Part("One", [book.Entry("one", 1)])
    [printed], _ = pdf_pages.ready(Site(tmp_path, ""), [part], part)
    assert list(printed.tree.iter("details")) == []
    assert "So." in words(printed.tree)
    assert [words(one) for one in with_class(printed.tree, "pair")] == ["aone"]
    assert words(with_class(printed.tree, "your-turn-solution")[0]) == "SolutionEquation (1.1)."


def test_links_to_other_sites_have_the_numbers_of_their_addresses():
    one, two = (
        html.fromstring(f"<p>{text}</p>")
        for text in (
            "<a href='https://a.org/'>A</a>, <a href='https://b.org/'>B</a>, <a href='#c'>C</a>",
            "<a href='https://a.org/'>A again</a>, <a href='https://d.org/'>https://d.org/</a>, "
            f"<a href='{ADDRESS}page.html'>ours</a>, <a href='mailto:e@f.org'>E</a>",
        )
    )
    assert pdf_pages.number_addresses([one, two], ADDRESS) == ["https://a.org/", "https://b.org/"]
    assert words(one) == "A1, B2, C"
    assert words(two) == "A again1, https://d.org/, ours, E"
    assert pdf_pages.number_addresses([two], "")[-1] == f"{ADDRESS}page.html"


def test_addresses_are_listed_after_the_works(written_book):
    held = document(written_book, FIRST)
    held._addresses = ["https://a.org/?b=1&c=2"]
    assert held.headings[-1].words == "Addresses"
    listed = html.document_fromstring(held.text({})).xpath("//ol[@class='addresses']/li")
    assert [words(one) for one in listed] == held._addresses


def test_a_term_and_what_is_said_of_it_are_one_block():
    listed = html.fromstring(
        "<div><div class='letters'><dl><dt>a</dt><dd>one</dd><dt>b</dt><dd>two</dd><dd>three</dd>"
        "</dl></div><dl><dt>c</dt><dd>four</dd></dl></div>"
    )
    pdf_pages.pair_terms(listed)
    assert [words(one) for one in with_class(listed, "pair")] == ["aone", "btwothree"]
    assert [one.tag for one in listed.xpath("dl/*")] == ["dt", "dd"]


def test_works_stand_in_the_order_of_their_numbers(tmp_path):
    cite = "".join(f"<a href='works.html#id{n}'>{n}</a> " for n in (2, 10, 1))
    (tmp_path / "one.html").write_text(f"<article class='bd-article'><p>{cite}</p></article>")
    listed = "".join(f'<div class="citation" id="id{n}">[{n}] Work</div>' for n in (1, 2, 10))
    (tmp_path / "works.html").write_text(f"<article class='bd-article'>{listed}</article>")
    part = book.Part("One", [book.Entry("one", 1)])
    _, works = pdf_pages.ready(Site(tmp_path, ""), [part], part)
    assert [words(one) for one in works] == ["[1] Work", "[2] Work", "[10] Work"]


def test_a_short_box_stays_on_one_sheet_and_a_long_one_may_break():
    boxes = html.fromstring(
        "<div><div class='admonition short'>Few.</div>"
        f"<div class='admonition long'>{'Many words. ' * 61}</div></div>"
    )
    pdf_pages.class_by_size(boxes)
    assert ["stays-whole" in one.get("class") for one in boxes] == [True, False]


def test_works_that_a_part_cites_stand_at_its_end(first, page):
    works = with_class(page, "citation")
    assert len(works) == 1
    assert "Arithmetices principia" in words(works[0])
    assert f"#{works[0].get('id')}" in page.xpath("//a/@href")
    assert first.headings[-1].words == "Works cited in this part"


def test_the_contents_name_pages_and_sections_and_change_by_their_numbers_alone(first):
    wanted = ["1. Counting", "1.1. Of flocks", "1.2. Adding", "The twos", "2. What is shown"]
    assert [one.words for one in first.headings[:-2]] == wanted
    assert [one.level for one in first.headings[:-2]] == [1, 2, 2, 3, 1]
    numbers = {one.id: 901 + place for place, one in enumerate(first.headings)}
    without, with_numbers = first.text({}), first.text(numbers)
    number = re.compile(r'(?<=contents-sheet">)[^<]*|(?<=, from sheet )[\d\u2007]*')
    assert number.sub("", without) == number.sub("", with_numbers)
    page = html.document_fromstring(with_numbers)
    assert [words(one) for one in with_class(page, "contents-sheet")] == [
        str(901 + place) for place in range(len(first.headings))
    ]


def test_the_title_page_tells_what_the_file_is(first):
    page = html.document_fromstring(first.text({}))
    title = words(with_class(page, "title-page")[0])
    for said in (
        "A small book", "First steps", "Part 1 of 2", "Nobody", "2 January 2026",
        "A book of sheep.", "Free as air.", "How to cite it: Nobody: First steps. In: A small book",
        "First steps (1 to 2); At the back", "the code that the site folds",
        "it means one of the site",
    ):  # fmt: skip
        assert said in title, said


def test_a_page_that_was_not_built_is_named(tmp_path):
    part = book.Part("", [book.Entry("counting", 1)])
    with pytest.raises(FileNotFoundError, match=r"counting\.html: expected the written page"):
        pdf_pages.ready(Site(tmp_path, ""), [part], part)
