"""Windows over a series: by hand, by their laws, and as NumPy and Keras cut them."""

import re

import keras
import numpy as np
import pytest

import mutants
from unrolled.networks import windows
from unrolled.networks.windows import sliding_windows

N_STEPS, N_FEATURES, LOOKBACK, HORIZON = 29, 2, 5, 3
SERIES = np.random.default_rng(7).normal(size=(N_STEPS, N_FEATURES))
ROWS_TEX = (
    r"\begin{aligned} X_i &= \left(x^{(ir + 1)}, \dots, x^{(ir + L)}\right) \\"
    r" y_i &= x^{(ir + L + H)} \end{aligned}"
)
COUNT_TEX = r"n = \left\lfloor \frac{N - L - H}{r} \right\rfloor + 1"


def by_hand(series, lookback, horizon, step):
    """Every window that fits, with slices of a list."""
    rows, found = series.tolist(), []
    start = 0
    while start + lookback - 1 + horizon < len(rows):
        found.append((rows[start : start + lookback], rows[start + lookback - 1 + horizon]))
        start += step
    return found


def test_five_rows_by_hand():
    inputs, targets = sliding_windows([[1.0], [2.0], [3.0], [4.0], [5.0]], 2, 1)
    np.testing.assert_array_equal(inputs[:, :, 0], [[1, 2], [2, 3], [3, 4]])
    np.testing.assert_array_equal(targets[:, 0], [3, 4, 5])


@pytest.mark.equation("window-rows", tex=ROWS_TEX)
@pytest.mark.parametrize("step", [1, 2, 7])
def test_windows_hold_the_rows_that_they_should(evidence, step):
    ours = sliding_windows(SERIES, LOOKBACK, HORIZON, step=step)
    inputs, targets = zip(*by_hand(SERIES, LOOKBACK, HORIZON, step), strict=True)
    evidence.agrees(ours.inputs, inputs, witness="slices of a list", within=0)
    evidence.agrees(ours.targets, targets, witness="slices of a list", within=0)


@pytest.mark.equation("window-rows", tex=ROWS_TEX)
@pytest.mark.parametrize("step", [1, 3])
def test_windows_are_those_of_keras(evidence, step):
    ours = sliding_windows(SERIES, LOOKBACK, HORIZON, step=step)
    theirs = keras.utils.timeseries_dataset_from_array(
        SERIES[:-HORIZON], SERIES[LOOKBACK - 1 + HORIZON :], LOOKBACK,
        sequence_stride=step, batch_size=None,
    )  # fmt: skip
    inputs, targets = (np.array(list(part)) for part in zip(*theirs, strict=True))
    evidence.agrees(ours.inputs, inputs, witness="Keras", within=1e-7)  # in single precision
    evidence.agrees(ours.targets, targets, witness="Keras", within=1e-7)


@pytest.mark.equation("window-count", tex=COUNT_TEX)
def test_number_of_windows_is_that_of_the_formula(evidence):
    cases = [(n, n_back, h, r) for n in (8, 11, 29) for n_back in (1, 5) for h in (1, 3)
             for r in (1, 2, 7)]  # fmt: skip
    counted = [len(by_hand(SERIES[:n], n_back, h, r)) for n, n_back, h, r in cases]
    formula = [(n - n_back - h) // r + 1 for n, n_back, h, r in cases]
    evidence.agrees(formula, counted, witness="counting", within=0)
    ours = [len(sliding_windows(SERIES[:n], back, h, step=r).inputs) for n, back, h, r in cases]
    evidence.agrees(ours, counted, witness="counting", within=0)


def test_nothing_is_copied_and_nothing_can_be_written():
    ours = sliding_windows(SERIES, LOOKBACK, HORIZON)
    for array in ours:
        assert np.shares_memory(array, SERIES)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert SERIES.flags.writeable


def test_the_last_target_is_the_last_row():
    _, targets = sliding_windows(SERIES, LOOKBACK, HORIZON)
    np.testing.assert_array_equal(targets[-1], SERIES[-1])


def test_float32_stays_float32():
    assert sliding_windows(SERIES.astype(np.float32), 2, 1).inputs.dtype == np.float32


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("lookback - 1 + horizon ::", "lookback + horizon ::"), ("rows[:-horizon]", "rows")],
)
def test_a_window_too_far_would_be_noticed(right, wrong):
    slip = mutants.mutant(windows, right, wrong)
    inputs, targets = zip(*by_hand(SERIES, LOOKBACK, HORIZON, 1), strict=True)
    ours = slip.sliding_windows(SERIES, LOOKBACK, HORIZON)
    same = ours.inputs.shape == np.shape(inputs) and np.array_equal(ours.targets, targets)
    assert not same


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((SERIES[:7], 5, 3), "series must have at least lookback + horizon = 8 rows, got 7."),
        ((SERIES[0], 5, 3), "series must have shape (n_steps, n_features), got (2,)."),
        ((SERIES, 0, 3), "lookback must be at least 1, got 0."),
        ((SERIES, 5, 0), "horizon must be at least 1, got 0."),
        ((SERIES, 5, 1.5), "horizon must hold integers, got 1.5."),
        ((SERIES * np.nan, 5, 3), "series must be finite, got nan."),
    ],
)
def test_what_does_not_fit_is_named(arguments, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        sliding_windows(*arguments)
    with pytest.raises(ValueError, match="step must be at least 1"):
        sliding_windows(SERIES, 5, 3, step=0)
