"""The parts and uses of a block are those of its equations, and nothing else."""

import pytest

from unrolled.symbolic import lstm
from unrolled.symbolic.recurrences import edges_from
from unrolled.symbolic.vectors import Quantity, t
from unrolled.symbolic.wiring import Use, wiring

BARS = {"fbar": "f", "ibar": "i", "zbar": "z", "obar": "o"}


@pytest.fixture(scope="module")
def block():
    return wiring(lstm.NETWORK)


@pytest.fixture(scope="module")
def plain():
    return wiring(lstm.NETWORK, peepholes=False)


def test_parts_by_hand(block):
    does = {part.name: part.does for part in block.parts}
    assert does == {
        **dict.fromkeys(("x(t)", "y(t - 1)", "c(t - 1)"), "given"),
        **dict.fromkeys(("f(t)", "i(t)", "o(t)"), "sigma"),
        **dict.fromkeys(("z(t)", "tanh c(t)"), "tanh"),
        **dict.fromkeys(("z(t) * i(t)", "c(t - 1) * f(t)", "y(t)"), "times"),
        "c(t)": "plus",
    }
    assert [part.order for part in block.parts] == [0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 5]


def test_uses_are_the_edges_of_the_equations(block):
    """Follow each edge of the derived graph: it must be a use, directly or by one operation."""
    leads = {use.start: set() for use in block.uses}
    for use in block.uses:
        leads[use.start].add(use.end)
    parts = {part.name: part for part in block.parts}
    for key in ("x", "y", "c", "f", "i", "z", "o"):
        quantity = Quantity(key, key, t)
        for edge in edges_from(lstm.NETWORK, quantity):
            start = Quantity(key, key, t + quantity.time - edge.head.time).node
            end = Quantity(BARS.get(edge.head.key, edge.head.key), "", t).node
            inner = {name for name in leads[start] if parts[name].does in ("times", "tanh")}
            assert end in leads[start] or any(end in leads.get(name, ()) for name in inner)
    assert len(block.uses) == 20


def test_only_the_peepholes_are_left_out(block, plain):
    assert set(block.uses) - set(plain.uses) == {
        Use("c(t - 1)", "f(t)", "p_for"),
        Use("c(t - 1)", "i(t)", "p_in"),
        Use("c(t)", "o(t)", "p_out"),
    }
    assert [part.name for part in block.parts] == [part.name for part in plain.parts]


def test_without_peepholes_the_output_gate_can_be_computed_first(block, plain):
    assert {part.order for part in block.parts if part.does == "sigma"} == {1, 4}
    assert {part.order for part in plain.parts if part.does == "sigma"} == {1}


def test_weights_are_named_on_the_way_into_a_box(block):
    by = {(use.start, use.end): use.by for use in block.uses}
    for gate, key in (("f", "for"), ("i", "in"), ("z", "z"), ("o", "out")):
        assert by["x(t)", f"{gate}(t)"] == f"W_{key}"
        assert by["y(t - 1)", f"{gate}(t)"] == f"R_{key}"
    assert sum(bool(weights) for weights in by.values()) == 11
