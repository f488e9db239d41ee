"""Names that differ in how many indices they have, and formulas that say only half."""

import pytest

from bookkeeping.check.formulas.faults import Unreadable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import read
from bookkeeping.check.formulas.surface import parse

NAMES = Names(
    {"i": "index", "j": "index", "a_i": "row", "a_{ij}": "number", "a_k": "number", "a_i^Q": "row",
     "a_i^j": "number"}
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "tex", "indices"),
    [
        ("a_{ij}", "a_{ij}", 2), ("a_{ji}", "a_{ij}", 2), ("a_{i,j+1}", "a_{ij}", 2),
        ("a_j", "a_i", 1), ("a_{j-1}", "a_i", 1), ("a_k", "a_k", 0), ("a_j^Q", "a_i^Q", 1),
        ("a_j^i", "a_i^j", 2),
    ],
)  # fmt: skip
def test_two_indices_are_not_the_product_of_them(typed, tex, indices):
    found = NAMES.find(parse(typed).children[0])
    assert (found.name.tex, len(found.indices)) == (tex, indices)


@pytest.mark.parametrize(
    ("tex", "says"),
    [
        (r"a_k = 1, \quad a_k 2", "needs a relation"),
        (r"\begin{aligned} a_k &= 1 \\ & 2 a_k \end{aligned}", "needs a relation"),
        (r"a_k = 1 \implies a_k", "needs a relation"),
        (r"\begin{aligned} a_k &= 1", r"expected \\end\{aligned\}"),
        (r"a_k = \sum_2 a_k", "expected a condition"),
        (r"a_k = \sum_{2 : i \ne j} a_k", "expected the letter"),
    ],
)
def test_half_a_statement_is_none(tex, says):
    with pytest.raises(Unreadable, match=says):
        read(tex, NAMES)
