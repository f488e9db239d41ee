"""Each broken promise stops the book with one message that names the page and the line."""

from __future__ import annotations

import re

import pytest

from broken_pages import (
    FAULTS_READ,
    FAULTS_RUN,
    FAULTS_SEEN,
    READ,
    RUN,
    SEEN,
    Fault,
    faulty_line,
)
from small_book import Built, SmallBook
from test_steps import PAGE as SWEEP


def complaint(book: SmallBook, fault: Fault) -> str:
    return f"{fault.file}:{faulty_line(book.read(fault.file), fault)}: "


def is_told(book: SmallBook, fault: Fault, built: Built) -> bool:
    """Whether exactly one message names this fault's page and line, and says what it is."""
    start = complaint(book, fault)
    told = [text for text in built.complaints if text.startswith(start) and fault.says in text]
    return len(told) == 1


@pytest.mark.parametrize(
    ("files", "faults"),
    [
        pytest.param(SEEN, FAULTS_SEEN, id="pages that show what they must not"),
        pytest.param(RUN, FAULTS_RUN, id="pages that do not run"),
        pytest.param(READ, FAULTS_READ, id="pages that cannot be read"),
    ],
)
def test_every_fault_of_a_broken_book_is_told_with_page_and_line(tmp_path, files, faults):
    book = SmallBook(tmp_path / "book")
    book.write_all()
    book.add(files)
    book.write("_build/html/index.html", "the last good one")
    first, second = book.build(), book.build()
    assert [fault for fault in faults if not is_told(book, fault, first)] == [], first.output
    assert len(first.complaints) == len(faults), first.output
    assert (first.status, second.status) == (1, 1)
    assert second.complaints == first.complaints
    assert book.page("index") == "the last good one"
    assert "The last good one is still in" in first.output
    assert "sphinx-err" not in first.output
    assert "\x1b" not in first.output


LIBRARY = """\
import pytest


@pytest.mark.library("list-counts")
def test_a_list_counts():
    assert [2].count(2) == 1
"""


SQUARE = """
:::{correction} A square is no double
:name: square-and-double
Often said
: this

What is right
: that

Shown by
: {eq}`doubling`
:::
"""


def one_fault(book: SmallBook, name: str) -> Fault:
    """Break one promise in a book that keeps all others."""
    if name == "an unlabelled equation":
        book.edit("book/counting.md", "$$ (doubling)", "$$")
        book.edit("book/counting.md", " and {eq}`doubling` says why", "")
        book.edit("book/counting.md", ": {eq}`doubling`", ": {doc}`index`")
        book.write("tests/test_toy.py", book.read("tests/test_toy.py").replace(
            '@pytest.mark.equation("doubling")\n', ""))  # fmt: skip
        return Fault("book/counting.md", "$$ d(x)", "a displayed equation without a label")
    if name == "a label nobody claims":
        book.edit("book/adding.md", ":definition: Peano\n", "")
        return Fault("book/adding.md", ":label: zero", "no test claims the equation 'zero'", True)
    if name == "a claim that fails":
        book.edit("tests/oracle.py", "2 * number", "2 * number + 1")
        return Fault("book/counting.md", "$$ d(x)", "the claim for 'doubling' fails")
    if name == "a claim for a label that does not exist":
        claim = '@pytest.mark.equation("some")\ndef test_some(evidence):\n    pass\n'
        book.write("tests/test_toy.py", book.read("tests/test_toy.py") + "\n\n" + claim)
        return Fault("tests/test_toy.py", '"some")', "a test claims the equation 'some', which no")
    if name == "a step whose equation nobody evaluated":
        book.add({"book/sweep.md": SWEEP.replace("d(3) = 3+3", "d(3) = 2 + 3")})
        return Fault("book/sweep.md", "name: fig-sweep", "no test has evaluated the equation", True)
    if name == "one subscript in dollars":
        book.edit("book/counting.md", "d(x) = x + x", "d(x) = x + x_1")
        return Fault("book/counting.md", "$$ d(x)", "the letter 'x' with these marks (x _{1})")
    if name == "a wrong factor":
        book.edit("book/counting.md", "d(x) = x + x", "d(x) = x + 2 x")
        return Fault("book/counting.md", "$$ d(x)", "both sides differ by 0.333")
    if name == "TeX that the language lacks":
        book.edit("book/counting.md", "d(x) = x + x", r"d(x) = x \oplus x")
        return Fault(
            "book/counting.md", "$$ d(x)", "book/counting.md:29:10: doubling: no formula of"
        )
    if name == "TeX that ends too early":
        book.edit("book/counting.md", "d(x) = x + x", "d(x) = x +")
        return Fault("book/counting.md", "$$ d(x)", "found 'the end of the formula'")
    if name == "a letter without a value":
        book.edit("tests/test_toy.py", '"d": oracle.twice, "x": x', '"d": oracle.twice')
        return Fault("book/counting.md", "$$ d(x)", "the letter 'x' has no value")
    if name == "a value without a letter":
        book.edit("book/counting.md", "d(x) = x + x", "x + x = 2 x")
        return Fault("book/counting.md", "$$ x + x", "the test gives values for d, which the")
    if name == "a shape that does not fit":
        book.edit("tests/test_toy.py", '"x": x}', '"x": [x, x]}')
        return Fault("book/counting.md", "$$ d(x)", "the value of 'x': expected a number")
    if name == "a relation that holds at the tested size":
        book.edit("tests/test_toy.py", "(3, 5)", "(2,)")
        book.edit("book/counting.md", "d(x) = x + x", "d(x) = x x")
        return Fault("book/counting.md", "$$ d(x)", "the letter 'x' of 'doubling' was tried at one")
    if name == "a kind that no letter has":
        book.edit("book/notation.yml", "x: number", "x: nothing")
        return Fault("book/counting.md", "$$ d(x)", "notation.yml, for the page counting: 'x' is")
    if name == "a notation box on a page without a section":
        book.edit("book/index.md", "# A small book\n", "# A small book\n\n```{notation-box}\n```\n")
        return Fault("book/index.md", "{notation-box}", "no section of notation.yml lists")
    if name == "a section for a page that does not exist":
        book.edit("book/notation.yml", "pages: [counting]", "pages: [counting, subtracting]")
        return Fault("book/notation.yml", "pages: [counting", "lists the page subtracting")
    if name == "one subscript in a directive":
        book.edit("book/adding.md", "s = a + b", "s_m = a + b")
        return Fault("book/adding.md", ":label: sum", "the letter 's' with these marks", True)
    if name == "TeX that KaTeX cannot read":
        book.edit("book/adding.md", "z = 0", r"z = \frac{0")
        return Fault("book/adding.md", ":label: zero", "KaTeX cannot read this", True)
    if name == "no alternative text":
        book.edit("book/counting.md", "    alt: A square with equal sides.", "    width: 20px")
        return Fault("book/counting.md", "name: fig-square", "without alternative text", True)
    if name == "a decimal in prose":
        book.edit("book/counting.md", "there is one square", "there is 0.5 square")
        return Fault("book/counting.md", "there is 0.5", "the decimal 0.5 is typed into prose")
    if name == "a statement about a library that no test runs":
        book.edit("book/counting.md", "says why.", "says why.{tried}`list-counts`")
        return Fault("book/counting.md", "says why.", "no test runs the statement about a library")
    if name == "a test of a statement about a library that no page makes":
        book.write("tests/libraries/test_list.py", LIBRARY)
        return Fault("tests/libraries/test_list.py", "mark", "about a library 'list-counts', which")
    if name == "two statements about libraries of one name":
        book.write("tests/libraries/test_list.py", LIBRARY)
        book.edit("book/counting.md", "says why.", "says why.{tried}`list-counts`")
        book.edit("book/index.md", "began it.", "began it.{tried}`list-counts`")
        return Fault("book/counting.md", "says why.", "in book/index.md:5 already")
    if name == "a mark of a library on no test":
        book.write("tests/libraries/test_list.py", LIBRARY.replace("def test", "def no_test"))
        book.edit("book/counting.md", "says why.", "says why.{tried}`list-counts`")
        return Fault("tests/libraries/test_list.py", "mark", "stands on no test")
    if name == "two corrections of one name":
        for page in ("adding", "counting"):
            book.write(f"book/{page}.md", book.read(f"book/{page}.md") + SQUARE)
        return Fault("book/adding.md", "{correction}", "page counting already; tell it once")
    if name == "a cell that raises":
        book.edit("book/adding.md", "sum(int", "1 / 0\nsum(int")
        return Fault("book/adding.md", "1 / 0", "a cell raised ZeroDivisionError")
    if name == "a nested cell":
        book.edit(
            "book/adding.md", "```{math}\n:label: sum",
            "- x\n\n  ```{code-cell} python\n  1\n  ```\n\n```{math}\n:label: sum",
        )  # fmt: skip
        return Fault("book/adding.md", "  ```{code-cell}", "it is nested")
    book.edit("book/counting.md", "{numref}`fig-square`", "{numref}`fig-circle`")
    return Fault("book/counting.md", "fig-circle", "undefined label: 'fig-circle'")


@pytest.mark.parametrize(
    "name",
    [
        "an unlabelled equation", "a label nobody claims", "a claim that fails",
        "a claim for a label that does not exist", "a step whose equation nobody evaluated",
        "one subscript in dollars",
        "one subscript in a directive",
        "a wrong factor", "TeX that the language lacks", "TeX that ends too early",
        "a letter without a value", "a value without a letter", "a shape that does not fit",
        "a relation that holds at the tested size", "a kind that no letter has",
        "a notation box on a page without a section", "a section for a page that does not exist",
        "TeX that KaTeX cannot read", "no alternative text", "a decimal in prose",
        "two corrections of one name",
        "a statement about a library that no test runs",
        "a test of a statement about a library that no page makes",
        "two statements about libraries of one name",
        "a cell that raises", "a nested cell", "a reference to nothing",
    ],
)  # fmt: skip
def test_one_fault_alone_stops_a_good_book(small_book, name):
    fault = one_fault(small_book, name)
    before = small_book.site()
    first = small_book.build()
    assert first.status == 1, first.output
    assert is_told(small_book, fault, first), first.output
    assert len(first.complaints) == 1, first.output
    second = small_book.build()
    assert second.status == 1
    assert second.complaints == first.complaints
    assert small_book.site() == before


def test_a_cell_that_raises_shows_its_own_traceback_once(small_book):
    small_book.edit("book/adding.md", "sum(int", "1 / 0\nsum(int")
    built = small_book.build()
    assert len(re.findall(r"^-+> 3 1 / 0$", built.output, re.M)) == 1, built.output
    assert built.output.count("ZeroDivisionError") == 3  # the message, and both ends of a traceback


def test_tests_that_cannot_be_collected_are_shown(small_book):
    small_book.edit(
        "tests/test_toy.py", "import oracle\n", "import oracle\nimport no_such_module\n"
    )
    built = small_book.build()
    assert built.status == 1
    assert "tests/test_toy.py:2: in <module>" in built.output
    assert "No module named 'no_such_module'" in built.output
    assert "sphinx-err" not in built.output


LABELS = """\
# Labels

$$ a = b $$ (α)

$$ a = b $$ (größe)

$$ a = b $$ (Sum)

$$
a = b
$$ (loss-1)

```{math}
:label: loss_1
:definition: mine
a = b
```

$$ a = b $$ (1-loss)
"""


def test_labels_that_make_one_address_or_none_are_named_with_all_places(small_book):
    small_book.add({"book/labels.md": LABELS})
    small_book.write("book/left-out.md", "# Left out\n\n$$ a = b $$ (sum_)\n")
    first = small_book.build()
    assert first.complaints == [
        "book/labels.md:3: the label 'α' makes no address, which consists of the letters a to z "
        "and digits; write it with some",
        "book/labels.md:7: the labels 'sum' (book/adding.md:15) and 'Sum' make one address; rename "
        "one",
        "book/labels.md:16: the labels 'loss-1' (book/labels.md:9) and 'loss_1' make one address; "
        "rename one",
    ], first.output


def test_a_page_of_the_toc_that_is_not_there_is_named(small_book):
    small_book.edit("_toc.yml", "file: adding", "file: subtracting")
    built = small_book.build()
    assert built.status == 1
    assert "subtracting" in built.output


UNKNOWN = {
    "book/more/extra.md": "# Extra\n\n```{code-cell} python\n2 + 2\n```\n",
    "book/old.ipynb": """\
{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
 {"cell_type": "code", "id": "a", "metadata": {}, "source": "print(2 + 2)", "execution_count": 1,
  "outputs": [{"output_type": "stream", "name": "stdout", "text": "5"}]}]}
""",
    "book/rest.rst": "Rest\n====\n\n.. math:: a = 5\n",
    "book/stray.md": "# Stray\n\n$$ a = 5 $$ (stray)\n",
}


@pytest.mark.parametrize("everything", [False, True])
def test_documents_that_nobody_would_run_or_check_are_refused_by_name(small_book, everything):
    for name, text in UNKNOWN.items():
        small_book.write(name, text)
    named = "  - file: old\n  - file: rest\n  - glob: more/*\n"
    small_book.write("_toc.yml", small_book.read("_toc.yml") + named)
    if everything:
        small_book.edit("_config.yml", "execute:", "only_build_toc_files: false\nexecute:")
    built = small_book.build()
    assert built.status == 1
    assert built.executed == set()
    found = ["more/extra.md:1: only pages that _toc.yml names", "old.ipynb:1: only pages in MyST"]
    found += ["rest.rst:1: only pages in MyST"]
    found += ["stray.md:1: only pages that _toc.yml names"] if everything else []
    assert len(built.complaints) == len(found), built.output
    for told, wanted in zip(built.complaints, found, strict=True):
        assert told.startswith(f"book/{wanted}")


NOT_UTF8 = "\nGr\udcf6\udcdfer\n"  # saved in Latin-1


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("book/adding.md", "# Adding\n", f"# Adding\n{NOT_UTF8}", ":6: not utf-8 (the byte 0xf6)"),
        ("book/notation.yml", "pages: [counting]", "pages: counting", ":2: [0].pages: "),
        ("book/references.bib", "title = {A", "title = A", ":1: not BibTeX: "),
        ("book/references.bib", "Bocca", NOT_UTF8, ":2: not utf-8 (the byte 0xf6)"),
        ("src/toy/adding.py", "return", "return return", ":2: not Python: invalid syntax"),
        ("src/toy/formulas.py", "return", f"# {NOT_UTF8}", ":3: not utf-8 (the byte 0xf6)"),
        ("tests/test_toy.py", "(3, 5):", "(3, 5)", ":9: not Python: expected ':'"),
        ("_toc.yml", "file: adding", "file: 404", ":5: chapters[1].file: 404 is not a text"),
        ("_config.yml", "packages: [toy]", "packages: [tooy]", ":7: there is no package"),
        ("_config.yml", "timeout: 60", "timeout: [60", ":5: not YAML"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told_and_nothing_else(small_book, file, old, new, told):
    text = small_book.read(file)
    assert text.count(old) == 1
    content = text.replace(old, new).encode(errors="surrogateescape")
    (small_book.root / file).write_bytes(content)
    before = small_book.site()
    built = small_book.build()
    assert built.status == 1
    assert f"{file}{told}" in built.output
    assert "Traceback" not in built.output
    assert "sphinx-err" not in built.output
    assert small_book.site() == before
