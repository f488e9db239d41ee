"""The drawings of vanishing gradients show what they are given, in the hand of the house."""

import numpy as np
import pytest

from unrolled.figures import style
from unrolled.figures import vanishing as figures

DISTANCES = np.arange(31)
NORMS = np.array([0.5, 1.1, 2.0])[:, None] ** DISTANCES
BOUNDS = np.array([1.5, 2.1, 3.0])[:, None] ** DISTANCES
NAMES = ("gain 1", "gain 2", "gain 3")
DASHED = ("bound, 1", "bound, 2", "bound, 3")
LOSSES = np.exp(-np.array([[0.001], [0.2]]) * np.arange(40)) * 0.7
LEARNT = {
    "simple RNN": [30, np.inf, 400],
    "LSTM, bias 4": [20, 20, 20],
    "LSTM, bias 0": [np.inf] * 3,
}

FIGURES = {
    "chain": lambda ax: figures.draw_chain(ax=ax),
    "cells": lambda ax: figures.draw_cell_chain(ax=ax),
    "norms": lambda ax: figures.draw_norms(DISTANCES, NORMS, BOUNDS, NAMES, DASHED, ax=ax),
    "cell norms": lambda ax: figures.draw_norms(
        DISTANCES, NORMS, NORMS / 2, NAMES, DASHED, of_cell=True, ax=ax
    ),
    "learning": lambda ax: figures.draw_learning(LOSSES, ("a", "b"), ("LSTM", "GRU"), ax=ax),
    "success": lambda ax: figures.draw_success(LEARNT, 600, ax=ax),
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour]


def test_chain_has_one_factor_on_each_edge():
    texts = [text.get_text() for text in figures.draw_chain(3).texts]
    for step in (1, 2, 3):
        assert sum(f"a^{{({step})}}" in text for text in texts) == 1
        assert rf"$W^{{\top}}\,\mathrm{{diag}}(g'(a^{{({step})}}))$" in texts


def test_direct_way_is_lit_and_the_others_faded():
    ax = figures.draw_cell_chain(3)
    texts = [text.get_text() for text in ax.texts]
    assert [f"$f^{{({step})}}$" in texts for step in (1, 2, 3, 4)] == [True] * 3 + [False]
    faded = [text for text in ax.texts if text.get_alpha() not in (None, 1.0)]
    assert {text.get_text()[:2] for text in faded} == {"$y", "$f"}


def test_norms_are_drawn_as_powers_of_ten():
    ax = FIGURES["norms"](None)
    solid = [line.get_ydata() for line in lines(ax, style.GRADIENT)]
    np.testing.assert_allclose(solid, np.log10(NORMS))
    dashed = [line.get_ydata() for line in lines(ax, style.INK)]
    np.testing.assert_allclose(dashed, np.log10(BOUNDS))
    pairs = zip(lines(ax, style.GRADIENT), lines(ax, style.INK), strict=True)
    assert all(one.get_marker() == other.get_marker() for one, other in pairs)
    assert [text.get_text() for text in ax.texts] == [*NAMES, *DASHED]


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_ticks_reach_as_far_as_the_lines_on_both_sides(scale):
    ax = figures.draw_norms(DISTANCES, NORMS * scale, BOUNDS * scale, NAMES, DASHED)
    logs = np.log10(np.array([NORMS, BOUNDS]) * scale)
    assert ax.get_yticks()[0] <= logs.min() < 0 < logs.max() <= ax.get_yticks()[-1]
    assert 0 in ax.get_yticks()


def test_products_of_forget_gates_are_brick():
    ax = FIGURES["cell norms"](None)
    dashed = [line.get_ydata() for line in lines(ax, style.FORGET_GATE)]
    np.testing.assert_allclose(dashed, np.log10(NORMS / 2))


def test_losses_are_drawn_and_guessing_marked():
    ax = FIGURES["learning"](None)
    assert lines(ax, style.WRONG)[0].get_ydata().tolist() == LOSSES[0].tolist(), "it only guesses"
    assert lines(ax, style.HIDDEN)[0].get_ydata().tolist() == LOSSES[1].tolist()
    assert lines(ax, style.QUIET)[0].get_ydata()[0] == np.log(2)


def test_dots_are_successes_and_crosses_failures():
    ax = FIGURES["success"](None)
    (simple,) = lines(ax, style.HIDDEN)
    assert simple.get_xdata().tolist() == [30, 400]
    (lstm,) = [line for line in lines(ax, style.CELL) if len(line.get_xdata())]
    assert lstm.get_xdata().tolist() == [20] * 3
    assert len(set(lstm.get_ydata())) == 3
    crosses = lines(ax, style.WRONG)
    assert [len(line.get_xdata()) for line in crosses] == [1, 3]
    assert min(line.get_xdata().min() for line in crosses) > 600, "beyond the last update"
    assert "not in 600" in [text.get_text() for text in ax.texts]
    assert ax.get_xticks()[-1] == 600
    assert [label.get_text() for label in ax.get_yticklabels()] == list(LEARNT)
