"""The drawings of layers show what they are given."""

from matplotlib.collections import LineCollection

from unrolled.figures import layers as figures


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_wire_is_drawn_and_counted():
    ax = figures.draw_wires((4, 5, 5, 3))
    (wires,) = [part for part in ax.collections if isinstance(part, LineCollection)]
    assert len(wires.get_segments()) == 60
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    assert sum(len(line.get_xdata()) for line in squares) == 13
    counts = ["5 biases", "20 weights", "5 biases", "25 weights", "3 biases", "15 weights"]
    assert texts(ax) == counts


def test_what_comes_back_bears_the_weights_of_its_wires():
    edges = figures.neuron_delta(5, 3).edges
    assert len(edges) == 5 * 3 + 3
    named = {(e.start, e.end): e.local for e in edges}
    assert [named["h2", f"o{j}"] for j in (1, 2, 3)] == ["V_{12}", "V_{22}", "V_{32}"]
    assert named["o3", "J"] == r"\delta o_3"
