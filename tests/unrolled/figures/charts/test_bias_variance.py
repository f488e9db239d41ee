"""The charts of bias and variance hold the numbers they get, and begin where they are told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.bias_variance import chart_degrees, chart_neighbours

X = np.linspace(0, 1, 11)
RNG = np.random.default_rng(7)
TRUTH = RNG.random(11)
MEANS, WOBBLES = RNG.random((3, 11)), RNG.random((3, 5, 11))
PARTS = RNG.random((2, 3))
N_NEIGHBOURS = np.array([1, 3, 5])


@pytest.fixture
def degrees():
    noises = np.arange(0.1, 0.71, 0.05)
    chart = chart_degrees(X, MEANS, WOBBLES, TRUTH, PARTS, noises=noises, start=(2, 0.3))
    return chart.to_dict()


@pytest.fixture
def neighbours():
    return chart_neighbours(X, MEANS, TRUTH, N_NEIGHBOURS, PARTS, at=0.25, start=3).to_dict()


def test_fits_are_held_by_degree_and_set(degrees):
    held = {(row["d"], row["s"]): row["w"] for row in rows(degrees, 0)}
    assert len(held) == 15
    for (d, s), wobble in held.items():
        np.testing.assert_allclose(wobble, WOBBLES[d, s], atol=1e-2)
    np.testing.assert_allclose([row["y"] for row in rows(degrees, 1)], MEANS, atol=1e-3)
    np.testing.assert_allclose(parameter(degrees, "means")["value"], MEANS, atol=1e-3)
    np.testing.assert_allclose([row["y"] for row in rows(degrees, 2)], TRUTH, atol=1e-3)


def test_noise_scales_the_wobble_and_nothing_else(degrees):
    calculated = {one["as"]: one["calculate"] for one in degrees["layer"][0]["transform"]
                  if "calculate" in one}  # fmt: skip
    assert calculated["y"] == "means[degree][datum.i - 1] + noise * datum.w"
    told = parameter(degrees, "told")["value"]
    assert list(told) == ["0", "1", "2"]
    assert len(told["2"]) == 13
    b, v = PARTS[0, 2], 0.3**2 * PARTS[1, 2]
    assert told["2"]["0.3"].endswith(
        f"bias is {b:.4f}, the variance {v:.4f}, and both together {b + v:.4f}."
    )


def test_sliders_run_through_degrees_and_noises(degrees):
    for name, limits in (("degree", (0, 2, 1, 2)), ("noise", (0.1, 0.7, 0.05, 0.3))):
        one = parameter(degrees, name)
        assert (one["bind"]["min"], one["bind"]["max"], one["bind"]["step"], one["value"]) == limits


def test_means_are_held_by_number_of_neighbours(neighbours):
    for layer in (1, 2):
        held = {row["k"]: row for row in rows(neighbours, layer)}
        assert list(held) == [1, 3, 5]
        np.testing.assert_allclose([held[k]["m"] for k in held], MEANS, atol=1e-3)
        np.testing.assert_allclose([held[k]["s"] ** 2 for k in held], PARTS[1], atol=2e-3)
    np.testing.assert_allclose([row["y"] for row in rows(neighbours, 3)], TRUTH, atol=1e-3)
    assert f"the variance {PARTS[1, 1]:.4f}," in parameter(neighbours, "told")["value"]["3"]


def test_the_axis_has_room_for_every_band(neighbours):
    low, high = neighbours["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert low == -high
    assert high >= (MEANS.max(axis=1) + np.sqrt(PARTS[1])).max()


def test_the_slider_runs_through_odd_numbers(neighbours):
    one = parameter(neighbours, "k")
    limits = one["bind"]["min"], one["bind"]["max"], one["bind"]["step"], one["value"]
    assert limits == (1, 5, 2, 3)
