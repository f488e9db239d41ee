"""The chart of the turning axis holds the cloud it gets, and begins where it is told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.principal_components import chart_projection

POINTS = np.random.default_rng(7).normal([8, -3], [5, 2], (23, 2)).round(2)


@pytest.fixture
def chart():
    made = chart_projection(
        POINTS, np.cov(POINTS.T), features=("outside", "inside"), unit="°C²", start=120
    )
    return made.to_dict()


def test_the_cloud_is_held(chart):
    for layer in (0, 2, 3):
        held = [[row["x"], row["y"]] for row in rows(chart, layer)]
        np.testing.assert_allclose(held, POINTS, atol=0.005)


def test_the_slider_runs_through_half_a_turn(chart):
    control = parameter(chart, "angle")
    assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == (0, 180, 120)


def test_both_axes_are_named_and_centred(chart):
    x, y = (chart["layer"][0]["encoding"][axis] for axis in "xy")
    assert (x["axis"]["title"], y["axis"]["title"]) == ("outside", "inside")
    for channel, middle in ((x, POINTS[:, 0].mean()), (y, POINTS[:, 1].mean())):
        assert channel["scale"]["domainMin"]["expr"].startswith(f"{middle} - ")
        assert channel["scale"]["domainMax"]["expr"].startswith(f"{middle} + ")


def test_each_angle_has_a_sentence(chart):
    S = np.cov(POINTS.T)
    told = parameter(chart, "told")["value"]
    assert list(told) == [str(angle) for angle in range(181)]
    assert told["90"].startswith(f"Along an axis at 90 degrees the variance is {S[1, 1]:.1f} °C²,")
    w = np.array([1, 1]) / np.sqrt(2)
    assert told["45"].endswith(f"{w @ S @ w:.1f} °C², {w @ S @ w / np.trace(S):.0%} of the whole.")
