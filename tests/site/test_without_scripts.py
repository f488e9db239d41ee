"""With scripts off the book is still there: text, equations, pictures, and ways to go on."""

import pytest

from built import in_turn, one_of_each_kind, opening_pages, pages_to_open, pages_with
from drawings import too_small_to_read
from visiting import DESK, PHONE, nothing_wrong

LOOKS = ("nothingMissing", "noNavigation", "sideways", "equationEnds", "pictures")
# Pages that scripts change most, one of each kind and of each part, and some others in turn.
CHANGED = [*pages_with("chart"), *pages_with("steps")]
OTHERS = [*one_of_each_kind(), *opening_pages(), *in_turn(pages_to_open(), 4)]


@pytest.mark.parametrize("name", sorted({*CHANGED, *OTHERS}))
def test_the_page_is_there_without_scripts(visit, name):
    opened = visit(name, PHONE, scripts=False)
    complaints = too_small_to_read(opened, name)
    for view in (PHONE, DESK):
        opened.show(view)
        complaints += [f"{view}: {one}" for one in opened.complaints(*LOOKS)]
    nothing_wrong(complaints + opened.errors)
