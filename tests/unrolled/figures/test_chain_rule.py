"""The drawings of the chain rule show the graph and the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

from unrolled.figures import chain_rule as figures
from unrolled.figures import style
from unrolled.symbolic import chain_rule, computation_graph, lstm

CELL = np.linspace(-1, 2, 31)
GRAPHS = {
    "unit": (chain_rule.output_unit(), figures.UNIT, "c", "y"),
    "one": (computation_graph.graph_between(1, n_sources=1), figures.ONE, "y", "f"),
    "two": (computation_graph.graph_between(2), figures.TWO, "y_1", "f"),
    "many": (computation_graph.graph_between(4), figures.MANY, "y_1", "f"),
    "diamond": (chain_rule.product_by_hand(), figures.DIAMOND, "y", "f"),
    "cells": (lstm.components(1, 1, 2).graph, figures.CELLS, "c(1)", "c(2)"),
    "copies": (chain_rule.shared_weight(3, copies=True), figures.COPIES, "w", "J"),
}
FIGURES = {
    "slopes": lambda ax: figures.draw_two_slopes(CELL, CELL**2, 2 * CELL - 1, 20, ax=ax),
    "strips": lambda ax: figures.draw_strips((0.5, 0.4), (0.2, 0.1), ax=ax),
    "shares": lambda ax: figures.draw_shares(
        np.array([1.0, 0.1, 0.01]),
        np.array([[0.3, 0.03, 0.003], [0.2, 0.02, 0.002], [0.1, 0.001, 0.00001]]),
        ("a", "b", "c"),
        ax=ax,
    ),
    "counts": lambda ax: figures.draw_counts(
        np.array([1, 2, 3]), np.array([[2, 20, 200], [7, 14, 21]]), ("routes", "edges"), ax=ax
    ),
    "errors": lambda ax: figures.draw_errors(
        ("right", "short", "long"), np.array([0.6, 0.4, 0.8]), 0.6, ax=ax
    ),
}


def drawn(name, **options):
    graph, layout, source, target = GRAPHS[name]
    described = computation_graph.described(graph)
    routes = computation_graph.routes(graph, source, target)
    ax = figures.draw_graph(described, layout, routes, **options)
    return graph, figures.lay_out(*described, layout, **options), ax


# Graphs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRAPHS)
def test_picture_has_the_edges_of_the_graph_and_no_other(name):
    graph, diagram, ax = drawn(name)
    uses = {(str(edge.tail), str(edge.head)) for edge in graph.edges}
    inside = {pair for pair in uses if set(pair) <= diagram.nodes.keys()}
    assert {(edge.start, edge.end) for edge in diagram.edges} == inside
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == len(inside)
    assert style.style_violations(ax.figure) == []


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_on_a_node(name):
    _, diagram, _ = drawn(name)
    places = np.array([node.at for node in diagram.nodes.values()])
    gaps = np.linalg.norm(places[:, None] - places, axis=2) + 9 * np.eye(len(places))
    assert gaps.min() > 1


@pytest.mark.parametrize("name", GRAPHS)
def test_layout_speaks_of_edges_that_there_are(name):
    _, diagram, _ = drawn(name)
    layout = GRAPHS[name][1]
    assert layout.edges.keys() <= {(edge.start, edge.end) for edge in diagram.edges}
    assert {*layout.colours, *layout.letters} <= layout.nodes.keys()


def test_routes_carry_their_local_derivatives_unless_told_not_to():
    _, _, ax = drawn("one")
    texts = {text.get_text() for text in ax.texts}
    assert {r"$\dfrac{\partial f}{\partial x}$", r"$\dfrac{\partial x}{\partial y}$"} <= texts
    _, _, ax = drawn("one", named=False)
    assert {text.get_text() for text in ax.texts} == {"$y$", "$x$", "$f$"}


def test_every_edge_of_a_route_is_violet_and_no_other():
    graph, layout, *_ = GRAPHS["copies"]
    first = computation_graph.routes(graph, "w", "J")[:1]
    ax = figures.draw_graph(computation_graph.described(graph), layout, first)
    violet = [
        patch
        for patch in ax.patches
        if isinstance(patch, FancyArrowPatch) and to_hex(patch.get_edgecolor()) == style.GRADIENT
    ]
    assert len(violet) == len(first[0].edges) == 5


def test_a_stranger_in_a_layout_is_named():
    with pytest.raises(ValueError, match="layout must place quantities of the graph, got f, y"):
        figures.lay_out({"x": "x"}, [], figures.ONE)


# Charts --------------------------------------------------------------------------------------


def test_two_slopes_are_those_of_the_curves_at_the_point():
    ax = FIGURES["slopes"](None)
    follows, held, *tangents, point = ax.lines
    np.testing.assert_array_equal(follows.get_ydata(), CELL**2)
    np.testing.assert_array_equal(held.get_ydata(), 2 * CELL - 1)
    for tangent in tangents:
        (x0, x1), (y0, y1) = tangent.get_data()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(2)
    assert point.get_xdata() == pytest.approx([1])


def test_strips_and_corner_fill_the_new_area():
    ax = FIGURES["strips"](None)
    boxes = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_facecolor()[3]]
    areas = [box.get_width() * box.get_height() for box in boxes]
    assert areas == pytest.approx([0.5 * 0.4, 0.5 * 0.1, 0.2 * 0.4, 0.2 * 0.1])
    assert sum(areas) == pytest.approx(0.7 * 0.5)


def test_shares_shrink_to_the_right():
    ax = FIGURES["shares"](None)
    assert ax.get_xlim() == (1.0, 0.01)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(ax.lines[2].get_ydata(), [0.1, 0.001, 0.00001])


def test_counts_are_drawn_as_given():
    routes, edges = FIGURES["counts"](None).lines
    assert list(routes.get_ydata()) == [2, 20, 200]
    assert list(edges.get_ydata()) == [7, 14, 21]


def test_only_the_right_sum_has_not_the_colour_of_what_fails():
    ax = FIGURES["errors"](None)
    assert [bar.get_width() for bar in ax.patches] == [0.6, 0.4, 0.8]
    failed = [to_hex(bar.get_facecolor()) == style.WRONG for bar in ax.patches]
    assert failed == [False, True, True]
    assert [text.get_text() for text in ax.texts] == ["0.600", "0.400", "0.800"]
