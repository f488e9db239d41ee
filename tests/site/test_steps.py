"""Steps of a sweep: one at a time with buttons and keys, all of them otherwise and on paper."""

import pytest

from built import pages, pages_with, read
from visiting import DESK, DESK_AT_NIGHT, PHONE, nothing_wrong

SMALLEST = 44  # CSS pixels, for the height of a button
WITH_STEPS = pages_with("steps")
LOADED = "figure => [...figure.querySelectorAll('.step img')].map(one => one.naturalWidth > 0)"


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


def test_only_pages_that_hold_steps_load_the_script():
    for name in pages():
        loads = any("steps.js" in element["src"] for element in read(name).all("script"))
        assert loads == (name in WITH_STEPS), name


@pytest.mark.parametrize("view", [PHONE, DESK], ids=str)
@pytest.mark.parametrize("name", WITH_STEPS)
def test_one_step_is_shown_at_a_time_and_nothing_moves(visit, name, view):
    opened = visit(name, view)
    complaints = []
    for figure in figures(opened):
        heights = set()
        for number in range(1, count(figure) + 1):
            assert on_screen(figure) == [number]
            status = figure.locator("[role=status]").text_content()
            assert status == f"Picture {number} of {count(figure)}"
            heights.add(round(figure.bounding_box()["height"]))
            complaints += [*opened.look("sideways"), *opened.look("equationEnds")]
            figure.locator(".step-next").click(force=True)  # also where it leads nowhere
        assert on_screen(figure) == [count(figure)], "the last step has a next one"
        assert len(heights) == 1, f"the figure changes its height: {sorted(heights)}"
    nothing_wrong([*complaints, *opened.errors])


@pytest.mark.parametrize("name", WITH_STEPS)
def test_a_finger_hits_the_controls(visit, name):
    for figure in figures(visit(name, PHONE)):
        room = figure.bounding_box()
        for control in figure.locator(".step-controls :is(button, input)").all():
            box = control.bounding_box()
            assert box["height"] >= SMALLEST
            assert box["width"] >= SMALLEST
            assert box["x"] >= room["x"] - 1
            assert box["x"] + box["width"] <= room["x"] + room["width"] + 1


@pytest.mark.parametrize("name", WITH_STEPS)
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
            opened.page.wait_for_timeout(100)
            assert frame.evaluate("frame => frame.scrollLeft") > 0
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


@pytest.mark.parametrize("name", WITH_STEPS)
def test_the_slider_answers_to_the_mouse(visit, name):
    for figure in figures(visit(name, DESK)):
        slider = figure.locator(".step-controls input")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        slider.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
        assert on_screen(figure) == [count(figure)]


@pytest.mark.parametrize("name", WITH_STEPS)
def test_a_drawing_is_loaded_one_step_before_it_is_reached(visit, name):
    opened = visit(name, DESK)
    for figure in figures(opened):
        figure.scroll_into_view_if_needed()
        for number in range(1, min(3, count(figure)) + 1):
            ahead = min(number + 1, count(figure))
            opened.page.wait_for_timeout(400)
            assert figure.evaluate(LOADED) == [n <= ahead for n in range(1, count(figure) + 1)]
            figure.locator(".step-next").click(force=True)  # also where it leads nowhere
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("name", WITH_STEPS)
def test_an_address_opens_its_step(visit, name):
    steps = [e["id"] for e in read(name).elements if e.tag == "li" and e.has_class("step")]
    opened = visit(f"{name}#{steps[-1]}", PHONE)
    step = opened.page.locator(f"#{steps[-1]}")
    assert step.is_visible()
    opened.page.wait_for_timeout(300)
    controls = opened.page.locator("figure.has-steps").last.locator(".step-controls")
    for part in (step.locator("img"), controls):
        assert 0 <= part.bounding_box()["y"] < PHONE.height, "what was asked for is out of sight"
    opened.page.evaluate("id => { location.hash = id; }", steps[1])
    assert opened.page.locator(f"#{steps[1]}").is_visible()
    nothing_wrong(opened.errors)


@pytest.mark.parametrize("view", [PHONE, DESK_AT_NIGHT], ids=str)
@pytest.mark.parametrize("name", WITH_STEPS)
def test_all_steps_can_be_shown_and_put_away_again(visit, name, view):
    opened = visit(name, view)
    nothing_wrong(opened.violations())
    for figure in figures(opened):
        figure.locator(".step-next").click()
        figure.locator(".step-all").click()
        assert on_screen(figure) == list(range(1, count(figure) + 1))
        assert not figure.locator(".step-next").is_visible()
        for image in figure.locator(".step img").all():
            image.scroll_into_view_if_needed()
        opened.page.wait_for_timeout(300)
        assert all(figure.evaluate(LOADED))
    complaints = [*opened.look("sideways"), *opened.look("equationEnds"), *opened.violations()]
    for figure in figures(opened):
        assert opened.page.evaluate("document.activeElement.tagName") == "BUTTON"
        figure.locator(".step-all").click()
        assert on_screen(figure) == [2]
    nothing_wrong([*complaints, *opened.errors])


@pytest.mark.parametrize("view", [PHONE, DESK], ids=str)
@pytest.mark.parametrize("name", WITH_STEPS)
def test_without_scripts_all_steps_are_there(visit, name, view):
    for figure in figures(visit(name, view, scripts=False)):
        assert on_screen(figure) == list(range(1, count(figure) + 1))
        assert not figure.locator(".step-controls").count()
        assert all(one.is_visible() for one in figure.locator(".step-number").all())


@pytest.mark.parametrize("name", WITH_STEPS)
def test_all_steps_are_on_paper(visit, name):
    opened = visit(name, DESK)
    opened.page.emulate_media(media="print")
    for figure in figures(opened):
        assert on_screen(figure) == list(range(1, count(figure) + 1))
        assert not figure.locator(".step-controls").is_visible()
        assert all(one.is_visible() for one in figure.locator(".step-number").all())
        opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        opened.page.wait_for_timeout(500)
        assert all(figure.evaluate(LOADED)), "a drawing is missing on paper"
