"""What a reader types is judged, and cells run, in the page: with every other host blocked.

Five boxes and two cells, which the commit decides; with UNROLLED_TRY=all every one (nox -s forms).
"""

import json
import os
import re

import pytest

from built import SITE, in_turn, pages_with
from visiting import DESK, DESK_AT_NIGHT, PHONE, View, happens, nothing_wrong

ALL = os.environ.get("UNROLLED_TRY") == "all"
FIRST, LATER = 120_000, 60_000  # milliseconds that a busy machine may take for an answer
BOX = re.compile(r'<section[^>]* data-label="([^"]+)"')
BOXES = [
    (n, label) for n in pages_with("your-turn") for label in BOX.findall((SITE / n).read_text())
]
CELLS = pages_with("tag_try-it")
SMALL_PHONE = View(390, "light")
PYTHON = "/_static/python"


def about(label):
    return json.loads((SITE / f"_static/tries/{label}.json").read_text(encoding="utf-8"))


def chosen(things, count):
    return things if ALL else in_turn(things, count)


def by_page(boxes):
    return {name: [label for page, label in boxes if page == name] for name, _ in boxes}


SOME = by_page(chosen(BOXES, 5))
ONE = min(BOXES, key=lambda box: len(about(box[1])["right"]), default=None)  # soon typed


class Box:
    """A box of an open page, as a reader uses it."""

    def __init__(self, opened, label):
        self.page = opened.page
        self.page.set_default_timeout(LATER)  # Python takes all that a small machine has
        self.whole = opened.page.locator(f"#try-{label}")
        self.field = self.whole.locator("textarea")
        self.answer = self.whole.locator("[role=status]")
        self.check = self.whole.locator(".your-turn-check")
        self.stop = self.whole.locator(".in-page-stop")

    def ask(self, text, within=LATER):
        self.field.fill(text)
        self.answer.evaluate("one => one.replaceChildren()")
        self.check.click()
        return self.answered(within)

    def answered(self, within=LATER):
        """Wait for a paragraph: what goes on meanwhile is told without one."""
        self.answer.locator("p").first.wait_for(timeout=within)
        return said(self.answer)

    def fate(self):
        return re.search(r"is-(\w+)", self.answer.get_attribute("class"))[1]


def said(place):
    """What stands in a place, each formula as its TeX."""
    return place.evaluate(
        """one => { const copy = one.cloneNode(true);
        for (const button of copy.querySelectorAll("button")) button.remove();
        for (const formula of copy.querySelectorAll(".katex"))
          formula.replaceWith(formula.querySelector("annotation").textContent);
        return copy.textContent.replace(/\\s+/g, " ").trim(); }"""
    )


def plain(text):
    """A text of the page's data as `said` gives it."""
    return " ".join(re.sub("[$`*]", "", text).split())


def test_the_book_has_boxes_and_cells():
    assert len(BOXES) >= 21
    assert len(set(CELLS)) >= 7
    assert {name for name, _ in BOXES} == set(CELLS), "a page with boxes has a cell to try"


@pytest.mark.parametrize("name", SOME)
def test_right_answers_are_accepted_and_wrong_ones_are_told(visit, name):
    opened = visit(name, PHONE)
    complaints = []
    for label in SOME[name]:
        box, held = Box(opened, label), about(label)
        for right in [held["right"], *held["forms"]]:
            heard = box.ask(right, FIRST)
            if box.fate() != "right" or not heard.startswith("Right"):
                complaints.append(f"{label}: {right}: {heard}")
        for slip in held["slips"]:
            heard = box.ask(slip["tex"])
            if box.fate() != "wrong" or plain(slip["says"]) not in heard:
                complaints.append(f"{label}: {slip['tex']}: {heard}")
            if held["right"] in heard:
                complaints.append(f"{label}: the solution was told unasked: {heard}")
        heard = box.ask(held["right"] + " +")
        if box.fate() != "unreadable" or "cannot be read" not in heard:
            complaints.append(f"{label}: without an end: {heard}")
        complaints += opened.complaints("sideways", "mathematics")
        complaints += opened.violations(f"#try-{label}")
    nothing_wrong(complaints + opened.complaints("paleTexts", "equationEnds") + opened.errors)


@pytest.mark.parametrize("name", chosen(CELLS, 2))
def test_a_cell_gives_in_the_page_what_is_stored_in_it(visit, name):
    opened = visit(name, SMALL_PHONE)
    for cell in opened.page.locator(".cell.tag_try-it").all():
        stored = said(cell.locator(".cell_output"))
        cell.locator(".try-it").click()
        cell.locator(".try-it-run").click()
        cell.locator("[role=status] > p").wait_for(timeout=FIRST)
        assert said(cell.locator("[role=status]")).startswith("It ran.")
        came_out = said(cell.locator(".try-it-output"))
        assert code_begins(cell)
        assert came_out.replace(" ", "") == stored.replace(r"\displaystyle", "").replace(" ", "")
        nothing_wrong(opened.violations(".cell.tag_try-it") + opened.complaints("sideways"))
    nothing_wrong(opened.complaints("mathematics") + opened.complaints("paleTexts") + opened.errors)


def code_begins(cell):
    """Whether the beginnings of a cell's lines are seen, and the cursor is at the first."""
    return cell.locator("textarea").evaluate(
        "one => !one.scrollLeft && !one.selectionStart && !one.selectionEnd"
    )


def test_a_cell_is_changed_stopped_and_run_again(visit):
    opened = visit(CELLS[0], DESK)
    cell = opened.page.locator(".cell.tag_try-it").first
    cell.locator(".try-it").click()
    code, go = cell.locator("textarea"), cell.locator(".try-it-run")
    status, output = cell.locator("[role=status]"), cell.locator(".try-it-output")
    written = code.input_value()
    code.fill("print('before', flush=True)\nwhile True:\n    pass")
    go.click()
    output.locator("pre", has_text="before").wait_for(timeout=FIRST)
    assert status.inner_text() == "Running …"
    cell.locator(".in-page-stop").click()
    assert status.locator("p").inner_text() == "Stopped."
    assert opened.page.evaluate("document.activeElement.matches('.try-it-run')")
    cell.locator(".try-it-back").click()
    assert (said(status), output.locator("pre").count()) == ("", 0)
    code.fill("print(6 * 7)\n1 / 0")
    code.press("Control+Enter")
    output.locator(".is-error").wait_for(timeout=FIRST)
    assert output.locator(".is-printed").inner_text().strip() == "42"
    assert output.locator(".is-error").inner_text().endswith("ZeroDivisionError: division by zero")
    assert said(status) == "It stopped with an error:"
    code.fill("while True:\n    print('x' * 1000)")
    go.click()
    cell.get_by_text("characters of output").wait_for(timeout=LATER)
    cell.locator(".try-it-back").click()
    assert code.input_value() == written
    nothing_wrong(opened.errors)


def test_a_formula_is_typed_plainly_by_keyboard_alone(visit):
    """The letters are one stop of the tab key; what is typed is set, before Python is there."""
    name, label = next((n, one) for n, one in BOXES if one == "lstm-delta-c")
    opened = visit(name, DESK_AT_NIGHT)
    asked = []
    opened.page.on("request", lambda request: asked.append(request.url))
    box = Box(opened, label)
    box.field.focus()
    keys = box.whole.locator(".your-turn-palette > button")
    keys.first.wait_for()
    opened.page.keyboard.type("dy(t) * o(t)")
    typeset = box.whole.locator(".your-turn-preview annotation")
    typeset.wait_for(state="attached")
    assert typeset.text_content() == r"\delta c^{(t)} = \delta y^{(t)} \odot o^{(t)}"
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.parentElement.role") == "toolbar"
    opened.page.keyboard.press("End")
    opened.page.keyboard.press("ArrowRight")  # round to the first
    assert "next empty place" in opened.page.evaluate("document.activeElement.ariaLabel")
    opened.page.keyboard.press("ArrowRight")
    spoken = opened.page.evaluate("document.activeElement.ariaLabel")
    opened.page.keyboard.press("Enter")
    tex = about(label)["palette"][0]
    assert "\\" not in spoken
    assert "{" not in spoken
    assert box.field.input_value() == rf"\delta y^{{(t)}} \odot o^{{(t)}} {tex} "
    assert happens(opened.page, "() => document.activeElement.matches('textarea')", None)
    assert not [url for url in asked if PYTHON in url], "Python was loaded before a press"
    opened.page.keyboard.press("Control+Enter")
    assert box.answered(FIRST).startswith("Not yet.")
    assert [url for url in asked if PYTHON in url]
    nothing_wrong(opened.violations(f"#try-{label}") + opened.errors)


def test_a_press_counts_though_the_formula_is_set_meanwhile(visit):
    """A formula that is set takes a line above the button, which must not leave the pointer."""
    name, label = next((n, one) for n, one in BOXES if one == "lstm-delta-c")
    opened = visit(name, PHONE)
    box = Box(opened, label)
    preview = box.whole.locator(".your-turn-preview")
    box.field.focus()
    preview.wait_for(state="attached")
    box.check.scroll_into_view_if_needed()
    before = box.check.bounding_box()
    opened.page.mouse.move(before["x"] + 20, before["y"] + before["height"] / 2)
    box.field.fill("dy(t) * o(t)")
    opened.page.mouse.down()
    opened.page.wait_for_timeout(500)
    assert box.check.bounding_box() == before
    opened.page.mouse.up()
    box.stop.click()
    assert said(box.answer) == "Stopped."
    preview.locator("annotation").wait_for(state="attached")
    assert box.check.bounding_box()["y"] > before["y"]


def test_a_finger_finds_every_letter(visit):
    name, label = next((n, one) for n, one in BOXES if one == "lstm-delta-c")  # 24 of them
    opened = visit(name, PHONE)
    box = Box(opened, label)
    box.field.focus()
    box.whole.locator(".your-turn-palette > button").first.wait_for()
    small = box.whole.evaluate(
        """one => [...one.querySelectorAll(".your-turn-field button:not([hidden])")]
          .filter(button => button.offsetWidth < 44 || button.offsetHeight < 44)
          .map(button => `too small for a finger: ${button.ariaLabel || button.textContent}`)"""
    )
    rows = "one => new Set([...one.children].map(button => button.offsetTop)).size"
    assert box.whole.locator(".your-turn-palette").evaluate(rows) <= 2
    nothing_wrong(small + opened.complaints("sideways"))


class Keys:
    """The letters and signs of a box, each pressed by what a screen reader calls it."""

    def __init__(self, opened, label):
        self.box = Box(opened, label)
        self.box.field.focus()
        self.row = self.box.whole.locator(".your-turn-palette")
        self.row.locator("button").first.wait_for()

    def press(self, *names):
        for name in names:
            if name.isdigit():  # there are no keys for them
                self.box.page.keyboard.type(name)
                continue
            key = ON if name == "on" else self.called(name)
            before = self.box.field.input_value()
            self.row.get_by_label(key, exact=True).click()
            if name != "on":
                other = "([id, before]) => document.getElementById(id).value !== before"
                happens(self.box.page, other, [self.box.field.get_attribute("id"), before])

    def called(self, tex):
        palette = about(self.box.whole.get_attribute("data-label"))["palette"]
        return self.row.locator("button").nth(1 + palette.index(tex)).get_attribute("aria-label")

    def select(self, text, chosen):
        self.box.field.fill(text)
        at = text.index(chosen)
        self.box.field.evaluate(
            "(one, [from, to]) => one.setSelectionRange(from, to)", [at, at + len(chosen)]
        )

    def selected(self):
        return self.box.field.evaluate(
            "one => one.value.slice(one.selectionStart, one.selectionEnd)"
        )


ON = "on to the next empty place, or behind the brackets"
TOP, SQUARE, FRACTION, BRACKETS = r"□^{\top}", "□^{2}", r"\frac{□}{□}", r"\left( □ \right)"

SLOPE = r"\frac{\partial □}{\partial □}"


def page_of(label):
    return next(name for name, one in BOXES if one == label)


@pytest.mark.parametrize(
    ("label", "pressed", "typed"),
    [
        (
            "fisher-criterion",
            [FRACTION, "w", TOP, "S_B", "w", "on", "w", TOP, "S_W", "w", "on"],
            r"\frac{w^{\top} S_B w }{w^{\top} S_W w }",
        ),
        (
            "lstm-gradient-R",
            [r"\sum_{t=□}^{□}", "1", "on", "T", "on", r"\delta \bar{\star}^{(t)}",
             "y^{(t-1)}", TOP],
            r"\sum_{t=1}^{T } \delta \bar{\star}^{(t)} y^{(t-1)\top}",
        ),
        (
            "lstm-delta-block",
            [r"\delta c^{(t)}", r"\odot", "i^{(t)}", r"\odot", BRACKETS, "1", "-", "z^{(t)}",
             SQUARE],
            r"\delta c^{(t)} \odot i^{(t)} \odot \left( 1 - \left(z^{(t)}\right)^{2} \right)",
        ),
        (
            "chain-column",
            [BRACKETS, SLOPE, "u", "on", "s", "on", "on", TOP, r"\delta u", "+",
             BRACKETS, SLOPE, "v", "on", "s", "on", "on", TOP, r"\delta v"],
            r"\left( \frac{\partial u }{\partial s } \right)^{\top} \delta u + "
            r"\left( \frac{\partial v }{\partial s } \right)^{\top} \delta v",
        ),
    ],
)  # fmt: skip
def test_an_answer_is_put_together_by_keys_alone(visit, label, pressed, typed):
    opened = visit(page_of(label), PHONE)
    keys = Keys(opened, label)
    keys.press(*pressed)
    assert " ".join(keys.box.field.input_value().split()) == typed
    assert "□" not in typed
    keys.box.check.click()
    assert keys.box.answered(FIRST).startswith("Right.")
    nothing_wrong(opened.errors)


def test_a_sign_goes_round_what_is_selected_and_takes_nothing_away(visit):
    opened = visit(page_of("fisher-criterion"), DESK)
    keys = Keys(opened, "fisher-criterion")
    for text, chosen, key, made, selected in [
        ("w", "w", TOP, r"w^{\top}", ""),
        ("w S_B", "w", FRACTION, r"\frac{w}{□} S_{B}", "□"),
        (
            r"w + \left( S_B w \right)",
            "S_B w",
            FRACTION,
            r"w + \left( \frac{S_B w}{□} \right)",
            "□",
        ),
        ("w + S_B", "w + S_B", BRACKETS, r"\left( w + S_{B} \right)", ""),
        ("w + S_B", "w + S_B", TOP, r"\left(w + S_{B}\right)^{\top}", ""),
        ("1/(w)", "w", TOP, r"\frac{1}{w^{\top} }", ""),
        ("w", "w", "+", "w +", ""),
        ("w", "w", "S_B", "S_B", ""),
        ("", "", TOP, r"□^{\top}", "□"),
    ]:
        keys.select(text, chosen)
        keys.press(key)
        assert " ".join(keys.box.field.input_value().split()) == made
        assert keys.selected() == selected
    nothing_wrong(opened.errors)


def test_a_power_goes_to_the_name_of_a_function_and_round_a_step(visit):
    opened = visit(page_of("lstm-delta-c"), DESK)
    keys = Keys(opened, "lstm-delta-c")
    for text, made in [
        ("tanh(c(t))", r"\tanh^{2}\left(c^{(t)}\right)"),
        (r"\tanh", r"\tanh^{2}"),
        ("dc(t+1)", r"\left(\delta c^{(t+1)}\right)^{2}"),
        ("1 - (o(t) + 1)", r"1 - \left(o^{(t)} + 1\right)^{2}"),
    ]:
        keys.box.field.fill(text)
        keys.press(SQUARE)
        assert keys.box.field.input_value().strip() == made
    keys.select("c(t)", "c(t)")
    keys.press(r"\tanh")
    assert keys.box.field.input_value().strip() == r"\tanh\left(c^{(t)}\right)"


def test_an_empty_place_is_shown_and_told_before_python_is_asked(visit):
    opened = visit(page_of("fisher-criterion"), PHONE)
    asked = []
    opened.page.on("request", lambda request: asked.append(request.url))
    keys = Keys(opened, "fisher-criterion")
    keys.press(FRACTION)
    typeset = keys.box.whole.locator(".your-turn-preview annotation")
    typeset.wait_for(state="attached")
    assert typeset.text_content().count(r"\square") == 2
    keys.press("w", "on")
    assert keys.selected() == "□"
    keys.box.check.click()
    assert "still empty" in keys.box.answered()
    assert keys.selected() == "□"
    assert not [url for url in asked if PYTHON in url]


def test_more_keys_than_are_seen_are_told_and_the_key_that_leads_on_stays(visit):
    opened = visit(page_of("lstm-delta-c"), PHONE)
    keys = Keys(opened, "lstm-delta-c")
    mask = "one => getComputedStyle(one).maskImage"
    assert keys.row.get_attribute("data-more") == "right"
    assert "gradient" in keys.row.evaluate(mask)
    keys.row.evaluate("one => { one.scrollLeft = one.scrollWidth; }")
    assert happens(
        opened.page,
        "() => document.querySelector('.your-turn-palette').dataset.more === 'left'",
        None,
    )
    assert keys.row.evaluate(mask) == "none"
    shift = (
        "one => one.getBoundingClientRect().left - one.parentElement.getBoundingClientRect().left"
    )
    assert abs(keys.row.get_by_label(ON).evaluate(shift)) < 6
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    assert happens(
        opened.page, "() => !document.querySelector('.your-turn-palette').dataset.more", None
    )


def test_what_is_read_otherwise_than_meant_is_told_while_it_is_typed(visit):
    opened = visit(page_of("fisher-criterion"), DESK)
    box = Box(opened, "fisher-criterion")
    box.field.focus()
    preview = box.whole.locator(".your-turn-preview")
    for text, words in [
        ("w^T SB w / w^T SW w", "A stroke divides only what stands right beside it"),
        ("w^T SB w / (w^T SW w", "A bracket is not closed."),
    ]:
        box.field.fill(text)
        preview.get_by_text(words).wait_for()
    box.field.fill("w^T SB w / (w^T SW w)")
    assert happens(
        opened.page, "() => !document.querySelector('.your-turn-preview .in-page-note')", None
    )
    assert "Ctrl+Enter checks." in box.whole.locator("#try-fisher-criterion-example").inner_text()


def test_what_is_loaded_is_said_once_and_how_to_type_in_each_box(visit):
    opened = visit(ONE[0], PHONE)
    sizes = opened.page.locator(".in-page-note.is-size")
    assert sizes.count() == 0
    for label in by_page(BOXES)[ONE[0]][:2]:
        box = Box(opened, label)
        box.field.focus()
        example = box.whole.locator(f"#try-{label}-example > code").first
        example.wait_for()
        box.field.fill(example.inner_text())
        box.whole.locator(".your-turn-preview .katex").wait_for()
        assert sizes.count() == 1
    box.ask(example.inner_text(), FIRST)
    assert box.fate() != "right"
    assert sizes.count() == 0


STUCK = """
self.onmessage = ({ data: { number } }) => {
  const tell = (kind, more) => self.postMessage({ number, kind, ...more });
  const says = "All 6 numbers come out right, *all*.";
  const verdict = { fate: "numbers", says, needs_proof: true };
  tell("stage", { stage: "judge" });
  tell("meanwhile", { verdict });
  tell("stage", { stage: "prove" });
};"""


@pytest.fixture
def stuck(reader):
    """A page whose Python looks for a proof and never finds one."""
    context = reader.browser.new_context()
    page = context.new_page()
    page.route("**/python-worker.js", lambda route: route.fulfill(
        body=STUCK, content_type="text/javascript"))  # fmt: skip
    page.goto(reader.home + ONE[0])
    yield Box(type("Opened", (), {"page": page}), ONE[1])
    context.close()


def test_what_never_ends_could_not_be_decided(stuck):
    heard = stuck.ask("x", within=12_000)
    assert heard.startswith("All 6 numbers come out right, all.")
    assert stuck.answer.locator("em").inner_text() == "all"
    assert "could not be decided" in heard
    assert stuck.fate() == "numbers"


def test_a_search_for_a_proof_is_stopped_by_the_reader(stuck):
    stuck.field.fill("x")
    stuck.check.click()
    stuck.whole.get_by_text("Looking for a proof").wait_for()
    stuck.stop.click()
    assert "you stopped it" in stuck.answered()
    assert stuck.page.evaluate("document.activeElement.matches('.your-turn-check')")
    assert stuck.stop.is_hidden()


def test_python_that_does_not_come_is_told_and_asked_for_again(reader):
    context = reader.browser.new_context()
    page = context.new_page()
    page.goto(reader.home + ONE[0])
    page.route(f"**{PYTHON}/**", lambda route: route.abort())
    box = Box(type("Opened", (), {"page": page}), ONE[1])
    assert "Python could not be asked" in box.ask("x")
    page.unroute(f"**{PYTHON}/**")
    assert box.ask(about(ONE[1])["right"], FIRST).startswith("Right")
    context.close()


def test_opened_as_a_file_a_box_says_why_it_cannot_check(reader):
    page = reader.browser.new_page()
    page.goto((SITE / ONE[0]).as_uri())
    field = page.locator(f"#try-{ONE[1]} .your-turn-field")
    assert "Opened as a file, this page cannot start Python" in field.inner_text()
    assert page.locator(f"#try-{ONE[1]} textarea").count() == 0
    page.close()


@pytest.mark.parametrize("name", chosen(sorted(by_page(BOXES)), 1))
def test_without_scripts_the_solution_stands(visit, name):
    opened = visit(name, PHONE, scripts=False)
    for label in by_page(BOXES)[name]:
        box = opened.page.locator(f"#try-{label}")
        for fold in box.locator("details").all():
            fold.locator("summary").click()
        solution = box.locator(".your-turn-solution .katex-display").first
        assert solution.is_visible(), f"{label}: its solution is not there"
        assert box.locator("textarea").count() == 0
