"""What the pages about bias and variance ask of the language."""

import pytest

from bookkeeping.check.formulas.faults import Unreadable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import read

DECLARED = {"i": "index", "x_i": "number", "x_{(i)}": "number", "a": "number"}


@pytest.mark.parametrize("tex", ["x_i", "x_{(i)}"])
def test_an_index_in_brackets_is_another_name(tex):
    formula = read(f"a = {tex}", Names(DECLARED))
    assert formula.names == {"a", "i", Names(DECLARED).name(tex).key}


def test_brackets_around_an_index_are_not_overlooked():
    names = Names({"i": "index", "x_i": "number", "a": "number"})
    with pytest.raises(Unreadable, match="is not declared"):
        read("a = x_{(i)}", names)
