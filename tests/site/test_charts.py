"""Charts: each takes the place of its picture, and answers to the mouse and to the keyboard."""

from functools import partial

import pytest

from built import pages, pages_with, read
from visiting import DESK, DESK_AT_NIGHT, PHONE, nothing_wrong

SMALLEST = 11  # CSS pixels, for any text in a chart
WITH_CHARTS = pages_with("chart")
STATE = """figure => JSON.stringify([figure.querySelector('.chart-view').innerHTML,
    figure.querySelector('.chart-says').textContent,
    [...figure.querySelectorAll('output')].map(one => one.value)])"""


def living(visit, name, view):
    """Open a page and wait until all of its charts live."""
    opened = visit(name, view)
    opened.page.wait_for_function(
        "[...document.querySelectorAll('.chart')].every(one => one.closest('.is-live'))"
    )
    return opened


def figures(opened):
    return opened.page.locator("figure.has-chart").all()


def moved(figure, move):
    """Return whether the drawing, the sentence and the values beside sliders change."""
    before = figure.evaluate(STATE)
    move()
    figure.page.wait_for_timeout(150)
    after = figure.evaluate(STATE)
    return before != after


def test_only_pages_that_hold_a_chart_load_the_library():
    for name in pages():
        loads = any("vega" in element["src"] for element in read(name).all("script"))
        assert loads == (name in WITH_CHARTS), name


@pytest.mark.parametrize("view", [PHONE, DESK], ids=str)
@pytest.mark.parametrize("name", WITH_CHARTS)
def test_a_chart_stands_whole_in_the_place_of_its_picture(visit, name, view):
    opened = living(visit, name, view)
    complaints = list(opened.errors)
    for figure in figures(opened):
        assert not figure.locator(".figure-frame").is_visible()
        assert figure.locator(".chart-says").text_content().strip()
        assert figure.locator(".chart-view").get_attribute("aria-label").strip()
        complaints += figure.evaluate(
            """(figure, smallest) => {
              const drawing = figure.querySelector(".chart-view > svg").getBoundingClientRect();
              const room = figure.getBoundingClientRect();
              const told = [];
              if (drawing.width > room.width + 1) told.push(`wider than its figure: ${figure.id}`);
              for (const text of figure.querySelectorAll(".chart-view text")) {
                const box = text.getBoundingClientRect();
                const [style, words] = [getComputedStyle(text), text.textContent.trim()];
                const size = parseFloat(style.fontSize);
                if (!words || parseFloat(style.opacity) === 0) continue;
                if (size < smallest) told.push(`${size} pixels: ${text.textContent}`);
                if (box.left < drawing.left - 1 || box.right > drawing.right + 1
                    || box.top < drawing.top - 2 || box.bottom > drawing.bottom + 2)
                  told.push(`cut off: ${text.textContent}`);
              }
              return told;
            }""",
            SMALLEST,
        )  # fmt: skip
    nothing_wrong(complaints)


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_every_control_answers_to_the_keyboard(visit, name):
    opened = living(visit, name, PHONE)
    for figure in figures(opened):
        for control in figure.locator("[data-signal]").all():
            control.focus()
            keys = ["End", "Home"] if control.get_attribute("type") == "range" else ["ArrowDown"]
            answers = [moved(figure, partial(opened.page.keyboard.press, key)) for key in keys]
            assert any(answers), control.get_attribute("data-signal")
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_every_slider_answers_to_the_mouse(visit, name):
    opened = living(visit, name, DESK)
    for figure in figures(opened):
        for slider in figure.locator("input[type=range]").all():
            slider.scroll_into_view_if_needed()
            box = slider.bounding_box()
            at = [{"x": share * box["width"], "y": box["height"] / 2} for share in (0.1, 0.8)]
            answers = [moved(figure, partial(slider.click, position=place)) for place in at]
            assert any(answers), slider.get_attribute("data-signal")
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_letters_are_dark_on_light_and_light_on_dark(visit, name):
    fills = """drawing => [...drawing.querySelectorAll("text")].map(text => {
      const colour = getComputedStyle(text).fill.match(/[0-9]+/g);
      return [!!text.closest(".role-axis"), ...colour.map(Number)];
    })"""
    by_day, by_night = (
        [figure.locator(".chart-view > svg").evaluate(fills) for figure in
         figures(living(visit, name, view))] for view in (DESK, DESK_AT_NIGHT)
    )  # fmt: skip
    for drawn, at_night in zip(by_day, by_night, strict=True):
        for (of_axis, *light), (_, *dark) in zip(drawn, at_night, strict=True):
            if of_axis or light != dark:  # a numeral may be a mark, with a colour of its own
                assert sum(light[:3]) < 3 * 128 < sum(dark[:3])


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_without_scripts_the_picture_stays(visit, name):
    opened = visit(name, PHONE, scripts=False)
    for figure in figures(opened):
        assert figure.locator(".figure-frame img").is_visible()
        assert not figure.locator(".chart").is_visible()
