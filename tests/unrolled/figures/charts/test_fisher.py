"""The chart of the turning axis holds where the shadows of both classes lie, at every angle."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.fisher import N_BINS, chart_rotated_axis

DEGREES = np.arange(0, 181, 5)
LABELS = np.repeat([0, 1], [17, 23])
POINTS = np.random.default_rng(7).normal([3, -2], [5, 1], (40, 2))
J, V = np.arange(37) / 7, np.arange(37) / 11


@pytest.fixture
def chart():
    return chart_rotated_axis(POINTS, LABELS, DEGREES, J, V, start=60).to_dict()


def test_each_class_lies_around_the_middle_of_all(chart):
    for layer, label in ((0, 0), (1, 1)):
        held = [[row["x"], row["y"]] for row in rows(chart, layer)]
        np.testing.assert_allclose(held, (POINTS - POINTS.mean(axis=0))[label == LABELS], atol=0.01)


def test_bars_stand_where_the_shadows_are(chart):
    around = POINTS - POINTS.mean(axis=0)
    angles = np.radians(DEGREES)
    shadows = around @ np.array([np.cos(angles), np.sin(angles)])
    reach = 1.05 * np.abs(shadows).max()
    middles = np.linspace(-reach, reach, N_BINS + 1)[1:] - reach / N_BINS
    held = rows(chart, 2)
    assert [row["g"] for row in held] == DEGREES.tolist()
    for column, label in (("a", 0), ("b", 1)):
        for row, angle in zip(held, shadows[label == LABELS].T, strict=True):
            heights = np.array(row[column]) - min(row["a"] + row["b"])
            mean = np.average(middles, weights=heights)
            assert abs(mean - angle.mean()) < 2 * reach / N_BINS
    tallest = {round(max(row["a"] + row["b"]), 1) for row in held}
    assert len(tallest) == 1, "the tallest bar is as high at every angle"


def test_the_slider_runs_over_all_angles_and_has_a_sentence_for_each(chart):
    control = parameter(chart, "angle")
    bind = control["bind"]
    assert (bind["min"], bind["max"], bind["step"], control["value"]) == (0, 180, 5, 60)
    told = parameter(chart, "told")["value"]
    assert list(told) == [str(angle) for angle in DEGREES]
    assert told["35"] == "At 35 degrees J is 1.00 and the variance 0.64."
