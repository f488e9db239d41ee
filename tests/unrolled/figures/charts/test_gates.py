"""The chart of the forget gate computes what the page computes."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.gates import chart_keeping


@pytest.fixture
def chart():
    return chart_keeping(37, np.arange(-2, 11.1, 0.25), beside=(0, 3), start=5).to_dict()


def test_the_slider_runs_through_the_values(chart):
    one = parameter(chart, "a")
    limits = one["bind"]["min"], one["bind"]["max"], one["bind"]["step"], one["value"]
    assert limits == (-2, 11, 0.25, 5)


def test_each_step_multiplies_by_the_logistic_function(chart):
    for layer in (1, 3):
        assert [row["t"] for row in rows(chart, layer)] == list(range(38))
        (calculated,) = chart["layer"][layer]["transform"]
        assert calculated == {"as": "kept", "calculate": "pow(1 + exp(-a), -datum.t)"}


def test_curves_beside_it_stay_and_are_named(chart):
    held = rows(chart, 2)
    for a, gate in ((0, 0.5), (3, 0.952574)):
        kept = [row["kept"] for row in held if row["a"] == a]
        assert kept == pytest.approx(gate ** np.arange(38), abs=1e-3)
    assert [row["text"] for row in rows(chart, 4)] == ["a = 0", "a = 3"]
    assert rows(chart, 4)[0]["kept"] == 0.5, "named after a step, where a half is left"


def test_the_sentence_has_gate_share_and_half_life(chart):
    told = parameter(chart, "told")["value"]
    assert told["0"] == (
        "The gate is 0.50000. After 37 steps a share of 7.3e−12 is left. "
        "The cell state halves every 1 steps."
    )
    assert "a share of 0.780 is left" in told["5"]
