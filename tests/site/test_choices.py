"""Questions: a choice unfolds by mouse and keyboard, and the first of each is remembered."""

import pytest

from built import in_turn, pages_with, read, shortest
from visiting import DESK, DESK_AT_NIGHT, PHONE, nothing_wrong

ASKING = pages_with("question")
# What a choice says is asked on each page, by test_pages; here it is chosen.
SOME = [shortest(ASKING), *in_turn(ASKING)]
KEPT = ".choices-kept"
UNFOLD = """() => [...document.querySelectorAll(".choice")].map(fold => {
  fold.firstElementChild.click();
  const verdict = fold.querySelector(".verdict").textContent;
  return [fold.open, fold.classList.contains("is-right"), verdict, fold.innerText];
})"""


@pytest.fixture
def asked(visit):
    """Open a page as one who has never been here; pages of one theme share what is kept."""

    def open_page(name, view):
        opened = visit(name, view)
        opened.page.evaluate("localStorage.clear()")
        opened.page.reload()
        return opened

    return open_page


def question(opened, number=0):
    return opened.page.locator(".question").nth(number)


def choice(opened, number, *, right):
    kind = ".choice.is-right" if right else ".choice:not(.is-right)"
    return question(opened, number).locator(kind).first.locator("summary")


def status(opened):
    return opened.page.locator(f"{KEPT} [role=status]").inner_text()


def test_the_book_asks():
    assert len(ASKING) >= 20
    assert all(len(list(read(name).all("details"))) for name in ASKING)


@pytest.mark.parametrize("name", SOME)
def test_every_choice_unfolds_to_a_reason(asked, name):
    opened = asked(name, PHONE)
    assert opened.page.locator(KEPT).is_hidden()
    for is_open, is_right, verdict, said in opened.page.evaluate(UNFOLD):
        assert is_open
        assert verdict == ("Right." if is_right else "Wrong.")
        assert len(said.split(verdict)[1].split()) >= 3, "a verdict without a reason"
    nothing_wrong(opened.complaints("sideways", "equationEnds") + opened.errors)


@pytest.mark.parametrize("view", [PHONE, DESK_AT_NIGHT], ids=str)
def test_what_was_chosen_first_is_counted_and_kept_until_it_is_to_be_forgotten(asked, view):
    opened = asked(SOME[0], view)
    total = opened.page.locator(".question").count()
    choice(opened, 0, right=False).focus()
    opened.page.keyboard.press("Enter")
    assert status(opened).startswith("0 of 1 answered right at the first try")
    choice(opened, 0, right=True).click()
    assert status(opened).startswith("0 of 1"), "the second try counts"
    choice(opened, 1, right=True).click()
    assert status(opened).startswith("1 of 2 answered right at the first try")
    assert (f"{total - 2} not answered yet" in status(opened)) == (total > 2)
    assert "kept in your browser only" in status(opened)
    nothing_wrong(opened.violations(f".question, {KEPT}") + opened.look("paleTexts"))
    opened.page.reload()
    assert status(opened).startswith("1 of 2"), "it was forgotten"
    assert question(opened).locator(".was-first").inner_text().endswith("your first choice")
    assert question(opened, 1).locator(".was-first").inner_text().endswith("first choice, right")
    opened.page.locator(f"{KEPT} button").click()
    assert opened.page.locator(KEPT).is_hidden()
    assert opened.page.evaluate("document.activeElement.matches('.choice > summary')")
    opened.page.reload()
    assert opened.page.locator(KEPT).is_hidden(), "it was not forgotten"


def test_a_browser_that_keeps_nothing_is_named(reader):
    context = reader.browser.new_context(viewport={"width": DESK.width, "height": DESK.height})
    page = context.new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }})"
    )
    page.goto(reader.home.rsplit("/", 1)[0] + f"/{ASKING[0]}")
    page.locator(".choice > summary").first.click()
    assert "keeps nothing" in page.locator(f"{KEPT} [role=status]").inner_text()
    context.close()
