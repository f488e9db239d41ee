"""Windows over a long series: the rows that a forecast may use, and the row that it predicts."""

from typing import Any, NamedTuple

from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from unrolled.shapes import check_floats, check_integer, check_shape

__all__ = ["Windows", "sliding_windows"]


class Windows(NamedTuple):
    """Many short sequences from a long one, each with the row that is to be predicted."""

    inputs: NDArray[Any]  # (n_windows, lookback, n_features)
    targets: NDArray[Any]  # (n_windows, n_features)


def sliding_windows(series: ArrayLike, lookback: int, horizon: int, *, step: int = 1) -> Windows:
    """Split a series into overlapping windows, without copying it.

    Parameters
    ----------
    series : array_like of float64 or float32, of shape (n_steps, n_features)
        One row for each step, in the order of time, at equal intervals.
    lookback : int
        Rows of a window, at least 1.
    horizon : int
        Number of rows from the last row of a window to its target, at least 1: a target is never
        inside its own window.
    step : int, optional
        Number of rows from one window to the next.

    Returns
    -------
    Windows
        Window number i holds the rows from ``i * step`` on; its target is row ``i * step +
        lookback - 1 + horizon``. Both arrays are views of `series` that cannot be written to.

    Raises
    ------
    ValueError
        If a size is not an integer or is below one, `series` has other axes or does not hold finite
        floating-point numbers, or is too short for a single window.

    Notes
    -----
    Page ``sequences``, equations ``window-rows`` and ``window-count``.
    """
    (rows,) = check_floats({"series": series})
    n_steps, _ = check_shape("series", rows, "n_steps n_features")
    lookback, horizon = check_integer("lookback", lookback), check_integer("horizon", horizon)
    step = check_integer("step", step)
    if n_steps < lookback + horizon:
        raise ValueError(
            f"series must have at least lookback + horizon = {lookback + horizon} rows, got "
            f"{n_steps}. Take a shorter window, or more data."
        )
    inputs = sliding_window_view(rows[:-horizon], lookback, axis=0)[::step]
    targets = rows[lookback - 1 + horizon :: step].view()
    targets.flags.writeable = False
    return Windows(inputs.swapaxes(1, 2), targets)
