"""Steps of a sweep: keys, sliders and addresses lead to one, all can be shown, and are on paper.

That they stand one at a time ``test_pages`` asks, and ``test_without_scripts`` that all are there.
"""

import pytest

from built import in_turn, pages, pages_with, read
from visiting import DESK, PHONE, happens, nothing_wrong

WITH_STEPS = pages_with("steps")
# A script is the same on every page: what it does is tried on the first page, and on one in turn.
SOME = sorted({*WITH_STEPS[:1], *in_turn(WITH_STEPS)})
LOADED = "figure => [...figure.querySelectorAll('.step img')].map(one => one.naturalWidth > 0)"
SCROLL_THROUGH = """async figure => {
  for (const image of figure.querySelectorAll(".step img")) {
    image.scrollIntoView();
    await new Promise(requestAnimationFrame);
  }
}"""
IN_SIGHT = """selector => {
  const { top } = document.querySelector(selector).getBoundingClientRect();
  return 0 <= top && top < innerHeight;
}"""


def figures(opened):
    return opened.page.locator("figure.has-steps").all()


def on_screen(figure):
    """Return the numbers of the steps that can be seen."""
    return figure.evaluate(
        """figure => [...figure.querySelectorAll(".step")].flatMap(
          (step, n) => step.checkVisibility() && step.offsetHeight > 0 ? [n + 1] : [])"""
    )


def count(figure):
    return figure.locator(".step").count()


def has_loaded(figure, number):
    """Return whether the drawings of so many steps have come, and of no other ones."""
    expected = [step <= number for step in range(1, count(figure) + 1)]
    as_expected = f"([figure, expected]) => String(({LOADED})(figure)) === String(expected)"
    return happens(figure.page, as_expected, [figure.element_handle(), expected], within=5_000)


def test_only_pages_that_hold_steps_load_the_script():
    for name in pages():
        loads = any("steps.js" in element["src"] for element in read(name).all("script"))
        assert loads == (name in WITH_STEPS), name


@pytest.mark.parametrize("name", SOME)
def test_keys_step_inside_the_figure_and_nowhere_else(visit, name):
    opened = visit(name, PHONE)
    press = opened.page.keyboard.press
    for figure in figures(opened):
        last = count(figure)
        for control in (".step-next", ".step-back", ".step-controls input"):
            figure.locator(control).focus()
            for key, expected in (
                ("Home", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last),
                ("ArrowRight", last), ("Home", 1),
            ):  # fmt: skip
                press(key)
                assert on_screen(figure) == [min(expected, last)], f"{control}: {key}"
        figure.locator(".step-next").focus()
        press("Control+ArrowRight")
        opened.page.locator(".theme-switch-button:visible").first.focus()
        press("ArrowRight")
        assert on_screen(figure) == [1], "a key elsewhere on the page steps"
        frames = figure.locator(".step.is-current :is(.figure-frame, .katex-display)[tabindex]")
        for frame in frames.all():
            frame.focus()
            press("ArrowRight")
            assert happens(opened.page, "frame => frame.scrollLeft > 0", frame.element_handle())
            assert on_screen(figure) == [1], "a key that scrolls a frame steps"
    nothing_wrong(opened.errors)


def test_steps_play_by_themselves_until_the_last_or_until_the_reader_acts(visit):
    opened = visit(WITH_STEPS[0], DESK)
    opened.page.clock.install()
    figure, *_ = figures(opened)
    player = figure.locator(".step-play")
    player.click()
    for number in (2, 3):
        opened.page.clock.run_for(3_100)
        assert on_screen(figure) == [number]
    figure.locator(".step-back").click()
    assert player.inner_text() == "Play", "it goes on although the reader went back"
    opened.page.clock.run_for(9_000)
    assert on_screen(figure) == [2]
    player.click()
    assert player.inner_text() == "Pause"
    opened.page.clock.run_for(3_000 * count(figure))
    assert on_screen(figure) == [count(figure)]
    assert player.inner_text() == "Play"
    player.click()
    assert on_screen(figure) == [1], "it does not begin again"
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("name", SOME)
def test_the_slider_answers_to_the_mouse(visit, name):
    for figure in figures(visit(name, DESK)):
        slider = figure.locator(".step-controls input")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        slider.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
        assert on_screen(figure) == [count(figure)]


@pytest.mark.parametrize("name", SOME)
def test_a_drawing_is_loaded_one_step_before_it_is_reached(visit, name):
    opened = visit(name, DESK)
    for figure in figures(opened):
        figure.scroll_into_view_if_needed()
        for number in range(1, min(3, count(figure)) + 1):
            ahead = min(number + 1, count(figure))
            assert has_loaded(figure, ahead), f"other drawings than {ahead} at step {number}"
            figure.locator(".step-next").click(force=True)  # also where it leads nowhere
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("name", SOME)
def test_an_address_opens_its_step(visit, name):
    steps = [e["id"] for e in read(name).elements if e.tag == "li" and e.has_class("step")]
    opened = visit(f"{name}#{steps[-1]}", PHONE)
    step = opened.page.locator(f"#{steps[-1]}")
    assert step.is_visible()
    for part in (f"#{steps[-1]} img", f"figure:has(#{steps[-1]}) .step-controls"):
        assert happens(opened.page, IN_SIGHT, part), "what was asked for is out of sight"
    opened.page.evaluate("id => { location.hash = id; }", steps[1])
    assert opened.page.locator(f"#{steps[1]}").is_visible()
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("name", WITH_STEPS)
def test_all_steps_can_be_shown_and_put_away_again(visit, name):
    opened = visit(name, PHONE)
    for figure in figures(opened):
        figure.locator(".step-next").click()
        figure.locator(".step-all").click()
        assert opened.page.evaluate("document.activeElement.tagName") == "BUTTON"
        assert on_screen(figure) == list(range(1, count(figure) + 1))
        assert not figure.locator(".step-next").is_visible()
        figure.evaluate(SCROLL_THROUGH)
        assert has_loaded(figure, count(figure))
    complaints = opened.violations("figure.has-steps")
    for view in (PHONE, DESK):
        opened.show(view)
        found = opened.complaints("sideways", "equationEnds", "paleTexts")
        complaints += [f"{view}: {one}" for one in found]
    for figure in figures(opened):
        figure.locator(".step-all").click()
        assert on_screen(figure) == [2]
    nothing_wrong(complaints + opened.errors)


@pytest.mark.parametrize("name", SOME)
def test_all_steps_are_on_paper(visit, name):
    opened = visit(name, DESK)
    opened.page.emulate_media(media="print")
    for figure in figures(opened):
        assert on_screen(figure) == list(range(1, count(figure) + 1))
        assert not figure.locator(".step-controls").is_visible()
        assert all(one.is_visible() for one in figure.locator(".step-number").all())
        opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert has_loaded(figure, count(figure)), "a drawing is missing on paper"
