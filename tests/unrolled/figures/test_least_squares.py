"""The drawings of what a feature costs show the numbers they are given, in the house's hand."""

import numpy as np
import pytest

from unrolled.figures import least_squares as figures
from unrolled.figures import style

DIMS = np.arange(1, 12)
RISING, FALLING = DIMS / 7, 1 - DIMS / 13
LONG = np.arange(1, 18)
EDGES = np.linspace(-1, 3, 6)
SHARES = np.array([[0.1, 0.2, 0.4, 0.2, 0.1], [0, 0.5, 0.5, 0, 0]])
BIAS, VARIANCE = np.array([RISING, 0 * RISING + 0.4]), np.array([FALLING, RISING / 3])

FIGURES = {
    "training": lambda ax: figures.draw_training_and_new(DIMS, FALLING, 1 + RISING, 1.0, ax=ax),
    "excess": lambda ax: figures.draw_excess_error(DIMS, RISING, RISING**2, FALLING, ax=ax),
    "prices": lambda ax: figures.draw_prices(
        [DIMS, LONG], [DIMS / 5, LONG / 50], ("few", "many"), ax=ax
    ),
    "break even": lambda ax: figures.draw_errors_at_break_even(
        DIMS / 11, RISING, 0 * RISING + 0.8, 0.5, ax=ax
    ),
    "tails": lambda ax: figures.draw_tails(EDGES, SHARES, np.array([7, 3]), ("a", "b"), ax=ax),
    "noise": lambda ax: figures.draw_noise_features(DIMS, RISING, FALLING, 0.9, ax=ax),
    "kept": lambda ax: figures.draw_kept_neighbours(DIMS, 1 / DIMS, 0.05, ax=ax),
    "many": lambda ax: figures.draw_many_features(
        DIMS, np.array([RISING, 1 / DIMS]), ("noise", "copies"), ax=ax
    ),
}
PANELS = {"parts": lambda: figures.figure_parts(DIMS, BIAS, VARIANCE, ("one", "other"), floor=0.07)}


def drawn(ax, colour):
    """Return what the lines of one colour show, each as (x, y)."""
    return [line.get_data() for line in ax.lines if line.get_color() == colour]


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_training_and_new_errors_are_told_apart():
    ax = FIGURES["training"](None)
    (new,), (training,) = drawn(ax, figures.LINE), drawn(ax, style.DATA)
    np.testing.assert_array_equal(new[1], 1 + RISING)
    np.testing.assert_array_equal(training[1], FALLING)
    assert written(ax) == ["new points", "noise", "training"]


def test_measured_exact_and_naive_prices_have_their_colours():
    ax = FIGURES["excess"](None)
    for colour, values in ((style.DATA, RISING), (style.INK, RISING**2), (style.WRONG, FALLING)):
        ((x, y),) = drawn(ax, colour)
        np.testing.assert_array_equal(x, DIMS)
        np.testing.assert_array_equal(y, values)


def test_price_lists_may_differ_in_length():
    ax = FIGURES["prices"](None)
    assert [len(line.get_xdata()) for line in ax.lines[1:]] == [len(DIMS), len(LONG)]
    assert written(ax) == ["few", "many"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_break_even_is_marked_on_the_line():
    ax = FIGURES["break even"](None)
    ((x, y),) = drawn(ax, style.INK)
    assert (x[0], y[0]) == pytest.approx((0.5, 0.8))


def test_tails_stand_over_powers_of_ten_with_their_medians():
    ax = FIGURES["tails"](None)
    outlines = [patch.get_data() for patch in ax.patches]
    np.testing.assert_allclose(outlines[0].edges, 10.0**EDGES)
    np.testing.assert_array_equal(outlines[2].values, SHARES[1])
    assert [line.get_xdata()[0] for line in ax.lines] == [7, 3]


def test_three_methods_among_noise_features():
    ax = FIGURES["noise"](None)
    np.testing.assert_array_equal(drawn(ax, figures.NEIGHBOURS)[0][1], RISING)
    np.testing.assert_array_equal(drawn(ax, figures.LINE)[0][1], FALLING)
    assert drawn(ax, figures.MEAN)[0][1] == [0.9, 0.9]


def test_kept_neighbours_are_compared_with_chance():
    ax = FIGURES["kept"](None)
    np.testing.assert_array_equal(drawn(ax, figures.NEIGHBOURS)[0][1], 1 / DIMS)
    assert drawn(ax, style.QUIET)[0][1] == [0.05, 0.05]


def test_parts_stand_on_one_scale():
    figure = PANELS["parts"]()
    left, right = figure.axes
    assert left.get_ylim() == right.get_ylim()
    for k, ax in enumerate((left, right)):
        np.testing.assert_array_equal(drawn(ax, figures.BIAS)[0][1], BIAS[k])
        np.testing.assert_array_equal(drawn(ax, figures.VARIANCE)[0][1], VARIANCE[k])
    assert drawn(left, figures.NOISE)[0][1] == [0.07, 0.07]


def test_noise_is_brick_and_further_measurements_are_olive():
    ax = FIGURES["many"](None)
    np.testing.assert_array_equal(drawn(ax, style.WRONG)[0][1], RISING)
    np.testing.assert_array_equal(drawn(ax, style.FOURTH)[0][1], 1 / DIMS)
