"""The chart of optimisers holds the paths it gets, and says where each arrives."""

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.optimisers import chart_descent

CURVATURES, LOWEST, POWERS = (0.5, 3.0), (2.0, -1.0), np.array([-2.0, -1.0, 0.0])
N_STEPS = 5
RULES = ("crawling", "leaving")


def walk(rate, factor):
    steps = np.arange(N_STEPS + 1)[:, None]
    return np.array(LOWEST) - np.array(LOWEST) * (factor * (1 - rate / 2)) ** steps


PATHS = np.array([[walk(2.0**power, factor) for power in POWERS] for factor in (1.0, 40.0)])
EXCESS = ((PATHS - LOWEST) ** 2) @ CURVATURES / 2


@pytest.fixture
def chart():
    made = chart_descent(
        PATHS, EXCESS, CURVATURES, LOWEST, rules=RULES, powers=POWERS, start=(1, -1.0)
    )
    return made.to_dict()


def test_all_paths_are_held_and_cut_far_outside(chart):
    for layer in (1, 2):
        held = rows(chart, layer)
        assert [(row["r"], row["p"]) for row in held] == [
            (rule, power) for rule in (0, 1) for power in POWERS
        ]
        for row in held:
            path = PATHS[row["r"], POWERS.tolist().index(row["p"])]
            np.testing.assert_allclose(row["x"], np.clip(path[:, 0], -60, 60), atol=0.005)
            np.testing.assert_allclose(row["y"], np.clip(path[:, 1], -60, 60), atol=0.005)


def test_contour_lines_are_level(chart):
    held = rows(chart, 0)
    assert len(held) == 5
    for row in held:
        away = np.column_stack([row["x"], row["y"]]) - LOWEST
        loss = away**2 @ CURVATURES / 2
        np.testing.assert_allclose(loss, loss[0], rtol=0.02)
    assert loss[0] == pytest.approx(EXCESS[0, 0, 0], rel=0.02), "the outermost passes the start"


def test_controls_begin_where_they_are_told(chart):
    rule, power = parameter(chart, "rule"), parameter(chart, "power")
    assert (rule["value"], rule["bind"]["labels"]) == (1, list(RULES))
    assert (power["value"], power["bind"]["min"], power["bind"]["max"]) == (-1, -2, 0)


def test_each_choice_has_a_sentence(chart):
    told = parameter(chart, "told")["value"]
    assert [*told] == ["0", "1"]
    share = EXCESS[0, 1, -1] / EXCESS[0, 1, 0]
    assert told["0"]["-1"] == (
        f"Crawling with a learning rate of 0.5: after {N_STEPS} steps {share:.1%} of the loss "
        "above the minimum is left."
    )
    assert told["0"]["0"].endswith("less than 0.1% of the loss above the minimum is left.")
    assert (
        told["1"]["-2"] == "Leaving with a learning rate of 0.25 leaves the bowl: the loss grows."
    )
