"""The chart of perplexities holds the maps it gets, and begins where it is told."""

import json

import numpy as np
import pytest

from chart_parts import parameter, rows
from unrolled.figures.charts.neighbour_embedding import chart_perplexities

RNG = np.random.default_rng(7)
MAPS = [scale * RNG.standard_normal((17, 2)) + 5 for scale in (3, 11, 1)]
LABELS = RNG.integers(10, size=17)


@pytest.fixture
def chart():
    return chart_perplexities(MAPS, LABELS, (2, 7, 30), (0.51, 0.72, 0.7), start=7).to_dict()


def test_each_map_is_held_to_its_own_scale(chart):
    held = {row["P"]: row for row in rows(chart)}
    assert list(held) == [2, 7, 30]
    for row, y in zip(held.values(), MAPS, strict=True):
        ours = np.column_stack([row["x"], row["y"]])
        factor = np.ptp(ours[:, 0]) / np.ptp(y[:, 0])
        np.testing.assert_allclose(np.diff(ours, axis=0), factor * np.diff(y, axis=0), atol=2e-3)
        assert np.abs(ours).max() == pytest.approx(1, abs=1e-3)
        assert row["d"] == LABELS.tolist()


def test_the_menu_offers_the_perplexities_and_the_sentence_their_shares(chart):
    control = parameter(chart, "perplexity")
    assert control["bind"]["options"] == [2, 7, 30]
    assert control["value"] == 7
    assert parameter(chart, "kept")["value"] == {"2": 0.51, "7": 0.72, "30": 0.7}
    assert "kept[perplexity]" in parameter(chart, "says")["expr"]


def test_two_hundred_points_stay_small():
    maps = RNG.standard_normal((5, 200, 2))
    chart = chart_perplexities(maps, np.zeros(200, dtype=int), range(2, 7), np.ones(5), start=3)
    assert len(json.dumps(chart.to_dict())) < 40_000
