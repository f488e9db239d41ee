"""Files that are made twice are compared."""

import itertools
import os

import pytest

from bookkeeping.bound.twice import made_twice
from bookkeeping.project import Project


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_config.yml").write_text("title: Small Book\n", encoding="utf-8")
    (tmp_path / "_build").mkdir()
    return Project(tmp_path)


def maker(project, contents):
    """Return what writes the next of these contents into the EPUB and always the same PDF."""
    turns = iter(contents)

    def make():
        (project.build / "small-book.epub").write_bytes(next(turns))
        (project.build / "small-book-part.pdf").write_bytes(b"as ever")
        return 0

    return make


def test_the_same_bytes_pass_and_are_named(project, capsys):
    assert made_twice(project, maker(project, [b"one", b"one"])) == 0
    assert "small-book-part.pdf, small-book.epub" in capsys.readouterr().out


def test_a_file_that_was_there_before_is_not_said_to_be_made(project, capsys):
    old = project.build / "small-book-old.pdf"
    old.write_bytes(b"of another day")
    os.utime(old, (1, 1))
    assert made_twice(project, maker(project, [b"one", b"one"])) == 0
    assert "old" not in capsys.readouterr().out


def test_another_byte_is_told_by_the_name_of_its_file(project, capsys):
    assert made_twice(project, maker(project, [b"one", b"two"])) == 1
    told = capsys.readouterr()
    assert told.err == "small-book.epub: made twice, and not the same\n"
    assert not told.out


@pytest.mark.parametrize(("statuses", "ends"), [((2, 0), 2), ((0, 1), 1)])
def test_what_cannot_be_made_ends_it(project, statuses, ends):
    turns = itertools.chain(statuses)
    assert made_twice(project, lambda: next(turns)) == ends
