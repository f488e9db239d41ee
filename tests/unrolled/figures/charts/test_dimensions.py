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
REACHED = {0.5: np.array([35, 17, 12, 9, 7]), 0.9: np.array([37, 31, 29, 23, 19])}


@pytest.fixture
def angles():
    return chart_angles(CENTRES, MEASURED, EXACT, NEAR, N_DIMS, beside=(2, 4), start=3).to_dict()


@pytest.fixture
def shells():
    n_dims = np.arange(1, 8)
    return chart_shell_share(n_dims, THICKNESSES, SHARES, REACHED, start=0.04).to_dict()


def test_angles_hold_what_was_counted_and_computed(angles):
    for layer in (0, 2):
        held = {row["D"]: row for row in rows(angles, layer)}
        assert list(held) == [2, 3, 4]
        np.testing.assert_allclose([held[D]["m"] for D in held], MEASURED, atol=1e-5)
        np.testing.assert_allclose([held[D]["e"] for D in held], EXACT, atol=1e-5)
        assert held[2]["a"] == CENTRES.tolist()
    assert parameter(angles, "told")["value"]["3"].startswith("In 3 dimensions 17% of the pairs")


def test_some_dimensions_stay_in_sight(angles):
    (kept, _) = angles["layer"][1]["transform"]
    assert kept["filter"] == {"field": "D", "oneOf": [2, 4]}
    assert [row["text"] for row in rows(angles, 3)] == ["D = 2", "D = 4"]
    np.testing.assert_allclose([row["e"] for row in rows(angles, 3)], EXACT[[0, 2]].max(1), 1e-4)


def test_the_axis_of_angles_has_room_for_every_dimension(angles):
    top = angles["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert top >= max(MEASURED.max(), EXACT.max())


def test_the_slider_of_angles_runs_through_the_dimensions(angles):
    control = parameter(angles, "D")
    assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == (2, 4, 3)


def test_shells_hold_the_shares(shells):
    np.testing.assert_allclose([row["s"] for row in rows(shells, 1)], SHARES, atol=1e-4)
    held = {(row["e"], row["s"]): row["D"] for row in rows(shells, 2)}
    assert held == {(e, p): D for p, dims in REACHED.items()
                    for e, D in zip(THICKNESSES, dims, strict=True)}  # fmt: skip
    assert parameter(shells, "told")["value"]["0.06"] == (
        "A shell of thickness 0.060 holds 50% of the ball from dimension 12 on and 90% of the ball "
        "from dimension 29 on."
    )


def test_the_slider_of_shells_runs_through_the_thicknesses(shells):
    control = parameter(shells, "thickness")
    limits = control["bind"]["min"], control["bind"]["max"], control["bind"]["step"]
    assert (*limits, control["value"]) == pytest.approx((0.02, 0.1, 0.02, 0.04))
