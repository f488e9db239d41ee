"""A unit with chosen weights holds exactly these, and refuses what is no number."""

import math

import numpy as np
import pytest

from unrolled.experiments.hand_set_lstm import single_unit
from unrolled.networks.lstm import lstm_forward

CHOSEN = {
    "z": ((2, 3, 5), 7, 11),
    "i": ((13, 17, 19), 23, 29, 31),
    "f": ((37, 41, 43), 47, 53, 59),
    "o": ((61, 67, 71), 73, 79, 83),
}


def test_every_number_stands_where_it_was_put():
    params = single_unit(**CHOSEN)
    for gate, weights in zip(params, CHOSEN.values(), strict=True):
        assert gate.W.tolist() == [[w] for w in weights[0]]
        assert gate.R.tolist() == [[weights[1]]]
        assert [vector.tolist() for vector in gate[2:]] == [[w] for w in weights[2:]]
        assert {array.dtype for array in gate} == {np.dtype(float)}


def test_one_step_by_hand():
    params = single_unit((1, -1, 0.5), (-1, 1, 1, -0.25), (1, 2, -1, 0.5), (0.5, 1, -1, 0.5))
    x, y0, c0 = np.ones((1, 1, 1)), np.full((1, 1), 0.5), np.full((1, 1), 2.0)
    y, c, cache = lstm_forward(params, x, y0, c0)
    f, i, z = 1 / (1 + math.exp(-2)), 0.5, math.tanh(1)  # 1+1-1+1 = 2; -1+0.5+1-0.5 = 0; 1
    cell = z * i + 2 * f
    o = 1 / (1 + math.exp(-0.5 * cell))  # 0.5+0.5-1 = 0
    assert [cache.f.item(), cache.i.item(), cache.z.item()] == pytest.approx([f, i, z], rel=1e-15)
    assert [c.item(), y.item()] == pytest.approx([cell, o * math.tanh(cell)], rel=1e-15)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"z": ((2, 3, 5), 7)}, "z must hold W, R, b, got 2 of these"),
        ({"f": ((2, 3, 5), 7, 11)}, "f must hold W, R, b, p, got 3 of these"),
        ({"o": ((2, 3), 5, 7, 11)}, r"W must have the same length in z, i, f and o"),
        ({"i": ((2, 3, 5), 7, np.nan, 11)}, "i's b must be finite"),
        ({"i": ((2, 3, np.inf), 7, 5, 11)}, "i's W must be finite"),
        ({"i": ((2, 3, 5), (7, 7), 5, 11)}, "i's R must be a single number"),
    ],
)
def test_what_does_not_fit_is_named(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        single_unit(**{**CHOSEN, **changes})
