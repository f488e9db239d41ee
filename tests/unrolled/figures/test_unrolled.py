"""Unrolled networks have the uses of the equations and no others, each in its place."""

import numpy as np
import pytest

from unrolled.figures import style
from unrolled.figures.unrolled import unrolled_lstm, unrolled_rnn, with_losses
from unrolled.symbolic import lstm, rnn

TIME = 3


def uses(steps):
    return [edge for step in steps for edge in step.edges]


LSTM_EDGES = with_losses(uses(lstm.lstm_forward_steps(TIME)), "y")
RNN_EDGES = with_losses(uses(rnn.rnn_forward_steps(TIME)), "y_hat")
GRAPHS = {"lstm": (unrolled_lstm, LSTM_EDGES), "rnn": (unrolled_rnn, RNN_EDGES)}


def step_of(name):
    return int(name.strip(")").split("(")[1])


@pytest.mark.parametrize("name", GRAPHS)
def test_every_use_is_an_edge_and_every_step_has_a_loss(name):
    unroll, edges = GRAPHS[name]
    drawn = [(edge.start, edge.end) for edge in unroll(edges).edges]
    assert drawn == edges
    assert drawn[-TIME:] == [(f"J({t})", "J") for t in (1, 2, 3)]


@pytest.mark.parametrize("name", GRAPHS)
def test_dashed_comes_from_the_step_before_and_peepholes_are_those_of_the_cell(name):
    unroll, edges = GRAPHS[name]
    for edge in unroll(edges).edges:
        if edge.end != "J":
            assert edge.before == (step_of(edge.start) < step_of(edge.end)), edge
            assert edge.kind.startswith("peephole") == (edge.start[0] == "c" and "bar" in edge.end)


@pytest.mark.parametrize("name", GRAPHS)
def test_no_two_quantities_touch_and_all_are_within_the_limits(name):
    unroll, edges = GRAPHS[name]
    diagram = unroll(edges)
    nodes = list(diagram.nodes.values())
    places, radii = np.array([n.at for n in nodes]), np.array([n.radius for n in nodes])
    apart = np.linalg.norm(places[:, None] - places, axis=-1) - radii[:, None] - radii
    assert apart[~np.eye(len(nodes), dtype=bool)].min() > 0
    left, bottom, right, top = diagram.limits
    assert (places - radii[:, None] > (left, bottom)).all()
    assert (places + radii[:, None] < (right, top)).all()


def test_losses_of_an_lstm_carry_their_time_and_each_step_its_frame():
    diagram = unrolled_lstm(LSTM_EDGES)
    assert [diagram.nodes[n].text for n in ("J(2)", "J", "c(2)")] == ["J^{(2)}", "J", "c"]
    for t, group in enumerate(diagram.groups):
        assert group.text == f"$t = {t}$"
        assert set(group.names) == {n for n in diagram.nodes if n.endswith(f"({t})")}
    assert diagram.nodes["fbar(1)"].colour == style.FORGET_GATE


def test_a_simple_network_has_a_column_a_step_and_the_total_loss_above_the_middle():
    nodes = unrolled_rnn(RNN_EDGES).nodes
    assert nodes["a(1)"].at[0] == nodes["h(1)"].at[0] < nodes["a(2)"].at[0]
    assert nodes["x(1)"].at[1] < nodes["a(1)"].at[1] < nodes["h(1)"].at[1] < nodes["J"].at[1]
    assert nodes["J"].at[0] == (nodes["J(1)"].at[0] + nodes["J(3)"].at[0]) / 2


def test_an_edge_says_what_it_applies_or_its_local_derivative():
    plain = {(e.start, e.end): e.local for e in unrolled_rnn(RNN_EDGES).edges}
    pairs = (("x(2)", "a(2)"), ("h(1)", "a(2)"), ("a(2)", "h(2)"), ("h(2)", "o(2)"))
    assert [plain[pair] for pair in pairs] == ["U", "W", "g", "V"]
    named = unrolled_rnn(RNN_EDGES, {("h(1)", "a(2)"): "W^{\\top}"})
    assert {e.local for e in named.edges} == {"", "W^{\\top}"}
