"""The drawings of heads show what they are given."""

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.patches import Polygon, Rectangle

from unrolled.figures import attention_heads as figures
from unrolled.figures import style

WORDS = ("one", "two", "three", "four", "five")
TABLE = 1 + np.arange(5 * 6).reshape(5, 6)
RIGHT, WRONG = TABLE.reshape(5, 3, 2).swapaxes(0, 1), TABLE.reshape(3, 5, 2)
VALUES = np.array([[3.0, 0.0], [0.0, 2.0], [-1.0, -1.0]])

FIGURES = {
    "pieces": lambda ax: figures.draw_pieces(RIGHT, (), (1, 30), d_model=6, ax=ax),
    "reach": lambda ax: figures.draw_reach(VALUES, np.array([3.0, 2.0]), ax=ax),
}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def parts(diagram):
    return [part.text for part in diagram.nodes.values()]


def test_a_head_is_drawn_with_its_shapes_and_in_its_colour():
    diagram = figures.one_head(5, 21, 3, head=2)
    shown = parts(diagram)
    assert shown.count("linear") == shown.count("21\n× 7") == 3
    assert shown.count("5 × 7") == 3 + 1
    assert "5 × 21" in shown
    assert diagram.nodes["attention\nof head 2"].colour == style.HEADS[1]


def test_all_heads_are_numbered_and_the_shapes_are_told():
    diagram = figures.whole_layer(5, 21, 3)
    assert {"1", "2", "3", "split", "attend", "merge"} <= set(parts(diagram))
    assert "heads of 5 × 7, side by side" in parts(diagram)
    assert {"tokens $X$, 5 × 21", "output, 5 × 21"} <= set(parts(diagram))
    assert {e.end for e in diagram.edges if e.start.startswith("head")} == {
        f"band {head}" for head in (1, 2, 3)
    }


def test_bands_have_a_row_for_each_word():
    shown = parts(figures.bands(WORDS, 21, 3))
    assert set(WORDS) < set(shown)
    assert {"heads of\n5 × 7", "merged\n5 × 21"} < set(shown)


def test_pieces_show_their_first_number_and_their_band():
    ax = figures.draw_pieces(WRONG, ("a", "b", "c"), (1, 30), d_model=6)
    shown = np.reshape(texts(ax), (3, 5))
    assert shown[0].tolist() == ["1", "3", "5", "7", "9"]
    assert shown[2, 4] == "30"
    (cells,) = [part for part in ax.collections if isinstance(part, QuadMesh)]
    np.testing.assert_array_equal(cells.get_array(), [[0, 1, 2, 0, 1], [2, 0, 1, 2, 0],
                                                      [1, 2, 0, 1, 2]])  # fmt: skip
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b", "c"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "2", "3", "4", "5"]
    frames = [p.get_xy() for p in ax.patches if isinstance(p, Rectangle)]
    assert np.floor(frames).tolist() == [[0, 0], [4, 2]]


def test_a_right_split_gives_every_head_one_colour():
    right, wrong = figures.figure_two_reshapes(RIGHT, WRONG, (1, 7), d_model=6).axes
    for ax, kinds in ((right, 1), (wrong, 3)):
        (cells,) = [part for part in ax.collections if isinstance(part, QuadMesh)]
        assert len(set(cells.get_array()[0].tolist())) == kinds


def test_projections_of_tokens_split_first_fill_the_diagonal_only():
    full, split = figures.figure_block_structure(3, (1323, 441)).axes
    for ax, height, count in ((full, 3, "1,323"), (split, 1, "441")):
        tinted = [p for p in ax.patches if p.get_linewidth() == 0]
        assert [p.get_height() for p in tinted] == [height] * 3
        assert any(f"{count} weights" in text for text in texts(ax))
    assert [p.get_xy() for p in split.patches[:3]] == [(0, 0), (1, 1), (2, 2)]


def test_a_triangle_within_a_rectangle():
    ax = FIGURES["reach"](None)
    triangles = [p for p in ax.patches if isinstance(p, Polygon)]
    np.testing.assert_array_equal(triangles[0].get_xy()[:3], VALUES)
    boxes = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert {(*p.get_xy(), p.get_width(), p.get_height()) for p in boxes} == {(-1, -1, 4, 3)}
