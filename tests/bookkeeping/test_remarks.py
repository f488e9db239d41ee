"""Statements about libraries: each passage of a page has its test, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

import bookkeeping
from bookkeeping.check import remarks
from bookkeeping.project import Project
from bookkeeping.texts import PageError
from small_book import SmallBook

PAGE = """\
# Adding

A list counts.{tried}`list-counts`
So does a tuple, and ``{tried}`shown` `` is how to say so.{tried}`tuple-counts`

```{math}
s
```

```{code-cell} python
"{tried}`in-a-cell`"
```

```python
"{tried}`in-code`"
```
"""
TESTS = """\
import pytest
from pytest import mark


@pytest.mark.library("list-counts")
@pytest.mark.library("tuple-counts")
@pytest.mark.parametrize("kind", [list, tuple])
def test_counts(kind):
    assert kind([2]).count(2) == 1
"""


@pytest.fixture
def book(tmp_path) -> SmallBook:
    book = SmallBook(tmp_path)
    book.write_all()
    book.write("book/adding.md", PAGE)
    book.write("tests/libraries/test_counts.py", TESTS)
    return book


def test_each_passage_has_its_test_and_each_test_its_passage(book):
    project = Project(book.root)
    remarks.check(project)
    assert remarks.passages(project) == [
        ("list-counts", "book/adding.md", 3),
        ("tuple-counts", "book/adding.md", 4),
    ]
    found, faults = remarks.tests(project)
    assert [place[:2] for place in found] == [
        ("list-counts", "tests/libraries/test_counts.py"),
        ("tuple-counts", "tests/libraries/test_counts.py"),
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("book/adding.md", "list-counts", "list-count", "book/adding.md:3: no test runs the"),
        ("book/adding.md", "list-counts", "List counts", "book/adding.md:3: the name 'List c"),
        ("book/adding.md", "list-counts", "tuple-counts", "book/adding.md:4: 'tuple-counts' names"),
        ("book/adding.md", "{tried}`list-counts`", "", "test_counts.py:5: a test runs the"),
        ("tests/libraries/test_counts.py", "def test_", "def try_", ":5: the mark library stands"),
        ("tests/libraries/test_counts.py", '"list-counts"', "NAME", ":5: the mark library takes"),
    ],
)
def test_what_has_no_partner_is_told_with_its_line(book, file, old, new, told):
    book.edit(file, old, new)
    with pytest.raises(PageError) as error:
        remarks.check(Project(book.root))
    assert told in str(error.value)


def test_a_statement_shows_nothing_and_is_counted(small_book):
    before = small_book.page("counting")
    small_book.write("tests/libraries/test_counts.py", TESTS.replace("tuple-", "more-"))
    small_book.edit("book/counting.md", "says why.", "says why.{tried}`list-counts`")
    small_book.edit("book/counting.md", "to look at.", "to look at.{tried}`more-counts`")
    built = small_book.build()
    assert built.status == 0, built.output
    assert said(small_book.page("counting")) == said(before)
    assert "counting.md: 2" in small_book.page("back/build-report")
    notebook = str(small_book.notebook("counting"))
    assert "says why." in notebook
    assert "tried" not in notebook
    assert "-counts" not in notebook


def said(page: str) -> str:
    """Return a page without its foot, which tells of the last commit."""
    return page.partition('class="provenance"')[0]


PASSED_OVER = """\
import pytest


@pytest.mark.library("one")
def test_good():
    pass


@pytest.mark.library("two")
@pytest.mark.skip
def test_skipped():
    pass


@pytest.mark.library("three")
@pytest.mark.xfail
def test_excused():
    assert False


@pytest.mark.library("four")
def test_leaves():
    pytest.importorskip("no_such_library")


@pytest.mark.skip
def test_of_nothing():
    pass
"""


def test_no_test_of_a_statement_is_passed_over(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(bookkeeping.__file__).parents[1]))
    pytester.makepyfile(PASSED_OVER)
    pytester.makeini("[pytest]\naddopts = -p bookkeeping.check.pytest_plugin --strict-markers\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] == 1
    assert outcomes["skipped"] == 1
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 3
