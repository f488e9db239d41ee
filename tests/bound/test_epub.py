"""The EPUB of a small book with one of each kind of thing."""

from __future__ import annotations

import io
import os
import posixpath
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from lxml import etree, html

from bookkeeping.__main__ import main
from bookkeeping.bound import epub, leaves, mathml, package, taken, xhtml
from bookkeeping.bound.drawings import on_paper
from bookkeeping.project import Project

ADDRESS = "https://example.org/sheep/"
MATH = "{http://www.w3.org/1998/Math/MathML}"
XHTML = "{http://www.w3.org/1999/xhtml}"
COMMITTED = 1_767_323_045  # 2 January 2026, 03:04:05 in UTC


def made(book, *arguments):
    """Make the EPUB in a process of its own, and return its files and what was said."""
    ran = book.start("epub", *arguments).wait()
    assert ran.status == 0, ran.output
    with zipfile.ZipFile(book.root / "_build/a-small-book.epub") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def files(written_book):
    return made(written_book)


@pytest.fixture(scope="module")
def pages(files):
    return {
        name.removeprefix("EPUB/"): etree.fromstring(content)
        for name, content in files.items()
        if name.endswith(".xhtml")
    }


def with_class(page, name):
    return [part for part in page.iter(etree.Element) if name in part.get("class", "").split()]


def words(part):
    return " ".join("".join(part.itertext()).split())


def test_every_page_of_the_contents_is_bound_in_its_order_but_the_report_of_the_build(
    files, pages, written_book
):
    opf = etree.fromstring(files["EPUB/book.opf"])
    named = {item.get("id"): item.get("href") for item in opf.iter("{*}item")}
    read = [named[one.get("idref")] for one in opf.iter("{*}itemref")]
    docnames = [one for one in Project(written_book.root).docnames if one != "back/build-report"]
    assert read == ["title.xhtml", "contents.xhtml", *(f"{one}.xhtml" for one in docnames)]
    listed = [link.get("href") for link in pages["contents.xhtml"].iter(f"{XHTML}a")][
        : len(read) - 1
    ]
    assert listed == [one for one in read if one != "contents.xhtml"]
    parts = [words(one) for one in pages["contents.xhtml"].iter(f"{XHTML}span")]
    assert parts == ["First steps", "At the back"]
    below = {
        words(item[0]): [words(inner[0]) for inner in item[1]]
        for item in pages["contents.xhtml"].iter(f"{XHTML}li")
        if len(item) > 1
    }
    assert below["First steps"] == ["1. Counting", "2. What is shown"]
    assert below["1. Counting"] == ["1.2. Adding"]


def test_it_is_the_same_to_the_byte_again_and_dated_as_the_commit(files, written_book, tmp_path):
    path = written_book.root / "_build/a-small-book.epub"
    first = path.read_bytes()
    for page in (written_book.root / "_build/html").rglob("*"):
        os.utime(page, (COMMITTED + 1, COMMITTED + 1))
    made(written_book)
    assert path.read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {about.date_time for about in archive.infolist()} == {(2026, 1, 2, 3, 4, 4)}
        assert archive.namelist()[0] == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
    assert b"2026-01-02T03:04:05Z" in files["EPUB/book.opf"]


def test_no_page_runs(written_book):
    said = written_book.start("epub").wait()
    assert said.executed == set()
    assert "evidence:" not in said.output


def test_the_checker_finds_what_is_wrong(written_book, monkeypatch, capfd):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(COMMITTED))
    project = Project(written_book.root)
    monkeypatch.setattr(epub, "path_of", lambda project: project.build / "wrong.epub")
    assert epub.make(project) == 0
    assert epub.check(project) == 0
    usual = package.zipped
    wrong = package.Item("wrong.xhtml", package.XHTML, b"<html><p><p></p></html>")
    monkeypatch.setattr(package, "zipped", lambda items, *rest: usual([*items, wrong], *rest))
    assert epub.make(project) == 0
    assert epub.check(project) == 1
    assert "wrong.xhtml" in capfd.readouterr().out


def test_without_the_checker_it_says_what_to_install(written_book, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Project, "web", tmp_path)
    assert epub.check(Project(written_book.root)) == 1
    assert "npm ci --prefix web" in capsys.readouterr().err


def test_without_a_built_page_it_says_which_and_how_to_build(written_book, tmp_path, capsys):
    project = Project(written_book.root)
    page = project.build / "html/adding.html"
    page.rename(tmp_path / "away.html")
    try:
        assert epub.make(project) == 1
    finally:
        (tmp_path / "away.html").rename(page)
    said = capsys.readouterr().err
    assert "adding.html is not there" in said
    assert "nox -s docs" in said


def test_every_formula_is_mathml_alone_with_its_tex_in_words(pages, written_book):
    for docname in ("counting", "shown", "back/equations"):
        written = written_book.page(docname)
        article = written[written.index("<article") : written.index("</article>")]
        formulas = list(pages[f"{docname}.xhtml"].iter(f"{MATH}math"))
        assert len(formulas) == article.count("<math ") > 0
        assert all(formula.get("alttext") for formula in formulas)
        assert not with_class(pages[f"{docname}.xhtml"], "katex-html")
        assert not list(pages[f"{docname}.xhtml"].iter(f"{MATH}annotation"))
    [equation] = [
        one for one in pages["counting.xhtml"].iter() if one.get("id") == "equation-doubling"
    ]
    assert [one.get("display") for one in equation.iter(f"{MATH}math")] == ["block"]
    assert words(equation).startswith("(1.1)")


def test_nothing_moves(pages):
    for page in pages.values():
        for tag in ("script", "style", "button", "input", "select", "output", "noscript"):
            assert not list(page.iter(f"{XHTML}{tag}"))


def test_a_chart_is_its_picture_and_a_line_about_its_controls(pages):
    [chart] = [one for one in pages["shown.xhtml"].iter() if one.get("id") == "fig-chart"]
    assert [image.get("alt") for image in chart.iter(f"{XHTML}img")] == ["Dots in a row."]
    assert "this picture moves. Its controls: number k." in words(chart)


def test_steps_are_a_list_of_all_drawings_with_their_sentences(pages):
    [steps] = with_class(pages["shown.xhtml"], "steps")
    assert steps.tag == f"{XHTML}ol"
    assert [len(list(step.iter(f"{XHTML}img"))) for step in steps] == [1, 1]
    assert [words(one) for one in with_class(steps, "step-says")] == [
        "Picture 1. It starts.",
        "Picture 2. It moves, by (1.1).",
    ]


def test_a_question_lists_its_choices_and_the_answers_come_after(pages):
    page = pages["shown.xhtml"]
    [question] = with_class(page, "question")
    assert words(question).startswith("Question 1. Which is Figure 2.2?")
    [choices] = with_class(question, "choices")
    assert [words(one)[:6] for one in choices] == ["A fold", "1 fenc"]
    assert "Right." not in words(question)
    [answers] = with_class(page, "question-answers")
    [reasons] = with_class(answers, "reasons")
    assert [words(one) for one in reasons] == ["Wrong. It is Figure 2.1.", "Right. It is."]
    order = list(page.iter())
    assert order.index(question) < order.index(answers)


def test_exercises_have_their_solutions_with_names_that_xml_allows(pages):
    titles = [words(one) for one in with_class(pages["counting.xhtml"], "admonition-title")]
    assert "Exercise 1.1.1 (Count them)" in titles
    assert "Solution to Exercise 1.1.2 (Count again)" in titles
    [solution] = with_class(pages["back/answers.xhtml"], "solution")
    assert solution.get("id") == "back-answers-solution-0"


def test_every_link_leads_somewhere(pages):
    ids = {
        name: {part.get("id") for part in page.iter(etree.Element)} for name, page in pages.items()
    }
    found = 0
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            path, fragment = urldefrag(link.get("href"))
            if path.startswith("https://"):
                continue
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))
            place = place if path else name
            assert place in pages
            assert not fragment or fragment in ids[place]
            found += 1
    assert found > 30


def test_a_mark_leads_to_the_site_where_that_has_an_address(pages, written_book):
    [without] = with_class(pages["counting.xhtml"], "equation-mark")
    assert words(without) == "✓ evaluated: by hand"
    assert without.tag == f"{XHTML}span"
    assert without.get("href") is None
    held = etree.fromstring(made(written_book, "--url", ADDRESS)["EPUB/counting.xhtml"])
    [mark] = with_class(held, "equation-mark")
    assert mark.get("href") == f"{ADDRESS}back/checks/doubling.html"


def test_what_is_no_address_is_refused(capsys):
    assert main(["epub", "--url", "example.org/index.html"]) == 2
    assert "got 'example.org/index.html'" in capsys.readouterr().err


def test_the_title_page_tells_what_and_of_when_it_is(files, written_book):
    held = made(written_book, "--url", ADDRESS)
    first = words(etree.fromstring(held["EPUB/title.xhtml"]).find(f".//{XHTML}main"))
    for said in ("A small book", "Nobody", "2 January 2026", "Free as air.", ADDRESS):
        assert said in first
    assert ADDRESS not in files["EPUB/title.xhtml"].decode()


INK = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -2 30 40">'
    b"<style>:root{color-scheme:light dark;--ink:#222832;}"
    b"@media (prefers-color-scheme:dark){:root{--ink:#ced6dd;}}</style>"
    b'<g id="a" role="presentation"><path id="b c" fill="var(--ink)"/><path id="b c"/></g>'
    b'<path style="fill: color-mix(in srgb, var(--ink) 50.2%, transparent)"/>'
    b'<clipPath id="p1"/><g clip-path="url(#p1)"/></svg>'
)


def test_a_drawing_brings_its_ground_and_its_light_colours():
    drawing = etree.fromstring(on_paper(INK))
    ground = drawing[0]
    assert (ground.get("fill"), ground.get("x"), ground.get("y")) == ("#ffffff", "-1", "-2")
    assert (ground.get("width"), ground.get("height")) == ("30", "40")
    text = on_paper(INK).decode()
    assert "var(" not in text
    assert "prefers-color-scheme" not in text
    assert "<style" not in text
    assert 'fill="#222832"' in text
    assert "fill: rgba(34,40,50,0.502)" in text
    assert re.findall(r' id="([^"]*)"', text) == ["p1"]
    assert "role=" not in text


def test_rules_of_a_drawing_that_speak_of_the_dark_alone_go():
    mark = (
        b'<svg xmlns="http://www.w3.org/2000/svg"><style>.line{stroke:#3d7f7b}'
        b"@media (prefers-color-scheme:dark){.line{stroke:#8fc7c2}}</style></svg>"
    )
    assert b".line{stroke:#3d7f7b}" in on_paper(mark)
    assert b"8fc7c2" not in on_paper(mark)


def test_every_drawing_of_the_book_stands_on_paper(files):
    drawings = [text for name, text in files.items() if name.startswith("EPUB/images/")]
    assert len(drawings) > 4
    for text in drawings:
        assert etree.fromstring(text)[0].get("fill") == "#ffffff"
        assert b"var(" not in text


def test_a_control_character_is_shown_by_its_picture(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<article class="bd-article"><h1>A<a class="headerlink">#</a></h1>\x1b[0m</article>'
    )
    tree = taken.article(page)
    assert taken.title_of(tree) == "A"
    assert "␛[0m" in xhtml.document(tree, "A", language="en", style="book.css")


def test_a_page_without_an_article_is_refused(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>Nothing</p>")
    with pytest.raises(ValueError, match=r"page\.html: expected a page with an <article>"):
        taken.article(page)


def test_a_second_part_of_one_name_loses_it():
    tree = html.fromstring('<div id="a b"><p id="a/b">1</p><p aria-labelledby="a/b">2</p></div>')
    taken.rename(tree, xhtml.xml_name)
    assert etree.tostring(tree) == b'<div id="a-b"><p>1</p><p aria-labelledby="a-b">2</p></div>'


def test_folds_open_and_folded_code_goes():
    text = (
        '<div><details class="hide"><summary><p class="collapsed">Show the code</p>'
        '<p class="expanded">Hide the code</p></summary><pre>1</pre></details>'
        "<details open><summary>More</summary><p>Words</p></details></div>"
    )
    tree = html.fromstring(text)
    taken.make_still(tree)
    assert "Hide the code" not in html.tostring(tree, encoding="unicode")
    assert taken.drop_folded_code(tree) == 1
    taken.unfold(tree)
    assert html.tostring(tree, encoding="unicode") == (
        '<div><div class="unfolded"><p class="unfolded-title">More</p><p>Words</p></div></div>'
    )


@pytest.mark.parametrize(
    ("after", "spaced"),
    [
        ("<mi>x</mi>", True),
        ("<mo>(</mo>", False),
        ("<mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>", False),
        ("<mrow><mi>x</mi></mrow>", True),
        ("", False),
    ],
)
def test_a_name_of_a_function_stands_apart_from_a_letter_and_not_from_a_bracket(after, spaced):
    name = "<mrow><mi>tanh</mi><mo>\N{FUNCTION APPLICATION}</mo></mrow>"
    tree = etree.fromstring(f"<math><mrow>{name}{after}</mrow></math>")
    mathml.mend(tree)
    assert ("rspace" in etree.tostring(tree).decode()) == spaced


def test_columns_of_a_formula_are_aligned_in_css():
    tree = etree.fromstring(
        '<math><mtable columnalign="right left" columnspacing="0em 1em">'
        "<mtr><mtd/><mtd/><mtd/></mtr></mtable>"
        '<mover accent="true"><mi>o</mi><mo>ˉ</mo></mover></math>'
    )
    mathml.mend(tree)
    assert [cell.get("style").split(";")[0] for cell in tree.iter("mtd")] == [
        "text-align: right",
        "text-align: left",
        "text-align: left",
    ]
    assert tree.find("mover").get("accent") is None


def published(book, *arguments):
    """Publish the book, and return its files."""
    built = book.publish(*arguments)
    folder = book.root / "_build/publish"
    return built, {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }


def test_an_ordinary_site_offers_nothing_that_is_bound(files, written_book):
    built, site = published(written_book)
    assert built.status == 0, built.output
    assert not [name for name in site if name.startswith("_bound")]
    assert "_bound" not in site["index.html"].read_text(encoding="utf-8")


def test_a_published_site_offers_what_is_bound(files, written_book):
    (written_book.root / "_build/a-small-book-first-steps.pdf").write_bytes(
        b"%PDF" + bytes(2_340_000)
    )
    built, site = published(written_book, "--bound")
    assert built.status == 0, built.output
    assert {name for name in site if name.startswith("_bound/")} == {
        "_bound/a-small-book.epub",
        "_bound/a-small-book-first-steps.pdf",
    }
    start = site["index.html"].read_text(encoding="utf-8")
    assert "To take along, as of 2 January 2026:" in start
    assert "the whole book (EPUB, 0.1 MB)" in start
    assert "First steps (PDF, 2.3 MB)" in start
    adding = site["adding.html"].read_text(encoding="utf-8")
    assert 'href="_bound/a-small-book-first-steps.pdf"' in adding
    assert "This part as PDF (2.3 MB, 2 January 2026)" in adding
    glossary = site["back/glossary.html"].read_text(encoding="utf-8")
    assert 'href="../_bound/a-small-book.epub"' in glossary
    assert ".pdf" not in glossary.replace("file-pdf", "")
    assert "_bound/a-small-book.epub" in site["SHA256SUMS"].read_text(encoding="utf-8")


def test_what_is_older_than_the_commit_or_missing_is_not_published(files, written_book):
    path: Path = written_book.root / "_build/a-small-book.epub"
    os.utime(path, (COMMITTED - 1, COMMITTED - 1))
    built, _ = published(written_book, "--bound")
    assert built.status == 1
    assert "older than it: a-small-book.epub" in built.output
    assert "nox -s epub" in built.output
    for made_before in written_book.root.glob("_build/a-small-book*"):
        made_before.unlink()
    built, _ = published(written_book, "--bound")
    assert built.status == 1
    assert "expected a-small-book.epub in" in built.output


def test_addresses_of_the_web_are_spelled_with_the_letters_they_may_hold():
    assert (
        leaves._spelled("https://example.org/a b?c=é#d") == "https://example.org/a%20b?c=%C3%A9#d"
    )
