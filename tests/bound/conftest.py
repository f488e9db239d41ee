from __future__ import annotations

import sys
from pathlib import Path

import pytest

# A small book is built, as in the tests of the site.
sys.path.insert(0, str(Path(__file__).parents[1] / "bookkeeping"))

import every_kind
from small_book import SmallBook


@pytest.fixture(scope="session")
def written_book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """A book with one of each kind of thing, built once; nothing of it is edited."""
    book = SmallBook(tmp_path_factory.mktemp("written") / "book")
    book.write_all(every_kind.FILES)
    built = book.build()
    assert built.status == 0, built.output
    return book
