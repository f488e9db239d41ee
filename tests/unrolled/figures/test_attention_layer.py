"""Drawings of the multi-head layer: every box and array has its place, its colour and its shape."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from unrolled.figures import attention_layer as figures
from unrolled.figures import style

STEPS = [("tokens", (1, 9, 512)), ("mapped", (1, 9, 512)), ("split", (1, 8, 9, 64)),
         ("weights", (1, 8, 9, 9)), ("merged", (1, 9, 512)), ("output", (1, 9, 512))]  # fmt: skip


def wires(ax, role):
    return [patch for patch in ax.patches
            if isinstance(patch, FancyArrowPatch) and patch.get_gid() == role]  # fmt: skip


def texts(ax):
    return [text.get_text() for text in ax.texts]


def near(arrow, point):
    """Whether an arrow, its head included, touches a point."""
    away = np.linalg.norm(arrow.get_path().vertices - point, axis=1)
    return away.min() < 0.1


@pytest.mark.parametrize(
    ("role", "colour", "side"),
    [("Q", style.QUERIES, 0.85), ("K", style.KEYS, 0.0), ("V", style.VALUES, -0.85)],
)
def test_three_attentions_get_queries_keys_and_values(role, colour, side):
    arrows = wires(figures.draw_three_boxes(), role)
    assert {mpl.colors.to_hex(arrow.get_edgecolor()) for arrow in arrows} == {colour}
    boxes = [box for box in figures.THREE_BOXES if box.strong]
    for box in boxes:
        x, y = box.at
        below = x + side, y - box.height / 2
        assert sum(near(arrow, below) for arrow in arrows) == 1, box.text
    assert len(arrows) == len(boxes) == 3


def test_the_crossing_box_gets_keys_and_values_from_the_encoder_and_queries_from_below():
    ax = figures.draw_three_boxes()
    forked = {role: sum(near(a, figures.FORK) for a in wires(ax, role)) for role in "QKV"}
    assert forked == {"Q": 0, "K": 1, "V": 1}
    (trunk,) = (wire for wire in figures.THREE_BOXES_WIRES if wire.route[-1] == figures.FORK)
    assert trunk.route[0][0] == figures.ENCODER
    below = figures.DECODER + 0.85, 4.51
    assert [near(arrow, below) for arrow in wires(ax, "Q")].count(True) == 1


def test_both_columns_say_what_is_done():
    (ax,) = figures.figure_inside().axes
    written = texts(ax)
    for word in ("softmax", "mask, if any", "split into heads", "put side by side", "attention"):
        assert word in written
    assert written.count("map") == 4
    edges = {mpl.colors.to_hex(patch.get_edgecolor()) for patch in ax.patches}
    assert set(style.HEADS) <= edges


def test_arrays_have_their_shape_and_a_block_for_each_head():
    ax = figures.draw_shapes(STEPS)
    assert [text for text in texts(ax) if text.startswith("(")] == [str(s) for _, s in STEPS]
    blocks = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    rows = sorted({round(block.get_y(), 6) for block in blocks}, reverse=True)
    counts = [sum(round(b.get_y(), 6) == row for b in blocks) for row in rows]
    assert counts == [1, 9, 8, 8, 9, 1], "a bar with bands has a rim besides"
    squares = [b for b in blocks if round(b.get_y(), 6) == rows[3]]
    assert {round(b.get_width() / b.get_height(), 6) for b in squares} == {1.0}


def test_weights_stand_with_their_queries_and_keys():
    weights = np.arange(15.0).reshape(5, 3) / 15
    ax = figures.figure_weights_by_keys(weights, list("abcde"), list("xyz")).axes[0]
    np.testing.assert_array_equal(ax.collections[0].get_array(), weights)
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("5 queries", "3 keys")


def test_words_keep_their_numbers_when_they_move():
    weights, order = np.arange(9.0).reshape(3, 3), [2, 0, 1]
    before, after = figures.figure_shuffled(weights, weights[np.ix_(order, order)], order).axes
    assert [tick.get_text() for tick in before.get_yticklabels()] == ["1", "2", "3"]
    assert [tick.get_text() for tick in after.get_xticklabels()] == ["3", "1", "2"]
    assert before.collections[0].norm.vmax == after.collections[0].norm.vmax == 8


def test_three_routes_lead_back():
    ax = figures.draw_way_back()
    violet = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)
              and mpl.colors.to_hex(patch.get_edgecolor()) == style.GRADIENT]  # fmt: skip
    assert len(violet) == len(figures.WAY_BACK.edges)
