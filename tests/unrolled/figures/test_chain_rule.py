"""The drawings of the chain rule show the graph and the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from unrolled.figures import chain_rule as figures
from unrolled.figures import style
from unrolled.figures.diagrams import draw_diagram
from unrolled.symbolic import chain_rule, computation_graph, lstm

GRAPHS = {
    "unit": (chain_rule.output_unit(), figures.UNIT, "c", "y"),
    "one": (computation_graph.graph_between(1, n_sources=1), figures.ONE, "y", "f"),
    "two": (computation_graph.graph_between(2), figures.TWO, "y_1", "f"),
    "many": (computation_graph.graph_between(4), figures.MANY, "y_1", "f"),
    "diamond": (chain_rule.product_by_hand(), figures.DIAMOND, "y", "f"),
    "cells": (lstm.components(1, 1, 2).graph, figures.CELLS, "c(1)", "c(2)"),
    "copies": (chain_rule.shared_weight(3, copies=True), figures.COPIES, "w", "J"),
}


def drawn(name, **options):
    graph, layout, source, target = GRAPHS[name]
    described = computation_graph.described(graph)
    paths = computation_graph.paths(graph, source, target)
    diagram = figures.lay_out(*described, layout, **options)
    return graph, diagram, draw_diagram(diagram, paths=[[str(n) for n in r.nodes] for r in paths])


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


def test_paths_carry_their_local_derivatives_unless_told_not_to():
    _, _, ax = drawn("one")
    texts = {text.get_text() for text in ax.texts}
    assert {r"$\dfrac{\partial f}{\partial x}$", r"$\dfrac{\partial x}{\partial y}$"} <= texts
    _, _, ax = drawn("one", named=False)
    assert {text.get_text() for text in ax.texts} == {"$y$", "$x$", "$f$"}


def test_a_stranger_in_a_layout_is_named():
    with pytest.raises(ValueError, match="layout must place quantities of the graph, got f, y"):
        figures.lay_out({"x": "x"}, [], figures.ONE)


# Charts --------------------------------------------------------------------------------------


def test_strips_and_corner_fill_the_new_area():
    figure = figures.figure_strips((0.5, 0.4), (0.2, 0.1), 0.25, room=(0.3, 0.2))
    area, pieces = figure.axes
    boxes = [p for p in area.patches if isinstance(p, Rectangle) and p.get_facecolor()[3]]
    areas = [box.get_width() * box.get_height() for box in boxes]
    assert areas == pytest.approx([0.5 * 0.4, 0.5 * 0.1, 0.2 * 0.4, 0.2 * 0.1])
    assert sum(areas) == pytest.approx(0.7 * 0.5)
    bars = [bar.get_width() for bar in pieces.patches]
    assert bars == pytest.approx([area / 0.25 for area in areas[1:]])
