"""The weight of a page, as `test_pages` asks it of each: what is found, and what is not."""

import pytest

from visiting import nothing_wrong
from weights import HEAVIER, LIMIT, LIMIT_WITH_A_CHART, MORE, START, packed, too_heavy, too_much

LIGHT = {"page.html": 40_000, "_images/a.svg": 30_000, START["fonts"][0]: 20_000}
SCRIPT = "_static/own.js"
ALL = START["every page"]


def test_a_page_may_weigh_what_it_weighed_and_a_little_more():
    nothing_wrong(too_much("page.html", {**LIGHT, SCRIPT: ALL + MORE}, set()))
    for kind, more in START["with"].items():
        nothing_wrong(too_much("page.html", {**LIGHT, SCRIPT: ALL + more + MORE}, {kind}))
    nothing_wrong(too_much("page.html", {**LIGHT, "searchindex.js": 150_000, SCRIPT: ALL}, set()))


@pytest.mark.parametrize(
    ("weights", "holds"),
    [
        ({SCRIPT: ALL + MORE + 1}, set()),
        ({SCRIPT: ALL, "_static/data.json": MORE + 1}, set()),
        ({SCRIPT: ALL, "_static/fonts/another.woff2": MORE + 1}, set()),
        ({SCRIPT: ALL + START["with"]["steps"] + MORE + 1}, {"steps"}),
    ],
)
def test_more_scripts_or_styles_are_told(weights, holds):
    (told,) = too_much("page.html", {**LIGHT, **weights}, holds)
    assert f"and {MORE} more are allowed" in told


@pytest.mark.parametrize(("holds", "limit"), [(set(), LIMIT), ({"chart"}, LIMIT_WITH_A_CHART)])
@pytest.mark.parametrize("file", ["page.html", "_images/b.svg", START["fonts"][1]])
def test_a_page_beyond_its_limit_is_told_with_what_weighs_most(file, holds, limit):
    (told,) = too_much("page.html", {file: limit + 1}, holds)
    assert told == (
        f"transfers {limit + 1} bytes, {limit} are allowed; most of it: {file} {limit + 1}"
    )
    nothing_wrong(too_much("page.html", {file: limit}, holds))


@pytest.mark.parametrize("name", HEAVIER)
def test_a_page_that_is_named_has_to_be_heavier(name):
    nothing_wrong(too_much(name, {name: LIMIT + 1}, set()))
    (told,) = too_much(name, {name: LIMIT}, set())
    assert "HEAVIER need not name it" in told


PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="_static/own.js"></script></head><body class="steps"><img src="a.svg" alt=""></body>"""
PRESSED = "_static/python/python_stdlib.zip"
OWN = f"new Worker('_static/worker.js'); addEventListener('load', () => fetch('{PRESSED}'));"


def test_what_is_loaded_is_noticed_and_what_came_before_a_press(reader, tmp_path):
    files = {
        "index.html": PAGE, "a.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>" + " " * 9_000,
        "_static/own.js": OWN, "_static/worker.js": "", PRESSED: "x" * (ALL + 9_000),
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with reader.elsewhere(tmp_path) as host:
        opened = host.visit("index.html")
        opened.page.wait_for_timeout(500)
        early, worker, beside = too_heavy(opened, "index.html", tmp_path)
    assert early == f"asks for {PRESSED} before a press"
    assert worker == f"starts the worker {host.home}_static/worker.js before a press"
    then = ALL + START["with"]["steps"]
    assert f"it would have been {then}, and {MORE}" in beside
    for name in ("_static/own.js", PRESSED):
        assert f"'{name}'" in beside
    assert "a.svg" not in beside
    assert packed(tmp_path / "a.svg") < 100
    assert packed(tmp_path / PRESSED) == ALL + 9_000
