"""The charts about choosing hold the fits they get, and begin where they are told."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.regression import chart_degrees, chart_penalties

RNG = np.random.default_rng(7)
X = np.linspace(0, 1, 11)
WAVE = np.sin(X)
FITS = RNG.standard_normal((7, 11))
SEEN, UNSEEN = RNG.random((2, 2, 5))
ERRORS = RNG.random((2, 7))


@pytest.fixture(params=[chart_degrees, chart_penalties])
def chart(request):
    return request.param(X, WAVE, FITS, SEEN, UNSEEN, ERRORS, start=2).to_dict()


def test_every_fit_is_held(chart):
    held = rows(chart, 1)
    np.testing.assert_allclose([row["y"] for row in held], FITS, atol=1e-3)
    np.testing.assert_allclose(held[3]["x"], X, atol=1e-3)
    assert [row["i"] for row in held] == list(range(7))


def test_truth_and_points_are_held(chart):
    for layer, (x, y) in ((0, (X, WAVE)), (2, UNSEEN), (3, SEEN)):
        held = [[row["x"], row["y"]] for row in rows(chart, layer)]
        np.testing.assert_allclose(held, np.column_stack([x, y]), atol=1e-3)


def test_errors_are_held(chart):
    held = [parameter(chart, name)["value"] for name in ("learnt", "unseen")]
    np.testing.assert_allclose(held, ERRORS, atol=1e-4)


def test_fits_that_leave_the_picture_are_cut_off():
    wild = FITS.copy()
    wild[0, 0] = 1e9
    held = chart_degrees(X, WAVE, wild, SEEN, UNSEEN, ERRORS, start=1).to_dict()
    assert rows(held, 1)[0]["y"][0] == 4
    assert held["layer"][0]["encoding"]["y"]["scale"]["domain"] == [-2, 2]


def test_degrees_run_from_one():
    held = chart_degrees(X, WAVE, FITS, SEEN, UNSEEN, ERRORS, start=3).to_dict()
    control = parameter(held, "degree")
    assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == (1, 7, 3)


def test_penalties_run_through_powers_of_ten():
    held = chart_penalties(X, WAVE, FITS, SEEN, UNSEEN, ERRORS, start=0).to_dict()
    control = parameter(held, "power")
    assert (control["bind"]["min"], control["bind"]["max"], control["value"]) == (-3, 3, 0)
