"""An edit of prose writes the page that was edited, however many listings the book has."""

from __future__ import annotations


def written(book):
    """Return when each page of the site was written."""
    html = book.root / "_build" / "staging" / "html"
    return {p.relative_to(html).as_posix(): p.stat().st_mtime_ns for p in html.rglob("*.html")}


def test_an_edit_of_prose_writes_no_listing_and_no_notebook(small_book):
    notebook = small_book.root / "_build/staging/html/_notebooks/counting.zip"
    small_book.edit("book/adding.md", "Adding", "Adding up")
    assert small_book.build().status == 0  # a title stands in every sidebar
    before, at = written(small_book), notebook.stat().st_mtime_ns
    small_book.write("book/adding.md", small_book.read("book/adding.md") + "\nOne more sentence.\n")
    built = small_book.build()
    assert built.status == 0, built.output
    after = written(small_book)
    new = {name for name, when in after.items() if before.get(name) != when}
    assert "adding.html" in new
    assert "counting.html" not in new
    listings = {name for name in after if name.startswith(("back/checks/", "evidence/"))}
    assert len(listings) > 1
    assert not listings & new
    assert notebook.stat().st_mtime_ns == at


def test_an_edit_of_a_test_writes_its_listings(small_book):
    before = written(small_book)
    small_book.edit("tests/test_toy.py", 'witness="counted"', 'witness="told on fingers"')
    assert small_book.build().status == 0
    new = {name for name, when in written(small_book).items() if before.get(name) != when}
    assert {"evidence/tests/test_toy.html", "back/checks/sum.html"} <= new
    assert "back/checks/doubling.html" not in new
