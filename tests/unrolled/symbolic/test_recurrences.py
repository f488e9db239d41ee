"""What both recurrent networks stand on: a definition without a rule is refused by name."""

import pytest

from unrolled.symbolic.lstm import NETWORK, W_z, c, f, i, x, z
from unrolled.symbolic.recurrences import Definition, edges_from
from unrolled.symbolic.vectors import Square


@pytest.mark.parametrize(
    ("value", "tail"),
    [
        (Square(z) * i, z),
        (z * i * z, z),
        (W_z @ z + z * i, z),
        (W_z @ (z * i), i),
    ],
    ids=["a square", "twice in one product", "within and between units", "a product in a matrix"],
)
def test_a_definition_without_a_rule_is_named(value, tail):
    network = NETWORK._replace(definitions=(Definition(c, value, "a cell"),))
    with pytest.raises(ValueError, match=r"must use .* in one product with a matrix"):
        edges_from(network, tail)


def test_the_same_definition_with_names_has_one():
    network = NETWORK._replace(
        definitions=(Definition(f, z * i, "a part"), Definition(c, W_z @ f, "c"))
    )
    assert [edge.head for edge in edges_from(network, i)] == [f]
    assert [edge.is_matrix for edge in edges_from(network, f)] == [True]
    assert not edges_from(network, x)
