"""What a reader of any page may count on, and no tool of the build sees."""

import re
from pathlib import Path

import pytest
import yaml

from bookkeeping.project import Project
from bookkeeping.run.notebooks import code_cells, load_page, sources
from listings import TAG
from unrolled.figures import style

ROOT = Path(__file__).parents[1]
PROJECT = Project(ROOT)
FOLDED = {
    "hide-input",
    "hide-cell",
    "remove-cell",
    "remove-input",
    "words",
}  # what a reader has to open


def notebook(page):
    return load_page(PROJECT.page(page).read_text(encoding="utf-8"), page)


PAGES = [name for name in PROJECT.docnames if sources(notebook(name))]


@pytest.mark.parametrize("page", PAGES)
def test_a_cell_in_plain_sight_says_one_thing(page):
    """All but the listings: each is to be pasted in one go, and has a length of its own."""
    for cell in code_cells(notebook(page)):
        tags = {*cell.metadata.get("tags", [])}
        if not FOLDED & tags and not any(tag.startswith(TAG) for tag in tags):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 15, f"{len(lines)} lines:\n{cell.source}"


@pytest.mark.parametrize("page", PAGES)
def test_code_is_no_wider_than_the_page(page):
    for code in sources(notebook(page)):
        assert max(map(len, code.splitlines())) <= 79, f"a line wider than the page:\n{code}"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_installed_or_fetched_on_a_page(page):
    text = PROJECT.page(page).read_text(encoding="utf-8")
    assert not re.search(r"^\s*[%!]\s*(pip|conda|wget|curl)\b", text, re.M)


@pytest.mark.parametrize("page", PAGES)
def test_every_exercise_has_its_solution(page):
    text = PROJECT.page(page).read_text(encoding="utf-8")
    asked = re.findall(r"^`{3,}\{exercise-start\}.*\n:label: (\S+)", text, re.M)
    solved = re.findall(r"^`{3,}\{solution-start\} (\S+)", text, re.M)
    assert asked == solved


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("foundations/")])
def test_a_page_corrects_at_most_three_things_each_with_a_public_source(page):
    text = PROJECT.page(page).read_text(encoding="utf-8")
    boxes = re.findall(r"^:::\{correction\}.*?^:::$", text, re.M | re.S)
    assert len(boxes) <= 3
    assert bool(boxes) == ("## Corrections" in text.splitlines())
    for box in boxes:
        assert re.search(r"\{cite:[tp]\}`|\]\(https?://", box), f"no source:\n{box}"


def test_every_room_has_its_page_in_the_reference():
    rooms = {path.parent.name for path in (ROOT / "src/unrolled").glob("*/__init__.py")}
    listed = {name.removeprefix("back/api/") for name in PROJECT.docnames if "/api/" in name}
    assert rooms - listed == set()


def test_the_drawing_hand_and_the_build_agree_on_the_colours_that_change():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    drawn = {k: v["drawn"] for k, v in config["bookkeeping"]["figure_colours"].items()}
    assert drawn == {"ink": style.INK, "quiet": style.QUIET, "ground": style.GROUND}
