"""The chart of nearest neighbours holds what it gets, and begins where it is told."""

import json

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.least_squares import chart_noise_features

N_NOISE = np.array([0, 1, 2, 5, 11])
NEIGHBOURS = np.random.default_rng(7).random((7, 5))
STRAIGHT = np.linspace(0.2, 0.3, 5)


@pytest.fixture
def chart():
    return chart_noise_features(N_NOISE, NEIGHBOURS, STRAIGHT, 0.53, start=3).to_dict()


def test_each_number_of_neighbours_has_its_errors(chart):
    held = {row["k"]: row for row in rows(chart, 2)}
    assert list(held) == list(range(1, 8))
    np.testing.assert_allclose([held[k]["y"] for k in held], NEIGHBOURS, atol=6e-4)
    assert held[4]["x"] == N_NOISE.tolist()


def test_line_and_mean_do_not_depend_on_the_neighbours(chart):
    assert rows(chart, 0) == [{"y": 0.53}]
    np.testing.assert_allclose([row["y"] for row in rows(chart, 1)], STRAIGHT, atol=6e-4)
    assert [row["x"] for row in rows(chart, 1)] == N_NOISE.tolist()


def test_the_sentence_knows_both_ends(chart):
    assert parameter(chart, "told")["value"]["3"] == (
        f"With k = 3 the neighbours' error is {NEIGHBOURS[2, 0]:.3f} without noise features and "
        f"{NEIGHBOURS[2, -1]:.3f} with 11 of them; that of least squares goes from 0.200 to 0.300."
    )


def test_the_slider_runs_through_the_neighbours(chart):
    control = parameter(chart, "k")
    assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == (1, 7, 3)


def test_the_axis_has_room_for_everything_and_the_chart_is_light(chart):
    assert chart["layer"][0]["encoding"]["y"]["scale"]["domain"][1] >= NEIGHBOURS.max()
    assert len(json.dumps(chart)) < 40_000
