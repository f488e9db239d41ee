"""Every page, in every view: nothing goes wrong, nothing is out of reach, nobody is shut out."""

import lengths
import pytest

from built import SITE, pages_to_open, pages_with, typical_pages
from drawings import lost_in_the_dark, too_small_to_read
from keyboard import walk
from visiting import ALL_VIEWS, DESK, PHONE, TABLET, nothing_wrong
from weights import too_heavy

CHAPTERS = {file.relative_to(SITE).as_posix() for file in lengths.chapter_files(SITE)}
WITH_A_FIGURE = [name for name in pages_with("figure-frame") if name in CHAPTERS]


def seen(opened, view):
    """Return what is wrong with a page as it is shown now, whatever the view."""
    shown = opened.page.evaluate("document.documentElement.dataset.theme")
    assert shown == view.theme, f"the page is {shown}, the reader prefers {view.theme}"
    return opened.complaints("sideways", "equationEnds", "pictures", "charts")


@pytest.mark.parametrize("name", pages_to_open())
def test_the_page_is_sound(visit, reader, name):
    """Loaded once, on a dark phone, and then looked at in each view."""
    opened = visit(name, PHONE)
    opened.wait_for_charts()
    complaints = too_heavy(opened, name) + opened.complaints("mathematics", "choices")
    for view in (PHONE, TABLET, DESK):
        opened.show(view)
        found = seen(opened, view)
        if view is not TABLET:
            found += seen_longer(opened, reader, name, view)
        complaints += [f"{view}: {one}" for one in found]
    complaints += lost_in_the_dark(opened, reader)
    nothing_wrong(complaints + opened.errors)


def seen_longer(opened, reader, name, view):
    """Return what else is wrong on a phone or on a desk; what moves the page comes last."""
    complaints = opened.look("firstSight") if name in WITH_A_FIGURE else []
    complaints += opened.complaints("steps", "paleTexts")
    if view is PHONE:
        complaints += opened.complaints("unfolded", "smallControls")
        complaints += too_small_to_read(opened, name) + opened.violations()
    return complaints + walk(opened, reader, str(view))


@pytest.mark.parametrize("view", ALL_VIEWS, ids=str)
@pytest.mark.parametrize("name", typical_pages())
def test_a_page_is_sound_when_loaded_in_any_view(visit, name, view):
    opened = visit(name, view)
    opened.wait_for_charts()
    complaints = [*seen(opened, view), *opened.violations(every_letter=True)]
    nothing_wrong(complaints + opened.errors)


def test_a_missing_address_is_answered_by_the_book(visit):
    opened = visit("no/such/page.html")
    expected = f"status 404: {opened.home}no/such/page.html"
    assert expected in opened.errors
    assert [one for one in opened.errors if one != expected] == []
    home = opened.page.locator(f"a[href='{opened.home}'], a[href='/'], a[href$='index.html']")
    assert home.first.is_visible(), "the page for a missing address has no way back"
