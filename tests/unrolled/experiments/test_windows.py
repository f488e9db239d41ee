"""Windows over a series: by hand, by their laws, and as NumPy and Keras cut them."""

import itertools
import re

import keras
import numpy as np
import pytest

import mutants
from unrolled.experiments import windows
from unrolled.experiments.windows import sliding_windows

N_STEPS, N_FEATURES, LOOKBACK, HORIZON = 29, 2, 5, 3
SERIES = np.random.default_rng(7).normal(size=(N_STEPS, N_FEATURES))


def by_hand(series, lookback, horizon, step):
    """Every window that fits, with slices of a list."""
    rows, found = series.tolist(), []
    start = 0
    while start + lookback - 1 + horizon < len(rows):
        found.append((rows[start : start + lookback], rows[start + lookback - 1 + horizon]))
        start += step
    return [list(part) for part in zip(*found, strict=True)]


def test_five_rows_by_hand():
    inputs, targets = sliding_windows([[1.0], [2.0], [3.0], [4.0], [5.0]], 2, 1)
    np.testing.assert_array_equal(inputs[:, :, 0], [[1, 2], [2, 3], [3, 4]])
    np.testing.assert_array_equal(targets[:, 0], [3, 4, 5])


def dataset(series, lookback, horizon, step):
    """Windows and targets as Keras cuts them."""
    found = keras.utils.timeseries_dataset_from_array(
        series[:-horizon], series[lookback - 1 + horizon :], lookback,
        sequence_stride=step, batch_size=None,
    )  # fmt: skip
    return [np.array(list(part)) for part in zip(*found, strict=True)]


@pytest.mark.equation("window-rows")
@pytest.mark.parametrize(("lookback", "horizon", "step"), [(5, 3, 2), (7, 2, 3), (5, 4, 7)])
def test_windows_hold_the_rows_that_they_should(evidence, lookback, horizon, step):
    series = np.random.default_rng(7).permutation(2.0 * np.arange(N_STEPS)).reshape(-1, 1)
    series = np.hstack([series, series + 1])  # whole numbers, which Keras keeps without rounding
    inputs, targets = dataset(series, lookback, horizon, step)
    evidence.evaluates(
        {
            "X_i": dict(enumerate(inputs[..., None])), r"\boldsymbol y_i": dict(enumerate(targets)),
            r"\boldsymbol x^{(t)}": dict(enumerate(series, 1)),
            "L": lookback, "H": horizon, "r": step,
        },
        at={"i": range(len(inputs))},
        witness="windows that Keras takes",
        within=0,
    )  # fmt: skip
    ours = sliding_windows(series, lookback, horizon, step=step)
    evidence.agrees(ours.inputs, inputs, witness="Keras", within=0)
    evidence.agrees(ours.targets, targets, witness="Keras", within=0)


@pytest.mark.equation("window-count")
def test_number_of_windows_is_counted(evidence):
    points = []
    for steps, lookback, horizon, step in itertools.product((11, 29), (2, 5), (3, 4), (1, 2, 7)):
        counted = len(by_hand(SERIES[:steps], lookback, horizon, step)[0])
        points.append({"N": steps, "L": lookback, "H": horizon, "r": step, "n": counted})
        ours = sliding_windows(SERIES[:steps], lookback, horizon, step=step)
        assert len(ours.inputs) == counted
    evidence.evaluates({}, at=points, witness="windows cut from a list, and counted", within=0)


@pytest.mark.parametrize("step", [1, 3])
def test_windows_are_slices_of_a_list(step):
    ours = sliding_windows(SERIES, LOOKBACK, HORIZON, step=step)
    for part, theirs in zip(ours, by_hand(SERIES, LOOKBACK, HORIZON, step), strict=True):
        np.testing.assert_array_equal(part, theirs)


@pytest.mark.equation("sequence-mapping")
@pytest.mark.parametrize("time", [9, 11])
def test_a_convolution_maps_a_list_to_a_shorter_one(evidence, time):
    rng = np.random.default_rng(7)
    layer, K, b = keras.layers.Conv1D(5, 3, strides=2, dtype="float64"), *(
        rng.normal(size=shape) for shape in ((3, 2, 5), 5)
    )  # fmt: skip
    layer.build((None, time, 2))
    layer.set_weights([K, b])
    x = rng.normal(size=(time, 2))
    y = [b + np.einsum("kc,kcd->d", x[start : start + 3], K) for start in range(0, time - 2, 2)]
    evidence.evaluates(
        {
            "X": tuple(x[..., None]), "Y": tuple(np.stack(y)[..., None]),
            "f": lambda X: tuple(np.asarray(layer(np.stack(X)[None])[0])),
            r"\boldsymbol x^{(t)}": dict(enumerate(x, 1)), r"\tau_x": time,
            r"\boldsymbol y^{(t)}": dict(enumerate(y, 1)), r"\tau_y": len(y),
        },
        witness="the convolution of Keras over a sequence",
        within=1e-12,
    )  # fmt: skip


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
    inputs, targets = by_hand(SERIES, LOOKBACK, HORIZON, 1)
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
