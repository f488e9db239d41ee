"""The chart of the forget gate computes what the page computes."""

import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.gates import chart_keeping


@pytest.fixture
def chart():
    return chart_keeping(37, values=(-2, 11, 0.25), start=5).to_dict()


def test_the_slider_runs_through_the_values(chart):
    one = parameter(chart, "a")
    limits = one["bind"]["min"], one["bind"]["max"], one["bind"]["step"], one["value"]
    assert limits == (-2, 11, 0.25, 5)


def test_each_step_multiplies_by_the_logistic_function(chart):
    for layer in (1, 2):
        assert [row["t"] for row in rows(chart, layer)] == list(range(38))
        (calculated,) = chart["layer"][layer]["transform"]
        assert calculated == {"as": "kept", "calculate": "pow(1 / (1 + exp(-a)), datum.t)"}


def test_one_half_is_named(chart):
    rule, *_, word = chart["layer"]
    assert rule["mark"]["type"] == "rule"
    assert word["mark"]["text"] == "one half"
    assert rows(chart, 3) == rows(chart, 0) == [{"t": 0, "kept": 0.5}]


def test_the_sentence_names_gate_share_and_half_life(chart):
    said = parameter(chart, "says")["expr"]
    for part in ("format(1 / (1 + exp(-a))", "pow(1 / (1 + exp(-a)), 37)",
                 "log(2) / log(1 + exp(-a))"):  # fmt: skip
        assert part in said
