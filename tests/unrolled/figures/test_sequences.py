"""The drawings of what a sequence asks for show what they are given."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from unrolled.figures import sequences as figures
from unrolled.figures import style
from unrolled.figures.diagrams import Node

RNG = np.random.default_rng(7)
SHAPES = [(12, 12, 3), (5, 5, 7), (175,), (1,)]
SENTENCES = {"one": ["aa", "b", "c"], "other": ["d", "e"]}
PARTS = [[0, 1, 2], [2, 0]]
SERIES = np.cumsum(RNG.normal(size=(7 * 24, 3)), axis=0)
POINTS = RNG.normal(size=(2, 31, 2))
CLASSES = np.arange(31) % 3

FIGURES = {
    "strips": lambda ax: figures.draw_strips({"a": POINTS[0, :5], "b": POINTS[1, :3]}, ax=ax),
    "window": lambda ax: figures.draw_window(SERIES, "xyz", 72, 24, step=2, per_day=24, ax=ax),
}
ALL = {
    **{name: lambda d=draw: d(None).figure for name, draw in FIGURES.items()},
    "projections": lambda: figures.figure_projections(POINTS, CLASSES, ("pixels", "features")),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_wiring_joins_every_unit_with_every_unit():
    diagram = figures.wiring(2, 3, 1, 5)
    wires = [edge for edge in diagram.edges if not edge.head]
    assert len(wires) == 5 * (2 * 3 + 3 * 1) + 4 * 3 * 3
    assert [(e.start, e.end) for e in diagram.edges if e.head] == [
        ("x", "h"),
        ("h", "o"),
        ("h", "h"),
    ]


def test_arrows_of_a_mapping_join_dots_in_two_columns():
    diagram = figures.mapping([0, 0, 1, 2])
    ends = [[diagram.nodes[end] for end in (edge.start, edge.end)] for edge in diagram.edges]
    assert all(isinstance(end, Node) for pair in ends for end in pair)
    assert {(start.at[0], end.at[0]) for start, end in ends} == {(0.0, 4.2)}


def test_every_input_of_a_mapping_has_one_arrow():
    diagram = figures.mapping([0, 0, 1])
    assert [(e.start[-1], e.end[-1]) for e in diagram.edges] == [("0", "0"), ("1", "0"), ("2", "1")]
    for edge in diagram.edges:
        ends = [diagram.nodes[name] for name in edge[:2]]
        assert [end.colour for end in ends] == [figures.INPUT, figures.OUTPUT], "dots"


def test_tensors_have_a_cell_for_each_entry():
    nodes = figures.tensors([(2,), (3, 2), (5, 3, 2)]).nodes
    assert sum(not part.text for part in nodes.values()) == 2 + 6 + 30
    assert nodes["tensor of rank 3"].text == "tensor of rank 3\n(5, 3, 2)"
    assert nodes["vector"].text == "vector\n(2,)"


def test_shapes_stand_below_their_stages_and_steps_between():
    nodes = figures.shapes_of(SHAPES, ["conv", "flatten", "dense"]).nodes
    below = [nodes[f"shape {k}"].text for k in range(4)]
    assert below == ["12\n12\n3", "5\n5\n7", "175", "1"]
    places = [nodes[name].at[0] for name in ("0", "step 0", "1", "step 1", "2", "step 2", "3")]
    assert places == sorted(places)


def test_maps_show_the_same_classes():
    for ax, points in zip(ALL["projections"]().axes, POINTS, strict=True):
        for one, line in enumerate(ax.lines):
            np.testing.assert_array_equal(np.transpose(line.get_data()), points[one == CLASSES])
    assert words(ALL["projections"]().axes[1]) == ["0", "1", "2"]


def test_lines_join_words_that_play_the_same_part():
    diagram = figures.aligned_words(SENTENCES, PARTS)
    lines = {(e.start, e.end): e.colour for e in diagram.edges}
    assert lines == {("0 aa", "1 e"): style.SERIES[0], ("0 c", "1 d"): style.SERIES[2]}
    assert [diagram.nodes[name].text for name in SENTENCES] == list(SENTENCES)


def test_strips_hold_the_vectors():
    ax = FIGURES["strips"](None)
    first, second = ax.collections[:2]
    np.testing.assert_array_equal(first.get_array(), POINTS[0, :5].T)
    np.testing.assert_array_equal(second.get_array(), POINTS[1, :3].T)
    assert words(ax) == ["a: 5 vectors", "b: 3 vectors"]


def test_window_is_shaded_the_next_framed_and_their_targets_marked():
    ax = FIGURES["window"](None)
    shaded, framed = (patch for patch in ax.patches if isinstance(patch, Rectangle))
    assert (shaded.get_fill(), framed.get_fill()) == (True, False)
    assert framed.get_x() - shaded.get_x() == pytest.approx(2 / 24)
    assert shaded.get_x() == 1
    assert shaded.get_width() == pytest.approx(71 / 24)
    following, dot = (line for line in ax.lines if line.get_marker() == "o")
    assert float(dot.get_xdata()[0]) == pytest.approx((24 + 71 + 24) / 24)
    assert float(following.get_xdata()[0]) == pytest.approx((24 + 71 + 24 + 2) / 24)
    assert float(dot.get_ydata()[0]) in ax.lines[1].get_ydata()
    assert float(following.get_ydata()[0]) in ax.lines[1].get_ydata()
    assert "window: 72 rows" in words(ax)
