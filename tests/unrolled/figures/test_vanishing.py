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
    edges = figures.state_chain(3).edges
    factors = [rf"W^{{\top}}\,\mathrm{{diag}}(g'(a^{{({step})}}))" for step in (1, 2, 3)]
    assert [edge.local for edge in edges[:3]] == factors
    assert [(edge.start, edge.end) for edge in edges[2:]] == [("h(2)", "h(3)"), ("h(3)", "J")]


def test_the_direct_path_multiplies_by_forget_gates():
    named = {(e.start, e.end): e.local for e in figures.cell_chain(3).edges if e.local}
    assert named == {(f"c({t - 1})", f"c({t})"): f"f^{{({t})}}" for t in (1, 2, 3)}


def test_peepholes_lead_into_gates_only():
    edges = {(e.start, e.end) for e in figures.cell_chain(1).edges}
    assert {("c(0)", "gates(1)"), ("y(0)", "gates(1)"), ("y(0)", "z(1)")} <= edges
    assert ("c(0)", "z(1)") not in edges


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
