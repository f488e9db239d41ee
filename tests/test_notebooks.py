"""What the notebooks of this book ask of those who take them home."""

import ast
import tomllib
from pathlib import Path

import pytest

from bookkeeping.project import Project
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.for_readers import Cell, for_readers
from bookkeeping.run.notebooks import code_cells, parse_page
from bookkeeping.run.pages import Page
from bookkeeping.site.pins import requirements

PROJECT = Project(Path(__file__).parents[1])


def at_home():
    """Return, for each page with code, the code of its notebook, its imports and their pins."""
    found, freshness = {}, Freshness.of(PROJECT)
    for name in PROJECT.docnames:
        cells = code_cells(parse_page(Page(PROJECT, name).text))
        codes = for_readers(Cell(c.source, frozenset(c.metadata.get("tags", []))) for c in cells)
        imported = freshness.installed(codes, freshness.files(codes))
        if cells:
            found[name] = (codes, imported, requirements(PROJECT, imported))
    return found


@pytest.fixture(scope="module")
def notebooks():
    """What every notebook holds."""
    return at_home()


def test_no_notebook_needs_what_serves_the_build(notebooks):
    gluing = {
        name
        for name, (codes, _, _) in notebooks.items()
        for code in codes
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Name) and node.id == "glue"
    }
    assert gluing == set()
    assert [name for name, (_, imported, _) in notebooks.items() if "myst_nb" in imported] == []
    assert len(notebooks) > 20


def test_the_lock_pins_all_that_a_notebook_imports(notebooks):
    loose = {(name, pin) for name, (_, _, pins) in notebooks.items() for pin in pins}
    assert {(name, pin) for name, pin in loose if "==" not in pin} == set()


def test_tensorflow_is_installed_where_keras_or_it_is_imported_and_nowhere_else(notebooks):
    for name, (_, imported, pins) in notebooks.items():
        wanted = {"keras", "tensorflow"} & {module.partition(".")[0] for module in imported}
        assert bool(wanted) == any(pin.startswith("tensorflow-cpu==") for pin in pins), name


def test_the_pythons_that_notebooks_name_are_those_of_the_wheel():
    about = tomllib.loads((PROJECT.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert about["requires-python"] == ">=3.11,<3.14"
    assert PROJECT.own["python"] == "3.11 to 3.13"
