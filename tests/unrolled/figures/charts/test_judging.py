"""The chart of two overlapping classes holds the numbers it gets, and begins where it is told."""

import numpy as np
import pytest
from scipy.special import ndtr

from chart_parts import parameter
from unrolled.figures.charts.judging import chart_overlap

DISTANCES = np.array([-0.8, -0.4, 0.0, 0.4, 0.8])
THRESHOLDS = np.array([-0.5, 0.0, 0.5])


@pytest.fixture
def overlap():
    middles = DISTANCES[:, None] / 2
    recall, false_alarm = ndtr(middles - THRESHOLDS), ndtr(-middles - THRESHOLDS)
    areas = ndtr(DISTANCES / np.sqrt(2))
    found = chart_overlap(DISTANCES, THRESHOLDS, recall, false_alarm, areas, start=(0.8, 0.5))
    return found.to_dict()


def test_it_tells_the_four_counts_and_the_area(overlap):
    told = parameter(overlap, "told")["value"]
    assert told["0.8"]["0.5"] == (
        "Of 100 positives 46 are flagged (TP), 54 missed (FN); of 100 negatives 18 are flagged "
        "(FP), 82 not (TN). Area 0.71."
    )
    assert told["0"]["0"].endswith("Area 0.50.")
    assert set(told) == {"-0.8", "-0.4", "0", "0.4", "0.8"}
    assert all(set(sentences) == {"-0.5", "0", "0.5"} for sentences in told.values())


@pytest.mark.parametrize(
    ("name", "values", "start"), [("distance", DISTANCES, 0.8), ("threshold", THRESHOLDS, 0.5)]
)
def test_the_sliders_run_through_the_values(overlap, name, values, start):
    control = parameter(overlap, name)
    assert (control["bind"]["min"], control["bind"]["max"]) == (values[0], values[-1])
    assert control["value"] == start


def test_only_scores_from_the_threshold_on_are_filled(overlap):
    filled = [layer for layer in overlap["layer"] if layer["mark"].get("opacity") == 0.45]
    assert len(filled) == 2
    for layer in filled:
        assert layer["transform"][-1] == {"filter": "datum.s >= threshold"}
