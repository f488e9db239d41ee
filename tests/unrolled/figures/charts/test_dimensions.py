"""The charts of the first chapter hold the numbers they get, and begin where they are told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.dimensions import chart_angles, chart_shell_share

CENTRES = np.arange(15.0, 180, 30)
N_DIMS = np.arange(2, 5)
RNG = np.random.default_rng(7)
MEASURED, EXACT = RNG.random((2, 3, 6))
NEAR = np.array([0.11, 0.17, 0.23])
THICKNESSES = np.array([0.02, 0.04, 0.06, 0.08, 0.1])
SHARES = RNG.random((5, 7))
HALVES = np.array([35, 17, 12, 9, 7])


@pytest.fixture
def angles():
    return chart_angles(CENTRES, MEASURED, EXACT, NEAR, N_DIMS, start=3).to_dict()


@pytest.fixture
def shells():
    n_dims = np.arange(1, 8)
    return chart_shell_share(n_dims, THICKNESSES, SHARES, HALVES, start=0.04).to_dict()


def test_angles_hold_what_was_counted_and_computed(angles):
    for layer in (0, 1):
        held = {row["D"]: row for row in rows(angles, layer)}
        assert list(held) == [2, 3, 4]
        np.testing.assert_allclose([held[D]["m"] for D in held], MEASURED, atol=1e-5)
        np.testing.assert_allclose([held[D]["e"] for D in held], EXACT, atol=1e-5)
        assert held[2]["a"] == CENTRES.tolist()
    assert parameter(angles, "shares")["value"] == NEAR.tolist()


def test_the_axis_of_angles_has_room_for_every_dimension(angles):
    top = angles["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert top >= max(MEASURED.max(), EXACT.max())


def test_the_slider_of_angles_runs_through_the_dimensions(angles):
    control = parameter(angles, "D")
    assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == (2, 4, 3)


def test_shells_hold_the_shares(shells):
    np.testing.assert_allclose([row["s"] for row in rows(shells, 1)], SHARES, atol=1e-4)
    assert [row["h"] for row in rows(shells, 2)] == HALVES.tolist()
    assert parameter(shells, "halves")["value"] == HALVES.tolist()


def test_the_slider_of_shells_runs_through_the_thicknesses(shells):
    control = parameter(shells, "thickness")
    limits = control["bind"]["min"], control["bind"]["max"], control["bind"]["step"]
    assert (*limits, control["value"]) == pytest.approx((0.02, 0.1, 0.02, 0.04))
