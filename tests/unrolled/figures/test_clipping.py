"""The drawings of clipping show what they are given, in the hand of the house."""

import numpy as np

from unrolled.figures import clipping as figures
from unrolled.figures import style
from unrolled.symbolic import gru

BOX = (1.0, 2.0, -1.0, 3.0)
LOSS = np.arange(35.0).reshape(5, 7)
PATHS = np.array([[1.5, 1.2, 1.9], [0, -0.5, 2.5]]), np.array([[1.5, 1.2], [0, -0.5]])
B = np.linspace(-1, 1, 11)
NORM = np.where(np.arange(11) == 3, 42.0, 1.0)
NORMS = np.array([0.5, 2.0, 0.7, 30.0])
VECTORS = np.array([3.0, 4.0]), np.array([0.6, 0.8]), np.array([1.0, 1.0])

FIGURES = {
    "cliff": lambda ax: figures.draw_cliff(LOSS, BOX, PATHS, ax=ax),
    "cut": lambda ax: figures.draw_cut(B, B**2, NORM, ax=ax),
    "clipped": lambda ax: figures.draw_clipped(*VECTORS, ax=ax),
    "lengths": lambda ax: figures.draw_lengths(NORMS, 1.0, ax=ax),
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def test_cliff_shows_the_loss_and_both_ways():
    ax = FIGURES["cliff"](None)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), LOSS)
    assert tuple(image.get_extent()) == BOX
    for colour, path in zip((style.WRONG, style.TARGET), PATHS, strict=True):
        way, end = lines(ax, colour)
        np.testing.assert_array_equal(way.get_data(), path)
        np.testing.assert_array_equal(np.ravel(end.get_data()), path[:, -1])


def test_cut_marks_the_steepest_place():
    ax = FIGURES["cut"](None)
    assert lines(ax, style.INK)[0].get_ydata().tolist() == (B**2).tolist()
    assert lines(ax, style.GRADIENT)[0].get_xdata()[0] == B[3]
    assert ax.texts[0].get_text() == "gradient of length 42"


def test_clipped_vectors_have_their_numbers():
    texts = {text.get_text() for text in FIGURES["clipped"](None).texts}
    assert {"(3, 4)", "by norm (0.6, 0.8)", "by value (1, 1)"} <= texts


def test_lengths_above_the_threshold_are_dotted():
    line, dots = lines(FIGURES["lengths"](None), style.GRADIENT)
    assert line.get_ydata().tolist() == NORMS.tolist()
    assert dots.get_xdata().tolist() == [2, 4]
    assert dots.get_ydata().tolist() == [2.0, 30.0]


def test_the_drawn_gru_uses_what_its_definitions_use():
    drawn = {(edge.start, edge.end) for edge in figures.gru_block().edges}
    used = set()
    through = {"zbar": "z", "rbar": "r", "gbar": "g"}
    for entry in gru.DEFINITIONS:
        for quantity in entry.value.atoms(gru.Quantity):
            tail = "h_prev" if quantity == gru.before else quantity.key
            head = through.get(entry.name.key, entry.name.key)
            if tail not in through:
                used.add((tail, head))
    assert drawn == used
