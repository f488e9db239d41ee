import pytest
from matplotlib.colors import to_hex

from unrolled.figures.style import FIRST, SINGLE, style_violations
from unrolled.figures.tokens import GAP, Piece, draw_pieces

ROWS = [
    ("bytes", [Piece(text) for text in "abc"]),
    ("tokens", [Piece("ab", 2, FIRST), Piece("c")]),
]


def test_pieces_of_all_rows_stand_over_one_ruler():
    ax = draw_pieces(ROWS)
    boxes = [patch.get_window_extent() for patch in ax.patches if patch.get_fill()]
    starts = sorted({round(box.x0) for box in boxes})
    assert len(starts) == 3
    assert [text.get_text() for text in ax.texts] == ["bytes", "a", "b", "c", "tokens", "ab", "c"]
    assert ax.figure.get_figwidth() == SINGLE
    assert style_violations(ax.figure) == []


def test_a_piece_is_as_wide_as_it_is_long_and_filled_with_its_colour():
    ax = draw_pieces(ROWS)
    tinted = [patch for patch in ax.patches if to_hex(patch.get_facecolor()) == FIRST]
    assert [patch.get_width() for patch in tinted] == [pytest.approx(2 - GAP)]
