"""The drawings of back propagation through time: parts and their sum, and truncation."""

import numpy as np

from unrolled.figures import style
from unrolled.figures import through_time as figures

PARTS = np.random.default_rng(7).normal(size=(5, 3, 3))
LENGTHS = {"all": np.array([2.0, 3, 2, 2, 1]), "last": np.array([0.1, 0.2, 0.3, 0.5, 1])}
REACH = np.array([1, 2, 3, 5, 7])
LOSSES = {"k = 4": 0.7 + 0.1 * np.sin(np.arange(29)), "k = 5": 0.7 * 0.8 ** np.arange(29)}

FIGURES = {
    "contributions": lambda ax: figures.draw_contributions(LENGTHS, ax=ax),
    "losses": lambda ax: figures.draw_losses(LOSSES, 0.69, ax=ax),
    "bias": lambda ax: figures.draw_bias(REACH, LENGTHS, 3, ax=ax),
    "learnt": lambda ax: figures.draw_learnt(
        REACH, np.array([0.7, 0.6, 0.7, 0.01, 0.001]), 0.69, ax=ax
    ),
}


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_stack_ends_with_the_sum_on_one_scale():
    *panels, whole, bar = figures.figure_stack(PARTS).axes
    for ax, part in zip(panels, PARTS, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), part)
    np.testing.assert_allclose(whole.images[0].get_array(), PARTS.sum(axis=0))
    assert {ax.images[0].get_clim() for ax in (*panels, whole, bar)} == {bar.images[0].get_clim()}
    assert whole.get_xlabel() == "sum"


def test_curves_are_those_given():
    for ax, curves in (
        (figures.draw_contributions(LENGTHS), LENGTHS),
        (figures.draw_bias(REACH, LENGTHS, 3), LENGTHS),
        (figures.draw_losses(LOSSES, 0.69), LOSSES),
    ):
        shown = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) > 2]
        np.testing.assert_array_equal(shown, list(curves.values()))
        assert set(curves) <= set(written(ax))


def test_what_fails_is_brick_and_what_succeeds_olive():
    ax = FIGURES["learnt"](None)
    dots = {line.get_color(): list(line.get_xdata()) for line in ax.lines if line.get_marker()
            not in ("None", "")}  # fmt: skip
    assert dots == {style.WRONG: [1, 2, 3], style.TARGET: [5, 7]}
