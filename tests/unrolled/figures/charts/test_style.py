"""The style of charts: controls, sentences, rows, and what every chart has."""

import altair as alt
import numpy as np
import pytest

from chart_parts import parameter
from unrolled.figures import style
from unrolled.figures.charts.style import (
    axis,
    book_chart,
    equal_scale,
    menu,
    records,
    sentences,
    slider,
)

TOLD = {1: "one", 2: "two", 3: "three"}


def chart():
    dots = alt.Chart(records(k=[1, 2, 3])).mark_point().encode(x=alt.X("k:Q", axis=axis("number")))
    controls = [slider("k", "number k", np.arange(1, 4), start=2), *sentences(TOLD, "k")]
    return book_chart(dots, controls=controls, height=200).to_dict()


def test_a_slider_has_words_limits_and_a_start():
    wanted = {"input": "range", "min": 1, "max": 3, "step": 1, "name": "number k"}
    assert parameter(chart(), "k") == {"name": "k", "value": 2, "bind": wanted}


def test_a_slider_has_no_dust_in_its_last_digits():
    made = book_chart(
        alt.Chart(records(k=[1])).mark_point(),
        controls=[slider("e", "thickness", np.arange(0.1, 0.71, 0.1), start=0.1 + 0.2)],
    ).to_dict()
    held = parameter(made, "e")
    assert (held["bind"]["max"], held["bind"]["step"], held["value"]) == (0.7, 0.1, 0.3)


def test_a_menu_counts_its_words():
    made = book_chart(
        alt.Chart(records(k=[1])).mark_point(),
        controls=[menu("p", "perplexity", ["five", "fifty"], start=1)],
    ).to_dict()
    bind = {"input": "select", "options": [0, 1], "labels": ["five", "fifty"],
            "name": "perplexity"}  # fmt: skip
    assert made["params"] == [{"name": "p", "value": 1, "bind": bind}]


def test_a_sentence_is_looked_up_by_the_value_that_a_browser_has():
    made = chart()
    assert parameter(made, "told")["value"] == {"1": "one", "2": "two", "3": "three"}
    assert parameter(made, "says")["expr"] == "told[k]"
    steps = 0.1 * np.arange(1, 4)  # whose last is not quite 0.3
    told, says = sentences({e: {-7.0: f"{e:.1f}"} for e in steps}, "e", "p")
    assert told.param.value == {"0.1": {"-7": "0.1"}, "0.2": {"-7": "0.2"}, "0.3": {"-7": "0.3"}}
    assert says.param.expr == "told[e][p]"


def test_rows_hold_plain_rounded_numbers_and_lists():
    data = records(2, n=np.arange(2), x=[0.123, -0.001], y=np.array([[1.0, 2.005], [3.0, 4.0]]))
    rows = data.to_dict()["values"]
    assert rows == [{"n": 0, "x": 0.12, "y": [1.0, 2.0]}, {"n": 1, "x": 0.0, "y": [3.0, 4.0]}]
    assert str(rows[1]["x"]) == "0.0"


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        records(a=[1, 2], b=[1])


def test_an_equal_scale_follows_the_narrower_side():
    scale = equal_scale(7, "width", 5, 3).to_dict()
    reach = "width / min(max(width, 1) / 5, max(height, 1) / 3)"
    assert scale["domainMin"]["expr"] == f"7 - {reach}"
    assert scale["domainMax"]["expr"] == f"7 + {reach}"


def test_a_chart_is_as_wide_as_the_page_and_in_the_ink_of_the_book():
    made = chart()
    assert (made["width"], made["height"]) == ("container", 200)
    assert made["config"]["axis"]["labelColor"] == style.INK
    assert made["config"]["axis"]["labelFontSize"] >= 11
    assert "'Source Sans 3'" in made["config"]["axis"]["labelFont"], "a browser drops it unquoted"
    assert made["config"]["view"]["stroke"] is None
