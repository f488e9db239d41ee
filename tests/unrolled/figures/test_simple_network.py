"""The drawings of a simple recurrent network: every wire is there, and equal weights look equal."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyArrowPatch

from unrolled.figures import simple_network as figures
from unrolled.figures.diagrams import FADED

N_IN, N_HIDDEN, N_OUT, TIME = 5, 3, 2, 7
EDGES = [
    *(("h(0)", "a(1)"), ("x(1)", "a(1)"), ("a(1)", "h(1)"), ("h(1)", "o(1)"), ("o(1)", "y_hat(1)")),
    *(("h(1)", "a(2)"), ("x(2)", "a(2)"), ("a(2)", "h(2)")),
]
MATRIX = np.array([[2, -1, 0], [0, 3, -2]])
VALUES = np.array([0.5, -3.0, 1.0, 0.25, 2.0])
TRACES = np.array([0.5, 0.9, 1.0])[:, None] ** np.arange(TIME)


def written(ax):
    return [text.get_text() for text in ax.texts]


def wires(ax, matrix):
    """All straight wires in the colour of a matrix."""
    return [
        segment
        for bundle in ax.collections
        if isinstance(bundle, LineCollection)
        and to_hex(bundle.get_color()[0]) == figures.COLOURS[matrix]
        for segment in bundle.get_segments()
    ]


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def test_every_wire_is_drawn_and_each_neuron_hears_every_one_and_itself():
    ax = figures.draw_wires(N_IN, N_HIDDEN, N_OUT, chosen=1)
    assert len([patch for patch in ax.patches if isinstance(patch, Circle)]) == 10
    assert len(wires(ax, "U")) == N_IN * N_HIDDEN
    assert len(wires(ax, "V")) == N_HIDDEN * N_OUT
    assert len(arrows(ax)) == N_HIDDEN**2
    assert sum(arrow.get_alpha() == 1 for arrow in arrows(ax)) == N_HIDDEN


def test_unrolled_network_repeats_every_wire_at_every_step():
    ax = figures.draw_unrolled(N_IN, N_HIDDEN, N_OUT, TIME)
    assert len(wires(ax, "U")) == TIME * N_IN * N_HIDDEN
    assert len(wires(ax, "V")) == TIME * N_HIDDEN * N_OUT
    assert len(wires(ax, "W")) == (TIME - 1) * N_HIDDEN**2
    assert [f"$t = {step}$" in written(ax) for step in range(1, TIME + 1)] == [True] * TIME


def test_columns_wire_all_that_comes_in_to_every_sum():
    ax = figures.draw_columns(N_IN + N_HIDDEN, N_HIDDEN)
    assert len(wires(ax, "W")) == N_HIDDEN**2
    assert len(wires(ax, "U")) == N_IN * N_HIDDEN
    assert len(arrows(ax)) == N_HIDDEN, "each sum is bent by itself"


def test_matrix_and_wires_show_the_same_numbers():
    ax = figures.draw_matrix(MATRIX, 1)
    numbers = [text for text in written(ax) if not text.startswith("$")]
    assert numbers[: MATRIX.size] == ["2", "−1", "0", "0", "3", "−2"]
    assert numbers[MATRIX.size :] == ["0", "3", "−2"], "those of the chosen row stand on its wires"
    assert len(wires(ax, "W")) == MATRIX.size


def test_folded_network_has_a_loop_and_the_unfolded_one_none():
    folded, unfolded = figures.figure_folded(3).axes
    loops = [a for a in arrows(folded) if len(a.get_path().vertices) > 3]
    assert len(loops) >= 1
    assert {"$h^{(0)}$", "$h^{(1)}$", "$x^{(3)}$"} <= set(written(unfolded))
    assert written(unfolded).count("$W$") == 3
    assert set(written(folded)) == {"$x$", "$h$", r"$\hat{y}$", "$U$", "$V$", "$W$"}


def test_parameters_are_written_once():
    texts = written(figures.draw_shared(TIME))
    assert sum("U" in text for text in texts) == 1
    assert sum("V" in text for text in texts) == 1
    assert sum(text.startswith("$x") for text in texts) == TIME


def test_diagram_has_a_node_for_each_quantity_and_an_edge_for_each_use():
    diagram = figures.unrolled_diagram(EDGES, {("h(1)", "a(2)"): "W"})
    assert [(edge.start, edge.end) for edge in diagram.edges] == EDGES
    before = {edge.start for edge in diagram.edges if edge.kind == "before"}
    assert before == {"h(0)", "h(1)"}
    (wire,) = (edge for edge in diagram.edges if edge.local)
    assert (wire.start, wire.end, wire.local) == ("h(1)", "a(2)", "W")
    nodes = diagram.nodes
    assert nodes["a(1)"].at[0] == nodes["h(1)"].at[0] < nodes["a(2)"].at[0]
    assert nodes["x(1)"].at[1] < nodes["a(1)"].at[1] < nodes["h(1)"].at[1]


def test_total_loss_stands_above_the_middle():
    diagram = figures.unrolled_diagram(
        [("y_hat(1)", "J(1)"), ("J(1)", "J"), ("y_hat(3)", "J(3)"), ("J(3)", "J")]
    )
    places = [diagram.nodes[name].at for name in ("J(1)", "J", "J(3)")]
    assert places[1][0] == (places[0][0] + places[2][0]) / 2
    assert places[1][1] > places[0][1]
    assert diagram.nodes["J"].text == "J"


def test_each_use_of_two_steps_names_what_it_applies():
    texts = written(figures.draw_steps(EDGES))
    assert [texts.count(f"${letter}$") for letter in "UWVgf"] == [2, 2, 1, 2, 1]


def test_forward_sweep_adds_one_known_quantity_a_picture():
    steps = [("Add.", "a(1)", "a"), ("Bend.", "h(1)", "h")]
    first, second = figures.forward_pictures(EDGES, steps)
    assert (first.says, second.tex) == ("Add.", "h")
    assert first.alt == "a(1) is drawn strongly now; arrows lead to it from h(0) and x(1)."

    def strength(picture, letter):
        (text,) = (t for t in picture.figure.axes[0].texts if t.get_text() == letter)
        return text.get_alpha()

    assert [strength(p, "$h^{(1)}$") for p in (first, second)] == [2 * FADED, 1.0]
    assert [strength(p, "$a^{(1)}$") for p in (first, second)] == [1.0, 1.0]


def test_arrow_leads_from_the_largest_input_to_its_echo():
    ax = figures.draw_echo(VALUES, np.roll(VALUES, 2), 2)
    (arrow,) = arrows(ax)
    start, end = arrow._posA_posB
    assert (start[0], end[0]) == (2, 4)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["input", "output"]


def test_traces_are_those_given():
    ax = figures.draw_traces(TRACES, ("a", "b", "c"))
    shown = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) == TIME]
    np.testing.assert_array_equal(shown, TRACES)
