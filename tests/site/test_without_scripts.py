"""With scripts off the book is still there: text, equations, pictures, and ways to go on."""

import pytest

from built import pages_to_open, read
from visiting import DESK, PHONE, nothing_wrong


@pytest.mark.parametrize("view", [PHONE, DESK], ids=str)
@pytest.mark.parametrize("name", pages_to_open())
def test_the_page_is_there_without_scripts(visit, name, view):
    if any(e.tag == "meta" and e["http-equiv"].lower() == "refresh" for e in read(name).elements):
        pytest.skip("a page that only leads on to another")
    opened = visit(name, view, scripts=False)
    nothing_wrong(
        [
            *opened.look("nothingMissing"),
            *opened.look("noNavigation"),
            *opened.look("sideways"),
            *opened.look("equationEnds"),
            *opened.look("pictures"),
            *opened.accidents,
        ]
    )
