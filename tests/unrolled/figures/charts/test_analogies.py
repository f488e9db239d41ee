"""The chart of pairs shows each relation to its own scale, and names what has room."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.analogies import GAP, LETTER, REACH, chart_offsets

NAMES = ("plural", "past")
WIDE = np.array([[[0.0, 0], [8, 0]], [[0, 6], [8, 6]], [[0, 6.1], [8, 6.2]]])
CLOSE = np.array([[[5.0, 5], [5.1, 5]], [[5.0, 5.04], [5.1, 5.04]]])
WORDS = ([("dog", "dogs"), ("cat", "cats"), ("day", "days")], [("go", "went"), ("see", "saw")])
TOLD = ("one sentence", "another")


@pytest.fixture
def chart():
    return chart_offsets(NAMES, [WIDE, CLOSE], WORDS, TOLD, start=1).to_dict()


def test_the_menu_names_the_relations_and_each_has_its_sentence(chart):
    menu = parameter(chart, "relation")
    assert (menu["bind"]["options"], menu["bind"]["labels"]) == ([0, 1], list(NAMES))
    assert menu["value"] == 1
    assert parameter(chart, "told")["value"] == {"0": "one sentence", "1": "another"}


def test_every_pair_is_joined_and_every_relation_fits(chart):
    lines = rows(chart, 0)
    assert [line["r"] for line in lines] == [0, 0, 0, 1, 1]
    for relation, table in enumerate((WIDE, CLOSE)):
        own = [line for line in lines if line["r"] == relation]
        ends = np.array([[[line["x"], line["y"]], [line["x2"], line["y2"]]] for line in own])
        assert np.abs(ends).max() == pytest.approx(REACH, abs=1e-3)
        np.testing.assert_allclose(ends.max(axis=(0, 1)), -ends.min(axis=(0, 1)), atol=2e-3)
        spans, wanted = np.ptp(ends, axis=(0, 1)), np.ptp(table, axis=(0, 1))
        assert spans[1] / spans[0] == pytest.approx(wanted[1] / wanted[0], abs=2e-3)
    assert chart["layer"][0]["transform"] == [{"filter": "datum.r == relation"}]


def test_names_stand_outside_and_are_left_out_where_there_is_no_room(chart):
    firsts, seconds = (
        [row["text"] for row in rows(chart, layer) if row["r"] == 0 and row["side"] == side]
        for layer, side in ((3, 0), (4, 1))
    )
    assert (firsts, seconds) == (["dog", "cat"], ["dogs", "cats"])  # days would cover cats
    for layer, side, align in ((3, 0, "right"), (4, 1, "left")):
        mark = chart["layer"][layer]["mark"]
        assert (mark["align"], np.sign(mark["dx"])) == (align, 2 * side - 1)
        assert chart["layer"][layer]["transform"] == [
            {"filter": f"datum.r == relation && datum.side == {side}"}
        ]


@pytest.mark.parametrize(("word", "named"), [("a" * 3, True), ("a" * 10, False)])
def test_a_name_leaves_out_what_would_cover_a_point(word, named):
    """Three letters end before the point at -0.3, ten would run over it."""
    assert GAP + 3 * LETTER[0] < 0.3 < GAP + 10 * LETTER[0]
    table = np.array([[[0.0, 0], [1, 1]], [[-0.3, 0], [-1, -1]]])
    chart = chart_offsets(["one"], [table], [[(word, "b"), ("c", "d")]], ["told"], start=0)
    texts = {row["text"] for row in rows(chart.to_dict(), 3)}
    assert (word in texts) == named
    assert "c" in texts
