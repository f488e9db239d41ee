"""The chart of forget biases holds the numbers it gets, and begins where it is told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.vanishing import APART, chart_forget_bias

DISTANCES = np.arange(7)
BIASES = np.array([0.0, 0.5, 1.0])
NORMS = np.array([0.3, 0.9, 2.0])[:, None] ** DISTANCES


@pytest.fixture
def chart():
    return chart_forget_bias(DISTANCES, NORMS, NORMS / 3, BIASES, start=0.5).to_dict()


def test_both_norms_are_held_by_bias(chart):
    for layer in (1, 2, 3, 4):
        held = rows(chart, layer)
        assert [row["b"] for row in held] == [0, 0.5, 1]
        np.testing.assert_allclose([row["whole"] for row in held], np.log10(NORMS), atol=1e-2)
        np.testing.assert_allclose([row["path"] for row in held], np.log10(NORMS / 3), atol=1e-2)
    end = np.log10(NORMS[1, -1])
    assert f"ten to the power −{-end:.1f} along all" in parameter(chart, "told")["value"]["0.5"]


def test_slider_runs_through_the_biases(chart):
    one = parameter(chart, "bias")
    limits = one["bind"]["min"], one["bind"]["max"], one["bind"]["step"], one["value"]
    assert limits == (0, 1, 0.5, 0.5)


def test_the_first_bias_stays_behind_the_chosen_one(chart):
    wanted = [chart["layer"][layer]["transform"][0]["filter"] for layer in (1, 2, 3, 4)]
    assert wanted == ["datum.b == 0.5"] * 2 + ["datum.b == bias"] * 2


def test_the_axis_has_room_for_all(chart):
    low, high = chart["layer"][2]["encoding"]["y"]["scale"]["domain"]
    assert low <= np.log10(NORMS / 3).min()
    assert high >= np.log10(NORMS).max()
    ticks = chart["layer"][2]["encoding"]["y"]["axis"]["values"]
    assert (ticks[0], ticks[-1]) == (low, high)
    assert 0 in ticks


def test_names_stand_at_the_ends_and_not_on_each_other(chart):
    named = [layer for layer in chart["layer"] if layer["mark"]["type"] == "text"]
    assert [layer["mark"]["text"] for layer in named] == ["direct path", "all paths"]
    for row, end in zip(rows(chart, 5), np.log10(NORMS[:, -1]), strict=True):
        assert row["d"] == 6
        assert row["whole"] - row["path"] >= APART - 0.02
        assert abs(row["whole"] - end) < APART / 2
