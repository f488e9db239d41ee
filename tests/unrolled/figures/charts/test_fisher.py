import json

import numpy as np

from unrolled.figures.charts.fisher import N_BINS, chart_turned_axis

DEGREES = np.arange(0, 181, 5)
LABELS = np.repeat([0, 1], [17, 23])
SHADOWS = np.random.default_rng(7).normal(size=(40, len(DEGREES)))
J, V = np.arange(37) / 7, np.arange(37) / 11


def chart():
    return chart_turned_axis(DEGREES, SHADOWS, LABELS, J, V, start=60).to_dict()


def rows():
    (values,) = chart()["datasets"].values()
    return values


def test_every_angle_holds_every_point_of_both_classes():
    held = rows()
    assert [row["g"] for row in held] == DEGREES.tolist()
    assert {sum(row["a"]) for row in held} == {17}
    assert {sum(row["b"]) for row in held} == {23}


def test_bars_stand_where_the_shadows_are():
    row = rows()[12]
    width = 2 * np.ceil(np.abs(SHADOWS).max()) / N_BINS
    for counts, k in ((row["a"], 0), (row["b"], 1)):
        middles = np.array(row["z"]) + width / 2
        mean = np.average(middles, weights=counts)
        assert abs(mean - SHADOWS[k == LABELS, 12].mean()) < width / 2


def test_the_slider_runs_over_all_angles_and_the_sentence_knows_their_numbers():
    params = {param["name"]: param for param in chart()["params"]}
    bind = params["angle"]["bind"]
    assert (bind["min"], bind["max"], bind["step"], params["angle"]["value"]) == (0, 180, 5, 60)
    np.testing.assert_allclose(params["J"]["value"], J, atol=5e-4)
    np.testing.assert_allclose(params["V"]["value"], V, atol=5e-4)
    assert "J[" in params["says"]["expr"]


def test_it_is_light():
    assert len(json.dumps(chart())) < 100_000
