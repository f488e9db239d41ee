"""The drawings of what a sequence asks for show what they are given, in the hand of the house."""

import numpy as np
import pytest
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from unrolled.figures import sequences as figures
from unrolled.figures import style

RNG = np.random.default_rng(7)
SHAPES = [(12, 12, 3), (5, 5, 7), (175,), (1,)]
SENTENCES = {"one": ["aa", "b", "c"], "other": ["d", "e"]}
PARTS = [[0, 1, 2], [2, 0]]
SERIES = np.cumsum(RNG.normal(size=(7 * 24, 3)), axis=0)
POINTS = RNG.normal(size=(2, 31, 2))
CLASSES = np.arange(31) % 3

FIGURES = {
    "tensors": lambda ax: figures.draw_tensors([(2,), (3, 2), (5, 3, 2)], ax=ax),
    "sentences": lambda ax: figures.draw_sentences(SENTENCES, PARTS, ax=ax),
    "strips": lambda ax: figures.draw_strips({"a": POINTS[0, :5], "b": POINTS[1, :3]}, ax=ax),
    "differences": lambda ax: figures.draw_differences(["a", "b", "c"], [2, 1e-16, 0], ax=ax),
    "window": lambda ax: figures.draw_window(SERIES, "xyz", 72, 24, per_day=24, ax=ax),
    "errors": lambda ax: figures.draw_errors(["a", "b"], [3.0, 1.5], unit="°C", ax=ax),
}
ALL = {
    **{name: lambda d=draw: d(None).figure for name, draw in FIGURES.items()},
    "wiring": lambda: figures.figure_wiring(2, 3, 1, 5),
    "mapping": figures.figure_mapping,
    "shapes": lambda: figures.figure_shapes(SHAPES, ["conv", "flatten", "dense"]),
    "maps": lambda: figures.figure_maps(POINTS, CLASSES, ("pixels", "features")),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_wiring_joins_every_unit_with_every_unit():
    _, ax = figures.figure_wiring(2, 3, 1, 5).axes
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    wires = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(circles) == 5 * (2 + 3 + 1)
    assert len(wires) == 5 * (2 * 3 + 3 * 1) + 4 * 3 * 3


def test_tensors_have_a_cell_for_each_entry():
    ax = FIGURES["tensors"](None)
    assert len(ax.patches) == 2 + 6 + 30
    assert words(ax)[-1] == "tensor of rank 3\n(5, 3, 2)"
    assert words(ax)[0] == "vector\n(2,)"


def test_shapes_stand_below_their_stages_and_steps_between():
    (ax,) = ALL["shapes"]().axes
    assert words(ax) == ["12\n12\n3", "5\n5\n7", "175", "1", "conv", "flatten", "dense"]
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == 3


def test_maps_show_the_same_classes():
    for ax, points in zip(ALL["maps"]().axes, POINTS, strict=True):
        for one, line in enumerate(ax.lines):
            np.testing.assert_array_equal(np.transpose(line.get_data()), points[one == CLASSES])
    assert words(ALL["maps"]().axes[1]) == ["0", "1", "2"]


def test_lines_join_words_that_play_the_same_part():
    ax = FIGURES["sentences"](None)
    assert words(ax) == ["aa", "b", "c", "d", "e", "one", "other"]
    assert len(ax.lines) == 2
    assert {line.get_color() for line in ax.lines} == {style.SERIES[0], style.SERIES[2]}


def test_strips_hold_the_vectors():
    ax = FIGURES["strips"](None)
    first, second = ax.collections[:2]
    np.testing.assert_array_equal(first.get_array(), POINTS[0, :5].T)
    np.testing.assert_array_equal(second.get_array(), POINTS[1, :3].T)
    assert words(ax) == ["a: 5 vectors", "b: 3 vectors"]


def test_differences_tell_rounding_from_change():
    ax = FIGURES["differences"](None)
    marks = [line for line in ax.lines if line.get_marker() != "None"]
    assert [line.get_marker() for line in marks] == ["s", "o", "o"]
    assert [float(line.get_xdata()[0]) for line in marks] == [2, 1e-16, 1e-19]


def test_window_is_shaded_and_its_target_marked():
    ax = FIGURES["window"](None)
    (shaded,) = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert shaded.get_x() == 1
    assert shaded.get_width() == pytest.approx(71 / 24)
    (dot,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert float(dot.get_xdata()[0]) == pytest.approx((24 + 71 + 24) / 24)
    assert float(dot.get_ydata()[0]) in ax.lines[1].get_ydata()
    assert "window: 72 rows" in words(ax)


def test_errors_are_bars_with_their_numbers():
    ax = FIGURES["errors"](None)
    assert [bar.get_width() for bar in ax.patches] == [3.0, 1.5]
    assert words(ax) == ["3.00", "1.50"]
