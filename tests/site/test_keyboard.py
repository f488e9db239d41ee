"""The keyboard reaches every control and every frame that scrolls, and the focus is always seen."""

import pytest

from built import opening_pages, pages_to_open
from visiting import DESK, DESK_AT_NIGHT, PHONE, View, nothing_wrong

OPENINGS = ["index.html", *opening_pages()]
THEME_WAITS = 350  # milliseconds, until it says which code takes the focus at a new width


@pytest.mark.parametrize("name", pages_to_open())
def test_every_stop_of_the_keyboard_can_be_seen_and_left(visit, reader, name):
    opened = visit(name, PHONE)
    complaints = []
    for view in (PHONE, DESK):
        opened.show(view)
        opened.page.wait_for_timeout(THEME_WAITS)
        found = visit_stops(opened) + photograph_focus(opened, reader, str(view))
        complaints += [f"{view}: {one}" for one in found]
    nothing_wrong(complaints)


# The ring of focus has a colour of its own by day and by night; its place is the same.
@pytest.mark.parametrize("view", [PHONE, View(360, "light"), DESK, DESK_AT_NIGHT], ids=str)
@pytest.mark.parametrize("name", OPENINGS)
def test_the_tab_key_reaches_everything(visit, reader, name, view):
    opened = visit(name, view)
    nothing_wrong(press_tab_through(opened) + photograph_focus(opened, reader, str(view)))


def visit_stops(opened):
    """Give the focus to every stop, and press the tab key on one of each kind.

    Return where the focus cannot be seen, and where the key does not lead to the next stop.
    """
    opened.look("focusEach")
    complaints = opened.look("focusComplaints")
    for kind in opened.look("focusKinds"):
        if opened.look("focusOn", kind["index"])["focused"]:
            opened.page.keyboard.press("Tab")
            complaints += opened.look("tabLeftTo", kind["index"])
    return complaints


def press_tab_through(opened):
    """Press the tab key until the focus has come round; return what it missed or hid."""
    limit = 2 * opened.look("followFocus") + 100
    for presses in range(1, limit + 1):
        opened.page.keyboard.press("Tab")
        if presses % 20 == 0 and opened.look("focusCameRound"):
            break
    opened.look("note")
    return opened.look("focusComplaints")


def photograph_focus(opened, reader, view):
    """Compare pictures with and without focus, once for each kind of control."""
    complaints = []
    opened.page.mouse.move(0, 0)
    for kind in opened.look("focusKinds"):
        key = f"{view}: {kind['kind']}"
        if key in reader.seen_focused:
            continue
        reader.seen_focused.add(key)
        with_focus = opened.look("focusOn", kind["index"])
        if not with_focus["focused"]:
            continue
        first = take(opened, with_focus)
        second = take(opened, {**opened.look("unfocus", kind["index"]), **where(with_focus)})
        if reader.develop("changed", first, second) < 20:
            complaints.append(f"the focus cannot be seen on {with_focus['words']}")
    return complaints


def where(place):
    return {side: place[side] for side in ("x", "y", "width", "height")}


def take(opened, place):
    return opened.page.screenshot(clip=where(place), scale="css")
