"""The chart of forget biases holds the numbers it gets, and begins where it is told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.vanishing import chart_forget_bias

DISTANCES = np.arange(7)
BIASES = np.array([0.0, 0.5, 1.0])
NORMS = np.array([0.3, 0.9, 2.0])[:, None] ** DISTANCES


@pytest.fixture
def chart():
    return chart_forget_bias(DISTANCES, NORMS, NORMS / 3, BIASES, start=0.5).to_dict()


def test_both_norms_are_held_by_bias(chart):
    held = rows(chart, 1)
    assert [row["n"] for row in held] == [0, 1, 2]
    np.testing.assert_allclose([row["whole"] for row in held], np.log10(NORMS), atol=1e-2)
    np.testing.assert_allclose([row["path"] for row in held], np.log10(NORMS / 3), atol=1e-2)
    ends = parameter(chart, "ends")["value"]
    np.testing.assert_allclose(ends, np.log10(NORMS[:, -1]), atol=0.06)
    paths = parameter(chart, "paths")["value"]
    np.testing.assert_allclose(paths, np.log10(NORMS[:, -1] / 3), atol=0.06)


def test_slider_runs_through_the_biases(chart):
    one = parameter(chart, "bias")
    limits = one["bind"]["min"], one["bind"]["max"], one["bind"]["step"], one["value"]
    assert limits == (0, 1, 0.5, 0.5)
    assert chart["layer"][1]["transform"][0]["filter"] == "datum.n == round((bias - 0) / 0.5)"


def test_the_axis_has_room_for_all(chart):
    low, high = chart["layer"][2]["encoding"]["y"]["scale"]["domain"]
    assert low <= np.log10(NORMS / 3).min()
    assert high >= np.log10(NORMS).max()
    ticks = chart["layer"][2]["encoding"]["y"]["axis"]["values"]
    assert (ticks[0], ticks[-1]) == (low, high)
    assert 0 in ticks


def test_both_lines_are_named_at_their_ends(chart):
    named = [layer for layer in chart["layer"] if layer["mark"]["type"] == "text"]
    assert [layer["mark"]["text"] for layer in named] == ["all routes", "direct path"]
    assert all(layer["transform"][-1]["filter"] == "datum.d == 6" for layer in named)
