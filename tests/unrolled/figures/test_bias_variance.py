"""The drawings of bias and variance show what they are given, in the hand of the house."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from unrolled.figures import bias_variance as figures
from unrolled.figures import style

RNG = np.random.default_rng(7)
X = np.linspace(0, 1, 29)
TRUTH = np.sin(2 * np.pi * X)
FITS = TRUTH + RNG.normal(size=(13, 29)) * 0.3
LAYERS = np.array([np.full(29, 0.09), 0.02 + 0.1 * (X - 0.5) ** 2, 0.05 * TRUTH**2])
SETTING = np.array([1, 3, 5, 9, 25, 51, 101])
PARTS = np.array([SETTING / 300, 0.09 / SETTING, np.full(7, 0.09)])
PARTS = np.vstack([PARTS, PARTS.sum(axis=0)])
DOTS = SETTING[:5:2], PARTS[3, :5:2] * 1.01


def curves(ax, reverse=False):
    return figures.draw_curves(
        SETTING, PARTS, DOTS, 2, x_name="neighbours", top=0.4, reverse=reverse, ax=ax
    )


FIGURES = {
    "fits": lambda ax: figures.draw_fits(X, FITS, FITS.mean(axis=0), TRUTH, ax=ax),
    "point": lambda ax: figures.draw_at_a_point(FITS[:, 7], FITS[:, 3] + 1, 0.4, 1.0, ax=ax),
    "layers": lambda ax: figures.draw_layers(X, LAYERS, LAYERS.sum(axis=0), ax=ax),
    "band": lambda ax: figures.draw_band(X, 0.8 * TRUTH, 0.06, TRUTH, 0.25, ax=ax),
    "curves": lambda ax: curves(ax),
    "curves, reversed": lambda ax: curves(ax, reverse=True),
    "sums": lambda ax: figures.draw_sums(
        ("a", "b"), np.array([0.0, 0.01]), np.array([0.09, 0.02]), ax=ax
    ),
}
ALL = {
    **{name: lambda d=draw: d(None).figure for name, draw in FIGURES.items()},
    "two degrees": lambda: figures.figure_two_degrees(X, (FITS, FITS / 2), TRUTH, ("a", "b")),
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def test_fits_their_mean_and_the_truth_are_drawn():
    ax = FIGURES["fits"](None)
    drawn = np.array([line.get_ydata() for line in lines(ax, figures.FITS)])
    np.testing.assert_array_equal(drawn, [*FITS, FITS.mean(axis=0)])
    assert lines(ax, style.TARGET)[0].get_ydata().tolist() == TRUTH.tolist()


def test_two_degrees_share_their_scale():
    left, right = ALL["two degrees"]().axes
    assert left.get_ylim() == right.get_ylim()
    assert lines(right, figures.FITS)[0].get_ydata().tolist() == (FITS[0] / 2).tolist()


def test_point_has_both_rows_and_the_arrow_of_the_bias():
    ax = FIGURES["point"](None)
    assert sorted(lines(ax, style.DATA)[0].get_xdata()) == sorted(FITS[:, 3] + 1)
    assert sorted(lines(ax, figures.FITS)[0].get_xdata()) == sorted(FITS[:, 7])
    (arrow,) = [text for text in ax.texts if text.get_text() == ""]
    assert (arrow.xyann[0], arrow.xy[0]) == (1.0, 0.4)


def test_layers_lie_on_one_another():
    ax = FIGURES["layers"](None)
    edges = [lines(ax, c)[0].get_ydata() for c in (figures.NOISE, figures.FITS, figures.BIAS)]
    np.testing.assert_allclose(edges, np.cumsum(LAYERS, axis=0))
    np.testing.assert_allclose(lines(ax, style.DATA)[0].get_ydata(), LAYERS.sum(axis=0))


def test_band_is_one_standard_deviation_to_each_side():
    ax = FIGURES["band"](None)
    corners = ax.collections[0].get_paths()[0].vertices
    here = corners[np.isclose(corners[:, 0], X[7])][:, 1]
    np.testing.assert_allclose([here.min(), here.max()], 0.8 * TRUTH[7] + np.array([-0.06, 0.06]))


@pytest.mark.parametrize("reverse", [False, True])
def test_curves_ring_the_lowest_sum(reverse):
    ax = curves(None, reverse)
    (ring,) = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (5, PARTS[3, 2])
    assert lines(ax, figures.BIAS)[0].get_ydata().tolist() == PARTS[0].tolist()
    for ours, given in zip(lines(ax, style.DATA)[0].get_data(), DOTS, strict=True):
        assert ours.tolist() == given.tolist()
    assert bool(ax.get_xlim()[0] > ax.get_xlim()[1]) is reverse


def test_errors_above_the_axis_are_left_out():
    high = np.array([1, 3]), np.array([0.5, 0.1])
    ax = figures.draw_curves(SETTING, PARTS, high, 2, x_name="neighbours", top=0.4)
    assert lines(ax, style.DATA)[0].get_xdata().tolist() == [3]


def test_sums_are_stacked_bars():
    ax = FIGURES["sums"](None)
    ends = [round(float(bar.get_x() + bar.get_width()), 4) for bar in ax.patches]
    assert ends == [0, 0.01, 0.09, 0.03]
    assert to_hex(ax.patches[2].get_facecolor()) == figures.FITS
    assert [text.get_text() for text in ax.texts][-2:] == ["0.0900", "0.0300"]
