"""What a page and a test depend on."""

from __future__ import annotations

import pytest

from bookkeeping.check.claims import gather_claims
from bookkeeping.project import Project
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.notebooks import cell_lines, declared_data, parse_page, sources
from small_book import FILES, REPOSITORY, SmallBook


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    """A project whose package no other test imports, since Python remembers packages."""
    for name in ("BOOKKEEPING_BUILD", "BOOKKEEPING_LOCK"):
        monkeypatch.delenv(name, raising=False)
    book = SmallBook(tmp_path / "book")
    for name, text in FILES.items():
        book.write(name.replace("toy", tmp_path.name), text.replace("toy", tmp_path.name))
    book.write(f"src/{tmp_path.name}/lonely.py", "")
    monkeypatch.syspath_prepend(str(book.root / "src"))
    return Project(book.root)


def key(project: Project, text: str) -> str:
    package = project.packages[0]
    notebook, freshness = parse_page(text.replace("toy", package)), Freshness(project)
    cells = sources(notebook)
    return freshness.key(cells, freshness.page_files(cells, declared_data(notebook)))


CODE = "```{code-cell} python\nfrom toy.doubling import double\n```\n"


def changes(project: Project, file: str, text: str = CODE) -> bool:
    """Whether an edit of this file changes the key of a page."""
    before = key(project, text)
    path = project.root / file.replace("toy", project.packages[0])
    path.write_text(path.read_text() + "\n# edited\n")
    return key(project, text) != before


def test_a_page_depends_on_what_it_imports_and_on_what_that_imports(project):
    assert changes(project, "src/toy/doubling.py")
    assert changes(project, "src/toy/adding.py")
    assert changes(project, "src/toy/__init__.py")
    assert not changes(project, "src/toy/lonely.py")
    assert not changes(project, "src/toy/formulas.py")


def test_a_page_depends_on_what_checks_its_figures(project):
    assert changes(project, "src/toy/looks.py")
    assert changes(project, "src/toy/looks.py", "```{code-cell} python\n1 + 1\n```\n")


def test_a_page_depends_on_the_lock_and_the_data_it_declares(project):
    assert changes(project, "requirements/book.txt")
    assert not changes(project, "data/numbers.txt")
    assert changes(project, "data/numbers.txt", f"---\ndata: data/numbers.txt\n---\n{CODE}")


def test_a_page_depends_on_its_code_and_not_on_its_words(project):
    words = f"---\ntitle: A\n---\n# A\n\n{CODE}"
    assert key(project, CODE) == key(project, words)
    tagged = CODE.replace("python\n", "python\n:tags: [hide-input]\n")
    assert key(project, CODE) == key(project, tagged)
    assert key(project, CODE) != key(project, CODE.replace("double\n", "double as d\n"))


def test_imports_for_type_checkers_do_not_count(project):
    package = project.packages[0]
    path = project.root / "src" / package / "doubling.py"
    guarded = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {package}.lonely\n"
    path.write_text(guarded + path.read_text())
    assert not changes(project, "src/toy/lonely.py")


def test_declared_data_may_be_one_name_or_many():
    assert declared_data(parse_page("---\ndata: ./a//b.txt\n---\n")) == ["a/b.txt"]
    assert declared_data(parse_page("---\ndata: [a, b]\n---\n")) == ["a", "b"]
    assert declared_data(parse_page("# A\n")) == []


def test_the_same_page_is_the_same_notebook_and_its_lines_are_right():
    text = f"# A\n\n{CODE}\n\n```{{code-cell}} python\n:tags: [hide-input]\n\n1\n```\n"
    text += "\n```{code-cell} python\n\n\n2\n```\n"  # IPython does not count the blank lines
    notebook = parse_page(text)
    assert notebook == parse_page(text)
    assert [text.splitlines()[n - 1] for n in cell_lines(text, notebook)] == [
        "from toy.doubling import double", "1", "2",
    ]  # fmt: skip


def test_a_test_that_only_reads_an_attribute_claims_nothing(project, monkeypatch):
    """Its file is taken for one with the mark, and may be the only one that has to be run."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "src"))
    (file,) = project.tests.glob("test_*.py")
    file.write_text(
        "def test_of_an_attribute(shown):\n    assert shown.equation\n",
        encoding="utf-8",
    )
    said = []
    claims, _ = gather_claims(project, said.append)
    assert claims == []
    assert len(said) == 1
    assert said[0].startswith("evidence: 1 test files, 1 run")
