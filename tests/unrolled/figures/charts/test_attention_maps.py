"""The chart of all maps holds each weight to a step, and the words and places that it tells."""

import numpy as np
import pytest

from chart_parts import parameter
from unrolled.figures.charts.attention_maps import DIGITS, LEVELS, NamedMaps, chart_heads

N_LAYERS, N_HEADS = 2, 3


def draw_maps(n_queries, n_keys, seed):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(n_keys, 0.5), size=(N_LAYERS, N_HEADS, n_queries))
    queries, keys = [f"q{n}" for n in range(n_queries)], [f"k{n}" for n in range(n_keys)]
    return NamedMaps(queries, keys, weights, rng.uniform(size=(N_LAYERS, N_HEADS)), "For")


MAPS = {"one.": {"own": draw_maps(5, 5, 1), "cross": draw_maps(7, 5, 2)},
        "two.": {"own": draw_maps(3, 3, 3), "cross": draw_maps(2, 3, 4)}}  # fmt: skip


@pytest.fixture
def chart():
    return chart_heads(MAPS, start=(0, 1, 2, 3, 4)).to_dict()


def test_no_two_steps_look_alike_and_none_has_to_be_escaped():
    assert len(set(DIGITS)) == len(DIGITS) == LEVELS + 1
    assert not set(DIGITS) & set("\"\\<>&'")


def test_every_weight_can_be_read_back(chart):
    held = parameter(chart, "held")["value"]
    for sentence, of in zip(held, MAPS.values(), strict=True):
        for one, maps in zip(sentence, of.values(), strict=True):
            read = np.array([DIGITS.index(digit) for digit in one["w"]]) / LEVELS
            np.testing.assert_allclose(
                read.reshape(maps.weights.shape), maps.weights, atol=0.5 / LEVELS + 1e-9
            )
            best = np.array([DIGITS.index(digit) for digit in one["b"]])
            np.testing.assert_array_equal(best, maps.weights.argmax(axis=-1).ravel())
            np.testing.assert_allclose(one["e"], 100 * maps.entropy.ravel(), atol=0.5)
            assert (one["q"], one["k"], one["s"]) == (maps.queries, maps.keys, "For")


def test_controls_begin_where_they_are_told_and_reach_all_of_it(chart):
    menus = [parameter(chart, name) for name in ("sentence", "attention")]
    assert [menu["bind"]["labels"] for menu in menus] == [["one.", "two."], ["own", "cross"]]
    sliders = [parameter(chart, name) for name in ("layer", "head", "row")]
    assert [one["value"] for one in (*menus, *sliders)] == [0, 1, 2, 3, 4]
    assert [(one["bind"]["min"], one["bind"]["max"]) for one in sliders] == [(1, 2), (1, 3), (1, 7)]


def test_the_sentence_names_the_row_and_its_largest_weight(chart):
    says = parameter(chart, "says")["expr"]
    for part in ("q[at]", "k[best]", "round(100 * most)"):
        assert part in says
    # A shorter sentence has no such row.
    assert parameter(chart, "at")["expr"] == "min(row, nq) - 1"
