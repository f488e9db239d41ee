"""The traces of one unit with gates set by hand."""

import numpy as np

from unrolled.figures import gates as figures

TRACES = {"f": np.ones(29), "c": np.linspace(-2, 5, 29), "y": np.linspace(0, 1, 29) ** 2}


def test_traces_have_a_row_each_and_begin_at_step_one():
    rows = figures.figure_traces(TRACES, {3: "write"}).axes
    assert [ax.get_ylabel() for ax in rows] == ["$f$", "$c$", "$y$"]
    for ax, (letter, values) in zip(rows, TRACES.items(), strict=True):
        (line,) = [line for line in ax.lines if line.get_color() == figures.COLOURS[letter]]
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 30))
        np.testing.assert_array_equal(line.get_ydata(), values)
    low, high = rows[1].get_ylim()
    assert low < -2
    assert high > 5
    assert [text.get_text() for text in rows[0].texts] == ["write"]
