"""The reference of a package: complete by itself, and read without what it must not import."""

from __future__ import annotations

import pytest

from bookkeeping.site.again import differences
from small_book import SmallBook, from_nothing

# A package that writes past Python when it is imported, as TensorFlow does, and one built on it.
LOUD = {
    "loud/__init__.py": """\
import os

os.write(2, b"loud speaks\\n")


class Voice:
    pass


def heard(kind):
    return kind
""",
    "toy/listening.py": 'import loud\n\n\n@loud.heard\nclass Ear(loud.Voice):\n    """An ear."""\n',
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    book = SmallBook(tmp_path_factory.mktemp("reference") / "book")
    book.write_all()
    book.add({"book/code.md": "# The code\n\n```{reference} toy\n```\n"})
    for name, text in LOUD.items():
        book.write(f"src/{name}", text)
    config = book.read("_config.yml")
    book.write("_config.yml", config + "    autodoc_mock_imports: [loud]\n")
    return book


@pytest.fixture(scope="module")
def built(book):
    built = book.build()
    assert built.status == 0, built.output
    return built


def test_every_module_has_a_section(book, built):
    page = book.page("code")
    for module in ("toy.adding", "toy.doubling", "toy.formulas", "toy.listening", "toy.looks"):
        assert f'<section id="module-{module}">' in page
    assert 'id="toy.listening.Ear"' in page
    assert 'href="_modules/toy/listening.html#Ear"' in page
    assert "loud" not in book.page("_modules/index")


def test_what_is_kept_out_says_nothing(book, built):
    assert "loud speaks" not in built.output


def test_a_page_keeps_nothing_of_sphinx(book, built):
    pickled = (book.root / "_build" / "staging" / "doctrees" / "code.doctree").read_bytes()
    assert b"toy.listening" in pickled
    assert b"BuildEnvironment" not in pickled


def test_a_new_module_appears_by_itself(book, built, tmp_path):
    assert "toy.halving" not in book.page("code")
    book.write("src/toy/halving.py", "def half(number):\n    return number / 2\n")
    assert book.build().status == 0
    assert 'id="toy.halving.half"' in book.page("code")
    assert differences(book.site(), from_nothing(book, tmp_path)) == []
