"""The chart about choosing holds the fits it gets, and begins where it is told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.regression import chart_fits

RNG = np.random.default_rng(7)
WAVE = np.sin(np.linspace(0, 1, 11))
FITS = RNG.standard_normal((7, 3, 11))
SEEN, UNSEEN = RNG.random((2, 2, 5))
ERRORS = RNG.random((2, 7, 3))
POWERS = np.array([-2, -1, 0])


def made(fits):
    return chart_fits(WAVE, fits, SEEN, UNSEEN, ERRORS, POWERS, start=(5, -1)).to_dict()


@pytest.fixture
def chart():
    return made(FITS)


def test_every_fit_is_held_in_the_order_of_degrees(chart):
    held = rows(chart, 1)
    assert [(row["d"], row["p"]) for row in held] == [
        (d, p) for d in range(1, 8) for p in (-2, -1, 0)
    ]
    np.testing.assert_allclose([row["y"] for row in held], FITS.reshape(21, 11), atol=0.0051)


def test_truth_and_points_are_held(chart):
    wave = np.array([np.linspace(0, 1, 11), WAVE])
    for layer, points in ((0, wave), (2, UNSEEN), (3, SEEN)):
        held = [[row["x"], row["y"]] for row in rows(chart, layer)]
        np.testing.assert_allclose(held, points.T, atol=0.00051)
    (name,) = rows(chart, 4)
    assert name["text"] == "truth"
    assert [name["x"], name["y"]] in wave.T.round(3).tolist()


def test_errors_are_held(chart):
    told = parameter(chart, "told")["value"]
    assert told["3"]["-1"] == (
        f"Degree 3 with penalty 0.1: training error {ERRORS[0, 2, 1]:.3f}, "
        f"validation error {ERRORS[1, 2, 1]:.3f}."
    )


def test_fits_that_leave_the_picture_are_cut_off():
    wild = FITS.copy()
    wild[0, 0, 0] = 1e9
    assert rows(made(wild), 1)[0]["y"][0] == 4
    assert made(wild)["layer"][0]["encoding"]["y"]["scale"]["domain"] == [-2, 2]


def test_the_sliders_run_through_degrees_and_powers(chart):
    for name, wanted in (("degree", (1, 7, 5)), ("power", (-2, 0, -1))):
        control = parameter(chart, name)
        assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == wanted
