"""Both drawings of a block hold what the list holds, and differ only by its places."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import lstm_block as figures
from unrolled.figures import style
from unrolled.figures.diagrams import draw_diagram
from unrolled.symbolic.lstm import NETWORK
from unrolled.symbolic.wiring import wiring

BLOCK, PLAIN = wiring(NETWORK), wiring(NETWORK, peepholes=False)
MATRIX = np.array([[2.0, -3, 5], [7, 0.5, -11]])
LAYOUTS = {"colah": figures.colah_layout(), "greff": figures.greff_layout()}


def arrows(diagram):
    patches = draw_diagram(diagram).patches
    return {patch.get_gid(): patch for patch in patches if isinstance(patch, FancyArrowPatch)}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [BLOCK, PLAIN], ids=["peepholes", "none"])
def test_a_drawing_holds_every_part_and_use_and_no_other(block, layout):
    diagram = figures.block(*block, LAYOUTS[layout])
    parts = {part.name for part in block.parts}
    assert parts <= diagram.nodes.keys()
    uses = {(edge.start, edge.end) for edge in diagram.edges if edge.end in parts}
    assert uses == {(use.start, use.end) for use in block.uses}


def test_equal_quantities_have_equal_colours_in_both_drawings():
    first, second = (arrows(figures.block(*BLOCK, layout)) for layout in LAYOUTS.values())
    for use in BLOCK.uses:
        name = f"{use.start} > {use.end}"
        colours = [to_hex(each[name].get_edgecolor()) for each in (first, second)]
        assert colours[0] == colours[1]
        assert (colours[0] == style.PEEPHOLE) == use.by.startswith("p_")
    assert to_hex(first["f(t) > c(t - 1) * f(t)"].get_edgecolor()) == style.FORGET_GATE
    assert to_hex(first["c(t - 1) > c(t - 1) * f(t)"].get_edgecolor()) == style.CELL


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_comes_from_the_step_before_is_dashed(layout):
    for name, arrow in arrows(figures.block(*BLOCK, LAYOUTS[layout])).items():
        before = name.split(" > ")[0] in ("y(t - 1)", "c(t - 1)")
        assert (arrow.get_linestyle() != "-") == before


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_line_that_begins_away_from_its_quantity_parts_from_another_or_is_named(layout):
    """Given quantities of the second drawing stand at several places, beside their letters."""
    layout = LAYOUTS[layout]
    for (start, _), (x, y) in layout.begins.items():
        from_line = np.isclose(layout.places[start][1], y)  # of the cell, which is level
        letters = [at for at, _ in layout.letters.get(start, ())]
        near = min(np.hypot(x - u, y - v) for u, v in letters) < 0.4 if letters else False
        assert from_line or near, (start, x, y)


def test_order_is_written_beside_each_operation():
    nodes = figures.block(*BLOCK, LAYOUTS["greff"], numbers=True).nodes
    order = {n.removeprefix("order of "): p.text for n, p in nodes.items() if n.startswith("order")}
    assert order == {part.name: str(part.order) for part in BLOCK.parts if part.order}


def test_a_plain_circuit_names_its_quantities_and_its_streams():
    plain = figures.streams(figures.block(*PLAIN, figures.colah_layout(one_line=True), names=True))
    assert [plain.nodes[f"{gate}(t)"].text for gate in "fizo"] == ["$f$", "$i$", "$z$", "$o$"]
    assert plain.nodes["tanh c(t)"].text == "tanh"
    assert {"the cell's line", "the gates' line", "on-ramp"} <= plain.nodes.keys()


def test_black_boxes_hand_on_cell_and_output():
    diagram = figures.black_boxes(2)
    assert sum(part.text == "LSTM" for part in diagram.nodes.values()) == 2
    carried = {(e.start, e.end) for e in diagram.edges if e.before}
    assert {("box 1", "c(1)"), ("c(1)", "box 2"), ("box 1", "y(1)"), ("y(1)", "box 2")} < carried
    assert len(carried) == 8


def test_hadamard_writes_every_product():
    nodes = figures.hadamard(MATRIX, MATRIX[::-1]).nodes
    written = [part.text for name, part in nodes.items() if name.startswith("2 ")]
    products = (MATRIX * MATRIX[::-1]).ravel()
    assert written == [f"{value:.3g}".replace("-", "−") for value in products]


def test_strangers_are_named():
    with pytest.raises(ValueError, match=r"parts and uses must be .* got q\(t\)"):
        figures.block([*BLOCK.parts, ("q(t)", "plus", "c", 7)], BLOCK.uses, LAYOUTS["colah"])
    uses = [*BLOCK.uses, ("c(t)", "f(t)", "p_for")]
    with pytest.raises(ValueError, match=r"got c\(t\) > f\(t\)"):
        figures.block(BLOCK.parts, uses, LAYOUTS["greff"])
