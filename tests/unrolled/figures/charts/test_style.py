"""The hand of the house for charts: controls, sentence, rows, and what every chart has."""

import altair as alt
import numpy as np
import pytest

from unrolled.figures import style
from unrolled.figures.charts.style import axis, house_chart, menu, records, sentence, slider


def chart():
    dots = alt.Chart(records(k=[1, 2, 3])).mark_point().encode(x=alt.X("k:Q", axis=axis("number")))
    controls = [slider("k", "number k", 1, 3, start=2), sentence("'k is ' + k")]
    return house_chart(dots, controls=controls, height=200).to_dict()


def test_a_slider_has_words_limits_and_a_start():
    (held,) = [p for p in chart()["params"] if p["name"] == "k"]
    wanted = {"input": "range", "min": 1, "max": 3, "step": 1, "name": "number k"}
    assert held == {"name": "k", "value": 2, "bind": wanted}


def test_a_menu_has_words_for_its_options():
    held = menu("p", "perplexity", [5, 50], words=["five", "fifty"], start=50).to_dict()
    dots = alt.Chart(records(k=[1])).mark_point()
    made = house_chart(dots, controls=[menu("p", "perplexity", [5, 50], words=["five", "fifty"],
                                            start=50)]).to_dict()  # fmt: skip
    bind = {"input": "select", "options": [5, 50], "labels": ["five", "fifty"],
            "name": "perplexity"}  # fmt: skip
    assert made["params"] == [{"name": "p", "value": 50, "bind": bind}]
    assert held == {"expr": "p"}, "in an expression it stands for its value"


def test_the_sentence_has_the_name_that_the_page_looks_for():
    (held,) = [p for p in chart()["params"] if p["name"] == "says"]
    assert held["expr"] == "'k is ' + k"


def test_rows_hold_plain_rounded_numbers_and_lists():
    data = records(2, n=np.arange(2), x=[0.123, -0.001], y=np.array([[1.0, 2.005], [3.0, 4.0]]))
    rows = data.to_dict()["values"]
    assert rows == [{"n": 0, "x": 0.12, "y": [1.0, 2.0]}, {"n": 1, "x": 0.0, "y": [3.0, 4.0]}]
    assert str(rows[1]["x"]) == "0.0"


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        records(a=[1, 2], b=[1])


def test_a_chart_is_as_wide_as_the_page_and_in_the_ink_of_the_house():
    made = chart()
    assert (made["width"], made["height"]) == ("container", 200)
    assert made["config"]["axis"]["labelColor"] == style.INK
    assert made["config"]["axis"]["labelFontSize"] >= 11
    assert "'Source Sans 3'" in made["config"]["axis"]["labelFont"], "a browser drops it unquoted"
    assert made["config"]["view"]["stroke"] is None
