from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_book import SmallBook


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built book and a copy of it to come back to."""
    folder = tmp_path_factory.mktemp("small")
    book = SmallBook(folder / "book")
    book.write_all()
    built = book.build()
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
