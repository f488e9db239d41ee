"""With scripts off the book is still there: text, equations, pictures, and ways to go on."""

import pytest

from built import pages_to_open
from visiting import DESK, PHONE, nothing_wrong

LOOKS = ("nothingMissing", "noNavigation", "sideways", "equationEnds", "pictures")


@pytest.mark.parametrize("name", pages_to_open())
def test_the_page_is_there_without_scripts(visit, name):
    opened = visit(name, PHONE, scripts=False)
    complaints = []
    for view in (PHONE, DESK):
        opened.show(view)
        found = [one for look in LOOKS for one in opened.look(look)]
        complaints += [f"{view}: {one}" for one in found]
    nothing_wrong(complaints + opened.errors)
