"""The pages' own manners, as page.md of the design and CONTRIBUTING.md ask for them."""

import re
import statistics
from pathlib import Path

import pytest
import yaml

from bookkeeping.project import Project
from bookkeeping.run.notebooks import code_cells, load_page, sources
from unrolled.figures import style

ROOT = Path(__file__).parents[1]
PROJECT = Project(ROOT)
PAGES = [name for name in PROJECT.docnames if sources(load_page(PROJECT.page(name), name))]
CHAPTER_PAGES = [name for name in PAGES if name != "index"]


@pytest.mark.parametrize("page", PAGES)
def test_a_cell_says_one_thing(page):
    for code in sources(load_page(PROJECT.page(page), page)):
        lines = code.splitlines()
        said = [line for line in lines if line.strip() and "import" not in code.split("\n")[0]]
        assert len(said) <= 15, f"{len(said)} lines:\n{code}"
        assert max(map(len, lines)) <= 79, f"a line wider than the page:\n{code}"


@pytest.mark.parametrize("page", CHAPTER_PAGES)
def test_cells_are_short_and_neither_few_nor_many(page):
    cells = code_cells(load_page(PROJECT.page(page), page))
    shown = [cell.source for cell in cells if "remove-cell" not in cell.metadata.get("tags", [])]
    assert 15 <= len(shown) <= 35
    assert statistics.median(sum(map(bool, code.splitlines())) for code in shown) <= 3


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_installed_or_fetched_on_a_page(page):
    text = PROJECT.page(page).read_text(encoding="utf-8")
    assert not re.search(r"^\s*[%!]\s*(pip|conda|wget|curl)\b", text, re.M)


@pytest.mark.parametrize("page", CHAPTER_PAGES)
def test_a_page_has_the_parts_that_a_reader_expects(page):
    text = PROJECT.page(page).read_text(encoding="utf-8")
    headings = re.findall(r"^(?:## |```{rubric} )(.*)", text, re.M)  # rubrics bear no number
    for part in ("What breaks", "Corrections", "Check yourself", "In practice", "Further reading"):
        assert part in headings, part
    assert "You will be able to" in text
    assert "{notation-box}" in text
    assert text.count("```{exercise-start}") == text.count("```{solution-start}") >= 2
    assert text.count("default_rng(") == 1, "one generator a page, in plain sight"


def test_the_drawing_hand_and_the_build_agree_on_the_colours_that_change():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    drawn = {k: v["drawn"] for k, v in config["bookkeeping"]["figure_colours"].items()}
    assert drawn == {"ink": style.INK, "quiet": style.QUIET, "ground": style.GROUND}
