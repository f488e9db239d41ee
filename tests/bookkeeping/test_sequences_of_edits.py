"""After any edits, in any order, the book is the one that a build from nothing would make.

A sequence is a list of edits (`edits.py`) of a book with one of each kind of thing
(`every_kind.py`). After each of them the site, byte for byte, and the exit status are those of a
build from nothing of the same sources; an edit that stops the build is then taken back. Any twelve
sequences in a row hold every kind of edit: that of number ``n`` has every twelfth of the deck, from
the ``n``-th on, in an order and with choices that hypothesis draws from the seed ``n``. More are
tried by hand:

    UNROLLED_SEQUENCES=1000-1199 nox -s tests -- tests/bookkeeping/test_sequences_of_edits.py

There a sequence that fails is made as small as it gets, to be kept in `KEPT`.
"""

from __future__ import annotations

import difflib
import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bookkeeping.site.again import differences
from edited_book import BY_HAND, numbers
from edits import DECK, UNWATCHED, Edit, Files

DOZEN = 12
TOLD = 5  # of the files that differ
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="builds in copies of this process")

# Sequences that once led to another book than a build from nothing makes.
KEPT: dict[str, list[Edit]] = {
    "a bibliography with the date of the one before": [Edit("bibliography", 392, "as before")],
    "a title in the table, for a page whose place an older table had changed": [
        Edit("two pages swapped", 1, "long ago"),
        Edit("title in the table", 929122, "now"),
    ],
    "entries of the search, of a page that is no more": [
        Edit("value on another page", 258, "long ago"),
        Edit("a page deleted", 4919, "now"),
    ],
    "a title in a sidebar that the theme made of another page's": [
        Edit("title of a page", 1, "now"),
    ],
    "values that another page pastes": [
        Edit("value on another page", 0),
        Edit("value on another page", 1),
    ],
    "a term that another page uses": [Edit("term", 4)],
}


def changes(edit: Edit, before: Files, after: Files) -> str:
    """Say what an edit did to the sources."""
    lines = [f"\nAfter {edit}:"]
    for name in sorted(before.keys() | after.keys()):
        old, new = (files.get(name, "").splitlines() for files in (before, after))
        lines += difflib.unified_diff(old, new, f"old {name}", f"new {name}", n=0, lineterm="")
    return "\n".join(lines)


def follow(edits, begin_again, nothing):
    """Carry out the edits one by one; the book must be that of a build from nothing each time."""
    book = begin_again()
    standing = book.site()

    def builds_as_from_nothing(told):
        nonlocal standing
        built, wanted = book.build(), nothing.made_of(book)
        assert built.status == wanted.status, (
            f"{told}\n\nThe build came to {built.status}:\n{built.output}\n"
            f"From nothing it comes to {wanted.status}:\n{wanted.output}"
        )
        if wanted.status == 0:
            standing = wanted.site
        differ = differences(book.site(), standing)
        assert not differ, "\n".join([told, "", f"{len(differ)} files differ:", *differ[:TOLD]])
        return wanted.status == 0

    for edit in edits:
        before = book.files
        book.do(edit)
        told = changes(edit, before, book.files)
        stands = builds_as_from_nothing(told)
        assert not (stands and edit.kind in UNWATCHED), f"{told}\n\nThis has to stop the build."
        if not stands:
            book.put(before, edit.date)
            builds_as_from_nothing(f"{told}\n\nand back again:")


def sequences(number: int) -> st.SearchStrategy[list[Edit]]:
    """Return what draws the sequence of this number."""
    dates = st.sampled_from(["now", "long ago", "as before"])

    def of_these(kinds):
        edits = (st.builds(Edit, st.just(kind), st.integers(0, 2**20), dates) for kind in kinds)
        return st.tuples(*edits).map(list)

    order = st.permutations(DECK[number % DOZEN :: DOZEN])
    # Hypothesis begins with the simplest of all, which is the same whatever the seed.
    return st.integers(0, 1000).filter(bool).flatmap(lambda _: order.flatmap(of_these))


@pytest.mark.parametrize("number", numbers(DOZEN))
def test_every_edit_leads_to_the_book_that_a_build_from_nothing_makes(number, begin_again, nothing):
    @seed(number)
    @settings(
        max_examples=1,
        database=None,
        deadline=None,
        phases=[Phase.generate, *([Phase.shrink] if BY_HAND else [])],
        suppress_health_check=list(HealthCheck),
    )
    @given(sequences(number))
    def check(sequence):
        follow(sequence, begin_again, nothing)

    check()


@pytest.mark.parametrize("name", KEPT)
def test_what_once_failed(name, begin_again, nothing):
    follow(KEPT[name], begin_again, nothing)
