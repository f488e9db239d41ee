"""What the notebooks of this book ask of those who take them home."""

import ast
import tomllib
from pathlib import Path

import pytest

from bookkeeping.project import Project
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.for_readers import Cell, for_readers
from bookkeeping.run.notebooks import code_cells, parse_page
from bookkeeping.run.pages import Pages
from bookkeeping.site.pins import requirements

PROJECT = Project(Path(__file__).parents[1])
PAGES = {page.docname: page for page in Pages.of(PROJECT).with_code()}


def at_home(page):
    """Return the code of a page's notebook."""
    cells = code_cells(parse_page(page.text))
    return for_readers(Cell(c.source, frozenset(c.metadata.get("tags", []))) for c in cells)


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_needs_nothing_of_the_build_and_pins_what_it_imports(name):
    codes, freshness = at_home(PAGES[name]), Freshness.of(PROJECT)
    named = (n.id for code in codes for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name))
    assert "glue" not in set(named)
    imported = freshness.installed(codes, freshness.files(codes))
    pins = requirements(PROJECT, imported)
    assert [pin for pin in pins if "==" not in pin] == [], "not in requirements/book.txt"
    heavy = {"keras", "tensorflow"} & {module.partition(".")[0] for module in imported}
    assert bool(heavy) == any(pin.startswith("tensorflow") for pin in pins)


def test_the_pythons_that_notebooks_name_are_those_of_the_wheel():
    about = tomllib.loads((PROJECT.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert about["requires-python"] == ">=3.11,<3.14"
    assert PROJECT.own["python"] == "3.11 to 3.13"
