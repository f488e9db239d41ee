"""The drawings of scaled and unscaled scores show what they are given, in the hand of the house."""

import numpy as np
import pytest

from unrolled.figures import attention_scale as figures
from unrolled.figures import style

RNG = np.random.default_rng(7)
SHARP, SOFT = np.array([0.02, 0.9, 0.05, 0.03]), np.array([0.2, 0.4, 0.3, 0.1])
EDGES = np.linspace(0, 1, 6)
SHARES = np.array([[0.0, 0.1, 0.1, 0.2, 0.6], [0.1, 0.6, 0.2, 0.1, 0.0]])
WIDTHS = 2 ** np.arange(5)
TRACES = RNG.random((2, 5, 40)) * 0.8
LOSSES = {
    "scaled": np.linspace(1.1, 0.2, 60),
    "unscaled": np.linspace(1.8, 0.4, 60),
    "unscaled, low rate": np.linspace(1.8, 0.3, 60),
    "unscaled, small start": np.linspace(1.1, 0.2, 60),
}
RATES = 3.0 ** np.arange(-2, 3)
ENDS = {"unscaled": np.array([0.3, 0.2, 0.4, 1.0, 1.7]), "scaled": np.linspace(0.8, 0.2, 5)}
LEVELS = {"all alike": 8 / 9, "random guess": 16 / 9}

DRAWINGS = {
    "rows": lambda ax: figures.draw_two_rows(SHARP, SOFT, ax=ax),
    "shares": lambda ax: figures.draw_shares(EDGES, SHARES, 64, ax=ax),
    "traces": lambda ax: figures.draw_traces(WIDTHS, TRACES, ax=ax),
    "learning": lambda ax: figures.draw_learning(LOSSES, level=8 / 9, ax=ax),
    "rates": lambda ax: figures.draw_rates(RATES, ENDS, levels=LEVELS, ax=ax),
}
FIGURES = {name: (lambda draw=draw: draw(None).figure) for name, draw in DRAWINGS.items()} | {
    "scores": lambda: figures.figure_scores((4, 64, 512), RNG.normal(size=(3, 500))),
    "ridges": lambda: figures.figure_rows(
        (4, 64), RNG.random((2, 2, 90)), 3 * RNG.random((2, 2, 90))
    ),
    "slopes": lambda: figures.figure_slopes(*(np.diag(a) - np.outer(a, a) for a in (SHARP, SOFT))),
}


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_bars_are_as_high_as_the_weights():
    ax = DRAWINGS["rows"](None)
    heights = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(heights, [*SHARP, *SOFT])
    assert words(ax) == ["unscaled", "scaled"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("key", "weight")


def test_both_panels_have_a_curve_for_each_width_under_which_all_lies():
    for ax in FIGURES["scores"]().axes:
        assert len(ax.lines) == 3
        if ax.get_xlabel().endswith("key"):
            for line in ax.lines:
                x, y = line.get_data()
                assert (y * (x[1] - x[0])).sum() == pytest.approx(1)


def test_slopes_share_their_colours():
    left, right = (ax.collections[0] for ax in FIGURES["slopes"]().axes[:2])
    assert left.get_clim() == right.get_clim()
    low, high = left.get_clim()
    assert -low == high == pytest.approx(0.24)


def test_lines_are_medians_and_dots_are_means():
    ax = DRAWINGS["traces"](None)
    drawn = [line.get_ydata() for line in ax.lines]
    expected = [f(TRACES[kind], axis=-1) for kind in (0, 1) for f in (np.median, np.mean)]
    np.testing.assert_allclose(drawn, expected)
    assert words(ax) == ["unscaled", "scaled"]


def test_losses_are_means_over_ten_updates():
    ax = DRAWINGS["learning"](None)
    first = next(line for line in ax.lines if line.get_color() == style.TARGET)
    np.testing.assert_allclose(first.get_ydata(), LOSSES["scaled"].reshape(-1, 10).mean(axis=1))
    assert set(LOSSES) < set(words(ax))


def test_rates_stand_on_a_logarithmic_axis_with_their_levels():
    ax = DRAWINGS["rates"](None)
    assert ax.get_xscale() == "log"
    assert {*LEVELS, *ENDS} == set(words(ax))


def test_shares_name_their_width():
    ax = DRAWINGS["shares"](None)
    assert "64 wide" in ax.get_xlabel()
    np.testing.assert_allclose(ax.patches[0].get_data().values, SHARES[0])
