"""Every page, in every view: nothing goes wrong, nothing is out of reach, nobody is shut out."""

import pytest

from visiting import nothing_wrong, pages_and_views


@pytest.mark.parametrize(("name", "view"), pages_and_views(), ids=str)
def test_the_page_is_sound(visit, name, view):
    opened = visit(name, view)
    shown = opened.page.evaluate("document.documentElement.dataset.theme")
    assert shown == view.theme, f"the page is {shown}, the reader prefers {view.theme}"
    complaints = [
        *opened.look("sideways"),
        *opened.look("mathematics"),
        *opened.look("equationEnds"),
        *opened.look("pictures"),
        *opened.violations(),
        *opened.accidents,
    ]
    nothing_wrong(complaints)


def test_a_missing_address_is_answered_by_the_book(visit):
    opened = visit("no/such/page.html")
    expected = f"status 404: {opened.home}no/such/page.html"
    assert expected in opened.accidents
    assert [one for one in opened.accidents if one != expected] == []
    home = opened.page.locator(f"a[href='{opened.home}'], a[href='/'], a[href$='index.html']")
    assert home.first.is_visible(), "the page for a missing address has no way back"
