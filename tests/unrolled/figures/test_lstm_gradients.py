"""The drawings of an LSTM's gradients: one graph, whose routes are lit one after the other."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch

from unrolled.figures import lstm_gradients as figures
from unrolled.figures import style
from unrolled.symbolic import lstm

GRAPH = figures.unrolled_lstm(3)
FORWARD, BACKWARD = lstm.lstm_forward_steps(3), lstm.lstm_backward_steps(3)
STEPS = 10.0 ** np.arange(-11, 1)
ERRORS = STEPS**2 / 7 + 1e-16 / STEPS * np.arange(1, 6)[:, None]
ROUTES = {
    "gate": (figures.draw_gate_route, {**lstm.uses_of(lstm.obar), **lstm.uses_of(lstm.o)}),
    "cell": (figures.draw_cell_routes, lstm.uses_of(lstm.c)),
    "output": (figures.draw_output_routes, lstm.uses_of(lstm.y)),
}


def arrows(ax, colour=style.GRADIENT):
    found = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [patch for patch in found if mpl.colors.to_hex(patch.get_edgecolor()) == colour]


def marks(ax, label):
    """Places of all marks of one label."""
    return {
        (round(x, 6), round(y, 6))
        for line in ax.lines
        if line.get_label() == label
        for x, y in line.get_xydata()
    }


def place(name):
    x, y = GRAPH.nodes[name].at
    return round(x, 6), round(y, 6)


def looked_at(pictures):
    """Give each picture with its axes while it is open, and close it."""
    for picture in pictures:
        yield picture, picture.figure.axes[0]
        plt.close(picture.figure)


# The graph -----------------------------------------------------------------------------------


def test_graph_has_the_uses_of_the_equations_and_no_others():
    uses = {pair for step in FORWARD for pair in step.edges}
    losses = {(f"y({t})", f"J({t})") for t in (1, 2, 3)} | {(f"J({t})", "J") for t in (1, 2, 3)}
    assert {(edge.start, edge.end) for edge in GRAPH.edges} == uses | losses


def test_dashed_comes_from_the_step_before_and_peepholes_are_those_of_the_cell():
    for edge in (edge for edge in GRAPH.edges if edge.end != "J"):
        times = [name.strip(")").split("(")[-1] for name in (edge.start, edge.end)]
        into_gate = edge.start[0] == "c" and "bar" in edge.end
        earlier = times[0] < times[1]
        if into_gate:
            expected = "peephole before" if earlier else "peephole"
        else:
            expected = "before" if earlier else "now"
        assert edge.kind == expected, edge


def test_no_two_quantities_touch():
    places = np.array([node.at for node in GRAPH.nodes.values()])
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    assert apart[~np.eye(len(places), dtype=bool)].min() > 0.75


def test_routes_are_violet_and_run_backwards_and_what_is_off_them_is_veiled():
    ax = figures.draw_unrolled(GRAPH, routes=[("c(2)", "c(3)"), ("c(2)", "y(2)")], now=["c(2)"])
    assert len(arrows(ax)) == 2
    first = arrows(ax)[0].get_path().vertices
    assert len(marks(ax, "$c$")) == 4, "nothing is taken away"
    on = {place(name) for name in ("c(2)", "c(3)", "y(2)")}
    assert marks(ax, figures.VEIL) == {place(name) for name in GRAPH.nodes} - on
    assert np.ptp(first[:, 0]) > 0


def test_losses_carry_their_time_and_the_steps_are_parted():
    ax = figures.draw_unrolled(GRAPH)
    for step in (1, 2, 3):
        assert marks(ax, f"$J^{{({step})}}$") == {place(f"J({step})")}
        assert len(marks(ax, f"$t={step}$")) == 1
    (lines,) = ax.collections
    starts = [segment[0][0] for segment in lines.get_segments()]
    for step, start in zip((1, 2, 3), starts, strict=True):
        own = [n.at[0] for name, n in GRAPH.nodes.items() if name.endswith(f"({step})")]
        before = [n.at[0] for name, n in GRAPH.nodes.items() if name.endswith(f"({step - 1})")]
        assert max(before) < start < min(own)


def test_nothing_moves_between_two_drawings():
    one = figures.draw_unrolled(GRAPH, routes=[("c(2)", "c(3)")])
    other = figures.draw_unrolled(GRAPH, routes=[("x(1)", "zbar(1)")], known=["J"], forward=True)
    for letters in ("$c$", "$y$", r"$\bar{z}$", "$J$", "$J^{(2)}$"):
        assert marks(one, letters) == marks(other, letters)
    assert (one.get_xlim(), one.get_ylim()) == (other.get_xlim(), other.get_ylim())


def test_uses_of_a_quantity_are_its_routes():
    ax = figures.draw_uses(BACKWARD[8])
    assert len(arrows(ax)) == len({pair for r in BACKWARD[8].routes for pair in pairwise(r)})


def test_complaints_of_the_graph():
    with pytest.raises(ValueError, match="must name nodes, got q"):
        figures.draw_unrolled(GRAPH, known=["q"])
    with pytest.raises(ValueError, match=r"must run along edges, got c\(1\) to x\(1\)"):
        figures.draw_unrolled(GRAPH, routes=[("c(1)", "x(1)")])


# Sweeps --------------------------------------------------------------------------------------


def test_forward_sweep_has_a_drawing_for_each_equation_of_a_step():
    pictures = looked_at(figures.forward_pictures(FORWARD))
    for step, (picture, ax) in zip(FORWARD[10:20], pictures, strict=False):
        found = arrows(ax, style.INK) + arrows(ax, style.PEEPHOLE)
        to_the_loss = step.equation.lhs.key == "y"
        assert len(found) == len(step.edges) + to_the_loss
        assert picture.tex == step.shown
    ((_, ax),) = pictures
    assert len(arrows(ax, style.INK) + arrows(ax, style.PEEPHOLE)) == 21 + 1 + 3  # J(3), and J


def test_backward_sweep_lights_the_routes_of_each_delta_and_tints_what_is_known():
    pictures = looked_at(figures.backward_pictures(BACKWARD))
    for n, (step, (picture, ax)) in enumerate(zip(BACKWARD[:12], pictures, strict=False)):
        assert len(arrows(ax)) == len({pair for r in step.routes for pair in pairwise(r)})
        (tinted,) = (line for line in ax.lines if line.get_markerfacecolor() == style.GRADIENT)
        assert len(tinted.get_xydata()) == n + 1
        assert picture.tex == step.shown
    _, ax = next(pictures)
    last = {pair for step in BACKWARD[12:18] for r in step.routes for pair in pairwise(r)}
    assert len(arrows(ax)) == len(last)
    (tinted,) = (line for line in ax.lines if line.get_markerfacecolor() == style.GRADIENT)
    assert len(tinted.get_xydata()) == 18
    rest = [(picture.tex, len(arrows(ax))) for picture, ax in pictures]
    assert rest == list(zip(figures.SHARED.values(), [12, 12, 0, 9, 12, 4, 3], strict=True))


def test_every_step_says_what_happens_in_words_of_its_own():
    sweeps = figures.forward_pictures(FORWARD), figures.backward_pictures(BACKWARD)
    pictures = [picture for sweep in sweeps for picture, _ in looked_at(sweep)]
    assert len(pictures) == 11 + 13 + len(figures.SHARED)
    assert len({picture.alt for picture in pictures}) == len(pictures)
    assert all(picture.says.count("$") % 2 == 0 for picture in pictures)
    assert all("{eq}`lstm-" in picture.says for picture in pictures if picture.tex)


# All drawings --------------------------------------------------------------------------------


LABELS = {
    "gate": {r"$o\,(1-o)$", r"$\tanh c$", r"$\delta y$"},
    "cell": {
        *(r"$o\,(1-\tanh^{2} c)$", "$p_{out}$", "$p_{in}$", "$p_{for}$", "$f^{(t+1)}$"),
        *(r"$t$", r"$t + 1$"),
    },
    "output": {f"$R_{{{g}}}^{{\\top}}$" for g in ("for", "in", "out", "z")},
}


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", ROUTES)
def test_labels_of_routes_are_the_local_derivatives_that_are_handed_in(name):
    draw, uses = ROUTES[name]
    right = texts(draw(uses))
    assert set(right) >= LABELS[name]
    for key, (later, tex) in uses.items():
        assert texts(draw({**uses, key: (later, rf"{tex} \odot q")})) != right
        if name == "cell":
            assert texts(draw({**uses, key: (1 - later, tex)})) != right


@pytest.mark.parametrize("name", ROUTES)
def test_routes_that_are_not_those_of_the_drawing_are_refused(name):
    draw, uses = ROUTES[name]
    first, *others = uses
    with pytest.raises(ValueError, match="uses must be by "):
        draw({key: uses[key] for key in others})
    with pytest.raises(ValueError, match="uses must be by "):
        draw({**uses, "q": uses[first]})


def test_errors_are_where_they_were_measured():
    ax = figures.draw_error_by_step(STEPS, ERRORS)
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), ERRORS[2])
    ax = figures.draw_slips(("right", "wrong"), np.array([1e-9, 0.1]))
    ends = [float(line.get_xdata()[-1]) for line in ax.lines if len(line.get_xdata()) == 1]
    assert ends == [1e-9, 0.1]
