from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import every_kind
from edited_book import EditedBook, Nothing
from small_book import SmallBook


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built book and a copy of it to come back to."""
    folder = tmp_path_factory.mktemp("small")
    book = SmallBook(folder / "book")
    book.write_all()
    built = book.build_by_command()
    assert built.status == 0, built.output
    shutil.copytree(book.root, folder / "as-built", symlinks=True)
    return folder


@pytest.fixture
def small_book(built_once: Path) -> Iterator[SmallBook]:
    """A small book, built; it always stands in the same folder, since Sphinx remembers which."""
    root = built_once / "book"
    shutil.rmtree(root)
    shutil.copytree(built_once / "as-built", root, symlinks=True)
    return SmallBook(root)


@pytest.fixture(scope="session")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Nothing:
    """Where books are built from nothing."""
    return Nothing(tmp_path_factory.mktemp("nothing"))


@pytest.fixture(scope="session")
def begin_again(
    tmp_path_factory: pytest.TempPathFactory, nothing: Nothing
) -> Callable[[], EditedBook]:
    """Return what brings a book with one of each kind of thing back to how it was first built."""
    folder = tmp_path_factory.mktemp("edited")
    book = EditedBook(folder / "book")
    book.write_all(every_kind.FILES)
    built = book.build()
    assert built.status == 0, built.output
    nothing.know(book)
    shutil.copytree(book.root, folder / "as-built", symlinks=True)

    def begin() -> EditedBook:
        shutil.rmtree(folder / "book", ignore_errors=True)
        shutil.copytree(folder / "as-built", folder / "book", symlinks=True)
        return EditedBook(folder / "book")

    return begin
