"""The chart of widths holds the numbers it gets, and begins where it is told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.attention_scale import chart_dimensions

DIMENSIONS = 2 ** np.arange(3)
EDGES = np.linspace(0, 1, 5)
SHARES = np.arange(24).reshape(3, 2, 4) / 24
MEANS = np.arange(12).reshape(3, 2, 2) / 7


@pytest.fixture
def chart():
    return chart_dimensions(DIMENSIONS, EDGES, SHARES, MEANS, start=4).to_dict()


def test_shares_are_held_by_dimension(chart):
    held = rows(chart, 0)
    assert [row["n"] for row in held] == [0, 1, 2]
    np.testing.assert_allclose([row["unscaled"] for row in held], SHARES[:, 0], atol=1e-4)
    np.testing.assert_allclose([row["scaled"] for row in held], SHARES[:, 1], atol=1e-4)
    np.testing.assert_allclose(held[1]["x"], [0.125, 0.375, 0.625, 0.875])


def test_menu_names_the_dimensions_and_begins_where_it_is_told(chart):
    one = parameter(chart, "power")
    assert (one["bind"]["options"], one["bind"]["labels"]) == ([0, 1, 2], ["1", "2", "4"])
    assert one["value"] == 2


def test_each_dimension_has_a_sentence(chart):
    told = parameter(chart, "told")["value"]
    assert list(told) == ["0", "1", "2"]
    assert told["1"].startswith("Dimension 2: unscaled (dashed) the largest weight averages 0.57")
    assert told["1"].endswith("the entropy 0.71 bit; scaled 0.86 and 1.00 bit.")
