"""The chart of the two strips holds the areas it gets, and begins where it is told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.chain_rule import chart_strips

SIDES = (0.5, 0.4)
STEPS = np.array([0.4, 0.2, 0.1])
GROWN = np.array([[0.3, 0.2], [0.14, 0.11], [0.06, 0.05]])


@pytest.fixture
def chart():
    return chart_strips(SIDES, GROWN, STEPS, start=1).to_dict()


def area(row):
    return (row["x2"] - row["x"]) * (row["y2"] - row["y"])


def test_the_pieces_fill_the_grown_rectangle_at_every_step(chart):
    for k, (d_o, d_h) in enumerate(GROWN):
        pieces = [rows(chart, layer)[k] for layer in range(4)]
        assert [piece["k"] for piece in pieces] == [k] * 4
        whole = (SIDES[0] + d_o) * (SIDES[1] + d_h)
        assert sum(map(area, pieces)) == pytest.approx(whole)
        assert [area(piece) for piece in pieces[1:]] == pytest.approx(
            [0.5 * d_h, 0.4 * d_o, d_o * d_h]
        )


def test_a_piece_has_its_name_as_long_as_the_name_fits(chart):
    words = {layer["mark"]["text"]: n for n, layer in enumerate(chart["layer"]) if n > 3}
    assert list(words) == ["y before", "cell moves, gate held", "gate moves", "both"]
    named = {word: [row["k"] for row in rows(chart, n)] for word, n in words.items()}
    assert named["y before"] == [0, 1, 2]
    assert named["cell moves, gate held"] == [0, 1, 2]
    assert named["both"] == [0, 1]  # the last corner is too narrow


def test_what_it_says_is_divided_by_the_step(chart):
    strip, other, corner = np.array(parameter(chart, "shares")["value"])
    np.testing.assert_allclose(strip * STEPS, 0.5 * GROWN[:, 1], atol=1e-6)
    np.testing.assert_allclose(other * STEPS, 0.4 * GROWN[:, 0], atol=1e-6)
    np.testing.assert_allclose(corner * STEPS, GROWN.prod(axis=1), atol=1e-6)
    assert parameter(chart, "steps")["value"] == [0.4, 0.2, 0.1]


def test_slider_runs_through_the_steps(chart):
    one = parameter(chart, "k")
    assert (one["bind"]["min"], one["bind"]["max"], one["value"]) == (0, 2, 1)
