"""Every page, in every view: nothing goes wrong, nothing is out of reach, nobody is shut out."""

import pytest

from built import opening_pages, pages_to_open
from visiting import ALL_VIEWS, AXE_VIEWS, VIEWS, nothing_wrong

# A page of each part, and the home page: what every page has around its text stands here too.
OPENINGS = ["index.html", *opening_pages()]


def seen(opened, view):
    """Return what is wrong with a page as it is shown now, whatever the view."""
    shown = opened.page.evaluate("document.documentElement.dataset.theme")
    assert shown == view.theme, f"the page is {shown}, the reader prefers {view.theme}"
    looks = ("sideways", "mathematics", "equationEnds", "pictures")
    return [complaint for look in looks for complaint in opened.look(look)]


@pytest.mark.parametrize("name", pages_to_open())
def test_the_page_is_sound(visit, name):
    """Loaded once, on a dark phone, and then looked at in each view."""
    opened = visit(name, VIEWS[0])
    complaints = []
    for view in VIEWS:
        opened.show(view)
        found = seen(opened, view)
        if view in AXE_VIEWS:
            found += opened.violations(view.theme)
        complaints += [f"{view}: {one}" for one in found]
    nothing_wrong(complaints + opened.errors)


@pytest.mark.parametrize("view", ALL_VIEWS, ids=str)
@pytest.mark.parametrize("name", OPENINGS)
def test_an_opening_page_is_sound_when_loaded_in_any_view(visit, name, view):
    opened = visit(name, view)
    nothing_wrong([*seen(opened, view), *opened.violations(view.theme), *opened.errors])


def test_a_missing_address_is_answered_by_the_book(visit):
    opened = visit("no/such/page.html")
    expected = f"status 404: {opened.home}no/such/page.html"
    assert expected in opened.errors
    assert [one for one in opened.errors if one != expected] == []
    home = opened.page.locator(f"a[href='{opened.home}'], a[href='/'], a[href$='index.html']")
    assert home.first.is_visible(), "the page for a missing address has no way back"
