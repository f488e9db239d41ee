"""A simple recurrent network is described with every wire, and equal weights look equal."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import simple_network as figures

N_IN, N_HIDDEN, N_OUT, TIME = 5, 3, 2, 7
MATRIX = np.array([[2, -1, 0], [0, 3, -2]])
VALUES = np.array([0.5, -3.0, 1.0, 0.25, 2.0])


def wires(diagram, matrix):
    """All wires in the colour of a matrix."""
    return {(e.start, e.end) for e in diagram.edges if e.colour == figures.COLOURS[matrix]}


def texts(diagram):
    return [part.text for part in diagram.nodes.values()]


@pytest.mark.parametrize("chosen", [1, 2, 3])
def test_the_chosen_neuron_leads_back_to_every_hidden_neuron_and_itself(chosen):
    diagram = figures.wires(N_IN, N_HIDDEN, N_OUT, chosen=chosen)
    assert len(wires(diagram, "U")) == N_IN * N_HIDDEN
    assert len(wires(diagram, "V")) == N_HIDDEN * N_OUT
    assert wires(diagram, "W") == {(f"h{chosen}", f"h{unit}") for unit in (1, 2, 3)}
    assert all(edge.before for edge in diagram.edges if edge.start[0] == edge.end[0])


def test_unrolled_network_repeats_every_wire_at_every_step():
    diagram = figures.unrolled_wires(N_IN, N_HIDDEN, N_OUT, TIME)
    assert len(wires(diagram, "U")) == TIME * N_IN * N_HIDDEN
    assert len(wires(diagram, "V")) == TIME * N_HIDDEN * N_OUT
    assert len(wires(diagram, "W")) == (TIME - 1) * N_HIDDEN**2
    assert ("h(6)3", "h(7)1") in wires(diagram, "W")
    assert {e.before for e in diagram.edges if e.end[0] == e.start[0]} == {True}
    assert [f"$t = {t}$" in texts(diagram) for t in range(1, TIME + 1)] == [True] * TIME


def test_columns_wire_all_that_comes_in_to_every_sum():
    diagram = figures.columns(N_HIDDEN, N_IN)
    assert len(wires(diagram, "W")) == N_HIDDEN**2
    assert len(wires(diagram, "U")) == N_IN * N_HIDDEN
    bent = {(e.start, e.end) for e in diagram.edges if e.local == "g"}
    assert bent == {(f"a{n}", f"h{n}") for n in (1, 2, 3)}, "each sum is bent by itself"


def test_matrix_and_wires_show_the_same_numbers():
    diagram = figures.matrix_wiring(MATRIX, 2)
    cells = {
        tuple(map(int, name.split()[1:])): part
        for name, part in diagram.nodes.items()
        if name.startswith("weight")
    }
    for edge in diagram.edges:
        row, column = int(edge.end[1:]), int(edge.start[1:])
        weight = f"{MATRIX[row - 1, column - 1]}".replace("-", "−")
        assert edge.local == cells[row, column].text == weight
    assert {row for (row, _), part in cells.items() if part.tint} == {2}


def test_folded_network_has_a_loop_and_the_unfolded_one_none():
    diagram = figures.folded(3)
    returns = [(e.start, e.end) for e in diagram.edges if e.before]
    assert returns == [("h", "h"), ("h(0)", "h(1)"), ("h(1)", "h(2)"), ("h(2)", "h(3)")]
    assert {"$h$", "$x$", "$h^{(0)}$", "$x^{(3)}$"} <= set(texts(diagram))
    assert [e.local for e in diagram.edges].count("U") == 4


def test_parameters_are_written_once_and_lead_to_every_step():
    diagram = figures.shared_parameters(TIME)
    assert sum("U" in text for text in texts(diagram)) == 1
    below = {e.end for e in diagram.edges if e.start == "below"}
    assert below == {e.end for e in diagram.edges if e.start == "above"}
    assert below == {f"h({t})" for t in range(1, TIME + 1)}


def test_elman_loops_from_the_hidden_layer_and_jordan_from_the_output():
    loops = [(e.start, e.end) for e in figures.feedback().edges if e.before]
    assert loops == [("Elmanh", "Elmanh"), ("Jordano", "Jordanh")]


def test_arrow_leads_from_the_largest_input_to_its_echo():
    ax = figures.draw_echo(VALUES, np.roll(VALUES, 2), 2)
    (arrow,) = (patch for patch in ax.patches if isinstance(patch, FancyArrowPatch))
    across = arrow._path_original.vertices[:, 0]
    assert across[[0, -1]] == pytest.approx([2, 4], abs=0.11)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["input", "output"]
