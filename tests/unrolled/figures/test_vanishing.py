"""The drawings of vanishing gradients show what they are given."""

import numpy as np

from unrolled.figures import style
from unrolled.figures import vanishing as figures

LEARNT = {
    "simple RNN": [30, np.inf, 400],
    "LSTM, bias 4": [20, 20, 20],
    "LSTM, bias 0": [np.inf] * 3,
}


def lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour and len(line.get_xdata())]


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


def test_dots_are_successes_and_crosses_failures():
    ax = figures.draw_success(LEARNT, 600)
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
