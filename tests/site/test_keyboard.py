"""The keyboard reaches every control and every frame that scrolls, and the focus is always seen."""

import pytest

from built import opening_pages, pages_to_open
from visiting import DESK_AT_NIGHT, PHONE, View, nothing_wrong

BY_DAY = (View(360, "light"), View(1440, "light"))
# The ring of focus has a colour of its own by day and by night; its place is the same.
BY_KEYBOARD = [(name, view) for name in pages_to_open() for view in (PHONE, BY_DAY[1])] + [
    (name, view) for name in ("index.html", *opening_pages()) for view in (DESK_AT_NIGHT, BY_DAY[0])
]


@pytest.mark.parametrize(("name", "view"), BY_KEYBOARD, ids=str)
def test_the_keyboard_reaches_everything(visit, reader, name, view):
    opened = visit(name, view)
    complaints = press_tab_through(opened)
    complaints += photograph_focus(opened, reader, str(view))
    nothing_wrong(complaints)


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
