"""Charts answer to the mouse and to the keyboard; how they stand on a page ``test_pages`` asks."""

from functools import partial

import pytest

from built import pages, pages_with, read
from visiting import DESK, DESK_AT_NIGHT, PHONE, happens, nothing_wrong

WITH_CHARTS = pages_with("chart")
# The drawing, the sentence and the values beside sliders.
STATE = """figure => JSON.stringify([figure.querySelector('.chart-view').innerHTML,
    figure.querySelector('.chart-says').textContent,
    [...figure.querySelectorAll('output')].map(one => one.value)])"""
FILLS = """drawing => [...drawing.querySelectorAll("text")].map(text => {
  const colour = getComputedStyle(text).fill.match(/[0-9]+/g);
  return [!!text.closest(".role-axis"), ...colour.map(Number)];
})"""


def test_only_pages_that_hold_a_chart_load_the_library():
    for name in pages():
        loads = any("vega" in element["src"] for element in read(name).all("script"))
        assert loads == (name in WITH_CHARTS), name


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_a_chart_answers_and_follows_the_theme(visit, name):
    opened = visit(name, DESK)
    opened.wait_for_charts()
    figures = opened.page.locator("figure.has-chart").all()
    complaints = [one for figure in figures for one in deaf_to_the_mouse(figure)]
    complaints += [one for figure in figures for one in lost_letters(opened, figure)]
    opened.show(PHONE)
    complaints += [one for figure in figures for one in deaf_to_the_keyboard(figure)]
    nothing_wrong(complaints + opened.errors)


def deaf_to_the_mouse(figure):
    complaints = []
    for slider in figure.locator("input[type=range]").all():
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        at = [{"x": share * box["width"], "y": box["height"] / 2} for share in (0.1, 0.8)]
        if not any(moved(figure, partial(slider.click, position=place)) for place in at):
            complaints.append(f"a click does not move {slider.get_attribute('data-signal')}")
    return complaints


def deaf_to_the_keyboard(figure):
    complaints = []
    for control in figure.locator("[data-signal]").all():
        control.focus()
        keys = ["End", "Home"] if control.get_attribute("type") == "range" else ["ArrowDown"]
        if not any(moved(figure, partial(figure.page.keyboard.press, key)) for key in keys):
            complaints.append(f"a key does not move {control.get_attribute('data-signal')}")
    return complaints


def moved(figure, move):
    """Return whether the chart changes, at once or within a moment."""
    before = figure.evaluate(STATE)
    move()
    changed = f"([figure, before]) => ({STATE})(figure) !== before"
    return happens(figure.page, changed, [figure.element_handle(), before])


def lost_letters(opened, figure):
    """Return the letters that are not dark on a light page, or not light on a dark one."""
    drawing = figure.locator(".chart-view > svg")
    by_theme = []
    for view in (DESK, DESK_AT_NIGHT):
        opened.show(view)
        by_theme.append(drawing.evaluate(FILLS))
    return [
        f"letters of {light} by day, {dark} by night: {figure.get_attribute('id')}"
        for (of_axis, *light), (_, *dark) in zip(*by_theme, strict=True)
        # A numeral may be a mark, with a colour of its own.
        if (of_axis or light != dark) and not sum(light[:3]) < 3 * 128 < sum(dark[:3])
    ]
