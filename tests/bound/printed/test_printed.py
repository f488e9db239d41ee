"""What is printed of a small book, and that a faulty print is found: ``nox -s pdf`` runs these."""

from __future__ import annotations

import datetime
import os
import re

import pikepdf
import pytest
from lxml import html

from bookkeeping.bound import book, pdf, pdf_checks, pdf_printing
from bookkeeping.bound.pdf_document import Document
from bookkeeping.bound.pdf_finishing import finish, sheets_of
from bookkeeping.bound.pdf_pages import FORMULA, Heading
from bookkeeping.bound.pdf_printing import print_to
from bookkeeping.bound.pdf_settling import on_whole_pixels, parts, settle
from bookkeeping.project import Project

DATE = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
FACTS = book.Facts("A book: of sheep", "A book", "Nobody", "Of sheep.", "1.0", DATE, "Free", "", "")
HEADINGS = [
    Heading("one", 1, True, html.fromstring("<span>One</span>"), "One"),
    Heading("two", 2, False, html.fromstring("<span>Two</span>"), "Two"),
]
PAGE = """\
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A book</title><style>
@page { size: A4; margin: 20mm 21mm 18mm; @top-left { content: "A book"; font: 8.5pt sans-serif }
@bottom-right { content: counter(page) } }
@page :first { @top-left { content: none } @bottom-right { content: none } }
body { margin: 0; font: 10pt sans-serif; } .full { height: 200mm; border-bottom: 1pt solid; }
h1, h2 { break-before: page }
</style></head><body><p style="font-size: 12pt">Version 1.0</p>
<p><a href="#one">One</a> <a href="#two">Two</a></p>
<h1 id="one">One</h1><p>Words <span role="img" aria-label="TeX: x^2"><span>x2</span></span></p>
<div class="full"></div><h2 id="two">Two</h2>
<figure><img alt="A dot." src="data:image/svg+xml,&lt;svg xmlns='http://www.w3.org/2000/svg'
width='9' height='9'&gt;&lt;rect width='9' height='9'/&gt;&lt;/svg&gt;">
<figcaption>Said</figcaption>
</figure><table><thead><tr><th>n</th><th>m</th></tr></thead>
<tbody><tr><td>2</td><td>3</td></tr></tbody></table>
<p>MORE</p><div class="full"></div></body></html>
"""


def made_of(written_book):
    """Print the parts of the small book in a process of its own; return the files."""
    ran = written_book.start("pdf").wait()
    assert ran.status == 0, ran.output
    assert ran.executed == set()
    return sorted((written_book.root / "_build").glob("*.pdf"))


@pytest.fixture(scope="module")
def printed_book(written_book):
    return made_of(written_book)


def printed(folder, page=PAGE):
    """Print a page and finish it."""
    document = folder / "page.html"
    document.write_text(page, encoding="utf-8")
    print_to(folder / "print.pdf", document)
    target = folder / "finished.pdf"
    finish(folder / "print.pdf", target, title="A book", facts=FACTS, headings=HEADINGS)
    return target


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return printed(tmp_path_factory.mktemp("good"))


def test_each_part_is_a_file(printed_book):
    assert [file.name for file in printed_book] == [
        "a-small-book-at-the-back.pdf",
        "a-small-book-first-steps.pdf",
    ]


@pytest.mark.skipif(
    os.environ.get("UNROLLED_TRY") != "all",
    reason="on a busy machine Chromium may set a line a fraction of a pixel apart: nox -s forms",
)
def test_each_part_is_the_same_again_to_the_byte(written_book, printed_book):
    before = [file.read_bytes() for file in printed_book]
    assert [file.read_bytes() for file in made_of(written_book)] == before


def test_a_part_is_dated_as_its_commit_and_tells_its_title(printed_book):
    with pikepdf.open(printed_book[1]) as pdf:
        assert str(pdf.docinfo["/CreationDate"]) == "D:20260102030405Z"
        assert str(pdf.docinfo["/ModDate"]) == "D:20260102030405Z"
        assert str(pdf.docinfo["/Title"]) == "A small book: First steps"
        assert str(pdf.Root.Lang) == "en"
        about = str(pdf.Root.Metadata.read_bytes(), "utf-8")
    assert "2026-01-02T03:04:05+00:00" in about


def test_the_numbers_in_the_contents_are_those_of_the_sheets(printed_book):
    contents, *others = pdf_checks.words(printed_book[1])[1:]
    lines = " ".join(word.text for word in contents)
    sheet = next(
        number
        for number, words in enumerate(others, start=3)
        if " ".join(one.text for one in words).count("What is shown") and number > 3
    )
    assert f"2. What is shown {sheet}" in lines


def test_bookmarks_lie_below_the_page_that_holds_them(printed_book):
    with pikepdf.open(printed_book[1]) as pdf, pdf.open_outline() as outline:
        chapters = {str(one.title): [str(c.title) for c in one.children] for one in outline.root}
    assert chapters["1. Counting"] == ["1.1. Of flocks", "1.2. Adding"]


def test_a_good_print_has_no_fault(good):
    with pikepdf.open(good) as pdf:
        assert list(pdf_checks.of_tags(pdf)) == []
        assert list(pdf_checks.of_bookmarks(pdf, HEADINGS)) == []
        assert list(pdf_checks.of_links(pdf)) == []
        assert list(pdf_checks.of_dates(pdf, "D:20260102030405Z")) == []
        width = float(pdf.pages[0].MediaBox[2])
    sheets = pdf_checks.words(good)
    assert list(pdf_checks.of_words(sheets, width)) == []
    assert list(pdf_checks.of_edges(sheets, "A book")) == []
    assert list(pdf_checks.of_scale(sheets, "Version 1.0")) == []
    assert list(pdf_checks.of_empty_sheets(pdf_checks.fullness(good))) == []


def test_a_formula_is_tagged_as_one_with_its_tex_and_a_figure_once(good):
    with pikepdf.open(good) as pdf:
        said = [(str(one.S), str(one.get("/Alt", ""))) for one in parts(pdf.Root.StructTreeRoot)]
    assert [one for one in said if one[0] in {"/Figure", "/Formula"}] == [
        ("/Formula", "x^2"),
        ("/Figure", "A dot."),
    ]


def test_heads_of_tables_are_numbered_in_their_order_and_cells_name_them(good):
    with pikepdf.open(good) as pdf:
        root = pdf.Root.StructTreeRoot
        heads = [str(one.ID) for one in parts(root) if "/ID" in one]
        told = [list(one.get("/A", [])) for one in parts(root) if one.S == "/TD"]
        tree = [str(one) for one in root.IDTree.Names if isinstance(one, pikepdf.String)]
    assert heads == tree == ["part00000001", "part00000002"]
    named = [str(head) for cell in told for one in cell for head in one.get("/Headers", [])]
    assert named == heads


def test_letters_stand_on_whole_pixels_and_nothing_else_moves(good):
    content = b"1 0 0 -1 9.75 840.438 Tm\n1 0 0 -1 9.75 840.5625 Tm\n2 0 0 -1 9 8.4 Tm\n9 8.4 m"
    wanted = b"1 0 0 -1 9.75 840 Tm\n1 0 0 -1 9.75 841 Tm\n2 0 0 -1 9 8.4 Tm\n9 8.4 m"
    assert on_whole_pixels(content) == wanted
    with pikepdf.open(good) as pdf:
        drawn = b"\n".join(page.Contents.read_bytes() for page in pdf.pages)
    assert b" Tm" in drawn
    assert on_whole_pixels(drawn) == drawn


def other_pixels(pdf):
    for page in pdf.pages:
        drawn = page.Contents.read_bytes()
        page.Contents.write(re.sub(rb"(1 0 0 -1 \S+ \d+)(?= Tm)", rb"\1.25", drawn))


def other_numbers_of_heads(pdf):
    held = [one for one in parts(pdf.Root.StructTreeRoot) if "/ID" in one]
    others = {bytes(one.ID): pikepdf.String(f"node{7 * n:05}") for n, one in enumerate(held, 11)}
    for one in parts(pdf.Root.StructTreeRoot):
        for told in one.get("/A", []):
            if "/Headers" in told:
                told.Headers = pikepdf.Array([others[bytes(head)] for head in told.Headers])
        if "/ID" in one:
            one.ID = others[bytes(one.ID)]


def other_names(pdf):
    """Names as they are where the document has more objects before."""
    for page in pdf.pages:
        for kind, held in list(page.Resources.items()):
            if isinstance(held, pikepdf.Dictionary):
                page.Resources[kind] = pikepdf.Dictionary(
                    {f"{name[:2]}{int(name[2:]) + 90}": one for name, one in held.items()}
                )
        page.Contents.write(
            re.sub(
                rb"/([A-Z])(\d+)(?= (?:gs|Do|[\d.]+ Tf))",
                lambda found: b"/%s%d" % (found[1], int(found[2]) + 90),
                page.Contents.read_bytes(),
            )
        )


def a_link_in_two_frames(pdf):
    link = pdf.pages[0].Annots[0]
    root = pdf.Root.StructTreeRoot
    tree = pikepdf.NumberTree(root.ParentTree)
    part = tree[int(link.StructParent)]
    half = (link.Rect[0] + link.Rect[2]) / 2
    other = pdf.make_indirect(pikepdf.Dictionary(dict(link.items())))
    other.Rect = pikepdf.Array([half, *list(link.Rect)[1:]])
    link.Rect[2] = half
    other.StructParent = int(link.StructParent) + 1
    for number in sorted(map(int, tree.keys()), reverse=True):
        if number > int(link.StructParent):
            tree[number + 1] = tree[number]
    for one in list(pdf.pages[0].Annots)[1:]:
        one.StructParent = int(one.StructParent) + 1
    for page in list(pdf.pages)[1:]:
        page.StructParents = int(page.StructParents) + 1
    tree[int(other.StructParent)] = part
    pdf.pages[0].Annots.insert(1, other)
    part.K = pikepdf.Array([part.K]) if isinstance(part.K, pikepdf.Dictionary) else part.K
    framed = next(one for one in part.K if isinstance(one, pikepdf.Dictionary) and "/Obj" in one)
    part.K.append(pikepdf.Dictionary(Type=framed.Type, Obj=other, Pg=framed.Pg))


@pytest.mark.parametrize(
    "differ", [other_pixels, other_numbers_of_heads, other_names, a_link_in_two_frames]
)
def test_prints_that_differ_as_those_of_chromium_do_are_finished_alike(tmp_path, good, differ):
    files = []
    for name, change in (("one", lambda pdf: None), ("other", differ)):
        with pikepdf.open(good.with_name("print.pdf")) as pdf:
            for page in pdf.pages:
                page.contents_coalesce()
            change(pdf)
            pdf.save(tmp_path / f"{name}-print.pdf", static_id=True)
        files += [tmp_path / f"{name}-print.pdf", tmp_path / f"{name}.pdf"]
        finish(*files[-2:], title="A book", facts=FACTS, headings=HEADINGS)
    prints, finished = files[::2], files[1::2]
    assert prints[0].read_bytes() != prints[1].read_bytes()
    assert finished[0].read_bytes() == finished[1].read_bytes()


def test_frames_with_a_gap_and_those_of_two_links_stay(tmp_path, good):
    with pikepdf.open(good.with_name("print.pdf")) as pdf:
        a_link_in_two_frames(pdf)
        pdf.pages[0].Annots[1].Rect[0] += 3
        settle(pdf)
        assert len(pdf.pages[0].Annots) == 3
    twins = '<p><a href="#two">Tw</a><a href="#two">o</a></p>'
    with pikepdf.open(printed(tmp_path, PAGE.replace("<p>MORE</p>", twins))) as pdf:
        left, right = pdf.pages[2].Annots
        assert left.Rect[2] == right.Rect[0]


def test_a_heading_that_no_link_leads_to_is_named(tmp_path):
    with pytest.raises(ValueError, match="the first being 'two'"):
        printed(tmp_path, PAGE.replace('<a href="#two">Two</a>', ""))


def test_sheets_are_counted_from_the_first(tmp_path, good):
    assert sheets_of(good, HEADINGS) == {"one": 2, "two": 3}


def test_a_heading_that_is_not_on_its_sheet_is_found(good):
    sheets, numbers = pdf_checks.words(good), sheets_of(good, HEADINGS)
    assert list(pdf_checks.of_places(sheets, HEADINGS, numbers)) == []
    early = {**numbers, "two": numbers["two"] - 1}
    assert list(pdf_checks.of_places(sheets, HEADINGS, early)) == [
        "sheet 2: expected the heading 'Two', which is not there"
    ]
    drawn = html.fromstring("<span>Tw<span class='katex'>o</span></span>")
    formula = HEADINGS[1]._replace(title=drawn)
    assert list(pdf_checks.of_places(sheets, [formula], early)) == []


def test_a_picture_and_a_formula_without_words_are_found(tmp_path, good):
    with pikepdf.open(good, allow_overwriting_input=False) as pdf:
        for one in parts(pdf.Root.StructTreeRoot):
            if one.S == "/Figure":
                one.Alt = pikepdf.String(" ")
            if one.S == "/Formula":
                one.Alt = pikepdf.String(f"{FORMULA}x")
        found = list(pdf_checks.of_tags(pdf))
        assert [one.partition(" (")[0] for one in found] == ["a formula", "a picture"]
        del pdf.Root.MarkInfo
        assert "no tags" in next(pdf_checks.of_tags(pdf))


def test_another_bookmark_a_link_to_nowhere_and_one_to_a_file_are_found(good):
    with pikepdf.open(good) as pdf:
        assert "expected 1 bookmarks" in next(pdf_checks.of_bookmarks(pdf, HEADINGS[:1]))
        links = pdf.pages[0].Annots
        links[0].Dest = pikepdf.Name("/lost")
        del links[1].Dest
        links[1].A = pikepdf.Dictionary(URI=pikepdf.String("file:///elsewhere/page.html"))
        found = list(pdf_checks.of_links(pdf))
    assert "a link to /lost" in found[0]
    assert "a link to file:///elsewhere/page.html" in found[1]


def test_the_date_of_the_clock_is_found(good):
    with pikepdf.open(good.with_name("print.pdf")) as pdf:
        found = list(pdf_checks.of_dates(pdf, "D:20260102030405Z"))
    assert len(found) == 2


def test_words_too_near_the_edge_of_a_sheet_are_found(tmp_path):
    made = printed(tmp_path, PAGE.replace("margin: 20mm 21mm 18mm", "margin: 20mm 21mm 18mm 16mm"))
    found = list(pdf_checks.of_words(pdf_checks.words(made), 595))
    assert [one for one in found if one.startswith("sheet 2: 'One' stands from 45 to")]
    assert {one.partition(":")[0] for one in found} == {"sheet 1", "sheet 2", "sheet 3"}


@pytest.mark.parametrize("frame", ["overflow: hidden; width: 99mm", "position: absolute"])
def test_a_line_of_code_that_is_cut_is_found(tmp_path, frame):
    whole, cut = "for sheep in flock:", f"    count({', '.join(map(str, range(90)))})"
    lines = f'<pre>{whole}</pre><div style="{frame}"><pre>{cut}</pre></div>'
    made = printed(tmp_path, PAGE.replace("<p>MORE</p>", lines))
    found = list(pdf_checks.of_code(pdf_checks.standing(made), [whole, cut]))
    assert len(found) == 1
    assert "'count(0, 1, 2" in found[0]


def test_a_line_for_which_all_letters_are_shrunk_is_found(tmp_path):
    line = f"<pre>{'x' * 120}</pre>"
    made = printed(tmp_path, PAGE.replace("<p>MORE</p>", line))
    sheets = pdf_checks.words(made)
    assert list(pdf_checks.of_words(sheets, 595)) == []
    assert "the letters have 0." in next(pdf_checks.of_scale(sheets, "Version 1.0"))
    assert "on the title page" in next(pdf_checks.of_scale(sheets, "2 January 2026"))


def test_a_sheet_without_its_head_or_its_number_is_found(tmp_path):
    headless = printed(tmp_path, PAGE.replace('content: "A book"', "content: none"))
    found = list(pdf_checks.of_edges(pdf_checks.words(headless), "A book"))
    assert [one.partition(": ")[0] for one in found] == ["sheet 2", "sheet 3"]
    unnumbered = printed(tmp_path, PAGE.replace("content: counter(page)", 'content: "3"'))
    found = list(pdf_checks.of_edges(pdf_checks.words(unnumbered), "A book"))
    assert found == ["sheet 2: expected its number at its foot; got '3'"]


def test_empty_sheets_are_found_but_for_the_first(tmp_path):
    made = printed(tmp_path, PAGE.replace('<div class="full"></div>', ""))
    used = pdf_checks.fullness(made)
    assert len(used) == 3
    assert max(used) < 0.2
    assert "got 3 of 21: 2, 3, 21" in next(pdf_checks.of_empty_sheets([*used, *[1.0] * 17, 0.4]))
    assert list(pdf_checks.of_empty_sheets([*used, *[1.0] * 18])) == []


def test_too_long_and_too_heavy_are_found():
    assert list(pdf_checks.of_size(24_999_999)) == []
    assert "got 25.0" in next(pdf_checks.of_size(25_000_000))
    assert list(pdf_checks.of_length(28, 2)) == []
    assert "got 29 for 2" in next(pdf_checks.of_length(29, 2))


def test_a_faulty_part_leaves_the_last_good_one(tmp_path, written_book, monkeypatch):
    project = Project(written_book.root)
    every = pdf.printed_parts(project)
    document: Document = pdf.document_of(project, every, every[0])
    target = tmp_path / "part.pdf"
    target.write_bytes(b"the last good one")
    monkeypatch.setattr(pdf_checks, "HEAVIEST", 1)
    assert "MB" in pdf.make_part(document, target, tmp_path / "made")[0]
    assert target.read_bytes() == b"the last good one"


def test_a_part_that_there_is_not_is_refused_with_those_that_there_are(written_book, capsys):
    assert pdf.make(Project(written_book.root), ["middle"]) == 2
    assert "the parts are first-steps, at-the-back" in capsys.readouterr().err


def test_what_the_settings_leave_to_the_site_is_not_printed(written_book, monkeypatch):
    monkeypatch.setattr(Project, "own", {"unprinted": ["back"]})
    kept = pdf.printed_parts(Project(written_book.root))
    assert [part.caption for part in kept] == ["First steps"]


def test_without_chromium_or_poppler_it_says_what_to_install(tmp_path, monkeypatch, good):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(pdf_printing.CHROMIUM, raising=False)
    with pytest.raises(RuntimeError, match="apt install chromium"):
        print_to(tmp_path / "print.pdf", good)
    with pytest.raises(RuntimeError, match="apt install poppler-utils"):
        pdf_checks.words(good)
