"""A training whose gradients explode: it is the one that the page shows, as far as it can be."""

import csv
from pathlib import Path

import numpy as np
import pytest

from unrolled.experiments import stretched_recall
from unrolled.experiments.stretched_recall import train_stretched

COMMITTED = Path(__file__).parents[3] / "book/recurrent/clipping.csv"


def committed():
    with COMMITTED.open(encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_first_state_is_stretched_by_one_half():
    losses, lengths = train_stretched(3, n_updates=2)
    assert losses.shape == lengths.shape == (2,)
    held, free = (train_stretched(3, max_norm=v, n_updates=2)[1] for v in (1.0, 1000.0))
    np.testing.assert_array_equal(free, lengths)
    assert held[0] == lengths[0] > 1
    assert held[1] != lengths[1]


def test_committed_trainings_are_complete():
    head, *rows = committed()
    assert head == ["seed", "loss, free", "loss, clipped", *map(str, range(1, 101))]
    assert [row[0] for row in rows] == [str(n) for n in range(1, stretched_recall.N_SEEDS + 1)]
    assert {len(row) for row in rows} == {len(head)}


@pytest.mark.parametrize("seed", [2, 20])
def test_committed_trainings_begin_as_new_ones_do(seed):
    kept = np.array(committed()[seed][3:8], float)
    _, lengths = train_stretched(seed, n_updates=5)
    np.testing.assert_allclose(lengths, kept, rtol=5e-3)


def test_a_training_with_a_limit_ends_as_it_did():
    row = stretched_recall._row(20)
    assert len(row) == 103
    assert float(row[2]) == pytest.approx(float(committed()[20][2]), abs=0.01)


def test_complaints():
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        train_stretched(-1)
    with pytest.raises(ValueError, match="max_norm must be above 0"):
        train_stretched(1, max_norm=0.0)
    with pytest.raises(ValueError, match="n_updates must be at least 1, got 0"):
        train_stretched(1, n_updates=0)
