"""The chart of weights holds what attention computed."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.attention_by_hand import chart_weights

WORDS = ("one", "two", "three")
SCORES = np.array([[0.0, 1, 2], [3, 0, -1], [0, 0, 0]])
WEIGHTS = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)


@pytest.fixture
def chart():
    return chart_weights(WORDS, SCORES, WEIGHTS, start=1).to_dict()


def test_the_menu_names_every_word_and_begins_where_the_picture_does(chart):
    menu = parameter(chart, "asks")
    assert (menu["bind"]["options"], menu["bind"]["labels"]) == ([0, 1, 2], list(WORDS))
    assert menu["value"] == 1


def test_every_query_has_a_bar_and_a_score_for_each_key(chart):
    for layer in (0, 2, 3):
        found = rows(chart, layer)
        assert [row["asking"] for row in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert [row["word"] for row in found] == 3 * list(WORDS)
        assert [row["score"] for row in found] == SCORES.ravel().tolist()
        assert [row["weight"] for row in found] == pytest.approx(WEIGHTS.ravel(), abs=1e-3)
        assert chart["layer"][layer]["transform"] == [{"filter": "datum.asking == asks"}]


def test_the_largest_weights_stand_out_and_are_named(chart):
    assert [row["best"] for row in rows(chart, 0)] == [
        False, False, True, True, False, False, True, True, True
    ]  # fmt: skip
    told = parameter(chart, "told")["value"]
    assert told["1"].startswith(f"two attends most to one, with a weight of {WEIGHTS[1, 0]:.3f}. ")
    assert told["2"].startswith("three attends most to all words equally, with a weight of 0.333. ")


def test_words_with_the_same_largest_weight_are_all_named():
    weights = np.array([[0.4, 0.4, 0.2], [0.3, 0.4, 0.3], [0.2, 0.4, 0.4]])
    chart = chart_weights(WORDS, SCORES, weights, start=0).to_dict()
    told = parameter(chart, "told")["value"].values()
    named = [one.partition(" most to ")[2].partition(",")[0] for one in told]
    assert named == ["one and two", "two", "two and three"]


def test_equal_weights_have_a_line(chart):
    assert rows(chart, 1) == [{"y": pytest.approx(1 / 3, abs=1e-4)}]
