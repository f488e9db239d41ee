"""The drawings about judging and choosing show the numbers they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import regression, style

RNG = np.random.default_rng(7)
X = np.linspace(0, 1, 11)
WAVE = np.sin(X)
FITS = RNG.standard_normal((3, 11))
SEEN, UNSEEN = RNG.random((2, 2, 7))
DEGREES = np.arange(1, 14)
ERRORS = np.array([0.5 / DEGREES, 0.08 + 0.02 * (DEGREES - 5) ** 2])
SIZES = np.array([20, 50, 110, 230, 470])
CURVES = [np.array([0.2 + SIZES / 1e4, 0.3 - SIZES / 1e4]), np.array([SIZES / 1e4, 40 / SIZES])]
MODELS = np.array([1, 10, 100, 1000])
BEST, FOUND, ELSEWHERE = 0.4 + RNG.random((3, 4)) / 3
USED = np.arange(9)
PRICE = np.array([4, 3, 2, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6])
COUNTS = [5, 20, 39, 100, 400]
WITHOUT, RIDGE = np.array([[0.7, 0.4, 12.0, 0.5, 0.25], [0.6, 0.3, 0.25, 0.2, 0.15]])

FIGURES = {
    "loop": lambda ax: regression.draw_learning_loop(ax=ax),
    "fit": lambda ax: regression.draw_fit(X, WAVE, FITS[0], SEEN, UNSEEN, note="this", ax=ax),
    "errors": lambda ax: regression.draw_errors(
        DEGREES, ERRORS, across="degree", floor=0.09, best=4, ax=ax
    ),
    "luck": lambda ax: regression.draw_luck(MODELS, BEST, FOUND, ELSEWHERE, ax=ax),
    "features": lambda ax: regression.draw_feature_errors(
        USED, PRICE, n_useful=3, floor=1.0, ax=ax
    ),
    "descent": lambda ax: regression.draw_double_descent(
        COUNTS, WITHOUT, RIDGE, threshold=39, floor=0.09, ax=ax
    ),
}
PANELS = {
    "fits": lambda: regression.figure_fits(X, WAVE, FITS, SEEN, ("one", "two", "three")),
    "learning": lambda: regression.figure_learning_curves(
        SIZES, CURVES, ("stiff", "free"), floor=0.09, top=0.5
    ),
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def written(ax):
    return [text.get_text() for text in ax.texts]


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


@pytest.mark.parametrize("name", FIGURES)
def test_drawings_draw_where_they_are_told(name):
    _, ax = plt.subplots()
    assert FIGURES[name](ax) is ax


def test_only_the_training_set_points_at_the_learner():
    ax = FIGURES["loop"](None)
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    ends = [[tuple(point) for point in arrow.get_path().vertices[[0, -1]]] for arrow in arrows]
    boxes = {"training", "validation", "test", "learner", "model", "prediction", "evaluation"}
    assert boxes <= set(written(ax))
    assert sum(arrow.get_linestyle() != "-" for arrow in arrows) == 1, "the test set, once"
    assert len(ends) == 8


def test_fit_truth_and_both_sets_are_drawn():
    ax = FIGURES["fit"](None)
    np.testing.assert_array_equal(lines(ax, regression.FIT)[0].get_ydata(), FITS[0])
    np.testing.assert_array_equal(lines(ax, style.TARGET)[0].get_ydata(), WAVE)
    np.testing.assert_array_equal(lines(ax, regression.TRAINING)[0].get_xydata(), SEEN.T)
    (squares,) = (line for line in ax.lines if line.get_marker() == "s")
    np.testing.assert_array_equal(squares.get_xydata(), UNSEEN.T)
    assert squares.get_markeredgecolor() == regression.VALIDATION
    assert written(ax) == ["this"]


def test_each_fit_has_a_panel_and_a_name():
    panels = PANELS["fits"]().axes
    for ax, fit, note in zip(panels, FITS, ("one", "two", "three"), strict=True):
        np.testing.assert_array_equal(lines(ax, regression.FIT)[0].get_ydata(), fit)
        assert written(ax) == [note]
    assert [ax.get_xlabel() for ax in panels] == ["", "", "input $x$"]


def test_both_errors_the_floor_and_the_choice_are_drawn():
    ax = FIGURES["errors"](None)
    for colour, error in zip((regression.TRAINING, regression.VALIDATION), ERRORS, strict=True):
        np.testing.assert_array_equal(lines(ax, colour)[0].get_ydata(), error)
    (ring,) = (line for line in ax.lines if line.get_markeredgecolor() == style.INK)
    assert ring.get_xydata().tolist() == [[5, ERRORS[1, 4]]]
    assert set(lines(ax, style.TARGET)[0].get_ydata()) == {0.09}
    assert written(ax) == ["training", "validation", "noise"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")


def test_errors_without_floor_and_choice():
    penalties = 10.0 ** np.arange(13)
    ax = regression.draw_errors(penalties, ERRORS, across="penalty", logarithmic=True)
    assert written(ax) == ["training", "validation"]
    assert len(ax.lines) == 2
    assert ax.get_xscale() == "log"


def test_learning_curves_are_those_given():
    figure = PANELS["learning"]()
    for ax, pair, note in zip(figure.axes, CURVES, ("stiff", "free"), strict=True):
        for colour, error in zip((regression.TRAINING, regression.VALIDATION), pair, strict=True):
            np.testing.assert_array_equal(lines(ax, colour)[0].get_ydata(), error)
        assert set(written(ax)) == {"training", "validation", "noise", note}
        assert ax.get_ylim() == (0, 0.5)


def test_luck_is_computed_found_and_lost():
    ax = FIGURES["luck"](None)
    curves = lines(ax, regression.VALIDATION)
    np.testing.assert_array_equal([curve.get_ydata() for curve in curves], [BEST, FOUND])
    np.testing.assert_array_equal(lines(ax, regression.TEST)[0].get_ydata(), ELSEWHERE)


def test_useful_features_are_told_from_useless_ones():
    ax = FIGURES["features"](None)
    (useful,) = (line for line in ax.lines if line.get_marker() == "o")
    (useless,) = (line for line in ax.lines if line.get_marker() == "X")
    assert useful.get_xydata().tolist() == np.column_stack([USED, PRICE])[:4].tolist()
    assert useless.get_xydata().tolist() == np.column_stack([USED, PRICE])[4:].tolist()


def test_both_descents_and_the_threshold_are_drawn():
    ax = FIGURES["descent"](None)
    np.testing.assert_array_equal(lines(ax, style.THIRD)[0].get_ydata(), WITHOUT)
    np.testing.assert_array_equal(lines(ax, style.FIRST)[0].get_ydata(), RIDGE)
    assert set(lines(ax, style.QUIET)[0].get_xdata()) == {39}
    assert {"no penalty", "ridge", "noise"} <= set(written(ax))
