"""The tab key reaches every control and every frame that scrolls; see also ``keyboard``."""

import pytest

from built import one_of_each_kind
from keyboard import press_tab_through
from visiting import DESK, DESK_AT_NIGHT, PHONE, View, nothing_wrong

# The ring of focus has a colour of its own by day and by night; its place is the same.
WALKS = [
    *[("index.html", view) for view in (PHONE, View(360, "light"), DESK, DESK_AT_NIGHT)],
    *[(name, PHONE) for name in one_of_each_kind() if name != "index.html"],
]


@pytest.mark.parametrize(("name", "view"), WALKS, ids=str)
def test_the_tab_key_reaches_everything(visit, reader, name, view):
    """Here the key itself walks; on each page the focus is put on stops by ``test_pages``."""
    opened = visit(name, view)
    nothing_wrong(press_tab_through(opened, reader, str(view)) + opened.errors)
