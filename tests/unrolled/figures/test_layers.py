"""The drawings of layers show what they are given, in the hand of the house."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from unrolled.figures import layers as figures
from unrolled.figures import style

RNG = np.random.default_rng(7)
STEPS = 10.0 ** np.arange(-11, 0)
ERRORS = STEPS**2 + 1e-15 / STEPS
LOSSES = np.array([[2.3, 0.9, 0.1], [2.4, 1.1, 0.7]])
IMAGE, KERNEL = np.arange(20).reshape(4, 5), np.array([[-1, 1], [0, 2]])
OUTPUT = np.arange(12).reshape(3, 4)
SHARES = np.array([[0.96, 0.4, 0.5], [0.97, 0.97, 0.97]])


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


def test_gradient_check_is_drawn_on_logarithmic_axes():
    ax = figures.draw_gradient_check(STEPS, ERRORS)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert np.array_equal(ax.lines[0].get_xydata(), np.column_stack([STEPS, ERRORS]))


def test_learning_begins_before_the_first_epoch():
    ax = figures.draw_learning(LOSSES, ("training", "test"))
    for line, losses in zip(ax.lines, LOSSES, strict=True):
        assert np.array_equal(line.get_ydata(), losses)
        assert line.get_xdata()[0] == 0
    assert texts(ax) == ["training", "test"]


def test_convolution_writes_every_number_and_marks_the_window():
    ax = figures.draw_convolution(IMAGE, KERNEL, OUTPUT, (1, 2))
    written = texts(ax)
    assert len(written) == 20 + 4 + 12 + 3
    assert "−1" in written
    filled = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_alpha()]
    boxes = [(p.get_x(), p.get_y(), p.get_width(), p.get_height()) for p in filled]
    assert boxes[0] == (2, 1, 2, 2)
    assert boxes[1][1:] == (1, 1, 1)


def test_shifts_put_each_network_in_its_row():
    ax = figures.draw_shifts(("none", "left", "up"), SHARES)
    for line, shares in zip(ax.lines, SHARES, strict=True):
        assert np.array_equal(line.get_xdata(), shares)
        assert list(line.get_ydata()) == [0, 1, 2]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["none", "left", "up"]


def test_images_keep_their_pixels_and_words():
    pixels = RNG.random((3, 7, 5))
    figure = figures.figure_images(pixels, ("a", "b", "c"))
    for ax, image, text in zip(figure.axes, pixels, "abc", strict=True):
        assert np.array_equal(ax.images[0].get_array(), image)
        assert ax.get_xlabel() == text
