"""What a reader does: opens the contents, looks things up, copies, searches, prints."""

import pytest

from built import (
    in_turn,
    opening_pages,
    own_file,
    pages,
    pages_to_open,
    read,
    typical_pages,
)
from visiting import DESK, DESK_AT_NIGHT, PHONE, View, nothing_wrong

NAVIGATION = "nav.bd-docs-nav"
TOGGLE = ".primary-toggle:visible"
OPENINGS = ["index.html", *opening_pages()]


# ---- the contents on a phone ---------------------------------------------------------------------


def wait_for_navigation(page, *, shown):
    """Wait until the first entry of the contents is in view, or is not."""
    page.wait_for_function(
        """([navigation, shown]) => {
          const entry = document.querySelector(`${navigation} a.reference`);
          const box = entry.getBoundingClientRect();
          const inView = entry.checkVisibility({visibilityProperty: true, opacityProperty: true})
            && box.width > 0 && box.left >= 0 && box.right <= innerWidth + 1;
          return inView === shown;
        }""",
        arg=[NAVIGATION, shown],
        timeout=2_000,
    )


@pytest.mark.parametrize("name", typical_pages())
def test_the_contents_open_and_close_on_a_phone(visit, name):
    page = visit(name, PHONE).page
    wait_for_navigation(page, shown=False)
    page.locator(TOGGLE).first.click()
    wait_for_navigation(page, shown=True)
    page.keyboard.press("Escape")
    wait_for_navigation(page, shown=False)


@pytest.mark.parametrize("name", typical_pages())
def test_the_contents_open_and_close_by_keyboard_on_a_phone(visit, name):
    page = visit(name, PHONE).page
    page.locator(TOGGLE).first.focus()
    page.keyboard.press("Enter")
    wait_for_navigation(page, shown=True)
    inside = f"document.activeElement.closest('{NAVIGATION}') !== null"
    for _ in range(15):
        page.keyboard.press("Tab")
        if page.evaluate(inside):
            break
    assert page.evaluate(inside), "the keyboard does not reach the opened contents"
    page.keyboard.press("Escape")
    wait_for_navigation(page, shown=False)
    assert page.evaluate("document.activeElement.matches('.primary-toggle')"), (
        "the focus does not return to the button"
    )


# ---- the contents on a desk ----------------------------------------------------------------------

IN_VIEW = """element => {
  const box = element.getBoundingClientRect();
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return box.top >= 0 && box.bottom <= innerHeight && element.contains(over);
}"""
HEAD = (".bd-sidebar-primary .navbar-brand", ".bd-sidebar-primary .search-button-field")


def test_logo_and_search_stay_in_sight_above_the_contents(visit):
    page = visit(OPENINGS[-1], DESK).page
    contents = page.locator(".bd-sidebar-primary .sidebar-primary-item").last
    page.locator(f"{NAVIGATION} a").last.scroll_into_view_if_needed()
    assert contents.evaluate("element => element.scrollTop") > 0, "all contents fit"
    for selector in HEAD:
        assert page.locator(selector).evaluate(IN_VIEW), selector


@pytest.mark.parametrize("name", [OPENINGS[0], OPENINGS[-1]])
def test_the_entry_of_the_page_is_in_view_and_the_contents_keep_their_place(visit, name):
    page = visit(name, DESK).page
    contents = page.locator(".bd-sidebar-primary .sidebar-primary-item").last
    place = "element => element.scrollTop"
    current = page.locator(f"{NAVIGATION} .current > a.reference")
    if current.count():
        assert current.last.evaluate(IN_VIEW)
    before = contents.evaluate(place)
    page.keyboard.press("ArrowRight")
    page.wait_for_load_state()
    assert page.locator(f"{NAVIGATION} .current > a.reference").last.evaluate(IN_VIEW)
    contents.evaluate("element => { element.scrollTop += 9; }")
    here = contents.evaluate(place)
    page.reload()
    assert abs(contents.evaluate(place) - here) <= 1, f"{before} {here}"


# ---- light and dark ------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [PHONE, DESK], ids=str)
def test_the_reader_may_choose_light_and_dark(reader, view):
    context = reader.browser.new_context(
        color_scheme=view.theme, viewport={"width": view.width, "height": view.height}
    )
    page = context.new_page()
    page.goto(reader.home)
    other = "light" if view.theme == "dark" else "dark"
    for _ in range(2):
        page.locator(".theme-switch-button:visible").first.click()
        choice = page.locator(f".theme-change-button[data-mode='{other}']:visible")
        if choice.count():
            choice.first.click()
        if page.evaluate("document.documentElement.dataset.theme") == other:
            break
    assert page.evaluate("document.documentElement.dataset.theme") == other
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == other, "it was forgotten"
    context.close()


# ---- looking things up ---------------------------------------------------------------------------


def link_to(fragment, inside="article"):
    """The first page with a visible reference of this kind, and how to find it there."""
    for name in pages():
        for element in read(name).all("a"):
            target = own_file(name, element["href"])
            if target and target[1].startswith(fragment) and element.has_class("reference"):
                return name, f"{inside} a.reference[href$='#{target[1]}']"
    return None, None


REFERENCES = {"equation-": ".katex", "term-": ""}


@pytest.mark.parametrize("way", ["hover", "focus"])
@pytest.mark.parametrize("kind", REFERENCES)
def test_a_reference_shows_what_it_refers_to(visit, kind, way):
    name, selector = link_to(kind)
    if name is None:
        pytest.skip(f"the book has no reference to #{kind} yet")
    opened = visit(name, DESK)
    link = opened.page.locator(selector).first
    link.scroll_into_view_if_needed()
    getattr(link, way)()
    preview = opened.page.locator(".preview[role=tooltip]")
    preview.wait_for(state="visible", timeout=1_000)
    assert preview.inner_text().strip(), "the preview is empty"
    if REFERENCES[kind]:
        assert preview.locator(REFERENCES[kind]).count(), "the preview shows no mathematics"
        nothing_wrong(opened.look("equationEnds"))
    nothing_wrong(opened.violations(".preview") + opened.look("paleTexts"))
    opened.page.keyboard.press("Escape")
    preview.wait_for(state="hidden", timeout=1_000)
    nothing_wrong(opened.errors)


# ---- copying -------------------------------------------------------------------------------------


def test_a_copy_button_copies_the_code_beside_it(visit):
    name = next(
        (n for n in OPENINGS if any(e.has_class("cell_input") for e in read(n).elements)), None
    )
    if name is None:
        pytest.skip("the first pages of the parts have no code yet")
    page = visit(name, DESK).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    cell = page.locator(".cell_input .highlight:visible").first
    cell.hover()
    cell.locator("button.copybtn").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()


# ---- searching -----------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [PHONE, View(820, "light"), DESK], ids=str)
def test_the_search_finds_a_page_by_a_word_of_its_title(visit, view):
    target = opening_pages()[0]
    opened = visit(target, view)
    page = opened.page
    title = page.locator("h1").first.evaluate(
        "title => [...title.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(' ')"
    )
    word = max(title.split(), key=len).strip(".,:;?!")
    page.goto(opened.home, wait_until="load")
    box = page.locator("input[name=q]:visible")
    button = page.locator(".search-button:visible, .search-button__button:visible")
    if not box.count() and not button.count():
        page.locator(TOGGLE).first.click()
        wait_for_navigation(page, shown=True)
    if not box.count():
        button.first.click()
    assert box.count() == 1, f"{box.count()} search boxes are in view"
    box.fill(word)
    box.press("Enter")
    results = page.locator("#search-results a")
    results.first.wait_for(timeout=5_000)
    page.wait_for_function("!document.querySelector('#search-progress')?.textContent")
    addresses = results.evaluate_all("links => links.map(link => link.href.split(/[?#]/)[0])")
    assert opened.home + target in addresses, f"searching for {word!r} finds only {addresses}"
    nothing_wrong(opened.errors)


def search(opened, words):
    """Search from the page that is open, and wait for what is found."""
    opened.page.goto(f"{opened.home}search.html?q={words}", wait_until="load")
    opened.page.locator("#search-results section").first.wait_for(timeout=5_000)
    return opened.page.evaluate(
        """() => [...document.querySelectorAll("#search-results section")].map(group => [
          group.querySelector("h2").textContent,
          [...group.querySelectorAll("li > a")].map(link => link.textContent)])"""
    )


def test_chapters_are_found_before_code_and_each_page_once(visit):
    groups = search(visit("index.html"), "attention")
    names = [name for name, _ in groups]
    assert names == ["Chapters", "Words, signs and corrections", "Code"]
    for _, pages_found in groups:
        assert len(set(pages_found)) == len(pages_found) > 0
    assert all(title[0].isdigit() for title in groups[0][1]), "a chapter has no number"


def test_what_is_found_is_told_in_a_sentence_of_the_page(visit):
    opened = visit("index.html")
    search(opened, "softmax")
    told = opened.page.locator(".search-sentence").first
    told.wait_for(timeout=5_000)
    said = told.text_content()
    assert "softmax" in said.lower()
    assert "System Settings" not in said
    assert told.locator(".highlighted").count()
    nothing_wrong(opened.errors)


def test_words_that_stand_nowhere_are_answered(visit):
    opened = visit("search.html?q=quixotically")
    opened.page.wait_for_function("document.querySelector('.search-summary')?.textContent")
    assert "No page" in opened.page.locator(".search-summary").text_content()


@pytest.mark.parametrize("view", [PHONE, DESK], ids=str)
def test_control_k_and_the_button_open_the_search(visit, view):
    page = visit(OPENINGS[1], view).page
    box = page.locator("#pst-search-dialog input[name=q]")
    page.keyboard.press("Control+k")
    assert box.is_visible()
    page.keyboard.press("Escape")
    assert not box.is_visible()
    page.locator(".search-button__button:visible").first.click()
    assert box.is_visible()


# ---- from page to page, and on the page --------------------------------------------------------


def test_arrows_lead_from_page_to_page_and_not_out_of_a_control(visit):
    page = visit("recurrent/vanishing.html").page
    following = page.locator("a.right-next").get_attribute("href").split("/")[-1]
    here = page.url
    for control in (".chart-controls input", "details summary", ".headerlink"):
        page.locator(f"article {control}").first.evaluate("one => one.focus()")
        page.keyboard.press("ArrowRight")
        assert page.url == here, f"an arrow left the page while {control} had the focus"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Shift+ArrowRight")
    assert page.url == here
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/{following}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(here)


def test_the_section_that_is_read_is_marked(visit):
    page = visit("recurrent/vanishing.html").page
    assert page.locator(".nav-link.is-read").count() <= 1
    heading = page.locator("article h2").nth(3)
    heading.evaluate("one => one.scrollIntoView()")
    page.wait_for_function("document.querySelector('.nav-link.is-read')")
    expected = heading.evaluate("one => one.closest('section').id")
    assert page.locator(".nav-link.is-read").get_attribute("href") == f"#{expected}"
    assert page.locator("[aria-current=location]").count() == 1


def test_the_notation_is_folded_on_a_phone_and_open_on_a_desk(visit):
    opened = visit("recurrent/vanishing.html", PHONE)
    letters = opened.page.locator(".notation .letters").first
    assert not letters.is_visible()
    opened.page.locator(".notation > .admonition-title > button").click()
    assert letters.is_visible()
    opened.show(DESK)
    assert letters.is_visible()
    assert opened.page.locator(".notation button").count() == 0


def test_the_latex_of_an_equation_can_be_copied(visit):
    page = visit("recurrent/vanishing.html").page
    line = page.locator(".equation-mark-line").first
    expected = line.evaluate(
        "one => one.previousElementSibling.querySelector('.katex annotation').textContent.trim()"
    )
    line.locator(".copy-latex").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.copy-latex').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == expected


def test_every_page_of_a_chapter_says_how_to_cite_it_and_describes_itself(visit):
    page = visit("recurrent/vanishing.html").page
    page.locator(".cite-page summary").click()
    title = page.locator("article h1").evaluate(
        "one => [...one.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim()"
    )
    assert f"title = {{{title}}}" in page.locator(".cite-page pre").text_content()
    first = page.locator("article p").first.text_content()
    said = page.locator("meta[name=description]").get_attribute("content")
    assert said.split()[:5] == first.split()[:5]


# ---- printing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*typical_pages(), *in_turn(pages_to_open(), 3)}))
def test_a_printed_page_is_text_alone_dark_on_white(visit, name):
    opened = visit(name, View(1440, "dark"))
    page = opened.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 between its margins
    complaints = [
        f"still there on paper: {selector}"
        for selector in (
            NAVIGATION, ".bd-sidebar-primary", ".bd-header-article", ".bd-header",
            ".prev-next-area", "button.copybtn", ".article-header-buttons", "a.headerlink",
        )
        if page.locator(f"{selector}:visible").count()
    ]  # fmt: skip
    nothing_wrong(complaints + opened.complaints("pale", "sideways", "equationEnds"))


HEADS = """[...document.styleSheets]
  .filter(sheet => !sheet.href).flatMap(sheet => [...sheet.cssRules])
  .filter(rule => rule instanceof CSSPageRule)
  .flatMap(rule => [...rule.cssRules].map(edge => [edge.name, edge.style.content]))"""


@pytest.mark.parametrize("name", typical_pages())
def test_a_printed_page_is_headed_by_book_and_title_with_its_number(visit, name):
    page = visit(name, DESK).page
    page.emulate_media(media="print")
    title = page.locator("article h1:visible")
    said = " ".join(title.inner_text().removesuffix("#").split())
    number, _, rest = said.partition(" ")
    head = f"{number.removesuffix('.')} {rest}".strip()
    book = page.locator(".logo__title").first.text_content()
    assert page.evaluate(HEADS) == [
        ["top-left", f'"{book}"'],
        ["top-right", f'"{head}"'],
        ["bottom-right", "counter(page)"],
    ]


def test_the_page_of_a_dark_desk_is_dark(visit):
    """The paper's check above must not pass because the page was light all along."""
    assert visit("index.html", DESK_AT_NIGHT).look("pale")
