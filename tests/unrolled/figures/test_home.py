"""The circuit of the home page holds what the list of parts holds, and its lines do not stray."""

from itertools import pairwise

import pytest
from matplotlib.colors import to_hex

from unrolled.figures.diagrams import draw_diagram
from unrolled.figures.home import low_circuit, low_layout, with_derivatives
from unrolled.figures.style import GRADIENT, INK, style_violations
from unrolled.symbolic.lstm import NETWORK
from unrolled.symbolic.wiring import wiring

PLAIN = wiring(NETWORK, peepholes=False)
FORGET = ("f(t)", "c(t - 1) * f(t)")


@pytest.fixture(scope="module")
def circuit():
    return low_circuit(*PLAIN)


def test_the_circuit_holds_every_part_and_use_and_no_other(circuit):
    parts = {part.name for part in PLAIN.parts}
    assert parts <= circuit.nodes.keys()
    uses = {(edge.start, edge.end) for edge in circuit.edges if edge.end in parts}
    assert uses == {(use.start, use.end) for use in PLAIN.uses}


def test_every_line_runs_along_the_axes(circuit):
    """From its beginning by its corners to its end, each piece is level or upright."""
    for edge in circuit.edges:
        ends = (circuit.nodes[edge.start].at, circuit.nodes[edge.end].at)
        points = [ends[0], *edge.via, ends[1]]
        for (x, y), (u, v) in pairwise(points):
            assert x == u or y == v, (edge.start, edge.end)


def test_what_enters_the_boxes_is_one_black_line(circuit):
    entering = [edge for edge in circuit.edges if edge.start in ("x(t)", "y(t - 1)")]
    assert len(entering) == 8
    assert {edge.colour or INK for edge in entering} <= {INK}
    assert [edge.start for edge in circuit.edges[-4:]] == ["x(t)"] * 4  # drawn over the dashes


def test_peepholes_have_no_place(circuit):
    with pytest.raises(ValueError, match=r"c\(t\) > o\(t\)"):
        low_circuit(*wiring(NETWORK))


def test_a_slope_stands_right_of_its_edge_and_of_no_other(circuit):
    with_one = with_derivatives(circuit, {FORGET: "c^{(t-1)}"})
    named = [(edge.start, edge.end) for edge in with_one.edges if edge.local]
    assert named == [FORGET]
    ax = draw_diagram(with_one, paths=[FORGET], now=["f(t)"], only_paths=True)
    (x, y), (_, top) = low_layout().places["f(t)"], low_layout().places["c(t)"]
    written = [text.get_position() for text in ax.texts if text.get_text() == "$c^{(t-1)}$"]
    (slope,) = [at for at in written if at[1] < top]  # the other one names the old cell
    assert x < slope[0] < x + 1
    assert y < slope[1]
    (arrow,) = [patch for patch in ax.patches if patch.get_gid() == " > ".join(FORGET)]
    assert to_hex(arrow.get_edgecolor()) == GRADIENT
    assert list(style_violations(ax.get_figure())) == []
