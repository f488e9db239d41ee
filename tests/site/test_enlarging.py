"""A figure can be seen as large as the screen allows, by mouse and by keyboard."""

from pathlib import Path

import pytest

from built import SITE, in_turn, own_file, pages_with, read, shortest
from visiting import DESK, DESK_AT_NIGHT, PHONE, nothing_wrong

WITH_FIGURES = pages_with("enlarge")
PICTURED = [name for name in WITH_FIGURES if name not in pages_with("has-chart")]
SOME = [shortest(PICTURED), *in_turn(PICTURED)]  # what is tried once is the same on all
WITH_STEPS = pages_with("steps")
OPEN = "dialog.enlarged[open]"
FOCUSED = "document.activeElement.className"


def first(opened):
    return opened.page.locator("figure:not(.has-chart) button.enlarge:visible").first


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_every_drawing_has_a_link_to_itself(name):
    links = [e for e in read(name).all("a") if e.has_class("enlarge")]
    drawings = [e["src"] for e in read(name).all("img") if e["src"].endswith(".svg")]
    assert {link["href"] for link in links} <= set(drawings)
    for link in links:
        assert (SITE / own_file(name, link["href"])[0]).is_file()


@pytest.mark.parametrize("view", [PHONE, DESK_AT_NIGHT], ids=str)
@pytest.mark.parametrize("name", SOME)
def test_a_key_enlarges_and_escape_leads_back(visit, name, view):
    opened = visit(name, view)
    button = first(opened)
    button.focus()
    before = button.evaluate("one => one.previousElementSibling.firstChild.clientWidth")
    opened.page.keyboard.press("Enter")
    dialog = opened.page.locator(OPEN)
    large = dialog.locator("img")
    large.evaluate("image => image.decode()")
    box = large.bounding_box()
    assert box["width"] > before or box["width"] > 0.8 * view.width
    assert box["y"] + box["height"] <= view.height, "the drawing is not seen whole"
    assert dialog.get_attribute("aria-label").startswith("Enlarge Fig")
    assert dialog.locator("div").text_content().strip()
    assert dialog.locator("a[download]").get_attribute("href").endswith(".svg")
    nothing_wrong(opened.violations(OPEN) + opened.complaints("paleTexts", "sideways"))
    opened.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert opened.page.evaluate(FOCUSED) == "enlarge"
    nothing_wrong(opened.errors)


def test_a_click_on_the_drawing_enlarges_and_one_beside_it_closes(visit):
    opened = visit(SOME[0], DESK)
    first(opened).evaluate("one => one.previousElementSibling.firstChild.click()")
    assert opened.page.locator(OPEN).count() == 1
    opened.page.mouse.click(4, 4)
    opened.page.locator(OPEN).wait_for(state="detached")
    first(opened).click()
    opened.page.locator(OPEN).get_by_text("Close").click()
    opened.page.locator(OPEN).wait_for(state="detached")
    assert opened.page.evaluate(FOCUSED) == "enlarge"
    nothing_wrong(opened.errors)


def test_a_figure_is_saved_as_png_three_times_as_large(visit):
    opened = visit(SOME[0], DESK)
    image = opened.page.locator("figure:not(.has-chart) .figure-frame > img:visible").first
    width = image.evaluate("one => one.decode().then(() => one.naturalWidth)")
    first(opened).click()
    with opened.page.expect_download() as saved:
        opened.page.locator(OPEN).get_by_text("Save as PNG").click()
    assert saved.value.suggested_filename.endswith(".png")
    data = Path(saved.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") == 3 * width
    nothing_wrong(opened.errors)


def test_a_step_is_enlarged_with_its_sentence(visit):
    opened = visit(WITH_STEPS[0], DESK)
    figure = opened.page.locator("figure.has-steps").first
    figure.locator(".step-next").click()
    figure.locator(".step.is-current .enlarge").focus()
    opened.page.keyboard.press("Enter")
    said = figure.locator(".step-says").nth(1).text_content()
    assert opened.page.locator(f"{OPEN} > div").text_content() == said


def test_without_scripts_the_drawing_is_a_link_away(visit):
    opened = visit(SOME[0], DESK, scripts=False)
    link = opened.page.locator("figure a.enlarge").first
    link.focus()
    assert link.is_visible()
    assert link.get_attribute("href").endswith(".svg")
