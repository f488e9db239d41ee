"""Names of one letter that differ in how many indices they have."""

import pytest

from bookkeeping.formulas.names import Names
from bookkeeping.formulas.surface import parse

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
