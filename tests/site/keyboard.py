"""Walking through a page by keyboard: what it reaches, and whether the focus is seen there."""

from __future__ import annotations

from typing import Any

from visiting import Reader, Visit

# The theme says which code takes the focus at a width, a moment after the page has got it.
CODE_TAKES_FOCUS = """[...document.querySelectorAll("pre, .cell_output > .output")].every(
  one => (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
    === (one.tabIndex === 0))"""


def walk(opened: Visit, reader: Reader, view: str) -> list[str]:
    """Give the focus to some stops of each kind; return where it is not seen, or cannot be left.

    What a kind is says ``kindOfStop`` in page_checks.js. Once a reader and view, one stop of each
    kind is photographed, and the tab key has to lead from it to the next stop of the page.
    """
    opened.page.wait_for_function(CODE_TAKES_FOCUS)
    complaints = opened.look("focusSome")
    for kind in new_kinds(opened, reader, view):
        complaints += photograph(opened, reader, kind["index"])
        complaints += press_tab_on(opened, kind["index"])
    return complaints


def press_tab_through(opened: Visit, reader: Reader, view: str) -> list[str]:
    """Press the tab key until the focus has come round; return what it missed or hid."""
    limit = 2 * opened.look("followFocus") + 100
    for presses in range(1, limit + 1):
        opened.page.keyboard.press("Tab")
        if presses % 20 == 0 and opened.look("focusCameRound"):
            break
    opened.look("note")
    complaints = opened.look("focusComplaints")
    for kind in new_kinds(opened, reader, view):
        complaints += photograph(opened, reader, kind["index"])
    return complaints


def new_kinds(opened: Visit, reader: Reader, view: str) -> list[dict[str, Any]]:
    """Return a stop of each kind that this reader has not met in this view, and remember them."""
    met = reader.stops_met.setdefault(view, set())
    kinds = [one for one in opened.look("focusKinds") if one["kind"] not in met]
    met.update(one["kind"] for one in kinds)
    return kinds


def press_tab_on(opened: Visit, index: int) -> list[str]:
    """Return where the tab key leads from a stop, unless it is the next one."""
    if not opened.look("focusOn", index)["focused"]:
        return []
    opened.page.keyboard.press("Tab")
    return opened.look("tabLeftTo", index)


def photograph(opened: Visit, reader: Reader, index: int) -> list[str]:
    """Compare pictures of a stop with the focus and without."""
    with_focus = opened.look("focusOn", index)
    if not with_focus["focused"]:
        return []
    place = {side: with_focus[side] for side in ("x", "y", "width", "height")}
    first = opened.page.screenshot(clip=place, scale="css")
    opened.look("unfocus", index)
    second = opened.page.screenshot(clip=place, scale="css")
    if reader.develop("changed", first, second) < 20:
        return [f"the focus cannot be seen on {with_focus['words']}"]
    return []
