"""The drawings of layers show what they are given."""

from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import layers as figures
from unrolled.figures import style


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_wire_is_drawn_and_counted():
    ax = figures.draw_wires((4, 5, 5, 3))
    (wires,) = [part for part in ax.collections if isinstance(part, LineCollection)]
    assert len(wires.get_segments()) == 60
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    assert sum(len(line.get_xdata()) for line in squares) == 13
    assert texts(ax) == ["5 biases", "20 wires", "5 biases", "25 wires", "3 biases", "15 wires"]


def test_what_comes_back_bears_the_weights_of_its_wires():
    ax = figures.draw_neuron_error(5, 3, 2)
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    violet = [a for a in arrows if to_hex(a.get_edgecolor()) == style.GRADIENT]
    assert (len(arrows), len(violet)) == (18, 6)
    shown = {text for text in texts(ax) if "V" in text}
    assert shown == {"$V_{12}$", "$V_{22}$", "$V_{32}$"}
